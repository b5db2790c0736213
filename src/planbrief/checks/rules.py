"""Rules that a row, and rows of several tables together, must keep."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from planbrief.errors import PlanbriefError, Problem
from planbrief.targets.excel import is_date
from planbrief.targets.package import Row
from planbrief.targets.periods import Period, parse
from planbrief.targets.units import UnitTable
from planbrief.targets.wording import TOKEN, read

#: Tables of which each document has a file in its folder.
DOCUMENT_TABLES = ("sources", "observations", "exclusions")

_OFFSET = re.compile(r"\d{1,9}", re.ASCII)


def offset(text: str) -> int | None:
    """A cell as an offset, None where it is none."""
    return int(text) if _OFFSET.fullmatch(text) else None


def between_problems(tables: Mapping[str, list[Row]]) -> list[Problem]:
    """Everything that these rules find."""
    problems: list[Problem] = []
    for table in DOCUMENT_TABLES:
        problems += own_file(tables.get(table, []))
    for table in ("observations", "exclusions"):
        problems += sorted_rows(tables.get(table, []))
    problems += overlaps([*tables.get("observations", []), *tables.get("exclusions", [])])
    problems += once(tables.get("sources", []), ("file_name", "sha256"))
    return problems


def own_file(rows: Iterable[Row]) -> Iterator[Problem]:
    """A file holds the rows of the document whose folder it lies in."""
    for row in rows:
        folder = row.file.split("/")[-2]
        if row.values["source_id"] != folder:
            wanted = f"{folder}, as the folder is named"
            yield Problem(row.file, row.line, "source_id", repr(row.values["source_id"][:60]), wanted)


def order(values: Mapping[str, str]) -> tuple[int, str]:
    """Where a row belongs in its file: by offset, then by id."""
    return offset(values["char_start"]) or 0, values.get("obs_id", "")


def sorted_rows(rows: list[Row]) -> Iterator[Problem]:
    """The first row of each file that stands too late."""
    named = set()
    for before, row in pairwise(rows):
        if before.file == row.file and order(row.values) < order(before.values) and row.file not in named:
            named.add(row.file)
            found = f"{row.values['char_start']} after {before.values['char_start']}"
            yield Problem(row.file, row.line, "char_start", found, "rows sorted by char_start, then obs_id", True)


def overlaps(rows: Iterable[Row]) -> Iterator[Problem]:
    """Two spans of one source share characters only if both are observations on the same span."""
    spans: dict[str, list[tuple[int, int, Row]]] = defaultdict(list)
    for row in rows:
        start, end = offset(row.values["char_start"]), offset(row.values["char_end"])
        if start is not None and end is not None and start < end:
            spans[row.values["source_id"]].append((start, end, row))
    for found in spans.values():
        found.sort(key=lambda one: one[:2])
        for (start, end, one), (next_start, next_end, other) in pairwise(found):
            same = (start, end) == (next_start, next_end) and "obs_id" in one.values and "obs_id" in other.values
            if next_start < end and not same:
                wanted = f"a span of its own; {one.file}, row {one.line} has {start}–{end}"
                yield Problem(other.file, other.line, "char_start", f"{next_start}–{next_end}", wanted)


def once(rows: Iterable[Row], columns: tuple[str, ...]) -> Iterator[Problem]:
    """Cells that two rows share and must not."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        for column in columns:
            value = row.values[column]
            if value and (column, value) in seen:
                found = f"{value[:60]!r} again (first in row {seen[column, value]})"
                yield Problem(row.file, row.line, column, found, "each document once")
            seen.setdefault((column, value), row.line)


Finding = tuple[str, str, str]  # column, found, expected

#: What the transformation of a value demands of its unit's dimension; the others take that of the indicator.
DIMENSIONS = {
    "share": {"percent", "ratio_part"},
    "yoy": {"percent"},
    "avg_annual": {"percent"},
    "cumulative": {"percent"},
    "contribution": {"percent", "percentage_points"},
    "increase_multiple": {"multiple", "percent", "doublings"},
    "ratio_to_base": {"multiple", "percent"},
    "difference_pp": {"percentage_points"},
    "rank": {"rank", "count"},
}
#: What is expected where only decimals were added or dropped, which ``check --fix`` mends.
_DECIMALS = ("the decimals as printed", "the text has no decimals")
#: Dimensions of numbers without a size of their own.
RATIOS = frozenset({"percent", "percentage_points", "ratio_part", "rank", "multiple", "doublings"})
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)


class Tables:
    """Rows of all tables by key, and what the rules look up in them."""

    def __init__(self, rows: Mapping[str, list[Row]]) -> None:
        self.rows = rows
        self.sources = {row.values["source_id"]: row.values for row in rows.get("sources", [])}
        self.indicators = {row.values["indicator"]: row.values for row in rows.get("indicators", [])}
        units = [row.values for row in rows.get("units", []) if _DECIMAL.fullmatch(row.values["factor"])]
        self.units = UnitTable(units)

    def dimension(self, unit: str) -> str:
        """Dimension of a unit, empty if it is not known."""
        try:
            return self.units.parse(unit).dimension
        except (PlanbriefError, ArithmeticError):
            return ""


def decimal(text: str) -> Decimal | None:
    """A cell as a number, None where it is none (that is the schema's to report)."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def period(text: str) -> Period | None:
    """A cell as a time period, None where it is none."""
    try:
        return parse(text)
    except PlanbriefError:
        return None


def rule_problems(tables: Tables) -> list[Problem]:
    """Everything that the rules between the cells of one row find, in the order of the rules."""
    return [
        problem
        for table in _RULES
        for row in tables.rows.get(table, [])
        for problem in row_problems(table, row, tables)
    ]


def row_problems(table: str, row: Row, tables: Tables) -> Iterator[Problem]:
    """What the rules find between the cells of one row."""
    for rule in _RULES[table]:
        for column, found, expected in rule(row.values, tables):
            yield Problem(row.file, row.line, column, found, expected, expected.endswith(_DECIMALS))


# -- observations ---------------------------------------------------------------------------------------------------


def _value(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    """M and O rows are empty and say why; all others hold the number of their span."""
    if row["obs_status"] in ("M", "O"):
        if row["obs_value"] or row["upper_value"]:
            yield "obs_value", row["obs_value"] or row["upper_value"], f"nothing, the status being {row['obs_status']}"
        if not row["comment_obs"]:
            yield "comment_obs", "nothing", f"why the cell holds no number (status {row['obs_status']})"
        return
    if not row["obs_value"]:
        yield "obs_value", "nothing", "the number as printed (or status M or O with a comment)"
        return
    value = decimal(row["obs_value"])
    if value is None or not row["value_text"]:
        return
    # value_text has no sign: 下降9.7% is −9.7 with 9.7 printed, and a bound is turned with it.
    reading = read(row["value_text"], row["unit_measure"]).signed(value < 0)
    if value not in reading.values:
        can = " or ".join(str(one) for one in reading.values) or "a number in value_text"
        yield "obs_value", row["obs_value"], f"{can}, as value_text {row['value_text']!r} says"
        return
    printed = row["value_text"].replace(",", "")
    if TOKEN.fullmatch(row["value_text"]) and printed.isascii() and row["obs_value"].removeprefix("-") != printed:
        sign = "-" if value < 0 else ""
        yield "obs_value", row["obs_value"], f"{sign}{printed}, {_DECIMALS[0]}"
    for column in ("obs_value", "upper_value"):
        if "." not in row["value_text"] and re.fullmatch(r"-?\d+\.0+", row[column], re.ASCII):
            yield column, row[column], f"{row[column].partition('.')[0]}: {_DECIMALS[1]}"
    bound = reading.bound_of(value)
    if bound and row["comparator"] != bound:
        yield "comparator", row["comparator"], f"{bound}, as value_text {row['value_text']!r} says"
    if reading.upper is not None and decimal(row["upper_value"]) != reading.upper:
        yield "upper_value", row["upper_value"] or "nothing", f"{reading.upper}, as value_text says"


def _range(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    """A range has an upper end above its lower end, nothing else has one."""
    lower, upper = decimal(row["obs_value"]), decimal(row["upper_value"])
    if row["comparator"] == "range" and (upper is None or (lower is not None and upper <= lower)):
        yield "upper_value", row["upper_value"] or "nothing", f"the upper end of the range, above {row['obs_value']}"
    if row["comparator"] != "range" and row["upper_value"]:
        yield "upper_value", row["upper_value"], "nothing, or the comparator range"


def _share(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    value = decimal(row["obs_value"])
    if row["transformation"] != "share" or value is None:
        return
    size = tables.units.parse(row["unit_measure"]).factor if tables.dimension(row["unit_measure"]) == "percent" else 1
    if not 0 <= float(value) * size <= 100:
        yield "obs_value", row["obs_value"], "a share between 0 and 100"


def _counterpart(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    if row["transformation"] == "rank" and not row["counterpart_area"]:
        yield "counterpart_area", "nothing", "the area that the rank refers to"


def _status(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    if row["kind"] == "target" and row["obs_status"] == "F":
        yield "obs_status", "F", "A: a target is no forecast"


def _times(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    """An actual value lies not after its document, a target ends not before it, a base not after its period."""
    at = period(row["time_period"])
    if at is None:
        if "/" in row["time_period"]:
            yield "time_period", row["time_period"], "a stretch whose ends have one form and follow each other"
        return
    # An actual needs a period that had begun, not one that was over: half a year may be told in May.
    base = period(row["base_period"]) if row["base_period"] else None
    if base and base.end_year and at.end_year and base.end_year > at.end_year:
        yield "base_period", row["base_period"], f"a base not after {row['time_period']}"
    published = tables.sources.get(row["source_id"], {}).get("date_published", "")
    if not is_date(published) or at.start_year is None or at.end_year is None:
        return
    if row["kind"] == "actual" and at.first.isoformat() > published:
        yield "time_period", row["time_period"], f"a period that began when the document was published ({published})"
    if row["kind"] == "target" and at.end_year < int(published[:4]):
        yield "time_period", row["time_period"], f"a period not before the document ({published}), or undated"


def _unit(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    """The unit is known and measures what the indicator or the transformation measures; counts are whole."""
    unit = row["unit_measure"]
    if not unit:
        return
    dimension = tables.dimension(unit)
    if not dimension:
        yield "unit_measure", repr(unit), "a unit of data/units.csv, with 十 百 千 万 亿 in front where printed"
        return
    if dimension in RATIOS and tables.units.parse(unit).multiplier > 1:
        yield "unit_measure", unit, f"{tables.units.parse(unit).base}: shares, rates and ranks are not counted in 万"
        return
    # A change, share or rank has the unit of its form; only a level has that of its indicator.
    allowed = DIMENSIONS.get(row["transformation"])
    indicator = tables.indicators.get(row["indicator"])
    if allowed and dimension not in allowed:
        yield "unit_measure", unit, f"a unit of {' or '.join(sorted(allowed))} ({row['transformation']})"
    elif not allowed and indicator and (usual := tables.dimension(indicator["unit_measure"])) and usual != dimension:
        yield "unit_measure", unit, f"a unit of {usual}, as {indicator['unit_measure']} of indicator {row['indicator']}"
    value = decimal(row["obs_value"])
    counted = row["kind"] == "count" or bool(indicator and indicator["aggregation"] == "count")
    level = row["transformation"] == "level" and tables.units.parse(unit).multiplier == 1
    if counted and level and value is not None and value % 1:
        yield "obs_value", row["obs_value"], "a whole number of things counted"


def _identity(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    """obs_id = source_id, offset in five digits, letter."""
    start = offset(row["char_start"])
    if start is None:
        return
    right = f"{row['source_id']}-{start:05d}"
    # No pattern of its own for each row: compiling them took longer than all other rules.
    if not row["obs_id"].startswith(right) or not re.fullmatch("[a-z]?", row["obs_id"][len(right) :]):
        yield "obs_id", repr(row["obs_id"][:60]), f"{right[:60]}, from source_id and char_start"


def _length(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    """The span is as long as its text and lies inside the source."""
    # Told without the text, so that a project without the sources still finds a moved span.
    start, end = offset(row["char_start"]), offset(row["char_end"])
    if start is None or end is None:
        return
    if end - start != len(row["value_text"]):
        found = f"{row['value_text'][:40]!r}, {len(row['value_text'])} characters"
        yield "value_text", found, f"{end - start} characters, from {start} to {end}"
    size = offset(tables.sources.get(row["source_id"], {}).get("characters", ""))
    if size is not None and end > size:
        yield "char_end", str(end), f"at most {size}, the length of the source"


# -- exclusions and reference tables --------------------------------------------------------------------------------


def _exclusion(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    if row["value_text"] and not TOKEN.fullmatch(row["value_text"]):
        yield "value_text", repr(row["value_text"][:40]), "one number in digits"
    if row["reason"] == "other" and not row["comment"]:
        yield "comment", "nothing", "why it states no quantity (reason other)"


def to_be_written(row: Mapping[str, str]) -> bool:
    """Whether ``accept`` made a row that has its Chinese name in both languages until somebody writes the English."""
    made = row.get("definition_source") == "planbrief accept" or row.get("ref_area", "").startswith("area_")
    return made and row["name_en"] == row["name_zh"]


def _names(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    chinese, english = ("title_zh", "title_en") if "title_zh" in row else ("name_zh", "name_en")
    if row[chinese] and not _HAN.search(row[chinese]):
        yield chinese, repr(row[chinese][:40]), "a Chinese name"
    if english == "name_en" and to_be_written(row):
        return  # told by checks.project.name_problems, shown in Chinese, refused by nobody
    if row[english] and (_HAN.search(row[english]) or not _LATIN.search(row[english])):
        yield english, repr(row[english][:40]), "an English name"


def _usual_unit(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    if row["unit_measure"] and not tables.dimension(row["unit_measure"]):
        yield "unit_measure", repr(row["unit_measure"]), "a unit of data/units.csv"


def _factor(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    factor = decimal(row["factor"])
    if factor is not None and factor <= 0:
        yield "factor", row["factor"], "a size above zero"


def _file_name(row: Mapping[str, str], tables: Tables) -> Iterator[Finding]:
    if re.search(r'[/\\:*?"<>|\x00-\x1f]', row["file_name"]) or row["file_name"] in (".", ".."):
        yield "file_name", repr(row["file_name"][:60]), "the plain name of a file, without folders"


Rule = Callable[[Mapping[str, str], Tables], Iterator[Finding]]
_RULES: dict[str, tuple[Rule, ...]] = {
    "observations": (_value, _range, _share, _counterpart, _status, _times, _unit, _identity, _length),
    "exclusions": (_length, _exclusion),
    "sources": (_names, _file_name),
    "areas": (_names,),
    "activities": (_names,),
    "indicators": (_names, _usual_unit),
    "units": (_factor,),
}

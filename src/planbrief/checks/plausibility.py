"""What can be known of a row without its text: other rows of its series, table, document and indicator, and usage.

A finding names a cell whose value would be strange: it is a problem until the cell is mended or a person who has read
the text says in ``reading_note`` that this value is right (``unit_measure=万亿元: printed so``). Nothing here looks for
the unusual in size alone: a rule speaks where a cell contradicts another one, or a use that has no exception.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from planbrief.checks.rules import Tables, decimal, period
from planbrief.errors import PlanbriefError, Problem
from planbrief.targets.excel import is_date
from planbrief.targets.package import UPPER_LEVELS, Places, Row
from planbrief.targets.periods import Shape, shape
from planbrief.targets.units import Unit
from planbrief.targets.wording import mirrored, read

Finding = tuple[str, str, str]  # column, found, expected

_AIMED = frozenset({"target", "constraint"})
_GROWTH = frozenset({"yoy", "avg_annual", "cumulative"})
#: Changes over a time, which have no sense without it.
_CHANGES = frozenset({*_GROWTH, "difference", "difference_pp"})
#: Kinds of change of which a share or a growth rate cannot be the change in per cent.
_SAME_SCALE = frozenset({"level", "share", *_GROWTH})
#: Where a locator names the year of a column or a heading, and the row of a table.
_LOCATED_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")
_LOCATED_ROW = re.compile(r"^(.*第\d+行)")
_LOCATED_COLUMN = re.compile(r"^(.*?)\s*第\d+行\s+(\S*列)")
#: Names of balances, which alone fall below zero as a level.
_BALANCE = re.compile("净|差额|盈|亏|利润|收支|逆差|顺差|赤字|余额|结余|缺口|增减|增量|变化|变动|气温|温度|海拔")
#: Cells that all rows of one table row share.
_OF_THE_ROW = ("ref_area", "subject", "indicator", "activity", "unit_measure", "transformation", "counterpart_area")
#: A value this many times as large (or as small) as all others of its series is read from another unit or line.
_JUMP, _LEAP = 8, 1000
#: How much larger the units of provinces are.
_LARGER = 10_000
#: The least number of a smaller unit that a place writes on purpose, where it is not 100.
_WRITTEN = {"money": 1000}
#: Values of one series that are less than this many times apart are written in units that fit each other.
_NEAR = 30
#: Years back and ahead of a document that no plan speaks of.
_BACK, _AHEAD = 10, 50


@dataclass(frozen=True)
class Observed:
    """A row of observations with what the rules read of it."""

    row: Row
    value: Decimal | None
    #: In the base unit of its dimension, None without a value or a known unit.
    size: float | None
    year: int | None

    @property
    def cells(self) -> Mapping[str, str]:
        """The cells by column."""
        return self.row.values

    @property
    def span(self) -> tuple[str, ...]:
        """Where it is printed."""
        return tuple(self.cells[name] for name in ("source_id", "char_start", "char_end"))

    @cached_property
    def fact(self) -> tuple[str, ...]:
        """What the row is about, without its period."""
        names = ("ref_area", "subject", "indicator", "activity", "counterpart_area", "transformation")
        return tuple(self.cells[name] for name in names)


class Evidence:
    """Every row of observations, grouped as the rules compare them."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        areas = tables.rows.get("areas", [])
        self.areas = {row.values["ref_area"]: row.values for row in areas}
        self.places = Places((row.values["ref_area"], row.values["level"], row.values["parent"]) for row in areas)
        self.rows = [self._observed(row) for row in tables.rows.get("observations", [])]
        self.by_use = grouped(self.rows, lambda one: (one.cells["source_id"], one.cells["indicator"]))
        # Counted, not listed: every row asks what all others of its indicator, in whatever document, are written in.
        self.units: dict[str, Counter[str]] = defaultdict(Counter)
        for one in self.rows:
            self.units[one.cells["indicator"]][one.cells["unit_measure"]] += 1
        self.by_fact = grouped(self.rows, lambda one: one.fact)
        self.by_span = grouped(self.rows, lambda one: one.span)
        self.by_source = grouped(self.rows, lambda one: one.cells["source_id"])
        self.by_table_row = grouped(self.rows, lambda one: located(one, _LOCATED_ROW))
        self.by_table_column = grouped(self.rows, lambda one: located(one, _LOCATED_COLUMN))

    def _observed(self, row: Row) -> Observed:
        value = decimal(row.values["obs_value"])
        size = None
        with contextlib.suppress(PlanbriefError, ArithmeticError):
            size = None if value is None else float(value) * self.tables.units.parse(row.values["unit_measure"]).factor
        at = period(row.values["time_period"])
        return Observed(row, value, size, at.end_year if at else None)

    @cached_property
    def homes(self) -> dict[str, str]:
        """The city (or province) that most rows of each document lie in."""
        found: dict[str, str] = {}
        for source, rows in self.by_source.items():
            places = Counter(str(self.places.city_of(one.cells["ref_area"])) for one in rows)
            places.pop("", None)
            found[str(source)] = places.most_common(1)[0][0] if places else ""
        return found

    @cached_property
    def told_in_years(self) -> frozenset[object]:
        """Documents of whose many periods no more than one is a half-year or a quarter."""
        parts = ("-H", "-Q")
        return frozenset(
            source
            for source, rows in self.by_source.items()
            if len(rows) > 50 and sum(one.cells["time_period"][4:6] in parts for one in rows) <= 1
        )

    def others_of_document(self, one: Observed) -> list[Observed]:
        """Other rows of the document about the same indicator."""
        return others(one, self.by_use[one.cells["source_id"], one.cells["indicator"]])

    def indicator(self, one: Observed) -> Mapping[str, str]:
        """The row of the indicator, empty where there is none."""
        return self.tables.indicators.get(one.cells["indicator"], {})

    def dimension(self, one: Observed) -> str:
        """What the unit of a row measures, empty where it is not known."""
        return self.tables.dimension(one.cells["unit_measure"])

    def published(self, one: Observed) -> str:
        """Date of the document, empty if it is none."""
        text = self.tables.sources.get(one.cells["source_id"], {}).get("date_published", "")
        return text if is_date(text) else ""


def grouped(rows: Iterable[Observed], key: object) -> dict[object, list[Observed]]:
    """Rows by a key; those whose key is empty are in no group."""
    found: dict[object, list[Observed]] = defaultdict(list)
    for one in rows:
        if (name := key(one)) is not None:  # type: ignore[operator]
            found[name].append(one)
    return found


def located(one: Observed, pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """The table row or column of a document that a locator names, None if it names none."""
    match = pattern.search(one.cells["locator"])
    return (one.cells["source_id"], *match.groups()) if match else None


def others(one: Observed, rows: Iterable[Observed]) -> list[Observed]:
    """The rows of a group without this one."""
    return [other for other in rows if other is not one]


def plausibility_problems(tables: Tables) -> list[Problem]:
    """Every strange cell, unless ``reading_note`` says that its column was read and is right."""
    evidence = Evidence(tables)
    return [problem for one in evidence.rows for problem in strange_cells(one, evidence)]


def strange_cells(one: Observed, evidence: Evidence) -> Iterator[Problem]:
    """What is strange about one row among the others."""
    # A note speaks for the value that it names: when the cell changes, the finding comes back.
    noted = one.cells.get("reading_note", "")
    for rule in _RULES:
        for column, found, expected in rule(one, evidence):
            said = f"{column}={one.cells[column]}"
            if said not in noted or not re.search(rf"(?<![a-z_]){re.escape(said)}(?=[ :;]|$)", noted):
                yield Problem(one.row.file, one.row.line, column, found, expected)


# -- signs, comparators, kinds --------------------------------------------------------------------------------------


def _sign(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """Levels, shares, ranks and counts are not below zero; a target that is to grow does not fall."""
    if one.value is None or one.value >= 0:
        return
    cells, indicator = one.cells, evidence.indicator(one)
    if cells["transformation"] in ("level", "share", "rank", "ratio_to_base", "increase_multiple"):
        rate = indicator.get("aggregation") == "rate"
        if not rate and not _BALANCE.search(indicator.get("name_zh", "")):
            hint = " (a fall is a difference or a growth)" if cells["transformation"] == "level" else ""
            yield "obs_value", cells["obs_value"], f"a {cells['transformation']} of at least 0{hint}"
            return
    if cells["kind"] in _AIMED and indicator.get("direction") == "increase":
        yield "obs_value", cells["obs_value"], "a value above 0: the indicator is meant to increase"


def _bound(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """Named things are counted exactly; what is aimed at is bounded on the side from which one comes."""
    cells, direction = one.cells, evidence.indicator(one).get("direction")
    form, round_ceiling = cells["transformation"], (one.value or 0) * 2 % 1 == 0
    # 下降10%以上 is at most −10: what is said of a bound holds for the printed form.
    bound = mirrored(cells["comparator"]) if (one.value or 0) < 0 else cells["comparator"]
    if bound == "eq":
        if cells["kind"] == "constraint" and evidence.dimension(one) not in ("area", ""):
            yield "comparator", bound, "ge or le: a limit has a side (kind constraint), unless it is a protected area"
        return
    if cells["kind"] == "count" and not read(cells["value_text"], cells["unit_measure"]).comparator:
        yield "comparator", bound, "eq: how many named things there are (kind count)"
    elif cells["kind"] in _AIMED and direction == "increase" and bound in ("le", "lt"):
        yield "comparator", bound, "ge, gt or eq: the indicator is meant to increase"
    elif cells["kind"] in _AIMED and direction == "decrease" and bound in ("ge", "gt") and (one.value or 0) > 0:
        yield "comparator", bound, "le, lt or eq: the indicator is meant to decrease"
    elif cells["kind"] == "actual" and round_ceiling and (direction, form) in (("decrease", form), ("none", "share")):
        return  # 调查失业率控制在5%以内 is printed of the year that is over; a rate that was measured is no round one
    elif cells["kind"] not in (*_AIMED, "estimate") and bound == "le":
        yield "comparator", cells["comparator"], "a value that was reached: 以内 bounds what is to come"


def _kind(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """A count counts, a commitment promises something that has a size, and a table's column is of one time."""
    cells, aggregation = one.cells, evidence.indicator(one).get("aggregation")
    if cells["kind"] == "count" and aggregation not in ("count", None):
        yield "kind", "count", f"another kind: the indicator is no number of things but {aggregation}"
    if cells["kind"] == "commitment" and (aggregation in ("share", "rate") or cells["transformation"] != "level"):
        yield "kind", "commitment", "another kind: money, funds and quotas are committed"
    if cells["kind"] == "commitment" and aggregation == "count":
        yield "kind", "commitment", "another kind: things that are counted are no commitment"
    # Three others at least: two cells that agree may both be the odd ones of a short column.
    column = others(one, evidence.by_table_column.get(located(one, _LOCATED_COLUMN), ()))
    kinds = {other.cells["kind"] for other in column}
    if len(column) >= 3:
        if kinds <= _AIMED and cells["kind"] not in _AIMED:
            yield "kind", cells["kind"], "target or constraint, as in the whole column of the table"
        elif len(kinds) == 1 and not kinds <= _AIMED and cells["kind"] not in {*kinds, "estimate"}:
            yield "kind", cells["kind"], f"{kinds.pop()}, as in the whole column of the table"
    named = {other.cells["kind"] for other in evidence.others_of_document(one)}
    dated = cells["time_period"] != "undated"
    if (
        evidence.units[cells["indicator"]].total() > 2
        and named == {"count"}
        and cells["kind"] != "count"
        and not (dated and cells["kind"] in _AIMED)
    ):
        yield "kind", cells["kind"], "count, as all other rows of the indicator"
    fact = [other for other in others(one, evidence.by_fact[one.fact]) if other.value is not None]
    # A fact that is printed twice is of one kind: a target in the text and an actual in the table is a slip of one.
    again = [other for other in fact if other.size == one.size and other.cells["time_period"] == cells["time_period"]]
    kinds = {other.cells["kind"] for other in again}
    if one.value is not None and len(kinds) == 1 and cells["kind"] not in kinds:
        yield "kind", cells["kind"], f"{kinds.pop()}, as where the same fact is printed again"
    aims = [other.year for other in fact if other.cells["kind"] in _AIMED and other.year is not None]
    if len(aims) >= 2 and cells["kind"] not in _AIMED and one.year is not None and one.year > min(aims):
        yield "kind", cells["kind"], "target or constraint, as the rest of its path"


# -- periods --------------------------------------------------------------------------------------------------------


def _when(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """The year is the one that the locator names, over when it is told, and near the document."""
    cells, at, published = one.cells, period(one.cells["time_period"]), evidence.published(one)
    # What the document says of the place (2023年列) goes before what can be told from its date.
    years = {int(year) for year in _LOCATED_YEAR.findall(cells["locator"])}
    if at is None:
        return
    text = cells["time_period"]
    if not at.dated and cells["transformation"] in _CHANGES:
        yield "time_period", text, f"when the change took place ({cells['transformation']})"
        return
    if len(years) == 1:
        (year,) = years
        if not at.dated or at.start_year is None or at.end_year is None or not at.start_year <= year <= at.end_year:
            yield "time_period", text, f"{year}, as the locator says"
            return
    if not at.dated or at.end_year is None or not published:
        return
    told = int(published[:4])
    if cells["kind"] in _AIMED and at.last.isoformat()[:7] <= published[:7]:
        yield "time_period", text, f"a period that ends after the document ({published}), or the kind actual or count"
    elif cells["kind"] == "count" and at.first.isoformat() > published:
        yield "time_period", text, f"a period not after the document ({published}), or the kind target"
    elif cells["kind"] == "actual" and at.last.isoformat()[:7] > published[:7]:
        yield "time_period", text, f"a period that was over when the document was published ({published})"
    elif cells["kind"] == "actual" and at.end_year < told - _BACK:
        yield "time_period", text, f"a period less than {_BACK} years before the document ({published})"
    elif at.end_year > told + _AHEAD:
        yield "time_period", text, f"a period less than {_AHEAD} years after the document ({published})"
    elif at.precision in ("S", "Q") and (cells["kind"] in _AIMED or cells["source_id"] in evidence.told_in_years):
        yield "time_period", text, "a year, a month or a stretch, as all others of the document"
    elif cells["transformation"] == "avg_annual" and at.precision != "A":
        yield "time_period", text, "years: an annual average is taken over these (avg_annual)"
    elif cells["transformation"] == "yoy" and at.frequency == "range" and at.start_year != at.end_year:
        yield "time_period", text, "one year or a part of it: yoy is the change on the year before"
    else:
        column = others(one, evidence.by_table_column.get(located(one, _LOCATED_COLUMN), ()))
        periods = {other.cells["time_period"] for other in column}
        if len(column) >= 3 and len(periods) == 1 and text not in periods:
            yield "time_period", text, f"{periods.pop()}, as in the whole column of the table"


# -- units, transformations, places ---------------------------------------------------------------------------------


def _shape(one: Observed) -> Shape | None:
    """Which part of a year, or how many years, a row speaks of; None where its period is none."""
    try:
        return shape(one.cells["time_period"])
    except PlanbriefError:
        return None


def _usage(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """The unit has a size in which the indicator is written, and the transformation fits what the indicator is."""
    cells, indicator = one.cells, evidence.indicator(one)
    if not indicator:
        return
    same = evidence.others_of_document(one)
    large = evidence.places.level.get(cells["ref_area"]) in UPPER_LEVELS
    if cells["transformation"] == "level":
        own, written_in = cells["unit_measure"], evidence.units[cells["indicator"]]
        usual = {indicator["unit_measure"], *(name for name, rows in written_in.items() if rows > (name == own))}
        units = evidence.tables.units
        try:
            unit, usual_units = units.parse(own), [units.parse(unit) for unit in usual]
            beside = [units.parse(other.cells["unit_measure"]).base for other in same]
        except (PlanbriefError, ArithmeticError):
            return
        factor, known = unit.factor, {unit.factor for unit in usual_units}
        # A province's product is given in 万亿元, a city's in 亿元: its units may be ten thousand times as large.
        if large and min(known) <= factor <= _LARGER * max(known):
            factor = min(known)
        written = _written_smaller(one.value, unit, usual_units, unit.base in beside or not beside)
        if factor not in known and not written and not _near_its_series(one, evidence):
            yield "unit_measure", own, f"{indicator['unit_measure']}, in which the indicator is given"
    aggregation, transformation = indicator["aggregation"], cells["transformation"]
    if transformation == "level" and aggregation == "share":
        yield "transformation", "level", "share: the indicator is one"
    elif transformation in _GROWTH and aggregation == "share":
        yield "transformation", transformation, "share or difference_pp: the indicator is a share"
    elif transformation == "share" and aggregation == "count":
        yield "transformation", "share", "level: the indicator is a number of things"
    # Growth of a year and the average of a plan period share an indicator: like stretches of one document tell.
    if aggregation not in ("share", "rate") or transformation not in _SAME_SCALE:
        return
    at = _shape(one)
    alike = {other.cells["transformation"] for other in same if other.value is not None and _shape(other) == at}
    used = alike & _SAME_SCALE
    if len(used) == 1 and transformation not in used:
        yield "transformation", transformation, f"{used.pop()}, as all other rows of the indicator"


def _written_smaller(value: Decimal | None, unit: Unit, usual: Sequence[Unit], alone: bool) -> bool:
    """Whether a place writes an indicator smaller, or by another base: 49,600 万元 for 4.96 亿元, 万吨 for 亿斤.

    A slip of the multiplier leaves a small number (4.96 万元); `alone` says that no other row of the document is
    written in the usual base.
    """
    alike = [one for one in usual if one.dimension == unit.dimension]
    if value is None or not alike:
        return False
    if all(one.base != unit.base for one in alike):
        return alone
    return unit.factor < min(one.factor for one in alike) and abs(value) >= _WRITTEN.get(unit.dimension, 100)


def _near_its_series(one: Observed, evidence: Evidence) -> bool:
    """Whether another value of the same thing is about as large: 1.5 万亿元 after 8,100 亿元 is no slip of the unit."""
    sizes = [abs(other.size) for other in others(one, evidence.by_fact[one.fact]) if other.size]
    return bool(one.size) and any(1 / _NEAR < abs(one.size or 0) / size < _NEAR for size in sizes)


def _table_row(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """Cells that all others of the same table row share."""
    same = others(one, evidence.by_table_row.get(located(one, _LOCATED_ROW), ()))
    if len(same) < 2:
        return
    for column in _OF_THE_ROW:
        shared = {other.cells[column] for other in same}
        if len(shared) == 1 and one.cells[column] not in shared:
            wanted = shared.pop() or "nothing"
            yield column, one.cells[column] or "nothing", f"{wanted}, as in the whole row of the table"
    bounds = {other.cells["comparator"] for other in same if other.value is not None}
    aimed = [other for other in same if other.cells["kind"] == one.cells["kind"]]
    if one.value is not None and len(bounds) == 1 and len(aimed) >= 2 and one.cells["comparator"] not in bounds:
        wanted = bounds.pop()
        if not re.search(r"[^\d.,]", one.cells["value_text"]):
            yield "comparator", one.cells["comparator"], f"{wanted}, as in the whole row of the table"


def _place(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """A document speaks of its own city, of what that lies in, and of places that its title names."""
    cells = one.cells
    # Below five rows nothing can be called a document's own city.
    home, area = evidence.homes.get(cells["source_id"], ""), cells["ref_area"]
    if not home or area not in evidence.areas or len(evidence.by_source[cells["source_id"]]) < 5:
        return
    line, above = evidence.places.ancestry(area), evidence.places.ancestry(home)
    if home in line or area in above:
        return
    if evidence.places.level[area] == "other" and evidence.places.parent[area] in (*above, ""):
        return
    title = evidence.tables.sources.get(cells["source_id"], {}).get("title_zh", "")
    foreign = [place for place in line if place not in above]
    if any((name := evidence.areas[place]["name_zh"].rstrip("省市区县")) and name in title for place in foreign):
        return
    # A place that is told of three times is a subject of the document, not a slip of one cell.
    told = sum(other.cells["ref_area"] in foreign for other in evidence.by_source[cells["source_id"]])
    if told < 3:
        wanted = evidence.areas[home]["name_zh"] if home in evidence.areas else home
        yield "ref_area", area, f"a place in {wanted}, or one that the title of the document names"


# -- values of a series ---------------------------------------------------------------------------------------------


def _series(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """One fact has one value in a document, and no value is many times all others of its series."""
    if one.size is None or one.cells["comparator"] == "range":
        return
    cells = one.cells
    rows = [
        other
        for other in others(one, evidence.by_fact[one.fact])
        if other.size is not None
        and other.cells["source_id"] == cells["source_id"]
        and other.cells["price_base"] == cells["price_base"]
    ]
    alone = len(evidence.by_span[one.span]) == 1  # two numbers on one span (two clusters of a size class) make one fact
    if cells["kind"] != "count" and cells["time_period"] != "undated" and alone:
        for other in rows:
            there = other.cells
            same = there["time_period"] == cells["time_period"] and there["comparator"] == cells["comparator"]
            if same and other.size != one.size and there["kind"] == cells["kind"]:
                place = f"{other.row.file.rpartition('/')[0]}, row {other.row.line}"
                found = f"{cells['obs_value']} {cells['unit_measure']}"
                yield "obs_value", found, f"{there['obs_value']} {there['unit_measure']}, as {place} has the same fact"
                return
    if cells["transformation"] != "level" or cells["kind"] == "count":
        return
    sizes = [abs(other.size) for other in rows if other.size and other.cells["unit_measure"] != "个"]
    if len(sizes) < 2 or not one.size or max(sizes) > _JUMP * min(sizes):
        return
    years = [other.year for other in rows if other.year is not None]
    inside = one.year is not None and years and min(years) < one.year < max(years)
    jump = _JUMP if inside else _LEAP  # a first or last value can be the small base that a plan starts from
    if abs(one.size) > jump * max(sizes) or abs(one.size) * jump < min(sizes):
        span = f"{min(rows, key=_size).cells['obs_value']} to {max(rows, key=_size).cells['obs_value']}"
        yield "obs_value", f"{cells['obs_value']} {cells['unit_measure']}", f"a value near its series, {span}"


def _size(one: Observed) -> float:
    return abs(one.size or 0)


def _growth(one: Observed, evidence: Evidence) -> Iterator[Finding]:
    """A printed growth rate and the two levels that it connects say the same, give or take prices and rounding."""
    cells = one.cells
    at, value = period(cells["time_period"]), one.value
    if cells["transformation"] not in ("yoy", "avg_annual") or value is None or at is None or at.end_year is None:
        return
    base = period(cells["base_period"]) if cells["base_period"] else None
    start = base.end_year if base and base.end_year else at.end_year - 1 if cells["transformation"] == "yoy" else None
    if start is None or at.precision != "A" or start >= at.end_year:
        return
    own = evidence.indicator(one)
    levels: dict[int, set[float]] = defaultdict(set)
    for other in evidence.by_source[cells["source_id"]]:
        its = evidence.indicator(other)
        whole = other.cells["transformation"] == "level" and other.size and len(other.cells["time_period"]) == 4
        about = all(
            other.cells[name] == cells[name] for name in ("ref_area", "subject", "activity", "counterpart_area")
        )
        alike = own and its and (its["concept"], its["scope"]) == (own["concept"], own["scope"])
        if whole and about and alike and its["aggregation"] == "additive" and other.size and other.year is not None:
            levels[other.year].add(other.size)
    if len(levels.get(start, ())) != 1 or len(levels.get(at.end_year, ())) != 1:
        return
    ratio = next(iter(levels[at.end_year])) / next(iter(levels[start]))
    if ratio <= 0:
        return
    implied = (ratio ** (1 / (at.end_year - start)) - 1) * 100
    # Printed rates are in prices of another year, levels in current ones: five points or half the rate apart are usual.
    if abs(implied - float(value)) > max(5.0, 0.5 * abs(float(value))):
        found = f"{cells['obs_value']} {cells['unit_measure']}"
        yield "obs_value", found, f"about {implied:.1f}, as the levels of {start} and {at.end_year} give"


_RULES = (_sign, _bound, _kind, _when, _usage, _table_row, _place, _series, _growth)

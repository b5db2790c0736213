"""``planbrief add``: one newer figure into the data package, without any file.

The document gets a folder like any other, but no text: what stands for its text is its title and the values as they
were typed, a line each, so that offsets, ids and digest keep their meaning. ``file_name`` stays empty, and that is how
cards, databook, lineage and ``verify`` know that the values were typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from decimal import Decimal, InvalidOperation

from planbrief.checks.admission import admit
from planbrief.checks.rules import DIMENSIONS
from planbrief.checks.sheets import as_csv
from planbrief.commands.accept import Unwritten, allowed
from planbrief.errors import PlanbriefError, UnknownName
from planbrief.project import Project, chosen, writable
from planbrief.reading.tabulation import doc_type_of, english_title
from planbrief.targets.excel import is_date
from planbrief.targets.package import Package, read_package
from planbrief.targets.periods import parse
from planbrief.targets.units import UnitTable

_NUMBER = re.compile(r"[-−－]?\d[\d,]*(?:\.\d+)?")
_RANGE = re.compile(rf"({_NUMBER.pattern})\s*(?:—|–|~|～|至|到)\s*({_NUMBER.pattern})%?")


class NotAdded(PlanbriefError):
    """A figure that cannot be added as it was given; nothing was changed."""

    def __init__(self, option: str, found: str, expected: str) -> None:
        super().__init__(option, found, expected)
        self.option, self.found, self.expected = option, found, expected

    def __str__(self) -> str:
        return f"--{self.option} {self.found[:80]!r}: expected {self.expected}"


def typed_text(title: str, values: list[str]) -> str:
    """What stands for the text of a document that is not held: its title and the values, a line each."""
    return "".join(f"{line}\n" for line in (title, *values))


def add_figure(project: Project, given: argparse.Namespace) -> str:
    """Add one figure and return its id.

    Raises
    ------
    NotAdded, UnknownName, planbrief.checks.admission.NotAdmitted
        Nothing was changed.
    """
    package = read_package(project.data)
    row = _row(package, given)
    source, title = _source(package, given, row)
    source_id = source["source_id"]
    known = [dict(one.values) for one in package["observations"].matching({"source_id": [source_id]})]
    known.sort(key=lambda one: int(one["char_start"]))
    for one in known:
        same = ("ref_area", "indicator", "time_period", "transformation", "subject", "activity", "kind", "locator")
        if all(one[name] == row.get(name, "") for name in same):
            raise NotAdded(
                "value", given.value, f"a figure that is not there yet ({one['obs_id']}: {one['obs_value']})"
            )
    text = typed_text(title, [one["value_text"] for one in known])
    start = len(text)
    text = typed_text(title, [*(one["value_text"] for one in known), row["value_text"]])
    row |= {
        "obs_id": f"{source_id}-{start:05d}", "source_id": source_id, "char_start": str(start),
        "char_end": str(start + len(row["value_text"])),
    }  # fmt: skip
    source |= {"sha256": hashlib.sha256(text.encode()).hexdigest(), "characters": str(len(text))}
    home = f"documents/{source_id}"
    tables = {"sources": [source], "observations": [*known, row], "exclusions": list[dict[str, str]]()}
    names = {"sources": "source.csv", "observations": "observations.csv", "exclusions": "exclusions.csv"}
    files = {}
    for table, rows in tables.items():
        columns = package[table].columns
        files[f"{home}/{names[table]}"] = as_csv(columns, [{c: one.get(c, "") for c in columns} for one in rows])
    try:
        admit(project.data, files)
    except OSError as error:
        raise Unwritten(error.strerror or str(error)) from None
    return row["obs_id"]


def _named(package: Package, table: str, option: str, word: str) -> str:
    names = package.names(table)
    if found := names.find(word):
        return found
    near = names.near(word)
    if near:
        labels = {row.values[package[table].key[0]]: row.values["name_zh"] for row in package[table].rows}
        raise NotAdded(option, word, "one of " + ", ".join(f"{one} ({labels.get(one, '')})" for one in near))
    raise UnknownName(option, word, names)


def _row(package: Package, given: argparse.Namespace) -> dict[str, str]:
    """The observation, except for what comes from its document."""
    area = _named(package, "areas", "area", given.area)
    indicator = _named(package, "indicators", "indicator", given.indicator)
    own = next(iter(package["indicators"].matching({"indicator": [indicator]}))).values
    for name in ("source", "locator", "subject", "comment"):
        if re.search(r"[\x00-\x1f\x7f]", getattr(given, name)) or len(getattr(given, name)) > 300:
            raise NotAdded(name, getattr(given, name), "one line of at most 300 characters")
    if not given.locator.strip():
        raise NotAdded("locator", given.locator, "where the figure stands in the document")
    try:
        parse(given.period)
    except PlanbriefError as error:
        raise NotAdded("period", given.period, str(error).partition("expected ")[2]) from None
    if not is_date(given.published):
        raise NotAdded("published", given.published, "a date: 2026-03-20")
    units = UnitTable(one.values for one in package["units"].rows)
    unit = given.unit.strip().replace("％", "%")
    try:
        dimension = units.parse(unit).dimension
    except PlanbriefError:
        raise NotAdded(
            "unit", given.unit, "a unit of data/units.csv, with 十 百 千 万 亿 in front where printed"
        ) from None
    value, upper, printed = _numbers(given.value)
    words = allowed(package)
    comparator = "range" if upper else given.comparator
    percent = dimension == "percent"
    usual = {"rate": "yoy", "share": "share"}.get(own["aggregation"], "level") if percent else "level"
    form = given.transformation or usual
    kind = given.kind or _kind(given.period, given.published)
    for name, word in (("kind", kind), ("comparator", comparator), ("transformation", form)):
        if word not in words[name]:
            raise NotAdded(name, word, ", ".join(words[name]))
    expected = DIMENSIONS.get(form) or {units.parse(own["unit_measure"]).dimension}
    if dimension not in expected:
        fits = own["unit_measure"] if form == "level" else " or ".join(sorted(expected))
        raise NotAdded("unit", given.unit, f"a unit like {fits} for {own['name_zh']} ({indicator})")
    counterpart = given.counterpart_area
    return {
        "ref_area": area, "subject": given.subject, "indicator": indicator, "time_period": given.period, "kind": kind,
        "obs_value": value, "upper_value": upper, "comparator": comparator, "transformation": form,
        "counterpart_area": _named(package, "areas", "counterpart-area", counterpart) if counterpart else "",
        "unit_measure": unit, "obs_status": "A", "locator": given.locator.strip(), "value_text": printed,
        "comment_obs": given.comment.strip(), "activity": "", "price_base": "", "base_period": "", "reading_note": "",
    }  # fmt: skip


def _kind(period: str, published: str) -> str:
    """Actual for a period that was over when the document came, target for one that had not begun."""
    at = parse(period)
    first, last = str(at.start_year or ""), str(at.end_year or "")
    if period.partition("/")[2] == "" and at.frequency in ("S", "Q", "M", "D") and last == published[:4]:
        size = {"S": 6, "Q": 3, "M": 1, "D": 1}[at.frequency]
        if at.part * size < int(published[5:7]):
            return "actual"
    elif last and last < published[:4]:
        return "actual"
    elif first and first > published[:4]:
        return "target"
    raise NotAdded(
        "kind", "", f"actual, target, estimate …: {period} was not over when the document came ({published})"
    )


def _numbers(value: str) -> tuple[str, str, str]:
    """Signed value, upper end of a range, and the form that stands in the typed text."""
    text = value.strip().rstrip("%％")
    if pair := _RANGE.fullmatch(text):
        low, high = _plain(pair[1]), _plain(pair[2])
        if Decimal(high) <= Decimal(low):
            raise NotAdded("value", value, "a range from the lower to the upper end")
        return low, high, f"{pair[1]}—{pair[2]}"
    if not _NUMBER.fullmatch(text) or len(text) > 24:
        raise NotAdded("value", value, "a number as printed: 7.2, -3, 1,234.5 or a range 50—60")
    plain = _plain(text)
    return plain, "", text.lstrip("-−－")


def _plain(text: str) -> str:
    plain = re.sub("[−－]", "-", text).replace(",", "")
    plain = "".join(str(int(c)) if c.isdigit() else c for c in plain)
    try:
        Decimal(plain)
    except InvalidOperation:
        raise NotAdded("value", text, "a number") from None
    return plain


def _source(package: Package, given: argparse.Namespace, row: dict[str, str]) -> tuple[dict[str, str], str]:
    """The row of the document: the one that is there, or a new one."""
    title = given.source.strip()
    rows = [one.values for one in package["sources"].rows]
    same = [one for one in rows if title in (one["source_id"], one["title_zh"])]
    if same:
        if same[0]["file_name"]:
            expected = f"a document without a text; {same[0]['source_id']} was read from a file (planbrief review)"
            raise NotAdded("source", title, expected)
        if same[0]["date_published"] != given.published:
            raise NotAdded(
                "published", given.published, f"{same[0]['date_published']}, as {same[0]['source_id']} has it"
            )
        return dict(same[0]), same[0]["title_zh"]
    if not re.search("[\u3400-\u9fff]", title):
        raise NotAdded("source", title, "the Chinese title of the document, or the id of one that was added before")
    kind = doc_type_of(title)
    area = package.places.city_of(row["ref_area"]) or row["ref_area"]
    source_id = given.source_id or _free_id(f"{area.replace('_', '-')}-{kind}-{given.published[:4]}", rows)
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,99}", source_id) or source_id in {one["source_id"] for one in rows}:
        raise NotAdded("source-id", source_id, "small letters, digits and hyphens, and no document of that name yet")
    named = {one.values["ref_area"]: one.values["name_en"] for one in package["areas"].rows}
    english = given.title_en or english_title(kind, named[area], given.published)
    source = dict.fromkeys(package["sources"].columns, "")
    source |= {
        "source_id": source_id, "title_zh": title, "title_en": english, "doc_type": kind,
        "date_published": given.published, "language": "zh-Hans",
    }  # fmt: skip
    return source, title


def _free_id(wanted: str, rows: list[dict[str, str]]) -> str:
    taken = {one["source_id"] for one in rows}
    number = 1
    while (name := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return name


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief add …``."""
    project = writable(chosen(arguments), "planbrief init DIR lays out a copy")
    key = add_figure(project, arguments)
    print(f"{key}: added as typed by hand; no text of its document is held, so planbrief verify skips it")
    return 0

"""planbrief accept and add: decided drafts, and single figures, put into the data."""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, count

from planbrief.catalog import read
from planbrief.checks.data import as_csv
from planbrief.checks.repair import NotAdmitted, admit, first_of, with_rows
from planbrief.checks.rules import DIMENSIONS, Tables, rule_problems
from planbrief.errors import PlanbriefError, Problem, RunError, UnknownName
from planbrief.project import Project, chosen, writable
from planbrief.reading.decisions import DraftRow
from planbrief.reading.drafts import Draft
from planbrief.reading.matching import is_growth
from planbrief.reading.tabulation import Tabulation, Tabulator, allowed, doc_type_of, english_title, unaccounted
from planbrief.targets.excel import is_date
from planbrief.targets.package import Package, Row, read_package, usable_package
from planbrief.targets.periods import parse
from planbrief.targets.units import UnitTable


class Undecided(PlanbriefError):
    """Rows about which nobody has decided, or numbers that no row speaks of."""

    def __init__(self, source_id: str, undecided: int, missing: int, first: str) -> None:
        super().__init__(source_id, undecided, missing, first)
        self.source_id, self.undecided, self.missing, self.first = source_id, undecided, missing, first

    def __str__(self) -> str:
        parts = []
        if self.undecided:
            parts.append(f"{self.undecided} rows are undecided")
        if self.missing:
            parts.append(f"{self.missing} numbers stand in no row")
        words = " and ".join(parts)
        return f"{words} (the first: {self.first}); planbrief review {self.source_id} goes through them"


class NotReady(PlanbriefError):
    """Rows that are decided and cannot stand in the tables as they are."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return f"nothing was changed; {len(self.problems)} things to mend in the draft:\n{first_of(self.problems)}"


class AlreadyThere(PlanbriefError):
    """A document of this name is in the package, from another file."""

    text = "data/documents/{} is there already; --replace puts this reading in its place"


@dataclass(frozen=True)
class Accepted:
    """What went into the package."""

    source_id: str
    tables: Tabulation

    def lines(self) -> list[str]:
        """What a person reads afterwards."""
        tables = self.tables
        counted = f"{len(tables.observations)} observations and {len(tables.exclusions)} exclusions"
        lines = [f"data/documents/{self.source_id}: {counted}, sealed"]
        if tables.indicators or tables.areas or tables.aliases:
            lines.append(
                f"  {len(tables.indicators)} new indicators, {len(tables.areas)} new areas, "
                f"{len(tables.aliases)} names learnt for the next document"
            )
        lines += [f"  not learnt: {phrase} ({why})" for phrase, why in sorted(tables.unlearnt.items())]
        if tables.unnamed:
            lines.append(
                f"  {tables.unnamed} of them have no English name yet (pages show the Chinese one): "
                "data/indicators.csv, data/areas.csv"
            )
        return lines


def problems_by_row(package: Package, tables: Tabulation) -> list[tuple[str, str, str]]:
    """What the rules of ``check`` find in the rows of a draft: id of the draft row, cell, sentence."""
    found = [(row, "", sentence) for row, sentence in tables.problems]
    indicators = [*package["indicators"].rows, *(Row(one, "", 0) for one in tables.indicators.values())]
    sources = [Row(tables.source, "", 0)]
    look_up = Tables({"indicators": indicators, "sources": sources, "units": list(package["units"].rows)})
    # Only the draft's own rows are judged: what else the package holds was judged when it was accepted.
    look_up.rows = {"observations": [Row(one, "", number) for number, one in enumerate(tables.observations)]}
    for problem in rule_problems(look_up):
        row = tables.origins[tables.observations[problem.row]["obs_id"]]
        found.append((row, problem.column, f"{problem.column}: found {problem.found}; expected {problem.expected}"))
    required = ("time_period", "kind", "comparator", "transformation", "unit_measure")
    enums = allowed(package)
    for one in tables.observations:
        for name in required:
            if not one[name]:
                found.append((tables.origins[one["obs_id"]], name, f"{name}: found nothing; expected a value"))
            elif name in enums and one[name] not in enums[name]:
                expected = ", ".join(enums[name])
                found.append((tables.origins[one["obs_id"]], name, f"{name}: found {one[name]!r}; expected {expected}"))
    return found


def tabulated(package: Package, draft: Draft) -> Tabulation:
    """The rows of a draft as they stand, decided or not."""
    return Tabulator(package, draft.facts, draft.text, draft.standing()).tabulate()


def with_notes(package: Package, draft: Draft, tables: Tabulation) -> None:
    """Say in a row where a person decided otherwise than a second reading of its passage would."""
    from planbrief.reading.draft_rows import reread

    areas = {row.values["ref_area"]: row.values["name_zh"] for row in package["areas"].rows}
    areas |= {one["ref_area"]: one["name_zh"] for one in tables.areas.values()}
    again = reread(draft.document, tables.observations, "", tables.source["date_published"], areas)
    noted: dict[str, list[str]] = {}
    rows = {one["obs_id"]: one for one in tables.observations}
    for one in again.disagreements:
        noted.setdefault(one.obs_id, []).append(f"{one.cell}={rows[one.obs_id][one.cell]}")
    for key, cells in noted.items():
        rows[key]["reading_note"] = f"{' '.join(cells)}: decided in review"


def accept_draft(project: Project, source_id: str, replace: bool = False) -> Accepted:
    """Move a decided draft into the data package.

    Raises
    ------
    Undecided, NotReady, AlreadyThere, planbrief.checks.repair.NotAdmitted
        Nothing was changed.
    """
    draft = Draft(project.data, source_id)
    now = draft.standing()
    package = read_package(project.data)
    if (project.data / "documents" / source_id).exists() and not replace:
        raise AlreadyThere(source_id)
    # Every number must be decided about, and none may have been lost by splitting, merging or a corrected reprint.
    missing = unaccounted(draft.text, now.rows)
    if now.open or missing:
        first = now.open[0].value_text if now.open else draft.text[slice(*missing[0])]
        raise Undecided(source_id, len(now.open), len(missing), first)
    tables = tabulated(package, draft)
    if problems := problems_by_row(package, tables):
        spans = {row.id: f"{row.value_text} at {row.start}: " for row in now.rows}
        raise NotReady(tuple(f"{spans.get(row, '')}{sentence}" for row, _, sentence in problems))
    with_notes(package, draft, tables)
    try:
        admit(project.data, files_of(package, tables))
    except NotAdmitted as error:
        if error.before:
            raise
        raise NotReady(tuple(_in_draft(problem, tables, now.rows) for problem in error.problems)) from None
    except OSError as error:
        raise Unwritten(error.strerror or str(error)) from None
    return Accepted(source_id, tables)


def _in_draft(problem: Problem, tables: Tabulation, rows: Iterable[DraftRow]) -> str:
    """A problem of the tables that were to be written; rows of theirs are told by number and place in the text."""
    spans = {row.id: f"{row.value_text} at {row.start}" for row in rows}
    home = f"documents/{tables.source['source_id']}"

    def spot(line: int) -> str:
        return spans[tables.origins[tables.observations[line - 2]["obs_id"]]]  # below the header, counted from 1

    expected = re.sub(rf"\S*{re.escape(home)}, row (\d+)", lambda found: spot(int(found[1])), problem.expected)
    if not problem.row or not problem.file.endswith(f"{home}/observations.csv"):
        return str(replace(problem, expected=expected))
    return f"{spot(problem.row)}: {problem.column}: found {problem.found}; expected {expected}"


class Unwritten(RunError):
    """The disk did not take the files; they are as they were."""

    text = "the data could not be written ({}); it is as it was"


def files_of(package: Package, tables: Tabulation) -> dict[str, bytes]:
    """Every file of the data folder that changes, by path."""
    new: dict[str, list[Mapping[str, str]]] = {
        "indicators": list(tables.indicators.values()),
        "areas": list(tables.areas.values()),
        "indicator_aliases": [{"alias": name, "indicator": one} for name, one in sorted(tables.aliases.items())],
    }
    files = {package[name].home: with_rows(package, name, rows) for name, rows in new.items() if rows}
    files |= document_files(package, tables.source, tables.observations, tables.exclusions)
    return files


def document_files(
    package: Package,
    source: Mapping[str, str],
    observations: Iterable[Mapping[str, str]],
    exclusions: Iterable[Mapping[str, str]] = (),
) -> dict[str, bytes]:
    """The files of the folder of one document, by path."""
    parts = (
        ("sources", "source", [source]),
        ("observations", "observations", observations),
        ("exclusions", "exclusions", exclusions),
    )
    files = {}
    for table, name, rows in parts:
        columns = package[table].columns
        path = f"documents/{source['source_id']}/{name}.csv"
        files[path] = as_csv(columns, rows)
    return files


def put_in(project: Project, files: Mapping[str, bytes]) -> None:
    """Write files into the data folder if the rules admit them."""
    try:
        admit(project.data, files)
    except OSError as error:
        raise Unwritten(error.strerror or str(error)) from None


def questions(tables: Tabulation) -> list[str]:
    """What the package lacks and would get, for a person to say yes to."""
    lines = [
        f"new area       {one['name_zh']} ({one['level']}, in {one['parent'] or '—'})" for one in tables.areas.values()
    ]
    lines += [
        f"new indicator  {one['name_zh']} ({one['unit_measure']}, {one['theme']})" for one in tables.indicators.values()
    ]
    return lines


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief accept ID [--yes] [--replace]``."""
    project = writable(chosen(arguments), "planbrief init DIR lays out a copy")
    draft = Draft(project.data, arguments.draft)
    if not arguments.yes and not draft.standing().open:
        lines = questions(tabulated(read_package(project.data), draft))
        if lines:
            print("\n".join(lines), file=sys.stderr)
            if not sys.stdin.isatty():
                raise Unasked(len(lines))
            print(f"put these {len(lines)} rows into the vocabulary? [y/N] ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() not in ("y", "yes", "是"):
                print("nothing was changed", file=sys.stderr)
                return 1
    print("\n".join(accept_draft(project, arguments.draft, arguments.replace).lines()))
    if pages := pages_about(project, arguments.draft):
        print(f"planbrief build {' '.join(pages)} makes the pages about it")
    return 0


def pages_about(project: Project, source_id: str) -> list[str]:
    """Reports about nothing but the place that a document is about; none where the catalog cannot be read."""
    try:
        package = usable_package(project)
        reports = read(project, package).reports()
    except PlanbriefError:
        return []
    return [report.id for report in reports if report.areas == (package.about.get(source_id),)]


class Unasked(PlanbriefError):
    """New rows of the vocabulary, and nobody to ask."""

    text = "{} new indicators or areas, and no terminal to ask in: --yes puts them into the vocabulary"


_NUMBER = re.compile(r"[-−－]?\d[\d,]*(?:\.\d+)?")
_RANGE = re.compile(rf"({_NUMBER.pattern})\s*(?:—|–|~|～|至|到)\s*({_NUMBER.pattern})%?")


class NotAdded(PlanbriefError):
    """A figure that cannot be added as it was given; nothing was changed."""

    def __init__(self, option: str, found: str, expected: str) -> None:
        super().__init__(option, found, expected)
        self.option, self.found, self.expected = option, found, expected

    def __str__(self) -> str:
        if not self.found:
            return f"--{self.option} is needed: {self.expected}"
        return f"--{self.option} {self.found[:80]!r}: expected {self.expected}"


def typed_text(title: str, values: list[str]) -> str:
    """What stands for the text of a document that is not held: its title and the values, a line each."""
    return "".join(f"{line}\n" for line in (title, *values))


def add_figure(project: Project, given: argparse.Namespace) -> str:
    """Add one figure and return its id.

    Raises
    ------
    NotAdded, UnknownName, planbrief.checks.repair.NotAdmitted
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
    # No text is held, so one is made of title and values: then spans and digest are like those of any document.
    text = typed_text(title, [one["value_text"] for one in known])
    start = len(text)
    text = typed_text(title, [*(one["value_text"] for one in known), row["value_text"]])
    row |= {
        "obs_id": f"{source_id}-{start:05d}", "source_id": source_id, "char_start": str(start),
        "char_end": str(start + len(row["value_text"])),
    }  # fmt: skip
    source |= {"sha256": hashlib.sha256(text.encode()).hexdigest(), "characters": str(len(text))}
    put_in(project, document_files(package, source, [*known, row]))
    return row["obs_id"]


def _named(package: Package, table: str, option: str, word: str) -> str:
    names = package.names(table)
    if found := names.find(word):
        return found
    # What is merely near is offered, never taken.
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
    # What is not said is told from the rest: form by indicator and unit, kind by period and date.
    comparator = "range" if upper else given.comparator
    form = given.transformation or (_usual_form(package, own) if dimension == "percent" else "level")
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


def _usual_form(package: Package, own: Mapping[str, str]) -> str:
    """What a percentage of an indicator states: as most of its rows do, else a change where its name says so."""
    rows = package["observations"].matching({"indicator": [own["indicator"]]})
    # The indicator's own rows know best: an unemployment rate in % is a share, an output in % a change.
    held = Counter(row.values["transformation"] for row in rows if row.values["unit_measure"] == "%")
    if held:
        return held.most_common(1)[0][0]
    name = own["name_zh"]
    if name.endswith("贡献率"):
        return "contribution"
    changes = is_growth(name) or name.endswith(("变化", "幅度", "降低率", "下降率"))
    return "yoy" if changes else "share" if own["unit_measure"] == "%" else "level"


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
    """A number that ``_NUMBER`` matched in ASCII, without thousands separators."""
    plain = re.sub("[−－]", "-", text).replace(",", "")
    return "".join(str(int(c)) if c.isdigit() else c for c in plain)


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
    return next(name for name in chain([wanted], (f"{wanted}-{number}" for number in count(2))) if name not in taken)


def add_command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief add …``."""
    project = writable(chosen(arguments), "planbrief init DIR lays out a copy")
    key = add_figure(project, arguments)
    print(f"{key}: added as typed by hand; no text of its document is held, so planbrief verify skips it")
    return 0

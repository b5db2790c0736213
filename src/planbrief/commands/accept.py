"""``planbrief accept ID``: what was decided in a draft goes into the data package, all of it in one step."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from planbrief.checks.admission import admit, with_rows
from planbrief.checks.rules import Tables, rule_problems
from planbrief.checks.sheets import as_csv
from planbrief.errors import PlanbriefError, RunError
from planbrief.project import Project, chosen, writable
from planbrief.reading.drafts import Draft
from planbrief.reading.tabulation import Tabulation, Tabulator, unaccounted
from planbrief.targets.package import Package, Row, read_package


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
        shown = "\n".join(f"  {problem}" for problem in self.problems[:20])
        more = f"\n  … and {len(self.problems) - 20} more" if len(self.problems) > 20 else ""
        return f"nothing was changed; {len(self.problems)} things to mend in the draft:\n{shown}{more}"


class AlreadyThere(PlanbriefError):
    """A document of this name is in the package, from another file."""

    def __init__(self, source_id: str) -> None:
        super().__init__(source_id)
        self.source_id = source_id

    def __str__(self) -> str:
        return f"data/documents/{self.source_id} is there already; --replace puts this reading in its place"


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
        if tables.unnamed:
            lines.append(f"  {tables.unnamed} of them have no English name yet: data/indicators.csv, data/areas.csv")
        return lines


def problems_by_row(package: Package, tables: Tabulation) -> list[tuple[str, str, str]]:
    """What the rules of ``check`` find in the rows of a draft: id of the draft row, cell, sentence."""
    found = [(row, "", sentence) for row, sentence in tables.problems]
    rows = {name: list(package[name].rows) for name in ("indicators", "units")}
    rows["indicators"] += [Row(dict(one), "", 0) for one in tables.indicators.values()]
    rows["sources"] = [Row(dict(tables.source), "", 0)]
    rows["observations"] = [Row(dict(one), "", number) for number, one in enumerate(tables.observations)]
    rows["indicators"], known = [], rows["indicators"]
    look_up = Tables({**rows, "indicators": known})
    look_up.rows = {"observations": rows["observations"]}
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


def allowed(package: Package) -> dict[str, tuple[str, ...]]:
    """The words that a cell of an observation or exclusion may hold, by column, as the descriptor has them."""
    found = {}
    for table in ("observations", "exclusions", "indicators", "areas", "sources"):
        for column in package[table].schema["fields"]:
            if enum := column.get("constraints", {}).get("enum"):
                found[column["name"]] = tuple(enum)
    return found


def tabulated(package: Package, draft: Draft) -> Tabulation:
    """The rows of a draft as they stand, decided or not."""
    return Tabulator(package, draft.facts, draft.text, draft.standing()).tabulate()


def with_notes(package: Package, draft: Draft, tables: Tabulation) -> None:
    """Say in a row where a person decided otherwise than a second reading of its passage would."""
    from planbrief.reading.rereading import reread

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
    Undecided, NotReady, AlreadyThere, planbrief.checks.admission.NotAdmitted
        Nothing was changed.
    """
    draft = Draft(project.data, source_id)
    now = draft.standing()
    package = read_package(project.data)
    if (project.data / "documents" / source_id).exists() and not replace:
        raise AlreadyThere(source_id)
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
    except OSError as error:
        raise Unwritten(error.strerror or str(error)) from None
    return Accepted(source_id, tables)


class Unwritten(RunError):
    """The disk did not take the files; they are as they were."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the data could not be written ({self.reason}); it is as it was"


def files_of(package: Package, tables: Tabulation) -> dict[str, bytes]:
    """Every file of the data folder that changes, by path."""
    home = f"documents/{tables.source['source_id']}"
    new: dict[str, list[Mapping[str, str]]] = {
        "indicators": list(tables.indicators.values()),
        "areas": list(tables.areas.values()),
        "indicator_aliases": [{"alias": name, "indicator": one} for name, one in sorted(tables.aliases.items())],
    }
    files = {package[name].home: with_rows(package, name, rows) for name, rows in new.items() if rows}
    for table, name, rows in (
        ("sources", "source.csv", [tables.source]),
        ("observations", "observations.csv", tables.observations),
        ("exclusions", "exclusions.csv", tables.exclusions),
    ):
        columns = package[table].columns
        files[f"{home}/{name}"] = as_csv(columns, [{c: row.get(c, "") for c in columns} for row in rows])
    return files


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
    return 0


class Unasked(PlanbriefError):
    """New rows of the vocabulary, and nobody to ask."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count

    def __str__(self) -> str:
        return f"{self.count} new indicators or areas, and no terminal to ask in: --yes puts them into the vocabulary"

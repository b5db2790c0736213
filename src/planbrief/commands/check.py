"""The commands that ask whether the data hold: check, verify, locate, and where a number comes from: lineage."""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from planbrief.commands.list import text_table
from planbrief.errors import DataError, PlanbriefError, Problem
from planbrief.files import read_regular
from planbrief.project import Project, chosen, writable
from planbrief.run.manifest import LARGEST_MANIFEST_BYTES, MANIFEST, Manifest, ManifestError, read_manifest
from planbrief.targets.dataset import Dataset
from planbrief.targets.frames import cell_problems
from planbrief.targets.package import read_package


@dataclass(frozen=True)
class Use:
    """One figure of one report that was computed from an observation."""

    report: str
    lang: str
    figure: str
    value: float | str | None
    unit: str


class UnreadableEdition(PlanbriefError):
    """A folder holds no edition whose manifest can be read."""

    text = "{}: {}; expected the manifest.json of an edition (planbrief build makes one)"


def edition_of(place: Path) -> Manifest:
    """The manifest of an edition, given its folder or the file itself; :class:`UnreadableEdition` if there is none."""
    folder, name = (place, MANIFEST) if place.is_dir() else (place.parent, place.name)
    try:
        return read_manifest(read_regular(folder, name, LARGEST_MANIFEST_BYTES))
    except (OSError, ManifestError) as error:
        raise UnreadableEdition(str(place), getattr(error, "strerror", None) or str(error)) from None


def uses(manifest: Manifest, obs_id: str) -> tuple[Use, ...]:
    """Figures of an edition that were computed from `obs_id`, in the order of the manifest."""
    found = []
    for entry in manifest.reports:
        for key, figure in entry.figures.items():
            observations = figure.get("observations") or ()
            if obs_id in observations:
                found.append(Use(entry.id, entry.lang, key, figure["value"], str(figure.get("unit") or "")))
    return tuple(found)


#: Longest text of a cell in a table of problems.
_WIDEST = 100


def shortened(text: str) -> str:
    """A cell that leaves room for the others."""
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def plural(count: int, word: str) -> str:
    """``1 problem``, ``2 problems``."""
    return f"{count} {word}" + ("" if count == 1 else "s")


# -- check ----------------------------------------------------------------------------------------------------------


def check_report(project: Project, fix: bool = False, accepted: Collection[str] | None = ()) -> tuple[int, str]:
    """Every problem of the project in one table, notes before them; with `fix` what can be mended is mended first.

    Notes are of order only: they are told, and neither change the exit code nor keep anything from being built.

    `accepted` changes (None: all of them) are listed, old → new, and sealed.
    """
    from planbrief.checks.project import project_problems

    parts = []
    # In this order: what is meant is sealed first, so that mending can tell a slip by its seal.
    if accepted is None or accepted:
        parts += accepted_parts(project, accepted)
    if fix:
        from planbrief.checks.repair import fix as mend

        mends = mend(project.data)
        if mends:
            rows = [(one.file, one.row or "", one.column, shortened(one.what)) for one in mends]
            parts.append(text_table(("file", "row", "column", "mended"), rows, right=[1]))
            parts.append(f"{plural(len(mends), 'thing')} mended")
    # What keeps nothing from being built is told apart, else nobody would look for what does.
    found = [*project_problems(project), *schedule_problems(project), *characters_without_a_face(project)]
    notes, problems = ([one for one in found if one.note is note] for note in (True, False))
    if notes:
        parts += [problem_table(notes), f"{plural(len(notes), 'note')}: they keep nothing from being built"]
    if problems:
        parts.append(problem_table(problems))
        fixable = sum(problem.fixable for problem in problems)
        hint = f"; {fixable} can be mended: planbrief check --fix" if fixable else ""
        parts.append(f"{plural(len(problems), 'problem')}{hint}")
    else:
        sound = "no problems: data, notebooks, catalog and translations are sound"
        unsaid = sum(one.column == "name_en" for one in notes)
        parts.append(f"{sound}, but for {plural(unsaid, 'English name')} to be written" if unsaid else sound)
    return (1 if problems else 0), "\n\n".join(parts)


def characters_without_a_face(project: Project) -> list[Problem]:
    """Notes on characters of notebooks that no face has: the page keeps them, the PDF shows their code points."""
    from planbrief.render.safe_text import visible
    from planbrief.render.table_layout import covered

    notes = []
    for file in sorted(project.notebooks.glob("*.ipynb")):
        try:
            cells = json.loads(file.read_bytes())["cells"]
            texts = [visible("".join(cell["source"])) for cell in cells]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a file that is no notebook is a problem of its own
        # A character once per cell: of an emoji in every row of a table one note is enough.
        for number, text in enumerate(texts, start=1):
            lacking = [one for one in dict.fromkeys(text) if one not in "\n\t" and not covered(one)]
            if lacking:
                shown = " ".join(f"{one} (U+{ord(one):04X})" for one in lacking[:12]) + " …" * (len(lacking) > 12)
                wanted = "characters that a face has; the PDF shows code points (the extra faces has more of them)"
                notes.append(Problem(f"notebooks/{file.name}", 0, f"cell {number}", shown, wanted, note=True))
    return notes


def schedule_problems(project: Project) -> list[Problem]:
    """What is wrong with the schedule, where there is one; secrets that are not set on this machine are notes."""
    from planbrief.deliver.schedule import FILE, ScheduleError, held, missing_secrets, read_schedule

    file = f"reports/{FILE}"
    if not (project.reports / FILE).is_file():
        return []
    try:
        lacking = missing_secrets(held(project, read_schedule(project)))
        return [Problem(file, 0, "", text, "the variable where the schedule runs", note=True) for text in lacking]
    except ScheduleError as error:
        return [_told(file, text) for text in error.problems]
    except PlanbriefError:  # data or catalog cannot be read: that is in the list already
        return []


def _told(file: str, text: str) -> Problem:
    """One line of a schedule's error as a problem: where, what was found, what would be right."""
    place, colon, rest = text.partition(": ")
    found, _, expected = rest.removeprefix("found ").partition("; expected ")
    return Problem(file, 0, place if colon else "", found, expected or "a schedule that can run")


def accepted_parts(project: Project, accepted: Collection[str] | None) -> list[str]:
    """Seal the accepted changes; what they change, old → new, where an earlier form is at hand."""
    from planbrief.checks.repair import accept, changed_rows

    changes = changed_rows(project.data, earlier_rows(project))
    sealed = accept(project.data, accepted)
    meant = {(one.file, one.row) for one in sealed}
    rows: list[tuple[object, ...]] = []
    for change in changes:
        if (change.file, change.row) in meant:
            if change.new or not change.cells or change.cells[0][1] is None:
                values = ", ".join(f"{column} {now}" for column, _, now in change.cells if now)
                before = "new" if change.new else "earlier form not at hand"
                rows.append((change.file, change.row, change.key, "", shortened(f"({before}) → {values}")))
                continue
            for column, was, now in change.cells:
                rows.append((change.file, change.row, change.key, column, shortened(f"{was or '∅'} → {now or '∅'}")))
    known = {(file, row) for file, row, *_ in rows}
    rows += [(one.file, one.row or "", one.what, "", "") for one in sealed if (one.file, one.row) not in known]
    if not rows:
        return ["nothing to accept"]
    table = text_table(("file", "row", "key", "column", "old → new"), rows, right=[1])
    return [table, f"{plural(len(sealed), 'change')} sealed"]


def earlier_rows(project: Project) -> Iterator[dict[str, str]]:
    """Rows as they may have been sealed: of the present edition's data, and of the last commit where git has one."""
    import subprocess

    for file in sorted((project.reports / "latest" / "data").glob("*.csv")):
        with contextlib.suppress(OSError, UnicodeDecodeError, csv.Error):
            yield from csv.DictReader(io.StringIO(file.read_text("utf-8")))
    for file in sorted(project.data.rglob("*.csv")):
        name = file.relative_to(project.root).as_posix()
        command = ["git", "-C", str(project.root), "show", f"HEAD:./{name}"]
        try:
            found = subprocess.run(command, capture_output=True, timeout=10, check=False)
            if found.returncode:
                continue
            yield from csv.DictReader(io.StringIO(found.stdout.decode("utf-8")))
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError, csv.Error):
            return


def problem_table(problems: Iterable[Problem]) -> str:
    """Problems as an aligned table: file, row, column, found, expected."""
    rows = [(one.file, one.row or "", one.column, shortened(one.found), shortened(one.expected)) for one in problems]
    return text_table(("file", "row", "column", "found", "expected"), rows, right=[1])


# -- verify ---------------------------------------------------------------------------------------------------------


def verify_report(dataset: Dataset, sources: Path, as_json: bool = False) -> tuple[int, str]:
    """The accounting per source and every mismatch with file, line, column and context."""
    from planbrief.checks.verification import verify

    result = verify(dataset, sources)
    code = 0 if result.passed else 1
    if as_json:
        return code, json.dumps(result.as_json(), ensure_ascii=False, indent=2)
    header = ("source", "numbers", "in observations", "excluded", "unaccounted", "double", "observations", "mismatches")
    rows = [
        (one.source_id, one.tokens, one.in_observations, sum(one.excluded.values()), one.unaccounted, one.double,
         one.observations, one.mismatches)
        for one in result.accounts
    ]  # fmt: skip
    total = [sum(int(row[column]) for row in rows) for column in range(1, len(header))]
    parts = [text_table(header, [*rows, ("total", *total)], right=range(1, len(header)))]
    reasons: Counter[str] = Counter()
    for account in result.accounts:
        reasons.update(account.excluded)
    if reasons:
        parts.append("excluded: " + ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())))
    if result.mismatches:
        shown = [
            (one.source_id, f"{one.line}:{one.column}" if one.line else "", f"{one.file}:{one.row}" if one.file else "",
             shortened(one.found), shortened(one.expected), one.context)
            for one in result.mismatches
        ]  # fmt: skip
        parts.append(text_table(("source", "line:column", "row", "found", "expected", "context"), shown))
    parts.append(
        f"{result.total('tokens')} numeric tokens, {result.total('unaccounted')} unaccounted, "
        f"{result.total('double')} double, {len(result.mismatches)} mismatches; "
        f"{result.noted} rows say in reading_note why they stand although their passage reads otherwise by rule"
    )
    if result.unsure:
        parts.append(
            f"{len(result.unsure)} rows agree with a second reading that is not sure of itself: both may be wrong, and "
            "only a person who looks can tell (--json lists them)"
        )
    if result.typed:
        words = "typed by hand, no text is held and nothing was compared"
        parts.append("\n".join(f"{name}: {words}" for name in result.typed))
    if result.titles:
        parts.append("\n".join(["tables whose title and columns differ, as printed:", *result.titles]))
    return code, "\n\n".join(parts)


# -- locate ---------------------------------------------------------------------------------------------------------


def locate_report(dataset: Dataset, source_file: Path, source_id: str = "", table: str = "") -> tuple[str, str]:
    """Ready CSV rows for stdout, and for stderr what only the screen may show.

    Without `table` the rows for every table stand under a line that names their file; with ``observations``,
    ``exclusions`` or ``sources`` the text is that table alone, with its header.
    """
    from planbrief.checks.data import as_csv
    from planbrief.checks.locate import locate

    found = locate(source_file, dataset, source_id)
    blocks = {
        "sources": (f"data/documents/{found.source_id}/source.csv", [found.source] if found.source else []),
        "observations": (f"data/documents/{found.source_id}/observations.csv", list(found.observations)),
        "exclusions": (f"data/documents/{found.source_id}/exclusions.csv", list(found.exclusions)),
    }
    if table:
        text = as_csv(dataset.package[table].columns, blocks[table][1]).decode()
    else:
        text = "\n".join(
            f"# {name}\n{as_csv(dataset.package[kind].columns, rows).decode()}"
            for kind, (name, rows) in blocks.items()
            if rows
        )
    summary = f"{plural(len(found.observations), 'row')} of observations, {len(found.exclusions)} of exclusions"
    screen = [*found.contexts, *(f"note: {note}" for note in found.notes), summary]
    return text.rstrip("\n"), "\n".join(screen)


# -- lineage --------------------------------------------------------------------------------------------------------


def lineage_report(dataset: Dataset, obs_id: str, sources: Path | None = None, edition: Path | None = None) -> str:
    """Document, locator and line of an observation, and the figures of an edition that were computed from it."""
    from planbrief.checks.locate import origin, origin_lines

    found = origin(dataset, obs_id, sources)
    parts = [text_table(("", ""), origin_lines(found)).lstrip("\n")]
    if edition is not None:
        manifest = edition_of(edition)
        rows = [
            (use.report, use.lang, use.figure, use.value if use.value is not None else "", use.unit)
            for use in uses(manifest, obs_id)
        ]
        parts.append(
            text_table(("report", "lang", "figure", "value", "unit"), rows, right=[3])
            if rows
            else "no headline figure of the edition was computed from it"
        )
        if audited := [finding.id for finding in manifest.findings if obs_id in finding.observation_ids]:
            parts.append("findings: " + ", ".join(audited))
    return "\n\n".join(parts)


# -- command line ---------------------------------------------------------------------------------------------------


def raw_dataset(project: Project) -> Dataset:
    """The data as it stands, with the documents that the catalog leaves out; DataError where it is unreadable."""
    # Not usable_package: whether a left-out document is sound is asked here, too.
    package = read_package(project.data)
    problems = [problem for table in package.tables.values() for problem in cell_problems(table)]
    if problems:
        raise DataError(problems)
    return Dataset(package)


def run_check(arguments: argparse.Namespace) -> int:
    """``planbrief check [--fix] [--accept ID … | --accept-all]``."""
    project = chosen(arguments)
    if arguments.fix or arguments.accept or arguments.accept_all:
        writable(project, "planbrief init DIR lays out a copy that can be mended")
    accepted = None if arguments.accept_all else tuple(arguments.accept or ())
    code, text = check_report(project, arguments.fix, accepted)
    print(text)
    return code


def run_verify(arguments: argparse.Namespace) -> int:
    """``planbrief verify --sources DIR [--json]``."""
    code, text = verify_report(raw_dataset(chosen(arguments)), arguments.sources, arguments.json)
    print(text)
    return code


def run_locate(arguments: argparse.Namespace) -> int:
    """``planbrief locate SOURCE_FILE [--source-id ID] [--table TABLE]``."""
    source_id, table = arguments.source_id or "", arguments.table or ""
    text, screen = locate_report(raw_dataset(chosen(arguments)), arguments.source_file, source_id, table)
    print(screen, file=sys.stderr)
    print(text)
    return 0


def run_lineage(arguments: argparse.Namespace) -> int:
    """``planbrief lineage OBS_ID [--sources DIR] [--edition DIR]``."""
    from planbrief.checks.locate import listed, meant

    project = chosen(arguments)
    edition = arguments.edition
    latest = project.reports / "latest"
    if edition is None and (latest / "manifest.json").is_file():
        edition = latest
    if arguments.sources is not None and not arguments.sources.is_dir():
        raise PlanbriefError(f"no folder {str(arguments.sources)!r}; --sources names the folder of the source texts")
    dataset = raw_dataset(project)
    found = meant(dataset, arguments.obs_id)
    if len(found) > 1:
        print("\n".join(listed(dataset, found)))
        return 0
    print(lineage_report(dataset, found[0] if found else arguments.obs_id, arguments.sources, edition))
    return 0

"""``planbrief read``: a document becomes a draft of rows that a person reviews."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from planbrief.errors import PlanbriefError
from planbrief.project import NotAProject, Project, chosen
from planbrief.reading.decisions import Proposal
from planbrief.targets.names import Names, short

_DATE = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?")


class IllFormedDate(PlanbriefError):
    """``--published`` is no date."""

    text = "--published {!r} is no date: write 2026-02-10 (or 2026-02)"


class OneFileOnly(PlanbriefError):
    """An option that says something of one document was given with several."""

    text = "{} is for one document, not for {}: read it alone"


class SameName(PlanbriefError):
    """Two files would become the same draft."""

    text = "two files would both be {!r}: read each alone with --source-id"


class UnknownArea(PlanbriefError):
    """``--area`` is no area of the data, and the document does not name it either: most likely a slip."""

    def __init__(self, area: str, near: Sequence[str]) -> None:
        super().__init__(area, near)
        self.area, self.near = area, near

    def __str__(self) -> str:
        hint = f" did you mean {' or '.join(self.near)}?" if self.near else ""
        return f"unknown area {self.area!r}, which the document does not name;{hint} --new-area reads it as a new one"


def new_area(data: Path, area: str, text: str, allowed: bool) -> bool:
    """Whether an area is new to the data; :class:`UnknownArea` where it is, not allowed, and not named in the text."""
    from planbrief.reading.matching import table_of

    rows = {row["ref_area"]: row for row in table_of(data / "areas.csv")}
    # From the CSV alone: reading a document must not wait for the table library.
    names = Names([(key, row["name_zh"], row["name_en"]) for key, row in rows.items()], places=True)
    if not area or names.find(area):
        return False
    if not allowed and short(area) not in text:
        raise UnknownArea(area, [f"{rows[one]['name_zh']} ({one})" for one in names.near(area)])
    return True


def source_id_of(file: Path) -> str:
    """A name for a document from the name of its file.

    >>> source_id_of(Path("Sichuan Report 2026.docx")), source_id_of(Path("报告.txt"))
    ('sichuan-report-2026', 'document')
    """
    return re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") or "document"


def summary(area: str, rows: Sequence[Proposal], seconds: float) -> str:
    """What was read, in lines for the screen."""
    digits = sum(any(character.isdigit() for character in row.value_text) for row in rows)
    lines = [f"{area or '?'}: {digits} numbers and {len(rows) - digits} numerals in words read in {seconds:.1f} s"]
    parts = []
    for role, words in (("observation", "quantities proposed"), ("exclusion", "left out")):
        chosen = [row for row in rows if row.role == role]
        sure = sum(row.sure for row in chosen)
        parts.append(f"{len(chosen)} {words} ({sure} sure, {len(chosen) - sure} to look at)")
    lines.append("  " + ", ".join(parts))
    matched = sum(bool(row.cells.get("indicator")) for row in rows)
    lines.append(f"  {matched} of the quantities name an indicator of the vocabulary")
    return "\n".join(lines)


class Read(NamedTuple):
    """What came of one file: the report for ``--json``, else lines for the screen, and what went wrong (or empty)."""

    report: dict[str, Any]
    lines: list[str]
    warnings: tuple[str, ...]
    error: str = ""


def read_one(
    file: Path, area: str, published: str, source_id: str, data: Path | None, keep: bool, new: bool = False
) -> Read:
    """Read a file; ``data`` is the project's folder of data (None outside one), in which a draft is kept if asked for.

    An error is handed back as its message: one file that cannot be read stops no other.
    """
    began = time.perf_counter()
    from planbrief.reading.draft_rows import described
    from planbrief.reading.files import read_file
    from planbrief.reading.matching import vocabulary_in

    try:
        document = read_file(file)
        unknown = keep and data is not None and new_area(data, area, document.text, new)
        found = described(document, area, published, None if data is None else vocabulary_in(data))
        source_id = source_id or source_id_of(file)
        lines = [summary(found.area, found.rows, time.perf_counter() - began)]
        rows = [] if keep else _emptied(found.rows)
        report = {"source_id": source_id, "area": found.area, "published": found.published, "rows": rows}
        if keep and data is not None:
            from planbrief.reading.drafts import keep_draft

            facts = {"area": found.area, "published": found.published, "file_name": file.name}
            _, kept = keep_draft(data, source_id, document, found.rows, facts, file)
            again = f" ({kept} decisions of the earlier reading still hold)" if kept else ""
            if unknown:
                lines.append(f"  {area} is no area of the data yet: planbrief accept will ask before it adds it")
            lines.append(f"draft in data/drafts/{source_id}{again}; planbrief review {source_id}")
    except PlanbriefError as error:
        return Read({}, [], (), str(error))
    return Read(report, lines, document.warnings)


def _emptied(rows: list[Proposal]) -> list[dict[str, object]]:
    """The rows as JSON, which takes the place of each: a text of 10 MB has hundreds of thousands."""
    rows.reverse()
    return [rows.pop().as_json() for _ in range(len(rows))]


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief read FILE… [--area NAME [--new-area]] [--published DATE] [--source-id ID] [--jobs N] [--json]``.

    Exit code 2 if a file could not be read; the others are read all the same.
    """
    if arguments.published and not _DATE.fullmatch(arguments.published):
        raise IllFormedDate(arguments.published)
    files: list[Path] = arguments.file
    if len(files) > 1 and (arguments.area or arguments.source_id):
        raise OneFileOnly("--area" if arguments.area else "--source-id", len(files))
    if len(names := Counter(source_id_of(file) for file in files)) < len(files) and len(files) > 1:
        raise SameName(names.most_common(1)[0][0])
    # Outside a project a document can be read and printed all the same: only drafts need a home.
    project: Project | None = None
    with suppress(NotAProject):
        project = chosen(arguments)
    data = project.data if project is not None else None
    # --json prints and keeps nothing; the sample of the package takes no drafts.
    keep = not arguments.json and project is not None and not project.sample
    given = (arguments.area or "", arguments.published or "", arguments.source_id or "", data, keep, arguments.new_area)
    jobs = min(arguments.jobs or os.cpu_count() or 1, len(files))
    reports, failed = [], False
    for read in _each(files, given, jobs):
        for warning in read.warnings:
            print(f"planbrief: {warning}", file=sys.stderr)
        if read.error:
            failed = True
            print(f"planbrief: {read.error}", file=sys.stderr)
        elif arguments.json:
            reports.append(read.report)
        else:
            print(*read.lines, sep="\n", flush=True)
    if arguments.json and reports:
        json.dump(reports if len(files) > 1 else reports[0], sys.stdout, ensure_ascii=False, indent=1)
        print()
    return 2 if failed else 0


def _each(files: Sequence[Path], given: tuple[str, str, str, Path | None, bool, bool], jobs: int) -> Iterator[Read]:
    """What comes of each file, in order; several jobs read in processes of their own."""
    if jobs <= 1:
        yield from (read_one(file, *given) for file in files)
        return
    # Never forked from here: the caller may have threads, and a fork waits for ever for a lock that one of them held.
    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(jobs, context) as pool:
        yield from pool.map(read_one, files, *(repeat(one) for one in given))

"""``planbrief read``: a document becomes a draft of rows that a person reviews."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from planbrief.errors import PlanbriefError
from planbrief.project import NotAProject, Project, chosen
from planbrief.reading.proposals import Proposal

_DATE = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?")


class IllFormedDate(PlanbriefError):
    """``--published`` is no date."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"--published {self.text!r} is no date: write 2026-02-10 (or 2026-02)"


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


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief read FILE [--area NAME] [--published DATE] [--source-id ID] [--json]``."""
    began = time.perf_counter()
    if arguments.published and not _DATE.fullmatch(arguments.published):
        raise IllFormedDate(arguments.published)
    from planbrief.reading.draft_rows import described
    from planbrief.reading.files import read_file
    from planbrief.reading.matching import vocabulary_in

    document = read_file(arguments.file)
    project: Project | None = None
    vocabulary = None
    try:
        project = chosen(arguments)
        vocabulary = vocabulary_in(project.data)
    except NotAProject:
        pass
    found = described(document, arguments.area or "", arguments.published or "", vocabulary)
    source_id = arguments.source_id or source_id_of(arguments.file)
    if arguments.json:
        rows = [row.as_json() for row in found.rows]
        report = {"source_id": source_id, "area": found.area, "published": found.published, "rows": rows}
        json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    for warning in document.warnings:
        print(f"planbrief: {warning}", file=sys.stderr)
    print(summary(found.area, found.rows, time.perf_counter() - began))
    if project is None or project.sample:
        return 0
    from planbrief.reading.drafts import keep_draft

    facts = {"area": found.area, "published": found.published, "file_name": arguments.file.name}
    _, kept = keep_draft(project.data, source_id, document, found.rows, facts, arguments.file)
    again = f" ({kept} decisions of the earlier reading still hold)" if kept else ""
    print(f"draft in data/drafts/{source_id}{again}; planbrief review {source_id}")
    return 0

"""What was published: verify-edition, editions, restore, and diff between two editions."""

from __future__ import annotations

import argparse
from pathlib import Path

from planbrief.commands.list import text_table
from planbrief.errors import UnknownName
from planbrief.log import Log, visible
from planbrief.project import NoProject, chosen, writable
from planbrief.publish.digest.changes import compare
from planbrief.publish.digest.document import document
from planbrief.publish.digest.rendering import json_bytes, to_html, to_markdown, to_text
from planbrief.publish.digest.snapshot import open_edition
from planbrief.publish.edition_check import verify_edition
from planbrief.publish.output_folder import editions, restore


def run_diff(arguments: argparse.Namespace) -> int:
    """Run ``planbrief diff``."""
    try:
        out = arguments.out or chosen(arguments).reports / "latest"
    except NoProject:
        out = Path("reports") / "latest"  # two folders can be compared anywhere; an id needs a project's editions
    changes = compare(open_edition(arguments.old, out), open_edition(arguments.new, out))
    if arguments.json:
        print(json_bytes(changes).decode(), end="")
        return 0
    found = document(changes, arguments.lang)
    made = to_markdown(found) if arguments.md else to_html(found) if arguments.html else to_text(found)
    print(made, end="")
    return 0


def out_of(arguments: argparse.Namespace) -> Path:
    """The output folder that was named, else the project's own."""
    return arguments.out or writable(chosen(arguments), "--out DIR names an edition").reports / "latest"


def run_verify_edition(arguments: argparse.Namespace) -> int:
    """Run ``planbrief verify-edition``: 0 if every file, hash, link and PDF is right, else 1 with a line each."""
    folder: Path = arguments.folder
    if not folder.is_dir():
        raise UnknownName("folder", str(folder), ())
    problems = verify_edition(folder)
    for problem in problems:
        print(visible(problem))
    print(f"{visible(folder)}: {len(problems)} problems" if problems else f"{visible(folder)}: the edition is whole")
    return 1 if problems else 0


def run_editions(arguments: argparse.Namespace) -> int:
    """Run ``planbrief editions``: the present edition and the kept ones, newest first."""
    rows = [
        (
            info.edition,
            "present" if info.present else "kept",
            info.data_as_of,
            str(info.reports),
            str(info.failed),
            visible(info.problem),
        )
        for info in editions(out_of(arguments))
    ]
    print(text_table(("edition", "state", "data as of", "reports", "failed", "problem"), rows))
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Run ``planbrief restore``: publish a kept edition again, byte for byte."""
    with Log() as log:
        restore(out_of(arguments), arguments.edition, wait=arguments.wait, log=log)
    print(f"{visible(arguments.edition)} is the present edition of {visible(out_of(arguments))}")
    return 0

"""``planbrief diff OLD NEW``: what changed between two editions."""

from __future__ import annotations

import argparse
from pathlib import Path

from planbrief.project import NoProject, chosen
from planbrief.publish.digest.changes import compare
from planbrief.publish.digest.document import document
from planbrief.publish.digest.rendering import json_bytes, to_html, to_markdown, to_text
from planbrief.publish.digest.snapshot import open_edition


def command(arguments: argparse.Namespace) -> int:
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

"""``planbrief list``: what there is, as aligned plain text."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable, Sequence

from planbrief.catalog import Catalog, read
from planbrief.project import find
from planbrief.targets.publishable import usable_package
from planbrief.targets.spans import printable


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def aligned(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with two spaces between its columns; what would steer the terminal appears as code points."""
    table = [tuple(printable(cell) for cell in row) for row in (header, *rows)]
    widths = [max(width(row[column]) for row in table) for column in range(len(header))]
    lines = []
    for row in table:
        cells = [text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def without_report(catalog: Catalog) -> list[str]:
    """A line for each area that has data and no report."""
    return [
        f"note: {area} ({printable(catalog.area_name(area, 'zh'))}) has data and no report; "
        'region = "*" in reports/catalog.toml makes one'
        for area in catalog.unshown()
    ]


def listing(what: str) -> str:
    """The table of `what`: reports, areas, indicators or sources."""
    project = find()
    package = usable_package(project)
    if what == "reports":
        catalog = read(project, package)
        reports = catalog.reports()
        rows = [
            (r.id, r.notebook, " ".join(r.languages), " ".join(r.formats), dict(r.about)["zh"], dict(r.about)["en"])
            for r in reports
        ]
        shown = aligned(("report", "notebook", "languages", "formats", "内容", "about"), rows)
        return "\n".join([shown, *without_report(catalog)])
    columns = {
        "areas": ("ref_area", "level", "parent", "name_zh", "name_en"),
        "indicators": ("indicator", "unit_measure", "theme", "name_zh", "name_en"),
        "sources": ("source_id", "date_published", "doc_type", "title_zh", "title_en"),
    }[what]
    return aligned(columns, [[row.values[column] for column in columns] for row in package[what].rows])


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief list``."""
    print(listing(arguments.what))
    return 0

"""The blocks that notebooks hand to the exporters: small JSON objects under a mime type of planbrief's own.

Each block has ``block`` (its kind), ``lang`` and ``id``. Exporters read these and the SVG beside them, nothing else of
our notebooks, so a page does not depend on who ran the notebook.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: Mime type of a block in a notebook's output.
MIME = "application/vnd.planbrief.v1+json"

Block = dict[str, Any]


def run_text(runs: Iterable[Mapping[str, Any]]) -> str:
    """Plain text of runs."""
    return "".join(run["figure"]["text"] if "figure" in run else run["t"] for run in runs)


def as_runs(text: str | list[Any]) -> list[Mapping[str, Any]]:
    """A block's text or list of runs as a list of runs."""
    return [{"t": text}] if isinstance(text, str) else list(text)


def run_html(runs: Iterable[Mapping[str, Any]], lang: str) -> str:
    """Runs as HTML for JupyterLab: numbers tell on hover where they come from."""
    parts = []
    for run in runs:
        text = html.escape(run["figure"]["text"] if "figure" in run else run["t"])
        if "figure" in run:
            title = html.escape(figure_title(run["figure"]), quote=True)
            text = f'<span class="pb-figure" title="{title}" style="border-bottom:1px dotted">{text}</span>'
        if run.get("lang") and run["lang"] != lang:
            text = f'<span lang="{html.escape(run["lang"], quote=True)}">{text}</span>'
        if run.get("strong"):
            text = f"<strong>{text}</strong>"
        parts.append(text)
    return "".join(parts)


def figure_title(figure: Mapping[str, Any]) -> str:
    """One line on where a figure comes from: formula, interval, observation ids."""
    found = [figure.get("formula", ""), figure.get("note", ""), ", ".join(figure.get("observations", ()))]
    return "\n".join(part for part in found if part) or figure.get("key", "")


def bundle(block: Block, plain: str, markup: str, svg: str | None = None) -> dict[str, Any]:
    """The mime bundle of a block: planbrief's own type first, then what JupyterLab and terminals show."""
    data: dict[str, Any] = {MIME: block, "text/plain": plain}
    if markup:
        data["text/html"] = markup
    if svg is not None:
        data["image/svg+xml"] = svg
    return data


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table in a terminal: columns separated by two spaces, wide characters counted twice."""

    def width(text: str) -> int:
        return sum(2 if ord(char) > 0x2E7F else 1 for char in text)

    lines = [list(head), *[list(row) for row in rows]]
    count = max((len(line) for line in lines), default=0)
    widths = [max((width(line[i]) for line in lines if i < len(line)), default=0) for i in range(count)]
    shown = [
        "  ".join(text + " " * (widths[i] - width(text)) for i, text in enumerate(line)).rstrip() for line in lines
    ]
    return "\n".join(([caption] if caption else []) + shown)

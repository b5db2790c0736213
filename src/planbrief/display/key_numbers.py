"""Key numbers: the few figures that a reader should see first, each with a remark and a small line of its values."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planbrief.display.document import BlockJson, run_text
from planbrief.display.language import Text, marked, pick
from planbrief.display.quantities import FigureLike
from planbrief.display.sentence import sentence_runs, value_runs
from planbrief.display.state import Page
from planbrief.display.table_html import run_html
from planbrief.display.template import agree


@dataclass(frozen=True)
class KeyNumber:
    """One key number.

    Attributes
    ----------
    label : text
        What it is and when: 规上工业总产值, 2035年.
    value : Figure
        The number.
    note : tuple of str
        Chinese and English template of the remark; names in braces are filled from `values`.
    values : mapping
        Figures and labels of the remark.
    points : sequence of Figure
        The values of the small line, each with a ``year``; fewer than two draw none.
    """

    label: Text
    value: FigureLike
    note: tuple[str, str] = ("", "")
    values: Mapping[str, object] = field(default_factory=dict)
    points: Sequence[FigureLike] = ()


@dataclass(frozen=True)
class KeyNumbers:
    """Key numbers that stand side by side."""

    items: tuple[KeyNumber, ...]


def numbers_block(numbers: KeyNumbers, page: Page) -> BlockJson:
    """Key numbers as a block; their observations count as shown on the page."""
    items: list[dict[str, Any]] = []
    side = 0 if page.lang == "zh" else 1
    for number in numbers.items:
        where = f"{page.notebook}, key number {pick(number.label, 'en')!r}"
        agree(number.note, number.values, where)
        line = [(float(point.year[:4]), point.value) for point in number.points if point.year[:4].isdigit()]
        items.append(
            {
                "label": marked(pick(number.label, page.lang), page.lang),
                "value": value_runs(number.value, page, where, "value", strong=False),
                "note": sentence_runs(number.note[side], number.values, page, where),
                "points": [list(point) for point in line],
            }
        )
    return {"block": "numbers", "lang": page.lang, "id": page.identify("numbers"), "items": items}


def numbers_text(block: BlockJson) -> str:
    """Key numbers as lines of text."""
    return "\n".join(
        f"{as_text(item['label'])}: {run_text(item['value'])} ({run_text(item['note'])})" for item in block["items"]
    )


def as_text(label: str | list[Any]) -> str:
    """A label without marks of language."""
    return label if isinstance(label, str) else run_text(label)


def numbers_html(block: BlockJson) -> str:
    """Key numbers as a list for JupyterLab."""
    items = "".join(
        f"<dt>{html.escape(as_text(item['label']))}</dt><dd><strong>{run_html(item['value'], block['lang'])}</strong> "
        f"{run_html(item['note'], block['lang'])}</dd>"
        for item in block["items"]
    )
    return f'<dl lang="{block["lang"]}">{items}</dl>'

"""Decimal alignment: how far a number must move left so that the points of its column stand under each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planbrief.render.font_metrics import width_em

_NUMBER = re.compile(r"[0-9０-９](?:[0-9０-９,，\u202f\u00a0 ]*[0-9０-９])?")


def tail(text: str) -> str | None:
    """What follows the integer part of the last number of a cell; None where the cell holds no number.

    >>> tail("≥ 1,234.5 *")
    '.5 *'
    >>> tail("142") , tail("—")
    ('', None)
    """
    matches = list(_NUMBER.finditer(text))
    if not matches:
        return None
    last = matches[-1]
    if last.start() and text[last.start() - 1] == "." and len(matches) > 1:
        last = matches[-2]
    return text[last.end() :]


def paddings(texts: Sequence[str]) -> list[float]:
    """Space to the right of each cell of a decimal column, in em.

    >>> paddings(["1.25", "3"])[0]
    0.0
    """
    tails = [tail(text) for text in texts]
    widths = [width_em(part) if part is not None else 0.0 for part in tails]
    # A long remark after one number must not push the whole column to the left.
    widest = max((width for width in widths if width <= 3.0), default=0.0)
    return [
        max(0.0, round(widest - width, 3)) if part is not None else 0.0
        for part, width in zip(tails, widths, strict=True)
    ]

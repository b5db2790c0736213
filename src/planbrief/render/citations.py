"""How tables and charts name their documents: a number and a short title, both of the closing list of sources."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

#: Columns of a short title; a Chinese character takes two.
SHORT_COLUMNS = 44


def short_title(title: str) -> str:
    """A title cut where a line has room for it, with an ellipsis.

    >>> short_title("Data of a day")
    'Data of a day'
    >>> short_title("Notice on issuing the plan for the high-quality development of industry")
    'Notice on issuing the plan for the high-…'
    """
    used = 0
    for position, character in enumerate(title):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > SHORT_COLUMNS:
            cut = title[:position]
            if character.isascii() and character.isalnum() and " " in cut:
                cut = cut[: max(cut.rfind(" "), cut.rfind("-") + 1)]
            return cut.rstrip(" ,;:，、；：（(《“") + "…"
    return title


def numbers(documents: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Number of each document in the closing list, from 1."""
    return {document.get("source_id", ""): number for number, document in enumerate(documents, start=1)}

"""How tables and charts name their documents: a number and a short title, both of the closing list of sources."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

#: Columns of a short title; a Chinese character takes two.
SHORT_COLUMNS = 44
#: The title of a document that another one issues.
_ISSUED = re.compile(r"《[^《》]+》")


def columns_of(text: str) -> int:
    """Columns that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def short_title(title: str) -> str:
    """A title for the line below a table: a long one that issues another document is named by that document.

    Nothing is cut: half a title, or an opening 《 without its end, names no document.

    >>> short_title("Data of a day")
    'Data of a day'
    >>> short_title("某市人民政府办公室关于印发《某市工业高质量发展规划》《某市空间规划》的通知")
    '《某市工业高质量发展规划》'
    """
    issued = _ISSUED.search(title)
    return issued[0] if issued and columns_of(title) > SHORT_COLUMNS else title


def numbers(documents: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Number of each document in the closing list, from 1."""
    return {document.get("source_id", ""): number for number, document in enumerate(documents, start=1)}

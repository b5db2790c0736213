"""Source of a PDF: its code, the files it reads, the date it states."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field

#: Creation date of a document that states no date: 2000-01-01.
CONSTANT_DATE = datetime.date(2000, 1, 1)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?\Z")


@dataclass
class Source:
    """Typst code with the files it reads, and the date it states."""

    text: str
    files: dict[str, bytes] = field(default_factory=dict)
    date: datetime.date = CONSTANT_DATE

    @property
    def timestamp(self) -> int:
        """The date as seconds since 1970, UTC."""
        return int(datetime.datetime.combine(self.date, datetime.time(), datetime.UTC).timestamp())


def stated_date(text: str) -> datetime.date:
    """The date a report states, as a date; a constant where it states none.

    >>> stated_date("2024-06").isoformat()
    '2024-06-01'
    """
    match = _DATE.match(text.strip())
    if match:
        try:
            return datetime.date(int(match.group(1)), int(match.group(2) or 1), int(match.group(3) or 1))
        except ValueError:
            return CONSTANT_DATE
    return CONSTANT_DATE

"""Frames that say why they are empty; pandas is imported when the first one is made."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from planbrief.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

#: In the order in which a plan goes from what is to what is wanted; the others from a point to the widest bound.
KINDS = ("actual", "estimate", "resource", "count", "commitment", "constraint", "target")
COMPARATORS = ("lt", "le", "eq", "approx", "range", "ge", "gt")
STAGES = ("achieved", "planned", "whole")
#: One word, or several; a year counts as a word.
Words = str | int | Iterable[str | int] | None


@cache
def _frame_class() -> type[pd.DataFrame]:
    import pandas as pd

    class Frame(pd.DataFrame):
        """A frame that says in JupyterLab why it is empty; whatever is made from it is plain pandas."""

        @property
        def _constructor(self) -> Any:
            return pd.DataFrame

        def _repr_html_(self) -> str | None:
            return f"<p>{html.escape(self.attrs['why_empty'])}</p>"

        def __repr__(self) -> str:
            return str(self.attrs["why_empty"])

    return Frame


def framed(frame: pd.DataFrame, why_empty: str) -> pd.DataFrame:
    """A frame, its years as whole numbers; an empty one shows the reason, which ``attrs["why_empty"]`` holds too."""
    # 2023.0 in a legend or a title is no year; what a year adds ends in _year, too, and is none.
    years = [name for name in frame if name == "year" or (str(name).endswith("_year") and "per_year" not in str(name))]
    whole = [name for name in years if (frame[name].dropna() % 1 == 0).all()]
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    if not frame.empty:
        return frame
    made = _frame_class()(frame)
    made.attrs["why_empty"] = why_empty
    return made


def several(given: str | int | Iterable[str | int]) -> list[str]:
    """One word or several as a list."""
    return [str(given)] if isinstance(given, str | int) else [str(word) for word in given]


def nothing(what: str, asked: Mapping[str, Words]) -> str:
    """Why a frame is empty, with what was asked."""
    given = ", ".join(f"{name} {word}" for name, word in asked.items() if word is not None)
    return f"{what}: {given or 'there are no data'}"


def one_of(what: str, word: str, known: tuple[str, ...]) -> str:
    """A word of a closed list; :class:`UnknownName` with suggestions for any other."""
    if word not in known:
        raise UnknownName(what, word, known)
    return word

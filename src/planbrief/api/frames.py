"""Frames that say why they are empty; pandas is imported when the first one is made."""

from __future__ import annotations

import html
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


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
    """A frame as it is; an empty one shows the reason, which also stands in ``attrs["why_empty"]``."""
    if not frame.empty:
        return frame
    made = _frame_class()(frame)
    made.attrs["why_empty"] = why_empty
    return made

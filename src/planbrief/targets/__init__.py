"""What plans say: the tabulated targets, their schema, spans, wording and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planbrief.targets.dataset import Dataset, load

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "load", "targets"]


def targets(region: str) -> pd.DataFrame:
    """A city's targets as a wide table, indicator by year (see :meth:`Dataset.targets`)."""
    return load().targets(region)

"""What plans say: the tabulated targets, their schema, spans, wording and units.

:class:`Dataset` and :func:`load` are imported when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets.dataset import Dataset, load

__all__ = ["Dataset", "load", "targets"]


def targets(region: str) -> pd.DataFrame:
    """A city's targets as a wide table, indicator by year (see :meth:`Dataset.targets`)."""
    from planbrief.targets.dataset import load

    return load().targets(region)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in ("Dataset", "load"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from planbrief.targets import dataset

    return getattr(dataset, name)

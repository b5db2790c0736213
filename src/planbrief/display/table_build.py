"""Tables from data frames: each column says how its values are to be read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.language import Text
from planbrief.display.quantities import is_figure
from planbrief.display.table import BadTable, Cell, Column, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cells_of", "from_frame", "from_records"]


def _ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, tuple | list):
        return tuple(str(one) for one in value)
    return ()


def _plain(value: object) -> object:
    if hasattr(value, "item") and not is_figure(value):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def cells_of(record: Mapping[str, Any], columns: Sequence[Column]) -> tuple[Cell, ...]:
    """Cells of one record.

    Observation ids come from ``<key>_observations``, else (for numbers) from ``observations``; the formula from
    ``<key>_formula``; the printed digits from ``<key>_printed``; a tone (muted, warn, good) from ``<key>_tone``.
    """
    cells = []
    for column in columns:
        value = _plain(record[column.key])
        if isinstance(value, Cell):
            cells.append(value)
            continue
        own = _ids(record.get(f"{column.key}_observations"))
        if not own and isinstance(value, int | float) and not isinstance(value, bool) and column.measure != "period":
            own = _ids(record.get("observations"))
        cells.append(
            Cell(
                value,
                observations=own,
                formula=str(record.get(f"{column.key}_formula") or ""),
                tone=str(record.get(f"{column.key}_tone") or ""),
                printed=str(record.get(f"{column.key}_printed") or ""),
            )
        )
    return tuple(cells)


def from_records(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    caption: Text,
    *,
    group: str = "",
    group_labels: Mapping[str, Text] | None = None,
    notes: Sequence[Text] = (),
    sources: Sequence[str] = (),
    wide: bool = False,
    sortable: bool = True,
) -> Table:
    """A table from mappings, one per row (see :func:`from_frame`)."""
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Text] = {}
    last: object = None
    for record in records:
        missing = [column.key for column in columns if column.key not in record]
        if missing:
            known = ", ".join(str(key) for key in record)
            raise BadTable(str(caption), f"no column {missing[0]!r} in the data, which has {known}")
        if group and record[group] != last:
            last = record[group]
            groups[len(rows)] = (group_labels or {}).get(str(last), str(last))
        rows.append(cells_of(record, columns))
    return Table(tuple(columns), tuple(rows), caption, tuple(notes), tuple(sources), groups, wide, sortable)


def from_frame(frame: pd.DataFrame, columns: Sequence[Column], caption: Text, **options: Any) -> Table:
    """A table from a data frame.

    Parameters
    ----------
    frame : DataFrame
        One row per table row. Values may be Figures, Labels, Cells, numbers or text.
    columns : sequence of Column
        Columns to show, by the frame's column names (the index counts as a column if it has a name).
    caption : text
        What the table shows.
    **options
        ``group`` (a column whose changes start a group; ``group_labels`` words them), ``notes``, ``sources``,
        ``wide``, ``sortable``.

    Raises
    ------
    BadTable
        The frame lacks a column.
    """
    named = any(name is not None for name in frame.index.names)
    plain = frame.reset_index() if named else frame
    missing = [column.key for column in columns if column.key not in plain.columns]
    if missing:
        known = ", ".join(str(name) for name in plain.columns)
        raise BadTable(str(caption), f"no column {missing[0]!r} in the frame, which has {known}")
    records: list[Mapping[str, Any]] = [
        {str(key): value for key, value in record.items()} for record in plain.to_dict("records")
    ]
    return from_records(records, columns, caption, **options)

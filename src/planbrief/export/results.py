"""What planbrief computes, as tables beside the data: growth, progress, structure, comparisons, findings, insights.

Each row names the observations behind it (``observations``: their ids, parted by a space), so that a number that has
left planbrief can still be followed. A number that is undefined is an empty cell with its reason in ``reason`` or
``undefined``; so is the far end of a bound that is open (``at least 750`` has no upper end).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planbrief.api.data import Data
from planbrief.extensions import announced, loaded
from planbrief.targets.package import Package, Row, Table

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: Tables of results, in order: what makes one for an area, or None for one that is about all areas together.
RESULTS: dict[str, Callable[[Data, str], pd.DataFrame] | None] = {
    "growth": lambda data, area: data.growth(area),
    "progress": lambda data, area: data.progress(area),
    "structure": lambda data, area: data.structure(area),
    "comparisons": None,
    "findings": lambda data, area: data.audit(area),
    "insights": lambda data, area: data.insights(area),
}
#: Columns that repeat another one or have no plain form.
_LEFT_OUT = ("series", "waypoints_geometric", "waypoints_linear", "start_observations", "end_observations", "period_zh")
#: What a column of a result is, by the words of its name.
_UNITS = (("_pct", "%"), ("_pp", "percentage points"), ("_pp_per_year", "percentage points a year"))
_FRACTIONS = ("rate", "rate_low", "rate_high", "required_rate", "completion", "completion_lower", "completion_upper")


def with_results(ds: Dataset) -> Package:
    """The package of a data set with a table for each kind of result.

    Parameters
    ----------
    ds : Dataset
        Any data set.

    Returns
    -------
    Package
        The tables of ``ds.package`` and after them those of :data:`RESULTS`; an empty result is a table without rows,
        so that whoever reads an export finds the same tables each time.
    """
    made = {name: _table(name, frame) for name, frame in _frames(ds)}
    resources = [
        {
            "name": name, "path": table.files[0], "title": name, "profile": "tabular-data-resource",
            "description": f"computed by planbrief from the observations named in each row ({name})",
            "schema": {key: value for key, value in table.schema.items() if key != "foreignKeys"},
        }
        for name, table in made.items()
    ]  # fmt: skip
    descriptor = {**ds.package.descriptor, "resources": [*ds.package.descriptor["resources"], *resources]}
    return replace(ds.package, descriptor=descriptor, tables={**ds.package.tables, **made})


def _frames(ds: Dataset) -> Iterator[tuple[str, pd.DataFrame]]:
    import pandas as pd

    data, areas = Data(ds), ds.regions()
    own = {name: loaded("measures", name) for name in announced("measures") if name not in RESULTS}
    for name, make in {**RESULTS, **own}.items():
        if make is None:
            yield name, data.compare() if len(ds.cities()) > 1 else pd.DataFrame({"observations": []})
            continue
        by_area = {area: make(data, area) for area in areas}
        filled = [
            frame if "ref_area" in frame else frame.assign(ref_area=area)
            for area, frame in by_area.items()
            if not frame.empty
        ]
        yield name, pd.concat(filled, ignore_index=True) if filled else next(iter(by_area.values()))


def _table(name: str, frame: pd.DataFrame) -> Table:
    """A result as a table of the package: every cell as text, types in its schema."""
    columns = [str(column) for column in frame.columns if str(column) not in _LEFT_OUT]
    columns.sort(key=lambda column: column != "ref_area")
    fields = [_field(column, frame[column]) for column in columns]
    cells = [[_text(value) for value in frame[column]] for column in columns]
    path = f"results/{name}.csv"
    rows = tuple(
        Row(dict(zip(columns, row, strict=True)), f"data/{path}", line)
        for line, row in enumerate(zip(*cells, strict=True), start=2)
    )
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    schema["foreignKeys"] = [
        {"fields": [column], "reference": {"resource": table, "fields": [key]}}
        for column, table, key in (
            ("ref_area", "areas", "ref_area"),
            ("indicator", "indicators", "indicator"),
            ("activity", "activities", "activity"),
            ("observations", "observations", "obs_id"),
        )
        if column in columns
    ]
    return Table(name, schema, rows, (path,))


def _field(column: str, values: pd.Series) -> dict[str, Any]:
    kind = {"b": "boolean", "f": "number", "i": "integer", "u": "integer"}.get(values.dtype.kind, "string")
    said = {"name": column, "type": kind}
    if kind == "string" or values.empty:
        return said
    if column in _FRACTIONS:
        return {**said, "unit": "fraction (0.07 is 7 %)"}
    return {**said, **next(({"unit": unit} for ending, unit in _UNITS if column.endswith(ending)), {})}


def _text(value: object) -> str:
    """A cell as text: numbers in the shortest form that reads back to the same one, ids parted by a space."""
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool_" or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    if isinstance(value, float):
        return repr(float(value)) if not float(value).is_integer() else str(int(value))
    return str(value)

"""pandera schemas made from ``datapackage.json``: one description of the tables for every tool.

Importing pandera takes a second, so only ``check`` comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planbrief.checks.sheets import Sheet
from planbrief.errors import Problem
from planbrief.targets.excel import fits
from planbrief.targets.integrity import expected, found_in

if TYPE_CHECKING:
    import pandera.pandas as pa


def column_checks(field: Mapping[str, Any]) -> list[pa.Check]:
    """What every cell of a field must be, each check carrying in words what it expects."""
    import pandera.pandas as pa

    return [pa.Check(lambda cells: cells.map(lambda cell: fits(cell, field)), name="form", error=expected(field))]


def schema_of(resource_schema: Mapping[str, Any]) -> pa.DataFrameSchema:
    """The pandera schema of one table of text cells; keys are unique, columns exactly those of the descriptor."""
    import pandera.pandas as pa

    key = resource_schema.get("primaryKey", [])
    columns = {
        field["name"]: pa.Column(None, column_checks(field), nullable=False, required=True)
        for field in resource_schema["fields"]
    }
    return pa.DataFrameSchema(columns, unique=[key] if isinstance(key, str) else list(key), strict=True)


def schema_problems(sheets: list[Sheet]) -> list[Problem]:
    """Every failure of the schema of one table, whose rows may lie in several files."""
    import pandas as pd
    import pandera.errors

    rows = [row for sheet in sheets for row in sheet.rows]
    if not rows:
        return []
    first = sheets[0]
    frame = pd.DataFrame([row.values for row in rows], columns=list(first.columns), dtype=object)
    try:
        schema_of(first.schema).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    problems: dict[tuple[str, int, str], Problem] = {}
    fields = first.fields
    for case in cases.to_dict("records"):
        column, position = str(case["column"]), case["index"]
        if position is None or column not in fields or str(case["check"]) == "multiple_fields_uniqueness":
            continue
        row = rows[int(position)]
        place = (row.file, row.line, column)
        words = str(case["check"])
        problems.setdefault(place, Problem(*place, found_in(row.values[column], fields[column]), words))
    return [*problems.values(), *_repeated(rows, first.key)]


def _repeated(rows: list[Any], key: tuple[str, ...]) -> list[Problem]:
    """Keys that occur more than once: pandera finds them, this names the first place."""
    seen: dict[tuple[str, ...], Any] = {}
    problems = []
    for row in rows:
        value = tuple(row.values[name] for name in key)
        if value in seen:
            other = seen[value]
            where = f"row {other.line}" if other.file == row.file else f"{other.file}, row {other.line}"
            found = f"{':'.join(value)[:80]} again (first in {where})"
            problems.append(Problem(row.file, row.line, ", ".join(key), found, "a key that occurs once"))
        seen.setdefault(value, row)
    return problems

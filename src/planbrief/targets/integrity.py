"""The checks that every loading makes: cells in their form, references that lead somewhere, trees without circles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planbrief.errors import Problem
from planbrief.targets.excel import examine, fits
from planbrief.targets.package import Package, Row, Table

#: Tables whose rows form a tree by their column ``parent``.
TREES = ("areas", "activities")


def unknown_references(package: Package) -> list[Problem]:
    """Cells out of form or vocabulary, references that lead nowhere, circles of parents; numbers are in frames."""
    problems: list[Problem] = []
    for table in package.tables.values():
        problems += form_problems(table)
        problems += reference_problems(package, table)
        if table.name in TREES:
            problems += circles(table)
    return problems


def form_problems(table: Table) -> list[Problem]:
    """Cells of text that are not what their field demands: pattern, vocabulary, date, required."""
    problems = []
    references = {key["fields"][0] for key in table.schema.get("foreignKeys", [])}
    for field in table.schema["fields"]:
        if field.get("type") in ("number", "integer"):
            continue
        good: set[str] = set()
        name = field["name"]
        for row in table.rows:
            value = row.values[name]
            if value in good or (value and name in references):
                continue
            if fits(value, field):
                good.add(value)
            else:
                problems.append(Problem(row.file, row.line, name, found_in(value, field), expected(field)))
    return problems


def found_in(value: str, field: Mapping[str, Any]) -> str:
    """A wrong cell as a problem shows it, with what a spreadsheet did to it where that is recognised."""
    if value == "":
        return "nothing"
    shown = repr(value if len(value) <= 60 else value[:59] + "…")
    damage = examine(value, field)
    return f"{shown} ({damage.name})" if damage else shown


def expected(field: Mapping[str, Any]) -> str:
    """What a field demands, in words."""
    rules = field.get("constraints", {})
    if "enum" in rules:
        return "one of " + ", ".join(rules["enum"])
    words = {
        "number": "a number written like 142.8",
        "integer": "a whole number",
        "boolean": "true or false",
        "date": "a date written like 2024-06-25",
    }.get(field.get("type", "string"))
    if words:
        return words + (f", at least {rules['minimum']}" if "minimum" in rules else "")
    if "pattern" in rules:
        told = field.get("description", "").rstrip(".")
        return told if 0 < len(told) <= 80 else f"text like the pattern {rules['pattern']}"
    return f"at most {rules['maxLength']} characters" if "maxLength" in rules else "a value"


def reference_problems(package: Package, table: Table) -> list[Problem]:
    """Foreign keys that point at no row: one problem per file and missing key, at the first row that has it."""
    lost: dict[tuple[str, str, str, str], list[Row]] = {}
    targets: dict[str, str] = {}
    for key in table.schema.get("foreignKeys", []):
        column, target = key["fields"][0], key["reference"]["resource"] or table.name
        known, targets[column] = package[target].by_key, target
        for row in table.rows:
            value = row.values[column]
            if value and value not in known:
                lost.setdefault((row.file, column, value, package[target].home), []).append(row)
    problems = []
    for (file, column, value, home), rows in lost.items():
        more = f" and {len(rows) - 1} more rows" if len(rows) > 1 else ""
        near = package.names(targets[column]).near(value) if len(value) <= 60 else ()
        hint = f" ({' or '.join(near)}?)" if near else ""
        problems.append(Problem(file, rows[0].line, column, f"{value[:60]!r}{more}", f"a key of data/{home}{hint}"))
    return problems


def circles(table: Table) -> list[Problem]:
    """Rows whose parents lead back to themselves."""
    parents = {key: row.values["parent"] for key, row in table.by_key.items()}
    problems = []
    for key, row in table.by_key.items():
        seen, at = {key}, parents[key]
        while at and at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        if at == key:
            wanted = "parents that end at a row without one"
            problems.append(Problem(row.file, row.line, "parent", f"a circle of parents at {key[:60]}", wanted))
    return problems

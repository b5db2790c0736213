"""Typed parameters of notebooks, declared once in the catalog.

``[notebooks.profile.parameters]`` in ``reports/catalog.toml`` holds one line per parameter::

    region = { type = "area", required = true, help = "the city that the profile is about" }
    lang   = { type = "text", allowed = ["zh", "en"], default = "zh" }

Types: ``text``, ``integer``, ``number``, ``flag``, ``area`` (a ``ref_area``), ``areas`` (a list, or text with commas).
Values arrive as data and leave as data; nothing is ever evaluated. A notebook that the catalog declares no parameters
for is read itself: the names and values of its cell tagged ``parameters`` tell them.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planbrief.errors import CatalogError, ParameterError, UnknownName
from planbrief.languages import tables
from planbrief.project import Project

TYPES = ("text", "integer", "number", "flag", "area", "areas")
#: Longest text that a parameter may hold: it becomes part of file names, titles and keys.
LONGEST = 200
#: Tag by which papermill knows the cell of values that stands behind the cell of defaults while a notebook runs.
INJECTED_TAG = "injected-parameters"
#: Metadata that running a notebook leaves in its cells, and in the notebook: ``check`` tells it, ``nb clean`` takes it.
CELL_TRACES = ("ExecuteTime", "collapsed", "execution", "papermill", "scrolled")
NOTEBOOK_TRACES = ("papermill", "signature", "widgets")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a notebook."""

    name: str
    type: str
    default: Any = None
    required: bool = False
    allowed: tuple[Any, ...] = ()
    help: str = ""

    def expected(self) -> str:
        """What a value must be, in words."""
        if self.allowed:
            return "one of " + ", ".join(str(value) for value in self.allowed)
        return {
            "text": f"text of at most {LONGEST} characters on one line",
            "integer": "a whole number",
            "number": "a number",
            "flag": "true or false",
            "area": "an area of data/areas.csv (planbrief list areas)",
            "areas": "areas of data/areas.csv, as a list or separated by commas",
        }[self.type]


def read_catalog(path: Path) -> dict[str, Any]:
    """``catalog.toml`` as data, completed by what its notebooks tell; :class:`CatalogError` where it is broken."""
    try:
        return completed(tomllib.loads(path.read_text(encoding="utf-8")), path.parent.parent / "notebooks")
    except FileNotFoundError:
        raise CatalogError(str(path), "no such file", "the catalog of reports") from None
    except UnicodeDecodeError:
        raise CatalogError("reports/catalog.toml", "bytes that are not UTF-8", "TOML saved as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise CatalogError("reports/catalog.toml", f"broken TOML: {error}", "valid TOML") from None
    except OSError as error:
        raise CatalogError("reports/catalog.toml", error.strerror or str(error), "a readable file") from None


def project_name(catalog: Mapping[str, Any], descriptor: Mapping[str, Any]) -> str:
    """What pages and manifest call the project: ``project`` in the catalog, else the name of the data package."""
    return str(catalog.get("project") or descriptor.get("name") or "")[:LONGEST]


def completed(catalog: dict[str, Any], notebooks: Path) -> dict[str, Any]:
    """A catalog with the parameters of the notebooks that it names and declares none for."""
    entries = catalog.get("reports")
    declared = catalog.get("notebooks", {})
    if not isinstance(entries, list) or not isinstance(declared, dict):
        return catalog
    for entry in entries:
        name = entry.get("notebook") if isinstance(entry, dict) else None
        if isinstance(name, str) and name not in declared and re.fullmatch(r"[\w-]+", name):
            found = told_by(notebooks / f"{name}.ipynb")
            if found is not None:
                declared[name] = {"parameters": found}
    return {**catalog, "notebooks": declared} if declared else catalog


def told_by(notebook: Path) -> dict[str, Any] | None:
    """Parameters of a notebook as the catalog would declare them; None where it cannot be read."""
    try:
        cells = json.loads(notebook.read_bytes().decode("utf-8-sig"))["cells"]
        tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ())]
        source = tagged[0].get("source", "") if tagged else ""
        given = dict(assignments("".join(source)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError, RecursionError):
        return None
    return {name: declaration(name, value) for name, value in given.items()}


def declaration(name: str, value: Any) -> dict[str, Any]:
    """What a default tells of its parameter.

    >>> [declaration(name, value)["type"] for name, value in (("region", "bazhong"), ("year", 2027), ("all", ["a"]))]
    ['area', 'integer', 'areas']
    """
    if name == "lang":
        return {"type": "text", "allowed": ["zh", "en"], "default": value}
    if isinstance(value, list | tuple):
        return {"type": "areas", "default": list(value)}
    if re.search(r"(^|_)(region|area|city)$", name):
        return {"type": "area", "default": value}
    if re.search(r"(^|_)(regions|areas|cities)$", name):
        return {"type": "areas", "default": value}
    kinds = {bool: "flag", int: "integer", float: "number"}
    return {"type": kinds.get(type(value), "text"), "default": value}


def assignments(source: str) -> Iterator[tuple[str, Any]]:
    """Names and values of a cell of plain assignments; ValueError for anything else."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.Assign):
            targets, value = node.targets, node.value  # type: ignore[assignment]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        else:
            raise ValueError(f"line {node.lineno} is no assignment")
        if len(targets) != 1 or not isinstance(targets[0], ast.Name) or value is None:
            raise ValueError(f"line {node.lineno} is no assignment to one name")
        try:
            yield targets[0].id, ast.literal_eval(value)
        except ValueError:
            raise ValueError(f"line {node.lineno} is no plain value") from None


def own_number(cells: Sequence[Mapping[str, Any]], index: int) -> int:
    """Number from 1, as JupyterLab counts, of ``cells[index]`` in its author's file: the injected cell is not there."""
    return index + 1 - sum(INJECTED_TAG in cell["metadata"].get("tags", ()) for cell in cells[:index])


def from_catalog(catalog: Mapping[str, Any], notebook: str) -> tuple[Parameter, ...]:
    """Declared parameters of `notebook`; :class:`UnknownName` where the catalog has no such notebook."""
    notebooks = catalog.get("notebooks", {})
    if not isinstance(notebooks, Mapping) or notebook not in notebooks:
        raise UnknownName("notebook", notebook, notebooks if isinstance(notebooks, Mapping) else ())
    table = notebooks[notebook]
    told = table.get("parameters", {}) if isinstance(table, Mapping) else table
    if not isinstance(told, Mapping):
        raise CatalogError(f"reports/catalog.toml: notebooks.{notebook}", repr(told), "parameters as a table")
    found = []
    for name, given in told.items():
        place = f"reports/catalog.toml: notebooks.{notebook}.parameters.{name}"
        if not isinstance(given, Mapping) or given.get("type") not in TYPES:
            raise CatalogError(place, repr(given), f"a table with type = one of {', '.join(TYPES)}")
        if unknown := set(given) - {"type", "default", "required", "allowed", "help"}:
            raise CatalogError(place, ", ".join(sorted(unknown)), "type, default, required, allowed, help")
        if not isinstance(given.get("allowed", []), list):
            raise CatalogError(place, f"allowed = {given['allowed']!r}", "a list of the values that it takes")
        found.append(
            Parameter(
                name,
                given["type"],
                given.get("default"),
                bool(given.get("required", False)),
                tuple(given.get("allowed", ())),
                str(given.get("help", "")),
            )
        )
    return tuple(found)


def declared(project: Project, notebook: str) -> tuple[Parameter, ...]:
    """Parameters that the project's catalog declares for `notebook`."""
    return from_catalog(read_catalog(project.catalog), notebook)


def validate(
    notebook: str, declared: Collection[Parameter], values: Mapping[str, Any], areas: Collection[str]
) -> dict[str, Any]:
    """`values` as typed data, defaults filled in, in the order of the declaration.

    Raises
    ------
    ParameterError
        For an unknown, missing or ill-typed parameter, naming the notebook and what would be right.
    """
    by_name = {parameter.name: parameter for parameter in declared}
    for name in values:
        if name not in by_name:
            expected = (
                "one of " + ", ".join(by_name) if by_name else "exactly one cell tagged parameters, which sets it"
            )
            raise ParameterError(notebook, name, "an unknown parameter", expected)
    checked: dict[str, Any] = {}
    for parameter in by_name.values():
        if parameter.name in values:
            checked[parameter.name] = convert(notebook, parameter, values[parameter.name], areas)
        elif parameter.required:
            raise ParameterError(notebook, parameter.name, "nothing", parameter.expected())
        elif parameter.type in ("area", "areas") and parameter.default:  # in an own notebook it may be a name
            checked[parameter.name] = convert(notebook, parameter, parameter.default, areas)
        else:
            checked[parameter.name] = parameter.default
    return checked


def known_area(areas: Collection[str], word: str) -> str:
    """The area that a word means, empty for none: by id, and by name where `areas` know their names."""
    find = getattr(areas, "find", None)
    return str(find(word)) if find is not None else word if word in areas else ""


def near_areas(areas: Collection[str], word: str) -> str:
    """What may have been meant by a word that is no area, as the end of a message."""
    near = getattr(areas, "near", None)
    found = near(word) if near is not None else ()
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def convert(notebook: str, parameter: Parameter, value: Any, areas: Collection[str]) -> Any:
    """One value as its declared type; text such as ``"2030"`` counts where the command line gives it."""

    def wrong() -> ParameterError:
        shown = repr(value)
        return ParameterError(notebook, parameter.name, shown[:80], parameter.expected())

    result: Any = value
    if parameter.type == "areas":
        given = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not given or not all(isinstance(item, str) for item in given):
            raise wrong()
        result = [known_area(areas, item) for item in given]
        for item, area in zip(given, result, strict=True):
            if not area:
                expected = parameter.expected() + near_areas(areas, item)
                raise ParameterError(notebook, parameter.name, repr(item)[:80], expected)
        if len(set(result)) != len(result):
            raise ParameterError(notebook, parameter.name, "an area twice", "each area once")
    elif parameter.type in ("text", "area"):
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            raise wrong()
        if parameter.type == "area":
            result = known_area(areas, value)
            if not result:
                expected = parameter.expected() + near_areas(areas, value)
                raise ParameterError(notebook, parameter.name, repr(value)[:80], expected)
    elif parameter.type == "flag":
        if isinstance(value, str) and value.lower() in ("true", "false"):
            result = value.lower() == "true"
        if not isinstance(result, bool):
            raise wrong()
    else:
        pattern = r"[+-]?\d{1,15}" if parameter.type == "integer" else r"[+-]?\d{1,15}(\.\d{1,15})?"
        if isinstance(value, str) and re.fullmatch(pattern, value):
            result = int(value) if parameter.type == "integer" else float(value)
        wanted = (int,) if parameter.type == "integer" else (int, float)
        if isinstance(result, bool) or not isinstance(result, wanted):
            raise wrong()
    if parameter.allowed and result not in parameter.allowed and not (parameter.name == "lang" and result in tables()):
        raise wrong()
    return result

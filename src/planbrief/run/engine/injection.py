"""Parameters into notebooks, as papermill does it, but as data and with the same bytes every time."""

from __future__ import annotations

import copy
import keyword
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planbrief.errors import ParameterError
from planbrief.parameters import INJECTED_TAG

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Tag by which papermill knows the cell of defaults.
PARAMETERS_TAG = "parameters"


def parameterize(nb: NotebookNode, values: Mapping[str, Any], *, notebook: str = "notebook") -> NotebookNode:
    """Return a copy of a notebook with an ``injected-parameters`` cell that sets the given values.

    The cell stands where papermill puts it: in place of an earlier injected one, else after the cell tagged
    ``parameters``, else first. Without values the notebook is copied unchanged.

    Parameters
    ----------
    nb : NotebookNode
        The notebook; it is not changed.
    values : mapping
        Names and values made of None, bool, int, float, str, list, tuple and dict. They become literals; no text
        of a caller is ever code.
    notebook : str, optional
        Name of the notebook for error messages.

    Raises
    ------
    ParameterError
        A name is not a Python identifier, or a value is of another type.
    """
    nb = with_ids(nb)
    if not values:
        return nb
    from nbformat import v4

    lines = ["# Parameters", *(f"{_name(notebook, key)} = {_literal(notebook, key, values[key])}" for key in values)]
    cell = v4.new_code_cell(source="\n".join(lines), metadata={"tags": [INJECTED_TAG]})
    cell["id"] = _unused_id(nb, INJECTED_TAG)
    injected, declared = _first_tagged(nb, INJECTED_TAG), _first_tagged(nb, PARAMETERS_TAG)
    if injected is not None:
        nb.cells[injected] = cell
    else:
        nb.cells.insert(0 if declared is None else declared + 1, cell)
    return nb


def with_ids(nb: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook in the newest format, with ids on all cells that do not depend on chance."""
    from nbformat import v4

    nb = copy.deepcopy(nb)
    missing = {position for position, cell in enumerate(nb.cells) if not cell.get("id")}
    if (nb.get("nbformat"), nb.get("nbformat_minor")) != (v4.nbformat, v4.nbformat_minor):
        nb = v4.upgrade(nb)
    for position in missing:
        nb.cells[position].pop("id", None)
    for position in sorted(missing):
        nb.cells[position]["id"] = _unused_id(nb, f"c{position:03d}")
    return nb


def _unused_id(nb: NotebookNode, wanted: str) -> str:
    used = {cell.get("id") for cell in nb.cells}
    candidate, number = wanted, 1
    while candidate in used:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _first_tagged(nb: NotebookNode, tag: str) -> int | None:
    for position, cell in enumerate(nb.cells):
        if tag in cell.metadata.get("tags", []):
            return position
    return None


def _name(notebook: str, name: object) -> str:
    if isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name):
        return name
    raise ParameterError(notebook, str(name), "this name", "a Python identifier that is not a keyword")


def _literal(notebook: str, name: str, value: Any) -> str:
    """Return the Python literal of a value made of JSON's types; repr keeps Chinese readable and escapes controls."""
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if type(value) is list:
        return "[" + ", ".join(_literal(notebook, name, item) for item in value) + "]"
    if type(value) is tuple:
        return "(" + "".join(_literal(notebook, name, item) + ", " for item in value).rstrip(" ") + ")"
    if type(value) is dict:
        items = (f"{_literal(notebook, name, key)}: {_literal(notebook, name, item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    raise ParameterError(notebook, name, f"a value of type {type(value).__name__}", "text, numbers, lists of them")

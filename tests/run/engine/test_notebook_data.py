"""Parameters into notebooks as data, and executed notebooks without traces of the run."""

from __future__ import annotations

import ast
import copy
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipykernel.compiler import get_file_name
from nbformat import v4
from run.engine.notebooks import notebook

from planbrief.errors import ParameterError
from planbrief.render.html.exporter import render_html
from planbrief.run.engine.execution import parameterize, strip_run_metadata

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.tuples(inner, inner),
    max_leaves=10,
)


def with_parameters(*, injected: bool = False) -> nbformat.NotebookNode:
    nb = notebook("title = 1", "region = 'bazhong'", "old = 1", "region")
    nb.cells[1].metadata["tags"] = ["parameters"]
    if injected:
        nb.cells[2].metadata["tags"] = ["injected-parameters"]
    return nb


@given(DATA)
def test_a_value_arrives_as_it_was_given(value: Any) -> None:
    """Whatever text or structure a caller gives, the injected cell is one literal of the same value."""
    nb = parameterize(with_parameters(), {"region": value})
    tree = ast.parse(nb.cells[2].source)
    assert len(tree.body) == 1
    statement = tree.body[0]
    assert isinstance(statement, ast.Assign)
    if "float(" not in nb.cells[2].source:
        assert ast.literal_eval(statement.value) == value


@pytest.mark.parametrize(
    "value",
    ["'; import os #", "\n1/0", "{{ 7 }}", "\\", '"""', "巴中", "\u2028", "\x1b[2J", "\ud800", "0755", "\u202e"],
)
def test_hostile_text_is_text(value: str) -> None:
    """Quotes, newlines, backslashes and lone surrogates do not leave the literal, and Chinese stays readable."""
    source = parameterize(with_parameters(), {"region": value}).cells[2].source
    assert ast.literal_eval(source.partition(" = ")[2]) == value
    assert source.count("\n") == 1
    assert source.isprintable() or source.replace("\n", "").isprintable()
    assert value != "巴中" or "巴中" in source


def test_not_a_number_and_infinity_are_floats() -> None:
    """Values that Python has no literal for are written as calls of float, as papermill does."""
    source = parameterize(notebook("1"), {"a": float("nan"), "b": float("-inf")}).cells[0].source
    assert source == "# Parameters\na = float('nan')\nb = float('-inf')"


def test_the_injected_cell_stands_where_papermill_puts_it() -> None:
    """It replaces an earlier one, else follows the parameters, else comes first."""
    assert [cell.source for cell in parameterize(with_parameters(), {"x": 1}).cells][2] == "# Parameters\nx = 1"
    replaced = parameterize(with_parameters(injected=True), {"x": 1})
    assert [cell.source for cell in replaced.cells] == [
        "title = 1",
        "region = 'bazhong'",
        "# Parameters\nx = 1",
        "region",
    ]
    assert parameterize(notebook("1"), {"x": 1}).cells[0].source == "# Parameters\nx = 1"


def test_it_equals_papermill_in_all_but_chance_and_spelling() -> None:
    """Same cells in the same places with the same tags and the same meaning as papermill's own function."""
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    values = {"region": "巴中", "years": [2023, 2026], "share": 0.5, "flag": True, "nothing": None, "table": {"a": "b"}}
    nb = with_parameters()
    theirs = parameterize_notebook(load_notebook_node(copy.deepcopy(nb)), values)
    ours = parameterize(nb, values)
    assert [cell.metadata.get("tags", []) for cell in theirs.cells] == [
        cell.metadata.get("tags", []) for cell in ours.cells
    ]
    assert ast.dump(ast.parse(theirs.cells[2].source)) == ast.dump(ast.parse(ours.cells[2].source))


def test_nothing_depends_on_chance_and_the_given_notebook_stays() -> None:
    """Twice the same call gives the same notebook, valid, with unique ids, also for old formats without ids."""
    nb = with_parameters()
    before = copy.deepcopy(nb)
    assert parameterize(nb, {"x": 1}) == parameterize(nb, {"x": 1})
    assert nb == before
    old = v4.new_notebook(cells=[v4.new_code_cell("1"), v4.new_markdown_cell("2")])
    old.nbformat_minor = 4
    for cell in old.cells:
        del cell["id"]
    upgraded = parameterize(old, {"x": 1})
    nbformat.validate(upgraded)
    assert [cell["id"] for cell in upgraded.cells] == ["injected-parameters", "c000", "c001"]
    assert parameterize(nb, {}) == nb


@pytest.mark.parametrize(
    ("name", "value"),
    [("not a name", 1), ("class", 1), ("", 1), ("x;y", 1), ("ok", object()), ("ok", b"x"), ("ok", {1})],
)
def test_other_names_and_values_are_refused(name: str, value: Any) -> None:
    """A name that is no identifier or a value that is no data is an error before anything runs."""
    with pytest.raises(ParameterError) as problem:
        parameterize(with_parameters(), {name: value}, notebook="profile")
    assert problem.value.exit_code == 2
    assert "profile" in str(problem.value)


def executed() -> nbformat.NotebookNode:
    nb = notebook("x", "y")
    nb.metadata["papermill"] = {"start_time": "2025-01-01", "input_path": "/home/ann/n.ipynb"}
    nb.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    nb.cells[0].metadata.update({"papermill": {"duration": 1.5}, "execution": {"iopub.status.busy": "2025"}})
    nb.cells[0].outputs = [
        v4.new_output("stream", name="stdout", text="a <function f at 0x7f6a8c0b1d00>\n"),
        v4.new_output("stream", name="stdout", text="/tmp/ipykernel_99/123456.py:1: UserWarning: w\n"),
        v4.new_output("stream", name="stderr", text="b"),
        v4.new_output(
            "execute_result",
            data={"text/plain": "<A at 0x7f00>", "text/html": "<p>at 0x7f00 ipykernel_1/2.py</p>"},
            execution_count=1,
        ),
        v4.new_output(
            "error", ename="SyntaxError", evalue="x (123456789.py, line 3)", traceback=["File /ipykernel_0/3.py"]
        ),
    ]
    return nb


def test_traces_of_the_run_are_removed() -> None:
    """Metadata of runs, ids, addresses, process numbers and stream pieces go; everything else stays."""
    nb = strip_run_metadata(executed())
    nbformat.validate(nb)
    assert set(nb.metadata) == {"kernelspec", "language_info"}
    assert nb.metadata.language_info == {"name": "python"}
    assert [cell["id"] for cell in nb.cells] == ["c000", "c001"]
    assert nb.cells[0].metadata == {}
    out, err, result, error = nb.cells[0].outputs
    assert out.text == "a <function f at 0x…>\n<cell>:1: UserWarning: w\n"
    assert err.text == "b"
    assert result.data == {"text/plain": "<A at 0x…>", "text/html": "<p>at 0x… &lt;cell&gt;</p>"}
    assert (error.evalue, error.traceback) == ("x (<cell>, line 3)", ["File <cell>"])


def test_a_warning_names_the_cell_and_the_line_of_its_author() -> None:
    """The file of a cell is its number, as the author counts, whichever cell the warning appears in."""
    nb = notebook("import warnings\ndef f():\n    warnings.warn('w')", "f()")
    name = get_file_name(nb.cells[0].source)
    nb.cells[1].outputs = [v4.new_output("stream", name="stderr", text=f"{name}:3: UserWarning: w\n")]
    shown = "cell 1, line 3: UserWarning: w"
    assert strip_run_metadata(nb).cells[1].outputs[0].text.strip() == shown
    assert shown in render_html(nb, name="as-it-was-run")


def test_stripping_is_idempotent_and_leaves_its_argument() -> None:
    """A stripped notebook is not changed by stripping it again."""
    nb = executed()
    before = copy.deepcopy(nb)
    once = strip_run_metadata(nb)
    assert nb == before
    assert strip_run_metadata(once) == once


def test_folders_of_the_machine_become_placeholders() -> None:
    """Home, temporary and given folders vanish, whole names only."""
    nb = notebook("x")
    nb.cells[0].outputs = [v4.new_output("stream", text="/srv/job/a /srv/job-2 /srv/job")]
    assert strip_run_metadata(nb, paths={"/srv/job": "$JOB"}).cells[0].outputs[0].text == "$JOB/a /srv/job-2 $JOB"


def test_long_texts_are_stripped_in_linear_time() -> None:
    """Ten million characters without a space take no more than a moment."""
    nb = notebook("x")
    text = "x" * 10_000_000 + "ipykernel_1/2.py"
    nb.cells[0].outputs = [v4.new_output("stream", text=text)]
    assert strip_run_metadata(nb).cells[0].outputs[0].text == "<cell>"

"""Executed notebooks without what depends on the run: clocks, machines, process numbers, addresses, chance."""

from __future__ import annotations

import copy
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.render.safe_text import Numbers, cell_numbers, joined_streams, without_cell_files

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: Memory addresses in default reprs: ``<function f at 0x7f6a8c0b1d00>``.
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,16}\b|\bobject at [0-9a-f]{8,16}\b")
#: The name of a cell's file in the text of a SyntaxError, which has no folder.
_CELL_NAME = re.compile(r"\(\d{1,12}\.py, line (\d+)\)")
#: The name that pandas' Styler gives its table by chance.
_STYLED = re.compile(r'<table id="(T_[0-9a-f]{5,32})"')
#: Mime types whose content is text that somebody printed; images and JSON are left alone.
_TEXT_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex")
#: Cells' metadata that runners and editors add.
_RUN_METADATA = ("papermill", "execution", "ExecuteTime")

_Replacements = list[tuple[re.Pattern[str], str]]


def strip_run_metadata(nb: NotebookNode, *, paths: Mapping[str, str] | None = None) -> NotebookNode:
    """Return a copy of an executed notebook that holds nothing of this run, machine or user.

    Removed are papermill's and nbclient's metadata; cells get the ids c000, c001, …; adjacent pieces of one stream are
    joined; memory addresses become ``0x…``, ipykernel's file names the number of the cell, and the folders of this
    machine placeholders. The same notebook run by stock papermill and by planbrief's engine comes out equal. Doing it
    twice changes nothing more.

    Parameters
    ----------
    nb : NotebookNode
        The executed notebook; it is not changed.
    paths : mapping, optional
        Further folders and their placeholders.
    """
    nb = copy.deepcopy(nb)
    for name in _RUN_METADATA:
        nb.metadata.pop(name, None)
    language = str(nb.metadata.get("language_info", {}).get("name", "python"))
    nb.metadata["language_info"] = {"name": language}
    if "kernelspec" in nb.metadata:
        kernel = nb.metadata["kernelspec"]
        nb.metadata["kernelspec"] = {key: kernel[key] for key in ("display_name", "language", "name") if key in kernel}
        nb.metadata["kernelspec"].setdefault("language", language)
    replacements, tables, numbers = _replacements(paths or {}), count(), cell_numbers(nb.cells)
    for position, cell in enumerate(nb.cells):
        cell["id"] = f"c{position:03d}"
        for name in _RUN_METADATA:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            outputs = joined_streams(cell.get("outputs", []))
            cell["outputs"] = [_clean(output, replacements, tables, numbers) for output in outputs]
    nb["nbformat_minor"] = max(5, nb.get("nbformat_minor", 5))
    return nb


def _as_text(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def _replacements(paths: Mapping[str, str]) -> _Replacements:
    found = dict(paths)
    for folder, name in (
        (tempfile.gettempdir(), "$TMP"),
        (sys.prefix, "$PYTHON"),
        (sys.base_prefix, "$PYTHON"),
        (os.getcwd(), "$HERE"),
        (str(Path.home()), "$HOME"),
    ):
        found.setdefault(folder, name)
    # A folder such as / would turn every slash of a report into a placeholder.
    longest_first = sorted((old for old in found if len(old) > 3), key=lambda old: (-len(old), old))
    return [(re.compile(re.escape(old) + r"(?![\w.-])"), found[old]) for old in longest_first]


def _clean_text(text: str, replacements: _Replacements, numbers: Numbers, cell_file: str = "<cell>") -> str:
    text = _ADDRESS.sub(lambda found: found[0].rsplit(" ", 1)[0] + " 0x…", text)
    text = _CELL_NAME.sub(rf"({cell_file}, line \1)", without_cell_files(text, numbers, cell_file))
    for folder, placeholder in replacements:
        # A function, because a placeholder is text and not a pattern.
        text = folder.sub(lambda _, text=placeholder: text, text)  # type: ignore[misc]
    return text


def _clean(output: NotebookNode, replacements: _Replacements, tables: Iterator[int], numbers: Numbers) -> NotebookNode:
    kind = output["output_type"]
    if kind == "stream":
        output["text"] = _clean_text(_as_text(output["text"]), replacements, numbers)
    elif kind == "error":
        output["evalue"] = _clean_text(output["evalue"], replacements, numbers)
        output["traceback"] = [_clean_text(line, replacements, numbers) for line in output["traceback"]]
    else:
        for mime in _TEXT_TYPES:
            if mime in output["data"]:
                cell_file = "&lt;cell&gt;" if mime == "text/html" else "<cell>"
                text = _clean_text(_as_text(output["data"][mime]), replacements, numbers, cell_file)
                for name in _STYLED.findall(text) if mime == "text/html" else ():
                    text = text.replace(name, f"T_t{next(tables)}")
                output["data"][mime] = text
    return output

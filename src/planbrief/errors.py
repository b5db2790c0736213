"""Errors that people read: what is wrong, where, and what would be right.

::

    PlanbriefError                exit code 2: nothing was run
    ├── DataError                 the data package has problems, all of them listed
    ├── ParameterError            a report's parameter is unknown or ill-typed
    ├── UnknownName               a name that no table or catalog knows
    ├── WordsError                a file of notebooks/words is missing or broken
    ├── CatalogError              reports/catalog.toml or a notebook's declaration is wrong
    └── RunError                  exit code 1: the work ran and something failed

Every class passes all its fields to ``Exception.__init__`` so that it survives pickling. Most are one sentence with
their fields in it, which :attr:`PlanbriefError.text` holds; who reads the fields again names them.
"""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar


class PlanbriefError(Exception):
    """Anything planbrief tells a person instead of showing a traceback.

    Examples
    --------
    >>> issubclass(UnknownName, PlanbriefError), PlanbriefError.exit_code
    (True, 2)
    """

    #: What the command line returns for it: 2 for bad usage, parameters or data.
    exit_code: int = 2
    #: The sentence, with ``{}`` for each field in turn; empty where the one field is the whole sentence.
    text: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.text.format(*self.args) if self.text else super().__str__()

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the message, and the analyst's own line, instead of a screen of our internals."""
        lines = [f"planbrief: {self}"]
        for frame, number in traceback.walk_tb(self.__traceback__):
            source = linecache.getline(frame.f_code.co_filename, number).strip()
            if "ipykernel" in frame.f_code.co_filename or frame.f_code.co_filename.startswith("<ipython"):
                lines += ["", f"line {number} of this cell: {source}"]
        return lines


class RunError(PlanbriefError):
    """The work ran and something failed."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a file.

    ``row`` is the line as a spreadsheet counts it (the header is row 1), 0 where the whole file is meant; in a TOML
    file it is a line and ``column`` the path of an entry.
    """

    file: str
    row: int
    column: str
    found: str
    expected: str
    fixable: bool = False
    #: Only a matter of order: told, but neither refused by ``check`` nor kept from being published.
    note: bool = False
    #: Further rows of the file that it speaks for.
    also: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def places(self) -> set[tuple[str, int]]:
        """File and row of everything that it speaks for."""
        return {(self.file, row) for row in (self.row, *self.also)}

    def __str__(self) -> str:
        place, (row, column) = self.file, ("line", "entry") if self.file.endswith(".toml") else ("row", "column")
        if self.row:
            place += f", {row} {self.row}"
        if self.column:
            place += f", {self.column}" if self.file.endswith(".ipynb") else f", {column} {self.column}"
        found = f"found {self.found}; " if self.found else ""
        return f"{place}: {found}expected {self.expected}"


class DataError(PlanbriefError):
    """The data package cannot be used; every problem is listed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:20]]
        if len(self.problems) > len(shown):
            shown.append(f"… and {len(self.problems) - len(shown)} more (planbrief check lists all)")
        return "\n".join(shown)


class ParameterError(PlanbriefError):
    """A parameter of a report is unknown, missing or has a value that its declaration does not allow."""

    def __init__(self, notebook: str, name: str, found: str, expected: str) -> None:
        super().__init__(notebook, name, found, expected)
        self.notebook, self.name, self.found, self.expected = notebook, name, found, expected

    def __str__(self) -> str:
        known = re.findall(r"[\w-]+", self.expected.removeprefix("one of")) if "unknown" in self.found else []
        close = get_close_matches(self.name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return f"{self.notebook}: parameter {self.name!r}: found {self.found}; expected {self.expected}{hint}"


class UnknownName(PlanbriefError):
    """A name that no table, catalog or list knows; `near` are the known ones that may have been meant.

    Examples
    --------
    >>> print(UnknownName("area", "bazong", ["bazhong", "fuling"]))
    unknown area 'bazong'. Did you mean 'bazhong'? Known: bazhong, fuling
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], near: Iterable[str] = ()) -> None:
        self.kind, self.name, self.known, self.near = kind, name, tuple(known), tuple(near)
        super().__init__(self.kind, self.name, self.known, self.near)

    def __str__(self) -> str:
        close = self.near or tuple(get_close_matches(self.name, self.known, n=1))
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        listed = ", ".join(self.known[:30]) + (" …" if len(self.known) > 30 else "")
        return f"unknown {self.kind} {self.name!r}.{hint}" + (f" Known: {listed}" if listed else "")


class WordsError(PlanbriefError):
    """A file of wordings is missing or broken."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem} (planbrief check lists all)"


class CatalogError(PlanbriefError):
    """The catalog of reports, or what a notebook declares, is wrong."""

    def __init__(self, place: str, found: str, expected: str) -> None:
        super().__init__(place, found, expected)
        self.place, self.found, self.expected = place, found, expected

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}; expected {self.expected}"

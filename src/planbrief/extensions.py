"""What other installed packages add to planbrief, found by their entry points.

A package names a function under one of four groups; ``planbrief.`` stands before each:

- ``planbrief.measures``: ``(data, area) -> DataFrame``; ``data.measure(NAME, area)``, a table of ``export --results``;
- ``planbrief.views``: ``(page, **details) -> None``, which shows things on a page; ``page.view(NAME, …)``;
- ``planbrief.exporters``: ``(package) -> {path: bytes}``; ``planbrief export --to NAME``;
- ``planbrief.readers``: ``(bytes) -> text`` of documents whose name ends in ``.NAME``; ``planbrief read``.

They are code of whoever installed them and run with the rights of planbrief itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from planbrief.errors import PlanbriefError, UnknownName

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pandas import DataFrame


class BrokenExtension(PlanbriefError):
    """A function that an installed package announces cannot be loaded."""

    text = "{} {!r} ({}) of an installed package cannot be loaded: {}"


@cache
def announced(kind: str) -> dict[str, EntryPoint]:
    """Entry points of a kind (``measures``, ``views``, ``exporters``, ``readers``) by name, in the order of names."""
    from importlib.metadata import entry_points

    return {point.name: point for point in sorted(entry_points(group=f"planbrief.{kind}"), key=lambda one: one.name)}


def loaded(kind: str, name: str) -> Callable[..., Any]:
    """The function that a package announces.

    Raises
    ------
    UnknownName
        No installed package announces one of that name.
    BrokenExtension
        It cannot be imported.
    """
    known = announced(kind)
    if name not in known:
        raise UnknownName(kind.removesuffix("s"), name, known)
    try:
        function = known[name].load()
    except Exception as error:  # a stranger's module raises what it likes
        raise BrokenExtension(
            kind.removesuffix("s"), name, known[name].value, f"{type(error).__name__}: {error}"
        ) from None
    if not callable(function):
        raise BrokenExtension(kind.removesuffix("s"), name, known[name].value, "it is no function")
    return function


class Measures:
    """Data that measures with what installed packages bring."""

    _ds: Any

    def measure(self, name: str, area: str) -> DataFrame:
        """What an installed package measures for an area (entry point ``planbrief.measures``).

        Examples
        --------
        >>> import planbrief as pb
        >>> try:
        ...     pb.load(sample=True).measure("momentum", "fuling")
        ... except pb.PlanbriefError as error:
        ...     print(str(error)[:26])
        unknown measure 'momentum'
        """
        frame: DataFrame = loaded("measures", name)(self, self._ds.resolve("areas", area))
        return frame

"""Remember what a function of a data set gave: a report asks for the same table in several of its cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from planbrief.targets import Dataset

P = ParamSpec("P")
R = TypeVar("R")


def remembered(function: Callable[Concatenate[Dataset, P], R]) -> Callable[Concatenate[Dataset, P], R]:
    """Answer a second call with the same data set and arguments from memory.

    For functions that depend on nothing else. Frames and lists are handed out as copies, so that who changes one
    changes only his own; anything else must be immutable. Calls with arguments that cannot be hashed are computed.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def remembering(ds: Dataset, *args: P.args, **kwargs: P.kwargs) -> R:
        question = (name, args, tuple(sorted(kwargs.items())))
        try:
            found: Any = ds.memory.get(question)
        except TypeError:
            return function(ds, *args, **kwargs)
        if found is None:
            found = ds.memory[question] = function(ds, *args, **kwargs)
        return found.copy() if hasattr(found, "copy") else found

    return remembering

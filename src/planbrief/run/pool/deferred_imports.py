"""Imports that cost more than they are worth, put off until somebody needs them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

_GRAMMAR = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Import jsonschema, which nbformat needs, without the grammar of internationalised addresses.

    jsonschema 4 imports ``rfc3987_syntax`` where it is installed, as it is with Jupyter, and that compiles a grammar:
    0.6 s of processor time for each Python that only wants to read a notebook. Formats ``iri`` and
    ``iri-reference`` compile it when they are first checked. To be called before nbformat is imported; afterwards, or
    without the grammar, it does nothing.
    """
    if "jsonschema" in sys.modules or _GRAMMAR in sys.modules or importlib.util.find_spec(_GRAMMAR) is None:
        return

    def is_valid_syntax(*args: Any, **kwargs: Any) -> Any:
        return importlib.import_module(_GRAMMAR).is_valid_syntax(*args, **kwargs)

    stand_in = ModuleType(_GRAMMAR)
    stand_in.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[_GRAMMAR] = stand_in
    try:
        importlib.import_module("jsonschema")
    except ImportError:
        return
    finally:
        if sys.modules.get(_GRAMMAR) is stand_in:
            del sys.modules[_GRAMMAR]

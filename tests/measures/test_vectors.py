"""The shared worked cases: {function, args, expected, tolerance}, null for undefined or, inside a list, an open end."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

VECTORS = json.loads((Path(__file__).parent / "method_vectors.json").read_text(encoding="utf-8"))
ROOMS = {"units": "targets", "wording": "targets"}


def resolve(name: str) -> Any:
    """The function that a vector names."""
    module, function = name.split(".")
    return getattr(importlib.import_module(f"planbrief.{ROOMS.get(module, 'measures')}.{module}"), function)


def agrees(found: Any, expected: Any, tolerance: float, inside: bool = False) -> bool:
    """Whether a result is what a vector expects."""
    if expected is None:
        return bool(np.isinf(found)) if inside else bool(~np.isfinite(np.asarray(found, float)).any())
    if isinstance(expected, dict):
        return all(agrees(getattr(found, key), value, tolerance) for key, value in expected.items())
    if isinstance(expected, list):
        items = list(found)
        return len(items) == len(expected) and all(
            agrees(one, two, tolerance, inside=True) for one, two in zip(items, expected, strict=True)
        )
    if isinstance(expected, (str, bool)):
        return type(found) is type(expected) and found == expected
    return isinstance(found, (float, np.floating)) and math.isclose(
        found, expected, rel_tol=tolerance, abs_tol=tolerance
    )


def label(vector: dict[str, Any]) -> str:
    """A readable id."""
    return f"{vector['function']}-{json.dumps(vector['args'], ensure_ascii=False)[:60]}"


@pytest.mark.parametrize("vector", VECTORS, ids=label)
def test_vector(vector: dict[str, Any]) -> None:
    """Every worked case comes out within its tolerance."""
    found = resolve(vector["function"])(**vector["args"])
    assert agrees(found, vector["expected"], vector["tolerance"]), (found, vector["expected"])


def test_vectors_cover_every_function_of_the_contract() -> None:
    """No function of METHODS section 1 is without a case, except the label."""
    from planbrief.measures.registry import MEASURES

    named = {vector["function"] for vector in VECTORS} | {"structure.share"}
    assert set(MEASURES) <= named


def test_null_ends_are_accepted_as_open() -> None:
    """An open end may be given as None."""
    from planbrief.measures import ranges

    low, high = ranges.cagr_range([100, 100], [120, None], 1)
    assert low == pytest.approx(0.2)
    assert high == math.inf

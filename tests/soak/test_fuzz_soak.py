"""The long form of the fuzz: PLANBRIEF_FUZZ cases (default 20,000) of mutated projects and command lines."""

from __future__ import annotations

import os

import pytest
from soak.command_fuzz import fuzz_on
from soak.test_crowd_soak import note

pytestmark = [pytest.mark.slow, pytest.mark.timeout(0)]


def test_twenty_thousand_mutations() -> None:
    """Every one ends with an answer or one message; the counts are printed and shown by the guide."""
    count = int(os.environ.get("PLANBRIEF_FUZZ", "20000"))
    counts, faults = fuzz_on(os.cpu_count() or 1, count, seed=1)
    note("mutated projects and command lines", cases=counts.total(), faults=len(faults),
         **{name.replace(" ", "_"): number for name, number in sorted(counts.items())})  # fmt: skip
    assert faults == []

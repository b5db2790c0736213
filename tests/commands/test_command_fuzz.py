"""The short form of the fuzz: mutated projects, configurations and command lines end in an answer or one message."""

from __future__ import annotations

import pytest
from soak.command_fuzz import fuzz_on


@pytest.mark.slow
def test_no_mutation_ends_in_an_internal_error():
    """Sixty cases; `make soak` runs twenty thousand."""
    counts, faults = fuzz_on(1, 60, seed=2026)  # its process makes waiting take no time
    assert faults == []
    assert counts.total() == 60
    assert set(counts) <= {"exit 0", "exit 1", "exit 2"}

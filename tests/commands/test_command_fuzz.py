"""The short form of the fuzz: mutated projects, configurations and command lines end in an answer or one message."""

from __future__ import annotations

import pytest
from soak.command_fuzz import fuzz


@pytest.mark.slow
def test_no_mutation_ends_in_an_internal_error():
    """Sixty cases; `make soak` runs twenty thousand."""
    counts, faults = fuzz(60, seed=2026)
    assert faults == []
    assert counts.total() == 60
    assert set(counts) <= {"exit 0", "exit 1", "exit 2"}

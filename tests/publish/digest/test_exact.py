"""Random edits of a data set are listed fully, and nothing else is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from publish.digest.conftest import rows_of_testville

from planbrief.publish.changes import pair_observations

ROWS = {row["obs_id"]: row for row in rows_of_testville()}
DATES = {"testville-plan-2024": "2024-01-15", "testville-plan-2026": "2026-02-01"}
EDITS = st.sampled_from(
    ["keep", "value", "bound", "comment", "respan", "remove", "amend", "replace", "resource", "move"]
)


def edited(row: dict[str, str], edit: str) -> tuple[list[dict[str, str]], list[tuple[str, str, str]]]:
    """Rows that an edit leaves of one, and what a digest must say of it: (kind, old id, new id)."""
    key = row["obs_id"]
    later = {**row, "source_id": "testville-plan-2026", "obs_id": f"new-{key}", "char_start": f"9{row['char_start']}"}
    changed = {**later, "obs_value": "7777"}
    respan = {**row, "obs_id": f"{key}x", "char_start": "90000", "char_end": "90003"}
    outcome = {
        "keep": ([row], []),
        "value": ([{**row, "obs_value": "12345"}], [("corrected", key, key)]),
        "bound": ([{**row, "comparator": "ge"}], [("corrected", key, key)]),
        "comment": ([{**row, "comment_obs": "read again"}], [("corrected", key, key)]),
        "respan": ([respan], [("corrected", key, respan["obs_id"])]),
        "remove": ([], [("removed", key, "")]),
        "amend": ([row, changed], [("revised", key, changed["obs_id"])]),
        "replace": ([changed], [("revised", key, changed["obs_id"])]),
        "resource": ([later], [("resourced", key, later["obs_id"])]),
        "move": ([{**row, "source_id": "testville-plan-2026"}], [("resourced", key, key)]),
    }
    return outcome[edit]


def fresh(number: int) -> dict[str, str]:
    """An observation of a fact that the data set does not hold."""
    first = next(iter(ROWS.values()))
    return {**first, "obs_id": f"fresh-{number}", "time_period": str(1950 + number), "char_start": str(50_000 + number)}


@given(edits=st.lists(EDITS, min_size=len(ROWS), max_size=len(ROWS)), added=st.integers(0, 3), turned=st.randoms())
@settings(max_examples=300, deadline=None)
def test_random_edits_are_listed_fully_and_nothing_else(edits, added, turned):
    """Every edit gives its one line, whatever the others are and in whatever order the rows stand."""
    rows, expected = [], []
    for row, edit in zip(ROWS.values(), edits, strict=True):
        left, said = edited(row, edit)
        rows += left
        expected += said
    for number in range(added):
        rows.append(fresh(number))
        expected.append(("added", "", f"fresh-{number}"))
    turned.shuffle(rows)
    found = pair_observations(ROWS, {row["obs_id"]: row for row in rows}, DATES)
    said = [(c.kind, (c.old or {}).get("obs_id", ""), (c.new or {}).get("obs_id", "")) for c in found]
    assert sorted(said) == sorted(expected)
    for change in found:
        if change.old is not None and change.new is not None:
            assert change.fields == tuple(n for n in change.new if change.old[n] != change.new[n])


@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from(sorted(ROWS)),
            st.sampled_from([name for name in next(iter(ROWS.values())) if name != "obs_id"]),
            st.text(max_size=6),
        ),
        max_size=12,
    ),
    gone=st.sets(st.sampled_from(sorted(ROWS))),
)
@settings(max_examples=300, deadline=None)
def test_every_differing_row_stands_in_exactly_one_change(cells, gone):
    """Any cell may become anything: old rows that differ and new rows that differ are each named once."""
    new = {key: dict(row) for key, row in ROWS.items() if key not in gone}
    for key, column, text in cells:
        if key in new:
            new[key][column] = text
    found = pair_observations(ROWS, new, DATES)
    differ = {key for key in new if new[key] != ROWS[key]}
    assert sorted(c.new["obs_id"] for c in found if c.new is not None) == sorted(differ)
    before = sorted(c.old["obs_id"] for c in found if c.old is not None and not c.stands)
    assert before == sorted(differ | gone)

"""Signs: every comparator, both signs and every printed form, for what the targets room decides about a value."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from targets.folder import SOURCE, change, make_folder

from planbrief.checks.data import data_problems
from planbrief.measures.ranges import observed
from planbrief.targets.wording import mirrored, read

COMPARATORS = ("eq", "ge", "gt", "le", "lt", "approx", "range")
#: No share is below zero.
CASES = [
    case for case in product(COMPARATORS, (1, -1), ("actual", "target"), (False, True)) if case[1] > 0 or not case[3]
]
#: Printed form and unit, its values, its upper end, the bound that the form itself names.
FORMS = [
    ("9.7", "%", [Decimal("9.7")], None, ""),
    ("1,200", "万人", [Decimal(1200)], None, ""),
    ("5—8", "%", [Decimal(5)], Decimal(8), "range"),
    ("三成以上", "%", [Decimal(30)], None, "ge"),
    ("10以内", "%", [Decimal(10)], None, "le"),
    ("超10", "%", [Decimal(10)], None, "gt"),
    ("近百", "家", [Decimal(100)], None, "approx"),
]


@pytest.mark.parametrize(("text", "unit", "values", "upper", "bound"), FORMS)
def test_a_decline_mirrors_value_range_and_bound(text, unit, values, upper, bound) -> None:
    """Up is the form as printed; down is below zero, from the larger fall to the smaller, bounds turned round."""
    rise, fall = read(text, unit).signed(False), read(text, unit).signed(True)
    assert (list(rise.values), rise.upper, rise.comparator) == (values, upper, bound)
    assert rise.signed(True) == fall
    assert fall.signed(True) == rise
    assert fall.comparator == mirrored(bound)
    if upper is None:
        assert list(fall.values) == [-value for value in values]
    else:
        assert (list(fall.values), fall.upper) == ([-upper], -values[0])


@pytest.mark.parametrize("comparator", COMPARATORS)
def test_mirroring_twice_is_nothing(comparator: str) -> None:
    """At least becomes at most and back; what has no side stays."""
    assert mirrored(mirrored(comparator)) == comparator
    assert (mirrored(comparator) == comparator) is (comparator in ("eq", "approx", "range"))


@pytest.mark.parametrize(("comparator", "sign", "kind", "share"), CASES)
def test_an_interval_holds_its_value_whatever_the_sign(comparator: str, sign: int, kind: str, share: bool) -> None:
    """The interval of a signed value lies on its side of it, and mirrors that of the other sign."""
    low, high = sorted((sign * 9.7, sign * 12.5))
    value = low if comparator == "range" else sign * 9.7
    upper = high if comparator == "range" else math.nan
    found = observed(value, comparator, upper_value=upper, value_text="9.7", kind=kind, share=share)
    assert found.lower <= value <= found.upper
    if comparator in ("ge", "gt"):
        assert found.lower == value
    elif comparator in ("le", "lt"):
        assert found.upper == value
    elif comparator == "range":
        assert (found.lower, found.upper) == (low, high)
    elif comparator == "approx" or kind == "actual":
        assert (round(found.lower, 9), round(found.upper, 9)) == (round(value - 0.05, 9), round(value + 0.05, 9))
    else:
        assert (found.lower, found.upper) == (value, value)
    if not share and comparator != "range":
        other = observed(-value, mirrored(comparator), value_text="9.7", kind=kind)
        assert (other.lower, other.upper) == (-found.upper, -found.lower)


def test_check_accepts_declines_and_refuses_what_the_form_does_not_say(tmp_path: Path) -> None:
    """−200 beside a printed 200 stands; −210 does not, nor a bound on the wrong side."""
    data, _ = make_folder(tmp_path)
    path = data / "documents" / SOURCE / "observations.csv"

    def told(row: int, **cells: str) -> list[str]:
        before = path.read_bytes()
        change(path, row, **cells)
        found = [f"{one.column}: {one.found} → {one.expected}" for one in data_problems(data) if one.column]
        path.write_bytes(before)
        return found

    fall = {"transformation": "difference", "kind": "actual", "time_period": "2023"}
    assert told(3, obs_value="-200", **fall) == []
    assert told(3, obs_value="-210", **fall) == ["obs_value: -210 → -200, as value_text '200' says"]
    # 50—60 that fall: from −60 to −50
    assert told(7, obs_value="-60", upper_value="-50", **fall) == []
    assert told(7, obs_value="-50", upper_value="-60", **fall)


@pytest.mark.parametrize(
    "period", ["2025-01/2025-09", "2025-Q1/2025-Q3", "2026/2030", "2025-01-20/2025-03-05", "2024-H2/2025-H1"]
)
def test_stretches_are_periods_and_broken_ones_are_named(tmp_path: Path, period: str) -> None:
    """Every precision is accepted; a stretch that runs backwards is one problem of its row."""
    data, _ = make_folder(tmp_path)
    path = data / "documents" / SOURCE / "observations.csv"
    change(path, 3, time_period=period, kind="estimate")
    assert [one for one in data_problems(data) if "seal" not in one.expected] == []
    change(path, 3, time_period="/".join(reversed(period.split("/"))))
    problems = [one for one in data_problems(data) if one.column == "time_period"]
    assert [(one.row, "follow each other" in one.expected) for one in problems] == [(3, True)]

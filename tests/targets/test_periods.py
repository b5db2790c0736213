"""Time periods: forms, order, SDMX, labels."""

from __future__ import annotations

import pytest

from planbrief.errors import UnknownName
from planbrief.targets import periods


@pytest.mark.parametrize(
    ("text", "start", "end", "frequency", "part"),
    [
        ("2023", 2023, 2023, "A", 0),
        ("2025-H1", 2025, 2025, "S", 1),
        ("2025-S2", 2025, 2025, "S", 2),
        ("2025-Q3", 2025, 2025, "Q", 3),
        ("2025-09", 2025, 2025, "M", 9),
        ("2024-06-25", 2024, 2024, "D", 6),
        ("2024/2035", 2024, 2035, "range", 0),
    ],
)
def test_forms(text: str, start: int, end: int, frequency: str, part: int) -> None:
    """Every form of the data package is understood."""
    found = periods.parse(text)
    assert (found.start_year, found.end_year, found.frequency, found.part, found.dated) == (
        *(start, end, frequency, part),
        True,
    )


@pytest.mark.parametrize("text", ["", "23", "2025-13", "2025-H3", "2035/2024", "二〇三五", "2025-Q5", "2025 "])
def test_ill_formed(text: str) -> None:
    """Anything else is an error that shows the forms."""
    with pytest.raises(periods.IllFormedPeriod, match="2025-H1"):
        periods.parse(text)


def test_order() -> None:
    """By end, the shorter period first, undated last."""
    wanted = ["2023", "2025-Q1", "2025-06", "2025-H1", "2025-09", "2025-12", "2025", "2024/2025", "2026", "undated"]
    assert sorted(set(wanted), key=periods.order) == wanted


def test_sdmx() -> None:
    """Half-years as S, ranges as start and duration."""
    forms = {"2023": "2023", "2025-H2": "2025-S2", "2025-Q1": "2025-Q1", "2024/2035": "2024-01-01/P12Y", "undated": ""}
    assert {text: periods.sdmx(text) for text in forms} == forms


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("2023", "2023年", "2023"),
        ("2025-H1", "2025年上半年", "first half of 2025"),
        ("2025-Q4", "2025年第四季度", "fourth quarter of 2025"),
        ("2025-09", "2025年9月", "September 2025"),
        ("2024-06-25", "2024年6月25日", "25 June 2024"),
        ("2024/2035", "2024–2035年", "2024–2035"),
        ("undated", "未注明时间", "undated"),
    ],
)
def test_labels(text: str, zh: str, en: str) -> None:
    """Labels in both languages."""
    assert (periods.label(text, "zh"), periods.label(text, "en")) == (zh, en)


def test_unknown_language() -> None:
    """Another language is refused."""
    with pytest.raises(UnknownName, match="zh, en"):
        periods.label("2023", "fr")

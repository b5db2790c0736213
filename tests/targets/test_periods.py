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
        ("2025-01/2025-09", 2025, 2025, "range", 9),
        ("2024-H2/2025-H1", 2024, 2025, "range", 1),
        ("2025-Q1/2025-Q3", 2025, 2025, "range", 3),
        ("2025-01-20/2025-03-05", 2025, 2025, "range", 3),
    ],
)
def test_forms(text: str, start: int, end: int, frequency: str, part: int) -> None:
    """Every form of the data package is understood."""
    found = periods.parse(text)
    assert (found.start_year, found.end_year, found.frequency, found.part, found.dated) == (
        *(start, end, frequency, part),
        True,
    )


ILL_FORMED = ["", "23", "2025-13", "2025-H3", "2035/2024", "二〇三五", "2025-Q5", "2025 ", "2025-02-30", "2025/2025"]
ILL_FORMED += ["2025-01/2025", "2025-09/2025-01", "undated/2025", "2024/2025/2026"]


@pytest.mark.parametrize("text", ILL_FORMED)
def test_ill_formed(text: str) -> None:
    """Anything else is an error that shows the forms."""
    with pytest.raises(periods.IllFormedPeriod, match="2025-H1"):
        periods.parse(text)


def test_order() -> None:
    """By end, the shorter period first, undated last."""
    wanted = [
        *("2023", "2025-Q1", "2025-06", "2025-H1", "2025-09", "2025-Q3", "2025-01/2025-09"),
        *("2025-12", "2025", "2024/2025", "2026", "undated"),
    ]
    assert sorted(set(wanted), key=periods.order) == wanted


def test_sdmx() -> None:
    """Half-years as S, ranges as start and duration."""
    forms = {"2023": "2023", "2025-H2": "2025-S2", "2025-Q1": "2025-Q1", "2024/2035": "2024-01-01/P12Y", "undated": ""}
    forms |= {"2025-01/2025-09": "2025-01-01/P9M", "2024-H2/2025-H1": "2024-07-01/P12M"}
    forms |= {"2025-01-20/2025-02-05": "2025-01-20/P17D"}
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
        ("2025-01/2025-09", "2025年前三季度", "first three quarters of 2025"),
        ("2025-Q1/2025-Q3", "2025年前三季度", "first three quarters of 2025"),
        ("2025-01/2025-06", "2025年上半年", "first half of 2025"),
        ("2025-01/2025-11", "2025年1–11月", "January–November 2025"),
        ("2025-01/2025-12", "2025年", "2025"),
        ("2024-07/2025-06", "2024年7月至2025年6月", "July 2024 to June 2025"),
        ("2024-H2/2025-H1", "2024年下半年至2025年上半年", "second half of 2024 to first half of 2025"),
        ("2025-01-20/2025-03-05", "2025年1月20日至3月5日", "20 January to 5 March 2025"),
    ],
)
def test_labels(text: str, zh: str, en: str) -> None:
    """Labels in both languages."""
    assert (periods.label(text, "zh"), periods.label(text, "en")) == (zh, en)


def test_unknown_language() -> None:
    """Another language is refused."""
    with pytest.raises(UnknownName, match="zh, en"):
        periods.label("2023", "fr")


SHAPES = [
    ("2025-H1", "2024-01/2024-06", True),
    ("2025-Q1/2025-Q3", "2023-01/2023-09", True),
    ("2021/2025", "2026/2030", True),
    ("2025", "2024-01/2024-12", True),
    ("2024-02", "2025-02", True),
    ("2025-01/2025-09", "2025-Q3", False),
    ("2025-01/2025-09", "2025", False),
    ("2025-01/2025-11", "2025-01/2025-09", False),
    ("2021/2025", "2026/2035", False),
    ("2021/2025", "2025", False),
]


@pytest.mark.parametrize(("one", "other", "alike"), SHAPES)
def test_only_the_same_stretch_is_alike(one: str, other: str, alike: bool) -> None:
    """Nine months are no quarter and no year, whatever the notation; five years are like five years."""
    assert (periods.shape(one) == periods.shape(other)) is alike
    assert periods.shape(one) == periods.shape(one)


def test_a_stretch_of_years_is_no_year() -> None:
    """The total of a plan period is no value of its last year."""
    assert [
        text for text in ("2025", "2025-01/2025-12", "2021/2025", "2025-09", "undated") if periods.whole_year(text)
    ] == [
        "2025",
        "2025-01/2025-12",
    ]

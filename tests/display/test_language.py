"""Both languages are complete, and foreign text is marked."""

from __future__ import annotations

import pytest
from targets.factory import make_dataset

from planbrief.checks.project import missing_translations, name_problems, vocabulary_problems
from planbrief.display.language import MissingMessage, mark, message, sentence_case, term
from planbrief.display.periods import date_text, figure_period, period_text, segment_text
from planbrief.targets.package import read_package


def test_no_message_name_or_code_lacks_a_language(root):
    """Every key, every code of the data package's vocabularies and every name exists in both languages."""
    assert [str(problem) for problem in missing_translations(read_package(root / "data"))] == []


def test_a_missing_name_is_reported_with_its_row():
    """A row without an English name is a problem that names file, row and column."""
    areas = [{"ref_area": "a", "name_zh": "甲", "name_en": "", "level": "county", "parent": ""}]
    problems = name_problems(make_dataset(areas=areas).package)
    assert [(p.file, p.row, p.column) for p in problems] == [("areas.csv", 2, "name_en")]


def test_a_vocabulary_without_words_is_reported():
    """A code that the data allow and no message names is a problem in each language."""
    package = make_dataset().package
    for field in package["indicators"].schema["fields"]:
        if field["name"] == "direction":
            field["constraints"] = {"enum": ["increase", "sideways"]}
    assert {p.column for p in vocabulary_problems(package)} == {"direction.sideways"}


def test_a_missing_message_is_an_error():
    """A key that has no wording is not shown as a key."""
    with pytest.raises(MissingMessage, match=r"no message 'no\.such'"):
        message("no.such", "en")


@pytest.mark.parametrize(
    ("text", "lang", "runs"),
    [
        ("Huafeng 华峰集团 Co.", "en", [("Huafeng ", None), ("华峰集团", "zh"), (" Co.", None)]),
        ("《规划（2024—2035年）》", "en", [("《规划（2024—2035年）》", "zh")]),
        ("GDP 与 R&D", "zh", [("GDP 与 R&D", None)]),
        ("采用 Smart City 方案", "zh", [("采用 ", None), ("Smart City", "en"), (" 方案", None)]),
        ("", "en", [("", None)]),
    ],
)
def test_foreign_text_becomes_a_run_of_its_own(text: str, lang: str, runs: list[tuple[str, str | None]]):
    """Chinese in English and words in Chinese are marked; acronyms are not."""
    assert [(run["t"], run.get("lang")) for run in mark(text, lang)] == runs


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2023", "2023年", "2023"),
        ("2025-H1", "2025年上半年", "first half of 2025"),
        ("2025-09", "2025年9月", "September 2025"),
        ("2024/2035", "2024–2035年", "2024–2035"),
        ("undated", "未注明时间", "no date given"),
        ("some day", "some day", "some day"),
    ],
)
def test_periods_in_words(period: str, zh: str, en: str):
    """Every form of a time period reads naturally; an unknown one is left as it is."""
    assert (period_text(period, "zh"), period_text(period, "en")) == (zh, en)


def test_growth_labels_leave_out_the_base_year():
    """2023 → 2026 is the average of 2024–2026; one year is just that year."""
    assert figure_period("2023-2026", "zh") == "2024–2026年年均"
    assert segment_text(2026, 2027, "en") == "2027"
    assert date_text("2024-06-25", "en") == "25 June 2024"


def test_words_of_vocabularies():
    """Codes become words; an unknown code is shown, not hidden."""
    assert (term("kind", "target", "zh"), sentence_case(term("kind", "target", "en"))) == ("目标", "Target")
    assert term("kind", "odd", "en") == "odd"

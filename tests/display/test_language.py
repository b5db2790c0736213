"""Both languages are complete, and foreign text is marked."""

from __future__ import annotations

import pytest
from targets.factory import make_dataset

from planbrief.checks.project import name_problems, vocabulary_problems
from planbrief.display.language import (
    LANGS,
    Lang,
    MissingMessage,
    TemplateError,
    fields,
    mark,
    message,
    message_files,
    messages,
    sentence_case,
    term,
)
from planbrief.display.quantities import date_text, figure_period, period_text, segment_text
from planbrief.errors import Problem
from planbrief.targets.package import read_package


def message_problems() -> list[Problem]:
    """Keys that stand in one language only, and pairs of messages with different placeholders."""
    found = [
        Problem(f"src/planbrief/display/messages/{file}", 0, key, f"also in {first}", "a key that occurs once")
        for lang in LANGS
        for key, file, first in repeated(lang)
    ]
    known = {lang: messages(lang) for lang in LANGS}
    for key in sorted(set(known["zh"]) | set(known["en"])):
        lacking = [lang for lang in LANGS if not known[lang].get(key, "").strip()]
        for lang in lacking:
            place = f"src/planbrief/display/messages (*.{lang}.toml)"
            found.append(Problem(place, 0, key, "no wording", "the message in both languages"))
        if lacking:
            continue
        try:
            names = {lang: set(fields(known[lang][key], key)) for lang in LANGS}
        except TemplateError as error:
            found.append(Problem("src/planbrief/display/messages", 0, key, str(error), "plain {name} placeholders"))
            continue
        if names["zh"] != names["en"]:
            odd = ", ".join(sorted(names["zh"] ^ names["en"]))
            found.append(
                Problem("src/planbrief/display/messages", 0, key, f"{{{odd}}} in one language", "the same in both")
            )
    return found


def repeated(lang: Lang) -> list[tuple[str, str, str]]:
    """Keys that stand in two files of a language, with both files."""
    first: dict[str, str] = {}
    found = []
    for file, known in message_files(lang).items():
        for key in known:
            if key in first:
                found.append((key, file, first[key]))
            first.setdefault(key, file)
    return found


def test_no_message_name_or_code_lacks_a_language(root):
    """Every key, every code of the data package's vocabularies and every name exists in both languages."""
    package = read_package(root / "data")
    assert [str(problem) for problem in (*vocabulary_problems(package), *name_problems(package))] == []
    assert [str(problem) for problem in message_problems()] == []


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
    assert [(run.text, run.lang or None) for run in mark(text, lang)] == runs


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

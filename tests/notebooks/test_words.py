"""Notebooks read like their pages: short, formatted, sentences in files beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planbrief.checks.project import notebook_problems
from planbrief.display.language import wordings_of
from planbrief.errors import UnknownName, WordsError
from planbrief.project import Project
from planbrief.run.plan import words_hash

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def code_of(name: str) -> list[str]:
    """Lines of code of a notebook, empty ones left out."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [line for source in sources for line in source.splitlines() if line.strip()]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_short(name):
    """At most 60 lines of code, none over 110 characters."""
    lines = code_of(name)
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("name", NAMES)
def test_words_are_sound_and_used(name):
    """Every group of a report's file is a group that its notebook names, and nothing is wrong with it."""
    groups, problems = wordings_of(NOTEBOOKS / "words" / f"{name}.toml")
    assert problems == []
    source = "\n".join(code_of(name))
    assert [group for group in groups if f"words.{group}" not in source] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[a.b]\nzh = "年均{rate}。"\n', "zh"),
        ('[a.b]\nzh = "年均 3 成。"\nen = "A third."\n', "number 3"),
        ('[a.b]\nzh = "年均{rate。"\nen = "{rate}"\n', "{"),
        ('[a]\nshared = ["nobody_says_this"]\n', "nobody_says_this"),
        ("a = 1\n", "1"),
        ("[a.b\n", "TOML"),
    ],
)
def test_check_names_what_is_wrong_with_words(tmp_path, text, found):
    """A language missing, a number typed, broken braces, an unknown shared sentence, broken TOML: one problem each."""
    (tmp_path / "notebooks/words").mkdir(parents=True)
    (tmp_path / "notebooks/words/own.toml").write_text(text, encoding="utf-8")
    (tmp_path / "notebooks/words/shared.toml").write_text('[said]\nzh = "是。"\nen = "Yes."\n', encoding="utf-8")
    (tmp_path / "notebooks/own.ipynb").write_text('{"cells": []}', encoding="utf-8")
    told = [problem for problem in notebook_problems(Project(tmp_path), frozenset()) if "words" in problem.file]
    assert len(told) == 1
    assert found in str(told[0])


def test_shared_sentences_are_said_once(tmp_path):
    """A group takes shared sentences in by name; its own go before them; an unknown group is named."""
    (tmp_path / "shared.toml").write_text('[said]\nzh = "是。"\nen = "Yes."\n', encoding="utf-8")
    own = '[a]\nshared = ["said"]\n[a.other]\nzh = "否。"\nen = "No."\n'
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    groups, problems = wordings_of(tmp_path / "own.toml")
    assert problems == []
    assert groups == {"a": {"other": ("否。", "No."), "said": ("是。", "Yes.")}}


def test_an_edit_of_words_builds_the_report_anew(tmp_path):
    """Own and shared sentences are inputs of a report; those of others are not."""
    before = words_hash(tmp_path, "own")
    (tmp_path / "other.toml").write_text("[a]\n", encoding="utf-8")
    assert words_hash(tmp_path, "own") == before
    (tmp_path / "own.toml").write_text("[a]\n", encoding="utf-8")
    after = words_hash(tmp_path, "own")
    assert after != before
    (tmp_path / "shared.toml").write_text("[b]\n", encoding="utf-8")
    assert words_hash(tmp_path, "own") != after


def test_a_missing_file_or_group_is_named(tmp_path, monkeypatch):
    """One message, no traceback of ours."""
    from planbrief.display import wordings

    monkeypatch.chdir(NOTEBOOKS)
    with pytest.raises(WordsError, match="no_such_report"):
        wordings("no_such_report")
    with pytest.raises(UnknownName, match="wording"):
        _ = wordings("profile").wordng

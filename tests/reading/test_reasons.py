"""Every rule and doubt that the grammar can name has words in both languages."""

import re
from pathlib import Path

import pytest

import planbrief.reading.grammar
from planbrief.reading import decisions
from planbrief.reading.grammar import numerals
from planbrief.reading.grammar.wordlists import words

GRAMMAR = Path(planbrief.reading.grammar.__file__).parent


def source(name):
    """Source text of a module of the grammar."""
    return (GRAMMAR / f"{name}.py").read_text(encoding="utf-8")


def test_doubts_have_words():
    """Each doubt that the grammar names can be said, and costs something."""
    named = set(re.findall(r'doubts?(?:\.append\(|=\[)"(\w+)"', "".join(map(source, ("prose", "subjects", "clauses")))))
    assert len(named) > 12
    assert named <= set(words("reasons")["doubt"])
    assert all(0 < cost < 1 for _, _, cost in words("reasons")["doubt"].values())
    assert decisions._UNKNOWN


def test_reasons_for_leaving_out_have_words():
    """Each rule of exclusion can be said."""
    rules = {rule for _, rule, *_ in numerals._rules()}
    assert rules <= set(words("reasons")["reason"])


@pytest.mark.parametrize(
    ("module", "pattern", "table"),
    [
        ("changes", r'Kind\(\s*"\w+", "(\w+)"', "kind"),
        ("changes", r'Change\("\w+", [^,]+, "(\w+)"', "transformation"),
        ("subjects", r'Subject\([^()]*(?:\([^()]*\)[^()]*)*, "(\w+)"[,)]', "indicator_phrase"),
    ],
)
def test_rules_have_words(module, pattern, table):
    """Each rule that decides a cell can be said in both languages."""
    rules = set(re.findall(pattern, source(module)))
    assert rules
    assert rules <= set(words("reasons")[table])


def test_words_stand_in_both_languages():
    """Two wordings each, none empty."""
    for table in words("reasons").values():
        assert all(len(said) in (2, 3) and all(said) for said in table.values())

"""Sentence templates: strict, inert, and honest about what is wrong."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.display.language import TemplateError, agree, digits_in_template, fields, parse


def test_names_braces_and_emphasis():
    """{name} is a value, {{ }} are braces, ** switches emphasis."""
    pieces = parse("a {{b}} **{c} d** e")
    assert [(piece.text, piece.field, piece.strong) for piece in pieces] == [
        ("a {b} ", False, False),
        ("c", True, True),
        (" d", False, True),
        (" e", False, False),
    ]


@pytest.mark.parametrize(
    "bad", ["{a.b}", "{a[0]}", "{a!r}", "{a:.2f}", "{}", "{ a }", "{0}", "a { b", "a } b", "{__class__}"]
)
def test_anything_but_a_plain_name_is_refused(bad: str):
    """No attribute access, conversion or format reaches a value."""
    with pytest.raises(TemplateError, match="plain"):
        parse(bad)


def test_disagreement_names_sentence_and_allowed_names():
    """An unknown or unused name is an error that says where and what would be right."""
    with pytest.raises(
        TemplateError, match=r"profile, say\(\) number 3: no value for \{rat\} .*allowed here: rate, level"
    ):
        agree(["{rat}"], ["rate", "level"], "profile, say() number 3")
    with pytest.raises(TemplateError, match="'level' is given but not used"):
        agree(["{rate}", "{rate}"], ["rate", "level"], "here")


def test_the_error_survives_pickling():
    """Errors cross process borders with their fields."""
    error = TemplateError("here", "{a}", "no value", ("b",))
    assert pickle.loads(pickle.dumps(error)).allowed == ("b",)


@pytest.mark.parametrize(
    ("template", "digits"),
    [
        ("增长{rate}，达到1000亿元", ("1000",)),
        ("5+2+3产业", ()),
        ("R&D2 and {a}", ()),
        ("由{a}到{b}", ()),
        ("73.8%", ("73.8",)),
    ],
)
def test_typed_numbers_are_found(template: str, digits: tuple[str, ...]):
    """check reports numbers typed into prose; names of schemes are not numbers."""
    assert digits_in_template(template) == digits


@given(st.text(alphabet=st.characters(exclude_characters="{}*", codec="utf-8")))
def test_text_without_braces_stays_as_it_is(text: str):
    """Hostile or not, literal text comes back literally."""
    assert "".join(piece.text for piece in parse(text)) == text
    assert fields(text) == ()

"""Parameters: values are data, checked against their declaration."""

from __future__ import annotations

import pytest

from planbrief.errors import ParameterError
from planbrief.parameters import Parameter, validate

AREAS = ("fuling", "qijiang")
DECLARED = (
    Parameter("region", "area", required=True),
    Parameter("regions", "areas"),
    Parameter("lang", "text", "zh", allowed=("zh", "en")),
    Parameter("year", "integer", 2035),
    Parameter("rate", "number"),
    Parameter("draft", "flag", False),
    Parameter("note", "text", ""),
)


def test_defaults_are_filled_in_and_text_becomes_typed_data():
    """The command line gives text; numbers, flags and lists arrive as such."""
    given = {"region": "fuling", "regions": "fuling, qijiang", "year": "2030", "rate": "0.5", "draft": "True"}
    assert validate("n", DECLARED, given, AREAS) == {
        "region": "fuling",
        "regions": ["fuling", "qijiang"],
        "lang": "zh",
        "year": 2030,
        "rate": 0.5,
        "draft": True,
        "note": "",
    }


def test_codes_stay_text():
    """A text that looks like a number keeps its leading zero."""
    assert validate("n", DECLARED, {"region": "fuling", "note": "0755"}, AREAS)["note"] == "0755"


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "nowhere"},
        {"region": 3},
        {"region": ["fuling"]},
        {"regions": "fuling,nowhere"},
        {"regions": []},
        {"regions": 3},
        {"lang": "fr"},
        {"year": "2030.5"},
        {"year": True},
        {"year": "9" * 30},
        {"rate": "nan"},
        {"rate": "1e5"},
        {"draft": "yes"},
        {"note": "two\nlines"},
        {"note": "\x1b[2J"},
        {"note": "x" * 201},
        {"other": "1"},
        {"__import__('os')": "1"},
    ],
)
def test_anything_else_is_refused(wrong):
    """A value of the wrong kind never reaches a notebook."""
    with pytest.raises(ParameterError, match="expected"):
        validate("n", DECLARED, {"region": "fuling", **wrong}, AREAS)


def test_a_required_parameter_is_required():
    """Leaving it out says what would be right."""
    with pytest.raises(ParameterError, match="found nothing; expected an area"):
        validate("n", DECLARED, {}, AREAS)

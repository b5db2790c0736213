"""Numbers in a text: tokens, Chinese numerals, what a printed form can stand for, lines and columns."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planbrief.targets import load
from planbrief.targets.wording import TOKEN, Places, digits_value, printable, read, tokens


@pytest.mark.parametrize(
    ("printed", "unit", "values", "comparator"),
    [
        ("142.8", "亿元", ["142.8"], ""),
        ("1,200", "亿元", ["1200"], ""),
        ("２８", "个", ["28"], ""),
        ("千亿级", "亿元", ["1000"], "ge"),
        ("千億級", "亿元", ["1000"], "ge"),
        ("千亿", "亿立方米", ["1000"], ""),
        ("二个千亿级", "亿元", ["2", "1000"], "ge"),
        ("一个三百亿级", "亿元", ["1", "300"], "ge"),
        ("三倍以上", "倍", ["3"], "ge"),
        ("一倍", "倍", ["1"], ""),
        ("四", "个", ["4"], ""),
        ("两", "条", ["2"], ""),
        ("十", "个", ["10"], ""),
        ("二十六", "届", ["26"], ""),
        ("百余", "个", ["100"], "ge"),
        ("千余", "家", ["1000"], "ge"),
        ("近百", "家", ["100"], "approx"),
        ("首", "位", ["1"], ""),
        ("第一", "位", ["1"], ""),
        ("百分之五", "%", ["5"], ""),
        ("三成", "%", ["30"], ""),
        ("三成", "成", ["3"], ""),
        ("1/3以上", "", ["0.3333", "0.333", "0.33"], "ge"),
        ("1/4", "%", ["25"], ""),
        ("1/10", "成", ["1"], ""),
        ("三分之二", "%", ["66.67", "66.7", "67"], ""),
        ("2025/2026", "", ["2025", "2026"], ""),
        ("——", "%", [], ""),
        ("完成省政府下达目标任务", "%", [], ""),
    ],
)
def test_a_printed_form_is_read(printed: str, unit: str, values: list[str], comparator: str) -> None:
    """Digits, Chinese numerals, size classes and ranks give their values and the bound they name."""
    reading = read(printed, unit)
    assert [format(value.normalize(), "f") for value in reading.values] == values
    assert reading.comparator == comparator


@pytest.mark.parametrize("joint", ["—", "-", "~", "～", "至", "–", " — "])
def test_a_range_has_two_ends(joint: str) -> None:
    """Two numbers with a dash between them are one range."""
    reading = read(f"50{joint}100", "万人")
    assert (reading.values, reading.upper, reading.comparator) == ((Decimal(50),), Decimal(100), "range")


def test_the_bound_of_a_size_class_is_not_that_of_the_number_of_clusters() -> None:
    """In 二个千亿级 two is exact and 1000 is at least."""
    reading = read("二个千亿级", "亿元")
    assert reading.bound_of(Decimal(2)) == ""
    assert reading.bound_of(Decimal(1000)) == "ge"


def test_every_shipped_value_follows_from_its_printed_form(root: Path) -> None:
    """obs_value, upper_value and comparator of every row are what value_text says."""
    rows = load(root).package["observations"].rows
    assert len(rows) > 600
    for row in rows:
        values = row.values
        fallen = values["obs_value"].startswith("-")
        reading = read(values["value_text"], values["unit_measure"]).signed(fallen)
        if values["obs_status"] in ("M", "O"):
            assert not reading.values
            continue
        assert Decimal(values["obs_value"]) in reading.values, values["obs_id"]
        assert reading.bound_of(Decimal(values["obs_value"])) in ("", values["comparator"]), values["obs_id"]
        assert (str(reading.upper) if reading.upper else "") == values["upper_value"]


@given(st.decimals(0, 10**9, places=2))
def test_thousands_commas_do_not_change_a_number(value: Decimal) -> None:
    """A number reads the same with and without separators."""
    assert digits_value(f"{value:,}") == digits_value(str(value)) == value


@given(st.text(alphabet="a三,.5１\n ", max_size=80))
def test_tokens_are_the_matches_of_the_contract(text: str) -> None:
    """Each token is a slice of the text, in order, without overlap, and nothing numeric is between them."""
    end = 0
    for token in tokens(text):
        assert text[token.start : token.end] == token.text
        assert TOKEN.search(text[end : token.start]) is None
        end = token.end
    assert TOKEN.search(text[end:]) is None


@given(st.text(alphabet="ab\n\r文", max_size=60), st.data())
def test_line_and_column_lead_back_to_the_offset(text: str, data: st.DataObject) -> None:
    """Counting lines by line feeds and columns from 1 finds the offset again."""
    offset = data.draw(st.integers(0, len(text)))
    spot = Places(text).spot(offset)
    lines = text.split("\n")
    assert sum(len(line) + 1 for line in lines[: spot.line - 1]) + spot.column - 1 == offset


def test_an_excerpt_cannot_command_the_terminal() -> None:
    """Escape sequences of a hostile source are shown, not obeyed, and the excerpt stays on its line."""
    text = "first\nvalue \x1b[31m 42 亿元\nlast"
    start = text.index("42")
    excerpt = Places(text).excerpt(start, start + 2)
    assert "⟦42⟧" in excerpt
    assert "\x1b" not in excerpt
    assert "first" not in excerpt
    assert "last" not in excerpt
    assert printable("a\u202eb") == "a\ufffdb"

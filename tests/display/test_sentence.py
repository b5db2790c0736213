"""Sentences: two templates, figures with their pedigree, errors that help."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from planbrief.display import say, tell
from planbrief.display.document import run_text
from planbrief.display.language import TemplateError
from planbrief.display.outputs import runs
from planbrief.display.sentence import Listed, NoWording, UnusableValue
from planbrief.display.state import NoPage, _current
from planbrief.measures.figures import Figure
from planbrief.targets.names import Label

RATE = Figure("t/rate", 1 / 3, "rate", observations=("testville-plan-2024-00100",), formula="(4 ÷ 3) − 1")
LEVEL = Figure("t/level", 100, "level", "亿元", ("testville-plan-2024-00100",))


def test_a_sentence_in_each_language(open_test_page, blocks):
    """The same call reads naturally in both languages and carries its figures."""
    texts = []
    for lang in ("zh", "en"):
        open_test_page(lang)
        say(
            zh="{place}由{level}起，**年均{rate}**。",
            en="{place} starts at {level}: **{rate} a year**.",
            place=Label("试城", "Testville"),
            level=LEVEL,
            rate=RATE,
        )
        block = blocks("sentence")[-1]
        texts.append(run_text(runs(block["runs"])))
    assert texts == [
        "试城由100 亿元起，年均33.3%。",
        "Testville starts at 10 billion yuan (100 亿元): 33.3% a year.",
    ]
    figure = next(run for run in block["runs"] if run.get("figure", {}).get("key") == "t/rate")
    assert figure["strong"]
    assert figure["figure"]["formula"] == "(4 ÷ 3) − 1"
    assert figure["figure"]["observations"] == ["testville-plan-2024-00100"]


def test_names_of_measures_have_a_small_letter_inside_an_english_sentence(open_test_page, blocks):
    """The share of gross output, but Gross output where a sentence begins; places, GDP and R&D keep their capital."""
    page = open_test_page("en")
    page.ds.indicators.loc[page.ds.indicators.index[0], "name_en"] = "Gross output"
    name, place = Label("总产值", "Gross output (R&D)"), Label("试城园区", "Industrial parks")
    say(zh="{name}{place}", en="{name}: {name}. The share of {name} in {place}.", name=name, place=place)
    assert run_text(runs(blocks("sentence")[-1]["runs"])) == (
        "Gross output (R&D): Gross output (R&D). The share of gross output (R&D) in Industrial parks."
    )


def test_printed_digits_come_from_the_source(open_test_page, blocks):
    """A figure that is one observation is shown with the digits that its source prints."""
    page = open_test_page("zh")
    page.ds.package["observations"].by_key["testville-plan-2024-00100"].values["obs_value"] = "100.0"
    say(zh="{a}", en="{a}", a=LEVEL)
    assert run_text(runs(blocks("sentence")[-1]["runs"])) == "100.0 亿元"


def test_hostile_text_stays_text(open_test_page, shown):
    """Markup and templates inside values are shown, not obeyed."""
    open_test_page("en")
    evil = "<script>alert(1)</script> {rate} **x** #import $x$"
    say(zh="{a}", en="{a}", a=evil)
    bundle = shown[-1]
    assert bundle["text/plain"] == evil
    assert "<script>" not in bundle["text/html"]


@pytest.mark.parametrize(
    ("value", "found"), [(0.738, "float"), (None, "None"), (True, "True"), ([1], "list"), (math.nan, "nan")]
)
def test_values_without_wording_are_refused(open_test_page, value: Any, found: str):
    """A bare number would be rounded by nobody: the error says to pass the Figure."""
    open_test_page("zh")
    with pytest.raises(UnusableValue, match=rf"value 'x' is .*{found}"):
        say(zh="{x}", en="{x}", x=value)


def test_years_and_counts_as_whole_numbers(open_test_page, blocks):
    """2026 is a year, 12500 is a count."""
    open_test_page("en")
    say(zh="{y}{n}", en="{y}: {n}", y=2026, n=12500)
    assert run_text(runs(blocks("sentence")[-1]["runs"])) == "2026: 12,500"


def test_templates_must_agree(open_test_page):
    """A name that one language lacks is an error, not a silent gap."""
    open_test_page("zh")
    with pytest.raises(TemplateError, match=r"profile, say\(\) number 1: value 'a' is given but not used"):
        say(zh="{a}", en="nothing", a="x")


def test_a_sentence_needs_a_page():
    """say() before begin() says what to do."""
    _current.clear()
    with pytest.raises(NoPage, match=r"call pb\.page"):
        say(zh="x", en="x")


@dataclass(frozen=True)
class Headline:
    rule: str
    figures: dict[str, Any] = field(default_factory=dict)


def test_headlines_follow_the_wording_of_the_notebook(open_test_page, blocks):
    """tell() words each rule, leaves out what is None, stops at the limit and refuses unknown rules."""
    open_test_page("en")
    found = [Headline("steep", {"rate": RATE, "more": LEVEL}), Headline("dull"), Headline("steep", {"rate": RATE})]
    wording = {"steep": ("增长{rate}", "grows {rate}"), "dull": None}
    tell(found, wording)
    tell(found, wording, limit=1)
    assert [run_text(runs(block["runs"])) for block in blocks("sentence")] == ["grows 33.3%"] * 3
    with pytest.raises(NoWording, match="no sentence for rule 'new'"):
        tell([Headline("new")], wording)


def test_a_list_of_figures_is_one_value(open_test_page, blocks):
    """Things of one kind are joined by the language's own commas, each figure with its pedigree."""
    items = tuple({"when": Label(f"{year}年", str(year)), "rate": RATE} for year in (2026, 2027, 2028))
    texts = []
    for lang in ("zh", "en"):
        open_test_page(lang)
        say(zh="依次为{rates}。", en="In turn: {rates}.", rates=Listed(("{when}{rate}", "{rate} in {when}"), items))
        texts.append(run_text(runs(blocks("sentence")[-1]["runs"])))
    assert texts == [
        "依次为2026年33.3%、2027年33.3%、2028年33.3%。",
        "In turn: 33.3% in 2026, 33.3% in 2027 and 33.3% in 2028.",
    ]
    assert sum("figure" in run for run in blocks("sentence")[-1]["runs"]) == 3

"""What a brief opens with: definitions of achieved growth, counts without zeros, undated goals, main findings."""

from __future__ import annotations

import pytest
from targets.factory import INDICATORS, make_dataset, observation

from planbrief.display.language import pick
from planbrief.display.sentence import inside
from planbrief.display.views.brief import audits, elsewhere, key_numbers
from planbrief.display.views.checks import weight
from planbrief.display.views.opening import (
    main_findings,
    opening,
    stories,
    undated_words,
    without_dates,
)
from planbrief.measures.audit.model import Audit, Finding
from planbrief.measures.headlines import headlines
from planbrief.targets import load
from planbrief.targets.names import Label


@pytest.fixture(scope="module")
def shipped():
    """The data of the package with its audits and headlines."""
    ds = load()
    made = audits(ds, ds.cities())
    return ds, made, opening(ds, headlines(ds, ds.cities(), made))


def finding(rule: str, severity: str, discrepancy: float = 1.0, unit: str = "") -> Finding:
    """A finding as an audit gives it."""
    return Finding(f"{rule}/{discrepancy}", rule, severity, (), {}, "key", discrepancy, 1.0, unit)  # type: ignore[arg-type]


def test_achieved_growth_says_what_it_is(shipped):
    """Qijiang's 10.2 % is real growth on the year before; the pace of a sector is computed."""
    _, _, found = shipped
    achieved = next(one for one in found if one.rule == "achieved_growth" and one.region == "qijiang").figures
    assert achieved["rate"].value == pytest.approx(0.102)
    assert achieved["name"] == Label("工业增加值增速", "growth of industrial value added")
    assert achieved["definition"].zh == "同比增速，扣除价格因素"
    assert achieved["definition"].en == "growth on the year before, in real terms"
    beside = next(one for one in found if one.rule == "growth_beside_not_comparable").figures
    assert beside["definition"].en == "computed from printed figures"


def test_what_was_checked_comes_out_whole_and_counts_of_zero_are_not_told(shipped):
    """Relations that hold and those left over make all; the questions of every kind make all questions."""
    _, _, found = shipped
    told = {one.region: one for one in found if one.rule.startswith("inconsistenc")}
    large, small = told["bazhong"].figures, told["fuling"]
    assert large["agreeing"].value + large["open"].value == large["checked"].value
    counts = [item["count"].value for item in large["kinds"].items]
    assert sum(counts) == large["findings"].value
    assert len(counts) == 3  # nothing is implausible there
    assert large["kinds"].items[0]["what"].en == "do not add up"
    assert small.rule == "inconsistencies_one"
    assert [item["what"].en for item in small.figures["kinds"].items] == ["looks implausible"]


def test_goals_without_a_date_are_listed(shipped):
    """Qijiang's one goal in full, the broadest of the others with the number of all."""
    ds, _, _ = shipped
    words = {one.region: one for one in undated_words(ds, ds.cities(), each=("{name}{value}", "{name}, {value}"))}
    assert set(words) == {"bazhong", "qijiang", "fuling"}
    assert words["qijiang"].rule == "undated_all"
    (goal,) = words["qijiang"].figures["goals"].items
    assert (goal["value"].value, goal["value"].comparator) == (1000, "ge")
    assert words["fuling"].rule == "undated_some"
    assert words["fuling"].figures["count"].value == 6


def test_cities_without_dates_share_a_sentence(shipped):
    """Three cities, one sentence; none where every city has a dated target."""
    _, _, found = shipped
    (one,) = without_dates(found)
    assert one.figures["area"].zh == "綦江区、涪陵区和肇庆市"
    assert without_dates([]) == []


def test_names_inside_a_sentence():
    """Common nouns lose their capital, abbreviations and proper names keep it."""
    ds = make_dataset()
    assert inside(ds, Label("", "Gross output (Advanced materials)")).en == "gross output (advanced materials)"
    assert inside(ds, Label("", "R&D expenditure")).en == "R&D expenditure"
    assert inside(ds, Label("", "Testville parks")).en == "Testville parks"


def test_findings_of_many_families():
    """One of each family, money and the widest gap first, two fifths left for what is implausible."""
    made = {
        "a": Audit(
            [
                finding("parts_total", "inconsistent", 2.0),
                finding("parts_total", "inconsistent", 9.0),
                finding("parts_total", "inconsistent", 3.0, "亿元"),
                *(finding(rule, "inconsistent") for rule in ("stated_share", "milestones", "printed_twice")),
                *(finding(rule, "implausible") for rule in ("implied_total", "magnitude", "milestones")),
            ],
            [],
        )
    }
    chosen = main_findings(made, limit=5)
    assert [one.severity for one in chosen] == ["inconsistent"] * 3 + ["implausible"] * 2
    assert len({(one.severity, one.rule) for one in chosen}) == 5
    assert main_findings({}, limit=5) == []


def test_weightier_findings_stand_first(shipped):
    """Parts that exceed their whole by tens of percent come before a share that is off in its last digit."""
    _, made, _ = shipped
    chosen = main_findings({"bazhong": made["bazhong"]}, limit=6)
    wrong = [weight(one) for one in chosen if one.severity == "inconsistent"]
    assert wrong == sorted(wrong, reverse=True)
    rules = [one.rule for one in chosen]
    assert rules.index("parts_total") < rules.index("stated_share")


def test_key_numbers_of_the_place_with_most_goals(shipped):
    """Key numbers end at the last target, start from an actual value, and a few of each kind are taken."""
    ds, _, _ = shipped
    numbers = key_numbers(ds, ds.cities())
    assert numbers is not None
    assert 3 <= len(numbers.items) <= 6
    for number in numbers.items:
        assert number.value is number.points[-1]
        assert number.values["start"] is number.points[0]
    kinds = [number.value.measure for number in numbers.items]
    assert kinds.count("share") <= 3
    assert kinds.count("level") <= 4
    assert key_numbers(ds, ["qijiang"]) is None  # no goal with a year: no key numbers


def test_other_places_speak_in_a_clause_each(shipped):
    """Places beside the one that the page is about get at most two facts each, all of them printed."""
    ds, _, found = shipped
    (one,) = elsewhere(ds, ds.cities(), found, "bazhong")
    items = one.figures["places"].items
    assert [pick(item["area"], "en") for item in items] == ["Qijiang District", "Fuling District", "Zhaoqing"]
    assert all(1 <= len(item["facts"].items) <= 2 for item in items)
    assert all(fact["value"].observations for item in items for fact in item["facts"].items)
    assert elsewhere(ds, ["bazhong"], found, "bazhong") == []


def test_of_several_places_each_is_named_and_has_a_word_before_one_has_two(shipped):
    """Three provinces whose product is to grow: three sentences begin with their own place, and so do key numbers."""
    ds, _, _ = shipped
    provinces = ["sichuan", "guangdong", "chongqing"]
    told = stories(ds, provinces, limit=3)
    assert [one.region for one in told] == provinces
    for one in told:
        assert pick(one.figures["name"], "zh").startswith(pick(one.figures["area"], "zh"))
        assert pick(one.figures["name"], "en").startswith(f"{pick(one.figures['area'], 'en')}, growth")
    assert not pick(stories(ds, ["sichuan"], limit=1)[0].figures["name"], "zh").startswith("四川")
    numbers = key_numbers(ds, provinces)
    assert all(number.label[0].startswith("广东省：") for number in numbers.items)


def test_an_aim_without_an_earlier_value_is_a_key_number_all_the_same():
    """What an economy is judged by is shown; where nothing earlier is printed, the number says so."""
    retail = {**INDICATORS[0], "indicator": "retail_sales_growth", "aggregation": "rate", "unit_measure": "%"}
    row = observation(
        100,
        5,
        indicator="retail_sales_growth",
        time_period="2026",
        kind="target",
        transformation="yoy",
        unit_measure="%",
    )
    numbers = key_numbers(make_dataset(observations=[row], indicators=[retail]), ["testville"])
    assert numbers is not None
    (number,) = numbers.items
    assert (number.value.value, number.note[1], number.values) == (5, "no earlier value is printed", {})

"""The audit as a page: counts that tally, questions with their arithmetic and places, everything that agrees."""

from __future__ import annotations

import pytest
from measures.audit.town import changed, rows, town

from planbrief.display.language import pick
from planbrief.display.views.checks import agreements, exhibits, notes_by_rule, outcomes_table
from planbrief.measures.audit import SEVERITIES, audit, audit_tables
from planbrief.measures.figures import Figure
from planbrief.measures.headlines import arithmetic, audit_headlines, identity_name, weightiest
from planbrief.targets import load
from planbrief.targets.frames import answer
from planbrief.targets.package import Row

CITIES = ("bazhong", "qijiang", "fuling", "zhaoqing")


@pytest.mark.parametrize("region", CITIES)
def test_counts_tally(region):
    """The opening counts what the tables list, for a city with much data and with little."""
    ds = load()
    found = audit(ds, region)
    said = {headline.rule: headline.figures for headline in audit_headlines(ds, region, found)}
    opening = next(iter(said.values()))
    assert opening["checked"].value == len(found.checked)  # type: ignore[union-attr]
    assert opening["findings"].value == len(found)  # type: ignore[union-attr]
    counted = sum(int(said[s]["count"].value) for s in SEVERITIES if s in said)  # type: ignore[union-attr]
    assert counted == len(found)
    shown = outcomes_table(region, found)
    assert shown is not None
    last = [cell.value.value for cell in shown.rows[-1][1:]]  # type: ignore[attr-defined]
    assert last[:2] == [len(found.checked), len(found.agreeing)]


def test_the_rule_of_the_opening_follows_the_outcome():
    """A plan that adds up is said to add up."""
    ds = town(rows())
    found = audit(ds, "testville")
    rules = [headline.rule for headline in audit_headlines(ds, "testville", found)]
    assert rules[0] == ("all_agree" if not found else "checked")
    empty = audit(ds, "testdistrict")
    assert not empty.checked or audit_headlines(ds, "testdistrict", empty)


def test_one_open_relation_has_its_own_sentence():
    """“The other 1” is no English: Fuling's single question is worded as one."""
    ds = load()
    found = audit(ds, "fuling")
    assert len(found.checked) - len(found.agreeing) == 1
    assert audit_headlines(ds, "fuling", found)[0].rule == "all_but_one"


def test_every_question_has_its_figures_with_their_places():
    """Each of the figures behind a question stands in its table, with where it is printed."""
    ds = load()
    found = audit(ds, "bazhong")
    for severity in ("inconsistent", "implausible", "not_comparable"):
        for one in exhibits(ds, "bazhong", found, severity):  # type: ignore[arg-type]
            if one.figures is None:  # one figure, or names: the sentence holds them
                assert len(one.finding.items) == 1 or all(not item.observation for item in one.finding.items)
                continue
            assert len(one.figures.rows) == len(one.finding.items)
            for row in one.figures.rows:
                assert pick(row[-1].value, "zh")  # type: ignore[arg-type]
            assert one.title.zh.partition(".")[0].isdigit()


def test_a_citys_audit_reads_no_other_citys_rows():
    """Hundreds of plans of real size: a page that reads every row takes longer with each of them."""
    ds = load()
    found = audit(ds, "bazhong")
    shown = [one.figures for severity in SEVERITIES for one in exhibits(ds, "bazhong", found, severity)]
    assert any(shown)
    assert list(agreements(ds, "bazhong", found))
    rows = [row for read in ds.reads for row in answer(ds.package, read) if isinstance(row, Row)]
    sources = {row.values["source_id"] for row in rows if "obs_id" in row.values}
    assert {ds.about(source) for source in sources} == {"bazhong"}


def test_arithmetic_shows_the_sum_the_gap_and_the_tolerance():
    """A part raised by ten gives the sum of the parts, its excess, and half the last digits."""
    ds = town(changed({160: {"obs_value": "60", "value_text": "60"}}))
    found = audit(ds, "testville")
    finding = next(f for f in found if f.rule == "parts_total" and f.severity == "inconsistent")
    (sums,) = arithmetic(finding)
    assert sums.rule == "sums_1_tolerance"
    assert sums.figures["formula_1"].zh == "60 + 60"  # type: ignore[union-attr]
    gap, tolerance = sums.figures["discrepancy"], sums.figures["tolerance"]
    assert isinstance(gap, Figure)
    assert isinstance(tolerance, Figure)
    assert (gap.value, gap.unit, tolerance.value) == (20, "亿元", 1.5)


def test_the_largest_gaps_come_first():
    """Contradictions in money, largest gap first."""
    found = weightiest(audit(load(), "bazhong"))
    assert [round(f.discrepancy) for f in found] == [150, 100, 88]


def test_everything_that_agrees_is_listed():
    """Each identity that holds stands in one of the tables; milestones of one path share a row."""
    ds = load()
    found = audit(ds, "bazhong")
    listed = [table for _, table in agreements(ds, "bazhong", found)]
    rows_listed = sum(len(table.rows) for table in listed)
    paths = [one for one in found.agreeing if one.rule == "milestones"]
    assert len(found.agreeing) - len(paths) <= rows_listed <= len(found.agreeing)
    behind = {obs for table in listed for obs in table.observations()}
    assert {obs for one in found.agreeing for obs in one.observations} <= behind


def test_names_of_checks_say_what_was_checked():
    """A declared relation is named by its two sides, shares of a whole by the whole."""
    ds = load()
    relations = audit_tables(ds).relations
    names = {one.id: identity_name(ds, one, relations) for one in audit(ds, "bazhong").checked}
    assert "gross output of above-designated" in names["parts_total/bazhong/leading_industries_in_industry/2026"].en
    whole = next(name for key, name in names.items() if key.startswith("stated_share/bazhong/sector_structure"))
    assert "Three sectors" in whole.en


def test_notes_stand_by_family():
    """All notes, each once."""
    found = audit(load(), "bazhong")
    assert sum(len(notes) for _, notes in notes_by_rule(found)) == len(found.of("note"))

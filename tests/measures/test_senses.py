"""Bounds keep their sense: every rule over all comparators, directions, signs and forms of change."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from targets.factory import INDICATORS, UNITS, make_dataset, observation, table

from planbrief.display import open_page, state
from planbrief.display.charts.chart import chart_block
from planbrief.display.document import Chart, run_text
from planbrief.display.language import messages
from planbrief.display.outputs import written
from planbrief.display.sentence import sentence_runs
from planbrief.display.table import table_block
from planbrief.display.views import checks, databook, facts, growth, needs
from planbrief.display.views.opening import derived_table, story
from planbrief.measures import tables
from planbrief.measures.audit import SEVERITIES, audit
from planbrief.measures.headlines import headlines
from planbrief.measures.insights import insights
from planbrief.measures.tables import progress_table

COMPARATORS = ("eq", "ge", "gt", "le", "lt", "approx", "range")
UNEMPLOYMENT = {
    **INDICATORS[1],
    "indicator": "jobless",
    "name_zh": "试失业率",
    "name_en": "Test unemployment rate",
    "concept": "employment",
    "aggregation": "rate",
}


class Page:
    """What a sentence needs of a page."""

    def __init__(self, ds, lang: str) -> None:
        self.ds, self.lang, self.figures = ds, lang, {}

    def printed(self, figure) -> str:
        """Nothing is printed elsewhere."""
        return ""

    def use(self, observations) -> None:
        """Nothing is listed."""


def share(start: int, value: float, year: str, comparator: str = "eq", **fields) -> dict:
    """One value of the unemployment rate."""
    what = {"indicator": "jobless", "unit_measure": "%", "transformation": "level", "time_period": year}
    return observation(start, value, comparator=comparator, **{**what, **fields})


def town(direction: str, *rows: dict):
    """A data set with the unemployment rate, good to rise or to fall."""
    return make_dataset(observations=list(rows), indicators=[*INDICATORS, {**UNEMPLOYMENT, "direction": direction}])


@pytest.mark.parametrize("direction", ["increase", "decrease", "none"])
@pytest.mark.parametrize("comparator", ["le", "lt"])
def test_a_ceiling_that_is_kept_is_no_aim(direction, comparator):
    """5 % 以内 after 4.2 %: no largest change, nothing against the expected direction, no growth, no completion."""
    ds = town(
        direction,
        share(100, 4.2, "2023"),
        share(110, 4.4, "2024"),
        share(120, 5, "2025", comparator, kind="target"),
    )
    assert "largest_share_change" not in {h.rule for h in headlines(ds, ["testville"])}
    assert [f for f in audit(ds, "testville") if "direction" in f.message and "2025" in f.id] == []
    planned = tables.growth_table(ds, "testville").query("stage == 'planned'")
    assert planned["change_pp"].isna().all()
    assert set(planned["undefined"]) == {"bound_kept"}
    assert "bound_kept" in {i.rule for i in insights(ds, "testville")}


def test_a_kept_ceiling_counts_as_met_and_a_broken_one_does_not():
    """4.6 % keeps 5 %以内, 5.3 % does not; neither is a completion of a rise."""
    for latest, met in ((4.6, True), (5.3, False)):
        ds = town(
            "decrease",
            share(100, 4.2, "2023"),
            share(120, 5, "2026", "le", kind="target"),
            share(130, latest, "2025", source_id="testville-plan-2024"),
        )
        found = progress_table(ds, "testville")
        # the latest value before the target's year is the base; a document of 2024 knew 2023
        (row,) = found.to_dict("records")
        assert bool(row["already_met"]) is met
        assert math.isnan(row["completion"])


def test_a_ceiling_below_the_base_asks_for_a_fall():
    """5 % 以内 after 6 %: at least one point less."""
    ds = town("decrease", share(100, 6, "2023"), share(120, 5, "2025", "le", kind="target"))
    (row,) = tables.growth_table(ds, "testville").query("stage == 'planned'").to_dict("records")
    assert row["change_pp"] == -1
    assert "largest_share_change" in {h.rule for h in headlines(ds, ["testville"])}


@pytest.mark.parametrize(
    ("start", "target"),
    [
        ({"value": 3, "comparator": "ge"}, (5, "le")),
        ({"value": 7, "comparator": "lt"}, (5, "ge")),
        ({"value": 3, "comparator": "range", "upper_value": 6}, (5, "le")),
        ({"value": 3, "comparator": "range", "upper_value": 6}, (5, "gt")),
    ],
)
def test_a_start_that_may_or_may_not_keep_a_bound_says_nothing(start, target):
    """At least 3 % may be 6 %: before 5 % 以内 it is neither kept nor a change, in no table, headline or insight."""
    value, comparator = target
    ds = town(
        "decrease",
        share(100, year="2024", **start),
        share(120, value, "2027", comparator, kind="target"),
        share(130, **start, year="2025", source_id="testville-plan-2024"),
    )
    planned = tables.growth_table(ds, "testville").query("stage == 'planned'")
    assert planned["change_pp"].isna().all()
    assert set(planned["undefined"]) == {"bound_open"}
    reached = progress_table(ds, "testville")
    assert not reached["already_met"].any()
    assert reached["completion"].isna().all()
    assert set(reached["undefined"]) <= {"bound_open"}
    told = {i.rule for i in insights(ds, "testville")}
    assert not told & {"bound_kept", "rate_target_above", "rate_target_below"}
    assert "largest_share_change" not in {h.rule for h in headlines(ds, ["testville"])}


def test_about_five_after_five_point_four_has_a_sentence():
    """约5% after 5.4 %: told, as an approximation, and not against the direction."""
    ds = town("increase", share(100, 5.4, "2024"), share(120, 5, "2025", "approx", kind="target"))
    (insight,) = (i for i in story(ds, "testville") if i.rule == "rate_target_below")
    text = run_text(sentence_runs(messages("zh")[insight.message], insight.figures, Page(ds, "zh"), "test"))
    assert "约5%" in text.replace(" ", "")
    assert [f for f in audit(ds, "testville") if "direction" in f.message] == []


def test_a_total_of_at_least_so_much_may_exceed_its_parts_and_be_exceeded():
    """Parts of 60 and 50 do not contradict a whole of 100 or more; a whole of at most 100 they do."""
    parts = [
        observation(100 + i, value, activity=name, time_period="2026", kind="target")
        for i, (value, name) in enumerate(((60, "test_a"), (50, "test_b")))
    ]
    for comparator, found in (("ge", 0), ("gt", 0), ("le", 1), ("eq", 1)):
        whole = observation(120, 100, activity="all_test", time_period="2026", kind="target", comparator=comparator)
        ds = make_dataset(observations=[whole, *parts])
        assert len([f for f in audit(ds, "testville") if f.rule == "parts_total"]) == found, comparator


MORE_UNITS = table(
    "unit|dimension|factor|name_zh|name_en",
    "个百分点|percentage_points|1|个百分点|percentage points",
    "倍|multiple|1|倍|times",
)
VALUES = (-12.5, 0.0, 8.0)
FORMS = (
    *({"transformation": name, "unit_measure": unit, "time_period": "{}"} for name, unit in
      (("level", "亿元"), ("share", "%"), ("yoy", "%"), ("avg_annual", "%"), ("difference", "亿元"), ("rank", "个"),
       ("contribution", "%"), ("difference_pp", "个百分点"), ("increase_multiple", "倍"), ("ratio_to_base", "倍"))),
    {"transformation": "cumulative", "unit_measure": "%", "time_period": "2021/{}"},
    {"transformation": "level", "unit_measure": "亿元", "time_period": "{0}-01/{0}-09"},
    {"transformation": "level", "unit_measure": "亿元", "time_period": "{}-H1"},
)  # fmt: skip


def every_sense(direction: str, comparator: str):
    """All forms, bases and aims of every sign under one comparator and direction, and what of it is a kept ceiling."""
    indicators, rows, kept = [], [], set()
    for number, (form, base, aim) in enumerate(itertools.product(FORMS, VALUES, VALUES)):
        name = f"thing_{number}"
        indicators.append(
            {**INDICATORS[0], "indicator": name, "name_en": name, "name_zh": f"试项{number}", "direction": direction}
        )
        kept |= {name} if comparator in ("le", "lt") and base <= aim else set()
        for start, value, year, kind in (
            (0, base, "2023", "actual"),
            (1, base, "2024", "actual"),
            (2, aim, "2026", "target"),
            (3, aim, "2030", "target"),
        ):
            fields = {**form, "time_period": form["time_period"].format(year), "kind": kind, "indicator": name}
            if start:
                fields |= {"comparator": comparator, "upper_value": str(value + 2) if comparator == "range" else ""}
            rows.append(observation(100 + 10 * number + start, value, **fields))
    return make_dataset(observations=rows, indicators=indicators, units=[*UNITS, *MORE_UNITS]), kept


@pytest.mark.parametrize("direction", ["increase", "decrease", "none"])
@pytest.mark.parametrize("comparator", COMPARATORS)
def test_every_rule_takes_every_sense(direction, comparator):
    """No rule breaks, and no ceiling that is kept is told as a growth that is needed: all forms and signs at once."""
    ds, kept = every_sense(direction, comparator)
    made = audit(ds, "testville")
    told = headlines(ds, ["testville"], {"testville": made})
    growths = tables.growth_table(ds, "testville")
    progress_table(ds, "testville")
    for insight in story(ds, "testville"):
        for lang in ("zh", "en"):
            assert sentence_runs(messages(lang)[insight.message], insight.figures, Page(ds, lang), insight.key)
    planned = growths[
        (growths["stage"] != "achieved") & growths["indicator"].isin(kept) & (growths["start_year"] == 2024)
    ]
    assert planned[["cagr", "change_pp", "increment"]].isna().all(axis=None)
    for headline in told:
        if headline.rule in ("steepest_growth", "biggest_multiple", "largest_share_change"):
            assert headline.figures["name"].en not in kept
    assert not [f for f in made if f.rule == "required_growth" and kept & set(f.id.split("/"))]


#: What the pages of a place show of its data, whatever it is: tables, charts, sentences.
SHOWN = (
    lambda ds, made: [growth.milestone_table(ds, "testville"), growth.milestone_table(ds, "testville", branches=True)],
    lambda ds, made: [needs.path_chart(ds, ["testville"])],
    lambda ds, made: [needs.needs_table(ds, "testville"), needs.rates_view(ds, "testville")],
    lambda ds, made: [derived_table(ds, "testville"), needs.progress_view(ds, "testville")],
    lambda ds, made: [
        facts.theme_facts(ds, "testville"),
        *(t for _, ts in databook.annex(ds, "testville") for t in ts),
    ],
    lambda ds, made: [one.figures for s in SEVERITIES for one in checks.exhibits(ds, "testville", made, s)],
    lambda ds, made: [table for _, table in checks.agreements(ds, "testville", made)],
)


@pytest.mark.parametrize("direction", ["increase", "decrease", "none"])
@pytest.mark.parametrize("comparator", COMPARATORS)
def test_every_table_chart_and_finding_takes_every_sense(direction, comparator):
    """Nothing breaks, both languages have a sentence for every finding, and a cell keeps the sense of its bound."""
    ds, kept = every_sense(direction, comparator)
    made = audit(ds, "testville")
    for lang, finding in itertools.product(("zh", "en"), made):
        assert sentence_runs(messages(lang)[finding.message], finding.numbers, Page(ds, lang), finding.id)
    # Nothing that is aimed at contradicts what was reached where the two may be one value, or where a bound is kept.
    for one in (one for one in made if one.message == "audit.milestones.direction"):
        before, after = (ds.observations.loc[item.observation] for item in one.items)
        assert one.id.split("/")[2] not in kept
        assert (after["obs_value"] - before["obs_value"]) * (1 if direction == "increase" else -1) < 0
    found = [thing for show in SHOWN for thing in show(ds, made) if thing is not None]
    assert found
    for lang, said in zip(("zh", "en"), SAID[comparator], strict=True):
        page = open_page("profile", lang, ds, {"region": "testville"})
        blocks = [written((chart_block if isinstance(thing, Chart) else table_block)(thing, page)) for thing in found]
        assert said in json.dumps(blocks, ensure_ascii=False)
    state._current.clear()


#: How a page says a bound.
SAID = {
    "eq": ("8", "8"),
    "ge": ("以上", "at least"),
    "gt": ("超过", "more than"),
    "le": ("以内", "at most"),
    "lt": ("不足", "less than"),
    "approx": ("约", "about"),
    "range": ("–", "to"),
}

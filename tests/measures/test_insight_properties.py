"""What every insight must hold to, on synthetic cities of many sizes: identities, scale, silence where nothing is."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from targets.factory import make_dataset, observation, table

from planbrief.measures.audit import AuditTables
from planbrief.measures.figures import Figure
from planbrief.measures.insights import insights, model
from planbrief.measures.insights.model import Quantity, derived, growth

HEAD = "indicator|name_zh|name_en|concept|scope|unit_measure|direction|aggregation|theme"
INDICATORS = [
    {"definition": "Synthetic.", "character": "none", **row}
    for row in table(
        HEAD,
        "gdp|试总值|Test product|gdp|whole_economy|亿元|increase|additive|economy",
        "gdp_growth|试增速|Test product growth|gdp|whole_economy|%|increase|rate|economy",
        "mix|试结构|Test structure|gdp|whole_economy|%|none|share|economy",
        "services|试服务|Test services|value_added|services|亿元|increase|additive|services",
        "farming|试农业|Test farming|value_added|agriculture|亿元|increase|additive|agriculture",
        "industry_share|试工业占比|Test industry share|value_added|all_industry|%|increase|share|industry",
        "output|试产值|Test output|gross_output|all_industry|亿元|increase|additive|industry",
        "firms|试企业数|Test firms|enterprise|all_industry|个|increase|count|enterprises",
        "producer_share|试生产占比|Test producer share|value_added|producer|%|increase|share|services",
        "spending_share|试研发占比|Test research share|rd_expenditure|whole_economy|%|increase|share|innovation",
        "spending_growth|试研发增速|Test research growth|rd_expenditure|whole_economy|%|increase|rate|innovation",
    )
]
RELATIONS = AuditTables(
    relations=tuple(
        table(
            "relation|rule|left|sign|right|periods|areas|left_zh|left_en|right_zh|right_en|difference_zh|difference_en|note",
            "product|implied_total|gdp; spending_share; spending_growth|implied_gdp|services + farming; industry_share"
            "|same|same|甲|A|乙|B|||",
            "rate|implied_total|gdp; services + farming; industry_share|value_added_rate|output|same|same|甲|A|乙|B|||",
            "parts|parts_total|output/all_test.*|within|output|same|same|分项|the parts|总量|the whole|||",
            "per_firm|insight|output ÷ firms|ratio|firms|same|same|每户|output per firm|企业|firms|||",
            "producers|parts_total|producer_share × services|within|services|same|same|甲|A|乙|B|||",
        )
    )
)
PERCENT = {"unit_measure": "%", "transformation": "share"}


@pytest.fixture(autouse=True)
def relations(monkeypatch):
    """The synthetic relations stand in for those of a data package."""
    monkeypatch.setattr(model, "audit_tables", lambda ds, sources=None: RELATIONS)


def plan(seed: int, scale: float = 1.0):
    """A city whose targets are drawn at random; money is multiplied by `scale`."""
    draw, rows, place = random.Random(seed), [], 100

    def add(indicator: str, values: list[float], **fields) -> None:
        nonlocal place
        money = "unit_measure" not in fields
        for year, value in zip(("2023", "2026", "2027"), values, strict=False):
            kind = "actual" if year == "2023" else "target"
            printed = round(value * (scale if money else 1), 2)
            rows.append(observation(place, printed, indicator=indicator, time_period=year, kind=kind, **fields))
            place += 20

    def path(base: float) -> list[float]:
        return [base, base * draw.uniform(1.05, 2), base * draw.uniform(2, 4)]

    add("gdp", [1000])
    add("services", path(400))
    add("farming", path(150))
    add("industry_share", [draw.uniform(20, 25), draw.uniform(26, 30), draw.uniform(31, 40)], **PERCENT)
    add("output", path(500))
    for activity in ("test_a", "test_b"):
        add("output", path(200), activity=activity)
    add("firms", [round(value) for value in path(300)], unit_measure="个")
    add("producer_share", [20, draw.uniform(25, 30), draw.uniform(30, 50)], **PERCENT)
    add("spending_share", [1, draw.uniform(1.1, 1.5), 2], **PERCENT)
    add(
        "spending_growth",
        [10, draw.uniform(10, 30), draw.uniform(10, 30)],
        unit_measure="%",
        transformation="avg_annual",
    )
    add("gdp_growth", [draw.uniform(3, 9)], unit_measure="%", transformation="yoy")
    shares, parts = (20.0, 45.0, 35.0), (10.0, 55.0, 35.0)
    for sector, share, part in zip(("primary", "secondary", "tertiary"), shares, parts, strict=True):
        add("mix", [share], activity=sector, **PERCENT)
        add("mix", [part], activity=sector, unit_measure="%", transformation="contribution")
    activities = table(
        "activity|name_zh|name_en|parent|system|exhaustive",
        "all_test|全部试业|All test industries||test|true",
        "test_a|试业甲|Test industry A|all_test|test|false",
        "test_b|试业乙|Test industry B|all_test|test|false",
        *(f"{name}|{name}|{name}||accounts|false" for name in ("primary", "secondary", "tertiary")),
    )
    return make_dataset(observations=rows, indicators=INDICATORS, activities=activities)


def by_rule(ds) -> dict[str, model.Insight]:
    """Insights of the synthetic city by the last parts of their keys."""
    return {insight.key.removeprefix("testville/insights/"): insight for insight in insights(ds, "testville")}


def figures(insight: model.Insight) -> list[Figure]:
    """All figures of an insight."""
    values = [*insight.figures.values(), *(value for step in insight.steps for value in step.values())]
    return [value for value in values if isinstance(value, Figure)]


@pytest.mark.parametrize("seed", range(12))
def test_values_lie_within_their_intervals_and_can_be_followed(seed):
    """Every figure of every insight: value between its ends, observations behind it."""
    found = by_rule(plan(seed))
    assert {"product", "industry", "sector_pace", "rest/producer_share", "ratio/per_firm"} <= set(found)
    for insight in found.values():
        assert 0 < insight.weight <= 1
        for figure in figures(insight):
            assert figure.observations, figure.key
            if math.isfinite(figure.lower):
                assert figure.lower - 1e-9 <= figure.value <= figure.upper + 1e-9, figure.key


@pytest.mark.parametrize("seed", range(6))
def test_identities_hold(seed):
    """A sector's pace times its share before is its part of growth; a rising share grows faster than the rest."""
    found = by_rule(plan(seed))
    pace = found["sector_pace"].figures
    growth_part = pace["share_before"].value / 100 * pace["pace"].value
    assert growth_part == pytest.approx(pace["contribution"].value / 100 * pace["growth"].value, rel=1e-9)
    product = found["product"].figures
    assert product["first"].lower < product["first"].upper
    rest = found["rest/producer_share"].figures
    assert rest["rate"].value > rest["rest_rate"].value


@pytest.mark.parametrize("seed", range(6))
def test_the_size_of_a_city_changes_no_rate_and_no_order(seed):
    """Ten times the money: the same rules, rates, shares and multiples."""
    small, large = by_rule(plan(seed)), by_rule(plan(seed, 10.0))
    assert set(small) == set(large)
    for key, insight in small.items():
        for one, other in zip(figures(insight), figures(large[key]), strict=True):
            if one.measure in ("rate", "share", "multiple"):
                assert one.value == pytest.approx(other.value, rel=2e-3, abs=2e-3), one.key


def test_nothing_is_said_where_nothing_is_stated():
    """One figure, or none of any kind that a rule looks for."""
    assert insights(make_dataset(observations=[observation(100, 5)]), "testville") == ()


def test_corners_bound_every_point_between_them():
    """A derived quantity holds the result of any values inside its parts' intervals."""
    start = Quantity(100, 90, 110, "100")
    end = replace(start, value=200, low=180, high=260, formula="200")
    made = growth(start, end, 3)
    for a in (90, 95, 104, 110):
        for b in (180, 199, 240, 260):
            assert made.low <= (b / a) ** (1 / 3) - 1 <= made.high
    assert math.isnan(derived(lambda a, b: a / b, "{0} ÷ {1}", start, replace(start, value=0, low=0, high=0)).value)


def next_year(aims: dict[str, float], **wording: str):
    """A city that reached 100 of everything in 2025, with targets for 2026; firms are meant to become fewer."""
    indicators = [{**row, "direction": "decrease" if row["indicator"] == "firms" else "none"} for row in INDICATORS]
    rows = []
    for place, (indicator, aim) in enumerate(aims.items()):
        unit = "个" if indicator == "firms" else "亿元"
        both = {"indicator": indicator, "unit_measure": unit}
        rows.append(observation(100 + 40 * place, 100, time_period="2025", **both))
        rows.append(observation(120 + 40 * place, aim, time_period="2026", kind="target", **both, **wording))
    return make_dataset(observations=rows, indicators=indicators)


LOWER = {"gdp": 90, "services": 80, "farming": 70, "output": 60, "firms": 50}


@pytest.mark.parametrize("comparator", ["eq", "ge", "gt", "approx"])
def test_targets_below_what_was_reached_are_counted(comparator):
    """Four of five; what is meant to fall is not counted; the largest step down that is no leading figure is named."""
    aims = {**LOWER, "spending_share": 120}
    found = by_rule(next_year(aims, comparator=comparator))["lower_aims"]
    assert (found.figures["count"].value, found.figures["lower"].value) == (5, 4)
    assert len(found.steps) == 3
    assert all(step["aim"].value < step["last"].value == 100 for step in found.steps)
    assert {step["aim"].comparator for step in found.steps} == {comparator}
    assert found.rule == "lower_aims"
    three = by_rule(next_year({**aims, "gdp": 100}))["lower_aims"]
    assert (three.rule, len(three.steps)) == ("lower_aims_named", 3)


@pytest.mark.parametrize(
    ("aims", "wording"),
    [
        ({**LOWER, "spending_share": 120}, {"comparator": "le"}),
        ({**LOWER, "spending_share": 120, "gdp": 100, "services": 101}, {}),
        ({key: value for key, value in LOWER.items() if key != "gdp"}, {}),
        ({**LOWER, "spending_share": 120}, {"comparator": "range", "upper_value": "120"}),
    ],
    ids=["ceilings", "half of them", "too few", "ranges that reach higher"],
)
def test_targets_that_are_not_mostly_below_are_not_told(aims, wording):
    """A ceiling asks for nothing less; as many or more as before are no finding; a range may go beyond."""
    assert "lower_aims" not in by_rule(next_year(aims, **wording))


def test_a_phrase_that_nobody_defined_is_no_official_indicator_and_no_decline():
    """What a document names without a definition (accepted as it stands) is neither counted nor told as a fall."""
    named = [{**row, "definition_source": model.AS_NAMED, "direction": "none"} for row in INDICATORS]
    rows = next_year(LOWER).package["observations"].rows
    given = [dict(row.values) for row in rows]
    assert "lower_aims" in by_rule(next_year(LOWER | {"spending_share": 90}))
    assert "lower_aims" not in by_rule(make_dataset(observations=given, indicators=named))
    fall = observation(100, -30, indicator="gdp_growth", transformation="yoy", unit_measure="%", time_period="2025")
    assert "decline" in by_rule(make_dataset(observations=[fall], indicators=INDICATORS))
    assert "decline" not in by_rule(make_dataset(observations=[fall], indicators=named))


@pytest.mark.parametrize(
    ("before", "rule", "change"),
    [
        ({"obs_value": "5.2", "time_period": "2021/2025", "transformation": "avg_annual"}, "average_aim_below", 0.7),
        ({"obs_value": "4.0", "time_period": "2021/2025", "transformation": "avg_annual"}, "average_aim_above", 0.5),
        ({"obs_value": "4.5", "time_period": "2021/2025", "transformation": "avg_annual"}, "average_aim_same", 0),
        ({"obs_value": "5.2", "time_period": "2025", "transformation": "yoy"}, "average_aim_after", None),
    ],
)
def test_an_average_that_is_aimed_at_stands_beside_the_one_before(before, rule, change):
    """Five years against five are compared; against one year they are only set beside it."""
    rate = {"indicator": "gdp_growth", "unit_measure": "%"}
    rows = [
        observation(100, 0, **rate) | before,
        observation(140, 4.5, time_period="2026/2030", transformation="avg_annual", kind="target", **rate),
    ]
    (found,) = insights(make_dataset(observations=rows, indicators=INDICATORS), "testville")
    assert found.rule == rule
    if change is None:
        assert "change" not in found.figures
    else:
        assert found.figures["change"].value == pytest.approx(change)


def test_the_growth_of_the_product_leads():
    """A point less for the product stands before twice as much investment, retail sales or income."""
    rows = []
    for place, (name, last, aim) in enumerate((("gdp_growth", 5.0, 4.9), ("output_growth", 2.0, 6.0))):
        rate = {"indicator": name, "unit_measure": "%", "transformation": "yoy"}
        rows.append(observation(100 + 40 * place, last, time_period="2025", **rate))
        rows.append(observation(120 + 40 * place, aim, time_period="2026", kind="target", **rate))
    output = {**INDICATORS[1], "indicator": "output_growth", "concept": "gross_output", "scope": "all_industry"}
    told = insights(make_dataset(observations=rows, indicators=[*INDICATORS, output]), "testville")
    assert [one.figures["last"].value for one in told] == pytest.approx([0.05, 0.02])


def falls(**wordings):
    """A synthetic year in which growth rates are negative: by indicator, the cells of its row."""
    rows = [
        observation(100 + 40 * place, cells.pop("obs_value"), indicator=name, transformation="yoy", unit_measure="%",
                    time_period="2025", **cells)
        for place, (name, cells) in enumerate(wordings.items())
    ]  # fmt: skip
    return make_dataset(observations=rows, indicators=INDICATORS)


@pytest.mark.parametrize(
    ("cells", "comparator", "ends"),
    [
        ({"obs_value": "-30"}, "eq", (0.295, 0.305)),  # what may have been rounded to it
        ({"obs_value": "-30", "comparator": "lt"}, "gt", (0.3, math.inf)),
        ({"obs_value": "-30", "comparator": "le"}, "ge", (0.3, math.inf)),
        ({"obs_value": "-30", "comparator": "approx"}, "approx", None),
        ({"obs_value": "-3", "upper_value": "-2", "comparator": "range"}, "range", (0.02, 0.03)),
    ],
    ids=["exactly", "more than", "at least", "about", "from to"],
)
def test_a_fall_keeps_the_bound_that_is_printed(cells, comparator, ends):
    """下降超3成 is a fall of more than 30 %, not of 30.0 %."""
    fall = by_rule(falls(gdp_growth=dict(cells)))["decline"].figures["fall"]
    assert fall.comparator == comparator
    assert fall.value > 0
    assert ends is None or (fall.lower, fall.upper) == pytest.approx(ends)


@pytest.mark.parametrize(
    ("comparator", "rule"),
    [("eq", "declines"), ("gt", "decline"), ("lt", None)],
    ids=["20 is less", "less than 20 may be no fall", "more than 20 may be more"],
)
def test_no_fall_is_the_largest_where_a_bound_leaves_that_open(comparator, rule):
    """A fall of 25 beside one of 20, of less than 20, of more than 20."""
    found = by_rule(
        falls(gdp_growth={"obs_value": "-25"}, spending_growth={"obs_value": "-20", "comparator": comparator})
    )
    assert (found["decline"].rule if "decline" in found else None) == rule
    assert rule is None or found["decline"].figures["fall"].value == 0.25

"""Each family of rules finds a planted fault and nothing else, in a synthetic city and in the shipped data."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from measures.audit.town import COUNT, INDICATORS, TABLES, assert_worded, changed, rows, town
from targets.factory import observation

from planbrief.measures.audit import RULES, Audit, AuditTables, audit, audit_tables
from planbrief.measures.audit.model import Context
from planbrief.measures.evidence import Evidence
from planbrief.targets import Dataset, load
from planbrief.targets.package import Row

Change = dict[int, dict[str, Any]]


def new_ids(before: Audit, after: Audit) -> list[tuple[str, str, str]]:
    """What the second audit finds and the first does not: rule, severity, id."""
    known = {finding.id for finding in before}
    return [(finding.rule, finding.severity, finding.id) for finding in after if finding.id not in known]


def test_a_plan_that_adds_up_raises_no_question():
    """The synthetic city has no finding, and its identities are counted all the same."""
    result = audit(town(), "testville", tables=TABLES)
    assert [finding.id for finding in result] == []
    assert len(result.checked) > 30
    assert result.agreeing == result.checked
    assert {identity.rule for identity in result.checked} >= set(RULES) - {"completeness"}


#: (rule, severity, changed observations) of the synthetic city; each plants one fault.
TOWN_FAULTS: dict[str, tuple[str, str, Change]] = {
    "branches exceed their industry": (
        "parts_total",
        "inconsistent",
        {190: {"obs_value": 62}, 200: {"obs_value": 65}, 210: {"obs_value": 70}},
    ),
    "unlike measures are named, not called wrong": (
        "parts_total",
        "not_comparable",
        {390: {"obs_value": 260}, 400: {"obs_value": 280}, 410: {"obs_value": 300}},
    ),
    "a share does not follow from its levels": ("stated_share", "inconsistent", {280: {"obs_value": "61.0"}}),
    "two ways to the product disagree": ("implied_total", "inconsistent", {500: {"obs_value": "12.0"}}),
    "text and table disagree": ("printed_twice", "inconsistent", {560: {"obs_value": 510}}),
    "text and table disagree in the bound": ("printed_twice", "note", {560: {"comparator": "ge"}}),
    "a floor below what the table says": ("printed_twice", "note", {560: {"obs_value": 400, "comparator": "ge"}}),
    "a count word and the tree disagree": ("list_count", "inconsistent", {580: {"obs_value": 3}}),
    "a count word and its printed list disagree": ("list_count", "inconsistent", {900: {"obs_value": 13}}),
    "a milestone goes the wrong way": ("milestones", "inconsistent", {530: {"obs_value": 280}}),
    "growth jumps": ("milestones", "note", {540: {"obs_value": 900}, 560: {"obs_value": 900}}),
    "a share above 100": ("milestones", "inconsistent", {720: {"obs_value": 163.2}}),
    "half an enterprise": ("milestones", "inconsistent", {530: {"obs_value": 380.5}}),
    "a stated multiple does not follow": ("milestones", "inconsistent", {700: {"obs_value": 3}}),
    "a limit is broken by the plan's own figure": ("milestones", "inconsistent", {710: {"obs_value": 350}}),
    "more clusters than industries of the size": ("cluster_wording", "inconsistent", {600: {"obs_value": 2}}),
    "an impossible capacity": ("magnitude", "implausible", {800: {"obs_value": 40000}}),
    "product and population off by ten": ("magnitude", "implausible", {310: {"obs_value": 5000}}),
    "a slipped digit in a path": ("magnitude", "implausible", {530: {"obs_value": 3800}}),
    "required growth far above achieved": ("required_growth", "not_comparable", {510: {"obs_value": 3.0}}),
    "a dash": ("completeness", "note", {530: {"obs_value": "", "obs_status": "M", "value_text": "——"}}),
    "a branch whose columns stop": ("completeness", "note", {210: {"kind": "resource"}}),
}


@pytest.mark.parametrize("fault", TOWN_FAULTS)
def test_a_planted_fault_is_found_alone(fault: str):
    """One fault in the synthetic city gives one finding of its rule."""
    rule, severity, changes = TOWN_FAULTS[fault]
    ds = town(changed(changes))
    (finding,) = audit(ds, "testville", tables=TABLES)
    assert (finding.rule, finding.severity) == (rule, severity)
    assert_worded(finding, "zh")
    assert_worded(finding, "en")


@pytest.mark.parametrize(
    ("claim", "asked"),
    [
        ({}, True),
        ({"time_period": "2035"}, False),  # no level of that year is printed
        ({"base_period": "2019"}, False),  # nor one of that base
        ({"base_period": "2021"}, True),
        ({"time_period": "2025"}, True),  # 1.4 times the base by then
    ],
)
def test_a_multiple_is_held_against_the_levels_of_its_own_years(claim: dict[str, Any], asked: bool):
    """Three times the base of 2021 by 2030 contradicts twice as much; by 2035 it contradicts nothing printed."""
    found = audit(town(changed({700: {"obs_value": 3, **claim}})), "testville", tables=TABLES)
    assert [one.message for one in found] == ["audit.milestones.multiple"] * asked


@pytest.mark.parametrize("apart", [{"time_period": "2026"}, {"ref_area": "testdistrict"}])
def test_a_count_and_a_size_of_another_time_or_place_are_no_class(apart: dict[str, Any]):
    """Two numbers of one phrase that are about different things announce no clusters, and break nothing."""
    given = [row for row in rows() if "-00610" not in row["obs_id"]]
    found = audit(town([row | apart if row["obs_id"].endswith("00600b") else row for row in given]), "testville")
    assert not [one for one in found if one.rule == "cluster_wording"]


def test_an_aim_of_an_earlier_plan_is_no_part_of_what_was_achieved():
    """Parts aimed at for a year and the total achieved in it do not have to add up; all achieved do."""
    for kind, found in (("target", 0), ("actual", 1)):
        rows = [
            observation(100, 100, indicator="output", activity="all_test", time_period="2021"),
            observation(110, 70, indicator="output", activity="test_a", time_period="2021", kind=kind),
            observation(120, 60, indicator="output", activity="test_b", time_period="2021", kind=kind),
        ]
        assert len([one for one in audit(town(rows), "testville") if one.rule == "parts_total"]) == found


def test_a_code_name_printed_in_two_ways_is_found():
    """Code names that differ in one digit within one document are asked about; the counts before them decide."""
    counts = [
        observation(20 + i, text, indicator="firms", subject=f"试{i}", value_text=str(text), locator="段5", **COUNT)
        for i, text in enumerate((8, 8, 4, 4))
    ]
    tokens = [
        {"source_id": "testville-plan-2024", "char_start": start, "char_end": start + 4, "value_text": text}
        | {"reason": "policy_code", "comment": ""}
        for start, text in ((30, "8844"), (60, "8444"))
    ]
    result = audit(town(rows() + counts, exclusions=tokens), "testville", tables=TABLES)
    (finding,) = result
    assert finding.message == "audit.printed_twice.counted_code"
    assert finding.numbers["counted"] == "8844"
    assert finding.observations == ()


@pytest.mark.parametrize(("subject", "found"), [("", 0), ("试验项目", 1)])
def test_a_count_that_does_not_say_of_what_contradicts_none(subject, found):
    """An indicator without scope and direction counts whatever a passage names; with a subject it is one thing."""
    twice = [
        observation(20 + 10 * i, value, indicator="branch_count", time_period="2021", locator=f"段{i}", subject=subject)
        for i, value in enumerate((12, 3000))
    ]
    result = audit(town(twice), "testville", tables=TABLES)
    assert [one.rule for one in result].count("printed_twice") == found


def test_the_same_words_without_a_definition_are_no_contradiction():
    """An indicator known by its words alone is asked about in a note; one with a definition is a contradiction."""
    twice = [
        observation(20 + 10 * i, 500 + 900 * i, indicator="gdp", time_period="2021", locator=f"段{i}") for i in (0, 1)
    ]
    found = {}
    for source in ("", "planbrief accept"):
        named = [row | {"definition_source": source} for row in INDICATORS]
        made = audit(town(twice, indicators=named), "testville")
        found[source] = [(one.severity, one.message) for one in made if one.rule == "printed_twice"]
    assert found[""] == [("inconsistent", "audit.printed_twice.value")]
    assert found["planbrief accept"] == [("note", "audit.printed_twice.undefined")]


def test_two_spellings_of_one_name_are_found():
    """One value under two names that differ in one character is asked about."""
    twins = [
        observation(30, 3.5, indicator="capacity", subject=name, unit_measure="吨", kind="resource", locator=place)
        for name, place in (("试东站片区", "段6"), ("试西站片区", "幻灯片 1"))
    ]
    twins[1]["obs_id"], twins[1]["char_start"] = "testville-plan-2024-00040", 40
    (finding,) = audit(town(rows() + twins), "testville", tables=TABLES)
    assert (finding.rule, finding.message) == ("printed_twice", "audit.printed_twice.name")


def test_what_a_hundred_plans_print_of_a_country_is_compared_pair_by_pair_once(monkeypatch: pytest.MonkeyPatch):
    """Each against each is enough: pairs that differ were looked up among all pairs that do."""
    compared, equal = 0, Evidence.__eq__

    def counted(one: Evidence, other: object) -> bool:
        nonlocal compared
        compared += 1
        return equal(one, other)

    monkeypatch.setattr(Evidence, "__eq__", counted)
    plans = [
        observation(at, at, indicator="gdp", ref_area="china", locator=f"第{at}页", comparator="ge" if at % 2 else "eq")
        for at in range(100, 130)
    ]
    assert [(one.rule, one.severity) for one in audit(town(plans))] == [("printed_twice", "inconsistent")]
    assert compared < len(plans) ** 2


def test_paths_of_a_country_are_walked_through_once_for_all_its_areas(monkeypatch: pytest.MonkeyPatch):
    """What other figures imply of an area is told from its own paths."""
    walked, series = 0, Context.series.func

    class Paths(dict):
        def items(self) -> Any:
            nonlocal walked
            walked += 1
            return super().items()

    monkeypatch.setattr(Context, "series", property(lambda ctx: Paths(series(ctx))))

    def walks(areas: int) -> int:
        nonlocal walked
        walked = 0
        stated = itertools.product([f"area{at}" for at in range(areas)], ("gdp", "output"), ("2023", "2026"))
        plans = [
            observation(at, 100, ref_area=area, indicator=name, time_period=year)
            for at, (area, name, year) in enumerate(stated)
        ]
        places = [{"ref_area": f"area{at}", "level": "prefecture", "parent": ""} for at in range(areas)]
        assert not list(audit(town(plans, areas=places), tables=TABLES))
        return walked

    assert walks(20) == walks(5)


def test_rounding_is_no_fault():
    """A share that rounding of its levels explains stays silent; one step further it does not."""
    silent = audit(town(changed({280: {"obs_value": 60.5}})), "testville", tables=TABLES)
    loud = audit(town(changed({280: {"obs_value": 60.9}})), "testville", tables=TABLES)
    assert [f.id for f in silent] == []
    (finding,) = loud
    assert finding.discrepancy == pytest.approx(0.9)
    assert finding.tolerance < finding.discrepancy


@pytest.fixture(scope="module")
def shipped(root: Path) -> Dataset:
    """The data set of the repository."""
    return load(root)


@pytest.fixture(scope="module")
def tables(shipped: Dataset) -> AuditTables:
    """Its relations, limits and list lengths."""
    return audit_tables(shipped)


@pytest.fixture(scope="module")
def before(shipped: Dataset, tables: AuditTables) -> Audit:
    """The audit of the shipped data as it is."""
    return audit(shipped, tables=tables)


def mutated(ds: Dataset, changes: dict[str, dict[str, str]]) -> Dataset:
    """A copy of a data set in which some observations say something else."""
    whole = ds.package["observations"]
    fresh = [Row({**row.values, **changes.get(row.values["obs_id"], {})}, row.file, row.line) for row in whole.rows]
    tables = {**ds.package.tables, "observations": replace(whole, rows=tuple(fresh))}
    return Dataset(replace(ds.package, tables=tables))


PLAN = "bazhong-plan-2024-"
#: One fault each in a copy of the shipped data; keys are observations, found by their place of print.
SHIPPED_FAULTS: dict[str, tuple[str, str, dict[str, dict[str, str]]]] = {
    "tracks exceed their industry": ("parts_total", "inconsistent", {f"{PLAN}07885": {"obs_value": "60.0"}}),
    "urbanisation does not follow from its populations": (
        "stated_share",
        "inconsistent",
        {f"{PLAN}25641": {"obs_value": "72.9"}, f"{PLAN}33354": {"obs_value": "72.9"}},
    ),
    "research share contradicts the sectors": (
        "implied_total",
        "inconsistent",
        {f"{PLAN}05446": {"obs_value": "1.15"}},
    ),
    "text against table": ("printed_twice", "inconsistent", {f"{PLAN}04734": {"obs_value": "510.0"}}),
    "count word against list": ("list_count", "inconsistent", {f"{PLAN}36300": {"obs_value": "5.0"}}),
    "a milestone goes the wrong way": ("milestones", "inconsistent", {f"{PLAN}05673": {"obs_value": "5.0"}}),
    "three clusters where the table has two": (
        "cluster_wording",
        "inconsistent",
        {f"{PLAN}04969": {"obs_value": "3.0"}},
    ),
    "more oil than the country has": ("magnitude", "implausible", {"bazhong-fair-2025-00879": {"obs_value": "2500.0"}}),
    "a target becomes a dash": (
        "completeness",
        "note",
        {f"{PLAN}05541": {"obs_value": "", "obs_status": "M", "value_text": "——"}},
    ),
}


def test_every_family_of_rules_has_a_fault_planted():
    """No rule goes untested: the faults cover all ten families."""
    assert {rule for rule, _, _ in TOWN_FAULTS.values()} == set(RULES)
    # every path of money in the shipped data is asked about already, so that no fault there adds a question
    assert {rule for rule, _, _ in SHIPPED_FAULTS.values()} == set(RULES) - {"required_growth"}


@pytest.mark.parametrize("fault", SHIPPED_FAULTS)
def test_a_fault_in_the_shipped_data_is_found_alone(shipped: Dataset, tables: AuditTables, before: Audit, fault: str):
    """One fault in a copy of the shipped data adds one finding of its rule and changes no other's existence."""
    rule, severity, changes = SHIPPED_FAULTS[fault]
    after = audit(mutated(shipped, changes), tables=tables)
    found = new_ids(before, after)
    assert [(r, s) for r, s, _ in found] == [(rule, severity)]

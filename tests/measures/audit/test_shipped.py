"""What the audit says of the shipped data: agreed with an audit by hand, worded in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from measures.audit.town import assert_worded

from planbrief.measures.audit import SEVERITIES, Audit, audit, audit_tables
from planbrief.measures.audit.relations import IllFormedRelation, atoms, parse_atom
from planbrief.targets import Dataset, load


@pytest.fixture(scope="module")
def shipped(root: Path) -> Dataset:
    return load(root)


@pytest.fixture(scope="module")
def result(shipped: Dataset) -> Audit:
    return audit(shipped)


#: Audited by hand: (id, printed difference in the unit of the figures).
CONTRADICTIONS = {
    "parts_total/bazhong/leading_industries_in_industry/2027": 100.0,
    "parts_total/bazhong/leading_industries_in_industry/2030": 150.0,
    "parts_total/bazhong/industry_gross_output/energy_chemicals/2023": 2.5,
    "parts_total/bazhong/industry_gross_output/advanced_materials/2023": 10.0,
    "parts_total/bazhong_central/renewal_units_by_type/undated": 3.0,
    "stated_share/bazhong_industrial_parks/gross_output_above_designated/2023": 73.4 - 100 * 104 / 142.8,
    "parts_total/bazhong/wild_herbs_in_medicinal/undated": 2.0,
}


@pytest.mark.parametrize("finding_id", CONTRADICTIONS)
def test_contradictions_found_by_hand_are_found(result: Audit, finding_id: str):
    """The audit finds what an audit by hand found, with the same difference."""
    (finding,) = [finding for finding in result if finding.id == finding_id]
    # a list that leaves a type out differs by its coverage, resources in place and a reserve by their terms
    unlike = finding_id.split("/")[2] in ("renewal_units_by_type", "wild_herbs_in_medicinal")
    assert finding.severity == ("not_comparable" if unlike else "inconsistent")
    assert finding.discrepancy == pytest.approx(CONTRADICTIONS[finding_id], rel=1e-6)


AGREEING = (
    "stated_share/bazhong/sector_structure/three_sectors/2023",
    "stated_share/bazhong/sector_growth_contribution/three_sectors/2023",
    "stated_share/bazhong/land_share_by_space/territorial_space/undated",
    "stated_share/bazhong/land_shares/urban_space/undated",
    "stated_share/bazhong/primary_share/2023",
    "stated_share/bazhong/tertiary_share/2023",
    "stated_share/bazhong/urbanisation/2035",
    "stated_share/bazhong/mining_rights_share/2025-11",
    "parts_total/bazhong/leading_industries_in_industry/2026",
    "parts_total/bazhong/leading_industries_in_industry/2035",
    "parts_total/bazhong/industrial_land_added/undated",
    "parts_total/kechuang_planning_area/planned_site_area/areas/undated",
    "parts_total/zhaoqing/technology_demands/zhaoqing_chains/2025-09",
    "parts_total/bazhong/track_count/bazhong_industry_system/undated",
    "parts_total/bazhong/tourism_comprehensive_income/culture_tourism_wellness/2026",
    "cluster_wording/bazhong/leading_industries/2035",
    "magnitude/bazhong/population_by_product_per_head/2023",
    "milestones/tongjiang/industrial_land_share/undated/limit",
    "implied_total/bazhong/gdp/2026",
    "list_count/bazhong_central/suburban_mountain_parks/35379",
)


@pytest.mark.parametrize("identity_id", AGREEING)
def test_consistent_identities_stay_silent_but_are_counted(result: Audit, identity_id: str):
    """What adds up raises no question and stands in the list of what was checked."""
    assert identity_id in {identity.id for identity in result.agreeing}
    assert identity_id not in {finding.id for finding in result}


NAMED_AS_DEFINITIONS = (
    "parts_total/bazhong/tourism_in_services/2023",
    "parts_total/bazhong/parks_mean_area/undated",
    "stated_share/bazhong/industrial_land_share/undated",
    "implied_total/bazhong/industrial_value_added_rate",
    "required_growth/bazhong/gross_output_above_designated/2026",
)


@pytest.mark.parametrize("finding_id", NAMED_AS_DEFINITIONS)
def test_what_definitions_explain_is_not_called_a_contradiction(result: Audit, finding_id: str):
    """Tourism income above services' value added is not comparable, with the definition named."""
    (finding,) = [finding for finding in result if finding.id == finding_id]
    assert finding.severity == "not_comparable"


def test_an_aim_is_the_point_that_it_is_stated_as(result: Audit):
    """2 % of research in 2035 contradicts the product that sectors imply, though 2.06 % would not."""
    (finding,) = [one for one in result if one.id == "implied_total/bazhong/gdp/2035"]
    assert finding.severity == "inconsistent"


def test_a_rate_that_rests_on_an_assumption_is_a_range(result: Audit):
    """Industry over output in 2026, without and with sectors that have no target; bounds of one side are no clash."""
    numbers = next(one for one in result if one.id == NAMED_AS_DEFINITIONS[3]).numbers
    assert [round(numbers[name].value, 1) for name in ("rate_least", "rate", "rest")] == [26.3, 29.9, 9.3]
    (wording,) = [one for one in result if "green_transport_share" in one.id]
    assert wording.severity == "note"


def test_an_impossible_capacity_is_flagged_with_its_source(result: Audit):
    """The helium plant exceeds the world's output; the limit carries its citation."""
    (finding,) = [finding for finding in result if finding.rule == "magnitude"]
    assert finding.severity == "implausible"
    assert "Geological Survey" in getattr(finding.numbers["citation"], "en", "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_finding_has_its_question_in_both_languages(result: Audit, lang: str):
    """Each message exists, asks, and names only numbers that the finding carries."""
    for finding in result:
        assert_worded(finding, lang)


def test_findings_are_stable_and_ordered(shipped: Dataset, result: Audit):
    """The same data give the same ids in the same order, worst first; every id occurs once."""
    again = audit(shipped)
    assert [finding.id for finding in again] == [finding.id for finding in result]
    assert len({finding.id for finding in result}) == len(result)
    ranks = [SEVERITIES.index(finding.severity) for finding in result]
    assert ranks == sorted(ranks)


def test_every_finding_points_at_observations(shipped: Dataset, result: Audit):
    """Each question can be followed to the figures it is about; only code names and names in lists have none."""
    known = set(shipped.observations.index)
    for finding in result:
        assert set(finding.observations) <= known
        assert finding.observations or "/code/" in finding.id or ".names_" in finding.message
        for number in finding.numbers.values():
            assert set(getattr(number, "observations", ())) <= known


def test_a_city_is_audited_by_its_own_figures(shipped: Dataset, result: Audit):
    """The audits of the cities and of their provinces together are the audit of all."""
    parts = [finding.id for area in shipped.package.regions for finding in audit(shipped, area)]
    assert sorted(parts) == sorted(finding.id for finding in result)


@pytest.mark.parametrize("text", ["", "gdp primary", "/primary", "gdp/", "gdp[", "GDP"])
def test_a_relation_that_cannot_be_read_is_an_error(text: str):
    """A quantity that is no quantity is refused with what was found."""
    with pytest.raises(IllFormedRelation) as caught:
        parse_atom(text)
    assert repr(text) in str(caught.value)


def test_every_relation_speaks_of_things_the_data_have(shipped: Dataset):
    """A misspelt indicator or activity would switch a relation off silently."""
    unknown = []
    for row in audit_tables(shipped).relations:
        for side in (row["left"], row["right"]):
            for term in side.split(";"):
                if row["sign"] == "list_length" and term in ("children", "leaves"):
                    continue
                for atom in atoms(term):
                    if atom.indicator not in shipped.indicators.index:
                        unknown.append(atom.indicator)
                    if atom.activity not in ("", "?") and atom.activity not in shipped.activities.index:
                        unknown.append(atom.activity)
    assert unknown == []


def test_every_counted_list_has_its_count_word(shipped: Dataset):
    """A list length that meets no observation would check nothing."""
    places = set(zip(shipped.observations["source_id"], shipped.observations["char_start"], strict=True))
    rows = audit_tables(shipped).list_counts
    assert [row for row in rows if (row["source_id"], int(row["char_start"])) not in places] == []

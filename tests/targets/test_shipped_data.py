"""The data that travel with the package: complete, consistent, and free of sentences from the documents."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from planbrief.checks.verification import place_of
from planbrief.targets import load
from planbrief.targets.dataset import Dataset
from planbrief.targets.descriptor import files_of
from planbrief.targets.names import comment_zh, measured, subject_label

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?")

#: Observations by kind; a change here is a change of the data and should be one on purpose.
KINDS = {
    "bazhong-plan-2024": {
        "target": 185,
        "constraint": 20,
        "commitment": 2,
        "estimate": 9,
        "resource": 63,
        "actual": 70,
        "count": 175,
    },
    "bazhong-fair-2025": {"target": 3, "commitment": 1, "estimate": 5, "resource": 10, "actual": 2, "count": 2},
    "qijiang-smart-2025": {"target": 1, "commitment": 1, "resource": 4, "actual": 5, "count": 6},
    "fuling-innovation-2023": {"target": 6, "estimate": 2, "resource": 1, "actual": 27, "count": 9},
    "zhaoqing-xian-2025": {"commitment": 1, "actual": 4, "count": 10},
    "sichuan-report-2026": {"target": 31, "commitment": 1, "estimate": 1, "resource": 6, "actual": 237, "count": 52},
    "chongqing-report-2026": {"target": 54, "commitment": 1, "estimate": 1, "resource": 2, "actual": 243, "count": 16},
    "guangdong-report-2026": {
        "target": 108,
        "commitment": 2,
        "estimate": 10,
        "resource": 2,
        "actual": 236,
        "count": 13,
    },
}
EXCLUSIONS = {
    "bazhong-plan-2024": 338,
    "bazhong-fair-2025": 29,
    "qijiang-smart-2025": 17,
    "fuling-innovation-2023": 21,
    "zhaoqing-xian-2025": 21,
    "sichuan-report-2026": 96,
    "chongqing-report-2026": 65,
    "guangdong-report-2026": 69,
}
#: The plans and news of the four cities; the work reports of their provinces came later.
CITIES = (
    "bazhong-plan-2024",
    "bazhong-fair-2025",
    "qijiang-smart-2025",
    "fuling-innovation-2023",
    "zhaoqing-xian-2025",
)
TOKENS = {"cities": 903, "sichuan-report-2026": 388, "chongqing-report-2026": 360, "guangdong-report-2026": 401}


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    return load(DATA)


@pytest.fixture(scope="module")
def everything(shipped: Dataset) -> pd.DataFrame:
    """Observations of all documents."""
    return shipped.observations


@pytest.fixture(scope="module")
def observations(everything: pd.DataFrame) -> pd.DataFrame:
    """Observations of the documents of the four cities."""
    return everything[everything["source_id"].isin(CITIES)]


@pytest.fixture(scope="module")
def texts(shipped: Dataset) -> dict[str, str]:
    folder = Path(os.environ.get("PLANBRIEF_SOURCES", ROOT.parent / "shared" / "sources"))
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the source texts are not at {folder}; set PLANBRIEF_SOURCES")
        pytest.skip(f"no source texts at {folder}")
    return {
        source: place_of(folder, name).read_bytes().decode("utf-8")
        for source, name in shipped.sources["file_name"].items()
    }


def cells() -> list[tuple[str, str, str]]:
    """File, column and text of every cell of the data, titles of documents left out."""
    found = []
    for path in sorted(DATA.rglob("*.csv")):
        if path.name == "source.csv":
            continue
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found.extend((path.name, column, value) for column, value in row.items())
    return found


def fact(observations: pd.DataFrame, **where: str) -> pd.Series:
    """The one observation with these values."""
    chosen = observations
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1, f"{len(chosen)} observations with {where}"
    return chosen.iloc[0]


def test_four_cities_have_data(shipped):
    """Each document is about one city; Xi'an and the fair are only mentioned."""
    assert shipped.cities() == ("bazhong", "qijiang", "fuling", "zhaoqing")


def test_counts_per_source_and_kind(everything, shipped):
    """Nothing was dropped or doubled since the last reading."""
    for source, kinds in KINDS.items():
        of_source = everything[everything["source_id"] == source]
        assert of_source["kind"].value_counts().to_dict() == kinds, source
    assert shipped.exclusions["source_id"].value_counts().to_dict() == EXCLUSIONS


def test_headline_targets_of_the_industry_plan(observations):
    """Box 1, row 1: above-designated-size industrial output from 142.8 to 3500, at prices of 2023."""
    rows = observations[
        (observations["indicator"] == "gross_output_above_designated")
        & observations["locator"].str.startswith("专栏1 第1行")
    ]
    assert rows["obs_value"].tolist() == [142.8, 750, 1000, 2000, 3500]
    assert rows["time_period"].tolist() == ["2023", "2026", "2027", "2030", "2035"]
    assert rows["kind"].tolist() == ["actual", "target", "target", "target", "target"]
    assert set(rows["price_base"]) == {"constant_2023"}
    assert set(rows["unit_measure"]) == {"亿元"}


def test_eighteen_rows_of_box_1_in_five_columns(observations):
    """The header that repeats in the middle of the table hides no row: 18 rows with five columns each."""
    located = observations[observations["locator"].str.startswith("专栏1")]["locator"]
    rows = Counter(re.match(r"专栏1 第(\d+)行 (\d{4})年列", text).groups()[0] for text in located)
    assert rows == {str(row): 5 for row in range(1, 19)}


def test_cells_without_a_number_survive(observations):
    """Dashes are missing values, and cells that refer to the province's task say so."""
    empty = observations[observations["obs_value"].isna()]
    assert Counter(zip(empty["value_text"], empty["obs_status"], strict=True)) == {
        ("——", "M"): 7,
        ("完成省政府下达目标任务", "O"): 8,
    }
    assert (empty["comment_obs"] != "").all()


def test_notes_under_box_1_are_metadata(observations):
    """The starred rows are yearly averages; the research share of 2023 is an estimate."""
    starred = observations[observations["transformation"] == "avg_annual"]
    assert set(starred["indicator"]) == {"rd_expenditure_growth", "digital_value_added_growth"}
    assert len(starred) == 10
    assert starred["comment_obs"].str.contains("average annual").all()
    research = fact(observations, indicator="rd_intensity", time_period="2023")
    assert (research["obs_value"], research["kind"], research["obs_status"]) == (0.4, "estimate", "E")


def test_facts_that_a_stranger_would_look_up(observations):
    """One or two figures of each document, with all that belongs to them."""
    capacity = fact(observations, indicator="battery_capacity", transformation="level")
    assert (capacity["obs_value"], capacity["unit_measure"], capacity["kind"]) == (46, "GWh", "estimate")
    assert capacity["ref_area"] == "fuling_hightech"

    growth = fact(observations, indicator="industrial_value_added_growth", transformation="yoy")
    assert (growth["obs_value"], growth["unit_measure"], growth["time_period"]) == (10.2, "%", "2025-H1")
    assert (growth["ref_area"], growth["price_base"], growth["base_period"]) == ("qijiang", "real", "2024-H1")
    above = observations[observations["transformation"] == "difference_pp"]
    assert dict(zip(above["counterpart_area"], above["obs_value"], strict=True)) == {"chongqing": 4.6, "china": 3.8}

    output = observations[(observations["obs_value"] == 1200) & (observations["unit_measure"] == "亿元")]
    assert set(zip(output["ref_area"], output["indicator"], strict=True)) == {
        ("fuling_hightech", "gross_output_above_designated"),
        ("fuling", "high_tech_enterprise_output"),
    }
    investment = fact(observations, ref_area="xian", indicator="industrial_investment_growth")
    assert (investment["obs_value"], investment["comparator"], investment["time_period"]) == (30, "gt", "2025-H1")
    station = observations.loc["bazhong-fair-2025-01177"]
    assert (station["obs_value"], station["unit_measure"], station["ref_area"]) == (90, "万千瓦", "tongjiang")


def test_what_the_fair_says_of_itself_is_not_said_of_bazhong(observations):
    """Exhibition area, enterprises and visitors belong to the fair."""
    fair = observations[observations["indicator"].str.startswith("fair_")]
    assert len(fair) == 6
    assert set(fair["ref_area"]) == {"china"}
    assert (fair["subject"] != "").all()


def test_one_bound_for_three_counties_is_three_observations(observations):
    """At least 3 square kilometres and 30 % hold for each county, in the text and on the slide."""
    bounds = observations[
        observations["indicator"].isin(["industrial_functional_zone_area", "industrial_land_share"])
        & (observations["kind"] == "constraint")
    ]
    assert Counter(bounds["ref_area"]) == {"nanjiang": 4, "tongjiang": 4, "pingchang": 4}
    assert set(bounds["comparator"]) == {"ge"}


def test_size_classes_are_lower_bounds(observations):
    """A cluster of the thousand class is at least 1000 亿元, and two of them are a count of two."""
    plan = observations[(observations["source_id"] == "bazhong-plan-2024") & (observations["time_period"] == "2035")]
    sizes = plan[plan["indicator"] == "cluster_size_class"]
    assert sizes["obs_value"].tolist() == [1000, 500, 300]
    assert set(sizes["comparator"]) == {"ge"}
    assert plan[plan["indicator"] == "cluster_count"]["obs_value"].tolist() == [2, 2, 1]
    assert set(observations[observations["indicator"].str.endswith("size_class")]["comparator"]) == {"ge"}


def test_rules_that_join_columns(everything):
    """Ranges have an upper value, ranks and differences a counterpart, shares lie in 0 to 100, targets are never F."""
    ranges = everything["comparator"] == "range"
    assert (ranges == everything["upper_value"].notna()).all()
    compared = everything["transformation"].isin(["rank", "difference_pp"])
    assert (everything.loc[compared, "counterpart_area"] != "").all()
    shares = everything[everything["transformation"].isin(["share", "contribution"])]
    assert shares["obs_value"].between(0, 100).all()
    assert set(shares["unit_measure"]) <= {"%", "成", "1"}
    assert (everything.loc[everything["obs_status"] == "F", "kind"] == "estimate").all()
    assert (everything.loc[everything["transformation"] == "rank", "unit_measure"].isin(["位", "个"])).all()


def test_the_18_tracks_hang_below_the_ten_industries(shipped, observations):
    """The tree of activities is the plan's 5+2+3 with 18 tracks."""
    groups = shipped.children("bazhong_industry_system")
    industries = [industry for group in groups for industry in shipped.children(group)]
    assert [len(shipped.children(group)) for group in groups] == [5, 2, 3]
    assert sum(len(shipped.children(industry)) for industry in industries) == 18
    demands = observations[(observations["indicator"] == "technology_demands")]
    parts = demands[demands["activity"].isin(shipped.children("zhaoqing_chains"))]
    assert parts["obs_value"].sum() == 31


def test_reference_rows_are_used(shipped, everything):
    """Every area has an observation, or a place inside it or next to it; provinces stand there for new documents."""
    mentioned = set(everything["ref_area"]) | set(everything["counterpart_area"])
    for area in shipped.areas.index[shipped.areas["level"] != "province"]:
        assert mentioned & set(shipped.descendants(area)), area


def test_every_subject_has_an_english_name(shipped, everything):
    """English pages call projects, companies and schemes by names that an English reader can read, each used once."""
    subjects = {subject for subject in everything["subject"] if subject}
    named = {subject: subject_label(shipped, subject) for subject in subjects}
    assert {one.zh: one.en for one in named.values() if re.search("[\u4e00-\u9fff]", one.en)} == {}
    assert {row.values["subject"] for row in shipped.package.tables["subject_names"].rows} == subjects
    assert measured(shipped, "power_generation_capacity", subject="巴中(通江)燃气发电工程").en.isascii()


def test_every_comment_has_chinese_words(shipped, everything):
    """Chinese pages say what we remark about a figure in Chinese: each comment once, and none that nobody uses."""
    comments = {comment for comment in everything["comment_obs"] if comment}
    assert {row.values["comment_obs"] for row in shipped.package.tables["comments"].rows} == comments
    said = {comment: comment_zh(shipped, comment) for comment in comments}
    assert {words for words in said.values() if not re.search("[\u4e00-\u9fff]", words)} == set()
    assert {words for words in said.values() if re.search("[A-Za-z]{3,} [A-Za-z]", words)} == set()
    # What digits a comment names its translation names, too.
    digits = {comment: set(re.findall(r"\d[\d.]+", comment)) for comment in comments}
    assert {key: words for key, words in said.items() if not digits[key] <= set(re.findall(r"\d[\d.]+", words))} == {}
    assert comment_zh(shipped, "a comment that nobody has put into Chinese") == ""


def test_definitions_and_comments_are_english():
    """What we write about a figure is readable without Chinese, names of tables and places excepted."""
    with (DATA / "indicators.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert row["definition"].isascii(), row["indicator"]
            assert row["definition"].endswith("."), row["indicator"]
            assert row["name_en"].isascii(), row["indicator"]


def test_rdf_types_are_addresses_and_vocabularies_are_used(shipped):
    """Every rdfType is a full address of a public vocabulary; every vocabulary is a list without repeats."""
    descriptor = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field for resource in descriptor["resources"] for field in resource["schema"]["fields"]]
    addresses = [field["rdfType"] for field in fields if "rdfType" in field]
    assert addresses
    for address in addresses:
        assert re.fullmatch(r"http://purl\.org/(dc/terms|linked-data/sdmx/2009/\w+[#/])/?\w+", address), address
    for field in fields:
        vocabulary = field.get("constraints", {}).get("enum", [])
        assert len(vocabulary) == len(set(vocabulary)), field["name"]
    for table in ("sources", "areas", "activities", "indicators", "observations", "exclusions"):
        schema = next(resource["schema"] for resource in descriptor["resources"] if resource["name"] == table)
        for field in schema["fields"]:
            if "enum" in field.get("constraints", {}):
                values = {row.values[field["name"]] for row in shipped.package[table].rows} - {""}
                assert values <= set(field["constraints"]["enum"]), f"{table}.{field['name']}"


def test_files_list_every_csv():
    """A data file that the descriptor does not name would never be read."""
    descriptor = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    named = set()
    for resource in descriptor["resources"]:
        named |= {resource["path"], *files_of(DATA, resource)}
    assert named == {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.csv")}


@pytest.mark.sources
def test_every_numeral_is_accounted_for_once(texts, everything, shipped):
    """Each numeral stands inside one observation's span or in one exclusion of its own."""
    total = Counter[str]()
    for source, text in texts.items():
        rows = everything[everything["source_id"] == source]
        spans = set(zip(rows["char_start"], rows["char_end"], strict=True))
        left_out = shipped.exclusions[shipped.exclusions["source_id"] == source]
        excluded = Counter(zip(left_out["char_start"], left_out["char_end"], strict=True))
        for match in NUMERAL.finditer(text):
            total["cities" if source in CITIES else source] += 1
            inside = sum(start <= match.start() and match.end() <= end for start, end in spans)
            assert inside + excluded.pop(match.span(), 0) == 1, f"{source} {match.span()} {match.group()}"
        assert not excluded, f"{source}: exclusions that are no numeral"
    assert total == TOKENS


@pytest.mark.sources
def test_every_span_holds_its_text(texts, everything, shipped):
    """Spans cut out exactly the printed number, and its value is the one in the table."""
    for source, start, end, printed, value in everything[
        ["source_id", "char_start", "char_end", "value_text", "obs_value"]
    ].itertuples(index=False):
        assert texts[source][start:end] == printed
        if NUMERAL.fullmatch(printed):
            assert float(printed.replace(",", "")) == abs(value)
    for row in shipped.exclusions[["source_id", "char_start", "char_end", "value_text"]].itertuples(index=False):
        assert texts[row.source_id][row.char_start : row.char_end] == row.value_text


@pytest.mark.sources
def test_no_sentence_of_a_document_is_copied(texts):
    """No cell shares a run of 20 characters with a document; titles in source.csv are meant to."""
    everything = "\n".join(texts.values())
    run = 20
    for file, column, value in cells():
        for start in range(len(value) - run + 1):
            piece = value[start : start + run]
            assert not (re.search(r"[\u4e00-\u9fff]", piece) and piece in everything), f"{file} {column}: {piece}"


@pytest.mark.sources
def test_documents_are_the_ones_that_were_read(texts, shipped):
    """Length of each text as in the table of sources."""
    assert {source: len(text) for source, text in texts.items()} == shipped.sources["characters"].to_dict()

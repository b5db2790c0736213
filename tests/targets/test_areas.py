"""Areas of every level: names, what a report about one speaks for, peers and context. All places are synthetic."""

from __future__ import annotations

from pathlib import Path

import pytest
from targets.factory import INDICATORS, make_dataset, observation
from targets.folder import SOURCE, change, make_folder, rows_of

from planbrief.catalog import Catalog
from planbrief.checks.data import as_csv, data_problems
from planbrief.display.views.facts import fact_name
from planbrief.errors import ParameterError, UnknownName
from planbrief.measures.audit import own_documents
from planbrief.measures.evidence import merged_facts
from planbrief.project import Project, packaged
from planbrief.targets.dataset import Dataset, load
from planbrief.targets.names import Names, short
from planbrief.targets.package import Package, Places, areas_of_documents, read_package, regions

TREE = [
    ("land", "country", ""),
    ("north", "province", "land"),
    ("south", "province", "land"),
    ("lake", "prefecture", "north"),
    ("lake_park", "zone", "lake"),
    ("shore", "county", "lake"),
    ("north_port", "zone", "north"),
    ("hill", "district", "south"),
]


def test_what_an_area_speaks_for():
    """A city speaks for its counties and zones, a province for its own zone and not for its cities."""
    places = Places(TREE)
    assert places.inside("lake") == ("lake", "lake_park", "shore")
    assert places.inside("north") == ("north", "north_port")
    assert places.inside("land") == ("land",)
    assert set(places.descendants("north")) == {"north", "lake", "north_port", "lake_park", "shore"}


def test_the_area_that_a_place_belongs_to():
    """The highest city; outside of cities the province or country."""
    places = Places(TREE)
    wanted = {
        "shore": "lake",
        "lake_park": "lake",
        "hill": "hill",
        "north_port": "north",
        "south": "south",
        "land": "land",
    }
    assert {area: places.city_of(area) for area in wanted} == wanted
    assert places.city_of("elsewhere") == ""


@pytest.mark.parametrize(
    ("asked", "peers", "context"),
    [
        (("lake", "hill"), ("lake", "hill"), ()),
        (("lake", "north"), ("lake",), ("north",)),
        (("lake", "hill", "south", "land"), ("lake", "hill"), ("south", "land")),
        (("north", "south"), ("north", "south"), ()),
        (("north", "south", "land"), ("north", "south"), ("land",)),
        (("north",), ("north",), ()),
    ],
)
def test_a_province_beside_its_city_is_context(asked, peers, context):
    """Cities are peers of cities, provinces of provinces; what lies above is set beside them."""
    assert Places(TREE).peers(asked) == (peers, context)


def test_a_document_is_about_the_area_of_most_of_its_figures():
    """Cities come before provinces; a place only mentioned has no data of its own."""
    rows = [
        ("a", "north"),
        ("a", "north_port"),
        ("a", "lake"),
        ("b", "shore"),
        ("b", "lake"),
        ("b", "north"),
        ("c", "hill"),
    ]
    places = Places(TREE)
    about = areas_of_documents(places, rows)
    assert about == {"a": "north", "b": "lake", "c": "hill"}
    assert regions(places, about) == ("lake", "hill", "north")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("四川省", "四川"), ("巴中市", "巴中"), ("涪陵区", "涪陵"), ("南江县", "南江"), ("广西壮族自治区", "广西"),
        ("宁夏回族自治区", "宁夏"), ("新疆维吾尔自治区", "新疆"), ("香港特别行政区", "香港"), ("重庆市", "重庆"),
        ("凉山彝族自治州", "凉山"), ("县", "县"), ("全国", "全国"),
    ],
)  # fmt: skip
def test_short_names(name: str, wanted: str):
    """Everyday speech leaves the administrative unit out."""
    assert short(name) == wanted


def test_a_name_of_two_rows_finds_none_and_suggests_both():
    """Two districts of one name must be told apart by their ids."""
    names = Names([("a_yang", "朝阳区", "Chaoyang District"), ("b_yang", "朝阳市", "Chaoyang")], places=True)
    assert names.find("朝阳区") == "a_yang"
    assert names.find("朝阳") == ""
    assert set(names.near("朝阳")) == {"a_yang", "b_yang"}


@pytest.mark.parametrize("word", ["bazhong", "巴中", "巴中市", "Bazhong", "BAZHONG", " 巴中 "])
def test_shipped_areas_are_found_by_every_name(word: str):
    """By id, Chinese, short or English name."""
    assert load(packaged()).resolve("areas", word) == "bazhong"


def test_every_province_is_there_with_its_codes():
    """34 of province level, each found by its short name, code and ISO code of one kind and no two alike."""
    package = read_package(packaged().data)
    provinces = [row.values for row in package["areas"].rows if row.values["level"] == "province"]
    assert len(provinces) == 34
    assert len({row["gb2260"] for row in provinces}) == len({row["iso3166_2"] for row in provinces}) == 34
    for row in provinces:
        assert row["gb2260"].endswith("0000")
        assert package.names("areas").find(short(row["name_zh"])) == row["ref_area"]


def test_an_unknown_name_suggests(tmp_path: Path):
    """In errors and in check: near ids, and ids of near names in either language."""
    ds = load(packaged())
    for table, word, near in (("indicators", "gdp_grwth", "gdp_growth"), ("areas", "bazhon", "bazhong")):
        with pytest.raises(UnknownName, match=f"Did you mean '{near}'"):
            ds.resolve(table, word)
    data, _ = make_folder(tmp_path)
    change(data / "documents" / SOURCE / "observations.csv", 2, ref_area="试城")
    (lost,) = [one for one in data_problems(data) if one.column == "ref_area"]
    assert lost.expected == "a key of data/areas.csv (testville?)"


def catalog(tmp_path: Path, text: str) -> Catalog:
    """A catalog over data in which the city and its province each have a document."""
    data, _ = make_folder(tmp_path)
    other = data / "documents" / "testprovince-report-2026"
    other.mkdir()
    for name in ("source", "observations", "exclusions"):
        rows = rows_of(data / "documents" / SOURCE / f"{name}.csv")
        rows = [
            row | {"source_id": other.name} | ({"ref_area": "testprovince"} if "ref_area" in row else {})
            for row in rows
        ]
        rows = [
            row | ({"obs_id": row["obs_id"].replace(SOURCE, other.name)} if "obs_id" in row else {}) for row in rows
        ]
        (other / f"{name}.csv").write_bytes(as_csv(tuple(rows[0]), rows))
    import tomllib

    package: Package = read_package(data)
    return Catalog(Project(tmp_path), tomllib.loads(text), package)


NOTEBOOKS = """
[notebooks.profile.parameters]
region = { type = "area" }
[notebooks.comparison.parameters]
regions = { type = "areas" }
"""
ABOUT = 'about = { zh = "试", en = "Test" }'


def reports(of: Catalog) -> list[tuple[str, tuple[str, ...]]]:
    return [(report.id, report.areas) for report in of.reports()]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ('"*"', ["testville", "testprovince"]),
        ('"level:province"', ["testprovince"]),
        ('"level:prefecture"', ["testville"]),
        ('"level:county"', []),
    ],
)
def test_patterns_of_the_catalog(tmp_path: Path, pattern: str, wanted: list[str]):
    """Every area with data of its own, or those of a level."""
    entry = f'[[reports]]\nid = "profile-{{region}}"\nnotebook = "profile"\n{ABOUT}\n'
    text = f"{NOTEBOOKS}{entry}parameters = {{ region = {pattern} }}\n"
    assert reports(catalog(tmp_path, text)) == [(f"profile-{area}", (area,)) for area in wanted]


def test_all_areas_side_by_side_are_cities(tmp_path: Path):
    """A comparison of all does not set a province among its cities; of a level it does compare provinces."""
    text = f'{NOTEBOOKS}[[reports]]\nid = "c"\nnotebook = "comparison"\n{ABOUT}\nparameters = {{ regions = "*" }}\n'
    assert reports(catalog(tmp_path, text)) == [("c", ("testville",))]
    level = text.replace('"*"', '"level:province"')
    assert reports(catalog(tmp_path / "again", level)) == [("c", ("testprovince",))]


def test_an_area_without_a_report_is_said(tmp_path: Path):
    """Data that no page shows; an unknown level is an error that lists the levels."""
    text = f'{NOTEBOOKS}[[reports]]\nid = "p"\nnotebook = "profile"\n{ABOUT}\nparameters = {{ region = "testville" }}\n'
    assert catalog(tmp_path, text).unshown() == ("testprovince",)
    wrong = text.replace('"testville"', '"level:planet"')
    with pytest.raises(UnknownName, match="country, province, prefecture"):
        catalog(tmp_path / "again", wrong).reports()


def test_parameters_take_names(tmp_path: Path):
    """Chinese and English names stand for the id; what is unknown is suggested."""
    of = catalog(
        tmp_path, f'{NOTEBOOKS}[[reports]]\nid = "p"\nnotebook = "profile"\n{ABOUT}\nparameters = {{ region = "*" }}\n'
    )
    made = of.report("profile", {"region": "试城"}, identity="x-{region}", about={"zh": "试", "en": "t"})
    assert (made.id, made.areas) == ("x-testville", ("testville",))
    with pytest.raises(ParameterError, match=r"did you mean testville"):
        of.report("profile", {"region": "testvile"}, identity="x", about={"zh": "试", "en": "t"})


def test_a_province_keeps_to_itself(tmp_path: Path):
    """Its observations are its own; the city's page does not take them either."""
    ds = Dataset(catalog(tmp_path, f'{NOTEBOOKS}[[reports]]\nid = "p"\nnotebook = "profile"\n{ABOUT}\n').package)
    assert set(ds.of_city("testprovince")["ref_area"]) == {"testprovince"}
    assert set(ds.of_city("testville")["ref_area"]) == {"testville"}
    assert (ds.cities(), ds.regions()) == (("testville",), ("testville", "testprovince"))
    assert ds.context_of("testville") == ("testprovince",)
    assert ds.peers(["testville", "testprovince"]) == (("testville",), ("testprovince",))


def test_a_document_is_questioned_on_the_page_of_its_own_area():
    """A line about the province in the city's plan makes the plan no document of the province."""
    rows = [
        observation(100, "1"),
        observation(200, "2", time_period="2025", kind="target"),
        observation(300, "3", ref_area="testprovince"),
    ]
    ds = make_dataset(observations=rows)
    assert ds.about("testville-plan-2024") == "testville"
    assert own_documents(ds, "testprovince", ds.of_city("testprovince")) == set()
    assert own_documents(ds, "testville", ds.of_city("testville")) == {"testville-plan-2024"}


@pytest.mark.parametrize(("places", "own"), [(("testville", "testdistrict"), False), (("testdistrict",), True)])
def test_the_plan_of_a_city_is_not_questioned_on_the_page_of_its_district(places: tuple[str, ...], own: bool):
    """A district that the plan mentions does not answer for the names that the plan prints in two ways."""
    ds = make_dataset(observations=[observation(100 * n, str(n), ref_area=at) for n, at in enumerate(places, 1)])
    rows = ds.of_city("testdistrict")
    assert own_documents(ds, "testdistrict", rows) == ({"testville-plan-2024"} if own else set())


@pytest.mark.parametrize(
    ("form", "period", "zh"),
    [
        ("avg_annual", "2026/2030", "试增速（年均增长）"),
        ("cumulative", "2021/2025", "试增速（累计变化）"),
        ("yoy", "2025", "试增速"),
    ],
)
def test_a_change_over_years_is_told_from_that_of_one(form: str, period: str, zh: str):
    """The name of a rate says a year's; an average or a total over several years says so beside it."""
    rate = dict(
        INDICATORS[0],
        indicator="test_rate",
        name_zh="试增速",
        name_en="Test growth",
        aggregation="rate",
        unit_measure="%",
    )
    row = observation(100, "5", indicator="test_rate", transformation=form, unit_measure="%", time_period=period)
    ds = make_dataset(indicators=[*INDICATORS, rate], observations=[row])
    (fact,) = merged_facts(ds.of_city("testville"))
    assert fact_name(ds, fact).zh == zh

"""The catalog: every city by a star, parameters as a matrix, changed reports under an id of their own."""

from __future__ import annotations

import pytest

from planbrief.catalog import Catalog, problems, read
from planbrief.errors import CatalogError, ParameterError, UnknownName
from planbrief.project import Project
from planbrief.targets.package import usable_package


def catalog_of(project: Project) -> Catalog:
    return read(project, usable_package(project))


def replace(project: Project, old: str, new: str) -> None:
    text = project.catalog.read_text(encoding="utf-8")
    assert old in text
    project.catalog.write_text(text.replace(old, new), encoding="utf-8")


def test_a_star_means_every_city_that_has_data(project):
    """A profile for each city of the data, under the ids that the design fixes."""
    ids = [report.id for report in catalog_of(project).reports()]
    assert {"profile-bazhong", "profile-qijiang", "profile-fuling", "profile-zhaoqing", "comparison"} <= set(ids)
    assert not [name for name in ids if "xian" in name]


def test_changed_parameters_make_a_report_of_their_own(project):
    """A changed report is called <notebook>-<values> and leaves the catalog's report alone."""
    (made,) = catalog_of(project).choose(["comparison"], {"base_region": "fuling"})
    assert made.id == "comparison-fuling"
    assert made.values["base_region"] == "fuling"


def test_changed_parameters_that_name_a_catalog_report_are_that_report(project):
    """profile with region=fuling is profile-fuling, not a second report beside it."""
    catalog = catalog_of(project)
    (made,) = catalog.choose(["profile-bazhong"], {"region": "fuling"})
    assert made == next(report for report in catalog.reports() if report.id == "profile-fuling")


def test_a_place_inside_a_city_can_have_a_profile(project):
    """Any area of the data may be asked for, by report or by notebook."""
    catalog = catalog_of(project)
    assert [r.id for r in catalog.choose(["profile"], {"region": "nanjiang"})] == ["profile-nanjiang"]


def test_a_changed_report_never_takes_a_catalog_id(project):
    """Where the new id would be one of the catalog's, a mark is added."""
    replace(project, 'id = "comparison"', 'id = "comparison-fuling"')
    (made,) = catalog_of(project).choose(["comparison-fuling"], {"base_region": "fuling"})
    assert made.id.startswith("comparison-fuling-")


@pytest.mark.parametrize(
    ("wanted", "changes", "error", "words"),
    [
        (["profil"], {}, UnknownName, "unknown report 'profil'"),
        (["profile"], {"region": "nowhere"}, ParameterError, "'nowhere'; expected an area"),
        (["profile"], {"regoin": "fuling"}, ParameterError, "unknown parameter; expected one of region, lang"),
        (["profile"], {"region": "fuling", "lang": "en"}, ParameterError, "--lang zh or --lang en"),
        (["comparison"], {"regions": "fuling,fuling"}, ParameterError, "each area once"),
        ([], {"region": "fuling"}, ParameterError, "the report they are for"),
    ],
)
def test_what_cannot_be_built_is_refused_with_what_would_be_right(project, wanted, changes, error, words):
    """Unknown reports and parameters are refused before anything runs."""
    with pytest.raises(error, match=words):
        catalog_of(project).choose(wanted, changes)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('region = "*"', 'region = "nowhere"', "nowhere"),
        ('notebook = "profile"', 'notebook = "profiles"', "unknown notebook 'profiles'"),
        ('type = "area", required', 'type = "place", required', "type = one of"),
        ('languages = ["zh", "en"]', 'languages = ["zh", "fr"]', "a list of zh, en"),
        ('id = "profile-{region}"', 'id = "../{region}"', "a-z, 0-9"),
        ("[[reports]]", "[[repotrs]]", "repotrs"),
        ('id = "comparison"', 'id = "profile-fuling"', "each id once"),
        ("exclude_sources = []", 'exclude_sources = ["nothing"]', "the name of a folder"),
        ("[[reports]]", "[[reports", "broken TOML"),
    ],
)
def test_check_names_each_mistake_of_the_catalog(project, old, new, words):
    """A mistake in the file is a problem with a place, never a traceback."""
    package = usable_package(project)
    assert problems(project, package) == []
    replace(project, old, new)
    found = problems(project, package)
    assert words in "\n".join(map(str, found))


@pytest.mark.parametrize(
    "entry",
    ['"x"', "7", '{ notebook = "profile", parameters = "fuling" }', '{ notebook = "profile", parameters = [1] }',
     '{ notebook = ["profile"] }', '{ notebook = "profile", id = 3 }', '{ notebook = "odd" }',
     '{ notebook = "profile", languages = [["zh"]] }', '{ notebook = "profile", about = { zh = [], en = 1 } }'],
)  # fmt: skip
def test_an_entry_of_a_wrong_shape_is_one_entrys_fault(project, entry):
    """Whatever stands there, it is told, and the other reports are listed."""
    text = project.catalog.read_text(encoding="utf-8")
    head = text[: text.index("[[reports]]")]
    sound = '{ id = "sound", notebook = "profile", parameters = { region = "fuling" }, about = { zh = "a", en = "b" } }'
    odd = 'notebooks.odd.parameters = { region = { type = "area", allowed = 3 } }\n'
    project.catalog.write_text(f"{odd}reports = [{entry}, {sound}]\n{head}", encoding="utf-8")
    catalog = catalog_of(project)
    assert "sound" in [report.id for report in catalog.reports()]
    assert catalog.wrong()
    assert problems(project, usable_package(project))


def test_a_missing_catalog_is_named(project):
    """Without the file there is one clear error."""
    package = usable_package(project)
    project.catalog.unlink()
    with pytest.raises(CatalogError, match="no such file"):
        read(project, package)


def test_a_document_can_be_left_out_by_one_line(project):
    """exclude_sources takes a document's rows out of everything that a report can see."""
    replace(project, "exclude_sources = []", 'exclude_sources = ["bazhong-plan-2024"]')
    package = usable_package(project)
    assert "bazhong-plan-2024" not in package["sources"].by_key
    assert {row.values["source_id"] for row in package["observations"].rows} == set(package["sources"].by_key)

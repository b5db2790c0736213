"""A stored package answers as the files do, and steps aside as soon as the files are others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from planbrief.errors import DataError, UnknownName
from planbrief.measures.headlines import headlines
from planbrief.project import Project, packaged
from planbrief.run.executors import learn
from planbrief.run.plan import checked_package, snapshot
from planbrief.targets import Dataset, frames, load
from planbrief.targets.frames import STORE, StoredRows, digest


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A snapshot with stored rows."""
    return Project(snapshot(packaged(), tmp_path / "project", checked_package(packaged())))


def is_stored(ds: Dataset) -> bool:
    return isinstance(ds.package["observations"].rows, StoredRows)


def plain() -> Dataset:
    return load(packaged())


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_rows_that_cannot_be_stored_whole_are_no_file(tmp_path: Path) -> None:
    """A limit on the size of files, as a full disk, ends in an error of the system and leaves no half of a store."""
    script = (
        "import pathlib, resource, sys\n"
        "from planbrief.project import packaged\n"
        "from planbrief.run.plan import checked_package\n"
        "from planbrief.targets.frames import write_store\n"
        "package, path = checked_package(packaged()), pathlib.Path(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n    write_store(package, path)\nexcept OSError as error:\n    print(error.filename, path.exists())\n"
    )
    path = tmp_path / STORE
    words = [sys.executable, "-c", script, str(path)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout
    assert said == f"{path} False\n"


def test_what_documents_are_about_is_told_without_their_rows(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly every report asks, and counting all figures of a country took a sixth of it; the digests are the same."""
    told, stored = plain(), load(project)
    about = {source: told.about(source) for source in told.documents()}
    before = [digest(told.package, read) for read in told.reads]
    monkeypatch.setattr("planbrief.targets.package.areas_of_documents", lambda *asked: pytest.fail("counted again"))
    assert {source: stored.about(source) for source in stored.documents()} == about
    assert stored.regions() == told.package.regions
    assert [digest(stored.package, read) for read in stored.reads] == before


def test_every_table_is_the_same_frame(project: Project) -> None:
    stored, files = load(project), plain()
    assert is_stored(stored)
    for name in files.package.tables:
        same(stored._frame(name), files._frame(name))
        assert [row.line for row in stored.package[name].rows] == [row.line for row in files.package[name].rows]
    assert stored.package.sha256 == files.package.sha256


QUESTIONS = (
    {"indicator": "gdp"},
    {"kind": ["actual", "estimate"], "transformation": "yoy"},
    {"ref_area": ["bazhong", "nowhere"]},
    {"obs_id": ["nothing"]},
    {"source_id": [f"source-{number}" for number in range(700)] + ["bazhong-plan-2024"]},
    {},
)


@pytest.mark.parametrize("question", QUESTIONS, ids=[",".join(question) or "all" for question in QUESTIONS])
def test_every_question_has_the_same_answer(project: Project, question: dict[str, list[str]]) -> None:
    stored, files = load(project), plain()
    same(stored.select(**question), files.select(**question))
    same(stored.select(**question), files.select(**question))  # remembered
    assert stored.reads == files.reads


def test_cities_names_and_trees_are_the_same(project: Project) -> None:
    stored, files = load(project), plain()
    assert stored.cities() == files.cities() == ("bazhong", "qijiang", "fuling", "zhaoqing")
    for city in files.cities():
        same(stored.of_city(city), files.of_city(city))
        assert stored.descendants(city) == files.descendants(city)
    assert stored.row("areas", "bazhong") == files.row("areas", "bazhong")
    assert list(stored.package["areas"].by_key) == list(files.package["areas"].by_key)
    assert stored.unit_table.rows == files.unit_table.rows
    assert stored.reads == files.reads
    with pytest.raises(UnknownName, match="atlantis"):
        stored.row("areas", "atlantis")


def test_a_question_reads_only_its_rows(project: Project) -> None:
    stored = load(project)
    assert 0 < len(stored.of_city("fuling")) < 100
    rows = stored.package["observations"].rows
    assert isinstance(rows, StoredRows)
    assert not rows.loaded
    assert len(rows) > 600
    assert rows.loaded


def test_who_changes_an_answer_changes_only_his_own(project: Project) -> None:
    stored = load(project)
    mine = stored.select(indicator="gdp")
    mine["obs_value"] = 0.0
    assert (stored.select(indicator="gdp")["obs_value"] > 0).any()


def test_another_file_makes_the_store_step_aside(project: Project) -> None:
    file = next(project.data.glob("documents/fuling*/observations.csv"))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",actual,", ",estimate,", 1), encoding="utf-8")
    changed = load(project)
    assert not is_stored(changed)
    assert len(changed.select(kind="estimate")) == len(plain().select(kind="estimate")) + 1


def test_bad_data_are_found_in_spite_of_the_store(project: Project) -> None:
    file = next(project.data.glob("documents/fuling*/observations.csv"))
    file.write_text(file.read_text(encoding="utf-8").replace(",actual,", ",guess,", 1), encoding="utf-8")
    with pytest.raises(DataError, match="guess"):
        load(project)


def test_a_document_left_out_later_makes_the_store_step_aside(project: Project) -> None:
    catalog = project.catalog.read_text(encoding="utf-8")
    assert "exclude_sources = []" in catalog
    left_out = catalog.replace("exclude_sources = []", 'exclude_sources = ["zhaoqing-xian-2025"]')
    project.catalog.write_text(left_out, encoding="utf-8")
    fewer = load(project)
    assert not is_stored(fewer)
    assert fewer.cities() == ("bazhong", "qijiang", "fuling")


def test_a_broken_store_steps_aside(project: Project) -> None:
    (project.root / STORE).write_bytes(b"no database")
    assert not is_stored(load(project))
    (project.root / STORE).unlink()
    assert not is_stored(load(project))


def test_hostile_cells_stay_text(tmp_path: Path) -> None:
    nasty = "x'); DROP TABLE facts; --"
    package = checked_package(packaged())
    table = package["observations"]
    rows = tuple(replace(row, values=row.values | {"locator": nasty}) for row in table.rows)
    changed = replace(package, tables={**package.tables, "observations": replace(table, rows=rows)})
    stored = load(Project(snapshot(packaged(), tmp_path / "project", changed)))
    assert is_stored(stored)
    assert set(stored.select(locator=nasty)["locator"]) == {nasty}


@pytest.mark.parametrize("most", [20_000, 10], ids=["kept", "too large to keep"])
def test_what_was_learnt_once_gives_the_same_figures_and_the_same_reads(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A report of a process that knows the data already says of itself what one says that has read them."""
    monkeypatch.setattr(frames, "_kept", {})
    monkeypatch.setattr("planbrief.run.executors.MOST_KEPT", most)
    fresh = load(project)
    assert is_stored(fresh)
    told = {region: headlines(fresh, [region]) for region in ("fuling", "bazhong")}
    learn(str(project.root))
    own = Project(shutil.copytree(project.root, tmp_path / "own"))
    for region in ("bazhong", "fuling"):  # each alone, in another order
        one, other = load(own), Dataset(checked_package(packaged()))
        assert is_stored(one) == (most == 10)
        assert one.package.folder == own.data
        assert headlines(one, [region]) == headlines(other, [region]) == told[region]
        assert one.reads == other.reads


def test_what_was_learnt_is_not_taken_for_other_data(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_kept", {})
    learn(str(project.root))
    own = Project(shutil.copytree(project.root, tmp_path / "own"))
    areas = own.data / "areas.csv"
    areas.write_text(areas.read_text(encoding="utf-8").replace("Fuling", "Foreign"), encoding="utf-8")
    assert "Foreign" in load(own).name("areas", "fuling", "en")
    assert "Fuling" in load(project).name("areas", "fuling", "en")

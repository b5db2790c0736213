"""The Data Package in a zip."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from conftest import missing

from planbrief.commands.cli import main
from planbrief.export import export
from planbrief.export.archive import SEAL, read_zip
from planbrief.targets import load
from planbrief.targets.package import read_package


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    return export(load(root).package, "datapackage", tmp_path_factory.mktemp("export") / "planbrief.zip")


def test_every_table_is_there_line_for_line(archive: Path, root: Path):
    """The CSV files of the shipped package come out as they stand in data/, but for lines that show types early."""
    files = read_zip(archive)
    tables = [name for name in files if name.endswith(".csv")]
    assert len(tables) > 10
    for name in tables:
        mine, own = files[name], (root / "data" / name).read_bytes()
        if name.startswith("documents/"):
            assert mine.splitlines()[0] == own.splitlines()[0]
            assert sorted(mine.splitlines()) == sorted(own.splitlines())
        else:
            assert mine == own, name
    said, own = (
        json.loads(text) for text in (files["datapackage.json"], (root / "data/datapackage.json").read_bytes())
    )
    for resource, listed in zip(own["resources"], said["resources"], strict=True):
        if "parts" in resource:  # where nothing expands the pattern, the files are listed
            parts = sorted(
                path.relative_to(root / "data").as_posix() for path in root.glob(f"data/{resource['parts']}")
            )
            assert listed["path"] == [resource["path"], *parts]
            resource = {**resource, "path": listed["path"]}
        assert listed == resource


def test_unpacked_it_is_the_same_data(archive: Path, root: Path, tmp_path: Path):
    """Read again, every value is the same: equal hash."""
    shutil.unpack_archive(archive, tmp_path / "data")
    assert read_package(tmp_path / "data").sha256 == read_package(root / "data").sha256


def test_frictionless_accepts_the_archive(archive: Path):
    """An independent reader validates the zip as it is."""
    try:
        import frictionless
    except ImportError:
        missing("frictionless")
    report = frictionless.validate(str(archive), type="package")
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])
    assert report.stats["tasks"] >= 7


def test_documents_left_out_are_not_in_the_archive(tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]):
    """exclude_sources of the catalog holds for exports too: rows, files and the document itself."""
    for name in ("data", "notebooks"):
        shutil.copytree(root / name, tmp_path / "project" / name)
    catalog = (root / "reports" / "catalog.toml").read_text(encoding="utf-8")
    (tmp_path / "project" / "reports").mkdir()
    (tmp_path / "project" / "reports" / "catalog.toml").write_text(
        catalog.replace("exclude_sources = []", 'exclude_sources = ["bazhong-plan-2024"]'), encoding="utf-8"
    )
    out = tmp_path / "planbrief.zip"
    assert main(["--project", str(tmp_path / "project"), "export", "--to", "datapackage", "--out", str(out)]) == 0
    files = read_zip(out)
    assert not any("bazhong-plan-2024" in name for name in files)
    # Notes of other rows may name the document; no row is its own.
    for name in (name for name in files if name.endswith(".csv")):
        for row in csv.DictReader(io.StringIO(files[name].decode())):
            assert row.get("source_id") != "bazhong-plan-2024", name
    said = json.loads(files["datapackage.json"])
    observations = next(one for one in said["resources"] if one["name"] == "observations")
    left = len(read_package(root / "data")["sources"].rows) - 1
    assert len(observations["path"]) == 1 + left
    shutil.unpack_archive(out, tmp_path / "unpacked")
    assert len(read_package(tmp_path / "unpacked")["sources"].rows) == left


def test_the_seal_is_checked_by_a_standard_tool(archive: Path, tmp_path: Path):
    """sha256sum --check accepts the list of digests."""
    import subprocess

    if not shutil.which("sha256sum"):
        missing("sha256sum")
    shutil.unpack_archive(archive, tmp_path)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SEAL], cwd=tmp_path, check=True)

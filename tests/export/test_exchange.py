"""Tables as Parquet and an edition's provenance as RO-Crate, read back by programs that know nothing of planbrief."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import missing

from planbrief.commands.cli import main
from planbrief.export import crate
from planbrief.targets import load


def test_parquet_holds_the_tables_with_their_types(root: Path, tmp_path: Path):
    """Numbers are numbers, codes and base periods stay text, and results stand beside the data."""
    try:
        import pyarrow.parquet as pq
    except ImportError:
        missing("pyarrow")
    out = tmp_path / "tables"
    assert main(["--project", str(root), "export", "--results", "--to", "parquet", "--out", str(out)]) == 0
    rows = pq.read_table(out / "observations.parquet")
    package = load(root).package
    assert rows.num_rows == len(package["observations"].rows)
    kinds = {field.name: str(field.type) for field in rows.schema}
    assert kinds["obs_value"] == "double"
    assert kinds["base_period"] == kinds["time_period"] == "string"
    texts = [row.values["obs_value"] for row in package["observations"].rows]
    assert rows["obs_value"].to_pylist() == [float(text) if text else None for text in texts]
    growth = pq.read_table(out / "growth.parquet")
    assert growth.num_rows > 0
    assert str(growth.schema.field("rate").type) == "double"
    assert b"fraction" in growth.schema.field("rate").metadata[b"unit"]


def _manifest() -> dict:
    file = {"path": "zh/a.html", "sha256": "a" * 64, "bytes": 5}
    report = {
        "id": "a",
        "lang": "zh",
        "title": "甲",
        "parameters": {"region": "x"},
        "key": "k",
        "html": file,
        "pdf": None,
    }
    return {
        "planbrief_version": "0.1.0", "edition": "2025-01-02-abcdef01", "data_sha256": "d" * 64, "reports": [report],
        "observations": {"path": "data/observations.csv", "sha256": "b" * 64, "bytes": 7},
        "files": [{"path": "data/areas.csv", "sha256": "c" * 64, "bytes": 3}],
    }  # fmt: skip


def test_a_crate_leads_from_documents_to_pages():
    """Every id that something points to is there, each page is the result of an action whose objects are the data."""
    text = crate(_manifest(), [{"source_id": "plan", "title": "Plan", "producer": "City", "sha256": "e" * 64}])
    said = json.loads(text)
    assert said["@context"] == "https://w3id.org/ro/crate/1.1/context"
    graph = {one["@id"]: one for one in said["@graph"]}
    assert len(graph) == len(said["@graph"])

    def pointed(value: object) -> list[str]:
        if isinstance(value, dict):
            return (
                [value["@id"]] if set(value) == {"@id"} else [name for one in value.values() for name in pointed(one)]
            )
        return [name for one in value for name in pointed(one)] if isinstance(value, list) else []

    assert {name for name in pointed(said["@graph"]) if not name.startswith("https:")} <= set(graph)
    build = graph["#build-zh-a"]
    assert build["result"] == [{"@id": "zh/a.html"}]
    assert {"@id": "data/observations.csv"} in build["object"] == graph["#data"]["result"]
    assert graph["#data"]["object"] == [{"@id": "#source-plan"}]
    assert graph["zh/a.html"]["sha256"] == "a" * 64
    assert text == crate(_manifest(), [{"source_id": "plan", "title": "Plan", "producer": "City", "sha256": "e" * 64}])


def test_an_independent_reader_takes_the_crate(root: Path, tmp_path: Path):
    """ro-crate-py reads it: root, files and actions."""
    try:
        from rocrate.rocrate import ROCrate
    except ImportError:
        missing("rocrate")
    edition = tmp_path / "edition"
    edition.mkdir()
    (edition / "manifest.json").write_text(json.dumps(_manifest()), encoding="utf-8")
    out = edition / "ro-crate-metadata.json"
    asked = ["--project", str(root), "export", "--to", "ro-crate", "--edition", str(edition), "--out", str(out)]
    assert main(asked) == 0
    read = ROCrate(edition)
    assert read.root_dataset["identifier"] == "2025-01-02-abcdef01"
    assert {one.id for one in read.data_entities} >= {"zh/a.html", "data/observations.csv"}
    assert main(asked) == 0  # our own file is written anew


def test_a_file_of_somebody_else_stays(root: Path, tmp_path: Path):
    """What is no crate is not written over, and an edition that is none is said."""
    theirs = tmp_path / "x.json"
    theirs.write_text("{}", encoding="utf-8")
    command = ["--project", str(root), "export", "--to", "ro-crate", "--edition", str(tmp_path), "--out"]
    assert main([*command, str(theirs)]) == 2
    assert theirs.read_text(encoding="utf-8") == "{}"
    assert main([*command, str(tmp_path / "y.json")]) == 2


@pytest.mark.parametrize("name", ["tables.parquet", "tables.csv"])
def test_parquet_is_several_files(root: Path, tmp_path: Path, name: str):
    """The name of one file is refused with what is expected."""
    assert main(["--project", str(root), "export", "--to", "parquet", "--out", str(tmp_path / name)]) == 2

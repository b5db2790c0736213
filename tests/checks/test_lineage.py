"""Lineage: from a number back to its document and forward to the figures computed from it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from targets.folder import SOURCE, TEXT, make_folder, observations

from planbrief.checks.locate import origin
from planbrief.commands.check import UnreadableEdition, edition_of, lineage_report, uses
from planbrief.errors import UnknownName
from planbrief.run.manifest import FindingEntry, Manifest, PublishedFile, ReportEntry
from planbrief.targets.dataset import Dataset
from planbrief.targets.package import read_package

SECOND = observations()[1]["obs_id"]


def edition(folder: Path) -> Path:
    """An edition in which one of two figures rests on the second observation."""
    figures = {
        "testville/test_output/cagr/2023-2026": {
            "value": 0.26, "unit": "", "observations": [observations()[0]["obs_id"], SECOND],
        },
        "testville/test_share": {"value": 40, "unit": "%", "observations": [observations()[2]["obs_id"]]},
    }  # fmt: skip
    page = PublishedFile.of("zh/brief.html", b"made up")
    manifest = Manifest(
        data_sha256="0" * 64,
        observations=None,
        reports=(ReportEntry("brief", "zh", "", key="k", html=page, figures=figures),),
        findings=(FindingEntry("F1", "sum", "warn", (SECOND,)),),
        edition="2026-01-01-00000000",
    )
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest.to_json())
    return folder


def test_a_number_leads_to_its_line(tmp_path: Path) -> None:
    """Document, locator, line, column, and the line with the number marked."""
    data, sources = make_folder(tmp_path)
    found = origin(Dataset(read_package(data)), SECOND, sources)
    assert found.document["title_zh"] == "试城发展规划（虚构）"
    assert found.line == TEXT[: TEXT.index("200")].count("\n") + 1
    assert "达到⟦200⟧亿元" in found.marked
    assert found.notes == ()


def test_without_the_source_there_is_still_the_document(tmp_path: Path) -> None:
    """No folder: no line. A missing or altered file: a note that says so."""
    data, sources = make_folder(tmp_path)
    dataset = Dataset(read_package(data))
    assert origin(dataset, SECOND).line == 0
    (sources / "testville.txt").write_bytes(("！" + TEXT).encode())
    assert any("does not stand at" in note for note in origin(dataset, SECOND, sources).notes)
    (sources / "testville.txt").unlink()
    assert "missing" in origin(dataset, SECOND, sources).notes[0]


def test_a_number_leads_to_the_figures_computed_from_it(tmp_path: Path) -> None:
    """Report, language, key and value of each figure whose observations include it."""
    (use,) = uses(edition_of(edition(tmp_path / "latest")), SECOND)
    assert (use.report, use.lang, use.figure, use.value) == (
        "brief",
        "zh",
        "testville/test_output/cagr/2023-2026",
        0.26,
    )


def test_the_command_shows_both_directions(tmp_path: Path) -> None:
    """One text: value and document above, figures and findings below."""
    data, sources = make_folder(tmp_path)
    text = lineage_report(Dataset(read_package(data)), SECOND, sources, edition(tmp_path / "latest"))
    for part in ("⟦200⟧", "试城发展规划", "表1", "testville/test_output/cagr/2023-2026", "findings: F1"):
        assert part in text
    text = lineage_report(Dataset(read_package(data)), observations()[5]["obs_id"], None, tmp_path / "latest")
    assert "no headline figure" in text


def test_an_unknown_id_suggests_a_close_one(tmp_path: Path) -> None:
    """A slip in an id is answered with the id that was meant."""
    data, _ = make_folder(tmp_path)
    with pytest.raises(UnknownName, match=f"Did you mean '{SECOND}'"):
        origin(Dataset(read_package(data)), SECOND.replace(SOURCE, "testvile-plan-2024"))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"reports": 5}', "[" * 100_000, '{"reports": [5, {"figures": 3}]}']
)
def test_a_broken_manifest_is_an_error_or_empty(tmp_path: Path, content: str) -> None:
    """Whatever stands in manifest.json, there is no traceback."""
    (tmp_path / "manifest.json").write_text(content, "utf-8")
    with suppress(UnreadableEdition):
        assert uses(edition_of(tmp_path), SECOND) == ()

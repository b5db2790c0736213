"""Results that leave planbrief: the same numbers, each with the observations behind it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import missing

from planbrief.api.data import Data
from planbrief.commands.cli import main
from planbrief.export.results import RESULTS
from planbrief.targets import load


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    path = tmp_path_factory.mktemp("results") / "planbrief.zip"
    asked = ["--project", str(root), "export", "--results", "--to", "datapackage", "--out", str(path)]
    assert main(asked) == 0
    return path


def read(archive: Path, name: str) -> pd.DataFrame:
    with zipfile.ZipFile(archive) as files:
        return pd.read_csv(io.BytesIO(files.read(f"results/{name}.csv")))


@pytest.mark.parametrize("name", [name for name in RESULTS if name != "progress"])
def test_each_row_names_observations_of_the_data(archive: Path, root: Path, name: str):
    """No number without observations, and each id is a row of the exported data; findings about names have none."""
    known = set(load(root).package["observations"].by_key)
    rows = read(archive, name)
    assert len(rows) > 0
    numbers = rows[rows["discrepancy"].notna()] if name == "findings" else rows
    assert numbers["observations"].notna().all()
    assert set(" ".join(rows["observations"].dropna()).split()) <= known


def test_growth_is_what_the_frame_holds(archive: Path, root: Path):
    """A rate reads back as the very number that the public API gives."""
    frame = Data(load(root)).growth("bazhong", "规上工业总产值", activity="", start=2023, end=2027)
    rows = read(archive, "growth")
    planned = rows[(rows["indicator"] == "gross_output_above_designated") & (rows["ref_area"] == "bazhong")]
    planned = planned[planned["activity"].isna() & (planned["start_year"] == 2026) & (planned["end_year"] == 2027)]
    assert planned["rate"].tolist() == [1000 / 750 - 1]
    assert planned["end"].tolist() == frame["end"].tolist() == [1000]


def test_an_independent_reader_accepts_the_package(archive: Path):
    """Types and keys of results hold for frictionless, which knows nothing of planbrief."""
    try:
        import frictionless
    except ImportError:
        missing("frictionless")
    report = frictionless.validate(str(archive), type="package")
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])
    assert {task.name for task in report.tasks} >= set(RESULTS)


def test_the_workbook_links_a_result_to_its_observation(tmp_path: Path, root: Path):
    """A sheet for each result; the cell with the ids leads to the row of the first of them."""
    try:
        import openpyxl
    except ImportError:
        missing("openpyxl")
    out = tmp_path / "results.xlsx"
    assert main(["--project", str(root), "export", "--results", "--to", "xlsx", "--out", str(out)]) == 0
    book = openpyxl.load_workbook(out)
    assert set(RESULTS) <= set(book.sheetnames)
    sheet = book["growth"]
    column = next(cell.column for cell in sheet[1] if str(cell.value).endswith("observations"))
    cell = sheet.cell(2, column)
    place = cell.hyperlink.location
    row = int(place.rpartition("!A")[2])
    assert book["observations"].cell(row, 1).value == cell.value.split()[0]


def test_sdmx_holds_no_results(tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]):
    """SDMX-CSV carries the dataflow of observations only; asking for results says so and writes nothing."""
    out = tmp_path / "sdmx"
    assert main(["--project", str(root), "export", "--results", "--to", "sdmx-csv", "--out", str(out)]) == 2
    assert "xlsx" in capsys.readouterr().err
    assert not out.exists()

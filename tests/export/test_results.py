"""Results that leave planbrief: the same numbers, each with the observations behind it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import missing

from planbrief.api.data import Data
from planbrief.commands.cli import main
from planbrief.export import RESULTS
from planbrief.files import telling_first
from planbrief.publish.build import data_files
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


@pytest.fixture(scope="module")
def sdmx_folder(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    out = tmp_path_factory.mktemp("results") / "sdmx"
    assert main(["--project", str(root), "export", "--results", "--to", "sdmx-csv", "--out", str(out)]) == 0
    return out


def test_sdmx_holds_every_number_of_the_results(sdmx_folder: Path, archive: Path):
    """A dataflow of its own: each number of each row about an area, as the table has it, with its observations."""
    said = pd.read_csv(sdmx_folder / "results.csv", dtype=str, keep_default_na=False)
    dimensions = ["FREQ", "REF_AREA", "INDICATOR", "ACTIVITY", "RESULT", "MEASURE", "ROW", "TIME_PERIOD"]
    assert not said.duplicated(dimensions).any()
    assert (said["OBSERVATIONS"] != "").all()
    for name in ("growth", "structure"):
        rows, mine = read(archive, name), said[said["RESULT"] == name]
        for measure in mine["MEASURE"].unique():
            values = mine[mine["MEASURE"] == measure]["OBS_VALUE"].astype(float)
            assert sorted(values) == sorted(rows[measure].dropna())
        numbers = [name for name in rows.select_dtypes("number") if not name.endswith(("year", "period", "direction"))]
        assert {name for name in numbers if rows[name].notna().any()} <= set(mine["MEASURE"])


def test_two_sdmx_clients_read_the_results(sdmx_folder: Path):
    """pysdmx holds the structure against the XSD of SDMX-ML 3.0; it and sdmx1 read the same numbers."""
    try:
        import sdmx
        from pysdmx.io import get_datasets, read_sdmx
    except ImportError:
        missing("sdmx1, pysdmx")
    read_sdmx(str(sdmx_folder / "structure.xml"), validate=True)
    count = {}
    for file in ("data.csv", "undated.csv", "results.csv"):
        (made,) = get_datasets(str(sdmx_folder / file), str(sdmx_folder / "structure.xml"))
        count[file] = len(made.data)
        assert count[file] == len(pd.read_csv(sdmx_folder / file)) > 100
    structure = sdmx.read_sdmx(io.BytesIO((sdmx_folder / "structure.xml").read_bytes()), format="XML")
    flow = structure.dataflow["RESULTS"]
    message = sdmx.read_sdmx(io.BytesIO((sdmx_folder / "results.csv").read_bytes()), format="CSV", structure=flow)
    assert len(message.data[0].obs) == count["results.csv"]
    mine = pd.Series([float(obs.value) for obs in message.data[0].obs])
    assert mine.tolist() == made.data["OBS_VALUE"].astype(float).tolist()
    lists = {one: set(structure.codelist[f"CL_{one}"].items) for one in ("RESULT", "MEASURE")}
    assert all(set(made.data[one]) == codes for one, codes in lists.items())


@pytest.mark.parametrize("reader", ["polars", "duckdb", "pandas"])
def test_no_value_is_lost_to_a_reader_that_guesses(archive: Path, tmp_path: Path, reader: str):
    """Each table of results opens without a schema; no number, code, period or text comes out as another one.

    A column of nothing but years or digits is read as numbers by all of them, which CSV cannot prevent: the digits are
    the same, and no leading zero is among them.
    """
    with zipfile.ZipFile(archive) as files:
        files.extractall(tmp_path)
    descriptor = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert {one["name"] for one in descriptor["resources"]} > set(RESULTS)
    assert misread(reader, tmp_path, descriptor) == []


@pytest.mark.parametrize("reader", ["polars", "duckdb", "pandas"])
def test_no_value_of_an_edition_is_lost_to_a_reader_that_guesses(root: Path, tmp_path: Path, reader: str):
    """The same for the data folder of an edition, where all documents stand in one file of observations."""
    for name, content in data_files(load(root).package).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    descriptor = json.loads((tmp_path / "data/datapackage.json").read_text(encoding="utf-8"))
    assert misread(reader, tmp_path / "data", descriptor) == []


def misread(reader: str, folder: Path, descriptor: dict[str, Any]) -> list[tuple[object, ...]]:
    """Cells of a Data Package that `reader` gives as something else than they say.

    ``value_text`` of an exclusion is a token of digits and nothing else can stand there: the 02 of a page is 2 to
    pandas and polars, its 2.0 as well.
    """
    wrong: list[tuple[object, ...]] = []
    for resource in descriptor["resources"]:
        paths = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        kinds = {field["name"]: field.get("type", "string") for field in resource["schema"]["fields"]}
        for path in paths:
            printed = pd.read_csv(folder / path, dtype=str, keep_default_na=False)
            guessed = as_guessed(reader, folder / path)
            assert list(guessed) == list(printed)
            for name, values in guessed.items():
                digits = resource["name"] == "exclusions" and name == "value_text"
                for text, value in zip(printed[name], values, strict=True):
                    kind = "number" if digits and not isinstance(value, str) else kinds[name]
                    if not alike(text, value, kind):
                        wrong.append((path, name, text, value))
    return wrong


@pytest.mark.parametrize("reader", ["polars", "duckdb", "pandas"])
def test_no_value_of_sdmx_is_lost_to_a_reader_that_guesses(sdmx_folder: Path, reader: str):
    """The same for SDMX-CSV: years, half-years and ranges in one column, the only number is OBS_VALUE."""
    for path in sorted(sdmx_folder.glob("*.csv")):
        printed = pd.read_csv(path, dtype=str, keep_default_na=False).replace("NaN", "")
        for name, values in as_guessed(reader, path).items():
            kind = "number" if name == "OBS_VALUE" else "string"
            values = [None if value != value else value for value in values]  # NaN, as SDMX writes what has no value
            wrong = [
                (text, value) for text, value in zip(printed[name], values, strict=True) if not alike(text, value, kind)
            ]
            assert wrong == [], (path.name, name)


def test_rows_that_tell_a_type_come_first():
    """Numbers below gaps, fractions below whole numbers, periods below years; the order of all others stays."""
    rows = [["", "1", "2023", str(number)] for number in range(120)]
    rows[110] = ["5", "1", "2023", "110"]
    rows[115] = ["", "0.5", "2024-S1", "115"]
    told = telling_first(rows)
    assert [row[3] for row in told[:2]] == ["110", "115"]
    assert [int(row[3]) for row in told[2:]] == [number for number in range(120) if number not in (110, 115)]


def as_guessed(reader: str, path: Path) -> dict[str, list[object]]:
    """The columns of a file as a reader gives them when it is told nothing; a missing value is None."""
    if reader == "polars":
        polars = pytest.importorskip("polars")
        os.environ.pop("_RJEM_MALLOC_CONF", None)  # which it sets for itself
        return polars.read_csv(path).to_dict(as_series=False)
    if reader == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        found = duckdb.sql(f"select * from read_csv('{path}')")
        rows = found.fetchall()
        return {name: [row[position] for row in rows] for position, name in enumerate(found.columns)}
    frame = pd.read_csv(path)
    return {name: [None if pd.isna(value) else value for value in frame[name]] for name in frame}


def alike(text: str, value: object, kind: str) -> bool:
    """Whether a value is what its cell says: a number that number, anything else its very characters."""
    if value is None or value == "":
        return text == ""
    if isinstance(value, bool):
        return text == str(value).lower()
    if kind in ("number", "integer"):
        return not isinstance(value, str) and float(text) == float(value)
    if isinstance(value, float) and value.is_integer():  # pandas, in a column with gaps
        value = int(value)
    return text == str(value)

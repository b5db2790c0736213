"""SDMX-CSV is read back against its structure by an SDMX library."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from conftest import missing
from targets.factory import UNITS, make_dataset, observation

from planbrief.export import export
from planbrief.export.archive import read_zip
from planbrief.export.sdmx import NotACode, files, unit_code
from planbrief.targets import load
from planbrief.targets.dataset import Dataset
from planbrief.targets.units import UnitTable

FLOWS = {"data.csv": "TARGETS", "undated.csv": "TARGETS_UNDATED"}


@pytest.fixture(scope="module")
def dataset(root: Path) -> Dataset:
    return load(root)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Path:
    return export(dataset.package, "sdmx-csv", tmp_path_factory.mktemp("export") / "sdmx")


def sdmx_library() -> Any:
    try:
        import sdmx
    except ImportError:
        missing("sdmx1")
    return sdmx


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_sdmx1_reads_structure_and_every_observation(folder: Path, dataset: Dataset):
    """Both dataflows together hold every observation with its value; every code is in its codelist."""
    sdmx = sdmx_library()
    structure = sdmx.read_sdmx(io.BytesIO((folder / "structure.xml").read_bytes()), format="XML")
    assert structure.header.sender.id == "PLANBRIEF"
    values: dict[str, float] = {}
    for file, flow in FLOWS.items():
        definition = structure.dataflow[flow].structure
        coded = {
            component.id: set(structure.codelist[component.local_representation.enumerated.id].items)
            for component in [*definition.dimensions, *definition.attributes]
            if component.local_representation.enumerated is not None
        }
        assert len(coded) >= 10
        data = io.BytesIO((folder / file).read_bytes())
        message = sdmx.read_sdmx(data, format="CSV", structure=structure.dataflow[flow])
        assert len(message.data) == 1
        for obs in message.data[0].obs:
            key = {name: str(value.value) for name, value in obs.dimension.values.items()}
            attributes = {name: value.value for name, value in obs.attached_attribute.items()}
            for name, codes in coded.items():
                code = key.get(name) or attributes.get(name)
                assert code in codes or (not code and name == "PRICE_BASE"), (name, code)
            values[key["OBS_ID"]] = float(obs.value)
        assert len(sdmx.to_pandas(message.data[0])) == len(message.data[0].obs)
    expected = dataset.package["observations"].by_key
    assert values.keys() == expected.keys()
    for obs_id, value in values.items():
        printed = expected[obs_id].values["obs_value"]
        assert value == float(printed) if printed else value != value


def test_keys_are_unique_and_periods_are_sdmx(folder: Path):
    """No two observations share a key; half-years are S1/S2, no TIME_PERIOD is empty or invented."""
    rows = rows_of((folder / "data.csv").read_bytes())
    keys = [tuple(row[name] for name in list(row)[3:13]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {row["TIME_PERIOD"] for row in rows if row["FREQ"] == "S"} == {"2025-S1"}
    assert all(row["TIME_PERIOD"] for row in rows)
    undated = rows_of((folder / "undated.csv").read_bytes())
    assert "TIME_PERIOD" not in undated[0]
    assert not {row["OBS_ID"] for row in rows} & {row["OBS_ID"] for row in undated}


@pytest.mark.parametrize(
    ("period", "frequency", "written"),
    [
        ("2030", "A", "2030"),
        ("2025-H2", "S", "2025-S2"),
        ("2025-Q3", "Q", "2025-Q3"),
        ("2025-09", "M", "2025-09"),
        ("2024/2035", "_O", "2024-01-01/P12Y"),
    ],
)
def test_every_form_of_period(period: str, frequency: str, written: str):
    """Each form of time_period becomes its SDMX form with the matching frequency."""
    package = make_dataset(observations=[observation(1, 10, time_period=period)]).package
    row = rows_of(files(package)["data.csv"])[0]
    assert (row["FREQ"], row["TIME_PERIOD"]) == (frequency, written)


def test_units_are_counted_as_sdmx_counts():
    """亿元 is yuan times 10^8; the printed unit is kept; the printed digits too."""
    package = make_dataset(observations=[observation(1, "25.0")]).package
    row = rows_of(files(package)["data.csv"])[0]
    assert (row["UNIT_MEASURE"], row["UNIT_MULT"], row["UNIT_PRINTED"], row["OBS_VALUE"]) == (
        "yuan",
        "8",
        "亿元",
        "25.0",
    )


def test_no_two_units_share_a_code(dataset: Dataset):
    """Codes of the unit table are SDMX identifiers and differ."""
    units = UnitTable(row.values for row in dataset.package["units"].rows)
    codes = [unit_code(units.parse(unit), units) for unit in units.rows]
    assert len(set(codes)) == len(codes) > 80


def test_a_missing_value_says_so():
    """A cell without a number is NaN with its status, as SDMX writes it."""
    rows = [observation(1, "", value_text="——", obs_status="M", char_end=3)]
    row = rows_of(files(make_dataset(observations=rows).package)["data.csv"])[0]
    assert (row["OBS_VALUE"], row["OBS_STATUS"]) == ("NaN", "M")


def test_a_key_that_sdmx_cannot_hold_is_named():
    """A unit or place outside SDMX's identifiers is an error, not a broken file."""
    areas = [{"ref_area": "test ville", "name_zh": "试", "name_en": "Test", "level": "prefecture"}]
    with pytest.raises(NotACode, match="test ville"):
        files(make_dataset(areas=areas, observations=[observation(1, 1, ref_area="test ville")]).package)


def test_hostile_text_stays_text():
    """Markup, control characters and line breaks in names and notes leave both files well-formed."""
    bad = "</str:Code><x onload='1'>\x00\x1b[2J\ufffe & ]]>"
    package = make_dataset(
        units=[*UNITS, {"unit": "x", "dimension": "d", "factor": "1", "name_zh": bad, "name_en": bad}],
        observations=[observation(1, 1, unit_measure="x", comment_obs="one\r\ntwo\u2028three", subject=bad)],
    ).package
    from lxml import etree

    made = files(package)
    tree = etree.fromstring(made["structure.xml"])
    assert tree.find(".//{*}x") is None
    assert len(rows_of(made["data.csv"])) == 1
    assert rows_of(made["data.csv"])[0]["COMMENT_OBS"] == "one two three"


def test_folder_and_zip_hold_the_same(folder: Path, dataset: Dataset, tmp_path: Path):
    """A name that ends in .zip gives the same files in an archive."""
    path = export(dataset.package, "sdmx-csv", tmp_path / "sdmx.zip")
    assert read_zip(path) == {file.name: file.read_bytes() for file in folder.iterdir()}

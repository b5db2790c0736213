"""The workbook, looked at with another library and with LibreOffice."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from conftest import missing
from targets.factory import SOURCES, make_dataset, observation

from planbrief.export import export
from planbrief.export.xlsx import LONGEST_TEXT, TooLong, workbook
from planbrief.targets import load
from planbrief.targets.dataset import Dataset

ATTACKS = (
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.test","y")',
    "http://x.test",
)


@pytest.fixture(scope="module")
def dataset(root: Path) -> Dataset:
    return load(root)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Path:
    return export(dataset.package, "xlsx", tmp_path_factory.mktemp("export") / "planbrief.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def soffice() -> str:
    found = shutil.which("soffice")
    if found is None:
        missing("LibreOffice (soffice)")
    return str(found)


def convert(path: Path, to: str, folder: Path) -> Path:
    """`path` as LibreOffice saves it."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = [soffice(), profile, "--headless", "--norestore", "--convert-to", to, "--outdir", str(folder), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240)
    made = [file for file in folder.glob(f"{path.stem}*") if file != path]
    assert len(made) == 1, done.stdout + done.stderr
    return made[0]


def test_one_sheet_per_table_with_chinese_heads(book: Any, dataset: Dataset):
    """Sheets carry the tables' names; heads the Chinese title and the column name; every row is there."""
    assert book.sheetnames[:2] == ["说明 About", "observations"]
    assert set(dataset.package.tables) <= set(book.sheetnames)
    for name, table in dataset.package.tables.items():
        sheet = book[name]
        heads = [cell.value for cell in sheet[1]]
        assert heads == [f"{field['title']}\n{field['name']}" for field in table.schema["fields"]]
        assert sheet.max_row == len(table.rows) + 1
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:")


def test_every_value_comes_out_as_it_went_in(book: Any, dataset: Dataset):
    """Text equals text, numbers equal numbers, in every cell of every table."""
    for name, table in dataset.package.tables.items():
        for row, cells in zip(table.rows, book[name].iter_rows(min_row=2), strict=True):
            for field, cell in zip(table.schema["fields"], cells, strict=True):
                text, value = row.values[field["name"]], cell.value
                if text == "":
                    assert value is None
                elif field["type"] in ("number", "integer"):
                    assert value == float(text)
                elif field["type"] == "boolean":
                    assert value is (text == "true")
                elif field["type"] == "date":
                    assert value.date().isoformat() == text
                else:
                    assert (cell.data_type, value) == ("s", text)


def test_numbers_show_their_printed_decimals_and_codes_stay_text(book: Any):
    """25.0 is shown as 25.0; 511900 and 2025-09 are text."""
    sheet = book["observations"]
    heads = {cell.value.partition("\n")[2]: cell.column - 1 for cell in sheet[1]}
    formats = {
        row[heads["obs_value"]].number_format
        for row in sheet.iter_rows(min_row=2)
        if row[heads["obs_value"]].value is not None
    }
    assert {"0", "0.0", "0.00"} <= formats
    periods = {row[heads["time_period"]].value for row in sheet.iter_rows(min_row=2)}
    assert {"2025-09", "2026", "undated"} <= periods
    codes = [cell.value for cell in book["areas"]["F"]]
    assert "511900" in codes


def test_links_lead_to_the_row_with_that_key(book: Any):
    """Every link of every observation ends at the row whose key is the linked text."""
    linked = set()
    for row in book["observations"].iter_rows(min_row=2):
        for cell in row:
            if cell.hyperlink is None:
                continue
            sheet, _, address = cell.hyperlink.location.rpartition("!")
            assert book[sheet.strip("'")][address].value == cell.value
            linked.add(sheet.strip("'"))
    assert linked == {"sources", "areas", "indicators", "activities"}
    assert all(row[1].hyperlink is not None for row in book["observations"].iter_rows(min_row=2))


def test_the_first_sheet_explains_in_both_languages(book: Any, dataset: Dataset):
    """Title, edition, date, licence and documents stand on the first sheet."""
    cells = [str(cell.value) for row in book["说明 About"].iter_rows() for cell in row if cell.value is not None]
    text = "\n".join(cells)
    assert "规划文件所载目标与事实" in text
    assert "Targets and facts printed in development plans" in text
    assert dataset.package.sha256 in cells
    assert max(row.values["date_published"] for row in dataset.package["sources"].rows) in cells
    assert "CC0" in text
    assert "不予公开" in text
    for row in dataset.package["sources"].rows:
        assert {row.values["title_zh"], row.values["title_en"], row.values["source_id"]} <= set(cells)


def test_bytes_do_not_depend_on_clock_zone_locale_or_hash_seed(path: Path, tmp_path: Path, root: Path):
    """Another process in another time zone with another hash seed writes the same bytes."""
    code = (
        "import sys; from planbrief.targets import load; from planbrief.export import export\n"
        "for kind, name in (('xlsx', 'a.xlsx'), ('datapackage', 'a.zip'), ('sdmx-csv', 'b.zip')):\n"
        "    export(load(sys.argv[1]).package, kind, sys.argv[2] + '/' + name)\n"
    )
    made = []
    for zone, seed in (("Pacific/Kiritimati", "1"), ("America/Anchorage", "2")):
        folder = tmp_path / seed
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8"}
        subprocess.run([sys.executable, "-c", code, str(root), str(folder)], env=environment, cwd=tmp_path, check=True)
        made.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert made[0] == made[1]
    assert made[0]["a.xlsx"] == path.read_bytes()


def hostile() -> Dataset:
    """A data set whose free texts are formulas, addresses and markup."""
    rows = [observation(10 * n, n + 1, subject=text, comment_obs=text, locator=text) for n, text in enumerate(ATTACKS)]
    return make_dataset(
        observations=rows,
        sources=[{**SOURCES[0], "title_zh": ATTACKS[0], "title_en": ATTACKS[6], "url": "http://x.test"}],
    )


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path):
    """No cell is a formula or an address outside, and such text is quoted so that editing it changes nothing."""
    (tmp_path / "hostile.xlsx").write_bytes(workbook(hostile().package))
    made = openpyxl.load_workbook(tmp_path / "hostile.xlsx")
    found = set()
    for sheet in made:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.coordinate
                assert cell.hyperlink is None or cell.hyperlink.target is None
                if isinstance(cell.value, str) and cell.value in ATTACKS and sheet.title != "说明 About":
                    found.add(cell.value)
                    assert cell.quotePrefix or cell.value.startswith("http")
    assert found == set(ATTACKS)


def test_libreoffice_opens_it_and_shows_the_same(path: Path, tmp_path: Path, dataset: Dataset):
    """LibreOffice loads the workbook without repair and shows every observation with its printed decimals."""
    shown = convert(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,2", tmp_path)
    rows = list(csv.reader(io.StringIO(shown.read_text(encoding="utf-8"))))
    table = dataset.package["observations"]
    assert len(rows) == len(table.rows) + 1
    for cells, row in zip(rows[1:], table.rows, strict=True):
        assert cells == list(row.values.values())


def test_libreoffice_computes_nothing_in_hostile_text(tmp_path: Path):
    """Formulas in the data are shown letter by letter."""
    (tmp_path / "hostile.xlsx").write_bytes(workbook(hostile().package))
    made = convert(tmp_path / "hostile.xlsx", "ods", tmp_path)
    content = zipfile.ZipFile(made).read("content.xml").decode()
    # LibreOffice holds the truth values of the table of activities as these two functions.
    assert set(re.findall(r'table:formula="([^"]*)"', content)) == {"of:=TRUE()", "of:=FALSE()"}
    assert "@SUM(A1)" in content


def test_characters_that_xml_cannot_hold_do_not_break_the_file(tmp_path: Path):
    """Control characters and non-characters in any text leave a workbook that opens."""
    bad = "a\x00\x08\x1b[2J\ufffe\uffff_x0041_\u202e</v>&"
    areas = [{"ref_area": "testville", "name_zh": bad, "name_en": bad, "level": "prefecture"}]
    package = make_dataset(areas=areas, observations=[observation(10, 1, comment_obs=bad, subject=bad)]).package
    (tmp_path / "bad.xlsx").write_bytes(workbook(package))
    content = zipfile.ZipFile(convert(tmp_path / "bad.xlsx", "ods", tmp_path)).read("content.xml").decode()
    assert "_x0041_" in content
    with zipfile.ZipFile(tmp_path / "bad.xlsx") as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))


def test_a_text_too_long_for_a_cell_is_named():
    """A text beyond the format's limit is an error with its place, never cut silently."""
    rows = [observation(10, 1, comment_obs="😀" * (LONGEST_TEXT // 2 + 1))]
    with pytest.raises(TooLong, match="sheet observations, row 2, column 22"):
        workbook(make_dataset(observations=rows).package)

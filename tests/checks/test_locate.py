"""locate: unaccounted numbers as ready rows; nobody counts characters by hand."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from targets.folder import SOURCE, TEXT, exclusions, make_folder, observations

from planbrief.checks.locate import Located, UnreadableSource, locate
from planbrief.checks.verification import place_of
from planbrief.commands.check import locate_report
from planbrief.project import packaged
from planbrief.targets.dataset import Dataset
from planbrief.targets.package import read_package
from planbrief.targets.wording import TOKEN

TRADITIONAL = """綦江區(qū)新闻

2025年9月,鋁材廠年產60萬(wàn)噸,投資超過12.5億元,建成三條生產線,占全區12%。

(一)工業產值同比增長10.2%,高於全市4.6個(gè)百分點(diǎn),居全市第2位,形成千億級產業集群。
"""


def empty(data: Path) -> Dataset:
    """The data of a folder without observations and exclusions."""
    package = read_package(data)
    blank = {name: replace(package[name], rows=()) for name in ("observations", "exclusions")}
    return Dataset(replace(package, tables=package.tables | blank))


def located(tmp_path: Path, text: str) -> Located:
    """A text that is not in the shipped tables, located with their units."""
    file = tmp_path / "Qijiang News_2025.txt"
    file.write_bytes(text.encode())
    return locate(file, Dataset(read_package(packaged().data)))


def test_nothing_is_left_of_a_finished_text(tmp_path: Path) -> None:
    """Where every number is accounted for there is no row."""
    data, sources = make_folder(tmp_path)
    found = locate(sources / "testville.txt", Dataset(read_package(data)))
    assert (found.observations, found.exclusions, found.source) == ((), (), {})


def test_the_rows_of_a_new_text_are_those_that_a_person_would_write(tmp_path: Path) -> None:
    """Spans, values, ends, bounds and units of the small text come out as they stand in its tables."""
    data, sources = make_folder(tmp_path)
    found = locate(sources / "testville.txt", empty(data))
    rows = {row["obs_id"]: row for row in found.observations}
    columns = ("char_start", "char_end", "value_text", "obs_value", "upper_value", "comparator", "unit_measure")
    for wanted in observations():
        row = rows[wanted["obs_id"]]
        assert {name: row[name] for name in columns} == {name: str(wanted[name]) for name in columns}
    dates = [row for row in found.exclusions if row["reason"] == "date"]
    assert [int(row["char_start"]) for row in dates] == [row["char_start"] for row in exclusions()[:2]]


def test_traditional_script_and_pinyin_units(tmp_path: Path) -> None:
    """萬(wàn)噸 is 万吨; bounds, shares, growth, differences and ranks are recognised, the date is an exclusion."""
    found = located(tmp_path, TRADITIONAL)
    rows = {
        row["value_text"]: (row["obs_value"], row["unit_measure"], row["comparator"], row["transformation"])
        for row in found.observations
    }
    assert rows == {
        "60": ("60", "万吨", "eq", "level"),
        "12.5": ("12.5", "亿元", "gt", "level"),
        "三": ("3", "条", "eq", "level"),
        "12": ("12", "%", "eq", "share"),
        "10.2": ("10.2", "%", "eq", "yoy"),
        "4.6": ("4.6", "个百分点", "eq", "difference_pp"),
        "2": ("2", "位", "eq", "rank"),
        "千億級": ("1000", "亿元", "ge", "level"),
    }
    assert [row["value_text"] for row in found.exclusions] == ["2025", "9"]
    assert {row["time_period"] for row in found.observations if row["locator"] == "第2段"} == {"2025-09"}
    assert {row["time_period"] for row in found.observations if row["locator"] == "第3段"} == {"undated"}


def test_spans_are_slices_of_the_text(tmp_path: Path) -> None:
    """Every proposed span is where it says it is, and its id follows from it."""
    for row in located(tmp_path, TRADITIONAL).observations:
        start, end = int(row["char_start"]), int(row["char_end"])
        assert TRADITIONAL[start:end] == row["value_text"]
        assert row["obs_id"].startswith(f"{row['source_id']}-{start:05d}")


def test_an_unknown_text_gets_its_row_of_sources(tmp_path: Path) -> None:
    """File name, script, sha256 and characters are filled in; what only a person knows is empty."""
    source = located(tmp_path, TRADITIONAL).source
    assert source["source_id"] == "qijiang-news-2025"
    assert source["language"] == "zh-Hant"
    assert source["sha256"] == hashlib.sha256(TRADITIONAL.encode()).hexdigest()
    assert source["characters"] == str(len(TRADITIONAL))
    assert source["title_zh"] == source["date_published"] == ""


def test_no_sentence_of_the_source_enters_the_csv(tmp_path: Path) -> None:
    """Stdout holds rows only; the surroundings of a number are on the screen."""
    data, sources = make_folder(tmp_path)
    text, screen = locate_report(empty(data), sources / "testville.txt")
    assert "规模以上" not in text
    assert "⟦200⟧" in screen
    blocks = text.split("\n# ")
    assert [block.split("\n")[0].removeprefix("# ") for block in blocks] == [
        f"data/documents/{SOURCE}/observations.csv",
        f"data/documents/{SOURCE}/exclusions.csv",
    ]
    pure, _ = locate_report(empty(data), sources / "testville.txt", table="observations")
    rows = list(csv.DictReader(io.StringIO(pure)))
    assert len(rows) == 7
    assert None not in rows[0]


def test_an_altered_text_is_noted(tmp_path: Path) -> None:
    """Rows of a text that is not the one of its source.csv come with a warning."""
    data, sources = make_folder(tmp_path)
    (sources / "testville.txt").write_bytes((TEXT + "增加77家。\n").encode())
    found = locate(sources / "testville.txt", Dataset(read_package(data)))
    assert [row["value_text"] for row in found.observations] == ["77"]
    assert "spans may have moved" in found.notes[0]


@pytest.mark.parametrize(
    ("raw", "told"), [("改革10年".encode("gbk"), "iconv"), (None, "No such file")], ids=["gbk", "missing"]
)
def test_an_unreadable_text_is_one_clear_error(tmp_path: Path, raw: bytes | None, told: str) -> None:
    """A GBK text says how to convert it; a missing one that it is missing."""
    data, _ = make_folder(tmp_path)
    file = tmp_path / "new.txt"
    if raw is not None:
        file.write_bytes(raw)
    with pytest.raises(UnreadableSource, match=told):
        locate(file, Dataset(read_package(data)))


@pytest.mark.sources
def test_every_shipped_figure_in_digits_is_proposed(root: Path, sources_dir: Path) -> None:
    """From empty tables: observed numbers in digits come out with their span and value; codes like 2+1 are a choice."""
    package = read_package(root / "data")
    dataset = empty(root / "data")
    agree = total = missed = 0
    for source in package["sources"].rows:
        found = locate(place_of(sources_dir, source.values["file_name"]), dataset)
        rows = {(row["char_start"], row["char_end"]): row for row in found.observations}
        for row in package["observations"].rows:
            values = row.values
            if values["source_id"] != source.values["source_id"] or not TOKEN.match(values["value_text"]):
                continue
            if "/" in values["value_text"]:  # 1/10 is tabulated as one tenth (成), in the digits of the text
                continue
            total += 1
            proposed = rows.get((values["char_start"], values["char_end"]))
            if proposed is None:
                missed += 1
                continue
            assert (proposed["obs_value"], proposed["upper_value"]) == (values["obs_value"], values["upper_value"])
            agree += proposed["comparator"] == values["comparator"]
    assert total > 400
    assert missed / total < 0.01
    assert agree / total > 0.95, "the wording decides the comparator of nearly every figure"

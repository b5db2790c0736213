"""``planbrief read``: what it prints, its JSON, and one clear message where it cannot read."""

import json
import re

import pytest

from planbrief.commands.cli import main
from planbrief.commands.new import lay_out

TEXT = (
    "2026年某省政府工作报告\n——2026年1月20日在某省第十四届人民代表大会上\n"
    "一、2025年工作回顾\n出口额12.5亿元，下降3.2%，居全国第5位。\n"
)
ALWAYS = {"role", "char_start", "char_end", "value_text", "confidence", "sure", "locator"}
OBSERVATION = set(
    "indicator indicator_phrase ref_area_name obs_value upper_value unit_measure time_period kind comparator "
    "transformation price_base activity subject".split()
)


@pytest.fixture
def report(tmp_path):
    """An invented report on the disk."""
    path = tmp_path / "Some Report 2026.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_json_holds_every_number_once(report, capsys):
    """One object with the document's name, area and date, and the contract's fields for each row."""
    assert main(["read", str(report), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["source_id"], said["area"], said["published"]) == ("some-report-2026", "某省", "2026-01-20")
    for row in said["rows"]:
        assert set(row) >= ALWAYS | (OBSERVATION if row["role"] == "observation" else {"reason"})
        assert TEXT[row["char_start"] : row["char_end"]] == row["value_text"]
        assert 0 <= row["confidence"] <= 1
    spans = [(row["char_start"], row["char_end"]) for row in said["rows"]]
    for match in re.finditer(r"\d[\d,]*(?:\.\d+)?", TEXT):
        assert sum(start <= match.start() and match.end() <= end for start, end in spans) == 1


def test_what_the_caller_says_goes_before_the_text(report, capsys):
    """Area, date and name of the document can be given."""
    assert main(["read", str(report), "--json", "--area", "他省", "--published", "2027-02", "--source-id", "x"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["source_id"], said["area"], said["published"]) == ("x", "他省", "2027-02")


@pytest.mark.parametrize("wrong", ["2026-13-01", "yesterday", "2026/02/10"])
def test_a_date_that_is_none(report, capsys, wrong):
    """One message and exit code 2."""
    assert main(["read", str(report), "--published", wrong]) == 2
    assert "is no date" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    """One message and exit code 2."""
    assert main(["read", str(tmp_path / "nowhere.txt")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_several_files_are_read_side_by_side(report, tmp_path, capsys):
    """One that cannot be read stops no other; reports come in the order of the files."""
    names = ["b.txt", "a.txt", "c.txt"]
    for name in names:
        (tmp_path / name).write_text(report.read_text(encoding="utf-8") if name != "a.txt" else "", encoding="utf-8")
    assert main(["read", *(str(tmp_path / name) for name in names), "--jobs", "2", "--json"]) == 2
    said = capsys.readouterr()
    assert [one["source_id"] for one in json.loads(said.out)] == ["b", "c"]
    assert len(said.err.strip().splitlines()) == 1
    assert "a.txt: found an empty file" in said.err


@pytest.mark.parametrize(("extra", "message"), [(["--area", "某市"], "one document"), ([], "both be 'document'")])
def test_what_says_something_of_one_file_needs_one(tmp_path, capsys, extra, message):
    """An area holds for one document; two files under one name would be one draft."""
    for name in ("报告.txt", "公报.txt"):
        (tmp_path / name).write_text("全市粮食产量12万吨。", encoding="utf-8")
    assert main(["read", str(tmp_path / "报告.txt"), str(tmp_path / "公报.txt"), *extra]) == 2
    assert message in capsys.readouterr().err


def test_a_slip_in_the_area_is_no_new_area(tmp_path, monkeypatch, capsys):
    """What neither the data nor the document calls an area is refused with the nearest; a new one is said to be new."""
    root = lay_out(tmp_path / "project")
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(root))
    text = tmp_path / "notes.txt"
    text.write_text("青浦镇2025年工作情况\n全年粮食产量12.5万吨。\n", encoding="utf-8")
    assert main(["read", str(text), "--area", "巴种", "--published", "2026-01-20"]) == 2
    said = capsys.readouterr().err
    assert "unknown area '巴种'" in said
    assert "巴中市 (bazhong)" in said
    assert "--new-area" in said
    assert not (root / "data" / "drafts").exists()
    assert main(["read", str(text), "--area", "巴种", "--new-area", "--published", "2026-01-20"]) == 0
    assert main(["read", str(text), "--area", "青浦镇", "--published", "2026-01-20"]) == 0
    assert "青浦镇 is no area of the data yet" in capsys.readouterr().out
    assert main(["read", str(text), "--area", "巴中", "--published", "2026-01-20"]) == 0
    assert "no area of the data" not in capsys.readouterr().out

"""``planbrief read``: what it prints, its JSON, and one clear message where it cannot read."""

import json
import re

import pytest

from planbrief.commands.cli import main

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

"""verify: the tables against the texts, every number accounted for exactly once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets.factory import SOURCES
from targets.folder import SOURCE, TEXT, change, exclusion, exclusions, make_folder, observations

from planbrief.checks.verification import NoSources, Verification, odd_titles, place_of, verify
from planbrief.commands.check import verify_report
from planbrief.reading.files import read_file
from planbrief.targets.dataset import Dataset
from planbrief.targets.package import read_package


def result(data: Path, sources: Path) -> Verification:
    return verify(Dataset(read_package(data)), sources)


@pytest.mark.sources
def test_the_shipped_tables_hold_every_number_of_their_texts(root: Path, sources_dir: Path) -> None:
    """903 numeric tokens in the texts of the cities, more in the reports: none unaccounted for, none counted twice."""
    found = result(root / "data", sources_dir)
    assert [str(one) for one in found.mismatches] == []
    assert (found.total("unaccounted"), found.total("double")) == (0, 0)
    of_cities = [one.tokens for one in found.accounts if not one.source_id.endswith("-report-2026")]
    assert sum(of_cities) == 903
    assert found.total("tokens") > 903


def test_a_text_is_found_in_a_folder_beside(tmp_path: Path) -> None:
    """Texts of two collections lie in two folders; one of the same name in the folder itself goes first."""
    for folder in ("plans", "reports"):
        (tmp_path / folder).mkdir()
    (tmp_path / "reports" / "a.txt").write_text("1")
    assert place_of(tmp_path / "plans", "a.txt") == tmp_path.resolve() / "reports" / "a.txt"
    assert place_of(tmp_path / "plans", "b.txt") == tmp_path / "plans" / "b.txt"
    (tmp_path / "plans" / "a.txt").write_text("2")
    assert place_of(tmp_path / "plans", "a.txt") == tmp_path / "plans" / "a.txt"


@pytest.mark.sources
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.floats(0, 1, exclude_max=True), number=st.integers(0, 4))
def test_any_changed_character_of_a_source_is_noticed(
    root: Path, sources_dir: Path, tmp_path: Path, position: float, number: int
) -> None:
    """One other character anywhere in a text: verify fails and names the file."""
    dataset = Dataset(read_package(root / "data"))
    names = [row.values["file_name"] for row in dataset.package["sources"].rows]
    for name in names:
        (tmp_path / name).write_bytes(place_of(sources_dir, name).read_bytes())
    text = (tmp_path / names[number]).read_bytes().decode()
    at = int(position * len(text))
    changed = text[:at] + ("7" if text[at] != "7" else "8") + text[at + 1 :]
    (tmp_path / names[number]).write_bytes(changed.encode())
    found = verify(dataset, tmp_path)
    assert not found.passed
    assert any(names[number] in one.found and "altered" in one.found for one in found.mismatches)


def test_a_sound_folder_passes(tmp_path: Path) -> None:
    """The small text is accounted for: five spans of digits observed, three numbers excluded."""
    account = result(*make_folder(tmp_path)).accounts[0]
    assert (account.tokens, account.in_observations, account.unaccounted, account.double) == (8, 5, 0, 0)
    assert account.excluded == {"date": 2, "other": 1}
    assert account.mismatches == 0


def test_an_unaccounted_number_is_listed_with_line_column_and_context(tmp_path: Path) -> None:
    """Without its exclusion 500 is named where it stands."""
    data, sources = make_folder(tmp_path, exclusions=exclusions()[:2])
    (mismatch,) = result(data, sources).mismatches
    line = TEXT[: TEXT.index("500")].count("\n") + 1
    assert (mismatch.line, mismatch.found) == (line, "'500' unaccounted for")
    assert "世界⟦500⟧强" in mismatch.context


def test_a_number_in_both_tables_is_double(tmp_path: Path) -> None:
    """A number that is observed and excluded is accounted for twice."""
    rows = [*exclusions(), exclusion("100亿元", "100", "date")]
    found = result(*make_folder(tmp_path, exclusions=sorted(rows, key=lambda row: row["char_start"])))
    assert found.total("double") == 1


@pytest.mark.parametrize(
    ("row", "cells", "expected"),
    [
        (2, {"obs_value": "101"}, "obs_value 101; expected 100"),
        (4, {"comparator": "eq", "value_text": "40"}, "comparator eq; expected comparator ge"),
        (6, {"comparator": "eq"}, "comparator eq; expected ge"),
        (7, {"upper_value": "61"}, "upper_value 61; expected 60"),
        (2, {"char_start": "7", "obs_id": f"{SOURCE}-00007"}, "value_text says"),
        (2, {"char_end": "99999"}, "span inside"),
        (5, {"obs_value": "3"}, "obs_value 3; expected 2 or"),
    ],
)
def test_a_wrong_cell_is_a_mismatch(tmp_path: Path, row: int, cells: dict[str, str], expected: str) -> None:
    """Spans, values, ends of ranges and bounds are held against what is printed."""
    data, sources = make_folder(tmp_path)
    change(data / "documents" / SOURCE / "observations.csv", row, **cells)
    told = "\n".join(str(one) for one in result(data, sources).mismatches)
    assert expected in told
    assert f"row {row})" in told


def test_a_table_title_is_held_against_its_columns(tmp_path: Path) -> None:
    """A year that the title leaves out is told as a question, and is no mismatch; titles that fit are not told."""
    table = "表 2 2024—2027 年目标（亿元）\n\n序号\t名称\t{} 年\t2027 年\n"
    assert odd_titles(table.format(2024)) == []
    assert odd_titles(table.format(2023)) == ["表 2: the title says 2024—2027, the columns 2023, 2027"]
    assert odd_titles("到2027年，表 2 中的产值翻番。\n") == []
    found = result(*make_folder(tmp_path))
    assert dataclasses.replace(found, titles=("x",)).passed is found.passed


def test_other_is_no_reason_for_a_number_with_a_unit(tmp_path: Path) -> None:
    """100 in front of 亿元 cannot be excluded as other, and other needs a comment."""
    data, sources = make_folder(
        tmp_path,
        observations=observations()[1:],
        exclusions=sorted([*exclusions(), exclusion("100亿元", "100", "other")], key=lambda row: row["char_start"]),
    )
    told = "\n".join(str(one) for one in result(data, sources).mismatches)
    assert "the unit 亿元 behind the number" in told
    assert "without a comment" in told


def test_spans_overlap_only_if_identical(tmp_path: Path) -> None:
    """A span inside another one is reported, two values on one span are not."""
    rows = observations()
    inner = dict(rows[5], char_start=rows[5]["char_start"] + 3, value_text="60", obs_value="60", upper_value="")
    inner |= {"comparator": "eq", "obs_id": f"{SOURCE}-{inner['char_start']:05d}"}
    found = result(*make_folder(tmp_path, observations=[*rows[:6], inner, rows[6]]))
    assert any("does not overlap" in one.expected for one in found.mismatches)


def test_a_missing_or_altered_file_is_named(tmp_path: Path) -> None:
    """The file's name stands in the report; the folder itself missing is an error."""
    data, sources = make_folder(tmp_path)
    (sources / "testville.txt").write_bytes(TEXT.replace("引进", "招引").encode())
    assert "testville.txt: altered" in result(data, sources).mismatches[0].found
    (sources / "testville.txt").unlink()
    assert "testville.txt: missing" in result(data, sources).mismatches[0].found
    with pytest.raises(NoSources, match="--sources"):
        result(data, tmp_path / "nowhere")


def test_a_row_about_no_document_is_a_mismatch(tmp_path: Path) -> None:
    """Rows that nothing can be compared with do not pass unseen."""
    data, sources = make_folder(tmp_path)
    change(data / "documents" / SOURCE / "observations.csv", 2, source_id="testvile-plan-2024")
    (found,) = (one for one in result(data, sources).mismatches if one.found.startswith("no such document"))
    assert (found.row, found.found) == (2, "no such document, 1 rows")


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", "改".encode("gbk"), b"1" * 50_000])
def test_a_broken_file_is_reported_not_raised(tmp_path: Path, raw: bytes) -> None:
    """Whatever stands in a source file, verify lists it."""
    data, sources = make_folder(tmp_path)
    (sources / "testville.txt").write_bytes(raw)
    assert not result(data, sources).passed


@pytest.mark.parametrize("name", ["../testville.txt", "/etc/hostname", "a\\b", "."])
def test_a_file_name_cannot_lead_elsewhere(tmp_path: Path, name: str) -> None:
    """A path in source.csv is refused, not followed."""
    data, sources = make_folder(tmp_path)
    change(data / "documents" / SOURCE / "source.csv", 2, file_name=name)
    assert "leads elsewhere" in result(data, sources).mismatches[0].found


def test_the_json_holds_the_accounting_and_no_wording_of_the_source(tmp_path: Path) -> None:
    """--json gives totals, accounts and mismatches; contexts are for the screen only."""
    data, sources = make_folder(tmp_path, exclusions=exclusions()[:2])
    code, text = verify_report(Dataset(read_package(data)), sources, as_json=True)
    told = json.loads(text)
    assert code == 1
    assert told["totals"] == {"tokens": 8, "in_observations": 5, "unaccounted": 1, "double": 0}
    assert not re.search("名列世界", text)
    code, table = verify_report(Dataset(read_package(data)), sources)
    assert "名列世界⟦500⟧强" in table
    assert "8 numeric tokens, 1 unaccounted, 0 double, 1 mismatches; 1 rows say in reading_note" in table


def test_a_word_document_is_verified_from_its_original(tmp_path: Path) -> None:
    """Spans of a document in another form are offsets in its canonical text; its digest is that of the file."""
    from docx import Document

    original = Document()
    for line in ("试城新闻", "产值达到120亿元，增长3.5%。"):
        original.add_paragraph(line)
    original.save(tmp_path / "news.docx")
    text = read_file(tmp_path / "news.docx").text
    digest = hashlib.sha256((tmp_path / "news.docx").read_bytes()).hexdigest()
    source = dict(SOURCES[0], file_name="news.docx", sha256=digest, characters=len(text))
    data, sources = make_folder(tmp_path, sources=[source], observations=[], exclusions=[])
    (sources / "news.docx").write_bytes((tmp_path / "news.docx").read_bytes())
    found = result(data, sources)
    assert {one.found for one in found.mismatches} == {"'120' unaccounted for", "'3.5' unaccounted for"}

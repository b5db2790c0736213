"""check: every problem at once, with file, row, column, found and expected; no slip in any cell stays unseen."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets.factory import ACTIVITIES, AREAS
from targets.folder import MORE_INDICATORS, SOURCE, TEXT, change, exclusions, make_folder, observations, rows_of

from planbrief.checks.data import as_csv, data_problems
from planbrief.checks.repair import accept, changed_rows, fix
from planbrief.errors import DataError, PlanbriefError, UnknownName
from planbrief.targets import load
from planbrief.targets.package import LONGEST_CELL, MOST_ROWS

FILE = f"data/documents/{SOURCE}/observations.csv"
COUNT = MORE_INDICATORS[0]["indicator"]


def told(data: Path) -> str:
    return "\n".join(str(problem) for problem in data_problems(data))


def test_the_shipped_data_is_sound(root: Path) -> None:
    """No problem in the data folder, its seal included (planbrief check --accept renews it after a change)."""
    assert told(root / "data") == ""


def test_a_small_sound_folder_has_no_problem(tmp_path: Path) -> None:
    """The folder that the other tests damage is sound."""
    assert told(make_folder(tmp_path)[0]) == ""


RULES: list[tuple[int, dict[str, str], str, str]] = [
    (2, {"time_period": "2025"}, "time_period", "published (2024-01-15)"),
    (2, {"time_period": "soon"}, "time_period", "2025-H1, 2025-09"),
    (3, {"time_period": "2022"}, "time_period", "not before the document"),
    (3, {"time_period": ""}, "time_period", "nothing; expected"),
    (3, {"obs_status": "F"}, "obs_status", "a target is no forecast"),
    (3, {"obs_value": "201"}, "obs_value", "as value_text '200' says"),
    (3, {"obs_value": "200.0"}, "obs_value", "200, the decimals as printed"),
    (3, {"obs_value": ""}, "obs_value", "the number as printed"),
    (3, {"obs_status": "M"}, "obs_value", "the status being M"),
    (3, {"obs_status": "O", "obs_value": ""}, "comment_obs", "why the cell holds no number"),
    (4, {"obs_value": "140", "value_text": "140"}, "obs_value", "between 0 and 100"),
    (4, {"comparator": "atleast"}, "comparator", "one of eq, ge"),
    (7, {"upper_value": ""}, "upper_value", "upper"),
    (7, {"upper_value": "40"}, "upper_value", "60, as value_text says"),
    (3, {"upper_value": "300"}, "upper_value", "the comparator range"),
    (6, {"comparator": "eq"}, "comparator", "ge, as value_text"),
    (2, {"transformation": "rank"}, "counterpart_area", "the area that the rank refers to"),
    (2, {"transformation": "difference_pp"}, "unit_measure", "percentage_points"),
    (2, {"unit_measure": "亿人"}, "unit_measure", "a unit of data/units.csv"),
    (2, {"unit_measure": "%"}, "unit_measure", "a unit of money"),
    (2, {"unit_measure": "元" * 41}, "unit_measure", "1 to 40 characters"),
    (2, {"indicator": "nothing_known"}, "indicator", "a key of data/indicators.csv"),
    (2, {"ref_area": "nowhere"}, "ref_area", "a key of data/areas.csv"),
    (2, {"source_id": "another-plan"}, "source_id", "a key of data/documents/*/source.csv"),
    (2, {"obs_id": f"{SOURCE}-00001"}, "obs_id", "from source_id and char_start"),
    (2, {"char_end": "5000"}, "char_end", "the length of the source"),
    (2, {"value_text": "100亿元"}, "value_text", "3 characters, from"),
    (2, {"kind": "target", "base_period": "2030"}, "base_period", "a base not after"),
    (2, {"locator": ""}, "locator", "nothing; expected"),
]


@pytest.mark.parametrize(("row", "cells", "column", "expected"), RULES, ids=[f"{r[2]}-{r[3][:20]}" for r in RULES])
def test_a_broken_rule_is_named_with_row_and_column(
    tmp_path: Path, row: int, cells: dict[str, str], column: str, expected: str
) -> None:
    """Rules of single cells, between cells and between tables."""
    data, _ = make_folder(tmp_path)
    change(data / "documents" / SOURCE / "observations.csv", row, **cells)
    problems = [one for one in data_problems(data) if one.file == FILE and one.row == row]
    assert any(one.column == column and expected in str(one) for one in problems), told(data)


def test_counts_are_whole(tmp_path: Path) -> None:
    """Half an enterprise is a slip; 1.5 万 enterprises are not."""
    rows = observations()
    rows[0] |= {"indicator": COUNT, "unit_measure": "家", "obs_value": "1.5", "value_text": "1.5"}
    rows[1] |= {"indicator": COUNT, "unit_measure": "万家", "obs_value": "2.5", "value_text": "2.5"}
    data, _ = make_folder(tmp_path, observations=rows)
    assert [one.row for one in data_problems(data) if "a whole number" in one.expected] == [2]


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    """Slips in five files: five files in one list, sorted."""
    data, _ = make_folder(tmp_path)
    change(data / "areas.csv", 4, name_en="试城")
    change(data / "activities.csv", 2, exhaustive="perhaps")
    change(data / "documents" / SOURCE / "source.csv", 2, date_published="2024-13-01")
    change(data / "documents" / SOURCE / "exclusions.csv", 4, comment="")
    change(data / "units.csv", 2, factor="0")
    problems = data_problems(data)
    assert problems == sorted(problems)
    assert {(one.file, one.column) for one in problems} == {
        ("data/areas.csv", "name_en"),
        ("data/activities.csv", "exhaustive"),
        (f"data/documents/{SOURCE}/source.csv", "date_published"),
        (f"data/documents/{SOURCE}/exclusions.csv", "comment"),
        ("data/units.csv", "factor"),
    }


@pytest.mark.parametrize(("table", "rows"), [("areas", AREAS), ("activities", ACTIVITIES)])
def test_parents_form_no_circle(tmp_path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """A parent that leads back to itself is reported, by check and by load."""
    key = next(iter(rows[0]))
    circle = [dict(rows[0], parent=rows[-1][key]), *rows[1:-1], dict(rows[-1], parent=rows[0][key])]
    data, _ = make_folder(tmp_path, **{table: circle})
    assert "a circle of parents" in told(data)
    with pytest.raises(PlanbriefError, match="a circle of parents"):
        load(data)


def test_spans_overlap_only_if_identical(tmp_path: Path) -> None:
    """A number that is observed and excluded, or a span inside another, is reported without the text."""
    rows = [dict(exclusions()[0]), dict(exclusions()[0], char_start=TEXT.index("100"), char_end=TEXT.index("100") + 3)]
    rows[1] |= {"value_text": "100", "reason": "date"}
    data, _ = make_folder(tmp_path, exclusions=rows)
    assert "a span of its own" in told(data)


def test_every_document_has_its_files(tmp_path: Path) -> None:
    """A folder without its row of sources or its exclusions, a filled form and a stray file are reported."""
    data, _ = make_folder(tmp_path)
    (data / "documents" / "elsewhere-2024").mkdir()
    header = (data / "forms" / "observations.csv").read_bytes()
    (data / "documents" / "elsewhere-2024" / "observations.csv").write_bytes(header)
    (data / "notes.csv").write_text("a,b\n1,2\n")
    (data / "forms" / "exclusions.csv").write_bytes((data / "documents" / SOURCE / "exclusions.csv").read_bytes())
    text = told(data)
    assert "data/documents/elsewhere-2024/source.csv: found no such file" in text
    assert "data/documents/elsewhere-2024/exclusions.csv: found no such file" in text
    assert "data/documents/elsewhere-2024/observations.csv" not in text
    assert "data/notes.csv: found a file that is not listed" in text
    assert "data/forms/exclusions.csv: found something else; expected the header alone" in text


def test_a_missing_document_is_one_line(tmp_path: Path) -> None:
    """Not one per observation, and the rows are counted."""
    data, _ = make_folder(tmp_path)
    (data / "documents" / SOURCE / "source.csv").unlink()
    problems = data_problems(data)
    assert [one.file for one in problems if "seal" not in one.expected] == [f"data/documents/{SOURCE}/source.csv"]
    second = data / "documents" / "elsewhere-2024"
    shutil.copytree(data / "documents" / SOURCE, second)
    (second / "source.csv").write_bytes((data / "forms" / "source.csv").read_bytes())
    lost = [one for one in data_problems(data) if one.column == "source_id" and "source.csv" in one.expected]
    assert [(one.file, one.found) for one in lost if SOURCE in one.file] == [
        (f"data/documents/{SOURCE}/exclusions.csv", f"'{SOURCE}' and 2 more rows"),
        (FILE, f"'{SOURCE}' and 6 more rows"),
    ]


def test_a_key_that_occurs_twice_names_both_rows(tmp_path: Path) -> None:
    """The second row is reported, the first one named."""
    data, _ = make_folder(tmp_path)
    change(data / "areas.csv", 5, ref_area="testville")
    assert "row 5, column ref_area: found testville again (first in row 4)" in told(data)


def test_fixing_is_not_accepting(tmp_path: Path) -> None:
    """Another wording stays reported whatever --fix mends, until a person accepts it; loading works all the while."""
    data, _ = make_folder(tmp_path)
    change(data / "indicators.csv", 2, definition="Synthetic, in 15 words.")
    (problem,) = data_problems(data)
    assert (problem.file, problem.row, problem.fixable) == ("data/indicators.csv", 2, False)
    assert "planbrief check --accept" in problem.expected
    load(data)
    assert fix(data) == []
    assert data_problems(data) == [problem]
    with pytest.raises(UnknownName, match="test_outpt"):
        accept(data, ["test_outpt"])
    assert [one.what for one in accept(data, ["test_output"])] == ["test_output: accepted"]
    assert data_problems(data) == []


def test_accepting_all_seals_what_is_sound(tmp_path: Path) -> None:
    """Two meant changes and a row that is gone are sealed; a row that breaks a rule is not, whatever was accepted."""
    data, _ = make_folder(tmp_path)
    change(data / "indicators.csv", 2, definition="Another wording.")
    file = data / "documents" / SOURCE / "observations.csv"
    change(file, 3, obs_value="300")
    change(file, 4, comment_obs="meant")
    rows = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(rows[:-1]), "utf-8")
    accept(data, None)
    assert [(one.file, one.row, one.column) for one in data_problems(data)] == [(FILE, 3, "obs_value")]
    change(file, 3, obs_value="200")
    assert data_problems(data) == []


def test_what_was_sealed_is_shown_only_if_it_is_proven(tmp_path: Path) -> None:
    """Old → new comes from an earlier row with the sealed digest; any other row is not believed."""
    data, _ = make_folder(tmp_path)
    before = rows_of(data / "indicators.csv")[0]
    change(data / "indicators.csv", 2, definition="Another wording.")
    (found,) = changed_rows(data, [dict(before, name_en="Something else"), before])
    assert found.cells == (("definition", before["definition"], "Another wording."),)
    (unknown,) = changed_rows(data, [dict(before, name_en="Something else")])
    assert {cell[1] for cell in unknown.cells} == {None}


@pytest.mark.parametrize(
    "content", [bytes(64), b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}\n\xc4\xe3\xba\xc3", b"PK\x03\x04\xc4\xe3"]
)
def test_what_is_no_text_is_never_mended(tmp_path: Path, content: bytes) -> None:
    """NUL bytes are no UTF-16 and an array of numpy no GBK: reported, and left as they are."""
    data, _ = make_folder(tmp_path)
    (data / "areas.csv").write_bytes(content)
    assert "data/areas.csv" in told(data)
    fix(data)
    assert (data / "areas.csv").read_bytes() == content


def test_decimals_that_pandas_adds_are_mended_beside_a_chinese_numeral(tmp_path: Path) -> None:
    """3 beside 三 comes back as 3.0: mended with the seal and without one, never sealed as it is."""
    data, _ = make_folder(tmp_path)
    file = data / "documents" / SOURCE / "observations.csv"
    right = file.read_bytes()
    change(file, 8, obs_value="3.0")
    assert "3: the text has no decimals" in told(data)
    for sealed in (True, False):
        if not sealed:
            change(file, 8, obs_value="3.0")
            for seal in data.rglob("seal.txt"):
                seal.unlink()
        fix(data)
        assert file.read_bytes() == right
        left = [one.found for one in data_problems(data)]
        assert left == ([] if sealed else ["no seal, or one that cannot be read"])


def test_a_new_row_is_accepted_by_name_and_never_by_fixing(tmp_path: Path) -> None:
    """A row that nobody sealed is a problem that --fix leaves; its key accepts it, and it is shown as new."""
    data, _ = make_folder(tmp_path)
    rows = rows_of(data / "areas.csv")
    added = dict(rows[-1], ref_area="newtown", name_zh="新镇", name_en="Newtown")
    (data / "areas.csv").write_bytes(as_csv(tuple(added), [*rows, added]))
    (problem,) = data_problems(data)
    assert (problem.found, problem.fixable) == ("a new row newtown", False)
    assert fix(data) == []
    (change_,) = changed_rows(data)
    assert change_.new
    assert ("name_zh", "", "新镇") in change_.cells
    accept(data, ["newtown"])
    assert data_problems(data) == []


def test_many_meant_changes_are_one_problem(tmp_path: Path) -> None:
    """A new table of a thousand rows is not a thousand problems."""
    many = [dict(AREAS[3], ref_area=f"place_{number}") for number in range(1000)]
    data, _ = make_folder(tmp_path)
    columns = (data / "areas.csv").read_text("utf-8").split("\n")[0].split(",")
    with (data / "areas.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, lineterminator="\n", restval="").writerows(many)
    (problem,) = data_problems(data)
    assert "1000 rows changed, new or gone" in problem.found


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A sealed copy of the shipped data."""
    folder = tmp_path_factory.mktemp("shipped") / "data"
    shutil.copytree(root / "data", folder)
    for problem in data_problems(folder):
        if "not listed" in problem.found:
            (folder.parent / problem.file).unlink()
    fix(folder)
    return folder


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_digit_in_any_table_is_noticed(shipped: Path, data: st.DataObject) -> None:
    """One other digit in any cell of any CSV file: check names the file and the row."""
    files = sorted(
        path
        for path in shipped.rglob("*.csv")
        if path.parent.name != "forms" and set(path.read_bytes()) & set(b"0123456789")
    )
    path = data.draw(st.sampled_from(files))
    raw = path.read_bytes()
    grid = list(csv.reader(io.StringIO(raw.decode(), newline="")))
    places = [
        (row, column, at)
        for row, cells in enumerate(grid[1:], start=1)
        for column, cell in enumerate(cells)
        for at, character in enumerate(cell)
        if character in "0123456789"
    ]
    row, column, at = data.draw(st.sampled_from(places))
    cell = grid[row][column]
    digit = data.draw(st.sampled_from([one for one in "0123456789" if one != cell[at]]))
    grid[row][column] = cell[:at] + digit + cell[at + 1 :]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(grid)
    try:
        path.write_bytes(out.getvalue().encode())
        problems = data_problems(shipped)
    finally:
        path.write_bytes(raw)
    name = f"data/{path.relative_to(shipped).as_posix()}"
    assert any(one.file == name and one.row in (row + 1, 0) for one in problems)


def corrupted(raw: bytes, dice: random.Random) -> bytes:
    """The bytes of a file after one accident."""
    at, to = sorted(dice.randrange(len(raw) + 1) for _ in range(2))
    lines = raw.split(b"\n")
    line = dice.randrange(len(lines))
    cells = lines[line].split(b",")
    accidents: list[Callable[[], bytes]] = [
        lambda: raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :],
        lambda: raw[:at] + raw[to:],
        lambda: raw[:at],
        lambda: raw[:at] + raw[at:to][: 1 << 14] * 2 + raw[to:],
        lambda: raw[:at] + b"\0" + raw[at:],
        lambda: raw[:at] + b'"' + raw[at:],
        lambda: raw[:at] + dice.randbytes(20) + raw[at:],
        lambda: raw[:at] + "，“”９".encode() + raw[at:],
        lambda: b"\n".join([*lines[:line], *lines[line:][::-1]]),
        lambda: b"\n".join([*lines[: line + 1], lines[line], *lines[line + 1 :]]),
        lambda: b"\n".join([*lines[:line], b",".join(dice.sample(cells, len(cells))), *lines[line + 1 :]]),
        lambda: raw.replace(b",", b";"),
        lambda: raw.decode().encode("gb18030"),
        lambda: raw.decode().encode("utf-16"),
        lambda: raw[:at] + b"9" * dice.choice([20, 400, 5000]) + raw[at:],
        lambda: raw[:at] + dice.choice([b"[", b"{", b"null", b"-1", b"1e999", b"=1+2", b"../", b"/" * 300]) + raw[at:],
        lambda: b"[" * 100_000,
        lambda: b"",
    ]
    return dice.choice(accidents)()


def try_corruptions(folder: Path, count: int, seed: int, mend: bool) -> tuple[int, int]:
    """Corrupt one file at a time; (how many were reported, how many were harmless). Anything else is an exception."""
    dice = random.Random(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = {path: path.read_bytes() for path in files}
    reported = harmless = 0
    for _ in range(count):
        path = dice.choice(files)
        path.write_bytes(corrupted(whole[path], dice))
        if path.read_bytes() == whole[path]:
            harmless += 1
            continue
        with suppress(DataError):
            load(folder)
        problems = data_problems(folder)
        reported += bool(problems)
        harmless += not problems
        name = f"data/{path.relative_to(folder).as_posix()}"
        assert not problems or path.name == "seal.txt" or any(one.file in (name, "data/datapackage.json") or one.row
                                                                for one in problems)  # fmt: skip
        if mend:
            fix(folder)
            for changed, raw in whole.items():
                if not changed.exists() or changed.read_bytes() != raw:
                    changed.write_bytes(raw)
        path.write_bytes(whole[path])
    return reported, harmless


def test_random_corruptions_are_harmless_or_reported(shipped: Path, tmp_path: Path) -> None:
    """No accident to any file of the data folder ends in a traceback of load, check or fix."""
    folder = Path(shutil.copytree(shipped, tmp_path / "data"))
    reported, harmless = try_corruptions(folder, 40, seed=1, mend=True)
    assert reported + harmless == 40
    assert reported > 30


@pytest.mark.parametrize("what", ["a long cell", "many rows", "many broken rows", "a huge file"])
def test_absurd_sizes_end_in_one_clear_error(tmp_path: Path, what: str) -> None:
    """A cell of megabytes, a million rows: one message that names the file, quickly."""
    data, _ = make_folder(tmp_path)
    path = data / "areas.csv"
    if what == "a long cell":
        with path.open("a") as file:
            file.write("place_x," + "x" * 5_000_000 + ",X,site,,,,\n")
        expected = f"at most {LONGEST_CELL:,}"
    elif what == "many rows":
        with path.open("a") as file:
            file.writelines(f"place_{number},甲,X,site,,,,\n" for number in range(1_000_000))
        expected = f"at most {MOST_ROWS:,} rows"
    elif what == "many broken rows":
        with path.open("a") as file:
            file.writelines("a\n" for _ in range(150_000))
        expected = "8 cells as in the header"
    else:
        with path.open("ab") as file:
            file.truncate(70 << 20)
        expected = "at most 64 MiB"
    with pytest.raises(PlanbriefError) as caught:
        load(data)
    assert expected in str(caught.value)
    assert len(str(caught.value)) < 10_000
    problems = data_problems(data)
    assert len(problems) < 100
    assert any(expected in one.expected and one.file == "data/areas.csv" for one in problems)


@pytest.mark.parametrize(
    "mutate",
    [
        lambda d: d.update(resources=5),
        lambda d: d["resources"].append(d["resources"][0]),
        lambda d: d["resources"].pop(),
        lambda d: d["resources"][0].update(path="../../etc/passwd"),
        lambda d: d["resources"][0].update(path="/etc/passwd"),
        lambda d: d["resources"][0].update(path=["a\0b"]),
        lambda d: d["resources"][0].update(path="x" * 5000),
        lambda d: d["resources"][0].update(path={"a": 1}),
        lambda d: d["resources"][0]["schema"].update(fields=[1]),
        lambda d: d["resources"][0]["schema"].update(primaryKey="title_zh"),
        lambda d: d["resources"][0]["schema"]["fields"][0].update(constraints={"pattern": "("}),
        lambda d: d["resources"][0]["schema"]["fields"][0].update(constraints={"enum": "abc"}),
        lambda d: d["resources"][0]["schema"]["fields"][0].update(type="number"),
        lambda d: d["resources"][0]["schema"].update(foreignKeys=[{"fields": "x"}]),
    ],
)
def test_a_hostile_descriptor_is_one_clear_error(tmp_path: Path, mutate: Callable[[dict[str, Any]], None]) -> None:
    """Wrong types, paths that lead outside, broken patterns: named in datapackage.json, never followed."""
    data, _ = make_folder(tmp_path)
    descriptor = json.loads((data / "datapackage.json").read_text("utf-8"))
    mutate(descriptor)
    (data / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    with pytest.raises(PlanbriefError, match="data/"):
        load(data)
    assert data_problems(data)
    fix(data)

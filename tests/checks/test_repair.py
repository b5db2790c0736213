"""What spreadsheets do to the data folder: named by check, mended by fix where nothing is lost."""

from __future__ import annotations

import csv
import errno
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from targets.folder import SOURCE, change, make_folder, rows_of

from planbrief.checks.data import data_problems
from planbrief.checks.repair import FixError, fix
from planbrief.targets.excel import examine, fits


def table(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode(), newline="")))


def written(grid: list[list[str]], **options: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **options).writerows(grid)  # type: ignore[arg-type]
    return out.getvalue().encode()


def cells(column: str, old: str, new: str) -> Callable[[bytes], bytes]:
    """Replace every cell `old` of a column."""

    def mutate(raw: bytes) -> bytes:
        grid = table(raw)
        at = grid[0].index(column)
        for row in grid[1:]:
            row[at] = new if row[at] == old else row[at]
        return written(grid)

    return mutate


OBSERVATIONS = "documents/{}/observations.csv"
PLAN, FAIR = OBSERVATIONS.format("bazhong-plan-2024"), OBSERVATIONS.format("bazhong-fair-2025")
DOCUMENT = "documents/bazhong-plan-2024/source.csv"
NEWS = OBSERVATIONS.format("fuling-innovation-2023")
WHOLE_FILE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("bom", lambda raw: b"\xef\xbb\xbf" + raw, "byte order mark"),
    ("gbk", lambda raw: raw.decode().encode("gb18030"), "GBK"),
    ("utf-16", lambda raw: raw.decode().encode("utf-16"), "UTF-16"),
    ("crlf", lambda raw: raw.replace(b"\n", b"\r\n"), "CRLF"),
    ("cr", lambda raw: raw.replace(b"\n", b"\r"), "(CR)"),
    ("semicolons", lambda raw: written(table(raw), delimiter=";"), "semicolons"),
    ("tabs", lambda raw: written(table(raw), delimiter="\t"), "tabs"),
    ("sep", lambda raw: b"sep=,\n" + raw, "sep="),
    ("empty columns", lambda raw: raw.replace(b"\n", b",,,\n"), "empty columns at the end"),
    ("empty cells", lambda raw: raw.replace(b"\n", b",,\n").replace(b",,\n", b"\n", 1), "empty cells at the end"),
    ("empty rows", lambda raw: raw + b",,,,,\n,,,,,\n\n", "empty rows at the end"),
    ("quoted header", lambda raw: raw.replace(raw.split(b"\n")[0], raw.split(b"\n")[0].replace(b",", b" ,")), "names"),
    ("everything at once", lambda raw: b"\xef\xbb\xbf" + raw.replace(b"\n", b",,\r\n") + b",,,\r\n", "byte order mark"),
]
CELLS: list[tuple[str, str, Callable[[bytes], bytes], str]] = [
    ("code with .0", "areas.csv", cells("gb2260", "511900", "511900.0"), "with .0"),
    ("capitals", "activities.csv", cells("exhaustive", "true", "TRUE"), "capitals"),
    ("capital word", "areas.csv", cells("level", "county", "County"), "capitals"),
    ("month as words", FAIR, cells("time_period", "2025-11", "Nov-25"), "date that"),
    ("month as day", FAIR, cells("time_period", "2025-11", "2025/11/1"), "date that"),
    ("month as serial", FAIR, cells("time_period", "2025-11", "45962"), "date that"),
    ("ISO day", FAIR, cells("time_period", "2025-11", "2025-11-01"), "sealed"),
    ("day of a document", DOCUMENT, cells("date_published", "2024-06-25", "2024/6/25"), "date that"),
    ("serial of a document", DOCUMENT, cells("date_published", "2024-06-25", "45468"), "date that"),
    ("year as decimal", PLAN, cells("time_period", "2026", "2026.0"), "with .0"),
    ("dropped decimals", PLAN, cells("obs_value", "5.0", "5"), "decimals"),
    ("offset as decimal", PLAN, cells("char_start", "469", "469.0"), "with .0"),
    ("offset in thousands", PLAN, cells("char_start", "4969", "4,969"), "separators"),
    ("full width", PLAN, cells("obs_value", "750", "７５０"), "full-width"),
    ("dash", NEWS, cells("source_id", "fuling-innovation-2023",
     "fuling–innovation–2023"), "dash"),
    ("apostrophe", "areas.csv", cells("gb2260", "511900", "'511900"), "apostrophe"),
    ("smart quotes", "areas.csv", cells("gb2260", "511900", "“511900”"), "quotation marks"),
    ("padding", "areas.csv", cells("name_en", "Bazhong", " Bazhong\u00a0"), "spaces"),
]  # fmt: skip


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The shipped data, sealed, without files that are not listed."""
    folder = tmp_path_factory.mktemp("sound") / "data"
    shutil.copytree(root / "data", folder)
    for problem in data_problems(folder):
        if "not listed" in problem.found:
            (folder.parent / problem.file).unlink()
    fix(folder)
    assert data_problems(folder) == []
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "data"))


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*")]


@pytest.mark.parametrize(("mutate", "told"), [case[1:] for case in WHOLE_FILE], ids=[case[0] for case in WHOLE_FILE])
def test_damage_to_a_whole_file_is_named_and_mended(folder: Path, mutate: Callable[[bytes], bytes], told: str) -> None:
    """Encodings, line ends, separators, trailing emptiness: after fix the file is byte for byte what it was."""
    name = PLAN
    before, files = (folder / name).read_bytes(), names(folder)
    (folder / name).write_bytes(mutate(before))
    problems = data_problems(folder)
    assert any(told in one.found and one.file == f"data/{name}" and one.fixable for one in problems), problems[:3]
    done = fix(folder)
    assert any(told in one.what for one in done)
    assert (folder / name).read_bytes() == before
    assert data_problems(folder) == []
    assert names(folder) == files, "no temporary file stays"


@pytest.mark.parametrize(("name", "mutate", "told"), [case[1:] for case in CELLS], ids=[case[0] for case in CELLS])
def test_damage_to_cells_is_named_and_mended(
    folder: Path, name: str, mutate: Callable[[bytes], bytes], told: str
) -> None:
    """Codes, dates, decimals, widths, quotes: after fix the file is byte for byte what it was."""
    before = (folder / name).read_bytes()
    damaged = mutate(before)
    assert damaged != before, "the case must change something"
    (folder / name).write_bytes(damaged)
    problems = data_problems(folder)
    assert any(told in one.found + one.expected and one.file == f"data/{name}" and one.row for one in problems)
    fix(folder)
    assert (folder / name).read_bytes() == before
    assert data_problems(folder) == []


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("=1+2", "a formula"),
        ("@SUM(1)", "a formula"),
        ("#REF!", "an error value"),
        ("########", "an error value"),
        ("1.0E+05", "scientific"),
        ("12a", "a number written like"),
    ],
)
def test_what_cannot_be_mended_stays(tmp_path: Path, cell: str, told: str) -> None:
    """A formula, an error, lost digits: reported with row and column, never touched."""
    data, _ = make_folder(tmp_path)
    path = data / "documents" / SOURCE / "observations.csv"
    change(path, 3, obs_value=cell)
    before = path.read_bytes()
    problems = data_problems(data)
    assert any(one.row == 3 and one.column == "obs_value" and told in one.found + one.expected for one in problems)
    fix(data)
    assert path.read_bytes() == before
    assert data_problems(data)


def test_a_first_of_month_in_a_new_row_is_left_to_a_person(tmp_path: Path) -> None:
    """2025/9/1 can be a month or a day: without a seal of the row it stays; 2025/9/30 cannot be a month."""
    data, _ = make_folder(tmp_path)
    path = data / "documents" / SOURCE / "observations.csv"
    (data / "documents" / SOURCE / "seal.txt").unlink()
    change(path, 3, time_period="2026/9/1")
    change(path, 4, time_period="2026/9/30")
    fix(data)
    periods = [row["time_period"] for row in rows_of(path)]
    assert periods[1:3] == ["2026/9/1", "2026-09-30"]
    assert any("2026-09 or 2026-09-01" in one.expected for one in data_problems(data))


def test_numbers_in_scientific_notation_are_mended_from_the_row(tmp_path: Path) -> None:
    """char_start as 4.7E+01 is what obs_id says."""
    data, _ = make_folder(tmp_path)
    path = data / "documents" / SOURCE / "observations.csv"
    start = rows_of(path)[1]["char_start"]
    change(path, 3, char_start=f"{int(start) / 10:.1f}E+01")
    fix(data)
    assert rows_of(path)[1]["char_start"] == start


def test_rows_are_sorted_and_forms_written(tmp_path: Path) -> None:
    """Rows in another order are put back; a form holds the header alone."""
    data, _ = make_folder(tmp_path)
    path, form = data / "documents" / SOURCE / "observations.csv", data / "forms" / "observations.csv"
    before = path.read_bytes()
    grid = table(before)
    path.write_bytes(written([grid[0], *reversed(grid[1:])]))
    form.unlink()
    fix(data)
    assert path.read_bytes() == before
    assert form.read_bytes() == before.split(b"\n")[0] + b"\n"
    assert data_problems(data) == []


def test_fix_does_nothing_where_nothing_is_wrong(tmp_path: Path) -> None:
    """A second fix reports and writes nothing."""
    data, _ = make_folder(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    assert fix(data) == []
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the old content stays, nothing is left over, and the message names the file."""
    data, _ = make_folder(tmp_path)
    damaged = b"\xef\xbb\xbf" + (data / "areas.csv").read_bytes()
    (data / "areas.csv").write_bytes(damaged)
    files = names(data)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("planbrief.files.os.fsync", full)
    with pytest.raises(FixError, match=r"areas\.csv cannot be written: No space left"):
        fix(data)
    assert (data / "areas.csv").read_bytes() == damaged
    assert names(data) == files


def test_a_row_torn_by_smart_quotes_is_named_and_nothing_is_rewritten(tmp_path: Path) -> None:
    """Quotes that do not quote change the number of cells; the file stays as it is."""
    data, _ = make_folder(tmp_path)
    path = data / "indicators.csv"
    torn = path.read_bytes().replace(b"Synthetic.", "“Synthetic, torn”".encode(), 1)
    path.write_bytes(torn)
    assert any("smart quotes" in one.found and one.row == 2 for one in data_problems(data))
    fix(data)
    assert path.read_bytes() == torn


def test_examine_is_silent_about_sound_cells() -> None:
    """Free text with dashes and quotes, codes and dates as they should be: no damage."""
    free = {"type": "string"}
    for text in ("“川东北”中心", "2024—2035", "5-1HF", "+86", "a - b", "R&D"):
        assert examine(text, free) is None
    assert examine("511900", {"type": "string", "constraints": {"pattern": r"\d{6}"}}) is None
    assert not fits("2025-02-30", {"type": "date"})


def test_whole_numbers_that_pandas_made_floats_are_mended(tmp_path: Path) -> None:
    """2.0 for 2 and 1.0 for 01 in columns of text or numbers: the seal proves what stood there."""
    data, _ = make_folder(tmp_path)
    path = data / "units.csv"
    before = path.read_bytes()
    path.write_bytes(re.sub(rb"(?m),(\d+),", rb",\1.0,", before))
    assert path.read_bytes() != before
    fix(data)
    assert path.read_bytes() == before
    assert data_problems(data) == []

"""Exports never replace what is not theirs, and are whole or not there."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest
from targets.factory import make_dataset

from planbrief.commands.cli import main
from planbrief.errors import UnknownName
from planbrief.export import export
from planbrief.export.archive import ExportFailed, PathRefused, write_file, write_folder
from planbrief.targets.package import Package

NAMES = {"xlsx": "data.xlsx", "sdmx-csv": "data", "datapackage": "data.zip"}
EVERY = pytest.mark.parametrize("kind", NAMES)


@pytest.fixture(scope="module")
def package() -> Package:
    return make_dataset().package


def content(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@EVERY
def test_an_untouched_export_is_replaced_and_nothing_else_is_left(tmp_path: Path, package: Package, kind: str):
    """Exporting twice to one place gives the same bytes and no other file."""
    out = tmp_path / NAMES[kind]
    first = content(export(package, kind, out))
    assert content(export(package, kind, out)) == first
    assert [entry.name for entry in tmp_path.iterdir()] == [NAMES[kind]]


@EVERY
def test_an_edited_export_is_refused(tmp_path: Path, package: Package, kind: str):
    """Whoever edited an export keeps it."""
    out = export(package, kind, tmp_path / NAMES[kind])
    file = out / "data.csv" if out.is_dir() else out
    file.write_bytes(file.read_bytes() + b"\n")
    if kind == "xlsx":  # a spreadsheet program writes the file anew; the least that changes is a part of it
        from planbrief.export.archive import read_zip, zip_bytes

        parts = read_zip(out)
        parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"Testville", b"Otherville")
        out.write_bytes(zip_bytes(parts))
    elif kind == "datapackage":
        from planbrief.export.archive import read_zip, zip_bytes

        out.write_bytes(zip_bytes({**read_zip(out), "areas.csv": b"edited"}))
    before = content(out)
    with pytest.raises(PathRefused, match="edited"):
        export(package, kind, out)
    assert content(out) == before


@EVERY
def test_a_strangers_file_is_refused(tmp_path: Path, package: Package, kind: str):
    """A file or folder of somebody else stays as it is; the message names it, exit code 2."""
    out = tmp_path / NAMES[kind]
    if kind == "sdmx-csv":
        out.mkdir()
        (out / "thesis.txt").write_text("mine")
    else:
        out.write_text("mine")
    before = content(out)
    with pytest.raises(PathRefused, match=NAMES[kind]) as caught:
        export(package, kind, out)
    assert caught.value.exit_code == 2
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert content(out) == before


def test_an_export_of_another_format_is_refused(tmp_path: Path, package: Package):
    """A zip of SDMX is not replaced by a zip of the Data Package."""
    out = export(package, "sdmx-csv", tmp_path / "data.zip")
    with pytest.raises(PathRefused):
        export(package, "datapackage", out)


@EVERY
def test_links_are_not_followed(tmp_path: Path, package: Package, kind: str):
    """A symbolic link in the place of the output is refused."""
    target = tmp_path / "target"
    target.mkdir()
    link = tmp_path / NAMES[kind]
    link.symlink_to(target)
    with pytest.raises(PathRefused, match="link"):
        export(package, kind, link)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("xlsx", "data.csv", ".xlsx"),
        ("xlsx", "data", ".xlsx"),
        ("datapackage", "data", ".zip"),
        ("sdmx-csv", "data.csv", "folder or a .zip"),
    ],
)
def test_a_misleading_ending_is_refused(tmp_path: Path, package: Package, kind: str, name: str, expected: str):
    """The message says which ending is right."""
    with pytest.raises(PathRefused, match=expected):
        export(package, kind, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_lists_the_known_ones(tmp_path: Path, package: Package):
    """From Python as from the command line."""
    with pytest.raises(UnknownName, match="sdmx-csv"):
        export(package, "ods", tmp_path / "data.ods")


@pytest.mark.parametrize("write", ["file", "folder"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: str):
    """Nothing half-written stays, and the earlier export is untouched; exit code 1."""
    out = tmp_path / "out"
    if write == "file":
        write_file(out, b"old")
    else:
        write_folder(out, {"a.csv": b"old"})
    before = content(out)

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("planbrief.export.archive.write_new", full)
    with pytest.raises(ExportFailed, match="No space left") as caught:
        write_file(out, b"new") if write == "file" else write_folder(out, {"a.csv": b"new"})
    assert caught.value.exit_code == 1
    assert content(out) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_export_left_is_swept_away(tmp_path: Path):
    """The next export removes the temporary file of a process that is gone."""
    (tmp_path / ".data.zip.4194399.planbrief-new").write_bytes(b"half")
    write_file(tmp_path / "data.zip", b"whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.zip"]


def test_the_command_says_where_and_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """planbrief export prints the path and the number of observations; a refusal is one line on stderr."""
    out = tmp_path / "new" / "data.zip"
    assert main(["export", "--to", "datapackage", "--out", str(out)]) == 0
    assert f"{out}: " in capsys.readouterr().out
    out.write_text("mine")
    assert main(["export", "--to", "datapackage", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "did not write" in error

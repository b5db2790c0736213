"""Zip archives: equal bytes, a seal, and nothing believed that is read."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import pytest

from planbrief.export.archive import SEAL, ArchiveRefused, is_sealed, read_zip, sealed, zip_bytes


def write(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def test_equal_files_give_equal_bytes_without_a_clock():
    """The archive depends on names and contents alone."""
    files = {"a.txt": b"one", "b/c.txt": "二".encode()}
    assert zip_bytes(files) == zip_bytes(dict(files))
    with zipfile.ZipFile(io.BytesIO(zip_bytes(files))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_was_written_is_read(tmp_path: Path):
    """read_zip undoes zip_bytes."""
    files = {"a.txt": b"one", "b/c.txt": b""}
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes(files))
    assert read_zip(path) == files


def test_a_decompression_bomb_is_refused_by_its_declared_size(tmp_path: Path):
    """A small archive that unpacks to more than the limit is refused before it is unpacked."""
    path = write(tmp_path / "bomb.zip", ("a.csv", b"0" * 3_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(ArchiveRefused, match="3,000,000 bytes"):
        read_zip(path, largest_member=1_000_000)
    with pytest.raises(ArchiveRefused, match="unpacked"):
        read_zip(path, largest_total=1_000_000)


def test_an_archive_that_lies_about_its_sizes_costs_no_more_than_it_says(tmp_path: Path):
    """A member that unpacks to more than declared is an error, not memory."""
    path = write(tmp_path / "lie.zip", ("a.csv", b"0" * 3_000_000))
    data = path.read_bytes()
    path.write_bytes(data.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(ArchiveRefused):
        read_zip(path)


def test_too_many_members_are_refused(tmp_path: Path):
    """The number of files is bounded as well."""
    path = write(tmp_path / "many.zip", *((f"{n}.csv", b"") for n in range(30)))
    with pytest.raises(ArchiveRefused, match="30 files"):
        read_zip(path, most_members=20)


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "C:\\a.csv", "a\x1b[2J.csv", "a//b.csv"])
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str):
    """Relative plain names only."""
    with pytest.raises(ArchiveRefused, match="leads outside"):
        read_zip(write(tmp_path / "a.zip", (name, b"x")))


def test_links_and_repeated_names_are_refused(tmp_path: Path):
    """A symbolic link in an archive is no file; two members of one name are ambiguous."""
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveRefused, match="not a regular file"):
        read_zip(tmp_path / "link.zip")
    data = zip_bytes({"a.csv": b"1", "b.csv": b"2"})
    (tmp_path / "twice.zip").write_bytes(data.replace(b"b.csv", b"a.csv"))
    with pytest.raises(ArchiveRefused, match="twice"):
        read_zip(tmp_path / "twice.zip")


@pytest.mark.parametrize("damage", range(0, 400, 13))
def test_damaged_archives_end_in_one_clear_error_or_are_read(tmp_path: Path, damage: int):
    """Whatever byte is broken, nothing but ArchiveRefused comes out."""
    data = bytearray(zip_bytes({"a.csv": b"a,b\n1,2\n" * 50, "b.csv": b"x"}))
    data[damage % len(data)] ^= 0xFF
    path = tmp_path / "damaged.zip"
    path.write_bytes(bytes(data))
    with contextlib.suppress(ArchiveRefused):
        assert len(read_zip(path)) <= 2


def test_the_seal_knows_an_untouched_export():
    """Changed, added or missing files break the seal, and so does another format."""
    files = sealed({"a.csv": b"1", "b.csv": b"2"}, "datapackage")
    assert is_sealed(files, "datapackage")
    assert not is_sealed(files, "sdmx-csv")
    assert not is_sealed({**files, "a.csv": b"3"}, "datapackage")
    assert not is_sealed({**files, "c.csv": b""}, "datapackage")
    assert not is_sealed({name: data for name, data in files.items() if name != "b.csv"}, "datapackage")
    assert not is_sealed({name: data for name, data in files.items() if name != SEAL}, "datapackage")

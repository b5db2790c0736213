"""What was found out of files is taken from memory only while none of them was touched; no change is ever missed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from publish.building.conftest import CELLS, write_notebook

from planbrief import files
from planbrief.checks.repair import accept
from planbrief.files import UNTOUCHED, facts_of, unless_touched
from planbrief.project import Project
from planbrief.publish.build import build
from planbrief.publish.edition import Publication
from planbrief.publish.output_folder import resolve_out
from planbrief.publish.state import state_folder
from planbrief.run.produce import Request

pytestmark = [
    pytest.mark.xdist_group("build"),
    pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing is remembered: no time tells of every change"),
]

ONE = Request(wanted=("small-qijiang",), languages=("en",), formats=("html",))


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as left alone at once, as they would after some seconds."""
    monkeypatch.setattr(files, "SETTLED", 0.0)


def written(path: Path) -> None:
    """Other bytes of the same length, and the time of the file set back."""
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    """Another file of the same length and time in its place."""
    other = path.with_name("other")
    shutil.copy2(path, other)
    written(other)
    os.replace(other, path)


def linked(path: Path) -> None:
    """A link to the same bytes."""
    path.rename(path.with_name("other"))
    path.symlink_to("other")


def gone(path: Path) -> None:
    """No file."""
    path.unlink()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("touch", [written, replaced, linked, gone])
def test_whatever_is_done_to_a_file_is_seen(tmp_path: Path, touch: Callable[[Path], None]) -> None:
    """Bytes, another file, a link, none: what was known is not believed any more."""
    path = tmp_path / "page.html"
    path.write_bytes(b"one")
    asked: list[str] = []

    def find() -> str:
        asked.append("")
        return str(len(asked))

    assert [unless_touched(tmp_path, "page", [path], find) for _ in range(3)] == ["1", "1", "1"]
    assert unless_touched(tmp_path, "page", [path], find, "about something else") == "2"
    assert unless_touched(tmp_path, "page", [path], find) == "3"
    touch(path)
    assert unless_touched(tmp_path, "page", [path], find) == "4"


@pytest.mark.usefixtures("settled")
def test_a_folder_that_became_a_link_is_seen(tmp_path: Path) -> None:
    """The file behind it is the same one, and no longer the edition's own."""
    folder = tmp_path / "zh"
    folder.mkdir()
    (folder / "page.html").write_bytes(b"one")
    looked_at = [folder, folder / "page.html"]
    before = facts_of(looked_at)
    (folder / "more.html").write_bytes(b"two")  # of a folder only its identity counts
    assert facts_of(looked_at) == before != ""
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to("elsewhere")
    assert facts_of(looked_at) != before


def test_what_was_written_a_moment_ago_is_not_remembered(tmp_path: Path) -> None:
    """A second change in the same tick of the clock would bear the same time."""
    path = tmp_path / "page.html"
    path.write_bytes(b"one")
    assert facts_of([path]) == ""
    assert unless_touched(tmp_path, "page", [path], lambda: "found") == "found"
    assert not (tmp_path / UNTOUCHED).exists()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "broken", [b"", b"[]", b'{"page": 1}', b'{"page": ["", 2]}', b'{"page": ["x", "known"]}', b"\xff"]
)
def test_a_broken_record_costs_time_only(tmp_path: Path, broken: bytes) -> None:
    """It is asked again, and the record is whole afterwards."""
    path = tmp_path / "page.html"
    path.write_bytes(b"one")
    (tmp_path / UNTOUCHED).write_bytes(broken)
    assert unless_touched(tmp_path, "page", [path], lambda: "found") == "found"
    assert unless_touched(tmp_path, "page", [path], lambda: "asked again") == "found"


@pytest.mark.usefixtures("settled")
def test_a_build_with_nothing_to_do_reads_no_page(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that nobody touched are not read again; one that was changed behind its times is built again."""
    out = tmp_path / "out"
    build(small, out, ONE)
    build(small, out, ONE)
    page = out / "en" / "small-qijiang.html"
    good = page.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Publication, "holds", lambda *_: pytest.fail("a page was read"))
        assert not build(small, out, ONE).published
    for touch in (written, replaced, linked, gone):
        touch(page)
        assert build(small, out, ONE).published, touch
        assert page.read_bytes() == good
        assert not page.is_symlink()
        assert not build(small, out, ONE).published


@pytest.mark.usefixtures("settled")
def test_changed_data_and_notebooks_are_built_from_memory_or_not(small: Project, tmp_path: Path) -> None:
    """A number of the same length, a sentence: each is in the page of the next build."""
    out = tmp_path / "out"
    table = small.data / "documents" / "qijiang-smart-2025" / "observations.csv"
    for _ in range(3):
        build(small, out, ONE)
    assert (state_folder(resolve_out(out)) / UNTOUCHED).is_file()
    table.write_bytes(table.read_bytes().replace(b",40.6,", b",41.7,"))
    accept(small.data, None)
    assert build(small, out, ONE).published
    assert "41.7" in (out / "en" / "small-qijiang.html").read_text(encoding="utf-8")
    write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": "say(zh='新的一句。', en='A new sentence.')"})
    assert build(small, out, ONE).published
    assert "A new sentence." in (out / "en" / "small-qijiang.html").read_text(encoding="utf-8")


def test_a_damaged_page_is_built_again_though_a_kept_edition_has_it(small: Project, tmp_path: Path) -> None:
    """What readers see is the present edition; that an earlier one is whole helps them nothing."""
    out = tmp_path / "out"
    both = replace(ONE, wanted=("small-qijiang", "small-zhaoqing"))
    build(small, out, both)
    build(small, out, replace(both, wanted=("small-zhaoqing",), force=True, languages=("zh",)))
    page = out / "en" / "small-qijiang.html"
    good = page.read_bytes()
    kept = list((state_folder(resolve_out(out)) / "editions").glob("*/en/small-qijiang.html"))
    assert [path.read_bytes() for path in kept] == [good]
    written(page)
    assert build(small, out, ONE).published
    assert page.read_bytes() == good

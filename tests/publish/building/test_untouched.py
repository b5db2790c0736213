"""What was found out of files is taken from memory only while none of them was touched; no change is ever missed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from publish.building.conftest import CATALOG, CELLS, write_notebook

from planbrief import files
from planbrief.checks.repair import accept
from planbrief.commands.cli import main
from planbrief.files import UNTOUCHED, facts_of, unless_touched
from planbrief.log import LibraryLog
from planbrief.project import Project
from planbrief.publish import build as build_module
from planbrief.publish.build import build
from planbrief.publish.edition import Publication
from planbrief.publish.output_folder import UNCHANGED, FolderLock, LockHeld, Unchanged, resolve_out
from planbrief.publish.state import state_folder
from planbrief.run.manifest import MANIFEST, Manifest, read_manifest
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


SAID = {"edition": "2025-01-01-00000000", "reports": []}


class Place:
    """A project and an edition of it that a build found unchanged."""

    def __init__(self, project: Project, out: Path) -> None:
        self.project, self.out = project, out
        (out / "en").mkdir(parents=True)
        (out / "en" / "page.html").write_text("<p>", encoding="utf-8")
        empty = Manifest("0" * 64, None, (), edition=SAID["edition"], run={"started": "2025-01-01T00:00:00Z"})
        (out / MANIFEST).write_bytes(empty.to_json())
        self.state = state_folder(resolve_out(out))
        self.state.mkdir()
        self.settle()

    def settle(self) -> None:
        """What a build says that has just found nothing to do."""
        Unchanged(self.project, self.out, "build").remember(SAID)

    def told(self, asked: str = "build") -> dict[str, object] | None:
        """What a command is told without a look at the data."""
        return Unchanged(self.project, self.out, asked).confirm(False, LibraryLog())


@pytest.fixture
def place(small: Project, tmp_path: Path, settled: None) -> Place:
    """One that is at rest."""
    return Place(small, tmp_path / "out")


def test_where_nothing_was_touched_a_command_is_told_what_was_said(place: Place) -> None:
    """Only the run in the manifest is another one."""
    earlier = read_manifest((place.out / MANIFEST).read_bytes())
    assert place.told() == SAID
    assert place.told() == SAID
    data = (place.out / MANIFEST).read_bytes()
    later = read_manifest(data)
    assert later.run["started"] > earlier.run["started"]
    assert replace(later, run=earlier.run) == earlier
    assert data == later.to_json()
    assert place.told("build --to pdf") is None


@pytest.mark.parametrize("touch", [written, replaced, linked, gone])
def test_a_command_looks_where_a_file_was_touched(place: Place, touch: Callable[[Path], None]) -> None:
    """A page, data, words, a notebook, the catalog: what was found before is not believed."""
    project = place.project
    inputs = [
        place.out / "en" / "page.html",
        project.data / "indicators.csv",
        project.notebooks / "words" / "brief.toml",
        project.notebooks / "small.ipynb",
        project.catalog,
    ]
    for path in inputs:
        assert place.told() == SAID
        kept = path.read_bytes()
        touch(path)
        assert place.told() is None, path
        path.unlink(missing_ok=True)
        path.with_name("other").unlink(missing_ok=True)
        path.write_bytes(kept)
        place.settle()


def linked_folder(path: Path, beside: Path) -> None:
    """The folder under another name, and a link to it."""
    path.rename(beside)
    path.symlink_to(beside)


@pytest.mark.parametrize(
    "change",
    [
        lambda place: (place.project.data / "new.csv").write_text("a\n"),
        lambda place: (place.out / "en" / "more.html").write_text("<p>"),
        lambda place: (place.state / "stage-1").mkdir(),
        lambda place: (place.state / "journal.json").write_text("{}"),
        lambda place: (place.out / MANIFEST).write_bytes((place.out / MANIFEST).read_bytes().replace(b"0000", b"1111")),
        lambda place: (place.out / MANIFEST).unlink(),
        lambda place: (place.state / UNCHANGED).write_bytes(b'{"facts": 1}'),
        lambda place: (place.state / UNCHANGED).write_bytes(b"[]"),
        lambda place: linked_folder(place.project.notebooks / "words", place.state / "elsewhere"),
    ],
    ids="data page stage journal manifest no-manifest record list linked-folder".split(),
)
def test_a_command_looks_where_something_is_out_of_the_ordinary(
    place: Place, change: Callable[[Place], object]
) -> None:
    """A file that came, what a killed run left, a manifest or a record that is not what was written."""
    change(place)
    assert place.told() is None


def test_what_was_touched_while_a_build_ran_is_not_remembered(place: Place) -> None:
    """What it said may be of the file as it was before."""
    (place.state / UNCHANGED).unlink()
    running = Unchanged(place.project, place.out, "build")
    written(place.project.data / "indicators.csv")
    running.remember(SAID)
    assert place.told() is None


def test_a_command_with_nothing_to_do_waits_its_turn(place: Place) -> None:
    """While another builds it is told so, as by any build."""
    held = FolderLock(place.state, resolve_out(place.out))
    held.acquire()
    try:
        with pytest.raises(LockHeld):
            place.told()
    finally:
        held.release()
    assert place.told() == SAID


def test_the_command_plans_nothing_where_nothing_was_touched(
    small: Project, tmp_path: Path, settled: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what the one before said; --explain and other formats are asked anew."""
    # With a report for each area there is nothing to say of areas that no report shows.
    small.catalog.write_text(CATALOG.replace('["qijiang", "zhaoqing"]', '"*"'), encoding="utf-8")
    usual = ["build", "small-qijiang", "--lang", "en", "--project", str(small.root), "--out", str(tmp_path / "out")]
    told = []
    for _ in range(3):
        assert main([*usual, "--to", "html"]) == 0
        told.append(capsys.readouterr().out)
    planned: list[str] = []
    plan = build_module.plan
    monkeypatch.setattr(build_module, "plan", lambda *a, **k: (planned.append("planned"), plan(*a, **k))[1])
    assert main([*usual, "--to", "html"]) == 0
    assert (planned, capsys.readouterr().out) == ([], told[2])
    assert "1 unchanged; open " in told[2]
    for words in (["--to", "html", "--explain"], ["--to", "html", "--force"]):
        planned.clear()
        assert main([*usual, *words]) == 0
        assert planned


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

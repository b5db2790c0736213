"""What a publication does when nothing goes wrong, and what it refuses."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
from publish.edition.editions import build, entry, leftovers, manifest, page, tree

from planbrief.errors import UnknownName
from planbrief.publish.edition import DamagedFile, Publication, PublishError
from planbrief.publish.gate import verify_edition
from planbrief.publish.output_folder import DamagedEdition, LockHeld, OutRefused, check_out, editions, prune, restore
from planbrief.run.manifest import Manifest, ManifestError, ReportEntry, read_manifest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "latest"


def read(out: Path) -> Manifest:
    return read_manifest((out / "manifest.json").read_bytes())


def without_run(files: dict[str, bytes]) -> dict[str, bytes]:
    said = json.loads(files["manifest.json"])
    del said["run"]
    return {**files, "manifest.json": json.dumps(said).encode()}


def test_first_edition(out: Path) -> None:
    """The first edition appears whole, verifies, and reads back as it was written."""
    edition = build(out, "one")
    assert verify_edition(out) == []
    assert edition.startswith("2025-09-01-")
    published = read(out)
    assert published.edition == edition
    assert {entry.last_success for entry in published.reports} == {edition}
    assert [info.edition for info in editions(out)] == [edition]
    assert not [path for path in out.rglob("*") if path.is_symlink()]
    assert leftovers(out) == []


def test_same_inputs_same_bytes(tmp_path: Path) -> None:
    """Two builds of the same content in two folders differ in nothing but the run block, and have one id."""
    ids = {build(tmp_path / name, "one") for name in ("a", "b")}
    assert len(ids) == 1
    assert without_run(tree(tmp_path / "a")) == without_run(tree(tmp_path / "b"))


def test_same_edition_again_is_kept_once(out: Path) -> None:
    """Publishing what is published already keeps no second copy of it."""
    build(out, "one")
    build(out, "two")
    build(out, "one")
    build(out, "one")
    ids = [info.edition for info in editions(out)]
    assert len(ids) == len(set(ids)) == 2


def test_empty_folder_is_filled(out: Path) -> None:
    """An empty folder is as good as a missing one."""
    out.mkdir()
    build(out, "one")
    assert verify_edition(out) == []


def test_leaving_without_publishing(out: Path) -> None:
    """A build that ends early, by an error or not, leaves the folder as it was and nothing behind."""
    build(out, "one")
    before = tree(out)
    with pytest.raises(ZeroDivisionError), Publication(out) as publication:  # noqa: PT012  (the block is the test)
        publication.add_file("zh/brief.html", page("x"))
        (publication.work_dir("brief") / "scratch").write_text("x")
        raise ZeroDivisionError
    assert tree(out) == before
    assert leftovers(out) == []


def test_first_build_that_fails_leaves_nothing_at_all(tmp_path: Path) -> None:
    """Without any edition not even the hidden folder stays."""
    with Publication(tmp_path / "latest") as publication:
        publication.add_file("zh/brief.html", page("x"))
    assert list(tmp_path.iterdir()) == []


def test_carry_over_and_previous_path(out: Path) -> None:
    """An unchanged report's files come from the edition before, as copies."""
    build(out, "one")
    before = tree(out)
    with Publication(out) as publication:
        assert publication.previous is not None
        reports = []
        for previous in publication.previous.reports:
            assert publication.holds(previous)
            assert (publication.out / previous.html.path).read_bytes() == before[f"{previous.name}.html"]
            reports.append(publication.carry_over_report(previous, status="unchanged"))
        publication.publish(manifest(publication, reports, "one"))
    assert {entry.status for entry in read(out).reports} == {"unchanged"}
    assert {path: data for path, data in tree(out).items() if path[:2] in ("zh", "en")} == {
        path: data for path, data in before.items() if path[:2] in ("zh", "en")
    }
    assert [info.edition for info in editions(out)] == [read(out).edition]


def test_damaged_file_is_not_carried_over(out: Path) -> None:
    """A file that was changed in place is noticed; a kept edition with the same content mends it."""
    build(out, "one")
    (out / "zh" / "brief.html").write_text("changed")
    with Publication(out) as publication:
        assert publication.previous is not None
        assert not publication.holds(publication.previous.report("brief", "zh") or pytest.fail("no entry"))
        with pytest.raises(DamagedFile):
            publication.carry_over("zh/brief.html")
        assert publication.carry_over("zh/brief.pdf").pages == 1
        with pytest.raises(DamagedFile):
            publication.carry_over("../../etc/passwd")


def test_link_in_the_output_folder_is_not_followed(out: Path, tmp_path: Path) -> None:
    """A symbolic link in place of a published file is a problem and is never read."""
    build(out, "one")
    good = (out / "zh" / "brief.html").read_bytes()
    (tmp_path / "elsewhere").write_bytes(good)
    (out / "zh" / "brief.html").unlink()
    (out / "zh" / "brief.html").symlink_to(tmp_path / "elsewhere")
    assert any("link" in problem.found for problem in verify_edition(out))
    with Publication(out) as publication, pytest.raises(DamagedFile):
        publication.carry_over("zh/brief.html")


def test_failed_report_keeps_its_last_good_files(out: Path) -> None:
    """A report that fails again and again stays as it last succeeded, and says since when and why."""
    good = build(out, "one")
    page_one = (out / "zh" / "brief.html").read_bytes()
    since = build(out, "two", fail=("brief",))
    build(out, "three", fail=("brief",))
    assert verify_edition(out) == []
    failed = read(out).report("brief", "zh")
    assert failed is not None
    assert (failed.status, failed.last_success, failed.failed_since) == ("failed", good, since)
    assert failed.error == "cell 3: division by zero"
    assert failed.key == "key of brief one"
    assert (out / "zh" / "brief.html").read_bytes() == page_one
    assert read(out).run["failed_since"]["zh/brief"] == "2026-01-01T00:00:00+00:00"
    index = (out / "index.html").read_text()
    assert good in index
    assert since in index
    assert "division by zero" in index
    build(out, "next")
    mended = read(out).report("brief", "zh")
    assert mended is not None
    assert (mended.status, mended.failed_since, mended.error) == ("built", None, None)


def test_report_that_never_succeeded(out: Path) -> None:
    """A first failure has no files; the edition is published all the same."""
    build(out, "one", fail=("brief",))
    assert verify_edition(out) == []
    failed = read(out).report("brief", "en")
    assert failed is not None
    assert failed.html is failed.pdf is failed.last_success is None
    assert "It has never been built" in (out / "en" / "brief.html").read_text()
    assert "It has never been built" in (out / "index.en.html").read_text()


def test_keep_and_prune(out: Path) -> None:
    """Only so many earlier editions are kept; the oldest go first."""
    ids = [build(out, text, keep=2) for text in ("one", "two", "three", "next")]
    assert [info.edition for info in editions(out)] == [ids[3], ids[2], ids[1]]
    assert prune(out, 1) == [ids[1]]
    assert prune(out, 0) == [ids[2]]
    assert leftovers(out) == []


def test_restore(out: Path) -> None:
    """An earlier edition comes back byte for byte, and the one that it replaces is kept."""
    first = build(out, "one")
    before = tree(out)
    second = build(out, "two")
    assert restore(out, first) == first
    assert tree(out) == before
    assert [info.edition for info in editions(out)] == [first, second]
    assert restore(out, first) == first
    with pytest.raises(UnknownName, match="unknown edition"):
        restore(out, "2020-01-01-00000000")


def test_damaged_edition_is_not_restored(out: Path) -> None:
    """A kept edition that does not verify stays where it is."""
    first = build(out, "one")
    build(out, "two")
    before = tree(out)
    kept = next(info.path for info in editions(out) if info.edition == first)
    (kept / "data" / "areas.csv").write_text("changed")
    with pytest.raises(DamagedEdition, match=r"data/areas\.csv"):
        restore(out, first)
    assert tree(out) == before


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/x", "a//b", "a/../b", ".hidden", "a\\b", "a\x00b", "manifest.json", "index.html", "C:x", "a\u202eb"],
)
def test_paths_stay_inside(out: Path, path: str) -> None:
    """No path leads out of the edition or onto its own pages."""
    with Publication(out) as publication, pytest.raises(PublishError):
        publication.add_file(path, b"x")
    with Publication(out) as publication:
        publication.add_file("a.txt", b"x")
        with pytest.raises(PublishError):
            publication.add_file("a.txt", b"x")


@pytest.mark.parametrize("broken", ["link", "pdf", "end", "script", "request", "pages"])
def test_report_that_does_not_verify_is_published_as_failed(out: Path, broken: str) -> None:
    """A link that leads nowhere, a cut PDF or page, a foreign request: that report fails, the others are published."""
    good = build(out, "one")
    before = tree(out)
    with Publication(out) as publication:
        fine = entry(publication, "profile-fuling", "zh", "涪陵", "two")
        addresses = {"link": "nowhere.html", "script": "javascript:alert(1)"}
        body = f'<a href="{addresses[broken]}">x</a>' if broken in addresses else ""
        body += '<img src="https://example.org/x.png">' if broken == "request" else ""
        html = publication.add_file("zh/brief.html", page("x", body)[: -5 if broken == "end" else None])
        document = b"%PDF-1.7 cut" if broken == "pdf" else before["zh/brief.pdf"]
        pdf = publication.add_file("zh/brief.pdf", document, 7 if broken == "pages" else 1)
        bad = ReportEntry("brief", "zh", "简报", key="new", html=html, pdf=pdf)
        publication.publish(manifest(publication, [bad, fine], "two"))
        assert list(publication.rejected) == ["zh/brief"]
    assert verify_edition(out) == []
    failed = read(out).report("brief", "zh")
    assert failed is not None
    assert (failed.status, failed.last_success, failed.key) == ("failed", good, "key of brief one")
    assert (out / "zh" / "brief.html").read_bytes() == before["zh/brief.html"]
    assert leftovers(out) == []


def test_first_report_that_does_not_verify_has_a_placeholder(out: Path) -> None:
    """Where a report was never built a page says so, so that links to it lead somewhere."""
    with Publication(out) as publication:
        link = '<a href="../en/brief.html">English</a>'
        html = publication.add_file("zh/brief.html", page("x", link))
        fine = ReportEntry("brief", "zh", "简报", html=html)
        cut = ReportEntry("brief", "en", "Brief <b>", html=publication.add_file("en/brief.html", b"<html>"))
        publication.publish(manifest(publication, [fine, cut], "two"))
    assert verify_edition(out) == []
    assert [entry.status for entry in read(out).reports] == ["built", "failed"]
    text = (out / "en" / "brief.html").read_text()
    assert "Not available yet" in text
    assert "Brief &lt;b&gt;" in text


def test_manifest_that_names_what_is_not_there(out: Path) -> None:
    """A mistake of the builder is refused, and the last edition stands."""
    build(out, "one")
    before = tree(out)
    with Publication(out) as publication:
        good = entry(publication, "brief", "zh", "简报", "two")
        listed = manifest(publication, [good], "two")
        publication._stage.drop("zh/brief.html")
        with pytest.raises(PublishError, match=r"zh/brief\.html"):
            publication.publish(listed)
    assert tree(out) == before
    assert leftovers(out) == []


@pytest.mark.parametrize("kind", ["strange", "file", "link", "root", "state", "notes", "loop", "below-file", "null"])
def test_folders_that_are_refused(tmp_path: Path, kind: str) -> None:
    """What is not planbrief's to replace is refused before anything is touched."""
    out = tmp_path / "latest"
    if kind == "strange":
        out.mkdir()
        (out / "thesis.docx").write_text("years of work")
    elif kind == "notes":
        out.mkdir()
        (out / "manifest.json").write_text('{"name": "a web app"}')
    elif kind == "file":
        out.write_text("x")
    elif kind == "link":
        build(tmp_path / "real", "one")
        out.symlink_to(tmp_path / "real")
    elif kind == "loop":
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        out = tmp_path / "a" / "latest"
    elif kind == "below-file":
        (tmp_path / "f").write_text("x")
        out = tmp_path / "f" / "latest"
    elif kind == "null":
        out = Path(f"{tmp_path}/a\0b")
    else:
        out = Path("/") if kind == "root" else tmp_path / ".planbrief-latest"
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with pytest.raises(OutRefused) as refused:
        build(out, "one")
    assert refused.value.exit_code == 2
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


@pytest.mark.skipif(not os.path.ismount("/dev/shm"), reason="needs a mount point")
def test_mount_point_is_refused() -> None:
    """A file system of its own cannot be switched as a whole."""
    with pytest.raises(OutRefused, match="file system of its own"):
        check_out("/dev/shm")


def test_errors_survive_pickling() -> None:
    """Every error of publishing carries its fields through a process border."""
    errors = [
        OutRefused("a", "b"),
        PublishError("a", "b"),
        DamagedFile("a"),
        LockHeld("a", 1, "b", "c"),
        DamagedEdition("a", ("b", "c")),
        ManifestError("a", "b", "c"),
    ]
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.exit_code) == (type(error), str(error), error.exit_code)

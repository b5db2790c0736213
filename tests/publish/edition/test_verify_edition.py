"""verify-edition: every way in which an edition can be broken is named; PDFs are read as another library reads them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publish.edition.editions import build, page, pdf

from planbrief.publish.gate import BrokenPDF, PDFFacts, pdf_facts, read_page, verify_edition


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "latest"
    build(out, "one")
    return out


def test_whole_edition_has_no_problem(out: Path) -> None:
    """What was published verifies, also after it was copied elsewhere."""
    import shutil

    assert verify_edition(out) == []
    shutil.copytree(out, out.parent / "copy")
    assert verify_edition(out.parent / "copy") == []


@pytest.mark.parametrize(
    "damage", ["change", "cut", "remove", "add", "link", "pipe", "folder", "index", "figure", "manifest"]
)
def test_every_damage_is_named(out: Path, damage: str) -> None:
    """A file changed, cut, removed, added or replaced by something else, and a manifest edited by hand."""
    file = out / "zh" / "brief.html"
    good = file.read_bytes()
    expected = "zh/brief.html"
    if damage == "change":
        file.write_bytes(good.replace(b"one", b"two"))
    elif damage == "cut":
        file.write_bytes(good[:-9])
    elif damage == "add":
        (out / "zh" / "draft.html").write_bytes(good)
        expected = "zh/draft.html"
    elif damage == "index":
        (out / "index.html").unlink()
        expected = "index.html"
    elif damage in ("figure", "manifest"):
        text = (out / "manifest.json").read_text()
        (out / "manifest.json").write_text(text.replace("1.5", "2.5", 1) if damage == "figure" else text[:-40])
        expected = "manifest.json"
    else:
        file.unlink()
    if damage == "link":
        file.symlink_to(out / "en" / "brief.html")
    elif damage == "pipe":
        os.mkfifo(file)
    elif damage == "folder":
        file.mkdir()
    assert expected in {problem.file for problem in verify_edition(out)}


def test_folder_that_is_no_edition(tmp_path: Path) -> None:
    """A folder without a manifest is one clear problem."""
    (problem,) = verify_edition(tmp_path)
    assert "expected an edition of planbrief" in str(problem)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_noticed(out: Path, data: st.DataObject) -> None:
    """Whatever byte of whatever file changes, but in the run block, verify-edition says so."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.name != "manifest.json")
    file = data.draw(st.sampled_from(files))
    good = file.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    try:
        file.write_bytes(good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :])
        assert verify_edition(out)
    finally:
        file.write_bytes(good)


def test_page_is_read_for_links_anchors_and_requests() -> None:
    """Links, anchors and everything that a page loads are found, in HTML and in its SVG."""
    body = (
        '<a name="old"></a><svg><defs><path id="p"></path></defs><use xlink:href="#p"></use>'
        '<image href="a.png"></image><a xlink:href="#old"></a></svg><object data="b.svg"></object>'
    )
    found = read_page(page("T", body))
    assert {"answer", "old", "p"} <= found.anchors
    assert {"#answer", "#old", "../index.html"} <= set(found.links)
    assert {"#p", "a.png", "b.svg"} <= set(found.loads)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff</html>", b"<p>cut"])
def test_page_that_is_not_whole(data: bytes) -> None:
    """An empty, cut or wrongly encoded page is refused."""
    with pytest.raises(ValueError, match=r"."):
        read_page(data)


@pytest.mark.parametrize("pages", [1, 3])
def test_pdf_facts_agree_with_another_library(pages: int) -> None:
    """Pages and marks are those that pikepdf finds, also after it has written the file its own way."""
    document = pdf("x", pages)
    assert pdf_facts(document) == PDFFacts(pages, 1, 2)
    with pikepdf.open(io.BytesIO(document)) as opened:
        assert len(opened.pages) == pages
        for mode in (pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate):
            again = io.BytesIO()
            opened.save(again, object_stream_mode=mode)
            if mode is pikepdf.ObjectStreamMode.disable:
                assert pdf_facts(again.getvalue()).pages == pages


@settings(max_examples=100, deadline=None)
@given(keep=st.floats(0, 0.999), at=st.integers(0, 10_000))
def test_cut_pdf_is_noticed(keep: float, at: int) -> None:
    """A PDF that was cut, or whose table of objects was moved, is no PDF."""
    document = pdf("x")
    with pytest.raises(BrokenPDF):
        pdf_facts(document[: int(len(document) * keep)])
    with pytest.raises(BrokenPDF):
        pdf_facts(document[:at] + b"%%%" + document[at:])

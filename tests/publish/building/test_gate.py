"""What check refuses of the data is not published: one line per problem, the last edition stands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from targets.folder import change, rows_of

from planbrief.checks.repair import accept
from planbrief.commands.preview.studio import Studio
from planbrief.project import Project
from planbrief.publish.build import Request, build
from planbrief.publish.gate import VERDICT, Refused, refusals

ONE = Request(wanted=("small-qijiang",), languages=("en",), formats=("html",))


def damaged(project: Project) -> None:
    """The first amount of money of the small report's city differs from the text printed beside it."""
    file = next((project.data / "documents").glob("qijiang*/observations.csv"))
    rows = rows_of(file)
    row = next(number for number, one in enumerate(rows, start=2) if one["kind"] == "commitment")
    change(file, row, obs_value="350" if rows[row - 2]["obs_value"] != "350" else "360")


def test_a_value_beside_another_printed_form_is_refused(small: Project, tmp_path: Path) -> None:
    """Exit code 2, a line that names the row, and the edition before is untouched."""
    out = tmp_path / "out"
    first = build(small, out, ONE)
    page = (out / "en" / "small-qijiang.html").read_bytes()
    damaged(small)
    with pytest.raises(Refused, match=r"observations\.csv, row \d+, column obs_value: found 350") as told:
        build(small, out, ONE)
    assert told.value.exit_code == 2
    assert (out / "en" / "small-qijiang.html").read_bytes() == page
    assert json.loads((out / "manifest.json").read_bytes())["edition"] == first.edition


def test_a_change_that_nobody_accepted_is_refused(small: Project, tmp_path: Path) -> None:
    """A definition that differs from its seal is published once it is accepted."""
    change(small.data / "indicators.csv", 2, definition="Another meaning.")
    with pytest.raises(Refused, match="check --accept"):
        build(small, tmp_path / "out", ONE)
    assert not (tmp_path / "out").exists()
    accept(small.data, None)
    assert build(small, tmp_path / "out", ONE).published


def test_a_verdict_is_remembered_by_its_inputs_alone(small: Project, tmp_path: Path) -> None:
    """The same bytes are not checked twice; any other byte is, and a forged or broken memory is not believed."""
    assert refusals(small, tmp_path) == ()
    remembered = (tmp_path / VERDICT).read_bytes()
    damaged(small)
    assert refusals(small, tmp_path)
    for broken in (b"", b"{}", b"[]", remembered, b'{"sound": true}'):
        (tmp_path / VERDICT).write_bytes(broken)
        assert refusals(small, tmp_path)


def test_unchecked_says_so_on_every_page(small: Project, tmp_path: Path) -> None:
    """The banner, the index and the manifest; without the option the pages are built anew and clean."""
    out = tmp_path / "out"
    file = next((small.data / "documents").glob("qijiang*/observations.csv"))
    before = file.read_bytes()
    damaged(small)
    build(small, out, replace(ONE, unchecked=True))
    for page in ("en/small-qijiang.html", "index.en.html"):
        assert "Unchecked: the data have problems" in (out / page).read_text("utf-8")
    assert "obs_value" in json.loads((out / "manifest.json").read_bytes())["unchecked"][0]
    file.write_bytes(before)
    build(small, out, ONE)
    for page in ("en/small-qijiang.html", "index.en.html"):
        assert "Unchecked" not in (out / page).read_text("utf-8")
    assert "unchecked" not in json.loads((out / "manifest.json").read_bytes())


def test_the_preview_shows_no_refused_data(small: Project) -> None:
    """The page says why; nothing was shown before."""
    damaged(small)
    studio = Studio(small, "small-qijiang", {})
    studio.stop()
    from planbrief.run.pool.process_tree import Scratch

    studio._scratch = Scratch()
    try:
        studio._build(["en"])
    finally:
        studio._scratch.close()
    assert isinstance(studio.shown("en").error, Refused)
    assert studio.shown("en").good == b""

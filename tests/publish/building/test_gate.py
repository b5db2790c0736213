"""What check refuses of the data is not published: one line per problem, the last edition stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from deliver.conftest import FakeClock
from deliver.rounds import schedule
from publish.building.conftest import CELLS, write_notebook
from publish.building.test_cluster import Cluster
from targets.folder import change, rows_of

from planbrief.checks import project as project_checks
from planbrief.checks.data import Survey, as_csv, survey
from planbrief.checks.project import project_problems
from planbrief.checks.repair import accept
from planbrief.commands.cli import main
from planbrief.commands.preview.studio import Studio
from planbrief.deliver.delivery import news
from planbrief.deliver.rounds import Runner
from planbrief.project import Project
from planbrief.publish.build import build
from planbrief.publish.gate import VERDICT, Refused, refusals
from planbrief.run.produce import Request
from planbrief.targets import package
from planbrief.targets.package import Row, parse_csv

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
    assert refusals(small, tmp_path, ["small"]) == ()
    remembered = (tmp_path / VERDICT).read_bytes()
    damaged(small)
    assert refusals(small, tmp_path, ["small"])
    for broken in (b"", b"{}", b"[]", remembered, b'{"sound": true}'):
        (tmp_path / VERDICT).write_bytes(broken)
        assert refusals(small, tmp_path, ["small"])


def test_a_saved_notebook_is_checked_against_data_known_as_sound(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the notebook is looked at, and still refused; data that were written since are looked at again."""
    surveyed: list[Path] = []

    def watched(folder: Path) -> Survey:
        surveyed.append(folder)
        return survey(folder)

    monkeypatch.setattr(project_checks, "survey", watched)
    assert refusals(small, tmp_path, ["small"]) == ()
    assert surveyed == [small.data]
    notebook = small.notebooks / "small.ipynb"
    write_notebook(notebook, {**CELLS, "body": CELLS["body"] + "\nsay(zh='新的一句。', en='A new sentence.')"})
    assert refusals(small, tmp_path, ["small"]) == ()
    write_notebook(notebook, {**CELLS, "begin": CELLS["begin"] + "\nsay(zh='共 7 个。', en='Seven.')"})
    assert any("number 7 typed" in one.found for one in refusals(small, tmp_path, ["small"]))
    default = {**CELLS, "parameters": CELLS["parameters"].replace("qijiang", "nowhere")}
    write_notebook(notebook, default)
    assert any("nowhere" in one.found for one in refusals(small, tmp_path, ["small"]))
    assert surveyed == [small.data]
    write_notebook(notebook, CELLS)
    damaged(small)
    assert any("obs_value" in one.column for one in refusals(small, tmp_path, ["small"]))
    assert surveyed == [small.data] * 2


def test_a_build_with_nothing_to_do_parses_no_observation(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the data told is remembered with the verdict on them; a changed file is parsed again."""
    out = tmp_path / "out"
    build(small, out, ONE)
    build(small, out, ONE)  # remembers
    parsed: list[str] = []

    def watched(text: str, name: str, *rest: Any) -> Iterator[Row]:
        parsed.append(name)
        return parse_csv(text, name, *rest)

    monkeypatch.setattr(package, "parse_csv", watched)
    assert not build(small, out, ONE).published
    assert not [name for name in parsed if name.endswith("observations.csv")]
    damaged(small)
    with pytest.raises(Refused):
        build(small, out, ONE)
    assert [name for name in parsed if name.endswith("observations.csv")]


def test_unchecked_says_so_on_every_page(small: Project, tmp_path: Path) -> None:
    """Banner, PDF, index, manifest and mail; without the option the pages are built anew and clean."""
    out = tmp_path / "out"
    file = next((small.data / "documents").glob("qijiang*/observations.csv"))
    before = file.read_bytes()
    damaged(small)
    edition = build(small, out, replace(ONE, unchecked=True, formats=("html", "pdf"))).edition
    first = pypdfium2.PdfDocument(out / "en" / "small-qijiang.pdf")[0]
    assert "Unchecked" in first.get_textpage().get_text_bounded()
    assert news(out, edition, "en", None).warnings[0].startswith("Unchecked: ")
    for page in ("en/small-qijiang.html", "index.en.html"):
        assert "Unchecked: " in (out / page).read_text("utf-8")
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
        studio._build([("small-qijiang", "en")], studio.watch.look())
    finally:
        studio._scratch.close()
    assert isinstance(studio.shown("en").error, Refused)
    assert studio.shown("en").good == b""


def added(project: Project) -> None:
    """A row by hand that breaks no rule: the first amount of money once more, behind the last row."""
    file = next((project.data / "documents").glob("qijiang*/observations.csv"))
    rows = rows_of(file)
    model = next(row for row in rows if row["kind"] == "commitment")
    end = int(rows[-1]["char_end"]) + 9
    new = dict(model, obs_id=f"{model['source_id']}-{end:05d}", char_start=str(end), locator="第九段")
    new["char_end"] = str(end + len(model["value_text"]))
    file.write_bytes(as_csv(tuple(new), [*rows, new]))


def test_a_new_row_is_refused_until_it_is_accepted(small: Project, tmp_path: Path) -> None:
    """One line, exit code 2, the last edition stands; accepted, it is built."""
    out = tmp_path / "out"
    first = build(small, out, ONE)
    added(small)
    with pytest.raises(Refused, match="a new row qijiang") as told:
        build(small, out, ONE)
    assert (told.value.exit_code, len(told.value.problems)) == (2, 1)
    assert json.loads((out / "manifest.json").read_bytes())["edition"] == first.edition
    accept(small.data, None)
    assert build(small, out, ONE).published


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ('say(zh="增长 73.8 %", en="grows {money}", money=figure)', "the number 73.8 typed into say"),
        ('say(zh="承诺 {money}。", money=figure)', "say(…) without en"),
    ],
)
def test_what_check_refuses_of_a_notebook_is_not_built(small: Project, tmp_path: Path, cell: str, line: str) -> None:
    """A typed number, a language that is missing: exit code 2, not a page."""
    write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": f"{CELLS['body']}\n{cell}"})
    with pytest.raises(Refused) as told:
        build(small, tmp_path / "out", ONE)
    assert line in str(told.value)
    assert told.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_what_an_analyst_leaves_behind_stops_nothing(small: Project, tmp_path: Path) -> None:
    """Outputs of a run, another default, a draft that no report is made of: notes, and the report is built."""
    notebook = json.loads((small.notebooks / "small.ipynb").read_text("utf-8"))
    notebook["cells"][1] |= {
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "7"}],
        "execution_count": 3,
    }
    (small.notebooks / "small.ipynb").write_text(json.dumps(notebook), "utf-8")
    (small.notebooks / "Untitled.ipynb").write_text(json.dumps({**notebook, "cells": []}), "utf-8")
    found = project_problems(small)
    assert {one.file for one in found} == {"notebooks/small.ipynb", "notebooks/Untitled.ipynb"}
    assert all(one.note for one in found)
    assert main(["check", "--project", str(small.root)]) == 0
    assert build(small, tmp_path / "out", ONE).published


def test_prose_of_an_own_page_is_its_authors(small: Project, tmp_path: Path) -> None:
    """A number typed into a text is refused beside begin(), and a note in a notebook of plain prints."""
    for cells, refused in ((CELLS, True), ({"parameters": CELLS["parameters"], "body": "print(1)"}, False)):
        write_notebook(small.notebooks / "small.ipynb", cells)
        notebook = json.loads((small.notebooks / "small.ipynb").read_text("utf-8"))
        prose = {"cell_type": "markdown", "id": "prose", "metadata": {"tags": []}, "source": "增长 73.8%"}
        notebook["cells"].append(prose)
        (small.notebooks / "small.ipynb").write_text(json.dumps(notebook), "utf-8")
        found = [one for one in project_problems(small) if "73.8" in one.found]
        assert [one.note for one in found] == [not refused]
        assert bool(refusals(small, None, ["small"])) is refused


def test_the_schedule_publishes_no_refused_data(small: Project, tmp_path: Path) -> None:
    """The round fails with the problem's line, and the edition of the week before stands."""
    clock = FakeClock()
    job = {"build": ["small-qijiang"], "languages": ["en"], "formats": ["html"], "deliver": []}
    found = schedule(job=job).model_copy(update={"out": tmp_path / "out"})
    Runner(small, found, clock).round()
    clock.go(days=7, minutes=1)
    assert [run.result for run in Runner(small, found, clock).round()] == ["ok"]
    before = json.loads((tmp_path / "out" / "manifest.json").read_bytes())["edition"]
    damaged(small)
    clock.go(days=7)
    (run,) = Runner(small, found, clock).round()
    assert (run.result, run.published) == ("failed", False)
    assert "column obs_value: found 350" in str(run)
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes())["edition"] == before


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and one worker."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    started = Cluster(folder)
    started.worker()
    try:
        yield started
    finally:
        started.stop()


@pytest.mark.slow
def test_dask_publishes_no_refused_data(small: Project, tmp_path: Path, dask: Cluster) -> None:
    """The same gate stands before the cluster; unchecked pages say so there too."""
    over = replace(ONE, executor=f"dask:{dask.address}")
    damaged(small)
    with pytest.raises(Refused, match="column obs_value: found 350"):
        build(small, tmp_path / "out", over)
    assert not (tmp_path / "out").exists()
    build(small, tmp_path / "out", replace(over, unchecked=True))
    assert "Unchecked" in (tmp_path / "out" / "en" / "small-qijiang.html").read_text("utf-8")

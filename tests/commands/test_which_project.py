"""Which data? The project around the working directory or the one that is named; never another, never in silence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from planbrief.commands.cli import main
from planbrief.project import PROJECT_VARIABLE, NoProject, find, packaged
from planbrief.targets import load

WRITING = [
    ["build"],
    ["check"],
    ["check", "--fix"],
    ["export", "--to", "xlsx", "--out", "x.xlsx"],
    ["preview", "brief", "--no-browser"],
    ["schedule", "due"],
    ["deliver"],
    ["migrate"],
    ["list"],
]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that lies in no project, as working directory."""
    monkeypatch.delenv(PROJECT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose city has another name than the packaged one's."""
    root = tmp_path_factory.mktemp("elsewhere")
    for name in ("data", "notebooks"):
        shutil.copytree(packaged().root / name, root / name)
    (root / "reports").mkdir()
    catalog = packaged().catalog.read_text("utf-8")
    (root / "reports" / "catalog.toml").write_text(f'project = "elsewhere"\n{catalog}', "utf-8")
    areas = root / "data" / "areas.csv"
    areas.write_text(areas.read_text("utf-8").replace("綦江区", "试验区"), "utf-8")
    return root


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_outside_a_project_commands_say_what_to_do(
    nowhere: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the three ways out in one message, and nothing is written."""
    assert main(words) == 2
    said = capsys.readouterr().err
    assert all(way in said for way in ("planbrief init", "--project", PROJECT_VARIABLE))
    assert list(nowhere.iterdir()) == []


def test_outside_a_project_there_is_no_data(nowhere: Path) -> None:
    """find and load raise; a project that is named is found from anywhere."""
    with pytest.raises(NoProject, match="planbrief init"):
        find()
    with pytest.raises(NoProject):
        load()


def test_two_commands_in_one_process_have_their_own_projects(
    nowhere: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--project of the first command is not the second one's."""
    assert main(["list", "areas", "--project", str(elsewhere)]) == 0
    assert "试验区" in capsys.readouterr().out
    assert main(["list", "areas"]) == 2
    assert main(["list", "areas", "--sample"]) == 0
    assert "綦江区" in capsys.readouterr().out


def test_the_sample_is_never_written(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Building it needs --out, mending it a copy."""
    for words in (["build"], ["check", "--fix"], ["check", "--accept-all"], ["schedule", "due"], ["migrate"]):
        assert main([*words, "--sample"]) == 2
        assert "the packaged sample is for reading" in capsys.readouterr().err


def test_pages_of_the_sample_say_so(nowhere: Path) -> None:
    """A banner on the page; the manifest names the project."""
    assert main(["build", "profile-qijiang", "--lang", "en", "--to", "html", "--out", "out", "--sample"]) == 0
    assert "Sample: the data are those" in (nowhere / "out" / "en" / "profile-qijiang.html").read_text("utf-8")
    assert json.loads((nowhere / "out" / "manifest.json").read_bytes())["project"] == "planbrief"


def papermilled(root: Path, folder: Path, **parameters: str) -> str:
    """The outputs of the profile that stock papermill runs from `folder`, copied to a staging folder before."""
    shutil.copy(root / "notebooks" / "profile.ipynb", folder / "staged.ipynb")
    papermill.execute_notebook(
        folder / "staged.ipynb", folder / "out.ipynb", {"region": "qijiang", **parameters},
        kernel_name="python3", progress_bar=False, cwd="/",
    )  # fmt: skip
    return (folder / "out.ipynb").read_text("utf-8")


def test_a_staged_notebook_takes_the_project_that_is_named(
    nowhere: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parameter or the variable, from the folder /; without either it is an error, never the packaged data."""
    with pytest.raises(papermill.PapermillExecutionError, match="planbrief init"):
        papermilled(elsewhere, nowhere)
    text = papermilled(elsewhere, nowhere, project=str(elsewhere))
    assert "试验区" in text
    assert "綦江区" not in "".join(
        "".join(map(str, output.get("data", {}).values()))
        for cell in nbformat.reads(text, as_version=4).cells[:4]
        for output in cell.get("outputs", ())
    )
    assert "elsewhere" in text
    monkeypatch.setenv(PROJECT_VARIABLE, str(elsewhere))
    assert "试验区" in papermilled(elsewhere, nowhere)


def test_a_build_leaves_the_environment_alone(nowhere: Path, elsewhere: Path) -> None:
    """The project is passed, not written where every later command would find it."""
    code = "import os, sys\nfrom planbrief.commands.cli import main\nbefore = dict(os.environ)\n"
    code += f"main(['check', '--project', {str(elsewhere)!r}])\nsys.exit(dict(os.environ) != before)"
    environment = {name: value for name, value in os.environ.items() if name != PROJECT_VARIABLE}
    assert subprocess.run([sys.executable, "-c", code], cwd=nowhere, env=environment, check=False).returncode == 0

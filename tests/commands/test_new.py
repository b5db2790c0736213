"""`planbrief new`, `nb`, `completion`, `list`: what an analyst's first ten minutes need."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pytest

from planbrief.catalog import problems, read
from planbrief.commands import new
from planbrief.commands.cli import COMMANDS, USERS, main, overview
from planbrief.commands.list import cut, fitting, width
from planbrief.commands.new import lay_out
from planbrief.errors import CatalogError, UnknownName
from planbrief.project import at
from planbrief.targets.package import usable_package


@pytest.fixture
def project(tmp_path):
    """A new project."""
    return at(lay_out(tmp_path / "p"))


def catalog(project):
    """The catalog of a project."""
    return read(project, usable_package(project))


def test_a_new_notebook_is_listed_and_sound(project):
    """The entry says nothing that the notebook says; comments and other entries stay; check has nothing to say."""
    before = project.catalog.read_text(encoding="utf-8")
    new.make(project, "own", "綦江")
    after = project.catalog.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert tomllib.loads(after)["reports"][-1] == {"id": "own", "notebook": "own", "parameters": {"region": "qijiang"}}
    report = next(one for one in catalog(project).reports() if one.id == "own")
    assert dict(report.about)["en"] == "Qijiang District: own"
    assert [(p.name, p.type) for p in catalog(project).parameters("own")] == [("region", "area"), ("lang", "text")]
    assert main(["check", "--project", str(project.root)]) == 0


@pytest.mark.parametrize("model", ["", "profile"])
def test_a_new_notebook_builds_at_once(project, tmp_path, model):
    """Short or from a report's: one command, no edit, tables and figures on the page, sources at its end."""
    new.make(project, "own", "bazhong", model)
    words = ["build", "own", "--lang", "en", "--to", "html", "--out", str(tmp_path / "o"), "--project"]
    made = subprocess.run(
        [sys.executable, "-m", "planbrief", *words, str(project.root)], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    page = (tmp_path / "o/en/own.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<table" in page
    assert "bazhong-plan-2024" in page
    record = json.loads((tmp_path / "o/build.json").read_text(encoding="utf-8"))
    assert record["en/own"]["reads"]


def test_nothing_is_written_for_a_name_in_use_or_an_unknown_area(project):
    """Notebook and catalog stay as they are."""
    before = project.catalog.read_bytes()
    for name, area, error in (
        ("profile", "", new.Taken),
        ("databook", "", new.Taken),
        ("own", "nowhere", UnknownName),
        ("Own page", "", CatalogError),
    ):
        with pytest.raises(error):
            new.make(project, name, area)
    with pytest.raises(UnknownName):
        new.make(project, "own", "", "profil")
    assert project.catalog.read_bytes() == before
    assert not (project.notebooks / "own.ipynb").exists()


def test_a_new_notebook_about_a_place_without_targets_says_so(project, monkeypatch, capsys):
    """Zhaoqing's documents aim at nothing: its first page is empty, and the command says why and what to show."""
    monkeypatch.chdir(project.root)
    assert main(["new", "own", "--area", "肇庆"]) == 0
    assert "page.data.observations(region" in capsys.readouterr().out
    assert main(["new", "other", "--area", "巴中"]) == 0
    assert "no targets" not in capsys.readouterr().out
    assert main(["new", "My page"]) == 2
    assert "my-page would do" in capsys.readouterr().err


def test_a_region_is_given_by_name_in_the_notebook_too(project, monkeypatch, capsys):
    """In the cell tagged parameters as on the command line; a misspelt one is told with what may be meant."""
    monkeypatch.chdir(project.root)
    path = new.make(project, "own", "涪陵")
    text = path.read_text(encoding="utf-8")
    entry = project.catalog.read_text(encoding="utf-8").replace('parameters = { region = "fuling" }', "")
    project.catalog.write_text(entry, encoding="utf-8")
    path.write_text(text.replace("fuling", "涪陵"), encoding="utf-8")
    assert main(["check"]) == 0
    assert next(one for one in catalog(project).reports() if one.id == "own").areas == ("fuling",)
    path.write_text(text.replace("fuling", "涪林"), encoding="utf-8")
    capsys.readouterr()
    assert main(["check"]) == 1
    assert "did you mean fuling" in " ".join(capsys.readouterr().out.split())


def test_a_notebook_that_the_catalog_does_not_list_is_told_apart(project, monkeypatch, capsys):
    """The notebook is there: what is missing are three lines, which are named."""
    monkeypatch.chdir(project.root)
    path = new.make(project, "own", "")
    path.with_name("mine.ipynb").write_bytes(path.read_bytes())
    assert main(["build", "mine"]) == 2
    assert 'id = "mine", notebook = "mine"' in capsys.readouterr().err


def test_a_catalog_that_takes_no_entry_stays_as_it_is(project):
    """An inline list of reports cannot be appended to: the entry is shown instead."""
    project.catalog.write_text('reports = [{ notebook = "databook" }]\n', encoding="utf-8")
    with pytest.raises(CatalogError, match="by hand"):
        new.make(project, "own", "bazhong")
    assert not (project.notebooks / "own.ipynb").exists()


def test_one_bad_entry_is_one_problem(project, capsys):
    """The others list; check names the bad one; asking for it says what is wrong."""
    good = len(catalog(project).reports())
    with project.catalog.open("a", encoding="utf-8") as file:
        file.write('\n[[reports]]\nid = "odd"\nnotebook = "profile"\nparameters = { region = "atlantis" }\n')
    assert len(catalog(project).reports()) == good
    assert len(problems(project, usable_package(project))) == 1
    with pytest.raises(Exception, match="atlantis"):
        catalog(project).choose(["odd"], {})
    assert len(catalog(project).choose([], {})) == good
    assert main(["list", "--project", str(project.root)]) == 0
    assert "atlantis" in capsys.readouterr().out


def test_clean_strips_what_a_run_leaves(project, tmp_path):
    """Outputs, counts and traces go, the rest keeps its bytes; a second time there is nothing to do."""
    path = project.notebooks / "audit.ipynb"
    stripped = path.read_bytes()
    ran = json.loads(stripped)
    code = next(cell for cell in ran["cells"] if cell["cell_type"] == "code")
    code |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}], "execution_count": 3}
    ran["metadata"]["papermill"] = {"duration": 1}
    path.write_text(json.dumps(ran, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert new.clean([path]) == [path]
    assert json.loads(path.read_bytes()) == json.loads(stripped)
    assert new.clean([path]) == []
    assert new.cleaned(stripped, "audit") == stripped
    with pytest.raises(new.NoNotebook):
        new.cleaned(b"[]", "odd")


def test_git_strips_by_itself(project):
    """After `nb install` a notebook with outputs is added without them."""
    subprocess.run(["git", "init", "-q", str(project.root)], check=True)
    new.install(project.root)
    new.install(project.root)
    lines = (project.root / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert lines.count("notebooks/*.ipynb filter=planbrief") == 1
    shown = subprocess.run(
        ["git", "-C", str(project.root), "config", "filter.planbrief.clean"], capture_output=True, text=True
    )
    assert shown.stdout.strip() == f'"{sys.executable}" -m planbrief nb filter'


def test_running_all_leaves_no_difference(project):
    """What Lab writes into a notebook, names of its Python included, is no change for git, whatever the PATH."""
    git = ["git", "-C", str(project.root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", str(project.root)], check=True)
    new.install(project.root)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "begin"], check=True)
    path = project.notebooks / "audit.ipynb"
    ran = json.loads(path.read_bytes())
    ran["metadata"]["kernelspec"]["display_name"] = "My Python"
    ran["metadata"]["language_info"] = {"name": "python", "version": "3.99", "file_extension": ".py"}
    for number, cell in enumerate(ran["cells"]):
        if cell["cell_type"] == "code":
            cell |= {"execution_count": number, "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]}
            cell["metadata"]["execution"] = {"iopub.status.busy": "now"}
    path.write_text(json.dumps(ran, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    said = subprocess.run([*git, "diff", "--stat"], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert (said.stdout, said.stderr) == ("", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["bui"], ["build"]),
        (["build", "audit"], ["audit-bazhong"]),
        (["export", "--to", "x"], ["xlsx"]),
        (["new", "x", "--area", "qij"], ["qijiang"]),
        (["build", "--exp"], ["--explain"]),
        (["list", "so"], ["sources"]),
    ],
)
def test_completion(project, monkeypatch, words, expected):
    """Commands, options, choices, reports and areas."""
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(project.root))
    assert list(fitting(words)) == expected


def test_bare_planbrief_lists_every_command(capsys):
    """By user, in 80 columns, exit code 0."""
    assert main([]) == 0
    assert capsys.readouterr().out.strip() == overview()
    for verb in COMMANDS:
        assert f"\n  {verb} " in overview()
    assert max(map(len, overview().splitlines())) <= 80
    assert {verb for verbs in USERS.values() for verb in verbs if verb in COMMANDS}


@pytest.mark.parametrize("what", ["reports", "areas", "indicators", "sources"])
@pytest.mark.parametrize("locale", ["C.UTF-8", "zh_CN.UTF-8"])
def test_list_fits_a_terminal(project, capsys, monkeypatch, what, locale):
    """80 columns, Chinese characters counted twice; JSON has everything."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["list", what, "--project", str(project.root)]) == 0
    shown = capsys.readouterr().out
    assert max(width(line) for line in shown.splitlines() if not line.startswith("note:")) <= 80
    assert main(["list", what, "--json", "--project", str(project.root)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) + 1 == len([line for line in shown.splitlines() if not line.startswith("note:")])
    assert cut("一二三", 4) == "一…"


def test_init_leaves_the_current_folder_in_place(tmp_path, monkeypatch):
    """`planbrief init .`: the shell that stands in the folder still stands in it."""
    here = tmp_path / "here"
    here.mkdir()
    before = here.stat().st_ino
    monkeypatch.chdir(here)
    lay_out(".")
    assert here.stat().st_ino == before
    assert (here / "data/datapackage.json").is_file()


def test_lineage_by_prefix_and_by_value(project, capsys):
    """The beginning of an id is enough where it means one; else, and for a number, what to choose from."""
    first = next(iter(usable_package(project)["observations"].by_key))
    assert main(["lineage", first[:-1], "--project", str(project.root)]) == 0
    assert first in capsys.readouterr().out
    assert main(["lineage", "142.8", "--project", str(project.root)]) == 0
    assert "bazhong-plan-2024" in capsys.readouterr().out

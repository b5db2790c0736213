"""`planbrief init` lays out a project, from a checkout and from an installed wheel alike."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import missing

from planbrief.commands.cli import main
from planbrief.commands.new import NotEmpty, lay_out, project_files
from planbrief.project import Project


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_holds_an_editable_project(tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]):
    """Data, notebooks and catalog are there byte for byte, with a .gitignore and a README in both languages."""
    assert main(["init", str(tmp_path / "new" / "work")]) == 0
    made = tmp_path / "new" / "work"
    assert str(made) in capsys.readouterr().out
    copied = project_files(Project(root))
    assert "data/datapackage.json" in copied
    assert any(name.endswith(".ipynb") for name in copied)
    assert files_of(made) == {*copied, ".gitignore", ".gitattributes", "README.md"}
    assert all((made / name).read_bytes() == data for name, data in copied.items())
    assert Project(made).missing() == ""
    readme = (made / "README.md").read_text(encoding="utf-8")
    assert "planbrief accept 草稿名" in readme
    assert "planbrief review DRAFT" in readme
    assert os.access(made / "data" / "areas.csv", os.W_OK)


def test_an_empty_folder_is_filled(tmp_path: Path):
    """An empty folder that is there already is as good as a new one."""
    (tmp_path / "work").mkdir()
    assert lay_out(tmp_path / "work") == tmp_path / "work"
    assert (tmp_path / "work" / "reports" / "catalog.toml").is_file()
    assert [entry.name for entry in tmp_path.iterdir()] == ["work"]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Nothing is ever written beside somebody's files; exit code 2."""
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert "thesis.txt" in capsys.readouterr().err
    assert files_of(tmp_path) == {"thesis.txt"}
    with pytest.raises(NotEmpty, match="a file"):
        lay_out(tmp_path / "thesis.txt")


@pytest.mark.slow
def test_an_installed_wheel_works_in_an_empty_folder(tmp_path: Path, root: Path):
    """The wheel carries data, notebooks and catalog: list and init work where there is nothing else."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(".venv", ".git", "latest", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(root, source, ignore=ignored)
    code = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=source, capture_output=True, text=True, encoding="utf-8"
    )
    if built.returncode and "No module named 'hatchling'" in built.stderr:
        missing("hatchling")
    assert built.returncode == 0, built.stderr
    wheel = tmp_path / built.stdout.strip().splitlines()[-1]
    words = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True)

    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLANBRIEF")}
    environment["PYTHONPATH"] = str(site)

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "planbrief", *words]
        done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [sys.executable, "-c", "import planbrief; print(planbrief.__file__)"],
        cwd=empty, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(where.stdout.strip()).is_relative_to(site), "the test must not read the checkout"
    assert "profile-bazhong" in run("list", "--sample")
    assert "bazhong-plan-2024" in run("list", "sources", "--sample")
    run("init", "work")
    assert files_of(empty / "work") == {*project_files(Project(root)), ".gitignore", ".gitattributes", "README.md"}
    run("export", "--to", "datapackage", "--out", "data.zip", "--project", "work")
    assert list(site.rglob("*.planbrief-new")) == []

"""One folder per document: two branches merge, and what earlier versions laid out is converted without loss."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import missing
from targets.folder import SOURCE, change, make_folder, rows_of

from planbrief.checks.data import as_csv, data_problems, read_seal, write_seal
from planbrief.checks.repair import accept, fix
from planbrief.commands import new
from planbrief.commands.migrate import migrate
from planbrief.errors import DataError
from planbrief.project import packaged
from planbrief.targets.package import Package, read_package


def former(data: Path) -> None:
    """Turn a data folder into what earlier versions wrote: a folder per kind of table, files listed, one seal."""
    descriptor = json.loads((data / "datapackage.json").read_text("utf-8"))
    seal = read_seal(data) or {}
    for resource in descriptor["resources"]:
        pattern = resource.pop("parts", None)
        if pattern is None:
            continue
        name = resource["name"]
        found = sorted(data.glob(pattern))
        if name in ("observations", "exclusions"):
            (data / name).mkdir()
            resource["path"] = [f"{name}/{path.parent.name}.csv" for path in found]
            for path in found:
                seal[f"{name}/{path.parent.name}.csv"] = seal.pop(path.relative_to(data).as_posix(), {})
                shutil.copy(path, data / name / f"{path.parent.name}.csv")
        else:
            resource["path"] = f"{name}.csv"
            columns = tuple(field["name"] for field in resource["schema"]["fields"])
            (data / f"{name}.csv").write_bytes(as_csv(columns, [row for path in found for row in rows_of(path)]))
            for path in found:
                seal.setdefault(f"{name}.csv", {}).update(seal.pop(path.relative_to(data).as_posix(), {}))
    shutil.rmtree(data / "documents")
    shutil.rmtree(data / "forms")
    (data / "seal.txt").write_text(write_seal({"": {}})["seal.txt"].partition("\n## ")[0] + "\n", "utf-8")
    with (data / "seal.txt").open("a", encoding="utf-8") as file:
        for name, rows in seal.items():
            file.writelines([f"\n## {name}\n", *(f"{key} {digest}\n" for key, digest in rows.items())])
    (data / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n", "utf-8")


def values(package: Package) -> dict[str, list[dict[str, str]]]:
    return {name: [row.values for row in table.rows] for name, table in package.tables.items()}


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    shutil.copytree(packaged().data, tmp_path / "data")
    return tmp_path / "data"


def test_an_earlier_layout_is_refused_with_the_command_that_converts_it(shipped: Path) -> None:
    """Loading and checking say one thing: what it is and what to run."""
    former(shipped)
    with pytest.raises(DataError, match=r"an earlier version.*planbrief migrate") as refused:
        read_package(shipped)
    assert len(refused.value.problems) == 1
    assert data_problems(shipped) == list(refused.value.problems)


def test_migration_keeps_every_cell_and_every_seal(shipped: Path) -> None:
    """The same rows, nothing to mend, no file of the old layout; a second run has nothing to do."""
    before = values(read_package(shipped))
    own = {path.relative_to(shipped): path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
    former(shipped)
    assert (shipped / "observations").is_dir()
    migrate(shipped)
    assert values(read_package(shipped)) == before
    assert data_problems(shipped) == []
    now = {path.relative_to(shipped): path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
    assert now == own
    assert migrate(shipped) == []


def test_the_vocabulary_of_an_earlier_version_is_completed(shipped: Path) -> None:
    """Chinese definitions from their own table, closed lists as tables, the standard set; check is green."""
    before = values(read_package(shipped))
    used = {row["indicator"] for row in before["observations"]}
    former(shipped)
    descriptor = json.loads((shipped / "datapackage.json").read_text("utf-8"))
    new = ("themes", "concepts", "scopes", "indicator_aliases")
    descriptor["resources"] = [one for one in descriptor["resources"] if one["name"] not in new]
    for name in new:
        (shipped / f"{name}.csv").unlink()
    table = next(one for one in descriptor["resources"] if one["name"] == "indicators")["schema"]
    later = ("definition_zh", "definition_source", "position")
    table["fields"] = [field for field in table["fields"] if field["name"] not in later]
    del table["foreignKeys"]
    schema = {
        "fields": [{"name": name, "type": "string"} for name in ("indicator", "definition_zh")],
        "primaryKey": ["indicator"],
    }
    descriptor["resources"].append({"name": "definitions_zh", "path": "definitions_zh.csv", "schema": schema})
    (shipped / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False), "utf-8")
    rows = [row for row in rows_of(shipped / "indicators.csv") if row["indicator"] in used]
    chinese = [{"indicator": row["indicator"], "definition_zh": row["definition_zh"]} for row in rows]
    (shipped / "definitions_zh.csv").write_bytes(as_csv(("indicator", "definition_zh"), chinese))
    columns = tuple(field["name"] for field in table["fields"])
    (shipped / "indicators.csv").write_bytes(as_csv(columns, rows))
    (shipped / "seal.txt").unlink()
    migrate(shipped)
    assert not (shipped / "definitions_zh.csv").exists()
    after = values(read_package(shipped))
    own = {row["indicator"]: row["definition_zh"] for row in after["indicators"]}
    assert own == {row["indicator"]: row["definition_zh"] for row in before["indicators"]}
    assert after["themes"] == before["themes"]
    assert {row["alias"] for row in after["indicator_aliases"]} == {row["alias"] for row in before["indicator_aliases"]}
    fix(shipped)
    accept(shipped, None)  # it has no seal
    assert data_problems(shipped) == []


def test_migration_seals_no_change(shipped: Path) -> None:
    """A value that differed from the seal before differs from it afterwards, and only that."""
    former(shipped)
    change(shipped / "observations" / "qijiang-smart-2025.csv", 2, comment_obs="changed by nobody knows whom")
    migrate(shipped)
    (problem,) = data_problems(shipped)
    assert "a changed row qijiang-smart-2025-" in problem.found


@pytest.mark.parametrize("step", range(1, 12))
def test_migration_can_be_interrupted_anywhere(shipped: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Stopped after any file, the folder is in one of the layouts, whole; the next run ends the work."""
    before = values(read_package(shipped))
    former(shipped)
    import planbrief.commands.migrate as module

    real, done = module.write, []

    def write(path: Path, name: str, content: bytes) -> None:
        if len(done) == 3 * step:
            raise KeyboardInterrupt
        done.append(name)
        real(path, name, content)

    monkeypatch.setattr(module, "write", write)
    try:
        migrate(shipped)
    except KeyboardInterrupt:
        monkeypatch.setattr(module, "write", real)
        migrate(shipped)
    assert values(read_package(shipped)) == before
    assert not (shipped / "observations").exists()
    assert not (shipped / "sources.csv").exists()


def test_an_unreadable_table_stops_migration_before_it_starts(shipped: Path) -> None:
    """Nothing is written where a row would be lost."""
    former(shipped)
    path = shipped / "observations" / "qijiang-smart-2025.csv"
    path.write_bytes(path.read_bytes() + b"one cell\n")
    before = {path: path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="1 cells"):
        migrate(shipped)
    assert {path: path.read_bytes() for path in shipped.rglob("*") if path.is_file()} == before


# -- two branches ---------------------------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git without anybody's settings."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "Nobody"), ("EMAIL", "nobody@example.org"))},
    }  # fmt: skip
    return subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def add_document(data: Path, name: str, area: str, indicator: str) -> None:
    """What accepting a new document does: its folder, an area, an indicator; then the seal."""
    target = data / "documents" / name
    shutil.copytree(data / "documents" / SOURCE, target)
    for path in target.glob("*.csv"):
        rows = [{**row, "source_id": name} for row in rows_of(path)]
        for row in rows:
            row.update({"obs_id": row["obs_id"].replace(SOURCE, name)} if "obs_id" in row else {})
            row.update({"file_name": f"{name}.txt", "sha256": name.encode().hex().ljust(64, "0")[:64]}
                       if "sha256" in row else {})  # fmt: skip
        path.write_bytes(as_csv(tuple(rows[0]), rows))
    (target / "seal.txt").unlink()
    append: dict[str, dict[str, Any]] = {
        "areas": {"ref_area": area, "name_zh": f"虚构{area}", "name_en": area.title()},
        "indicators": {"indicator": indicator, "name_zh": f"虚构{indicator}", "name_en": indicator.title()},
    }
    for table, cells in append.items():
        path = data / f"{table}.csv"
        rows = rows_of(path)
        key = next(iter(rows[0]))
        rows.append({**rows[-1], **cells})
        path.write_bytes(as_csv(tuple(rows[0]), sorted(rows, key=lambda row: row[key])))
    fix(data)
    accept(data, None)


def test_two_branches_with_two_new_documents_merge_and_check_is_green(tmp_path: Path) -> None:
    """git merge finds no conflict, nothing is left to mend, both documents are there: the same data either way."""
    if not shutil.which("git"):
        missing("git")
    data, _ = make_folder(tmp_path)
    shutil.copy(Path(new.__file__).parent / "laid_out" / "gitattributes", tmp_path / ".gitattributes")
    for table in ("areas", "indicators"):  # shared tables are kept in the order of their keys
        rows = rows_of(data / f"{table}.csv")
        rows.sort(key=lambda row: next(iter(row.values())))
        (data / f"{table}.csv").write_bytes(as_csv(tuple(rows[0]), rows))
    fix(data)
    assert data_problems(data) == []
    assert git(tmp_path, "init", "-q", "-b", "main").returncode == 0
    git(tmp_path, "add", ".")
    assert git(tmp_path, "commit", "-q", "-m", "one").returncode == 0
    for branch, area, indicator in (("newtown", "newtown", "test_new"), ("oldtown", "oldtown", "test_newer")):
        git(tmp_path, "checkout", "-q", "-b", branch, "main")
        add_document(data, f"{branch}-plan-2025", area, indicator)
        assert data_problems(data) == []
        git(tmp_path, "add", ".")
        assert git(tmp_path, "commit", "-q", "-m", branch).returncode == 0
        changed = git(tmp_path, "diff", "--name-only", "main", branch).stdout
        assert "datapackage.json" not in changed
    merged = git(tmp_path, "merge", "-q", "--no-edit", "newtown")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert data_problems(data) == []
    sources = {row.values["source_id"] for row in read_package(data)["sources"].rows}
    assert sources == {SOURCE, "newtown-plan-2025", "oldtown-plan-2025"}
    assert fix(data) == []


def test_frictionless_reads_the_documents_and_not_only_the_forms(shipped: Path) -> None:
    """The standard tool counts all rows, and finds a cell that is wrong in one document."""
    try:
        import frictionless
    except ImportError:
        missing("frictionless")
    report = frictionless.validate(str(shipped / "datapackage.json"), type="package")
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])
    rows = {task.name: task.stats["rows"] for task in report.tasks}
    assert rows["observations"] == len(read_package(shipped)["observations"].rows)
    change(shipped / "documents" / "qijiang-smart-2025" / "observations.csv", 2, ref_area="nowhere", kind="promise")
    report = frictionless.validate(str(shipped / "datapackage.json"), type="package")
    assert {error.type for task in report.tasks for error in task.errors} == {"foreign-key", "constraint-error"}

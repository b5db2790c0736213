"""What is rebuilt after an edit of the data: every report that read the row and no other, and as a full build would."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from publish.building.conftest import write_notebook

from planbrief.checks.repair import accept
from planbrief.project import Project, packaged
from planbrief.publish.build import build
from planbrief.run.pool.executor import Pool
from planbrief.run.produce import PRELOAD, Outcome, Request
from planbrief.targets.package import Places

pytestmark = pytest.mark.xdist_group("build")

CATALOG = """
languages = ["en"]
formats = ["html"]

[notebooks.city.parameters]
region = { type = "area", required = true }
lang = { type = "text", allowed = ["zh", "en"], default = "zh" }

[notebooks.all.parameters]
lang = { type = "text", allowed = ["zh", "en"], default = "zh" }

[[reports]]
id = "city-{region}"
notebook = "city"
about = { zh = "一市", en = "One city" }
parameters = { region = "*" }

[[reports]]
id = "all"
notebook = "all"
about = { zh = "各市", en = "All cities" }
"""
SHOW = (
    "import hashlib\n"
    'text = rows.to_csv() + repr(page.ds.cities() if lang == "all" else "")\n'
    'say(zh="{text}", en="{text}", text=hashlib.sha256(text.encode()).hexdigest())'
)
BEGIN = "from planbrief.display import begin, finish, say\npage = begin({}, lang=lang, {}title=('页', 'Page'))"
CITY = {
    "parameters": 'region = "qijiang"\nlang = "zh"',
    "begin": BEGIN.format('"city"', "region=region, "),
    "body": f"rows = page.ds.of_city(region)\n{SHOW}",
    "finish": "finish()",
}
ALL = {
    "parameters": 'lang = "zh"',
    "begin": BEGIN.format('"all"', ""),
    "body": "count = len(page.ds.cities())\n"
    f'rows = page.ds.select(kind="actual", transformation=["level", "yoy"])\n{SHOW}',
    "finish": "finish()",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One warm pool for all examples."""
    with Pool(2, PRELOAD) as made:
        yield made


@pytest.fixture
def narrow(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of one notebook per city and one that reads a slice of all."""
    for path in project.notebooks.glob("*.ipynb"):
        path.unlink()
    write_notebook(project.notebooks / "city.ipynb", CITY)
    write_notebook(project.notebooks / "all.ipynb", ALL)
    project.catalog.write_text(CATALOG, encoding="utf-8")
    # Random edits are slips that the gate would refuse; here it is asked who reads a row, not whether it holds.
    monkeypatch.setattr("planbrief.publish.build.admit", lambda *_: ())
    return project


def rows_of(project: Project) -> dict[str, tuple[Path, dict[str, str]]]:
    """Every observation by id, with its file."""
    found = {}
    for path in sorted(project.data.glob("documents/*/observations.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found.update({row["obs_id"]: (path, row) for row in csv.DictReader(file)})
    return found


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def covers(read: dict, row: dict[str, str], places: Places) -> bool:
    """Whether a recorded read includes an observation, worked out without planbrief's own digests."""
    if "city" in read:
        return row["ref_area"] in places.inside(read["city"])  # a province's own page reads none of its cities
    if read.get("table") != "observations":
        return False
    return all(row[column] in values for column, values in read.get("where", {}).items())


def pages(out: Path) -> dict[str, bytes]:
    """Reports, pictures, data and the record of how they were built; index and digest tell of editions, not of data."""
    kept = [path for name in ("en", "thumbnails", "data") for path in (out / name).rglob("*") if path.is_file()]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in [*kept, out / "build.json"]}


def statuses(outcome: Outcome) -> dict[str, str]:
    return {entry.name: entry.status for entry in outcome.entries}


@pytest.mark.slow
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # an example takes seconds, and shrinking one many minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_an_edit_rebuilds_exactly_the_reports_that_read_the_row(narrow, pool, tmp_path_factory, data):
    """Random edits: rebuilt is who read the row before or reads it now, and the result equals a full build."""
    out = narrow.reports / "latest"
    shutil.copytree(packaged().data, narrow.data, dirs_exist_ok=True)  # every example starts from the same data
    build(narrow, out, Request(), pool=pool)
    record = json.loads((out / "build.json").read_text(encoding="utf-8"))
    before = rows_of(narrow)
    with (narrow.data / "areas.csv").open(encoding="utf-8", newline="") as file:
        places = Places((row["ref_area"], row["level"], row["parent"]) for row in csv.DictReader(file))
    chosen = data.draw(st.integers(0, len(before) - 1).map(sorted(before).__getitem__), label="observation")
    path, old = before[chosen]
    kind = data.draw(st.sampled_from(["value", "locator", "kind", "area", "delete", "add"]), label="edit")
    new: dict[str, str] | None = dict(old)
    if kind == "value":
        new["obs_value"] = data.draw(st.decimals("0.1", "9999", places=1).map(str), label="value")
    elif kind == "locator":
        new["locator"] = old["locator"] + " (checked)"
    elif kind == "kind":
        new["kind"] = data.draw(st.sampled_from(["actual", "target", "commitment"]), label="kind")
    elif kind == "area":
        new["ref_area"] = data.draw(st.sampled_from(["bazhong", "fuling", "qijiang", "zhaoqing"]), label="area")
    elif kind == "add":
        new["obs_id"] = old["obs_id"] + "9"
        assume(new["obs_id"] not in before)
    else:
        new = None
    assume(new != old)
    kept = [row for p, row in before.values() if p == path]
    at = kept.index(old)
    kept[at : at + 1] = [old, new] if kind == "add" else [new] if new else []
    assume(kept)
    write(path, kept)

    touched = [new] if kind == "add" else [old] if new is None else [old, new]
    outcome = build(narrow, out, Request(), pool=pool)
    expected = {
        name
        for name, entry in record.items()
        if name != "findings"
        and any(covers(json.loads(read), row, places) for read, _ in entry["reads"] for row in touched)
    }
    assert {name for name, status in statuses(outcome).items() if status == "built"} == expected
    fresh = tmp_path_factory.mktemp("full") / "latest"
    build(narrow, fresh, Request(force=True), pool=pool)
    assert pages(out) == pages(fresh)


def test_a_row_of_one_city_leaves_the_profile_of_another(project, pool):
    """With the shipped notebooks: a changed figure of Fuling rebuilds Fuling's profile and not Bazhong's."""
    out = project.reports / "latest"
    wanted = Request(wanted=("profile-bazhong", "profile-fuling"), languages=("zh",), formats=("html",))
    assert set(statuses(build(project, out, wanted, pool=pool)).values()) == {"built"}
    for name, (path, row) in rows_of(project).items():
        if row["ref_area"] == "fuling" and row["kind"] == "target" and row["obs_value"]:
            rows = [r for p, r in rows_of(project).values() if p == path]
            for other in rows:
                if other["obs_id"] == name:
                    other["obs_value"] = other["value_text"] = str(int(float(row["obs_value"])) + 1)
            write(path, rows)
            break
    accept(project.data, None)
    outcome = build(project, out, wanted, pool=pool)
    assert statuses(outcome) == {"zh/profile-bazhong": "unchanged", "zh/profile-fuling": "built"}


def test_a_build_with_nothing_to_do_imports_nothing_heavy(narrow, pool):
    """Nothing changed: only planbrief's own modules and the standard library are loaded."""
    build(narrow, narrow.reports / "latest", Request(), pool=pool)
    code = (
        "import sys; from planbrief.commands.cli import main\n"
        "for words in (['build'], ['list']): assert main(words) == 0\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(n for n in foreign if not n.startswith('_')))"
    )
    environment = {**os.environ, "PLANBRIEF_PROJECT": str(narrow.root)}
    for _ in range(2):  # the first one passes the gate and remembers it: the fixture's own build does not ask
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert re.search(r"edition \S+: \d+ unchanged; open", done.stdout)
    assert done.stdout.splitlines()[-1] == "['planbrief']"

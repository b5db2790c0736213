"""check looks into notebooks, catalog and translations as well as data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from targets.folder import change, make_folder

from planbrief.checks.project import project_problems
from planbrief.commands.check import check_report
from planbrief.project import Project

CATALOG = """
languages = ["zh", "en"]
formats = ["html", "pdf"]

[notebooks.profile.parameters]
region = { type = "area", required = true }
lang = { type = "text", allowed = ["zh", "en"], default = "zh" }

[[reports]]
id = "profile-{region}"
notebook = "profile"
about = { zh = "试", en = "A test." }
parameters = { region = "*" }
"""


def code(source: str, **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "c",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    } | more


def text(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m", "metadata": {"tags": list(tags)}, "source": source}


PARAMETERS = code('region = "testville"\nlang = "zh"', metadata={"tags": ["parameters"]})
PAIR = [text("## 目标", "lang:zh"), text("## Targets", "lang:en")]
SAY = code('say(zh="增长{rate}", en="grows {rate}", rate=figure)')


def make_project(root: Path, *cells: dict[str, Any], **more: Any) -> Project:
    """A project with the small data folder and one notebook."""
    make_folder(root)
    (root / "reports").mkdir()
    (root / "reports" / "catalog.toml").write_text(CATALOG, "utf-8")
    (root / "notebooks").mkdir()
    notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more
    (root / "notebooks" / "profile.ipynb").write_text(json.dumps(notebook, ensure_ascii=False), "utf-8")
    return Project(root)


def told(project: Project) -> str:
    return "\n".join(str(problem) for problem in project_problems(project))


def test_a_sound_project_has_no_problem(tmp_path: Path) -> None:
    """Parameters, a pair of texts, a sentence: exit code 0."""
    project = make_project(tmp_path, PARAMETERS, *PAIR, SAY)
    assert told(project) == ""
    assert check_report(project) == (0, "no problems: data, notebooks, catalog and translations are sound")


def test_a_character_without_a_face_is_a_note(tmp_path: Path) -> None:
    """What the PDF shows as a code point is told with its cell, and stops nothing."""
    marked = [text("## 目标 ꀀ", "lang:zh"), PAIR[1]]
    code, said = check_report(make_project(tmp_path, PARAMETERS, *marked, SAY))
    assert code == 0
    assert "ꀀ (U+A000)" in said
    assert "cell 2" in said


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([PARAMETERS, dict(SAY, outputs=[{"output_type": "stream", "text": "x"}])], "cell 2: found outputs"),
        ([PARAMETERS, dict(SAY, execution_count=3)], "execution count 3"),
        ([PARAMETERS, dict(SAY, metadata={"papermill": {}})], "metadata papermill"),
        ([SAY], "0 cells tagged parameters"),
        ([PARAMETERS, PARAMETERS], "2 cells tagged parameters 1, 2"),
        ([dict(PARAMETERS, source='region = "testville"')], "no parameter lang"),
        ([dict(PARAMETERS, source='lang = "zh"')], "no parameter region"),
        ([dict(PARAMETERS, source='region = "testville"\nlang = "zh"\nyear = 2030')], "the parameter year"),
        ([dict(PARAMETERS, source='region = "nowhere"\nlang = "zh"')], "region = 'nowhere'"),
        ([dict(PARAMETERS, source='region = "testville"\nlang = "en"')], "'zh', the default"),
        ([dict(PARAMETERS, source='import os\nregion = "testville"')], "line 1 is no assignment"),
        ([PARAMETERS, PAIR[0]], "lang:zh without its pair"),
        ([PARAMETERS, text("## Both")], "text with 0 language tags"),
        ([PARAMETERS, text("增长 73.8%", "lang:zh"), text("Growth", "lang:en")], "the number 73.8 typed into text"),
        ([PARAMETERS, code('say(zh="增长73.8%", en="grows {rate}", rate=f)')], "the number 73.8 typed into say"),
        (
            [PARAMETERS, code('tell(found, {"r": ("高{x}", "up 12 {x}")})')],
            "12 typed into tell",
        ),
        ([PARAMETERS, code('say(zh="增长{rate", en="x")')], "plain {name}"),
        ([PARAMETERS, code('say(zh="增长")')], "say(…) without en"),
        ([PARAMETERS, code("def broken(:")], "broken Python"),
    ],
)
def test_a_slip_in_a_notebook_is_named(tmp_path: Path, cells: list[dict[str, Any]], expected: str) -> None:
    """Outputs, parameters, languages, typed numbers: the notebook and the cell are named."""
    text = told(make_project(tmp_path, *cells))
    assert "notebooks/profile.ipynb" in text
    assert expected in text


def test_the_constants_of_a_formula_are_no_typed_numbers(tmp_path: Path) -> None:
    """Methods may print their formulas; a number beside one is still found."""
    formula = "$$r = (v_1 / v_0)^{1/n} - 1$$ and $100 x / X$"
    sound = make_project(tmp_path / "a", PARAMETERS, text(formula, "lang:zh"), text(formula, "lang:en"))
    assert told(sound) == ""
    slip = make_project(tmp_path / "b", PARAMETERS, text(formula, "lang:zh"), text(f"{formula} up 7 %", "lang:en"))
    assert "the number 7 typed into text" in told(slip)


@pytest.mark.parametrize("content", ["", "[]", '{"cells": 3}', '{"cells": [1]}', "[" * 100_000, "\x00"])
def test_a_broken_notebook_is_reported(tmp_path: Path, content: str) -> None:
    """Whatever stands in an .ipynb file, there is no traceback."""
    project = make_project(tmp_path, PARAMETERS)
    (project.notebooks / "profile.ipynb").write_text(content, "utf-8")
    assert "unreadable" in told(project)


def test_a_notebook_that_the_catalog_does_not_know_is_reported(tmp_path: Path) -> None:
    """A copy under another name needs an entry."""
    project = make_project(tmp_path, PARAMETERS, *PAIR)
    shutil.copy(project.notebooks / "profile.ipynb", project.notebooks / "profil.ipynb")
    assert "notebooks/profil.ipynb" in told(project)
    assert "[notebooks.profil.parameters]" in told(project)


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("themes", "name_zh", "", "name_zh"),
        ("concepts", "name_en", "", "name_en"),
        ("scopes", "definition_zh", "", "definition_zh"),
        ("indicators", "definition_zh", "", "a definition in this language"),
        ("indicators", "definition", "只有中文", "English without Chinese characters"),
    ],
)
def test_missing_wording_is_a_problem(tmp_path: Path, table: str, column: str, value: str, expected: str) -> None:
    """What would stand as a code or in the other language on a page is named with file, row and column."""
    project = make_project(tmp_path, PARAMETERS, *PAIR, SAY)
    change(project.data / f"{table}.csv", 2, **{column: value})
    text = told(project)
    assert f"data/{table}.csv, row 2, column {column}: " in text
    assert expected in text


def test_a_theme_of_no_table_is_a_problem(tmp_path: Path) -> None:
    """The vocabulary is open: a row makes a theme, and a theme without one is named, with what may be meant."""
    project = make_project(tmp_path, PARAMETERS, *PAIR, SAY)
    change(project.data / "indicators.csv", 2, theme="industri")
    assert "a key of data/themes.csv (industry?)" in told(project)


def test_fix_says_what_it_did_and_what_is_left(tmp_path: Path) -> None:
    """Mended damage stands above, what remains below, and the exit code tells the truth."""
    project = make_project(tmp_path, PARAMETERS, *PAIR)
    areas = project.data / "areas.csv"
    areas.write_bytes(b"\xef\xbb\xbf" + areas.read_bytes().replace(b"county", b"County"))
    code, text = check_report(project)
    assert code == 1
    assert "planbrief check --fix" in text
    code, text = check_report(project, fix=True)
    assert code == 0
    assert "BOM" in text
    assert "no problems" in text

"""Ten minutes at a desk: a new city by hand, from a text to its profile, with the commands that the README shows.

The city, its plan and every number in it are invented.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

#: A plan of a city that does not exist; it says so itself.
TEXT = """\
新城市高质量发展规划（虚构文本，仅供测试，不是任何真实城市的规划）
2026年3月5日
一、发展目标
到2030年，全市地区生产总值达到1200亿元，研发经费投入强度达到2.5%以上。
2025年，全市地区生产总值为850亿元。
到2030年，建成示范农场12个，其中2027年以前建成5个。
"""
SOURCE_ID = "xincheng-plan-2026"
#: What the analyst writes beside the numbers that `locate` found, in the order of the text.
FILLED = (
    {"indicator": "gdp", "kind": "target"},
    {"indicator": "rd_intensity", "kind": "target", "transformation": "share"},
    {"indicator": "gdp", "kind": "actual"},
    {"indicator": "xincheng_model_farms", "kind": "target", "time_period": "2030"},
    {"indicator": "xincheng_model_farms", "kind": "target", "time_period": "2027"},
)
AREA = {"ref_area": "xincheng", "name_zh": "新城市", "name_en": "Xincheng", "level": "prefecture", "parent": "sichuan"}
SOURCE = {
    "title_zh": "新城市高质量发展规划（虚构）",
    "title_en": "Plan of Xincheng for high-quality development (synthetic)",
    "doc_type": "plan",
    "date_published": "2026-03-05",
}
INDICATOR = {
    "indicator": "xincheng_model_farms",
    "name_zh": "示范农场数量",
    "name_en": "Model farms",
    "definition": "Farms that the city names as models (synthetic indicator of a test).",
    "definition_zh": "虚构的测试指标。",
    "concept": "facility",
    "scope": "agriculture",
    "unit_measure": "个",
    "direction": "increase",
    "aggregation": "count",
    "character": "none",
    "theme": "agriculture",
}


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An editable copy, as `planbrief init` lays it out, with the city added."""
    folder = tmp_path_factory.mktemp("city")
    done = planbrief("init", "work", cwd=folder)
    assert done.returncode == 0, done.stderr
    add_the_city(folder / "work")
    return folder / "work"


@pytest.fixture
def project(laid_out: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return shutil.copytree(laid_out, tmp_path / "work")


def planbrief(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command line as an analyst calls it, inside the project."""
    return subprocess.run(
        [sys.executable, "-m", "planbrief", *words], cwd=cwd, capture_output=True, text=True, encoding="utf-8"
    )


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def append_row(path: Path, said: dict[str, str]) -> None:
    """One more line in a table, cells that nothing is said about empty."""
    rows = rows_of(path.read_text(encoding="utf-8"))
    write_rows(path, [*rows, {column: said.get(column, "") for column in rows[0]}])


def located(project: Path, table: str) -> list[dict[str, str]]:
    """Rows that `planbrief locate` prepares for one table."""
    done = planbrief("locate", f"texts/{SOURCE_ID}.txt", "--table", table, cwd=project)
    assert done.returncode == 0, done.stderr
    return rows_of(done.stdout)


def add_the_city(project: Path) -> None:
    """The steps of the README chapter, one after the other."""
    (project / "texts").mkdir()
    (project / "texts" / f"{SOURCE_ID}.txt").write_text(TEXT, encoding="utf-8", newline="")
    data = project / "data"

    append_row(data / "areas.csv", AREA)
    append_row(data / "indicators.csv", INDICATOR)
    found = located(project, "observations")
    assert [row["value_text"] for row in found] == ["1200", "2.5", "850", "12", "5"]
    (data / "documents" / SOURCE_ID).mkdir()
    filled = [{**row, "ref_area": "xincheng", **said} for row, said in zip(found, FILLED, strict=True)]
    write_rows(data / "documents" / SOURCE_ID / "observations.csv", filled)
    dates = located(project, "exclusions")
    assert {row["reason"] for row in dates} == {"date"}
    write_rows(data / "documents" / SOURCE_ID / "exclusions.csv", dates)
    write_rows(data / "documents" / SOURCE_ID / "source.csv", [{**located(project, "sources")[0], **SOURCE}])


def edit(project: Path, file: str, old: str, new: str) -> None:
    """Change one place of a file as a slip would."""
    path = project / "data" / file
    before = path.read_text(encoding="utf-8")
    assert before.count(old) >= 1, (file, old)
    path.write_text(before.replace(old, new, 1), encoding="utf-8", newline="")


def test_a_city_is_added_checked_verified_and_listed(project: Path):
    """locate → five rows → check and verify find nothing to say; the profile is in the list by itself."""
    sealed = planbrief("check", "--accept-all", cwd=project)
    checked = planbrief("check", cwd=project)
    assert checked.returncode == 0, sealed.stdout + checked.stdout
    verified = planbrief("verify", "--sources", "texts", "--json", cwd=project)
    assert verified.returncode == 1, "the other texts are not in this folder, and verify says so"
    about = next(one for one in json.loads(verified.stdout)["sources"] if one["source_id"] == SOURCE_ID)
    assert (about["unaccounted"], about["double"]) == (0, 0)
    assert not re.search(rf"{SOURCE_ID}(?!\.csv).*mismatch", verified.stdout)
    listed = planbrief("list", cwd=project)
    assert re.search(r"^profile-xincheng .*Xincheng", listed.stdout, re.M)


@pytest.mark.slow
def test_the_profile_of_the_new_city_is_built_in_both_languages(project: Path):
    """planbrief build profile-xincheng makes a page in Chinese and one in English, with the city's figures."""
    refused = planbrief("build", "profile-xincheng", cwd=project)
    assert refused.returncode == 2, "rows that nobody has accepted are not published"
    assert "--accept-all" in refused.stderr
    planbrief("check", "--accept-all", cwd=project)
    done = planbrief("build", "profile-xincheng", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    latest = project / "reports" / "latest"
    for lang, name in (("zh", "新城市"), ("en", "Xincheng")):
        page = (latest / lang / "profile-xincheng.html").read_text(encoding="utf-8")
        assert name in page
        assert f"{SOURCE_ID}-" in page
        assert re.search(r"1,?200", page)
        assert (latest / lang / "profile-xincheng.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("file", "old", "new", "row", "column"),
    [
        (f"documents/{SOURCE_ID}/observations.csv", ",gdp,", ",gpd,", 2, "indicator"),
        (f"documents/{SOURCE_ID}/observations.csv", ",2030,target,1200,", ",2030年,target,1200,", 2, "time_period"),
        (f"documents/{SOURCE_ID}/observations.csv", ",target,1200,", ",goal,1200,", 2, "kind"),
        (
            f"documents/{SOURCE_ID}/observations.csv",
            ",1200,,eq,level,,亿元,",
            ",1200,,eq,level,,億圓,",
            2,
            "unit_measure",
        ),
        (f"documents/{SOURCE_ID}/observations.csv", "xincheng,,rd_intensity", "xin_cheng,,rd_intensity", 3, "ref_area"),
        (f"documents/{SOURCE_ID}/observations.csv", ",target,2.5,", ",target,250,", 3, "obs_value"),
        (f"documents/{SOURCE_ID}/source.csv", ",2026-03-05,", ",2026/3/5,", 2, "date_published"),
        ("indicators.csv", ",count,none,agriculture", ",number,none,agriculture", None, "aggregation"),
    ],
)
def test_check_names_typical_slips(project: Path, file: str, old: str, new: str, row: int | None, column: str):
    """A misspelt indicator, 2030年 for 2030, an unknown kind or unit …: check names file, row and column."""
    edit(project, file, old, new)
    done = planbrief("check", cwd=project)
    assert done.returncode == 1
    line = str(row) if row else "[0-9]+"
    place = rf"^data/{re.escape(file)} +{line} +{column}\b"
    assert re.search(place, done.stdout, re.M), done.stdout


def test_check_names_a_document_without_its_row(project: Path):
    """Forgetting source.csv is said in one line, not once for each observation."""
    (project / "data" / "documents" / SOURCE_ID / "source.csv").unlink()
    done = planbrief("check", cwd=project)
    assert done.returncode == 1
    assert f"data/documents/{SOURCE_ID}/source.csv" in done.stdout
    assert f"'{SOURCE_ID}' and 4 more rows" in done.stdout

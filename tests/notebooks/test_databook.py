"""The report databook as it is built: every observation, the account, the document's own note."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from notebooks.test_comparison import build, copied, empty_sections, words

from planbrief.project import Project
from planbrief.targets import load

pytestmark = pytest.mark.xdist_group("build")


def ids(project: Project) -> list[str]:
    """Ids of all observations of a project."""
    found = []
    for path in sorted(project.data.glob("documents/*/observations.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [row["obs_id"] for row in csv.DictReader(file)]
    return found


def test_the_shipped_data(tmp_path: Path):
    """The account and the definitions are in one part, every observation with its id in the volumes of the places."""
    project = copied(tmp_path)
    page = build(project, "databook", "zh")
    every = ids(project)
    assert re.search(rf"{len(every)} ?观测|{len(every)} ?个观测", words(page))
    assert page.xpath("//math")
    assert not empty_sections(page)
    assert "“不予公开”" in {cell.text_content().strip() for cell in page.xpath("//td")}
    shown: set[str] = set()
    for source in sorted({obs_id.rpartition("-")[0] for obs_id in every}):
        region = load(project.root).about(source)
        volume = build(project, f"databook-{region}", "zh")
        assert source in words(volume)
        assert not empty_sections(volume)
        shown |= {cell.text_content().strip() for cell in volume.xpath("//td")}
        assert (project.reports / "latest" / "zh" / f"databook-{region}.html").stat().st_size < 1_000_000
    assert {obs_id.rpartition("-")[2] for obs_id in every} <= shown
    assert {"——", "完成省政府下达目标任务"} <= shown


def test_little_data(tmp_path: Path):
    """One short document: its observations and no section about cells without a number."""
    project = copied(tmp_path, "zhaoqing-xian-2025")
    page = build(project, "databook-zhaoqing", "en")
    assert f"{len(ids(project))} observations" in words(page)
    assert "Cells without a number" not in page.xpath("//h2//text()")
    assert not empty_sections(page)

"""An edition as readers get it: its pages and PDFs, what its manifest says, what a page carries about its numbers."""

from __future__ import annotations

import csv
import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree, html

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Edition:
    """A folder that `planbrief build` wrote."""

    root: Path

    @functools.cached_property
    def manifest(self) -> dict[str, Any]:
        """What manifest.json says."""
        return json.loads((self.root / "manifest.json").read_text(encoding="utf-8"))

    @functools.cached_property
    def observations(self) -> dict[str, dict[str, str]]:
        """Published observations by id."""
        with (self.root / "data" / "observations.csv").open(encoding="utf-8", newline="") as file:
            return {row["obs_id"]: row for row in csv.DictReader(file)}

    @property
    def reports(self) -> list[Path]:
        """HTML pages of reports, both languages."""
        return sorted([*self.root.glob("zh/*.html"), *self.root.glob("en/*.html")])

    @property
    def numbers(self) -> list[Path]:
        """Pages of numbers, a document and language each."""
        return sorted(self.root.glob("*/numbers/*.html"))

    @property
    def pages(self) -> list[Path]:
        """All HTML pages, the index included."""
        return [*sorted(self.root.glob("index*.html")), *self.reports]

    @property
    def pdfs(self) -> list[Path]:
        """All PDFs."""
        return sorted([*self.root.glob("zh/*.pdf"), *self.root.glob("en/*.pdf")])

    def name(self, path: Path) -> str:
        """Path of a file inside the edition, for messages."""
        return path.relative_to(self.root).as_posix()


def build(out: Path, project: Path = ROOT, *reports: str) -> Edition:
    """Build a project with the command that people use; fails with what it said."""
    environment = {**os.environ, "PLANBRIEF_PROJECT": str(project), "PYTHONUTF8": "1"}
    words = [sys.executable, "-m", "planbrief", "build", *reports, "--out", str(out), "--jobs", "2"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=500)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Edition(out)


@functools.cache
def tree(path: Path) -> etree._Element:
    """A page as a tree."""
    return html.document_fromstring(path.read_text(encoding="utf-8"))


@functools.cache
def ids(path: Path) -> tuple[str, ...]:
    """Every address on a page, in order."""
    return tuple(str(one) for one in tree(path).xpath("//@id"))


#: Columns of the rows behind numbers, in the list of a page and in a volume of the databook.
HEADS = {
    "value": ("数值", "Value"),
    "value_text": ("原文写法", "As printed", "原文"),
    "period": ("时期", "Period"),
    "locator": ("位置", "Place", "文中位置", "Place in text"),
}


@functools.cache
def cards(path: Path) -> dict[str, dict[str, str]]:
    """What a page tells of each observation behind its numbers, by id: the row with its address."""
    page, found = tree(path), {}
    for row in page.xpath("//tr[starts-with(@id, 'n-')]"):
        heads = [cell.text_content() for cell in row.getparent().getparent().find("thead").iter("th")]
        card = {
            name: cell.text_content()
            for head, cell in zip(heads, row, strict=True)
            for name, known in HEADS.items()
            if head in known
        }
        papers = row.xpath(".//a[starts-with(@href, '#d')]/@href | ancestor::figure//div[@class='below']//a/@href")
        card["title"] = page.get_element_by_id(papers[0][1:]).find("cite").text_content()
        found[row.get("id").removeprefix("n-")] = card
    return found


def behind(path: Path, link: etree._Element) -> list[str]:
    """Ids of the observations behind a linked number."""
    row = tree(path).get_element_by_id(link.get("href")[1:])
    ids = [row.get("id"), *(href[1:] for href in row.xpath(".//a/@href"))]
    return [one.removeprefix("n-") for one in dict.fromkeys(ids) if one.startswith("n-")]


def formula(path: Path, link: etree._Element) -> str:
    """Formula behind a linked number, empty for one that is printed."""
    row = tree(path).get_element_by_id(link.get("href")[1:])
    return row[1].text_content() if row.get("id").startswith("c-") else ""

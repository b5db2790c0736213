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


def payload(path: Path) -> dict[str, Any]:
    """What a page carries about its numbers; observations with their fields by name."""
    found = json.loads(tree(path).get_element_by_id("page-data").text)
    fields, texts = found.get("fields", []), found.get("texts", [])
    found["observations"] = {
        key: {name: texts[code] for name, code in zip(fields, codes, strict=False)}
        for key, codes in found.get("observations", {}).items()
    }
    return found

"""``planbrief --version``: what a page depends on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planbrief import __version__
from planbrief.commands.cli import main


def test_version_names_what_a_page_depends_on(
    capsys: pytest.CaptureFixture[str], root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """planbrief, its templates and, inside a project, the data by version and digest."""
    monkeypatch.delenv("PLANBRIEF_PROJECT", raising=False)
    for folder, lines in ((root, 3), (tmp_path, 2)):
        monkeypatch.chdir(folder)
        assert main(["--version"]) == 0
        first, templates, *data = capsys.readouterr().out.splitlines()
        assert first == f"planbrief {__version__}"
        assert re.fullmatch("templates [0-9a-f]{12}", templates)
        assert len(data) == lines - 2
        assert all(re.fullmatch(r"data \S+ [0-9a-f]{12} \(.+\)", line) for line in data)

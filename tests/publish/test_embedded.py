"""A build from another program: the same edition, words to its logger, nothing printed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

import planbrief as pb
from planbrief.project import NoProject


def test_a_program_builds_and_is_told(
    tmp_path: Path, root: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    """The edition is there, its entries say what became of each report, and the logger heard of it."""
    with caplog.at_level(logging.INFO, logger="planbrief"):
        outcome = pb.build("profile-zhaoqing", project=root, out=tmp_path / "site", lang="en", to="html")
    assert [(entry.id, entry.lang, entry.status) for entry in outcome.entries] == [("profile-zhaoqing", "en", "built")]
    assert outcome.failed == ()
    assert (tmp_path / "site/en/profile-zhaoqing.html").is_file()
    assert not (tmp_path / "site/zh").exists()
    assert any(record.name == "planbrief" and record.event for record in caplog.records)
    assert capfd.readouterr().out == ""


def test_a_program_outside_a_project_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No project, no build: an error that names what to do, and nothing written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANBRIEF_PROJECT", raising=False)
    with pytest.raises(NoProject, match="planbrief init"):
        pb.build("brief")
    assert list(tmp_path.iterdir()) == []


def test_unknown_reports_are_refused(tmp_path: Path, root: Path):
    """A misspelt report is refused before anything runs."""
    with pytest.raises(pb.PlanbriefError, match="profil"):
        pb.build("profil-zhaoqing", project=root, out=tmp_path / "site")
    assert not (tmp_path / "site").exists()

"""Unit and workflow files, held against the real tools where they exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from conftest import missing
from cronsim import CronSim
from deliver.rounds import schedule

from planbrief.commands.cli import main
from planbrief.deliver.rounds import FORMS, unit
from planbrief.project import Project

CONFIG = """
time_zone = "Asia/Shanghai"
[[jobs]]
name = "weekly"
cron = "0 8 * * mon"
build = ["brief"]
"""


@pytest.fixture
def place(tmp_path: Path) -> Project:
    """A project whose path has a space, a percent sign and Chinese in it."""
    root = tmp_path / "规划 100%"
    (root / "reports").mkdir(parents=True)
    return Project(root)


def words(line: str) -> list[str]:
    return shlex.split(line)


def test_systemd_takes_the_units(place, tmp_path):
    """systemd-analyze verify has nothing to say, for a path with a space, a percent sign and Chinese."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze (Debian package systemd)")
    text = unit("systemd", place, schedule(job={"deliver": []}), None)
    parts = re.split(r"^# ~/.config/systemd/user/(planbrief\.\w+)\n", text, flags=re.M)[1:]
    units = tmp_path / "units"
    units.mkdir()
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        (units / name).write_text(body, encoding="utf-8")
    files = [str(units / name) for name in ("planbrief.service", "planbrief.timer")]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    verify = ["systemd-analyze", "verify", "--user", "--man=no"]
    done = subprocess.run([*verify, *files], capture_output=True, text=True, env=environment)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "planbrief" in line]) == (0, [])
    (units / "broken.timer").write_text("[Timer]\nOnCalendar=never\n", encoding="utf-8")
    done = subprocess.run([*verify, str(units / "broken.timer")], capture_output=True, text=True, env=environment)
    assert done.returncode != 0
    calendar = re.search(r"OnCalendar=(.*)", text)[1]
    done = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, text=True)
    assert done.returncode == 0


def test_cron_line_is_a_cron_line_and_a_shell_line(place):
    """Five fields that a parser takes; in the command no bare percent sign, which cron would make a line break."""
    text = unit("cron", place, schedule(job={"deliver": []}), None)
    line = next(line for line in text.splitlines() if line and not line.startswith("#"))
    fields, command = " ".join(line.split()[:5]), line.split(maxsplit=5)[5]
    CronSim(fields, __import__("datetime").datetime(2026, 1, 1))
    assert not re.search(r"(?<!\\)%", command)
    assert str(place.root) in words(command.replace("\\%", "%"))
    # Without a file of secrets the command runs all the same, and what it prints goes to the log.
    home = place.root / "home"
    (home / ".config").mkdir(parents=True)
    command = command.replace("\\%", "%")
    starts = command.index("; }")
    told = (
        command[: command.rindex("|| .") + len('|| . "$HOME/.config/planbrief.env"; ')]
        + "echo key=$KEY"
        + command[starts:]
    )
    for key in ("", "secret"):
        if key:
            (home / ".config" / "planbrief.env").write_text(f"KEY={key}")
        done = subprocess.run(["sh", "-c", told], capture_output=True, text=True, env={"HOME": str(home)})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        log = Path(words(told)[-2])
        assert log.read_text().splitlines()[-1] == f"key={key}"


def test_workflow_fits_what_github_asks(place, monkeypatch):
    """Well-formed YAML with triggers, jobs and steps; secrets by name, no script injection, cron with five fields."""
    found = schedule(
        job={"deliver": [{"webhook": "wecom", "url_env": "WECOM_URL"}]},
        smtp={"host": "h", "from": "a@b.org", "user": "u"},
    )
    text = unit("github-actions", place, found, None)
    said = yaml.safe_load(text)
    trigger = said.get("on", said.get(True))
    assert len(trigger["schedule"][0]["cron"].split()) == 5
    job = said["jobs"]["due"]
    assert set(said) - {True} <= {"name", "on", "permissions", "concurrency", "jobs"}
    assert set(job) <= {"runs-on", "timeout-minutes", "env", "steps"}
    assert set(job["env"]) == {"PLANBRIEF_SCHEDULE", "PLANBRIEF_SMTP_PASSWORD", "WECOM_URL"}
    installs = next(step["run"] for step in job["steps"] if "pip install" in step.get("run", ""))
    assert "constraints" not in installs  # an initialised project has no such file
    assert any("$PLANBRIEF_SCHEDULE" in step.get("run", "") for step in job["steps"])  # git ignores schedule.toml
    assert all(value == f"${{{{ secrets.{name} }}}}" for name, value in job["env"].items())
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert not any("${{" in step.get("run", "") for step in job["steps"])


def test_task_scheduler_xml_is_whole(place):
    """Well-formed XML in the schema's namespace and order, with the command apart from its arguments."""
    text = unit("task-scheduler", place, schedule(job={"deliver": []}), None)
    root = ET.fromstring(text.encode("utf-16"))
    names = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert [child.tag.rpartition("}")[2] for child in root] == ["RegistrationInfo", "Triggers", "Settings", "Actions"]
    assert root.findtext(".//t:Command", "", names) == sys.executable
    assert "schedule due" in root.findtext(".//t:Arguments", "", names)
    assert root.findtext(".//t:MultipleInstancesPolicy", "", names) == "IgnoreNew"


def test_the_commands_of_the_readme(project, capsys, monkeypatch):
    """show, install, due and status on a fresh project."""
    (project.reports / "schedule.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(project.root))
    assert main(["schedule", "show", "--count", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 4
    assert all("Mon" in line and "08:00 CST" in line for line in shown[1:])
    for form in FORMS:
        assert main(["schedule", "install", f"--{form}"]) == 0
        assert "schedule due" in capsys.readouterr().out
    assert main(["schedule", "install"]) == 2
    capsys.readouterr()
    assert main(["schedule", "due"]) == 0
    assert re.fullmatch(r"nothing was due; next \w+, Mon [\d-]+ 08:00 CST\n", capsys.readouterr().out)
    assert main(["status"]) == 0
    assert re.search(r"has not run +— +Mon [\d-]+ 08:00 CST", capsys.readouterr().out)
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["good"] is True
    assert main(["deliver", "--list"]) == 0
    assert main(["deliver"]) == 2
    assert "planbrief build" in capsys.readouterr().err

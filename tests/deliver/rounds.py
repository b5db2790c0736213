"""Builders for rounds: small editions in place of notebooks, which other tests run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publish.edition.editions import build as publish

from planbrief.deliver.rounds import Runner
from planbrief.deliver.schedule import Schedule
from planbrief.errors import RunError
from planbrief.project import Project
from planbrief.publish.state import read_edition
from planbrief.run.produce import Outcome, Request


@dataclass
class Builder:
    """Publishes an edition of what it holds, and fails as it is told."""

    text: str = "1"
    failing: tuple[str, ...] = ()
    #: Called before and after publishing; raises to fail.
    before: Callable[[], None] = field(default=lambda: None)
    after: Callable[[], None] = field(default=lambda: None)
    calls: int = 0

    def __call__(self, project: Project, out: Path, request: Request, log: Any) -> Outcome:
        self.calls += 1
        self.before()
        earlier = read_edition(out).edition if out.exists() else ""
        edition = publish(out, self.text, fail=self.failing, keep=request.keep)
        self.after()
        return Outcome(edition, out, read_edition(out).reports, {}, edition != earlier)


class Broken(RunError):
    """A build that fails as a whole."""

    def __str__(self) -> str:
        return "the disk is full"


def schedule(**changes: Any) -> Schedule:
    """Every Monday at 8:00 in Shanghai, to the office."""
    job = {
        "name": "weekly",
        "cron": "0 8 * * mon",
        "deliver": [{"to": ["office@example.org"], "when": "change"}],
        **changes.pop("job", {}),
    }
    return Schedule.model_validate({"jobs": [job], "time_zone": "Asia/Shanghai", **changes})


def runner(tmp_path: Path, found: Schedule, clock: Any, builder: Any) -> Runner:
    """A runner as a new process would make it."""
    found = found.model_copy(update={"out": tmp_path / "out"})
    return Runner(Project(tmp_path), found, clock, None, builder)

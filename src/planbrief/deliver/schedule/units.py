"""The schedule as a service of the machine: the loop that waits for the next round, and units that start it."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from xml.sax.saxutils import escape

from planbrief import __version__
from planbrief.deliver.schedule.config import FILE, Schedule, upcoming
from planbrief.deliver.schedule.rounds import Runner, SystemClock
from planbrief.project import Project

#: The longest sleep: a clock that jumps, or a machine that slept, is noticed after so many seconds.
LONGEST_SLEEP = 30.0
#: Seconds to wait after a round that could not be held at all.
AFTER_A_FAILURE = 10.0


class ServiceClock(SystemClock):
    """The machine's clock, whose sleep ends when the service is to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait, or return at once when the service stops."""
        self.stop.wait(seconds)


def pause(runner: Runner) -> float:
    """Seconds until the next round: to the next slot, and never longer than :data:`LONGEST_SLEEP`."""
    now = runner.clock.now()
    slots = [upcoming(job.cron, runner.schedule.zone, now, 1)[0] for job in runner.schedule.jobs]
    return max(0.2, min(LONGEST_SLEEP, min((slot - now).total_seconds() for slot in slots) + 0.05))


def serve(runner: Runner, clock: ServiceClock) -> int:
    """Run rounds until SIGTERM or SIGINT; a round that is at work is finished."""

    def stop(*_arguments: object) -> None:
        clock.stop.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, stop)
    runner.log.event(
        "schedule.serving", f"serving {len(runner.schedule.jobs)} jobs into {runner.out}; stop with Ctrl-C"
    )
    while not clock.stop.is_set():
        try:
            runner.round()
        except Exception as error:
            # The service outlives whatever one round meets: a full disk today is an empty one tomorrow.
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
            runner.log.event("schedule.failed", f"this round was given up: {said}", level="error")
            clock.sleep(AFTER_A_FAILURE)
        clock.sleep(pause(runner))
    runner.log.event("schedule.stopped", "stopped")
    return 0


#: How often a scheduler looks whether something is due; what is due is decided by schedule.toml.
EVERY_MINUTES = 5


def words_of(project: Project, file: Path | None) -> list[str]:
    """The command line of one round."""
    config = os.fspath((file or project.reports / FILE).resolve())
    python = os.fspath(Path(sys.executable))
    return [python, "-m", "planbrief", "schedule", "due", "--project", os.fspath(project.root), "--config", config]


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word else word


#: How words are written in the language of each form.
_WORDS = {
    "shell": shlex.quote,
    "systemd": _systemd_word,
    "windows": lambda word: f'"{word}"' if " " in word else word,
    "xml": escape,
}
#: What ``schedule install`` prints: a service and a timer of the user, lines for ``crontab -e``, a workflow whose cache
#: keeps edition and ledger and whose secret holds the schedule (people's addresses), a task for ``schtasks``.
FORMS = ("systemd", "cron", "github-actions", "task-scheduler")


def unit(form: str, project: Project, schedule: Schedule, file: Path | None) -> str:
    """One of :data:`FORMS`, ready to be put in place."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(  # text of other languages: words are written by the filters above
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
        autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True,
        loader=PackageLoader("planbrief.deliver.schedule", "forms"),
    )  # fmt: skip
    made.filters.update(_WORDS)
    config = (file or project.reports / FILE).resolve()
    return made.get_template(f"{form}.j2").render(
        config=config.relative_to(project.root).as_posix()
        if config.is_relative_to(project.root)
        else f"reports/{FILE}",
        log=os.fspath(project.reports / "schedule.log"),
        minutes=EVERY_MINUTES,
        ours=(project.root / "src" / "planbrief").is_dir(),
        root=os.fspath(project.root),
        secrets=sorted(_secrets(schedule)),
        time_zone=schedule.time_zone,
        version=__version__,
        words=words_of(project, file),
    )


def _secrets(schedule: Schedule) -> set[str]:
    found = {schedule.smtp.password_env} if schedule.smtp and schedule.smtp.user else set()
    targets = [target for job in schedule.jobs for target in job.deliver]
    return found | {name for target in targets for name in (target.url_env, target.secret_env) if name}

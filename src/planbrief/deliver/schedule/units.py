"""The schedule as a service of the machine: the loop that waits for the next round, and units that start it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from planbrief import __version__
from planbrief.deliver.schedule.config import FILE, Schedule
from planbrief.deliver.schedule.rounds import Runner
from planbrief.deliver.schedule.times import upcoming
from planbrief.project import Project

#: The longest sleep: a clock that jumps, or a machine that slept, is noticed after so many seconds.
LONGEST_SLEEP = 30.0
#: Seconds to wait after a round that could not be held at all.
AFTER_A_FAILURE = 10.0


class ServiceClock:
    """The machine's clock, whose sleep ends when the service is to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now(self) -> datetime:
        """The moment in UTC."""
        return datetime.now(UTC)

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


def systemd(project: Project, schedule: Schedule, file: Path | None) -> str:
    """A service and a timer of the user, one after the other with their paths."""
    words = " ".join(_systemd_word(word) for word in words_of(project, file))
    return f"""\
# ~/.config/systemd/user/planbrief.service
[Unit]
Description=planbrief: build and deliver what is due
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={_systemd_path(project.root)}
# the mail password: PLANBRIEF_SMTP_PASSWORD=… in a file that only you can read
EnvironmentFile=-%h/.config/planbrief.env
ExecStart={words}
TimeoutStartSec=2h
Nice=10

# ~/.config/systemd/user/planbrief.timer
[Unit]
Description=planbrief: look every {EVERY_MINUTES} minutes what is due ({schedule.time_zone})

[Timer]
OnCalendar=*:0/{EVERY_MINUTES}
Persistent=true

[Install]
WantedBy=timers.target

# then: systemctl --user daemon-reload && systemctl --user enable --now planbrief.timer
"""


def _systemd_path(path: Path) -> str:
    return os.fspath(path).replace("%", "%%")


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word else word


def cron(project: Project, schedule: Schedule, file: Path | None) -> str:
    """Lines for ``crontab -e``."""
    words = " ".join(_shell_word(word) for word in words_of(project, file)).replace("%", "\\%")
    log = _shell_word(os.fspath(project.reports / "schedule.log")).replace("%", "\\%")
    return f"""\
# planbrief: look every {EVERY_MINUTES} minutes what is due; schedule.toml decides ({schedule.time_zone}).
# The mail password comes from a file that only you can read: PLANBRIEF_SMTP_PASSWORD=…
*/{EVERY_MINUTES} * * * * set -a; . "$HOME/.config/planbrief.env"; {words} >> {log} 2>&1
"""


def _shell_word(word: str) -> str:
    import shlex

    return shlex.quote(word)


def github_actions(project: Project, schedule: Schedule, file: Path | None) -> str:
    """A workflow for ``.github/workflows/``; the edition and the ledger live in the cache of the workflow.

    The schedule holds people's addresses and is kept out of git, so it comes from a secret like the passwords.
    """
    config = (file or project.reports / FILE).resolve()
    shown = config.relative_to(project.root).as_posix() if config.is_relative_to(project.root) else f"reports/{FILE}"
    names = ["PLANBRIEF_SCHEDULE", *sorted(_secrets(schedule))]
    env = "\n".join(f"      {name}: ${{{{ secrets.{name} }}}}" for name in names)
    ours = (project.root / "src" / "planbrief").is_dir()
    wanted = "-c constraints.txt ." if ours else f"planbrief=={__version__}"
    cached = """\
          path: |
            reports/latest
            reports/.planbrief-latest
          key: planbrief-${{ github.run_id }}"""
    return f"""\
# .github/workflows/planbrief.yml
# Secrets of the repository: PLANBRIEF_SCHEDULE with the text of {shown}{_listed(names[1:])}
name: planbrief
on:
  schedule:
    - cron: "*/15 * * * *"
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: planbrief
  cancel-in-progress: false
jobs:
  due:
    runs-on: ubuntu-latest
    timeout-minutes: 120
    env:
{env}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install {wanted}
      - uses: actions/cache/restore@v4
        with:
{cached}
          restore-keys: planbrief-
      - run: printf '%s' "$PLANBRIEF_SCHEDULE" > {_shell_word(shown)}
      - run: planbrief schedule due --project . --config {_shell_word(shown)}
      - uses: actions/cache/save@v4
        if: always()
        with:
{cached}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: edition
          path: reports/latest
"""


def _listed(names: list[str]) -> str:
    return f"; {', '.join(names)}" if names else ""


def _secrets(schedule: Schedule) -> set[str]:
    found = {schedule.smtp.password_env} if schedule.smtp and schedule.smtp.user else set()
    targets = [target for job in schedule.jobs for target in job.deliver]
    return found | {name for target in targets for name in (target.url_env, target.secret_env) if name}


def task_scheduler(project: Project, schedule: Schedule, file: Path | None) -> str:
    """A task for ``schtasks /Create /XML planbrief.xml /TN planbrief`` on Windows."""
    command, *arguments = words_of(project, file)
    shown = " ".join(f'"{word}"' if " " in word else word for word in arguments)
    return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<!-- save as planbrief.xml (UTF-16), then: schtasks /Create /XML planbrief.xml /TN planbrief
     the mail password: setx PLANBRIEF_SMTP_PASSWORD … for the account that runs the task -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>planbrief: build and deliver what is due ({escape(schedule.time_zone)})</Description>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Repetition>
        <Interval>PT{EVERY_MINUTES}M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <StartBoundary>2026-01-01T00:00:00</StartBoundary>
      <Enabled>true</Enabled>
    </TimeTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT2H</ExecutionTimeLimit>
    <Enabled>true</Enabled>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(command)}</Command>
      <Arguments>{escape(shown)}</Arguments>
      <WorkingDirectory>{escape(os.fspath(project.root))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


FORMS = {"systemd": systemd, "cron": cron, "github-actions": github_actions, "task-scheduler": task_scheduler}

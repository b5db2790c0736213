"""Rounds of a schedule, one or for ever, and the units that start them.

A round builds, delivers, writes the journal and gives a sign of life; a service waits for the next one, or systemd,
cron, GitHub Actions or Task Scheduler start each.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from filelock import FileLock, Timeout

from planbrief import __version__
from planbrief.deliver.office import Clock, Failure, Office
from planbrief.deliver.schedule import FILE, Due, Job, Schedule, corrected, due, upcoming
from planbrief.deliver.status import Journal, Run, write_status
from planbrief.display.language import message
from planbrief.errors import PlanbriefError, RunError
from planbrief.log import EventLog, LibraryLog
from planbrief.project import Project
from planbrief.publish.build import build
from planbrief.publish.output_folder import resolve_out
from planbrief.publish.state import state_folder
from planbrief.run.produce import Outcome, Request

if TYPE_CHECKING:
    from collections.abc import Iterator


def ping(url: str, *, failed: bool, timeout: float = 10) -> None:
    """Call the switch, with ``/fail`` behind its address after a failure; one that does not answer changes nothing."""
    if urlsplit(url).scheme not in ("http", "https"):
        return
    with suppress(Exception):  # garbage in place of HTTP raises what is no OSError
        urllib.request.urlopen(f"{url.rstrip('/')}/fail" if failed else url, timeout=timeout).close()


#: Seconds before each further try of a build that failed as a whole.
BACK_OFF = (10.0, 60.0, 300.0)

Builder = Callable[[Project, Path, Request, EventLog], Outcome]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def folder_of(out: Path) -> Path:
    """Where the state of scheduled generation lies: beside the editions, in their hidden folder."""
    return state_folder(out) / "schedule"


class FolderUnusable(RunError):
    """The folder of schedule and ledger cannot be written."""

    text = "{}: {}; the records of scheduled generation lie there"


class Runner:
    """Scheduled generation of one project."""

    def __init__(
        self,
        project: Project,
        schedule: Schedule,
        clock: Clock | None = None,
        log: EventLog | None = None,
        builder: Builder | None = None,
    ) -> None:
        self.project, self.schedule = project, schedule
        self.builder: Builder = builder or (lambda project, out, request, log: build(project, out, request, log=log))
        self.clock, self.log = clock or SystemClock(), log or LibraryLog()
        self.out = resolve_out(schedule.out or project.reports / "latest")
        self.folder = folder_of(self.out)
        #: What the last round could not deliver and nobody was told of before, each in words.
        self.undelivered: tuple[str, ...] = ()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this is the only round at work."""
        lock = FileLock(self.folder / "round.lock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        except OSError as error:
            raise FolderUnusable(str(self.folder), error.strerror or str(error)) from error
        try:
            yield True
        finally:
            lock.release()

    def office(self) -> Office:
        """The post office of the output folder."""
        said = self.schedule
        return Office(
            self.out, self.folder, self.clock, said.smtp, said.operators, lang=said.lang, link=said.link, log=self.log
        )

    def round(self) -> list[Run] | None:
        """Run what is due and send what waits; returns the runs that ended, None if another round is at work."""
        with self.alone() as alone:
            if not alone:
                self.log.event("schedule.overlap", "another round is at work; nothing was done here")
                return None
            journal, office = Journal(self.folder), self.office()
            ended: list[Run] = []
            for job in self.schedule.jobs:
                with self._boundary(f"job {job.name}"):
                    if slot := self._due(job, journal, office):
                        ended.append(self._run(job, slot, journal, office))
            # Before the flush: what this round tells the operators is new to whoever reads its exit code, too.
            told = office.ledger.told()
            with self._boundary("delivery"):
                office.flush()
            self.undelivered = tuple(one.text for one in office.failures() if one.id not in told)
            with self._boundary("journal"):
                journal.tidy()
                office.ledger.tidy(self.clock.now())
            if ended:
                with self._boundary("status page"):
                    write_status(self)
                if self.schedule.ping:
                    ping(self.schedule.ping, failed=any(run.result == "failed" for run in ended))
            return ended

    @contextmanager
    def _boundary(self, what: str) -> Iterator[None]:
        """Whatever one part of a round does, the others go on; said once, in one line."""
        try:
            yield
        except Exception as error:
            said = " ".join(str(error).split())[:400]
            kind = "" if isinstance(error, PlanbriefError) else f"{type(error).__name__}: "
            self.log.event("schedule.failed", f"{what}: {kind}{said}", level="error", part=what)

    def _due(self, job: Job, journal: Journal, office: Office) -> datetime | None:
        """The slot that a job must run for now."""
        now = self.clock.now()
        broken = journal.open(job.name)
        if broken is not None:
            self._tell(office, "died", job, broken.slot, attempt=f"/{broken.attempt}")
            journal.add(Run(job.name, broken.slot, "died", now.isoformat(), attempt=broken.attempt))
            if broken.attempt <= job.retries:
                return datetime.fromisoformat(broken.slot)
            reason = "it broke off every time"
            journal.add(Run(job.name, broken.slot, "failed", now.isoformat(), reason=reason))
        last = journal.last_slot(job.name)
        if last is None:
            journal.add(Run(job.name, now.isoformat(), "known", now.isoformat()))
            return None
        # A machine whose clock ran in 2099 once would otherwise run nothing until then.
        if (right := corrected(last, now)) != last:
            self.log.event("schedule.clock", f"the clock went back from {last} to {now}", level="warning")
            journal.add(Run(job.name, right.isoformat(), "known", now.isoformat(), reason="clock"))
            last = right
        waiting = due(job.cron, self.schedule.zone, last, now)
        return self._policy(job, waiting, journal, office) if waiting else None

    def _tell(
        self, office: Office, kind: str, job: Job, slot: str, *, attempt: str = "", good: bool = False, **said: object
    ) -> None:
        """Tell the operators of one thing that happened to a job at a slot, once."""
        text = message(f"operators.{kind}", self.schedule.lang, job=job.name, slot=self._local(slot), **said)
        office.tell([Failure(f"{kind}/{job.name}/{slot}{attempt}", text, good)])

    def _policy(self, job: Job, waiting: Due, journal: Journal, office: Office) -> datetime | None:
        """Whether a slot that is late is still run for."""
        slot = waiting.slot.isoformat()
        skip = job.missed == "skip" and waiting.late > timedelta(minutes=job.grace_minutes)
        missed = waiting.missed + skip
        if missed:
            policy = message(f"operators.policy_{'skip' if skip else 'once'}", self.schedule.lang)
            self._tell(office, "missed", job, slot, count=missed, policy=policy)
        if skip:
            journal.add(Run(job.name, slot, "skipped", self.clock.now().isoformat(), reason=f"{missed} missed"))
            return None
        return waiting.slot

    def _local(self, slot: str) -> str:
        return datetime.fromisoformat(slot).astimezone(self.schedule.zone).strftime("%Y-%m-%d %H:%M")

    def _run(self, job: Job, moment: datetime, journal: Journal, office: Office) -> Run:
        begun, slot = self.clock.now(), moment.isoformat()
        earlier = [run for run in journal.runs if run.slot == slot and run.job == job.name]
        attempt = 1 + sum(run.result == "died" for run in earlier)
        journal.add(Run(job.name, slot, "started", begun.isoformat(), attempt=attempt))
        outcome, reason = self._built(job)
        if outcome is None:
            self._tell(office, "run", job, slot, reason=reason)
            run = Run(job.name, slot, "failed", self.clock.now().isoformat(), reason=reason)
        else:
            office.tell(self._failures(outcome))
            if outcome.edition:
                office.queue_edition(outcome.edition, job.deliver, failed=bool(outcome.failed))
            run = Run(
                job=job.name,
                slot=slot,
                result="failed" if not outcome.edition else "partial" if outcome.failed else "ok",
                time=self.clock.now().isoformat(),
                edition=outcome.edition,
                published=outcome.published,
                seconds=round((self.clock.now() - begun).total_seconds(), 1),
                failed=tuple(entry.name for entry in outcome.failed),
            )
            before = [past for past in journal.ended() if past.job == job.name][-1:]
            if run.result == "ok" and any(past.result in ("failed", "partial") for past in before):
                self._tell(office, "recovered", job, slot, good=True, edition=run.edition)
        journal.add(run)
        return run

    def _built(self, job: Job) -> tuple[Outcome | None, str]:
        """Build, with further tries where trying again may help; the reason where it came to nothing."""
        request = Request(
            wanted=job.build, languages=job.languages, formats=job.formats, keep=self.schedule.keep, wait=True
        )
        reason = ""
        for attempt in range(job.retries + 1):
            try:
                return self.builder(self.project, self.out, request, self.log), ""
            except PlanbriefError as error:
                reason = " ".join(str(error).split())[:400]
                if error.exit_code == 2:
                    break
            except Exception as error:  # whatever it is, the operators hear of it and the next run comes
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
            if attempt < job.retries:
                self.clock.sleep(BACK_OFF[min(attempt, len(BACK_OFF) - 1)])
        return None, reason

    def _failures(self, outcome: Outcome) -> list[Failure]:
        """Reports that failed; one that goes on failing is one failure."""
        return [
            Failure(
                f"report/{entry.name}/{entry.failed_since}",
                message("operators.report", self.schedule.lang, name=entry.name, reason=(entry.error or "")[:300]),
            )
            for entry in outcome.failed
        ]


#: The longest sleep: a clock that jumps, or a machine that slept, is noticed after so many seconds.
LONGEST_SLEEP = 30.0
#: Seconds between two looks of a sleeper whether it is to stop.
LOOK_EVERY = 0.5
#: Seconds to wait after a round that could not be held at all.
AFTER_A_FAILURE = 10.0


class ServiceClock(SystemClock):
    """The machine's clock, whose sleep ends when the service is to stop.

    A mark that is looked at, and no event of threading: a signal that arrives while the event's own lock is held
    would wait for ever for who holds it, which is the sleeper it has interrupted.
    """

    stopped = False

    def sleep(self, seconds: float) -> None:
        """Wait, or return within :data:`LOOK_EVERY` seconds when the service stops."""
        end = time.monotonic() + seconds
        while not self.stopped and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))


def pause(runner: Runner) -> float:
    """Seconds until the next round: to the next slot, and never longer than :data:`LONGEST_SLEEP`."""
    now = runner.clock.now()
    slots = [upcoming(job.cron, runner.schedule.zone, now, 1)[0] for job in runner.schedule.jobs]
    return max(0.2, min(LONGEST_SLEEP, min((slot - now).total_seconds() for slot in slots) + 0.05))


def serve(runner: Runner, clock: ServiceClock) -> int:
    """Run rounds until SIGTERM or SIGINT; a round that is at work is finished."""

    def stop(*_arguments: object) -> None:
        clock.stopped = True

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, stop)
    runner.log.event(
        "schedule.serving", f"serving {len(runner.schedule.jobs)} jobs into {runner.out}; stop with Ctrl-C"
    )
    while not clock.stopped:
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
        loader=PackageLoader("planbrief.deliver", "forms"),
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
    password = {schedule.smtp.password_env} if schedule.smtp and schedule.smtp.user else set()
    targets = [target for job in schedule.jobs for target in job.deliver]
    return password | {name for target in targets for name in (target.url_env, target.secret_env) if name}

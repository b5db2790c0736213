"""schedule.toml as it is read: what, when, for whom; and when its jobs are due."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, ValidationError, field_validator, model_validator

from planbrief.catalog import read as read_catalog
from planbrief.checks.toml_shape import Table, mistakes
from planbrief.errors import PlanbriefError
from planbrief.files import read_regular
from planbrief.languages import Own
from planbrief.project import Project
from planbrief.targets.package import usable_package

When = Literal["always", "change", "failure"]
Robot = Literal["wecom", "dingtalk", "feishu", "generic"]
#: The name of an environment variable; an address or password itself in its place is refused.
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
#: RFC 5321 and 6531: dot-atoms of up to 64 bytes before the @ (no quoted forms), a host name behind it.
_LOCAL = re.compile(r"[^\s@<>()\[\],:;.\"\\\x00-\x1f\x7f]+(?:\.[^\s@<>()\[\],:;.\"\\\x00-\x1f\x7f]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)


class MissingSecret(PlanbriefError):
    """A password or address that is kept out of the configuration is not there."""

    text = "environment variable {} {}; it holds {}"


def secret_from_environment(name: str, purpose: str) -> str:
    """An environment variable's text; :class:`MissingSecret` if it is not set or no text."""
    found = os.environ.get(name, "")
    if not found:
        raise MissingSecret(name, "is not set", purpose)
    try:
        found.encode()
    except UnicodeEncodeError:
        raise MissingSecret(name, "is no UTF-8 text", purpose) from None
    return found


def address(text: str) -> str:
    """A mail address; ValueError for anything that is none, line breaks included."""
    local, at, domain = text.rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if (
        not at
        or not text.isprintable()
        or not _LOCAL.fullmatch(local)
        or len(local.encode("utf-8", "replace")) > 64
        or len(host) > 253
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise ValueError(f"{text[:80]!r}; expected a mail address such as name@example.org")
    return text


class Smtp(Table):
    """The mail server. The password comes from an environment variable or the keyring, never from the file."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    sender: str = Field(alias="from")
    sender_name: str = Field(default="planbrief", alias="from_name")
    password_env: Variable = "PLANBRIEF_SMTP_PASSWORD"
    ca_file: Path | None = None
    """File with certificates to trust besides the system's: a server with a certificate of the house."""
    timeout: float = Field(default=30, gt=0, le=600, allow_inf_nan=False)
    """Seconds that the server may be silent, and seconds that one delivery may take in all."""
    deadline: float = Field(default=60, gt=0, le=3600, allow_inf_nan=False)

    _sender = field_validator("sender")(address)

    def password(self) -> str:
        """From the environment, else from the keyring where that is installed, else :class:`MissingSecret`."""
        if os.environ.get(self.password_env):
            return secret_from_environment(self.password_env, f"the password of {self.user} at {self.host}")
        try:
            import keyring
            import keyring.errors
        except ImportError:
            pass
        else:
            # A machine without a desktop has the package and no keyring behind it.
            with contextlib.suppress(keyring.errors.KeyringError):
                if kept := keyring.get_password(f"planbrief {self.host}", self.user):
                    return str(kept)
        raise MissingSecret(self.password_env, "is not set", f"the password of {self.user} at {self.host}")


class Target(Table):
    """One place that editions go to: mail addresses, a folder, or a chat robot."""

    to: tuple[str, ...] = ()
    folder: Path | None = None
    webhook: Robot | None = None
    url_env: Variable | Literal[""] = ""
    """Environment variables with the robot's address, which holds its key, and with the secret that signs, if any."""
    secret_env: Variable | Literal[""] = ""
    when: When = "change"
    lang: Own = "zh"
    attach: str = "brief"
    """Report whose PDF goes with a mail; empty for none."""
    attach_limit_mb: float = Field(default=8, gt=0, le=50)

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(address(text) for text in value))

    @model_validator(mode="after")
    def _one_place(self) -> Target:
        if sum((bool(self.to), self.folder is not None, self.webhook is not None)) != 1:
            raise ValueError("expected exactly one of to (mail addresses), folder, webhook")
        if self.webhook and not self.url_env:
            raise ValueError("expected url_env beside a webhook: the environment variable that holds its address")
        return self

    def recipients(self) -> tuple[str, ...]:
        """Names of the recipients as the ledger knows them."""
        if self.to:
            return tuple(f"mailto:{each}" for each in self.to)
        return (f"folder:{self.folder}",) if self.folder is not None else (f"{self.webhook}:{self.url_env}",)


#: Missed runs further back are not counted one by one.
LONGEST_LOOK_BACK = timedelta(days=40)
#: A last run this far ahead of the clock means that the clock was wrong then.
FUTURE = timedelta(hours=26)


@dataclass(frozen=True)
class Due:
    """What a clock and a cron expression come to: the slot to run for, and how many went by before it."""

    slot: datetime
    missed: int
    late: timedelta


def upcoming(cron: str, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The next times after a moment, in the time zone."""
    return list(itertools.islice(CronSim(cron, after.astimezone(zone)), count))


def due(cron: str, zone: ZoneInfo, last: datetime, now: datetime) -> Due | None:
    """The newest slot after `last` and not after `now`; None if there is none.

    `last` may lie in the future: a clock that was put back runs nothing twice.
    """
    start = max(last, now - LONGEST_LOOK_BACK)
    found: datetime | None = None
    count = 0
    for moment in CronSim(cron, start.astimezone(zone)):
        if moment.astimezone(UTC) > now.astimezone(UTC):
            break
        found, count = moment, count + 1
    if found is None:
        return None
    return Due(found.astimezone(UTC), count - 1, now - found)


def corrected(last: datetime, now: datetime) -> datetime:
    """The last slot, unless it lies so far ahead that the clock must have been wrong: then the present."""
    return now if last - now > FUTURE else last


#: Bytes of a schedule at most: one for thousands of people takes a tenth of it.
LARGEST = 4 << 20
#: Name of the file in the project's ``reports`` folder, which git ignores: addresses of people stand in it.
FILE = "schedule.toml"


class ScheduleError(PlanbriefError):
    """The configuration is missing or wrong."""

    def __init__(self, file: str, problems: tuple[str, ...]) -> None:
        super().__init__(file, problems)
        self.file, self.problems = file, problems

    def __str__(self) -> str:
        return "\n".join(f"{self.file}: {problem}" for problem in self.problems)


class Job(Table):
    """One thing to do at certain times."""

    name: str = Field(pattern=r"^[^/\\\x00-\x1f\x7f]{1,60}$")
    cron: str
    build: tuple[str, ...] = ()
    """Reports or notebooks; empty for all."""
    languages: tuple[Own, ...] = ()
    formats: tuple[Literal["html", "pdf"], ...] = ()
    missed: Literal["once", "skip"] = "once"
    """After a time without this machine: once runs once for all that was missed, skip waits for the next run."""
    grace_minutes: float = Field(default=10, ge=0)
    """How late a run may be and still count as on time."""
    retries: int = Field(default=2, ge=0, le=10)
    """Further tries of a build that failed as a whole."""
    deliver: tuple[Target, ...] = ()

    @field_validator("cron")
    @classmethod
    def _cron(cls, value: str) -> str:
        from datetime import UTC, datetime

        try:
            next(CronSim(value, datetime(2026, 1, 1, tzinfo=UTC)))
        except (CronSimError, StopIteration) as error:
            raise ValueError(
                f"{value!r} ({error or 'it never comes'}); expected a cron expression: 0 8 * * mon"
            ) from None
        return value


class Schedule(Table):
    """What to build, when, for whom (reports/schedule.toml, which git ignores)."""

    time_zone: str = "Asia/Shanghai"
    lang: Own = "zh"
    out: Path | None = None
    """Output folder; ``reports/latest`` if it is not said."""
    keep: int = Field(default=60, ge=1, le=10_000)
    operators: tuple[str, ...] = ()
    """Addresses that hear of failures."""
    link: str = Field(default="", pattern=r"^(https?://[^\s<>\"]+)?$")
    """Where readers find the edition, for links in mails."""
    ping: str = Field(default="", pattern=r"^(https?://[^\s<>\"]+)?$")
    """Address of a dead man's switch, called after each run."""
    smtp: Smtp | None = None
    jobs: tuple[Job, ...] = Field(min_length=1)

    @field_validator("operators")
    @classmethod
    def _operators(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(address(text) for text in value))

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r}; expected a time zone such as Asia/Shanghai") from None
        return value

    @model_validator(mode="after")
    def _whole(self) -> Schedule:
        names = [job.name for job in self.jobs]
        if len(set(names)) != len(names):
            raise ValueError("two jobs of one name; expected a name of its own for each")
        mails = bool(self.operators) or any(target.to for job in self.jobs for target in job.deliver)
        if mails and self.smtp is None:
            raise ValueError("mail addresses and no mail server; expected a table [smtp] that names it")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of all cron expressions."""
        return ZoneInfo(self.time_zone)

    def job(self, name: str) -> Job | None:
        """A job by its name."""
        return next((job for job in self.jobs if job.name == name), None)


def held(project: Project, schedule: Schedule, file: Path | None = None) -> Schedule:
    """The same schedule, held against the project's catalog; :class:`ScheduleError` lists what does not fit.

    Reports and notebooks that are built, reports whose PDF is attached, and files that are named must be there: found
    out now rather than on the Monday that they are needed.
    """
    path = file or project.reports / FILE
    catalog = read_catalog(project, usable_package(project))
    reports = {report.id: report for report in catalog.reports()}
    notebooks = {report.notebook for report in reports.values()}
    problems = []
    for number, job in enumerate(schedule.jobs):
        for name in job.build:
            if name not in reports and name not in notebooks:
                known = near(name, (*reports, *notebooks))
                problems.append(f"jobs.{number}.build: no report or notebook {name!r}; {known}")
        built = {r.id for r in reports.values() if not job.build or {r.id, r.notebook} & set(job.build)}
        for place, target in enumerate(job.deliver):
            where = f"jobs.{number}.deliver.{place}.attach"
            if not target.to or not target.attach:
                continue
            if target.attach not in reports:
                problems.append(f"{where}: no report {target.attach!r}; {near(target.attach, tuple(reports))}")
            elif "attach" in target.model_fields_set and "pdf" in (job.formats or ("pdf",)):
                if target.attach not in built:
                    problems.append(f"{where}: the job does not build {target.attach!r}; it builds {', '.join(built)}")
            elif "attach" in target.model_fields_set:
                problems.append(f'{where}: the job makes no PDF; add "pdf" to its formats, or attach = ""')
    if schedule.smtp and schedule.smtp.ca_file and not schedule.smtp.ca_file.is_file():
        problems.append(f"smtp.ca_file: no such file: {schedule.smtp.ca_file}")
    if problems:
        raise ScheduleError(str(path), tuple(problems))
    return schedule


def near(name: str, known: tuple[str, ...]) -> str:
    """What was probably meant, or what there is."""
    close = get_close_matches(name, known, 3, 0.6)
    return f"did you mean {', '.join(close)}?" if close else f"there are {', '.join(sorted(set(known))[:30])}"


def missing_secrets(schedule: Schedule) -> list[str]:
    """Environment variables that the schedule names and that are not set here, each as a line."""
    named: dict[str, str] = {}
    if schedule.smtp and schedule.smtp.user:
        named[schedule.smtp.password_env] = f"the password of {schedule.smtp.user}"
    for target in (target for job in schedule.jobs for target in job.deliver if target.webhook):
        named[target.url_env] = f"the address of the {target.webhook} robot"
        if target.secret_env:
            named[target.secret_env] = f"the secret of the {target.webhook} robot"
    return [f"environment variable {name} is not set here; it holds {what}" for name, what in sorted(named.items())
            if not os.environ.get(name)]  # fmt: skip


def read_schedule(project: Project, file: Path | None = None) -> Schedule:
    """The schedule of a project; :class:`ScheduleError` lists everything that is wrong with it."""
    path = file or project.reports / FILE
    try:
        text = read_regular(path.resolve(), limit=LARGEST).decode("utf-8-sig")
        return Schedule.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        raise ScheduleError(str(path), ("no such file; planbrief guide scheduling shows one to copy",)) from None
    except ValidationError as error:
        found = mistakes(Schedule, error, FILE, text)
        raise ScheduleError(str(path), tuple(str(each).removeprefix(FILE).lstrip(", ") for each in found)) from None
    except (OSError, ValueError, RecursionError, RuntimeError) as error:
        raise ScheduleError(str(path), (getattr(error, "strerror", None) or str(error),)) from None

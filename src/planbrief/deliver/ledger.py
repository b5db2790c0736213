"""The ledger: one line for each step of each delivery, written to the disk before the next step begins.

The last line of a delivery is its state::

    queued        to be sent
    committing    everything but the last word was said to the server; a crash here leaves it open whether it arrived
    deferred      could not be sent yet
    sent          the recipient's server has it
    failed        refused for good, or given up
    unconfirmed   the server fell silent after the last word; not sent again by itself
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from planbrief.errors import RunError
from planbrief.files import replace_file

#: Longest reason that is kept.
LONGEST_REASON = 500

State = Literal["queued", "committing", "deferred", "sent", "failed", "unconfirmed"]
PENDING: tuple[State, ...] = ("queued", "deferred")
#: Lines beyond which the ledger is cut, and how long a message that did not arrive is kept for another try.
MOST_LINES, KEPT = 20_000, timedelta(days=30)
R = TypeVar("R")
LEDGER, OUTBOX = "ledger.jsonl", "outbox"


class RecordFailed(RunError):
    """The ledger cannot be written: without it something could go out twice, so nothing more is sent."""

    text = "the record of deliveries cannot be written ({}); nothing is sent without it"


@dataclass(frozen=True)
class Delivery:
    """One edition (or one report of failures) to one recipient."""

    id: str
    recipient: str
    edition: str
    state: State
    time: str
    subject: str = ""
    reason: str = ""
    attempts: int = 0
    #: When it was queued first.
    queued: str = ""
    #: Failures that it tells the operators of; empty for an edition.
    failures: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether it is still to be sent."""
        return self.state in PENDING


_LINE = TypeAdapter(Delivery)


def delivery_id(*parts: str) -> str:
    """Id that follows from what is delivered to whom, so that the same delivery is never queued twice."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def append_line(path: Path, line: dict[str, object]) -> None:
    """Append one JSON line and bring it to the disk; a half line that a crash left is closed first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(line, ensure_ascii=False)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    try:
        size = os.lseek(handle, 0, os.SEEK_END)
        torn = False
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            torn = os.read(handle, 1) != b"\n"
        os.write(handle, ("\n" if torn else "").encode() + text.encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def read_lines(path: Path) -> list[dict[str, object]]:
    """The JSON lines of a file; lines that are none (torn by a crash) are left out."""
    try:
        data = path.read_bytes()
    except OSError:
        return []
    found = []
    for line in data.split(b"\n"):
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            found.append(said)
    return found


def records(path: Path, shape: TypeAdapter[R], times: Callable[[R], Iterable[str]]) -> Iterator[R]:
    """Lines of a file that have a shape and times with a time zone; others (a hand's edit, a torn one) tell nothing."""
    for line in read_lines(path):
        with suppress(ValidationError, ValueError):
            found = shape.validate_python(line)
            if all(datetime.fromisoformat(text).tzinfo for text in times(found)):
                yield found


def rewrite(path: Path, found: Iterable[Any]) -> None:
    """Put these records in place of what a file holds."""
    lines = [json.dumps(asdict(record), ensure_ascii=False) for record in found]
    replace_file(path, ("\n".join(lines) + "\n").encode())


class Ledger:
    """Deliveries of one output folder, with the messages that are still to be sent."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path, self.outbox = folder, folder / LEDGER, folder / OUTBOX
        self._known: dict[str, Delivery] = {}
        self._given: dict[str, list[str]] = {}
        self._lines = 0
        for delivery in records(self.path, _LINE, lambda line: (line.queued or line.time, line.time)):
            self._lines += 1
            self._keep(delivery)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(tuple(self._known.values()))

    def get(self, key: str) -> Delivery | None:
        """A delivery by its id."""
        return self._known.get(key)

    def pending(self) -> list[Delivery]:
        """What is still to be sent, oldest first."""
        return [delivery for delivery in self._known.values() if delivery.pending]

    def told(self) -> set[str]:
        """Failures that the operators were told of, or will be."""
        return {failure for delivery in self._known.values() for failure in delivery.failures}

    def last_edition(self, recipient: str) -> str:
        """The edition that a recipient was given last (queued counts); empty if none."""
        mine = (self._known[key] for key in self._given.get(recipient, ()))
        given = [d for d in mine if d.edition and d.state != "failed"]
        return max(given, key=lambda delivery: delivery.queued).edition if given else ""

    def queue(self, delivery: Delivery, content: bytes) -> bool:
        """Queue a delivery with its message; False if it was queued before."""
        if delivery.id in self._known:
            return False
        try:
            self.outbox.mkdir(parents=True, exist_ok=True)
            replace_file(self.outbox / delivery.id, content)
        except OSError as error:
            raise RecordFailed(error.strerror or str(error)) from error
        self._write(delivery)
        return True

    def content(self, delivery: Delivery) -> bytes:
        """The message of a delivery; OSError if it is gone."""
        return (self.outbox / delivery.id).read_bytes()

    def step(
        self, delivery: Delivery, state: State, now: datetime, reason: str = "", *, tried: bool = False
    ) -> Delivery:
        """Record the next step of a delivery; its message goes once it is sent."""
        moved = replace(
            delivery,
            state=state,
            time=now.isoformat(),
            reason=reason[:LONGEST_REASON],
            attempts=delivery.attempts + tried,
        )
        self._write(moved)
        if state == "sent":
            with suppress(OSError):
                (self.outbox / delivery.id).unlink(missing_ok=True)
        return moved

    def _write(self, delivery: Delivery) -> None:
        try:
            append_line(self.path, asdict(delivery))
        except (OSError, UnicodeEncodeError) as error:
            raise RecordFailed(getattr(error, "strerror", None) or str(error)) from error
        self._lines += 1
        self._keep(delivery)

    def _keep(self, delivery: Delivery) -> None:
        if delivery.id not in self._known:
            self._given.setdefault(delivery.recipient, []).append(delivery.id)
        self._known[delivery.id] = delivery

    def tidy(self, now: datetime) -> None:
        """Cut the ledger to the last line of each delivery when it has grown large; drop messages that nobody wants.

        To be called by the one round at work. A message that did not arrive can be sent again for a month.
        """
        if self._lines > MOST_LINES and self._lines > 2 * len(self._known):
            rewrite(self.path, self)
            self._lines = len(self._known)
        for message in self.outbox.iterdir() if self.outbox.is_dir() else ():
            found = self._known.get(message.name)
            if found is None or (not found.pending and now - datetime.fromisoformat(found.time) > KEPT):
                message.unlink(missing_ok=True)

"""The log of a run: one line of JSON per event for machines, words on stderr for people."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from planbrief.errors import PlanbriefError

logging.getLogger("planbrief").addHandler(logging.NullHandler())

Level = Literal["debug", "info", "warning", "error"]
_LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
#: Characters that steer a terminal or the direction of writing instead of being seen: C0, DEL, C1, line and
#: paragraph separators, marks and overrides of direction, invisible joiners, halves of characters.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
LONGEST_LINE = 2_000
MOST_LINES = 20


def visible(text: object, longest: int = LONGEST_LINE) -> str:
    r"""A text in which nothing steers the terminal: such characters appear as escapes, what is overlong is cut.

    >>> visible("brief\x1b[2J")
    'brief\\x1b[2J'
    """
    shown = str(text)
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    return _STEERING.sub(lambda match: _escape(match.group()), shown)


def visible_lines(text: object, most: int = MOST_LINES) -> str:
    r"""A text of several lines of which each is :func:`visible`; all but the first are indented, so none poses as new.

    >>> visible_lines("cell 3: KeyError\n| frame['x']\x1b[2J")
    "cell 3: KeyError\n    | frame['x']\\x1b[2J"
    """
    first, *others = str(text).split("\n")[:most]
    return "\n".join([visible(first), *(f"    {visible(line.strip())}" for line in others)])


def _escape(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"


class LogUnusable(PlanbriefError):
    """The file of ``--log`` cannot be written."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file, self.reason = file, reason

    def __str__(self) -> str:
        return f"--log {visible(self.file)}: {self.reason}; name a file in a folder that can be written"


class EventLog(Protocol):
    """Anything that takes events; :class:`Log` is the one that the command line uses."""

    def event(self, event: str, message: str = "", *, level: Level = "info", **fields: object) -> None:
        """Record an event; `message` is for people, `fields` for machines."""


class Log:
    """Events as JSON lines in a file and, from a level on, as words on stderr.

    A log never stops the work: a full disk or a closed terminal loses lines, not editions. Each line is one write to a
    file opened for appending, so several processes may share it.
    """

    def __init__(self, file: Path | str | None = None, *, human: TextIO | None = None, level: Level = "info") -> None:
        self.level = level
        self.human = sys.stderr if human is None else human
        self._handle: int | None = None
        if file is not None:
            try:
                # A pipe that nobody reads is refused, one that nobody empties loses lines; neither is waited for.
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
                self._handle = os.open(file, flags, 0o644)
            except (OSError, ValueError) as error:
                raise LogUnusable(os.fspath(file), getattr(error, "strerror", None) or str(error)) from None

    def event(self, event: str, message: str = "", *, level: Level = "info", **fields: object) -> None:
        """Record an event; `message` is for people, `fields` for machines."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.write(self._handle, json_line(event, message, level, fields))
        if message and _LEVELS.index(level) >= _LEVELS.index(self.level):
            word = "" if level in ("debug", "info") else f"{level}: "
            with contextlib.suppress(OSError, ValueError):
                self.human.write(f"{word}{visible_lines(message)}\n")
                self.human.flush()

    def close(self) -> None:
        """Close the file; later events go to stderr only."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class LibraryLog:
    """Events to the logger ``planbrief`` of :mod:`logging`, for programs that call planbrief; silent by default.

    The event and its fields are attributes of the record: ``record.event``, ``record.fields``.
    """

    def event(self, event: str, message: str = "", *, level: Level = "info", **fields: object) -> None:
        """Hand an event on; `message` is for people, `fields` for machines."""
        logger = logging.getLogger("planbrief")
        shown = visible_lines(message or event)
        logger.log(logging.getLevelName(level.upper()), "%s", shown, extra={"event": event, "fields": fields})


def json_line(event: str, message: str, level: Level, fields: Mapping[str, object]) -> bytes:
    """One event as a line of JSON: time in UTC, event, level, process, then its fields."""
    line: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "event": event,
        "level": level,
        "pid": os.getpid(),
    }
    line.update({name: _plain(value) for name, value in fields.items() if name not in line})
    if message:
        line["message"] = message[:LONGEST_LINE]
    text = json.dumps(line, ensure_ascii=False)
    # JSON itself escapes C0 only; what else steers a terminal is escaped here, so that the log can be shown by `cat`.
    return (_STEERING.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n").encode()


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)[:LONGEST_LINE]

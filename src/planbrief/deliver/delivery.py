"""A delivery: what it says to somebody, and its ledger, one line on the disk before each next step begins.

News are an edition's title, what changed since the edition they had, and which files go with it. The last line of a
delivery in the ledger is its state::

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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from planbrief.display.language import Lang, message
from planbrief.display.quantities import date_text
from planbrief.errors import RunError
from planbrief.files import replace_file
from planbrief.publish.changes import Changes, NoEdition, Snapshot, compare, read_folder
from planbrief.publish.digest import Document, Section, document, lines
from planbrief.publish.digest_rendering import to_json
from planbrief.publish.output_folder import editions
from planbrief.render.safe_text import visible
from planbrief.run.manifest import ReportEntry


@dataclass(frozen=True)
class News:
    """An edition as a message, before it takes the form of a mail or a chat message."""

    lang: Lang
    edition: str
    title: str
    #: One sentence: which edition, data as of when, how many changes.
    summary: str
    lines: tuple[str, ...]
    document: Document | None
    #: What a reader must know of a report that goes with it: that it is older than the edition.
    warnings: tuple[str, ...] = ()
    link: str = ""
    link_text: str = ""
    changes: Mapping[str, Any] | None = None
    attachment: Path | None = None
    attachment_name: str = ""

    def more(self, count: int) -> str:
        """The line that stands for lines left out."""
        return message("digest.more", self.lang, count=count)


def snapshot_of(out: Path, edition: str) -> tuple[Snapshot, Path] | None:
    """An edition of an output folder and where it lies; None if it is not kept any more."""
    for info in editions(out):
        if info.edition == edition and not info.problem:
            try:
                return read_folder(info.path), info.path
            except NoEdition:
                return None
    return None


def changes_since(out: Path, edition: str, earlier: str) -> Changes | None:
    """What changed between two editions of an output folder; None where one of them is not kept."""
    new, old = snapshot_of(out, edition), snapshot_of(out, earlier) if earlier else None
    return compare(old[0], new[0]) if new and old else None


def news(out: Path, edition: str, lang: Lang, changes: Changes | None, *, attach: str = "", link: str = "") -> News:
    """The news of an edition that is there.

    Raises
    ------
    NoEdition
        It is not.
    """
    found = snapshot_of(out, edition)
    if found is None:
        raise NoEdition(edition, f"not kept beside {out}")
    snapshot, folder = found
    manifest = snapshot.manifest
    report = (manifest.report(attach, lang) or manifest.report(attach, "zh")) if attach else None
    name = visible(report.title) if report else message("index.title", lang)
    # A report is as old as its own data, however new those of another report of the edition are.
    as_of = report.data_as_of if report else manifest.data_as_of
    date = date_text(as_of, lang) or edition
    said: tuple[str, ...]
    if changes is None:
        made, said = None, (message("mail.first", lang),)
        title = message("mail.subject_first", lang, name=name, date=date)
    else:
        made, listed = document(changes, lang), lines(changes, lang)
        said = tuple(f"{item.word}: {item.text}" if lang == "en" else f"{item.word}：{item.text}" for item in listed)
        said = said or (message("digest.nothing", lang),)
        key = "mail.subject_one" if len(listed) == 1 else "mail.subject" if listed else "mail.subject_same"
        title = (
            message(key, lang, name=name, date=date, count=len(listed))
            if listed
            else message(key, lang, name=name, date=date)
        )
    plain = News(
        lang=lang,
        edition=edition,
        title=title,
        summary=message("mail.summary", lang, edition=edition, date=date_text(manifest.data_as_of, lang) or edition),
        lines=said,
        document=made,
        warnings=(
            *((message("page.notice.unchecked", lang),) if manifest.unchecked else ()),
            *_warnings(manifest.reports, report, lang),
        ),
        link=link,
        link_text=message("mail.open", lang),
        changes=to_json(changes) if changes else None,
    )
    if report and report.pdf:
        shown = f"{visible(report.title)}_{as_of or edition}.pdf"
        safe = "".join("_" if c in '/\\:*?"<>|\n\r' else c for c in shown)
        return replace(plain, attachment=folder / report.pdf.path, attachment_name=safe)
    return plain


def _warnings(reports: tuple[ReportEntry, ...], report: ReportEntry | None, lang: Lang) -> list[str]:
    """Which reports could not be made anew."""
    found = []
    if report is not None and report.status == "failed":
        key = "mail.older" if report.pdf else "mail.missing"
        found.append(message(key, lang, title=visible(report.title), edition=report.last_success or ""))
    names = [visible(entry.title) for entry in reports if entry.status == "failed" and entry is not report]
    if names:
        found.append(message("mail.failed", lang, titles=message("digest.comma", lang).join(dict.fromkeys(names))))
    return found


def trimmed(found: Document, most: int) -> Document:
    """A digest with at most so many lines a section, and texts of sane length; a line says what is left out."""
    sections = []
    for section in found.sections:
        items = tuple(replace(item, text=item.text[:400]) for item in section.items[:most])
        table = tuple(tuple(cell[:200] for cell in row) for row in section.table[: most + 1])
        left = len(section.items) - len(items) + len(section.table) - len(table)
        texts = (*section.texts, message("digest.more", found.lang, count=left)) if left else section.texts
        sections.append(Section(section.heading[:300], section.level, texts, items, table))
    kept = sections[: max(4, most)]
    if len(kept) < len(sections):
        kept.append(Section("", texts=(message("digest.more", found.lang, count=len(sections) - len(kept)),)))
    return replace(found, sections=tuple(kept))


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
            # A line without its end was cut off by a crash; closed first, it spoils only itself and not the next one.
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
        for letter in self.outbox.iterdir() if self.outbox.is_dir() else ():
            found = self._known.get(letter.name)
            if found is None or (not found.pending and now - datetime.fromisoformat(found.time) > KEPT):
                letter.unlink(missing_ok=True)

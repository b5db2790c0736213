"""What an edition says to somebody: title, what changed since the edition they had, which files go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from planbrief.display.language import Lang, message
from planbrief.display.quantities import date_text
from planbrief.publish.digest.changes import Changes, compare
from planbrief.publish.digest.document import Document, Section, document, lines
from planbrief.publish.digest.rendering import to_json
from planbrief.publish.digest.snapshot import NoEdition, Snapshot, read_folder
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

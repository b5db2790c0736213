"""The digest as HTML, Markdown, text and JSON, and as the files beside an edition."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from planbrief.display.language import LANGS, Lang, mark
from planbrief.files import read_regular, sha256_of
from planbrief.publish.changes import Changes, ObservationChange, Row, Snapshot, compare, tables_of
from planbrief.publish.digest import Document, Section, document, index_digest
from planbrief.publish.index import Change, Digest
from planbrief.run.manifest import DIGEST_FILES, Manifest, written

_TAGS = {"zh": "zh-Hans", "en": "en"}
_FONT = "font-family:'Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
#: Inlined, because mail programs drop style sheets.
STYLES: Mapping[str, str] = {
    "body": f"margin:0;padding:24px;max-width:760px;{_FONT};font-size:15px;line-height:1.6;color:#1c2126",
    "h1": "font-size:21px;line-height:1.3;margin:0 0 4px",
    "h2": "font-size:17px;margin:24px 0 8px;border-bottom:1px solid #d5dae0;padding-bottom:4px",
    "h3": "font-size:15px;margin:16px 0 4px",
    "p": "margin:8px 0",
    "note": "margin:4px 0 16px;color:#59636e;font-size:13px",
    "ul": "margin:8px 0;padding-left:20px",
    "li": "margin:4px 0;overflow-wrap:anywhere",
    "table": "border-collapse:collapse;width:100%;font-size:14px",
    "th": "text-align:left;border-bottom:2px solid #59636e;padding:4px 8px 4px 0;vertical-align:bottom",
    "td": "border-bottom:1px solid #d5dae0;padding:4px 8px 4px 0;vertical-align:top",
}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~#&$])")


@cache
def _template() -> Template:
    file = resources.files("planbrief.render") / "templates" / "letter" / "letter.html.j2"
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(file.read_text(encoding="utf-8"))


def to_html(found: Document, notes: Sequence[str] = (), link: tuple[str, str] | None = None) -> str:
    """The digest as a whole HTML page that needs nothing else: no style sheet, no script, no picture.

    Parameters
    ----------
    found : Document
        What the page says. Without ``since`` it has no heading of its own.
    notes : sequence of str
        Paragraphs behind it.
    link : pair of str, optional
        Address and text of a link at the end.
    """
    return _template().render(letter=found, notes=notes, link=link, styles=STYLES, tags=_TAGS, runs=mark)


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def to_markdown(found: Document) -> str:
    """The digest as Markdown; names from the data cannot become markup."""
    shown = [f"# {_plain(found.title)}", _plain(found.since)]
    for section in found.sections:
        if section.heading:
            shown.append(f"{'#' * section.level} {_plain(section.heading)}")
        shown += [_plain(text) for text in section.texts]
        if section.items:
            shown.append("\n".join(f"- **{_plain(item.word)}** {_plain(item.text)}" for item in section.items))
        if section.table:
            rows = ["| " + " | ".join(_plain(cell) for cell in row) + " |" for row in section.table]
            rows.insert(1, "|" + " --- |" * len(section.table[0]))
            shown.append("\n".join(rows))
    return "\n\n".join(shown) + "\n"


def section_text(section: Section) -> str:
    """One section as plain text."""
    shown = [section.heading, "-" * min(60, 2 * len(section.heading))] if section.heading else []
    shown += section.texts
    shown += [f"* {item.word}: {item.text}" for item in section.items]
    if section.table:
        shown += [f"* {what}: {old} → {new} ({gap}; {part})" for what, old, new, gap, part in section.table[1:]]
    return "\n".join(shown)


def to_text(found: Document) -> str:
    """The digest as plain text for a terminal or a mail."""
    parts = [found.title, found.since, *(section_text(section) for section in found.sections)]
    return "\n\n".join(parts) + "\n"


def to_json(changes: Changes) -> dict[str, Any]:
    """The digest as data; numbers that do not exist are null."""
    old, new = changes.old.manifest, changes.new.manifest
    return {
        "old": {"edition": old.edition, "data_as_of": old.data_as_of, "data_sha256": old.data_sha256},
        "new": {"edition": new.edition, "data_as_of": new.data_as_of, "data_sha256": new.data_sha256},
        "nothing": changes.nothing,
        "substantial": changes.substantial,
        "data_known": changes.data_known,
        "figures": [
            {
                "key": figure.key,
                "kind": figure.kind,
                "moved": figure.moved,
                "old": _value(figure.old),
                "new": _value(figure.new),
                "unit": str((figure.new or figure.old or {}).get("unit") or ""),
                "measure": str((figure.new or figure.old or {}).get("measure") or ""),
                "absolute": _number(figure.absolute),
                "relative": _number(figure.relative),
                "reports": list(figure.reports),
            }
            for figure in changes.figures
        ],
        "observations": [_observation(change) for change in changes.observations],
        "findings": [
            {**written(change.finding), "kind": change.kind, "before": change.before} for change in changes.findings
        ],
        "reports": [
            {"name": change.name, "kind": change.kind, "title": change.title, "error": change.error}
            for change in changes.reports
        ],
        "tables": [
            {"table": change.table, "key": change.key, "kind": change.kind, "fields": list(change.fields)}
            for change in changes.tables
        ],
    }


def _observation(change: ObservationChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "target": change.aim,
        "document": change.row.get("source_id", ""),
        "old_document": (change.old or {}).get("source_id", ""),
        "stands": change.stands,
        "fields": list(change.fields),
        "old": dict(change.old) if change.old is not None else None,
        "new": dict(change.new) if change.new is not None else None,
    }


def _value(figure: Mapping[str, Any] | None) -> Any:
    return None if figure is None else figure.get("value")


def _number(value: float) -> float | None:
    return None if math.isnan(value) or math.isinf(value) else value


def json_bytes(changes: Changes, shown: Digest | None = None) -> bytes:
    """``digest.json``, with the lines that the index shows."""
    made = to_json(changes)
    if shown is not None:
        made["lines"] = {lang: [asdict(change) for change in shown.changes[lang]] for lang in LANGS}
    return (json.dumps(made, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def read_digest(data: bytes) -> Digest:
    """What the index shows, from a ``digest.json``; ValueError, KeyError or TypeError for anything else."""
    said = json.loads(data)
    words: dict[Lang, list[Change]] = {
        "zh": [Change(**line) for line in said["lines"]["zh"]],
        "en": [Change(**line) for line in said["lines"]["en"]],
    }
    return Digest(str(said["old"]["edition"]), words)


@dataclass(frozen=True)
class DigestMaker:
    """Makes the digest once the manifest of the new edition is complete, failures of the last minute included.

    Attributes
    ----------
    old : Snapshot
        The edition before.
    tables, keys
        Rows and key columns of the new edition.
    out : path, optional
        Where the edition before lies: building the same edition again keeps the digest that it has.
    """

    old: Snapshot
    tables: Mapping[str, tuple[Row, ...]]
    keys: Mapping[str, tuple[str, ...]]
    out: Path | None = None

    @classmethod
    def of(cls, old: Snapshot, files: Mapping[str, bytes], out: Path | None = None) -> DigestMaker:
        """A maker for an edition with these files below ``data/``."""
        return cls(old, *tables_of(files), out)

    def changes(self, manifest: Manifest) -> Changes:
        """What differs between the edition before and a new one with this manifest."""
        return compare(self.old, Snapshot(manifest, self.tables, self.keys))

    def __call__(self, manifest: Manifest) -> tuple[Digest | None, dict[str, bytes]]:
        """The section of the index, and the files of the edition that hold the whole digest."""
        if manifest.edition == self.old.manifest.edition:
            return self._kept()
        changes = self.changes(manifest)
        shown = index_digest(changes)
        files = {"digest.json": json_bytes(changes, shown)}
        for lang in LANGS:
            made = document(changes, lang)
            files[f"digest.{lang}.md"] = to_markdown(made).encode()
            files[f"digest.{lang}.html"] = to_html(made).encode()
        return shown, files

    def _kept(self) -> tuple[Digest | None, dict[str, bytes]]:
        """The digest that the edition before has, file by file; nothing if one of them is not what it was."""
        listed = self.old.manifest.published_files()
        try:
            files = {path: read_regular(self.out or Path(), path) for path in DIGEST_FILES}
            if any(sha256_of(data) != listed.get(path) for path, data in files.items()):
                return None, {}
            return read_digest(files["digest.json"]), files
        except (OSError, ValueError, KeyError, TypeError):
            return None, {}

"""The manifest of an edition: what was published, from which data, in which state.

Everything in it follows from the inputs except the one block ``run``, which holds clock times, durations and the
machine and stays out of every comparison and of the edition's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import planbrief
from planbrief.display.language import Lang
from planbrief.files import sha256_of

Status = Literal["built", "unchanged", "failed"]
STATUSES: tuple[Status, ...] = ("built", "unchanged", "failed")
#: What a file holds; a field of PublishedFile is called bytes.
Content = bytes
MANIFEST = "manifest.json"
#: The catalogue page per language; Chinese is the one that a folder opens with.
INDEX_PAGES: Mapping[Lang, str] = {"zh": "index.html", "en": "index.en.html"}
#: What changed since the edition before: follows from both, so it is no part of what an edition is.
DIGEST_FILES = ("digest.json", "digest.zh.md", "digest.zh.html", "digest.en.md", "digest.en.html")


@dataclass(frozen=True)
class PublishedFile:
    """A file of an edition: where it lies in it and what it must contain."""

    path: str
    sha256: str
    bytes: int | None = None
    pages: int | None = None

    @classmethod
    def of(cls, path: str, data: Content, pages: int | None = None) -> PublishedFile:
        """The description of some bytes at a path."""
        return cls(path, sha256_of(data), len(data), pages)

    def to_dict(self) -> dict[str, Any]:
        """As the manifest writes it; what is not known is left out."""
        known = {"path": self.path, "sha256": self.sha256, "bytes": self.bytes, "pages": self.pages}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True)
class FindingEntry:
    """One audit finding as the manifest lists it."""

    id: str
    rule: str
    severity: str
    observation_ids: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the manifest writes it."""
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "observation_ids": list(self.observation_ids),
        }


@dataclass(frozen=True)
class ReportEntry:
    """One report in one language.

    A failed report keeps the files of its last good edition (``html`` and ``pdf`` then describe those, ``last_success``
    names the edition), or has none if it never succeeded. ``last_success`` and ``failed_since`` are edition ids and
    are filled in when the edition is published.
    """

    id: str
    lang: str
    title: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    data_as_of: str = ""
    status: Status = "built"
    key: str = ""
    html: PublishedFile | None = None
    pdf: PublishedFile | None = None
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    last_success: str | None = None
    error: str | None = None
    #: One or two sentences for the index: what is in it.
    about: str = ""
    #: Names of the cities it speaks of, for the index's filter, in the page's language.
    city: tuple[str, ...] = ()
    #: Picture of page one (PNG or SVG) for the index.
    thumbnail: PublishedFile | None = None
    #: The files come from an earlier state of the data than the rest of the edition.
    stale: bool = False
    #: Edition in which this report first failed since it last succeeded.
    failed_since: str | None = None

    @property
    def name(self) -> str:
        """Report and language as one word, e.g. ``zh/brief``."""
        return f"{self.lang}/{self.id}"

    @property
    def placeholder(self) -> str:
        """Path of the page that says that the report was never built; empty if it was."""
        return f"{self.name}.html" if self.status == "failed" and self.html is None else ""

    def files(self) -> tuple[PublishedFile, ...]:
        """The files that it has in the edition."""
        return tuple(file for file in (self.html, self.pdf, self.thumbnail) if file is not None)

    def file(self, fmt: str) -> PublishedFile | None:
        """Its file in a format: ``html``, ``pdf`` or ``thumbnail``."""
        return {"html": self.html, "pdf": self.pdf, "thumbnail": self.thumbnail}[fmt]

    def to_dict(self) -> dict[str, Any]:
        """As the manifest writes it; optional fields only where they say something."""
        written: dict[str, Any] = {
            "id": self.id,
            "lang": self.lang,
            "title": self.title,
            "parameters": dict(self.parameters),
            "data_as_of": self.data_as_of,
            "status": self.status,
            "key": self.key,
            "html": self.html.to_dict() if self.html else None,
            "pdf": self.pdf.to_dict() if self.pdf else None,
            "figures": {key: dict(value) for key, value in self.figures.items()},
            "last_success": self.last_success,
            "error": self.error,
        }
        if self.thumbnail:
            written["thumbnail"] = self.thumbnail.to_dict()
        optional = {
            "about": self.about,
            "city": list(self.city),
            "stale": self.stale,
            "failed_since": self.failed_since,
        }
        written.update({name: value for name, value in optional.items() if value})
        return written


@dataclass(frozen=True)
class Manifest:
    """Everything that one edition says of itself."""

    data_sha256: str
    observations: PublishedFile | None
    reports: tuple[ReportEntry, ...]
    findings: tuple[FindingEntry, ...] = ()
    #: The edition's other files: data tables, index pages. Filled in when the edition is published.
    files: tuple[PublishedFile, ...] = ()
    edition: str = ""
    planbrief_version: str = planbrief.__version__
    run: Mapping[str, Any] = field(default_factory=dict)
    #: What check refuses of the data, where they were published all the same.
    unchecked: tuple[str, ...] = ()
    #: Name of the project whose data were published.
    project: str = ""

    def report(self, report_id: str, lang: str) -> ReportEntry | None:
        """The entry of a report in a language, if there is one."""
        return next((entry for entry in self.reports if (entry.id, entry.lang) == (report_id, lang)), None)

    def published_files(self) -> dict[str, str]:
        """Path → SHA-256 of every file of the edition but the manifest itself."""
        found = {file.path: file.sha256 for file in self.files}
        if self.observations:
            found[self.observations.path] = self.observations.sha256
        for entry in self.reports:
            found.update({file.path: file.sha256 for file in entry.files()})
        return found

    @property
    def data_as_of(self) -> str:
        """The newest date that a report gives as its data's, empty if none does."""
        return max((entry.data_as_of for entry in self.reports), default="")

    def edition_id(self) -> str:
        """Id that follows from the content: ``<data as of>-<first 8 hex digits of a hash>``.

        Hashed are the reports' file hashes and keys with everything else that the inputs decide; not the block ``run``,
        not how an error was worded, and not whether a file was built or found unchanged.
        """
        reports = []
        for entry in self.reports:
            failed = entry.status == "failed"
            same = replace(
                entry,
                status="failed" if failed else "built",
                error="" if failed else None,
                last_success=entry.last_success if failed else None,
                failed_since=None,
            )
            reports.append(same)
        derived = {*INDEX_PAGES.values(), *DIGEST_FILES, *(entry.placeholder for entry in self.reports)}
        files = tuple(file for file in self.files if file.path not in derived)
        plain = replace(self, reports=tuple(reports), files=files, run={}, edition="").to_dict()
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False)
        return f"{self.data_as_of or 'undated'}-{sha256_of(text.encode())[:8]}"

    def to_dict(self) -> dict[str, Any]:
        """As ``manifest.json`` has it, ``run`` last."""
        return {
            "planbrief_version": self.planbrief_version,
            "edition": self.edition,
            **({"project": self.project} if self.project else {}),
            "data_sha256": self.data_sha256,
            **({"unchecked": list(self.unchecked)} if self.unchecked else {}),
            "observations": self.observations.to_dict() if self.observations else None,
            "findings": [finding.to_dict() for finding in self.findings],
            "reports": [entry.to_dict() for entry in self.reports],
            "files": [file.to_dict() for file in sorted(self.files, key=lambda file: file.path)],
            "run": dict(self.run),
        }

    def to_json(self) -> bytes:
        """The bytes of ``manifest.json``, a line for each report, finding and file.

        NaN is refused (ValueError): an undefined figure has the value null.
        """
        encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
        fields = []
        for name, value in self.to_dict().items():
            listed = isinstance(value, list) and value
            text = "[\n" + ",\n".join(f"  {encode(one)}" for one in value) + "\n ]" if listed else encode(value)
            fields.append(f" {encode(name)}: {text}")
        return ("{\n" + ",\n".join(fields) + "\n}\n").encode()

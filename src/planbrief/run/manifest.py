"""The manifest of an edition: what was published, from which data, in which state.

Everything in it follows from the inputs except the one block ``run``, which holds clock times, durations and the
machine and stays out of every comparison and of the edition's id. It is read as untrusted text: sizes, types, paths and
ids are checked before anything is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, NoReturn, TypeVar, cast

import planbrief
from planbrief.errors import PlanbriefError
from planbrief.files import path_problem, sha256_of

Status = Literal["built", "unchanged", "failed"]
STATUSES: tuple[Status, ...] = ("built", "unchanged", "failed")
#: What a file holds; a field of PublishedFile is called bytes.
Content = bytes
MANIFEST = "manifest.json"
#: The catalogue page per language; Chinese is the one that a folder opens with.
INDEX_PAGES: Mapping[str, str] = {"zh": "index.html", "en": "index.en.html"}
#: What changed since the edition before: follows from both, so it is no part of what an edition is.
DIGEST_FILES = ("digest.json", "digest.zh.md", "digest.zh.html", "digest.en.md", "digest.en.html")

#: Pages of numbers, a document and language each: they follow from the data and the reports' pages.
NUMBER_PAGES = re.compile(r"[a-z]{2,3}/numbers/.+\.html")


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


@dataclass(frozen=True)
class FindingEntry:
    """One audit finding as the manifest lists it."""

    id: str
    rule: str
    severity: str
    observation_ids: tuple[str, ...] = ()


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
    #: Picture of page one (PNG or SVG) for the index.
    thumbnail: PublishedFile | None = None
    #: One or two sentences for the index: what is in it.
    about: str = ""
    #: Names of the cities it speaks of, for the index's filter, in the page's language.
    city: tuple[str, ...] = ()
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


#: Fields that are written only where they say something: sizes that are known, what few reports have.
_OPTIONAL_FIELDS = frozenset(
    {"bytes", "pages", "thumbnail", "about", "city", "stale", "failed_since", "project", "unchecked"}
)


#: The manifest's own fields as ``manifest.json`` has them.
_ORDER = (
    "planbrief_version", "edition", "project", "data_sha256", "unchecked", "observations", "findings", "reports",
    "files", "run",
)  # fmt: skip


def written(value: Any) -> Any:
    """A part of the manifest as JSON has it, its fields in their order."""
    if is_dataclass(value):
        told = {}
        for part in fields(value):
            said = getattr(value, part.name)
            empty = said is None or said is False or said in ("", ())
            if not (empty and part.name in _OPTIONAL_FIELDS):
                told[part.name] = written(said)
        return told
    if isinstance(value, Mapping):
        return dict(value)  # of what JSON has: parameters, figures, the run
    return [written(said) for said in value] if isinstance(value, list | tuple) else value


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
        files = tuple(file for file in self.files if file.path not in derived and not NUMBER_PAGES.fullmatch(file.path))
        plain = replace(self, reports=tuple(reports), files=files, run={}, edition="").to_dict()
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False)
        return f"{self.data_as_of or 'undated'}-{sha256_of(text.encode())[:8]}"

    def to_dict(self) -> dict[str, Any]:
        """As ``manifest.json`` has it, ``run`` last."""
        said = written(replace(self, files=tuple(sorted(self.files, key=lambda file: file.path))))
        return {name: said[name] for name in _ORDER if name in said}

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


#: What stands before the block ``run`` in the bytes of a manifest; the block is one line and the last one.
_RUN = b',\n "run": '


def without_run(data: bytes) -> bytes:
    """The bytes of a manifest up to its block ``run``: what does not change from one run to the next."""
    return data.rpartition(_RUN)[0]


def with_run(data: bytes, run: Mapping[str, Any]) -> bytes:
    """The bytes of a manifest with another block ``run``."""
    return without_run(data) + _RUN + json.dumps(run, ensure_ascii=False, allow_nan=False).encode() + b"\n}\n"


LARGEST_MANIFEST_BYTES = 64 << 20
LONGEST_TEXT = 20_000
MOST_REPORTS = 20_000
MOST_ITEMS = 500_000
DEEPEST = 12

EDITION_ID = re.compile(r"(?:undated|\d{4}(?:-\d{2}){0,2})-[0-9a-f]{8}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REPORT_ID = re.compile(r"[^\W_][\w.=+-]{0,150}")
_LANG = re.compile("[a-z]{2,3}")
#: Halves of characters, which no text holds.
_HALVES = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"(?:\d{4}(?:-\d{2}){0,2})?")
_VERSION = re.compile(r"\d[\w.+!-]{0,60}")

T = TypeVar("T")


class ManifestError(PlanbriefError):
    """A manifest cannot be believed."""

    def __init__(self, place: str, found: str, expected: str) -> None:
        super().__init__(place, found, expected)
        self.place, self.found, self.expected = place, found, expected

    def __str__(self) -> str:
        place = f"{MANIFEST}, {self.place}" if self.place else MANIFEST
        return f"{place}: found {self.found}; expected {self.expected}"


def _show(value: object) -> str:
    text = ascii(value) if not isinstance(value, (dict, list)) else f"a {type(value).__name__} of {len(value)}"
    return text if len(text) <= 60 else f"{text[:57]}…"


class _Value:
    """One value of the manifest with the place where it stands, for messages."""

    def __init__(self, value: Any, place: str) -> None:
        self.value, self.place = value, place

    def wrong(self, expected: str) -> NoReturn:
        raise ManifestError(self.place, _show(self.value), expected)

    def table(self, required: set[str], optional: frozenset[str] = frozenset()) -> dict[str, _Value]:
        if not isinstance(self.value, dict):
            self.wrong("an object")
        names = set(self.value)
        if missing := sorted(required - names):
            raise ManifestError(self.place, f"no {missing[0]!r}", f"the fields {', '.join(sorted(required))}")
        if unknown := sorted(names - required - optional):
            raise ManifestError(self.place, f"the field {_show(unknown[0])}", "only fields of this planbrief version")
        return {name: _Value(value, f"{self.place}.{name}".lstrip(".")) for name, value in self.value.items()}

    def items(self, most: int = MOST_ITEMS) -> list[_Value]:
        if not isinstance(self.value, list) or len(self.value) > most:
            self.wrong(f"a list of at most {most}")
        return [_Value(value, f"{self.place}[{number}]") for number, value in enumerate(self.value)]

    def text(self, pattern: re.Pattern[str] | None = None, expected: str = "text") -> str:
        if not isinstance(self.value, str) or len(self.value) > LONGEST_TEXT:
            self.wrong(f"{expected} of at most {LONGEST_TEXT} characters")
        if pattern is not None and not pattern.fullmatch(self.value):
            self.wrong(expected)
        try:
            self.value.encode()
        except UnicodeEncodeError:
            self.wrong("text without halves of characters")
        return self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def count(self) -> int:
        if type(self.value) is not int or not 0 <= self.value < 1 << 53:
            self.wrong("a whole number from 0")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.wrong("true or false")
        return self.value

    def maybe(self, read: Callable[[_Value], T]) -> T | None:
        return None if self.value is None else read(self)

    def plain(self, depth: int = DEEPEST) -> Any:
        """Any JSON value, not too deep."""
        if depth == 0:
            self.wrong(f"at most {DEEPEST} levels")
        if _harmless(self.value, depth):
            return self.value
        if isinstance(self.value, dict):
            return {
                _Value(key, self.place).text(): _Value(value, f"{self.place}.{_show(key)}").plain(depth - 1)
                for key, value in self.value.items()
            }
        if isinstance(self.value, list):
            return [item.plain(depth - 1) for item in self.items()]
        return self.text() if isinstance(self.value, str) else self.value

    def plain_table(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            self.wrong("an object")
        return cast("dict[str, Any]", self.plain())


def _harmless(value: Any, depth: int) -> bool:
    """Whether a value is plainly within all limits; the others are read step by step, to say what is wrong."""
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and (value.isascii() or not _HALVES.search(value))
    if not isinstance(value, dict | list):
        return True
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    return depth > 1 and len(value) <= MOST_ITEMS and all(_harmless(one, depth - 1) for one in inner)


def _file(value: _Value) -> PublishedFile:
    fields = value.table({"path", "sha256"}, frozenset({"bytes", "pages"}))
    path = fields["path"].text()
    if problem := path_problem(path):
        raise ManifestError(fields["path"].place, problem, "a path inside the edition")
    if path == MANIFEST:
        fields["path"].wrong("another file than the manifest itself")
    return PublishedFile(
        path=path,
        sha256=fields["sha256"].text(_SHA256, "a SHA-256 in 64 hexadecimal digits"),
        bytes=fields["bytes"].maybe(_Value.count) if "bytes" in fields else None,
        pages=fields["pages"].maybe(_Value.count) if "pages" in fields else None,
    )


def _edition(value: _Value) -> str:
    return value.text(EDITION_ID, "an edition id like 2025-09-01-0a1b2c3d")


def _figures(value: _Value) -> dict[str, Mapping[str, Any]]:
    figures = value.plain_table()
    for key, figure in figures.items():
        if not isinstance(figure, dict) or "value" not in figure:
            raise ManifestError(
                f"{value.place}.{_show(key)}", _show(figure), "an object with value, unit, observations"
            )
    return figures


_REQUIRED = {"id", "lang", "title", "parameters", "data_as_of", "status", "key", "html", "pdf", "figures"} | {
    "last_success",
    "error",
}
_OPTIONAL = frozenset({"about", "city", "thumbnail", "stale", "failed_since"})


def _report(value: _Value) -> ReportEntry:
    fields = value.table(_REQUIRED, _OPTIONAL)
    status = fields["status"].text()
    if status not in STATUSES:
        fields["status"].wrong(f"one of {', '.join(STATUSES)}")
    entry = ReportEntry(
        id=fields["id"].text(_REPORT_ID, "a report id: letters, digits, '-', '.', '='"),
        lang=fields["lang"].text(_LANG, "a code of two or three letters"),
        title=fields["title"].text(),
        parameters=fields["parameters"].plain_table(),
        data_as_of=fields["data_as_of"].text(_DATE, "a date like 2025-09-01 or nothing"),
        status=status,
        key=fields["key"].text(),
        html=fields["html"].maybe(_file),
        pdf=fields["pdf"].maybe(_file),
        figures=_figures(fields["figures"]),
        last_success=fields["last_success"].maybe(_edition),
        error=fields["error"].maybe(_Value.text),
        about=fields["about"].text() if "about" in fields else "",
        city=fields["city"].texts() if "city" in fields else (),
        thumbnail=fields["thumbnail"].maybe(_file) if "thumbnail" in fields else None,
        stale=fields["stale"].flag() if "stale" in fields else False,
        failed_since=fields["failed_since"].maybe(_edition) if "failed_since" in fields else None,
    )
    if problem := entry_problem(entry):
        raise ManifestError(value.place, problem[0], problem[1])
    return entry


def entry_problem(entry: ReportEntry) -> tuple[str, str] | None:
    """What makes a report's entry contradict itself, as (found, expected)."""
    if not _REPORT_ID.fullmatch(entry.id) or not _LANG.fullmatch(entry.lang):
        return f"the report {_show(entry.name)}", "an id of letters, digits, '-', '.', '=' and a language code"
    if not _DATE.fullmatch(entry.data_as_of):
        return f"data_as_of {_show(entry.data_as_of)}", "a date like 2025-09-01 or nothing"
    if entry.status == "failed" and not entry.error:
        return f"{entry.name} failed without an error", "the reason of the failure"
    if entry.status != "failed" and entry.html is None and entry.pdf is None:
        return f"{entry.name} {entry.status} without a file", "html or pdf"
    return None


def manifest_problem(manifest: Manifest) -> tuple[str, str] | None:
    """What makes a manifest contradict itself, as (found, expected)."""
    names = [entry.name for entry in manifest.reports]
    if len(set(names)) != len(names):
        return f"{next(name for name in names if names.count(name) > 1)} twice", "each report once per language"
    seen: dict[str, str] = {}
    listed = [*manifest.files, *([manifest.observations] if manifest.observations else [])]
    listed += [file for entry in manifest.reports for file in entry.files()]
    for file in listed:
        if seen.setdefault(file.path, file.sha256) != file.sha256:
            return f"{file.path} with two contents", "each path once"
    folded = {path.casefold() for path in seen}
    if len(folded) != len(seen):
        return "two paths that differ in capitals only", "paths that every file system keeps apart"
    return next(
        (
            ("the index as a report's file", "other paths")
            for entry in manifest.reports
            for file in entry.files()
            if file.path in INDEX_PAGES.values()
        ),
        None,
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a field twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def read_json(data: bytes | str) -> Any:
    """Parse JSON strictly: UTF-8, no NaN, no doubled fields, no bottomless nesting; else :class:`ManifestError`."""
    if len(data) > LARGEST_MANIFEST_BYTES:
        raise ManifestError("", f"{len(data)} bytes", f"at most {LARGEST_MANIFEST_BYTES}")
    try:
        text = data.decode() if isinstance(data, bytes) else data
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ManifestError("", f"no readable JSON ({str(error)[:120]})", "a JSON object in UTF-8") from None


def read_manifest(data: bytes | str) -> Manifest:
    """A manifest from its bytes; :class:`ManifestError` names the first field that is wrong."""
    fields = _Value(read_json(data), "").table(
        {"planbrief_version", "edition", "data_sha256", "observations", "findings", "reports", "run"},
        frozenset({"files", "project", "unchecked"}),
    )
    manifest = Manifest(
        planbrief_version=fields["planbrief_version"].text(_VERSION, "a version"),
        edition=_edition(fields["edition"]),
        data_sha256=fields["data_sha256"].text(_SHA256, "a SHA-256 in 64 hexadecimal digits"),
        observations=fields["observations"].maybe(_file),
        findings=tuple(_finding(item) for item in fields["findings"].items()),
        reports=tuple(_report(item) for item in fields["reports"].items(MOST_REPORTS)),
        files=tuple(_file(item) for item in fields["files"].items()) if "files" in fields else (),
        run=fields["run"].plain_table(),
        project=fields["project"].text() if "project" in fields else "",
        unchecked=fields["unchecked"].texts() if "unchecked" in fields else (),
    )
    if problem := manifest_problem(manifest):
        raise ManifestError("", *problem)
    return manifest


def _finding(value: _Value) -> FindingEntry:
    fields = value.table({"id", "rule", "severity", "observation_ids"})
    return FindingEntry(
        fields["id"].text(), fields["rule"].text(), fields["severity"].text(), fields["observation_ids"].texts()
    )

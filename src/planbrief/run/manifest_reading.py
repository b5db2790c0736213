"""Read a manifest as untrusted text: sizes, types, paths and ids are checked before anything is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar, cast

from planbrief.errors import PlanbriefError
from planbrief.files import path_problem
from planbrief.run.manifest import (
    INDEX_PAGES,
    MANIFEST,
    STATUSES,
    FindingEntry,
    Manifest,
    PublishedFile,
    ReportEntry,
)

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
        return cast(dict[str, Any], self.plain())


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
        lang=fields["lang"].text(_LANG, "zh or en"),
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
        return f"the report {_show(entry.name)}", "an id of letters, digits, '-', '.', '=' and the language zh or en"
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

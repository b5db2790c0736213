"""The catalogue page of an edition, in both languages.

It follows from the manifest alone, without the block ``run``: the same edition gives the same bytes. Clock times are
read from ``manifest.json`` when the page is looked at over http; a page opened from a file does without them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from importlib import resources
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined, Template

from planbrief.display.document import Runs
from planbrief.display.language import LANGS, Lang, mark, message, messages
from planbrief.display.quantities import date_text
from planbrief.render.html.cells import TAGS, Safe, json_script
from planbrief.render.safe_text import visible
from planbrief.run.manifest import INDEX_PAGES, Manifest, PublishedFile, ReportEntry

#: Longer names are sentences, which the search leaves out.
LONGEST_NAME = 60
#: Kinds of change that have a word and a colour of their own.
CHANGE_KINDS = ("added", "removed", "revised", "resourced", "failed", "recovered")


@dataclass(frozen=True)
class Change:
    """One line of what changed since the last edition, worded in one language."""

    text: str
    #: One of :data:`CHANGE_KINDS`; other words are left out.
    kind: str = ""
    #: Path in the edition that shows it, with an anchor if need be.
    href: str = ""


@dataclass(frozen=True)
class Digest:
    """What changed since an edition; no changes means that nothing did."""

    since: str
    changes: Mapping[Lang, Sequence[Change]] = field(default_factory=dict)


#: Makes the digest of an edition once its manifest is complete: the index's section, and files of the edition by path.
DigestSource = Callable[[Manifest], tuple[Digest | None, Mapping[str, bytes]]]


#: What a reader looks for in a report: its headings, captions, and the names of the rows of its tables.
_NAMED = re.compile(
    r"<(h[2-4]|caption|figcaption|th scope=\"row\"|dt)[ >].*?</(?:h[2-4]|caption|figcaption|th|dt)>", re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")


def contents_of(page: str) -> tuple[str, ...]:
    """The names that stand in a page, each once: what the catalogue's search looks through besides the titles."""
    named = (unescape(_TAG.sub("", match[0])).replace("\u00a0", " ").strip(" #") for match in _NAMED.finditer(page))
    return tuple(dict.fromkeys(name for name in named if 1 < len(name) <= LONGEST_NAME))


def _contents(manifest: Manifest, lang: Lang, pages: Mapping[str, str]) -> dict[str, Any]:
    """Names in the pages of a language, each once, and which of them stand in which report."""
    places: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for entry in manifest.reports:
        other = entry.lang != lang and manifest.report(entry.id, lang) is not None
        page = pages.get(entry.html.path, "") if entry.html and not other else ""
        for name in contents_of(page):
            found.setdefault(f"report-{entry.id}", []).append(places.setdefault(name, len(places)))
    return {"names": list(places), "holds": {key: sorted(set(value)) for key, value in found.items()}}


def render_index(
    manifest: Manifest, lang: Lang, digest: Digest | None = None, pages: Mapping[str, str] | None = None
) -> str:
    """The catalogue page in a language; `pages` of the edition by path are what its search looks through."""
    style, script = asset("page.css") + asset("index.css"), asset("theme.js") + asset("index.js")
    words = {key.removeprefix("index."): text for key, text in messages(lang).items() if key.startswith("index.")}
    other: Lang = "en" if lang == "zh" else "zh"
    cities = _cities(manifest)
    reports = [_Report(manifest, report_id, lang, cities) for report_id in _ids(manifest)]
    failures = [report for report in reports if report.failures]
    date = manifest.data_as_of
    key = "summary_undated" if not date else "summary_one" if len(reports) == 1 else "summary"
    summary = message(f"index.{key}", lang, reports=len(reports), date=date_text(date, lang))
    key = "failed_summary_one" if len(failures) == 1 else "failed_summary"
    failed_summary = message(f"index.{key}", lang, count=len(failures))
    policy = (
        f"default-src 'none'; script-src '{hashed(script)}'; style-src '{hashed(style)}'; img-src 'self' file:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    chips = [{"key": key, "name": mark(names[lang], lang)} for key, names in cities.items()]
    told = {
        "shown": words["shown"],
        "failed_time": words["failed_time"],
        "edition": manifest.edition,
        **_contents(manifest, lang, pages or {}),
    }
    text = template("catalogue.html.j2").render(
        manifest=manifest, lang=lang, other=other, other_page=INDEX_PAGES[other], tags=TAGS, csp=policy,
        words=SimpleNamespace(**words),
        style=Safe(style), script=Safe(script), summary=summary, failures=failures, failed_summary=failed_summary,
        digest=_digest(digest, lang), cities=chips,
        reports=reports, pictures=any(report.picture for report in reports), tables=_tables(manifest, lang),
        data=Safe(json_script(told)),
        notices=[message("page.notice.unchecked", lang)] if manifest.unchecked else [],
    )  # fmt: skip
    return text if text.endswith("\n") else f"{text}\n"


def render_placeholder(manifest: Manifest, entry: ReportEntry) -> str:
    """The page that stands where a report was never built."""
    lang: Lang = "zh" if entry.lang == "zh" else "en"
    other: Lang = "en" if lang == "zh" else "zh"
    style = asset("page.css")
    policy = f"default-src 'none'; style-src '{hashed(style)}'; base-uri 'none'; form-action 'none'"
    there = manifest.report(entry.id, other)
    text = template("placeholder.html.j2").render(
        lang=TAGS[lang], other=TAGS[other], csp=policy, style=Safe(style), title=_runs(entry.title, lang), tags=TAGS,
        failure=_failure(entry, lang), index=f"../{INDEX_PAGES[lang]}", page_title=visible(entry.title),
        alternate=_href(f"../{there.name}.html") if there else "",
        code=[visible(line) for line in (entry.error or "").split(" | ")[1:]],
        words={key: message(f"index.{key}", lang) for key in ("switch", "reason", "back", "not_built")},
    )  # fmt: skip
    return text if text.endswith("\n") else f"{text}\n"


@cache
def asset(name: str) -> str:
    """A style sheet or script of pages by file name."""
    return (resources.files("planbrief.render") / "assets" / name).read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    """A template of the pages that planbrief itself adds to an edition."""
    file = resources.files("planbrief.render") / "templates" / "index" / name
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(file.read_text(encoding="utf-8"))


def hashed(text: str) -> str:
    """What a Content-Security-Policy calls a style sheet or script that stands in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _ids(manifest: Manifest) -> list[str]:
    """Report ids in the order of the manifest, each once."""
    return list(dict.fromkeys(entry.id for entry in manifest.reports))


def _href(path: str) -> str:
    return quote(path, safe="/#")


def _runs(text: str, lang: Lang) -> Runs:
    return mark(visible(text), lang)


def size_text(size: int | None, lang: Lang) -> str:
    """A file's size for people; empty if it is not known.

    >>> size_text(1_234_567, "en")
    '1.2 MB'
    """
    if size is None:
        return ""
    if size < 999_500:
        return message("index.kilobytes", lang, number=max(1, round(size / 1000)))
    return message("index.megabytes", lang, number=f"{size / 1e6:.1f}")


def _key(name: str) -> str:
    return re.sub(r"\s+", "-", visible(name).strip().casefold())


def _cities(manifest: Manifest) -> dict[str, dict[Lang, str]]:
    """City key → its name in both languages; the two languages of a report name its cities in the same order."""
    found: dict[str, dict[Lang, str]] = {}
    for report_id in _ids(manifest):
        zh, en = (entry.city if (entry := manifest.report(report_id, lang)) else () for lang in LANGS)
        zh, en = zh or en, en or zh
        for own, other in zip(zh, en if len(en) == len(zh) else zh, strict=True):
            found.setdefault(_key(other), {"zh": visible(own), "en": visible(other)})
    return found


class _Report:
    """One report of the catalogue as the template needs it: the page's language first, then the other one."""

    def __init__(
        self, manifest: Manifest, report_id: str, lang: Lang, cities: Mapping[str, Mapping[Lang, str]]
    ) -> None:
        other: Lang = "en" if lang == "zh" else "zh"
        spoken = dict.fromkeys((lang, other, *(entry.lang for entry in manifest.reports)))
        entries = [entry for side in spoken if (entry := manifest.report(report_id, side))]
        first = entries[0]
        readable = next((file for entry in entries for file in (entry.html, entry.pdf) if file), None)
        self.anchor = f"report-{report_id}"
        self.title, self.about = _runs(first.title, lang), _runs(first.about, lang)
        self.title_lang = TAGS[first.lang] if first.lang != lang else ""
        self.href = _href(readable.path) if readable else ""
        picture = next((entry.thumbnail for entry in entries if entry.thumbnail), None)
        self.picture, self.picture_href = (_href(picture.path) if picture else ""), self.href or f"#{self.anchor}"
        named = {("zh" if entry.lang == "zh" else "en", visible(name)) for entry in entries for name in entry.city}
        self.cities = sorted(key for key, names in cities.items() if not named.isdisjoint(names.items()))
        self.city_keys = " ".join(self.cities)
        self.find = " ".join(
            visible(text) for entry in entries for text in (entry.title, entry.about, *entry.city, entry.id)
        )
        self.facts = _facts(entries, lang)
        self.failures = _failures(entries, lang)
        sides = [(entry, "this_language" if entry.lang == lang else "other_language") for entry in entries]
        self.sides = [
            {"language": message(f"index.{word}", lang), "files": _files(entry, lang)}
            for entry, word in sides
            if entry.html or entry.pdf
        ]
        self.note = "" if self.sides else message("index.not_built", lang)
        if self.sides and first.lang == other:
            self.note = message("index.only_other", lang)


def _facts(entries: Sequence[ReportEntry], lang: Lang) -> list[dict[str, str]]:
    first = entries[0]
    facts = []
    if first.data_as_of and (first.html or first.pdf):
        date = date_text(first.data_as_of, lang)
        facts.append({"text": message("index.data_as_of", lang, date=date), "mark": ""})
    if any(entry.stale for entry in entries):
        facts.append({"text": message("index.stale", lang), "mark": "warn"})
    states = {entry.status for entry in entries}
    state = next(status for status in ("failed", "built", "unchanged") if status in states)
    facts.append({"text": message(f"index.status_{state}", lang), "mark": "warn" if state == "failed" else ""})
    return facts


def _failures(entries: Sequence[ReportEntry], lang: Lang) -> list[dict[str, Any]]:
    """What failed, once if both languages failed alike."""
    found = [_failure(entry, lang) for entry in entries if entry.status == "failed"]
    if len(found) == len(entries) and all({**other, "name": ""} == {**found[0], "name": ""} for other in found):
        return found[:1]
    return [{**failure, "side": _language(failure["name"][:2], lang)} for failure in found]


def _language(of: str, lang: Lang) -> str:
    return message("index.side", lang, language=message(f"index.{'this' if of == lang else 'other'}_language", lang))


def _failure(entry: ReportEntry, lang: Lang) -> dict[str, Any]:
    good = entry.last_success if entry.html or entry.pdf else None
    key = "index.failed_last_good" if good else "index.failed_never"
    text = message(key, lang, edition=good, since=entry.failed_since or "")
    reason = (entry.error or "").partition(" | ")[0]  # the lines of the cell are for the log and the manifest
    return {"side": "", "text": text, "name": entry.name, "reason": _runs(reason[:400], lang)}


def _files(entry: ReportEntry, lang: Lang) -> list[dict[str, Any]]:
    found = []
    for what, file in (("HTML", entry.html), ("PDF", entry.pdf)):
        if file is not None:
            pages = (
                message("index.page" if file.pages == 1 else "index.pages", lang, count=file.pages)
                if file.pages
                else ""
            )
            size = " · ".join(part for part in (pages, size_text(file.bytes, lang)) if part)
            tag = "" if entry.lang == lang else TAGS[entry.lang]
            label = visible(entry.title) if tag else _runs(entry.title, lang)
            found.append({"what": what, "href": _href(file.path), "size": size, "hreflang": tag, "label": label})
    return found


def _tables(manifest: Manifest, lang: Lang) -> list[dict[str, str]]:
    listed: list[PublishedFile] = [*manifest.files, *([manifest.observations] if manifest.observations else [])]
    tables = sorted({file.path: file for file in listed if file.path.startswith("data/")}.items())
    return [
        {"href": _href(path), "name": visible(path.removeprefix("data/")), "size": size_text(file.bytes, lang)}
        for path, file in tables
    ]


def _digest(digest: Digest | None, lang: Lang) -> dict[str, Any] | None:
    if digest is None:
        return None
    changes = [
        {
            "text": _runs(change.text, lang),
            "kind": message(f"index.kind.{change.kind}", lang) if change.kind in CHANGE_KINDS else "",
            "mark": change.kind if change.kind in CHANGE_KINDS else "",
            "href": _href(change.href),
        }
        for change in digest.changes.get(lang, ())
    ]
    return {
        "changes": changes,
        "since": message("index.changes_since", lang, edition=digest.since) if digest.since else "",
    }

"""The gate: what ``planbrief check`` refuses is not published; and does hold together what was published.

The verdict follows from the bytes of the data folder, the catalog, the notebooks asked for with their words, and the
package's own code. A clean one is remembered by their digests, with what such data answered to the questions of
reports, so that a build with nothing to do does not check again; nothing else is ever taken for it.

A published edition holds together when every file is as the manifest says, every link leads somewhere, and every PDF is
what it states.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import posixpath
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import planbrief
from planbrief.errors import DataError, Problem
from planbrief.files import read_regular, replace_file, sha256_of, unless_touched, walk
from planbrief.project import Project
from planbrief.run.manifest import (
    INDEX_PAGES,
    LARGEST_MANIFEST_BYTES,
    MANIFEST,
    Manifest,
    ManifestError,
    PublishedFile,
    read_manifest,
)
from planbrief.run.plan import Known, Plan, Stamp, code_hash, stamp

#: File beside an edition that remembers which inputs were found sound.
VERDICT = "verdict.json"
#: Problems that a manifest lists of an unchecked edition.
MOST_LISTED = 50


class Refused(DataError):
    """Data or notebooks have problems; nothing was built, the last edition stands."""

    def __str__(self) -> str:
        hint = "planbrief check lists everything; --unchecked builds all the same and says so on every page"
        return f"{super().__str__()}\nnothing was built, the last edition stands ({hint})"


def digest_of(root: Path, paths: Iterable[Path]) -> str:
    """SHA-256 over the names and bytes of files; one that is not there adds nothing."""
    found = hashlib.sha256(code_hash().encode())
    for path in sorted(paths):
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()


def data_digest(project: Project, memory: Path | None = None) -> str:
    """Digest of every file of the data folder and of the catalog; `memory` as for :func:`refusals`."""
    return _digest_at(project.root, stamp(project), memory)


@lru_cache(maxsize=4)
def _digest_at(root: Path, state: Stamp, memory: Path | None) -> str:
    """The digest is asked for several times in a build; the files are read again where one was written since."""
    paths = [Path(path) for path, _, _ in state]
    return unless_touched(memory, "data", paths, lambda: digest_of(root, paths), code_hash())


def notebook_digests(project: Project, notebooks: Collection[str]) -> dict[str, str]:
    """Digests of notebooks with the words that they say."""
    words = project.notebooks / "words"
    return {
        name: digest_of(
            project.root, [project.notebooks / f"{name}.ipynb", words / f"{name}.toml", words / "shared.toml"]
        )
        for name in sorted(set(notebooks))
    }


def _memory(memory: Path | None) -> dict[str, Any]:
    if memory is not None:
        with contextlib.suppress(OSError, ValueError):
            known = json.loads((memory / VERDICT).read_bytes())
            if isinstance(known, dict) and isinstance(known.get("notebooks"), dict):
                return known
    return {}


def _remember(memory: Path | None, known: dict[str, Any]) -> None:
    if memory is not None and memory.is_dir():
        with contextlib.suppress(OSError):
            # A broken one costs time only.
            replace_file(memory / VERDICT, json.dumps(known).encode(), lasting=False)


def recall(project: Project, memory: Path) -> Known | None:
    """What an earlier build found of these very data; None where they, the catalog or the code are others now."""
    known = _memory(memory)
    if known.get("data") != data_digest(project, memory):
        return None
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return Known.from_json(known)
    return None


def remember(project: Project, memory: Path, plan: Plan) -> None:
    """Keep what the data of `plan` answered beside the clean verdict on them."""
    known = _memory(memory)
    told = json.loads(json.dumps(asdict(Known.of(plan.package))))
    if any(known.get(name) != value for name, value in told.items()) and known.get("data") == data_digest(
        project, memory
    ):
        _remember(memory, known | told)


def refusals(project: Project, memory: Path | None = None, notebooks: Collection[str] = ()) -> tuple[Problem, ...]:
    """The problems that keep reports from being published; none where `memory` knows the inputs as sound.

    `notebooks` are those that the reports are made of, `memory` is the folder that holds the remembered verdict; a
    clean one is written there if the folder exists.
    """
    data, own = data_digest(project, memory), notebook_digests(project, notebooks)
    known = _memory(memory)
    if not (sound := known.get("data") == data):
        known = {"notebooks": {}}
    unknown = [name for name, digest in own.items() if known["notebooks"].get(name) != digest]
    if sound and not unknown:
        return ()
    try:
        _look_through(project, data, tuple(own.items()), tuple(unknown), sound)
    except Refused as found:
        return tuple(found.problems)
    if (data, own) == (data_digest(project, memory), notebook_digests(project, notebooks)):
        _remember(memory, known | {"data": data, "notebooks": known["notebooks"] | own})
    else:  # saved while they were looked at
        _look_through.cache_clear()
    return ()


@lru_cache(maxsize=4)
def _look_through(
    project: Project, data: str, own: tuple[tuple[str, str], ...], unknown: tuple[str, ...], sound: bool
) -> None:
    """Raise :class:`Refused` unless inputs of these digests are sound.

    A build asks before it waits for the lock, and again behind it. Only a clean answer is kept: what is wrong may be
    mended without any of these files.
    """
    from planbrief.checks.project import project_problems

    if problems := tuple(project_problems(project, unknown, sound)):
        raise Refused(problems)


def admit(project: Project, memory: Path | None, unchecked: bool, notebooks: Collection[str] = ()) -> tuple[str, ...]:
    """Let data and notebooks of `project` through; the problems as lines where they are published `unchecked`.

    Raises
    ------
    Refused
        There are problems, and nobody asked to build all the same.
    """
    problems = refusals(project, memory, notebooks)
    if problems and not unchecked:
        raise Refused(problems)
    return tuple(str(problem) for problem in problems)


_PART = r"(?:>\s*|\s*=\s*['\"])(\d)"
_UA = re.compile(rb"pdfuaid:part" + _PART.encode())
_ARCHIVAL = re.compile(rb"pdfaid:part" + _PART.encode())
_STARTXREF = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*$")
_ROOT = re.compile(rb"/Root\s+(\d{1,9})\s+\d+\s+R")
_PAGES = re.compile(rb"/Pages\s+(\d{1,9})\s+\d+\s+R")
_COUNT = re.compile(rb"/Count\s+(\d{1,9})")
_SECTION = re.compile(rb"\s*(\d{1,9}) (\d{1,9})\s*\n")
_ENTRY_BYTES = 20


class BrokenPDF(ValueError):
    """Bytes are no whole PDF."""


@dataclass(frozen=True)
class PDFFacts:
    """Number of pages; parts of PDF/UA and PDF/A that the file claims, 0 for none."""

    pages: int
    ua_part: int
    archival_part: int


def pdf_facts(data: bytes) -> PDFFacts:
    """Facts of a PDF; :class:`BrokenPDF` if it is cut, empty or its table of objects leads nowhere."""
    if not data.startswith(b"%PDF-1."):
        raise BrokenPDF("it does not begin like a PDF")
    end = _STARTXREF.search(data[-64:])
    if end is None:
        raise BrokenPDF("it does not end like a PDF")
    start = int(end.group(1))
    if data[start : start + 4] == b"xref":
        pages = _count_by_table(data, start)
    elif re.match(rb"\d+ \d+ obj", data[start : start + 24]):
        pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", data))
    else:
        raise BrokenPDF("its table of objects is not where it says")
    if pages < 1:
        raise BrokenPDF("it has no pages")
    return PDFFacts(pages, _part(_UA, data), _part(_ARCHIVAL, data))


def _part(pattern: re.Pattern[bytes], data: bytes) -> int:
    found = pattern.search(data)
    return int(found.group(1)) if found else 0


def _count_by_table(data: bytes, start: int) -> int:
    trailer = data.find(b"trailer", start)
    if trailer < 0:
        raise BrokenPDF("it has no trailer")
    table = _table(data[start + 4 : trailer])
    for number, offset in table.items():
        if not data.startswith(b"%d " % number, offset):
            raise BrokenPDF(f"object {number} is not where its table says")
    root = _object(data, table, _ROOT, data[trailer : trailer + 4096], "catalog")
    pages = _object(data, table, _PAGES, root, "page tree")
    found = _COUNT.search(pages)
    return int(found.group(1)) if found else 0


def _table(text: bytes) -> dict[int, int]:
    table: dict[int, int] = {}
    position = 0
    while section := _SECTION.match(text, position):
        first, length = int(section.group(1)), int(section.group(2))
        position = section.end()
        if length * _ENTRY_BYTES > len(text):
            raise BrokenPDF("its table of objects is cut")
        for number in range(first, first + length):
            entry = text[position : position + _ENTRY_BYTES]
            position += _ENTRY_BYTES
            if entry[17:18] == b"n" and entry[:10].isdigit():
                table[number] = int(entry[:10])
    return table


def _object(data: bytes, table: dict[int, int], reference: re.Pattern[bytes], text: bytes, what: str) -> bytes:
    found = reference.search(text)
    offset = table.get(int(found.group(1))) if found else None
    if offset is None:
        raise BrokenPDF(f"it has no {what}")
    end = data.find(b"endobj", offset)
    return data[offset : end if end >= 0 else offset + 65536]


#: What a link may lead to outside the edition, and what a page may load without a file.
_LINK_SCHEMES, _LOAD_SCHEMES = {"http", "https", "mailto", "data"}, {"data"}


def verify_edition(folder: Path | str) -> list[Problem]:
    """Every problem of an edition's folder; an empty list means that readers get what was published."""
    root = Path(folder)
    try:
        manifest = read_manifest(read_regular(root, MANIFEST, LARGEST_MANIFEST_BYTES))
    except FileNotFoundError:
        return [Problem(MANIFEST, 0, "", "no such file", "an edition of planbrief")]
    except ManifestError as error:
        return [Problem(MANIFEST, 0, error.place, error.found, error.expected)]
    except OSError as error:
        return [Problem(MANIFEST, 0, "", str(error), "a readable file")]
    listed = manifest.published_files()
    return [
        *_identity(manifest),
        *_listing(root, listed),
        *_contents(root, manifest, listed),
    ]


def _identity(manifest: Manifest) -> Iterator[Problem]:
    # Another version may have computed the id otherwise; its own verify-edition knows.
    if manifest.planbrief_version == planbrief.__version__ and manifest.edition_id() != manifest.edition:
        yield Problem(MANIFEST, 0, "edition", manifest.edition, f"{manifest.edition_id()}, which its content gives")
    for page in INDEX_PAGES.values():
        if page not in manifest.published_files():
            yield Problem(MANIFEST, 0, "files", f"no {page}", "the index in both languages")


def _listing(root: Path, listed: Mapping[str, str]) -> Iterator[Problem]:
    there = dict(walk(root))
    for path in sorted(set(listed) - set(there)):
        yield Problem(path, 0, "", "no such file", "the file that the manifest lists")
    for path, facts in there.items():
        if not stat.S_ISREG(facts.st_mode):
            yield Problem(path, 0, "", "a link or device", "a regular file")
        elif path not in listed and path != MANIFEST:
            yield Problem(path, 0, "", "a file that the manifest does not list", "no other files")


def _contents(root: Path, manifest: Manifest, listed: Mapping[str, str]) -> Iterator[Problem]:
    pdfs = {entry.pdf.path: entry.pdf for entry in manifest.reports if entry.pdf}
    pages: dict[str, Page] = {}
    for path, sha256 in sorted(listed.items()):
        try:
            data = read_regular(root, path)
        except FileNotFoundError:
            continue  # named by the listing
        except OSError as error:
            yield Problem(path, 0, "", str(error), "a readable file")
            continue
        if sha256_of(data) != sha256:
            yield Problem(path, 0, "", f"SHA-256 {sha256_of(data)[:12]}…", f"{sha256[:12]}…: the file was changed")
        elif path in pdfs:
            yield from _pdf(pdfs[path], data)
        elif path.endswith(".html"):
            try:
                pages[path] = read_page(data)
            except ValueError as error:
                yield Problem(path, 0, "", str(error), "a whole HTML page")
    # A page of an earlier edition, shown as such, may lead to what has gone since; it stays readable all the same.
    earlier = {
        entry.html.path for entry in manifest.reports if entry.html and (entry.stale or entry.status == "failed")
    }
    for path, page in pages.items():
        if path not in earlier:
            yield from _links(path, page, pages, listed)


def _pdf(file: PublishedFile, data: bytes) -> Iterator[Problem]:
    try:
        facts = pdf_facts(data)
    except BrokenPDF as error:
        yield Problem(file.path, 0, "", f"{error}", "a whole PDF")
        return
    if file.pages is not None and facts.pages != file.pages:
        yield Problem(file.path, 0, "pages", str(facts.pages), f"{file.pages}, as the manifest says")
    if facts.ua_part != 1:
        yield Problem(file.path, 0, "conformance", "no PDF/UA-1 mark", "an accessible PDF (PDF/UA-1)")
    if facts.archival_part != 2:
        yield Problem(file.path, 0, "conformance", "no PDF/A-2 mark", "an archival PDF (PDF/A-2)")


@dataclass(frozen=True)
class Page:
    """What an HTML page can be linked at, links to and loads."""

    anchors: frozenset[str]
    links: tuple[str, ...]
    loads: tuple[str, ...]


@cache
def _paths() -> Mapping[str, Any]:
    from lxml import etree

    found = {
        "anchors": "//@id | //a/@name",
        "links": "//a/@href | //area/@href | //a/@*[name()='xlink:href']",
        "loads": "//link/@href | //@src | //@poster | //object/@data | //image/@href | //use/@href"
        " | //*[not(self::a)]/@*[name()='xlink:href']",
    }
    return {name: etree.XPath(path, smart_strings=False) for name, path in found.items()}


def read_page(data: bytes) -> Page:
    """Read an HTML page; ValueError if it is empty, cut or not UTF-8."""
    from lxml import etree

    if b"</html>" not in data[-64:].lower():
        raise ValueError("its end is missing")
    data.decode()
    root = etree.fromstring(data, etree.HTMLParser(encoding="utf-8", huge_tree=True))
    if root is None:
        raise ValueError("it is empty")
    found = {name: path(root) for name, path in _paths().items()}
    return Page(frozenset(found["anchors"]), tuple(found["links"]), tuple(found["loads"]))


def _links(path: str, page: Page, pages: Mapping[str, Page], listed: Mapping[str, str]) -> Iterator[Problem]:
    # Most links of a page are numbers that lead to their sources on the same page, thousands of them.
    near = {link for link in page.links if link.startswith("#")}
    far = {link for link in near if link[1:] not in page.anchors} | (set(page.links) - near)
    for target in sorted(far):
        yield from _target(path, target, _LINK_SCHEMES, pages, listed)
    for target in sorted(set(page.loads)):
        if not target.startswith("data:"):
            yield from _target(path, target, _LOAD_SCHEMES, pages, listed)


def _target(
    path: str, target: str, schemes: set[str], pages: Mapping[str, Page], listed: Mapping[str, str]
) -> Iterator[Problem]:
    shown = target if len(target) <= 80 else f"{target[:77]}…"
    try:
        parts = urlsplit(target.strip())
    except ValueError:
        yield Problem(path, 0, "", f"the link {shown!r}", "a readable address")
        return
    if parts.scheme or parts.netloc:
        if parts.scheme.lower() not in schemes:
            yield Problem(path, 0, "", f"the address {shown!r}", "a file of the edition")
        return
    named = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path))) if parts.path else path
    if named not in listed and named != MANIFEST:
        yield Problem(path, 0, "", f"the link {shown!r}", "a file of the edition")
    elif parts.fragment and named in pages:
        anchor = unquote(parts.fragment)
        if anchor not in pages[named].anchors and anchor != "top":
            yield Problem(path, 0, "", f"the link {shown!r}", f"an anchor of {named}")

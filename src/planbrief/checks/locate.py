"""Where numbers stand: those of a text that no row accounts for, and the way of one number through the data."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from planbrief.checks.verification import LARGEST_SOURCE, read_document
from planbrief.errors import PlanbriefError, UnknownName
from planbrief.reading.decisions import Proposal
from planbrief.reading.draft_rows import bare_name, described
from planbrief.reading.forms.plain import read_plain
from planbrief.reading.matching import Vocabulary
from planbrief.targets.dataset import Dataset
from planbrief.targets.descriptor import COLUMNS
from planbrief.targets.units import SIMPLIFIED
from planbrief.targets.wording import Places, printable

#: Longest stretch of a source line shown on either side of the number: a paragraph can be a line.
_AROUND = 60


@dataclass(frozen=True)
class Origin:
    """Where one observation comes from."""

    obs_id: str
    observation: dict[str, str]
    document: dict[str, str]
    #: Line and column in the source text, from 1; 0 where the text is not at hand.
    line: int = 0
    column: int = 0
    #: The line with the number in ⟦ ⟧, for the screen only.
    marked: str = ""
    #: Why there is no line, or what is wrong with it.
    notes: tuple[str, ...] = ()


def meant(dataset: Dataset, word: str) -> list[str]:
    """Observations that a word means: an id, the beginning of ids, else a number as documents print it."""
    rows = dataset.package["observations"].by_key
    if word in rows or not word:
        return [word]
    begun = [obs_id for obs_id in rows if obs_id.startswith(word)]
    return begun or [key for key, row in rows.items() if word in (row.values["value_text"], row.values["obs_value"])]


def listed(dataset: Dataset, found: list[str]) -> list[str]:
    """One line for each of several observations, to choose from."""
    shown = []
    for obs_id in found[:40]:
        row = dataset.package["observations"].by_key[obs_id].values
        name = dataset.name("indicators", row["indicator"], "zh")
        what = f"{name} {row['time_period']} {row['value_text']} {row['unit_measure']}".strip()
        shown.append(f"{obs_id}  {row['ref_area']}  {what}")
    return shown + ([f"… and {len(found) - 40} more"] if len(found) > 40 else [])


def origin(dataset: Dataset, obs_id: str, sources: Path | str | None = None) -> Origin:
    """The document, the locator and, with the folder `sources`, the line of an observation.

    Raises
    ------
    UnknownName
        If there is no such observation; close ids are suggested.
    """
    rows = dataset.package["observations"].by_key
    if obs_id not in rows:
        raise UnknownName("obs_id", obs_id, rows)
    values = rows[obs_id].values
    source = dataset.package["sources"].by_key[values["source_id"]]
    found = Origin(obs_id, dict(values), dict(source.values))
    if not found.document["file_name"]:
        note = "typed by hand: no text of the document is held, so nothing can be compared with it"
        return replace(found, notes=(note,))
    if sources is None:
        return found
    document, wrong = read_document(Path(sources), source)
    notes = [f"{mismatch.found}; expected {mismatch.expected}" for mismatch in wrong]
    if document is None:
        return replace(found, notes=tuple(notes))
    text = document.text
    start, end = int(values["char_start"]), int(values["char_end"])
    if text[start:end] != values["value_text"]:
        notes.append(f"{values['value_text']!r} does not stand at {start}–{end} (planbrief verify says more)")
    places = Places(text)
    spot = places.spot(start)
    marked = places.excerpt(start, end, _AROUND)
    return replace(found, line=spot.line, column=spot.column, marked=marked, notes=tuple(notes))


def origin_lines(found: Origin) -> list[tuple[str, str]]:
    """What a person reads: pairs of a label and a text, safe for a terminal."""
    row, document = found.observation, found.document
    value = " ".join(part for part in (row["comparator"], row["obs_value"], row["upper_value"]) if part)
    number = f", {document['doc_number']}" if document["doc_number"] else ""
    issuer = f", {document['producer']}" if document["producer"] else ""
    about = " / ".join(part for part in (row["ref_area"], row["subject"], row["indicator"], row["activity"]) if part)
    lines = [
        ("observation", found.obs_id),
        ("about", about),
        ("value", f"{value} {row['unit_measure']}, printed {row['value_text']}"),
        ("period", f"{row['time_period']}, {row['kind']}, {row['transformation']}"),
        ("document", f"{document['title_zh']} ({document['title_en']})"),
        ("", f"{document['source_id']}{issuer}{number}, {document['date_published']}"),
        ("locator", row["locator"]),
    ]
    if row["comment_obs"]:
        lines.append(("comment", row["comment_obs"]))
    if found.marked:
        lines.append((f"line {found.line}", found.marked))
    lines += [("note", note) for note in found.notes]
    return [(label, printable(text)) for label, text in lines]


@dataclass(frozen=True)
class Located:
    """What :func:`locate` proposes: rows for the tables, and for the screen where each number stands."""

    source_id: str
    #: A row for the document's ``source.csv``, empty if the text is in it.
    source: dict[str, str]
    observations: tuple[dict[str, str], ...]
    exclusions: tuple[dict[str, str], ...]
    #: Line, column and surroundings of each row, in the order of the text: never for a file.
    contexts: tuple[str, ...]
    #: What a person should know first.
    notes: tuple[str, ...] = ()


class UnreadableSource(PlanbriefError):
    """A source text cannot be read."""

    text = "{}: {}"


def read_text(file: Path) -> tuple[bytes, str]:
    """Bytes and text of a source file; :class:`UnreadableSource` says what is wrong with it."""
    try:
        if file.stat().st_size > LARGEST_SOURCE:
            raise UnreadableSource(str(file), f"larger than {LARGEST_SOURCE // 2**20} MiB")
        raw = file.read_bytes()
        return raw, raw.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = f"byte {error.start} is no UTF-8; save the text as UTF-8 first (a GBK text: iconv -f GB18030 -t UTF-8)"
        raise UnreadableSource(str(file), hint) from None
    except (OSError, ValueError) as error:
        raise UnreadableSource(str(file), getattr(error, "strerror", None) or str(error)) from None


def locate(source_file: Path | str, dataset: Dataset, source_id: str = "") -> Located:
    """Numbers of a text that the tables do not account for, as ready rows.

    A number whose surroundings make plain that it states no quantity (a date, a list number) becomes an exclusion,
    every other one an observation; cells that the wording does not decide are empty. `source_id` names a text that is
    not yet under ``data/documents`` (default: from the file's name).
    """
    file = Path(source_file)
    raw, text = read_text(file)
    digest = hashlib.sha256(raw).hexdigest()
    known = dataset.package["sources"].rows
    rows = [row.values for row in known if source_id == row.values["source_id"]]
    rows += [row.values for row in known if digest == row.values["sha256"] or file.name == row.values["file_name"]]
    source: dict[str, str] = {}
    notes = []
    if rows and not (source_id and rows[0]["source_id"] != source_id):
        source_id, published = rows[0]["source_id"], rows[0]["date_published"]
        if rows[0]["sha256"] != digest:
            notes.append(f"{file.name} differs from the text that its source.csv describes: spans may have moved")
    else:
        source_id, published = source_id or slug(file.stem), ""
        source = dict.fromkeys(COLUMNS["sources"].split(), "")
        source |= {"source_id": source_id, "language": script(text), "file_name": file.name}
        source |= {"sha256": digest, "characters": str(len(text))}
    taken = sorted(
        (int(row.values["char_start"]), int(row.values["char_end"]))
        for table in ("observations", "exclusions")
        for row in dataset.package[table].rows
        if row.values["source_id"] == source_id
    )
    places = Places(text)
    observations: list[dict[str, str]] = []
    exclusions: list[dict[str, str]] = []
    contexts: list[str] = []
    tables = dataset.package.tables
    areas = {bare_name(row.values["name_zh"]): row.values["ref_area"] for row in tables["areas"].rows}
    units = {row.values["unit"]: row.values["dimension"] for row in tables["units"].rows}
    vocabulary = Vocabulary([row.values for row in tables["indicators"].rows], units)
    found = described(read_plain(raw, file.name, digest), "", published, vocabulary).rows if text.strip() else []
    for one in found:
        if _overlaps(taken, one):
            continue
        spot = places.spot(one.start)
        reason = f"  ({one.reason})" if one.reason else ""
        contexts.append(f"{spot.line}:{spot.column}  {places.excerpt(one.start, one.end)}{reason}")
        row = {"source_id": source_id, "char_start": str(one.start), "char_end": str(one.end)}
        row |= {"value_text": one.value_text}
        if one.role == "exclusion":
            exclusions.append(row | {"reason": one.reason, "comment": ""})
        else:
            observations.append(observation(one, source_id, areas) | row)
    return Located(source_id, source, tuple(observations), tuple(exclusions), tuple(contexts), tuple(notes))


def _overlaps(taken: list[tuple[int, int]], one: Proposal) -> bool:
    # Spans do not overlap in sound data; the eight before are looked at for data that are not.
    index = bisect_right(taken, (one.end - 1, one.end + 1))
    return any(start < one.end and one.start < end for start, end in taken[max(0, index - 8) : index + 1])


def observation(one: Proposal, source_id: str, areas: Mapping[str, str]) -> dict[str, str]:
    """The cells of an observation that the grammar proposes; an area without an id in the data stays empty."""
    cells = one.cells
    row = dict.fromkeys(COLUMNS["observations"].split(), "")
    row |= {name: value for name, value in cells.items() if name in row}
    letter = "" if one.part == 0 else chr(ord("a") + one.part)
    return row | {
        "obs_id": f"{source_id}-{one.start:05d}{letter}",
        "ref_area": areas.get(bare_name(cells["ref_area_name"]), ""),
        "obs_status": "A",
        "locator": one.locator,
    }


def slug(stem: str) -> str:
    """A source_id from a file name: lower case, hyphens, beginning with a letter."""
    words = re.sub("[^a-z0-9]+", "-", stem.lower()).strip("-")
    return words if words[:1].isalpha() else f"source-{words}".rstrip("-")


def script(text: str) -> str:
    """Language tag of a text by its characters."""
    if not re.search("[\u4e00-\u9fff]", text):
        return "en"
    # Characters of one script only decide: most are the same in both.
    traditional = sum(text.count(chr(code)) for code in SIMPLIFIED if chr(SIMPLIFIED[code]) != chr(code))
    simplified = sum(text.count(chr(code)) for code in set(SIMPLIFIED.values()) - set(SIMPLIFIED))
    return "zh-Hant" if traditional > simplified else "zh-Hans"

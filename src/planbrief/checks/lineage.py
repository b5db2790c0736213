"""From a number back to its document: title, locator, and the line in which it is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from planbrief.checks.verification import read_source
from planbrief.errors import UnknownName
from planbrief.targets.dataset import Dataset
from planbrief.targets.spans import Places, printable

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
    notes: tuple[str, ...] = field(default=())


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
        return Origin(obs_id, found.observation, found.document, notes=(note,))
    if sources is None:
        return found
    text, wrong = read_source(Path(sources), source)
    notes = [f"{mismatch.found}; expected {mismatch.expected}" for mismatch in wrong]
    if text is None:
        return Origin(obs_id, found.observation, found.document, notes=tuple(notes))
    start, end = int(values["char_start"]), int(values["char_end"])
    if text[start:end] != values["value_text"]:
        notes.append(f"{values['value_text']!r} does not stand at {start}–{end} (planbrief verify says more)")
    places = Places(text)
    spot = places.spot(start)
    marked = places.excerpt(start, end, _AROUND)
    return Origin(obs_id, found.observation, found.document, spot.line, spot.column, marked, tuple(notes))


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

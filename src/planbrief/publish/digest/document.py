"""The digest as headings, sentences, lists and tables, in either language; how it looks is decided in rendering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from planbrief.display.language import LANGS, Lang, message, term
from planbrief.publish.digest.changes import Changes, FigureChange, FindingChange, ReportChange, TableChange
from planbrief.publish.digest.describe import (
    difference_text,
    figure_name,
    figure_text,
    observation_name,
    observation_value,
    relative_text,
)
from planbrief.publish.digest.observations import ObservationChange
from planbrief.publish.digest.snapshot import Row, Snapshot
from planbrief.publish.index import Change, Digest
from planbrief.render.safe_text import visible

#: Where a document prints a value: says nothing where another document prints it.
PLACE = ("char_start", "char_end", "value_text", "locator", "comment_obs")
#: Lines that the index shows before it points to the whole digest.
MOST_LINES = 12


@dataclass(frozen=True)
class Item:
    """One line: a word for what happened, and what it happened to."""

    kind: str
    word: str
    text: str


@dataclass(frozen=True)
class Section:
    """A part of the digest: a heading with sentences, lines, or a table (its first row is the head)."""

    heading: str
    level: int = 2
    texts: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Document:
    """A digest in one language."""

    lang: Lang
    title: str
    since: str
    sections: tuple[Section, ...]


def document(changes: Changes, lang: Lang) -> Document:
    """The digest of a comparison."""
    old, new = changes.old.manifest, changes.new.manifest
    since = message("digest.since", lang, old=old.edition, new=new.edition)
    if changes.nothing:
        sections: tuple[Section, ...] = (Section("", texts=(message("digest.nothing", lang),)),)
    else:
        sections = tuple(_sections(changes, lang))
    return Document(lang, message("digest.title", lang), since, sections)


def _sections(changes: Changes, lang: Lang) -> Iterator[Section]:
    leading = changes.progress
    if leading:
        yield _figures("progress", leading, changes, lang)
    if others := tuple(figure for figure in changes.figures if figure not in leading):
        yield _figures("figures", others, changes, lang)
    if changes.observations:
        yield Section(message("digest.head.observations", lang), texts=(_counts(changes.observations, lang),))
        for source, listed in _by_document(changes.observations):
            title = _title(changes, source, lang)
            yield Section(title, 3, items=tuple(_observation(change, changes, lang) for change in listed))
    elif not changes.data_known:
        yield Section(message("digest.head.observations", lang), texts=(message("digest.data_unknown", lang),))
    if changes.findings:
        items = tuple(_finding(change, changes, lang) for change in changes.findings)
        yield Section(message("digest.head.findings", lang), items=items)
    if changes.reports:
        items = tuple(_report(change, lang) for change in changes.reports)
        yield Section(message("digest.head.reports", lang), items=items)
    if changes.tables:
        items = tuple(_table(change, changes, lang) for change in changes.tables)
        yield Section(message("digest.head.tables", lang), items=items)


def _figures(name: str, figures: Sequence[FigureChange], changes: Changes, lang: Lang) -> Section:
    head = tuple(message(f"digest.column.{column}", lang) for column in ("what", "old", "new", "change", "relative"))
    rows = [
        (
            figure_name(figure, changes.old, changes.new, lang),
            figure_text(figure.old, lang),
            figure_text(figure.new, lang),
            message("digest.moved", lang) if figure.moved else difference_text(figure, lang),
            relative_text(figure, lang),
        )
        for figure in figures
    ]
    return Section(message(f"digest.head.{name}", lang), table=(head, *rows))


def _counts(observations: Sequence[ObservationChange], lang: Lang) -> str:
    counts: dict[str, int] = {}
    for change in observations:
        counts[_word(change)] = counts.get(_word(change), 0) + 1
    parts = [message(f"digest.count.{word}", lang, count=count) for word, count in counts.items()]
    return message("digest.comma", lang).join(parts) + message("digest.stop", lang)


def _word(change: ObservationChange) -> str:
    """Key of the word for a change: a revised target is called what it is, a new actual value too."""
    if change.kind == "revised":
        return "target_revised" if change.aim else "revised"
    return change.kind


def _by_document(observations: Iterable[ObservationChange]) -> list[tuple[str, list[ObservationChange]]]:
    found: dict[str, list[ObservationChange]] = {}
    for change in observations:
        found.setdefault(change.row.get("source_id", ""), []).append(change)
    return list(found.items())


def _title(changes: Changes, source: str, lang: Lang) -> str:
    side = changes.new if changes.new.named("sources", source) else changes.old
    name = side.name("sources", source, lang)
    return visible(name if name == source else message("digest.document", lang, title=name, source=source))


def _observation(change: ObservationChange, changes: Changes, lang: Lang, *, brief: bool = False) -> Item:
    word = message(f"digest.kind.{_word(change)}", lang)
    side: Snapshot = changes.new if change.new is not None else changes.old
    name = visible(observation_name(side, change.row, lang))
    if change.old is None or change.new is None:
        text = message("digest.line.value", lang, what=name, value=observation_value(change.row, lang))
        return Item(change.kind, word, text if brief else f"{text} [{change.row.get('obs_id', '')}]")
    values = {"old": observation_value(change.old, lang), "new": observation_value(change.new, lang)}
    text = message("digest.line.change", lang, what=name, **values)
    if values["old"] == values["new"]:
        text = message("digest.line.value", lang, what=name, value=values["new"])
    if brief:
        return Item(change.kind, word, text)
    other = change.old.get("source_id") != change.new.get("source_id")
    said = ("obs_value", "obs_id", "source_id", *(PLACE if other else ()))
    rest = [name for name in change.fields if name not in said]
    notes = [
        message("digest.line.field", lang, field=field, old=_cell(change.old, field), new=_cell(change.new, field))
        for field in rest
    ]
    if other:
        key = "digest.line.stands" if change.stands else "digest.line.before"
        notes.insert(0, message(key, lang, source=change.old.get("source_id", "")))
    ids = dict.fromkeys((change.old.get("obs_id", ""), change.new.get("obs_id", "")))
    shown = f"{text} [{' → '.join(ids)}]"
    if notes:
        shown += message("digest.line.notes", lang, notes="; ".join(notes))
    return Item(change.kind, word, shown)


def _cell(row: Row, field: str) -> str:
    value = row.get(field, "")
    return visible(value if len(value) <= 60 else f"{value[:59]}…") or "∅"


def _finding(change: FindingChange, changes: Changes, lang: Lang) -> Item:
    finding = change.finding
    side = changes.old if change.kind == "vanished" else changes.new
    rows = [row for obs_id in finding.observation_ids if (row := side.observations.get(obs_id))]
    about = observation_name(side, rows[0], lang) if rows else finding.id
    text = message(
        "digest.line.finding",
        lang,
        rule=term("rule", finding.rule, lang),
        severity=term("severity", finding.severity, lang),
        about=about,
    )
    kind = {"appeared": "added", "vanished": "removed", "changed": "revised"}[change.kind]
    return Item(kind, message(f"digest.kind.{change.kind}", lang), visible(f"{text} [{finding.id}]"))


def _report(change: ReportChange, lang: Lang) -> Item:
    text = message("digest.line.report", lang, title=change.title, name=change.name)
    if change.error:
        text = message("digest.line.error", lang, report=text, error=change.error[:300])
    return Item(change.kind, message(f"digest.kind.{change.kind}", lang), visible(text))


def _table(change: TableChange, changes: Changes, lang: Lang) -> Item:
    side = changes.old if change.kind == "removed" else changes.new
    name = side.name(change.table, change.key, lang)
    shown = change.key if name == change.key else f"{name} [{change.key}]"
    text = message("digest.line.table", lang, table=change.table, name=shown)
    if change.fields:
        text += message("digest.line.notes", lang, notes=", ".join(change.fields))
    return Item(change.kind, message(f"digest.kind.{change.kind}", lang), visible(text))


def lines(changes: Changes, lang: Lang) -> list[Item]:
    """Every change as one line, what a reader wants first at the head: progress, amended targets, numbers."""
    found: list[Item] = []
    figures = [*changes.progress, *(figure for figure in changes.figures if figure not in changes.progress)]
    for figure in figures:
        text = message(
            f"digest.line.{figure.kind}",
            lang,
            what=figure_name(figure, changes.old, changes.new, lang),
            old=figure_text(figure.old, lang),
            new=figure_text(figure.new, lang),
            change=message("digest.moved", lang) if figure.moved else difference_text(figure, lang),
            relative=relative_text(figure, lang),
        )
        kind = {"appeared": "added", "vanished": "removed", "changed": "revised"}[figure.kind]
        found.append(Item(kind, message(f"digest.kind.{figure.kind}", lang), text))
    rank = {"revised": 0, "corrected": 1, "added": 2, "removed": 3, "resourced": 4}
    amended = [change for change in changes.observations if change.kind == "revised"]
    others = [change for change in changes.observations if change.kind != "revised"]
    first = [_observation(change, changes, lang, brief=True) for change in amended]
    rest = [
        _observation(change, changes, lang, brief=True)
        for change in sorted(others, key=lambda change: rank[change.kind])
    ]
    states = [_report(change, lang) for change in changes.reports if change.kind != "changed"]
    keep = len(changes.progress)
    return [
        *states,
        *found[:keep],
        *first,
        *found[keep:],
        *rest,
        *(_finding(change, changes, lang) for change in changes.findings),
        *(_table(change, changes, lang) for change in changes.tables),
    ]


def index_digest(changes: Changes) -> Digest:
    """The digest for the catalogue page: its first lines and a link to the rest."""
    words: dict[Lang, list[Change]] = {}
    for lang in LANGS:
        listed = lines(changes, lang)
        shown = [
            Change(item.text, "revised" if item.kind == "corrected" else item.kind) for item in listed[:MOST_LINES]
        ]
        page = f"digest.{lang}.html"
        if len(listed) > MOST_LINES:
            text = message("digest.more", lang, count=len(listed) - MOST_LINES)
            shown.append(Change(text, "", page))
        elif listed:
            shown.append(Change(message("digest.whole", lang), "", page))
        words[lang] = shown
    return Digest(changes.old.manifest.edition, words)

"""The digest as headings, sentences, lists and tables, in either language; how it looks is decided elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planbrief.display.language import LANGS, Lang, has_message, message, term
from planbrief.display.quantities import MINUS, figure_period, period_text, value_text
from planbrief.measures.figures import Figure
from planbrief.publish.changes import (
    Changes,
    FigureChange,
    FindingChange,
    ObservationChange,
    ReportChange,
    Row,
    Snapshot,
    TableChange,
    number,
)
from planbrief.publish.index import Change, Digest
from planbrief.render.safe_text import visible

#: Units whose numbers are of another measure than a level.
_MEASURES = {"%": "share", "个百分点": "points", "倍": "multiple"}


def measured(snapshot: Snapshot, row: Row, lang: Lang) -> str:
    """What a row measures, with the activity or subject it is measured of unless the name says it."""
    name = snapshot.name("indicators", row.get("indicator", ""), lang)
    detail = snapshot.name("activities", row["activity"], lang) if row.get("activity") else row.get("subject", "")
    if not detail or detail.casefold() in name.casefold():
        return name
    return message("digest.of", lang, name=name, detail=detail)


def observation_name(snapshot: Snapshot, row: Row, lang: Lang) -> str:
    """Place, thing, period and kind of an observation."""
    return message(
        "digest.observation",
        lang,
        place=snapshot.name("areas", row.get("ref_area", ""), lang),
        what=measured(snapshot, row, lang),
        period=period_text(row.get("time_period", ""), lang),
        kind=term("kind", row.get("kind", ""), lang),
    )


def observation_value(row: Row, lang: Lang) -> str:
    """Value of an observation with its unit and bound; what stands for a missing one is said."""
    unit = row.get("unit_measure", "")
    try:
        value, upper = float(row.get("obs_value") or "nan"), float(row.get("upper_value") or "nan")
    except ValueError:
        return visible(f"{row.get('obs_value', '')} {unit}".strip())
    if math.isnan(value):
        return message("digest.no_value", lang)
    measure = _MEASURES.get(unit, "level")
    figure = Figure("", value, measure, unit, ("",), lower=value, upper=upper, comparator=row.get("comparator", "eq"))
    return value_text(figure, lang, row.get("value_text", ""))


def _figure(found: Mapping[str, Any], value: float) -> Figure:
    measure = str(found.get("measure") or "level")
    return Figure("", value, measure, str(found.get("unit") or ""), tuple(found.get("observations", ())), " ")


def figure_text(found: Mapping[str, Any] | None, lang: Lang) -> str:
    """A figure of a manifest in words; a dash where there is none."""
    if found is None or math.isnan(number(found)):
        return "—"
    return value_text(_figure(found, number(found)), lang)


def difference_text(change: FigureChange, lang: Lang) -> str:
    """New minus old with its sign: rates and shares in percentage points, everything else in the figure's unit."""
    found, gap = change.new, change.absolute
    if found is None or math.isnan(gap):
        return "—"
    measure = found.get("measure")
    size = abs(gap) * 100 if measure == "rate" else abs(gap)
    points = measure in ("rate", "share")
    figure = Figure("", size, "points", formula=" ") if points else _figure(found, size)
    return _signed(gap, value_text(figure, lang))


def relative_text(change: FigureChange, lang: Lang) -> str:
    """The relative change in percent with its sign."""
    if math.isnan(change.relative):
        return "—"
    return _signed(change.relative, value_text(Figure("", abs(change.relative), "rate", formula=" "), lang))


def _signed(value: float, text: str) -> str:
    return (MINUS if value < 0 else "+") + text


def figure_name(change: FigureChange, old: Snapshot, new: Snapshot, lang: Lang) -> str:
    """What a headline number is about, from its key and the observations behind it."""
    side, snapshot = (change.new, new) if change.new is not None else (change.old or {}, old)
    rows = [row for obs_id in side.get("observations", ()) if (row := snapshot.observations.get(str(obs_id)))]
    parts = change.key.split("/")
    rule = next((part for part in parts if has_message(f"digest.rule.{part}") or has_message(f"rule.{part}")), "")
    place = next((part for part in parts if snapshot.named("areas", part)), rows[0].get("ref_area", "") if rows else "")
    words = []
    if rule:
        key = f"digest.rule.{rule}" if has_message(f"digest.rule.{rule}") else f"rule.{rule}"
        words.append(message(key, lang))
    same = {tuple(row.get(name, "") for name in ("indicator", "activity", "subject")) for row in rows}
    if len(same) == 1:
        words.append(measured(snapshot, rows[0], lang))
    tail = next((part for part in reversed(parts) if has_message(f"digest.part.{part}")), "")
    if tail:
        words.append(message(f"digest.part.{tail}", lang))
    elif not words:
        words.append(change.key)
    if not rule and (period := parts[-1])[:4].isdigit():
        words.append(figure_period(period, lang))
    joined = message("digest.comma", lang).join(words)
    if not place:
        return visible(joined)
    return visible(message("digest.placed", lang, place=snapshot.name("areas", place, lang), what=joined))


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
    # Readers learn that it failed; why, with cell and code, is for the index, the log and the operators.
    text = message("digest.line.report", lang, title=change.title, name=change.name)
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

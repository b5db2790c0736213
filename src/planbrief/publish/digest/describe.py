"""Names and values of a digest in words of either language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from planbrief.display.language import Lang, has_message, message, term
from planbrief.display.numbers import MINUS
from planbrief.display.periods import figure_period, period_text
from planbrief.display.quantities import value_text
from planbrief.measures.figures import Figure
from planbrief.publish.digest.changes import FigureChange, number
from planbrief.publish.digest.snapshot import Row, Snapshot
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

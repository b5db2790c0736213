"""What a place's documents state besides its targets, theme by theme, and the notes that observations call for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from planbrief.display.language import message, sentence_case, term
from planbrief.display.table import Cell, Column, Table
from planbrief.measures.facts import merged_facts
from planbrief.measures.figures import Figure
from planbrief.measures.labels import Label, label, measured

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset
from typing import TYPE_CHECKING

from planbrief.measures.labels import listing, period
from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    from planbrief.targets import Dataset


#: How the value of a transformation is measured; everything else is a level in its printed unit.
MEASURES = {
    "share": "share", "contribution": "share", "yoy": "share", "avg_annual": "share", "cumulative": "share",
    "difference_pp": "points",
}  # fmt: skip
#: Changes of a level or share, told from the level itself where no area says what they are measured against.
CHANGES = ("difference", "difference_pp")
#: A place with more facts than this gets a table per theme; with fewer, one table has a group per theme.
ONE_TABLE = 60
#: A theme with fewer rows than this joins the table of the smaller themes.
OWN_TABLE = 8


def both(key: str, **values: Any) -> tuple[str, str]:
    """A message of the views in both languages."""
    return message(f"views.{key}", "zh", **values), message(f"views.{key}", "en", **values)


def named(key: str, **names: Label) -> tuple[str, str]:
    """A message of the views in both languages, filled with names in the language of each."""
    zh = message(f"views.{key}", "zh", **{name: value.zh for name, value in names.items()})
    return zh, message(f"views.{key}", "en", **{name: value.en for name, value in names.items()})


def fact_figure(row: Mapping[str, Any], observations: tuple[str, ...]) -> Figure:
    """One printed number as a figure: value, unit, bound, the observations that print it."""
    ranged = row["comparator"] == "range"
    measure = MEASURES.get(row["transformation"], "level")
    if measure == "share" and row["unit_measure"] not in ("", "%"):
        measure = "level"  # three tenths or five per mille keep their unit
    parts = [row[name] for name in ("ref_area", "indicator", "activity", "subject", "counterpart_area") if row[name]]
    return Figure(
        key="/".join([*parts, row["transformation"], row["time_period"]]),
        value=row["obs_value"],
        measure=measure,
        unit=row["unit_measure"],
        observations=observations,
        lower=row["obs_value"] if ranged else math.nan,
        upper=row["upper_value"] if ranged else math.nan,
        comparator=row["comparator"],
        undefined="" if not math.isnan(row["obs_value"]) else f"status_{row['obs_status']}",
        year=row["time_period"],
    )


def facts_table(
    ds: Dataset,
    city: str,
    parts: Iterable[tuple[Label | None, pd.DataFrame]],
    caption: tuple[str, str],
    *,
    placed: bool = False,
    located: bool = True,
) -> Table:
    """One row per fact: what, value, period, kind, and where it stands in the document.

    Parameters
    ----------
    parts : iterable of (label, rows)
        Observations; a part with a label starts with a group row.
    placed : bool
        Whether the parts are places, so that the rows need not name them.
    located : bool
        Whether a column says where each fact stands; without it the databook and the provenance of each number do.
    """
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    behind: list[str] = []
    for name, rows in parts:
        if name is not None:
            groups[len(lines)] = name
        lines += [fact_row(ds, city, fact, placed)[: None if located else -1] for fact in merged_facts(rows)]
        behind += [str(obs_id) for obs_id in rows.index]
    columns = (
        Column("what", both("head.what"), head=True, width=3.8),
        Column("value", both("head.value"), "level", align="right", width=1.7),
        Column("period", both("head.period"), "period", width=1.2),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=1.1),
        Column("locator", both("head.locator"), width=1.9),
    )
    shown = columns if located else columns[:-1]
    return Table(shown, tuple(lines), caption, notes=remarks(ds, behind), groups=groups)


def fact_row(ds: Dataset, city: str, fact: Mapping[str, Any], placed: bool) -> tuple[Cell, ...]:
    """The cells of one fact; a part of the city is named before what is measured unless its group is."""
    figure = fact_figure(fact, fact["observations"])
    what = fact_name(ds, fact)
    if fact["ref_area"] != city and not placed:
        what = Label(*named("value.placed", place=label(ds, "areas", fact["ref_area"]), what=what))
    return (
        Cell(what, head=True),
        value_cell(ds, fact, figure),
        Cell(fact["time_period"]),
        Cell(fact["kind"]),
        Cell(Label(fact["locator"], fact["locator"])),
    )


def fact_name(ds: Dataset, fact: Mapping[str, Any]) -> Label:
    """What a fact states: the indicator, what it is of, whether its growth or share is meant, and beside which area.

    A rate or share is named where the indicator itself is a level: 机场旅客吞吐量（同比增速）.
    """
    what = measured(ds, fact["indicator"], fact["activity"], fact["subject"])
    form, own = fact["transformation"], ds.row("indicators", fact["indicator"])["aggregation"]
    if form in CHANGES and not fact["counterpart_area"]:
        what = Label(*named("value.change", what=what))
    elif form in MEASURES and form not in CHANGES and own not in ("rate", "share"):
        words = Label(term("transformation", form, "zh"), term("transformation", form, "en"))
        what = Label(*named("value.form", what=what, form=words))
    return referred(ds, fact, what)


def referred(ds: Dataset, fact: Mapping[str, Any], what: Label) -> Label:
    """A name with the area that the fact is measured against, if there is one: a destination, the field of a rank."""
    if not fact["counterpart_area"]:
        return what
    kind = {"difference_pp": "against", "difference": "against", "level": "toward"}.get(
        fact["transformation"], "beside"
    )
    return Label(*named(f"value.{kind}", what=what, other=label(ds, "areas", fact["counterpart_area"])))


def value_cell(ds: Dataset, fact: Mapping[str, Any], figure: Figure) -> Cell:
    """The value of a fact: its figure; words where the transformation needs them (rank, multiple, no number)."""
    note = {
        "rank": "value.rank",
        "increase_multiple": "value.increase_multiple",
        "ratio_to_base": "value.ratio_to_base",
    }
    if fact["obs_status"] in ("M", "O"):
        return unprinted(fact, figure.observations)
    if fact["transformation"] in note:
        doubled = fact["unit_measure"] == "番"
        key = "value.doublings" if doubled else note[fact["transformation"]]
        return Cell(multiple_words(key, fact), figure.observations)
    return Cell(figure, figure.observations)


def multiple_words(key: str, fact: Mapping[str, Any]) -> tuple[str, str]:
    """A rank or multiple in words, with its bound: 增长 3 倍以上, increase of at least 3 × the base."""
    value = f"{fact['obs_value']:g}"
    zh, en = both(key, value=value)
    if fact["comparator"] == "eq":
        return zh, en
    bound = f"bound.{fact['comparator']}"
    if key == "value.increase_multiple":
        return message(bound, "zh", value=zh), both(key, value=message(bound, "en", value=value))[1]
    return message(bound, "zh", value=zh), message(bound, "en", value=en)


def unprinted(fact: Mapping[str, Any], observations: tuple[str, ...], span: int = 1) -> Cell:
    """A cell of a document that holds no number: its dash, or the words that stand there."""
    words = both(f"status_cell.{fact['obs_status']}", text=fact["value_text"])
    return Cell(words, observations, tone="muted", span=(span, 1))


def word(ds: Dataset, table: str, code: str) -> Label:
    """A theme, concept or scope as it stands alone in a heading or cell."""
    name = label(ds, table, code)
    return Label(name.zh, sentence_case(name.en))


def theme_facts(ds: Dataset, city: str, *, shown: Iterable[Table | None] = ()) -> Iterator[tuple[Label | None, Table]]:
    """Facts of a city by theme, in the order of the table of themes: heading (if any) and table.

    A place with few facts gets one table with a group per theme; one with many gets a table for each large theme and
    one for the others. Counts of named things (how many industries, tracks, districts) come last.

    Parameters
    ----------
    shown : iterable of Table
        Tables of the page whose observations need not be listed again.
    """
    rows = ds.of_city(city)
    again = {obs_id for table in shown if table is not None for obs_id in table.observations()}
    rows = rows[~rows.index.isin(again)]
    if rows.empty:
        return
    counted = rows["kind"] == "count"
    facts, counts = by_theme(ds, rows[~counted]), by_theme(ds, rows[counted])
    place = label(ds, "areas", city)
    counts_name = Label(*both("head.counts"))
    if len(rows) <= ONE_TABLE:
        last = [(counts_name, rows[counted])] if counts else []
        yield None, facts_table(ds, city, [*facts, *last], named("caption.facts", place=place))
        return
    small = [(name, chosen) for name, chosen in facts if len(chosen) < OWN_TABLE]
    for name, chosen in facts:
        if len(chosen) >= OWN_TABLE:
            caption = named("caption.theme", place=place, theme=name)
            yield name, facts_table(ds, city, by_place(ds, city, chosen), caption, placed=True, located=False)
    if small:
        caption = named("caption.others", place=place)
        yield Label(*both("head.other_themes")), facts_table(ds, city, small, caption, located=False)
    if counts:
        yield counts_name, facts_table(ds, city, counts, named("caption.counts", place=place), located=False)


def by_place(ds: Dataset, city: str, rows: pd.DataFrame) -> list[tuple[Label | None, pd.DataFrame]]:
    """Observations by place, the city itself first; without group names where there is only the city."""
    places = sorted(dict.fromkeys(rows["ref_area"]), key=lambda place: place != city)
    if places == [city]:
        return [(None, rows)]
    return [(label(ds, "areas", place), rows[rows["ref_area"] == place]) for place in places]


def by_theme(ds: Dataset, rows: pd.DataFrame) -> list[tuple[Label, pd.DataFrame]]:
    """Observations by theme, in the order of the table of themes."""
    of_theme = rows["indicator"].map(ds.indicators["theme"])
    parts = [(word(ds, "themes", theme), rows[of_theme == theme]) for theme in ds.themes]
    return [(name, chosen) for name, chosen in parts if not chosen.empty]


def remarks(ds: Dataset, observations: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Price basis and estimates among some observations, in words of both languages.

    Notes
    -----
    A basis that is a year's prices is named with the number of figures that carry it; ``real`` is part of what a
    growth rate is and needs no note. An estimate (OBS_STATUS E) is named with its period.
    """
    rows = ds.select(obs_id=list(dict.fromkeys(observations)))
    found = []
    for basis, group in rows.groupby("price_base", sort=True):
        if basis and basis != "real":
            zh, en = term("price_base", str(basis), "zh"), term("price_base", str(basis), "en")
            count = str(len(group))
            found.append(
                (
                    message("views.note.prices", "zh", basis=zh, count=count),
                    message("views.note.prices", "en", basis=en, count=count),
                )
            )
    estimates = rows[rows["obs_status"] == "E"]
    names = []
    for row in records_of(estimates):
        name = measured(ds, row["indicator"], row["activity"], row["subject"])
        when = period(row["time_period"])
        names.append(Label(f"{name.zh}（{when.zh}）", f"{name.en} ({when.en})"))
    if names:
        named = listing(names)
        found.append(
            (
                message("views.note.estimates", "zh", names=named.zh),
                message("views.note.estimates", "en", names=named.en),
            )
        )
    return tuple(found)

"""Where a place stands on the way to its targets, as a table; there is none before the first later actual value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import message
from planbrief.display.quantities import value_text
from planbrief.measures.figures import Figure, figure
from planbrief.measures.tables import progress_table
from planbrief.targets.frames import records_of
from planbrief.targets.names import label, measured, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Colour of a verdict; words carry it, colour only repeats it.
TONES = {"ahead": "good", "behind": "warn", "on_path": "", "": "muted"}


def progress_view(ds: Dataset, region: str) -> Table | None:
    """Progress toward every target that is not past; None while no series has an actual value after its base year.

    Columns: latest actual value, target, increment completion, time elapsed, gap to schedule on both paths with the
    verdict of the series' own path, years ahead or behind, growth needed from now on.
    """
    frame = progress_table(ds, region)
    apart = frame.attrs["prices_differ"]
    if frame.empty and not apart:
        return None
    records: list[dict[str, Any]] = records_of(frame)
    rows = [_row(ds, row) for row in records] + [_not_judged(ds, *found) for found in apart]
    columns = (
        Column("what", _words("head.what"), head=True, width=2.4),
        Column("latest", _words("head.latest"), align="right", width=1.4),
        Column("target", _words("head.target"), align="right", width=1.4),
        Column("completion", _words("head.completion"), "share", width=1),
        Column("elapsed", _words("head.elapsed"), "share", width=1),
        Column("geometric", _words("head.gap_geometric"), "points", width=1.1),
        Column("linear", _words("head.gap_linear"), "points", width=1.1),
        Column("verdict", _words("head.verdict"), width=1.1),
        Column("ahead", _words("head.ahead"), "years", width=1),
        Column("required", _words("head.required"), align="right", width=1.3),
    )
    place = label(ds, "areas", region)
    caption = (message("progress.caption", "zh", place=place.zh), message("progress.caption", "en", place=place.en))
    notes = [_words("note")] if records else []
    if apart:
        count = len(apart)
        notes.append((message("progress.prices", "zh", count=count), message("progress.prices", "en", count=count)))
    if any(row["value_formula"] for row in records):
        notes.append(_words("chained"))
    return Table(columns, tuple(rows), caption, notes=tuple(notes))


def _words(key: str) -> tuple[str, str]:
    return message(f"progress.{key}", "zh"), message(f"progress.{key}", "en")


def _row(ds: Dataset, row: dict[str, Any]) -> tuple[Cell, ...]:
    verdict = row[f"verdict_{row['shape']}"]
    if row["already_met"]:
        verdict = "met"
    words = _words(f"verdict.{verdict}") if verdict else ("", "")
    return (
        Cell(measured(ds, row["indicator"], row["activity"], row["subject"]), head=True),
        _point(row, "value", "latest_period"),
        _point(row, "target", "target_period"),
        _cell(figure(row, "completion")),
        _cell(figure(row, "elapsed")),
        _cell(figure(row, "gap_geometric_pp")),
        _cell(figure(row, "gap_linear_pp")),
        Cell(words, tone=TONES.get(verdict, "good")),
        _cell(figure(row, f"ahead_{row['shape']}_years")),
        Cell(_words("verdict.met"), tone="good") if row["already_met"] else _cell(_needed(row)),
    )


def _not_judged(ds: Dataset, key: str, latest: str, target: str) -> tuple[Cell, ...]:
    """A series whose latest value stands at other prices than its targets: both are shown, nothing is computed."""
    del key
    rows: dict[str, dict[str, Any]] = {
        name: dict(ds.observations.loc[obs]) for name, obs in (("latest", latest), ("target", target))
    }
    cells = []
    for name, obs in (("latest", latest), ("target", target)):
        row = rows[name]
        share = row["unit_measure"] == "%"
        made = Figure(
            f"{obs}/value", row["obs_value"], "share" if share else "level", "" if share else row["unit_measure"],
            (obs,), comparator=row["comparator"],
        )  # fmt: skip
        cells.append(_point_cell(made, row["time_period"]))
    row = rows["target"]
    head = Cell(measured(ds, row["indicator"], row["activity"], row["subject"]), head=True)
    empty = (Cell(""),) * 4
    return (head, *cells, *empty, Cell(_words("verdict.prices"), tone="muted"), Cell(""), Cell(""))


def _point(row: dict[str, Any], column: str, when: str) -> Cell:
    """A level with its period beside it."""
    return _point_cell(figure(row, column), str(row[when]))


def _point_cell(made: Figure, when: str) -> Cell:
    words = period(when)
    zh = message("progress.point", "zh", value=value_text(made, "zh"), period=words.zh)
    en = message("progress.point", "en", value=value_text(made, "en"), period=words.en)
    return Cell((zh, en), made.observations)


def _needed(row: dict[str, Any]) -> Figure:
    return figure(row, "required_increment" if math.isnan(row["required_rate"]) else "required_rate")


def _cell(made: Figure) -> Cell:
    return Cell(made) if made.defined else Cell("")

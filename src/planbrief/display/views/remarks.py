"""Notes below a table that its observations call for: price basis, figures estimated by the source, growth marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from planbrief.display.language import message, term
from planbrief.measures.labels import Label, listing, measured, period
from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    from planbrief.targets import Dataset


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

"""The brief's one table: what each city promises, how steep it is, and how well its figures hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, comparability_matrix
from planbrief.display.language import message
from planbrief.display.table import Cell, Column, Table
from planbrief.measures.audit import Audit, audit
from planbrief.measures.compare import side_by_side
from planbrief.measures.figures import Figure
from planbrief.measures.headlines import Headline
from planbrief.measures.labels import Label, label

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: From the best to the worst that two cities' closest figures can be.
STATUSES = ("comparable", "comparable_with_caution", "not_comparable")


def both(key: str, **values: Any) -> tuple[str, str]:
    """A message of this module in both languages."""
    return message(f"summary.{key}", "zh", **values), message(f"summary.{key}", "en", **values)


def audits(ds: Dataset, regions: Iterable[str]) -> dict[str, Audit]:
    """The audit of each city, made once for headlines, table and findings."""
    return {region: audit(ds, region) for region in regions}


def goals(ds: Dataset, region: str) -> tuple[Figure, Figure]:
    """How many targets of a city carry a date, and how many do not; a fact printed twice counts once."""
    rows = ds.of_city(region)
    rows = rows[rows["kind"].isin(["target", "constraint"])]
    once = rows.drop_duplicates(["ref_area", "indicator", "activity", "subject", "time_period", "obs_value"])

    def counted(name: str, chosen: pd.DataFrame) -> Figure:
        ids = tuple(str(obs_id) for obs_id in chosen.index)
        return Figure(f"{region}/goals/{name}", float(len(chosen)), "count", "", ids)

    return counted("dated", once[once["dated"]]), counted("undated", once[~once["dated"]])


def of_rule(found: Iterable[Headline], region: str, *rules: str) -> Headline | None:
    """The first headline of a city under one of some rules."""
    return next((h for h in found if h.rule in rules and h.region == region), None)


def summary_table(ds: Dataset, regions: Iterable[str], found: Iterable[Headline], made: Mapping[str, Audit]) -> Table:
    """One row per city: targets with and without a date, the steepest of them, achieved growth, findings."""
    headlines = tuple(found)
    rows = []
    for region in regions:
        dated, undated = goals(ds, region)
        steep = of_rule(headlines, region, "steepest_growth")
        grown = of_rule(headlines, region, "achieved_growth")
        rows.append(
            (
                Cell(label(ds, "areas", region), head=True),
                Cell(dated),
                Cell(undated),
                *described(steep, "rate", "summary.need"),
                *described(grown, "rate", "summary.grown"),
                Cell(float(len(made[region].of("inconsistent")) + len(made[region].of("implausible")))),
            )
        )
    columns = (
        Column("city", both("head.city"), head=True, width=1.2),
        Column("dated", both("head.dated"), "bare", width=0.9),
        Column("undated", both("head.undated"), "bare", width=0.9),
        Column("need", both("head.need"), width=2.4),
        Column("rate", both("head.rate"), "rate", width=1),
        Column("grown", both("head.grown"), width=2.4),
        Column("achieved", both("head.achieved"), "rate", width=1),
        Column("findings", both("head.findings"), "number", width=1),
    )
    return Table(columns, tuple(rows), both("caption.summary"), notes=(both("note.summary"),))


def described(headline: Headline | None, name: str, key: str) -> tuple[Cell, Cell]:
    """What a headline is about, with its years, and its number; a dash where there is none."""
    if headline is None:
        return Cell(both("none"), tone="muted"), Cell("")
    values: Any = headline.figures
    what: Label = values["name"]
    if "end_period" in values:
        zh = message(key, "zh", what=what.zh, start=values["start_period"].zh, end=values["end_period"].zh)
        en = message(key, "en", what=what.en, start=values["start_period"].en, end=values["end_period"].en)
    else:
        zh = message(key, "zh", what=what.zh, period=values["period"].zh)
        en = message(key, "en", what=what.en, period=values["period"].en)
    return Cell((zh, en)), Cell(values[name])


def comparability_chart(ds: Dataset, regions: Iterable[str]) -> Chart | None:
    """How far the closest figures of every pair of cities can be compared; None for fewer than two cities with any."""
    asked = tuple(regions)
    pairs = side_by_side(ds, asked).pairs
    if pairs.empty:
        return None
    verdicts = []
    for (a, b), group in pairs.groupby(["city_a", "city_b"], sort=False):
        status = min(group["status"], key=STATUSES.index)
        number = int((group["status"] != "not_comparable").sum())
        reason = both("pairs", count=number, total=len(group))
        verdicts.append((label(ds, "areas", str(a)), label(ds, "areas", str(b)), status, reason))
    return comparability_matrix(verdicts, both("caption.comparability"), notes=(both("note.comparability"),))

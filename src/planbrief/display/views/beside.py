"""A city beside its province: growth achieved, aims, and every indicator that both report, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.facts import both, fact_row, named, words
from planbrief.measures.facts import merged_facts
from planbrief.measures.labels import Label, label

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: What a province's economy is judged by, shown whether the city reports it or not.
ECONOMY = (
    "gdp_growth", "gdp", "gdp_per_capita", "industrial_value_added_above_designated_growth",
    "fixed_asset_investment_growth", "retail_sales_growth", "goods_trade_growth", "general_budget_revenue_growth",
    "new_urban_jobs", "rd_intensity", "urbanisation_rate",
)  # fmt: skip
KINDS = ["actual", "estimate", "target", "constraint"]
FORMS = ["level", "share", "yoy", "avg_annual"]


def beside_table(ds: Dataset, city: str) -> Table | None:
    """The city's values and its province's, indicator by indicator; None without a document about the province.

    A row says whose value it is, its period and kind: a rate of another year, or over a stretch, stays apart.
    """
    around = [area for area in ds.context_of(city) if area in ds.package.regions]
    if not around:
        return None
    own, theirs = stated(ds, city), stated(ds, around[0])
    shared = set(own["indicator"]) & set(theirs["indicator"])
    order = [one for one in (*ECONOMY, *ds.indicators.index) if one in shared or one in ECONOMY]
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    for indicator in dict.fromkeys(order):
        facts = [fact for rows in (own, theirs) for fact in merged_facts(rows[rows["indicator"] == indicator])]
        if facts:
            groups[len(lines)] = label(ds, "indicators", indicator)
        lines += [(Cell(holder(ds, fact), head=True), *fact_row(ds, city, fact)[1:-1]) for fact in facts]
    if not lines:
        return None
    columns = (
        Column("what", both("head.place"), head=True, width=2.6),
        Column("value", both("head.value"), "level", align="right", width=2.4),
        Column("period", both("head.period"), "period", width=1.2),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=1.1),
    )
    places = {"place": label(ds, "areas", city), "around": label(ds, "areas", around[0])}
    return Table(columns, tuple(lines), named("caption.beside", **places), groups=groups)


def holder(ds: Dataset, fact: Mapping[str, Any]) -> Label:
    """Whose value it is; a mean over several years says so."""
    place = label(ds, "areas", fact["ref_area"])
    if fact["transformation"] != "avg_annual":
        return place
    form = words("transformation", "avg_annual")
    return Label(f"{place.zh}（{form.zh}）", f"{place.en} ({form.en})")


def stated(ds: Dataset, area: str) -> pd.DataFrame:
    """Dated values and aims of a whole place, in order of time."""
    rows = ds.select(ref_area=area, kind=KINDS, transformation=FORMS, subject="", activity="")
    return rows[rows["dated"] & rows["obs_value"].notna()].sort_values("year", kind="stable")

"""A city beside its province: what both report, last reached and first aimed at, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.views.facts import both, fact_row, words
from planbrief.measures.evidence import merged_facts
from planbrief.targets.names import Label, label

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: What a province's economy is judged by, shown where the city reports none of what the province does.
ECONOMY = (
    "gdp_growth", "gdp", "gdp_per_capita", "industrial_value_added_above_designated_growth",
    "fixed_asset_investment_growth", "retail_sales_growth", "goods_trade_growth", "general_budget_revenue_growth",
    "new_urban_jobs", "rd_intensity", "urbanisation_rate",
)  # fmt: skip
#: … and how many of them are.
MOST_ALONE = 5
AIMS = ("target", "constraint")
KINDS = ["actual", *AIMS]
FORMS = ["level", "share", "yoy"]


def beside_table(ds: Dataset, city: str) -> Table | None:
    """The city's values and its province's, indicator by indicator; None without a document about the province.

    The latest value that was reached and the first that is aimed at, each with its period.
    """
    around = [area for area in ds.context_of(city) if area in ds.package.regions]
    if not around:
        return None
    sides = [stated(ds, area) for area in (city, around[0])]
    names = [set(rows["indicator"]) for rows in sides]
    chosen = names[0] & names[1] or names[1] & set(ECONOMY[:MOST_ALONE])
    order = [one for one in dict.fromkeys((*ECONOMY, *ds.indicators.index)) if one in chosen]
    lines: list[tuple[Cell, ...]] = []
    for indicator in order:
        facts = [merged_facts(rows[rows["indicator"] == indicator]) for rows in sides]
        for aimed in (False, True):
            found = [[fact for fact in side if (fact["kind"] in AIMS) == aimed] for side in facts]
            if not any(found):
                continue
            pair = [told(side, first=aimed) for side in found]
            kind = words("kind", "target" if aimed else "actual")
            what = Label(*both("value.form", what=label(ds, "indicators", indicator), form=kind))
            cells = [fact_row(ds, city, fact)[1:3] if fact is not None else (Cell(""), Cell("")) for fact in pair]
            lines.append((Cell(what, head=True), *cells[0], *cells[1]))
    if not lines:
        return None
    places = {"place": label(ds, "areas", city), "around": label(ds, "areas", around[0])}
    columns = (
        Column("what", both("head.what"), head=True, width=4.4),
        *(
            column
            for side, name in places.items()
            for column in (
                Column(side, (name.zh, name.en), "level", align="right", width=1.7),
                Column(f"{side}_period", both("head.period"), "period", width=0.8),
            )
        ),
    )
    return Table(columns, tuple(lines), both("caption.beside", **places), notes=(both("note.beside"),))


def told(facts: Sequence[Mapping[str, Any]], *, first: bool) -> Mapping[str, Any] | None:
    """The first or last of some facts in order of time, a value before a mere bound of one year; None of none."""
    year = facts[0 if first else -1]["year"] if facts else None
    of_year = [fact for fact in facts if fact["year"] == year]
    return min(of_year, key=lambda fact: fact["comparator"] != "eq", default=None)


def stated(ds: Dataset, area: str) -> pd.DataFrame:
    """Dated values and aims of a whole place, in order of time."""
    rows = ds.select(ref_area=area, kind=KINDS, transformation=FORMS, subject="", activity="")
    return rows[rows["dated"] & rows["obs_value"].notna()].sort_values("year", kind="stable")

"""The brief's one table: what each city promises, how steep it is, and how well its figures hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, comparability_matrix
from planbrief.display.language import LANGS, message, pick, sentence_case
from planbrief.display.table import Cell, Column, Table
from planbrief.display.views.cities import answers, judged
from planbrief.display.views.opening import undated, within
from planbrief.display.views.paths import documents
from planbrief.measures.audit import Audit, audit
from planbrief.measures.compare import STATUSES, side_by_side
from planbrief.measures.figures import Figure
from planbrief.measures.headlines import Headline
from planbrief.measures.labels import Label, label

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Sentences of one kind about what may be compared.
MOST_SENTENCES = {"same_indicator_refused": 1, "pair_ratio": 1, "pair_ratio_caution": 1, "pair_difference": 1}


def both(key: str, **values: Any) -> tuple[str, str]:
    """A message of this module in both languages."""
    return message(f"summary.{key}", "zh", **values), message(f"summary.{key}", "en", **values)


def audits(ds: Dataset, regions: Iterable[str]) -> dict[str, Audit]:
    """The audit of each city, made once for headlines, table and findings."""
    return {region: audit(ds, region) for region in regions}


def goals(ds: Dataset, region: str) -> tuple[Figure, Figure]:
    """How many target values of a city carry a date, and how many goals do not; printed twice counts once."""
    rows = ds.of_city(region)
    rows = rows[rows["kind"].isin(["target", "constraint"]) & rows["dated"] & rows["obs_value"].notna()]
    once = rows.drop_duplicates(
        ["ref_area", "indicator", "activity", "subject", "transformation", "time_period", "obs_value"]
    )
    dated = tuple(str(obs_id) for obs_id in once.index)
    open_goals = tuple(goal.obs_id for goal in undated(ds, region))
    return (
        Figure(f"{region}/goals/dated", float(len(dated)), "count", "", dated),
        Figure(f"{region}/goals/undated", float(len(open_goals)), "count", "", open_goals),
    )


def of_rule(found: Iterable[Headline], region: str, *rules: str) -> Headline | None:
    """The first headline of a city under one of some rules."""
    return next((h for h in found if h.rule in rules and h.region == region), None)


def summary_table(ds: Dataset, regions: Iterable[str], found: Iterable[Headline], made: Mapping[str, Audit]) -> Table:
    """One row per city: targets with and without a date, the steepest of them, achieved growth, findings."""
    headlines = tuple(found)
    rows = []
    for region in regions:
        dated, undated = goals(ds, region)
        steep = of_rule(headlines, region, "steepest_growth", "steepest_growth_open")
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
        Column("dated", both("head.dated"), "bare", width=0.95),
        Column("undated", both("head.undated"), "bare", width=0.95),
        Column("need", both("head.need"), width=2.6),
        Column("rate", both("head.rate"), "rate", width=0.9),
        Column("grown", both("head.grown"), width=2.6),
        Column("achieved", both("head.achieved"), "rate", width=0.8),
        Column("findings", both("head.findings"), "number", width=0.95),
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
    elif "definition" in values:
        zh, en = (
            message("summary.defined", lang, what=pick(what, lang), period=pick(values["period"], lang),
                    definition=pick(values["definition"], lang))
            for lang in LANGS
        )  # fmt: skip
    else:
        zh = message(key, "zh", what=what.zh, period=values["period"].zh)
        en = message(key, "en", what=what.en, period=values["period"].en)
    return Cell((zh, sentence_case(en))), Cell(values[name])


def compared(ds: Dataset, regions: Iterable[str]) -> tuple[list[Headline], Chart | None]:
    """What may be compared between cities and why the rest may not: sentences, and a chart of every two cities.

    Nothing for fewer than two cities. A cell of the chart says how many of the pairs that two cities have on a theme
    in a kind of unit may be compared.
    """
    asked = tuple(dict.fromkeys(regions))
    if len(asked) < 2:
        return [], None
    side = side_by_side(ds, asked)
    told: Counter[str] = Counter()
    sentences = []
    for headline in answers(ds, asked, side):
        told[headline.rule] += 1
        if told[headline.rule] <= MOST_SENTENCES.get(headline.rule, 1):
            sentences.append(within(ds, headline))
    pairs = judged(ds, side)
    if not pairs:
        return sentences, None
    verdicts = []
    for a, b in combinations(asked, 2):
        found = [pair.verdict for pair in pairs if {pair.city_a, pair.city_b} == {a, b}]
        if found:
            status = min((one.status for one in found), key=STATUSES.index)
            words = both("pairs", count=sum(one.allowed for one in found), total=len(found))
            verdicts.append((label(ds, "areas", a), label(ds, "areas", b), status, words))
    behind = (obs_id for pair in pairs for obs_id in (pair.verdict.a, pair.verdict.b))
    chart = comparability_matrix(
        verdicts, both("caption.comparability"), notes=(both("note.comparability"),), sources=documents(ds, behind)
    )
    return sentences, chart

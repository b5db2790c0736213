"""What a place's documents state besides its targets: by theme, beside its province; notes of observations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import LANGS, Lang, bilingual, fields, message, sentence_case, term
from planbrief.display.quantities import period_text, unit_words
from planbrief.measures.evidence import merged_facts
from planbrief.measures.figures import Figure
from planbrief.measures.headlines import Headline
from planbrief.measures.series import AIM_KINDS
from planbrief.targets.frames import records_of
from planbrief.targets.names import Label, label, listing, located, measured, period

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.measures.verdicts import Reason, Verdict
    from planbrief.targets import Dataset


#: How the value of a transformation is measured; everything else is a level in its printed unit.
MEASURES = {
    "share": "share", "contribution": "share", "yoy": "share", "avg_annual": "share", "cumulative": "share",
    "difference_pp": "points",
}  # fmt: skip
#: Changes of a level or share, told from the level itself where no area says what they are measured against.
CHANGES = ("difference", "difference_pp")
#: Changes over several years, told from those of one.
OVER_YEARS = ("avg_annual", "cumulative")
#: A place with more facts than this tells the main ones only.
ONE_TABLE = 60
#: Kinds of facts that a profile with many facts leaves to the databook.
LEFT_OUT = ("count", "resource")


#: A message of the views in both languages.
both = partial(bilingual, "views")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as mappings."""
    found: list[dict[str, Any]] = records_of(frame)
    return found


def words(vocabulary: str, code: str) -> Label:
    """A code of a vocabulary in both languages."""
    return Label(term(vocabulary, code, "zh"), term(vocabulary, code, "en"))


def unit_name(unit: str) -> Label:
    """A unit in both languages; English keeps the printed one beside its words."""
    words, kept = unit_words(unit, "en")
    return Label(unit, f"{words} ({kept})" if kept and kept != words else words)


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
    located: bool = True,
) -> Table:
    """One row per fact: what, value, period, kind, and where it stands in the document.

    Parameters
    ----------
    parts : iterable of (label, rows)
        Observations; a part with a label starts with a group row.
    located : bool
        Whether a column says where each fact stands; without it the databook and the provenance of each number do.
    """
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    behind: list[str] = []
    for name, rows in parts:
        if name is not None:
            groups[len(lines)] = name
        lines += [fact_row(ds, city, fact)[: None if located else -1] for fact in merged_facts(rows)]
        behind += [str(obs_id) for obs_id in rows.index]
    columns = (
        Column("what", both("head.what"), head=True, width=3.8 if located else 5),
        Column("value", both("head.value"), "level", align="right", width=1.7),
        Column("period", both("head.period"), "period", width=1.2),
        Column("kind", both("head.kind"), "code", vocabulary="kind", width=1.1),
        Column("locator", both("head.locator"), width=1.9),
    )
    shown = columns if located else columns[:-1]
    return Table(shown, tuple(lines), caption, notes=remarks(ds, behind), groups=groups)


def fact_row(ds: Dataset, city: str, fact: Mapping[str, Any]) -> tuple[Cell, ...]:
    """The cells of one fact; a part of the city is named before what is measured."""
    figure = fact_figure(fact, fact["observations"])
    what = fact_name(ds, fact)
    if fact["ref_area"] != city:
        what = Label(*both("value.placed", place=label(ds, "areas", fact["ref_area"]), what=what))
    return (
        Cell(what, head=True),
        value_cell(ds, fact, figure),
        Cell(fact["time_period"]),
        Cell(fact["kind"]),
        Cell(located(fact["locator"])),
    )


def fact_name(ds: Dataset, fact: Mapping[str, Any]) -> Label:
    """What a fact states: the indicator, what it is of, whether its growth or share is meant, and beside which area.

    A rate or share is named where the indicator itself is a level: 机场旅客吞吐量（同比增速）; an average or total
    change over several years always is.
    """
    what = measured(ds, fact["indicator"], fact["activity"], fact["subject"])
    form, own = fact["transformation"], ds.row("indicators", fact["indicator"])["aggregation"]
    if form in CHANGES and not fact["counterpart_area"]:
        what = Label(*both("value.change", what=what))
    elif form in OVER_YEARS or (form in MEASURES and form not in CHANGES and own not in ("rate", "share")):
        words = Label(term("transformation", form, "zh"), term("transformation", form, "en"))
        what = Label(*both("value.form", what=what, form=words))
    return referred(ds, fact, what)


def referred(ds: Dataset, fact: Mapping[str, Any], what: Label) -> Label:
    """A name with the area that the fact is measured against: a destination, the field of a rank.

    A fact that is measured against nothing, or within its own area (the order of a city's sectors), keeps its name.
    """
    if fact["counterpart_area"] in ("", fact["ref_area"]):
        return what
    kind = {"difference_pp": "against", "difference": "against", "level": "toward"}.get(
        fact["transformation"], "beside"
    )
    other = label(ds, "areas", fact["counterpart_area"])
    if ds.row("areas", fact["counterpart_area"])["level"] == "country":  # 居全国第5位, 与全国之差
        other = Label(both("value.nation")[0], other.en)
    return Label(*both(f"value.{kind}", what=what, other=other))


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
    if fact["comparator"] == "range":
        upper = f"{fact['upper_value']:g}"
        return both(key, value=f"{value}–{upper}")[0], both(key, value=f"{value} to {upper}")[1]
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


def told_facts(ds: Dataset, city: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The facts of a place with many of them that its profile tells: its own about money, people, rates and shares.

    Facts of its zones and districts, resources, and how many things there are of a kind stand in the databook.
    """
    if len(rows) <= ONE_TABLE:
        return rows
    about = ds.indicators.loc[rows["indicator"]]
    natures = [ds.nature_of(name) in ("value", "money") for name in rows["indicator"]]
    main = about["aggregation"].isin(("share", "rate")).to_numpy() | about["concept"].eq("population").to_numpy()
    own = (rows["ref_area"] == city) & ~rows["kind"].isin(LEFT_OUT) & (rows["subject"] == "")
    return rows[own & (main | natures)]


def theme_facts(ds: Dataset, city: str, *, shown: Iterable[Table | None] = ()) -> Table | None:
    """Facts of a city in one table with a group per theme, in the order of the table of themes; None without any.

    Counts of named things (how many industries, tracks, districts) come last; a place with many facts leaves some to
    the databook (:func:`told_facts`), and :func:`facts_left_out` says how many.

    Parameters
    ----------
    shown : iterable of Table
        Tables of the page whose observations need not be listed again.
    """
    rows = ds.of_city(city)
    again = {obs_id for table in shown if table is not None for obs_id in table.observations()}
    told = told_facts(ds, city, rows)
    few = len(told) == len(rows)
    told = told[~told.index.isin(again)]
    if told.empty:
        return None
    counted = told["kind"] == "count"
    last = [(Label(*both("head.counts")), told[counted])] if counted.any() else []
    caption = both("caption.facts", place=label(ds, "areas", city))
    return facts_table(ds, city, [*by_theme(ds, told[~counted]), *last], caption, located=few)


def facts_left_out(ds: Dataset, city: str, *, shown: Iterable[Table | None] = ()) -> list[Headline]:
    """How many facts :func:`theme_facts` leaves to the databook, as a headline; none for a place with few facts."""
    rows = ds.of_city(city)
    told = told_facts(ds, city, rows)
    again = {obs_id for table in shown if table is not None for obs_id in table.observations()}
    left = rows[~rows.index.isin(told.index) & ~rows.index.isin(again)]
    if left.empty:
        return []
    count = Figure(f"{city}/facts_left_out", float(len(left)), "count")
    return [Headline("facts_left_out", 0, city, {"count": count})]


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


#: Reason → vocabulary that names its two codes.
_TERMS = {
    "status": "obs_status",
    "transformation": "transformation",
    "price_base": "price_base",
    "kind": "kind",
    "bound": "comparator",
    "approximate": "comparator",
    "area_level": "area_level",
    "missing": "obs_status",
    "break": "obs_status",
}
#: Reason → reference table that names its two keys.
_TABLES = {
    "definition": "indicators", "counterpart_area": "areas", "activity": "activities", "concept": "concepts",
    "scope": "scopes",
}  # fmt: skip
_PERIODS = frozenset({"base_period", "undated", "period_length", "period"})


def code_words(key: str, code: str, ds: Dataset, lang: Lang) -> str:
    """One side of a reason in words; an empty code, or an indicator without a scope, is "not stated"."""
    if key in _PERIODS:
        return period_text(code, lang)
    if not code or (key == "scope" and code == "none"):
        return message("comparison.unstated", lang)
    if key in _TERMS:
        return term(_TERMS[key], code, lang)
    if key in _TABLES:
        return ds.name(_TABLES[key], code, lang)
    if key == "unit":
        return unit_words(code, lang)[0] or code
    return code


def reason_words(reason: Reason, ds: Dataset, lang: Lang) -> str:
    """One difference between two observations: 统计范围不同（规模以上工业；全社会）."""
    key = f"comparison.{reason.key}"
    template = message(key, lang, a="{a}", b="{b}")
    if not fields(template, key):
        return template
    a, b = (code_words(reason.key, code, ds, lang) for code in (reason.a, reason.b))
    return message(key, lang, a=a, b=b)


def verdict_words(verdict: Verdict, ds: Dataset, *, forbidding_only: bool = True) -> tuple[str, str]:
    """The reasons of a verdict in both languages, those that forbid alone where there are any.

    Returns
    -------
    tuple of str
        Chinese and English, empty where the two observations are alike.
    """
    reasons: Iterable[Reason] = verdict.reasons
    if forbidding_only and verdict.forbidding:
        reasons = verdict.forbidding
    chosen = list(reasons)
    zh, en = ([reason_words(reason, ds, lang) for reason in chosen] for lang in LANGS)
    return "；".join(zh), sentence_case("; ".join(en))


#: What a province's economy is judged by, shown where the city reports none of what the province does.
ECONOMY = (
    "gdp_growth", "gdp", "gdp_per_capita", "industrial_value_added_above_designated_growth",
    "fixed_asset_investment_growth", "retail_sales_growth", "goods_trade_growth", "general_budget_revenue_growth",
    "new_urban_jobs", "rd_intensity", "urbanisation_rate",
)  # fmt: skip
#: … and how many of them are.
MOST_ALONE = 5
KINDS = ["actual", *AIM_KINDS]
FORMS = ["level", "share", "yoy"]


def beside_table(ds: Dataset, city: str) -> Table | None:
    """The city's values and its province's, indicator by indicator; None without a document about the province.

    The latest value that was reached and the first that is aimed at, each with its period. Where the two state nothing
    in common, the province's main indicators alone, and the title says so.
    """
    around = [area for area in ds.context_of(city) if area in ds.package.regions]
    if not around:
        return None
    sides = [stated(ds, area) for area in (city, around[0])]
    names = [set(rows["indicator"]) for rows in sides]
    common = names[0] & names[1]
    chosen, shown = (common, 2) if common else (names[1] & set(ECONOMY[:MOST_ALONE]), 1)
    order = [one for one in dict.fromkeys((*ECONOMY, *ds.indicators.index)) if one in chosen]
    lines: list[tuple[Cell, ...]] = []
    for indicator in order:
        facts = [merged_facts(rows[rows["indicator"] == indicator]) for rows in sides]
        for aimed in (False, True):
            found = [[fact for fact in side if (fact["kind"] in AIM_KINDS) == aimed] for side in facts]
            if not any(found):
                continue
            pair = [told(side, first=aimed) for side in found]
            kind = words("kind", "target" if aimed else "actual")
            what = Label(*both("value.form", what=label(ds, "indicators", indicator), form=kind))
            cells = [fact_row(ds, city, fact)[1:3] if fact is not None else (Cell(""), Cell("")) for fact in pair]
            lines.append((Cell(what, head=True), *(cell for side in cells[-shown:] for cell in side)))
    if not lines:
        return None
    places = {"place": label(ds, "areas", city), "around": label(ds, "areas", around[0])}
    columns = (
        Column("what", both("head.what"), head=True, width=4.4),
        *(
            column
            for side, name in list(places.items())[-shown:]
            for column in (
                Column(side, (name.zh, name.en), "level", align="right", width=1.7),
                Column(f"{side}_period", both("head.period"), "period", width=0.8),
            )
        ),
    )
    caption = both("caption.beside" if shown == len(sides) else "caption.around", **places)
    return Table(columns, tuple(lines), caption, notes=(both("note.beside"),))


def told(facts: Sequence[Mapping[str, Any]], *, first: bool) -> Mapping[str, Any] | None:
    """The first or last of some facts in order of time, a value before a mere bound of one year; None of none."""
    year = facts[0 if first else -1]["year"] if facts else None
    of_year = [fact for fact in facts if fact["year"] == year]
    return min(of_year, key=lambda fact: fact["comparator"] != "eq", default=None)


def stated(ds: Dataset, area: str) -> pd.DataFrame:
    """Dated values and aims of a whole place, in order of time."""
    rows = ds.select(ref_area=area, kind=KINDS, transformation=FORMS, subject="", activity="")
    return rows[rows["dated"] & rows["obs_value"].notna()].sort_values("year", kind="stable")

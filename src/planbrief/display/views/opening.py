"""The answer that a brief or a profile opens with, in the words that only the page can give.

Headlines, and insights with their lists of years, assumptions and arithmetic, the weightiest first.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, KeyNumbers, Table
from planbrief.display.language import LANGS, bilingual, has_message, message, messages, pick, sentence_case, term
from planbrief.display.sentence import Listed, inside
from planbrief.display.views.checks import by_weight, weight
from planbrief.display.views.facts import both
from planbrief.display.views.growth import unit_label
from planbrief.display.views.needs import growth_lead, target_lead
from planbrief.measures.audit import SEVERITIES, Audit
from planbrief.measures.audit.model import Finding
from planbrief.measures.evidence import Evidence, evidence
from planbrief.measures.figures import Figure
from planbrief.measures.headlines import Headline
from planbrief.measures.insights import Insight, insights
from planbrief.targets.names import Label, label, listing, measured

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Undated goals that a sentence names.
MOST_GOALS = 4
#: Values of a headline that are names of things.
NAMES = frozenset({"name", "achieved_name", "branch", "group"})


def opening(ds: Dataset, found: Iterable[Headline]) -> tuple[Headline, ...]:
    """Headlines as a page tells them.

    Achieved growth gets a ``definition`` (real growth on the year before …), and the audit's counts become ``kinds``,
    a list without what is zero; a single finding has the rule ``inconsistencies_one``.
    """
    return tuple(within(ds, tallied(defined(ds, one))) for one in found)


def unsaid(found: Iterable[Headline], *above: Iterable[Any]) -> list[Headline]:
    """Headlines whose numbers nothing `above` has told: headlines, insights or key numbers of the same page."""
    told = {obs_id for group in above for one in group for obs_id in behind(one)}
    return [one for one in found if not behind(one) or not behind(one) <= told]


def behind(told: Any) -> set[str]:
    """The observations behind the numbers of a headline, an insight or a key number; a count tells none of them."""
    named = [getattr(told, "value", None), *(getattr(told, "figures", None) or getattr(told, "values", {})).values()]
    told_of = [value for value in named if isinstance(value, Figure) and value.measure != "count"]
    return {obs_id for value in told_of for obs_id in value.observations}


def within(ds: Dataset, headline: Headline) -> Headline:
    """A headline whose names read well inside an English sentence: gross output, not Gross output."""
    named = {
        key: inside(ds, value) if key in NAMES and isinstance(value, Label) else value
        for key, value in headline.figures.items()
    }
    return replace(headline, figures=named)


def defined(ds: Dataset, headline: Headline) -> Headline:
    """A headline about achieved growth with what its rate is a rate of."""
    rate = headline.figures.get("achieved") or headline.figures.get("rate")
    if not isinstance(rate, Figure) or not rate.observations:
        return headline
    if len(rate.observations) > 1:
        computed = [message("opening.definition.computed", lang) for lang in LANGS]
        return replace(headline, figures={**headline.figures, "definition": Label(computed[0], computed[1])})
    row = ds.package["observations"].by_key[rate.observations[0]].values
    basis = row["price_base"]
    key = f"opening.definition.{row['transformation']}"
    if not has_message(key, "zh"):
        return headline
    kind = [message(key, lang) for lang in LANGS]
    if not basis:
        prices = [message("opening.prices.unstated", lang) for lang in LANGS]
    elif basis == "real":
        prices = [message("opening.prices.real", lang) for lang in LANGS]
    else:
        prices = [message("opening.prices.at", lang, basis=term("price_base", basis, lang)) for lang in LANGS]
    whole = [message("opening.defined", lang, kind=k, prices=p) for lang, k, p in zip(LANGS, kind, prices, strict=True)]
    return replace(headline, figures={**headline.figures, "definition": Label(whole[0], whole[1])})


def tallied(headline: Headline) -> Headline:
    """The audit's counts as one list of the kinds that there are."""
    if headline.rule != "inconsistencies":
        return headline
    counts = {name: one for name in SEVERITIES if isinstance(one := headline.figures[name], Figure) and one.value}
    kinds = []
    for name, count in counts.items():
        what = message(f"opening.found.{name}", "en") if count.value > 1 else message(f"opening.found.{name}_one", "en")
        kinds.append({"count": count, "what": Label(message(f"opening.found.{name}", "zh"), what)})
    listed: Any = Listed(("{count}{what}", "{count} {what}"), tuple(kinds), ("、", ", "), ("、", " and "))
    rule = "inconsistencies" if sum(count.value for count in counts.values()) > 1 else "inconsistencies_one"
    return replace(headline, rule=rule, figures={**headline.figures, "kinds": listed})


def undated(ds: Dataset, region: str) -> list[Evidence]:
    """Goals of a city without a date, those of the whole city first, each once."""
    rows = ds.of_city(region)
    rows = rows[(rows["kind"] == "target") & (rows["time_period"] == "undated")]
    once: dict[tuple[str, ...], Evidence] = {}
    for goal in evidence(ds, rows):
        if goal.stated:
            key = (goal.ref_area, goal.indicator, goal.activity, goal.subject, goal.transformation)
            once.setdefault(key, goal)
    return sorted(once.values(), key=lambda goal: (goal.ref_area != region, bool(goal.subject), bool(goal.activity)))


def undated_words(ds: Dataset, regions: Iterable[str], each: tuple[str, str]) -> Iterator[Headline]:
    """The goals without a date, city by city: all of them, or the broadest with the number of all.

    `each` words one goal from its ``name`` and ``value``.
    """
    for region in regions:
        goals = undated(ds, region)
        levels = [goal for goal in goals if goal.transformation in ("level", "share", "contribution")]
        shown = levels[:MOST_GOALS]
        if not shown:
            continue
        items = tuple({"name": inside(ds, goal_name(ds, goal, region)), "value": goal_figure(goal)} for goal in shown)
        count = Figure(
            f"{region}/undated_goals/count", float(len(goals)), "count", "个", tuple(goal.obs_id for goal in goals)
        )
        figures: dict[str, Any] = {
            "area": label(ds, "areas", region),
            "goals": Listed(each, items, ("；", "; "), ("；", "; ")),
            "count": count,
        }
        yield Headline("undated_all" if len(shown) == len(goals) else "undated_some", 0, region, figures)


def goal_name(ds: Dataset, goal: Evidence, region: str) -> Label:
    """What a goal is about, with its place where that is a part of the city."""
    what = measured(ds, goal.indicator, goal.activity, goal.subject)
    if goal.ref_area == region:
        return what
    place = label(ds, "areas", goal.ref_area)
    return Label(f"{place.zh}{what.zh}", f"{what.en}, {place.en}")


def goal_figure(goal: Evidence) -> Figure:
    """The value of a goal as printed."""
    percent = goal.dimension in ("percent", "percentage_points")
    return Figure(
        f"{goal.ref_area}/{goal.indicator}/undated/{goal.obs_id}",
        goal.value,
        "share" if percent else "level",
        goal.unit,
        (goal.obs_id,),
        lower=goal.value if goal.comparator == "range" else math.nan,
        upper=goal.upper if goal.comparator == "range" else math.nan,
        comparator=goal.comparator,
    )


def without_dates(found: Iterable[Headline]) -> list[Headline]:
    """The cities without any dated target as one headline."""
    silent = [one for one in found if one.rule in ("no_dated_targets", "no_targets")]
    if not silent:
        return []
    names = [one.figures["area"] for one in silent]
    area = listing(name for name in names if isinstance(name, Label))
    return [Headline("none_dated", 0, silent[0].region, {"area": area})]


def main_findings(made: Mapping[str, Audit], limit: int = 5) -> list[Finding]:
    """The findings that deserve a sentence: the weightiest of each rule family, contradictions before doubts.

    Two fifths are left for doubts where there are that many.
    """
    best: dict[tuple[str, str], Finding] = {}
    for audit in made.values():
        for finding in (*audit.of("inconsistent"), *audit.of("implausible")):
            key = (finding.severity, finding.rule)
            if key not in best or weight(finding) > weight(best[key]):
                best[key] = finding
    ranked = by_weight(best.values())
    wrong = [one for one in ranked if one.severity == "inconsistent"]
    odd = [one for one in ranked if one.severity == "implausible"]
    doubts = min(len(odd), max(2 * limit // 5, limit - len(wrong)))
    return wrong[: limit - doubts] + odd[:doubts]


def story(ds: Dataset, region: str, limit: int | None = None, *, least: float = 0.0) -> tuple[Insight, ...]:
    """The insights of a place that a page tells, weightiest first, ready for ``tell()``.

    At most `limit`, and none that weighs less than `least`.
    """
    found = [worded(insight) for insight in insights(ds, region) if insight.weight >= least]
    return tuple(found if limit is None else found[:limit])


def stories(ds: Dataset, regions: Iterable[str], limit: int, *, least: float = 0.0) -> tuple[Insight, ...]:
    """The weightiest insights of several places, as :func:`story`.

    Of about equal weight, each place has a word before one has a second, in the order of the places. Where several
    places are told about, every sentence names its own.
    """
    told = [story(ds, region, least=least) for region in dict.fromkeys(regions)]
    ranked = [(-round(one.weight, 1), place, one) for found in told for place, one in enumerate(found)]
    chosen = [one for *_, one in sorted(ranked, key=lambda entry: entry[:2])[:limit]]
    several = len({one.region for one in chosen}) > 1
    return tuple(placed(ds, one) if several else one for one in chosen)


def placed(ds: Dataset, insight: Insight) -> Insight:
    """An insight whose sentence names its place also where its words do not: with what it is about, or the year."""
    about = "name" if "name" in insight.figures else "period"
    area, what = insight.figures["area"], insight.figures.get(about)
    if not isinstance(area, Label) or not isinstance(what, Label) or "{area}" in messages("zh")[insight.message]:
        return insight
    named = Label(*bilingual("opening", f"{about}_of", place=area, what=inside(ds, what)))
    return replace(insight, figures={**insight.figures, about: named})


def worded(insight: Insight) -> Insight:
    """An insight whose ``steps`` stand among its figures as a list of years."""
    key = f"insights.step.{insight.rule}"
    if not insight.steps or not has_message(key, "zh"):
        return insight
    listed = Listed((messages("zh")[key], messages("en")[key]), insight.steps)
    return replace(insight, figures={**insight.figures, "steps": listed})  # type: ignore[dict-item]


#: Sentences that a profile opens with beside its lead, and the weight below which an insight is left untold.
MOST_TOLD, LEAST_WEIGHT = 5, 0.12
#: Headlines that open the section of other facts.
STATED = ("achieved_growth", "commitment")


def sections(
    ds: Dataset,
    region: str,
    found: Iterable[Headline],
    numbers: KeyNumbers | None,
    *,
    answers: Container[str],
    derived: object = None,
) -> dict[str, list[Any]]:
    """What a profile says, part by part: every section opens with its one message, and nothing is said twice.

    Parts: ``lead`` (the headlines whose rules are `answers`, and the goal), ``opening``, then ``targets``, ``growth``,
    ``branches``, ``follows``, ``facts``, ``beside``; each a list of headlines and insights, empty where a section has
    no message of its own. `numbers` stand on the page; ``follows`` gets a sentence where a table shows it, `derived`.
    """
    headlines = list(found)
    told = story(ds, region)
    beside = [one for one in told if one.rule.startswith("beside_")]
    carried = [one for one in told if one.rule == "carriers"]
    kept = [one for one in told if one.weight >= LEAST_WEIGHT and one not in (*beside, *carried)]
    answer = [one for one in headlines if one.rule in answers]
    goal = [one for one in kept if one.rule == "share_goal"] or ([] if answer else kept[:1])
    rest = [one for one in kept if one not in goal]
    cut = len(rest) - 1 if derived is not None and 1 < len(rest) <= MOST_TOLD else MOST_TOLD
    above = (answer, kept, carried, beside, numbers.items if numbers else ())
    branch = [one for one in headlines if one.rule == "steepest_branch"]
    targets = target_lead(ds, region)
    lead = [*answer, *goal] or targets
    return {
        "lead": lead,
        "opening": rest[:cut],
        "targets": [one for one in targets if one not in lead],
        "growth": growth_lead(ds, region),
        "branches": carried[:1] or unsaid(branch, *above),
        "follows": [*rest[cut:], *carried[1:]],
        "facts": unsaid((one for one in headlines if one.rule in STATED), *above),
        "beside": beside,
    }


def assumptions(found: Iterable[Insight | Headline]) -> list[Headline]:
    """What is assumed for some insights, each assumption once, as one headline; none where nothing is."""
    told = [one for one in found if isinstance(one, Insight)]
    keys = dict.fromkeys(key for insight in told for key in insight.assumptions)
    names = [Label(*(message(f"insights.assumed.{key}", lang) for lang in LANGS)) for key in keys]
    return [Headline("assumed", 0, told[0].region, {"what": listing(names)})] if names else []


#: Years that fit beside each other.
MOST_YEARS = 6


def derived_table(ds: Dataset, region: str) -> Table | None:
    """What the targets imply, quantity by quantity and year by year; None where less than two years follow.

    Growth is the average a year since the column before, and what was achieved in the column of the base year.
    """
    found = [row for insight in insights(ds, region) for row in insight.rows]
    years = sorted({year for row in found for year in row.values})[:MOST_YEARS]
    if len(years) < 2:
        return None
    order = list(messages("zh"))
    kinds = ["level", "rate", "share"]
    firsts = {id(row): next(iter(row.values.values())) for row in found}
    found.sort(key=lambda row: order.index(f"insights.row.{row.name}"))
    units = list(dict.fromkeys(firsts[id(row)].unit for row in found))
    found.sort(key=lambda row: (kinds.index(firsts[id(row)].measure), units.index(firsts[id(row)].unit)))
    lines: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    for row in found:
        first = firsts[id(row)]
        group = unit_label(first.unit) if first.measure == "level" else Label(*both(f"group.derived_{first.measure}"))
        if group not in groups.values():
            groups[len(lines)] = group
        words = [message(f"insights.row.{row.name}", lang, of=pick(row.about, lang)) for lang in LANGS]
        cells = (Cell(row.values[year]) if year in row.values else Cell("") for year in years)
        lines.append((Cell(Label(words[0], sentence_case(words[1])), head=True), *cells))
    columns = (
        Column("what", both("head.what"), head=True, width=4),
        *(Column(f"{year:.0f}", f"{year:.0f}", "bare", align="right", width=1.1) for year in years),
    )
    caption = both("caption.derived", place=label(ds, "areas", region))
    return Table(columns, tuple(lines), caption, notes=(both("note.derived"),), groups=groups)

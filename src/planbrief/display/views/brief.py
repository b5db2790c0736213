"""The brief's composition: key numbers of the plan, what the other documents say, what does not add up by weight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planbrief.display.document import KeyNumber, KeyNumbers
from planbrief.display.language import LANGS, bilingual, message, messages, pick
from planbrief.display.sentence import Listed, inside
from planbrief.display.views.facts import ECONOMY, fact_figure, stated, told
from planbrief.display.views.growth import point_figure
from planbrief.display.views.needs import growth_rows, name_of, reached, records
from planbrief.display.views.opening import goal_figure, goal_name, undated
from planbrief.measures import tables
from planbrief.measures.audit import Audit, audit
from planbrief.measures.evidence import merged_facts
from planbrief.measures.figures import Figure, figure
from planbrief.measures.headlines import Headline
from planbrief.measures.insights import insights
from planbrief.measures.series import AIM_KINDS, BASE_KINDS
from planbrief.targets.names import Label, label, period, place

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Key numbers that a reader takes in at a glance, and facts of one place in a paragraph about the others.
MOST_NUMBERS, MOST_FACTS = 6, 2
#: How many series of a kind may be key numbers: output and money, shares, counts.
QUOTA = {"output": 3, "share": 3, "count": 1}


def both(key: str) -> tuple[str, str]:
    """A template of the brief in both languages."""
    return messages(LANGS[0])[f"brief.{key}"], messages(LANGS[1])[f"brief.{key}"]


def audits(ds: Dataset, regions: Iterable[str]) -> dict[str, Audit]:
    """The audit of each city, made once for headlines and findings."""
    return {region: audit(ds, region) for region in regions}


def key_numbers(ds: Dataset, regions: Iterable[str]) -> KeyNumbers | None:
    """The goals that a plan leads with: where each ends, where it starts, and what its first stretch needs.

    Taken are series of the whole place with an actual value to start from and a dated target, in the plan's own order,
    a few of each kind so that money does not hide shares; of several places the one with most such series, named. None
    where no place has one.
    """
    found = {region: numbers for region in regions if (numbers := key_numbers_of(ds, region))}
    if not found:
        return None
    best = max(found, key=lambda region: len(found[region]))
    if len(found) == 1:
        return KeyNumbers(tuple(found[best]))
    whose = label(ds, "areas", best)
    placed = (bilingual("brief", "placed", place=whose, what=number.label) for number in found[best])
    return KeyNumbers(tuple(replace(number, label=one) for number, one in zip(found[best], placed, strict=True)))


def key_numbers_of(ds: Dataset, region: str) -> list[KeyNumber]:
    """The key numbers of one place."""
    frame = growth_rows(ds, region, branches=False)
    frame = frame[(frame["stage"] == "planned") & (frame["ref_area"] == region)]
    points = tables.milestones(ds, region)
    points = points[points["annual"] & ~points["conflict"]]
    left = dict(QUOTA)
    found: list[KeyNumber] = []
    for series, group in frame.groupby("series", sort=False):
        first = records(group)[0]
        kind = "share" if first["family"] == "share" else "output" if first["shape"] == "geometric" else "count"
        levels = [point_figure(row) for row in points[points["series"] == series].itertuples()]
        if first["start_kind"] not in BASE_KINDS or len(levels) < 2 or not left[kind] or reached(ds, first):
            continue
        left[kind] -= 1
        found.append(key_number(ds, first, kind, levels))
        if len(found) == MOST_NUMBERS:
            break
    if left["output"] < QUOTA["output"]:
        return found
    # A work report states its main aims as growth; they lead where no output to be reached is stated.
    found = [*growth_aims(ds, region), *found]
    shown = {number.label[0] for number in found}
    return [*found, *(aim for aim in stated_aims(ds, region) if aim.label[0] not in shown)][:MOST_NUMBERS]


def growth_aims(ds: Dataset, region: str) -> list[KeyNumber]:
    """Growth rates that are aimed at, beside what was achieved last, weightiest first."""
    found: list[KeyNumber] = []
    for one in insights(ds, region):
        aim, last = one.figures.get("aim"), one.figures.get("last")
        name, until = one.figures.get("name"), one.figures.get("period")
        if isinstance(aim, Figure) and aim.measure == "rate" and isinstance(name, Label) and isinstance(until, Label):
            values: dict[str, object] = {"start": last, "start_period": one.figures["last_period"]}
            average = one.rule.startswith("average")
            found.append(KeyNumber(entitled(name, until, average=average), aim, both("note.share"), values))
    return found[: MOST_NUMBERS - 1]


def stated_aims(ds: Dataset, region: str) -> Iterator[KeyNumber]:
    """What an economy is judged by as far as it is aimed at, whether or not a document says what was reached."""
    rows = stated(ds, region)
    for indicator in ECONOMY:
        of = rows[rows["indicator"] == indicator]
        aim = told(merged_facts(of[of["kind"].isin(AIM_KINDS)]), first=True)
        last = told(merged_facts(of[of["kind"] == "actual"]), first=False)
        if aim is None:
            continue
        values: dict[str, object] = {}
        if last is not None and last["year"] < aim["year"] and last["transformation"] == aim["transformation"]:
            start = fact_figure(last, last["observations"])
            values = {"start": start, "start_period": period(last["time_period"])}
        title = entitled(label(ds, "indicators", indicator), period(aim["time_period"]))
        note = both("note.share" if values else "note.alone")
        yield KeyNumber(title, fact_figure(aim, aim["observations"]), note, values)


def entitled(what: Label, when: Label, *, average: bool = False) -> tuple[str, str]:
    """What a key number is of, and when, or over which years it is an average."""
    key = "brief.average" if average else "brief.number"
    zh, en = (message(key, lang, what=pick(what, lang), period=pick(when, lang)) for lang in LANGS)
    return zh, en


def key_number(ds: Dataset, first: Mapping[str, Any], kind: str, levels: list[Figure]) -> KeyNumber:
    """One goal as a key number; `first` is the stretch to its first target."""
    what, end = name_of(ds, first), levels[-1]
    # What the stretch starts from: an older value would not go with its rate.
    start = next((level for level in levels if level.year == str(int(first["start_year"]))), levels[0])
    values: dict[str, object] = {"start": start, "start_period": period(start.year)}
    rate = figure(first, "cagr")
    if kind == "share" or not rate.value > 0:  # a bound that is kept, or less than there is, needs no growth
        key = "share"
    else:
        key = "rate" if int(first["end_year"]) - int(first["start_year"]) > 1 else "rate_one"
        target = next((level for level in levels if level.year == str(int(first["end_year"]))), end)
        values |= {"rate": rate, "until": period(target.year)}
    name = place(what, end.year)
    zh, en = message("brief.number", "zh", what=what.zh, period=period(end.year).zh), name.en
    return KeyNumber((zh, en), end, both(f"note.{key}"), values, levels)


def elsewhere(ds: Dataset, regions: Iterable[str], found: Iterable[Headline], lead: str) -> list[Headline]:
    """What the documents on the other places say, the weightiest facts of each in a clause, as one headline.

    Undated goals of the whole place come first, then growth achieved, then the largest sum of money. `lead` is the
    place that the rest of the page is about.
    """
    headlines = tuple(found)
    items: list[dict[str, object]] = []
    for region in regions:
        if region == lead:
            continue
        facts = [goal_item(ds, goal, region) for goal in undated(ds, region) if goal.transformation == "level"][:1]
        facts += [
            money_item(one, "rate") for one in headlines if one.region == region and one.rule == "achieved_growth"
        ]
        facts += [money_item(one, "value") for one in headlines if one.region == region and one.rule == "commitment"]
        if facts:
            listed = Listed(both("fact"), tuple(facts[:MOST_FACTS]), ("，", ", "), ("，", " and "))
            items.append({"area": label(ds, "areas", region), "facts": listed})
    if not items:
        return []
    named: Any = Listed(both("elsewhere_place"), tuple(items), ("；", "; "), ("；", "; "))
    return [Headline("elsewhere", 0, "", {"places": named})]


def goal_item(ds: Dataset, goal: Any, region: str) -> dict[str, object]:
    """A goal without a date as an item of a sentence."""
    return {
        "name": inside(ds, goal_name(ds, goal, region)),
        "value": goal_figure(goal),
        "period": Label(*both("undated_goal")),
    }


def money_item(one: Headline, name: str) -> dict[str, object]:
    """A headline about one number as an item of a sentence; a rate says what it is a rate of."""
    period: Any = one.figures["period"]
    if isinstance(rate := one.figures.get("definition"), Label):
        period = Label(f"{period.zh}，{rate.zh}", f"{period.en}, {rate.en}")
    return {"name": one.figures["name"], "value": one.figures[name], "period": period}

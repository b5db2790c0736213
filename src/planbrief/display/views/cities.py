"""Areas side by side: what may be compared, where only the order of size is safe, and what each of them bets on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import bilingual, message, sentence_case, term
from planbrief.display.quantities import value_text
from planbrief.display.sentence import Listed
from planbrief.display.views.facts import both, fact_figure, records, verdict_words, words
from planbrief.measures.compare import Order, SideBySide, difference, head_word, ratio, size_class
from planbrief.measures.evidence import evidence, merged_facts
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.rules import Headline
from planbrief.measures.series import published_year
from planbrief.measures.verdicts import PAIR_STATUSES, STATUSES, Verdict
from planbrief.targets.names import Label, label, listing, measured, period, subject_label

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = [
    "answers", "around", "base_first", "bets_lead", "bets_table", "judged", "pairs_table", "undated_lead",
    "undated_table",
]  # fmt: skip

#: Sentences of one kind that the answer may hold, and rows of the table of pairs; the analyst's frame has them all.
MOST_SENTENCES, MOST_ROWS = 4, 18
#: Areas up to which pairs are told, and named one by one where they have nothing.
MANY = 6
#: Undated goals of one area that a page names.
MOST_GOALS = 5
#: Activities that every place has, and names that only count what they hold (5大主导产业).
COMMON_SYSTEM, COUNTED = "national_accounts", re.compile(r"[“\d一二两三四五六七八九十]")
#: Concepts by which an activity is known to be an industry, not a use of land.
INDUSTRIAL = frozenset({"gross_output", "value_added", "revenue", "investment", "enterprise", "capacity", "production"})


@dataclass(frozen=True)
class Pair:
    """Two values of two areas with their verdict, and the order of size where no more than that is safe."""

    city_a: str
    city_b: str
    a: Mapping[str, Any]
    b: Mapping[str, Any]
    verdict: Verdict
    status: str
    order: Order | None

    @property
    def ids(self) -> tuple[str, str]:
        """Both observations."""
        return (self.verdict.a, self.verdict.b)

    @property
    def ranked(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The smaller and the larger side of a safe order."""
        first = self.order is not None and self.order.smaller == self.verdict.a
        return (self.a, self.b) if first else (self.b, self.a)


def worded(key: str, **values: Any) -> Label:
    """A message of this report in both languages; names among the values are taken in the language of each."""
    return Label(*bilingual("cities", key, **values))


def base_first(ds: Dataset, regions: Iterable[str], base: str) -> tuple[str, ...]:
    """The areas to be compared that have data, the base in front; a province beside its own city is not one of them."""
    peers, _ = ds.peers(dict.fromkeys([base, *regions]))
    return tuple(city for city in peers if len(ds.of_city(city)))


def around(ds: Dataset, areas: Iterable[str], regions: Iterable[str] = ()) -> tuple[str, ...]:
    """The provinces and countries that areas are read against: those they lie in, as far as the data hold them."""
    found = dict.fromkeys(upper for area in areas for upper in ds.context_of(area))
    return (*found, *(area for area in ds.peers(regions)[1] if area not in found))


def judged(side: SideBySide) -> list[Pair]:
    """Every two things that are set beside each other, what may be compared first."""
    rows = {row["obs_id"]: row for row in records(side.rows)}
    found = [
        Pair(
            one["city_a"], one["city_b"], rows[one["a"]], rows[one["b"]],
            Verdict(one["a"], one["b"], one["status"], one["reasons"]), one["status"], one["order"],
        )
        for one in records(side.pairs)
    ]  # fmt: skip
    return sorted(found, key=lambda pair: PAIR_STATUSES.index(pair.status))


def what(ds: Dataset, row: Mapping[str, Any], *, placed: bool = True) -> Label:
    """What a row measures, with its place where that is a part of the city."""
    name = measured(ds, row["indicator"], row["activity"], row["subject"])
    if placed and row["ref_area"] != row["city"]:
        return worded("cell.place", place=label(ds, "areas", row["ref_area"]), what=name)
    return name


def level(row: Mapping[str, Any]) -> Figure:
    """The value of a row as a figure."""
    share = row["dimension"] in ("percent", "percentage_points") and row["unit"] == "%"
    key = "/".join(part for part in (row["ref_area"], row["indicator"], row["activity"], row["time_period"]) if part)
    year = row["time_period"]
    ids = (row["obs_id"],)
    return Figure(
        key, row["value"], "share" if share else "level", row["unit"], ids, comparator=row["comparator"], year=year
    )


def reasons(ds: Dataset, pair: Pair) -> Label:
    """The reasons of a verdict in words; of a safe order, why nothing can turn it."""
    if pair.order is not None:
        return listed_clauses(worded(f"because.{key}") for key in pair.order.because)
    return Label(*verdict_words(pair.verdict, ds, forbidding_only=pair.a["indicator"] != pair.b["indicator"]))


def listed_clauses(clauses: Iterable[Label]) -> Label:
    """Clauses one after the other."""
    found = list(clauses)
    return Label("；".join(one.zh for one in found), sentence_case("; ".join(one.en for one in found)))


def inside(text: Label) -> Label:
    """A clause within a sentence: it starts with a small letter."""
    return Label(text.zh, text.en[:1].lower() + text.en[1:])


# ---------------------------------------------------------------- the answer


def answers(ds: Dataset, areas: tuple[str, ...], side: SideBySide) -> Iterator[Headline]:
    """What may be compared, what only has an order, what neither: facts that deserve a sentence, the answer first."""
    pairs = judged(side)
    if not pairs:
        rule = "nothing_listed" if len(areas) > 1 else "single_city" if areas else "no_city"
        yield Headline(rule, 0, "", {"area": listing(label(ds, "areas", area) for area in areas)})
        return
    kinds = {
        "compared": [pair for pair in pairs if pair.verdict.status in STATUSES[:2]],
        "ordered": [pair for pair in pairs if pair.order is not None],
        "listed": [pair for pair in pairs if pair.status == "not_comparable"],
    }
    parts = [
        {"count": counted(kind, len(found), "对", found), "what": worded(f"answer.{kind}")}
        for kind, found in kinds.items()
        if found
    ]
    figures: dict[str, Any] = {
        "cities": counted("cities", len(areas), "个"),
        "pairs": counted("pairs", len(pairs), "对", pairs),
        "parts": Listed(pairs_of("answer.part"), tuple(parts), ("，", ", "), ("，", " and ")),
    }
    yield Headline("answer", 0, "", figures)
    for pair in kinds["ordered"][:MOST_SENTENCES]:
        small, large = pair.ranked
        rule = "order_aim" if "aim" in (pair.order.because if pair.order else ()) else "order"
        why = inside(reasons(ds, pair))
        named = what(ds, small, placed=False)
        yield Headline(
            rule, 0, "", {"name": named, **sided(ds, "small", small), **sided(ds, "large", large), "why": why}
        )
    for pair in kinds["compared"][:MOST_SENTENCES]:
        yield compared_words(ds, pair)
    for pair in kinds["listed"][: MOST_SENTENCES // 2]:
        named = what(ds, pair.a, placed=False)
        why = inside(reasons(ds, pair))
        yield Headline("listed", 0, "", {"name": named, **sided(ds, "a", pair.a), **sided(ds, "b", pair.b), "why": why})
    yield from (apart_words(ds, areas, pairs))


def pairs_of(key: str) -> tuple[str, str]:
    """A template of this report in both languages."""
    return message(f"cities.{key}", "zh", count="{count}", what="{what}"), message(
        f"cities.{key}", "en", count="{count}", what="{what}"
    )


def counted(name: str, count: int, unit: str, pairs: Iterable[Pair] = ()) -> Figure:
    """A count of pairs, with the observations in them."""
    ids = dict.fromkeys(obs_id for pair in pairs for obs_id in pair.ids)
    return Figure(f"comparison/{name}", float(count), "count", unit, tuple(ids))


def sided(ds: Dataset, side: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Place, value, period and kind of one side of a pair."""
    place = full_place(label(ds, "areas", row["city"]), label(ds, "areas", row["ref_area"]))
    values = {"place": place, "value": level(row), "period": when(ds, row), "kind": words("kind", row["kind"])}
    return {f"{side}_{name}": value for name, value in values.items()}


def when(ds: Dataset, row: Mapping[str, Any]) -> Label:
    """The period of a value; what is stated as reached without a date was reached by the year of the document."""
    known = ds.select(obs_id=row["obs_id"])
    year = published_year(ds, known["source_id"])
    if known["dated"].all() or row["kind"] not in ("actual", "estimate") or math.isnan(year):
        return period(row["time_period"])
    return worded("cell.by", year=f"{year:.0f}")


def full_place(city: Label, place: Label) -> Label:
    """A place with its city, unless its own name tells it."""
    if place.zh.startswith(city.zh[:2]):
        return place
    return Label(f"{city.zh}{place.zh}", f"{place.en} in {city.en}")


def compared_words(ds: Dataset, pair: Pair) -> Headline:
    """A pair that may be compared: the ratio where it is legitimate, else the difference, and what to mind."""
    found = {"name": what(ds, pair.a, placed=False), **sided(ds, "a", pair.a), **sided(ds, "b", pair.b)}
    quotient = ratio(ds, *pair.ids).figure
    rule = "pair_ratio" if quotient.defined else "pair_difference"
    found["result"] = quotient if quotient.defined else difference(ds, *pair.ids).figure
    if pair.verdict.reasons:
        rule += "_caution"
        found["caution"] = inside(reasons(ds, pair))
    return Headline(rule, 0, "", found)


def apart_words(ds: Dataset, areas: tuple[str, ...], pairs: Iterable[Pair]) -> Iterator[Headline]:
    """The areas whose documents share no question with those of another area."""
    met = {city for pair in pairs for city in (pair.city_a, pair.city_b)}
    lonely = [label(ds, "areas", area) for area in areas if area not in met]
    if lonely:
        yield Headline("no_common_ground", 0, "", {"apart": listing(lonely)})


# ---------------------------------------------------------------- tables


def pairs_table(ds: Dataset, side: SideBySide) -> Table | None:
    """Everything that is set beside each other: both values, the answer, the verdict and its reasons.

    None for more areas than pairs are told of.
    """
    pairs = judged(side)
    if len({city for pair in pairs for city in (pair.city_a, pair.city_b)}) > MANY:
        return None  # a few of hundreds of pairs answer nothing
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for status, group in groupby(pairs[:MOST_ROWS], key=lambda pair: pair.status):
        groups[len(rows)] = Label(*(sentence_case(term("verdict", status, lang)) for lang in ("zh", "en")))
        for pair in group:
            one, other = what(ds, pair.a, placed=False), what(ds, pair.b, placed=False)
            name = one if one == other else worded("cell.both", a=one, b=other)
            cells = (Cell(name, pair.ids, head=True), side_cell(ds, pair.a), side_cell(ds, pair.b))
            rows.append((*cells, outcome(ds, pair), Cell(reasons(ds, pair))))
    if not rows:
        return None
    columns = (
        Column("what", both("head.what"), head=True, width=1.7),
        Column("first", worded("head.first"), width=1.8),
        Column("second", worded("head.second"), width=1.8),
        Column("answer", worded("head.answer"), width=1.1),
        Column("reason", worded("head.reason"), width=2.8),
    )
    notes = [worded("note.pairs")]
    if len(pairs) > MOST_ROWS:
        notes.append(worded("note.more", shown=str(MOST_ROWS), all=str(len(pairs))))
    return Table(columns, tuple(rows), worded("caption.pairs"), tuple(notes), groups=groups)


def side_cell(ds: Dataset, row: Mapping[str, Any]) -> Cell:
    """Place, value, period and kind of one side as one cell."""
    place = full_place(label(ds, "areas", row["city"]), label(ds, "areas", row["ref_area"]))
    figure, at, kind = level(row), when(ds, row), words("kind", row["kind"])
    zh, en = value_text(figure, "zh"), value_text(figure, "en")
    return Cell(
        Label(f"{place.zh}：{zh}（{at.zh}，{kind.zh}）", f"{place.en}: {en} ({at.en}, {kind.en})"), figure.observations
    )


def outcome(ds: Dataset, pair: Pair) -> Cell:
    """What follows from a pair: a ratio, a difference, which is the smaller, or nothing."""
    if pair.order is not None:
        return Cell(worded("cell.smaller", place=label(ds, "areas", pair.ranked[0]["ref_area"])), pair.ids)
    for form in (ratio, difference):
        if (figure := form(ds, *pair.ids).figure).defined:
            return Cell(figure)
    return Cell(worded("cell.refused"), tone="muted")


#: Labels of industries by area, and of those that several areas name by the last word of their names.
Named = dict[str, list[Label]]


def shared_industries(ds: Dataset, areas: Iterable[str]) -> tuple[Named, dict[str, Named]]:
    """The industries that each area names, and those that more than one names, what most of them name first.

    A track counts where an area has no industry of that name and another has.
    """
    known = {area: industries(ds, area) for area in areas}
    named = {area: tops for area, (tops, _) in known.items()}
    by_word: dict[str, Named] = {}
    for area, found in named.items():
        for name in found:
            by_word.setdefault(head_word(name.zh), {}).setdefault(area, []).append(name)
    for area, (_, tracks) in known.items():
        for name in tracks:
            met = by_word.get(head_word(name.zh), {})
            if met and area not in met:
                met[area] = [name]
    shared = sorted(((word, by) for word, by in by_word.items() if len(by) > 1), key=lambda item: -len(item[1]))
    return named, dict(shared)


def bets_lead(ds: Dataset, areas: tuple[str, ...]) -> Iterator[Headline]:
    """How many industries several areas name, and the one that most of them name; none where one area names any."""
    named, shared = shared_industries(ds, areas)
    naming = [area for area in areas if named[area]]
    if len(naming) < 2:
        return
    if not shared:
        yield Headline("bets_apart", 0, "", {"areas": counted("naming", len(naming), "个")})
        return
    most = next(iter(shared.values()))
    names = dict.fromkeys(names[0] for names in most.values())
    figures: dict[str, Any] = {
        "count": counted("shared", len(shared), "个"),
        "name": Label(
            *(mark.join(getattr(name, lang) for name in names) for mark, lang in (("／", "zh"), (" / ", "en")))
        ),
        "areas": counted("most_shared", len(most), "个"),
    }
    tied = sum(len(by_area) == len(most) for by_area in shared.values()) > 1
    rule = "bets_shared_one" if len(shared) == 1 else "bets_shared_tied" if tied else "bets_shared"
    yield Headline(rule, 0, "", figures)


def bets_table(ds: Dataset, areas: tuple[str, ...]) -> Table | None:
    """What each area bets on: industries in common, industries that only one names, classes of size it aims at."""
    named, shared = shared_industries(ds, areas)
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Any] = {}
    for by_area in shared.values():
        groups.setdefault(0, worded("bets.shared"))
        lacking = [label(ds, "areas", area) for area in areas if area not in by_area and named[area]]
        left = worded("bets.lacking", area=listing(lacking)) if lacking else worded("bets.everywhere")
        rows.append((Cell(by_places(ds, by_area), head=True), Cell(left)))
    alone = {area: [n for n in found if head_word(n.zh) not in shared] for area, found in named.items() if found}
    for area, only in alone.items():
        groups.setdefault(len(rows), worded("bets.alone")) if area == next(iter(alone)) else None
        rows.append((Cell(label(ds, "areas", area), head=True), Cell(listing(only) if only else worded("bets.none"))))
    classes = size_classes(ds, areas)
    for number, (value, by_area) in enumerate(classes.items()):
        if not number:
            groups[len(rows)] = worded("bets.classes")
        rows.append((Cell(value, head=True), Cell(by_places(ds, by_area))))
    if not rows:
        return None
    columns = (
        Column("named", worded("head.named"), head=True, width=3),
        Column("holds", worded("head.holds"), width=3),
    )
    silent = [label(ds, "areas", area) for area in areas if not named[area]]
    notes = [worded("note.bets")]
    if silent:
        places = listing(silent) if len(silent) <= MANY else worded("cell.places", count=str(len(silent)))
        notes.append(worded("note.silent", area=places))
    return Table(columns, tuple(rows), worded("caption.bets"), tuple(notes), groups=groups)


def industries(ds: Dataset, area: str) -> tuple[list[Label], list[Label]]:
    """The industries that the documents of an area name, and their tracks; groups that only count them are left out."""
    rows = ds.of_city(area)
    seen = rows[rows["activity"] != ""]
    table = ds.activities
    systems = {
        table.loc[activity, "system"]
        for activity, indicator in zip(seen["activity"], seen["indicator"], strict=True)
        if ds.row("indicators", indicator)["concept"] in INDUSTRIAL
    } - {COMMON_SYSTEM}
    chosen = table[table["system"].isin(systems)]
    tops: list[Label] = []
    tracks: list[Label] = []
    for activity, row in chosen.iterrows():
        if COUNTED.match(row["name_zh"]) or not (row["parent"] or (chosen["parent"] != activity).all()):
            continue
        under = row["parent"] in chosen.index and not COUNTED.match(chosen.loc[row["parent"], "name_zh"])
        (tracks if under else tops).append(Label(row["name_zh"], row["name_en"].partition(" (")[0]))
    return list(dict.fromkeys(tops)), list(dict.fromkeys(tracks))


def by_places(ds: Dataset, by_area: Mapping[str, list[Label]]) -> Label:
    """Names by place: 巴中市：先进材料；涪陵区：新材料."""
    named = [(label(ds, "areas", area), listing(names)) for area, names in by_area.items()]
    zh, en = ([f"{place}{mark}{names}" for place, names in found] for mark, found in (
        ("：", [(p.zh, n.zh) for p, n in named]), (": ", [(p.en, n.en) for p, n in named])
    ))  # fmt: skip
    return Label("；".join(zh), "; ".join(en))


def size_classes(ds: Dataset, areas: tuple[str, ...]) -> dict[Label, dict[str, list[Label]]]:
    """Classes of size (千亿级) that areas aim at, the largest first, with who or what is to reach them."""
    found: dict[float, tuple[Label, dict[str, dict[Label, None]]]] = {}
    for area in areas:
        rows = ds.of_city(area)
        rows = rows[rows["kind"].isin(("target", "constraint")) & rows["obs_value"].notna()]
        for record in evidence(ds, rows):
            if size_class(record):
                figure = Figure("", record.value, "level", record.unit, (record.obs_id,))
                text = worded("bets.class", value=(value_text(figure, "zh"), value_text(figure, "en")))
                about = (
                    label(ds, "activities", record.activity) if record.activity else subject_label(ds, record.subject)
                )
                if not about.zh:  # the group says that these are classes of size
                    whole = label(ds, "indicators", record.indicator)
                    short = sentence_case(whole.en.removeprefix("Size class of "))
                    about = Label(whole.zh.removesuffix("规模等级"), short)
                at = period(record.time_period) if record.dated else Label("", "")
                named = Label(f"{about.zh}（{at.zh}）", f"{about.en} ({at.en})") if at.zh else about
                found.setdefault(record.base, (text, {}))[1].setdefault(area, {}).setdefault(named)
    return {
        text: {area: list(names) for area, names in by_area.items()}
        for _, (text, by_area) in sorted(found.items(), key=lambda item: -item[0])
    }


def undated_goals(ds: Dataset, area: str) -> list[dict[str, Any]]:
    """Goals of an area without a date, those of the whole area first."""
    goals = ds.of_city(area)
    goals = goals[(goals["kind"] == "target") & ~goals["dated"] & goals["obs_value"].notna()]
    facts = merged_facts(goals[goals["transformation"].isin(("level", "share", "contribution"))])
    return sorted(facts, key=lambda fact: (fact["ref_area"] != area, bool(fact["subject"]), bool(fact["activity"])))


def undated_lead(ds: Dataset, areas: Iterable[str]) -> Iterator[Headline]:
    """How many goals of how many areas have no date, and which area has most of them, if one has."""
    goals = {area: found for area in areas if (found := undated_goals(ds, area))}
    if len(goals) < 2:
        return
    ids = {area: tuple(one for fact in found for one in fact["observations"]) for area, found in goals.items()}
    every = sum(len(found) for found in goals.values())
    most = max(goals, key=lambda area: len(goals[area]))
    tied = [area for area, found in goals.items() if len(found) == len(goals[most])]
    behind = tuple(one for found in ids.values() for one in found)
    figures: dict[str, Any] = {
        "count": Figure("comparison/undated", float(every), "count", "项", behind),
        "areas": counted("undated_areas", len(goals), "个"),
        "place": label(ds, "areas", most),
        "most": Figure(f"comparison/undated/{most}", float(len(goals[most])), "count", "项", ids[most]),
    }
    yield Headline("undated" if len(tied) > 1 else "undated_most", 0, "", figures)


def undated_table(ds: Dataset, areas: tuple[str, ...]) -> Table | None:
    """Goals without a date, a row for each area; None where every goal has one."""
    rows: list[tuple[Cell, ...]] = []
    for area in areas:
        facts = undated_goals(ds, area)
        parts = []
        for fact in facts[:MOST_GOALS]:
            figure = fact_figure(fact, fact["observations"])
            name = measured(ds, fact["indicator"], fact["activity"], fact["subject"])
            if fact["ref_area"] != area:
                name = worded("cell.place", place=label(ds, "areas", fact["ref_area"]), what=name)
            parts.append(Label(f"{name.zh} {value_text(figure, 'zh')}", f"{name.en} {value_text(figure, 'en')}"))
        if parts:
            behind = tuple(obs_id for fact in facts for obs_id in fact["observations"])
            more = len(facts) - len(parts)
            text = Label("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))
            text = worded("cell.more", goals=text, count=str(more)) if more else text
            rows.append((Cell(label(ds, "areas", area), head=True), Cell(text, behind)))
    if not rows:
        return None
    columns = (Column("area", worded("head.area"), head=True, width=1), Column("goals", worded("head.goals"), width=6))
    return Table(columns, tuple(rows), worded("caption.undated"), (worded("note.undated"),))

"""Cities side by side: what may be compared, what may not, and the two matrices that show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, comparability_matrix, coverage_matrix
from planbrief.display.comparing import coverage_cells, verdict_words
from planbrief.display.language import has_message, message, term
from planbrief.measures.compare import STATUSES, SideBySide, difference, ratio
from planbrief.measures.facts import coverage
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.model import Headline
from planbrief.measures.labels import Label, label, listing, measured, period
from planbrief.measures.verdicts import Verdict
from planbrief.targets.frames import records_of

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


#: Sentences of one kind that the answer may hold; the tables have them all.
MOST_SENTENCES = 4
#: Reasons that the answer counts.
MOST_REASONS = 3


@dataclass(frozen=True)
class Pair:
    """Two values of two cities with their verdict; ``best`` for the closest of the two cities in theme and unit."""

    theme: str
    dimension: str
    city_a: str
    city_b: str
    a: Mapping[str, Any]
    b: Mapping[str, Any]
    verdict: Verdict
    best: bool

    @property
    def same(self) -> bool:
        """Whether both sides state the same indicator of the same activity."""
        return all(self.a[name] == self.b[name] for name in ("indicator", "activity", "subject", "transformation"))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as mappings."""
    found: list[dict[str, Any]] = records_of(frame)
    return found


def worded(key: str, **values: str | Label | tuple[str, str]) -> Label:
    """A message of this report in both languages; names among the values are taken in the language of each."""

    def pick(value: str | Label | tuple[str, str], lang: int) -> str:
        if isinstance(value, Label):
            return (value.zh, value.en)[lang]
        return value if isinstance(value, str) else value[lang]

    zh = message(f"cities.{key}", "zh", **{name: pick(value, 0) for name, value in values.items()})
    return Label(zh, message(f"cities.{key}", "en", **{name: pick(value, 1) for name, value in values.items()}))


def words(vocabulary: str, code: str) -> Label:
    """A code of a vocabulary in both languages."""
    return Label(term(vocabulary, code, "zh"), term(vocabulary, code, "en"))


def base_first(ds: Dataset, regions: Iterable[str], base: str) -> tuple[str, ...]:
    """The cities that have data, the base city in front."""
    return tuple(city for city in dict.fromkeys([base, *regions]) if len(ds.of_city(city)))


def judged(ds: Dataset, side: SideBySide) -> list[Pair]:
    """Every pair of things that is shown, the closest values of both standing for the rest.

    A thing is an indicator of an activity in a place; its latest value and its targets are one thing.
    """
    if side.pairs.empty:
        return []
    rows = {row["obs_id"]: row for row in records(side.rows)}
    chosen: dict[tuple[Any, ...], Pair] = {}
    for found in records(side.pairs):
        a, b = rows[found["a"]], rows[found["b"]]
        verdict = Verdict(found["a"], found["b"], found["status"], found["reasons"])
        pair = Pair(
            found["theme"], found["dimension"], found["city_a"], found["city_b"], a, b, verdict, bool(found["best"])
        )
        key = (pair.theme, pair.dimension, *(thing(row) for row in (a, b)))
        if key not in chosen or distance(pair) < distance(chosen[key]):
            chosen[key] = pair
    order = ds.themes
    return sorted(chosen.values(), key=lambda pair: order.index(pair.theme))


def thing(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a row measures and where."""
    names = ("city", "ref_area", "indicator", "activity", "subject", "transformation")
    return tuple(str(row[name]) for name in names)


def distance(pair: Pair) -> tuple[int, int, int, bool]:
    """How far a pair is from being comparable."""
    verdict = pair.verdict
    return (STATUSES.index(verdict.status), len(verdict.forbidding), len(verdict.reasons), not pair.best)


def closest(pairs: Iterable[Pair]) -> list[Pair]:
    """The closest pair of every two cities in a theme and unit, once each."""
    return [pair for pair in pairs if pair.best]


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
    measure = "share" if share else "level"
    return Figure(key, row["value"], measure, row["unit"], (row["obs_id"],), comparator=row["comparator"])


def reasons(ds: Dataset, pair: Pair, *, inside: bool = False) -> Label:
    """The reasons of a pair's verdict in words: those that forbid, for one and the same indicator every difference.

    ``inside`` a sentence they start with a small letter.
    """
    zh, en = verdict_words(pair.verdict, ds, forbidding_only=not pair.same)
    return Label(zh, en[:1].lower() + en[1:] if inside else en)


# ---------------------------------------------------------------- the answer


def answers(ds: Dataset, cities: tuple[str, ...], side: SideBySide) -> Iterator[Headline]:
    """What may be compared, what may not and why: facts that deserve a sentence, most important first."""
    pairs = judged(ds, side)
    if not pairs:
        area = listing(label(ds, "areas", city) for city in cities)
        rule = "nothing_listed" if len(cities) > 1 else "single_city" if cities else "no_city"
        yield Headline(rule, 0, "", {"area": area})
        return
    allowed = [pair for pair in pairs if pair.verdict.allowed]
    refused = [pair for pair in pairs if not pair.verdict.allowed]
    figures: dict[str, Any] = {
        "cities": counted("cities", len(cities), "个"),
        "pairs": counted("pairs", len(pairs), "对", pairs),
        "comparable": counted("comparable", len(allowed), "对", allowed),
        "refused": counted("refused", len(refused), "对", refused),
    }
    plain = any(pair.verdict.status == "comparable" for pair in allowed)
    rule = "some_comparable" if plain else "some_with_caution" if allowed else "nothing_comparable"
    yield Headline(rule, 0, "", figures)
    for pair in allowed[:MOST_SENTENCES]:
        yield from comparable_pair(ds, pair)
    yield from main_reasons(refused)
    for pair in [pair for pair in refused if pair.same][:MOST_SENTENCES]:
        yield Headline("same_indicator_refused", 0, "", {**sides(ds, pair), "reasons": reasons(ds, pair, inside=True)})
    apart = [
        worded("cell.pair", a=label(ds, "areas", a), b=label(ds, "areas", b))
        for a, b in combinations(cities, 2)
        if not any({pair.city_a, pair.city_b} == {a, b} for pair in pairs)
    ]
    if apart:
        yield Headline("no_common_ground", 0, "", {"apart": listing(apart)})


def counted(name: str, count: int, unit: str, pairs: Iterable[Pair] = ()) -> Figure:
    """A count of pairs, with the observations in them."""
    ids = dict.fromkeys(obs_id for pair in pairs for obs_id in (pair.verdict.a, pair.verdict.b))
    return Figure(f"comparison/{name}", float(count), "count", unit, tuple(ids))


def sides(ds: Dataset, pair: Pair) -> dict[str, Any]:
    """Names, values and periods of both sides of a pair."""
    found: dict[str, Any] = {"name": what(ds, pair.a, placed=False)}
    for side, row in (("a", pair.a), ("b", pair.b)):
        found[f"{side}_place"] = full_place(label(ds, "areas", row["city"]), label(ds, "areas", row["ref_area"]))
        found[f"{side}_value"] = level(row)
        found[f"{side}_period"] = period(row["time_period"])
        found[f"{side}_kind"] = words("kind", row["kind"])
    return found


def full_place(city: Label, place: Label) -> Label:
    """A place with its city, unless its own name tells it."""
    if place.zh.startswith(city.zh[:2]):
        return place
    return Label(f"{city.zh}{place.zh}", f"{place.en} in {city.en}")


def comparable_pair(ds: Dataset, pair: Pair) -> Iterator[Headline]:
    """A pair that may be compared: the ratio where it is legitimate, else the difference, and what to mind."""
    found = sides(ds, pair)
    quotient = ratio(ds, pair.verdict.a, pair.verdict.b).figure
    rule = "pair_ratio" if quotient.defined else "pair_difference"
    found["result"] = quotient if quotient.defined else difference(ds, pair.verdict.a, pair.verdict.b).figure
    if pair.verdict.reasons:
        rule += "_caution"
        found["caution"] = reasons(ds, pair, inside=True)
    yield Headline(rule, 0, "", found)


def main_reasons(refused: list[Pair]) -> Iterator[Headline]:
    """Which reasons forbid most often."""
    tally = Counter(reason for pair in refused for reason in dict.fromkeys(r.key for r in pair.verdict.forbidding))
    ranked = [(key, count) for key, count in tally.most_common() if has_message(f"cities.reason.{key}")]
    found: dict[str, Any] = {"refused": counted("refused", len(refused), "对", refused)}
    for number, (key, count) in enumerate(ranked[:MOST_REASONS], start=1):
        behind = [pair for pair in refused if key in {r.key for r in pair.verdict.forbidding}]
        found[f"reason_{number}"] = worded(f"reason.{key}")
        found[f"count_{number}"] = counted(f"reason/{key}", count, "对", behind)
    if len(ranked) >= MOST_REASONS:
        yield Headline("main_reasons", 0, "", found)
    elif ranked:
        yield Headline("main_reason", 0, "", found)


# ---------------------------------------------------------------- the matrices


def coverage_words(ds: Dataset, cities: tuple[str, ...]) -> Iterator[Headline]:
    """How many indicators the documents speak of, how many of them in more than one city, and who states most."""
    found = coverage(ds, cities)
    stated = found[found["state"] != "none"]
    if stated.empty or len(cities) < 2:
        return
    by_city, shared = stated.groupby("city").size(), stated.groupby("indicator").size()
    most = max(cities, key=lambda city: by_city.get(city, 0))
    names = tuple(shared.index[shared > 1])
    behind = tuple(obs_id for ids in stated.loc[stated["indicator"].isin(names), "observations"] for obs_id in ids)
    yield Headline(
        "coverage",
        0,
        "",
        {
            "indicators": Figure("comparison/indicators", float(len(shared)), "count", "个"),
            "shared": Figure("comparison/shared", float(len(names)), "count", "个", behind),
            "most": label(ds, "areas", most),
            "most_count": Figure("comparison/most", float(by_city[most]), "count", "个"),
        },
    )


def coverage_chart(ds: Dataset, cities: tuple[str, ...]) -> Chart | None:
    """City × theme: how many indicators have a value; None where there is none."""
    found = coverage(ds, cities)
    if found.empty:
        return None
    caption, note = worded("caption.coverage"), worded("note.coverage")
    sources = tuple(dict.fromkeys(source for city in cities for source in ds.of_city(city)["source_id"]))
    return coverage_matrix(coverage_cells(ds, found), caption, notes=(note,), sources=sources)


def theme_name(ds: Dataset, pair: Pair, split: bool) -> Label:
    """The theme of a pair, with its kind of unit where the theme has several."""
    theme = label(ds, "themes", pair.theme)
    if not split:
        return theme
    known = pair.dimension if has_message(f"cities.dimension.{pair.dimension}") else "other"
    return worded("cell.theme_dimension", theme=theme, dimension=worded(f"dimension.{known}"))


def comparability_chart(ds: Dataset, pairs: list[Pair]) -> Chart | None:
    """Every two cities in every theme they share: the status of their closest pair and the reason."""
    best = closest(pairs)
    if not best:
        return None
    dimensions = Counter(theme for theme, _ in {(pair.theme, pair.dimension) for pair in best})
    head = worded("head.pair")
    lines = []
    for pair in best:
        cities = worded("cell.pair", a=label(ds, "areas", pair.city_a), b=label(ds, "areas", pair.city_b))
        row = worded("cell.pair_theme", pair=cities, theme=theme_name(ds, pair, dimensions[pair.theme] > 1))
        one, other = what(ds, pair.a), what(ds, pair.b)
        named = one if one == other else worded("cell.both", a=one, b=other)
        reason = (
            worded("cell.what_reason", what=named, reason=reasons(ds, pair, inside=True))
            if pair.verdict.reasons
            else named
        )
        lines.append((row, head, pair.verdict.status, reason))
    behind = dict.fromkeys(obs_id for pair in best for obs_id in (pair.verdict.a, pair.verdict.b))
    sources = tuple(dict.fromkeys(ds.select(obs_id=list(behind))["source_id"]))
    return comparability_matrix(lines, worded("caption.verdicts"), notes=(worded("note.verdicts"),), sources=sources)

"""Rules for what deserves a sentence: facts, growth asked for and achieved, progress."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from planbrief.measures.audit import SEVERITIES, Audit
from planbrief.measures.evidence import Evidence, evidence, ids, merged_facts
from planbrief.measures.figures import Figure, figure, plain, root
from planbrief.measures.growth import cagr, multiple
from planbrief.measures.series import AIM_KINDS, Point, Series, base_of
from planbrief.measures.tables import progress_table
from planbrief.targets.frames import records_of
from planbrief.targets.names import Label, label, measured, period

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: What a sentence is filled with.
Value = Figure | Label | str


@dataclass(frozen=True)
class Headline:
    """One fact that deserves a sentence: ``figures`` holds everything the sentence names, ``rank`` starts at 1."""

    rule: str
    rank: int
    region: str
    figures: Mapping[str, Value] = field(hash=False)


@dataclass(frozen=True)
class City:
    """What the rules look at."""

    ds: Dataset
    region: str
    series: tuple[Series, ...]
    audit: Audit

    @property
    def rows(self) -> pd.DataFrame:
        """Observations of the city and the places inside it."""
        return self.ds.of_city(self.region)

    def base(self, series: Series) -> Point | None:
        """The value that a series' targets start from."""
        return base_of(self.ds, series)

    def named(self, thing: Series | Evidence) -> dict[str, Value]:
        """Place and thing of a series or an observation."""
        return {
            "area": label(self.ds, "areas", thing.ref_area),
            "name": measured(self.ds, thing.indicator, thing.activity, thing.subject),
        }

    def headline(self, rule: str, figures: Mapping[str, Value]) -> Headline:
        """A headline that has no rank yet: all rules are ranked together."""
        return Headline(rule, 0, self.region, figures)

    def count(self, key: str, number: int, unit: str, observations: tuple[str, ...] = ()) -> Figure:
        """How many there are of something."""
        return Figure(f"{self.region}/{key}", float(number), "count", unit, observations)


Rule = Callable[[City], Iterator[Headline]]


#: Yuan from which an amount is a sum that a government spends: no subsidy, price or wage comes near.
LEAST_SUM = 1e7
#: Concepts whose achieved growth is worth a sentence, best first.
GROWTH_CONCEPTS = ("value_added", "gdp", "gross_output", "investment", "revenue")


def commitment(city: City) -> Iterator[Headline]:
    """The largest sum of money that is promised; a subsidy for one person or a price is none."""
    rows = city.rows
    promised = evidence(city.ds, rows[rows["kind"] == "commitment"])
    sums = [r for r in promised if r.stated and r.dimension == "money" and r.base >= LEAST_SUM]
    if not sums:
        return
    largest = max(sums, key=lambda record: record.base)
    key = f"{city.region}/commitment/value"
    value = Figure(key, largest.value, "level", largest.unit, (largest.obs_id,), comparator=largest.comparator)
    yield city.headline("commitment", {**city.named(largest), "value": value, "period": period(largest.time_period)})


def achieved_growth(city: City) -> Iterator[Headline]:
    """The latest achieved growth of production, with its own definition."""
    rows = city.rows
    rows = rows[rows["transformation"].isin(["yoy", "avg_annual"]) & (rows["kind"] == "actual")]
    concepts = {record: city.ds.row("indicators", record.indicator)["concept"] for record in evidence(city.ds, rows)}
    rates = [
        record
        for record, concept in concepts.items()
        if record.stated and record.dated and record.dimension == "percent" and concept in GROWTH_CONCEPTS
    ]
    if not rates:
        return

    def order(record: Evidence) -> tuple[object, ...]:
        """Of one year before several, the latest, of the whole city before its parts, of the whole economy first."""
        part = record.ref_area != city.region or bool(record.activity or record.subject)
        scope = city.ds.row("indicators", record.indicator)["scope"]
        leading = GROWTH_CONCEPTS.index(concepts[record])
        return record.transformation != "yoy", -record.year, part, scope != "whole_economy", leading

    best = min(rates, key=order)
    key = f"{city.region}/achieved_growth/rate"
    rate = Figure(key, best.base / 100, "rate", "", (best.obs_id,), comparator=best.comparator)
    yield city.headline("achieved_growth", {**city.named(best), "rate": rate, "period": period(best.time_period)})


def growth_beside(city: City) -> Iterator[Headline]:
    """Required growth beside the achieved growth of another definition, from the audit."""
    findings = [f for f in city.audit if f.rule == "required_growth"]
    if findings:
        steepest = max(findings, key=lambda f: f.discrepancy)
        yield city.headline(f"growth_beside_{steepest.severity}", dict(steepest.numbers))


def undated_goals(city: City) -> Iterator[Headline]:
    """How many goals have no date."""
    rows = city.rows
    records = evidence(city.ds, rows[(rows["kind"] == "target") & (rows["time_period"] == "undated")])
    goals = {(r.ref_area, r.indicator, r.activity, r.subject, r.transformation): r for r in records if r.stated}
    if goals:
        count = city.count("undated_goals/count", len(goals), "个", ids(goals.values()))
        yield city.headline("undated_goals", {"area": label(city.ds, "areas", city.region), "count": count})


def inconsistencies(city: City) -> Iterator[Headline]:
    """What the audit counted, where it finds anything wrong or odd: relations that hold, and what the others come to.

    The findings of every severity (``inconsistent`` … ``note``) add up to ``findings``, the relations that hold and
    the ``open`` ones to those ``checked``; several relations that fail for one reason are one finding.
    """
    by_severity = {severity: city.audit.of(severity) for severity in SEVERITIES}
    contradictions = by_severity["inconsistent"]
    if not contradictions and not by_severity["implausible"]:
        return
    checked, agreeing = len(city.audit.checked), len(city.audit.agreeing)
    relations = {"checked": checked, "agreeing": agreeing, "open": checked - agreeing}
    contradicting = tuple(dict.fromkeys(obs for finding in contradictions for obs in finding.observations))
    figures: dict[str, Value] = {"area": label(city.ds, "areas", city.region)}
    for name, number in relations.items():
        figures[name] = city.count(f"inconsistencies/{name}", number, "项")
    figures["findings"] = city.count("inconsistencies/findings", len(city.audit), "个")
    for severity, findings in by_severity.items():
        observations = contradicting if severity == "inconsistent" else ()
        figures[severity] = city.count(f"inconsistencies/{severity}", len(findings), "处", observations)
    yield city.headline("inconsistencies", figures)


def missing_actuals(city: City) -> Iterator[Headline]:
    """Targets, but no figure after the year they start from: progress cannot be told yet."""
    started = [(series, city.base(series)) for series in city.series if series.aims]
    based = [(series, base) for series, base in started if base is not None]
    if not based or any(p.year > base.year for series, base in based for p in series.actuals):
        return
    latest = max((base for _, base in based), key=lambda base: base.year)
    observations = tuple(base.observations[0] for _, base in based)
    yield city.headline(
        "missing_actuals",
        {
            "area": label(city.ds, "areas", city.region),
            "count": city.count("missing_actuals/count", len(based), "项", observations),
            "base_period": period(latest.period),
        },
    )


def no_dated_targets(city: City) -> Iterator[Headline]:
    """A city whose documents set no dated target, or none at all."""
    rows = city.rows
    aimed = rows["kind"].isin(AIM_KINDS)
    if len(rows) and not (aimed & rows["dated"] & rows["obs_value"].notna()).any():
        facts = city.count("no_dated_targets/facts", len(merged_facts(rows)), "个", tuple(rows.index))
        rule = "no_dated_targets" if aimed.any() else "no_targets"
        yield city.headline(rule, {"area": label(city.ds, "areas", city.region), "facts": facts})


def _level(city: City, headline: str, name: str, point: Point, series: Series) -> Figure:
    measure = "share" if series.family == "share" else "count" if series.aggregation == "count" else "level"
    key = f"{city.region}/{headline}/{name}"
    return Figure(
        key, point.value, measure, series.unit, point.observations, comparator=point.comparator, year=point.period
    )


def _grown(city: City, *, branches: bool) -> list[tuple[Series, Point]]:
    """Output and income of the economy with a known base above zero and a dated target, whole or by branches.

    What one allowance or one fee is raised to is no headline of a place.
    """
    grown = []
    for series in city.series:
        base = city.base(series)
        concept = city.ds.row("indicators", series.indicator)["concept"]
        fits = series.family == "level" and series.shape == "geometric" and not series.subject
        fits = fits and concept in GROWTH_CONCEPTS and bool(series.activity) == branches
        if base is None or base.value <= 0 or base.comparator not in ("eq", "approx"):
            continue
        if fits and series.changes(base):
            grown.append((series, base))
    return grown


@dataclass(frozen=True)
class Change:
    """A way to say how far a target is from its base: the figure of the sentence, how it is computed, what is none.

    ``first`` is about the first aim of a path, else the last; ``either_way`` counts a fall like a rise.
    """

    name: str
    measure: str
    unit: str
    compute: Callable[[Point, Point], float]
    formula: str
    none: float = 0.0
    first: bool = False
    either_way: bool = False

    def size(self, base: Point, aim: Point) -> float:
        """What the largest change is found by."""
        value = self.compute(base, aim)
        return abs(value) if self.either_way else value


RATE = Change(
    "rate", "rate", "", lambda base, aim: float(cagr(base.value, aim.value, aim.year - base.year)),
    "({end} ÷ {start}){root} − 1", first=True,
)  # fmt: skip
MULTIPLE = Change(
    "multiple", "multiple", "倍", lambda base, aim: float(multiple(base.value, aim.value)), "{end} ÷ {start}", none=1.0
)
POINTS = Change(
    "change", "points", "个百分点", lambda base, aim: aim.value - base.value, "{end} − {start}", either_way=True
)


def _largest(city: City, rule: str, change: Change, started: Iterable[tuple[Series, Point]]) -> Iterator[Headline]:
    """The series that changes most from its base to its first or last target."""
    candidates = [
        (series, base, aims[0 if change.first else -1]) for series, base in started if (aims := series.changes(base))
    ]
    if not candidates:
        return
    series, base, aim = max(candidates, key=lambda candidate: change.size(*candidate[1:]))
    if change.size(base, aim) <= change.none:
        return
    figure = Figure(
        f"{city.region}/{rule}/{change.name}",
        change.compute(base, aim),
        change.measure,
        change.unit,
        base.observations[:1] + aim.observations[:1],
        change.formula.format(start=plain(base.value), end=plain(aim.value), root=root(aim.year - base.year)),
        year=f"{base.period}-{aim.period}",
    )
    figures = {
        **city.named(series),
        change.name: figure,
        "start": _level(city, rule, "start", base, series),
        "end": _level(city, rule, "end", aim, series),
        "start_period": period(base.period),
        "end_period": period(aim.period),
    }
    yield city.headline(rule, figures)


def steepest_growth(city: City) -> Iterator[Headline]:
    """The steepest required growth of a figure of the whole city, to its first target."""
    yield from _largest(city, "steepest_growth", RATE, _grown(city, branches=False))


def steepest_branch(city: City) -> Iterator[Headline]:
    """The steepest required growth of a branch."""
    yield from _largest(city, "steepest_branch", RATE, _grown(city, branches=True))


def biggest_multiple(city: City) -> Iterator[Headline]:
    """The largest multiple of the base that the last target of a path is."""
    yield from _largest(city, "biggest_multiple", MULTIPLE, _grown(city, branches=False))


def largest_share_change(city: City) -> Iterator[Headline]:
    """The share that changes most, in percentage points."""
    shares = ((series, city.base(series)) for series in city.series if series.family == "share")
    started = [(series, base) for series, base in shares if base is not None]
    yield from _largest(city, "largest_share_change", POINTS, started)


def structure_shift(city: City) -> Iterator[Headline]:
    """The branch of the largest group whose share changes most between the base and the last common target year."""
    parents = city.ds.activities["parent"]
    groups: dict[tuple[str, str, str], list[tuple[Series, Point]]] = {}
    for series, base in _grown(city, branches=True):
        parent = str(parents.get(series.activity, ""))
        if parent:
            groups.setdefault((series.indicator, parent, base.period), []).append((series, base))
    best: tuple[float, float, Headline] | None = None
    for (_, parent, start), members in groups.items():
        years = set.intersection(*({aim.period for aim in series.changes(point)} for series, point in members))
        if len(members) < 2 or not years:
            continue
        last = max(years)
        ends = [next(aim for aim in series.aims if aim.period == last) for series, _ in members]
        before, after = sum(base.value for _, base in members), sum(aim.value for aim in ends)
        changes = [
            (100 * aim.value / after - 100 * base.value / before, series, base, aim)
            for (series, base), aim in zip(members, ends, strict=True)
        ]
        change, series, base, aim = max(changes, key=lambda c: abs(c[0]))
        observations = tuple(p.observations[0] for p in (*(b for _, b in members), *ends))
        key = f"{city.region}/structure_shift"
        shares = {
            name: Figure(
                f"{key}/{name}",
                100 * point.value / total,
                "share",
                "%",
                observations,
                f"{plain(point.value)} ÷ {plain(total)}",
            )
            for name, point, total in (("start", base, before), ("end", aim, after))
        }
        figures: dict[str, Value] = {
            "area": label(city.ds, "areas", city.region),
            "branch": label(city.ds, "activities", series.activity),
            "group": label(city.ds, "activities", parent),
            "change": Figure(f"{key}/change", change, "points", "个百分点", observations),
            **shares,
            "start_period": period(start),
            "end_period": period(last),
        }
        if best is None or before > best[0]:
            best = (before, abs(change), city.headline("structure_shift", figures))
    if best is not None and best[1] > 0:
        yield best[2]


def progress_behind(city: City) -> Iterator[Headline]:
    """The target that is farthest behind its schedule."""
    yield from _progress(city, "progress_behind", "behind")


def progress_ahead(city: City) -> Iterator[Headline]:
    """The target that is farthest ahead of its schedule."""
    yield from _progress(city, "progress_ahead", "ahead")


def _progress(city: City, rule: str, verdict: str) -> Iterator[Headline]:
    """The next target of every series that has an actual value after its base, judged on its default path."""
    rows: list[dict[str, Any]] = records_of(progress_table(city.ds, city.region))
    # Judged by its next target: a path of four is one thing on schedule, not four.
    nearest: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["target_year"] > row["year"] or row["series"] not in nearest:
            known = nearest.get(row["series"])
            if known is None or known["target_year"] <= known["year"]:
                nearest[row["series"]] = row
    judged = [row for row in nearest.values() if row[f"verdict_{row['shape']}"]]
    found = [row for row in judged if row[f"verdict_{row['shape']}"] == verdict]
    if not found:
        return
    worst = max(found, key=lambda row: abs(row[f"gap_{row['shape']}_pp"]))
    key = f"{city.region}/{rule}"
    observations = tuple(obs for row in judged for obs in row["observations"][1:2])
    figures: dict[str, Value] = {
        "area": label(city.ds, "areas", worst["ref_area"]),
        "name": measured(city.ds, worst["indicator"], worst["activity"], worst["subject"]),
        "latest_period": period(worst["latest_period"]),
        "target_period": period(worst["target_period"]),
        "latest": _rekeyed(figure(worst, "value"), f"{key}/latest", str(worst["latest_period"])),
        "target": _rekeyed(figure(worst, "target"), f"{key}/target", str(worst["target_period"])),
        "completion": _rekeyed(figure(worst, "completion"), f"{key}/completion"),
        "elapsed": _rekeyed(figure(worst, "elapsed"), f"{key}/elapsed"),
        "gap": _gap(worst, f"{key}/gap"),
        "required": _required(worst, f"{key}/required"),
        "found": city.count(f"{rule}/count", len(found), "项", observations),
        "measured": city.count(f"{rule}/measured", len(judged), "项", observations),
    }
    yield city.headline(rule, figures)


def _rekeyed(made: Figure, key: str, year: str = "") -> Figure:
    # Without the prices, which the name of the indicator tells.
    return replace(made, key=key, year=year or made.year, price_base="")


def _gap(row: dict[str, Any], key: str) -> Figure:
    """How far off the path, as a size; the sentence says in which direction."""
    gap = figure(row, f"gap_{row['shape']}_pp")
    return Figure(key, abs(gap.value), "points", "", gap.observations, year=gap.year)


def _required(row: dict[str, Any], key: str) -> Figure:
    """What is needed per year from the latest value on: a rate for levels, percentage points for shares."""
    if not math.isnan(row["required_rate"]):
        return _rekeyed(figure(row, "required_rate"), key)
    left = f"({plain(row['target'])} − {plain(row['value'])}) ÷ {plain(row['target_year'] - row['year'])}"
    measure = "points" if row["family"] == "share" else "level"
    return Figure(key, row["required_increment"], measure, row["unit"], tuple(row["observations"]), left)

"""Rules for what deserves a sentence: facts, growth asked for and achieved, progress."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planbrief.measures.audit import SEVERITIES, Audit
from planbrief.measures.evidence import evidence, ids, merged_facts
from planbrief.measures.figures import Figure, figure, plain
from planbrief.measures.growth import cagr, multiple
from planbrief.measures.series import Point, Series, published_year
from planbrief.measures.tables import progress_table
from planbrief.targets.frames import records_of
from planbrief.targets.names import Label, label, measured, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset


@dataclass(frozen=True)
class Headline:
    """One fact that deserves a sentence: ``figures`` holds everything the sentence names, ``rank`` starts at 1."""

    rule: str
    rank: int
    region: str
    figures: Mapping[str, Figure | Label | str] = field(hash=False)


@dataclass(frozen=True)
class City:
    """What the rules look at."""

    ds: Dataset
    region: str
    series: tuple[Series, ...]
    audit: Audit

    def base(self, series: Series) -> Point | None:
        """The value that a series' targets start from."""
        return series.base(published_year(self.ds, {s for p in series.points if p.aimed for s in p.sources}))

    def named(self, series: Series) -> dict[str, Figure | Label | str]:
        """Place and thing of a series."""
        return {
            "area": label(self.ds, "areas", series.ref_area),
            "name": measured(self.ds, series.indicator, series.activity, series.subject),
        }


Rule = Callable[[City], Iterator[Headline]]


#: Yuan from which an amount is a sum that a government spends: no subsidy, price or wage comes near.
LEAST_SUM = 1e7
#: Concepts whose achieved growth is worth a sentence, best first.
GROWTH_CONCEPTS = ("value_added", "gdp", "gross_output", "investment", "revenue")


def commitment(city: City) -> Iterator[Headline]:
    """The largest sum of money that is promised; a subsidy for one person or a price is none."""
    rows = city.ds.of_city(city.region)
    stated = [r for r in evidence(city.ds, rows[rows["kind"] == "commitment"]) if r.stated and r.dimension == "money"]
    stated = [record for record in stated if record.base >= LEAST_SUM]
    if not stated:
        return
    largest = max(stated, key=lambda record: record.base)
    key = f"{city.region}/commitment/value"
    yield Headline(
        "commitment",
        0,
        city.region,
        {
            "area": label(city.ds, "areas", largest.ref_area),
            "name": measured(city.ds, largest.indicator, largest.activity, largest.subject),
            "value": Figure(
                key, largest.value, "level", largest.unit, (largest.obs_id,), comparator=largest.comparator
            ),
            "period": period(largest.time_period),
        },
    )


def achieved_growth(city: City) -> Iterator[Headline]:
    """The latest achieved growth of production, with its own definition."""
    rows = city.ds.of_city(city.region)
    rows = rows[rows["transformation"].isin(["yoy", "avg_annual"]) & (rows["kind"] == "actual")]
    stated = []
    for record in evidence(city.ds, rows):
        about = city.ds.row("indicators", record.indicator)
        if record.stated and record.dated and record.dimension == "percent" and about["concept"] in GROWTH_CONCEPTS:
            part = record.ref_area != city.region or bool(record.activity or record.subject)
            order = (about["scope"] != "whole_economy", GROWTH_CONCEPTS.index(about["concept"]))
            stated.append(((record.transformation != "yoy", -record.year, part, *order), record))
    if not stated:
        return
    record = min(stated, key=lambda one: one[0])[1]
    key = f"{city.region}/achieved_growth/rate"
    yield Headline(
        "achieved_growth",
        0,
        city.region,
        {
            "area": label(city.ds, "areas", record.ref_area),
            "name": measured(city.ds, record.indicator, record.activity, record.subject),
            "rate": Figure(key, record.base / 100, "rate", "", (record.obs_id,), comparator=record.comparator),
            "period": period(record.time_period),
        },
    )


def growth_beside(city: City) -> Iterator[Headline]:
    """Required growth beside the achieved growth of another definition, from the audit."""
    findings = [f for f in city.audit if f.rule == "required_growth"]
    if findings:
        steepest = max(findings, key=lambda f: f.discrepancy)
        yield Headline(f"growth_beside_{steepest.severity}", 0, city.region, dict(steepest.numbers))


def undated_goals(city: City) -> Iterator[Headline]:
    """How many goals have no date."""
    rows = city.ds.of_city(city.region)
    records = evidence(city.ds, rows[(rows["kind"] == "target") & (rows["time_period"] == "undated")])
    goals = {(r.ref_area, r.indicator, r.activity, r.subject, r.transformation): r for r in records if r.stated}
    if goals:
        key = f"{city.region}/undated_goals/count"
        count = Figure(key, float(len(goals)), "count", "个", ids(goals.values()))
        yield Headline("undated_goals", 0, city.region, {"area": label(city.ds, "areas", city.region), "count": count})


def inconsistencies(city: City) -> Iterator[Headline]:
    """What the audit counted, where it finds anything wrong or odd: relations that hold, and what the others come to.

    The findings of every severity (``inconsistent`` … ``note``) add up to ``findings``, the relations that hold and
    the ``open`` ones to those ``checked``; several relations that fail for one reason are one finding.
    """
    key = f"{city.region}/inconsistencies"
    found = {severity: city.audit.of(severity) for severity in SEVERITIES}
    if not found["inconsistent"] and not found["implausible"]:
        return
    checked, agreeing = len(city.audit.checked), len(city.audit.agreeing)
    bad = tuple(dict.fromkeys(obs for finding in found["inconsistent"] for obs in finding.observations))
    counts = {"checked": checked, "agreeing": agreeing, "open": checked - agreeing}
    figures: dict[str, Figure | Label] = {"area": label(city.ds, "areas", city.region)}
    for name, count in counts.items():
        figures[name] = Figure(f"{key}/{name}", float(count), "count", "项")
    figures["findings"] = Figure(f"{key}/findings", float(len(city.audit)), "count", "个")
    for name, findings in found.items():
        behind = bad if name == "inconsistent" else ()
        figures[name] = Figure(f"{key}/{name}", float(len(findings)), "count", "处", behind)
    yield Headline("inconsistencies", 0, city.region, figures)


def missing_actuals(city: City) -> Iterator[Headline]:
    """Targets, but no figure after the year they start from: progress cannot be told yet."""
    started = [(series, city.base(series)) for series in city.series if series.aims]
    based = [(series, base) for series, base in started if base is not None]
    if not based or any(p.year > base.year for series, base in based for p in series.actuals):
        return
    latest = max((base for _, base in based), key=lambda base: base.year)
    key = f"{city.region}/missing_actuals/count"
    observations = tuple(base.observations[0] for _, base in based)
    yield Headline(
        "missing_actuals",
        0,
        city.region,
        {
            "area": label(city.ds, "areas", city.region),
            "count": Figure(key, float(len(based)), "count", "项", observations),
            "base_period": period(latest.period),
        },
    )


def no_dated_targets(city: City) -> Iterator[Headline]:
    """A city whose documents set no dated target, or none at all."""
    rows = city.ds.of_city(city.region)
    aimed = rows[rows["kind"].isin(["target", "constraint"]) & rows["dated"] & rows["obs_value"].notna()]
    if aimed.empty and len(rows):
        key = f"{city.region}/no_dated_targets/facts"
        facts = Figure(key, float(len(merged_facts(rows))), "count", "个", tuple(rows.index))
        yield Headline(
            "no_dated_targets" if rows["kind"].isin(["target", "constraint"]).any() else "no_targets",
            0,
            city.region,
            {"area": label(city.ds, "areas", city.region), "facts": facts},
        )


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


def steepest_growth(city: City) -> Iterator[Headline]:
    """The steepest required growth of a figure of the whole city, to its first target."""
    yield from _steepest_of(city, "steepest_growth", branches=False)


def steepest_branch(city: City) -> Iterator[Headline]:
    """The steepest required growth of a branch."""
    yield from _steepest_of(city, "steepest_branch", branches=True)


def _steepest_of(city: City, rule: str, *, branches: bool) -> Iterator[Headline]:
    candidates = []
    for series, base in _grown(city, branches=branches):
        for aim in series.changes(base)[:1]:
            candidates.append((float(cagr(base.value, aim.value, aim.year - base.year)), series, base, aim))
    if not candidates:
        return
    rate, series, base, aim = max(candidates, key=lambda c: c[0])
    if rate <= 0:
        return
    years = aim.year - base.year
    figure = Figure(
        f"{city.region}/{rule}/rate",
        rate,
        "rate",
        observations=base.observations[:1] + aim.observations[:1],
        formula=f"({plain(aim.value)} ÷ {plain(base.value)})^(1/{plain(years)}) − 1",
        year=f"{base.period}-{aim.period}",
    )
    yield Headline(
        rule,
        0,
        city.region,
        {
            **city.named(series),
            "rate": figure,
            "start": _level(city, rule, "start", base, series),
            "end": _level(city, rule, "end", aim, series),
            "start_period": period(base.period),
            "end_period": period(aim.period),
        },
    )


def biggest_multiple(city: City) -> Iterator[Headline]:
    """The largest multiple of the base that the last target of a path is."""
    candidates = []
    for series, base in _grown(city, branches=False):
        for aim in series.changes(base)[-1:]:
            candidates.append((float(multiple(base.value, aim.value)), series, base, aim))
    if not candidates:
        return
    value, series, base, aim = max(candidates, key=lambda c: c[0])
    if value <= 1:
        return
    figure = Figure(
        f"{city.region}/biggest_multiple/multiple",
        value,
        "multiple",
        "倍",
        base.observations[:1] + aim.observations[:1],
        f"{plain(aim.value)} ÷ {plain(base.value)}",
        year=f"{base.period}-{aim.period}",
    )
    yield Headline(
        "biggest_multiple",
        0,
        city.region,
        {
            **city.named(series),
            "multiple": figure,
            "start": _level(city, "biggest_multiple", "start", base, series),
            "end": _level(city, "biggest_multiple", "end", aim, series),
            "start_period": period(base.period),
            "end_period": period(aim.period),
        },
    )


def largest_share_change(city: City) -> Iterator[Headline]:
    """The share that changes most, in percentage points."""
    candidates = []
    for series in city.series:
        base = city.base(series)
        if series.family != "share" or base is None:
            continue
        for aim in series.changes(base)[-1:]:
            candidates.append((abs(aim.value - base.value), series, base, aim))
    if not candidates:
        return
    change, series, base, aim = max(candidates, key=lambda c: c[0])
    figure = Figure(
        f"{city.region}/largest_share_change/change",
        aim.value - base.value,
        "points",
        "个百分点",
        base.observations[:1] + aim.observations[:1],
        f"{plain(aim.value)} − {plain(base.value)}",
        year=f"{base.period}-{aim.period}",
    )
    if change > 0:
        yield Headline(
            "largest_share_change",
            0,
            city.region,
            {
                **city.named(series),
                "change": figure,
                "start": _level(city, "largest_share_change", "start", base, series),
                "end": _level(city, "largest_share_change", "end", aim, series),
                "start_period": period(base.period),
                "end_period": period(aim.period),
            },
        )


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
        figures: dict[str, Figure | Label | str] = {
            "area": label(city.ds, "areas", city.region),
            "branch": label(city.ds, "activities", series.activity),
            "group": label(city.ds, "activities", parent),
            "change": Figure(f"{key}/change", change, "points", "个百分点", observations),
            **shares,
            "start_period": period(start),
            "end_period": period(last),
        }
        if best is None or before > best[0]:
            best = (before, abs(change), Headline("structure_shift", 0, city.region, figures))
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
    table = progress_table(city.ds, city.region)
    rows: list[dict[str, Any]] = records_of(table)
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
    figures: dict[str, Figure | Label | str] = {
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
        "found": Figure(f"{key}/count", float(len(found)), "count", "项", observations),
        "measured": Figure(f"{key}/measured", float(len(judged)), "count", "项", observations),
    }
    yield Headline(rule, 0, city.region, figures)


def _rekeyed(made: Figure, key: str, year: str = "") -> Figure:
    return Figure(
        key, made.value, made.measure, made.unit, made.observations, made.formula, made.lower, made.upper,
        made.comparator, made.undefined, year or made.year,
    )  # fmt: skip


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

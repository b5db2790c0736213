"""Headlines about what is stated and what is missing: growth achieved, money promised, dates, actual values."""

from __future__ import annotations

from collections.abc import Iterator

from planbrief.measures.evidence import evidence, ids
from planbrief.measures.facts import merged_facts
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.model import City, Headline
from planbrief.measures.labels import label, measured, period

#: Concepts whose achieved growth is worth a sentence, best first.
GROWTH_CONCEPTS = ("value_added", "gdp", "gross_output", "investment", "revenue")


def commitment(city: City) -> Iterator[Headline]:
    """The largest sum of money that is promised."""
    rows = city.ds.of_city(city.region)
    stated = [r for r in evidence(city.ds, rows[rows["kind"] == "commitment"]) if r.stated and r.dimension == "money"]
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
    stated = [
        (city.ds.row("indicators", r.indicator)["concept"], r)
        for r in evidence(city.ds, rows)
        if r.stated and r.dimension == "percent"
    ]
    stated = [(concept, r) for concept, r in stated if concept in GROWTH_CONCEPTS and r.dated]
    if not stated:
        return
    yoy_first = sorted(stated, key=lambda s: (s[1].transformation != "yoy", -s[1].year, GROWTH_CONCEPTS.index(s[0])))
    record = yoy_first[0][1]
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
    found = [f for f in city.audit if f.rule == "required_growth"]
    if found:
        steepest = max(found, key=lambda f: f.discrepancy)
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
    """What the audit counted, where it asks anything."""
    key = f"{city.region}/inconsistencies"
    bad, odd = city.audit.of("inconsistent"), city.audit.of("implausible")
    if not bad and not odd:
        return
    behind = tuple(dict.fromkeys(obs for finding in bad for obs in finding.observations))
    yield Headline(
        "inconsistencies",
        0,
        city.region,
        {
            "area": label(city.ds, "areas", city.region),
            "inconsistent": Figure(f"{key}/inconsistent", float(len(bad)), "count", "处", behind),
            "implausible": Figure(f"{key}/implausible", float(len(odd)), "count", "处"),
            "checked": Figure(f"{key}/checked", float(len(city.audit.checked)), "count", "项"),
            "agreeing": Figure(f"{key}/agreeing", float(len(city.audit.agreeing)), "count", "项"),
        },
    )


def missing_actuals(city: City) -> Iterator[Headline]:
    """Targets, but no figure after the year they start from: progress cannot be told yet."""
    started = [(series, city.base(series)) for series in city.series if series.aims]
    based = [(series, base) for series, base in started if base is not None]
    if not based or any(p.year > base.year for series, base in based for p in series.actuals):
        return
    latest = max((base for _, base in based), key=lambda base: base.year)
    key = f"{city.region}/missing_actuals/count"
    behind = tuple(base.observations[0] for _, base in based)
    yield Headline(
        "missing_actuals",
        0,
        city.region,
        {
            "area": label(city.ds, "areas", city.region),
            "count": Figure(key, float(len(based)), "count", "项", behind),
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

"""Headlines about paths: how steep, how many times, how many points, which branch gains."""

from __future__ import annotations

from collections.abc import Iterator

from planbrief.measures.figures import Figure, plain
from planbrief.measures.growth import cagr, multiple
from planbrief.measures.headlines.model import City, Headline
from planbrief.measures.labels import Label, label, period
from planbrief.measures.series import Point, Series


def _level(city: City, headline: str, name: str, point: Point, series: Series) -> Figure:
    measure = "share" if series.family == "share" else "count" if series.aggregation == "count" else "level"
    key = f"{city.region}/{headline}/{name}"
    return Figure(
        key, point.value, measure, series.unit, point.observations, comparator=point.comparator, year=point.period
    )


def _grown(city: City, *, branches: bool) -> list[tuple[Series, Point]]:
    """Output and money with a base above zero and a dated target: of the whole city, or of its branches."""
    found = []
    for series in city.series:
        base = city.base(series)
        fits = series.family == "level" and series.shape == "geometric" and not series.subject
        if fits and bool(series.activity) == branches and base is not None and base.value > 0 and series.changes(base):
            found.append((series, base))
    return found


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
        behind = tuple(p.observations[0] for p in (*(b for _, b in members), *ends))
        key = f"{city.region}/structure_shift"
        shares = {
            name: Figure(
                f"{key}/{name}",
                100 * point.value / total,
                "share",
                "%",
                behind,
                f"{plain(point.value)} ÷ {plain(total)}",
            )
            for name, point, total in (("start", base, before), ("end", aim, after))
        }
        figures: dict[str, Figure | Label | str] = {
            "area": label(city.ds, "areas", city.region),
            "branch": label(city.ds, "activities", series.activity),
            "group": label(city.ds, "activities", parent),
            "change": Figure(f"{key}/change", change, "points", "个百分点", behind),
            **shares,
            "start_period": period(start),
            "end_period": period(last),
        }
        if best is None or before > best[0]:
            best = (before, abs(change), Headline("structure_shift", 0, city.region, figures))
    if best is not None and best[1] > 0:
        yield best[2]

"""Which findings deserve a sentence: rules over any city, ranked; a city with little data gets few.

Every headline carries the figures and names that its sentence is filled with; the sentence itself stands in the
notebook, in both languages. What an audit comes to is told the same way: counts for its opening, the arithmetic of one
finding, what was checked and agrees.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.measures.audit import SEVERITIES, Audit, Finding, Identity, audit
from planbrief.measures.audit.model import Number
from planbrief.measures.compare import side_by_side
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.rules import (
    City,
    Headline,
    Rule,
    achieved_growth,
    biggest_multiple,
    commitment,
    growth_beside,
    inconsistencies,
    largest_share_change,
    missing_actuals,
    no_dated_targets,
    progress_ahead,
    progress_behind,
    steepest_branch,
    steepest_growth,
    structure_shift,
    undated_goals,
)
from planbrief.measures.series import series_of
from planbrief.targets.names import Label, label, measured, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset

__all__ = [
    "RULES",
    "City",
    "Headline",
    "arithmetic",
    "audit_headlines",
    "headlines",
    "identity_name",
    "identity_period",
    "weightiest",
]


def headlines(ds: Dataset, regions: Iterable[str], audits: Mapping[str, Audit] | None = None) -> tuple[Headline, ...]:
    """Facts that deserve a sentence, most important first.

    Parameters
    ----------
    ds : Dataset
        Any data set.
    regions : iterable of str
        Cities; with several, what can be compared between them is a headline too.
    audits : mapping, optional
        Audits by region that were made already.

    Returns
    -------
    tuple of Headline
        Ordered by rule, then by the order of the regions. Rules that find nothing say nothing.
    """
    asked = tuple(dict.fromkeys(regions))
    ranked: list[Headline] = []
    cities = [City(ds, r, series_of(ds, r), (audits or {}).get(r) or audit(ds, r)) for r in asked]
    for rule in RULES:
        for city in cities:
            ranked.extend(rule(city))
    ranked.extend(_comparisons(ds, asked))
    return tuple(replace(headline, rank=rank) for rank, headline in enumerate(ranked, start=1))


#: The rules in order of importance.
RULES: tuple[Rule, ...] = (
    progress_behind,
    progress_ahead,
    steepest_growth,
    biggest_multiple,
    growth_beside,
    largest_share_change,
    structure_shift,
    steepest_branch,
    inconsistencies,
    missing_actuals,
    achieved_growth,
    commitment,
    undated_goals,
    no_dated_targets,
)


def _comparisons(ds: Dataset, regions: tuple[str, ...]) -> Iterator[Headline]:
    """How many of the closest pairs between cities may be compared, said once."""
    if len(regions) < 2:
        return
    pairs = side_by_side(ds, regions).pairs
    best = pairs[pairs["best"].astype(bool)]
    allowed = best[best["status"] != "not_comparable"]
    observations = tuple(dict.fromkeys([*best["a"], *best["b"]]))
    rule = "nothing_to_compare" if allowed.empty else "some_comparable"
    yield Headline(
        rule,
        0,
        "",
        {
            "pairs": Figure("comparison/pairs", float(len(best)), "count", "对", observations),
            "comparable": Figure("comparison/comparable", float(len(allowed)), "count", "对", tuple(allowed["a"])),
            "cities": Figure("comparison/cities", float(len(regions)), "count", "个"),
        },
    )


#: Units of money; the gaps that weigh most are sought among them.
MONEY_UNITS = ("元",)
#: Relative difference below which a float is the decimal number that it nearly is.
EXACT = 1e-12


def audit_headlines(ds: Dataset, region: str, audit: Audit) -> tuple[Headline, ...]:
    """Counts of an audit: first one sentence about all of it, then one for each severity that occurs.

    Rules: ``nothing_checked``, ``all_agree``, ``all_but_one`` or ``checked`` (the second and last with ``_one`` where a
    single relation was checked), then the severities.
    """
    key = f"{region}/audit"
    place = label(ds, "areas", region)
    checked, agreeing = len(audit.checked), len(audit.agreeing)

    def count(name: str, number: int, behind: Iterable[str] = ()) -> Figure:
        return Figure(f"{key}/{name}", float(number), "count", "", tuple(dict.fromkeys(behind)))

    figures: dict[str, Number] = {
        "area": place,
        "checked": count("checked", checked),
        "agreeing": count("agreeing", agreeing),
        "open": count("open", checked - agreeing),
        "findings": count("findings", len(audit)),
    }
    rule = "nothing_checked" if not checked else "all_agree" if not audit else "checked"
    if checked == 1:
        rule += "_one"
    elif rule == "checked" and checked - agreeing == 1:
        rule = "all_but_one"
    told = [Headline(rule, 1, region, figures)]
    for severity in SEVERITIES:
        chosen = audit.of(severity)
        if chosen:
            behind = itertools.chain.from_iterable(f.observations for f in chosen)
            number = count(severity, len(chosen), behind)
            told.append(Headline(severity, len(told) + 1, region, {"area": place, "count": number}))
    return tuple(told)


def weightiest(audit: Audit, limit: int = 3) -> tuple[Finding, ...]:
    """Contradictions in money with the largest gaps, largest first."""
    sums = [f for f in audit.of("inconsistent") if f.unit.endswith(MONEY_UNITS) and not f.discrepancy <= f.tolerance]
    return tuple(sorted(sums, key=lambda f: -f.discrepancy)[:limit])


def arithmetic(finding: Finding) -> tuple[Headline, ...]:
    """The sums behind a finding, its gap and the tolerance; nothing where nothing was computed.

    ``lines`` holds the computations with their results; the rule says which of gap and tolerance exist.
    """
    computed = [n for n in finding.numbers.values() if isinstance(n, Figure) and n.formula and n.key[-4:] != "/gap"]
    known = [figure for figure in computed if any(sign in figure.formula for sign in "+−×÷")]
    figures: dict[str, Number] = {}
    for position, figure in enumerate(known[:2], start=1):
        figures[f"formula_{position}"] = Label(figure.formula, figure.formula)
        # A result with few decimals is exact, and stands beside its gap as such.
        exact = figure.measure == "level" and abs(figure.value - round(figure.value, 3)) < EXACT * abs(figure.value)
        figures[f"result_{position}"] = replace(figure, formula="") if exact else figure
    rule = f"sums_{len(known[:2])}"
    if finding.discrepancy == finding.discrepancy and finding.tolerance == finding.tolerance:
        for name in ("discrepancy", "tolerance"):
            figures[name] = _amount(finding, name)
        rule += "_tolerance"
    return (Headline(rule, 1, "", figures),) if rule != "sums_0" else ()


def _amount(finding: Finding, name: str) -> Figure:
    """Discrepancy or tolerance in its unit; the discrepancy with the sum behind it, where the audit states one."""
    value = float(getattr(finding, name))
    unit = finding.unit
    measure = "points" if unit in ("个百分点", "%") else "level"
    shown = "" if unit in ("个百分点", "1") else unit
    gap = finding.numbers.get("gap") if name == "discrepancy" else None
    formula = gap.formula if isinstance(gap, Figure) else ""
    return Figure(f"{finding.id}/{name}", value, measure, shown, finding.observations, formula=formula)


def identity_name(ds: Dataset, identity: Identity, relations: Iterable[dict[str, str]] = ()) -> Label:
    """What an identity is about: the two sides of a declared relation, else the measured thing, with its place."""
    parts = identity.id.split("/")
    first = ds.row("observations", identity.observations[0]) if identity.observations else None
    area = label(ds, "areas", first["ref_area"]) if first is not None else Label("", "")
    for row in relations:
        if row["rule"] == identity.rule and row["relation"] in parts and row["left_zh"] and row["right_zh"]:
            what = Label(f"{row['left_zh']} / {row['right_zh']}", f"{row['left_en']} / {row['right_en']}")
            if "/?" in row["left"] and first is not None:
                what = _detailed(what, label(ds, "activities", first["activity"]))
            return _placed(area, what)
    if first is None:
        return Label(identity.id, identity.id)
    # Shares that add up to a whole are about the whole, which the id names.
    whole = [part for part in parts if part in ds.activities.index and part != first["activity"]]
    return _placed(area, measured(ds, first["indicator"], whole[0] if whole else first["activity"], first["subject"]))


def _detailed(what: Label, detail: Label) -> Label:
    return Label(f"{what.zh}（{detail.zh}）", f"{what.en} ({detail.en})")


def _placed(area: Label, what: Label) -> Label:
    return Label(f"{area.zh}：{what.zh}", f"{area.en}: {what.en}")


def identity_period(ds: Dataset, identity: Identity) -> Label:
    """Years that an identity spans, empty where nothing is dated."""
    periods = sorted(set(_periods(ds, identity)))
    if not periods:
        return Label("", "")
    if len(periods) == 1:
        return period(periods[0])
    first, last = period(periods[0]), period(periods[-1])
    return Label(f"{first.zh}—{last.zh}", f"{first.en}–{last.en}")


def _periods(ds: Dataset, identity: Identity) -> Iterator[str]:
    # Required growth has a start and an end; the achieved growth beside them has a year of its own.
    for obs in identity.observations[: 2 if identity.rule == "required_growth" else None]:
        when = ds.row("observations", obs)["time_period"]
        if when not in ("", "undated"):
            yield when

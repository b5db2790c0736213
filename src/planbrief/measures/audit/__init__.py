"""Does a plan add up? Ten families of rules that a statistical editor would run over any data set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planbrief.measures.audit.lists import check_clusters, check_completeness, check_lists, check_names
from planbrief.measures.audit.milestones import check_milestones, check_ranges, check_required_growth
from planbrief.measures.audit.model import (
    SEVERITIES,
    Audit,
    AuditTables,
    Context,
    Finding,
    Identity,
    Item,
    Result,
    Rule,
    Severity,
    audit_tables,
)
from planbrief.measures.audit.relations import check_relations
from planbrief.measures.audit.repeats import check_magnitudes, check_repeats
from planbrief.measures.audit.totals import check_implied, check_shares, check_totals
from planbrief.measures.columns import remembered
from planbrief.measures.evidence import evidence

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

__all__ = [
    "RULES",
    "SEVERITIES",
    "Audit",
    "AuditTables",
    "Finding",
    "Identity",
    "Item",
    "Severity",
    "audit",
    "audit_tables",
]

#: Rule families (METHODS 4) by the name that findings carry; the checks of a family may stand in two modules.
RULES = (
    "parts_total",
    "stated_share",
    "implied_total",
    "printed_twice",
    "list_count",
    "milestones",
    "cluster_wording",
    "magnitude",
    "required_growth",
    "completeness",
)
#: Checks of single figures, in this order: a figure that one of them asks about takes part in no later check, so
#: that one fault raises one question.
SINGLE_FIGURES: tuple[Rule, ...] = (check_repeats, check_magnitudes, check_ranges)
CHECKS: tuple[Rule, ...] = (
    check_totals,
    check_shares,
    check_relations,
    check_implied,
    check_lists,
    check_names,
    check_milestones,
    check_clusters,
    check_required_growth,
    check_completeness,
)


def own_documents(ds: Dataset, region: str, rows: pd.DataFrame) -> set[str]:
    """Documents of `rows` that are about a region: what another's document prints is the other's question.

    A district or county owns the documents that state nothing of any place outside it; the plan of its city, which
    mentions it, is questioned on the city's page.
    """
    sources = {str(source) for source in rows["source_id"].unique() if ds.about(str(source)) == ds.city_of(region)}
    if region == ds.city_of(region):
        return sources
    inside = set(ds.descendants(region))
    return {source for source in sources if inside.issuperset(ds.select(source_id=source)["ref_area"])}


@remembered
def audit(ds: Dataset, region: str | None = None, *, tables: AuditTables | None = None) -> Audit:
    """Every question that the printed figures raise, and the list of what was checked.

    Parameters
    ----------
    ds : Dataset
        Any data set; no rule knows a place, an industry or a year.
    region : str, optional
        Only observations about this city and the places inside it; all by default.
    tables : AuditTables, optional
        Declared relations, limits and list lengths; by default those of the data set.

    Returns
    -------
    Audit
        Findings, worst first; ``.checked`` holds every identity with its outcome, consistent ones included.

    References
    ----------
    Owid catalog's cross-checks of derived series; 《统计法》 on truthfulness and completeness of figures.
    """
    rows = ds.observations if region is None else ds.of_city(region)
    ctx = Context(
        ds,
        evidence(ds, rows),
        audit_tables(ds, None if region is None else own_documents(ds, region, rows)) if tables is None else tables,
    )
    results: list[Result] = []
    for check in SINGLE_FIGURES:
        raised = list(check(ctx))
        results += raised
        ctx = replace(ctx, suspects=ctx.suspects | {obs for result in raised for obs in in_question(result)})
    for check in CHECKS:
        results += check(ctx)
    findings: dict[str, Finding] = {}
    checked: dict[str, Identity] = {}
    for result in results:
        if isinstance(result, Finding):
            findings.setdefault(result.id, result)
        # Several checks of one identity count once, and a failed one stands for all.
        elif result.id not in checked or not result.agrees:
            checked[result.id] = result
    return Audit(findings.values(), checked.values())


#: Messages about a figure itself, not about its wording or its year.
ABOUT_VALUES = frozenset(
    f"audit.{message}"
    for message in (
        *("printed_twice.value", "printed_twice.slip", "magnitude.slip", "magnitude.above", "magnitude.below"),
        *("milestones.share", "milestones.whole"),
    )
)


def in_question(result: Result) -> tuple[str, ...]:
    """Observations whose value a result asks about (not the neighbours it was compared with)."""
    if not isinstance(result, Finding) or result.message not in ABOUT_VALUES:
        return ()
    return tuple(item.observation for item in result.items if item.role != "neighbour")

"""The rules in the order in which an editor would apply them, and the audit that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planbrief.measures.audit.clusters import check_clusters
from planbrief.measures.audit.completeness import check_completeness
from planbrief.measures.audit.context import Context, Rule
from planbrief.measures.audit.declared import check_relations
from planbrief.measures.audit.implied import check_implied
from planbrief.measures.audit.lists import check_lists
from planbrief.measures.audit.milestones import check_milestones
from planbrief.measures.audit.model import Audit, Finding, Identity
from planbrief.measures.audit.plausibility import check_required_growth
from planbrief.measures.audit.repeats import check_repeats
from planbrief.measures.audit.shares import check_shares
from planbrief.measures.audit.slips import check_magnitudes
from planbrief.measures.audit.tables import AuditTables, audit_tables
from planbrief.measures.audit.totals import check_totals
from planbrief.measures.evidence import evidence

if TYPE_CHECKING:
    from planbrief.targets import Dataset

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
CHECKS: tuple[Rule, ...] = (
    check_totals,
    check_shares,
    check_relations,
    check_implied,
    check_repeats,
    check_lists,
    check_milestones,
    check_clusters,
    check_magnitudes,
    check_required_growth,
    check_completeness,
)


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
    growth = ds.select(transformation=["yoy", "avg_annual"], kind="actual")
    ctx = Context(
        ds,
        evidence(ds, rows),
        audit_tables(ds) if tables is None else tables,
        tuple(record for record in evidence(ds, growth) if record.stated and record.dimension == "percent"),
    )
    findings: dict[str, Finding] = {}
    checked: dict[str, Identity] = {}
    for check in CHECKS:
        for result in check(ctx):
            if isinstance(result, Finding):
                findings.setdefault(result.id, result)
            elif result.id not in checked or not result.agrees:
                checked[result.id] = result
    return Audit(findings.values(), checked.values())

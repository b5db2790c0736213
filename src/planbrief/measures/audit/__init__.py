"""Does a plan add up? Ten families of rules that a statistical editor would run over any data set."""

from planbrief.measures.audit.model import (
    SEVERITIES,
    Audit,
    AuditTables,
    Finding,
    Identity,
    Item,
    Severity,
    audit_tables,
)
from planbrief.measures.audit.registry import RULES, audit

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

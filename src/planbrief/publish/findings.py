"""The audit's findings for the manifest: what does not add up in the data of an edition."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def findings(project: str) -> list[dict[str, Any]]:
    """Findings of the audit over a project's data, as the manifest lists them."""
    from planbrief.measures.audit import audit
    from planbrief.project import at
    from planbrief.targets import load

    result = audit(load(at(Path(project))))
    return [
        {
            "id": finding.id,
            "rule": finding.rule,
            "severity": finding.severity,
            "observation_ids": list(finding.observations),
        }
        for finding in result
    ]

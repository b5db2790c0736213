"""Editions without pages: manifests and rows of a synthetic city, which a test may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from targets.factory import ACTIVITIES, AREAS, INDICATORS, SOURCES, milestones

from planbrief.publish.changes import Snapshot
from planbrief.run.manifest import FindingEntry, Manifest, PublishedFile, ReportEntry

KEYS = {
    "observations": ("obs_id",),
    "sources": ("source_id",),
    "areas": ("ref_area",),
    "activities": ("activity",),
    "indicators": ("indicator",),
}
RATE = {"value": 0.26, "unit": "", "measure": "rate", "observations": ["testville-plan-2024-00100"]}


def rows_of_testville() -> list[dict[str, str]]:
    """Observations of Testville as rows of text."""
    return [{name: str(value) for name, value in row.items()} for row in milestones()]


def report(lang: str, **changes: Any) -> ReportEntry:
    """The entry of a small report."""
    entry = ReportEntry(
        "brief", lang, "Brief", data_as_of="2024-01-15", key="k", html=PublishedFile(f"{lang}/brief.html", "0" * 64),
        figures={"testville/steepest_growth/rate": dict(RATE)},
    )  # fmt: skip
    return replace(entry, **changes)


def snapshot(**changes: Any) -> Snapshot:
    """The edition of Testville; `tables` and fields of the manifest can be replaced."""
    tables = {
        "observations": tuple(rows_of_testville()),
        "sources": tuple(SOURCES),
        "areas": tuple(AREAS),
        "activities": tuple(ACTIVITIES),
        "indicators": tuple(INDICATORS),
        **changes.pop("tables", {}),
    }
    manifest = Manifest(
        data_sha256="0" * 64,
        observations=None,
        reports=(report("zh"), report("en")),
        findings=(FindingEntry("sum/1", "parts_total", "inconsistent", ("testville-plan-2024-00100",)),),
        edition="2024-01-15-00000000",
    )
    return Snapshot(replace(manifest, **changes), tables, KEYS)


@pytest.fixture
def edition() -> Callable[..., Snapshot]:
    """Makes the edition of Testville, changed where the test says so."""
    return snapshot

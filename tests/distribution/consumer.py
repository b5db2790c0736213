"""A program of somebody else that uses planbrief: ``make dist`` holds its types against the wheel."""

from __future__ import annotations

from pathlib import Path

import planbrief as pb


def fastest(project: Path, area: str) -> list[str]:
    """The first three indicators of which an area plans the growth."""
    growth = pb.load(project).growth(area, stage="planned")
    return [str(one) for one in growth["indicator"]][:3]


def printed(project: Path, observation: str) -> str:
    """A figure with its unit, as the page shows it."""
    data: pb.Data = pb.load(project)
    figure: pb.Figure = data.figure(observation)
    return f"{figure} {figure.value} {figure.unit}"


def edition(project: Path, out: Path) -> str:
    """The name of the edition that was built, empty where a report is not known."""
    try:
        return pb.build("brief", project=project, out=out, lang="en").edition
    except pb.UnknownName:
        return ""

"""The date of an export: that of the newest document, never the clock."""

from __future__ import annotations

from datetime import date

from planbrief.targets.package import Package


def data_as_of(package: Package) -> str:
    """Date of the newest document as ISO text, empty if there is none."""
    dates = []
    for row in package["sources"].rows:
        try:
            dates.append(date.fromisoformat(row.values["date_published"]).isoformat())
        except ValueError:
            continue  # check names such a date; an export does not fail over it
    return max(dates, default="")

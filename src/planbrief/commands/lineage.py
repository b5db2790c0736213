"""From a number forward to the reports: every headline figure that was computed from an observation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planbrief.errors import PlanbriefError

#: A manifest larger than this is refused.
LARGEST_MANIFEST = 256 * 1024 * 1024


@dataclass(frozen=True)
class Use:
    """One figure of one report that was computed from an observation."""

    report: str
    lang: str
    figure: str
    value: float | str | None
    unit: str
    #: All observations behind the figure.
    observations: tuple[str, ...]


class UnreadableEdition(PlanbriefError):
    """A folder holds no edition whose manifest can be read."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place, self.reason = place, reason

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}; expected the manifest.json of an edition (planbrief build makes one)"


def read_manifest(edition: Path | str) -> Mapping[str, Any]:
    """The manifest of an edition, given its folder or the file itself; :class:`UnreadableEdition` if there is none."""
    path = Path(edition)
    path = path / "manifest.json" if path.is_dir() else path
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise UnreadableEdition(str(path), "larger than any manifest")
        manifest = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise UnreadableEdition(str(path), "no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableEdition(str(path), f"unreadable ({type(error).__name__})") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("reports"), list):
        raise UnreadableEdition(str(path), "no list of reports")
    return manifest


def uses(manifest: Mapping[str, Any], obs_id: str) -> tuple[Use, ...]:
    """Figures of an edition that were computed from `obs_id`, in the order of the manifest."""
    return tuple(use for use in _all_uses(manifest) if obs_id in use.observations)


def findings(manifest: Mapping[str, Any], obs_id: str) -> tuple[str, ...]:
    """Ids of the audit's findings that rest on `obs_id`."""
    found = []
    listed = manifest.get("findings", [])
    for finding in listed if isinstance(listed, list) else []:
        if isinstance(finding, dict) and obs_id in _texts(finding.get("observation_ids")):
            found.append(str(finding.get("id", "")))
    return tuple(found)


def _all_uses(manifest: Mapping[str, Any]) -> Iterator[Use]:
    for report in manifest["reports"]:
        figures = report.get("figures") if isinstance(report, dict) else None
        for key, figure in figures.items() if isinstance(figures, dict) else ():
            if not isinstance(figure, dict):
                continue
            value = figure.get("value")
            shown = value if isinstance(value, int | float | str) else None
            yield Use(
                str(report.get("id", "")),
                str(report.get("lang", "")),
                str(key),
                shown,
                str(figure.get("unit", "")),
                _texts(figure.get("observations")),
            )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()

"""The catalogue page of an edition, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from planbrief.display.language import Lang
from planbrief.reports.manifest import Manifest


@dataclass(frozen=True)
class Change:
    """One line of what changed since the last edition, worded in one language."""

    text: str
    #: added, removed, revised, resourced, failed, recovered; other words are shown without a mark.
    kind: str = ""
    #: Path in the edition that shows it, with an anchor if need be.
    href: str = ""


@dataclass(frozen=True)
class Digest:
    """What changed since an edition; no changes means that nothing did."""

    since: str
    changes: Mapping[Lang, tuple[Change, ...]] = field(default_factory=dict)


def render_index(manifest: Manifest, lang: Lang, digest: Digest | None = None) -> str:
    """The catalogue page in a language."""
    return f"<!doctype html><html lang='{lang}'><title>{manifest.edition}</title></html>"

"""Drafts in Python: the rows as a frame, and a changed frame back into the draft, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from planbrief.project import Project, find
from planbrief.reading.decisions import DECIDED, BadDecision, DraftRow
from planbrief.reading.drafts import Draft

if TYPE_CHECKING:
    import pandas as pd

#: Columns that a person may change; ``decided`` true accepts a row as it stands, or leaves it out.
CHANGEABLE = ("role", "decided", *DECIDED, "reason")
_FIXED = ("char_start", "char_end", "value_text", "state", "sure", "confidence")


def drafts(source_id: str, project: Project | None = None) -> pd.DataFrame:
    """The rows of a draft, by the id of the row; every cell is text, ``decided`` and ``sure`` are true or false.

    Raises
    ------
    planbrief.errors.UnknownName
        If there is no such draft.

    Examples
    --------
    >>> import planbrief as pb
    >>> frame = pb.drafts("xincheng-plan-2026")  # doctest: +SKIP
    """
    import pandas as pd

    draft = Draft((project or find()).data, source_id)
    rows = [_record(row) for row in draft.standing().rows]
    frame = pd.DataFrame(rows, columns=["row", *_FIXED, *CHANGEABLE]).set_index("row")
    frame.attrs["draft"] = source_id
    return frame


def save_drafts(frame: pd.DataFrame, source_id: str = "", project: Project | None = None) -> int:
    """Put the changed cells of a frame from :func:`drafts` into the draft, as one step that one undo takes back.

    Returns
    -------
    int
        Number of rows that changed.

    Raises
    ------
    planbrief.reading.decisions.BadDecision
        For an unknown row or column, a changed cell that is not a person's to change, or a row twice; nothing is saved.

    Examples
    --------
    >>> import planbrief as pb
    >>> frame = pb.drafts("city-report-2026")  # doctest: +SKIP
    >>> pb.save_drafts(frame.assign(decided=True))  # doctest: +SKIP
    12
    """
    draft = Draft((project or find()).data, source_id or str(frame.attrs.get("draft", "")))
    now = {row.id: row for row in draft.standing().rows}
    if unknown := [str(name) for name in frame.columns if name not in (*_FIXED, *CHANGEABLE)]:
        raise BadDecision(f"the column {unknown[0]!r}", ", ".join(CHANGEABLE))
    if frame.index.has_duplicates:
        raise BadDecision(f"the row {frame.index[frame.index.duplicated()][0]!r} twice", "each row once")
    actions: list[dict[str, Any]] = []
    touched = set()
    for key, given in zip(frame.index, frame.to_dict("records"), strict=True):
        if key not in now:
            raise BadDecision(f"row {str(key)[:40]!r}", "the id of a row of the draft")
        own = list(_changes(now[key], {str(name): value for name, value in given.items()}))
        touched |= {key} if own else set()
        actions += own
    if actions:
        draft.decide({"do": "batch", "actions": actions})
    return len(touched)


def _record(row: DraftRow) -> dict[str, Any]:
    return {
        "row": row.id, "char_start": row.start, "char_end": row.end, "value_text": row.value_text, "state": row.state,
        "sure": row.sure, "confidence": row.confidence, "role": row.role, "decided": row.decided,
        **{name: row.cells.get(name, "") for name in (*DECIDED, "reason")},
    }  # fmt: skip


def _changes(row: DraftRow, given: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The actions that make a row what the frame says it is."""
    old = _record(row)
    for name in _FIXED:
        if name != "state" and name in given and given[name] != old[name]:
            raise BadDecision(
                f"{name} {str(given[name])[:40]!r} in row {row.id}", f"{old[name]!r}, which stays as it is"
            )
    cells = {}
    for name in (*DECIDED, "reason", "role"):
        value = given.get(name, old[name])
        text = "" if value is None or value != value else str(value)
        if text != old[name]:
            cells[name] = text
    wanted = given.get("decided", row.decided)
    if wanted not in (True, False):
        raise BadDecision(f"decided {wanted!r} in row {row.id}", "True or False")
    if cells:
        yield {"do": "set", "row": row.id, "cells": cells}
    if wanted and (cells or not row.decided):
        yield {"do": "accept", "rows": [row.id]}
    elif row.decided and not wanted:
        yield {"do": "reopen", "rows": [row.id]}

"""What is proposed for every numeral of a text, and what a person decides about the rows: both make a draft's rows.

Decisions are a list of actions that only grows; undo and redo are actions too. The rows are computed from the
proposals and the actions alone, so the same two files give the same rows on every machine. Typing in a cell is
recorded key by key under one ``edit`` mark and taken back as one step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from planbrief.errors import PlanbriefError
from planbrief.reading.grammar.wordlists import words
from planbrief.targets.wording import TOKEN

#: Cells of an observation in the order of the contract of ``planbrief read --json``.
CELLS = (
    "indicator indicator_phrase ref_area_name obs_value upper_value unit_measure time_period kind comparator "
    "transformation counterpart_area price_base activity subject"
).split()


@dataclass(slots=True)
class Proposal:
    """A proposed row; offsets are those of the document.

    ``cells`` holds the cells of an observation (empty for an exclusion, which has a ``reason``). ``why`` gives for each
    cell the rule that decided it and the words of the text that it saw. ``doubts`` name what speaks against being sure.
    """

    start: int
    end: int
    value_text: str
    role: str = "observation"
    reason: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    why: dict[str, tuple[str, str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    locator: str = ""
    confidence: float = 0.0
    sure: bool = False
    #: Several values on one span (二个千亿级): 0 for the first.
    part: int = 0

    def as_json(self) -> dict[str, object]:
        """The row as ``planbrief read --json`` prints it."""
        row: dict[str, object] = {
            "role": self.role,
            "char_start": self.start,
            "char_end": self.end,
            "value_text": self.value_text,
            "confidence": round(self.confidence, 3),
            "sure": self.sure,
        }
        if self.role == "exclusion":
            row["reason"] = self.reason
        else:
            row |= {name: self.cells.get(name, "") for name in CELLS}
        row["locator"] = self.locator
        row["why"] = {name: list(reason) for name, reason in self.why.items()}
        if self.doubts:
            row["doubts"] = list(self.doubts)
        return row


#: Rows at or above are called sure: a person may skip them.
SURE = 0.8
_START = 0.97
#: What a doubt costs that the list of doubts does not know.
_UNKNOWN = 0.15


def rate(row: Proposal) -> Proposal:
    """The row with its confidence and whether it is sure."""
    if row.role == "observation":
        known = words("reasons")["doubt"]
        # Each cost was fitted so that, over labelled and reviewed documents, rows called sure are right (see
        # tests/bench/reading_accuracy.py): one heavy doubt or several light ones take a row below the line.
        costs = {doubt: known[doubt][2] if doubt in known else _UNKNOWN for doubt in row.doubts}
        if "no_period" in costs and "verb_in_name" in costs:
            costs["verb_in_name"] /= 2  # what a plan lists is named on both sides of its number more often than not
        row.confidence = max(0.05, _START - sum(costs.values()))
    row.sure = row.confidence >= SURE
    return row


#: Cells of a quantity that a person decides about; the last three are no part of a proposal.
DECIDED = (*CELLS, "locator", "base_period", "comment")
#: Cells of a row that states no quantity.
LEFT_OUT = ("reason", "comment")
#: What a person adds about the document, a new indicator or a new area.
ABOUT = ("document", "indicator", "area")
LONGEST_CELL = 2000


class BadDecision(PlanbriefError):
    """An action that cannot be done on the draft as it stands."""

    text = "draft: found {}; expected {}"


@dataclass(frozen=True)
class DraftRow:
    """One row as it stands: proposed, changed, accepted or left out.

    ``role`` is observation or exclusion; ``decided`` is true once a person (or a carried decision) has accepted it.
    ``changed`` names the cells that differ from what was proposed; ``made`` marks rows that a person added.
    """

    id: str
    start: int
    end: int
    value_text: str
    part: int = 0
    role: str = "observation"
    decided: bool = False
    cells: Mapping[str, str] = field(default_factory=dict)
    why: Mapping[str, Sequence[str]] = field(default_factory=dict)
    doubts: Sequence[str] = ()
    confidence: float = 0.0
    sure: bool = False
    changed: frozenset[str] = frozenset()
    made: bool = False

    @property
    def state(self) -> str:
        """How a row is marked: accepted, left_out, sure or look."""
        if self.decided:
            return "left_out" if self.role == "exclusion" else "accepted"
        return "sure" if self.sure and not self.changed else "look"

    def as_json(self) -> dict[str, Any]:
        """The row for a file or a browser."""
        return {
            "id": self.id, "start": self.start, "end": self.end, "value_text": self.value_text, "part": self.part,
            "role": self.role, "decided": self.decided, "cells": dict(self.cells),
            "why": {name: list(words) for name, words in self.why.items()}, "doubts": list(self.doubts),
            "confidence": self.confidence, "sure": self.sure, "changed": sorted(self.changed), "made": self.made,
            "state": self.state,
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> DraftRow:
        """The row that :meth:`as_json` described."""
        values = {name: value for name, value in stored.items() if name != "state"}
        return cls(**values | {"changed": frozenset(values.get("changed", ()))})


@dataclass(frozen=True)
class Standing:
    """The draft after all actions: rows in the order of the text, words about the document, and the two stacks."""

    rows: tuple[DraftRow, ...]
    about: Mapping[str, Mapping[str, Mapping[str, str]]]
    undoable: int
    redoable: int

    def row(self, key: str) -> DraftRow:
        """A row by its id; :class:`BadDecision` where there is none."""
        for row in self.rows:
            if row.id == key:
                return row
        raise BadDecision(f"row {key[:40]!r}", "the id of a row of the draft")

    @property
    def open(self) -> tuple[DraftRow, ...]:
        """The rows about which nothing is decided."""
        return tuple(row for row in self.rows if not row.decided)


def row_id(start: int, end: int, part: int = 0) -> str:
    """The name of a row: its span, and its number where several rows share it.

    >>> row_id(5, 8), row_id(5, 8, 1)
    ('5-8', '5-8-1')
    """
    return f"{start}-{end}" + (f"-{part}" if part else "")


def standing(proposed: Iterable[DraftRow], actions: Iterable[Mapping[str, Any]], text: str) -> Standing:
    """The rows after all actions, in the order of the text."""
    done: list[list[Mapping[str, Any]]] = []
    undone: list[list[Mapping[str, Any]]] = []
    for action in actions:
        if action["do"] == "undo":
            # What an earlier reading of the document handed on is no step of this session's.
            if done and done[-1][0]["do"] != "carry":
                undone.append(done.pop())
        elif action["do"] == "redo":
            if undone:
                done.append(undone.pop())
        elif done and not undone and action.get("edit") and done[-1][0].get("edit") == action["edit"]:
            done[-1].append(action)
        else:
            done.append([action])
            undone.clear()
    rows = {row.id: row for row in proposed}
    about: dict[str, dict[str, dict[str, str]]] = {name: {} for name in ABOUT}
    for step in done:
        for action in step:
            _apply(rows, about, action, text)
    ordered = sorted(rows.values(), key=lambda row: (row.start, row.end, row.part))
    fixed = sum(1 for step in done if step[0]["do"] == "carry")
    return Standing(tuple(ordered), about, len(done) - fixed, len(undone))


def _apply(rows: dict[str, DraftRow], about: dict[str, Any], action: Mapping[str, Any], text: str) -> None:
    """One action on the rows; what it names and is not there any more (an undone split) is passed over."""
    kind = action["do"]
    if kind == "batch":
        for one in action["actions"]:
            _apply(rows, about, one, text)
    elif kind in ABOUT:
        about[kind].setdefault(action.get("name", ""), {}).update(action["cells"])
    elif kind == "carry":
        rows.update({stored["id"]: DraftRow.from_json(stored) for stored in action["rows"]})
        for name, kept in action.get("about", {}).items():
            about[name].update({key: dict(cells) for key, cells in kept.items()})
    elif kind == "mark":
        start, end = action["start"], action["end"]
        new = _made(start, end, text)
        rows.setdefault(new.id, new)
    elif kind == "merge":
        named = [rows[key] for key in (action["row"], action["with"]) if key in rows]
        if len(named) == 2:
            first, second = sorted(named, key=lambda row: row.start)
            merged = _merged(first, second, text)
            for one in named:
                del rows[one.id]
            rows[merged.id] = merged
    elif kind == "split":
        if (whole := rows.get(action["row"])) is not None:
            parts = _split(whole, text, rows)
            del rows[whole.id]
            rows.update({part.id: part for part in parts})
    else:
        for key in action.get("rows") or [action["row"]]:
            if (row := rows.get(key)) is not None:
                rows[key] = _changed(row, action)


def _changed(row: DraftRow, action: Mapping[str, Any]) -> DraftRow:
    kind = action["do"]
    if kind == "accept":
        return replace(row, decided=True)
    if kind == "reopen":
        return replace(row, decided=False)
    if kind == "leave_out":
        cells = {**row.cells, "reason": action["reason"], "comment": action.get("comment", "")}
        changed = row.changed | ({"role"} if row.role != "exclusion" else set())
        if row.role == "exclusion" and row.cells.get("reason") != action["reason"]:
            changed |= {"reason"}
        return replace(row, role="exclusion", decided=True, cells=cells, changed=changed)
    given = dict(action["cells"])
    role = given.pop("role", row.role)
    differing = {name for name, value in given.items() if value != row.cells.get(name, "")}
    differing |= {"role"} if role != row.role else set()
    return replace(row, role=role, decided=False, cells={**row.cells, **given}, changed=row.changed | differing)


def _made(start: int, end: int, text: str, like: DraftRow | None = None, part: int = 0) -> DraftRow:
    cells = dict(like.cells) if like is not None else dict.fromkeys(DECIDED, "")
    return DraftRow(
        row_id(start, end, part), start, end, text[start:end], part, like.role if like else "observation",
        cells=cells, why=like.why if like else {}, doubts=("made by hand",), made=True,
    )  # fmt: skip


def _split(row: DraftRow, text: str, rows: Mapping[str, DraftRow]) -> list[DraftRow]:
    """A row for each number of its span; where the span holds one number, two rows on the same span."""
    found = [(row.start + match.start(), row.start + match.end()) for match in TOKEN.finditer(row.value_text)]
    if len(found) > 1:
        parts = []
        for start, end in found:
            part = _made(start, end, text, row)
            if row.role == "observation":
                value = text[start:end].replace(",", "")
                part = replace(part, cells={**part.cells, "obs_value": value, "upper_value": "", "comparator": "eq"})
            parts.append(part)
        return parts
    free = 1 + max(other.part for other in rows.values() if (other.start, other.end) == (row.start, row.end))
    return [replace(row, decided=False), _made(row.start, row.end, text, row, free)]


def _merged(first: DraftRow, second: DraftRow, text: str) -> DraftRow:
    """One row from the first to the second number: a range where both are quantities."""
    row = _made(first.start, second.end, text, first)
    if first.role == second.role == "observation" and first.end <= second.start:
        upper = second.cells.get("obs_value", "")
        cells = {"upper_value": upper, "comparator": "range", "unit_measure": second.cells.get("unit_measure", "")}
        return replace(row, cells={**row.cells, **cells})
    return row


def checked(action: Any, now: Standing, text: str) -> dict[str, Any]:
    """An action in its own form, without anything that does not belong to it.

    Raises
    ------
    BadDecision
        For an action that is none, or that names a row, cell or reason that is not there.
    """
    if not isinstance(action, Mapping) or not isinstance(action.get("do"), str):
        raise BadDecision("no action", "an object with do")
    kind = action["do"]
    if kind in ("undo", "redo"):
        return {"do": kind}
    if kind == "batch":
        if not isinstance(action.get("actions"), list):
            raise BadDecision("no list of actions", "actions")
        inner = [checked(one, now, text) for one in action["actions"]]
        if any(one["do"] in ("undo", "redo", "batch") for one in inner):
            raise BadDecision("undo, redo or a batch inside a batch", "decisions about rows")
        return {"do": kind, "actions": inner}
    if kind in ABOUT:
        return {"do": kind, "name": _text(action.get("name", "")), **_marked(action), "cells": _cells(action, None)}
    if kind == "mark":
        return _checked_mark(action, now, text)
    if kind in ("accept", "reopen", "leave_out"):
        keys = action.get("rows")
        if not isinstance(keys, list) or not keys:
            raise BadDecision("no rows", "rows, a list of ids")
        found = [now.row(_text(key)) for key in keys]
        done: dict[str, Any] = {"do": kind, "rows": [row.id for row in found]}
        if kind == "leave_out":
            done |= {"reason": _text(action.get("reason", "")), "comment": _text(action.get("comment", ""))}
            if not done["reason"]:
                raise BadDecision("no reason", "why the numeral states no quantity")
        return done
    row = now.row(_text(action.get("row", "")))
    if kind == "set":
        return {"do": kind, "row": row.id, **_marked(action), "cells": _cells(action, (*DECIDED, *LEFT_OUT, "role"))}
    if kind == "split":
        return {"do": kind, "row": row.id}
    if kind == "merge":
        other = now.row(_text(action.get("with", "")))
        between = text[min(row.end, other.end) : max(row.start, other.start)]
        if other.id == row.id or len(between) > 4 or TOKEN.search(between):
            raise BadDecision("two rows that do not stand side by side", "neighbouring numbers")
        return {"do": kind, "row": row.id, "with": other.id}
    raise BadDecision(f"the action {kind[:40]!r}", "accept, reopen, leave_out, set, split, merge, mark, undo or redo")


def _checked_mark(action: Mapping[str, Any], now: Standing, text: str) -> dict[str, Any]:
    start, end = action.get("start"), action.get("end")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(text):
        raise BadDecision(f"the span {start}–{end}", f"a span inside 0–{len(text)}")
    if end - start > 40 or "\n" in text[start:end]:
        raise BadDecision("a span that is no numeral", "at most 40 characters of one line")
    if any(row.start < end and start < row.end for row in now.rows):
        raise BadDecision("a span that has a row already", "a numeral without a row")
    return {"do": "mark", "start": start, "end": end}


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_CELL:
        raise BadDecision(f"{str(value)[:40]!r}", f"text of at most {LONGEST_CELL} characters")
    # A lone surrogate cannot be written; a NUL or line break would not survive the tables.
    return "".join(" " if c in "\n\r\t" else c for c in value if c.isprintable() or c in "\n\r\t")


def _marked(action: Mapping[str, Any]) -> dict[str, str]:
    return {"edit": _text(action["edit"])} if action.get("edit") else {}


def _cells(action: Mapping[str, Any], known: Sequence[str] | None) -> dict[str, str]:
    cells = action.get("cells")
    if not isinstance(cells, Mapping) or not cells:
        raise BadDecision("no cells", "cells, by name")
    for name in cells:
        if known is not None and name not in known:
            raise BadDecision(f"the cell {str(name)[:40]!r}", ", ".join(known))
    if cells.get("role", "observation") not in ("observation", "exclusion"):
        raise BadDecision(f"the role {cells['role']!r}"[:80], "observation or exclusion")
    return {_text(name): _text(value) for name, value in cells.items()}


def carried(old: Standing, old_text: str, new_rows: Iterable[DraftRow], new_text: str) -> list[dict[str, Any]]:
    """Decided or changed rows of an earlier reading whose passage the new text still prints, at their new places.

    A passage is a line of the text. The same line at its second occurrence is the second occurrence.
    """
    places, earlier = _passages(new_text), _passages(old_text)
    ends = [*sorted(at for found in earlier.values() for at in found), len(old_text) + 1]
    proposed = {row.id: row for row in new_rows}
    taken = [(row.start, row.end) for row in proposed.values()]
    kept: list[dict[str, Any]] = []
    for row in old.rows:
        if not (row.decided or row.changed or row.made):
            continue
        line = bisect_right(ends, row.start)
        begin, passage = ends[line - 1], old_text[ends[line - 1] : ends[line] - 1]
        starts, occurrence = places.get(passage, []), earlier[passage].index(begin)
        if occurrence >= len(starts) or row.end > begin + len(passage):
            continue
        shift = starts[occurrence] - begin
        start, end = row.start + shift, row.end + shift
        key = row_id(start, end, row.part)
        if key not in proposed and any(s < end and start < e and (s, e) != (start, end) for s, e in taken):
            continue
        moved = replace(row, id=key, start=start, end=end, cells={**row.cells})
        if key in proposed and proposed[key].cells.get("locator"):
            moved = replace(moved, cells={**moved.cells, "locator": proposed[key].cells["locator"]})
        kept.append(moved.as_json())
    return kept


def _passages(text: str) -> dict[str, list[int]]:
    """Where each line of a text begins, every time that it is printed."""
    found: dict[str, list[int]] = {}
    at = 0
    for line in text.split("\n"):
        found.setdefault(line, []).append(at)
        at += len(line) + 1
    return found

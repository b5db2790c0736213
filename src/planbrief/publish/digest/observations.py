"""Pair the observations of two data sets: what was added, removed, corrected, revised or given a new source.

::

    corrected   the same document, read again: its row, its span or its fact is the same and something in it differs
    revised     another, newer document gives the same fact another value, bound or period (a plan was amended)
    resourced   another document now stands behind the same value
    added       a new fact, or an old one from a further document that agrees
    removed     a fact that is no longer there

Every row that differs stands in exactly one change.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from planbrief.display.numbers import split_unit

Row = Mapping[str, str]
Kind = Literal["added", "removed", "corrected", "revised", "resourced"]
KINDS: tuple[Kind, ...] = ("revised", "corrected", "added", "removed", "resourced")
#: What makes two rows the same fact but for its period, and with it.
THING = ("ref_area", "subject", "indicator", "activity", "transformation", "counterpart_area")
FACT = (*THING, "time_period")
#: Kinds that say what is wanted.
AIMS = ("target", "constraint")


@dataclass(frozen=True)
class ObservationChange:
    """One difference between two data sets.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    old, new : mapping or None
        The rows before and after.
    fields : tuple of str
        Columns in which both rows differ.
    stands : bool
        A revision whose old row is still in the data: both documents speak.
    """

    kind: Kind
    old: Row | None
    new: Row | None
    fields: tuple[str, ...] = ()
    stands: bool = False

    @property
    def row(self) -> Row:
        """The row that tells what the change is about: the new one, else the old one."""
        return self.new if self.new is not None else self.old or {}

    @property
    def aim(self) -> bool:
        """Whether it is about a target or limit."""
        return self.row.get("kind") in AIMS


def differing(old: Row, new: Row) -> tuple[str, ...]:
    """Columns in which two rows differ, in the order of the new one."""
    return tuple(name for name in dict.fromkeys((*new, *old)) if old.get(name, "") != new.get(name, ""))


def amount(row: Row) -> tuple[object, ...]:
    """What a row says, so that equal statements are equal: 1000 亿元 and 0.1 万亿元, 5 and 5.0."""
    power, unit = split_unit(row.get("unit_measure", ""))

    def scaled(text: str) -> object:
        try:
            return Decimal(text).scaleb(power).normalize()
        except InvalidOperation:
            return text

    return scaled(row.get("obs_value", "")), scaled(row.get("upper_value", "")), row.get("comparator", ""), unit


def pair_observations(
    old: Mapping[str, Row], new: Mapping[str, Row], published: Mapping[str, str] | None = None
) -> tuple[ObservationChange, ...]:
    """Every difference between two data sets, in the order of the new rows, then of the old ones that are gone.

    Parameters
    ----------
    old, new : mapping
        Rows by ``obs_id``.
    published : mapping, optional
        Source → ISO date of publication. A document that is not known to be newer revises nothing: what it says is
        added.
    """
    dates = published or {}
    found: list[ObservationChange] = []
    for obs_id in (key for key in new if key in old):
        before, after = old[obs_id], new[obs_id]
        if fields := differing(before, after):
            found.append(_changed(before, after, fields))
    gone = {key: row for key, row in old.items() if key not in new}
    come = {key: row for key, row in new.items() if key not in old}

    def take(key: Callable[[Row], Hashable], allowed: Callable[[Row, Row], bool], same: Kind | None = None) -> None:
        for before, after in _matches(gone, come, key, allowed):
            fields = differing(old[before], new[after])
            change = _changed(old[before], new[after], fields)
            found.append(ObservationChange(same or change.kind, change.old, change.new, fields))
            del gone[before], come[after]

    def newer(before: Row, after: Row) -> bool:
        return _newer(before, after, dates)

    take(lambda row: (_place(row), _fact(row)), _always, "corrected")
    take(_place, _always, "corrected")
    take(lambda row: (row.get("source_id", ""), _fact(row), row.get("kind", "")), _always, "corrected")
    take(lambda row: (_fact(row), row.get("kind", "")), newer)
    standing = _standing(old[key] for key in old if key in new)
    for obs_id, row in list(come.items()):
        beside = standing.get((_fact(row), row.get("kind", "")), [])
        earlier = _revises(row, beside, dates)
        if earlier is not None:
            found.append(ObservationChange("revised", earlier, row, differing(earlier, row), stands=True))
        elif beside:
            found.append(ObservationChange("added", None, row))
        if beside:
            del come[obs_id]
    take(lambda row: (_thing(row), row.get("kind", "")) if row.get("kind", "") in AIMS else None, newer, "revised")
    found += [ObservationChange("added", None, row) for row in come.values()]
    found += [ObservationChange("removed", row, None) for row in gone.values()]
    order = {key: place for place, key in enumerate((*new, *old))}
    return tuple(sorted(found, key=lambda change: order.get(change.row.get("obs_id", ""), 0)))


def _changed(before: Row, after: Row, fields: tuple[str, ...]) -> ObservationChange:
    """A pair of rows as a change: one document read again, or another document."""
    if before.get("source_id") == after.get("source_id"):
        return ObservationChange("corrected", before, after, fields)
    same = amount(before) == amount(after) and before.get("time_period") == after.get("time_period")
    return ObservationChange("resourced" if same else "revised", before, after, fields)


def _place(row: Row) -> Hashable:
    start, end = row.get("char_start", ""), row.get("char_end", "")
    return (row.get("source_id", ""), start, end) if start else None


def _fact(row: Row) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in FACT)


def _thing(row: Row) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in THING)


def _always(_before: Row, _after: Row) -> bool:
    return True


def _newer(before: Row, after: Row, dates: Mapping[str, str]) -> bool:
    """Whether a row's document is another one and not older than that of an earlier row."""
    one, other = before.get("source_id", ""), after.get("source_id", "")
    return one != other and (not dates.get(one) or not dates.get(other) or dates[other] >= dates[one])


def _matches(
    gone: Mapping[str, Row],
    come: Mapping[str, Row],
    key: Callable[[Row], Hashable],
    allowed: Callable[[Row, Row], bool],
) -> list[tuple[str, str]]:
    """Pairs of ids with the same key, one to one in file order; a row without a key has no partner."""
    waiting: dict[Hashable, list[str]] = {}
    for obs_id, row in gone.items():
        if (value := key(row)) is not None:
            waiting.setdefault(value, []).append(obs_id)
    found = []
    for obs_id, row in come.items():
        candidates = waiting.get(key(row), [])
        partner = next((other for other in candidates if allowed(gone[other], row)), None)
        if partner is not None:
            candidates.remove(partner)
            found.append((partner, obs_id))
    return found


def _standing(rows: Iterable[Row]) -> dict[Hashable, list[Row]]:
    found: dict[Hashable, list[Row]] = {}
    for row in rows:
        found.setdefault((_fact(row), row.get("kind", "")), []).append(row)
    return found


def _revises(row: Row, standing: Iterable[Row], dates: Mapping[str, str]) -> Row | None:
    """The row of an older document that a new row contradicts; None if none does or one says the same."""
    others = [other for other in standing if other.get("source_id", "") != row.get("source_id", "")]
    undated = row.get("time_period", "") in ("", "undated")
    if undated or not row.get("obs_value") or any(amount(other) == amount(row) for other in others):
        return None
    older = [other for other in others if _newer(other, row, dates) and other.get("obs_value")]
    return max(older, key=lambda other: dates.get(other.get("source_id", ""), ""), default=None)

"""Rule 4 for names: a list that a document prints in several places names the same things, each once.

The table of printed names holds every name with its place; a place that ends in 等 is not complete. A name that another
complete place lacks is asked about, as another spelling where one of the other place's own names is nearly the same. A
shorter name may stand for a longer one that holds it (望王山, 望王山体育公园).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import permutations

from planbrief.measures.audit.context import Context, Result
from planbrief.measures.audit.model import Finding, Identity, Item, Number, key_of
from planbrief.measures.labels import Label

RULE = "printed_twice"
#: Names that are at least this alike are taken for two spellings of one.
ALIKE = 0.6
Row = Mapping[str, str]


def check_names(ctx: Context) -> Iterator[Result]:
    """Compare the places of every list, and every place with itself."""
    lists: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in ctx.tables.printed_names:
        lists.setdefault((row["source_id"], row["list"]), {}).setdefault(row["place"], []).append(row)
    for (source, name), places in lists.items():
        found = list(_list(key_of(RULE, source, name), places))
        yield Identity(key_of(RULE, source, name, "names"), RULE, not found, ())
        yield from found


def _list(list_id: str, places: Mapping[str, Sequence[Row]]) -> Iterator[Finding]:
    for place, rows in places.items():
        for name, times in Counter(row["name"] for row in rows).items():
            if times > 1:
                same = [row for row in rows if row["name"] == name]
                numbers = {**_said(same[0]), "name": Label(name, name), "one_place": Label(place, place)}
                yield _finding(key_of(list_id, name, "twice"), "twice", numbers, same)
    told: set[frozenset[str]] = set()
    for one, other in permutations(places, 2):
        if places[other][0]["complete"] != "true":
            continue
        theirs = [row for row in places[other] if not _among(row["name"], places[one])]
        for row in places[one]:
            if _among(row["name"], places[other]):
                continue
            twin = max(theirs, key=lambda t: _likeness(t["name"], row["name"]), default=None)
            spelt = twin is not None and _likeness(twin["name"], row["name"]) >= ALIKE
            pair = frozenset({row["name"], twin["name"] if spelt and twin is not None else f"not in {other}"})
            if pair in told:
                continue
            told.add(pair)
            numbers = {
                **_said(row),
                "name": Label(row["name"], row["name"]),
                "one_place": Label(one, one),
                "other_place": Label(other, other),
            }
            if spelt and twin is not None:
                numbers["other"] = Label(twin["name"], twin["name"])
                yield _finding(key_of(list_id, row["name"], twin["name"]), "alike", numbers, [row, twin])
            else:
                yield _finding(key_of(list_id, row["name"], other), "missing", numbers, [row])


def _among(name: str, rows: Sequence[Row]) -> bool:
    return any(name in row["name"] or row["name"] in name for row in rows)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _said(row: Row) -> dict[str, Number]:
    return {"list": Label(row["title_zh"], row["title_en"])}


def _finding(finding_id: str, variant: str, numbers: Mapping[str, Number], rows: Sequence[Row]) -> Finding:
    nothing = float("nan")
    items = tuple(
        Item("", Label(row["name"], row["name"]), nothing, "", "", variant, f"{row['place']} {row['char_start']}")
        for row in rows
    )
    return Finding(finding_id, RULE, "inconsistent", items, numbers, f"audit.{RULE}.names_{variant}")

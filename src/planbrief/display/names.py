"""Names of things inside an English sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planbrief.measures.columns import remembered
from planbrief.measures.labels import Label

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Levels of areas whose names are proper names; a zone may be called after what it is (Industrial parks of …).
ADMINISTRATIVE = ("country", "province", "prefecture", "district", "county")


@remembered
def place_words(ds: Dataset) -> frozenset[str]:
    """First words of the English names of administrative areas."""
    return frozenset(str(name).split()[0] for name in ds.rows("areas", level=ADMINISTRATIVE)["name_en"])


def inside(ds: Dataset, name: Label) -> Label:
    """A name as it stands inside a sentence; proper names and abbreviations (R&D) keep their capital.

    What stands in brackets is treated alike.
    """
    proper = place_words(ds)

    def lowered(match: re.Match[str]) -> str:
        word = match[2]
        return match[0] if word in proper or not word[1:2].islower() else match[1] + word[0].lower() + word[1:]

    return Label(name.zh, re.sub(r"(^|\()([^\s(),]+)", lowered, name.en))


@remembered
def common_names(ds: Dataset) -> frozenset[str]:
    """English names of all indicators, industries and tracks, which are common nouns."""
    return frozenset(ds.indicators["name_en"]) | frozenset(ds.activities["name_en"])


def measures_something(ds: Dataset, name: str) -> bool:
    """Whether an English name is an indicator's or an industry's, with or without a detail in brackets."""
    return name.partition(" (")[0] in common_names(ds)


def within_sentence(ds: Dataset, name: Label, *, opening: bool) -> Label:
    """A name, or names in a row, as an English sentence holds them: common names lose their capital.

    What opens the sentence keeps its own. Names that are no indicator's and no industry's stay as they are.
    """
    if measures_something(ds, name.en):
        return name if opening else inside(ds, name)
    parts = re.split(r"(, | and )", name.en)
    names = parts[::2]
    if len(names) < 2 or not all(measures_something(ds, one) for one in names):
        return name
    lowered = [one if opening and not place else inside(ds, Label(one, one)).en for place, one in enumerate(names)]
    parts[::2] = lowered
    return Label(name.zh, "".join(parts))


def opens_sentence(before: str) -> bool:
    """Whether a name behind these words begins a sentence or a quotation and keeps its capital.

    >>> opens_sentence("Bazhong: "), opens_sentence("It rose. "), opens_sentence("the share of ")
    (True, True, False)
    """
    return not before.strip() or before.rstrip()[-1] in ".?!:“"

"""Kind of a number: aim, limit, promised money, forecast, endowment, achievement, or how many things a scheme has."""

from __future__ import annotations

import re
from typing import NamedTuple

from planbrief.reading.grammar.clauses import Quantity
from planbrief.reading.grammar.wordlists import alternatives


class Kind(NamedTuple):
    """A kind of the data contract, the rule that gave it, and a doubt (or empty)."""

    kind: str
    rule: str
    doubt: str = ""


_AREA_UNITS = ("亩", "公顷", "平方公里", "平方米", "千伏", "千瓦")


def _says(key: str, words: str) -> bool:
    return bool(re.search(alternatives("kinds", key), words))


def kind(one: Quantity, name: str, sentence: str, tense: str, planned: bool, level: bool) -> Kind:
    """Kind of a quantity from its tense and what it counts; ``planned`` is true in a document that plans.

    ``level`` is false for shares, rates and ranks, which are no endowment.
    """
    words = one.segment + one.behind[:4]
    counted = one.tail.classifier or one.form in ("count", "scheme") or (not one.unit and one.behind[:1] == "大")
    scheme = counted and (
        one.form == "scheme"
        or (one.unit in ("", "个") and one.behind[:1] == "大")
        or _says("counted", name + "\n" + one.tail.printed)
    )
    if _says("red_line", words + name) and level and not scheme and one.form not in ("count", "scheme"):
        return Kind("constraint", "limit", "limit")
    if tense == "future":
        if scheme and not re.search(r"新[增建设]|以上", words):
            return Kind("count", "scheme", "scheme")
        if _says("forecast", sentence) and not re.search("目标|力争", sentence):
            return Kind("estimate", "forecast", "forecast")
        if _says("money", one.unit) and _says("granted", one.segment + one.behind[:8]):
            return Kind("commitment", "promised", "promised")
        return Kind("target", "future")
    if tense == "past" and _says("ahead", one.lead[-14:] + one.segment):
        return Kind("estimate" if "预计" in one.lead + one.segment else "target", "ahead", "forecast")
    if tense == "past":
        if scheme:
            return Kind("count", "scheme")
        if level and _says("resource", name):
            return Kind("resource", "resource", "resource")
        return Kind("actual", "past")
    if scheme or one.form == "count":
        return Kind("count", "scheme")
    if _says("forecast", sentence):
        return Kind("estimate", "forecast", "forecast")
    if _says("limit", words + name):
        return Kind("constraint", "limit", "limit")
    if level and _says("resource", name):
        return Kind("resource", "resource", "undated_resource")
    if _says("money", one.unit) and _says("promised", one.segment + name) and not _says("past", one.segment + name):
        return Kind("commitment", "promised", "promised")
    if _says("future", sentence) or one.form == "size":
        return Kind("target", "future_words", "undated_future")
    if planned and counted and not _says("past", one.segment):
        return Kind("count", "listed", "undated_plan")
    if planned and level and one.unit.endswith(_AREA_UNITS) and not _says("past", one.segment):
        return Kind("resource", "area", "undated_resource")
    if planned and not _says("past", sentence):
        return Kind("target", "plan", "undated_plan")
    return Kind("actual", "statement", "undated")

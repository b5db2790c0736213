"""Why two values may or may not be compared, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from planbrief.display.language import LANGS, Lang, message, sentence_case, term
from planbrief.display.quantities import period_text, unit_words

if TYPE_CHECKING:
    from planbrief.measures.verdicts import Reason, Verdict
    from planbrief.targets import Dataset

#: Reason → vocabulary that names its two codes.
_TERMS = {
    "status": "obs_status",
    "transformation": "transformation",
    "price_base": "price_base",
    "kind": "kind",
    "bound": "comparator",
    "approximate": "comparator",
    "area_level": "area_level",
    "missing": "obs_status",
    "break": "obs_status",
}
#: Reason → reference table that names its two keys.
_TABLES = {
    "definition": "indicators", "counterpart_area": "areas", "activity": "activities", "concept": "concepts",
    "scope": "scopes",
}  # fmt: skip
_PERIODS = frozenset({"base_period", "undated", "period_length", "period"})


def code_words(key: str, code: str, ds: Dataset, lang: Lang) -> str:
    """One side of a reason in words; an empty code, or an indicator without a scope, is "not stated"."""
    if key in _PERIODS:
        return period_text(code, lang)
    if not code or (key == "scope" and code == "none"):
        return message("comparison.unstated", lang)
    if key in _TERMS:
        return term(_TERMS[key], code, lang)
    if key in _TABLES:
        return ds.name(_TABLES[key], code, lang)
    if key == "unit":
        return unit_words(code, lang)[0] or code
    return code


def reason_words(reason: Reason, ds: Dataset, lang: Lang) -> str:
    """One difference between two observations: 统计范围不同（规模以上工业；全社会）."""
    from planbrief.display.template import fields

    key = f"comparison.{reason.key}"
    template = message(key, lang, a="{a}", b="{b}")
    if not fields(template, key):
        return template
    a, b = (code_words(reason.key, code, ds, lang) for code in (reason.a, reason.b))
    return message(key, lang, a=a, b=b)


def verdict_words(verdict: Verdict, ds: Dataset, *, forbidding_only: bool = True) -> tuple[str, str]:
    """The reasons of a verdict in both languages, those that forbid alone where there are any.

    Returns
    -------
    tuple of str
        Chinese and English, empty where the two observations are alike.
    """
    reasons: Iterable[Reason] = verdict.reasons
    if forbidding_only and verdict.forbidding:
        reasons = verdict.forbidding
    chosen = list(reasons)
    zh, en = ([reason_words(reason, ds, lang) for reason in chosen] for lang in LANGS)
    return "；".join(zh), sentence_case("; ".join(en))

"""Frames that say why they are empty; frames of what is derived (values, findings, insights); one observation."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from planbrief.errors import UnknownName
from planbrief.measures.figures import Figure

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: In the order in which a plan goes from what is to what is wanted; the others from a point to the widest bound.
KINDS = ("actual", "estimate", "resource", "count", "commitment", "constraint", "target")
COMPARATORS = ("lt", "le", "eq", "approx", "range", "ge", "gt")
STAGES = ("achieved", "planned", "whole")
#: Severities of findings, mildest first.
SEVERITIES = ("note", "not_comparable", "implausible", "inconsistent")
#: One word, or several; a year counts as a word.
Words = str | int | Iterable[str | int] | None


@cache
def _frame_class() -> type[pd.DataFrame]:
    import pandas as pd

    class Frame(pd.DataFrame):
        """A frame that says in JupyterLab why it is empty; whatever is made from it is plain pandas."""

        @property
        def _constructor(self) -> Any:
            return pd.DataFrame

        def _repr_html_(self) -> str | None:
            return f"<p>{html.escape(self.attrs['why_empty'])}</p>"

        def __repr__(self) -> str:
            return str(self.attrs["why_empty"])

    return Frame


def framed(frame: pd.DataFrame, why_empty: str) -> pd.DataFrame:
    """A frame, its years as whole numbers; an empty one shows the reason, which ``attrs["why_empty"]`` holds too."""
    # 2023.0 in a legend or a title is no year; what a year adds ends in _year, too, and is none.
    years = [name for name in frame if name == "year" or (str(name).endswith("_year") and "per_year" not in str(name))]
    whole = [name for name in years if (frame[name].dropna() % 1 == 0).all()]
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    if not frame.empty:
        return frame
    made = _frame_class()(frame)
    made.attrs["why_empty"] = why_empty
    return made


def several(given: str | int | Iterable[str | int]) -> list[str]:
    """One word or several as a list."""
    return [str(given)] if isinstance(given, str | int) else [str(word) for word in given]


def nothing(what: str, asked: Mapping[str, Words]) -> str:
    """Why a frame is empty, with what was asked."""
    given = ", ".join(f"{name} {word}" for name, word in asked.items() if word is not None)
    return f"{what}: {given or 'there are no data'}"


def one_of(what: str, word: str, known: tuple[str, ...]) -> str:
    """A word of a closed list; :class:`UnknownName` with suggestions for any other."""
    if word not in known:
        raise UnknownName(what, word, known)
    return word


def with_values(ds: Dataset, region: str, indicator: str, activity: str, new: Mapping[int, float]) -> Dataset:
    """The data with values that no document prints, as observations ``assumed-…`` of kind actual."""
    from dataclasses import replace

    from planbrief.measures.series import series_of
    from planbrief.targets.dataset import Dataset
    from planbrief.targets.frames import as_text
    from planbrief.targets.package import Package, Row

    # An invented value takes unit, scope and prices of a real target of the series: it is held against nothing else.
    like = [s for s in series_of(ds, region, indicator, activity or None) if s.aims and (s.activity == activity)]
    if not like:
        known = [series.key for series in series_of(ds, region)]
        raise UnknownName("series with targets", f"{region}/{indicator}/{activity}", known)
    old = ds.package
    model = old["observations"].by_key[like[0].aims[0].observations[0]]
    added = []
    for year, value in new.items():
        values = {
            **model.values, "obs_id": f"assumed-{year}", "time_period": str(year), "kind": "actual",
            "obs_value": as_text(float(value)), "value_text": as_text(float(value)), "comparator": "eq",
            "upper_value": "", "locator": "", "comment_obs": "assumed", "obs_status": "A",
        }  # fmt: skip
        added.append(Row({name: values[name] for name in model.values}, "", 0))
    table = replace(old["observations"], rows=(*old["observations"].rows, *added))
    return Dataset(Package(old.folder, old.descriptor, {**old.tables, "observations": table}))


def findings(ds: Dataset, region: str | None, lang: str) -> pd.DataFrame:
    """Findings of the audit, worst first; see :meth:`planbrief.api.data.Data.audit`."""
    import pandas as pd

    from planbrief.display.language import message
    from planbrief.display.state import language
    from planbrief.measures.audit import audit

    rows = [
        (
            *(finding.id, finding.rule, message(f"rule.{finding.rule}", language(lang)), finding.severity),
            *(_sentence(ds, finding, lang), finding.discrepancy, finding.tolerance, finding.unit),
            finding.observations,
        )
        for finding in audit(ds, region)
    ]
    columns = ["id", "rule", "name", "severity", "text", "discrepancy", "tolerance", "unit", "observations"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(severity=pd.Categorical(frame["severity"], SEVERITIES, ordered=True))


def insights(ds: Dataset, region: str, lang: str) -> pd.DataFrame:
    """Insights of a place, weightiest first; see :meth:`planbrief.api.data.Data.insights`."""
    import pandas as pd

    from planbrief.display.views.opening import story

    rows = [
        (
            *(region, insight.rule, insight.topic, _sentence(ds, insight, lang), insight.weight),
            *(len(insight.assumptions), insight.observations),
        )
        for insight in story(ds, region)
    ]
    columns = ["ref_area", "rule", "topic", "text", "weight", "assumptions", "observations"]
    return pd.DataFrame(rows, columns=columns)


def _sentence(ds: Dataset, told: Any, lang: str) -> str:
    """A finding or an insight in words."""
    from planbrief.display.document import run_text
    from planbrief.display.sentence import sentence_runs, templates_for, values_of
    from planbrief.display.state import Page, language
    from planbrief.languages import wording

    pair = templates_for(told, None, "audit")
    if pair is None:
        return ""
    page = Page("audit", language(lang), ds)
    template = wording(*pair, lang)
    return run_text(sentence_runs(template, values_of(told), page, "audit", loose=True)).replace("**", "")


#: What a transformation measures where it is no level.
_MEASURES = {"share": "share", "yoy": "rate", "avg_annual": "rate", "difference_pp": "points", "contribution": "share"}


def printed(ds: Dataset, obs_id: str) -> Figure:
    """An observation as a figure, with what its printed form leaves open; :class:`UnknownName` where there is none."""
    from planbrief.measures.evidence import COUNTED, evidence
    from planbrief.measures.ranges import observed

    package = ds.package["observations"]
    if obs_id not in package.by_key:
        raise UnknownName("observation", obs_id, (), get_close_matches(obs_id, package.by_key, n=3))
    row = package.by_key[obs_id].values
    found = next(iter(evidence(ds, ds.select(ref_area=row["ref_area"]).loc[[obs_id]])))
    percent = found.dimension == "percent"  # then its factor is what one of the unit is in per cent
    measure = _MEASURES.get(found.transformation, "share" if percent else "level")
    measure = {"个百分点": "points", "百分点": "points", "倍": "multiple"}.get(found.unit, measure)
    interval = observed(
        found.value, found.comparator, upper_value=found.upper, value_text=row["value_text"], kind=found.kind,
        share=measure == "share" and found.unit == "%", exact=found.dimension in COUNTED and found.factor == 1,
    )  # fmt: skip
    scale = (found.factor if percent else 1.0) / (100 if measure == "rate" else 1)
    lower, upper = interval.lower * scale, interval.upper * scale
    if measure == "share" and found.unit != "%":  # part of a whole, which the interval knows of per cent alone
        lower, upper = max(lower, 0.0), 100.0 if math.isnan(upper) else min(upper, 100.0)
    return Figure(
        key=obs_id,
        value=found.value * scale,
        measure=measure,
        unit=found.unit if measure == "level" else "",
        observations=(obs_id,),
        lower=lower,
        upper=upper,
        comparator=found.comparator,
        undefined="" if found.stated else "missing_value",
        year="" if found.time_period == "undated" else found.time_period,
        price_base=found.price_base,
    )

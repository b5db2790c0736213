"""What is derived when it is asked for: growth between any two years, values that no document prints yet, findings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planbrief.errors import UnknownName
from planbrief.measures import growth, ranges
from planbrief.measures.columns import GROWTH, frame, with_words
from planbrief.measures.series import Point, Series, identity, series_of
from planbrief.measures.undefined import reason

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset


def between(ds: Dataset, region: str, start: int | None, end: int | None) -> pd.DataFrame:
    """Growth of every series that has a value for two years, with the columns of the growth table."""
    if start is None or end is None or end <= start:
        raise UnknownName("pair of years", f"{start}, {end}", ("start and end, the earlier one first",))
    rows = []
    for series in series_of(ds, region):
        if series.family == "rate":
            continue
        for first in _in_year(series, start):
            rows += [_row(series, first, last) for last in _in_year(series, end)]
    return with_words(frame(rows, GROWTH))


def _in_year(series: Series, year: int) -> list[Point]:
    return [point for point in series.points if point.annual and point.year == year]


def _row(series: Series, first: Point, last: Point) -> dict[str, Any]:
    years = last.year - first.year
    level = series.family == "level"
    rate = float(growth.cagr(first.value, last.value, years)) if level else math.nan
    bounds = ranges.cagr_range((first.lower, first.upper), (last.lower, last.upper), years)
    change = last.value - first.value
    low, high = last.lower - first.upper, last.upper - first.lower
    nothing = math.nan
    return {
        **dict.fromkeys(GROWTH, nothing), **identity(series),
        "stage": "planned" if last.aimed else "achieved",
        "start_period": first.period, "end_period": last.period, "start_year": first.year, "end_year": last.year,
        "years": years, "start": first.value, "end": last.value, "start_kind": first.kind, "end_kind": last.kind,
        "label_zh": growth.period_label(first.year, last.year, "zh"),
        "label_en": growth.period_label(first.year, last.year, "en"),
        "start_comparator": first.comparator, "end_comparator": last.comparator,
        "start_lower": first.lower, "start_upper": first.upper, "end_lower": last.lower, "end_upper": last.upper,
        "multiple": float(growth.multiple(first.value, last.value)) if level else nothing,
        "increment": change if level else nothing, "change_pp": nothing if level else change,
        "change_lower": low, "change_upper": high, "cagr": rate,
        "cagr_lower": float(bounds.lower) if level else nothing,
        "cagr_upper": float(bounds.upper) if level else nothing,
        "undefined": reason("growth.cagr", start=first.value, end=last.value, years=years) if level else "share_growth",
        "conflict": first.conflict or last.conflict, "wording_differs": first.wording_differs or last.wording_differs,
        "observations": tuple(dict.fromkeys((*first.observations, *last.observations))),
        "start_observations": first.observations, "end_observations": last.observations,
    }  # fmt: skip


def with_values(ds: Dataset, region: str, indicator: str, activity: str, new: Mapping[int, float]) -> Dataset:
    """The data with values that no document prints, as observations ``assumed-…`` of kind actual."""
    from dataclasses import replace

    from planbrief.targets.dataset import Dataset
    from planbrief.targets.frames import as_text
    from planbrief.targets.package import Package, Row

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


#: Severities of findings, mildest first.
SEVERITIES = ("note", "not_comparable", "implausible", "inconsistent")


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

    from planbrief.display.views.insights import story

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

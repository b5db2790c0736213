"""Where each measure is undefined: the rules behind ``explain_undefined``, looked at in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from planbrief.measures import ranges
from planbrief.measures.elementwise import floats, points

Test = Callable[[dict[str, Any]], Any]
Rule = tuple[str, Test]


def _not_positive(name: str) -> Test:
    return lambda a: a[name] <= 0


def _negative(name: str) -> Test:
    return lambda a: a[name] < 0


def _years(later: str, earlier: str) -> Test:
    return lambda a: a[later] <= a[earlier]


def _conflict(name: str) -> Test:
    return lambda a: points(a[name]).conflict


def _total(name: str) -> Test:
    return lambda a: np.sum(floats(a[name])) <= 0


def _reversed(*names: str) -> Test:
    return lambda a: any(low > high for low, high in (ranges.ends(a[name]) for name in names))


def _flat(a: dict[str, Any]) -> bool:
    return bool(a["target"] == a["base"])


def _path_outside(a: dict[str, Any]) -> bool:
    known = points(a["milestones"]).years
    return known.size == 0 or not known.min() <= a["year"] <= known.max()


def _geometric_low(a: dict[str, Any]) -> bool:
    levels = [a[name] for name in ("base", "target") if name in a]
    if "milestones" in a:
        levels += list(points(a["milestones"]).values)
    return a.get("shape") == "geometric" and any(level <= 0 for level in levels)


def _direction(a: dict[str, Any]) -> bool:
    return abs(a["direction"]) != 1


def _few(times: str, values: str) -> Test:
    def test(a: dict[str, Any]) -> bool:
        when, what = np.broadcast_arrays(floats(a[times]), floats(a[values]))
        known = ~(np.isnan(when) | np.isnan(what))
        return len(set(when[known].ravel())) < 2

    return test


#: Reasons in the order in which they are looked at; the first that holds is given.
RULES: dict[str, tuple[Rule, ...]] = {
    "growth.cagr": (
        ("start_not_positive", _not_positive("start")),
        ("end_negative", _negative("end")),
        ("years_not_positive", _not_positive("years")),
    ),
    "growth.multiple": (("start_not_positive", _not_positive("start")),),
    "growth.log_growth": (
        ("start_not_positive", _not_positive("start")),
        ("end_not_positive", _not_positive("end")),
        ("years_not_positive", _not_positive("years")),
    ),
    "growth.doubling_time": (("rate_not_positive", _not_positive("rate")),),
    "growth.least_squares_growth": (
        ("too_few_points", _few("years", "values")),
        ("value_not_positive", lambda a: np.nanmin(floats(a["values"])) <= 0),
    ),
    "growth.accumulative_growth": (
        ("base_not_positive", _not_positive("base")),
        ("no_levels", lambda a: np.size(a["levels"]) == 0),
        ("levels_negative", lambda a: np.sum(floats(a["levels"])) < 0),
    ),
    "growth.implied_level": (
        ("rate_below_minus_one", lambda a: a["rate"] < -1),
        ("rate_total_loss", lambda a: a["rate"] == -1 and a["years"] < 0),
    ),
    "growth.average_rate": (
        ("no_levels", lambda a: np.size(a["rates"]) == 0),
        ("rate_below_minus_one", lambda a: (floats(a["rates"]) < -1).any()),
    ),
    "growth.path": (
        ("milestone_conflict", _conflict("milestones")),
        ("year_outside", _path_outside),
        ("value_not_positive", _geometric_low),
    ),
    "progress.increment_completion": (("target_equals_base", _flat),),
    "progress.elapsed_share": (("period_not_after_base", _years("target_year", "base_year")),),
    "progress.schedule_gap": (
        ("target_equals_base", _flat),
        ("period_not_after_base", _years("target_year", "base_year")),
        ("year_outside", lambda a: not a["base_year"] <= a["year"] <= a["target_year"]),
        ("value_not_positive", _geometric_low),
    ),
    "progress.required_growth": (
        ("target_not_ahead", _years("target_year", "year")),
        ("value_not_positive", _not_positive("value")),
        ("target_negative", _negative("target")),
    ),
    "progress.time_ahead": (
        ("milestone_conflict", _conflict("milestones")),
        ("value_not_positive", lambda a: _geometric_low(a) or (a.get("shape") == "geometric" and a["value"] <= 0)),
        ("value_outside", lambda a: True),
    ),
    "progress.growth_ratio": (
        ("bad_direction", _direction),
        ("base_not_positive", _not_positive("base")),
        ("period_not_after_base", _years("year", "base_year")),
        ("period_not_after_base", _years("target_year", "base_year")),
        ("value_negative", _negative("value")),
        ("target_negative", _negative("target")),
        ("no_growth_required", _flat),
    ),
    "progress.current_status_index": (("target_equals_base", _flat), ("bad_direction", _direction)),
    "progress.anticipated_progress": (
        ("milestone_conflict", _conflict("series")),
        ("too_few_points", lambda a: len(points(a["series"]).years) < 2),
        ("point_at_target", lambda a: (points(a["series"]).years >= a["target_year"]).any()),
        ("bad_direction", _direction),
        ("no_gap_at_start", lambda a: a["direction"] * (a["target"] - a["base"]) <= 0),
    ),
    "structure.share": (("total_not_positive", _not_positive("total")),),
    "structure.share_change": (
        ("share_not_positive", _not_positive("share0")),
        ("share_full", lambda a: a["share0"] >= 100),
    ),
    "structure.contribution": (
        ("total_not_positive", _total("parts0")),
        ("total_unchanged", lambda a: True),
    ),
    "structure.location_quotient": (("total_not_positive", lambda a: min(a["e_j"], a["e_i"], a["e"]) <= 0),),
    "structure.shift_share": (
        ("total_not_positive", _total("nation0")),
        ("industry_absent", lambda a: ((floats(a["nation0"]) <= 0) & (floats(a["region0"]) != 0)).any()),
    ),
    "structure.within_between": (),
    "ranges.rounding": (("no_figure", lambda a: True),),
    "ranges.cagr_range": (
        ("interval_reversed", _reversed("base", "value")),
        ("base_not_positive", lambda a: ranges.ends(a["base"])[1] <= 0),
        ("end_negative", lambda a: ranges.ends(a["value"])[1] < 0),
        ("years_not_positive", _not_positive("years")),
    ),
    "ranges.completion_range": (
        ("interval_reversed", _reversed("base", "value", "target")),
        ("intervals_touch", lambda a: True),
    ),
    "wording.interval": (("no_figure", lambda a: True),),
}

#: Where the fields of one result are undefined for different reasons.
FIELD_RULES = {
    ("progress.required_growth", "increment_per_year"): {"target_not_ahead"},
    ("structure.share_change", "change_pct"): {"share_not_positive"},
    ("structure.share_change", "gap_closed"): {"share_full"},
    ("structure.contribution", "pull_pp"): {"total_not_positive"},
    ("structure.contribution", "share_pct"): {"total_unchanged"},
    ("progress.anticipated_progress", "predicted"): {"milestone_conflict", "too_few_points", "point_at_target"},
    ("progress.growth_ratio", "actual"): {"base_not_positive", "period_not_after_base", "value_negative"},
    ("progress.growth_ratio", "required"): {"base_not_positive", "period_not_after_base", "target_negative"},
}

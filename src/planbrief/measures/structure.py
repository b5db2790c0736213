"""Structure: shares and their change, contributions to growth, location quotients, shift-share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from planbrief.measures.undefined import (
    Array,
    along_last,
    arrays,
    floats,
    measure,
    not_positive,
    otherwise,
    quiet,
    without_total,
)  # fmt: skip


class ShareChange(NamedTuple):
    """Change of a share: percentage points first, percent, and the fraction of the gap to 100 that it closed."""

    change_pp: Any
    change_pct: Any
    gap_closed: Any


class Contribution(NamedTuple):
    """Percentage points of the total's growth (拉动百分点) and percent of it (贡献率), part by part."""

    pull_pp: Any
    share_pct: Any


class ShiftShare(NamedTuple):
    """Dunn's three components, in the unit of the levels; they add up to the region's change."""

    national_share: Any
    industry_mix: Any
    regional_share: Any


class WithinBetween(NamedTuple):
    """Growth of an average within its parts, by reallocation, and by both together."""

    within: Any
    static: Any
    interaction: Any


@measure(not_positive("total"))
def share(part: Any, total: Any) -> Any:
    """Share in percent, 100·part/total.

    Parameters
    ----------
    part, total : float or array-like
        In one common unit.

    Returns
    -------
    float or array-like
        Percent. NaN for total ≤ 0.

    >>> share(104, 130)
    80.0
    """
    (part, total), wrap = arrays(part, total)
    with quiet(all="ignore"):
        return wrap(np.where(total > 0, 100 * part / total, np.nan))


@measure(
    not_positive("share0", "share_not_positive"),
    ("share_full", lambda a: a["share0"] >= 100),
    change_pct=("share_not_positive",),
    gap_closed=("share_full",),
)
def share_change(share0: Any, share1: Any) -> ShareChange:
    """Change of a share, points first.

    Parameters
    ----------
    share0, share1 : float or array-like
        Percent.

    Returns
    -------
    ShareChange
        ``change_pp`` (percentage points), ``change_pct`` (percent; NaN for share0 ≤ 0), ``gap_closed`` =
        change/(100 − share0), a fraction (NaN for share0 ≥ 100).

    >>> share_change(58, 63).change_pp
    5.0
    """
    (share0, share1), wrap = arrays(share0, share1)
    with quiet(all="ignore"):
        change = share1 - share0
        percent = np.where(share0 > 0, 100 * change / share0, np.nan)
        closed = np.where(share0 < 100, change / (100 - share0), np.nan)
        return ShareChange(wrap(change), wrap(percent), wrap(closed))


@measure(
    without_total("parts0"),
    otherwise("total_unchanged"),
    elementwise=False,
    pull_pp=("total_not_positive",),
    share_pct=("total_unchanged",),
)
def contribution(parts0: Any, parts1: Any) -> Contribution:
    """What each part contributes to the growth of the total.

    Parameters
    ----------
    parts0, parts1 : array-like
        Levels of the parts before and after, in one common unit; the last axis is the parts (a frame's columns).

    Returns
    -------
    Contribution
        ``pull_pp`` = 100·Δpart/total0 (拉动百分点; NaN for total0 ≤ 0) and ``share_pct`` = 100·Δpart/Δtotal (贡献率).
        A total that does not change, or only by rounding of its floats, has no shares: NaN for every part, and one
        plain NaN where the parts came as lists. With a part missing the totals are unknown, and all is NaN.

    References
    ----------
    国家统计局, 统计指标解释: 贡献率, 拉动.

    >>> contribution([300, 500, 200], [330, 600, 210]).pull_pp.tolist()
    [3.0, 10.0, 1.0]
    """
    (before, after), wrap = arrays(parts0, parts1)
    with quiet(all="ignore"):
        change = after - before
        total0 = before.sum(axis=-1, keepdims=True)
        total = change.sum(axis=-1, keepdims=True)
        size = (np.abs(before) + np.abs(after)).sum(axis=-1, keepdims=True)
        moved = np.abs(total) > 4 * np.finfo(float).eps * size
        pull = np.where(total0 > 0, 100 * change / total0, np.nan)
        percent = np.where(moved, 100 * change / total, np.nan)
    if isinstance(parts0, (list, tuple)) and isinstance(parts1, (list, tuple)) and percent.ndim == 1:
        return Contribution(pull, percent if moved.any() or not percent.size else float("nan"))
    return Contribution(wrap(pull), wrap(percent))


@measure(("total_not_positive", lambda a: min(a["e_j"], a["e_i"], a["e"]) <= 0))
def location_quotient(e_ij: Any, e_j: Any, e_i: Any, e: Any) -> Any:
    """Location quotient (区位商), (e_ij/e_j)/(e_i/e).

    Parameters
    ----------
    e_ij : float or array-like
        The industry in the region.
    e_j : float or array-like
        All industries in the region.
    e_i, e : float or array-like
        The same two in the reference area.

    Returns
    -------
    float or array-like
        Above 1 where the region is specialised. NaN for e_j, e_i or e ≤ 0.

    References
    ----------
    Farhauer and Kröll, Standorttheorien (2013); R package REAT.

    >>> location_quotient(750, 6000, 15000, 1500000)
    12.5
    """
    (e_ij, e_j, e_i, e), wrap = arrays(e_ij, e_j, e_i, e)
    with quiet(all="ignore"):
        return wrap(np.where((e_j > 0) & (e_i > 0) & (e > 0), (e_ij / e_j) / (e_i / e), np.nan))


@measure(
    without_total("nation0"),
    ("industry_absent", lambda a: ((floats(a["nation0"]) <= 0) & (floats(a["region0"]) != 0)).any()),
    elementwise=False,
)
def shift_share(region0: Any, region1: Any, nation0: Any, nation1: Any) -> ShiftShare:
    """Dunn's shift-share analysis of a region's change.

    Parameters
    ----------
    region0, region1, nation0, nation1 : array-like
        Levels by industry before and after; the last axis is the industries (a frame's columns).

    Returns
    -------
    ShiftShare
        ``national_share`` Σ r0·G, ``industry_mix`` Σ r0·(g − G), ``regional_share`` Σ (r1 − r0·(1 + g)), with G the
        nation's growth and g an industry's; they add up to Σ (r1 − r0). An industry that the region did not have
        (r0 = 0) needs no g. NaN where the nation's total is ≤ 0 or an industry of the region was 0 in the nation.

    References
    ----------
    Dunn, E. S. (1960), "A statistical and analytical technique for regional analysis".

    >>> shift_share([90, 20, 10, 60], [100, 40, 10, 55], [400, 150, 150, 400], [440, 210, 135, 480]).regional_share
    -3.0
    """
    r0, wrap = along_last(region0)
    r1, n0, n1 = (_like_parts(value, region0) for value in (region1, nation0, nation1))
    with quiet(all="ignore"):
        total = n0.sum(axis=-1)
        overall = np.where(total > 0, n1.sum(axis=-1) / total - 1, np.nan)
        at_national_rate = np.where(r0 == 0, 0.0, r0 * np.where(n0 > 0, n1 / n0, np.nan)).sum(axis=-1)
        before = r0.sum(axis=-1)
        national = before * overall
        mix = at_national_rate - before - national
        regional = r1.sum(axis=-1) - at_national_rate
        undefined = np.isnan(national + mix + regional)
        parts = (np.where(undefined, np.nan, one) for one in (national, mix, regional))
        return ShiftShare(*(wrap(one) for one in parts))


@measure(elementwise=False)
def within_between(share0: Any, level0: Any, share1: Any, level1: Any) -> WithinBetween:
    """Decompose the change of an average Σ share·level.

    Parameters
    ----------
    share0, share1 : array-like
        Weights of the parts before and after, as fractions; the last axis is the parts (a frame's columns).
    level0, level1 : array-like
        Levels of the parts, such as productivity.

    Returns
    -------
    WithinBetween
        ``within`` Σ s0·Δl, ``static`` Σ Δs·l0, ``interaction`` Σ Δs·Δl, in the unit of the levels; they add up to
        the change of the average. NaN where a part is missing.

    References
    ----------
    McMillan and Rodrik (2011); de Vries, Timmer and de Vries (2015).

    >>> within_between([0.6, 0.4], [10, 20], [0.4, 0.6], [12, 22]).within
    2.0
    """
    s0, wrap = along_last(share0)
    l0, s1, l1 = (_like_parts(value, share0) for value in (level0, share1, level1))
    with quiet(all="ignore"):
        within = (s0 * (l1 - l0)).sum(axis=-1)
        static = ((s1 - s0) * l0).sum(axis=-1)
        interaction = ((s1 - s0) * (l1 - l0)).sum(axis=-1)
        return WithinBetween(wrap(within), wrap(static), wrap(interaction))


def _like_parts(value: Any, first: Any) -> Array:
    """Another argument by parts; pandas labels are brought into the order of the first one's."""
    if hasattr(value, "reindex") and hasattr(first, "reindex"):
        if value.ndim == first.ndim == 1:
            value = value.reindex(first.index)
        elif value.ndim == first.ndim:
            value = value.reindex(index=first.index, columns=first.columns)
        elif value.ndim == 1:
            value = value.reindex(first.columns)
    return np.atleast_1d(floats(value))

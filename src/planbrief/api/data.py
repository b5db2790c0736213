"""The project's data as tidy pandas frames: one row per fact, names beside ids, the observations behind every row."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from planbrief.errors import UnknownName
from planbrief.measures.figures import RULES, Figure
from planbrief.measures.figures import figure as figure_of_row

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

Lang = Literal["zh", "en"]
#: Columns of :meth:`Data.observations`, in order.
OBSERVATION_COLUMNS = (
    *("obs_id", "ref_area", "area_name", "subject", "indicator", "name", "activity", "activity_name", "period", "year"),
    *("value", "upper_value", "unit", "kind", "comparator", "transformation", "price_base", "counterpart_area"),
    *("source_id", "locator", "value_text", "comment", "observations"),
)
#: In the order in which a plan goes from what is to what is wanted; the others from a point to the widest bound.
KINDS = ("actual", "estimate", "resource", "count", "commitment", "constraint", "target")
COMPARATORS = ("lt", "le", "eq", "approx", "range", "ge", "gt")
#: Names that a frame has for columns of the measures.
_RENAMED = {"cagr": "rate", "cagr_lower": "rate_low", "cagr_upper": "rate_high"}
_MEASURED = {new: old for old, new in _RENAMED.items()}


class Data:
    """The data of a project, for analysts.

    Areas and indicators are given by id, Chinese or English name; an unknown one raises
    :class:`~planbrief.errors.UnknownName` with suggestions. Every frame has one row per fact, the names of what it is
    about in the language asked for (``lang="zh"`` or ``"en"``), and a column ``observations`` with the ids behind the
    row, so that any cell can become a :class:`~planbrief.measures.figures.Figure` (:meth:`figure`).

    Examples
    --------
    >>> import planbrief as pb
    >>> data = pb.load(sample=True)
    >>> first = data.targets("巴中").iloc[0]
    >>> print(first["name"], first["period"], data.figure(first))
    规上工业总产值 2026 750亿元
    """

    def __init__(self, ds: Dataset) -> None:
        self._ds = ds

    @property
    def dataset(self) -> Dataset:
        """The data set underneath, with the columns of the data package."""
        return self._ds

    # -- facts ----------------------------------------------------------------------------------------------------

    def observations(
        self,
        area: str | Iterable[str] | None = None,
        indicator: str | Iterable[str] | None = None,
        *,
        kind: str | Iterable[str] | None = None,
        period: str | Iterable[str] | None = None,
        source: str | Iterable[str] | None = None,
        activity: str | Iterable[str] | None = None,
        lang: Lang = "zh",
    ) -> pd.DataFrame:
        """Observations, as printed: one row for each place where a document prints a number.

        Parameters
        ----------
        area
            Areas; a city includes its districts, companies and sites.
        indicator, activity
            What is measured, and of which industry.
        kind, period, source
            As the columns of the data package write them: ``"target"``, ``"2027"``, ``"bazhong-plan-2024"``.
        lang
            Language of the names.

        Returns
        -------
        pandas.DataFrame
            Columns :data:`OBSERVATION_COLUMNS`; ``value`` is signed by meaning, in ``unit``; ``year`` is NaN where
            the fact is undated; ``kind`` and ``comparator`` are ordered categoricals.

        Raises
        ------
        UnknownName
            For an area, indicator, activity, kind or source that the data do not know.
        """
        where: dict[str, list[str]] = {}
        for column, table, given in (("indicator", "indicators", indicator), ("activity", "activities", activity)):
            if given is not None:
                where[column] = [self._ds.resolve(table, word) for word in _several(given)]
        for column, given, known in (
            ("kind", kind, KINDS),
            ("source_id", source, tuple(self._ds.package["sources"].by_key)),
        ):
            if given is not None:
                where[column] = [_one_of(column, word, known) for word in _several(given)]
        if period is not None:
            where["time_period"] = [str(word) for word in _several(period)]
        if area is not None:
            inside: list[str] = []
            for word in _several(area):
                inside += self._ds.descendants(self._ds.resolve("areas", word))
            where["ref_area"] = inside
        return self._named(self._ds.select(**where), lang)

    def targets(self, area: str, *, lang: Lang = "zh") -> pd.DataFrame:
        """What an area means to reach: targets and limits, one row per fact (printed twice is one row), dated first.

        An area whose documents set none gives an empty frame with the same columns.
        """
        from planbrief.measures.facts import merged_facts

        rows = self._ds.of_city(self._ds.resolve("areas", area))
        facts = merged_facts(rows[rows["kind"].isin(["target", "constraint"])])
        frame = self._named(rows.loc[[fact["obs_id"] for fact in facts]], lang)
        frame["observations"] = [fact["observations"] for fact in facts]
        frame = frame.sort_values("year", kind="stable", na_position="last").reset_index(drop=True)
        return frame.sort_values("year", key=lambda year: year.isna(), kind="stable").reset_index(drop=True)

    # -- what follows ---------------------------------------------------------------------------------------------

    def growth(self, area: str, *, lang: Lang = "zh") -> pd.DataFrame:
        """Growth that an area's targets need, stretch by stretch, and that it has achieved.

        Columns of :func:`planbrief.measures.tables.growth_table`; ``rate``, ``rate_low`` and ``rate_high`` are
        fractions per year, ``change_pp`` percentage points (shares only), ``stage`` is ``achieved``, ``planned`` or
        ``whole``. NaN where undefined, with the reason in ``reason``.
        """
        from planbrief.measures.tables import growth_table

        return self._measured(growth_table(self._ds, self._ds.resolve("areas", area), inside=True), lang)

    def progress(self, area: str, *, lang: Lang = "zh") -> pd.DataFrame:
        """Where an area stands on the way to its targets; empty before the first value after a base year."""
        from planbrief.measures.tables import progress_table

        return self._measured(progress_table(self._ds, self._ds.resolve("areas", area)), lang)

    def structure(self, area: str, *, lang: Lang = "zh") -> pd.DataFrame:
        """Shares of industries and tracks in their whole, one row per part and year (``share_pct`` in percent)."""
        from planbrief.measures.composition import structure_table

        return self._measured(structure_table(self._ds, self._ds.resolve("areas", area)), lang)

    def compare(self, areas: Iterable[str], *, lang: Lang = "zh") -> pd.DataFrame:
        """Pairs of values of two areas with a verdict: ``status`` says whether they may be compared."""
        from planbrief.measures.compare import side_by_side

        asked = [self._ds.resolve("areas", word) for word in _several(areas)]
        pairs = side_by_side(self._ds, asked).pairs.copy()
        everything = self._ds.observations
        for side in ("a", "b"):
            rows = everything.loc[pairs[side]]
            pairs[f"area_{side}"] = [self._ds.name("areas", key, lang) for key in rows["ref_area"]]
            pairs[f"name_{side}"] = [self._ds.name("indicators", key, lang) for key in rows["indicator"]]
            pairs[f"value_{side}"], pairs[f"unit_{side}"] = (
                rows["obs_value"].to_numpy(),
                rows["unit_measure"].to_numpy(),
            )
            pairs[f"period_{side}"] = rows["time_period"].to_numpy()
        pairs["reasons"] = ["; ".join(keys) for keys in pairs["keys"]]
        pairs["observations"] = list(zip(pairs["a"], pairs["b"], strict=True))
        wanted = [f"{name}_{side}" for name in ("area", "name", "period", "value", "unit") for side in ("a", "b")]
        return pairs[[*wanted, "status", "reasons", "best", "theme", "observations"]].reset_index(drop=True)

    def audit(self, area: str | None = None, *, lang: Lang = "zh") -> pd.DataFrame:
        """Does the plan add up? One row per finding, worst first: rule, severity, discrepancy, tolerance, unit."""
        import pandas as pd

        from planbrief.display.language import message
        from planbrief.measures.audit import audit

        region = self._ds.resolve("areas", area) if area is not None else None
        rows = [
            {
                "id": finding.id,
                "rule": finding.rule,
                "name": message(f"rule.{finding.rule}", lang),
                "severity": finding.severity,
                "discrepancy": finding.discrepancy,
                "tolerance": finding.tolerance,
                "unit": finding.unit,
                "observations": finding.observations,
            }
            for finding in audit(self._ds, region)
        ]
        columns = ("id", "rule", "name", "severity", "discrepancy", "tolerance", "unit", "observations")
        frame = pd.DataFrame(rows, columns=list(columns))
        levels = ("note", "not_comparable", "implausible", "inconsistent")
        return frame.assign(severity=pd.Categorical(frame["severity"], levels, ordered=True))

    # -- figures --------------------------------------------------------------------------------------------------

    def figure(self, of: str | Mapping[str, Any] | pd.Series, column: str | None = None) -> Figure:
        """One number with its unit, sources, formula and interval.

        Parameters
        ----------
        of
            The id of an observation, or a row of one of the frames.
        column
            Which number of the row (``"rate"``, ``"multiple"``, ``"share_pct"`` …); by default ``value``.

        Raises
        ------
        UnknownName
            For an observation or a column that is not there.
        """
        if isinstance(of, str):
            return self._printed(of)
        row = {_MEASURED.get(str(name), str(name)): value for name, value in of.items()}
        wanted = _MEASURED.get(column or "value", column or "value")
        if "obs_id" in row and wanted in ("value", "obs_value"):
            printed = self._printed(str(row["obs_id"]))
            return Figure(**{**printed.__dict__, "observations": tuple(row["observations"])})
        if wanted not in RULES or wanted not in row:
            raise UnknownName("number of this row", column or "value", [_RENAMED.get(n, n) for n in RULES if n in row])
        if "unit" not in row:
            row["unit"] = ""
        return figure_of_row(row, wanted)

    def _printed(self, obs_id: str) -> Figure:
        from planbrief.measures.evidence import evidence

        package = self._ds.package["observations"]
        if obs_id not in package.by_key:
            raise UnknownName("observation", obs_id, tuple(key for key in package.by_key if obs_id in key)[:20])
        row = package.by_key[obs_id].values
        found = next(iter(evidence(self._ds, self._ds.select(ref_area=row["ref_area"]).loc[[obs_id]])))
        rounded = found.kind in ("actual", "estimate") and found.half > 0
        upper = found.upper if not math.isnan(found.upper) else found.value
        pure = {"%": "share", "个百分点": "points", "倍": "multiple"}
        measure = pure.get(found.unit, "level")
        lower, upper = (found.value - found.half, upper + found.half) if rounded else (found.value, upper)
        if not rounded and found.comparator in ("ge", "gt"):
            upper = math.inf
        if not rounded and found.comparator in ("le", "lt"):
            lower = -math.inf if found.value <= 0 or measure == "points" else 0.0
        return Figure(
            key=obs_id,
            value=found.value,
            measure=measure,
            unit=found.unit if measure == "level" else "",
            observations=(obs_id,),
            lower=lower,
            upper=upper,
            comparator=found.comparator,
            undefined="" if found.stated else "missing_value",
            year=found.time_period,
        )

    # -- names ----------------------------------------------------------------------------------------------------

    def _named(self, rows: pd.DataFrame, lang: Lang) -> pd.DataFrame:
        import pandas as pd

        frame = rows.reset_index().rename(
            columns={"obs_value": "value", "unit_measure": "unit", "time_period": "period", "comment_obs": "comment"}
        )
        frame["area_name"] = [self._ds.name("areas", key, lang) for key in frame["ref_area"]]
        frame["name"] = [self._ds.name("indicators", key, lang) for key in frame["indicator"]]
        frame["activity_name"] = [self._ds.name("activities", key, lang) if key else "" for key in frame["activity"]]
        frame["observations"] = [(key,) for key in frame["obs_id"]]
        frame["kind"] = pd.Categorical(frame["kind"], KINDS, ordered=True)
        frame["comparator"] = pd.Categorical(frame["comparator"], COMPARATORS, ordered=True)
        return frame[list(OBSERVATION_COLUMNS)]

    def _measured(self, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
        other = "en" if lang == "zh" else "zh"
        frame = table.drop(columns=[name for name in table if str(name).endswith(f"_{other}")])
        frame = frame.rename(columns={**_RENAMED, f"label_{lang}": "label", f"reason_{lang}": "reason"})
        names = [self._ds.name("indicators", key, lang) for key in frame["indicator"]]
        parts = [self._ds.name("activities", key, lang) if key else "" for key in frame["activity"]]
        frame.insert(0, "activity_name", parts)
        frame.insert(0, "name", names)
        frame.insert(0, "area_name", [self._ds.name("areas", key, lang) for key in frame["ref_area"]])
        return frame.reset_index(drop=True)

    # -- what it is -----------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        areas = ", ".join(self._ds.regions())
        count, documents = len(self._ds.package["observations"].rows), len(self._ds.package["sources"].rows)
        return f"Data: {count} observations from {documents} documents; areas: {areas}"

    def _repr_html_(self) -> str:
        rows = []
        for key in self._ds.regions():
            found = self._ds.of_city(key)
            kinds = found["kind"].value_counts()
            said = [key, *(self._ds.name("areas", key, lang) for lang in ("zh", "en")), len(found)]
            said += [int(kinds.get(kind, 0)) for kind in ("actual", "target")]
            rows.append("".join(f"<td>{html.escape(str(cell))}</td>" for cell in said))
        heads = "".join(f"<th>{head}</th>" for head in ("area", "名称", "name", "observations", "actual", "target"))
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<p>{html.escape(repr(self))}</p><table><tr>{heads}</tr>{body}</table>"


def _several(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else [str(word) for word in given]


def _one_of(what: str, word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise UnknownName(what, word, known)
    return word


def load(project: str | None = None, *, sample: bool = False) -> Data:
    """The data of a project: the one around the working directory, or the folder named.

    Parameters
    ----------
    project : path, optional
        A project folder (data/, reports/) or a data folder.
    sample : bool
        The sample that travels with planbrief: five documents of four cities.

    Raises
    ------
    PlanbriefError
        Where there is no project, or its data have problems: each with file, row and column.
    """
    from planbrief.project import packaged
    from planbrief.targets import load as load_dataset

    return Data(load_dataset(packaged() if sample else project))

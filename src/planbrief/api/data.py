"""The project's data as tidy pandas frames: one row per fact, names beside ids, the observations behind every row."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.api.frames import COMPARATORS, KINDS, STAGES, Words, framed, nothing, one_of, printed, several
from planbrief.errors import UnknownName
from planbrief.extensions import Measures
from planbrief.languages import Own
from planbrief.measures.columns import COLUMNS
from planbrief.measures.figures import Figure
from planbrief.measures.figures import figure as figure_of_row
from planbrief.measures.verdicts import PAIR_STATUSES

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: Columns of :meth:`Data.observations`, in order.
OBSERVATION_COLUMNS = (
    *("obs_id", "ref_area", "area_name", "subject", "indicator", "name", "activity", "activity_name", "period", "year"),
    *("value", "upper_value", "unit", "kind", "comparator", "transformation", "price_base", "counterpart_area"),
    *("source_id", "locator", "value_text", "comment", "observations"),
)
#: Categories of the frames of measures, in their order.
_ORDERED = {
    "stage": STAGES,
    "kind": KINDS,
    "start_kind": KINDS,
    "end_kind": KINDS,
    "verdict_linear": ("behind", "on_path", "ahead"),
    "verdict_geometric": ("behind", "on_path", "ahead"),
}
#: Names that a frame has for columns of the measures.
_RENAMED = {"cagr": "rate", "cagr_lower": "rate_low", "cagr_upper": "rate_high"}
_MEASURED = {new: old for old, new in _RENAMED.items()}


class Data(Measures):
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
        period: int | str | Iterable[int | str] | None = None,
        source: str | Iterable[str] | None = None,
        activity: str | Iterable[str] | None = None,
        lang: Own = "zh",
    ) -> pd.DataFrame:
        """Observations, as printed: one row for each place where a document prints a number.

        Parameters
        ----------
        area
            Areas; a city includes its districts, companies and sites.
        indicator, activity
            What is measured, and of which industry.
        kind, period, source
            As the columns of the data package write them: ``"target"``, ``"bazhong-plan-2024"``; a document also by its
            title. ``2027`` takes what ends in that year, ``"2025-H1"`` that period, ``"undated"`` what has no date.
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

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> rows = data.observations("巴中", "规上工业总产值", period=2026, activity="")
        >>> rows[["value", "unit", "kind"]].values.tolist()[0]
        [750.0, '亿元', 'target']
        """
        rows = self._rows(area, indicator, kind, period, source, activity)
        asked = {"area": area, "indicator": indicator, "kind": kind, "period": period, "source": source}
        return framed(self._named(rows, lang), nothing("no observation fits", asked))

    def _rows(
        self, area: Words, indicator: Words, kind: Words, period: Words, source: Words, activity: Words
    ) -> pd.DataFrame:
        where: dict[str, list[str]] = {}
        for column, table, given in (
            ("indicator", "indicators", indicator),
            ("activity", "activities", activity),
            ("source_id", "sources", source),
        ):
            if given is not None:
                where[column] = self._keys(table, given)
        if kind is not None:
            where["kind"] = [one_of("kind", word, KINDS) for word in several(kind)]
        if area is not None:
            inside = [part for key in self._keys("areas", area) for part in self._ds.descendants(key)]
            where["ref_area"] = list(dict.fromkeys(inside))
        rows = self._ds.select(**where)
        if period is None:
            return rows
        asked = set(several(period))
        years = rows["year"].map(lambda year: "" if math.isnan(year) else str(int(year)))
        return rows[rows["time_period"].isin(asked) | years.isin(asked)]

    def _keys(self, table: str, words: Words) -> list[str]:
        """Ids of what words mean; an empty word means none (``activity=""``: no industry)."""
        return [self._ds.resolve(table, word) if word else "" for word in several(() if words is None else words)]

    def targets(
        self,
        area: Words,
        indicator: Words = None,
        *,
        activity: Words = None,
        period: Words = None,
        kind: Words = ("target", "constraint"),
        lang: Own = "zh",
    ) -> pd.DataFrame:
        """What areas mean to reach: targets and limits, one row per fact (printed twice is one row), dated first.

        Parameters
        ----------
        area, indicator, activity, period, kind, lang
            As for :meth:`observations`. An area whose documents set no target gives an empty frame with the same
            columns that says so.

        Examples
        --------
        >>> import planbrief as pb
        >>> set(pb.load(sample=True).targets("巴中", period="undated")["period"])
        {'undated'}
        """
        from planbrief.measures.evidence import merged_facts

        rows = self._rows(area, indicator, kind, period, None, activity)
        facts = merged_facts(rows)
        frame = self._named(rows.loc[[fact["obs_id"] for fact in facts]], lang)
        frame["observations"] = [fact["observations"] for fact in facts]
        frame = frame.sort_values("year", kind="stable", na_position="last").reset_index(drop=True)
        return framed(frame, nothing("no targets", {"area": area, "indicator": indicator, "period": period}))

    # -- what follows ---------------------------------------------------------------------------------------------

    def growth(
        self,
        area: str,
        indicator: Words = None,
        *,
        activity: Words = None,
        start: int | None = None,
        end: int | None = None,
        stage: str | None = None,
        lang: Own = "zh",
    ) -> pd.DataFrame:
        """Growth that an area's targets need, stretch by stretch, and that it has achieved.

        Parameters
        ----------
        area, indicator, activity, lang
            As for :meth:`observations`; one area.
        start, end : int, optional
            Two years: growth between exactly these, for every series that states a value for both.
        stage : {"achieved", "planned", "whole"}, optional
            Only stretches between actual values, from the base on, or from the base to the last target.

        Returns
        -------
        pandas.DataFrame
            Columns of :func:`planbrief.measures.tables.growth_table`; ``rate``, ``rate_low`` and ``rate_high`` are
            fractions per year, ``change_pp`` percentage points (shares only). NaN where undefined, with the reason in
            ``reason``.

        Examples
        --------
        >>> import planbrief as pb
        >>> growth = pb.load(sample=True).growth("巴中", "规上工业总产值", activity="", start=2023, end=2027)
        >>> round(float(growth["rate"].iloc[0]), 3)
        0.627
        """
        from planbrief.measures.tables import growth_between, growth_table

        region = self._ds.resolve("areas", area)
        if start is None and end is None:
            table, why = growth_table(self._ds, region, inside=True), f"no series of {region} has two dated values"
        elif start is None or end is None or end <= start:
            raise UnknownName("pair of years", f"{start}, {end}", ("start and end, the earlier one first",))
        else:
            table = growth_between(self._ds, region, start, end)
            why = f"no series of {region} has values for {start} and {end}"
        if stage is not None:
            table = table[table["stage"] == one_of("stage", stage, STAGES)]
        return self._measured(self._about(table, indicator, activity), lang, why)

    def progress(
        self,
        area: str,
        indicator: Words = None,
        *,
        activity: Words = None,
        new: Mapping[int, float] | None = None,
        lang: Own = "zh",
    ) -> pd.DataFrame:
        """Where an area stands on the way to its targets; empty, and saying so, before a value after a base year.

        Parameters
        ----------
        area, indicator, activity, lang
            As for :meth:`growth`.
        new : mapping of year to value, optional
            Values that no document prints yet, in the unit of the series: ``{2025: 520}``; needs one indicator.

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> set(data.progress("巴中", "规上工业总产值", activity="", new={2025: 520})["verdict_geometric"])
        {'ahead'}
        """
        from planbrief.api.frames import with_values
        from planbrief.measures.tables import progress_table

        region, data = self._ds.resolve("areas", area), self
        if new is not None:
            one = self._keys("indicators", indicator)
            if len(one) != 1:
                asked = ", ".join(one) or "none"
                raise UnknownName("indicator for new values", asked, ("exactly one of an area's, by its id or name",))
            what = (self._keys("activities", activity) or [""])[0]
            data = Data(with_values(self._ds, region, one[0], what, new))
        table = progress_table(data._ds, region)
        why = str(table.attrs.get(f"reason_{lang}") or f"nothing of {region} can be judged")
        return data._measured(data._about(table, indicator, activity), lang, why)

    def structure(
        self, area: str, indicator: Words = None, *, activity: Words = None, lang: Own = "zh"
    ) -> pd.DataFrame:
        """Shares of industries and tracks in their whole, one row per part and year (``share_pct`` in percent).

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> list(data.structure("巴中").columns[:3])
        ['area_name', 'name', 'activity_name']
        """
        from planbrief.measures.structure import structure_table

        region = self._ds.resolve("areas", area)
        table = self._about(structure_table(self._ds, region), indicator, activity)
        return self._measured(table, lang, f"{region} states no whole with two parts in one unit")

    def _about(self, table: pd.DataFrame, indicator: Words, activity: Words) -> pd.DataFrame:
        """Rows of a table of measures about some indicators and activities."""
        for column, names, words in (("indicator", "indicators", indicator), ("activity", "activities", activity)):
            if words is not None:
                table = table[table[column].isin(self._keys(names, words))]
        return table

    def compare(self, areas: Iterable[str] | None = None, *, lang: Own = "zh") -> pd.DataFrame:
        """Pairs of values of two areas (by default of every city) with a verdict whether they may be compared.

        ``status`` is ordered: not_comparable, order_safe, comparable_with_caution, comparable; ``best`` marks the
        closest pair of two areas in a theme.

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> sorted(set(data.compare(["巴中", "涪陵"])["status"]))[-1]
        'order_safe'
        """
        from planbrief.measures.compare import side_by_side

        asked = list(self._ds.cities()) if areas is None else self._keys("areas", areas)
        if len(self._ds.peers(asked)[0]) < 2:
            two = "two areas or more, none of which lies in another"
            raise UnknownName("areas to compare", ", ".join(asked), (two,))
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
        import pandas as pd

        pairs["status"] = pd.Categorical(pairs["status"], PAIR_STATUSES[::-1], ordered=True)
        why = f"{', '.join(asked)} state nothing on one theme in one kind of unit"
        return framed(
            pairs[[*wanted, "status", "reasons", "best", "theme", "observations"]].reset_index(drop=True), why
        )

    def audit(self, area: str | None = None, *, lang: Own = "zh") -> pd.DataFrame:
        """Does the plan add up? One row per finding, worst first: severity (ordered), the question in words (``text``),
        rule, discrepancy and tolerance in ``unit``.

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> data.audit("巴中")["severity"].cat.ordered
        True
        """
        from planbrief.api.frames import findings

        region = self._ds.resolve("areas", area) if area is not None else None
        return framed(findings(self._ds, region, lang), f"no findings: {region or 'every relation'} adds up")

    def insights(self, area: str, *, lang: Own = "zh") -> pd.DataFrame:
        """What follows from an area's figures and is printed nowhere, weightiest first: the sentence (``text``), rule,
        ``weight`` (0 to 1: share of the economy or people affected × distance from what has been achieved × certainty)
        and the number of assumptions made.

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> float(data.insights("巴中")["weight"].iloc[0]) <= 1
        True
        """
        from planbrief.api.frames import insights

        region = self._ds.resolve("areas", area)
        return framed(insights(self._ds, region, lang), f"nothing follows from the figures of {region}")

    def figure(self, of: str | tuple[str] | Mapping[str, Any] | pd.Series, column: str | None = None) -> Figure:
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

        Examples
        --------
        >>> import planbrief as pb
        >>> data = pb.load(sample=True)
        >>> end, start = data.figure("bazhong-plan-2024-05169"), data.figure("bazhong-plan-2024-05163")
        >>> print((end / start).formula)
        750亿元 ÷ 142.8亿元
        """
        if isinstance(of, tuple) and len(of) == 1:  # what the column `observations` holds
            of = of[0]
        if isinstance(of, str):
            return printed(self._ds, of)
        if not hasattr(of, "items") or getattr(of, "ndim", 1) > 1:
            raise UnknownName(
                "row", type(of).__name__, ("one row of a frame, as frame.iloc[0]", "the id of an observation")
            )
        # A year that is not known is no number (pandas' NA) in our frames, and NaN in the rows of measures.
        known: dict[Any, Any] = {
            name: math.nan if type(value).__name__ == "NAType" else value for name, value in of.items()
        }
        row = {_MEASURED.get(str(name), str(name)): value for name, value in known.items()}
        wanted = _MEASURED.get(column or "value", column or "value")
        if "obs_id" in row and wanted in ("value", "obs_value"):
            found = printed(self._ds, str(row["obs_id"]))
            return Figure(**{**found.__dict__, "observations": tuple(row["observations"])})
        if wanted not in COLUMNS or wanted not in row:
            raise UnknownName(
                "number of this row", column or "value", [_RENAMED.get(n, n) for n in COLUMNS if n in row]
            )
        row.setdefault("unit", "")
        return figure_of_row(row, wanted)

    # -- names ----------------------------------------------------------------------------------------------------

    def _named(self, rows: pd.DataFrame, lang: Own) -> pd.DataFrame:
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

    def _measured(self, table: pd.DataFrame, lang: Own, why: str) -> pd.DataFrame:
        import pandas as pd

        other = "en" if lang == "zh" else "zh"
        frame = table.drop(columns=[name for name in table if str(name).endswith(f"_{other}")])
        frame = frame.rename(columns={**_RENAMED, f"label_{lang}": "label", f"reason_{lang}": "reason"})
        names = [self._ds.name("indicators", key, lang) for key in frame["indicator"]]
        parts = [self._ds.name("activities", key, lang) if key else "" for key in frame["activity"]]
        frame.insert(0, "activity_name", parts)
        frame.insert(0, "name", names)
        frame.insert(0, "area_name", [self._ds.name("areas", key, lang) for key in frame["ref_area"]])
        for column in (name for name in frame if name in _ORDERED):
            texts = [text or None for text in frame[column]]
            frame[column] = pd.Categorical(texts, _ORDERED[column], ordered=True)
        return framed(frame.reset_index(drop=True), why)

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


def load(project: Path | str | None = None, *, sample: bool = False) -> Data:
    """The data of a project: the one around the working directory, or the folder named.

    Parameters
    ----------
    project : path, optional
        A project folder (data/, reports/) or a data folder.
    sample : bool
        The sample that travels with planbrief: documents of four cities and of their provinces.

    Raises
    ------
    PlanbriefError
        Where there is no project, or its data have problems: each with file, row and column.

    Examples
    --------
    >>> import planbrief as pb
    >>> pb.load(sample=True)  # doctest: +ELLIPSIS
    Data: ... observations from ... documents; areas: ...
    """
    from planbrief.display.page import injected_project
    from planbrief.display.state import loaded
    from planbrief.project import packaged
    from planbrief.targets import load as load_dataset

    return Data(loaded(load_dataset(packaged() if sample else project or injected_project() or None)))

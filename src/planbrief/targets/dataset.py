"""The tabulated plan targets as typed frames, with every read remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planbrief.errors import DataError, Problem, UnknownName
from planbrief.languages import language, phrase
from planbrief.project import Project, at, find
from planbrief.targets.frames import Read, Recorder, cell_problems, read_store, typed, unknown_references
from planbrief.targets.package import Package, left_out, read_package, usable_package
from planbrief.targets.units import UnitTable

if TYPE_CHECKING:
    import pandas as pd

REFERENCE_TABLES = {
    "sources": "source_id",
    "areas": "ref_area",
    "activities": "activity",
    "indicators": "indicator",
    "units": "unit",
    "themes": "theme",
    "concepts": "concept",
    "scopes": "scope",
}


class Dataset:
    """The data package as pandas frames.

    Reference tables (`sources`, `areas`, `activities`, `indicators`, `units`) are indexed by their key, observations
    by ``obs_id``. Text columns hold text ("" where empty); ``obs_value`` and ``upper_value`` are floats (NaN where
    empty), ``char_start`` and ``char_end`` integers. Observations carry two computed columns: ``year`` (float; the
    end year of the period, NaN for undated) and ``dated``.

    Whatever is taken from it is recorded (see :attr:`reads`), so ask for as little as you need:
    ``of_city`` and ``select`` before ``observations``.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self._recorder = Recorder()
        self._frames: dict[str, pd.DataFrame] = package.memory.setdefault("frames", {})
        self._answers: dict[tuple[object, ...], pd.DataFrame] = package.memory.setdefault("answers", {})
        self._rows: dict[tuple[str, str], dict[str, str]] = {}
        #: What functions of this data set gave that no other one may have, for it would miss what they read.
        self.memory: dict[Any, Any] = {}

    # -- recorded reads -------------------------------------------------------------------------------------------

    @property
    def reads(self) -> list[Read]:
        """What has been read so far, in a stable order (see :mod:`planbrief.targets.frames`)."""
        return self._recorder.reads()

    def remembered(self, question: tuple[object, ...], answer: Callable[[], Any]) -> Any:
        """What `answer` gives, from memory where this package has been asked before; what it reads is read again."""
        known = self.package.memory.get(question)
        if known is None:
            outer, self._recorder = self._recorder, Recorder()
            try:
                known = answer(), self._recorder
            finally:
                inner, self._recorder = self._recorder, outer
                outer.take(inner)
            self.package.memory[question] = known
        else:
            self._recorder.take(known[1])
        return known[0]

    def _whole(self, name: str) -> pd.DataFrame:
        self._recorder.note({"table": name})
        return self._frame(name)

    def _frame(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            table = self.package[name]
            if not self.package.checked and (problems := cell_problems(table)):
                raise DataError(problems)
            self._frames[name] = typed(table, table.cells(*table.columns))
        return self._frames[name]

    @property
    def sources(self) -> pd.DataFrame:
        """Documents by ``source_id``."""
        return self._whole("sources")

    @property
    def areas(self) -> pd.DataFrame:
        """Places by ``ref_area``."""
        return self._whole("areas")

    @property
    def activities(self) -> pd.DataFrame:
        """Industries, tracks and other activities by ``activity``."""
        return self._whole("activities")

    @property
    def indicators(self) -> pd.DataFrame:
        """Indicators by ``indicator``."""
        return self._whole("indicators")

    @property
    def themes(self) -> tuple[str, ...]:
        """Themes in the order in which they are shown."""
        return tuple(self._whole("themes").index)

    @property
    def units(self) -> pd.DataFrame:
        """Base units by ``unit``."""
        return self._whole("units")

    @property
    def observations(self) -> pd.DataFrame:
        """Every observation by ``obs_id``: recorded as a read of all."""
        return self._whole("observations")

    @property
    def exclusions(self) -> pd.DataFrame:
        """Numerals that state no quantity."""
        return self._whole("exclusions")

    def select(self, **where: str | Iterable[str]) -> pd.DataFrame:
        """Observations whose columns have the given values: ``select(indicator="gdp", kind=["actual", "target"])``.

        Raises
        ------
        UnknownName
            For a column that the observations do not have.
        """
        return self.rows("observations", **where)

    def rows(self, table: str, **where: str | Iterable[str]) -> pd.DataFrame:
        """Rows of any table whose columns have the given values, as :meth:`select` does for observations."""
        columns = self.package[table].columns
        wanted: dict[str, list[str]] = {}
        for column, values in where.items():
            if column not in columns:
                raise UnknownName(f"column of {table}", column, columns)
            wanted[column] = [values] if isinstance(values, str) else sorted({str(value) for value in values})
        self._recorder.note({"table": table, "where": dict(sorted(wanted.items()))})
        return self._matching(table, wanted)

    def _matching(self, table: str, wanted: Mapping[str, Iterable[str]]) -> pd.DataFrame:
        """The rows asked for, typed once; who changes what he is given changes only his own."""
        question = (table, *((column, *values) for column, values in sorted(wanted.items())))
        if question not in self._answers:
            self._answers[question] = self._chosen(table, wanted)
        return self._answers[question].copy(deep=False)

    def _chosen(self, table: str, wanted: Mapping[str, Iterable[str]]) -> pd.DataFrame:
        frame = self._frames.get(table)
        if frame is None:
            known = self.package[table]
            return typed(known, (tuple(row.values[c] for c in known.columns) for row in known.matching(wanted)))
        for column, values in wanted.items():
            frame = frame[frame.index.isin(values) if column == frame.index.name else frame[column].isin(values)]
        return frame

    def of_city(self, city: str) -> pd.DataFrame:
        """Observations about an area and the places that it speaks for; :class:`UnknownName` for an unknown one.

        The parts of a city belong to it; the cities of a province do not (see :meth:`Places.inside`).
        """
        self.require("areas", city)
        self._recorder.note({"city": city})
        return self._matching("observations", {"ref_area": self._noted(self.package.places.inside(city))})

    def cities(self) -> tuple[str, ...]:
        """Cities that have data, in the order of the table of areas."""
        self._recorder.note({"cities": True})
        return self.package.cities

    def regions(self) -> tuple[str, ...]:
        """Areas of every level that a document is about, cities first."""
        self._recorder.note({"regions": True})
        return self.package.regions

    def about(self, source: str) -> str:
        """The city, province or country that a document is about; empty where it states nothing of any."""
        self._recorder.note({"regions": True})
        return self.package.about.get(source, "")

    def documents(self) -> tuple[str, ...]:
        """Every document, by area and date (see :attr:`Package.documents`); recorded as a read of the table."""
        self._recorder.note({"table": "sources"})
        self._recorder.note({"regions": True})
        return self.package.documents

    @property
    def unit_table(self) -> UnitTable:
        """The table of units, for reading ``unit_measure``; recorded as a read of it."""
        self._recorder.note({"table": "units"})
        return self.package.unit_table

    # -- names and trees ------------------------------------------------------------------------------------------

    def city_of(self, area: str) -> str:
        """The city that a place is or lies in; for provinces and countries these themselves."""
        for place in self.package.places.ancestry(area):
            self._recorder.note_key("areas", "ref_area", place)
        return self.package.places.city_of(area)

    def descendants(self, area: str) -> tuple[str, ...]:
        """A place and everything inside it."""
        return self._noted(self.package.places.descendants(area))

    def _noted(self, areas: tuple[str, ...]) -> tuple[str, ...]:
        for place in areas:
            self._recorder.note_key("areas", "parent", place)
        return areas

    def context_of(self, area: str) -> tuple[str, ...]:
        """The provinces and countries that an area lies in, innermost first, as far as a document is about them."""
        about = self.regions()
        self.city_of(area)
        return tuple(upper for upper in self.package.places.context(area) if upper in about)

    def peers(self, areas: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Areas to be compared, and those among them that are only the context of others (see :meth:`Places.peers`)."""
        asked = tuple(areas)
        for area in asked:
            self.city_of(area)
        return self.package.places.peers(asked)

    def resolve(self, table: str, word: str) -> str:
        """The key of the row that a word means: its key, its Chinese or English name, a short name or an alias.

        Raises
        ------
        UnknownName
            Where no row, or more than one, is called so; near ones are suggested.
        """
        key = self.package.names(table).find(word)
        if not key:
            raise self._unknown(table, word)
        return key

    def _unknown(self, table: str, word: str) -> UnknownName:
        known = self.package.names(table)
        kind = "area" if table == "areas" else REFERENCE_TABLES.get(table, table)
        return UnknownName(kind, word, known, known.near(word))

    def row(self, table: str, key: str) -> dict[str, str]:
        """One row of a table whose key is one column, as text; :class:`UnknownName` if there is none."""
        found = self._rows.get((table, key))
        if found is None:
            self.require(table, key)
            found = self._rows[table, key] = self.package[table].by_key[key].values
        (column,) = self.package[table].key
        self._recorder.note_key(table, column, key)
        return found

    def require(self, table: str, key: str) -> None:
        """Raise :class:`UnknownName`, listing the valid keys, unless `key` is a row of `table`."""
        known = self.package[table].by_key
        if key not in known:
            raise self._unknown(table, key)

    def name(self, table: str, key: str, lang: str) -> str:
        """Name of a row of a reference table in a language of pages."""
        row = self.row(table, key)
        return phrase(row[f"{'title' if table == 'sources' else 'name'}_{language(lang).like}"], lang)

    def nature_of(self, indicator: str) -> str:
        """What kind of quantity an indicator's concept is: value (money at prices), money, flow, stock or other."""
        return self.row("concepts", self.row("indicators", indicator)["concept"])["nature"]

    def children(self, activity: str) -> tuple[str, ...]:
        """Direct children of an activity in table order."""
        rows = self._whole("activities")
        return tuple(rows.index[rows["parent"] == activity])

    def exhaustive(self, activity: str) -> bool:
        """Whether the children of an activity add up to it, as the table declares."""
        return self.row("activities", activity)["exhaustive"] == "true"

    def targets(self, region: str) -> pd.DataFrame:
        """Wide table of a city's targets and the actual values they start from: indicator by year.

        Parameters
        ----------
        region : str
            An area by its id or name.

        Returns
        -------
        pandas.DataFrame
            One row per (indicator, activity, unit), a column per year with the printed number (NaN where the plan
            gives none or no number), and the columns ``kind`` (kinds by year, such as
            ``"actual 2023; target 2026"``), ``name_zh`` and ``name_en``. Where a document prints a fact twice, the
            first one stands. An undated target stands in a column ``undated``.
        """
        import pandas as pd

        region = self.resolve("areas", region)
        rows = self.of_city(region)
        rows = rows[(rows["ref_area"] == region) & (rows["subject"] == "")]
        aimed = rows[rows["kind"].isin(["target", "constraint"])]
        keys = ["indicator", "activity", "unit_measure", "transformation"]
        # What is aimed at, and the values it starts from: other facts of the city are no part of the table.
        wanted = set(map(tuple, aimed[keys].to_numpy()))
        chosen = pd.Series([tuple(key) in wanted for key in rows[keys].to_numpy()], index=rows.index, dtype=bool)
        rows = rows[chosen & rows["kind"].isin(["target", "constraint", "actual", "estimate"])]
        if rows.empty:
            return pd.DataFrame(columns=["kind", "name_zh", "name_en"], index=pd.MultiIndex.from_tuples([], names=keys))
        label = rows["time_period"]
        order = {key: position for position, key in reversed(list(enumerate(map(tuple, rows[keys].to_numpy()))))}
        wide = rows.assign(period=label).groupby([*keys, "period"], sort=False)["obs_value"].first().unstack("period")
        wide = wide[sorted(wide.columns, key=lambda period: (period == "undated", period))]
        kinds = (
            rows.assign(text=rows["kind"] + " " + label)
            .groupby(keys)["text"]
            .agg(lambda s: "; ".join(dict.fromkeys(s)))
        )
        wide = wide.loc[sorted(wide.index, key=order.__getitem__)]
        wide.insert(0, "kind", kinds.reindex(wide.index))
        for lang in ("en", "zh"):
            names = [self.name("indicators", key[0], lang) for key in wide.index]
            wide.insert(0, f"name_{lang}", names)
        wide.columns.name = None
        return wide


def load(project: Project | Path | str | None = None) -> Dataset:
    """The data set of a project (default: the one around the working directory).

    Raises
    ------
    DataError
        With every problem of shape, type or key, each with file, row and column.
    NoProject
        None was given, and there is none around the working directory.
    """
    if isinstance(project, (str, Path)):
        folder = Path(project)
        # A folder with a descriptor is data alone; else a project, whose catalog may leave documents out.
        bare = (folder / "datapackage.json").is_file()
        package = read_package(folder) if bare else usable_package(at(folder))
    else:
        project = project or find()
        if stored := read_store(project, left_out(project)):
            return Dataset(stored)
        package = usable_package(project)
    dataset = Dataset(package)
    problems: list[Problem] = []
    for name in dataset.package.tables:
        try:
            dataset._frame(name)
        except DataError as error:
            problems.extend(error.problems)
    problems.extend(unknown_references(dataset.package))
    if problems:
        raise DataError(problems)
    return dataset

"""Areas in order of size: ranked dots of every question that they answer alike, and what many of them come to.

Two to six areas are told pair by pair (:mod:`.cities`). Of more, pairs say nothing any more: a question that most of
them answer is told by its first and its last, and a table holds the main ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, Panel, ranked_dots
from planbrief.display.document import Cell, Column, Table
from planbrief.display.quantities import value_text
from planbrief.display.views.cities import MANY, Pair, counted, full_place, judged, sided, what, when, worded
from planbrief.display.views.cities import answers as paired_answers
from planbrief.display.views.facts import records, words
from planbrief.measures.compare import SideBySide, judge
from planbrief.measures.compare import records as evidence_of
from planbrief.measures.evidence import Evidence, evidence
from planbrief.measures.figures import Figure
from planbrief.measures.headlines.rules import Headline
from planbrief.targets.names import Label, label, listing, measured, period

if TYPE_CHECKING:
    from planbrief.targets import Dataset

#: Questions that are told in words, and that the table of many areas has columns for.
MOST_TOLD, MOST_COLUMNS = 5, 6
#: Places that a sentence names where they tie.
MOST_TIED = 4
#: Panels of one chart by the number of areas in the fullest, and charts on a page.
PANELS, MOST_CHARTS = ((6, 6), (14, 4), (40, 2)), 2

#: Questions from which on it says something which area comes first most often.
LEAST_ASKED = 3

Row = tuple[Label, Figure, bool]


@dataclass(frozen=True)
class Question:
    """What two areas or more answer in a way that may be compared.

    ``rows`` holds place, value and whether it was reached, by area in ``areas``; ``lines`` what surrounds them;
    ``short`` is the name without its period.
    """

    name: Label
    short: Label
    at: str
    areas: tuple[str, ...]
    rows: tuple[Row, ...]
    lines: tuple[tuple[Label, Figure], ...]

    @property
    def top(self) -> Row:
        """The area with the largest value."""
        return max(self.rows, key=lambda row: row[1].value)

    @property
    def low(self) -> Row:
        """The area with the smallest value."""
        return min(self.rows, key=lambda row: row[1].value)

    def holders(self, row: Row) -> Label:
        """The places with the value of a row, all of them where several tie; many are counted.

        What is worded differently (at least 5, 5) stands with its own words.
        """
        tied = [other for other in self.rows if other[1].value == row[1].value]
        if len(tied) > MOST_TIED:
            return worded("cell.places", count=str(len(tied)))
        return listing(place_of(other, apart=self.words(other) != self.words(row)) for other in tied)

    @property
    def differs(self) -> bool:
        """Whether the areas have more than one value among them."""
        return self.top[1].value > self.low[1].value

    @staticmethod
    def words(row: Row) -> tuple[str, str]:
        """The value of a row in both languages."""
        return value_text(row[1], "zh"), value_text(row[1], "en")


def place_of(row: Row, *, apart: bool) -> Label:
    """The place of a row; ``apart`` with its value, where that is not the one a sentence tells."""
    place, figure, _ = row
    if not apart:
        return place
    return Label(f"{place.zh}（{value_text(figure, 'zh')}）", f"{place.en} ({value_text(figure, 'en')})")


def answers(ds: Dataset, areas: tuple[str, ...], side: SideBySide) -> Iterator[Headline]:
    """What deserves a sentence, the answer first: pairs of a few areas, first and last of many."""
    asked = questions(ds, areas, side, ())
    if len(areas) <= MANY or not asked:
        yield from paired_answers(ds, areas, side)
        return
    ids = tuple(obs_id for one in asked for row in one.rows for obs_id in row[1].observations)
    figures = {
        "areas": counted("cities", len(areas), "个"),
        "questions": Figure("comparison/questions", float(len(asked)), "count", "项", ids),
    }
    yield Headline("answer_many", 0, "", figures)
    for one in asked[:MOST_TOLD]:
        told: dict[str, Any] = {"name": one.name, "areas": counted("told", len(one.rows), "个"), "top": one.top[1]}
        if one.differs:
            told |= {"top_place": one.holders(one.top), "low_place": one.holders(one.low), "low": one.low[1]}
        yield Headline("ranked" if one.differs else "all_alike", 0, "", told)


def first_places(ds: Dataset, areas: tuple[str, ...], side: SideBySide) -> list[Headline]:
    """Which area has the largest value most often, of the questions with a largest; none where two areas tie."""
    asked = [one for one in questions(ds, areas, side, ()) if one.differs]
    tops = [
        one.areas[one.rows.index(one.top)]
        for one in asked
        if sum(r[1].value == one.top[1].value for r in one.rows) == 1
    ]
    ranked = Counter(tops).most_common(2)
    if len(asked) < LEAST_ASKED or not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return []
    area, most = ranked[0]
    own = [one for one in asked if one.top[1].observations and one.areas[one.rows.index(one.top)] == area]
    ids = [tuple(obs_id for one in some for row in one.rows for obs_id in row[1].observations) for some in (own, asked)]
    figures: dict[str, Any] = {
        "place": label(ds, "areas", area),
        "count": Figure("comparison/first", float(most), "count", "项", ids[0]),
        "questions": Figure("comparison/ranked", float(len(asked)), "count", "项", ids[1]),
    }
    return [Headline("first_places", 0, "", figures)]


def dot_charts(ds: Dataset, areas: tuple[str, ...], side: SideBySide, context: Iterable[str] = ()) -> list[Chart]:
    """Ranked dots: a ladder where only the order is safe, then every question that areas answer alike.

    Many areas have no ladders, and no panel for what all of them answer with one number.
    """
    asked = questions(ds, areas, side, tuple(context))
    pairs = [] if len(areas) > MANY else judged(side)
    panels: list[tuple[Panel, Label]] = []
    for panel, pair in [(ladder(ds, pair), pair) for pair in pairs if pair.order is not None][:2]:
        small, large = (sided(ds, "", row) for row in pair.ranked)
        ends = {"small": small["_place"], "small_period": small["_period"]}
        ends |= {"large": large["_place"], "large_period": large["_period"]}
        title = worded("caption.ladder", name=what(ds, pair.ranked[0], placed=False), **ends)
        panels.append((panel, title))
    for one in asked:
        if len(areas) <= MANY or one.differs:
            title = worded("caption.dots", name=one.name, top=one.holders(one.top), value=one.words(one.top))
            panels.append((Panel(one.name, one.rows, one.lines), title))
    charts: list[Chart] = []
    while panels and len(charts) < MOST_CHARTS:
        rows = max(len(panel.rows) for panel, _ in panels[:2])
        most = next(count for limit, count in PANELS if rows <= limit or limit == PANELS[-1][0])
        shown, panels = panels[:most], panels[most:]
        notes = [worded("note.dots")] + ([worded("note.lines")] if any(panel.lines for panel, _ in shown) else [])
        charts.append(ranked_dots([panel for panel, _ in shown], shown[0][1], notes=notes))
    return charts


def ladder(ds: Dataset, pair: Pair) -> Panel:
    """The dated values of the smaller side's path with the value of the larger among them."""
    small, large = pair.ranked
    path = ds.of_city(small["city"])
    same = (path["ref_area"] == small["ref_area"]) & (path["indicator"] == small["indicator"])
    same &= (path["activity"] == small["activity"]) & (path["subject"] == small["subject"]) & path["dated"]
    met: dict[str, Evidence] = {}
    for record in evidence(ds, path[same & (path["transformation"] == "level") & path["obs_value"].notna()]):
        met.setdefault(record.time_period, record)
    rows = [*met.values(), *evidence_of(ds, [large["obs_id"]])]
    return Panel(what(ds, small, placed=False), [dot(ds, record, dated=True, unit=small["unit"]) for record in rows])


def dot(ds: Dataset, record: Evidence, *, dated: bool, unit: str) -> tuple[Label, Figure, bool]:
    """One area's answer: its name, its value in the unit of the panel, whether it was reached."""
    place = full_place(label(ds, "areas", record.city), label(ds, "areas", record.ref_area))
    aimed = record.kind not in ("actual", "estimate")
    if dated:
        kind = words("kind", record.kind) if aimed else Label("", "")
        at = when(ds, {"obs_id": record.obs_id, "kind": record.kind, "time_period": record.time_period})
        place = Label(f"{place.zh}，{at.zh}{kind.zh}", f"{place.en}, {at.en}{f' ({kind.en})' if kind.en else ''}")
    percent = record.dimension == "percent"
    value = record.value if percent else record.base / ds.unit_table.parse(unit).factor
    key = f"dots/{record.obs_id}"
    measure = "share" if percent else "level"
    figure = Figure(key, value, measure, unit, (record.obs_id,), comparator=record.comparator, year=record.time_period)
    return place, figure, not aimed


def questions(ds: Dataset, areas: tuple[str, ...], side: SideBySide, context: tuple[str, ...]) -> list[Question]:
    """Every indicator that two areas or more state in a way that may be compared, what most of them state first."""
    groups: dict[tuple[str, ...], dict[str, str]] = {}
    for row in records(side.rows):
        if row["role"] in ("latest", "target") and row["dimension"] != "percentage_points":
            key = (row["indicator"], row["activity"], row["transformation"], row["role"])
            groups.setdefault(key, {}).setdefault(row["city"], row["obs_id"])
    found: list[Question] = []
    for (indicator, activity, form, role), by_city in groups.items():
        group = evidence_of(ds, [by_city[area] for area in areas if area in by_city])
        kept = [record for record in group if record is group[0] or judge(ds, group[0], record).allowed]
        if len(kept) < 2 or any(other[:3] == (indicator, activity, form) and role == "target" and other[3] == "latest"
                                and len(groups[other]) >= len(kept) for other in groups):  # fmt: skip
            continue
        own = ds.row("indicators", indicator)["aggregation"]
        name = short = measured(ds, indicator, activity)
        if form not in ("level", own) and own not in ("rate", "share"):
            name = short = worded("cell.form", what=name, form=words("transformation", form))
        times = {record.time_period for record in kept}
        at = "" if len(times) > 1 else kept[0].time_period
        if at:
            name = Label(f"{name.zh}，{period(at).zh}", f"{name.en}, {period(at).en}")
        rows = tuple(dot(ds, record, dated=not at, unit=kept[0].unit) for record in kept)
        lines = tuple(line for upper in context if (line := reference(ds, upper, kept[0])) is not None)
        found.append(Question(name, short, at, tuple(record.city for record in kept), rows, lines))
    return sorted(found, key=lambda one: -len(one.rows))


def reference(ds: Dataset, upper: str, like: Evidence) -> tuple[Label, Figure] | None:
    """A province's value as a line: the same rate or share of the same kind, nearest in time."""
    if like.dimension != "percent":
        return None
    rows = ds.select(ref_area=upper, indicator=like.indicator)
    rows = rows[(rows["transformation"] == like.transformation) & rows["dated"] & (rows["activity"] == like.activity)]
    fits = [record for record in evidence(ds, rows) if judge(ds, like, record).allowed]
    if not fits:
        return None
    nearest = min(fits, key=lambda record: (abs(record.year - like.year), -record.year))
    place, figure, _ = dot(ds, nearest, dated=True, unit=like.unit)
    return place, figure


def values_table(ds: Dataset, areas: tuple[str, ...], side: SideBySide) -> Table | None:
    """The main questions of many areas, a row for each area, in the order of the first; None for a few areas."""
    asked = [one for one in questions(ds, areas, side, ()) if one.at and one.differs][:MOST_COLUMNS]
    if len(areas) <= MANY or not asked:
        return None
    by_area = [dict(zip(one.areas, one.rows, strict=True)) for one in asked]
    order = sorted(areas, key=lambda area: -by_area[0][area][1].value if area in by_area[0] else float("inf"))
    rows = []
    for area in order:
        cells = [Cell(known[area][1]) if area in known else Cell("") for known in by_area]
        rows.append((Cell(label(ds, "areas", area), head=True), *cells))
    columns = (
        Column("area", worded("head.area"), head=True, width=1.6),
        *(
            Column(f"q{number}", worded("head.question", name=one.short, at=period(one.at)), align="right", width=1.3)
            for number, one in enumerate(asked)
        ),
    )
    return Table(columns, tuple(rows), worded("caption.values"), (worded("note.values"),))

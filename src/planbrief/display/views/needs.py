"""What targets need: growth per stretch of every series, target rates, the steepest path, and progress on the way."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from planbrief.display.charts import Chart, milestone_path
from planbrief.display.document import Cell, Column, Table
from planbrief.display.language import message
from planbrief.display.quantities import value_text
from planbrief.display.sentence import inside
from planbrief.display.views.facts import both, records, remarks
from planbrief.display.views.growth import point_figure
from planbrief.measures import tables
from planbrief.measures.figures import Figure, figure
from planbrief.measures.headlines import Headline
from planbrief.measures.series import BASE_KINDS, published_year, series_of
from planbrief.measures.tables import progress_table
from planbrief.targets.frames import records_of
from planbrief.targets.names import Label, label, listing, measured, period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from planbrief.targets import Dataset

#: Stretches of time that fit beside each other.
MOST_STRETCHES = 6


def growth_rows(ds: Dataset, region: str, branches: bool | None = None) -> pd.DataFrame:
    """Planned growth of a place's own series: levels and shares with a base; branches are series of an activity.

    Works of one year (parks built, projects begun) have no direction that is wanted: next year's number is another
    plan of work and no growth, so their indicators, which say so, are left out.
    """
    frame = tables.growth_table(ds, region)
    frame = frame[frame["indicator"].map(lambda one: ds.row("indicators", one)["direction"]) != "none"]
    kept = frame[frame["family"].isin(["level", "share"]) & frame["start"].notna() & (frame["subject"] == "")]
    kept = kept[(kept["stage"] != "achieved") & ~kept["conflict"]]
    if branches is not None:
        kept = kept[(kept["activity"] != "") == branches]
    return kept


def reached(ds: Dataset, first: Mapping[str, Any]) -> bool:
    """Whether a goal asks for nothing: its bound is kept already, or it lies on the near side of what was reached."""
    wanted = {"increase": 1, "decrease": -1}.get(ds.row("indicators", str(first["indicator"]))["direction"], 0)
    return first["undefined"] == "bound_kept" or (first["end"] - first["start"]) * wanted < 0


def name_of(ds: Dataset, row: Any) -> Label:
    """What a row of a table of series measures."""
    return measured(ds, row["indicator"], row["activity"], row["subject"])


def needs_table(ds: Dataset, region: str) -> Table | None:
    """Growth that the targets of a place need, stretch by stretch; None where no target has a base.

    Output and money show annual rates, counts likewise in a group of their own, shares the change in points over the
    stretch. A stretch is named by its years without the base year; what rounding leaves open stands with each number.
    Targets that ask for no growth stand in a note: limits that are kept, and those that what was reached has passed.
    """
    frame = growth_rows(ds, region, branches=False)
    ends = [members.iloc[[-1]] for _, members in frame.groupby("series", sort=False)]
    left_out: dict[str, list[Label]] = {"kept": [], "passed": []}
    for end in ends:
        for row in records(end):
            if reached(ds, row):
                left_out["kept" if row["undefined"] == "bound_kept" else "passed"].append(name_of(ds, row))
                frame = frame[frame["series"] != row["series"]]
    if frame.empty:
        return None
    stretches = common_stretches(frame)
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    for group, name, members in kind_parts(ds, frame):
        if group is not None:
            groups[len(rows)] = group
        rows.append((Cell(name, head=True), *stretch_cells(members, stretches)))
    columns = (
        Column("what", both("head.indicator"), head=True, width=4),
        *(Column(f"{start}-{end}", span_label(start, end), "bare", width=1.05) for start, end in stretches),
        Column("multiple", both("head.multiple"), "bare", width=0.95),
    )
    caption = both("caption.needs", place=label(ds, "areas", region))
    notes = [both("note.growth")]
    for why, names in left_out.items():
        if names:
            notes.append(both(f"note.{why}", names=listing(inside(ds, name) for name in names)))
    return Table(columns, tuple(rows), caption, notes=tuple(notes), groups=groups)


#: Fewer quantities than this are no crowd that a sentence could count.
LEAST_SERIES = 3
#: Bounds of an aim that lies above a value where its own number does.
REACHED = ("eq", "approx", "ge", "gt", "range")
#: Bounds of a start that leave open on neither side how far it is from there.
EXACT = ("eq", "approx")


def target_lead(ds: Dataset, region: str) -> list[Headline]:
    """What a table of targets comes to: how many levels are to double at least, else how many aims lie above the start.

    Counted are indicators of the whole place, each once; nothing is said of fewer than three.
    """
    paths = [path for path in planned_paths(ds, region) if path[0]["family"] == "level" and path[0]["start"] > 0]
    paths = [path for path in paths if path[0]["start_comparator"] in EXACT]
    doubled = [
        path for path in paths if path[-1]["end_comparator"] in REACHED and path[-1]["end"] >= 2 * path[0]["start"]
    ]
    if len(paths) >= LEAST_SERIES and len(doubled) > 1:
        counts = {"count": counted(region, "doubled", doubled), "all": counted(region, "based", paths)}
        return [Headline("doubled", 0, region, counts)]
    aims = aims_beside(ds, region)
    above = [pair for pair in aims if pair[-1]["reached"] and pair[-1]["value"] > pair[0]["value"]]
    if len(aims) < LEAST_SERIES:
        return []
    rule = "higher_all" if len(above) == len(aims) else "higher" if above else "higher_none"
    counts = {"count": counted(region, "higher", above), "all": counted(region, "beside", aims)}
    return [Headline(rule, 0, region, counts)]


def aims_beside(ds: Dataset, region: str) -> list[list[dict[str, Any]]]:
    """What was reached of an indicator of the whole place and is printed exactly, and its last aim, pair by pair."""
    found = []
    for series in series_of(ds, region):
        base = series.base(published_year(ds, {one for point in series.aims for one in point.sources}))
        own = series.ref_area == region and not (series.activity or series.subject)
        if base is None or not own or base.conflict or base.comparator != "eq":
            continue
        later = [point for point in series.aims if point.year > base.year and not point.conflict]
        if not later or (later[-1].comparator == "range" and later[-1].lower <= base.value < later[-1].upper):
            continue  # a range around what was reached is neither above nor below it
        ends = [
            {"value": point.value, "reached": point.comparator in REACHED, "observations": point.observations}
            for point in (base, later[-1])
        ]
        found.append(ends)
    return found


def growth_lead(ds: Dataset, region: str) -> list[Headline]:
    """The stretch of years in which most quantities have to grow fastest; none where two tie or few are counted."""
    paths = [path for path in planned_paths(ds, region) if path[0]["family"] == "level" and len(path) > 1]
    paths = [path for path in paths if all(row["cagr"] == row["cagr"] for row in path)]
    fastest = [steepest_stretch(path) for path in paths]
    tally = Counter(span for span in fastest if span).most_common(2)
    if len(paths) < LEAST_SERIES or not tally or tally[0][1] < 2 or (len(tally) > 1 and tally[0][1] == tally[1][1]):
        return []
    (start, end), most = tally[0]
    chosen = [path for path, span in zip(paths, fastest, strict=True) if span == (start, end)]
    counts = {"count": counted(region, "fastest", chosen), "all": counted(region, "several", paths)}
    span = Label(f"{start + 1}–{end}年" if end - start > 1 else period(str(end)).zh, span_label(start, end)[1])
    return [Headline("fastest_all" if most == len(paths) else "fastest", 0, region, {**counts, "span": span})]


def steepest_stretch(path: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """First and last year of the stretch with the highest rate; None where two have it."""
    rates = [round(float(row["cagr"]), 9) for row in path]
    row = path[rates.index(max(rates))]
    return (int(row["start_year"]), int(row["end_year"])) if rates.count(max(rates)) == 1 else None


def planned_paths(ds: Dataset, region: str) -> list[list[dict[str, Any]]]:
    """Planned stretches of the whole place, path by path, each from what was reached; limits that are kept left out."""
    frame = growth_rows(ds, region, branches=False)
    frame = frame[frame["stage"] == "planned"]
    paths = [records(members) for _, members in frame.groupby("series", sort=False)]
    return [path for path in paths if path[0]["start_kind"] in BASE_KINDS and path[0]["undefined"] != "bound_kept"]


def counted(region: str, name: str, paths: Iterable[Sequence[Mapping[str, Any]]]) -> Figure:
    """How many paths of targets there are, with everything that they rest on."""
    known = list(paths)
    ids = dict.fromkeys(obs_id for path in known for row in path for obs_id in row["observations"])
    return Figure(f"{region}/targets/{name}", float(len(known)), "count", "项", tuple(ids))


def span_label(start: int, end: int) -> tuple[str, str]:
    """The years of a stretch, which the base year does not belong to."""
    if end - start == 1:
        return str(end), str(end)
    return both("head.stretch", start=str(start + 1), end=str(end))


def common_stretches(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """The stretches that most series have, in order of time, the longest last; no more than fit a page."""
    tally: Counter[tuple[int, int]] = Counter()
    for start, end in zip(frame["start_year"], frame["end_year"], strict=True):
        tally[int(start), int(end)] += 1
    kept = sorted(tally, key=lambda span: (-tally[span], span))[:MOST_STRETCHES]
    whole = {(int(row["start_year"]), int(row["end_year"])) for row in records(frame[frame["stage"] == "whole"])}
    return sorted(kept, key=lambda span: (span in whole, span))


def kind_parts(ds: Dataset, frame: pd.DataFrame) -> list[tuple[Label | None, Label, list[dict[str, Any]]]]:
    """Series of the whole place by kind: output and money, counts, ratios, shares; the first with its heading."""
    kinds: dict[str, list[tuple[Label, list[dict[str, Any]]]]] = {"output": [], "count": [], "ratio": [], "share": []}
    by_series: dict[str, list[dict[str, Any]]] = {}
    for row in records(frame):
        by_series.setdefault(row["series"], []).append(row)
    for members in by_series.values():
        first = members[0]
        kind = "share" if first["family"] == "share" else "output" if first["shape"] == "geometric" else "count"
        kind = "ratio" if kind == "output" and first["unit"] == "1" else kind
        kinds[kind].append((name_of(ds, first), members))
    found = []
    for kind, entries in kinds.items():
        for number, (name, members) in enumerate(entries):
            found.append((None if number else Label(*both(f"group.{kind}")), name, members))
    return found


def stretch_cells(members: list[dict[str, Any]], stretches: list[tuple[int, int]]) -> list[Cell]:
    """The change over each stretch and the multiple of the start."""
    by_span = {(int(row["start_year"]), int(row["end_year"])): row for row in members}
    level = members[0]["family"] == "level"
    cells = []
    for span in stretches:
        row = by_span.get(span)
        cells.append(Cell(figure(row, "cagr" if level else "change_pp")) if row is not None else Cell(""))
    first, last = members[0], members[-1]
    if first["start_kind"] not in BASE_KINDS:
        return [*cells, Cell("")]
    cells.append(Cell(figure(last, "multiple")) if level else Cell(""))
    return cells


def rates_view(ds: Dataset, region: str) -> Table | None:
    """Targets that are annual average rates, with both readings of "annual average"; None where there is none.

    A plan that prints such a rate in the column of a year does not say over which years it is the average: since the
    column before, or since the base. The multiples show how far the readings part.
    """
    frame = tables.rates_table(ds, region)
    frame = frame[(frame["transformation"] == "avg_annual") & (frame["undefined"] == "")]
    if frame.empty:
        return None
    rows: list[tuple[Cell, ...]] = []
    groups: dict[int, Label] = {}
    for _, group in frame.groupby("series", sort=False):
        members = records(group)
        groups[len(rows)] = name_of(ds, members[0])
        for row in members:
            rows.append(
                (
                    Cell(str(row["period"]), head=True),
                    Cell(figure(row, "rate_pct")),
                    Cell(Label(row["since_previous_zh"], row["since_previous_en"])),
                    Cell(figure(row, "index_since_previous")),
                    Cell(Label(row["since_base_zh"], row["since_base_en"])),
                    Cell(figure(row, "multiple_since_base")),
                    Cell(figure(row, "implied_rate_pct")),
                )
            )
    columns = (
        Column("column", both("head.column"), "period", head=True, width=1),
        Column("printed", both("head.printed_rate"), "rate", width=1),
        Column("previous", both("head.reading_previous"), width=1.9),
        Column("previous_index", both("head.index"), "bare", width=1),
        Column("base", both("head.reading_base"), width=1.9),
        Column("base_index", both("head.index"), "bare", width=1),
        Column("implied", both("head.implied_rate"), "rate", width=1.3),
    )
    caption = both("caption.rates", place=label(ds, "areas", region))
    ids = [obs_id for ids in frame["observations"] for obs_id in ids]
    return Table(columns, tuple(rows), caption, notes=(both("note.rates"), *remarks(ds, ids)), groups=groups)


def documents(ds: Dataset, observations: Iterable[str]) -> tuple[str, ...]:
    """Documents in which some observations stand, each once, in order."""
    known = ds.package["observations"].by_key
    return tuple(dict.fromkeys(known[obs_id].values["source_id"] for obs_id in observations if obs_id in known))


def steepest_path(ds: Dataset, regions: Iterable[str]) -> list[dict[str, Any]]:
    """Planned stretches of the series whose first target asks most of some places; empty where nothing grows."""
    best: list[dict[str, Any]] = []
    for region in regions:
        frame = growth_rows(ds, region, branches=False)
        planned = frame[(frame["stage"] == "planned") & (frame["family"] == "level") & (frame["shape"] == "geometric")]
        for _, group in planned.groupby("series", sort=False):
            members = records(group)
            if members[0]["cagr"] > (best[0]["cagr"] if best else 0):
                best = members
    return best


def path_chart(ds: Dataset, regions: Iterable[str], height_mm: float = 60) -> Chart | None:
    """The path of the steepest target of some places, in both shapes; None without a path of three values."""
    members = steepest_path(ds, regions)
    if not members:
        return None
    region, key = members[0]["ref_area"], members[0]["series"]
    points = tables.milestones(ds, region)
    points = points[(points["series"] == key) & points["annual"] & ~points["conflict"]]
    if len(points) < 3:
        return None
    what = name_of(ds, members[0])
    rates = [figure(row, "cagr") for row in members]
    caption = path_caption(
        label(ds, "areas", region), what, Label(members[0]["label_zh"], members[0]["label_en"]), rates
    )
    levels = [point_figure(row) for row in points.itertuples()]
    sources = documents(ds, (obs_id for level in levels for obs_id in level.observations))
    return milestone_path(
        levels, caption, label=what, rates=rates, notes=(both("note.path"),), sources=sources, height_mm=height_mm
    )


def path_caption(place: Label, what: Label, span: Label, rates: Sequence[Figure]) -> tuple[str, str]:
    """What a path says: how much its first stretch needs, and whether the later ones need less or more."""
    later = [rate.value for rate in rates[1:]]
    key = "caption.path"
    if later:
        key = "caption.path_easing" if max(later) < rates[0].value else "caption.path_later"
    first = Label(value_text(rates[0], "zh"), value_text(rates[0], "en"))
    last = Label(value_text(rates[-1], "zh"), value_text(rates[-1], "en"))
    return both(key, place=place, what=what, span=span, first=first, last=last)


#: Colour of a verdict; words carry it, colour only repeats it.
TONES = {"ahead": "good", "behind": "warn", "on_path": "", "": "muted"}


def progress_view(ds: Dataset, region: str) -> Table | None:
    """Progress toward every target that is not past; None while no series has an actual value after its base year.

    Columns: latest actual value, target, increment completion, time elapsed, gap to schedule on both paths with the
    verdict of the series' own path, years ahead or behind, growth needed from now on.
    """
    frame = progress_table(ds, region)
    apart = frame.attrs["prices_differ"]
    if frame.empty and not apart:
        return None
    records: list[dict[str, Any]] = records_of(frame)
    rows = [_row(ds, row) for row in records] + [_not_judged(ds, *found) for found in apart]
    columns = (
        Column("what", _words("head.what"), head=True, width=2.4),
        Column("latest", _words("head.latest"), align="right", width=1.4),
        Column("target", _words("head.target"), align="right", width=1.4),
        Column("completion", _words("head.completion"), "share", width=1),
        Column("elapsed", _words("head.elapsed"), "share", width=1),
        Column("geometric", _words("head.gap_geometric"), "points", width=1.1),
        Column("linear", _words("head.gap_linear"), "points", width=1.1),
        Column("verdict", _words("head.verdict"), width=1.1),
        Column("ahead", _words("head.ahead"), "years", width=1),
        Column("required", _words("head.required"), align="right", width=1.3),
    )
    place = label(ds, "areas", region)
    caption = (message("progress.caption", "zh", place=place.zh), message("progress.caption", "en", place=place.en))
    notes = [_words("note")] if records else []
    if apart:
        count = len(apart)
        notes.append((message("progress.prices", "zh", count=count), message("progress.prices", "en", count=count)))
    if any(row["value_formula"] for row in records):
        notes.append(_words("chained"))
    return Table(columns, tuple(rows), caption, notes=tuple(notes))


def _words(key: str) -> tuple[str, str]:
    return message(f"progress.{key}", "zh"), message(f"progress.{key}", "en")


def _row(ds: Dataset, row: dict[str, Any]) -> tuple[Cell, ...]:
    verdict = row[f"verdict_{row['shape']}"]
    if row["already_met"]:
        verdict = "met"
    words = _words(f"verdict.{verdict}") if verdict else ("", "")
    return (
        Cell(measured(ds, row["indicator"], row["activity"], row["subject"]), head=True),
        _point(row, "value", "latest_period"),
        _point(row, "target", "target_period"),
        _cell(figure(row, "completion")),
        _cell(figure(row, "elapsed")),
        _cell(figure(row, "gap_geometric_pp")),
        _cell(figure(row, "gap_linear_pp")),
        Cell(words, tone=TONES.get(verdict, "good")),
        _cell(figure(row, f"ahead_{row['shape']}_years")),
        Cell(_words("verdict.met"), tone="good") if row["already_met"] else _cell(_needed(row)),
    )


def _not_judged(ds: Dataset, key: str, latest: str, target: str) -> tuple[Cell, ...]:
    """A series whose latest value stands at other prices than its targets: both are shown, nothing is computed."""
    del key
    found = ds.select(obs_id=(latest, target))
    rows: dict[str, dict[str, Any]] = {
        name: dict(found.loc[obs]) for name, obs in (("latest", latest), ("target", target))
    }
    cells = []
    for name, obs in (("latest", latest), ("target", target)):
        row = rows[name]
        share = row["unit_measure"] == "%"
        made = Figure(
            f"{obs}/value", row["obs_value"], "share" if share else "level", "" if share else row["unit_measure"],
            (obs,), comparator=row["comparator"],
        )  # fmt: skip
        cells.append(_point_cell(made, row["time_period"]))
    row = rows["target"]
    head = Cell(measured(ds, row["indicator"], row["activity"], row["subject"]), head=True)
    empty = (Cell(""),) * 4
    return (head, *cells, *empty, Cell(_words("verdict.prices"), tone="muted"), Cell(""), Cell(""))


def _point(row: dict[str, Any], column: str, when: str) -> Cell:
    """A level with its period beside it."""
    return _point_cell(figure(row, column), str(row[when]))


def _point_cell(made: Figure, when: str) -> Cell:
    words = period(when)
    zh = message("progress.point", "zh", value=value_text(made, "zh"), period=words.zh)
    en = message("progress.point", "en", value=value_text(made, "en"), period=words.en)
    return Cell((zh, en), made.observations)


def _needed(row: dict[str, Any]) -> Figure:
    return figure(row, "required_increment" if math.isnan(row["required_rate"]) else "required_rate")


def _cell(made: Figure) -> Cell:
    return Cell(made) if made.defined else Cell("")

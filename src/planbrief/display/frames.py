"""Plain data frames and matplotlib figures on a page of ours: as tables and charts, with the sources that they name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Chart, Column, Table
from planbrief.display.language import Lang, Text, has_message, message, pick
from planbrief.display.outputs import bundle, written
from planbrief.display.plots import alternative_text, drawing_of
from planbrief.display.quantities import axis_unit, is_figure
from planbrief.display.state import Page, open_page_now
from planbrief.display.table import from_frame, table_block
from planbrief.errors import UnknownName
from planbrief.measures.columns import LEVEL_CHANGES, SHARE_CHANGES
from planbrief.measures.figures import Figure as Number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Columns of planbrief's own frames whose values are read as what they measure, whatever type they have.
KNOWN: Mapping[str, str] = {
    **dict.fromkeys("area_name name activity_name period_zh period_en year unit kind label".split(), "text"),
    **dict.fromkeys("period start_period end_period".split(), "period"),
    **dict.fromkeys("value start end".split(), "bare"),
    **dict.fromkeys("rate rate_low rate_high cagr cagr_lower cagr_upper required_rate".split(), "rate"),
    **dict.fromkeys("multiple".split(), "multiple"),
    **dict.fromkeys("change_pp pull_pp pull_of_total_pp gap_linear_pp gap_geometric_pp".split(), "points"),
    **dict.fromkeys("share_pct share_of_parts_pct share_of_total_pct share_lower share_upper".split(), "share"),
    **dict.fromkeys("years".split(), "years"),
}
#: Ids and bookkeeping: what stands behind a row and not in it.
UNSEEN = frozenset(
    "obs_id ref_area indicator activity source_id series observations start_observations end_observations undefined "
    "shape family direction character aggregation conflict wording_differs waypoints_geometric waypoints_linear "
    "counterpart_area char_start char_end".split()
)


#: Columns of codes of the data package, by the vocabulary that says them in both languages.
CODES = {name: name for name in ("kind", "comparator", "transformation", "price_base")}
CODES |= {"start_kind": "kind", "end_kind": "kind", "start_comparator": "comparator", "end_comparator": "comparator"}
#: Left out of a frame with this many columns or more: what an analyst works with and a reader does not read.
MANY = 13
SELDOM = frozenset(
    "subject transformation price_base theme stage start_year end_year start_kind end_kind start_comparator "
    "end_comparator comparator start_lower start_upper end_lower end_upper least_squares change_lower change_upper "
    "reason locator value_text comment upper_value year label years area_name".split()
) | (frozenset((*LEVEL_CHANGES, *SHARE_CHANGES)) - {"multiple", "cagr", "change_pp"})


def is_frame(thing: object) -> bool:
    """Whether something is a pandas data frame or a styled one."""
    return any(
        kind.__module__.split(".")[0] == "pandas" and kind.__name__ in ("DataFrame", "Series", "Styler")
        for kind in type(thing).__mro__
    )


def names_observations(frame: pd.DataFrame) -> bool:
    """Whether the rows of a frame say which observations they stand on, as all of planbrief's frames do."""
    ids = frame.get("observations", ())
    return "obs_id" in frame or (len(ids) > 0 and all(isinstance(one, tuple | list) for one in ids))


def frame_bundle(frame: pd.DataFrame) -> dict[str, Any] | None:
    """A frame as the last expression of a cell of a page: a table whose numbers lead to their sources.

    None, for what pandas shows itself, without a page, and for frames that name no observations. What the table
    stands on counts as shown only if the renderer keeps the cell (``remove-output``).
    """
    page = open_page_now()
    if page is None or frame.empty or not names_observations(frame):
        return None
    kept = dict(page.observations), dict(page.sources)
    block = table_block(table_of(frame), page)
    page.aside |= {one: None for one in page.observations if one not in kept[0]}
    page.observations, page.sources = kept
    shown: Any = frame
    return bundle(written(block), repr(frame), shown._repr_html_() or "")


def figure_behind(thing: Any) -> Figure | None:
    """The matplotlib figure that something is or stands on: a figure, axes, an array of axes, a seaborn grid."""
    if type(thing).__module__.startswith(("matplotlib.", "seaborn.")) or type(thing).__name__ == "ndarray":
        for found in (thing, getattr(thing, "flat", [None])[0] if type(thing).__name__ == "ndarray" else None):
            figure = getattr(found, "figure", None) or (found if hasattr(found, "savefig") else None)
            if figure is not None and hasattr(figure, "savefig"):
                return figure
    return None


def table_of(frame: Any, caption: Text = "", units: Mapping[str, str] | None = None) -> Table:
    """A table from any data frame.

    Parameters
    ----------
    frame : DataFrame or Series
        A named index comes first, as the heads of the rows; levels of column names are joined.
    caption : text
        What the table shows.
    units : mapping, optional
        Printed unit by column, shown in its head.
    """
    if type(frame).__name__ == "Series":
        frame = frame.to_frame(frame.name if frame.name is not None else "value")
    if frame.columns.nlevels > 1:
        names = [" · ".join(str(part) for part in column if str(part)) for column in frame.columns]
        frame = frame.set_axis(names, axis=1)
    heads = [str(name) for name in frame.index.names if name is not None]
    plain = frame.reset_index() if heads else frame
    plain = plain.rename(columns=str)
    ours = names_observations(plain)
    left_out = (UNSEEN | SELDOM if len(plain.columns) >= MANY else UNSEEN) if ours else frozenset()
    shown = [
        name
        for name in plain
        if name not in left_out and not (name in KNOWN and (plain[name].isna() | (plain[name] == "")).all())
    ]
    columns = [_column(plain, name, name in heads, (units or {}).get(name, "")) for name in shown]
    if not columns:
        raise UnknownName("column to show", ", ".join(map(str, plain.columns)) or "none", ())
    if ours and "observations" not in plain:
        plain = plain.assign(observations=[(one,) for one in plain["obs_id"]])
    return from_frame(_ready(plain), columns, caption, wide=len(columns) > 8)


def styled(styler: Any, page: Page, caption: Text = "") -> dict[str, Any]:
    """A Styler as it is, with its colours, bars and formats; the page names what its frame stands on."""
    for ids in styler.data.get("observations", ()):
        page.use(ids)
    page.use(styler.data.get("obs_id", ()))
    known = [name for name in ("observations", "obs_id") if name in styler.data]
    shown = styler.hide(known, axis="columns") if known else styler
    if caption:
        shown = shown.set_caption(pick(caption, page.lang))
    return {"text/html": shown.to_html(), "text/plain": repr(styler.data)}


def _column(frame: pd.DataFrame, name: str, head: bool, unit: str) -> Column:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    key = f"frame.{name}"
    said: Text = (message(key, "zh"), message(key, "en")) if has_message(key, "en") else name
    measure = KNOWN.get(name, "")  # without one the values say how they are shown
    if name in CODES and names_observations(frame):
        return Column(name, said, "code", vocabulary=CODES[name], head=head)
    if not measure:
        values = [value for value in frame[name] if value is not None]
        if values and all(is_figure(value) for value in values):
            measures = {value.measure for value in values}
            measure = measures.pop() if len(measures) == 1 else "number"
            units_of = {value.unit for value in values}
            unit = unit or (units_of.pop() if len(units_of) == 1 else "")
        else:
            measure = "number" if is_numeric_dtype(frame[name]) and not is_bool_dtype(frame[name]) else "text"
    return Column(name, said, measure, unit=unit, head=head)


def _ready(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories, times and flags as the text that they show."""
    made: Any = frame.copy()
    for name in made:
        kind = str(made[name].dtype)
        if kind == "category" or kind.startswith(("datetime", "period", "timedelta", "bool")):
            made[name] = [None if value is None or value != value else str(value) for value in made[name]]
        if name == "unit":  # in the words of the page's language
            made[name] = [(unit, axis_unit(str(unit), "en")) if unit else "" for unit in made[name]]
        measure = KNOWN.get(name, "")
        if measure in ("rate", "share", "points", "multiple") and kind.startswith("float"):
            # as figures, so that a column shows as many decimals as the measure has, and one number of them
            behind = made["observations"] if names_observations(made) else [()] * len(made)
            made[name] = [
                Number("", value, measure, observations=tuple(ids)) if math.isfinite(value) else None
                for value, ids in zip(made[name], behind, strict=True)
            ]
        if (name == "year" or str(name).endswith("_year")) and kind.lower().startswith(("int", "float")):
            known = made[name].notna()
            made[name] = [f"{int(one)}" if there else "" for one, there in zip(made[name], known, strict=True)]
    return made


def chart_of(figure: Figure, lang: Lang, caption: Text = "", alt: str = "", data: Any = None) -> Chart:
    """A chart from a plain matplotlib figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn by whatever means.
    caption, alt : text, optional
        What it shows; by default its title, and words made from its titles, axes and data.
    data : DataFrame, optional
        The numbers behind it, for the table and the download beside the chart.
    """
    drawn = drawing_of(figure)
    if drawn is None:
        raise UnknownName("figure with something on it", "an empty figure", ("a figure that was drawn on",))
    titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
    caption = caption or next((title for title in titles if title), "")
    table = table_of(data, caption) if data is not None else Table((Column("empty", ""),), (), caption)
    width, height = figure.get_size_inches()
    return Chart(
        svg=drawn[0],
        caption=caption,
        alt=alt or alternative_text(figure, lang),
        data=table,
        width_mm=min(170.0, width * 25.4),
        height_mm=height * 25.4 * min(1.0, 170.0 / (width * 25.4)),
    )

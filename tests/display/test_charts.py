"""Charts: every label readable, in both languages, whatever the data."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure as Drawing

from planbrief.display import charts, style
from planbrief.display.charts.canvas import Canvas, Placer, compact_path, drawing, overlaps, spread, text_width, wrap
from planbrief.display.charts.chart import chart_block
from planbrief.display.charts.structure import text_on
from planbrief.display.document import Chart
from planbrief.display.language import LANGS
from planbrief.display.outputs import written
from planbrief.display.plots import alternative_text
from planbrief.display.style import MissingGlyph
from planbrief.measures.figures import Figure

NAMES = [
    ("规上工业总产值", "Gross output of industry above designated size"),
    ("农业", "Agriculture"),
    ("全社会研发经费投入增长", "Growth of total expenditure on research and development"),
]
LONG = (
    "国家、省级企业技术中心、重点实验室、工程技术研究中心等",
    "National and provincial enterprise technology centres, key laboratories and engineering research centres",
)
HOSTILE = r"$\frac{1}{2}$ \alpha <script>alert(1)</script> {{x}} `a|b` #import @x ]"
FOUR = [*NAMES, LONG]
YEARS = (2023, 2026, 2027, 2030, 2035)


def level(value: float, year: int | str = "", unit: str = "亿元") -> Figure:
    return Figure(f"{value}/{year}", value, "level", unit, year=str(year))


def rate(start: float, end: float, first: int, last: int) -> Figure:
    return Figure(f"{first}-{last}", (end / start) ** (1 / (last - first)) - 1, "rate", year=f"{first}-{last}")


def share(value: float, year: int | str = "") -> Figure:
    return Figure(f"{value}/{year}", value, "share", year=str(year))


def shares_of(*values: float) -> list[Figure]:
    return [share(value, year) for value, year in zip(values, YEARS, strict=True)]


def path(lang: str, values: tuple[float, ...] = (142.8, 750, 1000, 2000, 3500), **more: Any) -> Chart:
    pairs = list(zip(YEARS, values, strict=True))
    rates = [rate(a[1], b[1], a[0], b[0]) for a, b in pairwise(pairs)]
    levels = [level(value, year) for year, value in pairs]
    return charts.milestone_path(levels, ("标题", "Title"), label=NAMES[0], rates=rates, lang=lang, **more)


def rows(count: int) -> list[tuple[tuple[str, str], Figure, bool]]:
    names = [*NAMES, LONG, (HOSTILE, HOSTILE)]
    return [(names[i % 5], level(round(3000 * math.sin(i) ** 2 + 0.3, 1)), i % 2 == 0) for i in range(count)]


def dots(*rows: tuple[Any, Figure, bool], lang: str = "en", caption: Any = "c") -> Chart:
    return charts.ranked_dots([charts.Panel(NAMES[0], rows)], caption, lang=lang)


CASES: dict[str, Callable[[str], Chart]] = {
    "path": path,
    "path on a linear axis": lambda lang: path(lang, log=False),
    "path that falls": lambda lang: path(lang, (3500, 2000, 1900, 1000, 100)),
    "path with crowded values": lambda lang: path(lang, (100, 101, 101.5, 102, 103), log=False),
    "shares": lambda lang: charts.milestone_path(
        shares_of(13.3, 22, 26, 32, 40), "c", label=LONG, shape="linear", lang=lang
    ),
    "lines": lambda lang: charts.milestone_lines(
        [((f"{zh}{i}", f"{en} {i}"), [level(10 + i, 2023), level(100 + i, 2035)]) for i in range(4) for zh, en in FOUR],
        "c",
        lang=lang,
    ),
    "forty dots": lambda lang: dots(*rows(40), lang=lang),
    "dots below zero": lambda lang: dots((NAMES[0], level(-50), True), (LONG, level(80), False), lang=lang),
    "one dot": lambda lang: dots(*rows(1), lang=lang),
    "rates with one far beyond": lambda lang: dots(
        *((name, rate(1, 2 + i, 2023, 2026), False) for i in range(3) for name in FOUR),
        (LONG, Figure("far", 5.437, "rate"), False), lang=lang,
    ),
    "steps": lambda lang: charts.contribution_steps(
        (NAMES[0], level(142.8)), [(LONG, level(400)), (NAMES[1], level(-30)), ((HOSTILE, HOSTILE), level(5))],
        (NAMES[2], level(750)), "c", shares=[share(65.9), share(-4.9), share(0.8)], lang=lang,
    ),
    "structure": lambda lang: charts.structure_change(
        [(NAMES[0], shares_of(40, 38, 36, 34, 33)), (LONG, shares_of(1, 2, 3, 3, 3)),
         (NAMES[1], shares_of(2, 1, 1, 1, 1)), (NAMES[2], shares_of(30, 30, 30, 30, 30))],
        "c", lang=lang,
    ),
    "ranked dots": lambda lang: charts.ranked_dots(
        [charts.Panel(LONG, [((f"城{c}", f"City number {c}"), level(3 * c + 0.5), c % 2 == 0) for c in range(31)]),
         charts.Panel(NAMES[0], [(LONG, share(30), True), (NAMES[1], share(-4), False)], [(NAMES[2], share(12))]),
         charts.Panel(NAMES[1], [(NAMES[1], level(1), True), ((HOSTILE, HOSTILE), level(5000), False)])],
        "c", lang=lang,
    ),
}  # fmt: skip


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[Canvas]:
    """Canvases that charts were drawn on."""
    found: list[Canvas] = []
    original = Canvas.svg

    def keep(canvas: Canvas) -> str:
        found.append(canvas)
        return original(canvas)

    monkeypatch.setattr(Canvas, "svg", keep)
    return found


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("case", CASES)
def test_no_label_overlaps_or_leaves_the_sheet(case: str, lang: str, sheets: list[Canvas]):
    """Also with the longest names, 40 rows, hostile text and values that crowd."""
    chart = CASES[case](lang)
    assert overlaps(sheets[-1]) == []
    assert chart.width_mm == style.WIDTH_MM
    assert chart.alt
    assert chart.data.rows
    assert "<text" not in chart.svg
    assert "<script" not in chart.svg


@pytest.mark.parametrize("lang", LANGS)
def test_forty_rows_fit_on_a_page(lang: str):
    """Many rows are set tighter instead of running off the paper."""
    assert dots(*rows(40), lang=lang).height_mm <= style.TALLEST_MM


@pytest.mark.parametrize("case", CASES)
def test_colours_come_from_the_palette(case: str):
    """Every colour of a drawing has a counterpart on a dark page."""
    used = set(re.findall(r"#[0-9a-f]{6}", re.sub(r'(?:xlink:href|id)="[^"]*"', "", CASES[case]("en").svg)))
    assert used <= {color.lower() for color in style.DARK}


def test_a_chart_is_the_same_every_time():
    """Equal data, equal bytes, and no date or version in the file."""
    first, again = path("zh").svg, path("zh").svg
    assert first == again
    assert "metadata" not in first
    assert "matplotlib" not in first.lower()


def test_the_users_settings_do_not_matter():
    """A chart looks the same whatever stands in the user's matplotlib settings, and leaves them alone."""
    import matplotlib as mpl

    expected = path("en").svg
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        assert path("en").svg == expected
        assert mpl.rcParams["font.size"] == 30


def test_text_in_charts_is_not_mathematics(sheets: list[Canvas]):
    """A dollar sign is a dollar sign."""
    dots(((HOSTILE, HOSTILE), level(1), True))
    drawn = "".join(label.get_text() for label in sheets[-1].figure.texts)
    assert drawn.replace("\n", "").replace(" ", "") == (NAMES[0][1] + ", 100 million yuan (亿元)" + HOSTILE).replace(
        " ", ""
    )


def test_a_character_without_glyph_is_an_error():
    """No empty boxes: the character and the chart are named."""
    with pytest.raises(MissingGlyph, match=r"Output: no packaged font has the character “\U00020000” \(U\+20000\)"):
        dots(("\U00020000", level(1), True), caption=("产值", "Output"), lang="zh")
    assert not style.covers("\U0001f600")
    assert style.covers("巴")


def test_chinese_is_drawn_without_warnings():
    """matplotlib finds every glyph in the packaged font."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path("zh")


def test_alternative_text_says_what_the_chart_shows():
    """Values, periods and growth, in the language of the page."""
    assert path("zh").alt == (
        "折线图：规上工业总产值。2023年142.8 亿元；2026年750 亿元；2027年1000 亿元；2030年2000 亿元；2035年3500 亿元。"
        "2024–2026年年均73.8%；2027年33.3%；2028–2030年年均26.0%；2031–2035年年均11.8%。"
    )
    assert "75 billion yuan in 2026" in path("en").alt
    assert "and 19 more" in dots(*rows(40)).alt


def test_the_alternative_text_of_a_line_begins_where_its_data_do():
    """Years without a value are no points of a line: neither NaN nor a warning about it comes on the page."""
    figure = Drawing()
    figure.subplots().plot([2023, 2025, 2026], np.ma.masked_invalid([np.nan, 5.0, 5.5]), label="A")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = alternative_text(figure, "en")
    assert "2025" in said
    assert "nan" not in said


def test_a_log_axis_says_so(sheets: list[Canvas]):
    """Growth is drawn on a log axis, which is named; an undated level is not drawn at all."""
    path("en")
    assert any("Log scale" in label.get_text() for label in sheets[-1].figure.texts)
    undated = charts.milestone_path(
        [level(100, 2023), level(200, 2026), level(900, "undated")], "c", label="x", lang="en", log=False
    )
    assert "900" not in undated.alt


def test_unlike_units_share_no_axis():
    """Yuan and hectares are never drawn on one axis."""
    with pytest.raises(ValueError, match="unlike units on one axis"):
        dots(("a", level(1), True), ("b", level(1, unit="公顷"), True))
    with pytest.raises(ValueError, match="add up to 130"):
        charts.structure_change([("a", [share(70, 2023)]), ("b", [share(60, 2023)])], "c", lang="zh")


def test_undefined_values_are_listed_not_drawn(open_test_page):
    """A rate that is undefined stands in the data table with its reason."""
    page = open_test_page("en")
    lost = Figure("u", math.nan, "rate", undefined="undated")
    chart = dots(("a", rate(1, 2, 2023, 2026), True), ("b", lost, True))
    block = written(chart_block(chart, page))
    assert [[cell.get("t") for cell in row[1:3]] for row in block["data"]["rows"]] == [
        ["", "26.0"],
        ["", "no date is given"],
    ]
    assert block["data"]["id"] == "figure-1-data"


def test_documents_named_by_a_chart_count_as_used(open_test_page):
    """A chart of figures without observations has none in its cells, but its documents date the page."""
    page = open_test_page("zh")
    block = chart_block(
        charts.ranked_dots([charts.Panel("p", [("试城", level(3), True)])], "c", sources=["testville-plan-2024"]), page
    )
    assert list(block.sources) == list(page.sources) == ["testville-plan-2024"]


def test_one_far_value_does_not_own_the_scale():
    """A rate of 543.7 % beside rates of 20 % stands at the edge; the others keep their room, and a note says so."""
    near = [(f"n{i}", Figure(f"n{i}", 0.2 - i / 100, "rate"), False) for i in range(5)]
    chart = dots(("far", Figure("far", 5.437, "rate"), False), *near)
    assert "beyond the scale" in str(chart.notes)
    assert not dots(*near).notes


def test_neighbouring_series_differ_in_grey():
    """Printed in grey, colours next to each other still differ."""
    greys = [0.299 * int(c[1:3], 16) + 0.587 * int(c[3:5], 16) + 0.114 * int(c[5:7], 16) for c in style.SERIES]
    assert min(abs(a - b) for a, b in pairwise(greys)) > 20


#: Deuteranopia and protanopia on linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
}


def lab(color: str, matrix: tuple[tuple[float, ...], ...]) -> np.ndarray:
    raw = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    seen = np.clip(np.array(matrix) @ np.where(raw <= 0.04045, raw / 12.92, ((raw + 0.055) / 1.055) ** 2.4), 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(to_xyz @ seen / np.array([0.9505, 1, 1.089]), 1e-6))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("page", ["light", "dark"])
def test_neighbouring_series_differ_for_colour_blind_readers(blindness: str, page: str):
    """Colours next to each other stay far apart (CIELAB distance) without red or green receptors."""
    series = style.SERIES if page == "light" else [style.DARK[color] for color in style.SERIES]
    seen = [lab(color, BLINDNESS[blindness]) for color in series]
    assert min(np.linalg.norm(a - b) for a, b in pairwise(seen)) > 20


def contrast(first: str, second: str) -> float:
    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [style.INK, style.MUTED, style.ACCENT, *style.SERIES_TEXT])
def test_text_can_be_read_on_light_and_dark(color: str):
    """Text colours reach 4.5 : 1 on both pages."""
    assert contrast(color, style.PAPER) >= 4.5
    assert contrast(style.DARK[color], style.DARK[style.PAPER]) >= 4.5


LINES = [style.GRID, style.AXIS, style.ACCENT, style.SECOND, style.CONTEXT, style.WARN, style.REST, *style.SERIES]


@pytest.mark.parametrize("color", LINES)
def test_lines_and_areas_are_seen_on_light_and_dark(color: str):
    """Whatever is drawn reaches 3 : 1 against the page it is drawn on."""
    assert contrast(color, style.PAPER) >= 3
    assert contrast(style.DARK[color], style.DARK[style.PAPER]) >= 3


@pytest.mark.parametrize("color", [*style.SERIES, style.REST])
def test_numbers_on_a_fill_can_be_read(color: str):
    """The text on a segment reaches 4.5 : 1 against it, on both pages."""
    text = text_on(color)
    assert contrast(text, color) >= 4.5
    assert contrast(style.DARK[text], style.DARK[color]) >= 4.5


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 9)), min_size=1, max_size=12))
def test_spread_labels_keep_order_and_never_touch(wanted: list[tuple[float, float]]):
    """Labels moved apart stay in order, inside, and clear of each other if there is room at all."""
    centers, sizes = [w for w, _ in wanted], [s for _, s in wanted]
    placed = spread(centers, sizes, 0, 200)
    order = sorted(range(len(placed)), key=lambda i: (centers[i], i))
    for a, b in pairwise(order):
        assert placed[b] - placed[a] >= (sizes[a] + sizes[b]) / 2 - 1e-6
    assert all(placed[i] - sizes[i] / 2 >= -1e-6 and placed[i] + sizes[i] / 2 <= 200 + 1e-6 for i in order)


@given(st.text(min_size=1, max_size=80), st.floats(10, 80))
def test_wrapping_loses_nothing(text: str, width: float):
    """Every character except spaces at breaks survives wrapping."""
    clean = "".join(char for char in text if style.covers(char))
    assert wrap(clean, width).split() == clean.split() or "".join(wrap(clean, width).split()) == "".join(clean.split())


def test_wrapping_obeys_chinese_rules():
    """No line starts with a closing mark, none ends with an opening one, and lines fit."""
    lines = wrap("规上工业总产值（含全部规模以上工业企业），亿元。", 24, lines=6).split("\n")
    assert len(lines) > 2
    assert not any(line[0] in "，。）" or line[-1] in "（" for line in lines)
    assert all(text_width(line) <= 24 + text_width("）。") for line in lines)


def test_a_word_wider_than_its_line_is_broken():
    """An address without a space does not run off the sheet."""
    lines = wrap("https://example.org/" + "a" * 120, 30, lines=20).split("\n")
    assert max(text_width(line) for line in lines) <= 30


def test_compact_paths_return_to_where_they_should():
    """Rounding does not add up along an outline: relative steps come from rounded places."""
    assert compact_path("M 4 4 L 14 4 L 24 4 L 34 4 z") == "M0 0l1 0l1 0l1 0z"


def test_measured_and_drawn_width_agree():
    """The width that layout counts with is the width that is drawn."""
    with drawing("w", 170, 20) as canvas:
        label = canvas.text(5, 10, "规上工业 gross output 142.8")
        box = label.get_window_extent(canvas.renderer)
    assert box.width / 72 * 25.4 == pytest.approx(text_width("规上工业 gross output 142.8"), rel=0.03)


def test_labels_keep_off_the_line_under_a_chart_and_optional_ones_stay_away() -> None:
    """A label whose first place lies on the axis goes elsewhere; an optional one without a free place is left out."""
    with drawing("test", 80, 40) as canvas:
        axes = canvas.axes(10, 8, 60, 28)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        placer = Placer(canvas, canvas.tick_boxes())
        on_axis, above = (0.0, 0.0, "center", "center"), (0.0, 12.0, "center", "bottom")
        kept = placer.place(axes, (0.5, 0.0), "kept", offsets=[on_axis, above], size=8, color="#000000")
        assert kept is not None
        assert kept.get_window_extent(canvas.renderer).y0 > axes.bbox.y0 + 2
        left_out = placer.place(axes, (0.2, 0.0), "none", offsets=[on_axis], size=8, color="#000000", optional=True)
        assert left_out is None
        assert "none" not in [text.get_text() for text in axes.texts]
        canvas.svg()

"""Pages in real Chromium: accessible in light, dark and on a phone, quiet on the network, working by keyboard."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from render import notebooks, strangers

from planbrief.render.html.exporter import render_html

pytestmark = pytest.mark.browser

PAGES = {
    "report-zh": lambda: notebooks.report("zh"),
    "report-en": lambda: notebooks.report("en", alternate="../zh/profile.html"),
    "hostile-report": strangers.hostile_report,
    **strangers.CORPUS,
}


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Callable[..., Any], name: str, width: int, dark: bool) -> None:
    """No accessibility violation, request, error or overflow, in light and dark, wide and on a phone."""
    seen = visit(render_html(PAGES[name](), name=name), width=width, dark=dark)
    found = Axe().run(seen.page).response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"][:200]) for violation in found] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.foreign == []
    assert [error for error in seen.errors if "Content Security Policy" not in error] == []


def test_hostile_page_is_inert(visit: Callable[..., Any]) -> None:
    """No attack string runs, and each stands on the page as it was written."""
    seen = visit(render_html(strangers.hostile(), name="hostile"))
    assert seen.page.evaluate("window.hacked") is None
    assert seen.foreign == []
    text = seen.page.inner_text("main")
    for part in strangers.NASTY:
        assert strangers.shown(part) in text


def test_hostile_report_is_inert(visit: Callable[..., Any]) -> None:
    """The same strings in every text of a report of ours run nowhere, not even in the panel of a number."""
    seen = visit(render_html(strangers.hostile_report(), name="hostile"))
    seen.page.locator("a[data-f]").first.click()
    assert strangers.shown(strangers.ALL_NASTY).replace("  ", " ") in " ".join(seen.page.inner_text("dialog").split())
    assert seen.page.evaluate("window.hacked") is None
    assert seen.foreign == []
    assert seen.errors == []


def test_panel_shows_where_a_number_comes_from(visit: Callable[..., Any]) -> None:
    """Enter on a number opens its documents, locators, printed forms and formula; Escape closes and focus returns."""
    seen = visit(render_html(notebooks.report("zh"), name="profile"))
    link = seen.page.locator("a[data-f]").first
    link.focus()
    seen.page.keyboard.press("Enter")
    text = seen.page.inner_text("dialog")
    for part in (
        "73.8%",
        "(750 ÷ 142.8)^(1/3) − 1",
        "专栏1 第1行 2026年列",
        "巴府办发〔2024〕17号",
        "</script><b>x",
        "亿元",
    ):
        assert part in text
    assert Axe().run(seen.page).response["violations"] == []
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("dialog[open]").count() == 0
    assert link.evaluate("node => node === document.activeElement")
    assert seen.errors == []


def test_tables_sort_by_keyboard(visit: Callable[..., Any]) -> None:
    """The button in a column head sorts within groups, and says in which order."""
    nb = notebooks.report("zh")
    table = nb.cells[10].outputs[0].data[notebooks.MIME]
    table["groups"] = None
    seen = visit(render_html(nb, name="profile"))
    button = seen.page.locator("#t-main thead th button").nth(1)
    button.focus()
    seen.page.keyboard.press("Enter")
    column = "Array.from(document.querySelectorAll('#t-main tbody tr')).map(row => row.cells[1].textContent)"
    assert seen.page.evaluate(column) == ["0.53", "142.8", "400.25"]
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate(column) == ["400.25", "142.8", "0.53"]
    assert seen.page.locator("#t-main th[aria-sort=descending]").count() == 1


def test_a_chart_downloads_as_svg_and_png(visit: Callable[..., Any]) -> None:
    """The SVG holds plain colours that need no page around it, the PNG is a picture; the page makes no error."""
    seen = visit(render_html(notebooks.report("zh"), name="profile"))
    files = {}
    for kind in ("SVG", "PNG"):
        with seen.page.expect_download() as download:
            seen.page.locator("figure.chart button", has_text=kind).first.click()
        files[kind] = Path(download.value.path()).read_bytes()
    assert b"<svg" in files["SVG"]
    assert b"var(" not in files["SVG"]
    assert files["PNG"].startswith(b"\x89PNG")
    assert not seen.errors


def test_chart_data_downloads_as_csv(visit: Callable[..., Any], tmp_path: Any) -> None:
    """The data behind a chart come as CSV with a byte order mark and plain numbers."""
    seen = visit(render_html(notebooks.report("zh"), name="profile"))
    seen.page.locator("details.data summary").first.click()
    with seen.page.expect_download() as download:
        seen.page.locator("details.data button.csv").first.click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("\ufeff指标")
    assert "规模以上工业总产值,142.8,750,73.8\n" in text.replace("\r", "")


def test_csv_of_a_grouped_table_is_a_frame(visit: Callable[..., Any]) -> None:
    """As many cells in every line, groups in a column, lines in the page's order."""
    nb = many_tables(1, 120)
    table = nb.cells[10].outputs[0].data[notebooks.MIME]
    table["groups"] = {"0": "甲", "60": "乙"}
    table["columns"][1]["label"] = "2030"
    table["rows"][110][1] = {"t": "至少 5"}
    table["rows"][1][2] = {"t": "1,200"}
    table["rows"][2][2] = {"t": "1,2,3"}
    seen = visit(render_html(nb, name="databook"))
    with seen.page.expect_download() as download:
        seen.page.locator("#t-0 > button.csv").click()
    lines = list(csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0] == ["组别", "事项", "2030年", "时期"]
    assert lines[1] == ["甲", "事项 0号", "0", "2030年"]
    assert lines[111] == ["乙", "事项 110号", "至少 5", "2030年"]
    assert [line[3] for line in lines[2:4]] == ["1200", "1,2,3"]
    assert [line[0] for line in lines[1:]] == ["甲"] * 60 + ["乙"] * 60
    assert {len(line) for line in lines} == {4}
    assert not seen.errors


def test_theme_button_turns_the_page(visit: Callable[..., Any]) -> None:
    """The button turns a light page dark, charts included."""
    seen = visit(render_html(notebooks.report("zh"), name="profile"))
    ground = "getComputedStyle(document.body).backgroundColor"
    line = "getComputedStyle(document.querySelector('.chart path[style*=stroke]')).stroke"
    before = seen.page.evaluate(ground), seen.page.evaluate(line)
    seen.page.click("#page-theme")
    after = seen.page.evaluate(ground), seen.page.evaluate(line)
    assert before[0] == "rgb(255, 255, 255)"
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_page_works_without_scripts(visit: Callable[..., Any]) -> None:
    """Without scripts a number leads to its row and from there to its document; no dead button shows."""
    seen = visit(render_html(notebooks.report("zh"), name="profile"), scripts=False)
    assert not seen.page.locator("#page-numbers").is_visible()
    seen.page.locator("a[data-o]").first.click()
    assert seen.page.url.endswith("#n-o1")
    assert seen.page.locator("#page-numbers tbody tr:visible").count() == 1
    assert "142.8" in seen.page.inner_text("#n-o1")
    seen.page.locator("#n-o1 a[href='#d1']").click()
    assert "巴府办发〔2024〕17号" in seen.page.inner_text("#d1")
    assert not seen.page.locator("#page-theme").is_visible()


def many_tables(count: int, rows: int) -> Any:
    """A synthetic notebook with many tables of the same columns, all outputs of one cell."""
    columns = [{"key": key, "label": label} for key, label in (("what", "事项"), ("value", "数值"), ("at", "时期"))]
    outputs = []
    for number in range(count):
        lines = [
            [{"t": f"事项 {number * rows + row}号", "head": True}, {"t": str(row), "v": row}, {"t": "2030年"}]
            for row in range(rows)
        ]
        block = {"block": "table", "lang": "zh", "id": f"t-{number}", "caption": f"第 {number} 张", "columns": columns}
        outputs.append(notebooks.output({notebooks.MIME: {**block, "rows": lines}}).outputs[0])
    nb = notebooks.report("zh")
    nb.cells[10].outputs = outputs
    return nb


def test_a_page_of_many_rows_lays_out_what_is_in_view(visit: Callable[..., Any]) -> None:
    """Opening costs a few layouts, not one for each of 105 tables; the filter finds the last row of the last table."""
    page = render_html(many_tables(105, 20), name="databook")
    seen = visit(page)
    metrics = seen.page.context.new_cdp_session(seen.page)
    metrics.send("Performance.enable")
    found = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
    assert found["LayoutCount"] < 60
    seen.page.fill("#page-filter", "事项 2099号")
    assert seen.page.locator("main figure.table:visible").count() == 1
    assert seen.page.locator("#t-104 tbody tr:visible").count() == 1
    assert seen.errors == []


def test_a_page_of_many_rows_is_whole_on_paper_and_without_scripts(visit: Callable[..., Any]) -> None:
    """What a screen has not laid out yet is printed, and stands there for a reader who runs no scripts."""
    seen = visit(render_html(many_tables(105, 20), name="databook"), scripts=False)
    last = seen.page.locator("#t-104 tbody tr").last
    assert not last.evaluate("node => node.checkVisibility({contentVisibilityAuto: true})")
    last.scroll_into_view_if_needed()
    last.get_by_text("事项 2099号").wait_for(state="visible", timeout=20_000)
    seen.page.emulate_media(media="print")
    first = seen.page.locator("#t-0 tbody tr").first
    assert first.evaluate("node => node.checkVisibility({contentVisibilityAuto: true})")


def test_a_folded_table_shows_no_empty_groups(visit: Callable[..., Any]) -> None:
    """On a phone the groups behind the first rows leave nothing, not even their lines; all come when asked for."""
    nb = many_tables(1, 20)
    nb.cells[10].outputs[0].data[notebooks.MIME]["groups"] = {"0": "甲", "10": "乙", "12": "丙", "15": "丁"}
    seen = visit(render_html(nb, name="databook"), width=390)
    assert seen.page.locator("#t-0 tbody").count() == 4
    heights = "Array.from(document.querySelectorAll('#t-0 tbody')).filter(one => one.getClientRects().length).length"
    assert seen.page.evaluate(heights) == 1
    seen.page.click("#t-0 button.more")
    assert seen.page.evaluate(heights) == 4

"""HTML of reports and of strangers' notebooks, without a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from urllib.parse import unquote

import lxml.html
import pytest
from render import notebooks, strangers

from planbrief.display.language import message
from planbrief.render.html.exporter import render_html
from planbrief.render.notebook import MAX_OUTPUTS


@pytest.mark.parametrize("name", strangers.CORPUS)
def test_pages_are_whole_and_the_same_each_time(name: str) -> None:
    """One h1, a language, a title, no duplicate id, every internal link answered, the same text each time."""
    html = render_html(strangers.CORPUS[name](), name=name)
    assert render_html(strangers.CORPUS[name](), name=name) == html
    root = lxml.html.document_fromstring(html)
    assert len(root.findall(".//h1")) == 1
    assert root.get("lang") == ("en" if name == "hostile" else "zh-CN")  # its prose is English
    assert root.findtext(".//title")
    ids = [node.get("id") for node in root.iter() if isinstance(node.tag, str) and node.get("id")]
    assert len(ids) == len(set(ids))
    assert {unquote(link.get("href")[1:]) for link in root.xpath("//a[starts-with(@href, '#')]")} <= set(ids)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_headings_never_skip(lang: str) -> None:
    """Levels follow each other in reports and in notebooks that skip them."""
    for nb in (notebooks.report(lang), strangers.markdown()):
        levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", render_html(nb, name="x"))]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_policy_allows_only_the_page_s_own_script() -> None:
    """The Content-Security-Policy names the one script by its hash and forbids every request."""
    html = render_html(notebooks.report("zh"), name="profile")
    policy = lxml.html.document_fromstring(html).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_hostile_text_behind_a_number_is_text() -> None:
    """A comment that ends a script element is shown as it is in the row of its number."""
    root = lxml.html.document_fromstring(render_html(notebooks.report("zh"), name="profile"))
    row = root.get_element_by_id("n-o2")
    assert "</script><b>x" in row.text_content()
    assert "专栏1 第1行 2026年列" in row.text_content()
    assert not row.xpath(".//b | .//script")


def test_every_number_leads_to_what_stands_behind_it() -> None:
    """Numbers in sentences, tables and chart data lead to rows with the observations or the formula behind them."""
    root = lxml.html.document_fromstring(render_html(notebooks.report("zh"), name="profile"))
    links = root.xpath("//main//a[@data-o or @data-f]")
    rows = {link.get("href"): root.get_element_by_id(link.get("href")[1:]) for link in links}
    assert {"#n-o1", "#n-o2"} <= set(rows)
    assert root.xpath("//figure[@id='c-path']//details//a[@data-o]")
    computed = next(row for row in rows.values() if "(750 ÷ 142.8)^(1/3) − 1" in row.text_content())
    assert computed.xpath(".//a[starts-with(@href, '#n-')]/@href") == ["#n-o1", "#n-o2"]


def test_a_row_of_a_number_says_where_the_page_uses_it() -> None:
    """Document, place, printed form, and links to the tables and figures of the page that hold the number."""
    root = lxml.html.document_fromstring(render_html(notebooks.report("zh"), name="profile"))
    row = root.get_element_by_id("n-o1")
    for href in row.xpath(".//a/@href"):
        assert root.get_element_by_id(href[1:]) is not None
    assert {"#d1", "#c-path"} <= set(row.xpath(".//a/@href"))


def test_addresses_of_numbers_are_the_same_in_both_languages() -> None:
    """A link to a number can be handed on; computed numbers keep theirs as long as what stands behind them."""
    found = [
        set(lxml.html.document_fromstring(render_html(notebooks.report(lang), name="profile")).xpath("//tr/@id"))
        for lang in ("zh", "en")
    ]
    assert found[0] == found[1] != set()


def test_languages_are_marked() -> None:
    """A Chinese name on an English page is marked as Chinese; the switch leads to the other page."""
    html = render_html(notebooks.report("en", alternate="../zh/profile.html"), name="profile")
    root = lxml.html.document_fromstring(html)
    assert root.get("lang") == "en"
    assert root.xpath("//span[@lang='zh-CN' and text()='华峰集团']")
    assert root.xpath("//a[@href='../zh/profile.html' and @hreflang='zh-CN']")
    assert "本文只列" not in html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "/etc/passwd", 'x" onclick="y', "data:text/html,x"]
)
def test_language_switch_takes_only_relative_addresses(address: str) -> None:
    """An address from a notebook's metadata cannot lead elsewhere or break its attribute."""
    root = lxml.html.document_fromstring(render_html(notebooks.report("en", alternate=address), name="x"))
    assert not root.xpath("//a[contains(@class, 'switch')]")


def test_tables_have_caption_scope_and_units() -> None:
    """Heads have a scope, row heads too, captions a number, and units stand in the head."""
    root = lxml.html.document_fromstring(render_html(notebooks.report("zh"), name="profile"))
    table = root.xpath("//figure[@id='t-main']//table")[0]
    assert table.find("caption").text_content().startswith("表 1 主要目标与所需增速")
    assert {head.get("scope") for head in table.iter("th")} == {"col", "row", "rowgroup"}
    assert [unit.text for unit in table.xpath(".//span[@class='unit']")] == ["亿元", "亿元", "%"]


def test_charts_are_inline_and_named() -> None:
    """A chart is an SVG with role, title and description, ids of its own and colours with dark values."""
    html = render_html(notebooks.report("zh"), name="profile")
    assert 'role="img" aria-labelledby="c-path-title c-path-desc"' in html
    assert '<desc id="c-path-desc">折线由142.8升至750。</desc>' in html
    assert 'clip-path="url(#v1-p1)"' in html
    assert "stroke: var(--c-1d4f7c, #1d4f7c)" in html
    assert "--c-1d4f7c:#" in html


def test_styler_colours_survive() -> None:
    """Colours, alignment and caption of a pandas Styler stand on its cells; its style block is gone."""
    html = render_html(strangers.tables(), name="tables")
    assert re.search(
        r'<td[^>]*style="background-color: ?#08306b; ?color: ?#f1f1f1', html.replace(";", "; ").replace("  ", " ")
    )
    assert "#T_t1" not in html
    assert "Styler 表" in html


def test_nothing_vanishes_silently() -> None:
    """Widgets, scripts, frames, broken pictures and unknown types each leave a note."""
    text = lxml.html.document_fromstring(render_html(strangers.outputs(), name="outputs")).text_content()
    for part in (
        "交互式部件",
        "<script>",
        "<iframe>",
        "<button>, <form>",
        "图片无法读取",
        "application/x-secret",
        "此处略去",
    ):
        assert part in text


def test_footnotes_are_numbered_through_the_document() -> None:
    """Footnotes of all cells stand at the end with their numbers; marks and notes link to each other."""
    root = lxml.html.document_fromstring(render_html(strangers.markdown(), name="markdown"))
    marks = root.xpath("//sup[@class='footnote-ref']/a")
    assert [mark.text for mark in marks] == ["1", "2", "3"]
    notes = root.xpath("//section[@class='footnotes']//li")
    assert [mark.get("href")[1:] for mark in marks] == [note.get("id") for note in notes]


def test_broken_blocks_say_so() -> None:
    """A block that does not follow the contract leaves a note with the reason."""
    nb = notebooks.notebook(
        notebooks.block({"block": "table", "columns": [], "rows": []}),
        notebooks.block({"block": "surprise"}),
        notebooks.block({"block": "sentence", "runs": [5]}),
        notebooks.block({"block": "chart", "id": "c", "caption": "图", "alt": "x"}),
        lang="zh",
    )
    text = lxml.html.document_fromstring(render_html(nb, name="x")).text_content()
    for part in ("table without columns", "block 'surprise'", "a run is neither", "图形缺失"):
        assert part in text


def test_trust_is_an_explicit_choice() -> None:
    """HTML output keeps its scripts only where the reader sets ``trusted_html``; nothing in a notebook can set it."""
    from planbrief.render.html.exporter import PlanbriefHTMLExporter

    nb = notebooks.notebook(notebooks.output({"text/html": "<b onclick='x()'>y</b><script>x=1</script>"}), trusted=True)
    plain, _ = PlanbriefHTMLExporter().from_notebook_node(nb)
    trusting, _ = PlanbriefHTMLExporter(trusted_html=True).from_notebook_node(nb)
    assert "onclick" not in plain
    assert "<b onclick='x()'>y</b><script>x=1</script>" in trusting
    assert "script-src &#x27;unsafe-inline&#x27;" in trusting
    assert "unsafe-inline&#x27;; style-src" not in plain


def test_outputs_of_others_have_a_limit_and_own_tables_have_none() -> None:
    """A cell may show thousands of tables of a volume; of printed lines it shows the first, and says how many more."""
    lines = [notebooks.output({"text/plain": f"line {number}"}).outputs[0] for number in range(MAX_OUTPUTS + 7)]
    columns = [{"key": "what", "label": "What"}, {"key": "a", "label": "First"}, {"key": "b", "label": "Second"}]
    own = [
        notebooks.output(
            {notebooks.MIME: {"block": "table", "lang": "en", "id": f"t-{number}", "columns": columns, "rows": []}}
        ).outputs[0]
        for number in range(MAX_OUTPUTS + 7)
    ]
    nb = notebooks.report("en")
    nb.cells[10].outputs = own
    page = render_html(nb, name="report")
    assert all(f'id="t-{number}"' in page for number in (0, MAX_OUTPUTS, MAX_OUTPUTS + 6))
    assert page.count('content:"Second"') == 1  # tables with the same heads share the rule that repeats them on a phone
    nb.cells[10].outputs = lines
    page = render_html(nb, name="report")
    assert f"line {MAX_OUTPUTS - 1}<" in page
    assert f"line {MAX_OUTPUTS}<" not in page
    assert message("page.notice.long_text", "en", count=7) in page

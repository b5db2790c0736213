"""Tables: one model for pages, terminals and worksheets."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pandas as pd
import pytest

from planbrief.display import Cell, Column, Table, from_frame, show
from planbrief.display.frames import table_of
from planbrief.display.outputs import read, written
from planbrief.display.table import BadTable, table_block, table_html, table_text
from planbrief.measures.figures import Figure

COLUMNS = [
    Column("indicator", ("指标", "Indicator"), "name", table="indicators", head=True),
    Column("period", ("时期", "Period"), "period"),
    Column("kind", ("性质", "Kind"), "code", vocabulary="kind"),
    Column("value", ("数值", "Value"), "level", "亿元"),
    Column("rate", ("增速", "Growth"), "rate"),
]


def frame() -> pd.DataFrame:
    obs = ("testville-plan-2024-00110",)
    rows = [
        (
            "test_output",
            "2026",
            "target",
            Figure("a", 200, "level", "亿元", obs),
            Figure("b", 0.26, "rate", formula="x"),
        ),
        (
            "test_share",
            "undated",
            "actual",
            Figure("c", 20, "share"),
            Figure("d", math.nan, "rate", undefined="undated"),
        ),
    ]
    return pd.DataFrame(rows, columns=["indicator", "period", "kind", "value", "rate"])


def table() -> Table:
    return from_frame(frame(), COLUMNS, ("目标", "Targets"), notes=[("注", "A note")])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.golden
def test_a_table_as_text(open_test_page, golden, lang: str):
    """Names, periods, kinds, units and reasons come out in the page's language."""
    golden.check(f"table.{lang}.txt", table_text(table_block(table(), open_test_page(lang))) + "\n")


def test_a_block_follows_the_contract(open_test_page):
    """Cells carry value, observations and formula; the head keeps 亿元 as Chinese; JSON holds no NaN."""
    block = written(table_block(table(), open_test_page("en")))
    json.dumps(block, allow_nan=False)
    value = block["rows"][0][3]
    assert value == {"t": "200", "v": 200.0, "o": ["testville-plan-2024-00110"]}
    assert {"t": "亿元", "lang": "zh"} in block["columns"][3]["label"]
    assert block["columns"][3]["align"] == "decimal"
    assert block["rows"][1][4]["tone"] == "muted"
    assert block["rows"][0][0]["head"]
    assert block["sources"] == ["testville-plan-2024"]


def test_other_units_than_the_column_keep_theirs(open_test_page):
    """A share in a column of 亿元 shows its percent sign."""
    block = written(table_block(table(), open_test_page("zh")))
    assert block["rows"][1][3]["t"] == "20.0%"


def test_html_escapes_and_scopes(open_test_page):
    """Text from the data cannot become markup; heads have scopes."""
    evil = Table((Column("a", "A", head=True),), ((Cell("<script>|`{{"),),), "c")
    markup = table_html(table_block(evil, open_test_page("en")))
    assert "<script>" not in markup
    assert 'scope="row"' in markup
    assert 'scope="col"' in markup


def test_missing_columns_and_ragged_rows_are_refused():
    """The error names what is there."""
    with pytest.raises(BadTable, match="no column 'rate' in the frame, which has indicator, period"):
        from_frame(frame()[["indicator", "period"]], [COLUMNS[0], COLUMNS[4]], "x")
    with pytest.raises(BadTable, match="row 0 has 2 cells for 1 columns"):
        Table((Column("a", "A"),), ((Cell(1), Cell(2)),))


def test_groups_stand_before_their_rows(open_test_page, blocks):
    """A change in the group column starts a group; readers sort within each."""
    open_test_page("zh")
    show(
        from_frame(
            frame(),
            COLUMNS[:1],
            "x",
            group="kind",
            group_labels={"target": ("目标", "Targets"), "actual": ("实际", "x")},
        )
    )
    block = blocks("table")[0]
    assert block["groups"] == {"0": "目标", "1": "实际"}
    assert block["sortable"]  # within each group


def test_an_open_end_is_no_number(open_test_page):
    """A growth whose upper end is open leaves its cell empty, in a frame and in a table of plain numbers."""
    page = open_test_page("en")
    open_end = pd.DataFrame({"cagr": [0.1, math.inf], "other": [1.5, -math.inf], "obs_id": ["a", "b"]})
    rows = written(table_block(table_of(open_end), page))["rows"]
    assert ["inf" in json.dumps(row) for row in rows] == [False, False]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_written_is_read_back(open_test_page, lang: str):
    """A worded table with groups, a span, notes and foreign words is the same behind a notebook's outputs."""
    page = open_test_page(lang)
    made = from_frame(frame(), COLUMNS, ("目标", "Targets 目标"), notes=[("注", "A note")], group="kind")
    columns = (Column("a", "甲 A"), Column("b", ("乙", "B"), "level", "亿元", width=2))
    tall = Cell("甲 a", span=(1, 2), tone="warn", head=True)
    spanned = Table(columns, ((tall, Cell(1.5, ("x-00001",), "y / 2")), (Cell("b"), Cell())), "c", wide=True)
    for table in (made, spanned):
        worded = table_block(table, page)
        assert read(json.loads(json.dumps(written(worded))), "x") == without_empty(worded)


def without_empty(table: Table) -> Table:
    """A worded table as it is read: no words are no runs, the columns keep what a page needs."""
    rows = tuple(
        tuple(replace(cell, runs=tuple(run for run in cell.runs if run.text)) for cell in row) for row in table.rows
    )
    return replace(table, columns=tuple(table.columns), rows=rows)


def test_codes_of_the_data_are_words_on_the_page(open_test_page):
    """Kind and bound of a frame of ours in the page's language; an author's own frame keeps its words."""
    rows = pd.DataFrame({"kind": ["actual"], "comparator": ["ge"], "value": [5.0], "obs_id": ["a"]})
    for lang, words in (("zh", ("实际", "以上（含）")), ("en", ("Actual", "At least"))):
        shown = table_text(table_block(table_of(rows), open_test_page(lang)))
        assert all(word in shown for word in words), shown
    own = table_of(pd.DataFrame({"kind": ["actual"]}))
    assert "actual" in table_text(table_block(own, open_test_page("zh")))

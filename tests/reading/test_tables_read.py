"""Tables of indicators become rows: heads name and date, brackets, stars and units say the form (invented figures)."""

from planbrief.reading.draft_rows import described
from planbrief.reading.forms.plain import read_plain

TABLE = """某省国民经济和社会发展第十五个五年规划纲要

专栏1 主要指标

类别\t序号\t指标\t2025年\t2030年\t年均/累计\t属性
经济\t1\t地区生产总值（亿元）\t5200\t7000\t6左右\t预期性
\t2\t全员劳动生产率（万元/人）\t16.5\t>22\t——\t预期性
\t3\t常住人口城镇化率（%）\t58.3\t63以上\t〔4.7〕\t预期性
绿色\t4\t单位地区生产总值能耗降低（%）\t——\t——\t〔13.5〕\t约束性
\t5\t森林覆盖率（%）\t41\t41-42\t——\t约束性

注：〔〕内为五年累计数。地区生产总值按2025年价格计算。
"""


def rows(text, area="某省", published="2026-03-01"):
    """Rows of a text read as a file would be."""
    return described(read_plain(text.encode(), "plan.txt", ""), area, published).rows


def observation(found, printed):
    """Cells of the one observation with this printed form."""
    (row,) = [row for row in found if row.value_text == printed and row.role == "observation"]
    return row.cells


def test_heads_name_and_date():
    """The row's head gives name and unit, the column's head the period, the date of publication the kind."""
    found = rows(TABLE)
    gdp = observation(found, "5200")
    assert (gdp["indicator_phrase"], gdp["unit_measure"], gdp["time_period"], gdp["kind"]) == (
        "地区生产总值", "亿元", "2025", "actual",
    )  # fmt: skip
    assert observation(found, "7000")["kind"] == "target"
    assert observation(found, "7000")["price_base"] == "constant_2025"


def test_bounds_and_ranges_of_cells():
    """Bounds in front of and behind the number of a cell; a range is one value with its end."""
    found = rows(TABLE)
    assert observation(found, "22")["comparator"] == "gt"
    assert observation(found, "22")["unit_measure"] == "万元/人"
    assert observation(found, "63")["comparator"] == "ge"
    forest = observation(found, "41-42")
    assert (forest["obs_value"], forest["upper_value"], forest["comparator"]) == ("41", "42", "range")


def test_averages_and_totals_over_the_years_between():
    """A column of averages holds the years between the dated columns; brackets mean the whole stretch."""
    found = rows(TABLE)
    growth = observation(found, "6")
    assert (growth["transformation"], growth["unit_measure"], growth["time_period"]) == ("avg_annual", "%", "2026/2030")
    energy = observation(found, "13.5")
    assert (energy["transformation"], energy["time_period"]) == ("cumulative", "2026/2030")


def test_running_numbers_and_head_years_state_nothing():
    """Running numbers of rows and years in heads are left out with their reasons."""
    found = {row.value_text: row.reason for row in rows(TABLE) if row.role == "exclusion"}
    assert found["2030"] == "date"
    assert {number: found[number] for number in "2345"} == dict.fromkeys("2345", "table_row_index")


def test_unit_in_the_caption():
    """Branches as row heads take the measure and the unit of the caption."""
    text = (
        "某市产业规划\n\n表1 2025—2030年3大产业总产值目标（亿元）\n\n"
        "序号\t产业\t2025年\t2030年\n1\t食品\t30\t55\n2\t建材\t41\t63\n"
    )
    cells = observation(rows(text, "某市", "2025-06-01"), "55")
    assert (cells["unit_measure"], cells["time_period"], cells["activity"]) == ("亿元", "2030", "食品")
    assert "总产值" in cells["indicator_phrase"]


def test_a_percentage_that_a_sheet_holds_as_a_part_of_one_is_looked_at():
    """0.054 under (%) is perhaps 5.4 %: the row keeps what is printed and is not called sure; 0.3 is a small one."""
    text = "主要指标\n\n指标\t2024年\t2025年\n经济增长率（%）\t0.054\t0.3\n城镇化率（%）\t51.2\t52.1\n"
    sure = {row.value_text: row.sure for row in rows(text) if row.role == "observation"}
    assert sure["0.054"] is False
    assert sure["0.3"] is True

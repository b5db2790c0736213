"""Tables of indicators, printed in every form that planbrief reads, become the same rows (invented figures)."""

import pytest
from reading.test_forms import FORMS, PRINTS, written

from planbrief.reading.draft_rows import described
from planbrief.reading.files import read_file

#: Table → (printed, name, value, unit, period, kind, comparator, form, area) of each of its values.
EXPECTED = {
    "grouped": [
        ("1200.5", "地区生产总值", "1200.5", "亿元", "2025", "actual", "eq", "level", "青河市"),
        ("1800", "地区生产总值", "1800", "亿元", "2030", "target", "eq", "level", "青河市"),
        ("6.5", "地区生产总值", "6.5", "%", "2026/2030", "target", "eq", "avg_annual", "青河市"),
        ("12.8", "全员劳动生产率", "12.8", "万元/人", "2025", "actual", "eq", "level", "青河市"),
        ("16.5", "全员劳动生产率", "16.5", "万元/人", "2030", "target", "eq", "level", "青河市"),
        ("55.20", "常住人口城镇化率", "55.20", "%", "2025", "actual", "eq", "share", "青河市"),
        ("60", "常住人口城镇化率", "60", "%", "2030", "target", "eq", "share", "青河市"),
        ("4.8", "常住人口城镇化率", "4.8", "%", "2026/2030", "target", "eq", "cumulative", "青河市"),
        ("5.2", "居民人均可支配收入增长", "5.2", "%", "2025", "actual", "eq", "yoy", "青河市"),
        ("5.1", "城镇调查失业率", "5.1", "%", "2025", "actual", "eq", "share", "青河市"),
        ("5.5", "城镇调查失业率", "5.5", "%", "2030", "target", "lt", "share", "青河市"),
        ("61.0", "森林覆盖率", "61.0", "%", "2025", "actual", "eq", "share", "青河市"),
        ("62.5", "森林覆盖率", "62.5", "%", "2030", "target", "eq", "share", "青河市"),
        ("1.5", "森林覆盖率", "1.5", "%", "2026/2030", "target", "eq", "cumulative", "青河市"),
    ],
    "levels": [
        ("310", "规上工业增加值", "310", "亿元", "2025", "actual", "eq", "level", "青河市"),
        ("7.5", "规上工业增加值", "7.5", "%", "2025", "actual", "eq", "yoy", "青河市"),
        ("460", "规上工业增加值", "460", "亿元", "2030", "target", "eq", "level", "青河市"),
        ("8.2", "规上工业增加值", "8.2", "%", "2030", "target", "eq", "yoy", "青河市"),
        ("420.3", "社会消费品零售总额", "420.3", "亿元", "2025", "actual", "eq", "level", "青河市"),
        ("1.2", "研发经费投入强度", "1.2", "%", "2025", "actual", "eq", "share", "青河市"),
        ("2.0", "研发经费投入强度", "2.0", "%", "2030", "target", "eq", "share", "青河市"),
    ],
    "plain": [
        ("10.25", "投资", "10.25", "亿元", "2024", "actual", "eq", "level", "东县"),
        ("12", "投资", "12", "亿元", "2026", "target", "eq", "level", "东县"),
        ("9", "投资", "9", "亿元", "2025", "actual", "eq", "level", "西县"),
        ("13000", "投资", "13000", "亿元", "2026", "target", "eq", "level", "南区"),
    ],
}
CELLS = "indicator_phrase obs_value unit_measure time_period kind comparator transformation ref_area_name".split()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PRINTS)
def test_values_of_a_table_in_every_form(tmp_path, name, form):
    """Each value has its name, unit, period, kind, bound and form, whatever form the table comes in."""
    document = read_file(written(PRINTS[name], form, tmp_path))
    found = [row for row in described(document, "青河市", "2026-02-01").rows if row.role == "observation"]
    said = [(row.value_text, *(row.cells[cell] for cell in CELLS)) for row in found]
    assert [one for one in EXPECTED[name] if one not in said] == []


WRAPPED = """指标        单位       2025 年   2030 年   属性
居民人均可支    元        84       190      约束性
配收入
全员劳动生产    万元/人     66.02    78.93    预期性
率
县级以上城市    公顷       458.83   560      预期性
建成区绿地面
积
社会消费品零    亿元       115      128.37   预期性
售总额
"""


def test_a_page_laid_out_as_text_keeps_wrapped_names(tmp_path):
    """Names go on below their first line, under their column; rows may be shifted by some characters."""
    path = tmp_path / "plan.txt"
    path.write_text("某市“十五五”规划\n专栏1 主要指标\n\n" + WRAPPED + "\n\n二、任务\n", encoding="utf-8")
    rows = [row for row in described(read_file(path), "某市", "2026-02-10").rows if row.role == "observation"]
    said = [(row.cells["indicator_phrase"], row.value_text, row.cells["time_period"]) for row in rows]
    names = ("居民人均可支配收入", "全员劳动生产率", "县级以上城市建成区绿地面积", "社会消费品零售总额")
    values = ("84", "190"), ("66.02", "78.93"), ("458.83", "560"), ("115", "128.37")
    assert said == [
        (name, value, year)
        for name, pair in zip(names, values, strict=True)
        for value, year in zip(pair, ("2025", "2030"), strict=True)
    ]


def test_tables_side_by_side_are_read_apart(tmp_path):
    """Heads that repeat begin another table: its names are its own."""
    path = tmp_path / "plan.txt"
    lines = ["县区\t2025年\t2030年\t县区\t2025年\t2030年", "东县\t1.5\t2\t南区\t3\t4.5", "西县\t5\t6\t北区\t7\t8"]
    path.write_text("表1 各县区投资（亿元）\n" + "\n".join(lines) + "\n", encoding="utf-8")
    rows = [row for row in described(read_file(path), "某市", "2026-02-10").rows if row.role == "observation"]
    said = {(row.cells["ref_area_name"], row.value_text) for row in rows}
    places = "东县 东县 南区 南区 西县 西县 北区 北区".split()
    assert said == set(zip(places, "1.5 2 3 4.5 5 6 7 8".split(), strict=True))


BULLETIN = "某市2025年国民经济和社会发展统计公报\n2026年3月20日\n"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            "表1 2025年生产总值及其构成\n"
            "指标\t绝对数（亿元）\t比上年增长（%）\t比重（%）\n甲业\t20.5\t-3.2\t40\n乙业\t30\t5.1\t60\n",
            [
                ("甲业", "20.5", "亿元", "level"),
                ("甲业", "-3.2", "%", "yoy"),
                ("甲业比重", "40", "%", "share"),
                ("乙业", "30", "亿元", "level"),
                ("乙业", "5.1", "%", "yoy"),
                ("乙业比重", "60", "%", "share"),
            ],
        ),
        (
            "表2 2025年主要产品产量\n"
            "产品名称\t单位\t产量\t比上年增长（%）\n原煤\t万吨\t20\t-3\n发电量\t亿千瓦时\t9\t5\n",
            [
                ("原煤产量", "20", "万吨", "level"),
                ("原煤", "-3", "%", "yoy"),
                ("发电量", "9", "亿千瓦时", "level"),
                ("发电量", "5", "%", "yoy"),
            ],
        ),
        (
            "表3 2025年各县区生产总值\n县区\t生产总值（亿元）\t增速（%）\n东县\t20\t5\n西县\t30\t-6\n",
            [
                ("生产总值", "20", "亿元", "level"),
                ("生产总值", "5", "%", "yoy"),
                ("生产总值", "30", "亿元", "level"),
                ("生产总值", "-6", "%", "yoy"),
            ],
        ),
        (
            "表4 2025年人口\n指标\t单位\t2024年\t2025年\n受教育年限\t年\t9\t9.5\n户数\t万户\t3\t4\n",
            [
                ("受教育年限", "9", "年", "level"),
                ("受教育年限", "9.5", "年", "level"),
                ("户数", "3", "万户", "level"),
                ("户数", "4", "万户", "level"),
            ],
        ),
    ],
)
def test_heads_of_form_add_nothing_to_names(tmp_path, printed, expected):
    """绝对数 and 比上年增长 say how a row is told; 产量 and 比重 belong behind its name; a unit may be 年."""
    path = tmp_path / "bulletin.txt"
    path.write_text(BULLETIN + printed + "\n二、农业\n", encoding="utf-8")
    rows = [row for row in described(read_file(path)).rows if row.role == "observation"]
    cells = ("indicator_phrase", "obs_value", "unit_measure", "transformation")
    assert [tuple(row.cells[cell] for cell in cells) for row in rows] == expected


def test_growth_beside_three_years_is_over_the_last_stretch(tmp_path):
    """年均增长 behind 2020, 2025 and 2030 is that of 2026 to 2030."""
    path = tmp_path / "plan.txt"
    lines = "指标\t2020年\t2025年\t2030年\t年均增长（%）\n产值（亿元）\t10\t20\t30\t7\n林地（万亩）\t3\t4\t5\t2\n"
    path.write_text(f"某市规划\n2026年2月1日\n专栏1 主要指标\n{lines}\n二、任务\n", encoding="utf-8")
    rows = [row for row in described(read_file(path)).rows if row.value_text == "7"]
    assert [row.cells["time_period"] for row in rows] == ["2026/2030"]


NUMBERED = """类别    序号    指标     单位   2025 年   2030 年
经济发   1     每千人    个    860      836.8
展           口拥有
            托位数
      2     地区生    亿元   461.73   98.14
            产总值
民生福   3     每千人    人    276      620.6
祉           口医师
            数
      4     居民人    元    666.8    586
            均收入
"""


def test_wrapped_groups_before_numbered_rows_keep_names_apart(tmp_path):
    """Labels of groups that wrap stand before the numbers of the rows; names that wrap go on below their figures."""
    path = tmp_path / "plan.txt"
    path.write_text("某市“十五五”规划\n专栏1 主要指标\n\n" + NUMBERED + "\n\n二、任务\n", encoding="utf-8")
    rows = [row for row in described(read_file(path), "某市", "2026-02-10").rows if row.role == "observation"]
    names = [row.cells["indicator_phrase"] for row in rows]
    assert names[::2] == names[1::2] == ["每千人口拥有托位数", "地区生产总值", "每千人口医师数", "居民人均收入"]

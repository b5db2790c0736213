"""A project of synthetic rows, one or more of each kind of statement that once came out false: nothing in it is real.

明州 Mingzhou is a city of 明省 Ming Province; its report, its outline of five years and the province's report are
invented. Each row is (anchor, printed form, cells): the span is the printed form inside the first anchor.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path
from typing import Any

from planbrief.checks.data import as_csv
from planbrief.checks.repair import accept
from planbrief.commands.new import lay_out
from planbrief.project import Project
from planbrief.targets.wording import TOKEN

AREAS = [
    {"ref_area": "mingsheng", "name_zh": "明省", "name_en": "Ming Province", "level": "province", "parent": "china"},
    {"ref_area": "mingzhou", "name_zh": "明州", "name_en": "Mingzhou", "level": "prefecture", "parent": "mingsheng"},
    {"ref_area": "anzhou", "name_zh": "安州", "name_en": "Anzhou", "level": "prefecture", "parent": "mingsheng"},
]
Rows = list[tuple[str, str, dict[str, str]]]

REPORT = """明州2025年发展情况

全市地区生产总值1.32万亿元，前三季度地区生产总值增长5.1%，全年增长5.4%。
1—11月规模以上工业增加值增长6.3%，房地产开发投资同比下降9.7%。
社会消费品零售总额4200亿元，一般公共预算收入860亿元。
城镇调查失业率4.2%，人均预期寿命提高1.16岁。
粮食播种面积下降2—3%，完成三项改革，十四五累计新增就业120万人。
"""
REPORT_ROWS: Rows = [
    ("值1.32万亿元", "1.32", {"indicator": "gdp", "unit_measure": "万亿元", "price_base": "current"}),
    ("前三季度地区生产总值增长5.1%", "5.1",
     {"indicator": "gdp_growth", "transformation": "yoy", "unit_measure": "%", "time_period": "2025-01/2025-09"}),
    ("全年增长5.4%", "5.4", {"indicator": "gdp_growth", "transformation": "yoy", "unit_measure": "%"}),
    ("增加值增长6.3%", "6.3",
     {"indicator": "industrial_value_added_above_designated_growth", "transformation": "yoy", "unit_measure": "%",
      "time_period": "2025-01/2025-11"}),
    ("同比下降9.7%", "9.7",
     {"indicator": "real_estate_investment_growth", "transformation": "yoy", "unit_measure": "%", "obs_value": "-9.7",
      "time_period": "2025-01/2025-11"}),
    ("总额4200亿元", "4200", {"indicator": "retail_sales"}),
    ("收入860亿元", "860", {"indicator": "general_budget_revenue"}),
    ("失业率4.2%", "4.2", {"indicator": "surveyed_unemployment", "unit_measure": "%", "transformation": "share"}),
    ("提高1.16岁", "1.16", {"indicator": "life_expectancy", "unit_measure": "岁", "transformation": "difference"}),
    ("下降2—3%", "2—3",
     {"indicator": "grain_sown_area", "unit_measure": "%", "transformation": "yoy", "obs_value": "-3",
      "upper_value": "-2", "comparator": "range"}),
    ("完成三项改革", "三", {"indicator": "reforms_done", "unit_measure": "项", "obs_value": "3"}),
    ("就业120万人", "120", {"indicator": "new_urban_jobs", "unit_measure": "万人", "time_period": "2021/2025"}),
]  # fmt: skip
PLAN = """明州五年规划纲要

按2023年价格，地区生产总值2023年为1.2万亿元，2027年达到1.5万亿元，2030年达到1.8万亿元。
2026年地区生产总值增长5%左右，城镇调查失业率控制在5%以内。
2030年社会消费品零售总额达到5600亿元，营业收入不在其中。
"""
PLAN_ROWS: Rows = [
    ("2023年为1.2万亿元", "1.2",
     {"indicator": "gdp", "unit_measure": "万亿元", "price_base": "constant_2023", "time_period": "2023"}),
    ("2027年达到1.5万亿元", "1.5",
     {"indicator": "gdp", "unit_measure": "万亿元", "price_base": "constant_2023", "time_period": "2027",
      "kind": "target"}),
    ("2030年达到1.8万亿元", "1.8",
     {"indicator": "gdp", "unit_measure": "万亿元", "price_base": "constant_2023", "time_period": "2030",
      "kind": "target"}),
    ("增长5%左右", "5",
     {"indicator": "gdp_growth", "transformation": "yoy", "unit_measure": "%", "time_period": "2026", "kind": "target",
      "comparator": "approx"}),
    ("控制在5%以内", "5",
     {"indicator": "surveyed_unemployment", "transformation": "share", "unit_measure": "%", "time_period": "2026",
      "kind": "target", "comparator": "le"}),
    ("达到5600亿元", "5600", {"indicator": "retail_sales", "time_period": "2030", "kind": "target"}),
]  # fmt: skip
PROVINCE = """明省2025年发展情况

全省地区生产总值6.1万亿元，增长5.2%，社会消费品零售总额21000亿元。
"""
PROVINCE_ROWS: Rows = [
    ("值6.1万亿元", "6.1", {"indicator": "gdp", "unit_measure": "万亿元", "price_base": "current"}),
    ("增长5.2%", "5.2", {"indicator": "gdp_growth", "transformation": "yoy", "unit_measure": "%"}),
    ("总额21000亿元", "21000", {"indicator": "retail_sales"}),
]
#: source_id → (title in both languages, day of publication, area, text, rows)
DOCUMENTS = {
    "mingsheng-report-2026": ("明省工作报告", "Report of Ming Province", "2026-01-26", "mingsheng", PROVINCE,
                              PROVINCE_ROWS),
    "mingzhou-plan-2025": ("明州五年规划", "Five-year plan of Mingzhou", "2025-12-20", "mingzhou", PLAN, PLAN_ROWS),
    "mingzhou-report-2026": ("明州工作报告", "Report of Mingzhou", "2026-01-20", "mingzhou", REPORT, REPORT_ROWS),
}  # fmt: skip
REFORMS = {
    "indicator": "reforms_done", "name_zh": "完成的改革", "name_en": "Reforms completed",
    "definition": "Number of reforms completed in the year.", "definition_zh": "当年完成的改革数量。",
    "unit_measure": "项", "aggregation": "count", "direction": "increase", "character": "none",
}  # fmt: skip


def observation(source: str, area: str, text: str, anchor: str, printed: str, cells: dict[str, str]) -> dict[str, str]:
    """A row of observations: an actual value of 2025 in 亿元 unless the cells say otherwise."""
    start = text.index(anchor) + anchor.index(printed)
    return {
        "obs_id": f"{source}-{start:05d}", "source_id": source, "ref_area": area, "time_period": "2025",
        "kind": "actual", "obs_value": printed, "comparator": "eq", "transformation": "level",
        "unit_measure": "亿元", "obs_status": "A", "locator": f"第{text[:start].count(chr(10))}段",
        "char_start": str(start), "char_end": str(start + len(printed)), "value_text": printed, **cells,
    }  # fmt: skip


def excluded(source: str, text: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The numbers of a text that no observation holds: years and months."""
    taken = [range(int(row["char_start"]), int(row["char_end"])) for row in rows]
    return [
        {
            "source_id": source, "char_start": str(found.start()), "char_end": str(found.end()),
            "value_text": found.group(), "reason": "date", "comment": "",
        }
        for found in TOKEN.finditer(text)
        if not any(found.start() in span for span in taken)
    ]  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows in the columns of the file, behind those that it has."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        known, columns = list(reader), tuple(reader.fieldnames or ())
    path.write_bytes(as_csv(columns, [*known, *({column: row.get(column, "") for column in columns} for row in rows)]))


def make_project(root: Path, **changed: dict[str, str]) -> Project:
    """The sample with the three documents, sealed; `changed` gives cells of observations by printed form."""
    project = Project(lay_out(root))
    data = project.data
    write(data / "areas.csv", AREAS)
    with (data / "indicators.csv").open(encoding="utf-8", newline="") as file:
        model = next(row for row in csv.DictReader(file) if row["aggregation"] == "count")
    write(data / "indicators.csv", [model | REFORMS])
    (root / "texts").mkdir()
    for source, (zh, en, day, area, text, found) in DOCUMENTS.items():
        folder = data / "documents" / source
        folder.mkdir()
        raw = text.encode()
        (root / "texts" / f"{source}.txt").write_bytes(raw)
        for table in ("source", "observations", "exclusions"):
            shutil.copy(data / "forms" / f"{table}.csv", folder / f"{table}.csv")
        about = {"source_id": source, "title_zh": zh, "title_en": en, "doc_type": "report", "date_published": day}
        about |= {"language": "zh-Hans", "file_name": f"{source}.txt", "sha256": hashlib.sha256(raw).hexdigest()}
        write(folder / "source.csv", [about | {"characters": str(len(text))}])
        rows = [observation(source, area, text, *one) for one in found]
        for row in rows:
            row |= changed.get(row["value_text"], {})
        rows.sort(key=lambda row: int(row["char_start"]))
        write(folder / "observations.csv", rows)
        write(folder / "exclusions.csv", excluded(source, text, rows))
    accept(data, None)
    return project

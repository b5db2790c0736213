# ruff: noqa: E501 - the texts of notebooks stand as people write them
"""Notebooks for the exporters' tests, made by hand: one report with every block, and strangers' notebooks."""

from __future__ import annotations

import base64
import io
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

MIME = "application/vnd.planbrief.v1+json"

SVG = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="460pt" height="220pt" viewBox="0 0 460 220">
<metadata>x</metadata><defs><style type="text/css">*{stroke-linejoin: round}</style><clipPath id="p1"><rect x="40" y="10" width="400" height="180"/></clipPath>
<path id="m" d="M 0 3 L 3 0"/></defs>
<g id="figure_1"><rect width="460" height="220" style="fill: #ffffff"/>
<path d="M 40 180 L 140 150 L 260 90 L 430 30" clip-path="url(#p1)" style="fill: none; stroke: #1d4f7c; stroke-width: 2"/>
<path d="M 40 190 L 440 190" style="fill: none; stroke: #bbbbbb"/><use xlink:href="#m" x="40" y="180" style="fill: #c2410c"/></g></svg>"""


def block(data: dict[str, Any], svg: str | None = None) -> NotebookNode:
    """A code cell whose one output is a block."""
    bundle: dict[str, Any] = {MIME: data, "text/plain": data.get("block", "")}
    if svg:
        bundle["image/svg+xml"] = svg
    return new_code_cell("show()", outputs=[new_output("display_data", bundle)])


def figure(text: str, *observations: str, formula: str = "") -> dict[str, Any]:
    return {
        "figure": {
            "text": text,
            "key": "k",
            "value": 1.0,
            "unit": "亿元",
            "measure": "rate",
            "observations": list(observations),
            "formula": formula,
        }
    }


def _table(lang: str) -> dict[str, Any]:
    zh = lang == "zh"
    rows = [
        [
            {"t": "规模以上工业总产值" if zh else "Gross output, above designated size", "head": True},
            {"t": "142.8", "v": 142.8, "o": ["o1"]},
            {"t": "750", "v": 750, "o": ["o2"]},
            {"t": "73.8", "v": 73.84, "o": ["o1", "o2"], "f": "(750 ÷ 142.8)^(1/3) − 1"},
        ],
        [
            {"t": "服务业增加值" if zh else "Value added of services", "head": True},
            {"t": "400.25", "v": 400.25, "o": ["o1"]},
            {"t": "≥ 1,500", "v": 1500},
            {"t": "—", "tone": "muted"},
        ],
        [
            {"t": "研发投入强度" if zh else "R&D intensity", "head": True},
            {"t": "0.53", "v": 0.53},
            {"t": "1.0", "v": 1.0, "tone": "warn"},
            {"t": "23.57", "v": 23.57, "tone": "good"},
        ],
    ]
    return {
        "block": "table",
        "lang": lang,
        "id": "t-main",
        "caption": "主要目标与所需增速" if zh else "Main targets and required growth",
        "columns": [
            {"key": "indicator", "label": "指标" if zh else "Indicator", "align": "left"},
            {"key": "base", "label": "2023", "unit": "亿元" if zh else "100 million yuan", "align": "decimal"},
            {"key": "target", "label": "2026", "unit": "亿元" if zh else "100 million yuan", "align": "decimal"},
            {"key": "rate", "label": "年均增速" if zh else "Growth per year", "unit": "%", "align": "decimal"},
        ],
        "rows": rows,
        "groups": {"0": "经济" if zh else "Economy", "2": "创新" if zh else "Innovation"},
        "notes": ["按2023年价格计算。" if zh else "At prices of 2023."],
        "sources": ["plan-a"],
    }


def report(lang: str = "zh", **metadata: Any) -> NotebookNode:
    """A report of ours with every kind of block."""
    zh = lang == "zh"
    table = _table(lang)
    data = {**table, "id": "c-data", "caption": "", "groups": None, "notes": [], "sources": []}
    cells = [
        block(
            {
                "block": "cover",
                "lang": lang,
                "id": "cover",
                "title": "巴中市：目标要求产值三年增至五倍"
                if zh
                else "Bazhong: output is to grow fivefold in three years",
                "subtitle": "城市概况" if zh else "City profile",
                "place": ["巴中市" if zh else "Bazhong"],
                "data_as_of": "2024-06-25",
                "notebook": "profile",
                "parameters": {},
            }
        ),
        new_markdown_cell(
            "本文只列**规划文本**写明的数字。\n不作推测[^1]。\n\n[^1]: 口径见文末。", metadata={"tags": ["lang:zh"]}
        ),
        new_markdown_cell(
            "Only figures that the *plan itself* states[^1].\n\n[^1]: See the end.", metadata={"tags": ["lang:en"]}
        ),
        block(
            {
                "block": "sentence",
                "lang": lang,
                "id": "s1",
                "style": "lead",
                "runs": [
                    {"t": "规模以上工业总产值要从" if zh else "Output must rise from "},
                    figure("142.8亿元" if zh else "14.28 billion yuan", "o1"),
                    {"t": "增至" if zh else " to "},
                    figure("750亿元" if zh else "75 billion yuan", "o2"),
                    {"t": "，年均增长" if zh else ", or "},
                    {**figure("73.8%", "o1", "o2", formula="(750 ÷ 142.8)^(1/3) − 1"), "strong": True},
                    {"t": "。" if zh else " a year."},
                ],
            }
        ),
        block({"block": "heading", "lang": lang, "id": "h1", "level": 2, "text": "一、结论" if zh else "Findings"}),
        block(
            {
                "block": "sentence",
                "lang": lang,
                "id": "s2",
                "style": "bullet",
                "runs": [{"t": "第一条。" if zh else "First."}],
            }
        ),
        block(
            {
                "block": "sentence",
                "lang": lang,
                "id": "s3",
                "style": "bullet",
                "runs": [{"t": "第二条：" if zh else "Second: "}, {"t": "LNG"}, {"t": "华峰集团", "lang": "zh"}],
            }
        ),
        block(
            {
                "block": "sentence",
                "lang": lang,
                "id": "s4",
                "style": "callout",
                "runs": [
                    {
                        "t": "巴中与綦江的增速口径不同，不能直接比较。"
                        if zh
                        else "The two rates differ in definition and cannot be compared."
                    }
                ],
            }
        ),
        block(
            {
                "block": "sentence",
                "lang": lang,
                "id": "s5",
                "style": "paragraph",
                "runs": [
                    {
                        "t": (
                            "产业体系以清洁能源、先进材料、食品饮料、电子信息、医药健康为主导，GDP占比逐年提高；到2026年，规模以上工业企业达到400户。"
                            * 2
                        )
                        if zh
                        else (
                            "The plan puts energy, materials and food first and wants the share of GDP to rise every year until 2026. "
                            * 3
                        )
                    }
                ],
            }
        ),
        block({"block": "heading", "lang": lang, "id": "h2", "level": 3, "text": "目标表" if zh else "Targets"}),
        block(table),
        block(
            {
                "block": "chart",
                "lang": lang,
                "id": "c-path",
                "caption": "里程碑路径" if zh else "Milestones",
                "alt": "折线由142.8升至750。" if zh else "A line rises from 142.8 to 750.",
                "notes": ["对数坐标。" if zh else "Log scale."],
                "sources": ["plan-a"],
                "data": data,
                "width_mm": 162,
                "height_mm": 78,
            },
            SVG,
        ),
        block(
            {
                "block": "sentence",
                "lang": lang,
                "id": "s6",
                "style": "note",
                "runs": [{"t": "注意口径。" if zh else "Mind the definitions."}],
            }
        ),
        block(
            {
                "block": "sources",
                "lang": lang,
                "id": "src",
                "documents": [
                    {
                        "source_id": "plan-a",
                        "title": "巴中市产业发展规划（2024—2026年）",
                        "title_lang": "zh",
                        "producer": "巴中市人民政府办公室",
                        "doc_number": "巴府办发〔2024〕17号",
                        "date_published": "2024-06-25",
                        "disclosure": "不予公开",
                        "sha256": "ab" * 32,
                    }
                ],
                "observations": {
                    "o1": {
                        "source_id": "plan-a",
                        "locator": "专栏1 第1行 2023年列",
                        "value_text": "142.8",
                        "value": 142.8,
                        "unit": "亿元",
                        "period": "2023",
                        "area": "巴中市",
                        "indicator": "规模以上工业总产值",
                        "kind": "actual",
                        "comment": "",
                    },
                    "o2": {
                        "source_id": "plan-a",
                        "locator": "专栏1 第1行 2026年列",
                        "value_text": "750",
                        "value": 750,
                        "unit": "亿元",
                        "period": "2026",
                        "area": "巴中市",
                        "indicator": "规模以上工业总产值",
                        "kind": "target",
                        "comment": "</script><b>x",
                    },
                },
                "citation": "planbrief（2024）：巴中市概况。" if zh else "planbrief (2024): Bazhong profile.",
                "feedback": "请在项目页面报告错误。" if zh else "Report errors on the project page.",
                "data_as_of": "2024-06-25",
                "reads": [],
            }
        ),
    ]
    return _numbered(new_notebook(cells=cells, metadata={"planbrief": {"hide_input": True, **metadata}}))


def _numbered(nb: NotebookNode) -> NotebookNode:
    for index, cell in enumerate(nb.cells):
        cell["id"] = f"c{index:03d}"
    nbformat.validate(nb)
    return nb


def png(color: tuple[int, int, int] = (29, 79, 124), size: tuple[int, int] = (320, 120)) -> str:
    """A PNG as base64 text."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def notebook(*cells: NotebookNode, **metadata: Any) -> NotebookNode:
    """A stranger's notebook of these cells."""
    return _numbered(new_notebook(cells=list(cells), metadata=metadata))


def output(data: dict[str, Any], source: str = "x", metadata: dict[str, Any] | None = None) -> NotebookNode:
    """A code cell with one result."""
    return new_code_cell(source, outputs=[new_output("display_data", data, metadata=metadata or {})])

"""A small data folder on disk with its own source text: Testville 试城, nothing in it is real."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from targets.factory import ACTIVITIES, AREAS, INDICATORS, SOURCES, UNITS, observation

from planbrief.checks.data import as_csv
from planbrief.checks.repair import renew_seal
from planbrief.project import packaged
from planbrief.targets.descriptor import VOCABULARIES, read_descriptor
from planbrief.targets.package import read_package

SOURCE = "testville-plan-2024"
TEXT = """# 试城发展规划

一、发展目标

规模以上工业总产值2023年为100亿元，到2026年达到200亿元，占比不低于40%。

形成二个千亿级产业集群，引进企业50—60家，名列世界500强的企业增长三倍以上。
"""
MORE_UNITS = [
    {"unit": "家", "dimension": "count", "factor": "1", "name_zh": "家", "name_en": "units (家)"},
    {"unit": "倍", "dimension": "multiple", "factor": "1", "name_zh": "倍", "name_en": "times"},
]
MORE_INDICATORS = [
    dict(INDICATORS[0], indicator="test_count", unit_measure="家", aggregation="count"),
]


def span(anchor: str, text: str, **fields: Any) -> dict[str, Any]:
    """An observation whose span is `text` inside the first occurrence of `anchor`."""
    start = TEXT.index(anchor) + anchor.index(text)
    row = observation(start, fields.pop("obs_value", text), **fields)
    return row | {"char_end": start + len(text), "value_text": text}


def observations() -> list[dict[str, Any]]:
    """Every quantity of the text."""
    clusters = span("二个千亿级", "二个千亿级", obs_value="2", time_period="undated", kind="target", unit_measure="个")
    size = dict(clusters, obs_value="1000", unit_measure="亿元", comparator="ge", obs_id=clusters["obs_id"] + "b")
    return [
        span("100亿元", "100"),
        span("200亿元", "200", time_period="2026", kind="target"),
        span(
            "40%", "40", indicator="test_share", time_period="2026", kind="constraint", comparator="ge",
            transformation="share", unit_measure="%", reading_note="kind=constraint: a floor, made a limit by the plan",
        ),
        dict(clusters, indicator="test_count"),
        size,
        span(
            "50—60", "50—60", obs_value="50", upper_value="60", comparator="range", indicator="test_count",
            time_period="undated", kind="target", unit_measure="家",
        ),
        span(
            "三倍以上", "三倍以上", obs_value="3", comparator="ge", transformation="increase_multiple",
            time_period="undated", kind="target", unit_measure="倍",
        ),
    ]  # fmt: skip


def exclusion(anchor: str, text: str, reason: str, comment: str = "") -> dict[str, Any]:
    """An exclusion of `text` inside the first occurrence of `anchor`."""
    start = TEXT.index(anchor) + anchor.index(text)
    return {
        "source_id": SOURCE,
        "char_start": start,
        "char_end": start + len(text),
        "value_text": text,
        "reason": reason,
        "comment": comment,
    }


def exclusions() -> list[dict[str, Any]]:
    """Every other number of the text."""
    return [
        exclusion("2023年", "2023", "date"),
        exclusion("2026年", "2026", "date"),
        exclusion("500强", "500", "other", "part of the name of a list of companies"),
    ]


def make_folder(root: Path, **tables: list[dict[str, Any]]) -> tuple[Path, Path]:
    """Write the data folder and the folder of its source text below `root`; both paths."""
    data, sources = root / "data", root / "sources"
    (data / "documents" / SOURCE).mkdir(parents=True)
    (data / "forms").mkdir()
    sources.mkdir()
    (sources / "testville.txt").write_bytes(TEXT.encode())
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    words = read_package(packaged().data)
    given = {
        "sources": [dict(SOURCES[0], sha256=digest, characters=len(TEXT))],
        "areas": AREAS,
        "activities": ACTIVITIES,
        "indicators": INDICATORS + MORE_INDICATORS,
        "units": UNITS + MORE_UNITS,
        **{name: [row.values for row in words[name].rows] for name in VOCABULARIES},
        "observations": observations(),
        "exclusions": exclusions(),
    } | tables
    descriptor = read_descriptor(packaged().data)
    descriptor["resources"] = [resource for resource in descriptor["resources"] if resource["name"] in given]
    for resource in descriptor["resources"]:
        name = resource["name"]
        columns = tuple(field["name"] for field in resource["schema"]["fields"])
        rows = [{column: str(row.get(column, "")) for column in columns} for row in given[name]]
        path = resource["path"]
        if "parts" in resource:
            (data / path).write_bytes(as_csv(columns, []))
            path = resource["parts"].replace("*", SOURCE)
        (data / path).write_bytes(as_csv(columns, rows))
    (data / "datapackage.json").write_text(json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n", "utf-8")
    renew_seal(data, None)
    return data, sources


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def change(path: Path, row: int, **cells: str) -> None:
    """Replace cells of one row (counted as a spreadsheet does, the header is row 1)."""
    rows = rows_of(path)
    rows[row - 2] |= cells
    path.write_bytes(as_csv(tuple(rows[0]), rows))

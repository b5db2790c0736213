"""A small synthetic city, Testville 试城, for tests: nothing in it is data about a real place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planbrief.project import packaged
from planbrief.targets.dataset import Dataset
from planbrief.targets.descriptor import VOCABULARIES
from planbrief.targets.frames import as_text
from planbrief.targets.package import Package, Row, Table, read_package

SOURCES = [
    {
        "source_id": "testville-plan-2024",
        "title_zh": "试城发展规划（虚构）",
        "title_en": "Development plan of Testville (synthetic)",
        "doc_type": "plan",
        "date_published": "2024-01-15",
        "language": "zh-Hans",
        "file_name": "testville.txt",
        "sha256": "0" * 64,
        "characters": "1000",
    }
]


def table(header: str, *lines: str) -> list[dict[str, str]]:
    """Rows from lines with cells separated by `|`."""
    names = header.split("|")
    return [dict(zip(names, line.split("|"), strict=True)) for line in lines]


AREAS = table(
    "ref_area|name_zh|name_en|level|parent",
    "china|中国|China|country|",
    "testprovince|试省|Test Province|province|china",
    "testville|试城|Testville|prefecture|testprovince",
    "testdistrict|试区|Test District|district|testville",
)
ACTIVITIES = table(
    "activity|name_zh|name_en|parent|system|exhaustive",
    "all_test|全部试业|All test industries||test|true",
    "test_a|试业甲|Test industry A|all_test|test|false",
    "test_b|试业乙|Test industry B|all_test|test|false",
)
INDICATORS = [
    {
        "indicator": "test_output",
        "name_zh": "试产值",
        "name_en": "Test output",
        "definition": "Synthetic.",
        "definition_zh": "虚构。",
        "concept": "gross_output",
        "scope": "above_designated_size",
        "unit_measure": "亿元",
        "direction": "increase",
        "aggregation": "additive",
        "character": "anticipatory",
        "theme": "industry",
    },
    {
        "indicator": "test_share",
        "name_zh": "试占比",
        "name_en": "Test share",
        "definition": "Synthetic.",
        "definition_zh": "虚构。",
        "concept": "value_added",
        "scope": "whole_economy",
        "unit_measure": "%",
        "direction": "increase",
        "aggregation": "share",
        "character": "anticipatory",
        "theme": "economy",
    },
]
UNITS = [
    {"unit": "元", "dimension": "money", "factor": "1", "name_zh": "元", "name_en": "yuan"},
    {"unit": "%", "dimension": "percent", "factor": "1", "name_zh": "%", "name_en": "%"},
    {"unit": "个", "dimension": "count", "factor": "1", "name_zh": "个", "name_en": "items"},
]


def observation(start: int, value: float | str, **fields: Any) -> dict[str, Any]:
    """One observation of Testville with sensible defaults; `start` is its character offset."""
    text = str(value)
    row = {
        "obs_id": f"testville-plan-2024-{start:05d}",
        "source_id": "testville-plan-2024",
        "ref_area": "testville",
        "subject": "",
        "indicator": "test_output",
        "activity": "",
        "time_period": "2023",
        "kind": "actual",
        "obs_value": text,
        "upper_value": "",
        "comparator": "eq",
        "transformation": "level",
        "counterpart_area": "",
        "unit_measure": "亿元",
        "price_base": "",
        "base_period": "",
        "obs_status": "A",
        "locator": "表1",
        "char_start": start,
        "char_end": start + len(text),
        "value_text": text,
        "comment_obs": "",
    }
    row.update(fields)
    return row


def milestones() -> list[dict[str, Any]]:
    """Output 100 (2023) → 200 (2026) → 400 (2030), and a share 20 → 25 → 40."""
    rows = [
        observation(100, 100, time_period="2023"),
        observation(110, 200, time_period="2026", kind="target"),
        observation(120, 400, time_period="2030", kind="target"),
    ]
    share = {"indicator": "test_share", "unit_measure": "%", "transformation": "share"}
    rows += [
        observation(200, 20, time_period="2023", **share),
        observation(210, 25, time_period="2026", kind="target", **share),
        observation(220, 40, time_period="2030", kind="target", **share),
    ]
    return rows


def make_dataset(**tables: list[dict[str, Any]]) -> Dataset:
    """The synthetic data set; any table can be replaced: ``make_dataset(observations=[...])``."""
    given = {
        "sources": SOURCES,
        "areas": AREAS,
        "activities": ACTIVITIES,
        "indicators": INDICATORS,
        "units": UNITS,
        "observations": milestones(),
        "exclusions": [],
    }
    given.update(tables)
    folder = packaged().data
    words = read_package(folder)
    made = {}
    for resource in words.descriptor["resources"]:
        name, schema = resource["name"], resource["schema"]
        if name in VOCABULARIES and name not in given:
            made[name] = words[name]
            continue
        columns = [field["name"] for field in schema["fields"]]
        cells = ({column: as_text(row.get(column, "")) for column in columns} for row in given.get(name, ()))
        rows = tuple(Row(values, f"{name}.csv", line) for line, values in enumerate(cells, start=2))
        made[name] = Table(name, schema, rows, (f"{name}.csv",), f"{name}.csv")
    return Dataset(Package(Path(), dict(words.descriptor), made))

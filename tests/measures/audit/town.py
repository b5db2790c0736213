"""Testville with a plan that adds up: other industries, other years, its own relations. Every rule finds work in it."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from targets.factory import AREAS, SOURCES, UNITS, make_dataset, observation, table

from planbrief.measures.audit import AuditTables, Finding
from planbrief.targets import Dataset

Rows = list[dict[str, Any]]

ACTIVITIES = table(
    "activity|name_zh|name_en|parent|system|exhaustive",
    "all_test|全部试业|All test industries||test|true",
    "test_a|试业甲|Test industry A|all_test|test|false",
    "test_b|试业乙|Test industry B|all_test|test|false",
    "test_a1|试业甲一|Test branch A1|test_a|test|false",
)
_HEAD = "indicator|name_zh|name_en|concept|scope|unit_measure|direction|aggregation|theme"
INDICATORS = [
    {"definition": "Synthetic.", "character": "none", **row}
    for row in table(
        _HEAD,
        "output|试产值|Test output|gross_output|all_industry|亿元|increase|additive|industry",
        "output_share|试产值占比|Test output share|gross_output|all_industry|%|none|share|industry",
        "gdp|试总值|Test product|gdp|whole_economy|亿元|increase|additive|economy",
        "head|试人均|Test product per head|gdp|whole_economy|元|increase|level|economy",
        "people|试人口|Test population|population|territory|万人|none|additive|population",
        "services|试服务|Test services|value_added|services|亿元|increase|additive|services",
        "farming|试农业|Test farming|value_added|agriculture|亿元|increase|additive|agriculture",
        "takings|试收入|Test takings|revenue|tourism|亿元|increase|additive|tourism",
        "industry_share|试工业占比|Test industry share|value_added|all_industry|%|none|share|industry",
        "research_share|试研发占比|Test research share|rd_expenditure|whole_economy|%|increase|share|innovation",
        "research_growth|试研发增速|Test research growth|rd_expenditure|whole_economy|%|increase|rate|innovation",
        "output_growth|试产值增速|Test output growth|gross_output|all_industry|%|increase|rate|industry",
        "firms|试企业数|Test firms|enterprise|all_industry|个|increase|count|enterprises",
        "branch_count|试业数|Test industries|industry_scheme|none|个|none|count|industry",
        "clusters|试集群数|Test clusters|industry_scheme|none|个|increase|count|industry",
        "cluster_size|试集群规模|Test cluster size|industry_scheme|none|亿元|none|level|industry",
        "capacity|试产能|Test capacity|capacity|single_entity|吨|increase|additive|industry",
    )
]
TOWN_UNITS = [
    *UNITS,
    {"unit": "人", "dimension": "people", "factor": "1", "name_zh": "人", "name_en": "people"},
    {"unit": "吨", "dimension": "mass", "factor": "1000", "name_zh": "吨", "name_en": "tonnes"},
    {"unit": "倍", "dimension": "multiple", "factor": "1", "name_zh": "倍", "name_en": "times"},
]
_RELATION = (
    "relation|rule|left|sign|right|periods|areas|left_zh|left_en|right_zh|right_en|difference_zh|difference_en|note"
)
TABLES = AuditTables(
    relations=tuple(
        table(
            _RELATION,
            "share|stated_share|industry_share|within|industry_share|same|same|甲|A|乙|B|||",
            "takings|parts_total|takings|within|services|same|same|试收入|test takings|试服务|test services|||",
            "product|implied_total|gdp; research_share; research_growth|implied_gdp|services + farming; industry_share"
            "|same|same|甲|A|乙|B|||",
            "rate|implied_total|gdp; services + farming; industry_share|value_added_rate|output|same|same|试值|value"
            "|试产值|test output|口径不同|unlike coverage|",
            "heads|magnitude|gdp ÷ head|near|people|any|same|推算人口|implied people|人口|people|||",
            "tree|list_count|branch_count|list_length|children|same|same|||||||",
        )
    ),
    limits=tuple(
        table(
            "limit_id|indicator|activity|ref_area|concept|aggregation|transformation|unit_measure|lower|upper"
            "|count_as_identity|reason_zh|reason_en|citation",
            "most|capacity||||||吨||5000|true|世界产量|world output|Synthetic, 2020",
        )
    ),
    list_counts=({"source_id": "testville-plan-2024", "char_start": "900", "listed": "12", "comment": ""},),
)
PERCENT = {"unit_measure": "%", "transformation": "share"}
COUNT = {"unit_measure": "个", "kind": "count", "time_period": "undated"}


def path(start: int, indicator: str, *values: float, **fields: Any) -> Rows:
    """Values of 2021 (actual), 2025 and 2030 (targets)."""
    years = ("2021", "2025", "2030")
    kinds = ("actual", "target", "target")
    return [
        observation(
            start + 10 * i, value, indicator=indicator, time_period=year, kind=kind, locator=f"表1 {year}", **fields
        )
        for i, (value, year, kind) in enumerate(zip(values, years, kinds, strict=True))
    ]


def rows() -> Rows:
    """The observations of a plan that adds up."""
    return [
        *path(100, "output", 100, 140, 200),
        *path(130, "output", 60, 84, 120, activity="test_a"),
        *path(160, "output", 40, 56, 80, activity="test_b"),
        *path(190, "output", 20, 28, 40, activity="test_a1"),
        *path(220, "output_share", 60.0, 60.0, 60.0, activity="test_a", **PERCENT),
        *path(250, "output_share", 40.0, 40.0, 40.0, activity="test_b", **PERCENT),
        observation(280, 60.0, indicator="output", activity="test_a", time_period="2021", locator="段1", **PERCENT),
        observation(300, 500.0, indicator="gdp", time_period="2021"),
        observation(310, 50000, indicator="head", time_period="2021", unit_measure="元"),
        observation(320, 100, indicator="people", time_period="2021", unit_measure="万人"),
        *path(330, "services", 250.0, 303.9, 387.8),
        *path(360, "farming", 50.0, 60.8, 77.6),
        *path(390, "takings", 100.0, 120.0, 150.0),
        *path(420, "industry_share", 30.0, 30.0, 30.0, **PERCENT),
        *path(450, "research_share", 2.0, 2.0, 2.0, **PERCENT),
        *path(480, "research_growth", 5.0, 5.0, 5.0, unit_measure="%", transformation="avg_annual"),
        observation(510, 8.0, indicator="output_growth", time_period="2021", unit_measure="%", transformation="yoy"),
        *path(520, "firms", 300, 380, 500, unit_measure="个"),
        observation(560, 500, indicator="firms", time_period="2030", kind="target", unit_measure="个", locator="段2"),
        observation(570, 100, indicator="output", time_period="2021", locator="段2"),
        observation(580, 2, indicator="branch_count", activity="all_test", locator="段3", **COUNT),
        observation(
            600, 1, indicator="clusters", time_period="2030", kind="target", unit_measure="个", value_text="一个百亿级"
        ),
        observation(600, 100, indicator="cluster_size", time_period="2030", kind="target", comparator="ge")
        | {"obs_id": "testville-plan-2024-00600b", "value_text": "一个百亿级", "char_end": 601},
        observation(
            610,
            1,
            indicator="clusters",
            time_period="2030",
            kind="target",
            unit_measure="个",
            value_text="一个五十亿级",
        ),
        observation(610, 50, indicator="cluster_size", time_period="2030", kind="target", comparator="ge")
        | {"obs_id": "testville-plan-2024-00610b", "value_text": "一个五十亿级", "char_end": 611},
        observation(
            700,
            2,
            indicator="output",
            time_period="2030",
            kind="target",
            unit_measure="倍",
            transformation="ratio_to_base",
        ),
        observation(
            710, 250, indicator="firms", time_period="undated", kind="constraint", unit_measure="个", comparator="ge"
        ),
        observation(
            720, 63.2, indicator="output_share", subject="试林", time_period="undated", kind="resource", **PERCENT
        ),
        observation(800, 4000, indicator="capacity", time_period="2021", kind="resource", unit_measure="吨"),
        observation(900, 12, indicator="firms", ref_area="testdistrict", subject="试名单", locator="段4", **COUNT),
    ]


def town(observations: Rows | None = None, **tables: Any) -> Dataset:
    """The data set of Testville."""
    given = {
        "sources": SOURCES,
        "areas": AREAS,
        "activities": ACTIVITIES,
        "indicators": INDICATORS,
        "units": TOWN_UNITS,
        "observations": rows() if observations is None else observations,
        **tables,
    }
    return make_dataset(**given)


def changed(changes: dict[int, dict[str, Any]], observations: Rows | None = None) -> Rows:
    """The rows with some fields of some observations, named by their offset, set anew."""
    result = [dict(row) for row in (rows() if observations is None else observations)]
    for start, fields in changes.items():
        hit = [row for row in result if row["char_start"] == start]
        if not hit:
            raise KeyError(start)
        for row in hit[:1]:
            row.update(fields)
            if "obs_value" in fields and "value_text" not in fields:
                row["value_text"] = str(fields["obs_value"])
    return result


def wording(lang: str) -> dict[str, str]:
    """Templates of the audit in one language by their dotted key."""
    text = (resources.files("planbrief.display") / "messages" / f"audit.{lang}.toml").read_text(encoding="utf-8")

    def flat(table: dict[str, object], prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in table.items():
            found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
        return found

    return flat(tomllib.loads(text), "")


def assert_worded(finding: Finding, lang: str) -> None:
    """Fail unless the finding has a question in `lang` that names only numbers it carries."""
    template = wording(lang)[finding.message]
    assert "?" in template or "？" in template
    names = {part.split("}")[0] for part in template.split("{")[1:]}
    assert names <= set(finding.numbers), finding.id

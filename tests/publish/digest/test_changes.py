"""What a comparison of two editions lists: all of it, each thing once, and nothing else."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from publish.digest.conftest import RATE, report, rows_of_testville

from planbrief.display.language import LANGS
from planbrief.publish.changes import compare
from planbrief.publish.digest import document, index_digest, lines
from planbrief.publish.digest_rendering import json_bytes, read_digest, to_html, to_markdown, to_text
from planbrief.run.manifest import FindingEntry

AMENDED = {
    "source_id": "testville-plan-2026", "title_zh": "试城修订规划（虚构）", "title_en": "Amended plan (synthetic)",
    "date_published": "2026-02-01",
}  # fmt: skip


def test_equal_editions_differ_in_nothing(edition):
    """Nothing changed gives exactly that: one sentence, no list, no line on the index."""
    changes = compare(edition(), edition())
    assert changes.nothing
    assert not changes.substantial
    for lang in LANGS:
        found = document(changes, lang)
        assert [section.items or section.table for section in found.sections] == [()]
        assert lines(changes, lang) == []
    assert "没有变化" in to_markdown(document(changes, "zh"))
    assert index_digest(changes).changes == {"zh": [], "en": []}


def test_a_changed_figure_shows_both_values_with_their_unit(edition):
    """73.8 % → 61.0 %: old, new, difference in points, relative change; once, though both languages show it."""
    figures = {"testville/steepest_growth/rate": {**RATE, "value": 0.2}}
    changes = compare(edition(), edition(reports=(report("zh", figures=figures), report("en", figures=figures))))
    assert len(changes.figures) == 1
    figure = changes.figures[0]
    assert (figure.kind, figure.reports) == ("changed", ("brief",))
    assert figure.absolute == pytest.approx(-0.06)
    assert figure.relative == pytest.approx(-0.06 / 0.26)
    table = document(changes, "zh").sections[0].table
    assert table[1] == ("试城：要求最陡的目标，试产值，年均增速", "26.0%", "20.0%", "−6.0 个百分点", "−23.1%")
    assert document(changes, "en").sections[0].table[1][1:] == ("26.0%", "20.0%", "−6.0 percentage points", "−23.1%")


def test_a_figure_about_something_else_has_no_difference(edition):
    """Another target is the steepest now: subtracting its rate from the old one's would mean nothing."""
    figures = {"testville/steepest_growth/rate": {**RATE, "value": 0.3, "observations": ["testville-plan-2024-00200"]}}
    changes = compare(edition(), edition(reports=(report("zh", figures=figures), report("en", figures=figures))))
    assert changes.figures[0].moved
    assert math.isnan(changes.figures[0].absolute)
    assert "about something else now" in to_text(document(changes, "en"))


def test_an_amended_target_is_told_from_a_corrected_one(edition):
    """A newer document with another value revises; another value in the same span of the same document corrects."""
    rows = rows_of_testville()
    target = next(row for row in rows if row["time_period"] == "2026" and row["kind"] == "target")
    corrected = [{**row, "obs_value": "210"} if row is target else row for row in rows]
    found = compare(edition(), edition(tables={"observations": tuple(corrected)})).observations
    assert [(change.kind, change.fields) for change in found] == [("corrected", ("obs_value",))]

    new = {**target, "obs_id": "testville-plan-2026-00001", "source_id": "testville-plan-2026", "obs_value": "180"}
    tables = {"observations": (*rows, new), "sources": (*edition().tables["sources"], AMENDED)}
    changes = compare(edition(), edition(tables=tables))
    assert [(change.kind, change.aim, change.stands) for change in changes.observations] == [("revised", True, True)]
    assert [change.kind for change in changes.tables] == ["added"]
    text = to_markdown(document(changes, "zh"))
    assert "**目标调整** 试城 2026年 试产值（目标）：200 亿元 → 180 亿元" in text
    assert "试城修订规划" in text

    replaced = {"observations": (*(row for row in rows if row is not target), new), "sources": tables["sources"]}
    found = compare(edition(), edition(tables=replaced)).observations
    assert [(change.kind, change.stands) for change in found] == [("revised", False)]


def test_a_target_moved_to_another_year_by_a_newer_plan_is_a_revision(edition):
    """The old row went, the amended plan names 2028 in its place."""
    rows = rows_of_testville()
    target = next(row for row in rows if row["time_period"] == "2026" and row["kind"] == "target")
    new = {**target, "obs_id": "n", "source_id": "testville-plan-2026", "time_period": "2028"}
    tables = {
        "observations": (*(row for row in rows if row is not target), new),
        "sources": (*edition().tables["sources"], AMENDED),
    }
    found = compare(edition(), edition(tables=tables)).observations
    assert [(change.kind, change.old["time_period"], change.new["time_period"]) for change in found] == [
        ("revised", "2026", "2028")
    ]


def test_an_older_or_agreeing_document_revises_nothing(edition):
    """A document that was published before, or says the same in another unit, adds an observation."""
    rows = rows_of_testville()
    target = next(row for row in rows if row["time_period"] == "2026" and row["kind"] == "target")
    old = {**AMENDED, "date_published": "2020-01-01"}
    new = {**target, "obs_id": "n", "source_id": "testville-plan-2026", "obs_value": "180"}
    tables = {"observations": (*rows, new), "sources": (*edition().tables["sources"], old)}
    assert [c.kind for c in compare(edition(), edition(tables=tables)).observations] == ["added"]
    new = {**new, "obs_value": "0.02", "unit_measure": "万亿元"}
    tables = {"observations": (*rows, new), "sources": (*edition().tables["sources"], AMENDED)}
    assert [c.kind for c in compare(edition(), edition(tables=tables)).observations] == ["added"]


def test_another_document_behind_the_same_value_is_a_new_source(edition):
    """The row's document changed and nothing that it says."""
    rows = rows_of_testville()
    moved = [{**rows[0], "obs_id": "n", "source_id": "testville-plan-2026"}, *rows[1:]]
    tables = {"observations": tuple(moved), "sources": (*edition().tables["sources"], AMENDED)}
    assert [c.kind for c in compare(edition(), edition(tables=tables)).observations] == ["resourced"]


def test_findings_and_reports_that_come_go_and_fail(edition):
    """Each finding and each report that changed its state is one line."""
    fresh = FindingEntry("sum/2", "parts_total", "implausible", ())
    failed = report("en", status="failed", error="cell 3: division by zero")
    changes = compare(edition(), edition(findings=(fresh,), reports=(report("zh"), failed)))
    assert [(c.finding.id, c.kind) for c in changes.findings] == [("sum/2", "appeared"), ("sum/1", "vanished")]
    assert [(c.name, c.kind) for c in changes.reports] == [("en/brief", "failed")]
    back = compare(edition(reports=(report("zh"), failed)), edition())
    assert [(c.name, c.kind) for c in back.reports] == [("en/brief", "recovered")]
    told = to_text(document(changes, "zh"))
    assert "Brief" in told
    assert "division by zero" not in told  # code is for operators, not for readers


def test_new_layout_alone_is_not_worth_a_mail(edition):
    """Other bytes with the same numbers: said, but not substantial."""
    html = replace(report("zh").html, sha256="1" * 64)
    changes = compare(edition(), edition(reports=(report("zh", html=html), report("en"))))
    assert not changes.nothing
    assert not changes.substantial
    assert [(change.name, change.kind) for change in changes.reports] == [("zh/brief", "changed")]


def test_names_from_the_data_never_become_markup(edition):
    """A hostile name is text in HTML and Markdown."""
    name = "<script>alert(1)</script> | [x](javascript:1) \u202e"
    areas = tuple({**row, "name_zh": name, "name_en": name} for row in edition().tables["areas"])
    rows = rows_of_testville()[1:]
    changes = compare(edition(), edition(tables={"areas": areas, "observations": tuple(rows)}))
    page, text = to_html(document(changes, "en")), to_markdown(document(changes, "en"))
    assert "<script" not in page
    assert "\u202e" not in page + text
    assert "[x](" not in text
    assert "<script" not in text.replace("\\<", "")


def test_json_holds_everything_and_gives_the_index_back(edition):
    """digest.json is strict JSON and its lines are those of the index."""
    rows = rows_of_testville()[1:]
    changes = compare(edition(), edition(tables={"observations": tuple(rows)}, edition="2024-01-15-11111111"))
    shown = index_digest(changes)
    data = json_bytes(changes, shown)
    said = json.loads(data)
    assert said["observations"][0]["old"]["obs_id"] == "testville-plan-2024-00100"
    assert said["observations"][0]["kind"] == "removed"
    assert not said["nothing"]
    assert read_digest(data) == shown


def test_a_manifest_without_data_says_what_was_not_compared(edition):
    """Figures and findings are compared; that observations were not is said."""
    alone = replace(edition(findings=()), tables={})
    changes = compare(edition(), alone)
    assert not changes.data_known
    assert changes.observations == ()
    assert "没有附带数据" in to_markdown(document(changes, "zh"))

"""A real project: synthetic later values are added, the next round builds real notebooks and mails what changed.

All added values are synthetic and say so; none of them is data about a real place.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from deliver.conftest import FakeClock, clock, inbox, mail_server, project  # noqa: F401

from planbrief.checks.data import data_problems
from planbrief.checks.repair import accept
from planbrief.deliver.rounds import Runner
from planbrief.deliver.schedule import Schedule

SOURCE = {
    "source_id": "synthetic-statistics-2025", "title_zh": "虚构统计（测试用）", "title_en": "Synthetic statistics",
    "doc_type": "news", "date_published": "2026-02-01", "language": "zh-Hans",
}  # fmt: skip


def add_actual_value(data: Path) -> None:
    """What an analyst does: a folder for the document with its row and its values."""
    folder = data / "documents" / SOURCE["source_id"]
    folder.mkdir()
    with (data / "documents" / "bazhong-plan-2024" / "source.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    about = dict.fromkeys(rows[0], "") | {name: value for name, value in SOURCE.items() if name in rows[0]}
    about |= {"file_name": "synthetic.txt", "sha256": "0" * 64, "characters": "100"}
    write(folder / "source.csv", [about])
    plan = data / "documents" / "bazhong-plan-2024" / "observations.csv"
    with plan.open(encoding="utf-8", newline="") as file:
        observations = list(csv.DictReader(file))
    base = next(row for row in observations if row["obs_id"] == "bazhong-plan-2024-05163")
    later = {
        **base, "obs_id": "synthetic-statistics-2025-00010", "source_id": SOURCE["source_id"], "time_period": "2025",
        "kind": "actual", "obs_value": "300", "value_text": "300", "char_start": "10", "char_end": "13",
        "locator": "虚构", "comment_obs": "Synthetic value of a test.",
    }  # fmt: skip
    write(folder / "observations.csv", [later])
    header = (data / "forms" / "exclusions.csv").read_bytes()
    (folder / "exclusions.csv").write_bytes(header)
    accept(data, None)
    assert [str(problem) for problem in data_problems(data)] == []


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
def test_a_later_value_reaches_the_inbox_as_progress(project, clock: FakeClock, mail_server, inbox):  # noqa: F811
    """First Monday: the brief. Then a value for 2025: the second mail leads with progress, the report speaks of it."""
    found = Schedule.model_validate(
        {
            "operators": ["ops@example.org"],
            "smtp": {"host": "h", "from": "a@example.org"},
            "jobs": [
                {
                    "name": "weekly",
                    "cron": "0 8 * * mon",
                    "build": ["brief", "profile-bazhong"],
                    "languages": ["zh"],
                    "deliver": [{"to": ["office@example.org"], "when": "change"}],
                }
            ],
        }
    ).model_copy(update={"smtp": mail_server})
    Runner(project, found, clock).round()
    clock.go(days=7)
    assert [run.result for run in Runner(project, found, clock).round()] == ["ok"]
    add_actual_value(project.data)
    clock.go(days=7)
    assert [run.result for run in Runner(project, found, clock).round()] == ["ok"]
    clock.go(days=7)
    assert [(run.result, run.published) for run in Runner(project, found, clock).round()] == [("ok", False)]
    assert [to for to, _ in inbox.mails] == ["office@example.org", "office@example.org"]
    first, second = (mail for _, mail in inbox.mails)
    assert [part.get_content_type() for part in first.iter_attachments()] == ["application/pdf"]
    html = second.get_body(("html",)).get_content()
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", html)[0] == "进展"
    assert "虚构统计" in html
    latest = project.reports / "latest"
    for page in ("zh/profile-bazhong.html", "zh/brief.html"):
        text = re.sub(r"<[^>]+>", "", (latest / page).read_text(encoding="utf-8"))
        assert "落后最多的是" in text, page
    assert "增量完成率" in (latest / "zh" / "profile-bazhong.html").read_text(encoding="utf-8")
    digest = json.loads((latest / "digest.json").read_text(encoding="utf-8"))
    assert [change["kind"] for change in digest["observations"]] == ["added"]

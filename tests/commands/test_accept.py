"""``accept`` and ``add`` on an invented document in a fresh project: all or nothing, and `check` is green."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planbrief.checks import repair
from planbrief.checks.data import data_problems
from planbrief.checks.project import project_problems
from planbrief.checks.verification import verify
from planbrief.commands.accept import AlreadyThere, NotReady, Undecided, accept_draft, pages_about, tabulated
from planbrief.commands.cli import main
from planbrief.commands.new import lay_out, project_files
from planbrief.project import Project
from planbrief.reading.drafts import Draft
from planbrief.targets.dataset import Dataset
from planbrief.targets.package import read_package

TEXT = "新镇2025年工作情况\n全年粮食产量12.5万吨，增长3.1%。\n建成无人机起降点6个。\n全年粮食产量占全县的三成。\n"
NAME = "newtown-report-2026"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A fresh project, in which the commands work."""
    root = lay_out(tmp_path / "project")
    monkeypatch.setenv("PLANBRIEF_PROJECT", str(root))
    return Project(root)


def read(project: Project, text: str = TEXT) -> Draft:
    """Read the invented document into a draft."""
    texts = project.root / "texts"
    texts.mkdir(exist_ok=True)
    (texts / f"{NAME}.txt").write_text(text, encoding="utf-8")
    assert main(["read", str(texts / f"{NAME}.txt"), "--area", "新镇", "--published", "2026-01-20"]) == 0
    return Draft(project.data, NAME)


def accept_all(draft: Draft) -> None:
    draft.decide({"do": "accept", "rows": [row.id for row in draft.standing().rows]})


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of the data, without the drafts."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith("drafts/")}


def table(project: Project, name: str) -> list[dict[str, str]]:
    with (project.data / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_accept_puts_everything_in_and_check_is_green(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Source, observations, exclusions, new indicators and the new area, sealed; verify finds the text as it is."""
    before = {name: (project.data / name).read_text("utf-8") for name in ("areas.csv", "indicators.csv")}
    accept_all(read(project))
    assert main(["accept", NAME, "--yes"]) == 0
    for name, text in before.items():
        lines = (project.data / name).read_text("utf-8").splitlines()
        new = [line for line in lines if line not in text.splitlines()]
        assert new, name
        assert [line for line in lines if line not in new] == text.splitlines(), name
    told = capsys.readouterr().out
    assert "no English name yet" in told
    assert "makes the pages about it" not in told  # a place of no level has none
    assert pages_about(project, "bazhong-plan-2024")[:2] == ["picture-bazhong", "profile-bazhong"]
    assert data_problems(project.data) == []
    rows = table(project, f"documents/{NAME}/observations.csv")
    assert {row["value_text"] for row in rows} >= {"12.5", "3.1", "6"}
    assert "新镇" in {row["name_zh"] for row in table(project, "areas.csv")}
    result = verify(Dataset(read_package(project.data)), project.root / "texts")
    assert [one for one in result.mismatches if one.source_id == NAME] == []
    assert result.accounts[-1].unaccounted == 0 or all(one.unaccounted == 0 for one in result.accounts)
    with pytest.raises(AlreadyThere):
        accept_draft(project, NAME)
    assert accept_draft(project, NAME, replace=True).source_id == NAME


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_verify_reads_a_document_as_it_was_read(project: Project, encoding: str) -> None:
    """Offsets hold in every encoding, with and without a mark of byte order; drafts travel into no new project."""
    texts = project.root / "texts"
    texts.mkdir()
    (texts / f"{NAME}.txt").write_bytes(TEXT.encode(encoding))
    assert main(["read", str(texts / f"{NAME}.txt"), "--area", "巴中", "--published", "2026-01-20"]) == 0
    accept_all(Draft(project.data, NAME))
    accept_draft(project, NAME)
    result = verify(Dataset(read_package(project.data)), texts)
    assert [one for one in result.mismatches if one.source_id == NAME] == []
    assert not [name for name in project_files(project) if "drafts" in name]


def test_a_number_with_a_unit_that_is_no_quantity_says_so(project: Project) -> None:
    """A duration that a person left out passes verify by its comment; without one it does not."""
    draft = read(project, TEXT + "空气质量连续6年达标。\n")
    key = draft.standing().rows[-1].id
    draft.decide({"do": "leave_out", "rows": [key], "reason": "other", "comment": "how long it has lasted"})
    accept_all(draft)
    accept_draft(project, NAME)
    file = project.data / f"documents/{NAME}/exclusions.csv"
    assert "not a quantity: how long" in file.read_text("utf-8")
    result = verify(Dataset(read_package(project.data)), project.root / "texts")
    assert [one for one in result.mismatches if one.source_id == NAME] == []
    file.write_text(file.read_text("utf-8").replace("not a quantity: ", ""), encoding="utf-8")
    result = verify(Dataset(read_package(project.data)), project.root / "texts")
    assert ["unit 年" in one.found for one in result.mismatches if one.source_id == NAME] == [True]


def test_accept_refuses_while_rows_are_undecided(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how many; nothing changes. A numeral without a row counts too."""
    draft = read(project)
    before = tree(project.data)
    assert main(["accept", NAME, "--yes"]) == 2
    assert f"{len(draft.standing().rows)} rows are undecided" in capsys.readouterr().err
    accept_all(draft)
    draft.proposed = draft.proposed[1:]
    (draft.folder / "proposals.json").write_text("[]", encoding="utf-8")
    with pytest.raises(Undecided, match="stand in no row"):
        accept_draft(project, NAME)
    assert tree(project.data) == before


def test_new_names_are_asked_for(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal and without --yes nothing is put into the vocabulary."""
    accept_all(read(project))
    before = tree(project.data)
    assert main(["accept", NAME]) == 2
    told = capsys.readouterr().err
    assert "new area       新镇" in told
    assert "--yes" in told
    assert tree(project.data) == before


def test_a_row_that_cannot_stand_is_named(project: Project) -> None:
    """Values that the span does not print, units and words that no table has: named with their passage."""
    draft = read(project)
    key = next(row.id for row in draft.standing().rows if row.value_text == "12.5")
    draft.decide({"do": "set", "row": key, "cells": {"obs_value": "99", "kind": "wish"}})
    accept_all(draft)
    before = tree(project.data)
    with pytest.raises(NotReady, match=r"12.5 at \d+: .*99") as refused:
        accept_draft(project, NAME)
    assert any("wish" in problem for problem in refused.value.problems)
    assert tree(project.data) == before


def test_what_check_would_find_is_told_by_the_drafts_rows(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Two values of one fact: both are named by number and place in the text, not by lines of a file yet to come."""
    draft = read(project, "2025年，新镇新建公园12个。新镇新建公园15个，占全省的1/4。\n")
    accept_all(draft)
    assert main(["accept", NAME, "--yes", "--project", str(project.root)]) == 2
    said = capsys.readouterr().err
    assert "12 at 12: obs_value: found 12 个; expected 15 个, as 15 at 22 has the same fact" in said
    assert "observations.csv" not in said


def test_a_new_indicator_in_percent_that_is_no_share_is_a_rate(project: Project) -> None:
    """A margin is no part of a whole: the indicator that accept makes for it does not refuse its own row."""
    accept_all(read(project, "2025年，新镇商贸企业营业利润率为6.12%，民宿入住比例为41.5%。\n"))
    assert main(["accept", NAME, "--yes", "--project", str(project.root)]) == 0
    made = {row["name_zh"]: row["aggregation"] for row in table(project, "indicators.csv")}
    assert [form for name, form in made.items() if name.endswith("营业利润率")] == ["rate"]
    assert made["民宿入住比例"] == "share"


def test_words_that_name_no_indicator_are_told_with_their_row(project: Project) -> None:
    """Letters or a mark in place of a name: said of the number, not of a line of the table of indicators."""
    draft = read(project)
    key = next(row.id for row in draft.standing().rows if row.value_text == "12.5")
    draft.decide({"do": "set", "row": key, "cells": {"indicator": "", "indicator_phrase": "AES"}})
    accept_all(draft)
    with pytest.raises(NotReady, match=r"12.5 at \d+: 'AES' is no Chinese name"):
        accept_draft(project, NAME)


def test_a_full_disk_leaves_everything_as_it_was(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle of writing puts every file back."""
    accept_all(read(project))
    before = tree(project.data)
    real, count = repair.replace_file, [0]

    def full(target: Path, content: bytes) -> None:
        count[0] += 1
        if count[0] == 3:
            raise OSError(28, "No space left on device")
        real(target, content)

    monkeypatch.setattr(repair, "replace_file", full)
    assert main(["accept", NAME, "--yes"]) == 1
    assert tree(project.data) == before
    monkeypatch.setattr(repair, "replace_file", real)
    assert accept_draft(project, NAME).source_id == NAME


def killed(place: str, number: int) -> None:
    """`planbrief accept`, whose process dies as it writes a file for the `number`-th time in the copy or the data."""
    code = (
        "import os\nfrom planbrief.checks import repair\nreal, count = repair.replace_file, [0]\n"
        "def dying(target, content):\n"
        f"    count[0] += ('.copy.' in str(target)) == ({place!r} == 'copy')\n"
        f"    os._exit(9) if count[0] == {number} else real(target, content)\n"
        "repair.replace_file = dying\nfrom planbrief.commands.cli import main\n"
        f"main(['accept', {NAME!r}, '--yes'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False, timeout=120)
    assert ended.returncode == 9


def test_a_step_that_was_killed_is_finished_by_the_next(project: Project) -> None:
    """The process dies between two files; the next command ends the work and the data is sound."""
    accept_all(read(project))
    killed("data", 3)
    figure(project)
    assert data_problems(project.data) == []
    assert (project.data / "documents" / NAME / "observations.csv").is_file()


def test_a_copy_that_was_left_behind_is_no_hindrance(project: Project) -> None:
    """The process dies while it prepares the step; the next command takes its copy away and does its own work."""
    accept_all(read(project))
    killed("copy", 1)
    assert list((project.data / "drafts").glob(".copy.*"))
    figure(project)
    assert data_problems(project.data) == []
    assert not list((project.data / "drafts").glob(".copy.*"))
    assert not (project.data / "documents" / NAME / "observations.csv").exists()


def test_what_was_accepted_teaches_the_next_document(project: Project) -> None:
    """The words that a person gave an indicator for find it the next time."""
    draft = read(project)
    key = next(row.id for row in draft.standing().rows if row.value_text == "6")
    draft.decide({"do": "set", "row": key, "cells": {"indicator": "scenic_areas_4a"}})
    phrase = draft.standing().row(key).cells["indicator_phrase"]
    accept_all(draft)
    accept_draft(project, NAME)
    assert (phrase, "scenic_areas_4a") in {
        (row["alias"], row["indicator"]) for row in table(project, "indicator_aliases.csv")
    }
    again = read(project, TEXT.replace("6个", "7个"))
    row = next(row for row in again.standing().rows if row.value_text == "7")
    assert row.cells["indicator"] == "scenic_areas_4a"


# -- add ------------------------------------------------------------------------------------------------------------

GIVEN = {
    "area": "巴中", "indicator": "规上工业增加值增速", "period": "2025", "value": "7.2", "unit": "%",
    "source": "巴中市2025年国民经济和社会发展统计公报", "published": "2026-03-20", "locator": "第二部分",
}  # fmt: skip


def figure(project: Project, **changed: str) -> int:
    given = GIVEN | changed
    return main(["add", *(word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value))])


def test_add_as_in_the_example(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """One command, `check` green, and the value is marked as typed by hand where its origin is shown."""
    assert figure(project) == 0
    assert figure(project, indicator="GDP", value="900.1", unit="亿元", locator="第一部分") == 0
    assert data_problems(project.data) == []
    rows = table(project, "documents/bazhong-bulletin-2026/observations.csv")
    assert [(row["obs_value"], row["kind"], row["transformation"]) for row in rows] == [
        ("7.2", "actual", "yoy"),
        ("900.1", "actual", "level"),
    ]
    assert table(project, "documents/bazhong-bulletin-2026/source.csv")[0]["file_name"] == ""
    capsys.readouterr()
    assert main(["lineage", rows[0]["obs_id"]]) == 0
    assert "typed by hand" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("indicator", "form"),
    [
        ("城镇调查失业率", "share"),
        ("城市污水处理率", "share"),
        ("规上工业企业利润总额增速", "yoy"),
        ("规上工业营业收入利润率", "level"),
        ("农业科技进步贡献率", "contribution"),
        ("万元地区生产总值用水量降低率", "yoy"),
    ],
)
def test_a_percentage_states_what_its_indicator_says(project: Project, indicator: str, form: str) -> None:
    """A rate of unemployment is no growth on the year before, whatever its unit."""
    assert figure(project, indicator=indicator, value="5.4") == 0
    assert table(project, "documents/bazhong-bulletin-2026/observations.csv")[0]["transformation"] == form


def test_verify_skips_in_words_what_has_no_text(project: Project, tmp_path: Path) -> None:
    """It is listed as typed, not as missing."""
    figure(project)
    result = verify(Dataset(read_package(project.data)), tmp_path)
    assert result.typed == ("bazhong-bulletin-2026",)
    assert "bazhong-bulletin-2026" not in {one.source_id for one in result.mismatches}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"area": "巴东县城"}, "巴东县城"),
        ({"area": "bazhng"}, "bazhong"),
        ({"indicator": "gdp_grwth"}, "gdp_growth"),
        ({"period": "去年"}, "去年"),
        ({"value": "7,2,x"}, "number"),
        ({"value": "60—50"}, "range"),
        ({"unit": "斗"}, "units.csv"),
        ({"unit": "万亩"}, "unit"),
        ({"published": "2026-13-40"}, "date"),
        ({"source": "Some English title"}, "Chinese title"),
        ({"source": "bazhong-plan-2024"}, "read from a file"),
        ({"kind": "wish"}, "actual"),
        ({"period": "2026"}, "--kind is needed"),
        ({"locator": " "}, "where"),
        ({"source_id": "Über"}, "small letters"),
    ],
)
def test_add_says_what_is_wrong_and_changes_nothing(
    project: Project, capsys: pytest.CaptureFixture[str], changed: dict[str, str], words: str
) -> None:
    """One message, exit code 2, not a byte of the data different."""
    before = tree(project.data)
    assert figure(project, **changed) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert tree(project.data) == before


def test_the_same_figure_twice_is_refused(project: Project) -> None:
    """A figure stands in a document once."""
    assert figure(project) == 0
    before = tree(project.data)
    assert figure(project) == 2
    assert tree(project.data) == before


def test_a_rank_refers_to_the_area_it_was_told_of(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """全国 is the country; 全市 is the city that the area lies in, and is asked for where that is not known."""
    draft = read(project, TEXT + "茶叶产量居全国第2位。\n蔬菜产量居全市第3位。\n")
    accept_all(draft)
    assert main(["accept", NAME, "--yes"]) == 2
    assert "which area is 全市 here" in capsys.readouterr().err
    row = next(row for row in draft.standing().rows if row.cells.get("counterpart_area") == "全市")
    draft.decide({"do": "set", "row": row.id, "cells": {"counterpart_area": "重庆市"}})
    draft.decide({"do": "accept", "rows": [row.id]})
    assert main(["accept", NAME, "--yes"]) == 0
    areas = {row["ref_area"]: row["name_zh"] for row in table(project, "areas.csv")}
    rows = [row for row in table(project, f"documents/{NAME}/observations.csv") if row["transformation"] == "rank"]
    assert [areas[row["counterpart_area"]] for row in rows] == ["中国", "重庆市"]


def test_names_without_english_are_shown_in_chinese_and_listed(project: Project) -> None:
    """No placeholder goes into the data; check names each row, and the build is not refused for it."""
    accept_all(read(project))
    assert main(["accept", NAME, "--yes"]) == 0
    added = [
        row
        for name in ("areas.csv", "indicators.csv")
        for row in table(project, name)
        if row["name_en"] == row["name_zh"]
    ]
    assert {"新镇"} < {row["name_zh"] for row in added}
    assert not [row["parent"] for row in added if row["name_zh"] == "新镇" and row["parent"]]
    found = {one.found: one for one in project_problems(project) if one.expected == "the English name"}
    assert set(found) == {repr(row["name_zh"]) for row in added}
    assert all(one.note and one.row and one.file.endswith(".csv") for one in found.values())
    assert [one for one in project_problems(project, ["profile"]) if "English" in one.expected] == []


def test_a_place_lies_where_a_person_says(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The review asks for the place that a new area lies in; one that nobody knows is refused, not left out."""
    draft = read(project)
    accept_all(draft)
    draft.decide({"do": "area", "name": "新镇", "cells": {"parent": "无名州"}})
    assert main(["accept", NAME, "--yes"]) == 2
    assert "新镇 is said to lie in 无名州" in capsys.readouterr().err
    draft.decide({"do": "area", "name": "新镇", "cells": {"parent": "重庆市"}})
    assert main(["accept", NAME, "--yes"]) == 0
    rows = {row["name_zh"]: row for row in table(project, "areas.csv")}
    assert rows["新镇"]["parent"] == rows["重庆市"]["ref_area"]


def test_a_place_lies_where_its_name_says(project: Project) -> None:
    """A place that the document only mentions lies nowhere yet; one that begins with the document's area lies in it."""
    draft = read(project)
    first, second = (row.id for row in draft.standing().rows[-2:])
    for row, area in ((first, "远山三省区域"), (second, "新镇北街")):
        draft.decide({"do": "set", "row": row, "cells": {"role": "observation", "ref_area_name": area}})
    places = {one["name_zh"]: one["parent"] for one in tabulated(read_package(project.data), draft).areas.values()}
    assert places["远山三省区域"] == ""
    assert places["新镇北街"] == next(
        one["ref_area"]
        for one in tabulated(read_package(project.data), draft).areas.values()
        if one["name_zh"] == "新镇"
    )


def test_what_is_learnt_and_what_is_not_is_told(project: Project) -> None:
    """A share corrected by a person is learnt where the indicator is a share; the rest says why it is not."""
    draft = read(project, TEXT + "清洁电力占电力装机比重达到41.5%。\n")
    last = draft.standing().rows[-1]
    share = next(row["indicator"] for row in table(project, "indicators.csv") if row["unit_measure"] == "%")
    cells = {
        "role": "observation",
        "indicator_phrase": "清洁电力占电力装机比重",
        "transformation": "share",
        "unit_measure": "%",
    }
    draft.decide({"do": "set", "row": last.id, "cells": {**cells, "indicator": share}})
    assert tabulated(read_package(project.data), draft).aliases.get("清洁电力占电力装机比重") == share
    draft.decide({"do": "set", "row": last.id, "cells": {"indicator": "gdp"}})
    found = tabulated(read_package(project.data), draft)
    assert "清洁电力占电力装机比重" not in found.aliases
    assert "another number" in found.unlearnt["清洁电力占电力装机比重"]

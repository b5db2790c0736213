"""Drafts on synthetic documents: decisions last, are taken back and done again, and survive crashes and reprints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from planbrief.commands.new import lay_out
from planbrief.errors import UnknownName
from planbrief.project import Project
from planbrief.reading.decisions import BadDecision
from planbrief.reading.draft_rows import described
from planbrief.reading.drafts import BrokenDraft, Draft, NoName, drafts, keep_draft, save_drafts
from planbrief.reading.files import read_file

TEXT = "新镇2025年工作情况\n全年粮食产量12.5万吨，增长3.1%。\n建成学校6所。\n力争产量提高50—60万吨。\n"


def kept(folder: Path, text: str = TEXT, name: str = "newtown-report-2026") -> tuple[Draft, int]:
    """The draft of an invented document."""
    folder.mkdir(exist_ok=True)
    file = folder / "document.txt"
    file.write_text(text, encoding="utf-8")
    document = read_file(file)
    found = described(document, "新镇", "2026-01-20")
    facts = {"area": found.area, "published": found.published, "file_name": file.name}
    return keep_draft(folder / "data", name, document, found.rows, facts, file)


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    return kept(tmp_path)[0]


def row_of(draft: Draft, printed: str) -> str:
    return next(row.id for row in draft.standing().rows if row.value_text == printed)


def test_a_draft_keeps_text_places_original_and_proposals(draft: Draft) -> None:
    """What was read can be read again from the draft alone."""
    again = Draft(draft.folder.parents[1], draft.source_id)
    assert again.text == TEXT
    assert again.document.text == TEXT
    assert [path.read_text("utf-8") for path in (draft.folder / "original").iterdir()] == [TEXT]
    assert {row.value_text for row in again.standing().rows} >= {"12.5", "3.1", "6"}
    assert all(row.state in ("sure", "look") for row in again.standing().rows)


def test_every_decision_is_on_the_disk_and_undo_takes_back_one(draft: Draft) -> None:
    """Another process sees each step; undo and redo walk over them."""
    key = row_of(draft, "12.5")
    draft.decide({"do": "set", "row": key, "cells": {"kind": "estimate"}})
    draft.decide({"do": "accept", "rows": [key]})
    other = Draft(draft.folder.parents[1], draft.source_id)
    assert other.standing().row(key).state == "accepted"
    assert other.standing().row(key).changed == {"kind"}
    other.decide({"do": "undo"})
    assert draft.standing().row(key).decided is False
    other.decide({"do": "undo"})
    assert draft.standing().row(key).changed == frozenset()
    draft.decide({"do": "redo"})
    draft.decide({"do": "redo"})
    assert other.standing().row(key).decided
    assert (draft.standing().undoable, draft.standing().redoable) == (2, 0)


def test_keys_typed_in_one_cell_are_one_step(draft: Draft) -> None:
    """Each key is written; undo takes the whole word back."""
    key = row_of(draft, "6")
    before = draft.standing().row(key).cells["subject"]
    for word in ("小", "小学", "小学校"):
        draft.decide({"do": "set", "row": key, "edit": "one", "cells": {"subject": word}})
    assert draft.journal.read_bytes().count(b"\n") == 3
    assert draft.standing().row(key).cells["subject"] == "小学校"
    assert draft.decide({"do": "undo"}).row(key).cells["subject"] == before


def test_a_line_cut_off_by_a_crash_is_forgotten_and_the_rest_stays(draft: Draft) -> None:
    """A torn last line was never confirmed; the next decision starts on a line of its own."""
    key, other = row_of(draft, "12.5"), row_of(draft, "6")
    draft.decide({"do": "accept", "rows": [key]})
    with draft.journal.open("ab") as file:
        file.write(b'{"do":"accept","rows":["')
    again = Draft(draft.folder.parents[1], draft.source_id)
    assert again.standing().row(key).decided
    again.decide({"do": "accept", "rows": [other]})
    assert [json.loads(line)["rows"] for line in draft.journal.read_text("utf-8").splitlines()] == [[key], [other]]


def test_damage_in_the_middle_is_named(draft: Draft) -> None:
    """A journal that somebody damaged is not guessed at."""
    draft.journal.write_bytes(b"rubbish\n")
    with pytest.raises(BrokenDraft, match="line 1"):
        Draft(draft.folder.parents[1], draft.source_id).standing()


def test_two_processes_lose_nothing(draft: Draft) -> None:
    """Four processes that decide at once leave every decision in the journal, each on its line."""
    code = (
        "import sys; from pathlib import Path; from planbrief.reading.drafts import Draft\n"
        "draft = Draft(Path(sys.argv[1]), sys.argv[2])\n"
        "for n in range(10):\n"
        "    draft.decide({'do': 'set', 'row': sys.argv[3], 'cells': {'comment': f'{sys.argv[4]}-{n}'}})"
    )
    data, key = str(draft.folder.parents[1]), row_of(draft, "6")
    running = [subprocess.Popen([sys.executable, "-c", code, data, draft.source_id, key, str(n)]) for n in range(4)]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    lines = [json.loads(line)["cells"]["comment"] for line in draft.journal.read_text("utf-8").splitlines()]
    assert sorted(lines) == sorted(f"{n}-{m}" for n in range(4) for m in range(10))


def test_split_merge_and_mark(draft: Draft) -> None:
    """A span with two numbers becomes two rows and one again; a numeral without a row gets one."""
    pair = row_of(draft, "50—60")
    rows = draft.decide({"do": "split", "row": pair}).rows
    assert [row.cells["obs_value"] for row in rows if row.value_text in ("50", "60")] == ["50", "60"]
    first, second = (row.id for row in rows if row.value_text in ("50", "60"))
    merged = draft.decide({"do": "merge", "row": first, "with": second}).row(pair)
    assert (merged.cells["comparator"], merged.cells["upper_value"]) == ("range", "60")
    twice = draft.decide({"do": "split", "row": row_of(draft, "6")}).rows
    assert [row.part for row in twice if row.value_text == "6"] == [0, 1]
    start = TEXT.index("工作")
    assert draft.decide({"do": "mark", "start": start, "end": start + 2}).row(f"{start}-{start + 2}").made


@pytest.mark.parametrize(
    "action",
    [
        None,
        {"do": "dance"},
        {"do": "accept", "rows": ["0-1"]},
        {"do": "accept", "rows": []},
        {"do": "set", "row": "first", "cells": {"colour": "red"}},
        {"do": "set", "row": "first", "cells": {"kind": 3}},
        {"do": "leave_out", "rows": ["first"]},
        {"do": "mark", "start": 0, "end": 10_000},
        {"do": "merge", "row": "first", "with": "last"},
        {"do": "batch", "actions": [{"do": "undo"}]},
    ],
)
def test_what_cannot_be_decided_is_refused_and_not_written(draft: Draft, action: dict[str, object] | None) -> None:
    """One message; the journal stays as it was."""
    rows = draft.standing().rows
    names = {"first": rows[0].id, "last": rows[-1].id}
    if action is not None:
        action = {
            k: [names.get(x, x) for x in v] if isinstance(v, list) and k == "rows" else v for k, v in action.items()
        }
        action = {k: names.get(v, v) if isinstance(v, str) else v for k, v in action.items()}
    with pytest.raises(BadDecision):
        draft.decide(action)  # type: ignore[arg-type]
    assert not draft.journal.exists()


def test_a_corrected_reprint_keeps_decisions_where_the_passage_is_the_same(tmp_path: Path) -> None:
    """An added line moves rows, a changed line drops its decisions, and the earlier text stays at hand."""
    draft, _ = kept(tmp_path)
    for printed in ("12.5", "3.1", "6"):
        draft.decide({"do": "accept", "rows": [row_of(draft, printed)]})
    draft.decide({"do": "set", "row": row_of(draft, "6"), "cells": {"subject": "小学"}})
    corrected = TEXT.replace("新镇2025年工作情况\n", "新镇2025年工作情况\n（更正版）\n").replace("3.1%", "3.2%")
    again, count = kept(tmp_path, corrected)
    assert count == 1
    row = again.standing().row(row_of(again, "6"))
    assert row.cells["subject"] == "小学"
    assert corrected[row.start : row.end] == "6"
    assert not any(one.decided for one in again.standing().rows if one.value_text in ("12.5", "3.2"))
    assert (again.folder / "earlier" / "001" / "decisions.jsonl").is_file()
    assert again.decide({"do": "undo"}).row(row.id).cells["subject"] == "小学"


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    """The name of a draft is the name of a folder, and nothing else."""
    with pytest.raises(NoName):
        kept(tmp_path, name="../elsewhere")
    with pytest.raises(UnknownName):
        Draft(tmp_path / "data", "../elsewhere")


def test_a_frame_goes_back_checked(tmp_path: Path) -> None:
    """Changed cells are one step; what is not a person's to change is refused and nothing is saved."""
    draft, _ = kept(tmp_path)
    project = Project(tmp_path)
    frame = drafts(draft.source_id, project)
    key = row_of(draft, "6")
    frame.loc[key, "indicator_phrase"] = "新建学校"
    frame["decided"] = True
    assert save_drafts(frame, project=project) == len(frame)
    assert draft.standing().open == ()
    assert draft.standing().row(key).cells["indicator_phrase"] == "新建学校"
    assert len(draft.decide({"do": "undo"}).open) == len(frame)
    frame = drafts(draft.source_id, project)
    assert save_drafts(frame, project=project) == 0
    frame.loc[key, "value_text"] = "7"
    frame["decided"] = True
    with pytest.raises(BadDecision, match="stays as it is"):
        save_drafts(frame, project=project)
    assert len(draft.standing().open) == len(frame)


@pytest.mark.parametrize(("column", "word"), [("reason", "boredom"), ("kind", "hope"), ("comparator", "about")])
def test_a_frame_holds_only_words_of_the_package(tmp_path: Path, column: str, word: str) -> None:
    """A reason, kind or bound that the tables do not have is refused at once, not when the draft is accepted."""
    project = Project(lay_out(tmp_path / "project"))
    draft, _ = kept(project.root)
    frame = drafts(draft.source_id, project)
    frame.loc[row_of(draft, "6"), column] = word
    with pytest.raises(BadDecision, match=word):
        save_drafts(frame, project=project)
    assert not draft.journal.exists()


def test_no_draft_goes_into_the_wheel(root: Path, tmp_path: Path) -> None:
    """Originals and drafts stay on the machine; git ignores them too."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("wheel_hook", root / "tests/distribution/wheel_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("areas.csv", "documents/one/source.csv", "drafts/one/original.pdf"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text("x", encoding="utf-8")
    hook = module.SampleProject(str(tmp_path), {}, None, None, "", "wheel")
    put: dict[str, dict[str, str]] = {"force_include": {}}
    hook.initialize("standard", put)
    inside = {name.removeprefix("planbrief/packaged/data/") for name in put["force_include"].values()}
    assert inside == {"areas.csv", "documents/one/source.csv"}
    assert "data/drafts/" in (root / ".gitignore").read_text(encoding="utf-8")

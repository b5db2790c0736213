"""Rows against a second reading of their passages: what changes a meaning is named, notes speak for one value."""

import csv
import hashlib
from pathlib import Path

import pytest

from planbrief.reading.draft_rows import described, reread
from planbrief.reading.files import read_file
from planbrief.reading.forms.plain import read_plain

TEXT = "某市2026年政府工作报告\n2026年1月20日\n一、2025年工作回顾\n出口额12.5亿元，下降3.2%。\n"
AREAS = {"town": "某市", "other": "他市"}
ROW = {
    "obs_id": "x-1", "ref_area": "town", "obs_value": "12.5", "upper_value": "", "unit_measure": "亿元",
    "kind": "actual", "comparator": "eq", "transformation": "level", "time_period": "2025", "value_text": "12.5",
    "reading_note": "",
}  # fmt: skip


def row(printed, **cells):
    """A sound row of the invented text, changed in some cells."""
    start = TEXT.index(printed)
    return ROW | {"char_start": str(start), "char_end": str(start + len(printed)), "value_text": printed} | cells


def named(*rows, area="某市"):
    """Cells that the second reading names."""
    return [
        one.cell
        for one in reread(read_plain(TEXT.encode(), "x.txt", ""), rows, area, "2026-01-20", AREAS).disagreements
    ]


def test_sound_rows_are_not_named():
    """A level and a decline, entered with the sign of its meaning."""
    decline = row("3.2", obs_id="x-2", obs_value="-3.2", unit_measure="%", transformation="yoy")
    assert named(row("12.5"), decline) == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("obs_value", "-12.5"), ("unit_measure", "万亿元"), ("comparator", "ge"), ("transformation", "avg_annual"),
        ("time_period", "2026"), ("kind", "target"), ("ref_area", "other"),
    ],
)  # fmt: skip
def test_each_cell_is_read_again(cell, value):
    """One wrong cell is named, and only it."""
    assert named(row("12.5", **{cell: value})) == [cell]


def test_a_note_speaks_for_its_value_alone():
    """A note with a reason silences its cell for the value it names, not for a later one."""
    noted = row("12.5", kind="resource", reading_note="kind=resource: counted as an endowment")
    assert named(noted) == []
    assert named(noted | {"kind": "target"}) == ["kind"]
    assert named(noted | {"reading_note": "kind=resource"}) == ["kind"]


def test_rows_that_agree_with_an_unsure_reading_are_listed():
    """A place that is guessed from no word: nothing disagrees, and nobody has looked; a note says that somebody has."""
    text = read_plain("报告\n建设12个。\n".encode(), "x.txt", "")
    (found,) = [one for one in described(text, "", "2026-01-20").rows if one.role == "observation"]
    cells = {name: found.cells[name] for name in ROW if name in found.cells}
    guessed = ROW | cells | {"char_start": str(found.start), "char_end": str(found.end), "value_text": found.value_text}
    assert not found.sure
    for note, unsure in (("", ("x-1",)), ("kind=" + cells["kind"] + ": looked at", ())):
        again = reread(text, [guessed | {"reading_note": note}], "", "2026-01-20", AREAS)
        assert (again.disagreements, again.unsure) == ((), unsure)


def shipped(root: Path, sources_dir: Path):
    """Documents of the project with their rows, where their texts are at hand: in the folder or in one beside it."""
    texts = {
        hashlib.sha256(file.read_bytes()).hexdigest(): file for file in sources_dir.resolve().parent.glob("*/*.txt")
    }
    for folder in sorted((root / "data" / "documents").iterdir()):
        with (folder / "source.csv").open(encoding="utf-8", newline="") as stream:
            (source,) = csv.DictReader(stream)
        with (folder / "observations.csv").open(encoding="utf-8", newline="") as stream:
            rows = [one for one in csv.DictReader(stream) if one["obs_value"]]
        if source["sha256"] in texts:
            yield read_file(texts[source["sha256"]]), source["date_published"], rows


def other(values, value, step=1):
    """Another of some values."""
    return values[(values.index(value) + step) % len(values)] if value in values else values[0]


KINDS = "target constraint commitment estimate resource actual count".split()
FORMS = "level share yoy avg_annual increase_multiple ratio_to_base contribution difference_pp difference rank".split()
BOUNDS = "eq ge gt le lt approx".split()


def mutations(row, areas):
    """The row with one cell changed in its meaning, for each kind of slip."""
    value, unit, period = row["obs_value"], row["unit_measure"], row["time_period"]
    later = str(int(period[:4]) + 1) + period[4:] if period[:4].isdigit() else "2031"
    bigger = {"亿元": "万亿元", "%": "个百分点", "个": "万个"}.get(unit, "万" + unit)
    digit = str(int(value[0]) % 9 + 1) + value[1:] if value[0].isdigit() else value + "1"
    yield "obs_value", value.removeprefix("-") if value.startswith("-") else f"-{value}"
    yield "obs_value", digit
    yield "unit_measure", bigger
    yield "time_period", later
    for step in (1, 2):
        yield "kind", other(KINDS, row["kind"], step)
        yield "transformation", other(FORMS, row["transformation"], step)
        yield "comparator", other(BOUNDS, row["comparator"], step)
    yield "ref_area", other(areas, row["ref_area"], 7)


@pytest.mark.sources
def test_mutations_of_true_rows_are_named(root, sources_dir):
    """Of thousands of changes of a meaning at least 99 in 100 are named with the text at hand."""
    with (root / "data" / "areas.csv").open(encoding="utf-8", newline="") as stream:
        names = {one["ref_area"]: one["name_zh"] for one in csv.DictReader(stream)}
    done = caught = documents = 0
    for document, published, rows in shipped(root, sources_dir):
        documents += 1
        for index in range(len(list(mutations(rows[0], sorted(names))))):
            changed, cells = [], {}
            for one in rows:
                cell, value = list(mutations(one, sorted(names)))[index]
                changed.append(one | {cell: value})
                cells[one["obs_id"]] = cell
            found = {(one.obs_id, one.cell) for one in reread(document, changed, "", published, names).disagreements}
            done += len(cells)
            caught += sum((obs_id, cell) in found for obs_id, cell in cells.items())
    assert done > 1000 * documents
    assert caught / done >= 0.99, f"{caught} of {done}"

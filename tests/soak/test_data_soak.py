"""Two thousand accidents to the shipped data: each harmless or reported, never a traceback."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from checks.mutations import counts, report
from checks.test_data import try_corruptions
from checks.test_plausibility import NAMED

from planbrief.targets.package import read_package

ROOT = Path(__file__).resolve().parents[2]


def test_two_thousand_corruptions(tmp_path: Path) -> None:
    """No accident to any file of the data folder ends in a traceback; PLANBRIEF_CORRUPTIONS sets another number."""
    folder = Path(shutil.copytree(ROOT / "data", tmp_path / "data"))
    count = int(os.environ.get("PLANBRIEF_CORRUPTIONS", "2000"))
    reported, harmless = try_corruptions(folder, count, seed=2, mend=False)
    print(f"{count} corruptions: {reported} reported, {harmless} harmless")
    assert reported + harmless == count


def test_every_change_of_meaning_to_every_row() -> None:
    """More than two thousand mutants of true rows; prints how many the rules name without the text, by kind."""
    made, caught = counts(read_package(ROOT / "data"), seed=1)
    print(report(made, caught))
    assert sum(made.values()) >= 2000
    assert sum(caught.values()) >= NAMED * sum(made.values())

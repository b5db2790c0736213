"""Two thousand accidents to the shipped data: each harmless or reported, never a traceback."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from targets.test_check import try_corruptions

ROOT = Path(__file__).resolve().parents[2]


def test_two_thousand_corruptions(tmp_path: Path) -> None:
    """No accident to any file of the data folder ends in a traceback; PLANBRIEF_CORRUPTIONS sets another number."""
    folder = Path(shutil.copytree(ROOT / "data", tmp_path / "data"))
    count = int(os.environ.get("PLANBRIEF_CORRUPTIONS", "2000"))
    reported, harmless = try_corruptions(folder, count, seed=2, mend=False)
    print(f"{count} corruptions: {reported} reported, {harmless} harmless")
    assert reported + harmless == count

"""What the warm parent has done for a report must not bind its reports to one another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from planbrief.run.pool.executor import Pool
from planbrief.run.produce import PRELOAD


def open_files() -> list[str]:
    """Regular files that this process holds open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = Path(os.readlink(entry))
        except OSError:
            continue
        if target.is_file():
            found.append(str(target))
    return found


def widths(text: str) -> float:
    """Width of a text, which opens the font."""
    from planbrief.display.charts.canvas import text_width

    return text_width(text)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are listed under /proc, on Linux only")
def test_no_open_file_is_shared_with_the_parent() -> None:
    """A file opened before the fork has one position for all: two reports would read each other's glyphs."""
    with Pool(1, PRELOAD) as pool:
        inherited = pool.submit(open_files).result()
    assert not [name for name in inherited if name.endswith((".otf", ".ttf", ".sqlite", ".csv", ".toml", ".json"))]


def test_many_reports_measure_text_at_once() -> None:
    """The same widths in every process, also in a parent that has measured text itself."""
    text = "".join(chr(code) for code in range(0x4E00, 0x5200)) + "Plan 123"
    with Pool(4, (*PRELOAD, f"{__name__}:warmed")) as pool:
        found = list(pool.map(widths, [text] * 24))
    assert found == [widths(text)] * 24


def warmed() -> None:
    """A parent that has opened the font."""
    widths("规")

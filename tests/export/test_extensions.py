"""What an installed package adds: one of each kind by the example package, found as pip would have installed it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from planbrief import extensions
from planbrief.errors import UnknownName

EXAMPLE = Path(__file__).parent / "example_package"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on the path with the example package and what pip writes of its entry points."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "planbrief_example").symlink_to(EXAMPLE / "planbrief_example")
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    facts = folder / "planbrief_example-0.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: planbrief-example\nVersion: 0.1\n", encoding="utf-8")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (facts / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    return folder


def run(installed: Path, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )  # fmt: skip


def test_measure_view_and_exporter_of_a_package(installed: Path, root: Path, tmp_path: Path):
    """They are used by name, from Python and from the command line."""
    code = (
        f"import planbrief as pb; data = pb.load(project={str(root)!r})\n"
        "frame = data.measure('doubling', '巴中')\n"
        "assert len(frame) and (frame['doubling_years'] > 0).all() and frame['observations'].map(len).gt(0).all()\n"
        f"page = pb.page('profile', region='bazhong', lang='en', project={str(root)!r})\n"
        "page.view('doubling', count=2)\n"
    )
    shown = run(installed, "-c", code)
    assert shown.returncode == 0, shown.stderr[-800:]
    assert "Years to double" in shown.stdout
    out = tmp_path / "ids"
    made = run(installed, "-m", "planbrief", "--project", str(root), "export", "--to", "list", "--out", str(out))
    assert made.returncode == 0, made.stderr
    assert len((out / "ids.txt").read_text().splitlines()) > 100


def test_reader_of_a_package(installed: Path):
    """It goes before ours for its own ending."""
    code = (
        "from planbrief.reading.files import _read\n"
        "text = _read('。元亿5值产业工，年7202到'.encode(), 'plan.note', '0' * 64)\n"
        "assert '到2027年，工业产值5亿元。' in text.text, text.text\n"
    )
    shown = run(installed, "-c", code)
    assert shown.returncode == 0, shown.stderr[-800:]


def test_a_name_that_nobody_announces_is_an_error_for_people():
    """Without the package there is no such measure."""
    with pytest.raises(UnknownName, match="measure 'doubling'"):
        extensions.loaded("measures", "doubling")


def test_a_broken_package_is_named(installed: Path, tmp_path: Path):
    """Whose function cannot be imported is said, without a traceback."""
    facts = tmp_path / "broken-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[planbrief.exporters]\nbroken = no_such_module:x\n", encoding="utf-8")
    made = run(tmp_path, "-m", "planbrief", "--sample", "export", "--to", "broken", "--out", str(tmp_path / "o"))
    assert made.returncode == 2
    assert "exporter 'broken' (no_such_module:x)" in made.stderr
    assert "Traceback" not in made.stderr

"""A text of 10 MB is read within bounds of time and memory, and a report of 400 numbers in seconds (invented text)."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planbrief.project import packaged

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HEAD = "2026年某市政府工作报告\n——2026年1月20日在某市第十届人民代表大会上\n一、2025年工作回顾\n"
LINES = (
    "粮食产量{n}.5万吨，增长3.1%，比上年多增0.2万吨。工业、服务业增加值分别增长4.{d}%、5.2%，总量居全省第3位。\n",
    "新建改造道路{n}公里，建成车位500个以上；企业由{d}0家增加到{n}0家，三次产业比重调整为12：38：50。\n",
    *["坚持稳中求进，扎实推进各项工作，着力解决群众关心的事情，持续改善环境，不断提升服务，全面落实责任。\n"] * 4,
)


def text_of(size: int) -> str:
    """An invented report of at least so many bytes in UTF-8."""
    parts, length, number = [HEAD], 0, 0
    while length < size:
        line = LINES[number % len(LINES)].format(n=number % 900 + 1, d=number % 9 + 1)
        parts.append(line)
        length += len(line.encode())
        number += 1
    return "".join(parts)


#: A small process between: what a large one starts is told the larger of its own memory and that of its parent.
BETWEEN = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "wb")).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def measured(file: Path, out: Path) -> tuple[float, int, dict]:
    """Seconds, largest memory in bytes, and what ``planbrief read --json`` prints."""
    command = [sys.executable, "-m", "planbrief", "read", str(file), "--json"]
    environment = {**os.environ, "PLANBRIEF_PROJECT": str(packaged())}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", BETWEEN, str(out), *command], capture_output=True, text=True, env=environment, check=True
    )
    seconds = time.perf_counter() - began
    memory = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    return seconds, memory, json.loads(out.read_text(encoding="utf-8"))


def test_ten_megabytes_neither_hang_nor_take_a_gigabyte(tmp_path: Path) -> None:
    """Every number has a row; the bound of time is several times what a slow machine takes."""
    file = tmp_path / "long.txt"
    file.write_text(text_of(10_000_000), encoding="utf-8")
    seconds, memory, told = measured(file, tmp_path / "out.json")
    print(f"10 MB: {seconds:.1f} s, {memory / 2**20:.0f} MiB, {len(told['rows'])} rows")
    assert len(told["rows"]) > 100_000
    assert memory < 2**30
    assert seconds < 600


def test_four_hundred_numbers_are_read_in_seconds(tmp_path: Path) -> None:
    """A report of usual length, in a process of its own that starts cold."""
    file = tmp_path / "report.txt"
    file.write_text(text_of(36_000), encoding="utf-8")
    seconds, _, told = measured(file, tmp_path / "out.json")
    print(f"{len(told['rows'])} rows: {seconds:.2f} s")
    assert len(told["rows"]) >= 400
    assert seconds < 20  # 3 s alone on a machine; others work beside this test

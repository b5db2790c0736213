"""A text of 10 MB and a PDF of 1,000 pages are read within bounds, a report of 400 numbers in 3 s (invented texts).

Time is that of the processor, which other work beside a test does not lengthen.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reading.printed import write_pdf

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
code = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "wb"), timeout=800).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(code)
"""


def measured(file: Path, out: Path) -> tuple[float, int, dict]:
    """Seconds of the processor, largest memory in bytes, and what ``planbrief read --json`` prints.

    Both are of all processes that the command starts: a PDF is read in one of its own.
    """
    command = [sys.executable, "-m", "planbrief", "read", str(file), "--json"]
    environment = {**os.environ, "PLANBRIEF_PROJECT": str(packaged())}
    done = subprocess.run(
        [sys.executable, "-c", BETWEEN, str(out), *command],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=850,
    )
    seconds, memory = done.stdout.split()
    size = int(memory) * (1 if sys.platform == "darwin" else 1024)
    told = json.loads(out.read_text(encoding="utf-8"))
    print(f"{file.name}: {float(seconds):.2f} s, {size / 2**20:.0f} MiB, {len(told['rows'])} rows")
    return float(seconds), size, told


def test_ten_megabytes_neither_hang_nor_take_a_gigabyte(tmp_path: Path) -> None:
    """Every number has a row; the bound of time is several times what a slow machine takes."""
    file = tmp_path / "long.txt"
    file.write_text(text_of(10_000_000), encoding="utf-8")
    seconds, memory, told = measured(file, tmp_path / "out.json")
    assert len(told["rows"]) > 100_000
    assert memory < 2**30
    assert seconds < 300


def as_pdf(text: str, path: Path) -> None:
    """Paragraphs printed on pages."""
    lines = [f'#text("{line}")' for line in text.split("\n") if line]
    setup = '#set page(paper: "a4")\n#set text(font: "Noto Serif SC", size: 12pt)\n#set par(justify: true)\n'
    write_pdf(setup + "\n\n".join(lines), path)


def test_a_thousand_pages_neither_hang_nor_take_a_gigabyte(tmp_path: Path) -> None:
    """One printed page a thousand times; every page has its rows."""
    import pikepdf

    as_pdf(text_of(900), tmp_path / "page.pdf")
    with pikepdf.open(tmp_path / "page.pdf") as pdf:
        assert len(pdf.pages) == 1
        for _ in range(999):
            pdf.pages.append(pdf.pages[0])
        pdf.save(tmp_path / "long.pdf")
    _, _, one = measured(tmp_path / "page.pdf", tmp_path / "out.json")
    seconds, memory, told = measured(tmp_path / "long.pdf", tmp_path / "out.json")
    assert len(told["rows"]) == 1000 * len(one["rows"]) >= 5_000
    assert "1000" in told["rows"][-1]["locator"]
    assert memory < 2**30
    assert seconds < 150


@pytest.mark.parametrize("form", ["txt", "pdf"])
def test_four_hundred_numbers_are_read_in_three_seconds(tmp_path: Path, form: str) -> None:
    """A report as long as the longest of a province (33,000 characters), in a process of its own that starts cold."""
    file = tmp_path / f"report.{form}"
    text = text_of(99_000)
    if form == "pdf":
        as_pdf(text, file)
    else:
        file.write_text(text, encoding="utf-8")
    seconds, _, told = measured(file, tmp_path / "out.json")
    assert len(told["rows"]) >= 400
    assert seconds <= 3

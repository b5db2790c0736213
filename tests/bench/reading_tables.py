"""How many cells of indicator tables are read right, by the form they are printed in (invented tables, with a seed).

    python tests/bench/reading_tables.py [--count N] [--seed N] [--show]

Each table is written as Word, HTML, Excel and text; the Word file is also printed to PDF by LibreOffice, and that PDF
laid out as text by ``pdftotext -layout``, where these programs are there. A cell is right where its value, unit, period
and the name of its row are.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reading.printed import Print, as_html, as_pipes, as_spaces, as_tabs, as_typst, write_excel, write_pdf, write_word

from planbrief.reading.draft_rows import proposals
from planbrief.reading.files import read_file

NAMES = (
    "地区生产总值 全员劳动生产率 规模以上工业增加值 社会消费品零售总额 一般公共预算收入 货物进出口总额 研发经费支出 "
    "每万人口高价值发明专利拥有量 数字经济核心产业增加值 居民人均可支配收入 城镇新增就业人数 每千人口执业医师数 "
    "每千人口拥有三岁以下婴幼儿托位数 基本养老保险参保人数 粮食综合生产能力 能源综合生产能力 高速公路通车里程 "
    "生活垃圾分类处理设施日处理能力 县级以上城市建成区绿地面积 规模以上文化及相关产业企业营业收入 新建改造农村公路里程"
).split()
UNITS = (
    "亿元 万元/人 亿元 亿元 亿元 亿元 亿元 件 亿元 元 万人 人 个 万人 万吨 万吨标准煤 公里 吨 公顷 亿元 公里".split()
)
GROUPS = ("经济发展", "创新驱动", "民生福祉", "绿色生态", "安全保障")


def table(dice: random.Random, side: bool = False) -> tuple[Print, list[tuple[str, str, str, str]]]:
    """A table and its cells: name, value, unit, year; ``side`` sets two halves of it beside each other."""
    years = dice.choice([("2025", "2030"), ("2024", "2025", "2030"), ("2025", "2027", "2030")])
    years = ("2025", "2030") if side else years
    at = dice.sample(range(len(NAMES)), dice.randint(6, 12) // 2 * 2)
    unit_column, grouped, numbered = dice.random() < 0.5, dice.random() < 0.4, dice.random() < 0.5
    if side:
        unit_column = grouped = numbered = False
    truth, body = [], []
    for index, which in enumerate(at):
        values = [f"{dice.uniform(1, 900):,.{dice.choice([0, 1, 2])}f}".replace(",", "") for _ in years]
        name, unit = NAMES[which], UNITS[which]
        truth += [(name, value, unit, year) for value, year in zip(values, years, strict=True)]
        row = [str(index + 1)] if numbered else []
        row += [name, unit] if unit_column else [f"{name}（{unit}）"]
        body.append([*row, *values, *([] if side else [dice.choice(["预期性", "约束性"])])])
    head = [
        *(["序号"] if numbered else []),
        "指标",
        *(["单位"] if unit_column else []),
        *(f"{year}年" for year in years),
    ]
    head += [] if side else ["属性"]
    merges = []
    if side:
        half = len(body) // 2
        body = [left + right for left, right in zip(body[:half], body[half:], strict=True)]
        head *= 2
    if grouped:
        head, body = ["类别", *head], [["", *row] for row in body]
        step = max(2, len(body) // 3)
        for number, top in enumerate(range(0, len(body), step)):
            body[top][0] = GROUPS[number % len(GROUPS)]
            height = min(step, len(body) - top)
            if height > 1:
                merges.append((top + 1, 0, height, 1))
    return Print([head, *body], merges=merges, caption="专栏1 某市“十五五”主要指标", note=""), truth


def narrow_word(one: Print, path: Path, ruled: bool) -> None:
    """A Word file whose column of names is so narrow that long names wrap."""
    import docx
    from docx.shared import Cm

    write_word(one, path, ruled)
    document = docx.Document(str(path))
    made = document.tables[0]
    made.autofit = False
    for column, word in enumerate(one.rows[0]):
        for cell in made.columns[column].cells:
            cell.width = Cm(3.2 if word == "指标" else 2.1)
    document.save(str(path))


def forms(one: Print, folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a table by form."""
    texts = {"text: tabs": as_tabs, "text: spaces": as_spaces, "text: pipes": as_pipes, "HTML": as_html}
    for name, write in texts.items():
        path = folder / f"{re.sub('[^a-z]', '', name.lower())}.{'html' if name == 'HTML' else 'txt'}"
        path.write_text(write(one), encoding="utf-8")
        yield name, path
    write_excel(one, folder / "table.xlsx")
    yield "Excel", folder / "table.xlsx"
    for ruled in (True, False):
        kind = "ruled" if ruled else "unruled"
        path = folder / f"{kind}.docx"
        narrow_word(one, path, ruled)
        yield f"Word {kind}", path
        write_pdf(as_typst(one, ruled), folder / f"typst-{kind}.pdf")
        yield f"PDF {kind}", folder / f"typst-{kind}.pdf"
        if shutil.which("soffice"):
            profile = f"-env:UserInstallation=file://{folder.parent}/office"
            subprocess.run(
                ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)],
                check=True, capture_output=True, timeout=180,
            )  # fmt: skip
            if not path.with_suffix(".pdf").is_file():
                continue  # an office without its writer
            yield f"PDF of Word {kind}", path.with_suffix(".pdf")
            if shutil.which("pdftotext"):
                laid = folder / f"{kind}-layout.txt"
                subprocess.run(["pdftotext", "-layout", str(path.with_suffix(".pdf")), str(laid)], check=True)
                yield f"text: pdftotext -layout, {kind}", laid


def wrong_cells(path: Path, truth: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Cells of a table that its file is not read to say."""
    rows = proposals(read_file(path), "某市", "2026-02-10")
    said = defaultdict(list)
    for row in rows:
        if row.role == "observation":
            cells = row.cells
            said[float(cells["obs_value"])].append(
                (re.sub(r"\s", "", cells["indicator_phrase"]), cells["unit_measure"], cells["time_period"])
            )
    return [
        (name, value, unit, year)
        for name, value, unit, year in truth
        if (name, unit, year) not in said.get(float(value), [])
    ]


def measure(count: int, seed: int, show: bool = False, keep: Path | None = None) -> dict[str, list[int]]:
    """Right and all cells by form; side-by-side tables are counted apart."""
    dice = random.Random(seed)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    with tempfile.TemporaryDirectory(prefix="planbrief-tables-") as root:
        for number in range(count):
            side = number % 4 == 3
            one, truth = table(dice, side)
            folder = Path(root) / str(number)
            folder.mkdir()
            for name, path in forms(one, folder):
                wrong = wrong_cells(path, truth)
                kind = name + (", side by side" if side else "")
                found[kind][0] += len(truth) - len(wrong)
                found[kind][1] += len(truth)
                if show and wrong:
                    print(f"{number} {kind}: {len(wrong)} of {len(truth)}, such as {wrong[:3]}")
                    if keep is not None:
                        keep.mkdir(exist_ok=True)
                        shutil.copy(path, keep / f"{number}-{path.name}")
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what is wrong")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the files that are read wrong")
    given = parser.parse_args()
    print("| form | cells | right |\n|---|---:|---:|")
    for name, (part, whole) in sorted(measure(given.count, given.seed, given.show, given.keep).items()):
        print(f"| {name} | {whole} | {100 * part / whole:.1f} % |")


if __name__ == "__main__":
    main()

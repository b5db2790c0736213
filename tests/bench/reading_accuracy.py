"""How well the grammar reads: accuracy of each cell over hand labels and over the project's own rows.

Run with the folders that hold the labelled documents and the sources (neither is in the repository):

    python tests/bench/reading_accuracy.py --documents DIR --sources DIR [--show KIND] [--only NAME ...]

``--documents`` holds ``NAME.txt`` with ``labels/*.csv``; ``--sources`` the texts that ``data/sources.csv`` names by
digest. Own rows are read with the tables of indicators empty: nothing of ``data/`` helps the grammar.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

from measuring import Part

from planbrief.reading.draft_rows import proposals
from planbrief.reading.files import read_file

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?")
CELLS = ("value", "upper_value", "unit", "comparator", "transformation", "kind", "area", "period", "indicator_phrase")
GROUPS = {
    "value, unit, comparator": ("value", "unit", "comparator"),
    "kind, area, transformation": ("kind", "area", "transformation"),
    "period": ("period",),
    "indicator phrase": ("indicator_phrase",),
}


def same_number(one: str, other: str) -> bool:
    """Equal as numbers, or both empty."""
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other


def same_name(one: str, other: str) -> bool:
    """Names that say the same thing: equal, one inside the other, or mostly the same characters in order."""
    strip = re.compile(r"[“”（）()、，的 ]|分别|全省|全市|新?建设|数量|数$")
    one, other = strip.sub("", one), strip.sub("", other)
    if not one or not other:
        return one == other
    if one == other or (min(len(one), len(other)) >= 2 and (one in other or other in one)):
        return True
    return SequenceMatcher(None, one, other).ratio() >= 0.6


def same_area(one: str, other: str) -> bool:
    """Area names that differ only in the word for their level."""
    strip = re.compile(r"(?:省|市|区|县|自治区|壮族|回族|维吾尔)")
    return strip.sub("", one) == strip.sub("", other)


def accepted(label: dict[str, str]) -> dict[str, set[str]]:
    """Accepted values of each cell: the label's, and those that its note allows."""
    result = {name: {label.get(name) or ""} for name in CELLS}
    for name, value in re.findall(r"accept_also: (\w+)=([^;]*)", label.get("note") or ""):
        if name in result:
            result[name].add(value.strip())
    return result


def right(cell: str, value: str, allowed: set[str]) -> bool:
    """Whether a cell says what one of the allowed values says."""
    if cell in ("value", "upper_value"):
        return any(same_number(value, one) for one in allowed)
    if cell == "indicator_phrase":
        return any(same_name(value, one) for one in allowed)
    if cell == "area":
        return any(same_area(value, one) for one in allowed)
    return value in allowed


class Score:
    """Counts over labelled numerals."""

    def __init__(self) -> None:
        self.cells: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        #: Of each quantity that has a row: its confidence, and how many of its cells are right.
        self.trusted: list[tuple[float, int]] = []

    def add(self, label: dict[str, str], row: dict[str, str] | None, context: str) -> None:
        """One labelled numeral against its row."""
        either = "either role" in (label.get("note") or "")
        if label["exclusion_reason"]:
            if either:
                return
            self.counts["exclusions"] += 1
            if row is not None and row["role"] == "exclusion":
                self.counts["exclusions recognised"] += 1
                if row["reason"] == label["exclusion_reason"]:
                    self.counts["right reason"] += 1
                else:
                    self.wrong.append(f"reason {row['reason']} for {label['exclusion_reason']} | {context}")
            else:
                self.wrong.append(f"exclusion missed ({label['exclusion_reason']}) | {context}")
            return
        self.counts["quantities"] += 1
        if row is None or row["role"] == "exclusion":
            self.counts["lost"] += 1
            if row is not None and row["sure"]:
                self.counts["lost, sure"] += 1
            for cell in CELLS:
                self.cells[cell][1] += 1
            self.wrong.append(f"quantity lost ({row['reason'] if row else 'no row'}) | {context}")
            return
        allowed = accepted(label)
        if row["sure"]:
            self.counts["sure"] += 1
        self.trusted.append((row["confidence"], sum(right(cell, row[cell], allowed[cell]) for cell in CELLS)))
        for cell in CELLS:
            good = right(cell, row[cell], allowed[cell])
            self.cells[cell][0] += good
            self.cells[cell][1] += 1
            if row["sure"]:
                self.counts["sure cells"] += 1
                self.counts["sure cells wrong"] += not good
            if not good:
                mark = "SURE " if row["sure"] else ""
                self.wrong.append(f"{mark}{cell}: {row[cell]!r} for {sorted(allowed[cell])} | {context}")

    def table(self) -> list[tuple[str, str]]:
        """Lines of the table."""

        def share(part: int, whole: int) -> str:
            return f"{100 * part / whole:5.1f} %  ({part}/{whole})" if whole else "    –"

        lines = []
        for name, cells in GROUPS.items():
            part = sum(self.cells[cell][0] for cell in cells)
            lines.append((name, share(part, sum(self.cells[cell][1] for cell in cells))))
        for cell in CELLS:
            lines.append((f"  {cell}", share(*self.cells[cell])))
        counts = self.counts
        lines.append(("exclusions recognised", share(counts["exclusions recognised"], counts["exclusions"])))
        lines.append(("  with the right reason", share(counts["right reason"], counts["exclusions"])))
        lines.append(("quantities lost / lost and sure", f"{counts['lost']} / {counts['lost, sure']}"))
        lines.append(("wrong cells among sure rows", share(counts["sure cells wrong"], counts["sure cells"])))
        lines.append(("rows called sure", share(counts["sure"], counts["quantities"])))
        return lines


def as_row(proposal: object) -> dict[str, str]:
    """A proposal in the names of the labels."""
    row = proposal.as_json()
    names = {"value": "obs_value", "unit": "unit_measure", "area": "ref_area_name", "period": "time_period"}
    return {
        "role": row["role"],
        "reason": row.get("reason", ""),
        "sure": row["sure"],
        "confidence": row["confidence"],
    } | {cell: str(row.get(names.get(cell, cell), "")) for cell in CELLS}


def best(rows: list[object], start: int, end: int, value: str) -> dict[str, str] | None:
    """The row of a labelled span: the one that overlaps it, with the same value where there are several."""
    found = [row for row in rows if row.start < end and start < row.end]
    same = [row for row in found if row.cells and same_number(row.cells["obs_value"], value)]
    return as_row((same or found)[0]) if found else None


def context_of(text: str, start: int, end: int) -> str:
    """The surroundings of a span for the screen."""
    return f"{text[max(0, start - 30) : start]}⟦{text[start:end]}⟧{text[end : end + 16]}".replace("\n", "⏎")


def unaccounted(text: str, rows: list[object]) -> int:
    """Digit tokens that are not in exactly one span of rows."""
    spans = sorted({(row.start, row.end) for row in rows})
    count = 0
    for match in TOKEN.finditer(text):
        count += sum(start <= match.start() and match.end() <= end for start, end in spans) != 1
    return count


def score_labels(folder: Path, only: list[str]) -> dict[str, Score]:
    """Scores by labelled document."""
    scores = {}
    for file in sorted((folder / "labels").glob("*.csv")):
        if only and file.stem not in only:
            continue
        labels = list(csv.DictReader(file.open(encoding="utf-8")))
        document = read_file(folder / f"{labels[0]['doc']}.txt")
        text, rows = document.text, proposals(document)
        score = scores[file.stem] = Score()
        for label in labels:
            start, end = int(label["char_start"]), int(label["char_end"])
            score.add(label, best(rows, start, end, label["value"]), context_of(text, start, end))
    return scores


def score_own(folder: Path, only: list[str]) -> dict[str, Score]:
    """Scores by document of the project's own data."""
    texts = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in folder.glob("*.txt")}
    scores = {}
    areas = {
        row["ref_area"]: row["name_zh"]
        for row in csv.DictReader((PROJECT / "data/areas.csv").open("r", encoding="utf-8"))
    }
    names = {
        row["indicator"]: row["name_zh"]
        for row in csv.DictReader((PROJECT / "data/indicators.csv").open("r", encoding="utf-8"))
    }
    sources = [
        row for file in (PROJECT / "data").rglob("source*.csv") for row in csv.DictReader(file.open(encoding="utf-8"))
    ]
    for source in sources:
        source_id = source["source_id"]
        if source["sha256"] not in texts or (only and source_id not in only):
            continue
        document = read_file(texts[source["sha256"]])
        text = document.text
        observations = own_rows("observations", source_id)
        area = Counter(row["ref_area"] for row in observations).most_common(1)[0][0]
        rows = proposals(document, areas.get(area, area), source["date_published"])
        score = scores[source_id] = Score()
        for row in observations:
            start, end = int(row["char_start"]), int(row["char_end"])
            if not row["obs_value"]:
                continue
            label = {
                "value": row["obs_value"],
                "upper_value": row["upper_value"],
                "unit": row["unit_measure"],
                "comparator": row["comparator"],
                "transformation": row["transformation"],
                "kind": row["kind"],
                "area": areas.get(row["ref_area"], row["ref_area"]),
                "period": row["time_period"],
                "indicator_phrase": names.get(row["indicator"], row["indicator"]),
                "exclusion_reason": "",
                "note": "",
            }
            score.add(label, best(rows, start, end, row["obs_value"]), context_of(text, start, end))
        for row in own_rows("exclusions", source_id):
            start, end = int(row["char_start"]), int(row["char_end"])
            label = {"exclusion_reason": row["reason"], "note": "", "value": ""}
            score.add(label, best(rows, start, end, ""), context_of(text, start, end))
        score.counts["unaccounted"] = unaccounted(text, rows)
    return scores


def documents_read(folder: Path) -> Part:
    """Every text of a folder: seconds, numbers, how many are in no row or in two, quantities, share called sure."""
    head = ("document", "seconds", "numbers", "in no row or two", "quantities", "called sure", "left out")
    part = Part("Documents read", head)
    sums: Counter[str] = Counter()
    for file in sorted(folder.glob("*.txt")):
        began = time.perf_counter()
        document = read_file(file)
        rows = proposals(document)
        quantities = [row for row in rows if row.role == "observation"]
        counts = {
            "seconds": time.perf_counter() - began,
            "numbers": len(TOKEN.findall(document.text)),
            "amiss": unaccounted(document.text, rows),
            "quantities": len(quantities),
            "sure": sum(row.sure for row in quantities),
            "left out": len(rows) - len(quantities),
        }
        sums.update(counts)
        part.rows.append(_document_row(file.stem, counts))
        part.raw[file.stem] = counts
    part.rows.append(_document_row("all", sums))
    return part


def _document_row(name: str, counts: Mapping[str, float]) -> tuple[object, ...]:
    sure = counts["sure"] / max(1, counts["quantities"])
    return (
        *(name, f"{counts['seconds']:.2f}", counts["numbers"], counts["amiss"], counts["quantities"]),
        *(f"{sure:.1%}", counts["left out"]),
    )


def accuracy(title: str, scores: dict[str, Score]) -> Part:
    """Share of right cells for each document and all together."""
    columns = {**scores, "all": total(scores)} if len(scores) > 1 else scores
    tables = {name: dict(score.table()) for name, score in columns.items()}
    part = Part(title, ("cells right", *tables))
    for line in next(iter(tables.values()), {}):
        part.rows.append((line, *(table[line] for table in tables.values())))
    part.raw = tables
    return part


#: Bounds of confidence between which rows are counted together; rows from 0.8 on are called sure.
STEPS = (0.0, 0.5, 0.65, 0.8, 0.875, 0.92, 1.01)


def calibration(scores: Iterable[Score]) -> Part:
    """How far confidence says the truth: rows by confidence, how many have every cell right, and how many cells are.

    The last line is the expected calibration error over rows: the mean distance between what the grammar trusts a row
    and how many rows of its kind are right, each kind weighed by its rows.
    """
    trusted = [one for score in scores for one in score.trusted]
    part = Part("Confidence and truth", ("confidence", "rows", "mean", "rows all right", "cells right"))
    missed = 0.0
    for low, high in pairwise(STEPS):
        inside = [one for one in trusted if low <= one[0] < high]
        if not inside:
            continue
        mean = sum(one[0] for one in inside) / len(inside)
        whole = sum(one[1] == len(CELLS) for one in inside) / len(inside)
        cells = sum(one[1] for one in inside) / (len(CELLS) * len(inside))
        missed += abs(mean - whole) * len(inside) / len(trusted)
        name = f"{low:g} to {min(high, 1):g}"
        part.rows.append((name, len(inside), f"{mean:.2f}", f"{whole:.1%}", f"{cells:.1%}"))
        part.raw[name] = {"rows": len(inside), "mean": mean, "all right": whole, "cells right": cells}
    part.rows.append(("expected error", len(trusted), "", f"{missed:.3f}", ""))
    part.raw["expected error"] = missed
    return part


def own_rows(table: str, source_id: str) -> list[dict[str, str]]:
    """Rows of the project's data for a source, in either layout of its folders."""
    files = [PROJECT / "data" / table / f"{source_id}.csv", PROJECT / "data/documents" / source_id / f"{table}.csv"]
    return [row for file in files if file.is_file() for row in csv.DictReader(file.open(encoding="utf-8"))]


def total(scores: dict[str, Score]) -> Score:
    """All scores together."""
    result = Score()
    for score in scores.values():
        result.counts += score.counts
        for cell, (part, whole) in score.cells.items():
            result.cells[cell][0] += part
            result.cells[cell][1] += whole
    return result


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--sources", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--show", default="", help="print wrong cells whose line matches this pattern")
    arguments = parser.parse_args()
    parts, scored = [], {}
    if arguments.documents:
        if not arguments.only:
            parts.append(documents_read(arguments.documents))
        scored |= (found := score_labels(arguments.documents, arguments.only))
        parts.append(accuracy("Hand labels", found))
    if arguments.sources:
        scored |= (found := score_own(arguments.sources, arguments.only))
        parts.append(accuracy("The project's own rows, its tables emptied", found))
    parts.append(calibration(scored.values()))
    for part in parts:
        print(part.markdown())
    if arguments.show:
        for name, score in scored.items():
            for line in score.wrong:
                if re.search(arguments.show, line):
                    print(f"{name}: {line}")


if __name__ == "__main__":
    main()

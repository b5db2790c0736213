"""(d) Synthetic cities, generated here from the rows of a shipped one: speed and memory, one job, two jobs, Dask.

They are no data: every row is a copy of a shipped row with another id and a scaled value.
"""

from __future__ import annotations

import contextlib
import csv
import json
import random
import re
import shutil
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import BIN, Memory, Part, Setting, environment
from pypdf import PdfReader

#: Areas whose rows are copied, and their documents: the smallest one, and the real sizes.
SMALL = (("qijiang", "qijiang-smart-2025"),)
FULL = (
    ("bazhong", "bazhong-plan-2024"),
    ("sichuan", "sichuan-report-2026"),
    ("chongqing", "chongqing-report-2026"),
    ("guangdong", "guangdong-report-2026"),
)
#: Rounds with the larger number of cities: one takes a quarter of an hour.
MANY_ROUNDS = 1
#: Numbers of full-size areas, and how many of them a comparison sets side by side.
FULL_COUNTS, SIDE_BY_SIDE = (30, 100, 300), 31


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def country(shipped: Path, root: Path, count: int, models: Sequence[tuple[str, str]]) -> list[str]:
    """A project of `count` synthetic areas, copies of `models` in turn, without a report; returns their ids.

    All levels of an area are scaled by one factor, so that what adds up in the model adds up in its copy; shares and
    rates stay, for they would not be possible otherwise.
    """
    shutil.rmtree(root, ignore_errors=True)
    for name in ("data", "notebooks"):
        shutil.copytree(shipped / name, root / name)
    (root / "reports").mkdir()
    scale = random.Random(20260101)
    areas, documents = read(root / "data/areas.csv"), root / "data" / "documents"
    parents = {row["ref_area"]: row["parent"] for row in areas}
    by_id = {row["ref_area"]: row for row in areas}
    made = []
    for number in range(count):
        model, document = models[number % len(models)]
        rows = read(documents / document / "observations.csv")
        inside = {model}
        for area in {row["ref_area"] for row in rows}:
            above = [area]
            while parents.get(above[-1]):
                above.append(parents[above[-1]])
            inside |= set(above[: above.index(model)]) if model in above else set()
        new = {area: f"{area}_{number:04d}" for area in sorted(inside)}
        for area in sorted(inside):
            row = by_id[area]
            names = {"name_zh": f"{row['name_zh']}{number:04d}", "name_en": f"{row['name_en']} {number:04d}"}
            areas.append({**row, **names, "ref_area": new[area], "parent": new.get(row["parent"], row["parent"]),
                          "gb2260": "", "iso3166_2": ""})  # fmt: skip
        source = f"synthetic-{number:04d}"
        (documents / source).mkdir()
        about = read(documents / document / "source.csv")[0]
        write(documents / source / "source.csv", [{**about, "source_id": source, "file_name": f"{source}.txt"}])
        shutil.copy(root / "data/forms/exclusions.csv", documents / source)
        factor = scale.uniform(0.5, 2)

        def scaled(row: dict[str, str], column: str, factor: float = factor) -> str:
            fixed = row["unit_measure"] in ("%", "个百分点", "‰", "") or row["transformation"] not in ("", "level")
            return row[column] if fixed or not row[column] else f"{float(row[column]) * factor:.4f}"

        copies = [
            {**row, "obs_id": f"{source}-{position:07d}", "source_id": source,
             "ref_area": new.get(row["ref_area"], row["ref_area"]),
             "obs_value": scaled(row, "obs_value"), "upper_value": scaled(row, "upper_value")}
            for position, row in enumerate(rows)
        ]  # fmt: skip
        write(documents / source / "observations.csv", copies)
        made.append(new[model])
    write(root / "data/areas.csv", areas)
    return made


def catalog(shipped: Path, root: Path, reports: str) -> None:
    """The shipped settings and notebooks, Chinese pages only, with `reports` in place of the shipped ones."""
    text = (shipped / "reports" / "catalog.toml").read_text(encoding="utf-8").partition("[[reports]]")[0]
    text = re.sub(r"(?m)^languages = .*$", 'languages = ["zh"]', text)
    (root / "reports" / "catalog.toml").write_text(text + reports, encoding="utf-8")


def entry(report: str, notebook: str, parameters: str) -> str:
    """One report of a catalog."""
    words = 'about = { zh = "合成", en = "Synthetic" }'
    return f'[[reports]]\nid = "{report}"\nnotebook = "{notebook}"\n{words}\nparameters = {{ {parameters} }}\n\n'


def city_project(shipped: Path, root: Path, count: int) -> Path:
    """A project of `count` small synthetic cities with a Chinese profile each."""
    regions = json.dumps(country(shipped, root, count, SMALL))
    catalog(shipped, root, entry("profile-{region}", "profile", f"region = {regions}"))
    return root


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
    """A scheduler and single-threaded workers on this machine: address and process numbers."""
    import distributed

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    started = [subprocess.Popen([BIN / "dask", "scheduler", "--scheduler-file", file, "--host", "127.0.0.1",
                                 "--port", "0", "--no-dashboard"], **quiet)]  # type: ignore[call-overload]  # fmt: skip
    try:
        while not file.exists():
            time.sleep(0.1)
        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            address = client.scheduler.address
            for _ in range(workers):
                started.append(subprocess.Popen(  # type: ignore[call-overload]
                    [BIN / "dask", "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"], **quiet
                ))  # fmt: skip
            client.wait_for_workers(workers, timeout=60)
        yield address, [process.pid for process in started[1:]]
    finally:
        for process in started:
            process.kill()
            process.wait()


@dataclass
class Seen:
    """What one build took: seconds, and MiB at the peaks of the tree, the leading process and the largest other."""

    seconds: float
    tree: float
    lead: float
    worker: float


def run(setting: Setting, project: Path, *words: str, beside: tuple[int, ...] = ()) -> Seen:
    """One build into an empty folder."""
    out = setting.folder / "d-out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(out.with_name(f".planbrief-{out.name}"), ignore_errors=True)
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(BIN / "planbrief"), "build", "--unchecked", "--out", str(out), *words],
        env=environment(project), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with Memory(process.pid, *beside) as memory:
        _, said = process.communicate()
        wall = time.perf_counter() - start
    if process.returncode != 0:
        raise RuntimeError(f"planbrief build {' '.join(words)} failed: {said[-2000:]}")
    return Seen(wall, memory.tree, memory.lead, memory.worker)


def measure(setting: Setting) -> Part:
    """Few cities in every round, many in one (in five, an hour): one job, two jobs, two Dask workers."""
    counts = {10: 1, 40: 1} if setting.quick else {100: setting.rounds, 1000: min(setting.rounds, MANY_ROUNDS)}
    head = (
        "cities",
        "way",
        "rounds",
        "s",
        "reports per s",
        *(f"peak of {w}, MiB" for w in ("all", "the build", "a worker")),
    )
    part = Part("(d) Small synthetic cities (generated by the bench; no data)", head)
    found: dict[tuple[int, str], list[Seen]] = defaultdict(list)
    for count, rounds in counts.items():
        project = city_project(setting.project, setting.folder / f"cities-{count}", count)
        for _ in range(rounds):
            found[count, "1 job"].append(run(setting, project, "--jobs", "1"))
            found[count, "2 jobs"].append(run(setting, project, "--jobs", "2"))
            with dask_cluster(setting.folder / "dask", 2) as (address, workers):
                seen = run(setting, project, "--executor", f"dask:{address}", beside=tuple(workers))
            found[count, "Dask, 2 workers"].append(seen)
    speed = {key: key[0] / statistics.median(one.seconds for one in seen) for key, seen in found.items()}
    worker = {key: max(one.worker for one in seen) for key, seen in found.items()}
    for (count, way), seen in found.items():
        tree, lead = max(one.tree for one in seen), max(one.lead for one in seen)
        wall = count / speed[count, way]
        part.rows.append((count, way, len(seen), wall, speed[count, way], tree, lead, worker[count, way]))
    few, many = counts
    part.raw = {"seconds": {f"{count}, {way}": [one.seconds for one in seen] for (count, way), seen in found.items()},
                "memory_growth": worker[many, "2 jobs"] / worker[few, "2 jobs"]}  # fmt: skip
    part.notes = [f"A worker's peak from {few} to {many} cities: × {part.raw['memory_growth']:.2f} (aim at most 1.10)."]
    for count in counts:
        two = speed[count, "2 jobs"] / speed[count, "1 job"]
        dask = speed[count, "Dask, 2 workers"] / speed[count, "2 jobs"]
        part.raw[f"{count}"] = {"two_over_one": two, "dask_over_two": dask}
        part.notes.append(
            f"{count} cities: two jobs over one {two:.2f} (aim 1.7), Dask over two jobs {dask:.2f} (aim 0.85)."
        )
    return part


def measure_full(setting: Setting) -> Part:
    """Areas of the size of the largest shipped documents: every kind of report by itself, two jobs, one round."""
    head = ("areas", "observations", "report", "pages built", "s", "ms per observation",
            *(f"peak of {w}, MiB" for w in ("all", "the build", "a worker")), "MB", "PDF pages")  # fmt: skip
    part = Part("(s) Full-size synthetic areas (generated by the bench; no data)", head)
    part.raw["per_observation"] = {}
    for count in (8,) if setting.quick else FULL_COUNTS:
        root = setting.folder / f"full-{count}"
        regions = country(setting.project, root, count, FULL)
        observations = sum(len(read(path)) for path in root.glob("data/documents/*/observations.csv"))
        listed, side = json.dumps(regions), json.dumps(regions[:SIDE_BY_SIDE])
        kinds = {
            "profile": entry("profile-{region}", "profile", f"region = {listed}"),
            "audit": entry("audit-{region}", "audit", f"region = {listed}"),
            "comparison": entry("comparison", "comparison", f'regions = {side}, base_region = "{regions[0]}"'),
            "databook": entry("databook", "databook", "")
            + entry("databook-{region}", "volume", f"region = {listed}"),
        }  # fmt: skip
        for kind, reports in kinds.items():
            catalog(setting.project, root, reports)
            seen = run(setting, root, "--jobs", "2")
            files = [path for path in (setting.folder / "d-out").rglob("*") if path.is_file()]
            pdfs = [path for path in files if path.suffix == ".pdf"]
            own = 1 if kind == "comparison" else observations
            per = 1000 * seen.seconds / own
            part.raw["per_observation"][f"{count}, {kind}"] = per
            size = sum(path.stat().st_size for path in files) / 1e6
            printed = sum(len(PdfReader(path).pages) for path in pdfs)
            peaks = (seen.tree, seen.lead, seen.worker)
            row = (count, observations, kind, len(pdfs), seen.seconds, per if own > 1 else "", *peaks, size, printed)
            part.rows.append(row)
    part.notes = [f"The comparison sets {SIDE_BY_SIDE} areas side by side, however many there are."]
    return part

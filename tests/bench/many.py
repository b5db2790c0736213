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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measuring import BIN, Memory, Part, Setting, environment

#: The city whose rows are copied, and its document.
MODEL, DOCUMENT = "qijiang", "qijiang-smart-2025"
#: Rounds with the larger number of cities: one takes a quarter of an hour.
MANY_ROUNDS = 1


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def city_project(shipped: Path, root: Path, count: int) -> Path:
    """A project of `count` synthetic cities with a Chinese profile each."""
    shutil.rmtree(root, ignore_errors=True)
    for name in ("data", "notebooks"):
        shutil.copytree(shipped / name, root / name)
    (root / "reports").mkdir()
    scale = random.Random(20260101)
    areas, documents = read(root / "data/areas.csv"), root / "data" / "documents"
    model = read(documents / DOCUMENT / "observations.csv")
    inside = [row for row in areas if row["ref_area"] == MODEL or row["parent"] == MODEL]
    document = read(documents / DOCUMENT / "source.csv")[0]
    for number in range(count):
        new = {row["ref_area"]: f"{row['ref_area']}_{number:04d}" for row in inside}
        for row in inside:
            names = {"name_zh": f"{row['name_zh']}{number:04d}", "name_en": f"{row['name_en']} {number:04d}"}
            areas.append({**row, **names, "ref_area": new[row["ref_area"]],
                          "parent": new.get(row["parent"], row["parent"]), "gb2260": ""})  # fmt: skip
        source = f"synthetic-{number:04d}"
        (documents / source).mkdir()
        write(documents / source / "source.csv", [{**document, "source_id": source, "file_name": f"{source}.txt"}])
        shutil.copy(root / "data/forms/exclusions.csv", documents / source)
        rows = []
        for row in model:
            value = row["obs_value"]
            with contextlib.suppress(ValueError):
                value = f"{float(value) * scale.uniform(0.5, 2):.1f}" if "." in value else value
            rows.append({**row, "obs_id": f"{source}-{len(rows):07d}", "source_id": source,
                         "ref_area": new.get(row["ref_area"], row["ref_area"]), "obs_value": value})  # fmt: skip
        write(documents / source / "observations.csv", rows)
    write(root / "data/areas.csv", areas)
    catalog = (shipped / "reports" / "catalog.toml").read_text(encoding="utf-8").partition("[[reports]]")[0]
    catalog = re.sub(r"(?m)^languages = .*$", 'languages = ["zh"]', catalog)
    regions = json.dumps([f"{MODEL}_{number:04d}" for number in range(count)])
    catalog += '[[reports]]\nid = "profile-{region}"\nnotebook = "profile"\nabout = { zh = "合成", en = "Synthetic" }\n'
    (root / "reports" / "catalog.toml").write_text(
        f"{catalog}parameters = {{ region = {regions} }}\n", encoding="utf-8"
    )
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
    part = Part("(d) Synthetic cities (generated by the bench; no data)", head)
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

"""The whole command, `planbrief build` as users run it, killed in every stage: its parent or a worker.

The stage is read from its log. Bounded by PLANBRIEF_SOAK_SECONDS (default 900); the counts are printed.
"""

from __future__ import annotations

import collections
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from publish.edition.crash import complaints
from publish.edition.editions import leftovers

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("PLANBRIEF_SOAK_SECONDS", "900"))
STAGES = ("execute", "render", "compile", "stage", "switch", "clean-up")
#: Kills per stage; the time may end the round before.
KILLS = 20
BUILD = (
    sys.executable,
    "-m",
    "planbrief",
    "build",
    "profile-zhaoqing",
    "--lang",
    "en",
    "--jobs",
    "2",
    "--force",
)


class Run:
    """One `planbrief build` in a process of its own, with its log and a temporary folder that must stay empty."""

    def __init__(self, folder: Path) -> None:
        self.out, self.log, self.scratch = folder / "latest", folder.parent / "build.log", folder.parent / "tmp"
        self.scratch.mkdir(exist_ok=True)
        self.log.unlink(missing_ok=True)
        environment = {**os.environ, "TMPDIR": str(self.scratch)}
        command = (*BUILD, "--out", str(self.out), "--log", str(self.log))
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.family: dict[int, psutil.Process] = {}

    def look(self) -> set[str]:
        """Stages announced so far; remembers the processes that there are."""
        try:
            parent = psutil.Process(self.process.pid)
            self.family.update({child.pid: child for child in parent.children(recursive=True)})
        except psutil.NoSuchProcess:
            pass
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return {json.loads(line).get("stage", "") for line in lines if line.endswith("}")}

    def kill_in(self, stage: str, delay: float, worker: bool) -> bool:
        """Kill the builder (or one of its workers) in a stage; False if it ended before."""
        while stage not in self.look():
            if self.process.poll() is not None:
                return False
            time.sleep(0.001)
        time.sleep(delay)
        living = [child for child in self.family.values() if child.is_running()]
        try:
            victim = random.Random(delay).choice(living) if worker and living else psutil.Process(self.process.pid)
            victim.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return False
        return True

    def end(self) -> int:
        """Wait for it; its exit code."""
        said = self.process.communicate(timeout=300)[1].decode(errors="replace")
        if "Traceback" in said:
            pytest.fail(f"a traceback on stderr:\n{said[-3000:]}")
        return self.process.returncode

    def orphans(self) -> list[str]:
        """Processes of the build that still live some seconds after its end."""
        _gone, alive = psutil.wait_procs(list(self.family.values()), timeout=10)
        return [f"process {child.pid} still lives" for child in alive if child.status() != psutil.STATUS_ZOMBIE]


def test_killed_in_every_stage(tmp_path: Path) -> None:
    """Parent and workers killed in each stage: the edition is whole, the next build succeeds, nothing is left over."""
    folder = tmp_path / "site"
    folder.mkdir()
    first = Run(folder)
    while first.process.poll() is None:
        first.look()
        time.sleep(0.01)
    assert first.end() == 0
    announced = first.look()
    assert set(STAGES) <= announced, f"the log announces {sorted(announced)} only"
    tried: collections.Counter[str] = collections.Counter()
    wrong: list[str] = []
    chance = random.Random(3)
    end = time.monotonic() + SECONDS
    for number in range(KILLS * len(STAGES)):
        if time.monotonic() > end:
            break
        stage = STAGES[number % len(STAGES)]
        run = Run(folder)
        worker = stage in ("execute", "render", "compile") and number % 2 == 1
        hit = run.kill_in(stage, chance.choice([0, 0.0005, 0.002, 0.01, 0.05]), worker)
        code = run.end()
        tried[f"{stage}{' (worker)' if worker else ''}"] += hit
        found = complaints(run.out) + run.orphans()
        if code not in (0, 1, -signal.SIGKILL):
            found.append(f"ended with {code}")
        if number % 4 == 3:
            after = Run(folder)
            if after.end() != 0:
                found.append("the next build failed")
            found += complaints(after.out) + after.orphans() + [f"left over: {name}" for name in leftovers(after.out)]
            found += [f"left over: {path.name}" for path in after.scratch.iterdir()]
        wrong += [f"killed in {stage}: {problem}" for problem in found]
    print(f"\nbuild: {sum(tried.values())} kills, {len(wrong)} problems")
    for stage, count in sorted(tried.items()):
        print(f"  {stage:20} {count}")
    assert wrong == []

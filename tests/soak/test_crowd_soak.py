"""Crowds and time: thousands of faults between us and two hundred recipients; hundreds of rounds and saves; a year.

Bounded by PLANBRIEF_SOAK_SECONDS (default 900) for each part but the faults, which go on to PLANBRIEF_SOAK_FAULTS
(default 10,000). The counts are printed, and written into ``notebooks/guide/soak.json``, which the guide shows.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import shutil
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from deliver.conftest import FakeClock
from deliver.crowd import Robot, Storm, complaints, crowd
from deliver.rounds import Builder, runner
from deliver.test_rounds import mailing
from publish.building.conftest import CATALOG, CELLS, write_notebook
from publish.building.test_preview import after, preview, version_of
from publish.edition import crash
from publish.edition.editions import build as publish
from publish.edition.editions import leftovers, pdf

from planbrief.commands.new import lay_out
from planbrief.deliver import channels, office
from planbrief.deliver.delivery import Ledger
from planbrief.deliver.office import Office
from planbrief.project import Project

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("PLANBRIEF_SOAK_SECONDS", "900"))
FAULTS = int(os.environ.get("PLANBRIEF_SOAK_FAULTS", "10000"))
ROUNDS = int(os.environ.get("PLANBRIEF_SOAK_ROUNDS", "500"))
#: Storms at a time.
STORMS = 4
COUNTS = ROOT / "notebooks" / "guide" / "soak.json"


def note(part: str, **counts: int) -> None:
    """Print the counts of a part, and keep them for the guide."""
    print(f"\n{part}: " + ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))
    kept = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.is_file() else {}
    COUNTS.write_text(json.dumps({**kept, part: counts}, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time to listen before the last word: the servers are on this machine."""
    monkeypatch.setattr(channels, "LISTEN", 0.002)


def storm_over(folder: Path, seed: int, least: int) -> tuple[int, int, Counter[str], list[str]]:
    """Editions sent through a storm until so many faults were met: editions, arrivals, faults by kind, complaints."""
    channels.LISTEN = 0.002
    chance = random.Random(seed)
    storm, robot = Storm(chance), Robot(random.Random(seed + 1))
    folder.mkdir()
    environment: dict[str, str] = {}
    targets, bad = crowd(folder, robot, environment)
    os.environ.update(environment)
    out, state, clock = folder / "out", folder / "state", FakeClock()
    editions: list[str] = []
    faults: Counter[str] = Counter()
    met, wrong = Counter[str](), list[str]()

    def sending() -> Office:
        return Office(out, state, clock, storm.settings)

    def stopped(post: Office) -> int:
        """A process that is killed somewhere while it sends."""
        pid = crash.fork(post.flush)
        time.sleep(chance.uniform(0.02, 0.3))
        os.kill(pid, 9)
        return crash.wait(pid)

    while met.total() < least and not wrong:
        editions.append(publish(out, f"edition {len(editions)}", keep=200))
        storm.odds, robot.odds, storm.patience = 0.75, 0.5, 0.1
        for look in range(16):
            storm.away = 1.0 if look % 8 == 7 else 0.0
            post = sending()
            if look == 0:
                post.queue_edition(editions[-1], targets)
                faults["bad recipient"] += len(bad)
            if look % 5 == 4:
                faults["killed while sending"] += stopped(post) == -9
            else:
                post.flush()
            clock.go(minutes=5)
        storm.odds = storm.away = robot.odds = 0.0
        storm.patience = 20
        for _ in range(2):
            sending().flush()
        sending().ledger.tidy(clock.now())
        wrong = complaints(state, editions, targets, bad, storm, robot)
        waiting = {delivery.recipient for delivery in sending().ledger.pending()} - bad
        wrong += [f"{recipient} still waits after the storm" for recipient in sorted(waiting)]
        met = faults + storm.faults + robot.faults
        print(f"seed {seed}: {len(editions)} editions, {met.total()} faults, {len(wrong)} complaints", flush=True)
    reached = sum(storm.stored.values()) + sum(robot.taken.values())
    storm.stop()
    robot.stop()
    return len(editions), reached, met, wrong


def test_ten_thousand_faults(tmp_path: Path) -> None:
    """200 recipients over three channels, one in ten bad; servers that fail in three dozen ways; machines that stop.

    Several storms at a time, each in a process of its own: a storm waits more than it works.
    """
    met, wrong = Counter[str](), list[str]()
    editions = arrived = 0
    with ProcessPoolExecutor(STORMS, multiprocessing.get_context("spawn")) as pool:
        parts = [pool.submit(storm_over, tmp_path / str(n), 7 + 2 * n, -(-FAULTS // STORMS)) for n in range(STORMS)]
        for part in as_completed(parts):
            more, reached, faults, complaint = part.result()
            editions, arrived, met, wrong = editions + more, arrived + reached, met + faults, wrong + complaint
    note(
        "deliveries", editions=editions, recipients=200, kinds=len(met), faults=met.total(), arrived=arrived,
        lost=sum("lost" in said or "still waits" in said for said in wrong), torn=sum("torn" in said for said in wrong),
        doubled=sum("doubled" in said for said in wrong), left_over=sum("left over" in said for said in wrong),
    )  # fmt: skip
    for way, count in sorted(met.items()):
        print(f"  {way:28} {count}")
    assert wrong == []
    assert met.total() >= FAULTS
    assert len(met) >= 20


class Standing:
    """What a process and a folder hold: none of it may grow with the number of rounds."""

    def __init__(self, folder: Path) -> None:
        gc.collect()
        me = psutil.Process()
        self.memory = me.memory_info().rss
        self.descriptors, self.threads = me.num_fds(), threading.active_count()
        self.processes = len(me.children(recursive=True))
        self.files = sum(len(files) for _, _, files in os.walk(folder))  # which passes over what vanishes meanwhile

    def grown(self, later: Standing, most: int) -> list[str]:
        """What is more than before, memory beyond so many bytes."""
        found = [
            f"{name}: {getattr(self, name)} -> {getattr(later, name)}"
            for name in ("descriptors", "threads", "processes", "files")
            if getattr(later, name) > getattr(self, name)
        ]
        if later.memory - self.memory > most:
            found.append(f"memory: {self.memory >> 20} -> {later.memory >> 20} MiB")
        return found


def test_rounds_without_growth(tmp_path: Path, mail_server: Any, inbox: Any, quick: None) -> None:
    """Five hundred rounds in one process, as the service has them, over twenty editions: nothing grows."""
    builder, clock = Builder(), FakeClock()
    found = mailing(mail_server, job={"cron": "0 * * * *", "deliver": [{"to": ["office@example.org"]}]}, keep=5)
    for text in range(20):
        pdf(str(text))
    service = runner(tmp_path, found, clock, builder)
    before = None
    for number in range(ROUNDS):
        builder.text = str(number // 5 % 20)
        clock.go(hours=1)
        service.round()
        inbox.mails.clear()
        inbox.raw.clear()
        if number == max(ROUNDS // 5, 40):  # more editions than are kept
            before = Standing(tmp_path)
    assert before is not None
    assert before.grown(Standing(tmp_path), 16 << 20) == []
    assert builder.calls >= ROUNDS - 1
    note("rounds", rounds=ROUNDS, growth=0)


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A project with one small report."""
    root = lay_out(tmp_path / "project")
    for path in (root / "notebooks").glob("*.ipynb"):
        path.unlink()
    write_notebook(root / "notebooks" / "small.ipynb", CELLS)
    (root / "reports" / "catalog.toml").write_text(CATALOG, encoding="utf-8")
    return Project(root)


def test_saves_without_growth(small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hundred saves under preview: each is shown; memory, descriptors, processes and files stay."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    end, saves, before = time.monotonic() + SECONDS, 0, None
    with preview(small) as server:
        page = after(server, 0)
        for number in range(ROUNDS):
            word = "".join("abcdefghij"[int(digit)] for digit in str(number))  # a number in a sentence is refused
            said = f"say(zh='第 {word} 次。', en='Save {word}.')" if number % 10 else "1 / 0"
            write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": f"{CELLS['body']}\n{said}"})
            page = after(server, version_of(page))
            while (f"第 {word} 次。" if number % 10 else "ZeroDivisionError") not in page:
                page = after(server, version_of(page))
            saves += 1
            if number == min(20, ROUNDS // 5):
                before = Standing(scratch)
            if time.monotonic() > end:
                break
        assert before is not None
        # An answer that is on its way holds a socket at either end; what has grown is there at every look.
        patience = time.monotonic() + 5
        while (found := before.grown(Standing(scratch), 16 << 20)) and time.monotonic() < patience:
            time.sleep(0.25)
        assert found == []
    assert list(scratch.iterdir()) == []
    note("preview saves", saves=saves, growth=0)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"])
def test_a_year_of_days_and_jumping_clocks(
    tmp_path: Path, mail_server: Any, inbox: Any, quick: None, zone: str
) -> None:
    """A job each night at half past two, DST twice, a clock that jumps by hours: each night once, mails once."""
    chance, builder = random.Random(zone), Builder()
    clock = FakeClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    job = {"cron": "30 2 * * *", "deliver": [{"to": ["a@example.org"]}]}
    found = mailing(mail_server, time_zone=zone, job=job, keep=5)
    runs: Counter[str] = Counter()
    jumps = 0
    true = clock.now()
    while true < datetime(2027, 1, 1, tzinfo=UTC):
        true += timedelta(hours=chance.choice([3, 5, 8, 13]))
        jump = timedelta(hours=chance.choice([-5, -2, 2, 5])) if chance.random() < 0.1 else timedelta()
        jumps += bool(jump)
        clock.moment = true + jump
        builder.text = str(true.month)
        for run in runner(tmp_path, found, clock, builder).round() or []:
            runs[run.slot] += 1
    assert max(runs.values()) == 1
    days = (true - datetime(2026, 1, 1, 12, tzinfo=UTC)).days
    assert days - jumps <= len(runs) <= days + 1
    mails = Counter(mail["Message-ID"] for to, mail in inbox.mails if to == "a@example.org")
    assert set(mails.values()) == {1}
    note(f"a year in {zone}", nights=len(runs), jumps_of_the_clock=jumps, doubled=0)


def test_killed_at_every_step_of_a_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    """SIGKILL between any two file operations of a round with build, queue and sending: once to each, nothing left."""
    monkeypatch.setattr(office, "BACK_OFF", (0.0, 0.0))
    storm, tried, uncertain = Storm(random.Random(1)), 0, 0
    storm.patience = 10  # a busy machine is no fault: a server that merely waits for its turn is waited for
    to = [f"r{number}@example.org" for number in range(4)]
    found = mailing(storm.settings, job={"deliver": [{"to": to, "when": "always"}], "retries": 9})
    for text in ("1", "2"):
        pdf(text)
    clock, fresh = FakeClock(), tmp_path / "fresh"
    runner(fresh, found, clock, Builder("1")).round()
    clock.go(days=7, minutes=1)
    place = tmp_path / "place"

    def work() -> None:
        runner(place, found, clock, Builder("2")).round()

    shutil.copytree(fresh, place)
    steps = crash.count_steps(work)
    end = time.monotonic() + SECONDS
    for step in range(steps, 0, -1):
        if time.monotonic() > end:
            break
        shutil.rmtree(place)
        shutil.copytree(fresh, place)
        storm.stored.clear()
        if crash.die_at(step, work) == 0:
            continue
        tried += 1
        for _ in range(3):
            runner(place, found, clock, Builder("2")).round()
        ledger = Ledger(place / ".planbrief-out" / "schedule")
        mine = [delivery for delivery in ledger if delivery.edition]
        assert sorted(d.recipient.removeprefix("mailto:") for d in mine) == to, f"step {step} of {steps}"
        for delivery in mine:
            kept = storm.stored[delivery.id, delivery.recipient.removeprefix("mailto:")]
            good = (("sent", 1), ("unconfirmed", 0), ("unconfirmed", 1))
            assert (delivery.state, kept) in good, f"step {step}: {delivery.reason}"
            uncertain += delivery.state == "unconfirmed"
        assert leftovers(place / "out") in ([], ["schedule"]), f"step {step}"
        assert [path.name for path in ledger.folder.rglob("*.new")] == [], f"step {step}"
        assert crash.complaints(place / "out") == [], f"step {step}"
    storm.stop()
    note("rounds killed at a step", kills=tried, told_as_uncertain=uncertain, lost=0, doubled=0, left_over=0)
    assert tried > 20

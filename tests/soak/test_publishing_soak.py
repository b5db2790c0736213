"""The long form of the fault injection: every step of publishing, in every situation, with the counts printed.

Bounded by PLANBRIEF_SOAK_SECONDS (default 900), of which each part has its share; sweeps begin with the last steps,
where the switch and the clean-up are, and on a quiet machine reach the first.
"""

from __future__ import annotations

import collections
import errno
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publish.edition import crash
from publish.edition.editions import build, pdf

from planbrief.publish import state
from planbrief.publish.output_folder import editions, restore

pytestmark = pytest.mark.slow

TEXTS = ("one", "two", "three", "next")
SECONDS = float(os.environ.get("PLANBRIEF_SOAK_SECONDS", "900"))
#: Fewest kills that each stage must see.
FEWEST = 20


class Counts:
    """Faults tried and survived, by kind and stage."""

    def __init__(self) -> None:
        self.tried: collections.Counter[tuple[str, str]] = collections.Counter()
        self.failed: list[str] = []

    def note(self, kind: str, stage: str, wrong: list[str], where: str) -> None:
        self.tried[kind, stage] += 1
        self.failed += [f"{kind} in {stage}, {where}: {problem}" for problem in wrong]

    def show(self) -> None:
        total = sum(self.tried.values())
        print(f"\npublishing: {total} faults tried, {total - len(self.failed)} survived")
        for (kind, stage), count in sorted(self.tried.items()):
            print(f"  {kind:12} {stage:10} {count}")


@pytest.fixture(scope="module")
def counts() -> Iterator[Counts]:
    for text in TEXTS:
        pdf(text)
    found = Counts()
    yield found
    found.show()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "site" / "latest"


def again(out: Path, *texts: str) -> None:
    shutil.rmtree(out.parent, ignore_errors=True)
    out.parent.mkdir(parents=True)
    for text in texts:
        build(out, text)


def unable(_one: Path, _other: Path) -> None:
    raise OSError(errno.EINVAL, "no exchange")


def backwards(count: int, share: float, stride: int = 1) -> Iterator[int]:
    """Steps from the last to the first, as far as a share of the time goes."""
    end = time.monotonic() + SECONDS * share
    for step in range(count, 0, -stride):
        if time.monotonic() > end:
            return
        yield step


Situation = tuple[tuple[str, ...], Callable[..., object], bool]


def situations(out: Path) -> dict[str, Situation]:
    """What stands in the folder before, what is done, and whether the folder may be missing after a kill."""

    def rebuild(**options: object) -> object:
        return build(out, "two", **options)  # type: ignore[arg-type]

    def bring_back(**options: object) -> object:
        return restore(out, editions(out)[-1].edition, **options)  # type: ignore[arg-type]

    return {
        "first edition": ((), rebuild, True),
        "second edition": (("one",), rebuild, False),
        "same edition": (("two",), rebuild, False),
        "a failed report": (("one",), lambda **options: build(out, "two", fail=("brief",), **options), False),
        "pruning": (("one", "three", "next"), lambda **options: rebuild(keep=1, **options), False),
        "restoring": (("one", "two"), bring_back, False),
    }


def lost(out: Path, before: tuple[str, ...]) -> list[str]:
    return [] if out.exists() or not before else ["the folder is missing"]


@pytest.mark.parametrize("swap", ["exchange", "two renames"])
def test_killed_at_every_step(out: Path, counts: Counts, swap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL between any two file operations, in every situation, with and without renameat2."""
    if swap == "two renames":
        monkeypatch.setattr(state, "exchange", unable)
    log = out.parent.parent / "kill.log"
    for name, (before, work, missing) in situations(out).items():
        again(out, *before)
        for step in backwards(crash.count_steps(work), 0.4 / 12):
            again(out, *before)
            log.unlink(missing_ok=True)
            ended = crash.die_at(step, lambda work=work: work(log=crash.logged(log)))
            if ended == 0:  # what is read once per process was read by now, so there are fewer steps
                continue
            assert ended == -9
            wrong = [] if swap == "two renames" else lost(out, before)
            missing_allowed = missing or swap == "two renames"
            wrong += crash.survives(out, lambda: build(out, "next"), missing_allowed=missing_allowed)
            counts.note("kill", crash.stage_of(log), wrong, f"{name}, {swap}, step {step}")
    assert counts.failed == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("lasting", [False, True])
def test_disk_fails_at_every_step(out: Path, counts: Counts, code: int, lasting: bool) -> None:
    """A full, read-only or broken disk, for a moment or for good."""
    again(out, "one")
    for step in backwards(crash.count_steps(lambda: build(out, "two")), 0.2 / 6, stride=2):
        again(out, "one")
        ended = crash.fail_from(step, code, lambda: build(out, "two"), lasting=lasting)
        wrong = [] if ended in (0, 3) else [f"ended with {ended}"]
        wrong += lost(out, ("one",))
        wrong += crash.survives(out, lambda: build(out, "next"))
        counts.note(errno.errorcode[code], "any", wrong, f"step {step}, {'lasting' if lasting else 'once'}")
    assert counts.failed == []


def test_interrupted_at_every_step(out: Path, counts: Counts) -> None:
    """Ctrl-C between any two file operations tidies up at once."""
    again(out, "one")
    for step in backwards(crash.count_steps(lambda: build(out, "two")), 0.08):
        again(out, "one")
        crash.interrupt_at(step, lambda: build(out, "two"))
        counts.note("Ctrl-C", "any", crash.survives(out, lambda: build(out, "next")), f"step {step}")
    assert counts.failed == []


def test_killed_from_outside_at_random(out: Path, counts: Counts) -> None:
    """Somebody kills one or several builders at random moments, again and again, without tidying up in between."""
    again(out, "one")
    began = time.monotonic()
    build(out, "two")
    usual = time.monotonic() - began
    chance = random.Random(1)
    log = out.parent.parent / "kill.log"
    end = time.monotonic() + SECONDS * 0.16
    for number in range(400):
        if time.monotonic() > end:
            break
        log.unlink(missing_ok=True)
        crowd = [crash.fork(lambda n=n: build(out, TEXTS[n % 4], wait=True)) for n in range(chance.randrange(3))]
        text = TEXTS[number % 4]
        delay = chance.uniform(0, 1.5 * usual * (1 + 2 * len(crowd)))
        crash.kill_after(delay, lambda text=text: build(out, text, wait=True, log=crash.logged(log)))
        wrong = [f"a waiting build ended with {code}" for pid in crowd if (code := crash.wait(pid)) != 0]
        wrong += crash.complaints(out)
        if number % 5 == 0:
            wrong += crash.survives(out, lambda: build(out, "next"))
        counts.note("kill outside", crash.stage_of(log), wrong, f"number {number}")
    assert counts.failed == []


def test_random_damage(out: Path, counts: Counts) -> None:
    """Bytes changed, files cut, removed or replaced anywhere, in editions and state: the next build is whole."""
    chance = random.Random(2)
    end = time.monotonic() + SECONDS * 0.16
    for number in range(300):
        if time.monotonic() > end:
            break
        if number % 10 == 0:
            again(out, "one", "two", "three")
        files = sorted(path for path in out.parent.rglob("*") if path.is_file())
        for file in chance.sample(files, min(len(files), chance.choice([1, 1, 2, 5]))):
            good = file.read_bytes()
            kind = chance.choice(["cut", "flip", "remove", "empty", "folder", "link"])
            file.unlink()
            if kind == "folder":
                file.mkdir()
            elif kind == "link":
                file.symlink_to("/etc/hostname")
            elif kind != "remove":
                at = chance.randrange(len(good) + 1)
                changed = {"cut": good[:at], "empty": b"", "flip": good[:at] + b"\xff" + good[at + 1 :]}
                file.write_bytes(changed[kind])
        wrong = []
        code = crash.wait(crash.fork(lambda number=number: build(out, TEXTS[number % 4])))
        if code == 0:
            wrong = [problem for problem in crash.complaints(out) if "kept edition" not in problem]
        elif code != 3:
            wrong = [f"ended with {code}"]
        else:  # both the manifest and the memory of what was published are gone: told, and nothing touched
            again(out, "one", "two", "three")
        counts.note("damage", "any" if code == 0 else "refused", wrong, f"number {number}")
    assert counts.failed == []


def test_every_stage_was_hit(counts: Counts) -> None:
    """Each stage of publishing saw enough kills."""
    kills: collections.Counter[str] = collections.Counter()
    for (kind, stage), count in counts.tried.items():
        kills[stage] += count if kind.startswith("kill") else 0
    assert {stage: kills[stage] for stage in ("stage", "switch", "clean-up") if kills[stage] < FEWEST} == {}
    assert sum(kills.values()) >= 200

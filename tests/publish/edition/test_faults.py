"""Killed, full, read-only, crowded: whatever happens, readers keep a whole edition and the next build succeeds."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publish.edition import crash
from publish.edition.editions import build, leftovers, pdf, tree

from planbrief.publish import state
from planbrief.publish.edition import Publication
from planbrief.publish.gate import verify_edition
from planbrief.publish.output_folder import LockHeld, editions, restore

TEXTS = ("one", "two", "three", "next")


@pytest.fixture(autouse=True)
def compiled() -> None:
    """PDFs are compiled before anything forks."""
    for text in TEXTS:
        pdf(text)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "site" / "latest"


def unable(_one: Path, _other: Path) -> None:
    """Stands for a file system on which two folders cannot swap their names."""
    raise OSError(errno.EINVAL, "no exchange here")


def again(out: Path, *texts: str) -> None:
    """An output folder with these editions and nothing else."""
    shutil.rmtree(out.parent, ignore_errors=True)
    out.parent.mkdir(parents=True)
    for text in texts:
        build(out, text)


def steps(work: Callable[[], object], prepare: Callable[[], None], every: int) -> Iterator[int]:
    prepare()
    build(prepared := Path(tempfile.mkdtemp()) / "latest", "one")  # what is read once per process is read now
    shutil.rmtree(prepared.parent)
    count = crash.count_steps(work)
    assert count > 20
    for step in range(1, count + 1, every):
        prepare()
        yield step


@pytest.mark.parametrize("every", [9])
def test_killed_while_publishing(out: Path, every: int) -> None:
    """A build killed between any two file operations leaves the edition before or after it, whole."""
    for step in steps(lambda: build(out, "two"), lambda: again(out, "one"), every):
        assert crash.die_at(step, lambda: build(out, "two")) == -9
        assert crash.survives(out, lambda: build(out, "next")) == [], f"killed at step {step}"


def test_killed_while_publishing_the_first_edition(out: Path) -> None:
    """The first build into a missing folder, killed, leaves nothing or a whole edition."""
    for step in steps(lambda: build(out, "two"), lambda: again(out), 11):
        assert crash.die_at(step, lambda: build(out, "two")) == -9
        assert crash.survives(out, lambda: build(out, "next"), missing_allowed=True) == [], f"killed at step {step}"


def test_killed_while_restoring(out: Path) -> None:
    """Restoring an earlier edition, killed anywhere, loses neither it nor the present one."""
    again(out, "one")
    first = editions(out)[0].edition

    for step in steps(lambda: restore(out, first), lambda: again(out, "one", "two"), 5):
        assert crash.die_at(step, lambda: restore(out, first)) == -9
        assert crash.survives(out, lambda: build(out, "next")) == [], f"killed at step {step}"
        assert len(editions(out)) == 3


def test_killed_without_exchange(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two folders cannot swap names, two renames and the journal do: the next start completes them."""
    monkeypatch.setattr(state, "exchange", unable)
    seen_missing = False
    for step in steps(lambda: build(out, "two"), lambda: again(out, "one"), 9):
        assert crash.die_at(step, lambda: build(out, "two")) == -9
        seen_missing = seen_missing or not out.exists()
        assert crash.survives(out, lambda: build(out, "next"), missing_allowed=True) == [], f"killed at step {step}"
        assert len(editions(out)) >= 2


def test_killed_while_recovering(out: Path) -> None:
    """A start that is killed while it tidies up after a killed build is tidied up after by the next."""
    again(out, "one")
    total = crash.count_steps(lambda: build(out, "two"))
    late = range(total - 30, total, 6)
    for step in late:
        for second in (3, 8, 12, 16, 20):
            again(out, "one")
            crash.die_at(step, lambda: build(out, "two"))
            crash.die_at(second, lambda: build(out, "three"))
            assert crash.survives(out, lambda: build(out, "next")) == [], f"killed at {step}, then at {second}"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES])
def test_disk_that_fails(out: Path, code: int) -> None:
    """A disk that is full, read-only or broken from some step on ends the build in words and harms nothing."""
    for step in steps(lambda: build(out, "two"), lambda: again(out, "one"), 37):
        for lasting in (False, True):
            again(out, "one")
            ended = crash.fail_from(step, code, lambda: build(out, "two"), lasting=lasting)
            assert ended in (0, 3), f"traceback at step {step}"
            assert crash.survives(out, lambda: build(out, "next")) == [], f"failed at step {step}"


def test_renames_that_fail_without_exchange(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the second of two renames fails, the first is undone; if that fails too, the next start does it."""
    monkeypatch.setattr(state, "exchange", unable)
    again(out, "one")
    total = crash.count_steps(lambda: build(out, "two"))
    for step in range(total - 48, total, 3):
        for lasting in (False, True):
            again(out, "one")
            assert crash.fail_from(step, errno.EIO, lambda: build(out, "two"), lasting=lasting) in (0, 3)
            assert lasting or out.exists()
            assert crash.survives(out, lambda: build(out, "next"), missing_allowed=lasting) == [], f"failed at {step}"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    mounts: list[Path] = []

    def mount(kilobytes: int) -> Path:
        folder = tmp_path / f"disk-{kilobytes}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a small disk needs root")
        mounts.append(folder)
        return folder

    yield mount
    for folder in mounts:
        subprocess.run(["umount", str(folder)], check=False)


def test_disk_really_full(small_disk: Callable[[int], Path]) -> None:
    """On disks of every small size a build that does not fit leaves the edition before it and no leftovers."""
    ended: list[int] = []
    for kilobytes in range(120, 560, 40):
        out = small_disk(kilobytes) / "latest"
        ended.append(crash.wait(crash.fork(lambda out=out: build(out, "one"))))
        before = tree(out)
        assert crash.complaints(out, missing_allowed=True) == []
        assert bool(before) == (ended[-1] == 0)
        if before:
            ended.append(crash.wait(crash.fork(lambda out=out: build(out, "two", keep=1))))
            assert crash.complaints(out) == []
            assert ended[-1] == 0 or tree(out) == before
        assert leftovers(out) == []
    assert set(ended) == {0, 3}


def test_disk_remounted_read_only(small_disk: Callable[[int], Path]) -> None:
    """A file system that turned read-only is refused in one message; back to normal, the next build succeeds."""
    disk = small_disk(4000)
    out = disk / "latest"
    build(out, "one")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert crash.wait(crash.fork(lambda: build(out, "two"))) == 3
    assert crash.complaints(out) == []
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert crash.survives(out, lambda: build(out, "next")) == []


def test_folder_without_permission(out: Path) -> None:
    """A user who may not write beside the output folder is told so; nothing is touched."""
    again(out, "one")
    for folder in (out.parent, *out.parent.parents[:2]):
        folder.chmod(0o755)

    def as_nobody() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        else:
            out.parent.chmod(0o555)
        build(out, "two")

    assert crash.wait(crash.fork(as_nobody)) == 3
    out.parent.chmod(0o755)
    assert crash.survives(out, lambda: build(out, "next")) == []


def test_two_to_eight_builds_at_once(out: Path) -> None:
    """Builds that wait all succeed, one after the other; one that does not wait is told who holds the lock."""
    again(out, "one")
    for builders in (2, 8):
        pids = [crash.fork(lambda text=TEXTS[n % 4]: build(out, text, wait=True)) for n in range(builders)]
        assert [crash.wait(pid) for pid in pids] == [0] * builders
        assert crash.survives(out, lambda: build(out, "next")) == []
    with Publication(out), pytest.raises(LockHeld, match=f"process {os.getpid()} on"):
        build(out, "two")
    with Publication(out):
        assert crash.wait(crash.fork(lambda: build(out, "two"))) == 3


def test_readers_never_see_half_an_edition(out: Path) -> None:
    """Somebody who opens the folder while it is switched reads one whole edition."""
    again(out, "one")

    def busy() -> None:
        for number in range(40):
            build(out, TEXTS[number % 3], keep=40)

    pid = crash.fork(busy)
    looked = 0
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        handle = os.open(out, os.O_DIRECTORY)
        names = os.listdir(handle)
        # What was opened may have been superseded and removed before it was listed: readers open the present one.
        present = os.path.samestat(os.fstat(handle), os.stat(out))
        assert "manifest.json" in names or not present
        os.close(handle)
        assert (out / "index.html").read_bytes().endswith(b"</html>\n")
        looked += present
    assert looked > 20


def test_holder_that_dies_frees_the_lock_though_its_worker_lives(out: Path) -> None:
    """A killed builder's lock is free at once, even while a process that it forked is still there."""
    again(out, "one")
    reader, writer = os.pipe()

    def holder() -> None:
        with Publication(out) as publication:
            publication.work_dir("brief").joinpath("scratch").write_text("x")
            worker = os.fork()
            if worker == 0:
                import time

                time.sleep(20)
                os._exit(0)
            os.write(writer, f"{worker}\n".encode())
            os.kill(os.getpid(), 9)

    pid = crash.fork(holder)
    worker = int(os.read(reader, 20))
    assert crash.wait(pid) == -9
    assert crash.survives(out, lambda: build(out, "next")) == []
    os.kill(worker, 9)


def test_clock_that_jumps(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which edition is older follows from the order of publication, whatever clocks and time stamps say."""
    published = []
    for number, text in enumerate(("one", "two", "three", "next")):
        published.append(build(out, text, keep=2))
        jump = random.Random(number).uniform(0, 4e9)
        for folder in out.parent.rglob("*"):
            os.utime(folder, (jump, jump))
    assert [info.edition for info in editions(out)] == published[:0:-1]


@pytest.mark.parametrize("name", ["state.json", "holder.json", "lock", "journal.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"order":[1],"edition":5,"inode":"x"}', b"\x00\xff" * 50])
def test_damaged_state(out: Path, name: str, content: bytes) -> None:
    """Damaged files of the state folder cost at most the order of old editions, never an edition."""
    again(out, "one", "two")
    (out.parent / ".planbrief-latest" / name).write_bytes(content)
    assert crash.survives(out, lambda: build(out, "next")) == []
    assert len(editions(out)) == 3


@pytest.mark.parametrize("content", [b"", b'{"planbrief_ver', b"null", b'{"planbrief_version": "0.1.0"}', b"\xff" * 99])
def test_damaged_manifest(out: Path, content: bytes) -> None:
    """An edition whose manifest was cut is recognised as planbrief's own and built anew."""
    again(out, "one", "two")
    (out / "manifest.json").write_bytes(content)
    assert verify_edition(out)
    build(out, "next")
    assert verify_edition(out) == []
    assert leftovers(out) == []


def test_stale_leftovers_are_swept(out: Path) -> None:
    """Stages, scratch folders, trash and half-written files of builds that died are gone after the next start."""
    again(out, "one")
    hidden = out.parent / ".planbrief-latest"
    for name in ("stage-1-a/zh/x.html", "work/1-a/brief/x.ipynb", "trash-1-0/x", "journal.json.new"):
        (hidden / name).parent.mkdir(parents=True, exist_ok=True)
        (hidden / name).write_text("x")
    with Publication(out):
        pass
    assert leftovers(out) == []
    assert verify_edition(out) == []

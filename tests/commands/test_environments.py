"""The command line in hostile environments: one message, the right exit code, nothing left behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from planbrief.run.pool.process_tree import Scratch

PLANBRIEF = [sys.executable, "-m", "planbrief"]


def run(*words: str, **named) -> subprocess.CompletedProcess:
    """A command in the repository's own project."""
    named.setdefault("timeout", 120)
    return subprocess.run([*PLANBRIEF, *words], capture_output=True, **named)


def test_posix_locale_without_utf8_mode(root, tmp_path):
    """Chinese names reach a file, as UTF-8, whatever the locale says."""
    plain = {**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run([*PLANBRIEF, "list", "areas"], stdout=out, stderr=subprocess.PIPE, env=plain, cwd=root)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "巴中" in (tmp_path / "out").read_text(encoding="utf-8")


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_output(root, closed):
    """Started by something that closes stdout or stderr: the command runs and ends as it should."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m planbrief list {closed}>&-', sys.executable], capture_output=True, cwd=root
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_a_full_output(root):
    """/dev/full: exit code 1 and one line, no traceback."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PLANBRIEF, "list"], stdout=full, stderr=subprocess.PIPE, cwd=root)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["planbrief: the output cannot be written: No space left on device"]


def test_a_log_that_is_a_folder(root, tmp_path):
    """One message that names the option, exit code 2, nothing was built."""
    done = run("build", "brief", "--out", str(tmp_path / "o"), "--log", str(tmp_path), cwd=root)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"planbrief: --log {tmp_path}: Is a directory")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "soon", "1e30"])
def test_time_limits_are_numbers_above_zero(root, value, tmp_path):
    """nan is a float and no limit."""
    done = run("build", "--cell-timeout", value, "--out", str(tmp_path / "o"), cwd=root)
    assert done.returncode == 2
    assert f"{value!r} is no number of seconds above 0" in done.stderr.decode()


@pytest.mark.parametrize("value", ["-1", "0", "99999999", "1e3", "²", ""])
def test_times_to_show_are_counted(root, value):
    """Not none, and not more than anybody reads."""
    done = run("schedule", "show", f"--count={value}", cwd=root)
    assert done.returncode == 2
    assert "from 1 to 1000" in done.stderr.decode()


@pytest.mark.parametrize("place", ["data/areas.csv", "notebooks/brief.ipynb", "data/documents/x.csv"])
def test_a_pipe_among_the_files_is_not_waited_for(project_copy, place):
    """Reading it would wait for ever; it is named and refused."""
    (project_copy / place).unlink(missing_ok=True)
    os.mkfifo(project_copy / place)
    done = run("list", "--project", str(project_copy), timeout=60)
    assert done.returncode == 2
    assert f"{place} is a pipe" in done.stderr.decode()


@pytest.mark.parametrize("special", ["pipe", "/dev/zero", "/dev/null"])
def test_a_schedule_that_is_no_file(project_copy, tmp_path, special):
    """A pipe is not waited for, a device not read to its end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    file = pipe if special == "pipe" else special
    done = run("schedule", "show", "--config", str(file), "--project", str(project_copy), timeout=60)
    assert done.returncode == 2
    assert "is not a regular file" in done.stderr.decode()


def test_a_log_that_nobody_reads(root, tmp_path):
    """A pipe without a reader is refused at once."""
    os.mkfifo(tmp_path / "pipe")
    done = run("build", "nosuch", "--log", str(tmp_path / "pipe"), cwd=root, timeout=60)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("planbrief: --log ")


def test_a_working_directory_that_is_gone(tmp_path):
    """Said in one line, before anything is looked for."""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = run("list", cwd=gone, preexec_fn=gone.rmdir)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("planbrief: the working directory is gone")


@pytest.mark.parametrize("words", [("--help",), ("--version",), (), ("schedule", "--help")])
def test_help_on_a_full_output(root, words):
    """Help is an output like any other."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PLANBRIEF, *words], stdout=full, stderr=subprocess.PIPE, cwd=root)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["planbrief: the output cannot be written: No space left on device"]


def test_too_few_descriptors(root, tmp_path):
    """A build says how many files it must be able to open, before it begins."""
    few = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))}
    done = run(
        "build", "profile-qijiang", "--lang", "zh", "--to", "html", "--out", str(tmp_path / "o"), cwd=root, **few
    )
    assert done.returncode == 1
    assert "may open 20 files here (ulimit -n)" in done.stderr.decode()


@pytest.mark.parametrize("inside", ["data/latest", "data", "notebooks/x", "."])
def test_an_output_folder_among_the_inputs(project_copy, inside):
    """Refused before anything is copied into itself."""
    done = run("build", "profile-qijiang", "--out", inside, cwd=project_copy)
    assert done.returncode == 2
    assert "cannot be the output folder" in done.stderr.decode()
    assert not list(project_copy.glob("data/.planbrief*"))


def test_too_little_memory(root):
    """A limit that leaves no room: one line, not a traceback."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (30 << 20, 30 << 20))

    done = run("check", cwd=root, preexec_fn=limit)
    assert done.returncode == 1
    assert b"not enough memory" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.fixture
def project_copy(root, tmp_path):
    """An editable copy of the project."""
    assert run("init", str(tmp_path / "p"), cwd=root).returncode == 0
    return tmp_path / "p"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("seconds", [0.4, 2.0])
def test_a_preview_that_is_ended_leaves_nothing(root, tmp_path, number, seconds):
    """A stopped service, a closed terminal, Ctrl-C, early and late: no folder stays among the temporary files."""
    process = subprocess.Popen(
        [*PLANBRIEF, "preview", "profile-qijiang", "--no-browser"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=root, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    time.sleep(seconds)
    process.send_signal(number)
    process.wait(30)
    left = []
    for _ in range(50):
        left = [path.name for path in tmp_path.iterdir()]
        if not left:
            break
        time.sleep(0.1)
    assert left == []


def test_the_next_command_sweeps_what_a_killed_one_left(root, tmp_path):
    """A folder of a dead process goes, one of a living process stays."""
    code = f"""
import os, signal
from pathlib import Path
from planbrief.run.pool.process_tree import Scratch
Scratch(Path({str(tmp_path)!r})).folder().mkdir()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    living = Scratch(tmp_path)
    subprocess.run([sys.executable, "-c", code], check=False)
    assert run("list", cwd=root, env={**os.environ, "TMPDIR": str(tmp_path)}).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == [living.root.name]
    living.close()

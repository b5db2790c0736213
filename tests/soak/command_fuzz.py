"""Mutated projects, configurations and command lines: every one ends in an answer or one message.

    python tests/soak/command_fuzz.py --count 20000 --seed 1

Each case is a copy of the sample project with one to three things changed: values of ``catalog.toml``,
``schedule.toml``, ``datapackage.json``, of notebooks, manifests, journal and ledger replaced by values of other
types, tables cut or doubled, bytes flipped, words of the command line exchanged. What counts as a fault is an
``internal error``, a traceback, a signal or an exit code beyond 0, 1, 2. The documents are the four short ones, so
that a case takes a fraction of a second; waiting takes no time, mail servers and robots are not there, no notebook is
run.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gc
import importlib
import io
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from publish.edition.editions import build as publish  # noqa: E402

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 7, 1e308, 3.5, "", "x", "巴中", "*", "../../etc", "a" * 3000, [], [1], ["a", ["b"]], {},
    {"a": 1}, {"zh": 1}, {"en": ["x"]}, [{}], [None], "\x00", "2026-13-45", "nan", "\u202e", 2**70,
)  # fmt: skip
SCHEDULE: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "operators": ["ops@example.org"],
    "smtp": {"host": "127.0.0.1", "port": 25, "security": "none", "from": "a@example.org"},
    "jobs": [
        {
            "name": "w", "cron": "0 8 * * mon", "build": ["brief"],
            "deliver": [{"to": ["a@example.org"], "attach": "brief"}, {"webhook": "wecom", "url_env": "U"}],
        },
    ],
}  # fmt: skip
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("list",), ("list", "areas"), ("list", "indicators", "--json"), ("list", "sources"), ("check",),
    ("schedule", "show"),
    ("status",), ("status", "--json"), ("deliver", "--list"), ("build", "--explain", "nosuch"), ("lineage", "x"),
    ("editions",), ("schedule", "install", "--cron"), ("schedule", "install", "--github-actions"), ("diff", "a", "b"),
    ("diff", "reports/latest", "reports/latest"), ("preview", "nosuch"), ("verify-edition", "."),
    ("verify-edition", "reports/latest"), ("restore", "2025-09-01-00000000"), ("deliver", "--resend", "x"),
    ("deliver", "--dry-run", "dry"), ("schedule", "due"), ("completion", "bash", "planbrief", "build", ""), ("guide",),
    ("nb", "clean"), ("new", "mine"), ("accept", "x"), ("review", "x"), ("migrate",), ("init", "fresh"),
    ("check", "--fix"),
    ("locate", "text.txt"), ("verify", "--sources", "."), ("export", "--to", "datapackage", "--out", "x.zip"),
    ("add", "--area", "巴中", "--indicator", "gdp", "--period", "2025", "--value", "1", "--unit", "亿元",
     "--source", "x", "--published", "2025-01-01", "--locator", "1"),
    ("deliver",), ("deliver", "--job", "w"), ("export", "--to", "sdmx-csv", "--out", "s"), ("--version",),
    ("read", "text.txt", "--area", "巴中", "--published", "2025-01-01"), ("list", "reports", "--json"),
    ("build", "brief", "--explain", "--out", "data/latest"), ("build", "--explain", "brief", "-p", "nosuch=1"),
    ("schedule", "install", "--systemd"), ("schedule", "show", "--count", "3"),
    ("export", "--to", "xlsx", "--out", "x.xlsx"),
)  # fmt: skip
#: Seconds after which a command counts as one that never ends.
LONGEST = 120.0
#: Commands that take a second or more, and come up that much less often.
SLOW = {"check": 0.3, "export": 0.15, "locate": 0.5, "read": 0.3}
#: Options with values that no one should give.
ODD_OPTIONS: tuple[tuple[str, ...], ...] = (
    ("--out",), ("-p",), ("--lang",), ("x=1",), ("--json",), ("",), ("巴中",), ("--count", "-1"), ("nan",),
    ("\x1b[2J",),
    ("@",), ("--",), ("--cell-timeout", "nan"), ("--cell-timeout", "inf"), ("--timeout", "1e400"), ("--memory", "-1"),
    ("--jobs", "0"), ("--jobs", "-9"), ("--keep", "-1"), ("--keep", "9" * 30), ("--log", "."), ("--log", "/dev/full"),
    ("--log", "no/such/x"), ("--config", "."), ("--config", "text.txt"), ("--out", "data"), ("--out", "."),
    ("--out", "a" * 300), ("--out", "x\x00y"), ("--project", "/proc/self"), ("--port", "99999"),
    ("--executor", "dask:x"),
    ("--sources", "/nonexistent"), ("--lang", "\udcff"), ("--job", "x"), ("--edition", ".."), ("--resend", "1"),
    ("--count", "99999999999999999999"), ("--accept", "x"), ("--nosuch",), ("-p", "=" * 9), ("--to", "pdf"),
    ("\udcff\udc80",),
)  # fmt: skip
#: What stands in the environment variable that holds a webhook's address.
ADDRESSES = (
    None, "", "http://127.0.0.1:9/send?key=k", "http://127.0.0.1:x/", "http://127.0.0.1:99999/", "http://[::1",
    "ftp://x/",
    "http://127.0.0.1:/ a", "http://\udcff/", "javascript:1", "http://" + "a" * 400, "https://127.0.0.1:9/\u202e",
    "//x",
)  # fmt: skip
#: Documents that are left out: their rows are like those of the others, and take most of the time.
LONG = ("bazhong-plan-2024", "chongqing-report-2026", "guangdong-report-2026", "sichuan-report-2026")
#: What stands in the state of scheduled generation before a case.
NOW = datetime.now(UTC).isoformat()
RUN = {"job": "w", "slot": NOW, "result": "ok", "time": NOW, "failed": []}
SENT = {"id": "1", "recipient": "mailto:a@example.org", "edition": "e", "state": "failed", "time": NOW, "failures": []}


def mutate(value: Any, rng: random.Random) -> Any:
    """The same structure with one value somewhere replaced, dropped or doubled."""
    value = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            places.append((node, key))
            walk(node[key])

    walk(value)
    if not places:
        return rng.choice(ODD)
    node, key = rng.choice(places)
    act = rng.random()
    if act < 0.15:
        del node[key]
    elif act < 0.3 and isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    elif act < 0.4 and isinstance(node, dict):
        node[rng.choice(("x", "", "巴中", "id", "notebook", "parameters"))] = copy.deepcopy(node[key])
    else:
        node[key] = copy.deepcopy(rng.choice(ODD))
    return value


def toml_text(value: Any) -> str:
    """A structure as TOML in inline tables; what TOML cannot say (null) becomes a bare word, which is a broken file."""

    def inline(item: Any) -> str:
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, dict):
            return "{" + ", ".join(f"{json.dumps(str(k))} = {inline(v)}" for k, v in item.items()) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(inline(each) for each in item) + "]"
        return "null" if item is None else json.dumps(item, ensure_ascii=False)

    if not isinstance(value, dict):
        return inline(value)
    return "\n".join(f"{json.dumps(str(key))} = {inline(item)}" for key, item in value.items()) + "\n"


def bytes_changed(data: bytes, rng: random.Random) -> bytes:
    """Some bytes flipped, cut, doubled or put before the file."""
    act = rng.randrange(5)
    place = rng.randrange(max(1, len(data)))
    if act == 0:
        return data[:place]
    if act == 1:
        return data[:place] + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9))) + data[place:]
    if act == 2:
        return data[:place] + data[place + rng.randrange(1, 40) :]
    if act == 3:
        return rng.choice((b"\xff\xfe", b"\xef\xbb\xbf", b"\x00" * 64, b"[" * 5000, b"{")) + data
    return data[:place] + data[max(0, place - 200) :]


class Project:
    """A project that is changed and put back."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        for name in ("data", "notebooks"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("guide", "drafts"))
        (folder / "reports").mkdir()
        shutil.copy(ROOT / "reports" / "catalog.toml", folder / "reports")
        (folder / "reports" / "schedule.toml").write_text(toml_text(SCHEDULE), encoding="utf-8")
        (folder / "text.txt").write_text("2025年全市地区生产总值1234.5亿元。", encoding="utf-8")
        for name in LONG:
            shutil.rmtree(folder / "data" / "documents" / name)
        for text in ("1", "2"):
            publish(folder / "reports" / "latest", text)
        state = folder / "reports" / ".planbrief-latest" / "schedule"
        state.mkdir()
        (state / "runs.jsonl").write_text(json.dumps(RUN) + "\n", encoding="utf-8")
        (state / "ledger.jsonl").write_text(json.dumps(SENT) + "\n", encoding="utf-8")
        self.files = sorted(path for path in folder.rglob("*") if path.is_file())
        self.whole = {path: path.read_bytes() for path in self.files}

    def change(self, rng: random.Random) -> str:
        """Change one file; returns its name."""
        heavy = {".toml": 12, ".json": 4, ".jsonl": 20, ".ipynb": 4, ".html": 0.2, ".pdf": 0.2}
        weights = [heavy.get(path.suffix, 1) for path in self.files]
        path = rng.choices(self.files, weights)[0]
        data = self.whole[path]
        if rng.random() < 0.3 or path.suffix == ".csv" or path.suffix == ".txt":
            path.write_bytes(bytes_changed(data, rng))
        elif path.suffix == ".toml":
            path.write_text(toml_text(mutate(tomllib.loads(data.decode()), rng)), encoding="utf-8", errors="replace")
        elif path.suffix in (".json", ".ipynb", ".jsonl"):
            text = json.dumps(mutate(json.loads(data), rng), ensure_ascii=False)
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
        return path.relative_to(self.root).as_posix()

    def restore(self) -> None:
        """Put everything back."""
        for path in self.root.rglob("*"):
            if path.is_file() and path not in self.whole:
                path.unlink()
        for path, data in self.whole.items():
            if not path.is_file() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


def words(rng: random.Random) -> list[str]:
    """A command line, now and then with a word of another or with nonsense."""
    chosen = list(rng.choices(COMMANDS, [SLOW.get(line[0], 1) for line in COMMANDS])[0])
    while rng.random() < 0.25:
        place = rng.randrange(len(chosen) + 1)
        chosen[place:place] = rng.choice(ODD_OPTIONS)
    return chosen


def prepare() -> None:
    """Make waiting and serving take no time in this process and its children."""
    from planbrief.commands.cli import COMMANDS as VERBS
    from planbrief.deliver import office, rounds

    for _text, _options, place in VERBS.values():  # every child is forked with all that it could import
        importlib.import_module(place.partition(":")[0])
    office.BACK_OFF, rounds.BACK_OFF = (0.0, 0.0), (0.0,)  # type: ignore[assignment]
    socket.setdefaulttimeout(1)
    socket.getaddrinfo = no_names  # type: ignore[assignment]


def no_names(host: Any, port: Any, *_arguments: Any, **_named: Any) -> Any:
    """Addresses in figures alone: no name server is asked."""
    with contextlib.suppress(OSError, TypeError, ValueError):
        socket.inet_aton(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, int(port)))]
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def outcome(
    project: Project, line: list[str], main: Callable[[list[str]], int], address: str | None = None
) -> tuple[int, str]:
    """Exit code and message of a command in a child of this warm process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        said = io.StringIO()
        code = 99
        try:
            os.chdir(project.root)
            os.setsid()
            os.environ.pop("U", None)
            if address is not None:
                os.environ["U"] = address
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
                try:
                    code = main(["--project", str(project.root), *line])
                except SystemExit as end:
                    code = int(end.code or 0)
        except BaseException as error:
            said.write("".join(traceback.format_exception(error)[-4:]))
        os.write(writing, said.getvalue()[-3000:].encode("utf-8", "replace"))
        os._exit(code if 0 <= code < 100 else 98)
    os.close(writing)
    text, last = b"", time.monotonic() + LONGEST
    while select.select([reading], [], [], max(last - time.monotonic(), 0))[0] and (piece := os.read(reading, 65536)):
        text += piece
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # nothing that it started stays; one that never ends is seen by its signal
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), text.decode("utf-8", "replace")


def warm(project: Project, main: Callable[[list[str]], int]) -> None:
    """Import and compile once, before the forks, what commands import and compile when they run."""
    for line in COMMANDS:
        if line[0] in (*SLOW, "lineage", "verify", "deliver", "build"):
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
                contextlib.chdir(project.root),
            ):
                main(["--project", str(project.root), *line])
    project.restore()
    gc.freeze()


def fuzz(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run `count` cases; returns the counts by exit code, and the faults."""
    from planbrief.commands.cli import main

    prepare()
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        project = Project(Path(folder) / "p")
        warm(project, main)
        for _ in range(count):
            changed = [project.change(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
            line, address = words(rng), rng.choice(ADDRESSES)
            code, said = outcome(project, line, main, address)
            counts[f"exit {code}"] += 1
            if code not in (0, 1, 2) or "internal error" in said or "Traceback" in said:
                where = outcome(project, ["--debug", *line], main, address)[1].strip()[-900:]
                faults.append(f"{line} {changed} {address!r}: {code} {said.strip()[-300:]}\n{where}")
                print(faults[-1], flush=True)
            project.restore()
            if counts.total() % 1000 == 0:
                print(f"seed {seed}: {counts.total()} cases, {len(faults)} faults", flush=True)
    return counts, faults


def fuzz_on(processes: int, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """The same in new interpreters, each with its own project and seed.

    New ones, not forks: whoever asks may have threads, and a fork waits for ever for the lock that one of them held.
    """
    share = -(-count // processes)
    running = [
        subprocess.Popen(
            [sys.executable, __file__, "--count", str(share), "--seed", str(number), "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        for number in range(seed, seed + processes)
    ]  # fmt: skip
    counts, faults = Counter[str](), []
    try:
        for process in running:
            said, _ = process.communicate(timeout=300 + 5 * share)
            answer = json.loads(said.splitlines()[-1])
            counts.update(answer["counts"])
            faults += answer["faults"]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return counts, faults


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    chosen = options.parse_args()
    begun = time.monotonic()
    found, wrong = fuzz(chosen.count, chosen.seed)
    print(
        f"{found.total()} cases in {time.monotonic() - begun:.0f} s:",
        dict(sorted(found.items())),
        f"{len(wrong)} faults",
    )
    if chosen.json:
        print(json.dumps({"counts": found, "faults": wrong}))
    else:
        sys.exit(bool(wrong))

"""Mutated projects, configurations and command lines: every one ends in an answer or one message.

    python tests/soak/command_fuzz.py --count 20000 --seed 1

Each case is a copy of the sample project with one to three things changed: values of ``catalog.toml``,
``schedule.toml``, ``datapackage.json``, of notebooks, manifests, journal and ledger replaced by values of other
types, tables cut or doubled, bytes flipped, words of the command line exchanged. What counts as a fault is an
``internal error``, a traceback, a signal or an exit code beyond 0, 1, 2. The commands are those that read; nothing is
built.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import tomllib
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
)  # fmt: skip
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
    chosen = list(rng.choice(COMMANDS))
    while rng.random() < 0.25:
        odd = rng.choice(
            ("--out", "-p", "--lang", "x=1", "--json", "", "巴中", "--count", "-1", "nan", "\x1b[2J", "@", "--")
        )
        chosen.insert(rng.randrange(len(chosen) + 1), odd)
    return chosen


def outcome(project: Project, line: list[str], main: Callable[[list[str]], int]) -> tuple[int, str]:
    """Exit code and message of a command in a child of this warm process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        said = io.StringIO()
        code = 99
        try:
            os.chdir(project.root)
            signal.alarm(120)
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
                try:
                    code = main(["--project", str(project.root), *line])
                except SystemExit as end:
                    code = int(end.code or 0)
        except BaseException as error:
            said.write(f"Traceback {type(error).__name__}: {error}")
        os.write(writing, said.getvalue()[-3000:].encode("utf-8", "replace"))
        os._exit(code if 0 <= code < 100 else 98)
    os.close(writing)
    text = b""
    while piece := os.read(reading, 65536):
        text += piece
    os.close(reading)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), text.decode("utf-8", "replace")


def fuzz(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run `count` cases; returns the counts by exit code, and the faults."""
    from planbrief.commands.cli import COMMANDS as VERBS
    from planbrief.commands.cli import main

    for _text, _options, place in VERBS.values():  # every child is forked with all that it could import
        importlib.import_module(place.partition(":")[0])
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        project = Project(Path(folder) / "p")
        for _ in range(count):
            changed = [project.change(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
            line = words(rng)
            code, said = outcome(project, line, main)
            counts[f"exit {code}"] += 1
            if code not in (0, 1, 2) or "internal error" in said or "Traceback" in said:
                faults.append(f"{line} {changed}: {code} {said.strip()[-300:]}")
            project.restore()
    return counts, faults


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    begun = time.monotonic()
    found, wrong = fuzz(chosen.count, chosen.seed)
    print(
        f"{chosen.count} cases in {time.monotonic() - begun:.0f} s:",
        dict(sorted(found.items())),
        f"{len(wrong)} faults",
    )
    for fault in wrong[:60]:
        print(fault)
    sys.exit(bool(wrong))

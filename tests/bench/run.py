"""Measure everything: ``make bench``, or ``python tests/bench/run.py [--quick] [--out DIR] [--only a,b,f]``.

Prints Markdown tables and writes them as ``bench.md`` with all single times in ``bench.json``. All ways of a table are
measured in one run on one machine, so compare numbers within a table only. The short form takes a few minutes and has
too few rounds to be quoted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ["PYTHONPATH"] = os.pathsep.join([sys.path[0], os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)

import documents
import many
import moments
import stock
import warm
from measuring import Part, Setting

from planbrief.project import packaged
from planbrief.run.plan import snapshot

PARTS: dict[str, Callable[[Setting], Part | list[Part]]] = {
    "c": moments.nothing_to_do,
    "e": moments.save_to_page,
    "b": warm.measure,
    "a": stock.measure,
    "d": many.measure,
    "s": many.measure_full,
    "r": documents.measure,
}


def other_benches(setting: Setting) -> list[tuple[str, str]]:
    """What the benches of measures and engine print by themselves."""
    found = []
    for name, words in (
        ("bench_engine.py", ["--rounds", str(setting.rounds), *(["--notebooks", "2"] if setting.quick else [])]),
    ):
        path = Path(__file__).with_name(name)
        done = subprocess.run([sys.executable, str(path), *words], capture_output=True, text=True, check=False)
        found.append((name, done.stdout if done.returncode == 0 else f"failed: {done.stderr[-500:]}"))
    return found


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few reports, one round")
    parser.add_argument("--out", type=Path, default=Path("bench"), metavar="DIR", help="folder of the results")
    parser.add_argument(
        "--only", default="", metavar="PARTS", help="such as a,b (b includes f); default: all and others"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds per way (default: 5, quick: 1)")
    parser.add_argument("--documents", type=Path, metavar="DIR", help="reports to read, with labels/*.csv beside them")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="the source texts of the shipped documents")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background takes from all commands
    chosen = [name for name in arguments.only.replace("f", "b").split(",") if name]
    load = os.getloadavg()[0]
    texts = [
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load before {load:.1f}",
        "",
    ]
    raw: dict[str, object] = {"cores": os.cpu_count(), "python": platform.python_version(), "load": load}
    with tempfile.TemporaryDirectory(prefix="planbrief-bench-") as folder:
        project = snapshot(packaged(), Path(folder) / "project")
        setting = Setting(arguments.quick, Path(folder), project, arguments.rounds or (1 if arguments.quick else 5))
        setting.documents, setting.sources = arguments.documents, arguments.sources
        for name, measure in PARTS.items():
            if chosen and name not in chosen:
                continue
            print(f"measuring ({name}) …", file=sys.stderr, flush=True)
            result = measure(setting)
            for part in result if isinstance(result, list) else [result]:
                texts.append(part.markdown())
                raw[part.title] = part.raw
                print(texts[-1], flush=True)
        if not chosen:
            for name, said in other_benches(setting):
                texts.append(f"### {name}\n\n{said}")
                raw[name] = said
                print(texts[-1], flush=True)
    (arguments.out / "bench.md").write_text("\n".join(texts), encoding="utf-8")
    (arguments.out / "bench.json").write_text(json.dumps(raw, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {arguments.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Install each scheduler into an environment of its own and run its recipe once: ``make recipes``.

``python tests/recipes/run.py [airflow] [prefect]`` needs ``planbrief`` beside the Python that runs it; the recipes call
that command. Everything lies below .venv-recipes/NAME: the environment (kept until its requirements change), the
scheduler's home and a new project, in whose reports/latest an edition stands in the end and in whose delivered/ a copy
of it. Exit code 1 if a recipe did not get there; its log says why.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLANBRIEF = Path(sys.executable).with_name("planbrief")
#: For each recipe the commands, beginning in the environment's bin folder, and the variables it needs besides.
COMMANDS = {
    "airflow": [["airflow", "db", "migrate"], ["airflow", "dags", "test", "planbrief"]],
    "prefect": [["python", str(HERE / "prefect" / "planbrief_flow.py")]],
}
VARIABLES = {
    "airflow": {"AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
    "prefect": {"PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"},
}
SCHEDULE = """\
[[jobs]]
name = "weekly"
cron = "0 8 * * mon"
build = ["brief"]

[[jobs.deliver]]
folder = {folder}
when = "always"
"""
#: Seconds for one command; retries of a recipe that fails wait two minutes of them.
LIMIT = 600


class Failed(Exception):
    """A step did not end well; the message is for the reader."""


def say(name: str, text: str, since: float) -> None:
    print(f"{name}: {text} ({time.monotonic() - since:.0f} s)", flush=True)


def call(command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
    """Run with all output in the log; the end of the log is the message of a failure. Nothing stays running."""
    with log.open("a", encoding="utf-8") as sink:
        print("$", *command, file=sink, flush=True)
        running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=env, cwd=log.parent, start_new_session=True
        )
        try:
            code = running.wait(LIMIT)
            ending = f"ended with {code}" if code else ""
        except subprocess.TimeoutExpired:
            ending = f"took more than {LIMIT} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    if ending:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        raise Failed(f"{' '.join(command)} {ending}; the end of {log}:\n" + "\n".join(lines))


def environment(name: str, folder: Path) -> Path:
    """The bin folder of an environment that holds the scheduler as its requirements say."""
    wanted = (HERE / name / "requirements.txt").read_text(encoding="utf-8")
    home, stamp = folder / "env", folder / "env" / "installed.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        since = time.monotonic()
        shutil.rmtree(home, ignore_errors=True)
        call([sys.executable, "-m", "venv", str(home)], folder / "install.log")
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "-r", str(HERE / name / "requirements.txt")]
        call(pip, folder / "install.log")
        stamp.write_text(wanted, encoding="utf-8")
        pinned = next(line for line in wanted.splitlines() if name in line and "==" in line)
        say(name, f"{pinned} installed", since)
    return home / "bin"


def project(folder: Path) -> Path:
    """A new project whose one recipient is a folder beside it."""
    place = folder / "project"
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(folder / "delivered", ignore_errors=True)
    (folder / "delivered").mkdir()
    call([str(PLANBRIEF), "init", "--project", str(ROOT), str(place)], folder / "run.log")
    text = SCHEDULE.format(folder=json.dumps(str(folder / "delivered")))
    (place / "reports" / "schedule.toml").write_text(text, encoding="utf-8")
    return place


def run(name: str, base: Path) -> None:
    """One recipe, from nothing to a delivered edition."""
    folder = base / name
    folder.mkdir(parents=True, exist_ok=True)
    for stale in ("install.log", "run.log"):
        (folder / stale).unlink(missing_ok=True)
    bin_folder = environment(name, folder)
    place = project(folder)
    shutil.rmtree(folder / "home", ignore_errors=True)
    # Nothing of the caller's own Airflow or Prefect: its database and its server are not ours to touch.
    own = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PREFECT", "PLANBRIEF", "PYTHON"))}
    variables = {
        **own, **VARIABLES[name], f"{name.upper()}_HOME": str(folder / "home"), "DO_NOT_TRACK": "1",
        "PLANBRIEF": str(PLANBRIEF), "PLANBRIEF_PROJECT": str(place), "PYTHONUTF8": "1",
    }  # fmt: skip
    since = time.monotonic()
    for program, *words in COMMANDS[name]:
        call([str(bin_folder / program), *words], folder / "run.log", variables)
    manifest = place / "reports" / "latest" / "manifest.json"
    if not manifest.is_file():
        raise Failed(f"no edition stands in {manifest.parent}; see {folder / 'run.log'}")
    call([str(PLANBRIEF), "verify-edition", str(manifest.parent)], folder / "run.log")
    if not list((folder / "delivered").rglob("manifest.json")):
        raise Failed(f"nothing was delivered into {folder / 'delivered'}; see {folder / 'run.log'}")
    say(name, f"an edition stands in {os.path.relpath(manifest.parent)}, verified and delivered", since)


def main() -> int:
    """Run the recipes that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{' or '.join(COMMANDS)} (default: both)")
    parser.add_argument("--in", dest="base", type=Path, default=ROOT / ".venv-recipes", metavar="DIR")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in COMMANDS]:
        parser.error(f"no recipe {unknown[0]!r}; there are {', '.join(COMMANDS)}")
    if not PLANBRIEF.is_file():
        parser.error(f"no planbrief beside {sys.executable}; run `make recipes`")
    failures = 0
    for name in arguments.names or COMMANDS:
        try:
            run(name, arguments.base.resolve())
        except Failed as failed:
            print(f"{name}: failed: {failed}", file=sys.stderr, flush=True)
            failures += 1
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())

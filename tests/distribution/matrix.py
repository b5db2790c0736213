"""Run the rooms that depend most on versions under every Python there is, each with several versions: ``make matrix``.

``python tests/distribution/matrix.py [3.11 …]`` looks for ``python3.N`` on PATH and among pyenv's versions. Each gets
an environment below .venv-matrix/ (kept until pyproject.toml or constraints.txt change) and a row in the table that is
printed: Python, versions, what pytest said. A Python that is not there is named as missing. Exit code 1 where a row is
red or no Python was found.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
#: Rooms whose results depend on pandas, numpy, matplotlib, lxml, nbconvert, typst.
ROOMS = ("tests/targets", "tests/measures", "tests/display", "tests/render")
#: Versions: as pinned, the newest and the lowest that pyproject.toml allows.
VERSIONS = {"pinned": ["-c", "constraints.txt"], "newest": ["--upgrade"], "lowest": ["-c", "lowest.txt"]}


def lowest() -> str:
    """The lower bound of each run-time dependency as a file of constraints."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    bounds = (re.match(r"([\w.-]+)(?:\[.*?\])?[>=]=([\d.]+)", one) for one in asked)
    return "".join(f"{bound[1]}=={bound[2]}\n" for bound in bounds if bound)


def python_of(version: str) -> str | None:
    """Path of a Python of that version, None if the machine has none."""
    if found := shutil.which(f"python{version}"):
        works = subprocess.run([found, "-c", "pass"], capture_output=True).returncode == 0
        if works:
            return found
    versions = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return str(versions[-1]) if versions else None


def environment(python: str, version: str, which: str) -> Path:
    """The Python of an environment with planbrief and its tests."""
    folder = ROOT / ".venv-matrix" / f"{version}-{which}"
    made = folder / "made-from"
    asked = hashlib.sha256(b"".join((ROOT / n).read_bytes() for n in ("pyproject.toml", "constraints.txt"))).hexdigest()
    if not made.is_file() or made.read_text() != asked:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        (folder / "lowest.txt").write_text(lowest())
        install = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        versions = [str(folder / word) if word == "lowest.txt" else word for word in VERSIONS[which]]
        subprocess.run([*install, *versions, "-e", ".[test]"], cwd=ROOT, check=True)
        made.write_text(asked)
    return folder / "bin" / "python"


def main(asked: list[str]) -> int:
    """Print the table."""
    print("| Python | versions | result |\n|---|---|---|", flush=True)
    red = green = 0
    for version in asked or PYTHONS:
        python = python_of(version)
        if python is None:
            print(f"| {version} | | missing on this machine |", flush=True)
            continue
        for which in VERSIONS:
            try:
                here = environment(python, version, which)
            except subprocess.CalledProcessError as error:
                red += 1
                print(f"| {version} | {which} | not installed: exit code {error.returncode} |", flush=True)
                continue
            command = [here, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *ROOMS]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "CI": "true"})
            red += done.returncode != 0
            green += done.returncode == 0
            failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
            last = (done.stdout.strip().splitlines() or [done.stderr.strip()[-200:]])[-1].strip("= ")
            print(f"| {version} | {which} | {last} |", *failed[:20], sep="\n" if failed else "", flush=True)
    return 1 if red or not green else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Build wheel and sdist, hold them against the packaging tools, and use each in an empty environment: ``make dist``.

The wheel: ``planbrief init``, one report built, ``check``, a consumer's types. The sdist: unpacked, installed with its
tests, one room of them run. Both files end in dist/. Exit code 1 with the log of the step that failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
#: A dependency is installed as constraints.txt pins it, as a user of the README would.
PINNED = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]


def call(*words: str | Path, cwd: Path = ROOT) -> None:
    """Run a command that must end well; its output is shown only where it does not."""
    # CI makes missing tools a failure; what is tried here has neither browsers nor the source texts beside it.
    unset = ("PLANBRIEF", "PYTHONPATH", "CI")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=kept, capture_output=True, text=True)
    shown = " ".join(Path(word).name if os.sep in str(word) else str(word) for word in words[:6])
    if done.returncode:
        sys.exit(f"failed: {shown}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    print(f"ok: {shown}", flush=True)


def environment(folder: Path, *install: str | Path) -> Path:
    """The Python of a new environment that holds what is named and nothing else."""
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    call(python, *PINNED, *install)
    call(python, "-m", "pip", "check")
    return python


def main() -> None:
    """Build, check, install, use."""
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="planbrief-dist-") as name:
        base = Path(name)
        tools = environment(base / "tools", f"{ROOT}[release]")
        call(tools, "-m", "build", "--no-isolation", "--outdir", DIST, ROOT)
        wheel, sdist = next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))
        call(tools, "-m", "twine", "check", "--strict", wheel, sdist)
        call(tools.with_name("check-wheel-contents"), wheel)
        call(tools.with_name("validate-pyproject"), ROOT / "pyproject.toml")
        # Two of ten are those of an address of the authors and of a home page: there is neither.
        call(tools.with_name("pyroma"), "--min", "8", sdist)

        python = environment(base / "wheel", wheel)
        planbrief = python.with_name("planbrief")
        empty = base / "empty"
        empty.mkdir()
        call(planbrief, "init", "work", cwd=empty)
        call(planbrief, "build", "profile-zhaoqing", cwd=empty / "work")
        call(planbrief, "check", cwd=empty / "work")
        call(
            tools.with_name("mypy"),
            "--strict",
            "--python-executable",
            python,
            ROOT / "tests/distribution/consumer.py",
            cwd=empty,
        )
        if not (empty / "work/reports/latest/zh/profile-zhaoqing.pdf").is_file():
            sys.exit("failed: the wheel built no PDF")

        with tarfile.open(sdist) as archive:
            archive.extractall(base / "sdist", filter="data")
        unpacked = next((base / "sdist").iterdir())
        python = environment(base / "source", f"{unpacked}[test]")
        call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/targets", cwd=unpacked)
    print(f"{wheel.name}, {sdist.name}: in dist/")


if __name__ == "__main__":
    main()

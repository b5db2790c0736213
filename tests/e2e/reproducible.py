"""Build everything twice under unlike circumstances and compare every byte: ``make reproducible``.

The two builds differ in folder, user's home, time zone, locale, hash seed, number of jobs, umask and (a second apart)
in time. Only the block ``run`` of manifest.json may differ.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CIRCUMSTANCES = (
    {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "jobs": "1", "umask": "022", "folder": "one"},
    {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "4242", "jobs": "2", "umask": "027", "folder": "zwei/三"},
)
EXPORTS = ("xlsx:data.xlsx", "sdmx-csv:sdmx", "datapackage:data.zip")


def build(circumstances: dict[str, str], base: Path) -> Path:
    """One full build and all exports in a copy of the project; returns the folder with the results."""
    project = base / circumstances["folder"] / "project"
    project.mkdir(parents=True)
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, project / name)
    (project / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "catalog.toml", project / "reports")
    results = base / circumstances["folder"] / "results"
    results.mkdir()
    home = base / circumstances["folder"] / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "PLANBRIEF_PROJECT": str(project), "USER": circumstances["folder"]}
    environment.update({name: circumstances[name] for name in ("TZ", "LC_ALL", "PYTHONHASHSEED")})
    environment["PYTHONUTF8"] = "1"

    def planbrief(*words: str) -> None:
        command = [sys.executable, "-m", "planbrief", *words]
        subprocess.run(
            command, check=True, cwd=results, env=environment, stdout=subprocess.DEVNULL,
            umask=int(circumstances["umask"], 8),
        )  # fmt: skip

    planbrief("build", "--out", str(results / "edition"), "--jobs", circumstances["jobs"])
    for export in EXPORTS:
        kind, name = export.split(":")
        planbrief("export", "--to", kind, "--out", str(results / name))
    return results


def contents(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder; a manifest without its block ``run``."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".planbrief") for part in path.parts):
            continue
        data = path.read_bytes()
        if path.name == "manifest.json":
            manifest = json.loads(data)
            manifest.pop("run")
            data = json.dumps(manifest, ensure_ascii=False).encode()
        found[path.relative_to(folder).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def main() -> int:
    """Build twice, compare, say what differs."""
    base = Path(tempfile.mkdtemp(prefix="planbrief-reproducible-"))
    try:
        first, second = (contents(build(one, base)) for one in CIRCUMSTANCES)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    unlike = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    for name in unlike:
        print(f"differs: {name}")
    print(f"reproducible: {len(first)} files, {len(unlike)} differ")
    return 1 if unlike or not first else 0


if __name__ == "__main__":
    sys.exit(main())

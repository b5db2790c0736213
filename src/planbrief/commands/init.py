"""``planbrief init DIR``: an editable copy of data, notebooks and catalog, from the copy inside the package."""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

from planbrief.errors import PlanbriefError
from planbrief.export.place import BESIDE, destination, write_folder
from planbrief.log import visible
from planbrief.project import DRAFTS, Project, packaged

#: Files that a project consists of, as patterns below its folder.
_PATTERNS = (
    "data/*.json", "data/*.csv", "data/*.txt", "data/*/*.csv", "data/*/*/*.csv",
    "data/*/*/*.txt", "notebooks/*.ipynb", "notebooks/words/*.toml", "reports/catalog.toml",
    "reports/*.schema.json",
)  # fmt: skip


class NotEmpty(PlanbriefError):
    """The folder for a new project holds something already."""

    def __init__(self, folder: str, found: str) -> None:
        super().__init__(folder, found)
        self.folder, self.found = folder, found

    def __str__(self) -> str:
        return f"{visible(self.folder)}: found {visible(self.found)}; expected a new or an empty folder"


def project_files(project: Project) -> dict[str, bytes]:
    """Files of `project` that a copy consists of, by relative path."""
    found = sorted({path for pattern in _PATTERNS for path in project.root.glob(pattern) if path.is_file()})
    found = [path for path in found if project.data / DRAFTS not in path.parents]
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in found}


def lay_out(folder: Path | str) -> Path:
    """Make a project in `folder` and return its absolute path.

    Raises
    ------
    NotEmpty
        `folder` is a file, or a folder that holds something.
    """
    path = destination(folder)
    if path.exists():
        if not path.is_dir():
            raise NotEmpty(str(path), "a file")
        if entry := next((one for one in sorted(path.iterdir()) if one.name not in BESIDE), None):
            raise NotEmpty(str(path), entry.name)
    files = project_files(packaged())
    own = {".gitignore": "gitignore", ".gitattributes": "gitattributes", "README.md": "README.md"}
    beside = resources.files("planbrief.commands") / "laid_out"
    write_folder(path, {**files, **{name: (beside / file).read_bytes() for name, file in own.items()}})
    return path


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief init``."""
    path = lay_out(arguments.folder)
    start = "start" if path == Path.cwd() else "go there and start"
    print(f"{path}: a new project; {start} with README.md, planbrief list, planbrief build")
    print("under git: planbrief nb install keeps the outputs of notebooks out of every commit")
    return 0

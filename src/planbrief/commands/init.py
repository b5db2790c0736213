"""``planbrief init DIR``: an editable copy of data, notebooks and catalog, from the copy inside the package."""

from __future__ import annotations

import argparse
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

_GITIGNORE = """\
# What planbrief builds anew at any time, and what Jupyter leaves behind.
reports/*
!reports/catalog.toml
!reports/*.schema.json
.ipynb_checkpoints/
.venv/
__pycache__/
# Documents that are being read and reviewed.
data/drafts/
"""

#: What lets additions to the shared tables merge.
GITATTRIBUTES = """\
# Rows that two branches add to a shared table are all meant; planbrief check names a key that occurs twice then.
data/*.csv merge=union
data/seal.txt merge=union
"""

_README = """\
# planbrief 项目 · a planbrief project

## 中文

这是一份可以编辑的项目：`data/` 是规划文件中的数字，`notebooks/` 是报告的写法，`reports/catalog.toml` 是报告目录。

```
planbrief list                 有哪些报告
planbrief build                生成全部报告，写入 reports/latest
planbrief check                检查数据、笔记本与目录，列出全部问题（--fix 修复可以无损修复的）
planbrief locate 文本.txt      列出一份新文本中尚未登记的数字，输出可直接使用的 CSV 行
planbrief verify --sources DIR 逐一核对数值与原文
```

加入一座城市：

1. 在 `data/areas.csv` 加一行地区；为文献建一个文件夹 `data/documents/<source_id>/`，其中 `source.csv` 写一行文献。
2. 用 `planbrief locate` 取得数字所在的行，补上地区、指标、时期、性质，存为其中的 `observations.csv`；
   不表示数量的数字存为 `exclusions.csv`。
3. 新指标写入 `data/indicators.csv`。
4. 运行 `planbrief check`，再以 `planbrief check --accept-all` 逐行列出并确认新增的行，
   然后运行 `planbrief build profile-<ref_area>`。

## English

This project is yours to edit: `data/` holds the numbers printed in the plans, `notebooks/` says how reports are
written, `reports/catalog.toml` lists the reports.

```
planbrief list                 which reports there are
planbrief build                make every report, into reports/latest
planbrief check                every problem of data, notebooks and catalog (--fix mends what it can without loss)
planbrief locate TEXT.txt      numbers of a new text that no table holds yet, as ready CSV rows
planbrief verify --sources DIR hold every value against the source texts
```

To add a city:

1. Add a row to `data/areas.csv` for the place, and a folder `data/documents/<source_id>/` for the document, with its
   row in `source.csv`.
2. Let `planbrief locate` print the rows with the places of the numbers; fill in area, indicator, period and kind and
   save them as `observations.csv` in that folder. Numbers that state no quantity go to `exclusions.csv` beside it.
3. Add new indicators to `data/indicators.csv`.
4. Run `planbrief check`, then `planbrief check --accept-all`, which lists the new rows and seals them, then
   `planbrief build profile-<ref_area>`.
"""


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
    texts = {".gitignore": _GITIGNORE, ".gitattributes": GITATTRIBUTES, "README.md": _README}
    write_folder(path, {**files, **{name: text.encode() for name, text in texts.items()}})
    return path


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief init``."""
    path = lay_out(arguments.folder)
    start = "start" if path == Path.cwd() else "go there and start"
    print(f"{path}: a new project; {start} with README.md, planbrief list, planbrief build")
    print("under git: planbrief nb install keeps the outputs of notebooks out of every commit")
    return 0

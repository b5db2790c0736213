"""A page built again from the edited cell: the same bytes as one built whole, and a whole build wherever it is not."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
from publish.building.conftest import CELLS, write_notebook

from planbrief.project import Project
from planbrief.run.engine.events import CellFailed, TimedOut, WorkerDied
from planbrief.run.plan import snapshot
from planbrief.run.pool.executor import Pool
from planbrief.run.pool.process_tree import Scratch, memory_share
from planbrief.run.produce import PRELOAD, Produced, Task, produce
from planbrief.run.rehearsal import Lost, Rehearsal, Rehearsals

pytestmark = [
    pytest.mark.xdist_group("build"),
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes are followed by their descriptor, as on Linux"),
]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One warm process for all of these tests."""
    warm = Pool(4, PRELOAD, method="fork")
    yield warm
    warm.stop()


@pytest.fixture
def own_pool() -> Iterator[Pool]:
    """Processes of one test alone, whose pages stay to be edited again and would take the place of others."""
    warm = Pool(4, PRELOAD, method="fork")
    yield warm
    warm.stop()


class Edited:
    """A rehearsal of a small report, and the same built whole."""

    def __init__(self, pool: Pool, project: Project, folder: Path, part_apart: float = 0) -> None:
        self.pool, self.notebook = pool, project.notebooks / "small.ipynb"
        (folder / "project").mkdir()
        root = snapshot(project, folder / "project")
        parameters = (("region", "qijiang"),)
        self.task = Task("small-qijiang", "zh", "small", parameters, ("html",), str(root), cell_timeout=60)
        (folder / "run").mkdir()
        self.run = Rehearsal(pool, self.task, folder / "run", memory_share(2), part_apart)

    def page(self) -> str:
        return self.text(self.run.result(60))

    def again(self, cells: dict[str, str]) -> str:
        """The page after a save."""
        write_notebook(self.notebook, cells)
        assert self.run.takes(self.task)
        assert self.run.again(self.notebook)
        return self.page()

    def whole(self) -> str:
        """The page of the notebook as it is now, from its first cell."""
        return self.text(self.pool.submit(produce, self.task).result(60))

    @staticmethod
    def text(produced: Produced) -> str:
        return produced.pages["html"].decode()


@pytest.fixture
def begun(pool, small, tmp_path) -> Iterator[list[Edited]]:
    """What a test has begun, ended after it."""
    edited: list[Edited] = []
    yield edited
    for one in edited:
        one.run.end()
    for one in edited:  # its place among the pool's jobs is free for the next test
        with contextlib.suppress(Exception):
            one.run._future.exception(30)
        assert one.run._future.done()


@pytest.fixture
def edited(pool, small, tmp_path, begun):
    """Begin with these cells."""

    def begin(cells: dict[str, str]) -> Edited:
        write_notebook(small.notebooks / "small.ipynb", cells)
        folder = tmp_path / f"rehearsal-{len(begun)}"
        folder.mkdir()
        begun.append(Edited(pool, small, folder))
        return begun[-1]

    return begin


def cells(**changes: str) -> dict[str, str]:
    """The small notebook with other cells, in their order before the last one."""
    last = {"finish": CELLS["finish"]}
    return {name: changes.get(name, source) for name, source in CELLS.items() if name != "finish"} | changes | last


def say(text: str) -> str:
    return f"say(zh='{text}', en='{text}')"


def test_only_cells_from_the_edited_one_run_again(edited, tmp_path):
    """Those above leave their traces once; the page says what is new, byte for byte as a whole build says it."""
    ran = tmp_path / "ran"
    trace = f"open({str(ran)!r}, 'a').write('x')"
    one = edited(cells(trace=trace, words=say("旧句。")))
    assert "旧句。" in one.page()
    assert ran.read_text() == "x"
    for word in ("新句。", "又一句。", "再一句。"):
        page = one.again(cells(trace=trace, words=say(word)))
        assert word in page
        assert "旧句。" not in page
    assert ran.read_text() == "x"
    assert one.whole() == page
    assert ran.read_text() == "xx"


def test_any_edit_gives_the_page_of_a_whole_build(edited):
    """Cells added, taken away, moved, text between them, an edit above the last one, tags."""
    one = edited(cells(a=say("甲。"), b=say("乙。"), c=say("丙。")))
    pages = {one.page()}
    for changed in (
        cells(a=say("甲。"), b=say("乙。"), c=say("丁。"), d=say("戊。")),
        cells(a=say("甲。"), b=say("己。"), c=say("丁。")),
        cells(a=say("甲。"), c=say("丁。"), b=say("己。")),
        cells(a=say("庚。"), b=say("己。")),
        cells(a=say("庚。")),
        cells(a=say("庚。"), b=say("辛。")),
    ):
        page = one.again(changed)
        assert page == one.whole()
        pages.add(page)
    assert len(pages) == 7
    notebook = nbformat.read(one.notebook, 4)
    notebook.cells.insert(2, nbformat.v4.new_markdown_cell("## 壬", id="text"))
    notebook.cells[-2].metadata["tags"] = ["remove-cell"]
    nbformat.write(notebook, one.notebook)
    assert one.run.again(one.notebook)
    page = one.page()
    assert "壬" in page
    assert "辛。" not in page
    assert page == one.whole()


def test_text_between_cells_is_exchanged_without_running_those_above(edited, tmp_path):
    """A sentence of Markdown above a cell is no reason to run that cell again."""
    ran = tmp_path / "ran"
    one = edited(cells(trace=f"open({str(ran)!r}, 'a').write('x')", words=say("句。")))
    one.page()
    notebook = nbformat.read(one.notebook, 4)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell("旧文", id="text"))
    nbformat.write(notebook, one.notebook)
    assert one.run.again(one.notebook)  # a cell more: from there on
    assert "旧文" in one.page()
    notebook.cells[1].source = "新文"
    nbformat.write(notebook, one.notebook)
    assert one.run.again(one.notebook)
    page = one.page()
    assert "新文" in page
    assert "旧文" not in page
    assert ran.read_text() == "xx"


def test_checkpoints_lie_apart_and_one_before_what_is_edited(pool, small, tmp_path):
    """By default there are fewer than cells, and the cell that is being worked on gets one of its own."""
    many = {f"cell{number}": str(number) for number in range(30)}
    write_notebook(small.notebooks / "small.ipynb", cells(**many))
    (tmp_path / "edited").mkdir()
    one = Edited(pool, small, tmp_path / "edited", part_apart=10.0)
    try:
        one.page()
        assert max(one.run._ready) < 23
        for word in ("twenty", "zwanzig"):
            one.again(cells(**many | {"cell20": repr(word)}))
            assert max(one.run._ready) == 23
    finally:
        one.run.end()


def test_a_shipped_page_is_the_same_whichever_cell_was_edited(pool, project, tmp_path):
    """The profile with its charts, edited at its end and in its middle."""
    (tmp_path / "copy").mkdir()
    (tmp_path / "run").mkdir()
    root = snapshot(project, tmp_path / "copy")
    task = Task("profile-bazhong", "zh", "profile", (("region", "bazhong"),), ("html",), str(root), cell_timeout=60)
    run = Rehearsal(pool, task, tmp_path / "run", memory_share(2))
    try:
        first = Edited.text(run.result(60))
        notebook = nbformat.read(project.notebooks / "profile.ipynb", 4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell, more in ((code[-1], "# nothing new\n"), (code[len(code) // 2], say("新句。").join(("\n", "\n")))):
            cell.source = "from planbrief.display import say\n" + more + cell.source
            nbformat.write(notebook, project.notebooks / "profile.ipynb")
            assert run.again(project.notebooks / "profile.ipynb")
            page = Edited.text(run.result(60))
            assert (page == first) is ("nothing" in more)
        assert page == Edited.text(pool.submit(produce, task).result(60))
    finally:
        run.end()


def test_state_that_forked_processes_share_is_put_back(edited, tmp_path):
    """An open file is read on from where it was; output and awaited work of the rest arrive once."""
    lines = tmp_path / "lines"
    lines.write_text("第一行\n第二行\n第三行\n", encoding="utf-8")
    opened = f"file = open({str(lines)!r}, encoding='utf-8', buffering=1)\nfirst = file.readline()"
    rest = (
        "import asyncio, os, sys\n"
        "print('说', file.readline())\nos.system('echo 壳')\n"
        "await asyncio.sleep(0.01)\nprint(await asyncio.to_thread(lambda: '线程'))\n"
    )
    one = edited(cells(opened=opened, rest=rest))
    page = one.page()
    for number in range(3):
        page = one.again(cells(opened=opened, rest=rest + f"print('第{'一二三'[number]}次')"))
        assert page == one.whole()
    assert [page.count(word) for word in ("壳", "线程", "第三次", "第一次")] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    "left",
    [
        "import threading\nthreading.Thread(target=threading.Event().wait, args=(20,), daemon=True).start()\n",
        "import subprocess, sys\nkept = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])\n",
        "import socket\nkept = socket.socketpair()\n",
    ],
    ids=["thread", "child", "sockets"],
)
def test_what_a_fork_would_not_take_along_ends_the_checkpoints(edited, left):
    """Cells below run again with the cell that left it, and the page is that of a whole build."""
    one = edited(cells(first="1", left=left, words=say("旧句。")))
    one.page()
    assert max(one.run._ready) <= 4  # before the cell that left something
    page = one.again(cells(first="1", left=left, words=say("新句。")))
    assert "新句。" in page
    assert page == one.whole()


def test_files_of_later_cells_are_no_state_to_start_from(edited):
    """A cell that wants to be the first to write its file is one in the next run, too, because that begins anew."""
    own = "open('own.txt', 'x').write('x')\n"
    one = edited(cells(first="1", own=own + say("旧句。")))
    one.page()
    with pytest.raises(Lost):
        one.again(cells(first="1", own=own + say("新句。")))


def test_failures_and_deaths_leave_the_checkpoints(edited):
    """A cell that fails, leaves or kills its process is mended from the checkpoint above it."""
    one = edited(cells(first="1", last="1 / 0"))
    with pytest.raises(CellFailed, match="ZeroDivisionError"):
        one.page()
    for death in ("import os\nos._exit(3)", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"):
        with pytest.raises(WorkerDied if "import" in death else CellFailed):
            one.again(cells(first="1", last=death))
    page = one.again(cells(first="1", last=say("好了。")))
    assert "好了。" in page
    assert page == one.whole()


def test_pages_begin_anew_where_their_inputs_did(own_pool, small, tmp_path):
    """Another state of the data, another parameter or a lost state: the whole notebook runs, in a fresh copy."""
    ran = tmp_path / "ran"
    trace = f"open({str(ran)!r}, 'a').write('x')"
    write_notebook(small.notebooks / "small.ipynb", cells(trace=trace, words=say("句。")))
    scratch = Scratch(tmp_path / "scratch")
    pages = Rehearsals(own_pool, scratch, 60, part_apart=0)
    (tmp_path / "copy").mkdir()
    root = snapshot(small, tmp_path / "copy")
    task = Task("small-qijiang", "zh", "small", (("region", "qijiang"),), ("html",), str(root), cell_timeout=60)
    whole = Edited.text(pages.start("page", task, "data 1", whole=True)())
    runs = []
    for inputs, chosen in (
        ("data 1", task), ("data 1", task), ("data 2", task), ("data 2", task), ("data 2", replace(task, lang="en")),
    ):  # fmt: skip
        page = Edited.text(pages.start("page", chosen, inputs, whole=False)())
        assert (page == whole) is (chosen is task)
        runs.append(len(ran.read_text()))
    assert runs == [2, 2, 3, 3, 4]
    assert len(list(scratch.root.glob("task-*"))) == 1  # of those that were given up nothing is left
    for name in ("other", "third"):
        pages.start(name, task, "data 2", whole=False)()
    end = time.monotonic() + 10
    while len(list(scratch.root.glob("task-*"))) > 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert len(list(scratch.root.glob("task-*"))) == 2
    scratch.close()


def test_nothing_is_left_of_a_rehearsal_that_has_ended(edited):
    """Its processes are gone, those of its cells, too."""
    mark = "planbrief-rehearsal-child"
    child = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', {mark!r}])"
    one = edited(cells(first="1", second="2", last=child))
    one.page()
    end = time.monotonic() + 20

    def left() -> list[str]:
        lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        return [" ".join(line) for line in lines if mark in line]

    def processes() -> int:
        return len(psutil.Process().children(recursive=True))

    assert one.again(cells(first="1", second="3", last=child))
    before = processes()
    for number in range(6):
        one.again(cells(first="1", second=str(number), last=child))
    while processes() > before and time.monotonic() < end:  # the last one given up is ended beside the next save
        time.sleep(0.05)
    assert processes() <= before
    one.run.end()
    while (left() or not one.run._future.done()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left()
    assert one.run._future.done()


def test_a_page_that_takes_too_long_is_given_up(own_pool, small, tmp_path):
    """Its processes end, whatever they are at, and the next save begins anew."""
    (tmp_path / "copy").mkdir()
    mark = "planbrief-rehearsal-slow"
    endless = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', {mark!r}])"
    write_notebook(small.notebooks / "small.ipynb", cells(last=endless))
    root = snapshot(small, tmp_path / "copy")
    task = Task("small-qijiang", "zh", "small", (("region", "qijiang"),), ("html",), str(root), cell_timeout=60)
    scratch = Scratch(tmp_path / "scratch")
    pages = Rehearsals(own_pool, scratch, 5, part_apart=0)
    with pytest.raises(TimedOut, match="zh/small-qijiang: stopped after 5 s"):
        pages.start("page", task, "data", whole=False)()
    end = time.monotonic() + 20
    running = [mark]
    while running and time.monotonic() < end:
        time.sleep(0.05)
        running = [one for one in psutil.process_iter(["cmdline"]) if mark in " ".join(one.info["cmdline"] or [])]
    assert running == []
    write_notebook(root / "notebooks" / "small.ipynb", cells(last=say("好了。")))
    pages.seconds = 60
    assert "好了。" in Edited.text(pages.start("page", task, "data", whole=False)())
    scratch.close()

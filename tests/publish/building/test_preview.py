"""The preview over real HTTP and in Chromium: this machine only, rebuilt on save, errors beside the last good page."""

from __future__ import annotations

import contextlib
import html
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from publish.building.conftest import CELLS, write_notebook

from planbrief.checks.repair import accept
from planbrief.commands.cli import main
from planbrief.commands.preview import studio
from planbrief.commands.preview.server import PreviewServer, serve
from planbrief.commands.preview.studio import Studio, Watch
from planbrief.project import Project
from planbrief.run.plan import checked_package, snapshot

pytestmark = pytest.mark.xdist_group("build")

#: Enough text above and below to scroll.
TALL = "for number in range(60):\n    say(zh=f'第 {number} 段。', en=f'Paragraph {number}.')\n"


@contextlib.contextmanager
def preview(project: Project, report: str = "small-qijiang") -> Iterator[PreviewServer]:
    """A preview as the command runs it, in threads of the test."""
    shown = Studio(project, report, {})
    server = serve(shown, "zh", 0)
    threads = [threading.Thread(target=run, daemon=True) for run in (server.serve_forever, shown.run)]
    for thread in threads:
        thread.start()
    if report:
        shown.shown("zh")
    try:
        yield server
    finally:
        shown.stop()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def ask(
    server: PreviewServer, path: str, host: str | None = None, method: str = "GET"
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of one request, its path sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host if host is not None else f"127.0.0.1:{server.server_port}")
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), dict(answer.getheaders())
    connection.close()
    return found


def after(server: PreviewServer, version: int, lang: str = "zh", report: str = "") -> str:
    """The page once its version is beyond `version`, as a browser learns of it."""
    for _ in range(20):
        path = server.path(lang, report)  # type: ignore[arg-type]
        address = f"http://127.0.0.1:{server.server_port}/events?page={path}&version={version}"
        with urlopen(address, timeout=60) as events:
            for line in events:
                if line.startswith(b"data: ") and json.loads(line[6:])["version"] != version:
                    return ask(server, path)[1]
    raise AssertionError("no new version")


def version_of(page: str) -> int:
    return int(told(page)["version"])


def told(page: str) -> dict[str, Any]:
    """What a page tells its script."""
    return json.loads(html.unescape(re.findall(r'data-told="([^"]*)"', page)[0]))


def test_save_fail_mend(small):
    """A save shows in the page; a fault shows its cell, the last good page stays a click away; mended, it is back."""
    notebook = small.notebooks / "small.ipynb"
    with preview(small) as server:
        page = after(server, 0)
        assert "40.6" in page
        write_notebook(notebook, {**CELLS, "body": CELLS["body"] + "\nsay(zh='新的一句。', en='A new sentence.')"})
        page = after(server, version_of(page))
        assert "新的一句。" in page
        write_notebook(notebook, {**CELLS, "body": CELLS["body"] + "\nfigure.nothing <script>"})
        failed = after(server, version_of(page))
        assert "notebooks/small.ipynb，第 3 单元" in failed
        assert "SyntaxError" in failed
        assert "figure.nothing &lt;script&gt;" in failed
        assert 'href="?good=1"' in failed
        status, good, _ = ask(server, server.path("zh") + "?good=1")
        assert status == 200
        assert "新的一句。" in good
        write_notebook(notebook, CELLS)
        page = after(server, version_of(failed))
        assert "40.6" in page
        assert "新的一句。" not in page


def test_data_and_catalog_are_watched_too(small):
    """A changed figure appears; broken data are named by file and row."""
    table = small.data / "documents" / "qijiang-smart-2025" / "observations.csv"
    text = table.read_text(encoding="utf-8")
    with preview(small) as server:
        page = after(server, 0)
        table.write_text(text.replace(",40.6,", ",41.7,"), encoding="utf-8")
        accept(small.data, None)
        page = after(server, version_of(page))
        if "41.7" not in page:  # looked at before the change was accepted
            page = after(server, version_of(page))
        assert "41.7" in page
        table.write_text(text.replace(",40.6,", ",4o.6,", 1), encoding="utf-8")
        page = after(server, version_of(page))
        assert "data/documents/qijiang-smart-2025/observations.csv, row" in page
        small.catalog.write_text("[[reports", encoding="utf-8")
        assert "catalog.toml" in after(server, version_of(page))


def test_the_rest_of_a_notebook_is_waited_for(small, monkeypatch):
    """A notebook of which half is written is no save yet; one that stays broken is one after a while."""
    notebook = small.notebooks / "small.ipynb"
    text = notebook.read_text(encoding="utf-8")
    watch = Watch(small)
    before = watch.look()
    notebook.write_text(text[: len(text) // 2], encoding="utf-8")
    rest = threading.Timer(0.3, notebook.write_text, [text + " "], {"encoding": "utf-8"})
    rest.start()
    after_it = watch.settled(before)
    rest.join(20)
    assert (str(notebook), len(text.encode()) + 1) in {one[:2] for one in after_it.project}
    monkeypatch.setattr(studio, "MOST_WAIT", 0.1)
    notebook.write_text(text[: len(text) // 2], encoding="utf-8")
    assert watch.settled(after_it) == watch.look()


def test_data_are_read_again_only_where_they_were_saved(small, monkeypatch):
    """A saved notebook is shown over the rows that were read and copied before; saved data are read, copied, shown."""
    read: list[Path] = []
    copied: list[Path] = []

    def watched(project: Project) -> Any:
        read.append(project.root)
        return checked_package(project)

    def copying(project: Project, root: Path) -> Path:
        copied.append(root)
        return snapshot(project, root)

    monkeypatch.setattr(studio, "checked_package", watched)
    monkeypatch.setattr(studio, "snapshot", copying)
    table = small.data / "documents" / "qijiang-smart-2025" / "observations.csv"
    with preview(small) as server:
        page = after(server, 0)
        write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": "say(zh='新的一句。', en='New.')"})
        page = after(server, version_of(page))
        assert "新的一句。" in page
        assert len(read) == len(copied) == 1
        write_notebook(small.notebooks / "small.ipynb", CELLS)
        page = after(server, version_of(page))
        table.write_text(table.read_text(encoding="utf-8").replace(",40.6,", ",41.7,"), encoding="utf-8")
        accept(small.data, None)
        page = after(server, version_of(page))
        if "41.7" not in page:  # looked at before the change was accepted
            page = after(server, version_of(page))
        assert "41.7" in page
        assert len(read) > 1
        assert len(copied) > 1


def test_the_copy_of_a_project_is_never_older_or_other_than_the_project(small):
    """A file beside the notebooks that is gone is missed; data that somebody changed in the copy are copied anew."""
    beside = small.notebooks / "words.txt"
    beside.write_text("旁边的话", encoding="utf-8")
    reads = {**CELLS, "body": "text = open('words.txt', encoding='utf-8').read()\nsay(zh=text + '。', en=text)"}
    write_notebook(small.notebooks / "small.ipynb", reads)
    with preview(small) as server:
        page = after(server, 0)
        assert "旁边的话。" in page
        write_notebook(small.notebooks / "small.ipynb", CELLS)
        page = after(server, version_of(page))
        assert "40.6" in page
        copy = next(Path(server.studio._scratch.root).glob("*/data/documents/qijiang-smart-2025/observations.csv"))
        copy.write_text(copy.read_text(encoding="utf-8").replace(",40.6,", ",41.7,"), encoding="utf-8")
        write_notebook(small.notebooks / "small.ipynb", reads)
        page = after(server, version_of(page))
        assert "旁边的话。" in page
        write_notebook(small.notebooks / "small.ipynb", CELLS)
        page = after(server, version_of(page))
        assert "40.6" in page
        assert "41.7" not in page
        beside.unlink()
        write_notebook(small.notebooks / "small.ipynb", reads)
        page = after(server, version_of(page))
        if "FileNotFoundError" not in page:  # looked at before the notebook was saved
            page = after(server, version_of(page))
        assert "FileNotFoundError" in page


def test_a_change_of_the_package_restarts_the_warm_process(small, monkeypatch, tmp_path):
    """Only the package's own files do that; the page then comes from the new code."""
    package = tmp_path / "package"
    package.mkdir()
    kept = Watch.__init__

    def watching_another_package(watch: Watch, project: Project) -> None:
        kept(watch, project)
        watch.package = str(package)

    monkeypatch.setattr(Watch, "__init__", watching_another_package)
    with preview(small) as server:
        page = after(server, 0)
        pool = server.studio._pool
        (small.notebooks / "small.ipynb").touch()
        page = after(server, version_of(page))
        assert server.studio._pool is pool
        (package / "new.py").write_text("", encoding="utf-8")
        after(server, version_of(page))
        assert server.studio._pool is not pool


def test_nothing_else_is_served(small):
    """No file of the project, no path out of it, no other host, no other method."""
    with preview(small) as server:
        after(server, 0)
        assert 'href="/en/small-qijiang.html"' in ask(server, "/")[1]
        for path in (
            "/../reports/catalog.toml", "/zh/../../data/areas.csv", "/zh/%2e%2e/%2e%2e/data/areas.csv",
            "/data/areas.csv",
            "//etc/passwd", "/etc/passwd", "/zh/", "/zh/nothing.html", "/zh/small-qijiang.html/",
            "/events?page=nothing",
            "/events?page=/fr/small-qijiang.html&version=0", "http://[broken/", "/zh/small-qijiang.html%00", "*",
        ):  # fmt: skip
            status, text, _ = ask(server, path)
            assert (status, text) == (404, "no such page in this preview\n"), path
        port = server.server_port
        for host in (
            "",
            "evil.example",
            f"evil.example:{port}",
            "127.0.0.1",
            f"127.0.0.1:{port}.evil.example",
            "[::1]",
        ):
            assert ask(server, server.path("zh"), host)[0] == 421, host
        assert ask(server, server.path("zh"), f"localhost:{port}")[0] == 200
        assert ask(server, server.path("zh"), method="POST")[0] == 501
        status, text, headers = ask(server, server.path("zh"), method="HEAD")
        assert (status, text) == (200, "")
        assert headers["Cache-Control"] == "no-store"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_every_report_is_at_the_same_address(small):
    """The list names all; each is built when it is asked for; the bar switches report, language and parameters."""
    with preview(small, "") as server:
        assert server.url.endswith(f":{server.server_port}/")
        listed = re.findall(r'href="(/zh/[^"]+)"', ask(server, "/")[1])
        assert "/zh/small-qijiang.html" in listed
        assert len(listed) > 1
        page = after(server, 0, "zh", "small-qijiang")
        bar = told(page)["bar"]
        assert bar["languages"] == {"zh": "中文", "en": "English"}
        assert [one["name"] for one in bar["parameters"]] == ["region"]
        assert "qijiang" in [key for key, _ in bar["parameters"][0]["choices"]]
        status, _, headers = ask(server, "/open?report=small-qijiang&lang=en&region=fuling")
        assert status == 302
        assert headers["Location"].startswith("/en/small-fuling")
        assert ask(server, headers["Location"])[0] == 200
        status, text, _ = ask(server, "/open?report=small-qijiang&region=nowhere")
        assert (status, "nowhere" in text) == (400, True)


def test_a_saved_notebook_brings_its_page_to_the_front(small):
    """Who looks at another page, or at the list, is led to the page of the notebook that was saved."""
    with preview(small, "") as server:
        ask(server, "/")
        address = f"http://127.0.0.1:{server.server_port}/events?page=&version=0&front=0"
        with urlopen(address, timeout=60) as events:
            assert b'"front"' not in events.readline()
            (small.notebooks / "small.ipynb").touch()
            lines = iter(events.readline, b"")
            told_of = next(json.loads(line[6:]) for line in lines if line.startswith(b"data: ") and b"front" in line)
        assert re.fullmatch(r"/zh/small-[a-z]+\.html", told_of["front"])


def test_what_is_saved_before_the_first_look_is_a_change(small):
    """A slow start loses no save: what counts is when the preview was made, not when its thread got its turn."""
    studio = Studio(small, "", {})
    (small.notebooks / "small.ipynb").touch()
    thread = threading.Thread(target=studio.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not studio.front[0] and time.monotonic() < end:
        time.sleep(0.02)
    studio.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert studio.front[0] == 1


def test_only_this_machine_is_listened_to(small):
    """The socket is bound to the loopback address."""
    server = serve(Studio(small, "small-qijiang", {}), "zh", 0)
    try:
        assert server.server_address[0] == "127.0.0.1"
    finally:
        server.server_close()


def test_a_second_language_is_built_when_it_is_asked_for(small):
    """The switch on the page leads to the other language, which is built then."""
    with preview(small) as server:
        assert 'href="../en/small-qijiang.html"' in after(server, 0)
        assert "Building" in ask(server, "/en/small-qijiang.html")[1]
        assert "Committed: " in after(server, 0, "en")


def test_what_cannot_be_previewed_is_refused(small, capsys):
    """An unknown report, parameter or a taken port: one message, exit code 2."""
    root = ["--project", str(small.root), "--no-browser"]
    assert main(["preview", "nothing", *root]) == 2
    assert "unknown report 'nothing'" in capsys.readouterr().err
    assert main(["preview", "small-qijiang", "-p", "region=nowhere", *root]) == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["preview", "small-qijiang", "--port", str(taken.getsockname()[1]), *root]) == 2
        assert "leave out --port" in capsys.readouterr().err
    assert main(["preview", "small-qijiang", "--port", "70000", *root]) == 2


def test_ctrl_c_ends_the_command_and_leaves_nothing_running(small):
    """The command prints its address, builds, and ends with code 0 and no process left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "planbrief", "preview", "small-qijiang", "--no-browser", "--project", str(small.root)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    address = process.stdout.readline().split()[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/zh/small-qijiang\.html", address)
    assert "zh/small-qijiang built" in process.stderr.readline()
    children = [int(p) for p in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(20) == 0
    process.stdout.close()
    process.stderr.close()
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


#: The command, told to end while the interpreter runs a finalizer: what a handler raises there is printed and lost.
TOLD_IN_A_FINALIZER = """
import os, signal, sys
from planbrief.commands.cli import main
from planbrief.commands.preview.studio import Watch
class Forgotten:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
looks, look = [], Watch.look
def told(self):
    looks.append(self)
    if len(looks) == int(sys.argv[1]):
        Forgotten()
    return look(self)
Watch.look = told
sys.exit(main(["preview", "small-qijiang", "--no-browser", "--project", sys.argv[2]]))
"""


@pytest.mark.parametrize("look", [1, 3, 40])
def test_a_signal_whose_exception_is_lost_ends_the_command_all_the_same(small, look):
    """At the start and later: a service that is stopped does not go on for ever."""
    words = [sys.executable, "-c", TOLD_IN_A_FINALIZER, str(look), str(small.root)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Exception ignored in" in done.stderr  # the signal came when it was meant to


def until(page: Any, condition: str, seconds: float = 30) -> None:
    """Wait until a condition holds on the page, across reloads; the page's policy forbids playwright's own way."""
    from playwright.sync_api import Error

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(Error):  # asked in the middle of a reload
            if page.evaluate(condition):
                return
        time.sleep(0.05)
    pytest.fail(f"not within {seconds:g} s: {condition}")


@pytest.mark.browser
def test_the_browser_reloads_and_the_reader_stays_where_he_was(small, chromium):
    """Reload by itself, the paragraph that was read still at the same height though text was added above it."""
    from playwright.sync_api import sync_playwright

    notebook = small.notebooks / "small.ipynb"
    headings = "heading(zh='甲', en='A')\n" + TALL + "heading(zh='乙', en='B')\n" + TALL
    begin = CELLS["begin"].replace("finish, say", "finish, heading, say")
    write_notebook(notebook, {**CELLS, "begin": begin, "body": CELLS["body"] + "\n" + headings})
    with preview(small) as server, sync_playwright() as playwright:
        after(server, 0)
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page()
        problems: list[str] = []
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(server.url)
        place = "() => [...document.querySelectorAll('h2')].find(e => e.textContent.includes('乙'))"
        page.evaluate(f"({place})().scrollIntoView({{behavior: 'instant'}})")
        before = page.evaluate(f"({place})().getBoundingClientRect().top")
        assert page.evaluate("scrollY") > 500

        more = CELLS["body"] + "\nsay(zh='新的一句。', en='New.')\n" * 8 + headings
        write_notebook(notebook, {**CELLS, "begin": begin, "body": more})
        until(page, "document.body.innerText.includes('新的一句。')")
        until(page, f"Math.abs(({place})().getBoundingClientRect().top - ({before})) < 2")

        write_notebook(notebook, {**CELLS, "begin": begin, "body": "1 / 0"})
        page.get_by_text("ZeroDivisionError").first.wait_for(timeout=20000)
        page.get_by_text("上一个可用版本").click()
        page.get_by_text("新的一句。").first.wait_for()
        page.evaluate(f"({place})().scrollIntoView({{behavior: 'instant'}})")

        write_notebook(notebook, {**CELLS, "begin": begin, "body": headings + CELLS["body"]})
        until(page, "!document.body.innerText.includes('新的一句。')")
        assert "good" not in page.url
        until(page, f"Math.abs(({place})().getBoundingClientRect().top - ({before})) < 2")
        time.sleep(0.2)
        browser.close()
        assert problems == []

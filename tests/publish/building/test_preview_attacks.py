"""The preview's server attacked: paths, hosts, other sites, methods, broken requests, clients that are slow or many."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from planbrief.commands import loopback
from planbrief.commands.preview.server import PreviewServer, serve
from planbrief.commands.preview.studio import Studio

pytestmark = pytest.mark.xdist_group("build")
OWN = "Host: 127.0.0.1:{port}\r\n"


@pytest.fixture
def server(small) -> Iterator[PreviewServer]:
    """A preview that serves and does not build: what it says of a page is that it is being built."""
    found = serve(Studio(small, "small-qijiang", {}), "zh", 0)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join(10)


def said(server: PreviewServer, request: bytes | str, patience: float = 8) -> bytes:
    """Everything that the server answers to raw bytes; {port} is its port."""
    raw = request.encode("utf-8", "surrogateescape") if isinstance(request, str) else request
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=patience) as connection:
        answer = b""
        with contextlib.suppress(OSError):
            connection.sendall(raw.replace(b"{port}", str(server.server_port).encode()))
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


PATHS = (
    "/zh/../../etc/passwd", "/zh/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "///", "/zh/",
    "/zh", "/en/small-nowhere.html", "/zh/small-qijiang.html/", "/zh/small-qijiang.html%00.js",
    "/zh\\small-qijiang.html",
    "/ZH/small-qijiang.html", "/zh/small-qijiang.html;x", "/zh/./small-qijiang.html", "http://evil.example/", "//[::1",
    "/data/observations.csv", "/notebooks/small.ipynb", "/.git/config", "/favicon.ico", "/events?page=/fr/x.html",
    "/events?page=../../x", "/<script>alert(1)</script>", "/%3Cscript%3E", "/?lang=<script>", "*", "/\x01",
    "/" + "a" * 5000,
    "/zh/{{7*7}}", "/zh/${HOME}", "/zh/%", "/zh/%zz", "/zh/巴中.html", "file:///etc/passwd", "/\u202e",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_to_a_file(server, path):
    """Not found, the list of pages, or refused: never a file, never the path repeated as markup."""
    answer = said(server, f"GET {path} HTTP/1.1\r\n{OWN}\r\n")
    root = ("/?lang=<script>", "///", "http://evil.example/")
    assert status(answer) in ((200,) if path in root else (400, 404, 414))
    assert b"Location" not in answer
    assert b"root:" not in answer
    assert b"<script>" not in answer  # ours carries data
    assert b"evil" not in answer
    assert b"Traceback" not in answer


HOSTS = (
    "", "Host: evil.example\r\n", "Host: evil.example:{port}\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:1\r\n",
    "Host: 127.0.0.1:{port}.evil.example\r\n", "Host: localhost.evil.example:{port}\r\n", "Host: [::1]:{port}\r\n",
    "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n", "Host: evil.example\r\nHost: 127.0.0.1:{port}\r\n",
    "Host: 127.1:{port}\r\n", "Host: 2130706433:{port}\r\n", "Host: 0.0.0.0:{port}\r\n",
    "Host: user@127.0.0.1:{port}\r\n",
    "X-Forwarded-Host: 127.0.0.1:{port}\r\n", "Host: 127.0.0.1:{port}\x00\r\n",
)  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_only_a_request_for_this_machine_is_answered(server, host):
    """A name of somebody else's that points here, two names, none: 421."""
    answer = said(server, f"GET /zh/small-qijiang.html HTTP/1.1\r\n{host}\r\n")
    assert status(answer) == 421
    assert b"small" not in answer


SITES = (
    "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://127.0.0.1:{port}.evil.example\r\n",
    "Origin: https://127.0.0.1:1\r\n", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
    "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n", "Origin: http://localhost:1\r\n",
)  # fmt: skip


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("path", ["/en/small-qijiang.html", "/events?lang=en"])
def test_another_site_starts_and_learns_nothing(server, site, path):
    """Refused before a language is built for it; no answer allows it to read."""
    answer = said(server, f"GET {path} HTTP/1.1\r\n{OWN}{site}\r\n")
    assert status(answer) == 403
    assert b"Access-Control-Allow" not in answer
    assert not server.studio._asked


def test_a_link_in_a_mail_opens_the_page(server):
    """A navigation from elsewhere is a reader who followed a link; the page is in no frame."""
    answer = said(server, f"GET /zh/small-qijiang.html HTTP/1.1\r\n{OWN}Sec-Fetch-Site: cross-site\r\n"
                          "Sec-Fetch-Mode: navigate\r\n\r\n")  # fmt: skip
    assert status(answer) == 200
    assert b"X-Frame-Options: DENY" in answer


BROKEN = (
    b"\r\n", b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\n bad\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"<script>alert(1)</script>\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzz",
)  # fmt: skip


@pytest.mark.parametrize("raw", BROKEN)
def test_a_broken_request_harms_nobody(server, raw, capfd):
    """Hung up on or answered with an error, without markup of theirs; the next one is served."""
    answer = said(server, raw)
    assert b"<script>" not in answer
    assert status(answer) in (0, 200, 400, 414, 421, 431, 501, 505)
    assert status(said(server, f"GET /zh/small-qijiang.html HTTP/1.1\r\n{OWN}\r\n")) == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "<b>"])
def test_there_is_nothing_to_write(server, method):
    """Methods beyond GET and HEAD are not there; a preflight allows nothing."""
    answer = said(server, f"{method} /zh/small-qijiang.html HTTP/1.1\r\n{OWN}Content-Length: 3\r\n\r\nx=1")
    assert status(answer) in (400, 501)
    assert b"Allow" not in answer
    assert b"<b>" not in answer


def test_slow_clients_are_hung_up_on(server, monkeypatch):
    """One that says nothing, one that says a byte at a time: gone when time is up; others are served meanwhile."""
    monkeypatch.setattr(loopback, "PATIENCE", 1.0)
    silent = socket.create_connection(("127.0.0.1", server.server_port))
    dripping = socket.create_connection(("127.0.0.1", server.server_port))
    silent.settimeout(10)
    dripping.settimeout(10)
    begun = time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() - begun < 8:
            dripping.sendall(b"G")
            assert status(said(server, f"GET /zh/small-qijiang.html HTTP/1.1\r\n{OWN}\r\n")) == 200
            time.sleep(0.2)
    assert time.monotonic() - begun < 6
    assert silent.recv(10) == b""
    silent.close()
    dripping.close()


def test_a_crowd_is_turned_away_and_leaves_nothing(server, monkeypatch):
    """More connections than are taken: the rest is hung up on; afterwards the page is served and no thread is left."""
    monkeypatch.setattr(loopback, "PATIENCE", 2.0)
    before = threading.active_count()
    crowd = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(200)]
    time.sleep(0.5)
    assert threading.active_count() - before <= 2 * loopback.MOST_CONNECTIONS
    for connection in crowd:
        connection.close()
    end = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.1)
    assert threading.active_count() <= before
    assert status(said(server, f"GET /zh/small-qijiang.html HTTP/1.1\r\n{OWN}\r\n")) == 200

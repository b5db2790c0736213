"""The preview's HTTP server: on the loopback address, three kinds of address, no files.

``/`` leads to the page, ``/<lang>/<report>.html`` is the page, ``/events`` tells when there is another one. Requests
that name any other host are refused: a page of the web that lets its name point to this machine learns nothing.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from planbrief.commands.preview import pages
from planbrief.commands.preview.studio import Studio
from planbrief.display.language import Lang
from planbrief.errors import PlanbriefError

#: The port that is tried first where none was asked for.
USUAL_PORT = 8400
#: Seconds after which a silent listener gets a sign of life, which also finds out whether he is still there.
HEARTBEAT = 10.0

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PortTaken(PlanbriefError):
    """The port is used by another program."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(port, reason)
        self.port, self.reason = port, reason

    def __str__(self) -> str:
        return f"port {self.port} cannot be used ({self.reason}); leave out --port for a free one"


class PreviewServer(ThreadingHTTPServer):
    """Serves one studio to browsers on this machine."""

    daemon_threads = True
    # Two previews on one port would take turns; Windows allows that with this option.
    allow_reuse_address = False

    def __init__(self, studio: Studio, lang: Lang, port: int) -> None:
        self.studio, self.lang = studio, lang
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://127.0.0.1:{self.server_port}{self.path(self.lang)}"

    def path(self, lang: Lang) -> str:
        """Path of the page in a language."""
        return f"/{lang}/{quote(self.studio.report.id)}.html"

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser on this machine calls us."""
        return frozenset(f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost"))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has gone in the middle of an answer is no news."""


def serve(studio: Studio, lang: Lang, port: int | None) -> PreviewServer:
    """A server on `port`, or on the usual or any free one; :class:`PortTaken` if the port asked for is taken."""
    for attempt in (USUAL_PORT, 0) if port is None else (port,):
        try:
            return PreviewServer(studio, lang, attempt)
        except (OSError, OverflowError) as error:
            if attempt == 0 or port is not None:
                raise PortTaken(attempt, getattr(error, "strerror", None) or str(error)) from None
    raise PortTaken(USUAL_PORT, "taken")


class _Handler(BaseHTTPRequestHandler):
    server: PreviewServer
    server_version, sys_version = "planbrief", ""

    def do_GET(self) -> None:
        if self.headers.get("Host", "") not in self.server.hosts:
            self._answer(
                HTTPStatus.MISDIRECTED_REQUEST, "planbrief preview answers on this machine only\n", "text/plain"
            )
            return
        try:
            address = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        except ValueError:
            self._nothing()
            return
        if address.path == "/":
            self.send_response(HTTPStatus.FOUND)
            self._headers()
            self.send_header("Location", self.server.path(self.server.lang))
            self.end_headers()
            return
        for lang in self.server.studio.languages:
            if address.path == self.server.path(lang):
                self._page(lang, good="good" in query)
                return
            if address.path == "/events" and query.get("lang") == lang:
                self._events(lang, query.get("version", ""))
                return
        self._nothing()

    do_HEAD = do_GET

    def _page(self, lang: Lang, *, good: bool) -> None:
        studio = self.server.studio
        shown = studio.shown(lang)
        if good and shown.good:
            page = pages.good_page(shown, lang)
        elif shown.error is not None:
            page = pages.error_page(shown, lang, studio.report.id)
        elif shown.good:
            page = shown.good.decode()
        else:
            page = pages.waiting_page(lang, studio.report.id)
        self._answer(HTTPStatus.OK, pages.with_script(page, lang, shown.version), "text/html")

    def _events(self, lang: Lang, version: str) -> None:
        studio = self.server.studio
        self.send_response(HTTPStatus.OK)
        self._headers()
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        if self.command == "HEAD":
            return
        shown = studio.shown(lang)
        try:
            while not studio.stopped:
                news = {"version": shown.version, "building": shown.building}
                self.wfile.write(f"data: {json.dumps(news)}\n\n".encode())
                self.wfile.flush()
                if str(shown.version) != version:
                    return
                shown = studio.wait(lang, shown, HEARTBEAT)
        except OSError:
            return

    def _nothing(self) -> None:
        self._answer(HTTPStatus.NOT_FOUND, "no such page in this preview\n", "text/plain")

    def _headers(self) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)

    def _answer(self, status: HTTPStatus, text: str, kind: str) -> None:
        data = text.encode()
        self.send_response(status)
        self._headers()
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is said when a page is built."""

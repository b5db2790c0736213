"""The preview's HTTP server: on the loopback address, three kinds of address, no files.

``/`` leads to the page, ``/<lang>/<report>.html`` is the page, ``/events`` tells when there is another one. Requests
that name any other host are refused: a page of the web that lets its name point to this machine learns nothing.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlsplit

from planbrief.commands.loopback import LoopbackHandler, LoopbackServer, bound
from planbrief.commands.preview import pages
from planbrief.commands.preview.studio import Studio
from planbrief.display.language import Lang

#: The port that is tried first where none was asked for.
USUAL_PORT = 8400
#: Seconds after which a silent listener gets a sign of life, which also finds out whether he is still there.
HEARTBEAT = 10.0


class PreviewServer(LoopbackServer):
    """Serves one studio to browsers on this machine."""

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


def serve(studio: Studio, lang: Lang, port: int | None) -> PreviewServer:
    """A server on `port`, or on the usual or any free one; :class:`PortTaken` if the port asked for is taken."""
    return bound(lambda attempt: PreviewServer(studio, lang, attempt), USUAL_PORT, port)


class _Handler(LoopbackHandler):
    server: PreviewServer
    name = "planbrief preview"

    def do_GET(self) -> None:
        if not self.known_host():
            return
        try:
            address = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        except ValueError:
            self._nothing()
            return
        if address.path == "/":
            self.send_response(HTTPStatus.FOUND)
            self.common_headers()
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
        self.answer(HTTPStatus.OK, pages.with_script(page, lang, shown.version), "text/html")

    def _events(self, lang: Lang, version: str) -> None:
        studio = self.server.studio
        self.send_response(HTTPStatus.OK)
        self.common_headers()
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
        self.answer(HTTPStatus.NOT_FOUND, "no such page in this preview\n", "text/plain")

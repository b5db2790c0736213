"""The preview's pages and the small server that shows them on this machine only."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html import escape
from http import HTTPStatus
from importlib import resources
from urllib.parse import parse_qs, quote, urlsplit

from planbrief.commands.loopback import LoopbackHandler, LoopbackServer, bound
from planbrief.commands.preview.studio import Shown, Studio
from planbrief.display.language import Lang, message
from planbrief.render.html.text import TAGS
from planbrief.render.safe_text import visible
from planbrief.run.engine.failures import CellFailed, plain_text

STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.6 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.75rem;border:1px solid;border-radius:.3rem}"
    "h1{font-size:1.3rem}"
)
_POLICY = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(")')


@cache
def script() -> str:
    """The script that listens for the next version and keeps the place."""
    return (resources.files("planbrief.render") / "assets" / "preview.js").read_text(encoding="utf-8")


@cache
def script_source() -> str:
    """The script as a source in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()}'"


def with_script(page: str, lang: Lang, version: int) -> str:
    """A page with the reloading script, which its policy then allows, and nothing else, to run and to listen."""

    def allow(match: re.Match[str]) -> str:
        source = escape(script_source())
        policy = match[2].replace("script-src ", f"script-src {source} ", 1)
        if "script-src" not in policy:
            policy = f"script-src {source}; {policy}"
        return f"{match[1]}connect-src {escape(chr(39))}self{escape(chr(39))}; {policy}{match[3]}"

    page = _POLICY.sub(allow, page, count=1)
    building = escape(message("preview.building", lang))
    tag = f'<script data-lang="{lang}" data-version="{version}" data-building="{building}">{script()}</script>'
    before, end, after = page.rpartition("</body>")
    return f"{before}{tag}\n{end}{after}" if end else page + tag


def waiting_page(lang: Lang, name: str) -> str:
    """Before the first build has ended."""
    return _page(lang, name, message("preview.building", lang), "")


def error_page(shown: Shown, lang: Lang, name: str) -> str:
    """The failing cell, with a link to the last page that worked."""
    error = shown.error
    title = message("preview.failed", lang)
    parts = [f"<h1>{escape(title)}</h1>"]
    if isinstance(error, CellFailed):
        where = message("preview.where", lang, notebook=error.notebook, cell=error.cell_index + 1)
        parts.append(f"<p>{escape(visible(where))}</p>")
        parts.append(f'<pre lang="en"><code>{_text(error.cell_source_excerpt)}</code></pre>')
        parts.append(f'<pre lang="en"><strong>{_text(error.ename)}</strong>: {_text(error.evalue, 4000)}</pre>')
        trace = "\n".join(error.traceback)
        summary = escape(message("preview.trace", lang))
        parts.append(f'<details><summary>{summary}</summary><pre lang="en">{_text(trace, 40000)}</pre></details>')
    else:
        parts.append(f'<pre lang="en">{_text(str(error) or type(error).__name__, 8000)}</pre>')
    if shown.good:
        parts.append(f'<p><a href="?good=1">{escape(message("preview.good", lang))}</a></p>')
    parts.append(f"<p>{escape(message('preview.hint', lang))}</p>")
    return _page(lang, name, title, "".join(parts))


def good_page(shown: Shown, lang: Lang) -> str:
    """The last page that worked, with a line at its top that leads back to the error."""
    page = shown.good.decode()
    if shown.error is None:
        return page
    words = escape(message("preview.failed", lang))
    back = f'<p class="tools" role="status">{words} · <a href="?">{escape(message("preview.latest", lang))}</a></p>'
    return re.sub(r"(<main\b[^>]*>)", lambda match: match[1] + back, page, count=1)


def _text(text: str, limit: int = 4000) -> str:
    return "\n".join(escape(plain_text(line, limit)) for line in text.splitlines())


def _page(lang: Lang, name: str, title: str, body: str) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{TAGS[lang]}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {escape(visible(name))}</title><style>{STYLE}</style></head>\n"
        f"<body><main>{body or f'<h1>{escape(title)}</h1>'}</main>\n</body></html>\n"
    )


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
            page = good_page(shown, lang)
        elif shown.error is not None:
            page = error_page(shown, lang, studio.report.id)
        elif shown.good:
            page = shown.good.decode()
        else:
            page = waiting_page(lang, studio.report.id)
        self.answer(HTTPStatus.OK, with_script(page, lang, shown.version), "text/html")

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

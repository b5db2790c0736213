"""The preview's pages, the small server that shows them on this machine only, and the command that starts it."""

from __future__ import annotations

import argparse
import json
import re
import signal
import threading
from collections.abc import Iterable
from functools import cache
from html import escape
from http import HTTPStatus
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from planbrief.catalog import Report
from planbrief.commands.loopback import LoopbackHandler, LoopbackServer, bound, source_of
from planbrief.commands.preview.studio import Shown, Studio
from planbrief.display.language import LANGS, Lang, message
from planbrief.errors import PlanbriefError, UnknownName
from planbrief.project import chosen
from planbrief.render.html.cells import TAGS
from planbrief.render.safe_text import visible
from planbrief.run.engine.events import CellFailed, plain_text
from planbrief.run.plan import pairs

STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.6 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.75rem;border:1px solid;border-radius:.3rem}"
    "h1{font-size:1.3rem}"
)
_NAMES = {"zh": "中文", "en": "English"}
_POLICY = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(")')


@cache
def script() -> str:
    """The script that listens for the next version and keeps the place."""
    return (resources.files("planbrief.render") / "assets" / "preview.js").read_text(encoding="utf-8")


def with_script(page: str, lang: Lang, report: str, studio: Studio, version: int) -> str:
    """A page with the reloading script, which its policy then allows, and nothing else, to run and to listen."""

    def allow(match: re.Match[str]) -> str:
        source = escape(source_of(script()))
        policy = match[2].replace("script-src ", f"script-src {source} ", 1)
        if "script-src" not in policy:
            policy = f"script-src {source}; {policy}"
        return f"{match[1]}connect-src {escape(chr(39))}self{escape(chr(39))}; {policy}{match[3]}"

    page = _POLICY.sub(allow, page, count=1)
    told = {
        "page": f"/{lang}/{quote(report)}.html" if report else "",
        "version": version,
        "front": studio.front[0],
        "building": message("preview.building", lang),
        "bar": switches(studio, report, lang),
    }
    tag = f'<script data-told="{escape(json.dumps(told, ensure_ascii=False))}">{script()}</script>'
    # The last one: text of a page may hold the tag as well.
    before, end, after = page.rpartition("</body>")
    return f"{before}{tag}\n{end}{after}" if end else page + tag


def switches(studio: Studio, report: str, lang: Lang) -> dict[str, Any]:
    """What a reader may switch in the page: report, language, parameters; the script makes fields of it."""
    known, catalog = studio.reports(), studio.catalog
    found: dict[str, Any] = {
        "lang": lang,
        "report": report,
        "index": "/index.html" if lang == "zh" else "/index.en.html",
        "all": message("preview.all", lang),
        "reports": {one.id: next(iter(one.languages)) if lang not in one.languages else lang for one in known.values()},
        "languages": {},
        "parameters": [],
    }
    if (shown := known.get(report)) is None:
        return found
    found["languages"] = {one: _NAMES[one] for one in shown.languages}
    areas = [[area, catalog.area_name(area, lang)] for area in catalog.package.regions]
    for parameter in catalog.parameters(shown.notebook):
        if parameter.name != "lang":
            value = shown.values.get(parameter.name, parameter.default)
            listed = ",".join(map(str, value)) if isinstance(value, list | tuple) else value
            choices = areas if parameter.type == "area" else [[str(one), str(one)] for one in parameter.allowed]
            now = "" if listed is None else str(listed)
            # A value that the catalog would not offer (an area named in Chinese, a variant) stays the one shown.
            if choices and now not in {key for key, _ in choices}:
                choices = [[now, now], *choices]
            found["parameters"].append({"name": parameter.name, "value": now, "choices": choices})
    return found


def index_page(reports: Iterable[Report], lang: Lang) -> str:
    """All reports, each leading to its page."""
    items = []
    for report in reports:
        links = " · ".join(
            f'<a href="/{one}/{quote(report.id)}.html" lang="{TAGS[one]}">{_NAMES[one]}</a>' for one in report.languages
        )
        about = escape(visible(dict(report.about)[lang]))
        items.append(f"<dt><strong>{escape(visible(report.id))}</strong> {links}</dt><dd>{about}</dd>")
    title = message("preview.all", lang)
    return _page(lang, "planbrief", title, f"<h1>{escape(title)}</h1><dl>{''.join(items)}</dl>")


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
        """Address to begin with: a page, or the list of all."""
        first = self.studio.report
        return f"http://127.0.0.1:{self.server_port}{self.path(self.lang, first.id) if first else '/'}"

    def path(self, lang: Lang, report: str = "") -> str:
        """Path of a page in a language; by default of the one to begin with."""
        return f"/{lang}/{quote(report or (self.studio.report.id if self.studio.report else ''))}.html"


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
        try:
            self._answer(address.path, query)
        except PlanbriefError as error:
            self.answer(HTTPStatus.BAD_REQUEST, f"{visible(str(error))}\n", "text/plain")

    def _answer(self, path: str, query: dict[str, str]) -> None:
        studio = self.server.studio
        known = studio.reports()
        lists: dict[Lang, str] = {"zh": "/index.html", "en": "/index.en.html"}
        for lang, name in lists.items():
            if path == name or (path == "/" and lang == self.server.lang):
                page = index_page(known.values(), lang)
                self.answer(HTTPStatus.OK, with_script(page, lang, "", studio, 0), "text/html")
                return
        if path == "/open":
            wanted, asked = query.pop("report", ""), query.pop("lang", self.server.lang)
            report = studio.variant(wanted, query)
            spoken = asked if asked in report.languages else report.languages[0]
            self._lead(self.server.path(spoken, report.id))
            return
        for report in known.values():
            for lang in report.languages:
                own = self.server.path(lang, report.id)
                if path == own:
                    self._page(report.id, lang, good="good" in query)
                    return
                if path == "/events" and query.get("page") == own:
                    self._events(report.id, lang, query)
                    return
        if path == "/events" and not query.get("page"):
            self._events("", self.server.lang, query)
            return
        self._nothing()

    do_HEAD = do_GET

    def _lead(self, to: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        self.common_headers()
        self.send_header("Location", to)
        self.end_headers()

    def _page(self, report: str, lang: Lang, *, good: bool) -> None:
        studio = self.server.studio
        shown = studio.shown(lang, report)
        if good and shown.good:
            page = good_page(shown, lang)
        elif shown.error is not None:
            page = error_page(shown, lang, report)
        elif shown.good:
            page = shown.good.decode()
        else:
            page = waiting_page(lang, report)
        self.answer(HTTPStatus.OK, with_script(page, lang, report, studio, shown.version), "text/html")

    def _events(self, report: str, lang: Lang, query: dict[str, str]) -> None:
        studio = self.server.studio
        self.send_response(HTTPStatus.OK)
        self.common_headers()
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        if self.command == "HEAD":
            return
        # From here on the connection stays open: a line for each change, and one now and then to find a reader gone.
        shown = studio.shown(lang, report)
        asked = query.get("front", "")
        before = int(asked) if asked.isdecimal() else studio.front[0]
        try:
            while not studio.stopped:
                news: dict[str, Any] = {"version": shown.version, "building": shown.building}
                number, address = studio.front
                if number != before:
                    news["front"] = address
                self.wfile.write(f"data: {json.dumps(news)}\n\n".encode())
                self.wfile.flush()
                if "front" in news or (report and str(shown.version) != query.get("version", "")):
                    return
                shown = studio.wait(lang, shown, before, HEARTBEAT, report)
        except OSError:
            return

    def _nothing(self) -> None:
        self.answer(HTTPStatus.NOT_FOUND, "no such page in this preview\n", "text/plain")


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief preview`` until Ctrl-C."""
    from planbrief.commands.preview.studio import Studio

    asked: list[int] = []

    def end(number: int, frame: object) -> None:
        # Noted as well as raised: an exception in a finalizer or a callback of the garbage collector is lost.
        asked.append(number)
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Ctrl-C, a service that is stopped, a terminal that is closed
        if number := getattr(signal, name, None):
            signal.signal(number, end)
    studio = Studio(chosen(arguments), arguments.report or "", pairs(arguments.parameter), arguments.unchecked)
    languages = studio.report.languages if studio.report else LANGS
    lang = arguments.lang or languages[0]
    if lang not in languages:
        raise UnknownName("language of this report", lang, languages)
    server = serve(studio, lang, arguments.port)
    threading.Thread(target=server.serve_forever, name="planbrief-preview", daemon=True).start()
    print(f"{server.url}  (Ctrl-C ends the preview)", flush=True)
    if studio.report:
        studio.shown(lang)  # begins before a browser asks
    if not arguments.no_browser:
        import webbrowser

        webbrowser.open(server.url)
    try:
        studio.run(lambda: bool(asked))
    except KeyboardInterrupt:
        pass
    finally:
        studio.stop()
        server.shutdown()
        server.server_close()
    return 0

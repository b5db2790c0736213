"""What a reader of the preview gets: the page with a reloading script, the failing cell, or a word of patience."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from importlib import resources

from planbrief.commands.preview.studio import Shown
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

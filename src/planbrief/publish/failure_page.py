"""The page that stands in for a report that has never been built, so that no link leads nowhere."""

from __future__ import annotations

from html import escape

from planbrief.display.language import Lang, message
from planbrief.log import visible, visible_lines
from planbrief.run.manifest import INDEX_PAGES

STYLE = "body{font:1rem/1.6 sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}pre{white-space:pre-wrap}"


def failure_page(report: str, lang: Lang, error: str) -> bytes:
    """A small page that says what failed and leads back to the index."""
    code = "zh-CN" if lang == "zh" else "en"
    title = escape(message("failure.title", lang))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return f"""<!DOCTYPE html>
<html lang="{code}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{STYLE}</style></head>
<body><main><h1>{title}</h1><p>{escape(message("failure.text", lang, report=visible(report)))}</p>
<pre lang="en">{escape(visible_lines(error))}</pre>
<p><a href="../{INDEX_PAGES[lang]}">{escape(message("failure.index", lang))}</a></p></main></body></html>
""".encode()

"""Two hundred injections through every door to a page, watched in Chromium: none runs, asks or leads away."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from typing import Any

import nbformat
import pytest
from e2e.edition import ROOT
from e2e.injections import EVIL, KINDS, PAYLOADS
from nbformat import v4
from publish.edition.editions import entry, manifest

from planbrief.commands.preview.server import error_page
from planbrief.commands.preview.studio import Shown
from planbrief.deliver.channels import compose, compose_failure
from planbrief.deliver.delivery import News
from planbrief.deliver.schedule import Smtp
from planbrief.deliver.status import status_page
from planbrief.publish.edition import Publication
from planbrief.publish.index import render_placeholder
from planbrief.render.html.exporter import render_html
from planbrief.render.pdf.exporter import render_pdf
from planbrief.run.engine.events import CellFailed
from planbrief.run.engine.execution import execute
from planbrief.run.manifest import Manifest, ReportEntry
from planbrief.run.pool.executor import Pool

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("injections")]

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def cell(*outputs: dict[str, Any], source: str = "1") -> Any:
    return v4.new_code_cell(source, outputs=[nbformat.from_dict(each) for each in outputs], execution_count=1)


def shown(mime: str) -> list[Any]:
    """Each injection as an output of one type."""
    return [cell(v4.new_output("display_data", {mime: payload, "text/plain": "x"})) for payload in PAYLOADS]


def words() -> list[Any]:
    """The package's own functions, run: title, sentences, headings, tables, plots, links of an analyst."""
    code = f"""
import pandas as pd
from planbrief.display import begin, finish, heading, say, show
P = {list(PAYLOADS)!r}
page = begin("profile", lang="en", title=(P[0], P[0]), region="bazhong")
for p in P:
    heading(p, p, level=3)
    say(zh="{{x}}", en="{{x}}", x=p)
show(pd.DataFrame({{"a": P, P[1]: P}}, index=P))
show(pd.DataFrame({{"a": P}}).style.set_caption(P[0]).format(str))
finish()
"""
    nb = v4.new_notebook(cells=[v4.new_code_cell(code)])
    with Pool(1) as pool:
        done = pool.submit(execute, nb, cwd=str(ROOT), env={"PLANBRIEF_PROJECT": str(ROOT)})
        return list(done.result(240).cells)


DOORS = {
    "markdown": lambda: [v4.new_markdown_cell(payload) for payload in PAYLOADS],
    "markdown-joined": lambda: [v4.new_markdown_cell("\n".join(PAYLOADS)), v4.new_markdown_cell(" ".join(PAYLOADS))],
    "raw": lambda: [v4.new_raw_cell(payload) for payload in PAYLOADS],
    "code": lambda: [cell(source=payload) for payload in PAYLOADS],
    "stdout": lambda: [cell(v4.new_output("stream", text=payload)) for payload in PAYLOADS],
    "stderr": lambda: [cell(v4.new_output("stream", name="stderr", text=payload)) for payload in PAYLOADS],
    "plain": lambda: shown("text/plain"),
    "html": lambda: shown("text/html"),
    "svg": lambda: shown("image/svg+xml"),
    "latex": lambda: shown("text/latex"),
    "markdown-output": lambda: shown("text/markdown"),
    "javascript": lambda: shown("application/javascript"),
    "json": lambda: shown("application/json"),
    "png": lambda: shown("image/png"),
    "error": lambda: [
        cell(v4.new_output("error", ename=payload[:40], evalue=payload, traceback=[payload])) for payload in PAYLOADS
    ],
    "words": words,
}


def watched(browser: Any, html: str, folder: Any) -> list[str]:
    """What a page did that it must not do: scripts of others, requests, dialogs, navigation; dangerous things in it."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8", errors="replace")
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("request", lambda r: r.url.split(":")[0] in ("file", "data", "blob") or wrong.append(f"asks {r.url}"))
    own = path.as_uri()
    page.on("request", lambda r: r.is_navigation_request() and r.url != own and wrong.append(f"goes {r.url}"))
    page.on("dialog", lambda dialog: (wrong.append(f"says {dialog.message}"), dialog.dismiss()))
    page.on("popup", lambda popup: wrong.append(f"opens {popup.url}"))
    page.goto(path.as_uri())
    page.keyboard.press("Tab")
    page.mouse.move(300, 300)
    wrong += page.evaluate("""() => {
        const found = []
        if (window.hacked === 1) found.push('a script ran')
        for (const e of document.querySelectorAll('*')) {
            const name = e.localName
            if (/^(i?frame|object|embed|applet|base|portal|foreignobject|animate|set|discard|isindex)$/i.test(name))
                found.push('element ' + name)
            if (name === 'script' && e.src) found.push('script ' + e.src)
            if (name === 'meta' && /refresh|set-cookie/i.test(e.httpEquiv)) found.push('meta ' + e.httpEquiv)
            if (name === 'form' && e.getAttribute('action') !== '#') found.push('form ' + e.getAttribute('action'))
            for (const a of e.attributes) {
                if (/^on/i.test(a.name)) found.push(name + ' ' + a.name)
                const value = a.value.replace(/[\\x00-\\x20]/g, '')
                if (/^(href|src|xlink:href|action|formaction|data|poster|srcset|background|ping)$/i.test(a.name)
                    && /^(javascript|vbscript):|^data:text/i.test(value)) found.push(a.name + '=' + a.value)
            }
        }
        return found
    }""")
    page.wait_for_timeout(150)
    if page.url.partition("#")[0] != path.as_uri():
        wrong.append(f"went to {page.url}")
    context.close()
    return wrong


def test_the_corpus_is_large_and_the_watch_sees(browser, tmp_path):
    """At least 150 injections; a page that takes them for code is noticed, or the watch would be blind."""
    assert len(set(PAYLOADS)) >= 150
    seen = watched(browser, "<!doctype html><body>" + "".join(KINDS["html"][:1] + KINDS["html"][7:9]), tmp_path)
    assert {"a script ran", "img onerror"} <= set(seen)
    assert any(EVIL in found for found in watched(browser, f"<img src={EVIL}>", tmp_path))


@pytest.mark.parametrize("door", DOORS)
def test_every_door_of_a_notebook(browser, tmp_path, door):
    """Cells and outputs of every type, and what the package's functions make of text: HTML and PDF."""
    nb = v4.new_notebook(cells=DOORS[door]())
    nb.metadata["title"] = PAYLOADS[0]
    html = render_html(nb, name=PAYLOADS[1])
    assert watched(browser, html, tmp_path) == []
    pdf = render_pdf(nb, name=PAYLOADS[1])
    assert not re.search(rb"/URI\s*\((javascript|vbscript|data|file):", pdf, re.IGNORECASE)
    assert not re.search(rb"/(JavaScript|JS|Launch|SubmitForm|GoToR|EmbeddedFile|RichMedia)\b", pdf)


def test_pages_around_the_reports(browser, tmp_path):
    """A failed report, a preview's error, the status page and the index with its list, in both languages."""
    everything = "\n".join(PAYLOADS)
    nothing = dict.fromkeys(("last", "result", "next", "time", "state"))
    for lang in ("zh", "en"):
        entry = ReportEntry("brief", lang, everything, status="failed", error=everything)
        page = render_placeholder(Manifest("0" * 64, None, (entry,)), entry)
        assert watched(browser, page, tmp_path) == []
        failed = CellFailed(everything, 0, everything, PAYLOADS[0], everything, list(PAYLOADS))
        page = error_page(Shown(1, b"<body></body>", failed), lang, everything)
        assert watched(browser, page, tmp_path) == []
        found = {
            "good": False, "time": NOW.isoformat(),
            "jobs": [{"name": p, "cron": p, "time_zone": p, **nothing} for p in PAYLOADS],
            "runs": [{"job": p, "seconds": 1, "edition": p, "reason": p, **nothing} for p in PAYLOADS],
            "deliveries": [{"recipient": p, "edition": p, "reason": p, **nothing} for p in PAYLOADS],
        }  # fmt: skip
        assert watched(browser, status_page(found, lang, UTC), tmp_path) == []


def test_the_index_of_an_edition(browser, tmp_path):
    """Titles, places and descriptions of two hundred reports."""
    out = tmp_path / "site" / "latest"
    with Publication(out) as publication:
        reports = [
            entry(publication, f"r{n}", lang, p, "one", about=p, city=(p,), parameters={"region": p})
            for n, p in enumerate(PAYLOADS)
            for lang in ("zh", "en")
        ]
        publication.publish(manifest(publication, reports, "one"))
    for name in ("index.html", "index.en.html"):
        assert watched(browser, (out / name).read_text(encoding="utf-8"), tmp_path) == []


SETTINGS = Smtp.model_validate({"host": "h", "from": "a@example.org"})
HEADERS = (
    "x\r\nBcc: evil@evil.example", "x\nBcc: evil@evil.example", "x\r\n\r\n<script>", "x\r\nContent-Type: text/html",
    "\r\n.\r\n", "x" * 3000,
    "=?utf-8?q?x=0D=0ABcc:_evil@evil.example?=", "=?utf-8?b?eA0KQmNjOiBldmlsQGV2aWwuZXhhbXBsZQ==?=",
    "a =?utf-8?q?x=0ABcc:_y?= =?utf-8?q?=0Az?=", "x\x00y", "x\u2028Bcc: evil@evil.example", "x\x0bBcc: y",
    "", "\udcff", "x\x85Bcc: evil@evil.example",
)  # fmt: skip


def test_mails(browser, tmp_path):
    """Subjects, lines, links and notes: one header each, no other recipient, an HTML part that does nothing."""
    for payload in (*HEADERS, *PAYLOADS[::4]):
        text = payload.encode("utf-8", "replace").decode()
        link = {"link": "https://x.example/", "link_text": text}
        news = News("en", "e1", text, text, (text,), None, warnings=(text,), **link)
        raws = (
            compose(news, SETTINGS, "b@example.org", "key", NOW),
            compose_failure(text, (text,), "en", SETTINGS, "b@example.org", "key", NOW),
        )
        for raw in raws:
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            assert [name for name in mail if name.lower() in ("bcc", "cc")] == []
            assert len(mail.get_all("Subject")) == len(mail.get_all("To")) == len(mail.get_all("Content-Type")) == 1
            assert mail["To"] == "b@example.org"
            assert raw.isascii()
            assert max(map(len, raw.split(b"\r\n"))) <= 998
    news = News(
        "en", "e1", PAYLOADS[0], PAYLOADS[1], PAYLOADS, None, warnings=PAYLOADS, link=EVIL, link_text=PAYLOADS[0]
    )
    mail = email.message_from_bytes(compose(news, SETTINGS, "b@example.org", "k", NOW), policy=email.policy.default)
    assert watched(browser, mail.get_body(("html",)).get_content(), tmp_path) == []

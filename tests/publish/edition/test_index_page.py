"""The catalogue page in real Chromium: found, filtered, switched, read aloud; and it takes hostile text literally."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from publish.edition.editions import build, entry, manifest, page

from planbrief.display.language import messages
from planbrief.publish.edition import Publication
from planbrief.publish.gate import verify_edition
from planbrief.publish.index import Change, Digest, size_text
from planbrief.run.manifest import ReportEntry

ATTACKS = (
    '<script>document.title="owned"</script>',
    '"><img src=x onerror="document.title=\'owned\'">',
    "{{ 7*7 }}{% raw %}",
    "</script><script>document.title='owned'</script>",
    "javascript:alert(1)",
    "\u202e\x1b[2J\x00",
    "' onmouseover='x",
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("index") / "latest"
    build(out, "one")
    build(out, "two", fail=("brief",))
    return out


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def look(browser: Any, address: str, *, width: int = 1280, scheme: str = "light") -> tuple[Any, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = context.new_page()
    troubles: list[str] = []
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("requestfailed", lambda request: troubles.append(request.url))
    opened.goto(address)
    return opened, troubles


def shown(opened: Any) -> list[str]:
    return opened.eval_on_selector_all(".report", "all => all.filter(one => !one.hidden).map(one => one.id)")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", "index.en.html"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(browser: Any, out: Path, name: str, width: int, scheme: str) -> None:
    """axe finds nothing, nothing scrolls sideways, the console stays silent: both languages, light, dark, phone."""
    from axe_playwright_python.sync_playwright import Axe

    opened, troubles = look(browser, f"file://{out}/{name}", width=width, scheme=scheme)
    found = Axe().run(opened).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    assert troubles == []
    opened.context.close()


@pytest.mark.browser
def test_search_city_and_language(browser: Any, out: Path) -> None:
    """Search and city narrow the list, stand in the address, and stay when the language is switched."""
    opened, troubles = look(browser, f"file://{out}/index.en.html")
    assert shown(opened) == ["report-brief", "report-profile-fuling"]
    opened.keyboard.press("/")
    opened.keyboard.type("profile FULING")
    assert shown(opened) == ["report-profile-fuling"]
    assert opened.inner_text("#count") == "1 of 2 reports"
    opened.click("#switch")
    assert opened.url.endswith("index.html#q=profile%20FULING")
    assert shown(opened) == ["report-profile-fuling"]
    opened.fill("#query", "没有的")
    assert shown(opened) == []
    opened.click("#clear")
    assert len(shown(opened)) == 2
    opened.focus("input[name=city]:checked")
    opened.keyboard.press("ArrowRight")
    assert shown(opened) == ["report-brief"]
    opened.reload()
    assert shown(opened) == ["report-brief"]
    assert troubles == []
    opened.context.close()


@pytest.mark.browser
def test_without_script_everything_is_there(browser: Any, out: Path) -> None:
    """With scripts off all reports are listed and the language link works."""
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"file://{out}/index.html")
    assert opened.locator(".report").count() == 2
    assert not opened.locator("#filter").is_visible()
    opened.click("#switch")
    assert opened.url.endswith("index.en.html")
    context.close()


@pytest.mark.browser
def test_clock_times_over_http_only(browser: Any, out: Path) -> None:
    """Served, the page reads the run block and tells when a failure began; it asks for nothing else."""
    handler = functools.partial(QuietHandler, directory=str(out))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        opened, troubles = look(browser, f"http://127.0.0.1:{server.server_port}/index.en.html")
        opened.wait_for_selector("#made:visible")
        assert "2026" in opened.inner_text("#made")
        assert "First failure: " in opened.inner_text(".failure")
        assert [text for text in troubles if "favicon" not in text and "404" not in text] == []
        opened.context.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    opened, _ = look(browser, f"file://{out}/index.en.html")
    assert not opened.locator("#made").is_visible()
    opened.context.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.mark.browser
def test_hostile_text_is_shown(browser: Any, tmp_path: Path) -> None:
    """Titles, descriptions, cities, errors and changes full of attacks run nothing and appear literally."""
    out = tmp_path / "latest"
    with Publication(out) as publication:
        reports = []
        for number, attack in enumerate(ATTACKS):
            html = publication.add_file(f"zh/r{number}.html", page("x"))
            reports.append(ReportEntry(f"r{number}", "zh", attack, about=attack, city=(attack, "巴中"), html=html))
            failed = publication.failed(ReportEntry(f"f{number}", "en", attack, about=attack), attack)
            reports.append(failed)
        digest = Digest("2025-01-01-00000000", {"zh": [Change(attack, "revised", "zh/r0.html") for attack in ATTACKS]})
        publication.publish(manifest(publication, reports, "x"), digest)
    assert verify_edition(out) == []
    for name in ("index.html", "en/f0.html"):
        opened, troubles = look(browser, f"file://{out}/{name}")
        assert opened.title() != "owned"
        assert troubles == []
        assert ATTACKS[0] in opened.inner_text("body")
        assert opened.locator("body img").count() == 0
        opened.context.close()
    text = (out / "index.html").read_text()
    assert "{{ 7*7 }}" in text
    assert not re.search("[\x00-\x08\x0e-\x1f\u202e]", text)


def test_digest_and_labels(tmp_path: Path) -> None:
    """What changed stands on both pages in their own language; stale files and missing languages are labelled."""
    out = tmp_path / "latest"
    digest = Digest("2025-01-01-00000000", {"zh": (Change("修订了一处", "revised", "zh/brief.html#answer"),), "en": ()})
    with Publication(out) as publication:
        brief = entry(publication, "brief", "zh", "简报", "two", stale=True, status="unchanged")
        publication.publish(manifest(publication, [brief], "x"), digest)
    zh, en = ((out / name).read_text() for name in ("index.html", "index.en.html"))
    assert 'href="zh/brief.html#answer">修订了一处' in zh
    assert "No figure changed" in en
    assert "依据较早的数据" in zh
    assert "exists in Chinese only" in en
    assert verify_edition(out) == []


def test_messages_in_both_languages() -> None:
    """Every wording of the catalogue stands in both languages."""
    keys = [{key for key in messages(lang) if key.startswith("index.")} for lang in ("zh", "en")]
    assert keys[0] == keys[1]


def test_sizes() -> None:
    """Sizes read as people write them."""
    assert [size_text(size, "en") for size in (None, 0, 999, 999_499, 1_000_000)] == [
        "",
        "1 KB",
        "1 KB",
        "999 KB",
        "1.0 MB",
    ]


def test_index_holds_no_clock(out: Path) -> None:
    """The run block stands nowhere in the pages."""
    started = json.loads((out / "manifest.json").read_text())["run"]["started"]
    assert all(started not in (out / name).read_text() for name in ("index.html", "index.en.html"))

"""The review's server and its page in real Chromium, on invented documents."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from planbrief.commands.new import lay_out
from planbrief.commands.review.server import Desk, ReviewServer, serve
from planbrief.reading.draft_rows import described
from planbrief.reading.drafts import Draft, keep_draft
from planbrief.reading.files import read_file
from tests.reading.printed import Print, as_typst, write_pdf, write_word

TEXT = "新镇2025年工作情况\n全年粮食产量12.5万吨，增长3.1%。\n建成无人机起降点6个。\n三级医院2家。\n"


def desk_of(root: Path, text: str, file: Path | None = None) -> Desk:
    """A desk with the draft of an invented document: a text, or a file that is there."""
    data = lay_out(root / "project") / "data"
    if file is None:
        file = root / "document.txt"
        file.write_text(text, encoding="utf-8")
    document = read_file(file)
    found = described(document, "新镇", "2026-01-20")
    facts = {"area": "新镇", "published": "2026-01-20", "file_name": file.name}
    keep_draft(data, "newtown", document, found.rows, facts, file)
    return Desk(data, "newtown")


def running(desk: Desk) -> Iterator[ReviewServer]:
    server = serve(desk, "zh", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ReviewServer]:
    yield from running(desk_of(tmp_path, TEXT))


def ask(server: ReviewServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Status and text of an answer; headers with underscores for hyphens, an empty one is left out."""
    port = server.server_port
    given = {
        "Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json",
        "X-Planbrief-Token": server.token, "Content-Length": str(len(body.encode())),
    }  # fmt: skip
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in given.items():
        if value:
            connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def accept_first(server: ReviewServer) -> str:
    return json.dumps({"action": {"do": "accept", "rows": [server.desk.draft.standing().rows[0].id]}})


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/decide", {"Host": "evil.example"}, 421),
        ("/decide", {"Origin": "http://evil.example"}, 403),
        ("/decide", {"Origin": "null"}, 403),
        ("/decide", {"Origin": ""}, 403),
        ("/decide", {"X_Planbrief_Token": "guess"}, 403),
        ("/decide", {"X_Planbrief_Token": ""}, 403),
        ("/decide", {"Content_Type": "text/plain"}, 415),
        ("/decide", {"Content_Length": "99999999"}, 413),
        ("/decide", {"Content_Length": "²"}, 413),
        ("/draft", {}, 404),
    ],
)
def test_a_decision_comes_from_the_page_or_not_at_all(
    server: ReviewServer, path: str, headers: dict[str, str], status: int
) -> None:
    """Other hosts, other pages, no token, other forms: refused, and nothing is written."""
    headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert ask(server, "POST", path, accept_first(server), **headers)[0] == status
    assert not server.desk.draft.journal.exists()


@pytest.mark.parametrize("path", ["/draft", "/new", "/", "/?token=guess"])
def test_nothing_is_shown_without_the_token(server: ReviewServer, path: str) -> None:
    """Neither the page nor the draft."""
    status, text = ask(server, "GET", path, X_Planbrief_Token="")
    assert status == 403
    assert "粮食" not in text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_there(server: ReviewServer, method: str) -> None:
    """There is one door for decisions."""
    assert ask(server, method, "/decide", accept_first(server))[0] == 501


@pytest.mark.parametrize("body", ["", "[]", "{", '{"action": {"do": "accept", "rows": ["9-10"]}}', '"x"', "[" * 5000])
def test_what_is_no_decision_is_refused_in_words(server: ReviewServer, body: str) -> None:
    """A message, no traceback, and nothing is written."""
    status, text = ask(server, "POST", "/decide", body)
    assert status == 400
    assert json.loads(text)["error"]
    assert not server.desk.draft.journal.exists()


def test_a_page_that_missed_something_gets_everything(server: ReviewServer) -> None:
    """Another process decided meanwhile: the answer holds all rows."""
    rows = server.desk.draft.standing().rows
    Draft(server.desk.draft.folder.parents[1], "newtown").decide({"do": "accept", "rows": [rows[-1].id]})
    told = json.loads(ask(server, "POST", "/decide", accept_first(server))[1])
    assert told["all"]
    assert {row["id"] for row in told["rows"] if row["decided"]} == {rows[0].id, rows[-1].id}


# -- the page in Chromium -------------------------------------------------------------------------------------------


@pytest.fixture
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


def opened(browser: Any, server: ReviewServer, **options: Any) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, **options).new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda line: page.errors.append(line.text) if line.type == "error" else None)
    page.goto(server.url)
    page.wait_for_selector("body[data-ready]")
    return page


def until(page: Any, condition: str, argument: Any = None) -> None:
    """Ask again and again: the page's policy forbids the evaluation that ``wait_for_function`` repeats in it."""
    for _ in range(400):
        if page.evaluate(condition, argument):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {condition}")


def settled(page: Any, server: ReviewServer, ready: Any) -> None:
    """Wait until the draft on the disk is as it should be."""
    for _ in range(100):
        if ready(server.desk.draft.standing()):
            return
        page.wait_for_timeout(50)
    assert ready(server.desk.draft.standing())


@pytest.mark.browser
def test_a_document_is_reviewed_by_keyboard_alone(browser: Any, server: ReviewServer) -> None:
    """Edit with every key saved, accept to the last row, leave out, undo and redo; a new page goes on there."""
    page = opened(browser, server)
    rows = server.desk.draft.standing().rows
    crop = next(row for row in rows if row.value_text == "12.5")
    page.locator(f'mark[data-id="{crop.id}"]').click()
    page.keyboard.press("e")
    page.keyboard.type("grain")
    settled(page, server, lambda now: now.row(crop.id).cells["indicator"].endswith("grain"))
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    settled(page, server, lambda now: now.row(crop.id).cells["indicator"] == crop.cells["indicator"])
    page.keyboard.press("r")
    settled(page, server, lambda now: now.row(crop.id).cells["indicator"].endswith("grain"))
    page.keyboard.press("x")
    page.keyboard.press("5")
    settled(page, server, lambda now: now.row(crop.id).state == "left_out")
    page.close()
    page = opened(browser, server)
    assert page.locator(f'mark[data-id="{crop.id}"]').get_attribute("class").startswith("left_out")
    for _ in rows:
        page.keyboard.press("Enter")
    settled(page, server, lambda now: now.open == ())
    whole = f"{len(rows)}/{len(rows)}"
    until(page, "whole => document.getElementById('progress').textContent.includes(whole)", whole)
    assert page.errors == []


@pytest.mark.browser
def test_a_new_area_is_given_the_place_it_lies_in(browser: Any, server: ReviewServer) -> None:
    """The dialog of new names has a field for it, filled from the areas that are known, and keeps what was said."""
    page = opened(browser, server)
    page.keyboard.press("w")
    said = page.get_by_label("新镇 所属地区")
    assert said.get_attribute("list") == "areas"
    said.fill("重庆市")
    settled(page, server, lambda now: now.about["area"].get("新镇", {}).get("parent") == "重庆市")
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    assert page.get_by_label("新镇 所属地区").input_value() == "重庆市"
    assert page.errors == []


@pytest.mark.browser
def test_typing_survives_the_end_of_the_server(browser: Any, server: ReviewServer) -> None:
    """Each key is on the disk; when the server is gone the page says so instead of pretending."""
    page = opened(browser, server)
    crop = next(row for row in server.desk.draft.standing().rows if row.value_text == "12.5")
    page.locator(f'mark[data-id="{crop.id}"]').click()
    page.keyboard.press("e")
    page.keyboard.type("a")
    settled(page, server, lambda now: "indicator" in now.row(crop.id).changed)
    server.shutdown()
    server.server_close()
    page.keyboard.type("b")
    until(page, "() => document.getElementById('note').textContent !== ''")
    assert "没有保存" in page.inner_text("#note")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_either_language(browser: Any, server: ReviewServer, scheme: str) -> None:
    """The page, the dialogs and the form, in Chinese and English, without sideways scrolling at 1280."""
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, server, color_scheme=scheme)
    for _ in range(2):
        for key in ("", "?", "d", "w"):
            if key:
                page.keyboard.press(key)
                page.wait_for_selector("dialog[open] table")
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
            page.keyboard.press("Escape")
            page.wait_for_selector("dialog:not([open])", state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        page.keyboard.press("l")
        until(
            page,
            "() => document.documentElement.lang === 'en' || document.getElementById('do-undo').textContent === '撤销'",
        )
    assert page.errors == []


PRINTED = Print(
    [["指标", "单位", "2025年", "2030年"], ["粮食产量", "万吨", "93.5", "97.1"], ["森林覆盖率", "%", "41.2", "43.8"]]
)


def printed_pdf(path: Path) -> Path:
    """A page of prose, and a page with a table in which one number stands twice."""
    before = '#text("新镇2025年工作情况。全年建成学校41.2所。") #pagebreak()\n'
    write_pdf(as_typst(PRINTED, before=before), path)
    return path


def printed_word(path: Path) -> Path:
    """The same table in a Word file."""
    write_word(PRINTED, path)
    return path


def row_of(server: ReviewServer, value: str, last: bool = False) -> Any:
    """The first or last row of a value."""
    rows = [row for row in server.desk.draft.standing().rows if row.value_text == value]
    return rows[-1 if last else 0]


def test_a_row_is_seen_on_its_printed_page(tmp_path: Path) -> None:
    """The page is a picture, the frame is around the number of this row and not around its twin on another place."""
    for server in running(desk_of(tmp_path, "", printed_pdf(tmp_path / "plan.pdf"))):
        seen = [
            json.loads(ask(server, "GET", f"/sight?row={row_of(server, '41.2', last).id}")[1]) for last in (False, True)
        ]
        assert [one["page"] for one in seen] == [1, 2]
        assert base64.b64decode(seen[0]["picture"]).startswith(b"\x89PNG")
        other = json.loads(ask(server, "GET", f"/sight?row={row_of(server, '43.8').id}")[1])
        left, top, width, height = seen[1]["frame"]
        assert left + width < other["frame"][0]
        assert abs(top - other["frame"][1]) < 0.005
        assert 0 < height < 0.03
        assert [cell[0] for cell in seen[1]["table"]["rows"][2] if cell[4]] == ["41.2"]


def test_a_row_of_word_is_seen_in_its_table(tmp_path: Path) -> None:
    """Word has no pages of its own: the table stands there with its heads, and the cell is marked."""
    for server in running(desk_of(tmp_path, "", printed_word(tmp_path / "plan.docx"))):
        seen = json.loads(ask(server, "GET", f"/sight?row={row_of(server, '97.1').id}")[1])
        assert "picture" not in seen
        assert [cell[0] for cell in seen["table"]["rows"][0]] == PRINTED.rows[0]
        assert [[cell[0] for cell in line if cell[4]] for line in seen["table"]["rows"]] == [[], ["97.1"], []]


def test_what_is_seen_is_behind_the_token(server: ReviewServer) -> None:
    """Neither without the token nor for a row that is none."""
    assert ask(server, "GET", "/sight?row=0-1", X_Planbrief_Token="guess")[0] == 403
    assert ask(server, "GET", "/sight?row=nothing")[0] == 400


def test_a_page_that_cannot_be_drawn_breaks_nothing(tmp_path: Path) -> None:
    """The original is damaged after it was read: the table is still there, the picture is not."""
    for server in running(desk_of(tmp_path, "", printed_pdf(tmp_path / "plan.pdf"))):
        server.desk.sights.original.write_bytes(b"%PDF-1.4 nothing")
        seen = json.loads(ask(server, "GET", f"/sight?row={row_of(server, '97.1').id}")[1])
        assert "picture" not in seen
        assert seen["table"]["rows"]


@pytest.mark.browser
def test_the_page_shows_what_was_printed_and_says_why(browser: Any, tmp_path: Path) -> None:
    """The number is framed in the picture of its page, the cell marked in its table; rules and doubts are in words."""
    for server in running(desk_of(tmp_path, "", printed_pdf(tmp_path / "plan.pdf"))):
        page = opened(browser, server)
        page.locator(f'mark[data-id="{row_of(server, "43.8").id}"]').click()
        page.wait_for_selector("#sight .frame")
        assert page.inner_text("#sight .here") == "43.8"
        picture, frame = page.locator("#sight img").bounding_box(), page.locator("#sight .frame").bounding_box()
        assert picture["x"] < frame["x"] < picture["x"] + picture["width"]
        said = page.locator("#form .why").all_inner_texts()
        assert any("表头" in words for words in said)
        assert not any(re.fullmatch(r"[a-z_]+", words) for words in said)
        page.keyboard.press("v")
        assert page.locator("#sight").is_hidden()
        assert page.errors == []


@pytest.mark.browser
def test_a_thousand_rows_scroll_at_sixty_frames(browser: Any, tmp_path: Path) -> None:
    """1,000 rows: only those in sight are in the page; scrolling, the next row and a decision are about the work
    that they are with a tenth of them, and none is a long task, however slow the machine is.

    What they are in milliseconds is printed (``-s``); a frame has 16.7.
    """
    work = {}
    for villages in (34, 340):
        text = "新镇2025年工作情况\n" + "".join(
            f"第{n}村粮食产量{n}.5万吨，建成学校{n + 1}所。\n" for n in range(1, villages)
        )
        folder = tmp_path / str(villages)
        folder.mkdir()
        for server in running(desk_of(folder, text)):
            page = opened(browser, server)
            rows = len(server.desk.draft.standing().rows)
            assert page.locator(".row").count() < 60
            frame = "await new Promise(requestAnimationFrame);"
            work[rows] = (
                worked(page, "document.getElementById('list').scrollTop += 120;" + frame, 60),
                worked(page, "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'n' }));" + frame, 60),
                worked(page, "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));" + frame, 60),
            )
            print(
                f"{rows} rows, milliseconds of work: %.1f to scroll, %.1f for the next row, %.1f to accept" % work[rows]
            )
    few, many = sorted(work)
    assert many >= 1000 > 5 * few
    for name, small, large in zip(("scroll", "next", "accept"), work[few], work[many], strict=True):
        assert large < 2 * small + 5, name  # ten times the rows
        assert large < 50, name


@pytest.mark.browser
def test_a_search_chooses_the_first_row_that_it_shows(browser: Any, server: ReviewServer) -> None:
    """No key acts on a row that the search or the filter hides; where nothing is shown nothing is chosen."""
    page = opened(browser, server)
    school = next(row for row in server.desk.draft.standing().rows if row.value_text == "6")
    page.fill("#find", "起降点")
    until(page, "id => document.querySelector('#form [data-row]').dataset.row === id", school.id)
    page.fill("#find", "无此指标")
    until(page, "() => document.querySelector('#form [data-row]') === null")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert not server.desk.draft.journal.exists()
    page.fill("#find", "")
    until(page, "() => document.querySelector('#form [data-row]') !== null")
    assert page.errors == []


@pytest.mark.browser
def test_a_remark_of_the_reader_is_in_the_language_of_the_page(browser: Any, tmp_path: Path) -> None:
    """The comment of a number left out says its rule in words; leaving it out again keeps what was stored."""
    text = "新镇2025年工作情况\n全天24小时开放，参保人数3.5万人。\n"
    for server in running(desk_of(tmp_path, text)):
        row = next(row for row in server.desk.draft.standing().rows if row.value_text == "24")
        page = opened(browser, server)
        page.locator(f'mark[data-id="{row.id}"]').click()
        until(page, "id => document.querySelector('#form [data-row]').dataset.row === id", row.id)
        assert not re.search("[a-z]", page.input_value("#c-comment"))
        page.keyboard.press("x")
        assert page.input_value("#leave-comment") == page.input_value("#c-comment")
        page.locator("dialog .acts button").last.click()
        settled(page, server, lambda now, key=row.id: now.row(key).decided)
        assert server.desk.draft.standing().row(row.id).cells["comment"] == row.cells["comment"]
        assert page.errors == []


def worked(page: Any, script: str, steps: int) -> float:
    """Milliseconds that the page's thread works for one step; what other programs do meanwhile is not counted."""
    watch = page.context.new_cdp_session(page)
    watch.send("Performance.enable", {"timeDomain": "threadTicks"})

    def so_far() -> float:
        metrics = {one["name"]: one["value"] for one in watch.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"])

    before = so_far()
    page.evaluate("async (steps) => { for (let n = 0; n < steps; n += 1) {" + script + "} }", steps)
    return 1000 * (so_far() - before) / steps


@pytest.mark.browser
def test_a_chinese_page_speaks_chinese_and_fits_a_phone(browser: Any, server: ReviewServer) -> None:
    """Kinds, reasons and doubts are words of the page's language; two keys do not say the same."""
    page = opened(browser, server)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for row in server.desk.draft.standing().rows:
        page.locator(f'mark[data-id="{row.id}"]').first.click()
        until(page, "id => document.querySelector('#form [data-row]').dataset.row === id", row.id)
        told = page.locator("#form .why").all_inner_texts() + page.locator("#form option").all_inner_texts()
        assert not [words for words in told if any("a" <= one <= "z" for one in words)], told
    assert not [one for one in page.locator("#list .row").all_inner_texts() if "date" in one or "grade" in one]
    page.keyboard.press("?")
    acts = page.locator("dialog td:last-child").all_inner_texts()
    assert len(set(acts)) == len(acts)
    assert page.errors == []

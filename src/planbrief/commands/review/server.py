"""The review's HTTP server: the page, the draft, and one door for decisions.

Only a browser that has the address with its token may ask for the draft or decide; a decision must come from the page
itself (origin, form of the request), is checked, and is on the disk before the answer goes out.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from planbrief.commands.accept import problems_by_row
from planbrief.commands.loopback import LoopbackHandler, LoopbackServer, bound, source_of
from planbrief.commands.review.sights import Sights
from planbrief.display.language import LANGS, message
from planbrief.errors import PlanbriefError
from planbrief.reading.decisions import DraftRow
from planbrief.reading.drafts import Draft
from planbrief.reading.grammar.wordlists import words as word_list
from planbrief.reading.tabulation import Tabulator, allowed
from planbrief.targets.package import Package, read_package

#: The port that is tried first where none was asked for.
USUAL_PORT = 8420
#: Largest request: a batch that accepts some thousand rows.
LARGEST_REQUEST = 1 << 20
#: Columns whose words a person chooses from, with the group of wordings that says each in both languages.
CHOICES = {"kind": "kind", "comparator": "comparator", "transformation": "transformation", "reason": "exclusion_reason"}


@cache
def _asset(name: str) -> str:
    return (resources.files("planbrief.commands.review") / name).read_text(encoding="utf-8")


def page(lang: str) -> str:
    """The page: one document that asks for nothing but the draft."""
    html = _asset("page.html").replace("{lang}", "zh-CN" if lang == "zh" else "en")
    return html.replace("/*style*/", _asset("page.css")).replace("/*script*/", _asset("page.js"))


def policy() -> str:
    """What the page may do: run its own script, wear its own style, and talk to this server."""
    return (
        f"default-src 'none'; script-src {source_of(_asset('page.js'))}; style-src {source_of(_asset('page.css'))}; "
        "connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )


class Desk:
    """The draft under review with what the page needs to know of the package."""

    def __init__(self, data: Path, source_id: str) -> None:
        self.draft = Draft(data, source_id)
        self.package: Package = read_package(data)
        self.lock = threading.Lock()
        self.sights = Sights(self.draft)
        self._tables = [(table.start, table.end, table.caption) for table in self.sights.document.tables]

    def whole(self) -> dict[str, Any]:
        """Everything that the page shows."""
        rows = self.draft.standing().rows
        package = self.package
        return {
            "source_id": self.draft.source_id, "text": self.draft.text, "facts": self.draft.facts,
            "rows": [row.as_json() for row in rows], "problems": self.problems(rows),
            "tables": self._tables, "sights": self.sights.any, "reasons": word_list("reasons"),
            "words": {name: list(words) for name, words in allowed(package).items()},
            "labels": {
                name: {one: [message(f"{group}.{one}", lang) for lang in LANGS] for one in allowed(package)[name]}
                for name, group in CHOICES.items()
            },
            "areas": list(package["areas"].cells("name_zh", "name_en", "ref_area")),
            "indicators": list(package["indicators"].cells("indicator", "name_zh", "name_en", "unit_measure")),
            "units": [unit for (unit,) in package["units"].cells("unit")],
            "activities": list(package["activities"].cells("activity", "name_zh")), **self.summary(),
        }  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Counts and the state of the journal."""
        now = self.draft.standing()
        return {
            "version": self.draft.version, "counts": self.draft.counts(), "undoable": now.undoable,
            "redoable": now.redoable, "about": now.about,
        }  # fmt: skip

    def problems(self, rows: Iterable[DraftRow]) -> dict[str, list[list[str]]]:
        """What would keep these rows from the tables: cell and sentence, by row."""
        chosen = list(rows)
        tables = Tabulator(self.package, self.draft.facts, self.draft.text, self.draft.standing()).tabulate(chosen)
        found: dict[str, list[list[str]]] = {row.id: [] for row in chosen}
        for key, cell, sentence in problems_by_row(self.package, tables):
            found.setdefault(key, []).append([cell, sentence])
        return found

    def sight(self, key: str) -> dict[str, Any]:
        """The printed page and the table that a row's number stands in."""
        return self.sights.of(self.draft.standing().row(key))

    def new_names(self) -> dict[str, Any]:
        """Indicators and areas that the package would get."""
        now = self.draft.standing()
        tables = Tabulator(self.package, self.draft.facts, self.draft.text, now).tabulate()
        return {"indicators": tables.indicators, "areas": tables.areas, "source": tables.source}

    def decide(self, request: Any) -> dict[str, Any]:
        """Take one decision; the rows that changed, or all where the page had missed something."""
        # The browser may send two decisions at once; what changed is told against the rows just before this one.
        with self.lock:
            before = self.draft.standing().rows
            seen = isinstance(request, dict) and request.get("version") == self.draft.version
            self.draft.decide((request.get("action") or {}) if isinstance(request, dict) else {})
            after = self.draft.standing().rows
            old = {row.id: row for row in before}
            # A page that missed another window's decisions gets every row, else only those that are different now.
            changed = [row for row in after if old.get(row.id) != row] if seen else list(after)
            gone = sorted(set(old) - {row.id for row in after})
            answer = {"rows": [row.as_json() for row in changed], "gone": gone, "all": not seen}
            return {**answer, "problems": self.problems(changed), **self.summary()}


class ReviewServer(LoopbackServer):
    """Serves one draft to the person at this machine."""

    def __init__(self, desk: Desk, lang: str, port: int) -> None:
        self.desk, self.lang = desk, lang
        self.token = secrets.token_urlsafe(24)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Address of the page, with the token that opens it."""
        return f"{self.origin}/?token={self.token}&lang={self.lang}"


def serve(desk: Desk, lang: str, port: int | None) -> ReviewServer:
    """A server on `port`, or on the usual or any free one."""
    return bound(lambda attempt: ReviewServer(desk, lang, attempt), USUAL_PORT, port)


class _Handler(LoopbackHandler):
    server: ReviewServer
    name = "planbrief review"

    def do_GET(self) -> None:
        if not self.known_host():
            return
        address = urlsplit(self.path)
        given = parse_qs(address.query)
        token = (given.get("token") or [""])[-1]
        if address.path == "/" and self._allowed(token):
            lang = (given.get("lang") or [self.server.lang])[-1]
            self.answer(HTTPStatus.OK, page(lang), "text/html", Content_Security_Policy=policy())
        elif address.path in ("/draft", "/new") and self._allowed(self.headers.get("X-Planbrief-Token", "")):
            self._work(self.server.desk.whole if address.path == "/draft" else self.server.desk.new_names)
        elif address.path == "/sight" and self._allowed(self.headers.get("X-Planbrief-Token", "")):
            self._work(lambda: self.server.desk.sight((given.get("row") or [""])[-1]))
        elif address.path in ("/", "/draft", "/new", "/sight"):
            self.answer(HTTPStatus.FORBIDDEN, "open the address that planbrief review printed\n", "text/plain")
        else:
            self.answer(HTTPStatus.NOT_FOUND, "no such page in this review\n", "text/plain")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        if not self.known_host():
            return
        origin = self.headers.get("Origin", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        length = self.headers.get("Content-Length", "")
        if urlsplit(self.path).path != "/decide":
            self.answer(HTTPStatus.NOT_FOUND, "no such door\n", "text/plain")
        elif origin.removeprefix("http://") not in self.server.hosts or not origin.startswith("http://"):
            self.answer(HTTPStatus.FORBIDDEN, "decisions come from the page itself\n", "text/plain")
        elif not self._allowed(self.headers.get("X-Planbrief-Token", "")):
            self.answer(HTTPStatus.FORBIDDEN, "open the address that planbrief review printed\n", "text/plain")
        elif kind != "application/json":
            self.answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "decisions are JSON\n", "text/plain")
        elif not length.isascii() or not length.isdigit() or int(length) > LARGEST_REQUEST:
            self.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large\n", "text/plain", Connection="close")
            self.close_connection = True  # what it still sends would be taken for the next request
        else:
            body = self.rfile.read(int(length))
            self._work(lambda: self.server.desk.decide(json.loads(body)))

    def _allowed(self, token: str) -> bool:
        # In constant time: how long a refusal takes must not tell how much of a guess was right.
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode())

    def _work(self, do: Any) -> None:
        try:
            text, status = json.dumps(do(), ensure_ascii=False), HTTPStatus.OK
        except (PlanbriefError, ValueError, RecursionError) as error:
            words = str(error) if isinstance(error, PlanbriefError) else "no decision in JSON"
            text, status = json.dumps({"error": words}, ensure_ascii=False), HTTPStatus.BAD_REQUEST
        except OSError as error:
            words = f"the decision could not be written: {error.strerror or error}"
            text, status = json.dumps({"error": words}, ensure_ascii=False), HTTPStatus.INTERNAL_SERVER_ERROR
        self.answer(status, text, "application/json")

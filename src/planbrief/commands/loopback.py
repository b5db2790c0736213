"""What servers for one person on one machine share: the loopback address, who may ask, and how answers look.

Requests that name any other host are refused: a page of the web that lets its name point to this machine learns
nothing, and one that asks across sites starts nothing. Nothing is kept by browsers or shown inside other pages. Who is
slow to ask or to listen is hung up on, so that nobody else waits.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from planbrief.errors import PlanbriefError

#: Seconds for a whole request, and for each piece of an answer.
PATIENCE = 10.0
#: Connections at a time; a browser opens six.
MOST_CONNECTIONS = 64

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PortTaken(PlanbriefError):
    """The port is used by another program."""

    text = "port {} cannot be used ({}); leave out --port for a free one"


class LoopbackServer(ThreadingHTTPServer):
    """Serves browsers on this machine."""

    daemon_threads = True
    # Two servers on one port would take turns; Windows allows that with this option.
    allow_reuse_address = False

    def __init__(self, *arguments: Any) -> None:
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, unless there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection from its begin to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser on this machine calls us."""
        return frozenset(f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost"))

    @property
    def origin(self) -> str:
        """Address without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has gone in the middle of an answer is no news."""


def source_of(script: str) -> str:
    """A script or style as a source in a Content-Security-Policy: nothing else may run or dress the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


Server = TypeVar("Server", bound=LoopbackServer)


def bound(make: Callable[[int], Server], usual: int, port: int | None) -> Server:
    """A server on `port`, or on the usual or any free one; :class:`PortTaken` if the port asked for is taken."""
    # The usual port first, so that an open tab finds the next preview again; one asked for is never changed silently.
    if port is None:
        with contextlib.suppress(OSError):
            return make(usual)
    try:
        return make(port or 0)
    except (OSError, OverflowError) as error:
        raise PortTaken(port or 0, getattr(error, "strerror", None) or str(error)) from None


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers with the headers that all answers have."""

    server: LoopbackServer
    server_version, sys_version = "planbrief", ""
    #: How the command is called in refusals.
    name = "planbrief"
    timeout = PATIENCE

    def setup(self) -> None:
        """Begin to count the seconds that the request may take."""
        super().setup()
        self._limit = threading.Timer(PATIENCE, self._hang_up)
        self._limit.daemon = True
        self._limit.start()

    def parse_request(self) -> bool:
        """Read the request; from then on only the answer counts."""
        try:
            return super().parse_request()
        finally:
            self._limit.cancel()

    def finish(self) -> None:
        """End the connection."""
        self._limit.cancel()
        super().finish()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def known_host(self) -> bool:
        """Whether the request was meant for this machine and comes from it; a refusal has been sent if not."""
        # Every site can send requests to this machine; what a browser says of itself in them no page can forge.
        named, origin = self.headers.get_all("Host") or [], self.headers.get("Origin")
        foreign = self.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        followed = self.headers.get("Sec-Fetch-Mode") == "navigate"  # a link in a mail or a chat
        if len(named) != 1 or named[0] not in self.server.hosts:
            self.answer(HTTPStatus.MISDIRECTED_REQUEST, f"{self.name} answers on this machine only\n", "text/plain")
            return False
        if (origin or f"http://{named[0]}").removeprefix("http://") not in self.server.hosts or (
            foreign and not followed
        ):
            self.answer(HTTPStatus.FORBIDDEN, f"{self.name} answers no other site\n", "text/plain")
            return False
        return True

    def common_headers(self) -> None:
        """The headers of every answer."""
        for name, value in HEADERS.items():
            self.send_header(name, value)

    def answer(self, status: HTTPStatus, text: str, kind: str, **more: str) -> None:
        """A whole answer; ``more`` are headers with underscores for hyphens."""
        data = text.encode("utf-8", "replace")
        self.send_response(status)
        self.common_headers()
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse in words of our own: what was asked is not repeated."""
        self.answer(HTTPStatus(code), f"{HTTPStatus(code).phrase}\n", "text/plain")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is said elsewhere."""

"""What servers for one person on one machine share: the loopback address, who may ask, and how answers look.

Requests that name any other host are refused: a page of the web that lets its name point to this machine learns
nothing. Nothing is kept by browsers or shown inside other pages.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from planbrief.errors import PlanbriefError

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PortTaken(PlanbriefError):
    """The port is used by another program."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(port, reason)
        self.port, self.reason = port, reason

    def __str__(self) -> str:
        return f"port {self.port} cannot be used ({self.reason}); leave out --port for a free one"


class LoopbackServer(ThreadingHTTPServer):
    """Serves browsers on this machine."""

    daemon_threads = True
    # Two servers on one port would take turns; Windows allows that with this option.
    allow_reuse_address = False

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


Server = TypeVar("Server", bound=LoopbackServer)


def bound(make: Callable[[int], Server], usual: int, port: int | None) -> Server:
    """A server on `port`, or on the usual or any free one; :class:`PortTaken` if the port asked for is taken."""
    for attempt in (usual, 0) if port is None else (port,):
        try:
            return make(attempt)
        except (OSError, OverflowError) as error:
            if attempt == 0 or port is not None:
                raise PortTaken(attempt, getattr(error, "strerror", None) or str(error)) from None
    raise PortTaken(usual, "taken")


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers with the headers that all answers have."""

    server: LoopbackServer
    server_version, sys_version = "planbrief", ""
    #: How the command is called in refusals.
    name = "planbrief"

    def known_host(self) -> bool:
        """Whether the request was meant for this machine; a refusal has been sent if not."""
        if self.headers.get("Host", "") in self.server.hosts:
            return True
        self.answer(HTTPStatus.MISDIRECTED_REQUEST, f"{self.name} answers on this machine only\n", "text/plain")
        return False

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

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what matters is said elsewhere."""

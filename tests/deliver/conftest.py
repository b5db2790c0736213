"""A clock that a test sets, mail servers on loopback that behave and misbehave, an HTTP receiver."""

from __future__ import annotations

import email
import email.policy
import json
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from planbrief.deliver.schedule import Smtp
from planbrief.project import Project, packaged


class FakeClock:
    """Stands still until it is moved; sleeping moves it."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime(2026, 1, 5, 0, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def go(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Inbox:
    """Takes mails, or refuses them as it is told."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.raw: list[bytes] = []
        #: Answer to give in place of taking the next mails, by stage.
        self.answers: dict[str, list[str]] = {"rcpt": [], "data": []}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answers["rcpt"]:
            return self.answers["rcpt"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers["data"]:
            return self.answers["data"].pop(0)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails += [(address, mail) for address in envelope.rcpt_tos]
        self.raw.append(envelope.content)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at Monday, 5 January 2026, 08:00 in Shanghai."""
    return FakeClock()


@pytest.fixture
def inbox() -> Inbox:
    """Where mails arrive."""
    return Inbox()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority of the house."""
    return trustme.CA()


@pytest.fixture
def mail_server(inbox: Inbox) -> Iterator[Smtp]:
    """A mail server without encryption; its settings."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield Smtp.model_validate(
        {
            "host": "127.0.0.1",
            "port": controller.port,
            "security": "none",
            "from": "planbrief@example.org",
            "timeout": 5,
        }
    )
    controller.stop()


@pytest.fixture
def secure_server(
    inbox: Inbox, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Smtp]]:
    """Starts a mail server with STARTTLS or TLS and a password."""
    certificate = authority.issue_cert("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    started: list[Controller] = []

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, said: Any) -> AuthResult:
        right = isinstance(said, LoginPassword) and (said.login, said.password) == (b"planbrief", b"open sesame")
        return AuthResult(success=right, handled=right)

    def start(security: str) -> Smtp:
        named: dict[str, Any] = {"authenticator": check, "auth_required": True, "hostname": "localhost"}
        if security == "starttls":
            named |= {"tls_context": context, "require_starttls": True}
        else:
            named |= {"ssl_context": context, "auth_require_tls": False, "auth_required": False}
        controller = Controller(inbox, port=free_port(), **named)
        controller.start()
        started.append(controller)
        monkeypatch.setenv("TEST_SMTP_PASSWORD", "open sesame")
        return Smtp.model_validate(
            {"host": "localhost", "port": controller.port, "security": security, "from": "planbrief@example.org",
             "user": "planbrief", "password_env": "TEST_SMTP_PASSWORD", "ca_file": str(ca_file), "timeout": 5}
        )  # fmt: skip

    yield start
    for controller in started:
        controller.stop()


class Script:
    """A mail server that follows a script: what it says to each command, and when it hangs up or falls silent."""

    def __init__(self, *, die_after: str = "", silent_after: str = "") -> None:
        self.die_after, self.silent_after = die_after, silent_after
        self.stored: list[bytes] = []
        self.port = free_port()
        self.socket = socket.create_server(("127.0.0.1", self.port))
        self.over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        file = connection.makefile("rwb")
        stage = "greeting"
        file.write(b"220 script\r\n")
        file.flush()
        body = b""
        while line := file.readline():
            word = line[:4].upper().strip()
            if stage == "data":
                if line == b".\r\n":
                    self.stored.append(body)
                    stage = "dot"
                else:
                    body += line
                    if self.die_after == "body":
                        return
                    continue
            elif word == b"DATA":
                stage = "data"
            else:
                stage = word.decode().lower()
            if self.die_after == stage:
                return
            if self.silent_after == stage:
                self.over.wait(30)
                return
            file.write(b"354 go\r\n" if stage == "data" else b"250 ok\r\n")
            file.flush()

    def stop(self) -> None:
        self.over.set()
        self.socket.close()

    @property
    def settings(self) -> Smtp:
        return Smtp.model_validate(
            {"host": "127.0.0.1", "port": self.port, "security": "none", "from": "p@example.org", "timeout": 0.6}
        )


@pytest.fixture
def scripted() -> Iterator[Callable[..., Script]]:
    """Starts mail servers that follow a script."""
    started: list[Script] = []

    def start(**how: str) -> Script:
        started.append(Script(**how))
        return started[-1]

    yield start
    for script in started:
        script.stop()


class Receiver:
    """An HTTP server that keeps what is posted and answers what it is told."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, dict[str, Any]] | None] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.posts.append((self.path, said))
                answer = receiver.answers.pop(0) if receiver.answers else (200, {"errcode": 0})
                if answer is None:
                    return  # hangs up without an answer
                data = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                receiver.posts.append((self.path, {}))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server on loopback."""
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the shipped project."""
    root = tmp_path / "project"
    for name in ("data", "notebooks"):
        shutil.copytree(packaged().root / name, root / name)
    (root / "reports").mkdir()
    shutil.copy(packaged().catalog, root / "reports" / "catalog.toml")
    return Project(root)

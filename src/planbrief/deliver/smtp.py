"""One mail to one recipient, with a line drawn before the point of no return."""

from __future__ import annotations

import re
import select
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from planbrief.deliver.recipients import Smtp
from planbrief.errors import RunError

#: Seconds to listen before the last word: a server that has anything to say by then has given up.
LISTEN = 0.2


class Deferred(RunError):
    """Not delivered, and worth another try: the server refuses for now, is not there, or hangs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class ServerAway(Deferred):
    """Not this recipient but the whole server: nobody else can be reached through it now either."""


class Refused(Deferred):
    """Refused for good: trying again would change nothing."""


class Unconfirmed(Deferred):
    """Everything was said and no answer came: it may have arrived, and sending it again might deliver it twice."""


class Deadline:
    """Ends a conversation that takes too long, however busily the other side talks.

    A time limit of a socket counts from the last byte; a server that says one line a second for ever never meets it.
    When the time is up the socket is shut down, and whoever waits on it sees the end of the connection.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.passed = seconds, False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._socket: socket.socket | None = None

    def watch(self, found: socket.socket) -> socket.socket:
        """Have `found` shut down when the time is up."""
        self._socket = found
        if self.passed:
            self._end()
        return found

    def _end(self) -> None:
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._timer.cancel()


class _Client(smtplib.SMTP):
    """A client whose whole conversation has one deadline, greeting included."""

    def __init__(self, settings: Smtp, deadline: Deadline, context: ssl.SSLContext) -> None:
        self._deadline, self._tls = deadline, context if settings.security == "tls" else None
        super().__init__(settings.host, settings.port, timeout=settings.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        found = self._deadline.watch(super()._get_socket(host, port, timeout))  # type: ignore[misc]
        if self._tls is not None:
            found = self._deadline.watch(self._tls.wrap_socket(found, server_hostname=host))
        return found

    def starttls(self, *, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:  # type: ignore[override]
        said = super().starttls(context=context)
        if self.sock is not None:
            self._deadline.watch(self.sock)
        return said


def send(settings: Smtp, recipient: str, message: bytes, commit: Callable[[], None]) -> None:
    """Send a message.

    Parameters
    ----------
    settings : Smtp
        The server; its ``deadline`` is for the whole conversation, its ``timeout`` for each silence in it.
    recipient : str
        One address.
    message : bytes
        A whole message with CRLF lines.
    commit : callable
        Called once everything but the closing dot has been sent: until then the server drops what it has, after it
        only the server knows. What it raises is raised.

    Raises
    ------
    Deferred, ServerAway, Refused, Unconfirmed
        What became of it.
    """
    said = False
    with Deadline(settings.deadline) as deadline:
        try:
            with _connected(settings, deadline) as client:
                _envelope(client, settings.sender, recipient)
                client.send(re.sub(rb"(?m)^\.", b"..", message.rstrip(b"\r\n") + b"\r\n"))
                _still_there(client)
                commit()
                said = True
                client.send(b".\r\n")
                code, answer = client.getreply()
                if 400 <= code < 600:
                    _raise(code, answer)
                if not 200 <= code < 300:  # no answer of SMTP: it may have the mail
                    raise Unconfirmed(f"the mail server had the whole message and said {_text(answer)!r}")
                said = False
                _goodbye(client)
        except Deferred:
            raise
        except smtplib.SMTPAuthenticationError as error:
            reason = f"{settings.host} does not accept user {settings.user}: {_text(error.smtp_error)}"
            raise ServerAway(reason) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            late = f"no end after {settings.deadline:g} s" if deadline.passed else ""
            reason = f"{settings.host}:{settings.port}: {late or error or type(error).__name__}"
            if said:
                raise Unconfirmed(f"{reason}; the server had the whole message and did not answer") from error
            raise ServerAway(reason) from error


@contextmanager
def _connected(settings: Smtp, deadline: Deadline) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    client = _Client(settings, deadline, context)
    try:
        if settings.security == "starttls":
            client.starttls(context=context)
        if settings.user:
            client.login(settings.user, settings.password())
        else:
            client.ehlo_or_helo_if_needed()
        yield client
    finally:
        client.close()


def _envelope(client: smtplib.SMTP, sender: str, recipient: str) -> None:
    options = []
    if not (sender + recipient).isascii():
        if not client.has_extn("smtputf8"):
            odd = sender if not sender.isascii() else recipient
            raise Refused(f"the mail server takes no addresses beyond ASCII (no SMTPUTF8): {odd}")
        options = ["SMTPUTF8"]
    for code, answer in (client.mail(sender, options), client.rcpt(recipient)):
        if code not in (250, 251):
            _raise(code, answer)
    client.putcmd("data")
    code, answer = client.getreply()
    if code != 354:
        _raise(code, answer)


def _still_there(client: smtplib.SMTP) -> None:
    """Notice a server that hung up while the body was on its way, before the point of no return."""
    if client.sock is not None and select.select([client.sock], [], [], LISTEN)[0]:
        code, answer = client.getreply()  # an end of the connection is SMTPServerDisconnected
        _raise(code, answer)


def _raise(code: int, answer: bytes) -> NoReturn:
    reason = f"the mail server said {code} {_text(answer)}"
    raise (Refused if 500 <= code < 600 else Deferred)(reason)


def _text(answer: bytes | str) -> str:
    return (answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)[:300]


def _goodbye(client: smtplib.SMTP) -> None:
    """The mail is delivered; how the server takes its leave changes nothing."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        return

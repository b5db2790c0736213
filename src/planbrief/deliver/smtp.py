"""One mail to one recipient, with a line drawn before the point of no return."""

from __future__ import annotations

import re
import select
import smtplib
import ssl
from collections.abc import Callable
from typing import NoReturn

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


class Refused(Deferred):
    """Refused for good: trying again would change nothing."""


class Unconfirmed(Deferred):
    """Everything was said and no answer came: it may have arrived, and sending it again might deliver it twice."""


def send(settings: Smtp, recipient: str, message: bytes, commit: Callable[[], None]) -> None:
    """Send a message.

    Parameters
    ----------
    settings : Smtp
        The server.
    recipient : str
        One address.
    message : bytes
        A whole message with CRLF lines.
    commit : callable
        Called once everything but the closing dot has been sent: until then the server drops what it has, after it
        only the server knows.

    Raises
    ------
    Deferred, Refused, Unconfirmed
        What became of it.
    """
    committed = False
    try:
        client = _connect(settings)
        try:
            _envelope(client, settings.sender, recipient)
            client.send(re.sub(rb"(?m)^\.", b"..", message.rstrip(b"\r\n") + b"\r\n"))
            _still_there(client)
            commit()
            committed = True
            client.send(b".\r\n")
            code, answer = client.getreply()
            if code != 250:
                _raise(code, answer)
            committed = False
            _goodbye(client)
        finally:
            client.close()
    except Deferred:
        raise
    except smtplib.SMTPAuthenticationError as error:
        raise Deferred(f"{settings.host} does not accept user {settings.user}: {_text(error.smtp_error)}") from None
    except (smtplib.SMTPException, OSError) as error:
        reason = f"{settings.host}:{settings.port}: {error or type(error).__name__}"
        if committed:
            raise Unconfirmed(f"{reason}; the server had the whole message and did not answer") from error
        raise Deferred(reason) from error


def _connect(settings: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    if settings.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout, context=context)
    else:
        client = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
    try:
        if settings.security == "starttls":
            client.starttls(context=context)
        if settings.user:
            client.login(settings.user, settings.password())
        else:
            client.ehlo_or_helo_if_needed()
    except BaseException:
        client.close()
        raise
    return client


def _envelope(client: smtplib.SMTP, sender: str, recipient: str) -> None:
    options = ["SMTPUTF8"] if not (sender + recipient).isascii() and client.has_extn("smtputf8") else []
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

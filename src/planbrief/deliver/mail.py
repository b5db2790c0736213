"""Mail: a message with the edition's news, its way to a server, and the edition in a shared folder."""

from __future__ import annotations

import os
import re
import select
import shutil
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from planbrief.deliver.news import News, trimmed
from planbrief.deliver.schedule.config import Smtp
from planbrief.display.language import Lang, message
from planbrief.errors import RunError
from planbrief.publish.digest.document import Document, Section
from planbrief.publish.digest.rendering import section_text, to_html
from planbrief.publish.edition_check import verify_edition
from planbrief.publish.index import size_text
from planbrief.render.safe_text import visible

#: Seconds to listen before the last word: a server that has anything to say by then has given up.
LISTEN = 0.2


class Deferred(RunError):
    """Not delivered, and worth another try: the server refuses for now, is not there, or hangs."""


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

    def __init__(self, settings: Smtp, deadline: Deadline, context: ssl.SSLContext | None) -> None:
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
                    raise Unconfirmed(f"the mail server had the whole message and said {_answer_text(answer)!r}")
                said = False
                _goodbye(client)
        except Deferred:
            raise
        except smtplib.SMTPAuthenticationError as error:
            reason = f"{settings.host} does not accept user {settings.user}: {_answer_text(error.smtp_error)}"
            raise ServerAway(reason) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            late = f"no end after {settings.deadline:g} s" if deadline.passed else ""
            reason = f"{settings.host}:{settings.port}: {late or error or type(error).__name__}"
            if said:
                raise Unconfirmed(f"{reason}; the server had the whole message and did not answer") from error
            raise ServerAway(reason) from error


@lru_cache(maxsize=2)
def _trusted(ca_file: Path | None, _hour: int) -> ssl.SSLContext:
    """Certificates, read once an hour: reading takes longer than a whole delivery, and a service runs for years."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


@contextmanager
def _connected(settings: Smtp, deadline: Deadline) -> Iterator[smtplib.SMTP]:
    context = _trusted(settings.ca_file, int(time.time() // 3600)) if settings.security != "none" else None
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
    reason = f"the mail server said {code} {_answer_text(answer)}"
    raise (Refused if 500 <= code < 600 else Deferred)(reason)


def _answer_text(answer: bytes | str) -> str:
    return (answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)[:300]


def _goodbye(client: smtplib.SMTP) -> None:
    """The mail is delivered; how the server takes its leave changes nothing."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        return


def place(edition: Path, folder: Path, name: str) -> None:
    """Copy an edition to ``folder/name``; one that is there already and whole is left as it is.

    Raises
    ------
    Deferred
        The share is not there, is full, or broke off.
    Refused
        Something else lies under that name.
    """
    target, fresh = folder / name, folder / f".{name}.part"
    try:
        if target.exists():
            if verify_edition(target):
                raise Refused(f"{target} is there and is not this edition")
            return
        if not folder.is_dir():
            raise Deferred(f"{folder} is not there (is the share mounted?)")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(edition, fresh)
        if problems := verify_edition(fresh):
            raise Deferred(f"the copy in {folder} is not whole: {problems[0]}")
        os.rename(fresh, target)
    except (OSError, shutil.Error) as error:
        raise Deferred(f"{str(folder)[:200]}: {getattr(error, 'strerror', None) or error}"[:400]) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


#: Gmail cuts a mail's body at 102 KB.
LARGEST_BODY = 100_000
#: Only ASCII travels, so that no server on the way has to know more.
POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
_BODIES = (400, 120, 40, 12, 4)


def compose(
    found: News, settings: Smtp, recipient: str, key: str, now: datetime, *, attach_limit: float = 8e6
) -> bytes:
    """A whole message for one recipient; its id follows from the delivery's, so that a second copy is known as such."""
    data, name, note = b"", "", ""
    if found.attachment is not None:
        size = found.attachment.stat().st_size
        name = found.attachment_name
        if size <= attach_limit:
            data = found.attachment.read_bytes()
            note = message("mail.attached", found.lang, name=name, size=size_text(size, found.lang))
        else:
            note = message("mail.too_large", found.lang, name=name, size=size_text(size, found.lang))
    notes = tuple(text for text in (*found.warnings, note) if text)
    sections = found.document.sections if found.document else (Section("", texts=found.lines),)
    html, text = _bodies(Document(found.lang, found.title, found.summary, sections), notes, found)
    mail = _message(found.title, settings, recipient, key, now, text, html)
    if data:
        mail.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes()


def compose_failure(
    title: str, lines: tuple[str, ...], lang: Lang, settings: Smtp, recipient: str, key: str, now: datetime
) -> bytes:
    """A message to the operators."""
    section = Section("", texts=lines)
    html = to_html(Document(lang, title, "", (section,)))
    return _message(title, settings, recipient, key, now, section_text(section) + "\n", html).as_bytes()


def _bodies(full: Document, notes: tuple[str, ...], found: News) -> tuple[str, str]:
    html = text = ""
    link = (found.link, found.link_text) if found.link else None
    for most in _BODIES:
        shown = trimmed(full, most)
        html, text = to_html(shown, notes, link), _text(shown, notes, found)
        if len(html.encode()) < LARGEST_BODY and len(text.encode()) < LARGEST_BODY:
            break
    return html, text


def _text(shown: Document, notes: tuple[str, ...], found: News) -> str:
    parts = [shown.title, shown.since, *(section_text(section) for section in shown.sections), *notes]
    if found.link:
        parts.append(f"{found.link_text}: {found.link}")
    return "\n\n".join(parts) + "\n"


def in_header(text: str) -> str:
    """A text as a header takes it literally: on one line, and no word of it taken for an encoded one.

    The library decodes ``=?utf-8?q?=0D=0ABcc:…?=``, and the line break in it would end the header.
    """
    return " ".join(visible(text).split()).replace("=?", "= ?")


def _message(
    subject: str, settings: Smtp, recipient: str, key: str, now: datetime, text: str, html: str
) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    mail["Subject"] = in_header(subject)
    mail["From"] = Address(in_header(settings.sender_name), addr_spec=settings.sender)
    mail["To"] = recipient
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{key}@{settings.sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail

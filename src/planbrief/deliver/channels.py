"""The ways to a reader: mail, a shared folder, and the message of a chat robot.

A mail tells the edition's news; a robot is one of WeCom 企业微信, DingTalk 钉钉, Feishu 飞书, or a generic receiver.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import select
import shutil
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

from planbrief.deliver.delivery import News, trimmed
from planbrief.deliver.schedule import Robot, Smtp
from planbrief.display.language import Lang, message
from planbrief.errors import RunError
from planbrief.publish.digest import Document, Section
from planbrief.publish.digest_rendering import section_text, to_html
from planbrief.publish.gate import verify_edition
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
                # RFC 5321: a line that is one dot ends the message, so that every dot in front is doubled.
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


#: Bytes that WeCom takes in one Markdown message; the others take more.
MOST_BYTES = {"wecom": 4096, "dingtalk": 18_000, "feishu": 18_000, "generic": 100_000}
#: Answers that mean "too many messages, later": WeCom and DingTalk, Feishu.
LATER = frozenset({45009, 130101, 660026, 11232, 9499})
#: Seconds that a receiver may be silent, and seconds that one message may take in all.
TIMEOUT, DEADLINE = 20.0, 60.0


def payload(robot: Robot, news: News) -> dict[str, Any]:
    """The message as the robot wants it, cut to what it takes."""
    body = clipped(news.lines, MOST_BYTES[robot] - 600, news.more)
    if robot == "generic":
        return {
            "edition": news.edition,
            "title": news.title,
            "text": "\n".join(body),
            "link": news.link,
            "changes": news.changes,
        }
    if robot == "feishu":
        rows: list[list[dict[str, str]]] = [[{"tag": "text", "text": line}] for line in body]
        if news.link:
            rows.append([{"tag": "a", "text": news.link_text, "href": news.link}])
        return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": news.title, "content": rows}}}}
    lines = [f"**{_plain(news.title)}**", *(f"> {_plain(line)}" for line in body)]
    if news.link:
        lines.append(f"[{_plain(news.link_text)}]({news.link})")
    if robot == "dingtalk":
        return {"msgtype": "markdown", "markdown": {"title": news.title, "text": "\n\n".join(lines)}}
    return {"msgtype": "markdown", "markdown": {"content": "\n".join(lines)}}


def clipped(lines: tuple[str, ...], most: int, more: Callable[[int], str]) -> list[str]:
    """As many lines as fit into so many bytes; the last one says how many are left out."""
    kept: list[str] = []
    size = 0
    for line in lines:
        line = line if len(line) <= 300 else f"{line[:299]}…"
        size += len(line.encode()) + 4
        if size > most:
            break
        kept.append(line)
    if len(kept) < len(lines):
        kept.append(more(len(lines) - len(kept)))
    return kept


def _plain(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>" else c for c in text)


def signed(robot: Robot, url: str, body: dict[str, Any], secret: str, seconds: int) -> tuple[str, dict[str, Any]]:
    """Address and message with the signature that a robot with a secret wants."""
    if not secret:
        return url, body
    if robot == "dingtalk":
        stamp = str(seconds * 1000)
        digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        return f"{url}&timestamp={stamp}&sign={quote(base64.b64encode(digest).decode(), safe='')}", body
    if robot == "feishu":
        digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
        return url, {"timestamp": str(seconds), "sign": base64.b64encode(digest).decode(), **body}
    return url, body


def place_of(url: str) -> tuple[type[http.client.HTTPConnection], str, int | None, str]:
    """Kind of connection, host, port and path of an address; :class:`Refused`, without the address, if it is none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise ValueError
        if not url.isprintable() or any(c.isspace() for c in url) or not path.isascii():
            raise ValueError
    except ValueError:
        raise Refused("the webhook's address is no http or https address") from None
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind, host, port, path


def post(
    url: str,
    body: Mapping[str, Any],
    commit: Callable[[], None],
    timeout: float = TIMEOUT,
    deadline: float = DEADLINE,
) -> None:
    """POST a message; no redirect is followed, which would hand the robot's key to somebody else.

    Raises
    ------
    Deferred, ServerAway, Refused, Unconfirmed
        What became of it; no message holds the address, whose path is a key.
    """
    kind, host, port, path = place_of(url)
    data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
    connection = kind(host, port, timeout=timeout)
    with Deadline(deadline) as limit:
        try:
            connection.connect()
            limit.watch(connection.sock)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerAway(f"{host}: {error or type(error).__name__}") from None
        try:
            commit()
            try:
                connection.request("POST", path, data, headers)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise Deferred(f"{host}: {type(error).__name__} before it had the whole message") from None
            try:
                answer = connection.getresponse()
                code, said = answer.status, answer.read(65_536)
            except (OSError, http.client.HTTPException, ValueError) as error:
                what = f"no end after {deadline:g} s" if limit.passed else type(error).__name__
                raise Unconfirmed(f"{host}: {what}; it had the whole message and did not answer") from None
        finally:
            connection.close()
    if not 200 <= code < 300:
        raise (Deferred if code in (408, 425, 429) or code >= 500 else Refused)(f"{host} answered {code}")
    _check(host, said)


def _check(host: str, said: bytes) -> None:
    """Chat services answer 200 and say in the body whether they took it."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return
    if not isinstance(found, dict):
        return
    code = next((found[name] for name in ("errcode", "code", "StatusCode") if name in found), 0)
    if code in (0, "0"):
        return
    reason = f"{host} said {code}: {str(found.get('errmsg') or found.get('msg') or '')[:200]}"
    raise (Deferred if code in LATER else Refused)(reason)

"""The news as a message of a chat robot: WeCom 企业微信, DingTalk 钉钉, Feishu 飞书, or a generic receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from planbrief.deliver.mail import Deadline, Deferred, Refused, ServerAway, Unconfirmed
from planbrief.deliver.news import News
from planbrief.deliver.schedule.config import Robot

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

"""The news as a message of a chat robot: WeCom 企业微信, DingTalk 钉钉, Feishu 飞书, or a generic receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from planbrief.deliver.news import News
from planbrief.deliver.recipients import Robot
from planbrief.deliver.smtp import Deferred, Refused, Unconfirmed

#: Bytes that WeCom takes in one Markdown message; the others take more.
MOST_BYTES = {"wecom": 4096, "dingtalk": 18_000, "feishu": 18_000, "generic": 100_000}
#: Answers that mean "too many messages, later": WeCom and DingTalk, Feishu.
LATER = frozenset({45009, 130101, 660026, 11232, 9499})
TIMEOUT = 20.0


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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A robot's address is final; following it elsewhere would hand its key to somebody else."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


def post(url: str, body: Mapping[str, Any], commit: Callable[[], None], timeout: float = TIMEOUT) -> None:
    """POST a message; raises :class:`Deferred`, :class:`Refused` or :class:`Unconfirmed` without the address in it."""
    host = urlsplit(url).hostname or ""
    if urlsplit(url).scheme not in ("http", "https") or not host:
        raise Refused("the webhook's address is no http or https address")
    data = json.dumps(body, ensure_ascii=False).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json; charset=utf-8"}, method="POST")
    opener = urllib.request.build_opener(_NoRedirect)
    commit()
    try:
        with opener.open(request, timeout=timeout) as answer:
            said = answer.read(65_536)
    except urllib.error.HTTPError as error:
        with error:
            kind = Deferred if error.code in (408, 425, 429) or error.code >= 500 else Refused
            raise kind(f"{host} answered {error.code}") from None
    except urllib.error.URLError as error:
        raise Deferred(f"{host}: {error.reason}") from None
    except OSError as error:
        raise Unconfirmed(f"{host}: {type(error).__name__}; it had the whole message and did not answer") from None
    _check(host, said)


def _check(host: str, said: bytes) -> None:
    """Chat services answer 200 and say in the body whether they took it."""
    try:
        found = json.loads(said)
    except ValueError:
        return
    if not isinstance(found, dict):
        return
    code = next((found[name] for name in ("errcode", "code", "StatusCode") if name in found), 0)
    if code in (0, "0"):
        return
    reason = f"{host} said {code}: {str(found.get('errmsg') or found.get('msg') or '')[:200]}"
    raise (Deferred if code in LATER else Refused)(reason)

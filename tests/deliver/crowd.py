"""A crowd of recipients, some of them bad, and servers that fail in two dozen ways; the books of what arrived."""

from __future__ import annotations

import contextlib
import email
import email.policy
import random
import socket
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from planbrief.deliver.delivery import Ledger
from planbrief.deliver.schedule import Smtp, Target
from planbrief.publish.gate import verify_edition

#: How a mail server fails, by the command that it happens at. `stores` keeps the mail all the same.
WAYS: dict[str, str] = {
    "hangs up at once": "connect", "421 as greeting": "connect", "554 as greeting": "connect",
    "says nothing": "connect",
    "greets for ever": "connect", "garbage as greeting": "connect", "a line without end": "connect",
    "502 to EHLO": "ehlo", "hangs up after EHLO": "ehlo", "a thousand extensions": "ehlo",
    "451 to MAIL": "mail", "550 to MAIL": "mail", "450 to RCPT": "rcpt", "550 to RCPT": "rcpt",
    "hangs up at RCPT": "rcpt",
    "bytes that are no text": "rcpt", "451 to DATA": "data", "554 to DATA": "data", "250 to DATA": "data",
    "hangs up in the body": "data", "451 after the dot": "dot", "552 after the dot": "dot",
    "stores and hangs up": "dot", "forgets and hangs up": "dot", "stores and falls silent": "dot",
    "stores and talks nonsense": "dot", "hangs up at QUIT": "quit", "500 to QUIT": "quit",
}  # fmt: skip
#: Ways that reach nobody for a while; a real server has them rarely, and each costs the whole pass.
AWAY = tuple(way for way, stage in WAYS.items() if stage in ("connect", "ehlo"))
HTTP_WAYS = ("503", "429", "404", "hangs up", "nonsense", "deep", "taken and silent", "error in the body")


class Storm:
    """A mail server whose every connection may fail; `odds` says how often."""

    def __init__(self, chance: random.Random, odds: float = 0.0, away: float = 0.0) -> None:
        self.chance, self.odds, self.away = chance, odds, away
        #: Seconds that its clients bear a silence.
        self.patience = 0.3
        self.faults: Counter[str] = Counter()
        #: Mails that were kept, by their id and recipient.
        self.stored: Counter[tuple[str, str]] = Counter()
        #: Mails that were kept and are not whole.
        self.torn = 0
        self.over = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def settings(self) -> Smtp:
        return Smtp.model_validate({
            "host": "127.0.0.1", "port": self.socket.getsockname()[1], "security": "none", "from": "p@example.org",
            "timeout": self.patience, "deadline": 2 * self.patience,
        })  # fmt: skip

    def stop(self) -> None:
        self.over.set()
        self.socket.close()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def _way(self) -> str:
        if self.chance.random() < self.away:
            return self.chance.choice(AWAY)
        if self.chance.random() < self.odds:
            return self.chance.choice([way for way in WAYS if way not in AWAY])
        return ""

    def _connection(self, connection: socket.socket) -> None:
        way = self._way()
        if way:
            self.faults[way] += 1
        connection.settimeout(5)
        with connection, contextlib.suppress(OSError, ValueError):
            self._talk(connection, way)

    def _talk(self, connection: socket.socket, way: str) -> None:
        say = connection.sendall
        answer = {
            "421 as greeting": b"421 too busy\r\n", "554 as greeting": b"554 no service\r\n",
            "garbage as greeting": b"\x00\xff\xfe garbage\r\n" * 3, "a line without end": b"2" * 300_000,
        }.get(way)  # fmt: skip
        if answer:
            say(answer)
        if way == "says nothing":
            self.over.wait(2)
        while way == "greets for ever" and not self.over.is_set():
            say(b"220-still here\r\n")
            time.sleep(0.02)
        if WAYS.get(way) == "connect":
            return
        say(b"220 storm\r\n")
        recipient, file = "", connection.makefile("rb")
        while line := file.readline(70_000):
            word = line[:4].upper().strip()
            if word in (b"EHLO", b"HELO"):
                if way == "502 to EHLO":
                    say(b"502 not here\r\n")
                    continue
                say((b"250-X" + b"y" * 60 + b"\r\n") * (1000 if way == "a thousand extensions" else 1) + b"250 ok\r\n")
                if way == "hangs up after EHLO":
                    return
            elif word == b"MAIL":
                say({"451 to MAIL": b"451 later\r\n", "550 to MAIL": b"550 never\r\n"}.get(way, b"250 ok\r\n"))
            elif word == b"RCPT":
                recipient = line.split(b"<")[1].split(b">")[0].decode("utf-8", "replace")
                if way == "hangs up at RCPT":
                    return
                answers = {"450 to RCPT": b"450 greylisted\r\n", "550 to RCPT": b"550 no such user\r\n",
                           "bytes that are no text": b"450 \xff\xfe\x80\r\n"}  # fmt: skip
                say(answers.get(way, b"250 ok\r\n"))
            elif word == b"DATA":
                wrong = {"451 to DATA": b"451 later\r\n", "554 to DATA": b"554 no\r\n", "250 to DATA": b"250 ok\r\n"}
                say(wrong.get(way, b"354 go\r\n"))
                if way in wrong:
                    continue
                if not self._body(file, say, way, recipient):
                    return
            elif word == b"QUIT":
                if way != "hangs up at QUIT":
                    say(b"500 what\r\n" if way == "500 to QUIT" else b"221 bye\r\n")
                return
            else:
                say(b"250 ok\r\n")

    def _body(self, file: Any, say: Any, way: str, recipient: str) -> bool:
        body = []
        while (line := file.readline(70_000)) != b".\r\n":
            if not line or way == "hangs up in the body":
                return False
            body.append(line)
        if way in ("451 after the dot", "552 after the dot"):
            say(b"451 later\r\n" if way.startswith("451") else b"552 too large\r\n")
            return True
        if way != "forgets and hangs up":
            data = b"".join(body)
            mail = email.message_from_bytes(data, policy=email.policy.default)
            self.torn += not data.rstrip().endswith(b"==--")  # the line that closes a mail of several parts
            self.stored[str(mail["Message-ID"]).strip("<>").partition("@")[0], recipient] += 1
        if way == "stores and falls silent":
            self.over.wait(1)
        if way == "stores and talks nonsense":
            say(b"\xff\xff\xff\r\n")
        if WAYS.get(way) == "dot":
            return False
        say(b"250 kept\r\n")
        return True


class Robot:
    """A chat robot that takes messages, and fails as often as `odds` says."""

    def __init__(self, chance: random.Random, odds: float = 0.0) -> None:
        self.chance, self.odds = chance, odds
        self.faults: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                way = robot.chance.choice(HTTP_WAYS) if robot.chance.random() < robot.odds else ""
                if way:
                    robot.faults[f"webhook: {way}"] += 1
                if way in ("", "nonsense", "deep", "taken and silent"):
                    robot.taken[self.path] += 1
                body = {"deep": b"[" * 100_000, "error in the body": b'{"errcode": 45009}', "nonsense": b"<html>"}
                if way in ("hangs up", "taken and silent"):
                    return
                data = body.get(way, b'{"errcode": 0}')
                self.send_response(int(way) if way.isdigit() else 200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/send?key="

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def crowd(folder: Path, robot: Robot, environment: dict[str, str], count: int = 200) -> tuple[list[Target], set[str]]:
    """`count` recipients over three channels, and which of them nothing can reach: one in ten.

    Bad are local parts beyond ASCII (the server has no SMTPUTF8), folders that are not there, and webhooks whose
    address is none; `environment` gets the addresses of the webhooks.
    """
    targets: list[Target] = []
    bad: set[str] = set()
    mails = count * 85 // 100
    to = [f"读者{n}@example.org" if n % 10 == 9 else f"reader{n}@example.org" for n in range(mails)]
    bad |= {f"mailto:{address}" for address in to if not address.isascii()}
    targets.append(Target(to=tuple(to), when="always"))
    for n in range(mails, count):
        wrong = n % 10 == 9
        if n % 3 == 0:
            place = folder / f"share{n}"
            if not wrong:
                place.mkdir()
            targets.append(Target(folder=place, when="always"))
        else:
            name = f"CROWD_URL_{n}"
            environment[name] = "http://127.0.0.1:no/send?key=x" if wrong else f"{robot.url}{n}"
            targets.append(Target(webhook="wecom", url_env=name, when="always"))
        if wrong:
            bad |= set(targets[-1].recipients())
    return targets, bad


def complaints(
    folder: Path, editions: list[str], targets: list[Target], bad: set[str], storm: Storm, robot: Robot
) -> list[str]:
    """What the books say against each other: lost, doubled, or said wrongly of a delivery."""
    ledger, wrong = Ledger(folder), []
    known = {(delivery.recipient, delivery.edition): delivery for delivery in ledger if delivery.edition}
    for recipient in (name for target in targets for name in target.recipients()):
        for edition in editions:
            delivery = known.get((recipient, edition))
            if delivery is None:
                wrong.append(f"lost: {recipient} never was to get {edition}")
                continue
            if recipient.startswith("mailto:"):
                kept = storm.stored[delivery.id, recipient.removeprefix("mailto:")]
                fits = {"sent": kept == 1, "failed": kept == 0, "unconfirmed": kept <= 1, "deferred": kept == 0}
                if not fits.get(delivery.state, False):
                    wrong.append(f"{recipient}, {edition}: {delivery.state}, and {kept} arrived")
            if recipient in bad and delivery.state not in ("failed", "deferred"):
                wrong.append(f"{recipient} cannot be reached and is {delivery.state}")
            if not delivery.reason and delivery.state not in ("sent", "queued"):
                wrong.append(f"{recipient}, {edition}: {delivery.state} without a reason")
    wrong += [f"doubled: {mail} {number} times" for mail, number in storm.stored.items() if number > 1]
    wrong += [f"torn: {storm.torn} mails"] if storm.torn else []
    for target in (target for target in targets if target.folder is not None and target.folder.is_dir()):
        place = target.folder / editions[-1]
        wrong += [f"torn: {place}: {problem}" for problem in verify_edition(place)] if place.exists() else []
    posted = sum(robot.taken.values())
    robots = [d for d in ledger if d.recipient.startswith("wecom:")]
    if posted > sum(d.state in ("sent", "unconfirmed", "failed") for d in robots):
        wrong.append(f"doubled: {posted} posts for {len(robots)} deliveries")
    wrong += [f"left over: {path.name}" for path in folder.rglob("*") if path.name.endswith((".new", ".part"))]
    return wrong

"""A marked secret on every way to an error: it is in no message, log, ledger, page or mail."""

from __future__ import annotations

import base64
import socket
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from publish.edition.editions import build as publish

from planbrief.commands.cli import main
from planbrief.deliver import channels, office
from planbrief.deliver.office import without_secrets

MARK = "MARKED+Secret/42%&"
FORMS = {MARK, MARK[:9], quote(MARK, safe=""), base64.b64encode(MARK.encode()).decode(),
         base64.b64encode(f"\0robot\0{MARK}".encode()).decode()}  # fmt: skip


class Echo:
    """A server on loopback that repeats what it was told, as servers do in their complaints."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with connection, connection.makefile("rwb", 0) as file:
                try:
                    self._mail(file) if self.kind.startswith("smtp") else self._http(file)
                except OSError:
                    continue

    def _mail(self, file) -> None:
        file.write(b"220 echo\r\n")
        while line := file.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                file.write(b"250-AUTH PLAIN LOGIN\r\n250 ok\r\n" if "login" not in self.kind else b"250 AUTH LOGIN\r\n")
            elif word == b"AUTH" or not line.strip().isupper():
                said = line.strip()
                if self.kind == "smtp-login" and word == b"AUTH":
                    file.write(b"334 UGFzc3dvcmQ6\r\n")
                    said = file.readline().strip()
                if self.kind == "smtp-plain-text":
                    said = MARK.encode()
                if self.kind == "smtp-cut":
                    said = b"x" * (300 - 12) + MARK.encode()
                if self.kind == "smtp-away":
                    file.write(b"454 no " + said + b"\r\n")
                    return
                file.write(b"535 wrong: " + said + b"\r\n")
            else:
                file.write(b"250 ok\r\n")

    def _http(self, file) -> None:
        target = file.readline().split(b" ")[1]
        while file.readline().strip():
            pass
        value = target.rpartition(b"=")[2]
        body = {"http-errmsg": b'{"errcode": 1, "errmsg": "bad ' + target + b'"}',
                "http-value": b'{"errcode": 45009, "errmsg": "bad key ' + value + b'"}',
                "http-plain": b'{"errcode": 1, "errmsg": "bad key ' + MARK.encode() + b'"}',
                "http-cut": b'{"errcode": 1, "errmsg": "' + b"x" * 190 + MARK.encode() + b'"}'}  # fmt: skip
        if self.kind == "http-redirect":
            file.write(b"HTTP/1.1 302 Found\r\nLocation: " + target + b"\r\n\r\n")
        elif self.kind == "http-reason":
            file.write(b"HTTP/1.1 500 " + target + b"\r\n\r\n")
        elif self.kind == "http-garbage":
            file.write(target + b"\r\n\r\n")
        else:
            file.write(b"HTTP/1.1 200 OK\r\n\r\n" + body[self.kind])


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A project with an edition to deliver."""
    from planbrief.commands.new import lay_out

    made = lay_out(tmp_path_factory.mktemp("secrets") / "project")
    publish(made / "reports" / "latest", "1")
    return made


SCHEDULE = """operators = ["ops@example.org"]
[smtp]
host = "{host}"
port = {port}
security = "{security}"
user = "robot"
from = "a@example.org"
timeout = 1
[[jobs]]
name = "w"
cron = "0 8 * * mon"
build = ["brief"]
[[jobs.deliver]]
to = ["reader@example.org"]
attach = ""
when = "always"
[[jobs.deliver]]
webhook = "{robot}"
url_env = "ROBOT_URL"
secret_env = "ROBOT_SECRET"
when = "always"
"""
ROBOT_URLS = (
    "http://127.0.0.1:1/send?key={mark}", "http://127.0.0.1:bad/send?key={mark}", "http://{mark}@127.0.0.1:1/x",
    "http://127.0.0.1:1/hook/{mark}", "http://127.0.0.1:1/a b?key={mark}", "ftp://h/{mark}", "{mark}",
    "http://[::1/{mark}",
    "http://x\r\n/{mark}", "https://127.0.0.1:1/{mark}", "http://" + "a" * 80 + ".example/{mark}", "http://h.invalid/{mark}",
)  # fmt: skip
NOWHERE = "http://127.0.0.1:1/{mark}"
HTTP = ("http-errmsg", "http-value", "http-plain", "http-cut", "http-redirect", "http-reason", "http-garbage")
MAIL = ("smtp-plain", "smtp-login", "smtp-plain-text", "smtp-cut", "smtp-away")
WAYS = (
    *(("", "none", url) for url in ROBOT_URLS),
    *((kind, "none", NOWHERE) for kind in MAIL),
    *(("smtp-plain", security, NOWHERE) for security in ("starttls", "tls")),
)
ROBOTS = ("wecom", "dingtalk", "feishu")


@pytest.mark.parametrize(
    ("robot", "kind", "security", "url"),
    [*(("wecom", *way) for way in WAYS), *((robot, kind, "none", "") for robot in ROBOTS for kind in HTTP)],
)
def test_no_way_to_an_error_tells_a_secret(small_project, tmp_path, monkeypatch, capfd, robot, kind, security, url):
    """Addresses that are none, servers that repeat what they were told, whole, in pieces, encoded or cut."""
    monkeypatch.setattr(office, "BACK_OFF", (0.0,))
    monkeypatch.setattr(channels, "LISTEN", 0.01)
    echo = Echo(kind or "http-errmsg")
    mail_port = echo.port if kind.startswith("smtp") else 1
    text = SCHEDULE.format(host="127.0.0.1", port=mail_port, security=security, robot=robot)
    (small_project / "reports" / "schedule.toml").write_text(text, encoding="utf-8")
    state = small_project / "reports" / ".planbrief-latest" / "schedule"
    for path in (state / "ledger.jsonl", state / "runs.jsonl", small_project / "reports" / "latest-status.html"):
        path.unlink(missing_ok=True)
    shown = url.format(mark=MARK) if url else f"http://127.0.0.1:{echo.port}/send?key={quote(MARK, safe='')}"
    monkeypatch.setenv("ROBOT_URL", shown)
    monkeypatch.setenv("ROBOT_SECRET", f"secret-{MARK}")
    monkeypatch.setenv("PLANBRIEF_SMTP_PASSWORD", MARK)
    log = tmp_path / "log.jsonl"
    words = ["--project", str(small_project)]
    lines = (
        ["deliver", "--log", str(log)], ["deliver", "--list"], ["status"], ["status", "--json"], ["schedule", "show"],
        ["schedule", "install", "--github-actions"], ["deliver", "--dry-run", str(tmp_path / "dry")],
    )  # fmt: skip
    for line in lines:
        assert main([*line, *words]) in (0, 1, 2)
    echo.listener.close()
    said = capfd.readouterr()
    everything = (said.out + said.err).encode() + log.read_bytes()
    kept = [path for folder in (small_project / "reports", tmp_path) for path in folder.rglob("*") if path.is_file()]
    everything += b"".join(path.read_bytes() for path in kept)
    assert [form for form in FORMS if form.encode() in everything] == []
    assert b"reader@example.org" in everything
    assert "internal error" not in said.err


def test_what_is_left_out_and_what_is_not():
    """A secret goes in each of its forms; words around it stay, and so do addresses that only begin alike."""
    url = f"https://robot.example/hook/abcdef-{MARK}"
    assert without_secrets(f"cannot open {url}: refused", [url]) == "cannot open …: refused"
    assert without_secrets("see https://robot.example/help", [url]) == "see https://robot.example/help"
    assert without_secrets(f"535 {MARK[:10]}", [MARK]) == "535 …"
    assert without_secrets("nothing secret", ["", "abc"]) == "nothing secret"

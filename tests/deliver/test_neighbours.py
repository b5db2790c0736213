"""One bad neighbour never stops the others: deliveries, jobs, rounds, servers that hang, secrets in messages."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest
from deliver.rounds import runner, schedule
from publish.edition.editions import build as publish

from planbrief.deliver import office as office_module
from planbrief.deliver.channels import Deferred, Refused, Unconfirmed, post
from planbrief.deliver.delivery import Delivery, Ledger, RecordFailed, append_line
from planbrief.deliver.office import Office, without_secrets
from planbrief.deliver.schedule import ScheduleError, Target, address, held, read_schedule
from planbrief.run.manifest import read_manifest

KEY = "key=MARKED-SECRET"


@pytest.fixture
def out(tmp_path):
    """An output folder with one edition."""
    publish(tmp_path / "out", "1")
    return tmp_path / "out"


def edition_of(out) -> str:
    return read_manifest((out / "manifest.json").read_bytes()).edition


class Talker:
    """A server on loopback that says `answer` once it has heard something, or `again` and again without hearing."""

    def __init__(self, answer: bytes = b"", *, again: bytes = b"") -> None:
        self.answer, self.again = answer, again
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                while self.again:
                    connection.sendall(self.again)
                    time.sleep(0.05)
                connection.recv(65536)
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            except OSError:
                return


@pytest.fixture
def talker():
    """Start talkers; all of them end with the test."""
    started = []

    def start(answer: bytes = b"", **how) -> Talker:
        started.append(Talker(answer, **how))
        return started[-1]

    yield start
    for server in started:
        server.listener.close()


def test_an_address_that_the_server_cannot_take_stops_nobody(out, clock, mail_server, inbox, monkeypatch):
    """No SMTPUTF8 and a Chinese local part: that one fails in words, those behind it get their mail."""
    monkeypatch.setattr("smtplib.SMTP.has_extn", lambda self, name: False)
    to = ("a@example.org", "张三@example.org", "b@example.org", "c@example.org")
    post_office = Office(out, out.parent / "state", clock, mail_server)
    post_office.queue_edition(edition_of(out), [Target(to=to, when="always")])
    post_office.flush()
    assert sorted(mailbox for mailbox, _ in inbox.mails) == ["a@example.org", "b@example.org", "c@example.org"]
    failed = [delivery for delivery in post_office.ledger if delivery.state == "failed"]
    assert [delivery.recipient for delivery in failed] == ["mailto:张三@example.org"]
    assert "SMTPUTF8" in failed[0].reason


@pytest.mark.parametrize("problem", [RuntimeError("odd"), UnicodeError("odd"), RecursionError("odd"), KeyError("odd")])
def test_whatever_one_delivery_raises_the_next_one_goes_out(out, clock, mail_server, inbox, monkeypatch, problem):
    """An exception that nobody has thought of becomes a recorded failure."""
    real = office_module.send

    def send(settings, recipient, message, commit):
        if recipient.startswith("bad"):
            raise problem
        real(settings, recipient, message, commit)

    monkeypatch.setattr(office_module, "send", send)
    post_office = Office(out, out.parent / "state", clock, mail_server)
    target = Target(to=("bad@example.org", "good@example.org"), when="always")
    post_office.queue_edition(edition_of(out), [target])
    post_office.flush()
    assert [mailbox for mailbox, _ in inbox.mails] == ["good@example.org"]
    assert {d.recipient: d.state for d in post_office.ledger}["mailto:bad@example.org"] == "failed"


def test_a_recipient_that_cannot_be_composed_stops_no_queueing(out, clock, mail_server, inbox, monkeypatch):
    """The mail of one recipient cannot be made: the others are queued."""
    real = office_module.compose

    def compose(found, settings, recipient, *rest, **named):
        if recipient.startswith("bad"):
            raise ValueError("cannot be composed")
        return real(found, settings, recipient, *rest, **named)

    monkeypatch.setattr(office_module, "compose", compose)
    post_office = Office(out, out.parent / "state", clock, mail_server)
    queued = post_office.queue_edition(
        edition_of(out), [Target(to=("bad@example.org", "good@example.org"), when="always")]
    )
    assert [delivery.recipient for delivery in queued] == ["mailto:good@example.org"]
    assert "cannot be composed" in next(d for d in post_office.ledger if d.state == "failed").reason


def test_nothing_is_sent_without_a_ledger(out, clock, mail_server, inbox, monkeypatch):
    """The disk is full at the point of no return: no mail goes out that nobody would remember."""
    post_office = Office(out, out.parent / "state", clock, mail_server)
    post_office.queue_edition(edition_of(out), [Target(to=("a@example.org", "b@example.org"), when="always")])
    monkeypatch.setattr("planbrief.deliver.delivery.append_line", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(RecordFailed, match="full"):
        post_office.flush()
    assert inbox.mails == []


def test_a_server_that_greets_for_ever_meets_its_deadline(out, clock, mail_server, talker):
    """A line every moment, never an end: given up after the deadline, once and not for each of 50 recipients."""
    server = talker(again=b"220-hello\r\n")
    settings = mail_server.model_copy(update={"port": server.port, "deadline": 1.0})
    post_office = Office(out, out.parent / "state", clock, settings)
    everybody = tuple(f"r{number}@example.org" for number in range(50))
    post_office.queue_edition(edition_of(out), [Target(to=everybody, when="always")])
    begun = time.monotonic()
    post_office.flush()
    assert time.monotonic() - begun < 20
    assert server.connections <= 6
    assert {delivery.state for delivery in post_office.ledger} == {"deferred"}


def test_a_robot_behind_a_dead_mail_server_gets_its_news(out, clock, mail_server, receiver, monkeypatch):
    """The circuit of one server is its own."""
    monkeypatch.setenv("ROBOT_URL", receiver.url)
    post_office = Office(out, out.parent / "state", clock, mail_server.model_copy(update={"port": 1}))
    targets = [Target(to=("a@example.org", "b@example.org", "c@example.org"), when="always")]
    targets.append(Target(webhook="generic", url_env="ROBOT_URL", when="always"))
    post_office.queue_edition(edition_of(out), targets)
    post_office.flush()
    states = {d.recipient.partition(":")[0]: d.state for d in post_office.ledger}
    assert states == {"mailto": "deferred", "generic": "sent"}


@pytest.mark.parametrize(
    "url",
    [f"http://127.0.0.1:9/send?{KEY} x", f"http://127.0.0.1:99999/{KEY}", f"http://127.0.0.1:/x?{KEY}", f"ftp://h/{KEY}",
     f"http://[::1/{KEY}", f"http://127.0.0.1:port/{KEY}", f"http:///{KEY}", f"http://h\u00e9llo world/{KEY}",
     f"http://127.0.0.1:9/\r\nHost: x/{KEY}", f"http://{'a' * 70}.example/{KEY}", f"http://127.0.0.1:0/{KEY}", KEY],
)  # fmt: skip
def test_a_wrong_webhook_address_is_refused_without_its_key(url):
    """Blank, bad port, line breaks, another scheme: one sentence, and the key is not in it."""
    with pytest.raises(Deferred) as caught:
        post(url, {}, lambda: None, timeout=0.5)
    assert "MARKED-SECRET" not in str(caught.value)
    assert not isinstance(caught.value, Unconfirmed)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (b"garbage\r\n\r\n", Unconfirmed),
        (b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n", Unconfirmed),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", Unconfirmed),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Unconfirmed),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"[" * 60_000, None),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n", Refused),
    ],
)
def test_answers_of_every_kind_end_in_words(talker, says, kind):
    """Garbage, over 100 headers, bottomless nesting, a redirect: never anything but our own kinds of failure."""
    server = talker(says)
    if kind is None:
        post(f"http://127.0.0.1:{server.port}/x", {}, lambda: None, timeout=2)
        return
    with pytest.raises(kind):
        post(f"http://127.0.0.1:{server.port}/x", {}, lambda: None, timeout=2)


def test_secrets_are_in_no_message_ledger_or_log(out, clock, mail_server, monkeypatch):
    """An unforeseen error that quotes the address: the key is left out wherever the reason goes."""
    url = f"https://robot.example/cgi-bin/send?{KEY}"
    monkeypatch.setenv("ROBOT_URL", url)

    def leak(*_arguments):
        raise RuntimeError(f"cannot open {url}, path /cgi-bin/send?{KEY}")

    monkeypatch.setattr(office_module, "post", leak)
    post_office = Office(out, out.parent / "state", clock, mail_server, ("ops@example.org",))
    post_office.queue_edition(edition_of(out), [Target(webhook="wecom", url_env="ROBOT_URL", when="always")])
    post_office.flush()
    assert "RuntimeError" in next(d for d in post_office.ledger if d.recipient == "wecom:ROBOT_URL").reason
    kept = b"".join(path.read_bytes() for path in (out.parent / "state").rglob("*") if path.is_file())
    assert b"MARKED-SECRET" not in kept
    assert without_secrets("a b", [""]) == "a b"


def test_a_secret_that_is_no_text_defers_in_words(out, clock, mail_server, monkeypatch):
    """Bytes that are no UTF-8 in the environment."""
    monkeypatch.setitem(os.environ, "ROBOT_URL", os.fsdecode(b"http://x/\xff"))
    post_office = Office(out, out.parent / "state", clock, mail_server)
    post_office.queue_edition(edition_of(out), [Target(webhook="wecom", url_env="ROBOT_URL", when="always")])
    post_office.flush()
    found = next(iter(post_office.ledger))
    assert found.state == "deferred"
    assert "UTF-8" in found.reason


def test_a_folder_whose_name_is_too_long(out, clock, mail_server):
    """The share cannot be there: deferred, in words of bounded length."""
    post_office = Office(out, out.parent / "state", clock, mail_server)
    post_office.queue_edition(edition_of(out), [Target(folder="/tmp/" + "x" * 5000, when="always")])
    post_office.flush()
    assert [d.state for d in post_office.ledger] == ["deferred"]
    assert len(next(iter(post_office.ledger)).reason) <= 500


def test_lines_of_the_ledger_in_another_shape_are_passed_over(tmp_path):
    """A hand's edit, a later version, nonsense: what is whole is read."""
    good = Delivery("1", "mailto:a@example.org", "e", "queued", "2026-01-05T00:00:00+00:00",
                    queued="2026-01-05T00:00:00+00:00")  # fmt: skip
    path = tmp_path / "ledger.jsonl"
    for line in ({"id": 7}, {"id": "2", "state": "lost"}, {**good.__dict__, "id": "3", "queued": "yesterday"}):
        append_line(path, line)
    append_line(path, {**good.__dict__, "failures": []})
    path.write_bytes(path.read_bytes() + b"[" * 100_000 + b"\n\xff\xfe\n")
    assert [delivery.id for delivery in Ledger(tmp_path)] == ["1"]


def test_one_job_that_breaks_does_not_take_the_others_along(tmp_path, clock, monkeypatch):
    """Something unforeseen in one job: the next one runs, deliveries are flushed."""
    found = schedule(jobs=[{"name": "a", "cron": "* * * * *"}, {"name": "b", "cron": "* * * * *"}])
    made = runner(tmp_path, found, clock, lambda *_: (_ for _ in ()).throw(MemoryError()))
    real, seen = type(made)._due, []

    def due(self, job, journal, office):
        if job.name == "a":
            raise RuntimeError("odd")
        seen.append(job.name)
        return real(self, job, journal, office)

    monkeypatch.setattr(type(made), "_due", due)
    assert made.round() == []
    assert seen == ["b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('build = ["profil"]', "did you mean profile"),
        ('build = ["brief"]\n[[jobs.deliver]]\nto = ["a@example.org"]\nattach = "nope"', "no report 'nope'"),
        ('build = ["brief"]\nformats = ["html"]\n[[jobs.deliver]]\nto = ["a@example.org"]\nattach = "brief"', "no PDF"),
        (
            'build = ["databook"]\n[[jobs.deliver]]\nto = ["a@example.org"]\nattach = "brief"',
            "does not build 'brief'",
        ),
    ],
)
def test_a_schedule_is_held_against_the_catalog(project, text, told):
    """What could not be built or attached is found out before anything runs."""
    smtp = '[smtp]\nhost = "127.0.0.1"\nfrom = "planbrief@example.org"\n'
    (project.reports / "schedule.toml").write_text(f'{smtp}[[jobs]]\nname = "w"\ncron = "0 8 * * mon"\n{text}\n')
    with pytest.raises(ScheduleError, match=told):
        held(project, read_schedule(project))


def test_check_holds_the_schedule_too(project, capsys, monkeypatch):
    """What schedule show would refuse is a problem of check, with its line; a secret that is not set here is a note."""
    from planbrief.commands.check import schedule_problems

    monkeypatch.delenv("ROBOT_URL", raising=False)
    assert schedule_problems(project) == []
    job = '[[jobs]]\nname = "w"\ncron = "0 8 * * mon"\nbuild = ["brief"]\n'
    file = project.reports / "schedule.toml"
    file.write_text(f'{job}[[jobs.deliver]]\nwebhook = "wecom"\nurl_env = "ROBOT_URL"\n')
    (note,) = schedule_problems(project)
    assert note.note
    assert "ROBOT_URL is not set" in note.found
    file.write_text(job.replace("brief", "nope").replace("mon", "someday"))
    (problem,) = schedule_problems(project)
    assert problem.column == "line 3, entry jobs.0.cron"
    assert problem.expected.startswith("a cron expression")
    file.write_text(job.replace("brief", "nope"))
    assert ["no report or notebook 'nope'" in str(one) for one in schedule_problems(project)] == [True]


def test_a_notebooks_name_means_all_its_reports(project):
    """The schedule of the README: brief, and the profile of every city."""
    from planbrief.catalog import read
    from planbrief.targets.package import usable_package

    chosen = read(project, usable_package(project)).choose(["brief", "profile"], {})
    assert [report.id for report in chosen][:2] == ["brief", "profile-bazhong"]
    assert sum(report.notebook == "profile" for report in chosen) >= 4


@pytest.mark.parametrize("text", ["张三@example.org", "a.b+c@例子.中国", "o'brien@mail.example.org", "x@localhost"])
def test_addresses_by_the_standard(text):
    """Letters of any script, dots between atoms, host names by IDNA."""
    assert address(text) == text


@pytest.mark.parametrize(
    "text", ["a..b@example.org", ".a@example.org", "a@", "a@-x.org", "a@x..org", "a b@x.org", "a@x.org\nBcc: b@x.org",
             "a" * 65 + "@x.org", "a@" + "x" * 64 + ".org", "a\u200b@x.org", "a@b@c", "<a@x.org>"],
)  # fmt: skip
def test_what_is_no_address(text):
    """Dots in a row, empty labels, labels of 64, spaces, line breaks, invisible characters."""
    with pytest.raises(ValueError, match="a mail address"):
        address(text)

"""Queueing and sending: each recipient gets each edition once, whatever breaks in between."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from deliver.conftest import FakeClock
from publish.edition.editions import build as publish
from publish.edition.editions import entry, manifest

from planbrief.deliver.delivery import Ledger, append_line, read_lines
from planbrief.deliver.office import GIVE_UP, Failure, Office
from planbrief.deliver.schedule import Target
from planbrief.publish.edition import Publication
from planbrief.publish.gate import verify_edition

ALWAYS = Target(to=("office@example.org", "leader@example.org"), when="always")
CHANGE = Target(to=("office@example.org",), when="change")


@pytest.fixture
def out(tmp_path):
    """An output folder with one edition."""
    publish(tmp_path / "out", "1")
    return tmp_path / "out"


def office(out, clock, server, **named) -> Office:
    """The post office of a folder, as a new process would open it."""
    return Office(out, out.parent / "state", clock, server, ("ops@example.org",), **named)


def reworded(out) -> None:
    """The same numbers with other words on the pages."""
    with Publication(out) as publication:
        reports = [entry(publication, "brief", "zh", "四市规划目标简报", "other words")]
        reports += [entry(publication, "brief", "en", "Plan targets of four cities", "other words")]
        for lang, title in (("zh", "涪陵概况"), ("en", "Profile of Fuling")):
            reports.append(entry(publication, "profile-fuling", lang, title, "other words"))
        publication.publish(manifest(publication, reports, "1"))


def edition_of(out) -> str:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))["edition"]


def test_each_edition_goes_to_each_recipient_once(out, clock, mail_server, inbox):
    """Queueing and sending again, in the same process or a new one, sends nothing twice."""
    for _ in range(3):
        post = office(out, clock, mail_server)
        post.queue_edition(edition_of(out), [ALWAYS, CHANGE])
        post.flush()
    assert sorted(address for address, _ in inbox.mails) == ["leader@example.org", "office@example.org"]
    assert {delivery.state for delivery in post.ledger} == {"sent"}
    assert list((out.parent / "state" / "outbox").iterdir()) == []


def test_nobody_gets_a_mail_that_says_nothing(out, clock, mail_server, inbox):
    """`change`: other words with the same numbers are not sent, another number is."""
    post = office(out, clock, mail_server)
    post.queue_edition(edition_of(out), [CHANGE])
    reworded(out)
    assert len(list(post.queue_edition(edition_of(out), [ALWAYS]))) == 2
    assert post.queue_edition(edition_of(out), [CHANGE]) == []
    publish(out, "2")  # another row in observations.csv
    assert len(post.queue_edition(edition_of(out), [CHANGE])) == 1
    assert post.queue_edition(edition_of(out), [CHANGE]) == []
    post.flush()
    said = [mail.get_body(("plain",)).get_content() for _, mail in inbox.mails]
    assert len(said) == 4
    assert all(len(text) > 80 for text in said)


def test_mail_waits_for_a_server_that_is_away(out, clock, mail_server, inbox):
    """Refused for now three times, then taken: one mail; the operators hear of the delay once."""
    inbox.answers["rcpt"] = ["450 later"] * 3
    post = office(out, clock, mail_server)
    post.queue_edition(edition_of(out), [CHANGE])
    post.flush()
    assert [mail["To"] for _, mail in inbox.mails] == ["ops@example.org"]
    assert "450" in inbox.mails[0][1].get_body(("plain",)).get_content()
    clock.go(minutes=5)
    office(out, clock, mail_server).flush()
    office(out, clock, mail_server).flush()
    assert sorted(address for address, _ in inbox.mails) == ["office@example.org", "ops@example.org"]


def test_a_refusal_for_good_is_told_and_not_tried_again(out, clock, mail_server, inbox):
    """550: failed, one message to the operators, `--resend` queues it once more."""
    inbox.answers["rcpt"] = ["550 no such mailbox"]
    post = office(out, clock, mail_server)
    queued = post.queue_edition(edition_of(out), [CHANGE])[0]
    for _ in range(3):
        post.flush()
    assert post.ledger.get(queued.id).state == "failed"
    assert [address for address, _ in inbox.mails] == ["ops@example.org"]
    post.resend(queued.id)
    post.flush()
    assert [address for address, _ in inbox.mails] == ["ops@example.org", "office@example.org"]


def test_what_cannot_be_delivered_for_a_week_is_given_up(out, clock, mail_server, inbox):
    """The last reason stays in the ledger."""
    post = office(out, clock, mail_server.model_copy(update={"port": 1}))
    queued = post.queue_edition(edition_of(out), [CHANGE])[0]
    post.flush()
    clock.moment += GIVE_UP
    clock.go(hours=1)
    post.flush()
    assert post.ledger.get(queued.id).state == "failed"
    assert "given up" in post.ledger.get(queued.id).reason


def test_failures_are_told_once(out, clock, mail_server, inbox):
    """The same failure again, with a new one: only the new one is told."""
    post = office(out, clock, mail_server)
    post.tell([Failure("a", "report a failed")])
    post.tell([Failure("a", "report a failed"), Failure("b", "report b failed")])
    post.flush()
    bodies = [mail.get_body(("plain",)).get_content().splitlines() for _, mail in inbox.mails]
    assert [lines[0] for lines in bodies] == ["report a failed", "report b failed"]
    assert all(str(post.out) in lines[1] and "planbrief status" in lines[1] for lines in bodies)


@pytest.mark.parametrize("moment", ["queue", "commit", "sent"])
def test_a_process_that_is_killed_delivers_nothing_twice(out, clock, mail_server, inbox, moment):
    """Killed after queueing, at the point of no return, or after the answer: the next process knows."""
    code = f"""
        import os, sys
        sys.path.insert(0, {str(sys.path[0])!r})
        from datetime import datetime, UTC
        from pathlib import Path
        from planbrief.deliver import office
        from planbrief.deliver import delivery as ledger
        from planbrief.deliver.schedule import Smtp, Target
        class Clock:
            def now(self): return datetime(2026, 1, 5, tzinfo=UTC)
            def sleep(self, seconds): pass
        settings = Smtp.model_validate({{"host": "127.0.0.1", "port": {mail_server.port}, "security": "none",
                                        "from": "planbrief@example.org", "timeout": 5}})
        post = office.Office(Path({str(out)!r}), Path({str(out.parent / "state")!r}), Clock(), settings, ())
        post.queue_edition({edition_of(out)!r}, [Target(to=("office@example.org",))])
        step = ledger.Ledger.step
        def dying(self, delivery, state, *a, **k):
            if state == "sent" and {moment!r} == "sent": os._exit(9)
            found = step(self, delivery, state, *a, **k)
            if state == "committing" and {moment!r} == "commit": os._exit(9)
            return found
        ledger.Ledger.step = dying
        if {moment!r} == "queue": os._exit(9)
        post.flush()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    before = len(inbox.mails)
    for _ in range(2):
        post = office(out, clock, mail_server)
        post.queue_edition(edition_of(out), [CHANGE])
        post.flush()
    states = {delivery.state for delivery in post.ledger if not delivery.failures}
    mine = [address for address, _ in inbox.mails if address == "office@example.org"]
    if moment == "queue":
        assert (len(mine), states) == (1, {"sent"})
    else:
        assert len(mine) == before == (1 if moment == "sent" else 0)
        assert states == {"unconfirmed"}
        told = [mail for address, mail in inbox.mails if address == "ops@example.org"]
        assert len(told) == 1
        assert "--resend" in told[0].get_body(("plain",)).get_content()


def test_a_ledger_with_a_torn_line_goes_on(tmp_path):
    """Half a line at the end is closed and left out."""
    path = tmp_path / "ledger.jsonl"
    append_line(path, {"a": 1})
    with path.open("ab") as file:
        file.write(b'{"b": ')
    append_line(path, {"c": "简报"})
    assert read_lines(path) == [{"a": 1}, {"c": "简报"}]
    assert list(Ledger(tmp_path)) == []


def test_a_folder_gets_the_whole_edition(out, tmp_path, clock):
    """Copied beside and renamed; a share that is not mounted is tried again; the copy verifies."""
    share = tmp_path / "share"
    post = office(out, clock, None)
    post.queue_edition(edition_of(out), [Target(folder=share)])
    post.flush()
    assert [delivery.state for delivery in post.ledger] == ["deferred"]
    share.mkdir()
    post.flush()
    assert [delivery.state for delivery in post.ledger] == ["sent"]
    assert [path.name for path in share.iterdir()] == [edition_of(out)]
    assert verify_edition(share / edition_of(out)) == []


ROBOTS = {
    "wecom": ("msgtype", "markdown"),
    "dingtalk": ("msgtype", "markdown"),
    "feishu": ("msg_type", "post"),
    "generic": ("edition", None),
}


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_robot_gets_the_news_in_its_own_format(out, clock, receiver, monkeypatch, robot):
    """WeCom, DingTalk, Feishu and a generic receiver; the address is in no file."""
    monkeypatch.setenv("ROBOT_URL", f"{receiver.url}/hook?key=secret-key")
    monkeypatch.setenv("ROBOT_SECRET", "SEC123")
    target = Target(webhook=robot, url_env="ROBOT_URL", secret_env="ROBOT_SECRET" if robot != "wecom" else "")
    post = office(out, clock, None, link="https://example.org/latest")
    post.queue_edition(edition_of(out), [target])
    post.flush()
    path, said = receiver.posts[0]
    name, value = ROBOTS[robot]
    assert said[name] == (value or edition_of(out))
    assert "四市规划目标简报" in json.dumps(said, ensure_ascii=False)
    assert ("sign=" in path) == (robot == "dingtalk")
    assert ("sign" in said) == (robot == "feishu")
    if robot == "wecom":
        assert len(said["markdown"]["content"].encode()) <= 4096
    state = out.parent / "state"
    assert b"secret-key" not in b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert [delivery.state for delivery in post.ledger] == ["sent"]


def test_a_robot_that_refuses_or_hangs_up(out, clock, receiver, monkeypatch):
    """Too many messages: later. A wrong key: for good. No answer: unconfirmed. A redirect is not followed."""
    monkeypatch.setenv("ROBOT_URL", f"{receiver.url}/hook")
    answers = {
        "deferred": [(200, {"errcode": 45009, "errmsg": "api freq out of limit"})] * 3,
        "failed": [(200, {"errcode": 93000, "errmsg": "invalid webhook url"})],
        "unconfirmed": [None],
    }
    for number, (state, said) in enumerate(answers.items()):
        receiver.answers = list(said)
        post = Office(out, out.parent / f"state{number}", clock)
        post.queue_edition(edition_of(out), [Target(webhook="wecom", url_env="ROBOT_URL")])
        post.flush()
        assert [delivery.state for delivery in post.ledger] == [state]
    receiver.answers = [(302, {})]
    post = Office(out, out.parent / "state9", clock)
    post.queue_edition(edition_of(out), [Target(webhook="generic", url_env="ROBOT_URL")])
    post.flush()
    assert [delivery.state for delivery in post.ledger] == ["failed"]


def test_a_dry_run_writes_mails_and_sends_nothing(out, clock, mail_server, inbox, tmp_path):
    """One .eml for each recipient; the ledger stays empty."""
    post = office(out, clock, mail_server)
    written = post.write_dry(edition_of(out), [ALWAYS], tmp_path / "dry")
    assert [path.name for path in written] == ["office@example.org.eml", "leader@example.org.eml"]
    assert written[0].read_bytes().startswith(b"Subject: ")
    assert inbox.mails == []
    assert list(post.ledger) == []


def test_the_clock_of_a_test_moves_when_it_sleeps():
    """What the tests of time rest on."""
    clock = FakeClock()
    before = clock.now()
    clock.sleep(60)
    assert (clock.now() - before).total_seconds() == 60

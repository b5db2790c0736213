"""A year of weekly runs with synthetic monthly data, while mail server, notebooks and machine fail at random.

At its end every edition has been delivered exactly once to each recipient that should have it, there is no empty mail,
every failure was told to the operators once, and the ledger agrees with the inbox.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from deliver.conftest import FakeClock, Inbox
from deliver.rounds import Broken, Builder, runner
from deliver.test_rounds import Crash, mailing

from planbrief.deliver import channels
from planbrief.deliver import delivery as ledger
from planbrief.deliver.delivery import Ledger, changes_since
from planbrief.deliver.status import Journal

READERS = {"always@example.org": "always", "change@example.org": "change"}
OPERATORS = "ops@example.org"


class Machine:
    """Stops at random: in a build, after it, while queueing, at the last word to the server, after its answer."""

    def __init__(self, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chance, self.odds = chance, 0.0
        step, queue = Ledger.step, Ledger.queue

        def stepping(ledger: Ledger, delivery: Any, state: Any, *arguments: Any, **named: Any) -> Any:
            if state == "sent":
                self.may_stop()
            found = step(ledger, delivery, state, *arguments, **named)
            if state == "committing":
                self.may_stop()
            return found

        def queueing(ledger: Ledger, delivery: Any, content: bytes) -> bool:
            self.may_stop()
            found = queue(ledger, delivery, content)
            self.may_stop()
            return found

        monkeypatch.setattr(ledger.Ledger, "step", stepping)
        monkeypatch.setattr(ledger.Ledger, "queue", queueing)

    def may_stop(self) -> None:
        if self.chance.random() < self.odds:
            raise Crash


class Server:
    """Misbehaves for a while: refuses, defers, or is full."""

    def __init__(self, chance: random.Random, inbox: Inbox) -> None:
        self.chance, self.inbox = chance, inbox

    def weather(self) -> None:
        self.inbox.answers = {"rcpt": [], "data": []}
        kind = self.chance.random()
        if kind < 0.2:
            self.inbox.answers["rcpt"] = ["450 greylisted"] * self.chance.randint(1, 4)
        elif kind < 0.3:
            self.inbox.answers["data"] = ["452 disk full"] * self.chance.randint(1, 4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_year_of_weekly_runs(tmp_path, mail_server, inbox, monkeypatch, seed):
    """Fifty-two Mondays; see the head of this file."""
    monkeypatch.setattr(channels, "LISTEN", 0.01)
    chance, clock, builder = random.Random(seed), FakeClock(), Builder()
    machine, server = Machine(chance, monkeypatch), Server(chance, inbox)
    builder.before = builder.after = machine.may_stop
    deliver = [{"to": [address], "when": when} for address, when in READERS.items()]
    found = mailing(mail_server, job={"deliver": deliver, "retries": 10}, keep=200)
    down = mail_server.model_copy(update={"port": 1})
    runner(tmp_path, found, clock, builder).round()
    given: dict[str, list[str]] = {address: [] for address in READERS}
    monday = clock.now()
    for week in range(52):
        monday += timedelta(days=7)
        clock.moment = max(clock.now(), monday)
        builder.text = f"month {week // 4}"
        builder.failing = ("brief",) if chance.random() < 0.15 else ()
        broken = chance.random() < 0.06
        outage = chance.random() < 0.15
        ended = []
        machine.odds = 0.03
        for look in range(40):  # a look every five minutes; the machine comes up again after each stop
            clock.go(minutes=5)
            server.weather()
            builder.before = breaking(machine) if broken else machine.may_stop
            here = found.model_copy(update={"smtp": down}) if outage and look < 6 else found
            try:
                ended += runner(tmp_path, here, clock, builder).round() or []
            except Crash:
                continue
            if ended and look > 8 and not Ledger(tmp_path / ".planbrief-out" / "schedule").pending():
                break
        machine.odds = 0.0
        settle(tmp_path, found, clock, builder, inbox)
        for run in Journal(tmp_path / ".planbrief-out" / "schedule").ended()[-1:]:
            note(tmp_path, run.edition, given)
    check(tmp_path, given, inbox)


def breaking(machine: Machine):
    """A build that fails as a whole."""

    def fail() -> None:
        machine.may_stop()
        raise Broken

    return fail


def settle(tmp_path, found, clock, builder, inbox) -> None:
    """The operator's part: what is unconfirmed is looked up in the inbox, and sent again if it is not there."""
    builder.before = lambda: None
    inbox.answers = {"rcpt": [], "data": []}
    for _ in range(4):
        post = runner(tmp_path, found, clock, builder).office()
        arrived = {mail["Message-ID"].strip("<>").partition("@")[0] for _, mail in inbox.mails}
        for delivery in post.ledger:
            if delivery.state == "unconfirmed" and delivery.id not in arrived:
                post.resend(delivery.id)
        clock.go(minutes=5)
        runner(tmp_path, found, clock, builder).round()


def note(tmp_path, edition: str, given: dict[str, list[str]]) -> None:
    """What each reader should have by now."""
    for address, when in READERS.items():
        had = given[address][-1] if given[address] else ""
        if not edition or edition == had or edition in given[address]:
            continue
        changes = changes_since(tmp_path / "out", edition, had)
        if when == "always" or changes is None or changes.substantial:
            given[address].append(edition)


def check(tmp_path, given, inbox) -> None:
    """The four promises."""
    ledger = Ledger(tmp_path / ".planbrief-out" / "schedule")
    for address in READERS:
        mine = [d for d in ledger if d.recipient == f"mailto:{address}"]
        mails = Counter(mail["Message-ID"] for to, mail in inbox.mails if to == address)
        assert set(mails.values()) == {1}
        assert [d.edition for d in mine] == given[address]
        assert len(mails) == len(mine)
        assert {f"<{d.id}@example.org>" for d in mine} == set(mails)
    assert all(len(mail.get_body(("plain",)).get_content().strip()) > 20 for _, mail in inbox.mails)
    told = [failure for delivery in ledger for failure in delivery.failures]
    assert len(told) == len(set(told))
    journal = Journal(tmp_path / ".planbrief-out" / "schedule")
    for run in journal.runs:
        if run.result == "died":
            assert f"died/weekly/{run.slot}/{run.attempt}" in told
        elif run.result == "failed":
            assert f"run/weekly/{run.slot}" in told or run.reason == "it broke off every time"
    mails = Counter(mail["Message-ID"] for to, mail in inbox.mails if to == OPERATORS)
    reports = {f"<{d.id}@example.org>" for d in ledger if d.failures}
    assert set(mails) == reports
    assert set(mails.values()) == {1}
    states = {delivery.state for delivery in ledger}
    assert states <= {"sent", "unconfirmed"}
    arrived = {mail["Message-ID"] for _, mail in inbox.mails}
    assert all(f"<{d.id}@example.org>" in arrived for d in ledger)
    results = Counter(run.result for run in journal.ended())
    assert min(results["died"], results["failed"], results["partial"], results["ok"]) > 0, results
    assert len(given["always@example.org"]) > len(given["change@example.org"]) or results["partial"] > 0
    assert len(given["always@example.org"]) >= 13
    assert any(delivery.attempts > 1 for delivery in ledger)
    weeks = {run.slot for run in journal.ended() if run.result in ("ok", "partial", "failed")}
    assert len(weeks) == 52

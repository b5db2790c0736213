"""One round after the other: what runs, what is delivered, what the operators hear."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from deliver.rounds import Broken, Builder, runner, schedule

from planbrief.deliver.rounds import ServiceClock, pause, serve
from planbrief.deliver.schedule import ScheduleError, read_schedule
from planbrief.deliver.status import exit_code, page_path, status, write_status


def mailing(mail_server, **changes):
    """The weekly schedule with a mail server and operators."""
    found = schedule(**changes, operators=["ops@example.org"], smtp={"host": "h", "from": "a@example.org"})
    return found.model_copy(update={"smtp": mail_server})


def texts(inbox, address: str) -> list[str]:
    return [mail.get_body(("plain",)).get_content() for to, mail in inbox.mails if to == address]


def test_a_new_job_waits_for_its_first_time(tmp_path, clock, mail_server, inbox):
    """Nothing runs for the past; the first Monday it builds and mails; a second look does nothing."""
    builder, found = Builder(), mailing(mail_server)
    assert runner(tmp_path, found, clock, builder).round() == []
    clock.go(days=7, minutes=1)
    ended = runner(tmp_path, found, clock, builder).round()
    assert [(run.job, run.result, run.published) for run in ended] == [("weekly", "ok", True)]
    assert runner(tmp_path, found, clock, builder).round() == []
    assert builder.calls == 1
    assert [to for to, _ in inbox.mails] == ["office@example.org"]


def test_a_week_without_news_sends_nothing(tmp_path, clock, mail_server, inbox):
    """The second Monday builds the same edition: no mail; then another value: a mail with the change."""
    builder, found = Builder(), mailing(mail_server)
    for text in ("1", "1", "1", "2"):
        builder.text = text
        runner(tmp_path, found, clock, builder).round()
        clock.go(days=7)
    assert len(texts(inbox, "office@example.org")) == 2


@pytest.mark.parametrize(("missed", "calls"), [("once", 1), ("skip", 0)])
def test_missed_runs_follow_the_policy_and_are_told(tmp_path, clock, mail_server, inbox, missed, calls):
    """Three weeks off: one run or none, and the operators know."""
    builder, found = Builder(), mailing(mail_server, job={"missed": missed})
    runner(tmp_path, found, clock, builder).round()
    clock.go(days=21, hours=5)
    for _ in range(3):
        runner(tmp_path, found, clock, builder).round()
    assert builder.calls == calls
    told = texts(inbox, "ops@example.org")
    assert len(told) == 1
    assert ("错过 2 次" if missed == "once" else "错过 3 次") in told[0]


def test_a_build_that_fails_is_tried_again_and_told_once(tmp_path, clock, mail_server, inbox):
    """Three tries with pauses; the next Monday is another run."""

    def fail() -> None:
        raise Broken

    builder, found = Builder(before=fail), mailing(mail_server)
    runner(tmp_path, found, clock, builder).round()
    clock.go(days=7)
    ended = runner(tmp_path, found, clock, builder).round()
    runner(tmp_path, found, clock, builder).round()
    assert [(run.result, run.reason) for run in ended] == [("failed", "the disk is full")]
    assert builder.calls == 3
    assert len(texts(inbox, "ops@example.org")) == 1
    assert "the disk is full" in texts(inbox, "ops@example.org")[0]
    assert texts(inbox, "office@example.org") == []


def test_a_report_that_goes_on_failing_is_told_once(tmp_path, clock, mail_server, inbox):
    """The brief fails for three weeks: one message; readers learn that theirs is older."""
    builder, found = Builder(), mailing(mail_server)
    runner(tmp_path, found, clock, builder).round()
    for week, text in enumerate("1234"):
        builder.text, builder.failing = text, ("brief",) if week else ()
        clock.go(days=7)
        ended = runner(tmp_path, found, clock, builder).round()
    assert [run.result for run in ended] == ["partial"]
    told = texts(inbox, "ops@example.org")
    assert len(told) == 1
    assert "division by zero" in told[0]
    assert "未能更新" in texts(inbox, "office@example.org")[1]
    builder.failing = ()
    for _ in range(2):  # well again, which is told once; the week after is nothing new
        clock.go(days=7)
        ended = runner(tmp_path, found, clock, builder).round()
    assert [run.result for run in ended] == ["ok"]
    told = texts(inbox, "ops@example.org")
    assert len(told) == 2
    assert "已恢复正常" in told[1]


def test_a_delivery_that_fails_is_a_round_that_failed(tmp_path, clock, mail_server):
    """The command's exit code says so once; who has left the schedule is no problem of the status."""
    away = mail_server.model_copy(update={"port": 1})
    found = mailing(away)
    runner(tmp_path, found, clock, Builder()).round()
    clock.go(days=7)
    first = runner(tmp_path, found, clock, Builder())
    first.round()
    assert any("office@example.org" in text for text in first.undelivered)
    assert any("office@example.org" in text for text in status(first)["problems"])
    clock.go(minutes=5)
    again = runner(tmp_path, found, clock, Builder())
    again.round()
    assert again.undelivered == ()
    jobs = tuple(job.model_copy(update={"deliver": ()}) for job in found.jobs)
    left = runner(tmp_path, found.model_copy(update={"jobs": jobs, "operators": ()}), clock, Builder())
    assert status(left)["problems"] == []


class Crash(BaseException):
    """The machine stops."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_machine_that_stops_in_a_run_runs_it_again(tmp_path, clock, mail_server, inbox, when):
    """Cut off before or after publishing: the same run again, one mail to the readers, one to the operators."""

    def crash() -> None:
        raise Crash

    builder, found = Builder(), mailing(mail_server)
    runner(tmp_path, found, clock, builder).round()
    clock.go(days=7)
    setattr(builder, when, crash)
    with pytest.raises(Crash):
        runner(tmp_path, found, clock, builder).round()
    setattr(builder, when, lambda: None)
    clock.go(minutes=5)
    ended = runner(tmp_path, found, clock, builder).round()
    assert [(run.result, run.slot[:10]) for run in ended] == [("ok", "2026-01-12")]
    assert len(texts(inbox, "office@example.org")) == 1
    assert len(texts(inbox, "ops@example.org")) == 1


def test_rounds_never_overlap(tmp_path, clock):
    """A round that begins while another is at work does nothing and says so."""
    builder, found = Builder(), schedule(job={"deliver": []})
    runner(tmp_path, found, clock, builder).round()
    clock.go(days=7)
    inside = []
    builder.before = lambda: inside.append(runner(tmp_path, found, clock, Builder()).round())
    assert len(runner(tmp_path, found, clock, builder).round()) == 1
    assert inside == [None]


def test_status_says_what_is_wrong_and_whether_all_is_well(tmp_path, clock, mail_server, inbox):
    """Good, then a failing delivery: exit code 1, the reason on page and in JSON; never run and overdue is bad too."""
    builder, found = Builder(), mailing(mail_server)
    first = runner(tmp_path, found, clock, builder)
    first.round()
    assert exit_code(status(first)) == 0
    clock.go(days=7)
    inbox.answers["rcpt"] = ["550 no <b>such</b> mailbox"]
    second = runner(tmp_path, found, clock, builder)
    second.round()
    said = status(second)
    assert exit_code(said) == 1
    assert said["jobs"][0]["result"] == "ok"
    assert said["jobs"][0]["next"].startswith("2026-01-19T08:00")
    assert [d["state"] for d in said["deliveries"] if d["edition"]] == ["failed"]
    page = write_status(second)
    assert page == page_path(tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert "<b>such" not in text
    assert "550" in text
    assert json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["good"] is False
    clock.go(days=8)
    assert any("overdue" in problem for problem in status(second)["problems"])


def test_a_dead_mans_switch_is_called_after_each_run(tmp_path, clock, receiver):
    """/fail behind the address when the run failed."""

    def fail() -> None:
        raise Broken

    builder, found = Builder(), schedule(job={"deliver": [], "retries": 0}, ping=f"{receiver.url}/uuid")
    runner(tmp_path, found, clock, builder).round()
    for before in (lambda: None, fail):
        builder.before = before
        clock.go(days=7)
        runner(tmp_path, found, clock, builder).round()
    assert [path for path, _ in receiver.posts] == ["/uuid", "/uuid/fail"]


def test_the_service_runs_and_stops(tmp_path):
    """Every minute: it sleeps no longer than half a minute and ends its round when it is stopped."""
    clock = ServiceClock()
    found = runner(tmp_path, schedule(job={"cron": "* * * * *", "deliver": []}), clock, Builder())
    assert 0 < pause(found) <= 30
    thread = threading.Timer(1.0, setattr, (clock, "stopped", True))
    thread.start()
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert serve(found, clock) == 0
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    thread.join()


def test_a_signal_at_any_step_of_its_sleep_ends_the_service(tmp_path):
    """Whatever the sleeper holds when the signal comes, its handler does not wait for it."""
    found = runner(tmp_path, schedule(job={"cron": "* * * * *", "deliver": []}), ServiceClock(), Builder())
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    steps = 0

    def traced(frame, event, argument):
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                signal.raise_signal(signal.SIGTERM)
        return traced

    def waits(*_arguments: object) -> None:
        raise AssertionError(f"stopped at line {steps} of its sleep, the service waits for ever")

    def from_sleep_on(frame, event, argument):
        inner = (ServiceClock.sleep.__code__, threading.Condition.wait.__code__, threading.Event.wait.__code__)
        return traced if frame.f_code in inner else None

    try:
        while True:
            steps, clock = steps + 1, ServiceClock()
            left = steps
            threading.Timer(0.05, setattr, (clock, "stopped", True)).start()  # where no step is left
            signal.signal(signal.SIGALRM, waits)
            signal.alarm(10)
            sys.settrace(from_sleep_on)
            try:
                assert serve(found, clock) == 0
            finally:
                sys.settrace(None)
                signal.alarm(0)
            if left > 0:
                break
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert steps > 3


CONFIG = """
time_zone = "Europe/Berlin"
[[jobs]]
name = "often"
cron = "* * * * *"
"""


def test_the_service_ends_on_sigterm(project, tmp_path):
    """`planbrief schedule run` in a container: SIGTERM ends it with 0."""
    (project.reports / "schedule.toml").write_text(CONFIG, encoding="utf-8")
    words = [sys.executable, "-m", "planbrief", "schedule", "run", "--project", str(project.root)]
    service = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert service.stderr is not None
    assert "serving 1 jobs" in service.stderr.readline()
    time.sleep(0.5)
    os.kill(service.pid, signal.SIGTERM)
    service.communicate(timeout=60)
    assert service.returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs = []", "at least 1"),
        ('[[jobs]]\nname = "a"\ncron = "61 * * * *"', "a cron expression"),
        ('[[jobs]]\nname = "a"\ncron = "0 0 30 2 *"', "a cron expression"),
        ('time_zone = "Mars/Base"\n[[jobs]]\nname = "a"\ncron = "@daily"', "a time zone"),
        ('[[jobs]]\nname = "a"\ncron = "0 8 * * *"\nbuid = ["brief"]', "jobs.0.buid"),
        ('[[jobs]]\nname = "a"\ncron = "0 8 * * *"\n[[jobs.deliver]]\nto = ["a@b.org"]', "expected a table"),
        ('[[jobs]]\nname = "a"\ncron = "0 8 * * *"\n[[jobs.deliver]]\nwebhook = "wecom"', "url_env"),
        ('operators = ["nobody"]\n[[jobs]]\nname = "a"\ncron = "0 8 * * *"', "a mail address"),
        ('[smtp]\nhost = "h"\nfrom = "a@b.org"\npassword = "x"\n[[jobs]]\nname = "a"\ncron = "0 8 * * *"', "password"),
    ],
)
def test_a_wrong_configuration_says_where(project, text, said):
    """Every slip is refused by name; a password has no place in the file."""
    (project.reports / "schedule.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScheduleError, match=said):
        read_schedule(project)

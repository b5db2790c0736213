"""When a job is due: daylight saving, clocks that jump, times that were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from planbrief.deliver.schedule import corrected, due, upcoming

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


def test_a_time_that_daylight_saving_skips_comes_once():
    """02:30 does not exist on 29 March 2026 in Berlin: the run comes at 03:00, once."""
    found = upcoming("30 2 * * *", BERLIN, utc(2026, 3, 28, 12), 2)
    assert [moment.astimezone(UTC) for moment in found] == [utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)]


def test_a_time_that_comes_twice_runs_once():
    """02:30 comes twice on 25 October 2026 in Berlin."""
    last, runs = utc(2026, 10, 24, 12), 0
    for minute in range(0, 24 * 60, 5):
        found = due("30 2 * * *", BERLIN, last, utc(2026, 10, 24, 12) + timedelta(minutes=minute))
        if found:
            last, runs = found.slot, runs + 1
    assert runs == 1


@pytest.mark.parametrize("jump", [-3, -1, 1, 3])
def test_a_clock_that_jumps_runs_no_slot_twice(jump):
    """Put back or forward by hours around a run: every slot runs at most once."""
    last, slots = utc(2026, 1, 4, 23), []
    moments = [utc(2026, 1, 4, 23, 30), utc(2026, 1, 5, 0, 1)]
    moments += [moments[-1] + timedelta(hours=jump) + timedelta(minutes=10 * n) for n in range(60)]
    for now in moments:
        found = due("0 8 * * *", SHANGHAI, last, now)
        if found:
            slots.append(found.slot)
            last = found.slot
    assert slots == sorted(set(slots))
    assert utc(2026, 1, 5) in slots


def test_a_clock_that_was_far_ahead_does_not_stop_the_jobs():
    """A run at a wrong time in 2030: the present counts again."""
    now = utc(2026, 1, 5)
    assert corrected(utc(2030, 1, 1), now) == now
    assert corrected(utc(2026, 1, 5, 1), now) == utc(2026, 1, 5, 1)


def test_runs_that_were_missed_are_counted_and_run_once():
    """Three weeks without power: one run, two missed."""
    found = due("0 8 * * mon", SHANGHAI, utc(2026, 1, 5), utc(2026, 1, 26, 5))
    assert (found.slot, found.missed, found.late) == (utc(2026, 1, 26), 2, timedelta(hours=5))


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.integers(1, 60 * 24 * 3), min_size=1, max_size=60),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    cron=st.sampled_from(["0 8 * * mon", "30 2 * * *", "*/20 1-3 * * *", "0 0 1 * *"]),
)
def test_however_often_one_looks_every_slot_is_settled_once(steps, zone, cron):
    """Slots run and slots missed together are the slots of the time that passed, whatever the pace."""
    begin = now = last = datetime(2026, 3, 1, tzinfo=UTC)
    settled = 0
    for minutes in steps:
        now += timedelta(minutes=minutes)
        found = due(cron, ZoneInfo(zone), last, now)
        if found:
            assert last < found.slot <= now
            settled += found.missed + 1
            last = found.slot
    expected = 0
    for moment in CronSim(cron, begin.astimezone(ZoneInfo(zone))):
        if moment.astimezone(UTC) > now:
            break
        expected += 1
    assert settled == expected

"""Cron expressions: when a job is due. Arithmetic by cronsim, which follows Debian's cron where clocks change.

A time that daylight saving skips comes right after the change, a time that comes twice counts once.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

#: Missed runs further back are not counted one by one.
LONGEST_LOOK_BACK = timedelta(days=40)
#: A last run this far ahead of the clock means that the clock was wrong then.
FUTURE = timedelta(hours=26)


@dataclass(frozen=True)
class Due:
    """What a clock and a cron expression come to: the slot to run for, and how many went by before it."""

    slot: datetime
    missed: int
    late: timedelta


def upcoming(cron: str, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The next times after a moment, in the time zone."""
    return list(itertools.islice(CronSim(cron, after.astimezone(zone)), count))


def due(cron: str, zone: ZoneInfo, last: datetime, now: datetime) -> Due | None:
    """The newest slot after `last` and not after `now`; None if there is none.

    `last` may lie in the future: a clock that was put back runs nothing twice.
    """
    start = max(last, now - LONGEST_LOOK_BACK)
    found: datetime | None = None
    count = 0
    for moment in CronSim(cron, start.astimezone(zone)):
        if moment.astimezone(UTC) > now.astimezone(UTC):
            break
        found, count = moment, count + 1
    if found is None:
        return None
    return Due(found.astimezone(UTC), count - 1, now - found)


def corrected(last: datetime, now: datetime) -> datetime:
    """The last slot, unless it lies so far ahead that the clock must have been wrong: then the present."""
    return now if last - now > FUTURE else last

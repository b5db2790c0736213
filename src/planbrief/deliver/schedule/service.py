"""Rounds for ever: the foreground service for containers and Windows."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

from planbrief.deliver.schedule.rounds import Runner
from planbrief.deliver.schedule.times import upcoming

#: The longest sleep: a clock that jumps, or a machine that slept, is noticed after so many seconds.
LONGEST_SLEEP = 30.0
#: Seconds to wait after a round that could not be held at all.
AFTER_A_FAILURE = 10.0


class ServiceClock:
    """The machine's clock, whose sleep ends when the service is to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now(self) -> datetime:
        """The moment in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, or return at once when the service stops."""
        self.stop.wait(seconds)


def pause(runner: Runner) -> float:
    """Seconds until the next round: to the next slot, and never longer than :data:`LONGEST_SLEEP`."""
    now = runner.clock.now()
    slots = [upcoming(job.cron, runner.schedule.zone, now, 1)[0] for job in runner.schedule.jobs]
    return max(0.2, min(LONGEST_SLEEP, min((slot - now).total_seconds() for slot in slots) + 0.05))


def serve(runner: Runner, clock: ServiceClock) -> int:
    """Run rounds until SIGTERM or SIGINT; a round that is at work is finished."""

    def stop(*_arguments: object) -> None:
        clock.stop.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, stop)
    runner.log.event(
        "schedule.serving", f"serving {len(runner.schedule.jobs)} jobs into {runner.out}; stop with Ctrl-C"
    )
    while not clock.stop.is_set():
        try:
            runner.round()
        except Exception as error:
            # The service outlives whatever one round meets: a full disk today is an empty one tomorrow.
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
            runner.log.event("schedule.failed", f"this round was given up: {said}", level="error")
            clock.sleep(AFTER_A_FAILURE)
        clock.sleep(pause(runner))
    runner.log.event("schedule.stopped", "stopped")
    return 0

"""Time of the whole measure set over a synthetic panel, beside one plain NumPy pass over the same numbers.

3,000 areas × 50 indicators × 20 years = 3 million values, 15 measures each. The plain pass is the unguarded CAGR of
every value, ``(v / v0) ** (1 / n) - 1``: one measure, one power per value.
Run: ``python tests/bench/bench_measures.py``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from planbrief.measures.panel import Panel, panel

AREAS, INDICATORS, YEARS = 3_000, 50, 20
#: What the ratio to one plain pass should not exceed.
AIM = 5.0


def synthetic(areas: int = AREAS, indicators: int = INDICATORS, years: int = YEARS) -> tuple[np.ndarray, np.ndarray]:
    """Levels that grow by 6 % a year with noise, and their years."""
    random = np.random.default_rng(20260101)
    start = random.normal(4, 1, (areas, indicators, 1))
    steps = random.normal(0.06, 0.05, (areas, indicators, years))
    return np.exp(start + np.cumsum(steps, axis=-1)), np.arange(2016.0, 2016.0 + years)


def plain_pass(values: np.ndarray, years: np.ndarray) -> np.ndarray:
    """One measure in plain NumPy, without a guard."""
    with np.errstate(all="ignore"):
        rate: np.ndarray = (values / values[..., :1]) ** (1 / (years - years[0])) - 1
    return rate


def best(work: Callable[[], object], clock: Callable[[], float] = time.process_time, rounds: int = 7) -> float:
    """Shortest of several rounds, by default in processor time: other work on the machine does not count."""
    times = []
    for _ in range(rounds):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def main() -> None:
    """Print the times and their ratio."""
    values, years = synthetic()
    target, due = 2 * values[..., 0], np.full(values.shape[:-1], 2030.0)
    buffers: Panel = panel(values, years, target, due, half_unit=0.05)
    plain = best(lambda: plain_pass(values, years))
    fresh = best(lambda: panel(values, years, target, due, half_unit=0.05))
    reused = best(lambda: panel(values, years, target, due, half_unit=0.05, out=buffers))
    wall = time.perf_counter
    plain_wall = best(lambda: plain_pass(values, years), wall)
    cores = os.cpu_count() or 1
    both = best(lambda: panel(values, years, target, due, half_unit=0.05, out=buffers, threads=cores), wall)
    print(f"{values.size:,} values, {len(Panel._fields)} measures each; best of 7; aim: {AIM:g} × one plain pass")
    print(f"one plain NumPy pass (CAGR), processor time            {plain * 1e3:7.1f} ms")
    print(f"whole measure set, buffers reused, processor time      {reused * 1e3:7.1f} ms  {reused / plain:5.1f} ×")
    print(f"whole measure set, fresh memory, processor time        {fresh * 1e3:7.1f} ms  {fresh / plain:5.1f} ×")
    print(f"one plain NumPy pass (CAGR), by the clock              {plain_wall * 1e3:7.1f} ms")
    print(
        f"whole measure set, reused, {cores} threads, by the clock   {both * 1e3:7.1f} ms  {both / plain_wall:5.1f} ×"
    )


if __name__ == "__main__":
    main()

"""Two hundred recipients, one in ten of them bad, and servers that fail in two dozen ways: the short form.

`make soak` goes on until ten thousand faults were met; here every way is met once at least.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from deliver.crowd import AWAY, WAYS, Robot, Storm, complaints, crowd
from publish.edition.editions import build as publish

from planbrief.deliver import channels
from planbrief.deliver.office import Office

pytestmark = pytest.mark.slow


@pytest.fixture
def servers(monkeypatch):
    """A mail server and a robot; both stop with the test."""
    monkeypatch.setattr(channels, "LISTEN", 0.01)
    storm, robot = Storm(random.Random(1)), Robot(random.Random(2))
    yield storm, robot
    storm.stop()
    robot.stop()


def test_everybody_else_gets_the_edition(tmp_path, clock, servers, monkeypatch):
    """A sound server: 180 get it once in the first round, 20 fail in words, a second round changes nothing."""
    storm, robot = servers
    environment: dict[str, str] = {}
    targets, bad = crowd(tmp_path, robot, environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    edition = publish(tmp_path / "out", "1")
    for _ in range(2):
        post = Office(tmp_path / "out", tmp_path / "state", clock, storm.settings)
        post.queue_edition(edition, targets)
        post.flush()
        states = Counter(delivery.state for delivery in post.ledger)
        assert states["sent"] == 200 - len(bad), states
        assert len(bad) == 20
    assert complaints(tmp_path / "state", [edition], targets, bad, storm, robot) == []


def test_a_storm_loses_and_doubles_nothing(tmp_path, clock, servers, monkeypatch):
    """Every way to fail, over three editions; when the storm is over whoever can be reached has what is due."""
    storm, robot = servers
    environment: dict[str, str] = {}
    targets, bad = crowd(tmp_path, robot, environment, 60)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    editions = []
    for text in ("1", "2", "3"):
        editions.append(publish(tmp_path / "out", text, keep=99))
        storm.odds, robot.odds = 0.5, 0.4
        for look in range(14):
            storm.away = 1.0 if look % 3 == 0 else 0.0
            post = Office(tmp_path / "out", tmp_path / "state", clock, storm.settings)
            post.queue_edition(editions[-1], targets)
            post.flush()
            clock.go(minutes=5)
        storm.odds = storm.away = robot.odds = 0.0
        Office(tmp_path / "out", tmp_path / "state", clock, storm.settings).flush()
    assert complaints(tmp_path / "state", editions, targets, bad, storm, robot) == []
    post = Office(tmp_path / "out", tmp_path / "state", clock, storm.settings)
    pending = {delivery.recipient for delivery in post.ledger.pending()}
    assert pending <= bad
    assert set(storm.faults) >= set(WAYS) - set(AWAY)
    assert len(set(storm.faults) & set(AWAY)) >= 5

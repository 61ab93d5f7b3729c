"""The server slows its readers down before they bring it down, and lets them nearer again when it is calm."""

from __future__ import annotations

import heapq
import threading
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from petition_app.models.base import now
from petition_app.public import load
from petition_app.public.load import Busyness
from petition_app.public.pace import LADDER, Pacer, poll_interval


class Crowd:
    """Open pages that obey the interval they are given, and a machine for which each question costs the same."""

    def __init__(self, questions_per_second: float) -> None:
        self.capacity = questions_per_second
        self.time, self.asked, self._told = 0.0, 0, (0, 0.0)
        self.pacer = Pacer(self._busy, lambda: self.time)
        self._random = Random(7)  # noqa: S311  # the same crowd each time
        self._next: list[float] = []
        self.seconds: list[tuple[float, int]] = []  # for each second: how busy the machine was, and the interval

    def _busy(self) -> float:
        asked, since = self.asked - self._told[0], self.time - self._told[1]
        self._told = self.asked, self.time
        return min(1.0, asked / (since * self.capacity)) if since else 0.0

    def grow(self, pages: int) -> None:
        for _ in range(pages):
            heapq.heappush(self._next, self.time + 3 * self._random.random())

    def shrink(self, pages: int) -> None:
        self._random.shuffle(self._next)
        self._next = self._next[: len(self._next) - pages]
        heapq.heapify(self._next)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            before, self.time = self.asked, self.time + 1
            interval = self._interval()
            while self._next and self._next[0] <= self.time:
                due = heapq.heappop(self._next)
                self.asked += 1
                heapq.heappush(self._next, due + interval * (0.85 + 0.3 * self._random.random()))
            self.seconds.append(((self.asked - before) / self.capacity, interval))

    def _interval(self) -> int:
        at = now()
        return poll_interval(at, at, self.pacer.stretch(3))

    def lately(self, seconds: int) -> float:
        """How busy the machine was, as a share of what it can do."""
        return sum(busy for busy, _interval in self.seconds[-seconds:]) / seconds

    @property
    def interval(self) -> int:
        return self.seconds[-1][1]


def test_readers_that_the_machine_can_bear_are_not_slowed_down() -> None:
    crowd = Crowd(questions_per_second=1000)
    crowd.grow(1800)  # 600 a second
    crowd.run(600)
    assert {interval for _busy, interval in crowd.seconds} == {3}


@pytest.mark.parametrize("times", [2, 10, 50])
def test_many_times_the_readers_ask_less_often_and_the_machine_holds(times: int) -> None:
    crowd = Crowd(questions_per_second=1000)
    crowd.grow(1800)
    crowd.run(60)
    crowd.grow(1800 * (times - 1))  # all at once: the worst that can happen
    crowd.run(900)
    assert crowd.interval > 3
    assert crowd.lately(300) < 0.8
    assert crowd.lately(300) > 0.1, "and it is not idle either: the number still moves"


def test_the_interval_stretches_before_the_machine_is_at_its_end() -> None:
    crowd = Crowd(questions_per_second=1000)
    for _ in range(300):  # ten times as many readers, within an hour
        crowd.grow(60)
        crowd.run(12)
    assert max(busy for busy, _interval in crowd.seconds) < 1
    assert crowd.interval >= 20


def test_when_the_crowd_has_gone_the_pace_comes_back() -> None:
    crowd = Crowd(questions_per_second=1000)
    crowd.grow(18_000)
    crowd.run(600)
    assert crowd.interval > 10
    crowd.shrink(17_000)
    crowd.run(1800)
    assert crowd.interval == 3


def test_the_pace_does_not_swing() -> None:
    crowd = Crowd(questions_per_second=1000)
    crowd.grow(9_000)
    crowd.run(1800)
    intervals = [interval for _busy, interval in crowd.seconds[900:]]
    assert sum(one != other for one, other in pairwise(intervals)) <= 2


def test_a_stretched_interval_is_one_of_a_few_so_that_the_fragment_stays_the_same() -> None:
    at = now()
    intervals = [poll_interval(at, at, 1 + step / 10) for step in range(5000)]
    assert set(intervals) <= set(LADDER)
    assert intervals == sorted(intervals)
    assert intervals[-1] == LADDER[-1]


def test_a_process_tells_how_busy_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busyness()
    _work(0.3)
    assert 0.05 < busy() <= 1.0
    threading.Event().wait(0.5)
    assert busy() < 0.6
    monkeypatch.setattr(load, "_THREADS", Path("/nonexistent"))
    busy = Busyness()
    _work(0.1)
    assert 0.0 < busy() <= 1.0


def _work(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

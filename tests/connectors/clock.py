"""A clock that moves only when somebody sleeps by it."""

from __future__ import annotations

import threading


class Clock:
    """`Calls(…, clock=clock, sleep=clock.sleep)`: waits take no time, and are written down."""

    def __init__(self, now: float = 1_000_000) -> None:
        self.now = now
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds

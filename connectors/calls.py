"""How a vendor's service is called: how many calls at once, how often again, and when not at all.

Every call goes through `connectors.transport`. On top of it: a bearer token, renewed once when it
is turned down; waiting with full jitter between attempts (Brooker, "Exponential Backoff And Jitter",
2015); `Retry-After` (RFC 9110 §10.2.3), which all calls obey, not only the one that was told; and a
circuit breaker (Nygard, "Release It!"), so that a service that is down costs nothing.

All calls are made again after a failure, POST too: whoever calls sees to it that doing something
twice does it once (`connectors.base.EventWriter`).
"""

from __future__ import annotations

import math
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

from connectors.base import Unreachable
from connectors.grants import TokenSource
from connectors.transport import Answer, Transport

FIRST_PAUSE = 0.5  #: seconds at most before the second attempt; doubled before each further one
MAX_RETRY_AFTER = 3600  #: seconds; whoever asks for years is asked again after an hour
OPENS_AFTER = 5  #: calls in a row without an answer
STAYS_OPEN = 30  #: seconds
_NOT_SERVING = frozenset((429, 502, 503, 504))


def throttled_or_failing(answer: Answer) -> bool:
    """Is it an answer that may be another one soon?"""
    return answer.status == 429 or answer.status >= 500


class Calls:
    """The calls to one vendor. To be shared by all threads that call it."""

    def __init__(
        self,
        transport: Transport,
        *,
        at_once: int,
        attempts: int = 4,
        seconds: float = 10,
        opens_after: int = OPENS_AFTER,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """
        Args:
            at_once: calls that the vendor may have to serve at one moment.
            attempts: for one call, the first included.
            seconds: for one call in all: attempts and pauses, but not waiting for others to end theirs.
            opens_after: so many calls in a row without an answer, and none is made for half a minute.
            clock, sleep, jitter: for tests; `sleep` must move `clock` on, `jitter` is from [0, 1).
        """
        self._transport = transport
        self._attempts = attempts
        self._seconds = seconds
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._turns = threading.BoundedSemaphore(at_once)
        self._breaker = _Breaker(opens_after, clock)
        self._held_until = clock()
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        tokens: TokenSource | None = None,
        again: Callable[[Answer], bool] = throttled_or_failing,
    ) -> Answer:
        """Call until there is an answer that counts.

        Args:
            tokens: where the bearer token comes from. It may make calls, too, by `Calls` of its own.
            again: is this answer worth another attempt?

        Raises:
            Unreachable: there was none within the attempts, or the seconds, or none is to be asked for
                now (`after` says for how long).
            Refused: the guard said no, or there is no token.
            Unreadable: the answer breaks a limit.
        """

        def sending(token: str | None) -> Callable[..., Answer]:
            bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
            return partial(self._transport.exchange, method, url, {**(headers or {}), **bearer}, body)

        token = None if tokens is None else tokens.token()
        answer, left = self._in_turn(sending(token), again, self._seconds)
        if answer.status == 401 and tokens is not None:
            answer, _ = self._in_turn(sending(tokens.token(refused=token)), again, left)
        return answer

    def hold_off(self, seconds: float) -> None:
        """Make no call for so long: for a vendor that says so elsewhere than in `Retry-After`."""
        until = self._clock() + min(seconds, MAX_RETRY_AFTER)
        with self._lock:
            self._held_until = max(self._held_until, until)

    def _in_turn(
        self, send: Callable[..., Answer], again: Callable[[Answer], bool], seconds: float
    ) -> tuple[Answer, float]:
        """An answer that counts, and how many of the seconds are left."""
        with self._turns:
            ends = self._clock() + seconds
            with self._breaker.watched() as watched:
                attempts = 1 if watched.is_probe else self._attempts
                answer = self._persist(send, again, ends, attempts)
                watched.answered = answer.status not in _NOT_SERVING
            if again(answer):
                raise Unreachable(
                    f"The service cannot answer now (HTTP {answer.status}).", after=self._held_for() or None
                )
            return answer, ends - self._clock()

    def _persist(
        self, send: Callable[..., Answer], again: Callable[[Answer], bool], ends: float, attempts: int
    ) -> Answer:
        """The first answer that counts, or the last one."""
        pauses = iter([FIRST_PAUSE * 2**earlier * self._jitter() for earlier in range(attempts - 1)])
        while True:
            self._wait_while_held(ends)
            pause = next(pauses, math.inf)
            try:
                answer = send(seconds=ends - self._clock())
            except Unreachable:
                if not self._slept(pause, ends):
                    raise
                continue
            if not again(answer):
                return answer
            self.hold_off(_retry_after(answer))
            if not self._slept(pause, ends):
                return answer

    def _slept(self, pause: float, ends: float) -> bool:
        """Wait before another attempt, unless the time would be over then."""
        pause = max(pause, self._held_for())
        if self._clock() + pause >= ends:
            return False
        self._sleep(pause)
        return True

    def _wait_while_held(self, ends: float) -> None:
        """Raises Unreachable where no call may be made before the time is over."""
        while held := self._held_for():
            if self._clock() + held >= ends:
                raise Unreachable(f"The service asks not to be called before {_time_in(held)}.", after=held)
            self._sleep(held)

    def _held_for(self) -> float:
        return max(0, self._held_until - self._clock())


@dataclass
class _Watched:
    """One call, as the breaker sees it."""

    is_probe: bool
    answered: bool | None = None  #: None: that was not learnt


class _Breaker:
    """Closed: calls are made. Open: none. Half open: one is on its way to see, a probe."""

    def __init__(self, opens_after: int, clock: Callable[[], float]) -> None:
        self._opens_after = opens_after
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0  #: in a row
        self._opened_at = 0.0
        self._is_probing = False

    @contextmanager
    def watched(self) -> Iterator[_Watched]:
        """Make a call in the block.

        Raises:
            Unreachable: none may be made.
        """
        call = _Watched(is_probe=self._let_in())
        try:
            yield call
        except Unreachable as error:
            # one that was held off has asked nothing
            call.answered = False if error.after is None else None
            raise
        finally:
            self._let_out(call)

    def _let_in(self) -> bool:
        with self._lock:
            if self._failures < self._opens_after:
                return False
            left = self._opened_at + STAYS_OPEN - self._clock()
            if left > 0 or self._is_probing:
                raise Unreachable(
                    "The service has not answered for a while. "
                    f"It is left alone until {_time_in(max(left, 1))}.",
                    after=max(left, 1),
                )
            self._is_probing = True
            return True

    def _let_out(self, call: _Watched) -> None:
        with self._lock:
            if call.is_probe:
                self._is_probing = False
            if call.answered:
                self._failures = 0
            elif call.answered is False:
                self._failures += 1
                self._opened_at = self._clock()


def _retry_after(answer: Answer) -> float:
    """Seconds that an answer asks us to wait; 0 where it does not, or not in a way one can read."""
    text = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    until = _date(text)
    if until is None:
        return 0
    # a clock that is wrong on their side is wrong in both
    return (until - (_date(answer.headers.get("Date", "")) or datetime.now(UTC))).total_seconds()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _time_in(seconds: float) -> str:
    """The time of day in so many seconds."""
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%H:%M:%S} UTC"

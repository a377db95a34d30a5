"""Free/busy of many mailboxes, in few requests.

Graph's limits force one question (`getSchedule`) for 20 mailboxes and less than 62 days, and one call
for 20 questions (`$batch`): 5,000 calendars take 13 calls. In a batch the questions run one after the
other, and up to four batches run side by side, which is what Outlook runs at once for an application.
A parallel batch is no faster, for Outlook runs four of its questions at a moment; but the others may
be turned down, and asking them again takes five calls instead of one (63 calls, measured).

The first batch goes alone and tells how long a question takes; the others are as long as our deadline
allows. Where they are still too slow, too large, or not known to the server, they are halved. A question
that was throttled is asked again, but not those beside it.

An application has no mailbox of its own, so it asks by one that it reads anyway, its *door*; the
first one that opens is kept.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import (
    CalendarRequest,
    ConnectorError,
    Reading,
    Refused,
    Unreachable,
    marked_within,
    unreadable,
)
from connectors.microsoft.graph import AT_ONCE, IN_BATCH, Asked, Graph, Said, failure, mailbox_path
from connectors.microsoft.schedule import NO_ACCESS, NO_MAILBOX, Schedule, read_schedules
from planner.domain import BusyInterval, Interval
from planner.intervals import clip

IN_QUESTION = 20  #: mailboxes (https://learn.microsoft.com/graph/outlook-get-free-busy-schedule, limits)
LONGEST = timedelta(days=61)  #: the window must be shorter than 62 days, same page
SHORTEST = timedelta(days=1)  #: no window is halved below this
_ATTEMPTS = 4  #: for a question that is throttled, or fails, inside batches
_AIM = 5.0  #: seconds that a batch may take: half of what `Calls` waits for
_SETBACKS = 20  #: without one answer: then nothing more is asked
_SLOT = 60  #: minutes of the merged view, which is as short as that makes it


@dataclass(frozen=True)
class _Question:
    """One getSchedule."""

    addresses: tuple[str, ...]
    window: Interval
    turned_down: int = 0  #: so often, by itself


@dataclass
class _Calendar:
    """What is known of one calendar so far."""

    spellings: list[str]  #: as it was asked for
    outstanding: int  #: windows that have not been answered
    busy: list[BusyInterval] = field(default_factory=list)
    unknown: list[Interval] = field(default_factory=list)
    reason: str | None = None

    def take(self, schedule: Schedule) -> None:
        self.outstanding -= 1
        self.busy += schedule.busy
        self.unknown += schedule.unknown
        self.reason = self.reason or schedule.reason

    def reading(self, address: str, window: Interval, now: datetime) -> Reading:
        return Reading(
            address, marked_within(self.busy, window), clip(self.unknown, window), now, self.reason
        )


#: what a question was answered: pages of an answer, or what went wrong
_Outcome = Said | list[object] | ConnectorError | None


@dataclass(frozen=True)
class _Heard:
    """What each question of a batch was answered, or why the batch as a whole was not."""

    outcomes: list[_Outcome] | ConnectorError = field(repr=False)  # titles may be in it
    seconds: float


class MicrosoftConnector:
    """Reads mailboxes by their addresses."""

    def __init__(self, graph: Graph, *, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            clock: seconds; for tests.
        """
        self._graph = graph
        self._clock = clock

    def read(
        self,
        requests: Sequence[CalendarRequest],
        window: Interval,
        now: datetime,
        states: Mapping[str, str | None],
    ) -> Iterator[Reading]:
        """See `connectors.base.Connector`. `states` is not used: free/busy is read whole each time."""
        calendars: dict[str, _Calendar] = {}
        windows = _windows(window)
        for request in requests:
            if not _is_address(request.address):
                yield unreadable(request.address, window, "This is not the address of a mailbox.", now)
                continue
            calendar = calendars.setdefault(request.address.casefold(), _Calendar([], len(windows)))
            if request.address not in calendar.spellings:
                calendar.spellings.append(request.address)
        for calendar in _Survey(self._graph, calendars, windows, self._clock).run():
            for spelling in calendar.spellings:
                yield calendar.reading(spelling, window, now)


class _Survey:
    """All questions of one reading, and how far they have got."""

    def __init__(
        self,
        graph: Graph,
        calendars: dict[str, _Calendar],
        windows: Sequence[Interval],
        clock: Callable[[], float],
    ) -> None:
        self._graph = graph
        self._calendars = calendars
        addresses = list(calendars)
        self._open = deque(
            _Question(tuple(addresses[first : first + IN_QUESTION]), piece)
            for piece in windows
            for first in range(0, len(addresses), IN_QUESTION)
        )
        self._finished: deque[_Calendar] = deque()
        self._in_batch = len(self._open) % IN_BATCH or IN_BATCH  # the first one; the others are full then
        self._most_in_batch = IN_BATCH
        self._clock = clock
        self._doors = iter(["/me"] if graph.is_delegated else map(mailbox_path, addresses))
        self._door = next(self._doors, "")
        self._is_answered = False
        self._setbacks = 0

    def run(self) -> Iterator[_Calendar]:
        """Every calendar, as soon as all that was asked about it is answered."""
        flying: dict[Future[_Heard], list[_Question]] = {}
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="graph") as pool:
            while self._open or flying:
                while self._open and len(flying) < (AT_ONCE if self._is_answered else 1):
                    batch = self._next_batch()
                    flying[pool.submit(self._ask, batch, self._door)] = batch
                done, _ = wait(flying, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take(flying.pop(future), future.result())
                while self._finished:
                    yield self._finished.popleft()

    def _next_batch(self) -> list[_Question]:
        return [self._open.popleft() for _ in range(min(self._in_batch, len(self._open)))]

    # --- asking: in a thread of its own, changes nothing here -------------------------------------

    def _ask(self, batch: list[_Question], door: str) -> _Heard:
        several = [_asked(question, door) for question in batch]
        began = self._clock()
        try:
            if len(several) == 1:
                said: list[Said | None] = [self._graph.ask(several[0])]
            else:
                said = self._graph.batch(several)
        except ConnectorError as error:
            return _Heard(error, 0)
        return _Heard([self._paged(one) for one in said], self._clock() - began)

    def _paged(self, said: Said | None) -> _Outcome:
        if said is None or said.status != 200:
            return said
        try:
            return list(self._graph.pages(said))
        except ConnectorError as error:
            return error

    # --- taking answers ---------------------------------------------------------------------------

    def _take(self, batch: list[_Question], heard: _Heard) -> None:
        if isinstance(heard.outcomes, ConnectorError):
            self._take_failure(batch, heard.outcomes)
            return
        answered = list(zip(batch, heard.outcomes, strict=True))
        # one before these failed, so they were not asked
        not_run = [question for question, outcome in answered if _status(outcome) == 424]
        if len(not_run) == len(batch):
            self._take_failure(batch, Unreachable("Microsoft Graph runs no question of a batch."))
            return
        self._open.extendleft(reversed(not_run))
        a_question = heard.seconds / (len(batch) - len(not_run))
        self._in_batch = max(1, min(self._most_in_batch, int(_AIM / max(a_question, 0.001))))
        for question, outcome in answered:
            if isinstance(outcome, list):
                self._take_answer(question, outcome)
            elif _status(outcome) != 424:
                self._take_refusal(question, outcome)

    def _take_failure(self, batch: list[_Question], error: ConnectorError) -> None:
        """The batch as a whole failed: too slow, too large, not known. Or nothing is to be asked now."""
        waits = isinstance(error, Unreachable) and error.after is not None
        if len(batch) > 1 and not waits:
            self._in_batch = self._most_in_batch = len(batch) // 2
            self._open.extendleft(reversed(batch))
            return
        for question in batch:
            self._give_up(question, str(error))
        if not self._is_answered:
            self._stop(str(error))

    def _take_answer(self, question: _Question, pages: list[object]) -> None:
        try:
            schedules = read_schedules(pages, question.addresses, question.window)
        except ConnectorError as error:
            self._give_up(question, str(error))
            self._set_back(str(error))
            return
        self._is_answered = True
        too_many = []
        for address, schedule in schedules.items():
            if schedule.too_many and _length(question.window) > SHORTEST:
                too_many.append(address)
            else:
                self._answered(address, schedule)
        if too_many:
            self._halve_window(replace(question, addresses=tuple(too_many)))

    def _take_refusal(self, question: _Question, outcome: Said | ConnectorError | None) -> None:
        """One question failed: is it asked again, otherwise, or not at all?"""
        status = _status(outcome)
        why = outcome if isinstance(outcome, ConnectorError) else _reason(outcome, self._graph)
        if status in (429, 401) or status >= 500 or outcome is None:
            self._ask_later(question, outcome, str(why))
        elif status in (403, 404) and not self._is_answered and (door := next(self._doors, None)):
            self._door = door
            self._open.appendleft(question)
        elif status == 400 and isinstance(outcome, Said):
            self._ask_for_less(question, outcome, str(why))
        else:
            self._give_up(question, str(why))
        self._set_back(str(why))

    def _ask_later(self, question: _Question, said: Said | ConnectorError | None, why: str) -> None:
        turned_down = question.turned_down + 1
        if turned_down == _ATTEMPTS:
            self._give_up(question, why)
            return
        if isinstance(said, Said) and said.status != 401:
            self._graph.hold_off(_retry_after(said, 2.0**question.turned_down))
        self._open.append(replace(question, turned_down=turned_down))

    def _ask_for_less(self, question: _Question, said: Said, why: str) -> None:
        """Graph turns down a question as a whole for one wrong address, or for its window."""
        if said.code == "ErrorInvalidTimeInterval" and _length(question.window) > SHORTEST:
            self._halve_window(question)
        elif said.code != "ErrorInvalidTimeInterval" and len(question.addresses) > 1:
            middle = len(question.addresses) // 2
            for part in (question.addresses[middle:], question.addresses[:middle]):
                self._open.appendleft(replace(question, addresses=part))
        else:
            self._give_up(question, why)

    def _halve_window(self, question: _Question) -> None:
        window = question.window
        middle = window.start + (window.end - window.start) / 2
        for half in (Interval(middle, window.end), Interval(window.start, middle)):
            self._open.appendleft(_Question(question.addresses, half))
        for address in question.addresses:
            self._calendars[address].outstanding += 1

    def _give_up(self, question: _Question, reason: str) -> None:
        for address in question.addresses:
            self._answered(address, Schedule(unknown=(question.window,), reason=reason))

    def _set_back(self, reason: str) -> None:
        """Something else than an answer came. From the start, only so often."""
        self._setbacks += 1
        if not self._is_answered and self._setbacks >= _SETBACKS:
            self._stop(reason)

    def _stop(self, reason: str) -> None:
        """Nothing more is asked."""
        while self._open:
            self._give_up(self._open.popleft(), reason)

    def _answered(self, address: str, schedule: Schedule) -> None:
        calendar = self._calendars[address]
        calendar.take(schedule)
        if not calendar.outstanding:
            self._finished.append(calendar)


def _status(outcome: _Outcome) -> int:
    return outcome.status if isinstance(outcome, Said) else 0


def _asked(question: _Question, door: str) -> Asked:
    # the window must not be shorter than a slot, and ends on a whole second
    end = max(question.window.end, question.window.start + timedelta(minutes=2 * _SLOT))
    end += timedelta(microseconds=-end.microsecond % 1_000_000)
    body = {
        "schedules": list(question.addresses),
        "startTime": _in_utc(question.window.start),
        "endTime": _in_utc(end),
        "availabilityViewInterval": _SLOT,
    }
    return Asked("POST", f"{door}/calendar/getSchedule", body)


def _in_utc(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _reason(said: Said | None, graph: Graph) -> ConnectorError:
    if said is None:
        return Unreachable("Microsoft Graph left this question out of its answer.")
    if said.status == 403:
        return Refused(NO_ACCESS)
    if said.status == 404 and not graph.is_delegated:
        return Refused(NO_MAILBOX)
    return failure(said)


def _retry_after(said: Said, otherwise: float) -> float:
    """Seconds. Inside a batch Graph writes no dates."""
    text = said.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else otherwise


def _windows(window: Interval) -> list[Interval]:
    """Pieces of equal length that one question may ask for."""
    count = -(-_length(window) // LONGEST)
    cuts = [window.start + (window.end - window.start) * number / count for number in range(count)]
    return [Interval(start, end) for start, end in zip(cuts, [*cuts[1:], window.end], strict=True)]


def _length(window: Interval) -> timedelta:
    return window.end - window.start


def _is_address(text: str) -> bool:
    """Enough of one that Graph will look for it; what is not would spoil the question for the others."""
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain) and len(text) <= 320 and text.isprintable() and " " not in text

"""What stands between a connector and Radicale in tests: a server that passes on every call and lets a
test spoil it, an account whose pauses take no time, a reader without a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import requests

from connectors.base import Reading, Unreadable, unreadable
from connectors.caldav.account import Account
from connectors.calls import Calls
from connectors.ics import Fetched, IcsConnector
from connectors.ics.calendar import read_calendar
from connectors.transport import Transport
from planner.domain import Interval
from tests.connectors.caldav.server import ACCOUNT, PASSWORD, RadicaleServer
from tests.connectors.clock import Clock
from tests.connectors.loopback import Request, Response

#: of a call and its answer, what is answered instead
Spoiling = Callable[[Request, Response], Response]

_PASSED_ON = ("Authorization", "Content-Type", "Depth", "If-Match", "If-None-Match")
_PASSED_BACK = ("Content-Type", "DAV", "ETag", "Location", "WWW-Authenticate")


class Front:
    """An app for `Loopback`."""

    def __init__(self, server: RadicaleServer) -> None:
        self._server = server
        self.before: Callable[[Request], None] = lambda request: None  #: happens before a call is passed on
        self.spoil: Spoiling = lambda request, response: response

    def __call__(self, request: Request) -> Response:
        self.before(request)
        answer = requests.request(
            request.method,
            self._server.url + request.path,
            data=request.body,
            headers={name: request.headers[name] for name in _PASSED_ON if name in request.headers},
            allow_redirects=False,
            timeout=20,
        )
        headers = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        return self.spoil(request, Response(answer.status_code, headers, answer.content))


def an_account(url: str, *, seconds: float = 5.0, attempts: int = 2, username: str = ACCOUNT) -> Account:
    """An account that pauses by a clock of its own.

    Args:
        seconds: of real time, for one attempt.
    """
    clock = Clock()
    transport = Transport(endpoints=[url], seconds=seconds)
    calls = Calls(transport, at_once=4, attempts=attempts, clock=clock, sleep=clock.sleep)
    return Account(url, username, PASSWORD, calls)


class InThisProcess(IcsConnector):
    """Reads texts without a process of its own for each: that is tested elsewhere, and takes its time."""

    def read_fetched(
        self, calendars: Sequence[Fetched], window: Interval, now: datetime
    ) -> Iterator[Reading]:
        for found in calendars:
            try:
                said = read_calendar(found.raw, found.timezone, window, "@officeday")
            except Unreadable as why:
                yield unreadable(found.name, window, str(why), now)
            else:
                yield Reading(found.name, said.busy, said.unknown, now, said.reason, said.warnings)

"""What may go wrong with a calendar service: 28 faults. Each leaves calendars unknown, never free."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    # done by `tests.connectors.loopback`, whatever its app says
    STATUS_401 = "401"
    STATUS_403 = "403"
    STATUS_404 = "404"
    STATUS_410 = "410"
    THROTTLED_WITH_RETRY_AFTER = "429, come back in 3 seconds"
    THROTTLED = "429"
    THROTTLED_FOR_YEARS = "429, come back in three years"
    STATUS_500 = "500"
    STATUS_502 = "502"
    STATUS_503 = "503"
    DNS = "a name that nobody knows"
    CONNECT_TIMEOUT = "no answer to a connection"
    RESET = "reset"
    BAD_TLS = "a certificate that nobody vouches for"
    DRIP_HEADERS = "headers, byte by byte"
    DRIP_BODY = "a body, byte by byte"
    TRUNCATED = "half of the answer"
    HTML = "a login page, 200"
    WRONG_LENGTH = "a body shorter than its length"
    GZIP_BOMB = "gzip that unpacks to 50 MB"
    # inside a vendor's format: its app looks at `Loopback.fault` and does them
    CALENDAR_ERRORS = "200 with an error for a calendar"
    MISSING_CALENDAR = "200 without a calendar that was asked for"
    ENDLESS_INTERVAL = "an interval without an end"
    PAGE_LOOP = "a next page that is the same page"
    FAILURE_ON_PAGE_2 = "500 on page 2"
    TOKEN_EXPIRES_BETWEEN_PAGES = "401 on page 2"
    INVALID_GRANT = "invalid_grant"
    WINDOW_TOO_LONG = "a window longer than the service takes"


#: statuses and what comes with them
STATUSES: dict[Fault, tuple[int, dict[str, str]]] = {
    Fault.STATUS_401: (401, {"WWW-Authenticate": "Bearer"}),
    Fault.STATUS_403: (403, {}),
    Fault.STATUS_404: (404, {}),
    Fault.STATUS_410: (410, {}),
    Fault.THROTTLED_WITH_RETRY_AFTER: (429, {"Retry-After": "3"}),
    Fault.THROTTLED: (429, {}),
    Fault.THROTTLED_FOR_YEARS: (429, {"Retry-After": "99999999"}),
    Fault.STATUS_500: (500, {}),
    Fault.STATUS_502: (502, {}),
    Fault.STATUS_503: (503, {}),
}

#: those of every service; the others lie in a vendor's format
DONE_BY_LOOPBACK = frozenset(
    {
        *STATUSES,
        Fault.DNS,
        Fault.CONNECT_TIMEOUT,
        Fault.RESET,
        Fault.BAD_TLS,
        Fault.DRIP_HEADERS,
        Fault.DRIP_BODY,
        Fault.TRUNCATED,
        Fault.HTML,
        Fault.WRONG_LENGTH,
        Fault.GZIP_BOMB,
    }
)

#: those that keep a client waiting until its own deadline: give it a short one
SLOW = frozenset((Fault.CONNECT_TIMEOUT, Fault.DRIP_HEADERS, Fault.DRIP_BODY))

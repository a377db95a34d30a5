"""Throw changed and made-up bytes at everything that reads what strangers wrote (`make fuzz`).

    python -m tests.fuzz.parsers NAME SECONDS [FILE…]

A parser may refuse with the errors that it documents. Anything else that it raises, a run of more than
ten seconds or 2 GB of memory ends the fuzzing with a file that holds the bytes; naming that file runs it
again. Coverage-guided: atheris on libFuzzer, begun with the calendars of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["connectors", "planner", "web.sheets", "web.pages.signed_in"]):
    from connectors.base import Unreadable
    from connectors.caldav.multistatus import read_multistatus
    from connectors.ics.calendar import read_calendar
    from connectors.ics.rules import InvalidRule, local_rule
    from connectors.microsoft.schedule import read_schedules
    from planner.documents import read_problem
    from planner.domain import Interval
    from planner.errors import InvalidProblem
    from web.errors import Misfilled
    from web.pages.signed_in import safe_next
    from web.sheets import Mistakes, read_sheet
    from web.sheets.columns import SHEETS

CALENDARS = Path(__file__).parent.parent / "calendars"
WINDOW = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 12, tzinfo=UTC))
SECONDS_A_RUN, MEGABYTES = 10, 2048


@dataclass(frozen=True)
class Parser:
    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]  #: how it may say no
    seeds: tuple[bytes, ...] | Callable[[], Iterable[bytes]] = ()


def _sheets(raw: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        path = Path(file.name)
        path.write_bytes(raw)
        for columns in SHEETS.values():
            read_sheet(path, columns, Mistakes(path.name))


def _rule(raw: bytes) -> None:
    local_rule(
        raw.decode("utf-8", "replace"),
        datetime(2026, 3, 2, 9),  # noqa: DTZ001 (local, as rules are)
        lambda text: datetime.strptime(text, "%Y%m%d"),  # noqa: DTZ007
    )


def _json(raw: bytes) -> None:
    from pydantic_core import from_json

    try:
        page = from_json(raw)
    except ValueError:
        return
    read_schedules([page], ["a@example.org"], WINDOW)


def _next(raw: bytes) -> None:
    found = safe_next(raw.decode("utf-8", "replace"))
    if found is not None and (found[:1] != "/" or found[1:2] in ("/", "\\")):
        raise AssertionError(f"leads elsewhere: {found!r}")


def _calendars() -> Iterable[bytes]:
    return (file.read_bytes() for file in sorted(CALENDARS.glob("*.ics")) if file.stat().st_size < 100_000)


PARSERS = {
    "calendar": Parser(lambda raw: read_calendar(raw, "Europe/London", WINDOW), (Unreadable,), _calendars),
    "rule": Parser(
        _rule,
        (InvalidRule, Unreadable),
        (b"FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260401", b"FREQ=MONTHLY;BYSETPOS=-1"),
    ),
    "multistatus": Parser(
        read_multistatus,
        (Unreadable,),
        (
            b'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href><d:propstat>'
            b"<d:prop><d:getetag>1</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
            b"</d:response></d:multistatus>",
        ),
    ),
    "schedules": Parser(
        _json,
        (Unreadable,),
        (
            b'{"value":[{"scheduleId":"a@example.org","availabilityView":"2","scheduleItems":[{"status":"busy",'
            b'"start":{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"},'
            b'"end":{"dateTime":"2026-03-02T10:00:00.0000000","timeZone":"UTC"}}]}]}',
        ),
    ),
    "sheets": Parser(
        _sheets,
        (Misfilled,),
        (
            b"email,name,role,offices,timezone\na@example.org,A,senior,london,Europe/London\n",
            b"\xff\xfei\x00d\x00",
        ),
    ),
    "problem": Parser(
        lambda raw: read_problem(raw, "problem.json"),
        (InvalidProblem,),
        (b'{"format":"officeday-problem/1","window":["2027-03-01","2027-03-26"],"offices":[],"people":[]}',),
    ),
    "next": Parser(_next, (), (b"/days?x=1", b"/\t/e", b"https:/e")),
}


def main() -> None:
    name, seconds, *files = sys.argv[1:]
    parser = PARSERS[name]

    def once(raw: bytes) -> None:
        try:
            parser.read(raw)
        except parser.refuses:
            return

    with tempfile.TemporaryDirectory() as corpus:
        seeds = parser.seeds() if callable(parser.seeds) else parser.seeds
        for number, seed in enumerate(seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        limits = [f"-timeout={SECONDS_A_RUN}", f"-rss_limit_mb={MEGABYTES}", f"-max_total_time={seconds}"]
        atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", *(files or [corpus])], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Events in an organizer's calendar of a real CalDAV server, where it is more than any writer promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from icalendar import Calendar

from connectors.base import Attendee, EventDraft, EventGone, Refused, Response, Unreachable, Unreadable
from connectors.caldav import open_writer
from connectors.caldav.organizer import CaldavOrganizer
from planner.domain import Interval
from tests.connectors import loopback
from tests.connectors.caldav.front import Front, an_account
from tests.connectors.caldav.server import RadicaleServer
from tests.connectors.ics.ical_text import a_calendar, an_event
from tests.connectors.loopback import Loopback, Request

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MARCH = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
_NUMBERS = count(1)
FOREIGN = a_calendar(
    "PRODID:-//somebody//EN",
    an_event("DTSTAMP:20260101T000000Z", "DTSTART:20260303T090000Z", "DTEND:20260303T100000Z", uid="dentist"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[RadicaleServer]:
    with RadicaleServer("maria", "lab@corp.example") as running:
        yield running


@pytest.fixture
def calendar(server: RadicaleServer) -> str:
    return server.make_calendar(f"/officeday/{next(_NUMBERS)}/")


@pytest.fixture
def writer(server: RadicaleServer, calendar: str) -> CaldavOrganizer:
    return CaldavOrganizer(an_account(server.url), calendar)


def a_draft(version: int = 1, **changes: object) -> EventDraft:
    draft = EventDraft(
        key="0123456789abcdefghij",
        version=version,
        start=START,
        end=START + HOUR,
        title="Lunch with Noor",
        description="An invitation, never an order.",
        location="Room 1",
        attendees=(
            Attendee("noor@corp.example", "Noor"),
            Attendee("room1@corp.example", "Room 1", is_room=True),
        ),
    )
    return replace(draft, **changes)


def path(calendar: str) -> str:
    return f"{calendar}{a_draft().key}.ics"


def stored(server: RadicaleServer, calendar: str):
    """The one event of a calendar."""
    (text,) = server.events(calendar).values()
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return event


def test_an_event_says_what_its_draft_says(server: RadicaleServer, calendar: str, writer: CaldavOrganizer):
    writer.write(
        a_draft(tentative=True, title="HOLD: Lunch; with, “Noor”\r\nX-EVIL:1", location="a\x00b\ud800")
    )

    event = stored(server, calendar)

    assert event["UID"] == "0123456789abcdefghij@officeday"
    assert event.start == START and event.end == START + HOUR
    assert event["SUMMARY"] == "HOLD: Lunch; with, “Noor”\nX-EVIL:1" and "X-EVIL" not in event
    assert event["LOCATION"] == "a b?"
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("TENTATIVE", "OPAQUE", 1)
    noor, room = event["ATTENDEE"]
    assert (noor, noor.params["CN"], noor.params["PARTSTAT"]) == (
        "mailto:noor@corp.example",
        "Noor",
        "NEEDS-ACTION",
    )
    assert (room, room.params["CUTYPE"]) == ("mailto:room1@corp.example", "ROOM")


def test_names_of_people_cannot_say_anything_else(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    name = 'Noor "N" O\'Hara;ROLE=CHAIR:mailto:x@y\r\nATTENDEE:mailto:evil@corp.example'

    writer.write(a_draft(attendees=(Attendee("o'hara+noor@corp.example", name),)))

    attendee = stored(server, calendar)["ATTENDEE"]
    assert attendee == "mailto:o'hara+noor@corp.example"
    assert attendee.params["ROLE"] == "REQ-PARTICIPANT"
    assert attendee.params["CN"].startswith("Noor 'N' O'Hara;ROLE=CHAIR")


def test_of_a_repeated_event_there_is_one(server: RadicaleServer, calendar: str, writer: CaldavOrganizer):
    writer.write(a_draft())
    before = server.events(calendar)

    for _ in range(3):
        CaldavOrganizer(an_account(server.url), calendar).write(a_draft())

    assert server.events(calendar) == before


def test_the_next_version_is_written_over_what_a_person_moved(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    server.move(path(calendar), START + HOUR, START + 2 * HOUR)  # its SEQUENCE is 2 now

    moved = writer.write(a_draft())
    assert (moved.start, moved.version) == (START + HOUR, 1)

    writer.write(a_draft(2))
    event = stored(server, calendar)
    assert event.start == START
    assert event["SEQUENCE"] == 3


def test_an_event_that_a_person_cancelled_is_gone(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    server.put(path(calendar), server.get(path(calendar)).replace("STATUS:CONFIRMED", "STATUS:CANCELLED"))

    assert list(writer.written(MARCH)) == []
    for version in (1, 2):
        with pytest.raises(EventGone):
            writer.write(a_draft(version))
    assert writer.write(a_draft(2), restore=True).version == 2
    assert stored(server, calendar)["STATUS"] == "CONFIRMED"


def test_an_event_that_a_program_stored_under_another_path_is_found(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    text = server.get(path(calendar))
    server.remove(path(calendar))
    server.put(f"{calendar}from-a-phone.ics", text)

    assert writer.write(a_draft()).version == 1
    assert writer.write(a_draft(2)).version == 2
    assert stored(server, calendar)["SEQUENCE"] == 2
    writer.withdraw(a_draft().key)
    assert server.events(calendar) == {}


def test_times_that_a_program_wrote_in_its_own_zone_are_read(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    text = server.get(path(calendar))
    text = text.replace("DTSTART:20260303T090000Z", "DTSTART;TZID=W. Europe Standard Time:20260303T110000")
    text = text.replace("DTEND:20260303T100000Z", "DTEND;TZID=W. Europe Standard Time:20260303T120000")
    server.put(path(calendar), text)

    (event,) = writer.written(MARCH)

    assert (event.start, event.end) == (START + HOUR, START + 2 * HOUR)


def test_events_of_others_stay_byte_for_byte(server: RadicaleServer, calendar: str, writer: CaldavOrganizer):
    server.put(f"{calendar}dentist.ics", FOREIGN)
    server.put(f"{calendar}{'v' * 20}.ics", FOREIGN.replace(b"dentist", b"another"))
    foreign = server.events(calendar)

    writer.write(a_draft())
    writer.write(a_draft(2))
    assert [event.key for event in writer.written(MARCH)] == [a_draft().key]
    writer.withdraw(a_draft().key)
    writer.withdraw("v" * 20)

    assert server.events(calendar) == foreign


def test_a_place_that_another_event_has_taken_is_left_to_it(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    server.put(path(calendar), FOREIGN)

    with pytest.raises(Unreachable):
        writer.write(a_draft())

    assert list(server.events(calendar)) == [path(calendar)] and "dentist" in server.get(path(calendar))


def test_a_copy_that_a_person_made_is_theirs(server: RadicaleServer, calendar: str, writer: CaldavOrganizer):
    writer.write(a_draft())
    copied = server.get(path(calendar)).replace("0123456789abcdefghij@officeday", "a-copy")
    server.put(f"{calendar}copy.ics", copied)

    assert len(list(writer.written(MARCH))) == 1
    writer.withdraw(a_draft().key)
    assert list(server.events(calendar)) == [f"{calendar}copy.ics"]


def test_a_lost_answer_leaves_one_event(server: RadicaleServer, calendar: str):
    """Radicale has written it, and the answer does not come back."""
    app = Front(server)
    with Loopback(app) as front:
        lost = iter([True])
        app.spoil = lambda request, response: (
            loopback.Response(503) if request.method in ("PUT", "DELETE") and next(lost, False) else response
        )
        writer = CaldavOrganizer(an_account(front.url, attempts=1), calendar)
        with pytest.raises(Unreachable):
            writer.write(a_draft())
        assert writer.write(a_draft()).version == 1
        assert len(server.events(calendar)) == 1

        lost = iter([True])
        with pytest.raises(Unreachable):
            writer.write(a_draft(2))
        assert writer.write(a_draft(2)).version == 2
        lost = iter([True])
        with pytest.raises(Unreachable):
            writer.withdraw(a_draft().key)
        assert server.events(calendar) == {}
        writer.withdraw(a_draft().key)


def test_an_answer_lost_on_the_way_is_asked_for_again_at_once(server: RadicaleServer, calendar: str):
    app = Front(server)
    lost = iter([True])
    app.spoil = lambda request, response: (
        loopback.Response(503) if request.method == "PUT" and next(lost, False) else response
    )
    with Loopback(app) as front:
        written = CaldavOrganizer(an_account(front.url, attempts=2), calendar).write(a_draft())

    assert written.version == 1 and len(server.events(calendar)) == 1


def test_somebody_elses_change_in_between_is_seen(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    """Between our reading and our writing, a person moves the event; then another one removes it."""
    writer.write(a_draft())
    app = Front(server)
    changes = iter(
        [
            lambda: server.move(path(calendar), START + HOUR, START + 2 * HOUR),
            lambda: server.remove(path(calendar)),
        ]
    )

    def before(request: Request) -> None:
        if request.method == "PUT":
            next(changes, lambda: None)()

    app.before = before
    with Loopback(app) as front, pytest.raises(EventGone):
        CaldavOrganizer(an_account(front.url), calendar).write(a_draft(2))

    assert server.events(calendar) == {}


def test_what_somebody_puts_in_the_place_of_an_event_is_not_withdrawn(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    app = Front(server)

    def before(request: Request) -> None:
        if request.method == "DELETE":
            server.remove(path(calendar))
            server.put(path(calendar), FOREIGN)

    app.before = before
    with Loopback(app) as front:
        CaldavOrganizer(an_account(front.url), calendar).withdraw(a_draft().key)

    assert "dentist" in server.get(path(calendar))


def test_an_answer_is_void_once_the_time_has_changed(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    server.answer(path(calendar), "noor@corp.example", "ACCEPTED")
    server.answer(path(calendar), "room1@corp.example", "DECLINED")
    answered = {"noor@corp.example": Response.ACCEPTED, "room1@corp.example": Response.DECLINED}

    assert writer.write(a_draft(2, title="Lunch")).responses == answered
    later = writer.write(a_draft(3, start=START + HOUR, end=START + 2 * HOUR))

    assert set(later.responses.values()) == {Response.NEEDS_ACTION}


def test_answers_that_nobody_knows_are_none_yet(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    server.answer(path(calendar), "noor@corp.example", "DELEGATED")

    (event,) = writer.written(MARCH)

    assert event.responses["noor@corp.example"] is Response.NEEDS_ACTION


def test_an_event_of_ours_that_says_no_time_any_more_is_no_silent_loss(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    writer.write(a_draft())
    app = Front(server)
    app.spoil = lambda request, response: replace(
        response, body=response.body.replace(b"DTEND:20260303T100000Z", b"DTEND:soon")
    )
    with Loopback(app) as front, pytest.raises(Unreadable):
        list(CaldavOrganizer(an_account(front.url), calendar).written(MARCH))


@pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b'<multistatus xmlns="DAV:"><response>'])
def test_a_calendar_that_cannot_be_listed_is_not_empty(server: RadicaleServer, calendar: str, body: bytes):
    app = Front(server)
    app.spoil = lambda request, response: (
        replace(response, body=body) if request.method == "REPORT" else response
    )
    with Loopback(app) as front, pytest.raises(Unreadable):
        list(CaldavOrganizer(an_account(front.url), calendar).written(MARCH))


def test_a_login_page_is_no_sign_that_anything_was_done(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer
):
    """A gateway answers in the server's place, and says 200."""
    app = Front(server)

    def gateway(request: Request) -> loopback.Response:
        if request.method in ("PROPFIND", "GET", "REPORT"):
            return app(request)
        return loopback.Response(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>Sign in</html>")

    with Loopback(gateway) as front:
        behind = CaldavOrganizer(an_account(front.url), calendar)
        with pytest.raises(Unreadable):
            behind.write(a_draft())
        assert server.events(calendar) == {}
        writer.write(a_draft())
        with pytest.raises(Unreadable):
            behind.withdraw(a_draft().key)


@pytest.mark.parametrize("told", [b"404 Not Found", b"507 Insufficient Storage"])
def test_a_list_that_lacks_an_event_is_no_list(
    server: RadicaleServer, calendar: str, writer: CaldavOrganizer, told: bytes
):
    writer.write(a_draft())
    app = Front(server)
    app.spoil = lambda request, response: (
        replace(response, body=response.body.replace(b"200 OK", told))
        if request.method == "REPORT"
        else response
    )
    with Loopback(app) as front, pytest.raises(Unreachable):
        list(CaldavOrganizer(an_account(front.url), calendar).written(MARCH))


def test_a_server_says_whether_it_invites(server: RadicaleServer, calendar: str, writer: CaldavOrganizer):
    assert not writer.invites()

    app = Front(server)
    app.spoil = lambda request, response: replace(
        response, headers={**response.headers, "DAV": "1, 3, calendar-access, calendar-auto-schedule"}
    )
    with Loopback(app) as front:
        assert CaldavOrganizer(an_account(front.url), calendar).invites()


def test_invitations_come_from_the_accounts_mail_address(server: RadicaleServer, calendar: str):
    server.make_calendar("/lab@corp.example/events/")
    writer = CaldavOrganizer(an_account(server.url, username="lab@corp.example"), "lab@corp.example")

    writer.write(a_draft())

    assert stored(server, "/lab@corp.example/events/")["ORGANIZER"] == "mailto:lab@corp.example"


def test_a_server_that_knows_little_is_written_to_all_the_same(server: RadicaleServer, calendar: str):
    """It describes nothing, and names nobody."""
    app = Front(server)

    def simple(request: Request) -> loopback.Response:
        return loopback.Response(501) if request.method in ("PROPFIND", "OPTIONS") else app(request)

    with Loopback(simple) as front:
        writer = CaldavOrganizer(an_account(front.url), calendar)
        assert writer.write(a_draft()).version == 1
        assert [event.key for event in writer.written(MARCH)] == [a_draft().key]
        assert not writer.invites()
        assert stored(server, calendar)["ORGANIZER"] == front.url + "/"


def test_a_calendar_that_may_not_be_written_to_is_refused(server: RadicaleServer):
    marias = server.make_calendar("/maria/work/")

    with pytest.raises(Refused, match="may not write"):
        open_writer(server.settings(), (), marias).write(a_draft())


def test_an_organizer_with_several_calendars_must_name_one(server: RadicaleServer):
    server.make_calendar("/officeday/a/")
    server.make_calendar("/officeday/b/")

    with pytest.raises(Refused, match=r"connectors\.organizer"):
        open_writer(server.settings(), (), "officeday").write(a_draft())

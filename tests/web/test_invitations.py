from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from dateutil.tz import tzical
from icalendar import Calendar

from planner.domain import SessionKind
from tests.web.mails import (
    AISHA,
    BEN,
    COFFEE,
    COWORKING,
    FARID,
    GITA,
    HOSTILE,
    LUNCH,
    MENTORING,
    NOW,
    PRIYA,
    hostile_session,
)
from web.invitations import Organizer, invitation, readdressed, time_zone, uid
from web.records import PersonRef, SessionRecord

ORGANIZER = Organizer("officeday", "mentoring@example.org")

#: Both hemispheres, half an hour, two hours, backwards in summer, no change at all, a change at midnight.
ZONES = (
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Santiago",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Pacific/Kiritimati",
)


def message(
    session: SessionRecord, recipient: PersonRef, method: str = "REQUEST", *, accepted: bool = False
) -> bytes:
    return invitation(session, recipient, method, organizer=ORGANIZER, stamp=NOW, accepted=accepted)


def event_of(raw: bytes):
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    return event


def attendees_of(event) -> list:
    listed = event["ATTENDEE"]
    return listed if isinstance(listed, list) else [listed]


def unfolded(raw: bytes) -> list[str]:
    return raw.decode().replace("\r\n ", "").split("\r\n")


def test_an_invitation_says_when_where_and_what():
    raw = message(MENTORING, AISHA)

    lines = unfolded(raw)
    assert "METHOD:REQUEST" in lines
    assert "UID:session-mentoring-1@officeday" in lines
    assert "SEQUENCE:0" in lines
    assert "DTSTAMP:20270305T090000Z" in lines
    assert "DTSTART;TZID=Europe/London:20270311T093000" in lines
    assert "DTEND;TZID=Europe/London:20270311T103000" in lines
    assert "SUMMARY:Group mentoring with Priya Rao" in lines
    assert "LOCATION:Room 3\\, London" in lines
    assert "ORGANIZER;CN=officeday:mailto:mentoring@example.org" in lines
    assert "STATUS:CONFIRMED" in lines
    assert "TRANSP:OPAQUE" in lines
    assert "X-MICROSOFT-CDO-BUSYSTATUS:BUSY" in lines


def test_a_cancellation_takes_the_same_event_away_and_frees_its_time():
    lines = unfolded(message(replace(MENTORING, sequence=4), AISHA, "CANCEL"))

    assert "METHOD:CANCEL" in lines
    assert "UID:session-mentoring-1@officeday" in lines
    assert "SEQUENCE:4" in lines
    assert "STATUS:CANCELLED" in lines
    assert "TRANSP:TRANSPARENT" in lines


def test_the_same_invitation_is_byte_for_byte_the_same():
    assert message(MENTORING, AISHA) == message(MENTORING, AISHA)


@pytest.mark.parametrize("reader, summary", [(PRIYA, "Lunch with Farid"), (FARID, "Lunch with Priya Rao")])
def test_a_lunch_is_named_after_the_other_one(reader, summary):
    assert event_of(message(LUNCH, reader))["SUMMARY"] == summary


def test_a_copy_has_one_person_and_the_room_with_a_mailbox():
    person, room = attendees_of(event_of(message(MENTORING, BEN)))

    assert person == "mailto:ben@example.org"
    assert person.params["CUTYPE"] == "INDIVIDUAL"
    assert person.params["PARTSTAT"] == "NEEDS-ACTION"
    assert room == "mailto:room3@example.org"
    assert room.params["CUTYPE"] == "ROOM"
    assert room.params["ROLE"] == "NON-PARTICIPANT"


def test_a_room_without_a_mailbox_and_an_online_session_have_no_room_among_attendees():
    assert attendees_of(event_of(message(LUNCH, FARID))) == ["mailto:farid@example.org"]
    assert attendees_of(event_of(message(COFFEE, AISHA))) == ["mailto:aisha@example.org"]
    assert event_of(message(COFFEE, AISHA))["LOCATION"] == "online"


@pytest.mark.parametrize(
    "recipient, accepted, partstat",
    [(PRIYA, False, "ACCEPTED"), (GITA, True, "ACCEPTED"), (GITA, False, "NEEDS-ACTION")],
)
def test_who_said_yes_already_is_not_asked_again(recipient, accepted, partstat):
    (person, *_) = attendees_of(event_of(message(COWORKING, recipient, accepted=accepted)))

    assert person.params["PARTSTAT"] == partstat


def test_a_set_group_is_named_to_each_other_and_people_who_book_seats_are_not():
    assert "Also there: Ben and Chidi" in event_of(message(MENTORING, AISHA))["DESCRIPTION"]
    assert "With Gita and Ben" in event_of(message(COWORKING, PRIYA))["DESCRIPTION"]
    assert "Ben" not in message(COWORKING, GITA).decode()


def test_one_juniors_booking_leaves_the_other_juniors_copies_as_they_were():
    booked = replace(COWORKING, juniors=(*COWORKING.juniors, AISHA), open_seats=1)

    assert message(booked, GITA) == message(COWORKING, GITA)
    assert message(booked, PRIYA) != message(COWORKING, PRIYA)


# --- zones ---------------------------------------------------------------------------------------


def clock_changes(zone: str) -> list[datetime]:
    tz = ZoneInfo(zone)
    hours = (datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(366 * 24))
    return [
        hour
        for hour in hours
        if hour.astimezone(tz).utcoffset() != (hour + timedelta(hours=1)).astimezone(tz).utcoffset()
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_a_vtimezone_gives_the_right_offset_at_every_half_hour_round_a_clock_change(zone):
    """Judged by dateutil, which reads observances by itself and knows no zone by name here."""
    component = time_zone(ZoneInfo(zone), 2027).to_ical().decode()
    read = tzical(StringIO(component)).get()
    moments = [
        change + timedelta(minutes=30 * half)
        for change in [
            *clock_changes(zone),
            datetime(2027, 1, 1, tzinfo=UTC),
            datetime(2027, 12, 31, tzinfo=UTC),
        ]
        for half in range(-12, 13)
    ]

    for moment in moments:
        assert moment.astimezone(read).utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset(), moment


@pytest.mark.parametrize("zone", ZONES)
def test_a_session_at_any_hour_round_a_clock_change_is_read_back_at_its_instant(zone):
    for change in clock_changes(zone):
        for half in range(-8, 9):
            start = change + timedelta(minutes=30 * half)
            raw = message(replace(COFFEE, start=start, timezone=zone), AISHA)

            (event,) = recurring_ical_events.of(Calendar.from_ical(raw)).between(
                start - timedelta(days=2), start + timedelta(days=2)
            )

            assert event["DTSTART"].dt.astimezone(UTC) == start
            assert event["DTEND"].dt.astimezone(UTC) == start + timedelta(minutes=30)


def test_round_a_clock_change_times_are_written_in_utc():
    second = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # 1:30 in London for the second time

    raw = message(replace(COFFEE, start=second), AISHA)

    assert "DTSTART:20271031T013000Z" in unfolded(raw)
    assert b"VTIMEZONE" not in raw


def test_a_session_in_utc_needs_no_zone():
    raw = message(replace(COFFEE, timezone="UTC"), AISHA)

    assert b"VTIMEZONE" not in raw
    assert "DTSTART:20270311T153000Z" in unfolded(raw)


# --- hostile text --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_hostile_text_adds_no_line_property_or_person(text, method):
    session = hostile_session(text)
    raw = invitation(
        session,
        session.juniors[0],
        method,
        organizer=Organizer(text, "mentoring@example.org"),
        stamp=NOW,
    )

    plain = message(MENTORING, AISHA, method)
    assert [line.split(";")[0].split(":")[0] for line in unfolded(raw)] == [
        line.split(";")[0].split(":")[0] for line in unfolded(plain)
    ]
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))  # RFC 5545 §3.1, octets
    person, room = attendees_of(event_of(raw))
    assert (person, room) == ("mailto:aisha@example.org", "mailto:room3@example.org")
    assert person.params["CUTYPE"] == "INDIVIDUAL"
    assert event_of(raw)["ORGANIZER"] == "mailto:mentoring@example.org"


@pytest.mark.parametrize(
    "email", ["a@example.org\r\nATTENDEE:mailto:b@example.org", 'a"@example.org', "a b@x", "é@x"]
)
def test_a_hostile_address_adds_no_line(email):
    raw = message(LUNCH, replace(FARID, email=email))

    assert len(unfolded(raw)) == len(unfolded(message(LUNCH, FARID)))
    assert "\n" not in attendees_of(event_of(raw))[0]


def test_ids_that_are_no_plain_words_still_make_different_plain_uids():
    uids = {uid(text) for text in HOSTILE.values()}

    assert len(uids) == len(HOSTILE)
    assert all(each.isascii() and each.isprintable() and " " not in each for each in uids)


# --- trying things out ---------------------------------------------------------------------------


@pytest.mark.parametrize("session, recipient", [(MENTORING, AISHA), (LUNCH, PRIYA), (COFFEE, AISHA)])
def test_a_readdressed_invitation_names_the_test_mailbox_and_no_other_attendee(session, recipient):
    raw = readdressed(message(session, recipient), "trial@example.net")

    assert attendees_of(event_of(raw)) == ["mailto:trial@example.net"]
    assert event_of(raw)["ORGANIZER"] == "mailto:mentoring@example.org"
    assert recipient.email not in raw.decode()
    assert "room3@" not in raw.decode()
    assert event_of(raw)["UID"] == uid(session.id)


@pytest.mark.parametrize("kind", SessionKind)
def test_every_kind_of_session_has_a_name_for_both_sides(kind):
    session = replace(COWORKING, kind=kind)

    assert "Priya" in event_of(message(session, GITA))["SUMMARY"]
    assert event_of(message(session, PRIYA))["SUMMARY"]

"""From an address to calendars, on servers that are laid out in different ways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.base import CalendarRequest, Reading, Refused
from connectors.caldav.organizer import CaldavOrganizer
from connectors.caldav.reader import CaldavConnector
from tests.connectors.caldav.dav_tree import CALENDAR, COLLECTION, TRANSPARENT, DavTree, href
from tests.connectors.caldav.front import InThisProcess, an_account
from tests.connectors.ics.ical_text import MARCH, a_calendar, an_event, written
from tests.connectors.loopback import Loopback, Response

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def at(hour: int) -> str:
    """An event of an hour on 3 March, without a zone."""
    return a_calendar(an_event(f"DTSTART:20260303T{hour:02}0000", "DURATION:PT1H", uid=f"at-{hour}")).decode()


#: as sabre/dav has it, which Nextcloud and Baïkal are made of
SABRE = DavTree(
    {
        "/remote.php/dav/": href("d:current-user-principal", "/remote.php/dav/principals/users/officeday/"),
        "/remote.php/dav/principals/users/officeday/": href(
            "d:principal-collection-set", "/remote.php/dav/principals/users/"
        ),
        "/remote.php/dav/principals/users/maria/": "<d:resourcetype><d:principal/></d:resourcetype>"
        + href("c:calendar-home-set", "/remote.php/dav/calendars/maria/"),
        "/remote.php/dav/calendars/maria/": COLLECTION,
        "/remote.php/dav/calendars/maria/personal/": CALENDAR,
        "/remote.php/dav/calendars/maria/work/": CALENDAR,
        "/remote.php/dav/calendars/maria/holidays/": CALENDAR + TRANSPARENT,
        "/remote.php/dav/calendars/maria/inbox/": "<d:resourcetype><c:schedule-inbox/></d:resourcetype>",
        "/remote.php/dav/calendars/maria/tasks/": CALENDAR
        + '<c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>',
    },
    events={
        "/remote.php/dav/calendars/maria/personal/": at(9),
        "/remote.php/dav/calendars/maria/work/": at(11),
        "/remote.php/dav/calendars/maria/holidays/": at(13),
        "/remote.php/dav/calendars/maria/tasks/": at(15),
    },
    principals={"maria@corp.example": "/remote.php/dav/principals/users/maria/"},
)


def read(tree: DavTree, address: str, path: str = "", timezone: str = "UTC") -> Reading:
    with Loopback(tree) as server:
        connector = CaldavConnector(an_account(server.url + path), confined=InThisProcess())
        (reading,) = connector.read([CalendarRequest(address, timezone)], MARCH, NOW, {})
    return reading


def busy(reading: Reading) -> list[str]:
    assert reading.unknown == () and reading.reason is None
    return [written(one.interval) for one in reading.busy]


def assert_all_unknown(reading: Reading, reason: str) -> None:
    assert reading.busy == () and reading.unknown == (MARCH,)
    assert reason in str(reading.reason)


@pytest.mark.parametrize(
    "address",
    [
        "maria",
        "maria@corp.example",
        "MARIA@corp.example",
        "/remote.php/dav/principals/users/maria/",
        "/remote.php/dav/calendars/maria/",
        "calendars/maria/",
    ],
)
def test_a_user_is_found_by_name_by_mail_and_by_path(address: str):
    assert busy(read(SABRE, address, "/remote.php/dav")) == ["03-03 09:00/10:00", "03-03 11:00/12:00"]


def test_a_calendar_that_is_named_counts_whatever_its_owner_says():
    holidays = "/remote.php/dav/calendars/maria/holidays/"

    assert busy(read(SABRE, holidays, "/remote.php/dav")) == ["03-03 13:00/14:00"]


def test_the_well_known_address_leads_to_the_server():
    """RFC 6764 §5."""

    def app(request):
        if request.path == "/.well-known/caldav":
            return Response(301, {"Location": "/remote.php/dav/"})
        return SABRE(request)

    with Loopback(app) as server:
        connector = CaldavConnector(an_account(server.url), confined=InThisProcess())
        (reading,) = connector.read([CalendarRequest("maria")], MARCH, NOW, {})

    assert busy(reading) == ["03-03 09:00/10:00", "03-03 11:00/12:00"]


def test_a_user_may_have_calendars_in_two_places():
    tree = DavTree(
        {
            "/p/": href("c:calendar-home-set", "/one/", "two/"),
            "/one/": COLLECTION,
            "/one/a/": CALENDAR,
            "/p/two/": COLLECTION,
            "/p/two/b/": CALENDAR,
        },
        events={"/one/a/": at(9), "/p/two/b/": at(11)},
    )

    assert busy(read(tree, "/p/")) == ["03-03 09:00/10:00", "03-03 11:00/12:00"]


OWNED_BY = "<d:owner><d:href>/remote.php/dav/principals/users/{}/</d:href></d:owner>"
#: as Nextcloud has it: others' places are closed, and what they share stands among our own
NEXTCLOUD = DavTree(
    {
        **{path: said for path, said in SABRE.properties.items() if "/calendars/" not in path},
        "/remote.php/dav/principals/users/officeday/": href(
            "c:calendar-home-set", "/remote.php/dav/calendars/officeday/"
        ),
        "/remote.php/dav/principals/users/noor/": href(
            "c:calendar-home-set", "/remote.php/dav/calendars/noor/"
        ),
        "/remote.php/dav/calendars/officeday/": COLLECTION,
        "/remote.php/dav/calendars/officeday/personal/": CALENDAR + OWNED_BY.format("officeday"),
        "/remote.php/dav/calendars/officeday/one_shared_by_maria/": CALENDAR
        + TRANSPARENT
        + OWNED_BY.format("maria"),
        "/remote.php/dav/calendars/officeday/two_shared_by_maria/": CALENDAR
        + TRANSPARENT
        + OWNED_BY.format("maria"),
    },
    events={
        "/remote.php/dav/calendars/officeday/personal/": at(15),
        "/remote.php/dav/calendars/officeday/one_shared_by_maria/": at(9),
        "/remote.php/dav/calendars/officeday/two_shared_by_maria/": at(11),
    },
    statuses={"/remote.php/dav/calendars/maria/": 403, "/remote.php/dav/calendars/noor/": 404},
)


def test_what_somebody_shares_is_found_among_our_own_calendars():
    assert busy(read(NEXTCLOUD, "maria", "/remote.php/dav")) == ["03-03 09:00/10:00", "03-03 11:00/12:00"]


def test_who_shares_nothing_is_unknown():
    assert_all_unknown(read(NEXTCLOUD, "noor", "/remote.php/dav"), "may not read")


def test_the_zone_of_a_calendar_may_be_given_by_name():
    """RFC 7809 §5.2; one that nobody knows is passed over."""
    named = "<c:calendar-timezone-id>{}</c:calendar-timezone-id>"
    for zone, expected in (("America/New_York", "03-03 14:00/15:00"), ("Mars/Olympus", "03-03 08:00/09:00")):
        tree = DavTree({"/c/": CALENDAR + named.format(zone)}, events={"/c/": at(9)})

        assert busy(read(tree, "/c/", timezone="Europe/Berlin")) == [expected]


@pytest.mark.parametrize(
    ("properties", "statuses", "reason"),
    [
        ({"/home/": COLLECTION}, {}, "no calendar with events"),
        ({"/home/": COLLECTION, "/home/a/": CALENDAR + TRANSPARENT}, {}, "not counting"),
        ({"/home/": COLLECTION, "/home/a/": CALENDAR}, {"/home/b/": 403}, "cannot be seen"),
        ({"/home/": COLLECTION, **{f"/home/{n}/": CALENDAR for n in range(101)}}, {}, "more than 100"),
        ({"/home/": "<d:resourcetype/>"}, {}, "no calendar at this address"),
        ({"/home/": href("c:calendar-home-set", "/gone/")}, {"/gone/": 403}, "may not read"),
        ({"/home/": href("c:calendar-home-set", "https://elsewhere.example/")}, {}, "another server"),
        ({"/home/": href("c:calendar-home-set", "http://[")}, {}, "cannot be read"),
    ],
)
def test_what_has_no_calendar_to_read_is_unknown(
    properties: dict[str, str], statuses: dict[str, int], reason: str
):
    assert_all_unknown(read(DavTree(properties, statuses=statuses), "/home/"), reason)


def test_a_server_that_does_not_say_who_we_are_knows_no_names():
    assert_all_unknown(read(DavTree({"/": COLLECTION}), "maria"), "Write the address of the calendar")


def test_a_name_is_not_guessed_where_users_are_called_otherwise():
    tree = DavTree({"/": href("d:current-user-principal", "/principals/7/"), "/principals/7/": COLLECTION})

    assert_all_unknown(read(tree, "maria"), "no way from the name 'maria'")


def test_a_mail_address_that_is_only_part_of_another_is_nobodys():
    maria = "/remote.php/dav/principals/users/maria/"
    tree = DavTree(SABRE.properties, principals={"anna-maria@corp.example": maria})

    assert_all_unknown(read(tree, "maria@corp.example", "/remote.php/dav"), "no calendar")


def test_an_answer_about_several_resources_is_no_answer_about_one():
    def app(request):
        answer = DavTree({"/c/": CALENDAR})(request)
        start, end = answer.body.index(b"<d:response>"), answer.body.index(b"</d:multistatus>")
        return Response(207, {}, answer.body[:end] + answer.body[start:end] + answer.body[end:])

    with Loopback(app) as server:
        connector = CaldavConnector(an_account(server.url), confined=InThisProcess())
        (reading,) = connector.read([CalendarRequest("/c/")], MARCH, NOW, {})

    assert_all_unknown(reading, "does not say what was asked")


FREE_BUSY_ONLY = (
    "<d:current-user-privilege-set><d:privilege><c:read-free-busy/></d:privilege>"
    "</d:current-user-privilege-set>"
)
ONE_REPORT = (
    "<d:supported-report-set><d:supported-report><d:report><c:free-busy-query/></d:report>"
    "</d:supported-report></d:supported-report-set>"
)


@pytest.mark.parametrize("said", [FREE_BUSY_ONLY, ONE_REPORT])
def test_who_may_see_free_busy_times_only_is_not_misled_by_an_empty_list(said: str):
    """Some servers leave out what one may not see, and say nothing."""
    tree = DavTree({"/c/": CALENDAR + said})
    body = (
        b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nFREEBUSY:20260303T090000Z/PT1H\r\n"
        b"END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )

    def app(request):
        return Response(200, {}, body) if b"free-busy-query" in request.body else tree(request)

    with Loopback(app) as server:
        connector = CaldavConnector(an_account(server.url), confined=InThisProcess())
        (reading,) = connector.read([CalendarRequest("/c/")], MARCH, NOW, {})

    assert busy(reading) == ["03-03 09:00/10:00"]


def test_all_calendars_of_an_address_together_have_a_limit():
    large = at(9).replace("SUMMARY:Canary title", "SUMMARY:" + "x" * 6_000_000)
    tree = DavTree(
        {"/home/": COLLECTION, "/home/a/": CALENDAR, "/home/b/": CALENDAR},
        events={"/home/a/": large, "/home/b/": large},
    )

    assert busy(read(tree, "/home/a/")) == ["03-03 09:00/10:00"]
    assert_all_unknown(read(tree, "/home/"), "larger than 10 MB")


def test_a_server_that_knows_no_options_does_not_invite():
    with Loopback(DavTree({"/c/": CALENDAR})) as server:
        assert not CaldavOrganizer(an_account(server.url), "/c/").invites()


def test_a_user_name_with_a_colon_is_none():
    with pytest.raises(Refused, match="username"):
        an_account("http://127.0.0.1:1", username="a:b")

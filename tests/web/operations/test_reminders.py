"""Two reminders and no more: of days that wait for an answer, and of sessions that come soon."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from tests.web.pages.persons import SESSIONS, WEDNESDAY, Person, propose_a_day, state_of, version_of
from web import jobs
from web.operations import goals, outbox, proposals, seats
from web.operations.goals import GoalForm
from web.operations.reminders import working_day_before
from web.pages import create_app
from web.site import Site
from web.store import tables as t

#: Priya has until Tuesday 17:00, as the day is a Wednesday; half of that is over on Sunday.
HALF = NOW + (datetime(2027, 3, 9, 17, tzinfo=UTC) - NOW) / 2
TUESDAY_AT_FOUR = datetime(2027, 3, 9, 16, tzinfo=UTC)
EVERYBODY = {"Priya", *(name.title() for some in SESSIONS.values() for name in some)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def look(site: Site, *moments: datetime) -> None:
    for moment in moments:
        jobs.look_round(at(site, moment))


def letters(site: Site, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name, t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == kind)
            .order_by(t.outbox.c.id)
        )
        return [(row.name, row.payload) for row in rows]


def reminders(site: Site) -> list[dict[str, Any]]:
    return [payload for _, payload in letters(site, "proposal") if payload["reminder"]]


def set_person(site: Site, name: str, **values: Any) -> None:
    with site.store.writing() as connection:
        who = t.person.c.email == f"{name}@example.org"
        connection.execute(update(t.person).where(who).values(**values))


# --- days that wait for an answer ----------------------------------------------------------------


def test_a_senior_is_reminded_once_when_half_of_the_time_has_gone(site: Site) -> None:
    propose_a_day(site)

    look(site, HALF - timedelta(minutes=2))
    assert reminders(site) == []
    look(site, HALF, HALF + timedelta(minutes=2), HALF + timedelta(hours=40))

    assert len(reminders(site)) == 1


def test_one_reminder_is_of_everything_that_waits_with_the_links_of_the_first_mail(site: Site) -> None:
    day = propose_a_day(site)
    look(site, HALF)

    (mail,) = reminders(site)
    (asked,) = [payload for _, payload in letters(site, "proposal") if not payload["reminder"]]
    assert [day["link"] for day in mail["days"]] == [day["link"] for day in asked["days"]]
    token = outbox.signer(site).url("proposal", mail["days"][0]["link"]).rsplit("/", 1)[1]
    proposals.decide_by_link(at(site, HALF), token, "skip", None, (), HALF)
    assert state_of(site, day) == "skipped"


def test_who_has_answered_is_not_reminded(site: Site) -> None:
    day = propose_a_day(site)
    proposals.skip(site, day, version_of(site, day), member(site, "priya"), NOW + timedelta(hours=1))

    look(site, HALF)

    assert reminders(site) == []


def test_where_less_than_two_days_were_given_there_is_no_reminder(site: Site) -> None:
    day = propose_a_day(site)
    with site.store.writing() as connection:
        connection.execute(update(t.proposal).values(expires_at=NOW + timedelta(hours=47)))

    look(site, *(NOW + timedelta(hours=hours) for hours in range(1, 50, 3)))

    assert reminders(site) == []
    assert state_of(site, day) == "expired"


def test_silence_is_its_own_answer_and_no_skip(site: Site) -> None:
    day = propose_a_day(site)
    late = TUESDAY_AT_FOUR + timedelta(hours=2)
    look(site, late)

    assert state_of(site, day) == "expired"
    then = at(site, late)
    page = Person(create_app(then), then, "priya").open("/days").text
    assert "You did not answer; that is fine. The sessions go to others." in page
    page = Person(create_app(then), then, "priya").open(f"/days/{day}").text
    assert "You did not answer; that is fine. The sessions go to others." in page


# --- sessions that come soon ---------------------------------------------------------------------


def agree(site: Site, moment: datetime = NOW, day: date = WEDNESDAY) -> int:
    proposal_id = propose_a_day(site, day)
    then = at(site, moment)
    version = version_of(site, proposal_id)
    proposals.approve(then, proposal_id, version, member(site, "priya"), (), moment)
    jobs.run_due(then)
    assert state_of(site, proposal_id) == "approved"
    return proposal_id


def coming(site: Site) -> dict[str, list[list[str]]]:
    """By name what each reminder is about."""
    found: dict[str, list[list[str]]] = {}
    for name, payload in letters(site, "coming"):
        found.setdefault(name, []).append([each["session"]["id"] for each in payload["sessions"]])
    return found


def test_everybody_is_reminded_on_the_eve_at_four_in_one_mail_of_all_their_sessions(site: Site) -> None:
    day = agree(site)

    look(site, TUESDAY_AT_FOUR - timedelta(minutes=2))
    assert coming(site) == {}
    look(site, TUESDAY_AT_FOUR, TUESDAY_AT_FOUR + timedelta(minutes=2), TUESDAY_AT_FOUR + timedelta(hours=9))

    found = coming(site)
    assert set(found) == EVERYBODY
    assert found["Priya"] == [["cohort", "lunch", "desk"]]
    assert found["Farid"] == [["lunch"]]
    ways = {
        name: payload["sessions"][0]["say_no"]
        for name, payload in letters(site, "coming")
        if name in ("Priya", "Farid")
    }
    assert ways == {"Priya": f"/days/{day}", "Farid": "/sessions"}


def test_four_oclock_is_that_of_the_recipients_own_clock(site: Site) -> None:
    agree(site)
    set_person(site, "farid", timezone="America/New_York")
    set_person(site, "gita", timezone="Asia/Kolkata")

    look(site, datetime(2027, 3, 9, 10, 31, tzinfo=UTC))
    assert set(coming(site)) == {"Gita"}
    look(site, TUESDAY_AT_FOUR)
    assert set(coming(site)) == EVERYBODY - {"Farid"}
    look(site, datetime(2027, 3, 9, 21, 1, tzinfo=UTC))
    assert set(coming(site)) == EVERYBODY


def test_a_monday_is_reminded_of_on_the_friday_before(site: Site) -> None:
    agree(site, day=date(2027, 3, 15))

    look(site, datetime(2027, 3, 12, 16, tzinfo=UTC), datetime(2027, 3, 14, 16, tzinfo=UTC))

    assert coming(site)["Farid"] == [["lunch"]]
    with site.store.reading() as connection:
        sent = connection.execute(select(t.outbox.c.created_at).where(t.outbox.c.kind == "coming")).scalars()
        assert set(sent) == {datetime(2027, 3, 12, 16, tzinfo=UTC)}


def test_a_day_on_which_all_their_offices_are_closed_is_no_working_day(site: Site) -> None:
    agree(site)
    with site.store.writing() as connection:
        connection.execute(
            insert(t.office_closure).values(office_id="london", day=date(2027, 3, 9), reason="Works")
        )

    look(site, datetime(2027, 3, 8, 16, 1, tzinfo=UTC), TUESDAY_AT_FOUR)

    assert coming(site)["Farid"] == [["lunch"]]
    with site.store.reading() as connection:
        sent = connection.execute(select(t.outbox.c.created_at).where(t.outbox.c.kind == "coming")).scalars()
        assert set(sent) == {datetime(2027, 3, 8, 16, 1, tzinfo=UTC)}


def test_who_gave_up_the_seat_is_not_reminded(site: Site) -> None:
    agree(site)
    seats.give_up(site, "desk", member(site, "gita"), NOW + timedelta(hours=1))

    look(site, TUESDAY_AT_FOUR)

    assert "Gita" not in coming(site)
    assert "Hal" in coming(site)


def test_what_was_agreed_later_than_that_is_news_enough(site: Site) -> None:
    session = agree_coworking(site, 4, datetime(2027, 3, 10, 9, tzinfo=UTC))
    seats.book(site, session, member(site, "hal"), NOW)
    seats.book(site, session, member(site, "gita"), TUESDAY_AT_FOUR + timedelta(minutes=30))

    look(site, TUESDAY_AT_FOUR + timedelta(hours=1))

    assert set(coming(site)) == {"Hal", "Priya"}


def test_a_server_that_was_down_at_four_reminds_when_it_is_back_but_not_of_what_has_begun(site: Site) -> None:
    agree(site)

    look(site, datetime(2027, 3, 10, 11, tzinfo=UTC))

    assert coming(site)["Priya"] == [["lunch", "desk"]]
    assert "Aisha" not in coming(site)  # her session had begun at 9:30


def test_the_reminder_says_where_to_meet_online(site: Site) -> None:
    agree(site)
    with site.store.writing() as connection:
        connection.execute(
            insert(t.calendar_event).values(
                key="k",
                organizer="google:a@example.org",
                session_id="lunch",
                wanted={},
                next_attempt_at=NOW,
                seen_start=NOW,
                seen_end=NOW,
                seen={
                    "people": {},
                    "room_id": None,
                    "room": None,
                    "link": "https://meet.example.org/9",
                    "refused_rooms": [],
                },
            )
        )

    look(site, TUESDAY_AT_FOUR)

    (farids,) = [payload for name, payload in letters(site, "coming") if name == "Farid"]
    assert farids["sessions"][0]["link"] == "https://meet.example.org/9"


@pytest.mark.parametrize(
    ("day", "off", "before"),
    [
        (date(2027, 3, 10), [], date(2027, 3, 9)),
        (date(2027, 3, 8), [date(2027, 3, 6), date(2027, 3, 7)], date(2027, 3, 5)),
        (date(2027, 3, 10), [date(2027, 3, 10) - timedelta(days=n) for n in range(1, 30)], date(2027, 3, 9)),
    ],
)
def test_the_working_day_before(day: date, off: list[date], before: date) -> None:
    assert working_day_before(day, frozenset(off)) == before


def test_the_mail_of_the_day_before_says_what_a_session_is_for_and_leads_to_its_briefing(site: Site) -> None:
    farid = member(site, "farid")
    goals.add(site, GoalForm("explain", "", None), farid, NOW)
    agree(site)
    look(site, TUESDAY_AT_FOUR)

    coming = {name: payload["sessions"] for name, payload in letters(site, "coming")}
    (lunch,) = coming["Farid"]
    assert lunch["purpose"] == "Your goal: “explain”"
    assert lunch["briefing"] == "/sessions/lunch/briefing"
    assert "explain" not in str(coming["Priya"])  # a mail stays, and what a junior set themself is theirs
    assert "It serves a goal that Farid set" in str(coming["Priya"])
    assert all(
        each["purpose"] for sessions in coming.values() for each in sessions if not each["session"]["title"]
    )

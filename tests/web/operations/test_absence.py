""" "I can't come today": what goes, what stays, whose hand it was, and coming after all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.history import History
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import agreed, busy, on, session, standing
from tests.web.organizers import settle
from tests.web.pages.persons import WEDNESDAY, state_of
from web.errors import Refused
from web.operations import absence, assistants, calendars, proposals, seats
from web.records import Member
from web.site import Site
from web.store import seats as kept
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    return site


def state(site: Site, session_id: str, name: str) -> str | None:
    with site.store.reading() as connection:
        return kept.state_of(connection, session_id, member(site, name).person.id)


# --- a senior ------------------------------------------------------------------------------------


def test_what_is_online_already_stays_where_nobody_was_asked(site: Site) -> None:
    agreed(site)
    with site.store.writing() as connection:
        online = {"office_id": None, "room_id": None, "room_use": None}
        connection.execute(update(t.session).where(t.session.c.id == "lunch").values(online))
    priya = member(site, "priya")

    absence.senior_cannot_come(site, 1, None, priya, NOW)
    assert standing(site) == {"lunch"}
    assert not absence.can_take_back(site, 1, priya, NOW)

    absence.senior_cannot_come(site, 1, None, priya, NOW)  # no trip is left: it is online that they mean
    assert standing(site) == set()


def test_where_the_day_no_longer_fits_coming_after_all_asks_about_the_next_best(
    site: Site, tmp_path: Path
) -> None:
    agreed(site, fewest=1)
    priya = member(site, "priya")
    absence.senior_cannot_come(site, 1, None, priya, NOW)
    later = busy(site, tmp_path, "farid", (on(WEDNESDAY, 8), on(WEDNESDAY, 18)))

    absence.senior_can_come(later, 1, priya, later.now())
    settle(later)

    (day,) = proposals.of_senior(later, priya, later.now())
    assert (day.state, standing(later)) == ("proposed", set())
    assert "can no longer make it" in (day.refusal or "")


def test_coming_after_all_invites_those_whom_the_plan_chose(site: Site) -> None:
    agreed(site)
    priya = member(site, "priya")
    absence.senior_cannot_come(site, 1, None, priya, NOW)

    absence.senior_can_come(site, 1, priya, NOW)
    settle(site)

    again = session(site, "desk")
    assert again and [one.name for one in again.juniors] == ["Gita", "Hal"]
    assert (state_of(site, 1), standing(site)) == ("approved", {"cohort", "lunch", "desk"})


def test_a_day_that_has_begun_or_went_elsewhere_is_not_brought_back(site: Site) -> None:
    agreed(site)
    priya = member(site, "priya")
    with pytest.raises(Refused, match="cannot be brought back"):
        absence.senior_can_come(site, 1, priya, NOW)  # it is still agreed
    absence.senior_cannot_come(site, 1, None, priya, NOW)

    noon = at(site, on(WEDNESDAY, 12))
    with pytest.raises(Refused, match="cannot be brought back"):
        absence.senior_can_come(noon, 1, priya, noon.now())
    with site.store.writing() as connection:
        marek = member(site, "marek").person.id
        connection.execute(update(t.session).where(t.session.c.id == "lunch").values(senior_id=marek))
    with pytest.raises(Refused, match="cannot be brought back"):
        absence.senior_can_come(site, 1, priya, NOW)


def test_an_assistant_who_says_it_is_named_and_the_senior_hears_of_it(site: Site) -> None:
    agreed(site)
    priya = member(site, "priya")
    assistants.name(site, priya.person.id, "hal@example.org", False, priya, NOW)
    hal: Member = replace(priya, behind=member(site, "hal").person)

    def told() -> list[str]:
        with site.store.reading() as connection:
            to_priya = (t.outbox.c.person_id == priya.person.id) & (t.outbox.c.kind == "note")
            notes = select(t.outbox.c.payload).where(to_priya).order_by(t.outbox.c.id)
            return [note["headline"] for note in connection.execute(notes).scalars()]

    before = len(told())
    absence.senior_cannot_come(site, 1, None, hal, NOW)
    answered_by = proposals.one(site, 1, priya).answered_by
    assert answered_by == hal.hand
    absence.senior_can_come(site, 1, hal, NOW)

    assert told()[before:] == [
        "Hal said that you cannot come on Wednesday 10 March",
        "Hal said that you can come after all on Wednesday 10 March",
    ]


# --- a junior ------------------------------------------------------------------------------------


def test_lists_and_offers_of_that_day_end_too(site: Site) -> None:
    start = NOW + timedelta(hours=46)
    by_need = agree_coworking(site, 2, start)
    with site.store.writing() as connection:
        kept.begin_by_need(connection, [by_need], NOW)
    History(site, "marek").session(start + timedelta(hours=6), ["hal"], None)
    other_day = agree_coworking(site, 1, start + timedelta(days=3))
    hal = member(site, "hal")
    seats.wait(site, by_need, hal, NOW)
    seats.book(site, other_day, hal, NOW)

    given = absence.junior_cannot_come(site, start.date(), hal, NOW)
    seats.settle_due(site, NOW + timedelta(hours=24))

    assert len(given.sessions) == 2
    assert (state(site, by_need, "hal"), state(site, other_day, "hal")) == ("cancelled", "booked")


def test_coming_after_all_a_junior_has_what_nobody_took_and_waits_for_the_rest(site: Site) -> None:
    hal, day = member(site, "hal"), (NOW + timedelta(days=3)).date()
    start = on(day, 9)
    for n, hour in ((1, 9), (2, 12), (3, 15)):
        agree_coworking(site, n, on(day, hour))
    for n in (1, 2):
        seats.book(site, f"open-{n}", hal, NOW)
    seats.book(site, "open-3", hal, NOW)
    seats.give_up(site, "open-3", hal, NOW)  # for another reason, before
    seats.wait(site, "open-1", member(site, "gita"), NOW)

    later = NOW + timedelta(minutes=1)
    absence.junior_cannot_come(site, start.date(), hal, later)
    assert absence.junior_can_come(site, day, hal, later) == (1, 1)

    assert [state(site, f"open-{n}", "hal") for n in (1, 2, 3)] == ["waiting", "booked", "cancelled"]


def test_who_is_elsewhere_by_then_comes_to_nothing_after_all(site: Site) -> None:
    hal, day = member(site, "hal"), (NOW + timedelta(days=3)).date()
    agree_coworking(site, 1, on(day, 9))
    seats.book(site, "open-1", hal, NOW)
    absence.junior_cannot_come(site, day, hal, NOW)
    History(site, "marek").session(on(day, 10), ["hal"], None)

    assert absence.junior_can_come(site, day, hal, NOW) == (0, 0)
    assert state(site, "open-1", "hal") == "cancelled"

"""With each plan it is kept on which days simpler ways of booking would have put its sessions."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select, update

from planner.domain import SessionKind
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, at, member
from tests.web.made_up import NOW
from tests.web.pages.persons import propose_a_day
from tests.web.plans import planned, released
from web.operations import programmes, runs
from web.site import Site
from web.store import programmes as kept
from web.store import proposals as kept_proposals
from web.store import runs as kept_runs
from web.store import tables as t


def simpler(site: Site, way: str) -> dict[str, date | None]:
    """The trip, if any, of each session that a way found a place for."""
    d = t.simpler_day.c
    with site.store.reading() as connection:
        return {
            row.session_id: row.day
            for row in connection.execute(select(d.session_id, d.day).where(d.way == way, d.placed))
        }


def in_anyway(site: Site, name: str, *days: str) -> None:
    whose = t.person.c.id == member(site, name).person.id
    with site.store.writing() as connection:
        connection.execute(update(t.person).where(whose).values(days_in_anyway=[*days]))


def test_a_plan_keeps_the_days_of_both_simpler_ways(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    planned(site)

    first_free, greedy = simpler(site, "first_free"), simpler(site, "greedy")

    with site.store.reading() as connection:
        in_person = set(
            connection.execute(select(t.session.c.id).where(t.session.c.office_id.is_not(None))).scalars()
        )
    assert first_free.keys() == greedy.keys() == in_person
    assert all(day and FIRST_DAY <= day <= LAST_DAY for day in [*first_free.values(), *greedy.values()])


def test_a_day_on_which_its_senior_is_in_anyway_is_kept_as_no_trip(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    planned(site)
    before = simpler(site, "first_free"), simpler(site, "greedy")
    in_anyway(site, "priya", "mon", "tue", "wed", "thu", "fri")

    planned(site)

    with site.store.reading() as connection:
        s = t.session.c
        theirs = set(connection.scalars(select(s.id).where(s.senior_id == member(site, "priya").person.id)))
    for way, old in zip(("first_free", "greedy"), before, strict=True):
        found = simpler(site, way)
        assert found.keys() == old.keys()
        assert {day for session, day in found.items() if session in theirs} == {None}
        assert None not in {day for session, day in found.items() if session not in theirs}


def test_it_is_kept_what_a_simpler_way_found_no_place_for(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    planned(site)
    with site.store.writing() as connection:
        sessions = connection.scalars(select(t.simpler_day.c.session_id).order_by("session_id")).all()
        kept_runs.keep_simpler_days(
            connection, sessions, [sessions[0]], {"first_free": {}, "greedy": {sessions[0]: FIRST_DAY}}
        )

    d = t.simpler_day.c
    with site.store.reading() as connection:
        rows = connection.execute(select(d.way, d.placed, d.day).order_by(d.way)).all()
    assert rows == [("first_free", False, None), ("greedy", True, FIRST_DAY)]


def test_a_proposed_day_keeps_whether_its_senior_was_in_anyway_until_it_is_another(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    in_anyway(site, "priya", "wed")
    day = propose_a_day(site)

    def kept_of_it() -> bool:
        with site.store.reading() as connection:
            return bool(connection.scalar(select(t.proposal.c.in_anyway).where(t.proposal.c.id == day)))

    assert kept_of_it()

    in_anyway(site, "priya")
    with site.store.writing() as connection:
        kept_proposals.change(connection, day, version=7)
    assert kept_of_it()

    with site.store.writing() as connection:
        kept_proposals.change(connection, day, day=FIRST_DAY)
    assert not kept_of_it()

    with site.store.writing() as connection:
        connection.execute(update(t.reading).values(in_office=[LAST_DAY.isoformat()]))
        kept_proposals.change(connection, day, day=LAST_DAY)
    assert kept_of_it()


def test_simpler_ways_are_compared_on_the_sessions_of_the_plan_and_no_others(tmp_path: Path) -> None:
    """For Priya no day is worth the trip: what is left out for that is no saving of office days."""
    site = a_company(tmp_path)
    priya = member(site, "priya").person.id
    with site.store.writing() as connection:
        connection.execute(
            update(t.person).where(t.person.c.id == priya).values(min_sessions_per_office_day=20)
        )
    run = planned(site)

    with site.store.reading() as connection:
        placed = set(
            connection.scalars(
                select(t.placement.c.session_id)
                .join(t.session, t.session.c.id == t.placement.c.session_id)
                .where(t.session.c.office_id.is_not(None))
            )
        )
    assert run.unplaced
    assert placed
    assert simpler(site, "first_free").keys() <= placed
    assert simpler(site, "greedy").keys() <= placed
    assert run.first_free_placed is not None and run.first_free_placed <= run.sessions
    theirs = {each.senior.id: each for each in run.by_senior}
    assert theirs[priya].days == theirs[priya].one_by_one == 0


def test_a_later_plan_replaces_them(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    planned(site)
    with site.store.writing() as connection:
        connection.execute(update(t.simpler_day).values(day=date(2000, 1, 1)))

    planned(site)

    assert min(day for day in simpler(site, "first_free").values() if day) >= FIRST_DAY


def test_what_is_agreed_keeps_the_days_of_its_own_plan(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    released(site)
    with site.store.writing() as connection:
        s = t.session.c
        agreed = connection.execute(
            select(t.placement.c.session_id, t.placement.c.start, t.placement.c.room_id)
            .where(t.placement.c.room_id.is_not(None))
            .limit(1)
        ).one()
        connection.execute(
            update(t.session)
            .where(s.id == agreed.session_id)
            .values(state="agreed", start=agreed.start, room_id=agreed.room_id, seats_held=8)
        )
        connection.execute(update(t.simpler_day).values(day=date(2000, 1, 1)))

    planned(at(site, NOW + timedelta(hours=1)))

    assert simpler(site, "first_free")[agreed.session_id] == date(2000, 1, 1)


def test_a_session_that_is_no_longer_due_goes_with_its_days(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        connection.execute(t.candidate.delete())
        connection.execute(t.session.delete())
        kept.write_format(connection, 1, programmes.usual(SessionKind.INDIVIDUAL_LUNCH))
        kept.begin(connection, 1, FIRST_DAY)
    run = planned(site)
    assert simpler(site, "greedy")

    runs.forget(site, run.id)

    with site.store.reading() as connection:
        assert connection.execute(select(t.session.c.id)).all() == []
    assert simpler(site, "greedy") == {}

"""Who leaves or pauses: what becomes of what was ahead, and who hears of it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.web.company import FIRST_DAY, LAST_DAY, a_company, agree_coworking, member
from tests.web.made_up import NOW
from web import jobs
from web.operations import proposals, runs, seats
from web.operations.departures import Departed, depart
from web.records import ProposalRecord
from web.site import Site
from web.store import tables as t

TODAY = NOW.date()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Everything is planned and released; nobody has answered."""
    site = a_company(tmp_path)
    run_id = runs.start(site, member(site, "ada"), FIRST_DAY, LAST_DAY, NOW)
    jobs.run_due(site)
    runs.release(site, run_id, member(site, "ada"), NOW)
    jobs.run_due(site)
    return site


def of(site: Site, name: str) -> tuple[ProposalRecord, ...]:
    return proposals.of_senior(site, member(site, name), NOW)


def approve_all(site: Site, name: str) -> None:
    for each in of(site, name):
        proposals.approve(site, each.id, each.version, member(site, name), (), NOW)
    jobs.run_due(site)


def leave(site: Site, *names: str, from_day: date = TODAY, until: date | None = None) -> Departed:
    some = [member(site, name) for name in names]
    with site.store.writing() as connection:
        ids = [each.person.id for each in some]
        return depart(connection, site, some[0].programme_id, ids, from_day, NOW, until)


def told(site: Site) -> dict[str, dict[str, Any]]:
    """What the mails about departures say, by name; nobody has two."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name, t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "departure")
        ).all()
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row.payload for row in rows}


def states(site: Site) -> dict[str, str]:
    with site.store.reading() as connection:
        return {row.id: row.state for row in connection.execute(select(t.session.c.id, t.session.c.state))}


def seated(site: Site, session_id: str) -> set[str]:
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name)
            .join(t.seat, t.seat.c.person_id == t.person.c.id)
            .where(t.seat.c.session_id == session_id, t.seat.c.state.in_(["invited", "booked"]))
        )
        return set(rows.scalars())


def test_a_junior_who_leaves_loses_seats_and_a_session_for_two_falls(site: Site) -> None:
    approve_all(site, "priya")
    approve_all(site, "marek")
    before = seated(site, "cohort")

    done = leave(site, "farid", "dana")

    assert done.cancelled == 2  # lunch with Farid, and Dana's with Marek
    assert done.thinned == 1
    assert seated(site, "cohort") == before - {"Dana"}
    assert {key: states(site)[key] for key in ("lunch", "pair", "cohort")} == {
        "lunch": "due",
        "pair": "due",
        "cohort": "agreed",
    }
    assert set(told(site)) == {"Farid", "Dana", "Priya", "Marek"}
    assert done.told == 4


def test_a_seniors_sessions_all_fall_and_everybody_hears_of_it_once(site: Site) -> None:
    approve_all(site, "priya")
    juniors = seated(site, "lunch") | seated(site, "cohort") | seated(site, "desk")

    done = leave(site, "priya")

    assert done.cancelled == 3
    assert set(told(site)) == juniors | {"Priya"}
    assert all(seated(site, each) == set() for each in ("lunch", "cohort", "desk"))
    assert {states(site)[each] for each in ("lunch", "cohort", "desk")} == {"cancelled"}  # hers alone
    assert {each.state for each in of(site, "priya")} <= {"cancelled"}


def test_a_seat_that_comes_free_goes_to_the_next_in_line(site: Site) -> None:
    session = agree_coworking(site, 1)
    seats.book(site, session, member(site, "gita"), NOW)
    seats.wait(site, session, member(site, "hal"), NOW)

    leave(site, "gita")

    assert seats.one(site, session, member(site, "hal"), NOW).state in ("booked", "offered")
    assert {"Gita", "Priya"} <= set(told(site))
    assert "Hal" not in told(site)  # who has the news of the seat


def test_a_pause_touches_only_what_lies_in_it(site: Site) -> None:
    approve_all(site, "priya")
    (day,) = {each.day for each in of(site, "priya") if each.office}

    assert leave(site, "farid", from_day=day + timedelta(1), until=day + timedelta(9)) == Departed(
        0, 0, 0, 0, 0
    )
    assert states(site)["lunch"] == "agreed"
    assert leave(site, "farid", from_day=day, until=day).cancelled == 1
    assert states(site)["lunch"] == "due"


def test_a_waiting_day_goes_on_without_what_falls_and_its_links_still_decide(site: Site) -> None:
    (day,) = [each for each in of(site, "priya") if each.office]

    done = leave(site, "farid")

    (after,) = [each for each in of(site, "priya") if each.office]
    assert (done.shortened, done.told) == (1, 1)
    assert {s.id for s in after.sessions} == {s.id for s in day.sessions} - {"lunch"}
    assert told(site)["Priya"]["shorter"][0]["dropped"][0]["id"] == "lunch"
    with site.store.reading() as connection:
        versions = connection.execute(
            select(t.link.c.proposal_version).where(t.link.c.proposal_id == day.id)
        ).scalars()
        assert set(versions) == {after.version}
    proposals.approve(site, after.id, after.version, member(site, "priya"), (), NOW)
    jobs.run_due(site)
    assert states(site)["lunch"] != "agreed"


def test_a_waiting_day_of_a_senior_who_leaves_is_withdrawn(site: Site) -> None:
    done = leave(site, "marek")

    assert done.withdrawn == len(told(site)["Marek"]["withdrawn"]) >= 1
    assert set(told(site)) == {"Marek"}  # juniors had not been asked yet
    assert of(site, "marek") == ()


def test_leaving_twice_changes_and_tells_nothing_more(site: Site) -> None:
    approve_all(site, "priya")
    leave(site, "priya", "farid")

    assert leave(site, "priya", "farid") == Departed(0, 0, 0, 0, 0)


def test_what_was_kept_says_when_they_left(site: Site) -> None:
    leave(site, "farid", from_day=date(2027, 3, 10))
    leave(site, "gita", from_day=date(2027, 3, 10), until=date(2027, 3, 20))

    with site.store.reading() as connection:
        part = t.participation.c
        rows = {
            row.name: (row.left, row.paused_from, row.paused_until)
            for row in connection.execute(
                select(t.person.c.name, part.left, part.paused_from, part.paused_until).join(
                    t.person, t.person.c.id == part.person_id
                )
            )
        }
    assert rows["Farid"] == (date(2027, 3, 10), None, None)
    assert rows["Gita"] == (None, date(2027, 3, 10), date(2027, 3, 20))


def test_every_mail_about_it_is_written_and_leaves(site: Site) -> None:
    approve_all(site, "priya")
    leave(site, "priya", "dana")
    jobs.run_due(site)

    with site.store.reading() as connection:
        left = connection.execute(select(t.outbox.c.state).where(t.outbox.c.kind == "departure")).scalars()
        assert set(left) <= {"sent", "waiting"}

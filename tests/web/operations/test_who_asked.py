"""Who never asked: what befalls an invitation does not make an asker of whoever was invited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from planner.programme import Lost
from tests.web.company import a_company, agree_coworking, member
from tests.web.made_up import NOW
from tests.web.operations.test_day_questions import agreed, session
from tests.web.pages.persons import WEDNESDAY
from web.operations import calendars, seats
from web.operations.changes import Changes
from web.operations.departures import depart
from web.site import Site
from web.store import fairness
from web.store import seats as kept
from web.store.day_questions import standing
from web.store.programmes import load_programme


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    calendars.sync(site, None, NOW)
    return site


def asked(site: Site) -> set[int]:
    with site.store.reading() as connection:
        return fairness.who_asked(connection, member(site, "ada").programme_id)


def lost(site: Site) -> tuple[Lost, ...]:
    with site.store.reading() as connection:
        return load_programme(connection, member(site, "ada").programme_id, NOW).lost


def move_without(site: Site, session_id: str, name: str) -> None:
    """Hold an agreed session a day later, when one of its juniors is busy."""
    who = str(member(site, name).person.id)
    with site.store.writing() as connection:
        (stood,) = standing(connection, [session_id], NOW)
        others = tuple(each for each in stood.placement.juniors if each != who)
        later = replace(stood.placement, start=stood.start + timedelta(days=1), juniors=others)
        changes = Changes(connection, site, NOW)
        changes.move_day([later], WEDNESDAY + timedelta(days=1))
        changes.tell()


def test_whose_invitation_falls_in_a_pause_has_not_asked(site: Site) -> None:
    agreed(site)
    aisha = member(site, "aisha")

    with site.store.writing() as connection:
        depart(connection, site, aisha.programme_id, [aisha.person.id], WEDNESDAY, NOW, until=WEDNESDAY)

    stays = session(site, "cohort")
    assert stays and aisha.person not in stays.juniors
    assert asked(site) == set()


def test_whom_a_move_drops_has_not_asked_and_has_lost_a_turn_with_that_senior(site: Site) -> None:
    agreed(site)
    priya, dana = (str(member(site, name).person.id) for name in ("priya", "dana"))

    move_without(site, "cohort", "dana")

    assert asked(site) == set()
    assert [(one.senior, one.junior) for one in lost(site)] == [(priya, dana)]


def test_whoever_booked_has_asked_whatever_became_of_it(site: Site) -> None:
    open_seat = agree_coworking(site, 2)
    hal, gita = member(site, "hal"), member(site, "gita")
    for one in (hal, gita):
        seats.book(site, open_seat, one, NOW)

    with site.store.writing() as connection:
        depart(connection, site, hal.programme_id, [hal.person.id], NOW.date(), NOW)
    seats.give_up(site, open_seat, gita, NOW)

    assert asked(site) == {hal.person.id, gita.person.id}
    with site.store.reading() as connection:
        assert kept.state_of(connection, open_seat, hal.person.id) == "cancelled"

"""What planning knows of the past, out of the tables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from planner.domain import SessionKind
from planner.programme import Ahead, Format, Held, Turn
from tests.web.company import a_company, member
from tests.web.history import History
from tests.web.made_up import NOW
from web.operations.programmes import usual
from web.site import Site
from web.store import programmes as kept
from web.store import roster

COFFEE = usual(SessionKind.COFFEE_ROULETTE)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def test_sessions_of_other_programmes_are_known_as_far_back_as_the_gap_between_two(site: Site) -> None:
    history = History(site)
    history.session(NOW - timedelta(days=2), ["aisha"], kind=COFFEE.kind)
    history.session(NOW - timedelta(weeks=COFFEE.weeks_between_pairs + 1), ["ben"], kind=COFFEE.kind)
    with site.store.writing() as connection:
        returners = roster.add_programme(connection, "Returners", made_up=False)
        kept.write_format(connection, returners, COFFEE)
        found = kept.load_programme(connection, returners, NOW)

    priya, aisha = (str(member(site, name).person.id) for name in ("priya", "aisha"))
    assert found.may_have_met == (Held(COFFEE.kind, priya, (aisha,), (NOW - timedelta(days=2)).date()),)
    assert found.last_met[COFFEE.kind, priya, aisha] == (NOW - timedelta(days=2)).date()
    assert not found.held


def test_where_no_pair_has_a_gap_other_programmes_are_not_looked_at(site: Site) -> None:
    History(site).session(NOW - timedelta(days=2), ["aisha"], kind=COFFEE.kind)
    lunch: Format = usual(SessionKind.GROUP_LUNCH)
    assert lunch.turn is Turn.EACH_SENIOR
    with site.store.writing() as connection:
        returners = roster.add_programme(connection, "Returners", made_up=False)
        kept.write_format(connection, returners, lunch)
        assert kept.load_programme(connection, returners, NOW).may_have_met == ()


def test_a_session_of_which_nobody_says_anything_takes_nobodys_turn_in_the_end(site: Site) -> None:
    history = History(site)
    history.session(NOW - timedelta(days=9), ["aisha"], None, kind=COFFEE.kind)
    history.session(NOW - timedelta(days=20), ["ben"], None, kind=COFFEE.kind)
    history.session(NOW - timedelta(days=20), ["chidi", "dana"], None, kind=COFFEE.kind, chidi="came")
    with site.store.reading() as connection:
        found = kept.load_programme(connection, 1, NOW)

    def names(some: tuple[Held | Ahead, ...]) -> set[str]:
        by_id = {str(member(site, name).person.id): name for name in ("aisha", "ben", "chidi", "dana")}
        return {by_id[who] for one in some for who in one.juniors}

    assert names(found.held) == {"aisha", "chidi", "dana"}
    assert names(found.may_have_met) == {
        "ben"
    }  # the two may have met, so they are not drawn together at once

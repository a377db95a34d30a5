"""Co-working while it is on: each junior once a round, what it says of who came, and who may say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.web.company import a_company, agree_coworking, at, member
from tests.web.made_up import NOW
from web.errors import NotFound, Refused
from web.operations import coworking, seats
from web.records import Member
from web.site import Site
from web.store import tables as t

START = NOW + timedelta(days=5)
END = START + timedelta(minutes=120)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def session(site: Site) -> str:
    session = agree_coworking(site, 3, START)
    for name in ("gita", "hal"):
        seats.book(site, session, member(site, name), NOW)
    return session


@pytest.fixture
def priya(site: Site) -> Member:
    return member(site, "priya")


def number(site: Site, name: str) -> int:
    return member(site, name).person.id


def looked_in(site: Site, session: str, by: Member) -> list[set[str]]:
    """Round by round, who was looked in on."""
    rounds = coworking.one(site, session, by).rounds
    return [{each.junior.name for each in one.juniors if each.at} for one in rounds]


def said(site: Site, session: str, name: str) -> tuple[str | None, str | None]:
    """Whether somebody came, and what became of the session."""
    with site.store.reading() as connection:
        return tuple(
            connection.execute(
                select(t.seat.c.attendance, t.session.c.outcome)
                .join(t.session, t.session.c.id == t.seat.c.session_id)
                .where(t.seat.c.session_id == session, t.seat.c.person_id == number(site, name))
            ).one()
        )


def test_there_is_a_round_every_half_hour_and_each_junior_is_in_each(
    site: Site, session: str, priya: Member
) -> None:
    rounds = coworking.one(site, session, priya).rounds

    assert [one.start - START for one in rounds] == [each * HALF_HOUR for each in range(4)]
    assert rounds[-1].end == END
    assert {tuple(each.junior.name for each in one.juniors) for one in rounds} == {("Gita", "Hal")}
    assert [one.left for one in rounds] == [2, 2, 2, 2]


def test_online_co_working_has_as_many_rounds_as_it_has_half_hours(
    site: Site, session: str, priya: Member
) -> None:
    with site.store.writing() as connection:
        online = {"kind": "virtual_coworking", "office_id": None, "room_id": None, "minutes": 75}
        connection.execute(update(t.session).where(t.session.c.id == session).values(online))

    rounds = coworking.one(site, session, priya).rounds

    assert [one.end - one.start for one in rounds] == [HALF_HOUR, HALF_HOUR, timedelta(minutes=15)]


def test_a_junior_is_looked_in_on_once_a_round(site: Site, session: str, priya: Member) -> None:
    coworking.look_in(site, session, number(site, "gita"), 0, priya, START + timedelta(minutes=3))
    coworking.look_in(site, session, number(site, "gita"), 0, priya, START + timedelta(minutes=4))
    coworking.look_in(site, session, number(site, "gita"), 1, priya, START + HALF_HOUR)

    assert looked_in(site, session, priya) == [{"Gita"}, {"Gita"}, set(), set()]
    first = coworking.one(site, session, priya).rounds[0]
    assert first.juniors[0].at == START + timedelta(minutes=3)


def test_the_first_check_in_says_that_somebody_came_and_that_it_was_held(
    site: Site, session: str, priya: Member
) -> None:
    coworking.look_in(site, session, number(site, "gita"), 0, priya, START)

    assert said(site, session, "gita") == ("came", "held")
    assert said(site, session, "hal") == (None, "held")


def test_a_tap_is_undone_with_what_it_said(site: Site, session: str, priya: Member) -> None:
    gita = number(site, "gita")
    coworking.look_in(site, session, gita, 0, priya, START)

    coworking.take_back(site, session, gita, 0, priya, START + timedelta(minutes=1))

    assert looked_in(site, session, priya)[0] == set()
    assert said(site, session, "gita") == (None, None)


def test_undoing_one_of_several_check_ins_leaves_that_somebody_came(
    site: Site, session: str, priya: Member
) -> None:
    gita = number(site, "gita")
    coworking.look_in(site, session, gita, 0, priya, START)
    coworking.look_in(site, session, gita, 1, priya, START + HALF_HOUR)

    coworking.take_back(site, session, gita, 0, priya, START + HALF_HOUR)

    assert said(site, session, "gita") == ("came", "held")


def test_who_is_not_here_is_not_waited_for_and_may_come_after_all(
    site: Site, session: str, priya: Member
) -> None:
    hal = number(site, "hal")
    coworking.say_here(site, session, hal, False, priya, START)
    assert said(site, session, "hal")[0] == "missed"
    assert [one.left for one in coworking.one(site, session, priya).rounds] == [1, 1, 1, 1]

    coworking.say_here(site, session, hal, True, priya, START)
    assert said(site, session, "hal")[0] is None

    coworking.say_here(site, session, hal, False, priya, START)
    coworking.look_in(site, session, hal, 1, priya, START + HALF_HOUR)
    assert said(site, session, "hal") == ("came", "held")


@pytest.mark.parametrize(
    ("moment", "which", "error"),
    [
        (START - timedelta(seconds=1), 0, Refused),
        (START, 1, Refused),
        (END, 4, NotFound),
        (END + timedelta(hours=2), 3, Refused),
    ],
)
def test_nothing_is_said_of_a_round_before_it_begins_nor_long_after(
    site: Site, session: str, priya: Member, moment, which: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        coworking.look_in(site, session, number(site, "gita"), which, priya, moment)

    assert looked_in(site, session, priya) == [set(), set(), set(), set()]


def test_a_late_tap_counts_for_the_round_that_the_page_showed(
    site: Site, session: str, priya: Member
) -> None:
    coworking.look_in(site, session, number(site, "gita"), 3, priya, END + timedelta(hours=1))

    assert looked_in(site, session, priya)[3] == {"Gita"}


def test_only_its_senior_looks_in_and_only_on_those_who_have_a_seat(
    site: Site, session: str, priya: Member
) -> None:
    gita, ben = number(site, "gita"), number(site, "ben")
    for by, whom in (
        (member(site, "marek"), gita),
        (member(site, "gita"), gita),
        (member(site, "ada"), gita),
        (priya, ben),
    ):
        with pytest.raises(NotFound):
            coworking.look_in(site, session, whom, 0, by, START)
    with pytest.raises(NotFound):
        coworking.one(site, session, member(site, "marek"))


def test_what_an_assistant_taps_is_kept_as_theirs(site: Site, session: str, priya: Member) -> None:
    marek = member(site, "marek").person
    coworking.look_in(site, session, number(site, "gita"), 0, replace(priya, behind=marek), START)

    with site.store.reading() as connection:
        assert connection.execute(select(t.check_in.c.by_id)).scalar_one() == marek.id


def test_the_page_is_open_from_a_quarter_of_an_hour_before_to_two_hours_after(
    site: Site, session: str, priya: Member
) -> None:
    record = coworking.one(at(site, START), session, priya).session

    assert not coworking.is_open(record, START - timedelta(minutes=15, seconds=1))
    assert coworking.is_open(record, START - timedelta(minutes=15))
    assert coworking.is_open(record, END + timedelta(hours=2) - timedelta(seconds=1))
    assert not coworking.is_open(record, END + timedelta(hours=2))

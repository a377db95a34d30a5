"""Office days beside simpler ways, reach, kinds, rooms and people at an office: the figures of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, update

from planner.domain import SessionKind
from tests.web.company import JUNIORS, a_company, at, member
from tests.web.crowd import crowd
from tests.web.history import History, joined, participation
from tests.web.made_up import NOW
from tests.web.plans import released
from web.errors import NotFound
from web.operations import agreements, fairness, pictures
from web.operations.pictures import Asked, next_month
from web.records import OfficeDaysRecord
from web.site import Site
from web.store import proposals as kept_proposals
from web.store import tables as t

MARCH, FEBRUARY, JANUARY = date(2027, 3, 1), date(2027, 2, 1), date(2027, 1, 1)
USUAL = Asked(12, MARCH)
#: NOW is Friday 5 March; a Tuesday of the month before.
TUESDAY = datetime(2027, 2, 16, 10, 0, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FIVE = JUNIORS[:5]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Everybody joined on 1 January."""
    site = a_company(tmp_path)
    joined(site, JANUARY)
    return site


@pytest.fixture
def history(site: Site) -> History:
    return History(site)


def days(site: Site, months: int = 12) -> dict[date, OfficeDaysRecord]:
    found = pictures.office_days(site, Asked(months, MARCH), member(site, "ada"), NOW)
    return {record.month: record for record in found}


def simpler(site: Site, session: str, first_free: date | None, greedy: date | None, *no_place: str) -> None:
    """The trips that simpler ways would have taken for a session, if any, or that they found no place."""
    rows = [
        {"session_id": session, "way": way, "placed": way not in no_place, "day": day}
        for way, day in (("first_free", first_free), ("greedy", greedy))
    ]
    with site.store.writing() as connection:
        connection.execute(insert(t.simpler_day), rows)


def in_anyway(site: Site, name: str, *days: str) -> None:
    whose = t.person.c.id == member(site, name).person.id
    with site.store.writing() as connection:
        connection.execute(update(t.person).where(whose).values(days_in_anyway=[*days]))


def through_a_day_in_anyway(site: Site, session: str) -> None:
    """Let a session have been agreed on a day on which its senior was in anyway."""
    with site.store.writing() as connection:
        s = connection.execute(select(t.session).where(t.session.c.id == session)).one()
        values = {"programme_id": s.programme_id, "senior_id": s.senior_id, "day": s.start.date()}
        values |= {"state": "approved", "created_at": NOW, "left_out": [], "facts": {}, "in_anyway": True}
        day = connection.execute(insert(t.proposal).values(values).returning(t.proposal.c.id)).scalar_one()
        connection.execute(update(t.session).where(t.session.c.id == session).values(proposal_id=day))


# --- office days ---------------------------------------------------------------------------------


def test_sessions_of_one_senior_and_day_take_one_office_day(site: Site, history: History) -> None:
    first = history.session(TUESDAY, FIVE)
    second = history.session(TUESDAY + timedelta(hours=2), FIVE, None)
    simpler(site, first, date(2027, 2, 9), date(2027, 2, 16))
    simpler(site, second, date(2027, 2, 10), date(2027, 2, 16))

    record = days(site)[FEBRUARY]

    assert (record.sessions, record.compared) == (2, 2)
    assert (record.ours, record.first_free, record.greedy) == (1, 2, 1)


def test_two_seniors_on_one_day_take_two(site: Site, history: History) -> None:
    for one in (history, History(site, "marek")):
        simpler(site, one.session(TUESDAY, FIVE), TUESDAY.date(), TUESDAY.date())

    record = days(site)[FEBRUARY]

    assert (record.ours, record.first_free, record.greedy) == (2, 2, 2)


def test_a_session_that_a_simpler_way_found_no_place_for_is_left_out_on_every_side(
    site: Site, history: History
) -> None:
    simpler(site, history.session(TUESDAY, FIVE), date(2027, 2, 9), date(2027, 2, 9))
    simpler(site, history.session(TUESDAY + DAY, FIVE), date(2027, 2, 10), None, "greedy")
    simpler(site, history.session(TUESDAY + DAY, FIVE), None, date(2027, 2, 11), "first_free")
    history.session(TUESDAY + 2 * DAY, FIVE)

    record = days(site)[FEBRUARY]

    assert (record.sessions, record.compared, record.unplaced, record.all_days) == (4, 1, 1, 3)
    assert (record.ours, record.first_free, record.greedy) == (1, 1, 1)


def test_a_day_on_which_its_senior_is_in_anyway_is_a_trip_on_no_side(site: Site, history: History) -> None:
    anyway, trip = history.session(TUESDAY, FIVE), history.session(TUESDAY + DAY, FIVE)
    through_a_day_in_anyway(site, anyway)
    simpler(site, anyway, date(2027, 2, 9), None)
    simpler(site, trip, None, date(2027, 2, 17))

    record = days(site)[FEBRUARY]

    assert (record.compared, record.ours, record.first_free, record.greedy) == (2, 1, 1, 1)
    assert record.all_days == 1


def test_a_month_of_which_nothing_simpler_is_known_tells_of_no_comparison(
    site: Site, history: History
) -> None:
    history.session(TUESDAY, FIVE)

    record = days(site)[FEBRUARY]

    assert (record.ours, record.first_free, record.greedy, record.all_days) == (None, None, None, 1)


def test_online_sessions_what_fell_through_and_what_is_to_come_take_no_office_day(
    site: Site, history: History
) -> None:
    history.session(TUESDAY, FIVE, online=True)
    history.session(TUESDAY + DAY, FIVE, "fell_through")
    history.session(NOW + DAY, FIVE, None)

    assert all(record.sessions == 0 for record in days(site).values())


def test_a_mandate_is_three_of_five_days_of_every_senior_who_takes_part(site: Site, history: History) -> None:
    history.session(datetime(2027, 1, 4, 10, tzinfo=UTC), FIVE)

    found = days(site)

    assert found[FEBRUARY].mandate == round(2 * 20 * 3 / 5)  # two seniors, twenty weekdays
    assert found[MARCH].mandate == round(2 * 5 * 3 / 5)  # as far as the month has come: up to Friday


def test_a_mandate_leaves_out_closed_days_pauses_and_who_was_not_there(site: Site, history: History) -> None:
    history.session(datetime(2027, 1, 4, 10, tzinfo=UTC), FIVE)
    participation(
        site, "marek", left=date(2027, 2, 8), paused_from=date(2027, 2, 1), paused_until=date(2027, 2, 3)
    )
    with site.store.writing() as connection:
        closed = [
            {"office_id": "london", "day": date(2027, 2, 5), "open_anyway": False},
            {"office_id": "london", "day": date(2027, 2, 9), "open_anyway": True},
        ]
        connection.execute(insert(t.office_closure), closed)

    priya, marek = 20 - 1, 5 - 1 - 3

    assert days(site)[FEBRUARY].mandate == round((priya + marek) * 3 / 5)


def test_days_of_a_mandate_on_which_a_senior_is_in_anyway_are_no_trips(site: Site, history: History) -> None:
    history.session(datetime(2027, 1, 4, 10, tzinfo=UTC), FIVE)
    with site.store.writing() as connection:
        closed = {"office_id": "london", "day": date(2027, 2, 2), "open_anyway": False}
        connection.execute(insert(t.office_closure).values(closed))
    in_anyway(site, "priya", "tue", "sat")
    in_anyway(site, "marek", "mon", "tue", "wed", "thu")

    priya, marek = 19 * 3 / 5 - 3, 0

    assert days(site)[FEBRUARY].mandate == round(priya + marek)


@pytest.mark.parametrize("before", [(), ("mon",), ("tue", "wed")])
def test_the_picture_counts_the_days_that_the_page_of_the_plan_does(
    site: Site, before: tuple[str, ...]
) -> None:
    """And goes on to, whatever a senior says of other weeks afterwards."""
    in_anyway(site, "priya", *before)
    run = released(site)
    with site.store.writing() as connection:
        for proposal_id in connection.execute(select(t.proposal.c.id)).scalars().all():
            standing = kept_proposals.standing(connection, proposal_id)
            assert standing is not None
            agreements.agree(connection, site, proposal_id, standing.placements, NOW)
    in_anyway(site, "priya", "thu", "fri")
    later = datetime(2027, 4, 2, 10, tzinfo=UTC)

    found = pictures.office_days(at(site, later), USUAL, member(site, "ada"), later)
    march = next(record for record in found if record.month == MARCH)

    assert march.sessions == march.compared
    assert (march.ours, march.first_free, march.greedy) == (
        run.score["senior_days"],
        run.first_free_days,
        run.greedy_days,
    )


def test_what_a_plan_kept_is_what_the_month_is_compared_with(site: Site) -> None:
    """From a real plan to the picture of the month after."""
    released(site)
    with site.store.writing() as connection:
        for proposal_id in connection.execute(select(t.proposal.c.id)).scalars().all():
            standing = kept_proposals.standing(connection, proposal_id)
            assert standing is not None
            agreements.agree(connection, site, proposal_id, standing.placements, NOW)
    later = datetime(2027, 4, 2, 10, tzinfo=UTC)

    found = pictures.office_days(at(site, later), USUAL, member(site, "ada"), later)
    march = next(record for record in found if record.month == MARCH)

    assert march.sessions == march.compared > 0
    assert march.ours is not None and march.first_free is not None and march.greedy is not None
    assert 0 < march.ours <= march.greedy and march.ours <= march.first_free


# --- reach ---------------------------------------------------------------------------------------


def reached(site: Site, now: datetime = NOW) -> dict[date, tuple[int, int]]:
    found = pictures.reach(site, USUAL, member(site, "ada"), now)
    return {record.month: (record.reached, record.people) for record in found}


def test_reach_is_of_the_twelve_weeks_before_the_end_of_a_month(site: Site, history: History) -> None:
    history.session(datetime(2027, 1, 4, 10, tzinfo=UTC), ["aisha", "ben"])
    history.session(TUESDAY, ["ben", "chidi"])

    assert reached(site) == {JANUARY: (2, 8), FEBRUARY: (3, 8), MARCH: (3, 8)}


def test_a_month_whose_whole_weeks_ended_before_anything_began_is_not_told_of(
    site: Site, history: History
) -> None:
    """Of December 2026 they end on Sunday the 27th."""
    joined(site, date(2026, 12, 1))
    history.session(datetime(2026, 12, 29, 10, tzinfo=UTC), FIVE)

    assert reached(site) == {JANUARY: (5, 8), FEBRUARY: (5, 8), MARCH: (5, 8)}


def test_who_had_something_long_ago_is_no_longer_reached(site: Site, history: History) -> None:
    history.session(datetime(2026, 9, 8, 10, tzinfo=UTC), FIVE)
    joined(site, date(2026, 9, 1))

    found = reached(site)

    assert found[date(2026, 11, 1)] == (5, 8)
    assert found[date(2026, 12, 1)] == (0, 8)


def test_reach_up_to_now_is_that_of_the_page_on_fairness(site: Site, history: History) -> None:
    for n, name in enumerate(JUNIORS[:6]):
        history.session(TUESDAY - n * 3 * WEEK, [name])
    figures = fairness.figures(site, fairness.last_weeks(12, NOW), member(site, "ada"), NOW).juniors

    assert figures is not None
    assert reached(site)[MARCH] == (figures.reached, figures.people)


def test_fewer_than_five_newcomers_count_with_those_before_them(site: Site, history: History) -> None:
    history.session(datetime(2027, 1, 4, 10, tzinfo=UTC), FIVE)
    participation(site, "hal", joined=date(2027, 2, 9))
    participation(site, "gita", joined=date(2027, 3, 2))

    assert {month: people for month, (_, people) in reached(site).items()} == {
        JANUARY: 8,
        FEBRUARY: 8,
        MARCH: 8,
    }


def test_no_step_between_two_months_is_of_fewer_than_five_people(tmp_path: Path) -> None:
    site = a_company(tmp_path, extra_juniors=9)
    joined(site, JANUARY)
    history = History(site)
    history.session(datetime(2027, 1, 4, 10, tzinfo=UTC), FIVE)
    for n in range(3):
        participation(site, f"extra{n}", joined=date(2027, 2, 3))
    for n in range(3, 9):
        participation(site, f"extra{n}", joined=date(2027, 3, 3))

    assert [people for _, people in reached(site).values()] == [8, 8, 17]


def test_nothing_is_told_of_four_juniors(site: Site, history: History) -> None:
    history.session(TUESDAY, FIVE)
    for name in JUNIORS[4:]:
        participation(site, name, left=date(2027, 3, 1))

    assert reached(site) == {}


# --- kinds ---------------------------------------------------------------------------------------


def test_kinds_are_told_in_blocks_of_five_juniors_in_the_month_of_their_last_week(
    site: Site, history: History
) -> None:
    history.session(datetime(2027, 1, 12, 10, tzinfo=UTC), FIVE[:2])
    history.session(TUESDAY, FIVE[2:])
    history.session(TUESDAY + DAY, FIVE[:1], None)
    history.session(TUESDAY, FIVE[:4], kind=SessionKind.COWORKING)

    months, rows = pictures.kinds(site, USUAL, member(site, "ada"), NOW)

    assert months == (JANUARY, FEBRUARY, MARCH)
    assert [(row.kind, row.held, row.agreed) for row in rows] == [
        (SessionKind.GROUP_MENTORING, (0, 2, 0), (0, 1, 0))
    ]


def test_who_has_something_to_come_is_not_counted_with_what_was_held(site: Site, history: History) -> None:
    """Else this page would tell of the two whom that on fairness keeps to itself."""
    history.session(TUESDAY - WEEK, FIVE)
    history.session(NOW - WEEK, FIVE[:2])
    history.session(NOW + timedelta(hours=4), FIVE[2:], None)
    history.session(NOW + WEEK, FIVE[2:], None)
    history.offer(NOW + WEEK, JUNIORS, "proposed")

    _, rows = pictures.kinds(site, USUAL, member(site, "ada"), NOW)
    became = fairness.figures(site, fairness.last_weeks(12, NOW), member(site, "ada"), NOW).became

    assert [(sum(row.held), sum(row.agreed)) for row in rows] == [(1, 0)]
    assert [(row.held, row.unsaid) for row in became] == [(1, 0)]


def test_a_session_that_nobody_has_said_anything_of_is_still_open(site: Site, history: History) -> None:
    history.session(TUESDAY, FIVE, None)

    _, rows = pictures.kinds(site, USUAL, member(site, "ada"), NOW)

    assert [(sum(row.held), sum(row.agreed)) for row in rows] == [(0, 1)]


# --- rooms and people ----------------------------------------------------------------------------


def in_room(site: Site, session: str, room: str, minutes: int = 60) -> None:
    with site.store.writing() as connection:
        connection.execute(
            update(t.session).where(t.session.c.id == session).values(room_id=room, minutes=minutes)
        )


def shares(site: Site, room: str, month: date = MARCH) -> tuple[float | None, ...]:
    record = pictures.rooms(site, Asked(12, month), member(site, "ada"), NOW)
    assert record is not None
    return dict(record.rooms)[room]


def test_a_room_is_taken_as_long_as_a_session_is_in_it(site: Site, history: History) -> None:
    tuesday = datetime(2027, 3, 9, 10, tzinfo=UTC)
    in_room(site, history.session(tuesday, FIVE, None), "hall", 120)
    in_room(site, history.session(tuesday + timedelta(hours=1), FIVE, None), "hall", 120)  # it is shared

    hall = shares(site, "Hall")

    assert hall[8] == pytest.approx(100 * 3 / 10.5)  # open from 8:00 to 18:30
    assert hall[9] == 0
    assert hall[5] is None  # a Saturday


def test_hours_in_which_a_room_is_closed_do_not_count(site: Site, history: History) -> None:
    morning = datetime(2027, 3, 9, 8, tzinfo=UTC)
    in_room(site, history.session(morning, FIVE, None), "park", 60)
    with site.store.writing() as connection:
        closure = {
            "room_id": "park",
            "start": morning + timedelta(hours=2),
            "end": morning + timedelta(hours=40),
        }
        connection.execute(insert(t.room_closure).values(reason="", **closure))
        connection.execute(insert(t.office_closure).values(office_id="london", day=date(2027, 3, 11)))

    park = shares(site, "Park")

    assert park[8] == pytest.approx(50)
    assert park[9] is None  # closed from Tuesday on to the end of Wednesday
    assert park[10] is None  # the office is


def test_days_are_those_of_the_office_where_the_clocks_change(site: Site, history: History) -> None:
    """London goes to summer time on 28 March 2027: 7:30 UTC is half an hour after it opens."""
    in_room(site, history.session(datetime(2027, 3, 29, 7, 30, tzinfo=UTC), FIVE, None), "yard", 63)

    assert shares(site, "Yard")[28] == pytest.approx(10)


def test_rooms_of_an_office_that_is_not_there_are_not_found(site: Site) -> None:
    with pytest.raises(NotFound):
        pictures.rooms(site, Asked(12, MARCH, "atlantis"), member(site, "ada"), NOW)


def test_everybody_at_an_office_counts_once_a_day(site: Site, history: History) -> None:
    tuesday = datetime(2027, 3, 9, 10, tzinfo=UTC)
    history.session(tuesday, ["aisha", "ben"], None)
    history.session(tuesday + timedelta(hours=2), ["ben", "chidi"], None)
    history.session(tuesday, ["dana"], None, online=True)
    history.session(tuesday + DAY, ["emil"], None, seat="declined")

    (london,) = pictures.headcount(site, USUAL, member(site, "ada"), NOW)

    assert london.office == "London"
    assert {n + 1: many for n, many in enumerate(london.people) if many} == {9: 4, 10: 1}


# --- all of them ---------------------------------------------------------------------------------

READ = [
    pictures.office_days,
    pictures.reach,
    pictures.kinds,
    pictures.satisfaction,
    pictures.rooms,
    pictures.headcount,
]


@pytest.mark.parametrize("read", READ, ids=lambda read: read.__name__)
def test_pictures_are_for_admins(site: Site, read: object) -> None:
    for name in ("priya", "aisha"):
        with pytest.raises(NotFound):
            read(site, USUAL, member(site, name), NOW)  # type: ignore[operator]


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*each: object) -> None:
        seen.append(str(each[2]))

    event.listen(site.store.engine, "before_cursor_execute", note)
    yield seen
    event.remove(site.store.engine, "before_cursor_execute", note)


def test_a_crowd_takes_as_many_statements(tmp_path: Path) -> None:
    def statements(people: int) -> int:
        site = a_company(tmp_path / str(people))
        released(site)
        with site.store.writing() as connection:
            connection.execute(
                update(t.session)
                .where(t.session.c.id == select(t.placement.c.session_id).limit(1).scalar_subquery())
                .values(state="agreed", start=NOW - DAY)
            )
        crowd(site, people)
        admin = member(site, "ada")
        with counted(site) as seen:
            for read in READ:
                read(site, USUAL, admin, NOW)  # type: ignore[operator]
        return len([one for one in seen if not one.startswith("BEGIN")])

    assert statements(40) == statements(400) < 40


def test_months_follow_one_another_over_the_turn_of_the_year() -> None:
    assert [next_month(date(2026, 12, 1), n) for n in (-12, -1, 0, 1, 13)] == [
        date(2025, 12, 1),
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2028, 1, 1),
    ]

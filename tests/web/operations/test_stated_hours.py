"""Hours that somebody states fill what their calendar does not tell, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from planner.domain import Interval, Person
from planner.intervals import clip, subtract
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, at, member, write_calendar
from tests.web.made_up import NOW
from web.errors import Misfilled, NotFound
from web.operations import calendars, stated_hours
from web.site import Site
from web.store import tables as t
from web.store.hours import times_on
from web.store.planning import Wanted, load_problem

TUESDAY = date(2027, 3, 9)
UNTIL = LAST_DAY
HOURS = {"tue": ("10:00", "12:00"), "wed": ("", "")}


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Aisha's calendar is gone; everybody has been told of the reading long ago."""
    site = a_company(tmp_path)
    (tmp_path / "calendars" / "aisha.ics").unlink()
    read(site)
    return site


def read(site: Site, now: datetime = NOW) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(told_at=NOW - timedelta(days=60)))
    calendars.sync(site, None, now)


def as_planned(site: Site, name: str = "aisha") -> Person:
    """What the planner is told of somebody."""
    who = member(site, name)
    wanted = Wanted(who.programme_id, FIRST_DAY, LAST_DAY)
    with site.store.reading() as connection:
        problem = load_problem(connection, wanted)
    return next(one for one in problem.people if one.id == str(who.person.id))


def known_free(person: Person, day: date) -> tuple[Interval, ...]:
    whole = Interval(utc(day, 0), utc(day + timedelta(days=1), 0))
    return subtract([whole], clip([*person.unknown, *person.busy], whole))


def test_a_calendar_that_cannot_be_read_says_nothing_of_anybody(site: Site) -> None:
    assert known_free(as_planned(site), TUESDAY) == ()
    assert stated_hours.of_person(site, member(site, "aisha"), NOW).trouble is not None
    assert stated_hours.of_person(site, member(site, "ben"), NOW).trouble is None


def test_stated_hours_count_as_free_and_only_they_do(site: Site) -> None:
    stated_hours.state(site, HOURS, UNTIL, member(site, "aisha"), NOW)

    aisha = as_planned(site)

    assert known_free(aisha, TUESDAY) == (Interval(utc(TUESDAY, 10), utc(TUESDAY, 12)),)
    assert known_free(aisha, TUESDAY + timedelta(days=1)) == ()


def test_hours_hold_up_to_their_last_day(site: Site) -> None:
    stated_hours.state(site, HOURS, TUESDAY, member(site, "aisha"), NOW)

    aisha = as_planned(site)

    assert known_free(aisha, TUESDAY) != ()
    assert known_free(aisha, TUESDAY + timedelta(days=7)) == ()


def test_what_a_calendar_tells_counts_before_what_is_stated(site: Site, tmp_path: Path) -> None:
    stated_hours.state(site, HOURS, UNTIL, member(site, "aisha"), NOW)
    write_calendar(tmp_path, "aisha", [(utc(TUESDAY, 11), utc(TUESDAY, 13))])

    read(site, NOW + timedelta(hours=1))

    aisha = as_planned(site)
    assert known_free(aisha, TUESDAY) == (
        Interval(utc(TUESDAY, 0), utc(TUESDAY, 11)),
        Interval(utc(TUESDAY, 13), utc(TUESDAY + timedelta(days=1), 0)),
    )


def test_busy_time_that_is_known_bars_within_stated_hours_too(site: Site) -> None:
    """Part of a calendar could be read: the rest is what hours are for."""
    aisha = member(site, "aisha")
    stated_hours.state(site, HOURS, UNTIL, aisha, NOW)
    with site.store.writing() as connection:
        connection.execute(
            t.busy_interval.insert().values(
                person_id=aisha.person.id, start=utc(TUESDAY, 11), end=utc(TUESDAY, 12), kind="busy"
            )
        )

    assert known_free(as_planned(site), TUESDAY) == (Interval(utc(TUESDAY, 10), utc(TUESDAY, 11)),)


def test_nobody_elses_time_changes(site: Site) -> None:
    before = as_planned(site, "ben")
    stated_hours.state(site, HOURS, UNTIL, member(site, "aisha"), NOW)

    assert as_planned(site, "ben") == before


def test_hours_are_withdrawn_and_forgotten_once_they_are_over(site: Site) -> None:
    aisha = member(site, "aisha")
    stated_hours.state(site, HOURS, TUESDAY, aisha, NOW)
    assert stated_hours.of_person(site, aisha, NOW).hours == {"tue": ("10:00", "12:00")}

    later = NOW + timedelta(days=5)
    assert stated_hours.of_person(at(site, later), aisha, later).until is None
    stated_hours.withdraw(site, aisha, NOW)
    assert stated_hours.of_person(site, aisha, NOW).hours == {}
    assert known_free(as_planned(site), TUESDAY) == ()


@pytest.mark.parametrize(
    ("hours", "until", "fields"),
    [
        ({"tue": ("10:00", "")}, UNTIL, {"tue_to"}),
        ({"tue": ("", "10:00")}, UNTIL, {"tue_from"}),
        ({"tue": ("12:00", "10:00"), "wed": ("10:00", "10:20")}, UNTIL, {"tue_to", "wed_to"}),
        ({"tue": ("", "")}, UNTIL, {"mon_from"}),
        (HOURS, NOW.date() - timedelta(days=1), {"until"}),
        (HOURS, NOW.date() + timedelta(weeks=8, days=1), {"until"}),
        ({"tue": ("9:00", "")}, date(2026, 1, 1), {"tue_to", "until"}),
    ],
)
def test_mistakes_are_told_by_field_and_nothing_is_kept(
    site: Site, hours: dict[str, tuple[str, str]], until: date, fields: set[str]
) -> None:
    with pytest.raises(Misfilled) as mistakes:
        stated_hours.state(site, hours, until, member(site, "aisha"), NOW)

    assert set(mistakes.value.mistakes) == fields
    assert stated_hours.of_person(site, member(site, "aisha"), NOW).until is None


def test_eight_weeks_ahead_is_as_far_as_hours_go(site: Site) -> None:
    until = NOW.date() + timedelta(weeks=8)
    stated_hours.state(site, HOURS, until, member(site, "aisha"), NOW)

    assert stated_hours.of_person(site, member(site, "aisha"), NOW).until == until


def test_an_assistant_states_no_hours(site: Site) -> None:
    acting = replace(member(site, "priya"), behind=member(site, "marek").person)
    with pytest.raises(NotFound):
        stated_hours.state(site, HOURS, UNTIL, acting, NOW)


# --- days on which the clocks change -------------------------------------------------------------

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)  # Sundays, at 1:00 and 2:00 in London


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        (SPRING - timedelta(days=1), ["10:00", "12:00"], (10, 0, 12, 0)),
        (SPRING, ["10:00", "12:00"], (9, 0, 11, 0)),
        (SPRING, ["00:30", "03:00"], (0, 30, 2, 0)),  # an hour is missing
        (SPRING, ["01:30", "03:00"], (1, 30, 2, 0)),  # 1:30 does not exist
        (SPRING, ["00:00", "01:30"], (0, 0, 0, 30)),
        (AUTUMN, ["10:00", "12:00"], (10, 0, 12, 0)),
        (AUTUMN, ["01:30", "03:00"], (1, 30, 3, 0)),  # 1:30 comes twice: the second one
        (AUTUMN, ["00:00", "01:30"], (-1, 0, 0, 30)),  # … and the first
    ],
)
def test_hours_are_those_of_the_clock_on_days_when_it_changes(
    day: date, hours: list[str], expected: tuple[int, int, int, int]
) -> None:
    begin_hour, begin_minute, end_hour, end_minute = expected
    midnight = utc(day, 0)
    (stretch,) = times_on({"sun": hours, "sat": hours}, "Europe/London", day, day)

    assert stretch == Interval(
        midnight + timedelta(hours=begin_hour, minutes=begin_minute),
        midnight + timedelta(hours=end_hour, minutes=end_minute),
    )


def test_hours_that_a_change_of_the_clocks_leaves_out_are_no_hours() -> None:
    assert times_on({"sun": ["01:00", "02:00"]}, "Europe/London", SPRING, SPRING) == []


def test_a_day_may_end_at_midnight_and_zones_may_lie_a_date_apart() -> None:
    (stretch,) = times_on({"tue": ["22:00", "24:00"]}, "Pacific/Kiritimati", TUESDAY, TUESDAY)

    assert stretch == Interval(utc(TUESDAY, 8), utc(TUESDAY, 10))

"""What people ask of a plan, and that plans keep to it."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from planner.domain import Session
from planner.solve import Limits, propose
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, member, write_calendar
from tests.web.made_up import NOW
from tests.web.operations.test_assistants import assisted, notes
from tests.web.pages.persons import propose_a_day, state_of, version_of
from web import jobs
from web.errors import Misfilled, NotFound
from web.operations import calendars, membership, preferences, programmes, proposals, seats
from web.site import Site
from web.store import tables as t
from web.store.planning import Wanted, load_problem


@dataclass(frozen=True)
class Planned:
    session: Session
    start: datetime
    room: str | None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.session.minutes)

    @property
    def local(self) -> datetime:
        return self.start.astimezone(ZoneInfo("Europe/London"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def ask(site: Site, name: str, **texts: str) -> preferences.Changed:
    by = member(site, name)
    return preferences.change(site, by.person.id, texts, by, NOW)


def planned_for(site: Site, name: str, seconds: float = 3) -> list[Planned]:
    """What a new plan would have somebody do."""
    by = member(site, "ada")
    with site.store.reading() as connection:
        everybody = connection.execute(select(t.person.c.id)).scalars().all()
    calendars.sync(site, everybody, NOW)
    with site.store.reading() as connection:
        problem = load_problem(connection, Wanted(by.programme_id, FIRST_DAY, LAST_DAY))
    plan = propose(problem, Limits(seconds, 1, time.monotonic))
    who = str(member(site, name).person.id)
    sessions = problem.session_by_id
    return [
        Planned(sessions[each.session], each.start, each.room)
        for each in plan.placements
        if who in (sessions[each.session].senior, *each.juniors)
    ]


def in_office(some: list[Planned]) -> list[Planned]:
    return [each for each in some if each.session.office is not None]


def column(site: Site, name: str, of: str) -> object:
    with site.store.reading() as connection:
        query = select(t.person.c[of]).where(t.person.c.email == f"{name}@example.org")
        return connection.execute(query).scalar_one()


# --- a plan keeps to each of them ----------------------------------------------------------------


def test_without_a_word_a_senior_comes_in_for_all_of_it(site: Site) -> None:
    assert len(in_office(planned_for(site, "priya"))) == 3  # what the tests below take away from


@pytest.mark.slow
def test_no_trip_is_planned_that_breaks_a_rule(site: Site) -> None:
    """Each rule alone, in the same company."""
    for name, text in (
        ("max_office_days_per_week", "0"),
        ("min_sessions_per_office_day", "4"),
        ("days_never", "mon-fri"),
        ("online_only", "yes"),
    ):
        changed = ask(site, "priya", **{name: text})
        assert in_office(planned_for(site, "priya")) == [], name
        preferences.undo(site, changed.before, changed.newly_own, member(site, "priya"), NOW)


@pytest.mark.slow
def test_a_room_has_what_somebody_needs(site: Site) -> None:
    ask(site, "priya", room_needs="step-free")
    assert [each for each in planned_for(site, "priya") if each.room] == []

    with site.store.writing() as connection:
        connection.execute(update(t.room).where(t.room.c.id == "park").values(features=["step-free"]))

    assert {each.room for each in planned_for(site, "priya") if each.room} == {"park"}


@pytest.mark.slow
def test_the_minutes_of_a_day_and_the_days_of_a_week_are_no_more_than_asked(site: Site) -> None:
    ask(site, "priya", max_minutes_per_day="120", max_office_days_per_week="1")

    mine = planned_for(site, "priya")

    minutes: dict[date, int] = defaultdict(int)
    for each in mine:
        minutes[each.local.date()] += each.session.minutes
    assert max(minutes.values()) <= 120
    days = {each.local.date() for each in in_office(mine)}
    assert 0 < len(days) == len({day.isocalendar()[1] for day in days})


def test_a_break_is_kept_between_two_sessions(site: Site) -> None:
    ask(site, "priya", break_minutes="60")

    mine = sorted(planned_for(site, "priya"), key=lambda each: each.start)

    assert len(mine) == 3
    for one, after in pairwise(mine):
        assert after.start - one.end >= timedelta(minutes=60)


@pytest.mark.slow
def test_travel_is_kept_free_before_a_day_in_the_office(site: Site, tmp_path: Path) -> None:
    eight = NOW.replace(hour=8)
    mornings = [(eight + timedelta(days=n), eight + timedelta(days=n, hours=1)) for n in range(20)]
    write_calendar(tmp_path, "priya", mornings)
    ask(site, "priya", travel_minutes="90")

    mine = in_office(planned_for(site, "priya"))

    assert mine
    assert all((each.local.hour, each.local.minute) >= (10, 30) for each in mine)


def test_a_day_somebody_is_in_anyway_is_taken_first(site: Site) -> None:
    ask(site, "priya", days_in_anyway="fri")

    assert {each.local.weekday() for each in in_office(planned_for(site, "priya"))} == {4}


@pytest.mark.slow
def test_a_junior_is_asked_in_on_a_day_they_are_in_anyway(site: Site) -> None:
    ask(site, "farid", days_in_anyway="wed")

    assert [each.local.weekday() for each in planned_for(site, "farid", seconds=20)] == [2]


@pytest.mark.slow
def test_travel_of_a_junior_is_kept_free_too(site: Site, tmp_path: Path) -> None:
    noon = NOW.replace(hour=11)
    mornings = [(noon + timedelta(days=n), noon + timedelta(days=n, hours=1)) for n in range(20)]
    write_calendar(tmp_path, "farid", mornings)
    ask(site, "farid", travel_minutes="45")

    (lunch,) = planned_for(site, "farid")

    assert (lunch.local.hour, lunch.local.minute) >= (12, 45)


@pytest.mark.slow
def test_a_junior_is_given_no_more_sessions_than_asked(site: Site) -> None:
    assert len(planned_for(site, "farid")) == 1
    ask(site, "farid", max_sessions="0")

    assert planned_for(site, "farid") == []


# --- and so do promises --------------------------------------------------------------------------


def promised(site: Site) -> list[tuple[str, set[str]]]:
    """What falls due by the usual promises: its kind, and the names of all who may be in it."""
    ada = member(site, "ada")
    programmes.start_with_usual(site, ada, NOW)
    programmes.renew_due(site, ada.programme_id, FIRST_DAY, LAST_DAY, 1, NOW)
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.session.c.id, t.session.c.kind, t.person.c.name)
            .join(t.candidate, t.candidate.c.session_id == t.session.c.id)
            .join(t.person, t.person.c.id.in_([t.candidate.c.person_id, t.session.c.senior_id]))
            .where(t.session.c.by_rule, t.session.c.state == "due")
        ).all()
    found: dict[str, tuple[str, set[str]]] = {}
    for row in rows:
        found.setdefault(row.id, (row.kind, set()))[1].add(row.name)
    return list(found.values())


def test_a_kind_somebody_would_rather_not_have_is_never_their_turn(site: Site) -> None:
    ask(site, "farid", formats_not="individual_lunch coffee_roulette")
    ask(site, "marek", formats_not="group_lunch")

    due = promised(site)

    kinds = {
        who: {kind for kind, names in due if who in names} for who in ("Farid", "Gita", "Marek", "Priya")
    }
    assert {"individual_lunch", "coffee_roulette"} <= kinds["Gita"] - kinds["Farid"]
    assert "group_lunch" in kinds["Priya"] - kinds["Marek"]


def test_people_without_a_shared_language_do_not_meet(site: Site) -> None:
    ask(site, "priya", languages="en")
    ask(site, "marek", languages="en de")
    ask(site, "hal", languages="de")

    due = promised(site)

    assert not any({"Priya", "Hal"} <= names for _, names in due)
    assert any({"Marek", "Hal"} <= names for _, names in due)


def test_a_topic_brings_those_together_who_share_it(site: Site) -> None:
    for junior in ("aisha", "ben", "gita"):
        ask(site, junior, topics="Pricing")
    ask(site, "marek", topics="pricing, public speaking")

    lunches = {frozenset(names) for kind, names in promised(site) if kind == "individual_lunch"}

    assert {frozenset({"Marek", name}) for name in ("Aisha", "Ben", "Gita")} <= lunches


def test_nothing_is_due_to_somebody_who_pauses(site: Site) -> None:
    preferences.pause(site, NOW.date(), date(2027, 6, 1), member(site, "hal"), NOW)

    assert not any("Hal" in names for _, names in promised(site))


# --- what is typed -------------------------------------------------------------------------------


def test_every_mistake_is_told_at_once_and_nothing_is_changed(site: Site) -> None:
    with pytest.raises(Misfilled) as misfilled:
        ask(
            site,
            "priya",
            max_office_days_per_week="8",
            break_minutes="long",
            days_never="fri",
            topics="x" * 700,
        )

    assert set(misfilled.value.mistakes) == {"max_office_days_per_week", "break_minutes", "topics"}
    assert column(site, "priya", "days_never") == []


def test_a_day_is_not_both_in_and_out(site: Site) -> None:
    ask(site, "priya", days_in_anyway="tue")

    with pytest.raises(Misfilled) as misfilled:
        ask(site, "priya", days_never="mon tue")

    assert set(misfilled.value.mistakes) == {"days_never"}


def test_nothing_typed_means_what_an_empty_cell_means(site: Site) -> None:
    ask(
        site, "priya", max_office_days_per_week="2", min_sessions_per_office_day="5", max_minutes_per_day="90"
    )
    ask(site, "priya", max_office_days_per_week="", min_sessions_per_office_day="", max_minutes_per_day="")

    kept = [column(site, "priya", name) for name in ("max_office_days_per_week", "max_minutes_per_day")]
    assert kept == [7, 480]
    assert column(site, "priya", "min_sessions_per_office_day") == 2


def test_a_junior_sets_nothing_that_only_seniors_are_asked(site: Site) -> None:
    ask(site, "aisha", min_sessions_per_office_day="9", max_sessions="3")

    assert column(site, "aisha", "min_sessions_per_office_day") == 1
    assert column(site, "aisha", "max_sessions") == 3


def test_a_change_is_undone_as_if_it_had_not_been(site: Site) -> None:
    ask(site, "priya", topics="pricing")
    before = [column(site, "priya", name) for name in ("topics", "days_never", "own_choices")]
    changed = ask(site, "priya", topics="public speaking, people", days_never="fri")

    preferences.undo(site, changed.before, changed.newly_own, member(site, "priya"), NOW)

    assert [column(site, "priya", name) for name in ("topics", "days_never", "own_choices")] == before


def test_what_somebody_leaves_as_it_is_does_not_become_their_own_choice(site: Site) -> None:
    ask(site, "priya", max_minutes_per_day="480", days_never="fri")

    assert column(site, "priya", "own_choices") == ["days_never"]


def test_what_is_agreed_stays_when_a_limit_changes(site: Site) -> None:
    day, priya = propose_a_day(site), member(site, "priya")
    proposals.approve(site, day, version_of(site, day), priya, (), NOW)
    jobs.run_due(site)

    ask(site, "priya", days_never="mon-fri", online_only="yes")

    assert len(planned_for(site, "priya")) == 3  # where they were
    assert state_of(site, day) == "approved"
    assert len(proposals.one(site, day, priya).sessions) == 3


# --- who may -------------------------------------------------------------------------------------


def test_an_assistant_changes_them_and_the_senior_hears_so(site: Site) -> None:
    acting = assisted(site)

    preferences.change(site, acting.person.id, {"days_never": "fri"}, acting, NOW)

    assert column(site, "priya", "days_never") == ["fri"]
    assert notes(site, "priya")[-1] == "Ana changed your preferences"


def test_an_admin_changes_them_only_with_the_persons_knowledge(site: Site) -> None:
    ask(site, "priya", languages="en")

    preferences.change(
        site, member(site, "priya").person.id, {"languages": "en de"}, member(site, "ada"), NOW
    )

    assert notes(site, "priya") == ["Ada changed your preferences"]
    assert column(site, "priya", "own_choices") == []  # it is the programme's now
    with site.store.reading() as connection:
        note = connection.execute(select(t.outbox.c.payload).where(t.outbox.c.kind == "note")).scalar_one()
    assert "Languages: en → de en" in note["says"]


def test_an_admin_neither_sees_nor_changes_limits_needs_and_what_somebody_eats(site: Site) -> None:
    ask(site, "priya", days_never="fri", room_needs="step-free", eats="halal", languages="en")
    ada, priya = member(site, "ada"), member(site, "priya")
    typed = {each.name: "" for each in preferences.PREFERENCES} | {"languages": "en"}

    changed = preferences.change(site, priya.person.id, typed, ada, NOW)

    assert (changed.lines, notes(site, "priya")) == ((), [])
    assert [column(site, "priya", name) for name in ("days_never", "room_needs")] == [["fri"], ["step-free"]]
    assert column(site, "priya", "eats") == "halal"
    found = membership.one(site, priya.person.id, ada, NOW).preferences
    assert (found.texts.keys(), found.own) == ({"languages", "topics"}, {"languages"})
    assert found.lacking == ()


def test_nobody_else_changes_them(site: Site) -> None:
    priya = member(site, "priya").person.id

    for name in ("marek", "aisha"):
        with pytest.raises(NotFound):
            preferences.change(site, priya, {"days_never": "fri"}, member(site, name), NOW)


def test_an_admin_of_another_programme_changes_nobodys_here(site: Site) -> None:
    with site.store.writing() as connection:
        other = connection.execute(
            t.programme.insert().values(name="Other").returning(t.programme.c.id)
        ).scalar_one()
        connection.execute(
            update(t.membership).where(t.membership.c.role == "admin").values(programme_id=other)
        )

    with pytest.raises(NotFound):
        preferences.change(site, member(site, "priya").person.id, {}, member(site, "ada"), NOW)


# --- a pause -------------------------------------------------------------------------------------


def agreed(site: Site) -> int:
    day = propose_a_day(site)
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    jobs.run_due(site)
    assert state_of(site, day) == "approved"
    return day


def test_a_pause_says_what_it_would_do_before_it_does_it(site: Site) -> None:
    day, priya = agreed(site), member(site, "priya")
    until = NOW.date() + timedelta(days=30)

    would = preferences.would_pause(site, NOW.date(), until, priya, NOW)

    assert would.cancelled == 3
    assert state_of(site, day) == "approved"
    assert preferences.of(site, priya, NOW).paused is None
    assert preferences.pause(site, NOW.date(), until, priya, NOW) == would


def test_a_pause_lets_go_what_is_agreed_in_it_and_only_that(site: Site) -> None:
    agreed(site)
    farid = member(site, "farid")
    first = date(2027, 3, 11)  # the day after

    preferences.pause(site, first, first + timedelta(days=14), member(site, "priya"), NOW)
    assert len(seats.coming(site, farid, NOW)) == 1

    preferences.pause(site, NOW.date(), first, member(site, "priya"), NOW)
    assert seats.coming(site, farid, NOW) == ()


def test_a_pause_ends_when_somebody_says_so(site: Site) -> None:
    hal = member(site, "hal")
    preferences.pause(site, NOW.date(), date(2027, 6, 1), hal, NOW)
    assert preferences.of(site, hal, NOW).paused == (NOW.date(), date(2027, 6, 1))

    preferences.end_pause(site, hal, NOW)

    assert preferences.of(site, hal, NOW).paused is None
    assert column(site, "hal", "own_choices") == []
    assert any("Hal" in names for _, names in promised(site))


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (NOW.date() - timedelta(days=1), NOW.date(), "paused_from"),
        (NOW.date() + timedelta(days=3), NOW.date(), "paused_until"),
        (NOW.date(), NOW.date() + timedelta(days=3000), "paused_until"),
    ],
)
def test_days_that_cannot_be_are_told_by_field(site: Site, first: date, last: date, field: str) -> None:
    with pytest.raises(Misfilled) as misfilled:
        preferences.pause(site, first, last, member(site, "hal"), NOW)

    assert set(misfilled.value.mistakes) == {field}


def test_an_assistant_pauses_a_senior_who_hears_so(site: Site) -> None:
    acting = assisted(site)

    preferences.pause(site, NOW.date(), date(2027, 6, 1), acting, NOW)

    assert notes(site, "priya")[-1] == "Ana set a pause for you"

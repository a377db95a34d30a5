"""Reading everybody's calendar, and that of every room which has one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from connectors.base import CalendarRequest, Reading, Response, Unreachable
from connectors.memory import MemoryConnector
from planner.domain import BusyInterval, Interval, PlanningProblem
from tests.web.company import (
    FIRST_DAY,
    LAST_DAY,
    ROOMS,
    a_company,
    agree_coworking,
    at,
    member,
    write_calendar,
)
from tests.web.made_up import NOW
from tests.web.organizers import a_company_with_an_organizer, settle
from tests.web.organizers import wanted as wanted_events
from tests.web.pages.persons import propose_a_day
from web import jobs
from web.errors import Misfilled
from web.operations import calendars, reconcile, rooms, runs
from web.operations.roster import import_sheet
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t
from web.store.planning import Wanted, load_problem

TUESDAY_9 = datetime(2027, 3, 9, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def give_calendars(site: Site, folder: Path, **of_rooms: str) -> None:
    """Import the rooms again, some of them with a calendar."""
    head, *rows = ROOMS.splitlines()
    lines = [f"{head},calendar", *(f"{row},{of_rooms.get(row.partition(',')[0], '')}" for row in rows)]
    file = folder / "rooms.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_sheet(site, SheetKind.ROOMS, file, NOW)


def problem(site: Site) -> PlanningProblem:
    wanted = Wanted(member(site, "ada").programme_id, FIRST_DAY, LAST_DAY)
    with site.store.reading() as connection:
        return load_problem(connection, wanted)


def person_in(problem: PlanningProblem, site: Site, name: str):
    return problem.person_by_id[str(member(site, name).person.id)]


class Broken:
    """A connector with a fault: it raises in the middle, or forgets a calendar."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def read(self, requests: list[CalendarRequest], window: Interval, now: datetime, states: object):
        yield Reading(requests[0].address, (), (), now)
        if self.error is not None:
            raise self.error


def with_systems(monkeypatch: pytest.MonkeyPatch, site: Site, **systems: object) -> None:
    """Let the calendars of priya and aisha be in the first system, those of marek and ben in the second."""
    monkeypatch.setattr(calendars, "open_connector", lambda kind, settings: systems[kind])
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(calendar=None))
        for kind, names in zip(systems, (("priya", "aisha"), ("marek", "ben")), strict=False):
            for name in names:
                where = t.person.c.email == f"{name}@example.org"
                connection.execute(update(t.person).where(where).values(calendar=f"{kind}:{name}"))


def reasons(site: Site) -> dict[str, str | None]:
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.email, t.reading.c.reason).join(
                t.reading, t.reading.c.person_id == t.person.c.id
            )
        )
        return {row.email.partition("@")[0]: row.reason for row in rows}


def test_one_system_that_fails_does_not_stop_another(site, monkeypatch):
    good = MemoryConnector({"marek": [], "ben": []})
    with_systems(monkeypatch, site, google=Broken(Unreachable("Google does not answer.")), memory=good)

    read, unknown = calendars.sync(site, None, NOW)

    assert (read, unknown) == (4, 1)
    assert reasons(site) == {"priya": None, "marek": None, "aisha": "Google does not answer.", "ben": None}


@pytest.mark.parametrize(
    ("fault", "says"), [(TypeError("a fault of ours"), "TypeError"), (None, "said nothing of this calendar")]
)
def test_a_fault_in_a_connector_makes_what_it_left_unknown(site, monkeypatch, caplog, fault, says):
    with_systems(monkeypatch, site, google=Broken(fault), memory=MemoryConnector({"marek": [], "ben": []}))

    calendars.sync(site, None, NOW)

    assert says in reasons(site)["aisha"]
    assert "a fault of ours" not in reasons(site)["aisha"] + caplog.text
    assert [reasons(site)[who] for who in ("priya", "marek", "ben")] == [None, None, None]


def test_progress_counts_people_and_rooms(site, tmp_path):
    write_calendar(tmp_path, "of-park", [])
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics")
    seen = []

    read, _ = calendars.sync(site, None, NOW, lambda done, of: seen.append((done, of)))

    assert read == 12
    assert seen[-1] == (12, 12)


def test_only_the_people_and_rooms_that_are_asked_for_are_read(site, tmp_path):
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics", hall="ics:calendars/hall-itself.ics")

    read, _ = calendars.sync(site, [member(site, "priya").person.id], NOW, room_ids=["park"])

    assert read == 2


def test_calendars_are_read_anew_when_a_reading_has_become_too_old(site):
    told = site.config.connectors.model_copy(update={"read_every_minutes": 60})
    site = replace(site, config=site.config.model_copy(update={"connectors": told}))

    def read_at() -> set[datetime]:
        jobs.look_round(site)
        jobs.run_due(site)
        with site.store.reading() as connection:
            return set(connection.execute(select(t.reading.c.read_at)).scalars())

    assert read_at() == {NOW}
    site = at(site, NOW + timedelta(minutes=59))
    assert read_at() == {NOW}
    site = at(site, NOW + timedelta(minutes=60))
    assert read_at() == {NOW + timedelta(minutes=60)}


# --- rooms ---------------------------------------------------------------------------------------


def test_a_room_is_not_planned_while_its_calendar_is_busy_or_unknown(site, tmp_path):
    write_calendar(tmp_path, "of-park", [(TUESDAY_9, TUESDAY_9 + HOUR)])
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics", hall="ics:calendars/not-there.ics")
    calendars.sync(site, None, NOW)

    planned = problem(site).room_by_id

    assert planned["park"].busy == (Interval(TUESDAY_9, TUESDAY_9 + HOUR),)
    assert planned["hall"].busy == (Wanted(0, FIRST_DAY, LAST_DAY).span,)
    assert planned["yard"].busy == ()


def test_a_room_whose_calendar_was_never_read_is_not_planned(site, tmp_path):
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics")

    assert problem(site).room_by_id["park"].busy == (Wanted(0, FIRST_DAY, LAST_DAY).span,)


def test_a_room_that_loses_its_calendar_is_free_again_and_one_with_another_is_unknown(site, tmp_path):
    write_calendar(tmp_path, "of-park", [(TUESDAY_9, TUESDAY_9 + HOUR)])
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics", hall="ics:calendars/of-park.ics")
    calendars.sync(site, None, NOW)

    give_calendars(site, tmp_path, hall="ics:calendars/hall-itself.ics")

    assert problem(site).room_by_id["park"].busy == ()
    assert problem(site).room_by_id["hall"].busy == (Wanted(0, FIRST_DAY, LAST_DAY).span,)


def test_a_session_moves_only_into_a_room_whose_calendar_is_free(site, tmp_path):
    session = agree_coworking(site, 2, TUESDAY_9)
    ada = member(site, "ada")
    write_calendar(tmp_path, "of-hall", [(TUESDAY_9 + HOUR, TUESDAY_9 + 2 * HOUR)])
    offered = lambda: [room.id for room in rooms.rooms_for(site, session, ada, NOW)]  # noqa: E731
    assert offered() == ["hall"]

    give_calendars(site, tmp_path, hall="ics:calendars/of-hall.ics")
    assert offered() == []

    calendars.sync(site, None, NOW)
    assert offered() == []

    write_calendar(tmp_path, "of-hall", [(TUESDAY_9 + 3 * HOUR, TUESDAY_9 + 4 * HOUR)])
    calendars.sync(site, None, NOW)
    assert offered() == ["hall"]


def test_the_page_of_a_room_is_told_how_its_calendar_was_read(site, tmp_path):
    write_calendar(tmp_path, "of-park", [])
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics", hall="ics:calendars/not-there.ics")
    calendars.sync(site, None, NOW)

    told = {room.id: room for room in rooms.all_rooms(site, member(site, "ada"), NOW)}

    assert (told["park"].calendar, told["park"].read_at, told["park"].reason) == ("ics", NOW, None)
    assert told["hall"].reason == "The calendar's file does not exist."
    assert told["yard"].calendar is None


# --- our own events ------------------------------------------------------------------------------


def test_an_agreed_session_is_not_busy_time_of_its_people_and_its_room(site, tmp_path):
    agree_coworking(site, 2, TUESDAY_9)
    with site.store.writing() as connection:
        connection.execute(
            insert(t.seat).values(
                session_id="open-2", person_id=member(site, "aisha").person.id, state="booked", since=NOW
            )
        )
    later = (TUESDAY_9 + 3 * HOUR, TUESDAY_9 + 4 * HOUR)
    for name in ("priya", "aisha", "ben", "of-yard"):
        write_calendar(tmp_path, name, [(TUESDAY_9, TUESDAY_9 + 2 * HOUR), later])
    give_calendars(site, tmp_path, yard="ics:calendars/of-yard.ics")
    calendars.sync(site, None, NOW)

    planned = problem(site)

    assert planned.room_by_id["yard"].busy == (Interval(*later),)
    assert person_in(planned, site, "priya").busy == (Interval(*later),)
    assert person_in(planned, site, "aisha").busy == (Interval(*later),)
    assert len(person_in(planned, site, "ben").busy) == 2


# --- days in the office --------------------------------------------------------------------------


def test_days_that_a_calendar_marks_as_in_the_office_count_like_days_in_anyway(site, monkeypatch):
    class Marked(MemoryConnector):
        def read(self, requests, window, now, states):
            for said in super().read(requests, window, now, states):
                yield Reading(
                    said.address,
                    (BusyInterval(TUESDAY_9, TUESDAY_9 + HOUR),),
                    (),
                    now,
                    in_office=(date(2027, 3, 9), date(2027, 3, 11), date(2027, 4, 1)),
                )

    with_systems(monkeypatch, site, memory=Marked({"priya": [], "aisha": []}))
    with site.store.writing() as connection:
        priya = t.person.c.email == "priya@example.org"
        connection.execute(update(t.person).where(priya).values(days_in_anyway=["mon"], days_never=["thu"]))
    calendars.sync(site, None, NOW)

    priya = person_in(problem(site), site, "priya")

    assert priya.in_office == {date(2027, 3, 8), date(2027, 3, 15), date(2027, 3, 9)}
    assert priya.avoid == {date(2027, 3, 11), date(2027, 3, 18)}
    assert person_in(problem(site), site, "aisha").in_office == {date(2027, 3, 9), date(2027, 3, 11)}
    assert person_in(problem(site), site, "marek").in_office == frozenset()


def test_a_hold_is_not_busy_time_of_its_senior_and_its_room_unless_they_declined_it(tmp_path, monkeypatch):
    site, organizer = a_company_with_an_organizer(tmp_path)
    propose_a_day(site)
    settle(site)
    held = {session: event.seen for session, event in wanted_events(site).items()}
    mentoring = Interval(*held["cohort"].when)
    for name in ("priya", "aisha", "of-park"):
        write_calendar(tmp_path, name, [(mentoring.start, mentoring.end)])
    give_calendars(site, tmp_path, park="ics:calendars/of-park.ics")

    calendars.sync(site, None, NOW)

    assert held["cohort"].room_id == "park"
    assert problem(site).room_by_id["park"].busy == ()
    assert person_in(problem(site), site, "priya").busy == ()
    assert person_in(problem(site), site, "aisha").busy == (mentoring,)  # juniors have no holds

    key = wanted_events(site)["cohort"].key
    organizer.answer(key, "priya@example.org", Response.DECLINED)
    reconcile.reconcile(site)
    calendars.sync(site, None, NOW)
    assert person_in(problem(site), site, "priya").busy == (mentoring,)


def test_a_room_is_invited_by_the_mailbox_of_its_calendar_unless_another_is_named(site, tmp_path):
    give_calendars(site, tmp_path, park="google:Park@Resource.example", hall="ics:calendars/hall-itself.ics")

    with site.store.reading() as connection:
        mailboxes = dict(connection.execute(select(t.room.c.id, t.room.c.email)).all())

    assert mailboxes == {"park": "park@resource.example", "hall": None, "yard": None}


def plan_of(site: Site, first: date, last: date) -> int:
    with site.store.writing() as connection:
        connection.execute(update(t.session).values(last_day=last))
    run_id = runs.start(site, member(site, "ada"), first, last, site.now())
    jobs.run_due(site)
    return run_id


def unknown_of_priya(site: Site, first: date, last: date) -> tuple[Interval, ...]:
    with site.store.reading() as connection:
        there = load_problem(connection, Wanted(member(site, "ada").programme_id, first, last))
    return person_in(there, site, "priya").unknown


def test_a_plan_reads_the_weeks_it_asks_for_and_they_stay_known_while_it_stands(site):
    first, last = date(2027, 5, 10), date(2027, 5, 28)

    run_id = plan_of(site, first, last)

    assert runs.one(site, run_id, member(site, "ada")).state == "draft"
    assert unknown_of_priya(site, first, last) == ()
    calendars.sync(site, None, NOW)
    assert unknown_of_priya(site, first, last) == ()

    runs.discard(site, run_id, member(site, "ada"), NOW)
    calendars.sync(site, None, NOW)
    assert unknown_of_priya(site, first, last)


def test_no_day_is_planned_that_nobody_was_told_is_read(site):
    furthest = calendars.last_plannable_day(NOW)

    with pytest.raises(Misfilled) as told:
        runs.start(site, member(site, "ada"), date(2027, 6, 7), furthest + timedelta(days=1), NOW)
    run_id = plan_of(site, date(2027, 6, 7), furthest)

    assert told.value.mistakes == {
        "last_day": "can be Wednesday 16 June at the latest: calendars are read at most 15 weeks ahead"
    }
    assert runs.one(site, run_id, member(site, "ada")).state == "draft"
    assert unknown_of_priya(site, date(2027, 6, 7), furthest) == ()
    assert calendars.reading_window(site, NOW).end <= NOW + timedelta(weeks=15)

"""A programme plans itself week after week, and reminds people once; the clock moves, nothing else does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from tests.web.company import a_company, at, member, write_calendar
from tests.web.made_up import NOW
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import cycle, proposals, runs
from web.operations.calendars import reading_window
from web.operations.cycle import CycleForm, first_day, last_moment, next_moment
from web.site import Site
from web.store import tables as t
from web.store.cycle import Cycle

THURSDAY = datetime(2027, 3, 11, 6, tzinfo=UTC)  # the first weekly moment after NOW, a Friday
WEEKLY = CycleForm("thu", "06:00", "Europe/London", 4, 48)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def weekly(site: Site, **values: object) -> None:
    cycle.change(site, replace(WEEKLY, **values), member(site, "ada"), site.now())  # type: ignore[arg-type]


def look(site: Site, moment: datetime) -> Site:
    """What workers do at a moment; the site as it is then."""
    then = at(site, moment)
    jobs.look_round(then)
    return then


def made(site: Site) -> list[tuple[datetime, date, date]]:
    """The weekly runs: when each was queued, and for which days."""
    r = t.planning_run.c
    with site.store.reading() as connection:
        rows = connection.execute(
            select(r.created_at, r.first_day, r.last_day).where(r.cycle_at.is_not(None)).order_by(r.id)
        )
        return [tuple(row) for row in rows]


# --- when ----------------------------------------------------------------------------------------


def a_cycle(plan_on: str | None = "sun", plan_at: str = "01:30", zone: str = "Europe/London") -> Cycle:
    return Cycle(1, "Mentoring", plan_on, time.fromisoformat(plan_at), zone, 4, timedelta(hours=48), None)


def test_the_weekly_moment_keeps_its_clock_time_when_the_clocks_change() -> None:
    before, after = datetime(2027, 3, 25, 12, tzinfo=UTC), datetime(2027, 4, 1, 12, tzinfo=UTC)
    planned = a_cycle("wed", "06:00")

    assert last_moment(planned, before) == datetime(2027, 3, 24, 6, tzinfo=UTC)
    assert next_moment(planned, before) == datetime(2027, 3, 31, 5, tzinfo=UTC)
    assert last_moment(planned, after) == datetime(2027, 3, 31, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (date(2027, 3, 28), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # 1:30 is skipped in London
        (date(2027, 10, 31), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # 1:30 comes twice
    ],
)
def test_a_time_that_clocks_skip_or_repeat_comes_once(day: date, moment: datetime) -> None:
    hours = [datetime.combine(day, time(), UTC) + timedelta(minutes=15 * n) for n in range(24 * 4)]
    found = {last_moment(a_cycle(), hour) for hour in hours}

    assert found == {moment, last_moment(a_cycle(), moment - timedelta(hours=1))}


def test_at_the_moment_itself_it_has_come() -> None:
    moment = datetime(2027, 3, 14, 1, 30, tzinfo=UTC)

    assert last_moment(a_cycle(), moment) == moment
    assert next_moment(a_cycle(), moment) == moment + timedelta(days=7)
    assert last_moment(a_cycle(plan_on=None), moment) is None
    assert next_moment(a_cycle(plan_on=None), moment) is None


@pytest.mark.parametrize(
    ("zones", "freeze", "first"),
    [
        (["UTC"], 48, date(2027, 3, 14)),  # Thursday 6:00 and two days: Saturday has begun
        (["UTC"], 42, date(2027, 3, 13)),  # to the minute
        (["UTC"], 0, date(2027, 3, 12)),
        (["UTC", "Asia/Tokyo"], 36, date(2027, 3, 14)),  # Saturday begins in Tokyo before the freeze is over
        (["America/Los_Angeles"], 48, date(2027, 3, 14)),
        (["UTC"], 336, date(2027, 3, 26)),
    ],
)
def test_a_plan_begins_on_the_first_date_that_lies_beyond_the_freeze_everywhere(
    zones: list[str], freeze: int, first: date
) -> None:
    assert first_day(zones, timedelta(hours=freeze), THURSDAY) == first
    for zone in zones:
        assert datetime.combine(first, time(), ZoneInfo(zone)) >= THURSDAY + timedelta(hours=freeze)


# --- planning by itself --------------------------------------------------------------------------


def test_a_programme_is_planned_on_its_weekday_and_time_and_not_before(site: Site) -> None:
    weekly(site)

    look(site, THURSDAY - timedelta(minutes=1))
    assert made(site) == []
    look(site, THURSDAY + timedelta(minutes=1))
    look(site, THURSDAY + timedelta(days=3))
    assert made(site) == [(THURSDAY + timedelta(minutes=1), date(2027, 3, 14), date(2027, 4, 10))]


def test_a_programme_planned_by_hand_is_left_alone(site: Site) -> None:
    look(site, THURSDAY)
    weekly(site)
    weekly(site, plan_on="")
    look(site, THURSDAY + timedelta(days=30))

    assert made(site) == []


def test_weeks_missed_while_nothing_ran_are_made_up_for_once(site: Site) -> None:
    weekly(site)
    late = THURSDAY + timedelta(days=23)

    for minutes in (0, 2, 4):
        jobs.run_due(look(site, late + timedelta(minutes=minutes)))

    assert [queued for queued, _, _ in made(site)] == [late]
    assert made(site)[0][1] == date(2027, 4, 6)  # beyond the freeze of the day it is made up for


def test_a_moment_that_had_passed_when_it_was_set_is_not_made_up_for(site: Site) -> None:
    weekly(site, plan_on="mon")

    look(site, NOW + timedelta(minutes=1))

    assert made(site) == []


def test_many_workers_make_one_run(site: Site) -> None:
    weekly(site)
    then = at(site, THURSDAY)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: cycle.wake(then, THURSDAY), range(12)))

    assert len(made(site)) == 1
    with site.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(t.planning_run)).scalar() == 1


def test_a_run_that_somebody_started_is_waited_for(site: Site) -> None:
    weekly(site)
    then = at(site, THURSDAY)
    runs.start(then, member(site, "ada"), date(2027, 3, 15), date(2027, 3, 19), THURSDAY)

    look(site, THURSDAY)
    assert made(site) == []
    jobs.run_due(then)
    look(site, THURSDAY + timedelta(minutes=5))

    assert len(made(site)) == 1


# --- settings ------------------------------------------------------------------------------------


def test_settings_say_when_the_next_plan_is_made_and_when_the_last_was(site: Site) -> None:
    ada = member(site, "ada")
    never = cycle.settings(site, ada, NOW)
    weekly(site)
    look(site, THURSDAY)
    after = cycle.settings(site, ada, THURSDAY)

    assert (never.plan_on, never.next_at, never.last_at, never.timezone) == (
        None,
        None,
        None,
        "Europe/London",
    )
    assert (after.next_at, after.last_at) == (THURSDAY + timedelta(days=7), THURSDAY)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan_on", "someday"),
        ("plan_at", "24:00"),
        ("timezone", "London"),
        ("weeks_ahead", 0),
        ("weeks_ahead", 13),
        ("freeze_hours", 337),
    ],
)
def test_what_cannot_be_set_is_told_by_field_and_nothing_changes(
    site: Site, field: str, value: object
) -> None:
    with pytest.raises(Misfilled) as misfilled:
        weekly(site, **{field: value})

    assert set(misfilled.value.mistakes) == {field}
    assert cycle.settings(site, member(site, "ada"), NOW).plan_on is None


def test_only_admins_set_when_a_programme_is_planned(site: Site) -> None:
    for name in ("priya", "ben"):
        with pytest.raises(NotFound):
            cycle.change(site, WEEKLY, member(site, name), NOW)
        with pytest.raises(NotFound):
            cycle.settings(site, member(site, name), NOW)


# --- week after week -----------------------------------------------------------------------------


def planned(site: Site, moment: datetime) -> int:
    """Look at a moment, and let the run it made end; its id."""
    jobs.run_due(look(site, moment))
    with site.store.reading() as connection:
        row = connection.execute(
            select(t.planning_run).where(t.planning_run.c.cycle_at.is_not(None)).order_by(t.planning_run.c.id)
        ).all()[-1]
    assert row.state == "draft", (row.state, row.error)
    return int(row.id)


def proposals_of(site: Site) -> dict[int, tuple[str, int, tuple[tuple[str, datetime], ...]]]:
    """By proposal its state, version, and what it places when."""
    p, placed = t.proposal, t.placement
    with site.store.reading() as connection:
        rows = connection.execute(
            select(p.c.id, p.c.state, p.c.version, placed.c.session_id, placed.c.start)
            .join(placed, placed.c.proposal_id == p.c.id)
            .order_by(p.c.id, placed.c.start, placed.c.session_id)
        ).all()
    found: dict[int, tuple[str, int, tuple[tuple[str, datetime], ...]]] = {}
    for row in rows:
        _, _, before = found.get(row.id, ("", 0, ()))
        found[row.id] = (row.state, row.version, (*before, (row.session_id, row.start)))
    return found


def letters(site: Site, kind: str) -> list[tuple[str, str]]:
    """Name and subject (or first session) of the mails of a kind, in order."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name, t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == kind)
            .order_by(t.outbox.c.id)
        )
        return [(row.name, row.payload.get("headline", "")) for row in rows]


@pytest.fixture
def monthly(site: Site) -> Site:
    """A programme planned on Thursdays, whose sessions lie in the windows of two such plans."""
    with site.store.writing() as connection:
        connection.execute(update(t.session).values(first_day=date(2027, 3, 24), last_day=date(2027, 4, 9)))
    weekly(site)
    return site


def test_a_weekly_draft_waits_for_its_admins_who_are_told_once_and_once_more_a_day_later(
    monthly: Site,
) -> None:
    run_id = planned(monthly, THURSDAY)
    assert letters(monthly, "note") == []

    for hours in (1, 2, 23, 25, 26, 100):
        look(monthly, THURSDAY + timedelta(hours=hours))

    subjects = [subject for _, subject in letters(monthly, "note")]
    assert {name for name, _ in letters(monthly, "note")} == {"Ada"}
    assert len(subjects) == 2
    assert re.fullmatch(
        r"The plan for Sun 14 March to Sat 10 April is ready: \d+ days? for \d+ people", subjects[0]
    )
    assert subjects[1] == subjects[0].replace("is ready", "still waits")
    assert letters(monthly, "proposal") == []
    ada = member(monthly, "ada")
    assert runs.preview(monthly, run_id, ada).proposals


def test_a_draft_that_was_released_is_not_told_of_again(monthly: Site) -> None:
    run_id = planned(monthly, THURSDAY)
    look(monthly, THURSDAY + timedelta(hours=1))
    runs.release(monthly, run_id, member(monthly, "ada"), THURSDAY + timedelta(hours=2))

    look(monthly, THURSDAY + timedelta(hours=30))

    assert len(letters(monthly, "note")) == 1


def test_an_older_draft_that_nobody_released_gives_way_to_the_newer(monthly: Site) -> None:
    first = planned(monthly, THURSDAY)
    second = planned(monthly, THURSDAY + timedelta(days=7))
    look(monthly, THURSDAY + timedelta(days=7, hours=1))

    ada = member(monthly, "ada")
    assert [runs.one(monthly, each, ada).state for each in (first, second)] == ["discarded", "draft"]
    with pytest.raises(Refused):
        runs.release(monthly, first, ada, THURSDAY + timedelta(days=8))


def test_what_is_agreed_and_what_waits_stays_week_after_week_and_nobody_is_asked_twice(
    monthly: Site,
) -> None:
    ada = member(monthly, "ada")
    then = at(monthly, THURSDAY + timedelta(hours=1))
    runs.release(then, planned(monthly, THURSDAY), ada, then.now())
    (priyas, *_) = [p for p in proposals.of_senior(then, member(monthly, "priya"), then.now()) if p.office]
    proposals.approve(then, priyas.id, priyas.version, member(monthly, "priya"), (), then.now())
    jobs.run_due(then)
    _give_more_time(monthly)
    before = proposals_of(monthly)
    assert {state for state, _, _ in before.values()} == {"approved", "proposed"}
    mailed = letters(monthly, "proposal")

    later = THURSDAY + timedelta(days=7)
    then = at(monthly, later + timedelta(hours=1))
    jobs.run_due(look(monthly, later))
    jobs.run_due(look(monthly, later + timedelta(hours=1)))

    after = proposals_of(monthly)
    assert {each: after[each] for each in before} == before
    asked = {session for state, _, placed in before.values() for session, _ in placed}
    new = {session for each, (_, _, placed) in after.items() if each not in before for session, _ in placed}
    assert not asked & new
    assert letters(monthly, "proposal") == mailed


def test_a_waiting_day_is_replaced_only_where_it_no_longer_fits(monthly: Site, tmp_path: Path) -> None:
    ada, priya = member(monthly, "ada"), member(monthly, "priya")
    then = at(monthly, THURSDAY + timedelta(hours=1))
    runs.release(then, planned(monthly, THURSDAY), ada, then.now())
    _give_more_time(monthly)
    (day,) = [p for p in proposals.of_senior(then, priya, then.now()) if p.office]
    others = {each: what for each, what in proposals_of(monthly).items() if each != day.id}
    busy_all_week = (day.start - timedelta(days=1), day.start + timedelta(days=2))
    write_calendar(tmp_path, "farid", [busy_all_week])

    later = THURSDAY + timedelta(days=7)
    run_id = planned(monthly, later)
    assert proposals_of(monthly)[day.id][0] == "proposed"  # until an admin releases the new plan
    runs.release(at(monthly, later), run_id, ada, later)

    after = proposals_of(monthly)
    assert after[day.id][0] == "superseded"
    assert {each: after[each] for each in others} == others


def _give_more_time(site: Site) -> None:
    """Nobody's time to answer runs out within these weeks."""
    with site.store.writing() as connection:
        late = datetime(2027, 6, 1, tzinfo=UTC)
        connection.execute(update(t.proposal).where(t.proposal.c.state == "proposed").values(expires_at=late))


def test_nothing_inside_the_freeze_goes_out_however_late_a_plan_is_released(monthly: Site) -> None:
    run_id = planned(monthly, THURSDAY)
    starts = [start for _, _, placed in proposals_of(monthly).values() for _, start in placed]
    late = min(starts) - timedelta(hours=47)

    runs.release(at(monthly, late), run_id, member(monthly, "ada"), late)

    out = [placed for state, _, placed in proposals_of(monthly).values() if state == "proposed"]
    assert all(start > late + timedelta(hours=48) for placed in out for _, start in placed)
    assert len([1 for placed in out for _ in placed]) < len(starts)


def test_admins_hear_once_of_a_weekly_plan_that_could_not_be_made(site: Site) -> None:
    weekly(site)
    look(site, THURSDAY)
    with site.store.writing() as connection:
        connection.execute(update(t.planning_run).values(state="failed", finished_at=THURSDAY, error="Oh."))

    for minutes in (5, 10, 15):
        look(site, THURSDAY + timedelta(minutes=minutes))

    assert letters(site, "note") == [("Ada", "The plan for Sun 14 March to Sat 10 April could not be made")]
    assert len(made(site)) == 1


def test_a_plan_with_nothing_new_troubles_nobody(site: Site) -> None:
    with site.store.writing() as connection:
        connection.execute(update(t.session).values(last_day=date(2027, 3, 9)))
    weekly(site)
    run_id = planned(site, THURSDAY)

    look(site, THURSDAY + timedelta(hours=1))

    assert letters(site, "note") == []
    assert runs.one(site, run_id, member(site, "ada")).state == "discarded"


def test_calendars_are_read_as_far_as_any_weekly_plan_looks(site: Site) -> None:
    by_hand = reading_window(site, NOW)
    weekly(site)
    assert reading_window(site, NOW) == by_hand
    weekly(site, weeks_ahead=12, freeze_hours=336)

    latest = first_day(["Pacific/Kiritimati", "Pacific/Pago_Pago"], timedelta(hours=336), NOW)
    last = latest + timedelta(weeks=12)
    assert reading_window(site, NOW).end >= datetime.combine(last, time(), ZoneInfo("Pacific/Pago_Pago"))

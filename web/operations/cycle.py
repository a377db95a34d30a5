"""The weekly cycle: a programme plans itself on its weekday, and the draft waits for an admin.

A plan covers some weeks from the first date that lies beyond the freeze: nothing new is ever planned
inside it. What is agreed stays, and so does what waits for an answer. A moment that passed while nothing
ran is made up for once, however many passed. Workers take turns to look, and the database holds one run
a programme and moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection

from web import words
from web.errors import Misfilled
from web.notify import NoteLetter
from web.operations import audit, evaluation, outbox, reminders, signin, training
from web.operations.access import need_role
from web.records import CycleRecord, Member
from web.site import Site
from web.store import cycle as kept
from web.store import jobs, runs
from web.store.cycle import Cycle, Draft
from web.store.hours import WEEKDAYS

#: How often a worker looks what is due; looking costs a few queries.
LOOK_EVERY = timedelta(minutes=1)

#: An admin who has not looked at a draft for so long is told once more.
DRAFT_WAITS = timedelta(hours=24)

MOST_WEEKS, LONGEST_FREEZE = 12, timedelta(hours=336)


# --- when ----------------------------------------------------------------------------------------


def last_moment(cycle: Cycle, now: datetime) -> datetime | None:
    """The newest weekly moment that has come, aware UTC; None: it is planned by hand only.

    A time that the clocks skip is taken as if they had not changed yet, one that they repeat the first time.
    """
    if cycle.plan_on is None:
        return None
    today = now.astimezone(ZoneInfo(cycle.timezone)).date()
    day = today - timedelta(days=(today.weekday() - WEEKDAYS.index(cycle.plan_on)) % 7)
    moment = _moment(cycle, day)
    return moment if moment <= now else _moment(cycle, day - timedelta(days=7))


def next_moment(cycle: Cycle, now: datetime) -> datetime | None:
    """The first weekly moment that is still to come."""
    last = last_moment(cycle, now)
    if last is None:
        return None
    return _moment(cycle, last.astimezone(ZoneInfo(cycle.timezone)).date() + timedelta(days=7))


def _moment(cycle: Cycle, day: date) -> datetime:
    return datetime.combine(day, cycle.plan_at, ZoneInfo(cycle.timezone)).astimezone(UTC)


def first_day(zones: Iterable[str], freeze: timedelta, now: datetime) -> date:
    """The first date that begins nowhere before the freeze is over."""
    free = now + freeze
    return max(_first_date_from(free, ZoneInfo(zone)) for zone in (*zones, "UTC"))


def _first_date_from(instant: datetime, zone: ZoneInfo) -> date:
    day = instant.astimezone(zone).date()
    return day if datetime.combine(day, time(), zone) >= instant else day + timedelta(days=1)


# --- what a worker does --------------------------------------------------------------------------


def wake(site: Site, now: datetime) -> None:
    """Plan what is due, tell admins of drafts, remind people, ask them how it was, and sign out who has left.
    Harmless however often it is called."""
    with site.store.reading() as connection:
        if not kept.is_time_to_look(connection, now, LOOK_EVERY):
            return
    with site.store.writing() as connection:
        if not kept.take_look(connection, now, LOOK_EVERY):
            return
        queued = [_plan_if_due(connection, cycle, now) for cycle in kept.cycles(connection)]
        _tell_admins(connection, site, now)
        _tell_of_failures(connection, site, now)
        reminders.remind_seniors(connection, site, now)
        signin.end_of_leavers(connection, now)
    for job_id in queued:
        if job_id is not None:
            site.queue.tell(job_id)
    reminders.remind_of_sessions(site, now)
    evaluation.ask(site, now)
    training.look_after(site, now)
    outbox.wake(site, now)


def _plan_if_due(connection: Connection, cycle: Cycle, now: datetime) -> int | None:
    """Queue the run of a weekly moment that has none; the id of its job."""
    moment = last_moment(cycle, now)
    if moment is None or (cycle.since is not None and moment < cycle.since):
        return None
    made = kept.last_run(connection, cycle.programme_id)
    if made is not None and made.cycle_at >= moment:
        return None
    if runs.is_open(connection, cycle.programme_id) is not None:
        return None  # somebody is planning; this is looked at again once that has ended
    first = first_day(kept.zones(connection, cycle.programme_id), cycle.freeze, now)
    last = first + timedelta(weeks=cycle.weeks_ahead, days=-1)
    run_id = runs.add(connection, cycle.programme_id, first, last, None, now)
    kept.note_moment(connection, run_id, moment)
    audit.note(connection, now, None, "run.start", f"run:{run_id}", programme_id=cycle.programme_id)
    return jobs.add(connection, "plan", {"run_id": run_id}, now, dedup=f"plan:{run_id}")


# --- drafts that wait for an admin ---------------------------------------------------------------


def _tell_admins(connection: Connection, site: Site, now: datetime) -> None:
    """Say that a draft is ready, and a day later that it still waits. A newer one replaces an older one."""
    newest: dict[int, Draft] = {}
    for draft in kept.drafts(connection):
        if older := newest.get(draft.programme_id):
            runs.discard(connection, [older.run_id])
        newest[draft.programme_id] = draft
    for draft in newest.values():
        if not draft.days and not draft.replaces:
            runs.discard(connection, [draft.run_id])  # nothing new to release, so nobody is troubled
        elif now < draft.finished_at + DRAFT_WAITS:
            _tell_of_draft(connection, site, draft, "ready", now)
        else:
            _tell_of_draft(connection, site, draft, "waits", now)


def _tell_of_failures(connection: Connection, site: Site, now: datetime) -> None:
    """A weekly plan that could not be made is not tried again by itself, so its admins hear of it."""
    for run in kept.failed_since(connection, now - DRAFT_WAITS):
        letter = NoteLetter(
            headline=f"{_called(run.first_day, run.last_day)} could not be made",
            says=("Nothing was changed. The page says why; start one by hand once that is put right.",),
            button="See why",
            path=f"/admin/plan/{run.id}",
        )
        outbox.tell_admins_once(connection, site, run.programme_id, f"plan.{run.id}.failed", letter, now)


def _tell_of_draft(connection: Connection, site: Site, draft: Draft, news: str, now: datetime) -> None:
    called = _called(draft.first_day, draft.last_day)
    size = f"{words.counted(draft.days, 'day')} for {words.counted(draft.people, 'person', 'people')}"
    letter = NoteLetter(
        headline=f"{called} {'is ready' if news == 'ready' else 'still waits'}: {size}",
        says=(
            "Look at it and release it, or discard it. Nobody is told of it before.",
            "The next weekly plan takes its place if it still waits by then.",
        ),
        button="Look at the plan",
        path=f"/admin/plan/{draft.run_id}",
    )
    outbox.tell_admins_once(connection, site, draft.programme_id, f"plan.{draft.run_id}.{news}", letter, now)


def _called(first: date, last: date) -> str:
    return f"The plan for {words.short_day(first)} to {words.short_day(last)}"


# --- settings ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CycleForm:
    """What an admin typed."""

    plan_on: str  #: "thu"; "" for by hand
    plan_at: str  #: "06:00"
    timezone: str
    weeks_ahead: int
    freeze_hours: int


def settings(site: Site, by: Member, now: datetime) -> CycleRecord:
    """When the programme is planned by itself, and when it was."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        (cycle,) = kept.cycles(connection, by.programme_id)
        last = kept.last_run(connection, by.programme_id)
        suggested = kept.usual_zone(connection)
    never_set = cycle.plan_on is None and cycle.since is None
    coming = next_moment(cycle, now)
    return CycleRecord(
        plan_on=cycle.plan_on,
        plan_at=cycle.plan_at.strftime("%H:%M"),
        timezone=suggested if never_set and suggested else cycle.timezone,
        weeks_ahead=cycle.weeks_ahead,
        freeze_hours=int(cycle.freeze / timedelta(hours=1)),
        next_at=coming,
        last_run_id=last.id if last else None,
        last_at=last.created_at if last else None,
        last_state=last.state if last else None,
    )


def change(site: Site, form: CycleForm, by: Member, now: datetime) -> None:
    """Plan on another weekday or time, or by hand. A moment that has passed already is not made up for.

    Raises:
        Misfilled: what cannot be, by field.
    """
    need_role(by, "admin")
    _check(form)
    with site.store.writing() as connection:
        (before,) = kept.cycles(connection, by.programme_id)
        moved = (before.plan_on or "", before.plan_at.strftime("%H:%M"), before.timezone) != (
            form.plan_on,
            form.plan_at,
            form.timezone,
        )
        kept.keep(
            connection,
            by.programme_id,
            plan_on=form.plan_on or None,
            plan_at=form.plan_at,
            timezone=form.timezone,
            weeks_ahead=form.weeks_ahead,
            freeze_hours=form.freeze_hours,
            cycle_since=now if moved else before.since,
        )
        audit.note(connection, now, by, "cycle.change", f"programme:{by.programme_id}")


def _check(form: CycleForm) -> None:
    mistakes = {}
    if form.plan_on not in ("", *WEEKDAYS):
        mistakes["plan_on"] = "Please choose a weekday, or by hand."
    if form.plan_at == "24:00":
        mistakes["plan_at"] = "Please give a time of day, from 00:00 to 23:59."
    if form.timezone not in available_timezones():
        mistakes["timezone"] = "Please give a time zone by its name, such as Europe/London."
    if not 1 <= form.weeks_ahead <= MOST_WEEKS:
        mistakes["weeks_ahead"] = f"Please give 1 to {MOST_WEEKS} weeks."
    if timedelta(hours=form.freeze_hours) > LONGEST_FREEZE:
        mistakes["freeze_hours"] = "Please give 0 to 336 hours; 336 are two weeks."
    if mistakes:
        raise Misfilled(mistakes)

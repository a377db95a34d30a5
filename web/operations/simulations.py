"""Simulations for admins: asked for on a page, played in the background, kept as figures of groups.

They read people, calendars and rules, and write nothing but their own rows. A worker that is stopped leaves
what it has played; the next one goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from planner.domain import Role
from planner.simulation.company import Company, repeated
from planner.simulation.history import Way
from planner.simulation.play import Part, Scenario, play_all
from web import words
from web.config import Config
from web.errors import NotFound, Refused
from web.executors import helpers
from web.operations import audit, runs
from web.operations.access import need_role
from web.records import Member, SimulationRecord
from web.simulation_results import kept as parts_kept
from web.simulation_results import parts_of
from web.simulation_settings import Settings, settings_of
from web.site import Site
from web.small_groups import LEAST
from web.store import jobs
from web.store import programmes as kept_programmes
from web.store import simulations as kept
from web.store import tables as t
from web.store.planning import load_company
from web.store.read_only import NotMade, reading_only

#: Whether somebody wants it stopped is looked for at most this often.
SECONDS_BETWEEN_LOOKS = 1.0

#: More people take hours; a made company of the same proportions says as much.
MOST_PEOPLE = 1200


# --- asking --------------------------------------------------------------------------------------


def start(site: Site, tables: Mapping[str, Any], own: bool, by: Member, now: datetime) -> int:
    """Queue a simulation; its id.

    Raises:
        Misfilled: what cannot be played, by `table.name`.
        Refused: one is under way, or the programme's own people cannot be played.
    """
    need_role(by, "admin")
    settings = settings_of(tables, own)
    with site.store.writing() as connection:
        if kept.is_open(connection, by.programme_id):
            raise Refused("A simulation is under way. Wait for it, or stop it first.")
        if own:
            own_scenario(connection, by.programme_id, settings, site.config.planner.window_weeks, now)
        told = {"own": own} | settings.tables()
        simulation_id = kept.add(connection, by.programme_id, told, by.hand.id, now)
        args = {"simulation_id": simulation_id}
        job_id = jobs.add(connection, kept.JOB, args, now, dedup=f"{kept.JOB}:{simulation_id}")
        audit.note(connection, now, by, "simulation.start", f"simulation:{simulation_id}")
    site.queue.tell(job_id)
    return simulation_id


def recent(site: Site, by: Member) -> tuple[SimulationRecord, ...]:
    """The programme's simulations, newest first."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.records(connection, t.simulation.c.programme_id == by.programme_id))


def one(site: Site, simulation_id: int, by: Member) -> SimulationRecord:
    need_role(by, "admin")
    with site.store.reading() as connection:
        return _one(connection, simulation_id, by)


def stop(site: Site, simulation_id: int, by: Member, now: datetime) -> None:
    """Stop playing; what is done by then is kept."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        record = _one(connection, simulation_id, by)
        done = {"parts": list(record.parts)} if record.parts else None
        if not kept.change(
            connection, simulation_id, kept.OPEN, state="cancelled", result=done, finished_at=now
        ):
            raise Refused("This simulation has ended already.")
        audit.note(connection, now, by, "simulation.stop", f"simulation:{simulation_id}")


def forget(site: Site, simulation_id: int, by: Member, now: datetime) -> None:
    """Delete a simulation, under way or not."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        _one(connection, simulation_id, by)
        kept.remove(connection, simulation_id)
        audit.note(connection, now, by, "simulation.delete", f"simulation:{simulation_id}")


def _one(connection: Connection, simulation_id: int, by: Member) -> SimulationRecord:
    s = t.simulation.c
    found = kept.records(connection, (s.id == simulation_id) & (s.programme_id == by.programme_id))
    if not found:
        raise NotFound
    return found[0]


# --- a programme's own people --------------------------------------------------------------------


def own_in_file(config: Config, programme: str | None, settings: Settings, now: datetime) -> Scenario:
    """The scenario of a programme in the database that a configuration names, which is read and no more.

    Args:
        programme: its name; None where there is only one.

    Raises:
        Refused: there is no such database, or of another version; or as `own_scenario` says.
        Misfilled: no programme of that name.
    """
    try:
        with reading_only(config.database.url) as connection:
            programme_id = runs.programme_in(connection, programme)
            return own_scenario(connection, programme_id, settings, config.planner.window_weeks, now)
    except NotMade as why:
        raise Refused(
            f"{why} Make your company first – `officeday new-admin EMAIL` begins it –, or run "
            "`officeday simulate` without a file, which plays a made one."
        ) from why


def own_scenario(
    connection: Connection, programme_id: int, settings: Settings, weeks_known: int, now: datetime
) -> Scenario:
    """The programme as it stands, from next Monday on, its next weeks repeated to the end.

    Raises:
        Refused: too few juniors to tell of, too many people, or nothing is promised.
    """
    starts = _next_monday(now.date())
    programme = kept_programmes.load_programme(connection, programme_id, now)
    if not programme.formats:
        raise Refused("Nothing is promised yet. Say on the page Programme what is, or play a made company.")
    people = tuple(one for one in programme.people if one.left is None or one.left > starts)
    juniors = sum(one.role is Role.JUNIOR for one in people)
    if juniors < LEAST:
        raise Refused(
            f"The programme has {words.counted(juniors, 'junior')}, and of fewer than {LEAST} "
            "no figures are told. Play a made company."
        )
    if len(people) > MOST_PEOPLE:
        raise Refused(
            f"The programme has {len(people):,} people, and at most {MOST_PEOPLE:,} are played. "
            "Play a made company with as many juniors to a senior."
        )
    last = starts + timedelta(weeks=weeks_known, days=-1)
    problem = load_company(connection, programme_id, starts, last)
    company = Company(
        problem=repeated(problem, weeks_known, settings.weeks),
        participants=tuple(replace(one, joined=max(one.joined, starts)) for one in people),
        formats=programme.formats,
        starts=starts,
        weeks=settings.weeks,
        never=programme.never,
        unreadable=programme.unreadable,
        least_group=LEAST,
    )
    return Scenario(company, settings.assumptions, settings.steps)


def _next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


# --- playing -------------------------------------------------------------------------------------


def carry_out(site: Site, simulation_id: int) -> None:
    """The background job. Done twice, it goes on where it was."""
    with site.store.writing() as connection:
        if not kept.change(connection, simulation_id, kept.OPEN, state="running"):
            return
        (record,) = kept.records(connection, t.simulation.c.id == simulation_id)
    try:
        settings = settings_of(record.tables, record.own)
        parts = _play(site, record, settings)
    except Exception as why:
        error = str(why) if isinstance(why, Refused) else f"{type(why).__name__}: {why}"
        _end(site, simulation_id, state="failed", error=error)
        if isinstance(why, Refused):
            return
        raise
    if {(part.way, part.seed) for part in parts} == _asked(settings):
        _end(site, simulation_id, state="done", result={"parts": parts_kept(parts)})


def _play(site: Site, record: SimulationRecord, settings: Settings) -> tuple[Part, ...]:
    config = site.config.planner
    if settings.own:
        with site.store.reading() as connection:
            scenario = own_scenario(
                connection, record.programme_id, settings, config.window_weeks, record.created_at
            )
    else:
        scenario = settings.made()
    watch = _Watch(site, record.id, parts_of(record.parts), len(_asked(settings)))
    with helpers(config.executor, config.workers, float("inf"), lambda says: None) as help_:
        return play_all(
            scenario,
            range(1, settings.seeds + 1),
            help_.executor,
            heard=watch.heard,
            cancelled=watch.stopped,
            done=watch.parts,
        )


def _asked(settings: Settings) -> set[tuple[Way, int]]:
    return {(way, seed) for way in Way for seed in range(1, settings.seeds + 1)}


def _end(site: Site, simulation_id: int, **values: Any) -> None:
    with site.store.writing() as connection:
        kept.change(connection, simulation_id, ("running",), finished_at=site.now(), **values)


def fail_lost(site: Site, now: datetime) -> None:
    """Close simulations whose worker died too often."""
    with site.store.reading() as connection:
        if not kept.lost(connection):
            return
    with site.store.writing() as connection:
        for simulation_id in kept.lost(connection):
            kept.change(
                connection,
                simulation_id,
                kept.OPEN,
                state="failed",
                finished_at=now,
                error="The worker was stopped several times while playing. Start it again.",
            )


class _Watch:
    """Keeps what is played, and looks whether it was stopped or deleted meanwhile."""

    def __init__(self, site: Site, simulation_id: int, parts: tuple[Part, ...], of: int) -> None:
        self.parts = parts
        self._site, self._id, self._of = site, simulation_id, of
        self._looked, self._stop = float("-inf"), False
        self._keep()

    def heard(self, part: Part) -> None:
        self.parts = (*self.parts, part)
        self._keep()

    def stopped(self) -> bool:
        if not self._stop and time.monotonic() - self._looked >= SECONDS_BETWEEN_LOOKS:
            self._looked = time.monotonic()
            with self._site.store.reading() as connection:
                self._stop = kept.state_of(connection, self._id) != "running"
        return self._stop

    def _keep(self) -> None:
        progress = {"done": len(self.parts), "of": self._of, "parts": parts_kept(self.parts)}
        with self._site.store.writing() as connection:
            kept.change(connection, self._id, ("running",), progress=progress)

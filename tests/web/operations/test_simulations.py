"""Simulations in the background: played once, stopped, taken up again, and never writing anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from planner.domain import Role
from planner.simulation.company import Company
from planner.simulation.history import Way
from tests.web.company import a_company, at, member
from tests.web.made_up import NOW
from web import jobs
from web.errors import Misfilled, NotFound, Refused
from web.operations import calendars, programmes, simulations
from web.simulation_results import OF_GROUPS, parts_of
from web.simulation_settings import Settings
from web.site import Site
from web.store import jobs as ledger
from web.store import simulations as kept
from web.store import tables as t

SMALL = {"simulation": {"weeks": 4, "seeds": 1, "steps": 0}, "company": {"seniors": 2, "juniors": 8}}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def settled(tmp_path: Path) -> Site:
    """Twenty juniors, everything promised as usual, calendars read."""
    site = a_company(tmp_path, extra_juniors=12)
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    calendars.sync(site, None, NOW)
    return site


def start(site: Site, tables: dict[str, Any] = SMALL, own: bool = False) -> int:
    return simulations.start(site, tables, own, member(site, "ada"), NOW)


def record(site: Site, simulation_id: int) -> Any:
    return simulations.one(site, simulation_id, member(site, "ada"))


def everything_but(site: Site, *names: str) -> dict[str, list[Any]]:
    with site.store.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in t.metadata.sorted_tables
            if table.name not in names
        }


def test_a_simulation_is_played_in_the_background(site: Site) -> None:
    simulation_id = start(site)
    assert record(site, simulation_id).state == "queued"

    jobs.run_due(site)

    played = record(site, simulation_id)
    assert (played.state, played.done, played.of) == ("done", 4, 4)
    assert {part.way for part in parts_of(played.parts)} == set(Way)


def test_nothing_is_written_but_the_simulation(settled: Site) -> None:
    before = everything_but(settled, "simulation", "job", "audit_entry")
    start(settled, {"simulation": SMALL["simulation"]}, own=True)

    jobs.run_due(settled)

    assert everything_but(settled, "simulation", "job", "audit_entry") == before


def test_a_programme_s_own_people_are_played_with_their_weeks_repeated(settled: Site) -> None:
    simulation_id = start(settled, {"simulation": SMALL["simulation"]}, own=True)
    jobs.run_due(settled)
    settings = Settings(own=True, weeks=4, seeds=1, steps=0)
    with settled.store.reading() as connection:
        company = simulations.own_scenario(connection, 1, settings, 4, NOW).company

    assert isinstance(company, Company)
    assert len(company.of(Role.JUNIOR)) == 20
    assert all(one.unknown == () for one in company.window(company.monday(3)).people)
    figures = {part.way: part.figures for part in parts_of(record(settled, simulation_id).parts)}
    assert figures[Way.OFFICEDAY].reach_quiet == 1
    assert figures[Way.BOOKING_LINKS].reach_quiet == 0


def test_of_fewer_than_twenty_juniors_no_quarter_is_told_and_all_else_is(site: Site) -> None:
    """A quarter of the eight is two people; whoever tries a pilot still learns what it would do."""
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    calendars.sync(site, None, NOW)
    simulation_id = start(site, {"simulation": SMALL["simulation"]}, own=True)
    jobs.run_due(site)

    played = record(site, simulation_id)
    assert played.state == "done"
    for row in played.parts:
        groups = {name: row["figures"][name] for name in OF_GROUPS}
        assert set(groups.values()) == {None}
    ours = parts_of(played.parts)[0].figures
    assert ours.reach == 1 and ours.sessions_held > 0


def test_of_fewer_than_five_juniors_nothing_is_told(site: Site) -> None:
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    with site.store.writing() as connection:
        mine = select(t.person.c.id).where(t.person.c.name.in_(["Aisha", "Ben", "Chidi", "Emil"]))
        connection.execute(delete(t.membership).where(t.membership.c.person_id.in_(mine)))

    with pytest.raises(Refused, match="4 juniors, and of fewer than 5"):
        start(site, {}, own=True)


def test_who_has_left_is_not_played(site: Site) -> None:
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    with site.store.writing() as connection:
        ben = select(t.person.c.id).where(t.person.c.name == "Ben").scalar_subquery()
        connection.execute(
            update(t.participation).where(t.participation.c.person_id == ben).values(left=NOW.date())
        )
    with site.store.reading() as connection:
        company = simulations.own_scenario(connection, 1, Settings(own=True), 4, NOW).company

    assert isinstance(company, Company)
    assert len(company.of(Role.JUNIOR)) == 7


def test_a_programme_that_promises_nothing_cannot_be_played(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Nothing is promised"):
        start(a_company(tmp_path, extra_juniors=12), {}, own=True)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_queued(site: Site) -> None:
    with pytest.raises(Misfilled) as told:
        start(site, {"simulation": {"weeks": 3}, "assumptions": {"declines": 2}})

    assert told.value.mistakes.keys() == {"simulation.weeks", "assumptions.declines"}
    assert simulations.recent(site, member(site, "ada")) == ()


def test_one_is_played_at_a_time(site: Site) -> None:
    start(site)

    with pytest.raises(Refused, match="under way"):
        start(site)


def test_what_was_played_by_a_worker_that_died_is_not_played_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is gone after two parts; the next one plays the other two."""
    simulation_id, real = start(site), simulations.play_all
    heard: list[Way] = []

    def dies(*args: Any, heard: Any, **rest: Any) -> Any:
        def until_two(part: Any) -> None:
            heard(part)
            if len(record(site, simulation_id).parts) == 2:
                raise SystemExit  # no error of its own: the process is gone

        return real(*args, heard=until_two, **rest)

    monkeypatch.setattr(simulations, "play_all", dies)
    with pytest.raises(SystemExit):
        jobs.run_due(site)
    assert record(site, simulation_id).state == "running"

    def counts(*args: Any, **rest: Any) -> Any:
        keep = rest.pop("heard")
        return real(*args, heard=lambda part: (heard.append(part.way), keep(part)), **rest)

    monkeypatch.setattr(simulations, "play_all", counts)
    jobs.run_due(at(site, NOW + timedelta(minutes=1)))

    assert len(heard) == 2
    assert record(site, simulation_id).state == "done"


def test_one_whose_worker_died_every_time_fails(site: Site) -> None:
    simulation_id = start(site)
    with site.store.writing() as connection:
        kept.change(connection, simulation_id, ("queued",), state="running")
        connection.execute(delete(t.job))

    simulations.fail_lost(site, NOW)

    assert record(site, simulation_id).state == "failed"
    assert "Start it again" in record(site, simulation_id).error


def test_one_that_goes_wrong_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **rest: Any) -> Any:
        raise ZeroDivisionError("no such luck")

    simulation_id = start(site)
    monkeypatch.setattr(simulations, "play_all", broken)
    jobs.run_due(site)

    assert record(site, simulation_id).error == "ZeroDivisionError: no such luck"


def test_one_that_was_stopped_keeps_what_was_played(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "SECONDS_BETWEEN_LOOKS", 0)
    simulation_id, real, ada = start(site), simulations.play_all, member(site, "ada")

    def stopped(*args: Any, heard: Any, **rest: Any) -> Any:
        def then_stop(part: Any) -> None:
            heard(part)
            simulations.stop(site, simulation_id, ada, NOW)

        return real(*args, heard=then_stop, **rest)

    monkeypatch.setattr(simulations, "play_all", stopped)
    jobs.run_due(site)

    assert (record(site, simulation_id).state, len(record(site, simulation_id).parts)) == ("cancelled", 1)
    with pytest.raises(Refused, match="ended already"):
        simulations.stop(site, simulation_id, ada, NOW)


def test_one_that_is_deleted_before_it_is_played_costs_nothing(site: Site) -> None:
    simulation_id = start(site)
    simulations.forget(site, simulation_id, member(site, "ada"), NOW)

    jobs.run_due(site)

    with pytest.raises(NotFound):
        record(site, simulation_id)
    with site.store.reading() as connection:
        assert ledger.due(connection, NOW) == []


def test_nobody_but_admins_plays_anything(site: Site) -> None:
    priya = replace(member(site, "priya"))

    with pytest.raises(NotFound):
        simulations.start(site, SMALL, False, priya, NOW)
    with pytest.raises(NotFound):
        simulations.recent(site, priya)

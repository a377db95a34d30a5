"""Bringing the tables of an older version up to date, with a company in them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select

from connectors.memory import MemoryOrganizer
from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.organizers import differences, settle, there, with_organizer
from tests.web.pages.persons import propose_a_day, state_of, version_of
from web.operations import proposals
from web.operations.departures import FURTHER_NOTICE
from web.site import Site
from web.store import Store, _alembic_config
from web.store import tables as t

#: What 0001 brought.
FIRST = ("person", "session", "proposal", "placement", "seat", "outbox")


def bring_to(version: str, store: Store) -> None:
    config = _alembic_config()
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()


def at_the_first_version(site: Site, file: Path) -> Store:
    """A database of the first version with everything of a company that fits in there."""
    store = Store(f"sqlite:///{file}")
    bring_to("0001", store)
    with sqlite3.connect(file) as copy:
        copy.execute("ATTACH ? AS today", [site.store.engine.url.database])
        tables = copy.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table != "alembic_version":
                columns = [f'"{row[1]}"' for row in copy.execute(f"PRAGMA main.table_info({table})")]
                known = {f'"{row[1]}"' for row in copy.execute(f"PRAGMA today.table_info({table})")}
                listed = ", ".join(columns)
                values = ", ".join(each if each in known else "1" for each in columns)  # dropped since
                copy.execute(f"INSERT INTO main.{table} ({listed}) SELECT {values} FROM today.{table}")
    return store


def rows(site: Site) -> dict[str, int]:
    with site.store.reading() as connection:
        counts = {name: select(func.count()).select_from(t.metadata.tables[name]) for name in FIRST}
        return {name: connection.execute(query).scalar_one() for name, query in counts.items()}


def test_a_company_of_the_first_version_goes_on_and_its_days_are_written(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    day = propose_a_day(site)
    before = rows(site)
    site = replace(site, store=at_the_first_version(site, tmp_path / "old.db"))
    assert "calendar_event" not in inspect(site.store.engine).get_table_names()

    site.store.migrate()

    assert rows(site) == before
    assert before["placement"] == 3
    organizer = MemoryOrganizer()
    site = with_organizer(site, organizer)
    settle(site)
    assert len(there(organizer)) == 3
    proposals.approve(site, day, version_of(site, day), member(site, "priya"), (), NOW)
    settle(site)
    assert state_of(site, day) == "approved"
    assert differences(site, organizer) == []


def test_half_a_pause_is_made_whole_as_it_was_understood_and_none_is_written_again(tmp_path: Path) -> None:
    store = at_the_first_version(a_company(tmp_path), tmp_path / "old.db")
    bring_to("0016", store)
    halves = {
        (None, None): (None, None),
        ("2027-03-01", "2027-03-05"): ("2027-03-01", "2027-03-05"),
        (None, "2027-03-05"): ("2027-01-04", "2027-03-05"),
        (None, "2026-12-24"): ("2026-12-24", "2026-12-24"),
        ("2027-03-01", None): ("2027-03-01", FURTHER_NOTICE.isoformat()),
    }
    with sqlite3.connect(tmp_path / "old.db") as old:
        for person, pause in enumerate(halves, start=1):
            half = "joined = '2027-01-04', paused_from = ?, paused_until = ?"
            old.execute(f"UPDATE participation SET {half} WHERE person_id = ?", (*pause, person))

    store.migrate()

    with sqlite3.connect(tmp_path / "old.db") as new:
        found = new.execute("SELECT paused_from, paused_until FROM participation ORDER BY person_id")
        assert found.fetchall()[: len(halves)] == [*halves.values()]
        for half in ("paused_from = NULL", "paused_until = NULL"):
            with pytest.raises(sqlite3.IntegrityError, match="ck_participation_pause"):
                new.execute(f"UPDATE participation SET {half} WHERE person_id = 2")


def test_an_objective_is_as_old_as_the_audit_log_says_where_it_does(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    bring_to("0016", store)
    at = "2027-01-04 09:00:00.000000"
    with sqlite3.connect(tmp_path / "old.db") as old:
        for number in (1, 2):
            columns = "id, programme_id, statement, why, kinds, position"
            old.execute(f"INSERT INTO objective ({columns}) VALUES (?, 1, 'ask', '', '[]', 1)", (number,))
        for action in ("add", "change"):
            columns = "at, action, object, details"
            values = (at if action == "add" else "2027-01-03 09:00:00.000000", f"objective.{action}")
            old.execute(f"INSERT INTO audit_entry ({columns}) VALUES (?, ?, 'objective:1', '{{}}')", values)

    store.migrate()

    with sqlite3.connect(tmp_path / "old.db") as new:
        assert new.execute("SELECT created_at FROM objective ORDER BY id").fetchall() == [(at,), (None,)]


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    site = a_company(tmp_path)

    with site.store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, t.metadata) == []

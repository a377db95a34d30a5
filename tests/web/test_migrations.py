"""Bringing the tables of an older version up to date, with a company in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from connectors.memory import MemoryOrganizer
from tests.web.company import a_company, member
from tests.web.databases import DATABASES
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


def a_store(folder: Path) -> Store:
    return Store(DATABASES.url(folder, begins_as=None))


def at_the_first_version(site: Site, folder: Path) -> Store:
    """A database of the first version with everything of a company that fits in there."""
    store = a_store(folder)
    bring_to("0001", store)
    first, today = MetaData(), MetaData()
    first.reflect(store.engine)
    today.reflect(site.store.engine)
    with site.store.engine.connect() as source, store.writing() as copy:
        for table in first.sorted_tables:
            if table.name in today.tables and table.name != "alembic_version":
                found = source.execute(select(today.tables[table.name])).mappings().all()
                if found:
                    copy.execute(insert(table), [_as_it_was(table, dict(row)) for row in found])
                if not store.is_sqlite and "id" in table.c and table.c.id.autoincrement is True:
                    past = f"setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
                    copy.execute(text(f"SELECT {past}"))
    return store


def _as_it_was(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Columns that were dropped since are filled with anything."""
    return {
        column.name: row[column.name] if column.name in row else column.type.python_type(1)
        for column in table.columns
    }


def rows(site: Site) -> dict[str, int]:
    with site.store.reading() as connection:
        counts = {name: select(func.count()).select_from(t.metadata.tables[name]) for name in FIRST}
        return {name: connection.execute(query).scalar_one() for name, query in counts.items()}


def test_a_company_of_the_first_version_goes_on_and_its_days_are_written(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    day = propose_a_day(site)
    before = rows(site)
    site = replace(site, store=at_the_first_version(site, tmp_path / "old"))
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
    store = at_the_first_version(a_company(tmp_path), tmp_path / "old")
    bring_to("0016", store)
    joined, first, last = date(2027, 1, 4), date(2027, 3, 1), date(2027, 3, 5)
    halves = {
        (None, None): (None, None),
        (first, last): (first, last),
        (None, last): (joined, last),
        (None, date(2026, 12, 24)): (date(2026, 12, 24), date(2026, 12, 24)),
        (first, None): (first, FURTHER_NOTICE),
    }
    p = t.participation.c
    with store.writing() as connection:
        for person, pause in enumerate(halves, start=1):
            half = {"joined": joined, "paused_from": pause[0], "paused_until": pause[1]}
            connection.execute(update(t.participation).where(p.person_id == person).values(half))

    store.migrate()

    with store.reading() as connection:
        found = connection.execute(select(p.paused_from, p.paused_until).order_by(p.person_id)).all()
    assert [tuple(row) for row in found][: len(halves)] == [*halves.values()]
    for half in ("paused_from", "paused_until"):
        with (
            store.writing() as connection,
            pytest.raises(IntegrityError, match="ck_participation_pause"),
        ):
            connection.execute(update(t.participation).where(p.person_id == 2).values({half: None}))


def test_an_objective_is_as_old_as_the_audit_log_says_where_it_does(tmp_path: Path) -> None:
    store = a_store(tmp_path / "old")
    bring_to("0016", store)
    at = datetime(2027, 1, 4, 9, tzinfo=UTC)
    with store.writing() as connection:
        connection.execute(insert(t.programme).values(name="Mentoring"))
        for number in (1, 2):
            columns = "id, programme_id, statement, why, kinds, position"
            connection.execute(
                text(f"INSERT INTO objective ({columns}) VALUES ({number}, 1, 'ask', '', '[]', 1)")
            )
        for action, when in (("add", at), ("change", datetime(2027, 1, 3, 9, tzinfo=UTC))):
            entry = {"at": when, "action": f"objective.{action}", "object": "objective:1", "details": {}}
            connection.execute(insert(t.audit_entry).values(entry))

    store.migrate()

    with store.reading() as connection:
        created = connection.scalars(select(t.objective.c.created_at).order_by(t.objective.c.id))
        assert [*created] == [at, None]


def test_past_days_in_anyway_are_noted_as_they_were_told_or_else_by_the_weekdays_of_today(
    tmp_path: Path,
) -> None:
    """Priya is in anyway on Tuesdays. 2 March 2027 is one; on 3 March her calendar said so."""
    site = a_company(tmp_path)
    store = at_the_first_version(site, tmp_path / "old")
    bring_to("0017", store)
    priya = member(site, "priya").person.id
    told = '{"why": ["all three of you are free"], "already_in": %s}'
    gone = '{"why": [], "already_in": false}'
    days = {"2027-03-02": gone, "2027-03-03": told % "true", "2027-03-09": told % "false", "2027-03-10": gone}
    its = {"senior": priya}
    with store.writing() as old:
        old.execute(text("""UPDATE person SET days_in_anyway = '["tue"]' WHERE id = :senior"""), its)
        columns = "programme_id, senior_id, day, state, version, created_at, left_out, facts"
        values = "1, :senior, :day, 'approved', 0, '2027-01-01', '[]', :facts"
        for day, facts in days.items():
            row = its | {"day": day, "facts": facts}
            old.execute(text(f"INSERT INTO proposal ({columns}) VALUES ({values})"), row)
        old.execute(text("UPDATE session SET senior_id = :senior"), its)
        sessions = old.scalars(text("SELECT id FROM session ORDER BY id LIMIT 6")).all()
        first_free = zip(sessions, [*days, "2027-03-16", "2027-03-17"], strict=True)
        simpler = [(session, "first_free", day) for session, day in first_free]
        for session, way, day in [*simpler, (sessions[0], "greedy", "2027-03-18")]:
            row = {"session": session, "way": way, "day": day}
            old.execute(text("INSERT INTO simpler_day VALUES (:session, :way, :day)"), row)

    store.migrate()

    p, simply = t.proposal.c, t.simpler_day.c
    with store.reading() as connection:
        in_anyway = select(p.day, p.in_anyway).where(p.version == 0).order_by(p.day)
        assert [(f"{row.day}", row.in_anyway) for row in connection.execute(in_anyway)] == [
            ("2027-03-02", True),
            ("2027-03-03", True),
            ("2027-03-09", False),
            ("2027-03-10", False),
        ]
        ordered = select(simply.placed, simply.day).order_by(simply.way, simply.session_id)
        kept = [(row.placed, row.day and f"{row.day}") for row in connection.execute(ordered)]
    assert kept[:6] == [
        (True, None),
        (True, None),
        (True, "2027-03-09"),
        (True, "2027-03-10"),
        (True, None),
        (True, "2027-03-17"),
    ]
    assert kept[6:] == [(True, "2027-03-18"), *[(False, None)] * 5]


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    site = a_company(tmp_path)

    with site.store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, t.metadata) == []

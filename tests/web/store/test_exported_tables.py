"""Which columns of the database leave as files: by their labels, and by nothing that could rank anybody."""

from __future__ import annotations

import pytest
from sqlalchemy import CheckConstraint, Column, Table

from web.store import exports
from web.store import tables as t
from web.store.personal import may_name
from web.store.privacy import Privacy, pointer_of, privacy_of

TABLES = list(exports.tables().values())
KEPT = [each.column for table in TABLES for each in exports.columns(table) if each.left_out is None]


def names(table: Table) -> set[str]:
    return {column.name for column in KEPT if column.table is table}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_column_is_in_its_file_or_has_a_reason(table: Table) -> None:
    assert [each.column for each in exports.columns(table)] == list(table.columns)
    assert all(each.left_out is None or each.left_out for each in exports.columns(table))


@pytest.mark.parametrize("column", KEPT, ids=str)
def test_nothing_private_or_secret_leaves(column: Column[object]) -> None:
    assert privacy_of(column) not in (Privacy.PRIVATE, Privacy.SECRET)
    assert privacy_of(column) is not Privacy.OPERATIONAL or column.primary_key


@pytest.mark.parametrize("column", [each for each in KEPT if each.table not in exports.ROSTER], ids=str)
def test_what_came_of_sessions_names_nobody(column: Column[object]) -> None:
    assert pointer_of(column) is None
    assert not (privacy_of(column) is Privacy.PERSONAL and may_name(column) and not column.primary_key)


@pytest.mark.parametrize(
    "table",
    [
        *(t.feedback, t.goal, t.action, t.check_in, t.private_request, t.never_pair, t.busy_interval),
        *(t.training_completion, t.preference_effect, t.audit_entry, t.job, t.placement_junior),
    ],
    ids=str,
)
def test_these_have_no_file(table: Table) -> None:
    assert names(table) == set()


def test_who_people_are_leaves_and_what_they_prefer_does_not() -> None:
    assert {"email", "name", "languages"} <= names(t.person)
    assert not {"hours", "calendar", "eats", "days_never", "refused_at", "stated_hours"} & names(t.person)
    assert "paused_from" not in names(t.participation)
    assert names(t.membership) == {"programme_id", "person_id", "role"}


def test_what_came_of_sessions_leaves_without_place() -> None:
    assert {"kind", "state", "start", "outcome"} <= names(t.session)
    assert not {"office_id", "room_id", "programme_id", "title"} & names(t.session)
    assert names(t.seat) == {"session_id", "state", "since", "offered_until"}
    assert names(t.placement) == {"proposal_id", "session_id", "start"}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_codes_stand_for_ids_and_for_no_word(table: Table) -> None:
    kept = [each.column for each in exports.columns(table) if each.left_out is None]
    coded = {column for column in kept if exports.code_of(column, b"key") is not None}

    assert all(column.foreign_keys or [*table.primary_key] == [column] for column in coded)
    assert coded.isdisjoint(column for column in kept if lists_of_words(column))


def lists_of_words(column: Column[object]) -> list[CheckConstraint]:
    """What says that a column has one of a few words."""
    checks = [one for one in column.table.constraints if isinstance(one, CheckConstraint)]
    return [one for one in checks if str(one.sqltext).startswith(f"{column.name} IN (")]


def test_the_way_of_a_simpler_day_can_be_read() -> None:
    assert lists_of_words(t.simpler_day.c.way)
    assert exports.code_of(t.simpler_day.c.way, b"key") is None
    assert exports.code_of(t.simpler_day.c.session_id, b"key") is not None


def test_which_goal_a_session_served_stays_here() -> None:
    """Sessions that share one are one junior's, whatever code stood for it."""
    assert "session_id" in names(t.preparation)
    assert not {"goal_id", "objective_id"} & names(t.preparation)


def test_rooms_and_offices_leave_without_what_opens_a_calendar() -> None:
    assert {"capacity", "uses", "email"} <= names(t.room)
    assert "calendar" not in names(t.room)
    assert {"holidays", "timezone"} <= names(t.office)

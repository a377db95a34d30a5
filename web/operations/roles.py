"""What a role brings and leaves behind, however it is given or taken: on a page, by a file, by groups."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from web import words
from web.operations.preferences import worth_a_trip
from web.store import accounts, membership, preferences

#: Of a person: fewest sessions that are worth a trip to them, in all their programmes.
FEWEST = "min_sessions_per_office_day"


def still_ahead(
    connection: Connection,
    programme_id: int,
    person_id: int,
    name: str,
    taken: Collection[str],
    now: datetime,
) -> str | None:
    """Why these roles cannot be taken from somebody yet, in words; None: nothing of theirs is ahead.

    A session stays with its people. Without the role they could not open it any more.
    """
    for role in sorted({*taken} - {"admin"}):
        if found := membership.ahead(connection, programme_id, person_id, role, now):
            things = words.counted(found, "session or proposed day", "sessions or proposed days")
            return (
                f"{name} has {things} ahead as a {role}. Let them leave the programme first, which says what "
                "becomes of these, or wait until they are over."
            )
    return None


def everywhere(connection: Connection, person_id: int) -> frozenset[str]:
    """What somebody is, whichever of their programmes it is in."""
    return frozenset(role for _, role in accounts.roles_of(connection, person_id))


def fewest_sessions(stands: int, before: Collection[str], after: Collection[str], *, is_own: bool) -> int:
    """How many sessions are worth a trip to somebody whose roles in all programmes change.

    Who becomes a senior comes in for two or more, and who is none any more for one again; what they chose
    themselves, or otherwise than the default, stays.
    """
    was, default = worth_a_trip(frozenset(before)), worth_a_trip(frozenset(after))
    if is_own or default == was:
        return stands
    return max(stands, default) if default > was or stands != was else default


def settle_fewest(connection: Connection, person_id: int, before: Collection[str]) -> None:
    """The same for somebody whose roles have changed already; `before`: what they were everywhere."""
    known = preferences.of_person(connection, person_id)
    stands = known.values[FEWEST]
    after = everywhere(connection, person_id)
    fewest = fewest_sessions(stands, before, after, is_own=FEWEST in known.own)
    if fewest != stands:
        preferences.write(connection, person_id, {FEWEST: fewest}, known.own)

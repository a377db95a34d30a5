"""Who may: the one place that decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from web.errors import NotFound, Refused
from web.records import Member
from web.store import assistants, membership, people


def need_role(by: Member, role: str) -> None:
    """Raises NotFound for anybody else, so that nobody learns what there is."""
    if role not in by.roles:
        raise NotFound


def need_self(by: Member, person_id: int) -> None:
    if by.person.id != person_id:
        raise NotFound


def need_programme(by: Member, programme_id: int) -> None:
    if by.programme_id != programme_id:
        raise NotFound


def need_part(by: Member, senior_id: int, junior_ids: Collection[int], programme_id: int) -> None:
    """Its senior, a junior in it, or an admin of its programme."""
    part = by.person.id == senior_id or by.person.id in junior_ids
    if not part and not ("admin" in by.roles and by.programme_id == programme_id):
        raise NotFound


def need_share(by: Member, senior_id: int, junior_id: int | None) -> None:
    """One of the two whom something is between; admins are not."""
    if by.person.id not in (senior_id, junior_id):
        raise NotFound


def part_of(by: Member, senior_id: int, junior_ids: Collection[int]) -> str | None:
    """As what somebody is in a session: its "senior", a "junior" in it, or not at all."""
    if by.person.id == senior_id and "senior" in by.roles:
        return "senior"
    return "junior" if by.person.id in junior_ids and "junior" in by.roles else None


def need_in_person(by: Member) -> None:
    """Not an assistant's to do: naming assistants, signing in, calendars, what is private."""
    if by.behind is not None:
        raise NotFound


# --- who comes in, and what a mailed link is still good for ---------------------------------------


def may_come_in(connection: Connection, person_id: int, now: datetime) -> bool:
    """Is there a programme they have not left, or somebody they assist?"""
    present = people.members(connection, person_id=person_id, present_on=now.date())
    person = people.refs(connection, [person_id])[person_id]
    return bool(present) or bool(assistants.members(connection, person, now.date()))


def link_problem(
    connection: Connection, person_id: int, programme_id: int, now: datetime, role: str | None = None
) -> str | None:
    """Why a mailed link is good for nothing any more, whoever has it; None: whose it is still takes part.

    Saying no to having one's calendar read stays open to everybody: its link is not asked this.

    Args:
        role: what they have to be in the programme; None: anything.
    """
    there = people.members(connection, programme_id=programme_id, person_id=person_id, present_on=now.date())
    if not there:
        return "You no longer take part in this programme, so this link has nothing left to do, nor have you."
    if role is not None and role not in there[0].roles:
        return f"You are no longer a {role} in {there[0].programme_name}, so this is not yours to answer now."
    return None


# --- whose admins may do what to somebody --------------------------------------------------------

#: Of whom an admin cannot let in; of an address, or of a line of a sheet.
TAKES_PART_ELSEWHERE = (
    "takes part in another programme here; whoever runs officeday can add them: officeday import people"
)


def programmes_run(connection: Connection, by: Member, now: datetime) -> frozenset[int]:
    """Every programme that somebody is an admin of now."""
    if by.behind is not None:
        return frozenset()
    everywhere = people.members(connection, person_id=by.person.id, present_on=now.date())
    return frozenset(each.programme_id for each in (by, *everywhere) if "admin" in each.roles)


def beyond(
    connection: Connection, by: Member, now: datetime, person_ids: Collection[int] | None = None
) -> frozenset[int]:
    """Of some people (None: of all) those who take part in a programme that `by` does not run; never `by`."""
    runs = programmes_run(connection, by, now)
    there = membership.taking_part(connection, now.date(), person_ids)
    return frozenset(who for who, where in there.items() if not where <= runs) - {by.person.id}


def need_all_programmes(
    connection: Connection, by: Member, person_id: int, now: datetime, instead: str = ""
) -> None:
    """For what holds in every programme of somebody: it is theirs to do, and of whoever runs them all.

    Args:
        instead: who can do it, where that is somebody else.

    Raises:
        Refused: they take part in a programme that `by` does not run.
    """
    if person_id in beyond(connection, by, now, [person_id]):
        raise Refused(
            "They take part in another programme too, which you do not run, and this holds in all of them. "
            + (instead or "They can do it themselves, and so can an admin of all their programmes.")
        )

"""Who is away from a programme from when, and what of theirs lies ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from planner.lifecycle import LIVE, ProposalState, SeatState
from web.records import ProposalRecord, SessionRecord
from web.store import proposals, sessions
from web.store import tables as t


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is not there in a programme: from a day on, to its last day; None: for good."""

    person_id: int
    from_day: date
    until: date | None = None
    role: str | None = None  #: they stay, but are this no more; None: they are not there at all

    def covers(self, day: date, role: str) -> bool:
        """Are they away on that day as what they are in a session, its senior or a junior in it?"""
        is_then = self.from_day <= day and (self.until is None or day <= self.until)
        return is_then and self.role in (None, role)


def note(connection: Connection, programme_id: int, absences: Collection[Absence]) -> None:
    """Keep who leaves, and who pauses; a role that is lost stands among the memberships."""
    absences = [each for each in absences if each.role is None]
    part = t.participation
    there = set(
        connection.execute(select(part.c.person_id).where(part.c.programme_id == programme_id)).scalars()
    )
    new = [
        {"programme_id": programme_id, "person_id": each.person_id, "joined": each.from_day}
        for each in absences
        if each.person_id not in there
    ]
    if new:
        connection.execute(insert(part), new)
    mine = (part.c.programme_id == programme_id) & (part.c.person_id == bindparam("of"))
    leave = update(part).where(mine).values(left=bindparam("day"))
    pause = update(part).where(mine).values(paused_from=bindparam("day"), paused_until=bindparam("last"))
    if leaving := [each for each in absences if each.until is None]:
        connection.execute(leave, [{"of": each.person_id, "day": each.from_day} for each in leaving])
    if pausing := [each for each in absences if each.until is not None]:
        connection.execute(
            pause,
            [{"of": each.person_id, "day": each.from_day, "last": each.until} for each in pausing],
        )


def agreed_with(
    connection: Connection, programme_id: int, ids: Collection[int], now: datetime
) -> list[SessionRecord]:
    """Agreed sessions ahead that some people lead, have a seat in, or wait for."""
    seated = select(t.seat.c.session_id).where(
        t.seat.c.person_id.in_(ids),
        t.seat.c.state.not_in([SeatState.DECLINED, SeatState.CANCELLED]),
    )
    theirs = or_(t.session.c.senior_id.in_(ids), t.session.c.id.in_(seated))
    return sessions.agreed(
        connection, theirs & (t.session.c.programme_id == programme_id) & sessions.upcoming(now)
    )


def places_of(connection: Connection, session_ids: Collection[str]) -> Mapping[str, Mapping[int, SeatState]]:
    """By session, everybody with a seat or a place in its line, and which."""
    seat = t.seat
    found: dict[str, dict[int, SeatState]] = {each: {} for each in session_ids}
    for row in connection.execute(
        select(seat.c.session_id, seat.c.person_id, seat.c.state).where(
            seat.c.session_id.in_(session_ids),
            seat.c.state.not_in([SeatState.DECLINED, SeatState.CANCELLED]),
        )
    ):
        found[row.session_id][row.person_id] = SeatState(row.state)
    return found


def agreed_through(connection: Connection, session_ids: Collection[str]) -> Mapping[int, set[str]]:
    """These sessions by the proposal through which they were agreed."""
    s = t.session
    found: dict[int, set[str]] = defaultdict(set)
    for row in connection.execute(
        select(s.c.proposal_id, s.c.id).where(s.c.id.in_(session_ids), s.c.proposal_id.is_not(None))
    ):
        found[row.proposal_id].add(row.id)
    return found


def programme_name(connection: Connection, programme_id: int) -> str:
    p = t.programme
    return str(connection.execute(select(p.c.name).where(p.c.id == programme_id)).scalar_one())


def waiting_with(connection: Connection, programme_id: int, ids: Collection[int]) -> list[ProposalRecord]:
    """Drafts, and proposals that wait for an answer or are being settled, with some people in them."""
    p, j = t.proposal, t.placement_junior
    placed = select(j.c.proposal_id).where(j.c.person_id.in_(ids))
    return proposals.records(
        connection,
        (p.c.programme_id == programme_id)
        & p.c.state.in_([*LIVE, ProposalState.DRAFT])
        & or_(p.c.senior_id.in_(ids), p.c.id.in_(placed)),
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session needs to be held at all."""

    fewest: int
    required: frozenset[int]
    in_office: bool
    bookable: bool  #: some of its seats are kept open

    def can_be_held_by(self, juniors: int) -> bool:
        """Enough people are in it, or others may still book."""
        return juniors >= self.fewest or self.bookable


def terms_of(connection: Connection, session_ids: Collection[str]) -> Mapping[str, Terms]:
    s, c = t.session, t.candidate
    required: dict[str, set[int]] = {each: set() for each in session_ids}
    for row in connection.execute(
        select(c.c.session_id, c.c.person_id).where(c.c.session_id.in_(session_ids), c.c.required)
    ):
        required[row.session_id].add(row.person_id)
    rows = connection.execute(
        select(s.c.id, s.c.seats_min, s.c.office_id, s.c.open_seats).where(s.c.id.in_(session_ids))
    )
    return {
        row.id: Terms(
            row.seats_min, frozenset(required[row.id]), row.office_id is not None, row.open_seats > 0
        )
        for row in rows
    }


def worth_a_trip(connection: Connection, ids: Collection[int]) -> Mapping[int, int]:
    """By person, the fewest sessions for which they come in."""
    p = t.person
    rows = connection.execute(select(p.c.id, p.c.min_sessions_per_office_day).where(p.c.id.in_(ids)))
    return {row.id: row.min_sessions_per_office_day for row in rows}


def carry_links(connection: Connection, proposal_id: int, version: int) -> None:
    """Let links that were mailed for the version before decide this one."""
    link = t.link
    connection.execute(
        update(link)
        .where(link.c.proposal_id == proposal_id, link.c.proposal_version == version - 1)
        .values(proposal_version=version)
    )


def drop_imported(connection: Connection, programme_id: int, seniors: Collection[int]) -> None:
    """Sessions that were imported for a senior who has left have nobody else to hold them."""
    s = t.session
    connection.execute(
        update(s)
        .where(
            s.c.programme_id == programme_id,
            s.c.senior_id.in_(seniors),
            s.c.state == "due",
            s.c.by_rule.is_(False),
        )
        .values(state="cancelled")
    )


def drop_candidates(connection: Connection, programme_id: int, people: Sequence[int]) -> None:
    """Who has left is asked to no session that is still to be planned."""
    due = select(t.session.c.id).where(t.session.c.programme_id == programme_id, t.session.c.state == "due")
    c = t.candidate
    connection.execute(delete(c).where(c.c.person_id.in_(people), c.c.session_id.in_(due)))

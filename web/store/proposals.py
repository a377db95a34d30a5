"""Proposals: one senior's placements of one day, awaiting yes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, bindparam, cast, delete, insert, select, update

from planner.domain import Placement
from planner.lifecycle import LIVE, ProposalState
from web.records import PersonRef, ProposalRecord, SessionRecord
from web.store import people, sessions
from web.store import tables as t
from web.store.hours import is_in_anyway
from web.store.offices import CLOSED_DAY


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A day to be proposed. `facts`: what the page says about it (`Facts.kept`)."""

    senior_id: int
    day: date
    office_id: str | None
    placements: tuple[Placement, ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Facts:
    """What was true of a day when it was planned, and is worth telling its senior."""

    why: tuple[str, ...] = ()
    dates_one_by_one: tuple[date, ...] = ()  #: of its sessions in an office, at their first free slots
    already_in: bool = False
    proved: bool = False
    wanted_day: date | None = None  #: the senior asked for this day instead; being checked

    def kept(self) -> dict[str, Any]:
        return {
            "why": list(self.why),
            "dates_one_by_one": [day.isoformat() for day in self.dates_one_by_one],
            "already_in": self.already_in,
            "proved": self.proved,
            "wanted_day": self.wanted_day.isoformat() if self.wanted_day else None,
        }

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Facts:
        wanted = kept.get("wanted_day")
        return cls(
            tuple(kept["why"]),
            tuple(date.fromisoformat(day) for day in kept["dates_one_by_one"]),
            kept["already_in"],
            kept["proved"],
            date.fromisoformat(wanted) if wanted else None,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a proposal stands, read in the transaction that changes it."""

    id: int
    programme_id: int
    run_id: int | None
    senior_id: int
    timezone: str  #: the senior's
    day: date
    state: ProposalState
    version: int
    expires_at: datetime | None
    left_out: tuple[str, ...]
    facts: Facts
    placements: tuple[Placement, ...] = field(default=())


def whose(connection: Connection, proposal_id: int) -> tuple[int, int]:
    """Its programme and its senior."""
    p = t.proposal.c
    row = connection.execute(select(p.programme_id, p.senior_id).where(p.id == proposal_id)).one()
    return row.programme_id, row.senior_id


def standing(connection: Connection, proposal_id: int) -> Standing | None:
    """The proposal with its placements."""
    p = t.proposal
    row = connection.execute(
        select(p, t.person.c.timezone)
        .join(t.person, t.person.c.id == p.c.senior_id)
        .where(p.c.id == proposal_id)
    ).one_or_none()
    if row is None:
        return None
    return Standing(
        row.id,
        row.programme_id,
        row.run_id,
        row.senior_id,
        row.timezone,
        row.day,
        ProposalState(row.state),
        row.version,
        row.expires_at,
        tuple(row.left_out),
        Facts.of(row.facts),
        placements(connection, proposal_id),
    )


def placements(connection: Connection, proposal_id: int) -> tuple[Placement, ...]:
    """Persons' ids as text, as the planner has them."""
    p, j = t.placement, t.placement_junior
    juniors: dict[str, list[str]] = {}
    for row in connection.execute(select(j).where(j.c.proposal_id == proposal_id).order_by(j.c.person_id)):
        juniors.setdefault(row.session_id, []).append(str(row.person_id))
    rows = connection.execute(select(p).where(p.c.proposal_id == proposal_id).order_by(p.c.start))
    return tuple(
        Placement(row.session_id, row.start, row.room_id, tuple(juniors.get(row.session_id, ())))
        for row in rows
    )


def add_drafts(
    connection: Connection,
    programme_id: int,
    run_id: int | None,
    drafts: Iterable[NewProposal],
    now: datetime,
) -> list[int]:
    """Their ids."""
    added = []
    for draft in drafts:
        row = connection.execute(
            insert(t.proposal)
            .values(
                programme_id=programme_id,
                run_id=run_id,
                senior_id=draft.senior_id,
                day=draft.day,
                office_id=draft.office_id,
                state=ProposalState.DRAFT,
                created_at=now,
                left_out=[],
                facts=draft.facts.kept(),
            )
            .returning(t.proposal.c.id)
        )
        added.append(int(row.scalar_one()))
        replace_placements(connection, added[-1], draft.placements)
    _note_in_anyway(connection, added)
    return added


def replace_placements(connection: Connection, proposal_id: int, placed: Sequence[Placement]) -> None:
    connection.execute(delete(t.placement_junior).where(t.placement_junior.c.proposal_id == proposal_id))
    connection.execute(delete(t.placement).where(t.placement.c.proposal_id == proposal_id))
    if placed:
        connection.execute(
            insert(t.placement),
            [
                {"proposal_id": proposal_id, "session_id": p.session, "start": p.start, "room_id": p.room}
                for p in placed
            ],
        )
    juniors = [
        {"proposal_id": proposal_id, "session_id": p.session, "person_id": int(who)}
        for p in placed
        for who in p.juniors
    ]
    if juniors:
        connection.execute(insert(t.placement_junior), juniors)


def change(connection: Connection, proposal_id: int, **values: Any) -> None:
    connection.execute(update(t.proposal).where(t.proposal.c.id == proposal_id).values(**values))
    if "day" in values:
        _note_in_anyway(connection, [proposal_id])


def _note_in_anyway(connection: Connection, ids: Collection[int]) -> None:
    """Keep whether seniors are in anyway on days just chosen; what they say later is of later days."""
    p, who, said = t.proposal.c, t.person.c, t.reading.c
    rows = connection.execute(
        select(p.id, p.day, who.days_in_anyway, who.days_never, said.in_office)
        .join(t.person, who.id == p.senior_id)
        .outerjoin(t.reading, said.person_id == p.senior_id)
        .where(p.id.in_(ids))
    ).all()
    if rows:
        note = update(t.proposal).where(p.id == bindparam("the_id")).values(in_anyway=bindparam("noted"))
        connection.execute(note, [{"the_id": row.id, "noted": is_in_anyway(row, row.day)} for row in rows])


def note_called_off(connection: Connection, proposal_id: int, by_id: int, now: datetime) -> None:
    """Whose hand called a day off, where nothing of it goes on."""
    p = t.proposal
    off = (p.c.id == proposal_id) & (p.c.state == ProposalState.CANCELLED)
    connection.execute(update(p).where(off).values(decided_by=by_id, decided_at=now))


def remove(connection: Connection, proposal_id: int) -> None:
    replace_placements(connection, proposal_id, ())
    connection.execute(delete(t.proposal).where(t.proposal.c.id == proposal_id))


def records(connection: Connection, where: ColumnElement[bool]) -> list[ProposalRecord]:
    """Proposals as pages and mails show them, by day."""
    p, closed = t.proposal, CLOSED_DAY.c
    rows = connection.execute(
        select(
            p,
            t.programme.c.name.label("programme"),
            t.office.c.name.label("office"),
            t.office.c.timezone.label("office_zone"),
            closed.reason.label("closed"),
        )
        .join(t.programme, t.programme.c.id == p.c.programme_id)
        .outerjoin(t.office, t.office.c.id == p.c.office_id)
        .outerjoin(CLOSED_DAY, (closed.office_id == p.c.office_id) & (closed.day == p.c.day))
        .where(where)
        .order_by(p.c.day, p.c.id)
    ).all()
    placed = sessions.placed(connection, [row.id for row in rows])
    agreed = sessions.agreed_of(connection, [row.id for row in rows if row.state == ProposalState.APPROVED])
    refs = people.refs(connection, [who for row in rows for who in (row.senior_id, row.decided_by) if who])
    return [_record(row, refs, _as_it_stands(row, placed[row.id], agreed)) for row in rows if placed[row.id]]


def _as_it_stands(
    row: Any, placed: Iterable[SessionRecord], agreed: Mapping[tuple[int, str], SessionRecord]
) -> tuple[SessionRecord, ...]:
    """The sessions of a day. What was left out of it before it moved to another date has no place there."""
    left_out = set(row.left_out)
    return tuple(
        agreed.get((row.id, each.id), each)
        for each in placed
        if each.id not in left_out or each.local_start.date() == row.day
    )


def one(connection: Connection, proposal_id: int) -> ProposalRecord | None:
    found = records(connection, t.proposal.c.id == proposal_id)
    return found[0] if found else None


def _record(row: Any, refs: Mapping[int, PersonRef], placed: tuple[Any, ...]) -> ProposalRecord:
    facts, senior = Facts.of(row.facts), refs[row.senior_id]
    return ProposalRecord(
        id=row.id,
        version=row.version,
        programme=row.programme,
        senior=senior,
        day=row.day,
        office=row.office,
        timezone=row.office_zone or senior.timezone,
        state=row.state,
        sessions=placed,
        why=facts.why,
        dates_one_by_one=facts.dates_one_by_one,
        already_in=facts.already_in,
        proved=facts.proved,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        refusal=row.refusal,
        left_out=tuple(row.left_out),
        answered_by=refs.get(row.decided_by) if row.decided_by != row.senior_id else None,
        closed=row.closed,
    )


def taken_sessions(connection: Connection, ids: Collection[str], senior_id: int) -> set[str]:
    """Which of these sessions are no longer free to be proposed to a senior: agreed, cancelled, drawn for
    somebody else since, or in a live proposal."""
    s = t.session.c
    gone = connection.execute(
        select(s.id).where(s.id.in_(ids), (s.state != "due") | (s.senior_id != senior_id))
    ).scalars()
    waiting = connection.execute(
        select(t.placement.c.session_id)
        .join(t.proposal, t.proposal.c.id == t.placement.c.proposal_id)
        .where(t.placement.c.session_id.in_(ids), t.proposal.c.state.in_(LIVE))
    ).scalars()
    return {*gone, *waiting}


def still_free(connection: Connection, run_id: int) -> list[Placement]:
    """What a run's drafts place of sessions that are still due, with the senior who is drawn for them now."""
    placed, p, s, j = t.placement.c, t.proposal.c, t.session.c, t.placement_junior
    live = select(placed.session_id).join(t.proposal).where(p.state.in_(LIVE))
    drafted = p.run_id == run_id, p.state == ProposalState.DRAFT
    rows = connection.execute(
        select(t.placement)
        .join(t.proposal, p.id == placed.proposal_id)
        .join(t.session, s.id == placed.session_id)
        .where(*drafted, s.state == "due", s.senior_id == p.senior_id, s.id.not_in(live))
        .order_by(placed.session_id)
    ).all()
    juniors: dict[str, list[str]] = {}
    for row in connection.execute(
        select(j).join(t.proposal, p.id == j.c.proposal_id).where(*drafted).order_by(j.c.person_id)
    ):
        juniors.setdefault(row.session_id, []).append(str(row.person_id))
    return [
        Placement(row.session_id, row.start, row.room_id, tuple(juniors.get(row.session_id, ())))
        for row in rows
    ]


def by_rule_with(connection: Connection, run_id: int, senior_ids: Collection[int]) -> frozenset[str]:
    """What a run's drafts place with some seniors of sessions that were made of what is promised."""
    p, s = t.proposal.c, t.session.c
    query = (
        select(s.id)
        .join(t.placement, t.placement.c.session_id == s.id)
        .join(t.proposal, p.id == t.placement.c.proposal_id)
        .where(p.run_id == run_id, p.state == ProposalState.DRAFT, p.senior_id.in_(senior_ids), s.by_rule)
    )
    return frozenset(connection.execute(query).scalars())


def expired(connection: Connection, now: datetime) -> list[int]:
    p = t.proposal
    query = select(p.c.id).where(p.c.state == ProposalState.PROPOSED, p.c.expires_at <= now)
    return list(connection.execute(query).scalars())


def unsettled(connection: Connection) -> list[int]:
    """Proposals with a yes that no open job carries."""
    p, j = t.proposal, t.job
    carried = select(j.c.id).where(j.c.kind == "settle", j.c.dedup == "settle:" + cast(p.c.id, String))
    query = select(p.c.id).where(p.c.state == ProposalState.CHECKING, ~carried.exists())
    return list(connection.execute(query).scalars())


def involved(connection: Connection, proposal_id: int, candidates: bool) -> set[int]:
    """The senior and the juniors of a proposal; with `candidates`, everybody who might come instead."""
    senior = connection.execute(
        select(t.proposal.c.senior_id).where(t.proposal.c.id == proposal_id)
    ).scalar_one()
    j = t.placement_junior
    juniors = connection.execute(select(j.c.person_id).where(j.c.proposal_id == proposal_id)).scalars()
    found = {senior, *juniors}
    if candidates:
        of = select(t.placement.c.session_id).where(t.placement.c.proposal_id == proposal_id)
        found |= set(
            connection.execute(
                select(t.candidate.c.person_id).where(t.candidate.c.session_id.in_(of))
            ).scalars()
        )
    return found


def waiting_with(connection: Connection, programme_id: int, session_ids: set[str]) -> set[int]:
    """Unanswered proposals of a programme that hold some of these sessions."""
    p = t.placement
    query = (
        select(p.c.proposal_id)
        .join(t.proposal, t.proposal.c.id == p.c.proposal_id)
        .where(
            p.c.session_id.in_(session_ids),
            t.proposal.c.programme_id == programme_id,
            t.proposal.c.state == ProposalState.PROPOSED,
        )
    )
    return set(connection.execute(query).scalars())


def live_with(connection: Connection, session_ids: Collection[str] | None) -> set[int]:
    """Proposals that wait for an answer, or are being settled, and hold one of these sessions (None: any)."""
    p = t.placement
    query = (
        select(p.c.proposal_id)
        .join(t.proposal, t.proposal.c.id == p.c.proposal_id)
        .where(t.proposal.c.state.in_(LIVE))
    )
    if session_ids is not None:
        query = query.where(p.c.session_id.in_(session_ids))
    return set(connection.execute(query).scalars())


def of_session(connection: Connection, session_id: str) -> int | None:
    """The proposal through which a session was agreed, or that waits with it."""
    through = select(t.session.c.proposal_id).where(
        t.session.c.id == session_id, t.session.c.state == "agreed"
    )
    agreed: int | None = connection.execute(through).scalar()
    return agreed if agreed is not None else next(iter(live_with(connection, [session_id])), None)


def zone_of(connection: Connection, proposal_id: int) -> str:
    """The zone of a proposal's date: its office's, or online the senior's."""
    query = (
        select(t.office.c.timezone, t.person.c.timezone)
        .select_from(t.proposal.join(t.person, t.person.c.id == t.proposal.c.senior_id).outerjoin(t.office))
        .where(t.proposal.c.id == proposal_id)
    )
    of_office, of_senior = connection.execute(query).one()
    return str(of_office or of_senior)


def sessions_of(connection: Connection, proposal_ids: Collection[int]) -> set[str]:
    """Ids of everything that these proposals place."""
    p = t.placement
    query = select(p.c.session_id).where(p.c.proposal_id.in_(proposal_ids))
    return set(connection.execute(query).scalars())


def rooms_of(connection: Connection, proposal_ids: Collection[int]) -> Mapping[str, str | None]:
    """The ids of the rooms that proposals hold, by session."""
    p = t.placement
    query = select(p.c.session_id, p.c.room_id).where(p.c.proposal_id.in_(proposal_ids))
    return {row.session_id: row.room_id for row in connection.execute(query)}


def drafts_of(connection: Connection, run_id: int) -> list[int]:
    """The drafts of a planning run."""
    p = t.proposal
    query = select(p.c.id).where(p.c.run_id == run_id, p.c.state == ProposalState.DRAFT).order_by(p.c.id)
    return list(connection.execute(query).scalars())


def supersede(connection: Connection, old: Iterable[int]) -> None:
    """Newer proposals take the place of these, where nobody has answered them."""
    connection.execute(
        update(t.proposal)
        .where(t.proposal.c.id.in_(list(old)), t.proposal.c.state == ProposalState.PROPOSED)
        .values(state=ProposalState.SUPERSEDED)
    )


def asked(connection: Connection) -> set[int]:
    """Seniors with a day that waits for their answer."""
    p = t.proposal
    query = select(p.c.senior_id).where(p.c.state == ProposalState.PROPOSED)
    return set(connection.execute(query).scalars())

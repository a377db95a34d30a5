"""Changing what is agreed, and telling each person concerned once, whatever it comes to for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from planner import lifecycle
from planner.domain import Placement
from planner.lifecycle import ProposalState, ProposalStep
from web.notify import ChangedSession
from web.operations import agreements, events, outbox
from web.records import DayQuestionRecord, PersonRef, SessionRecord
from web.site import Site
from web.store import day_questions as kept
from web.store import people, proposals, seats, sessions
from web.store import tables as t
from web.store.proposals import NewProposal


class Changes:
    """Changes of one transaction. Each method makes one; `tell` owes the mails, at the end."""

    def __init__(self, connection: Connection, site: Site, now: datetime) -> None:
        self.connection, self.site, self.now = connection, site, now
        self._news: dict[PersonRef, list[ChangedSession]] = defaultdict(list)

    # ---- what changes

    def call_off(self, session_ids: Collection[str], what: str = "off") -> None:
        """Let agreed sessions that have not begun be due again; their days go on without them."""
        for session in self._newer(session_ids):
            self.note(session, what)
        through = self._by_proposal(session_ids)
        agreements.let_go(self.connection, self.site, session_ids, self.now)
        for proposal_id, ids in through.items():
            agreements.leave_out(self.connection, proposal_id, ids)

    def leave(self, person_id: int, session_ids: Collection[str], falling: Collection[str]) -> None:
        """Somebody has given up seats. Of sessions that fall with it the others hear by `call_off`."""
        person = people.refs(self.connection, [person_id])[person_id]
        for session in self._newer(session_ids):
            self.note_to(person, session, "gave_up")
            if session.id not in falling:
                self.note_to(session.senior, session, "fewer")
        events.want(self.connection, self.site, session_ids, self.now)

    def go_online(self, session_ids: Collection[str]) -> None:
        """Hold agreed sessions online at the same time. A day with none in an office is no trip any more."""
        sessions.go_online(self.connection, session_ids)
        for session in self._newer(session_ids):
            self.note(session, "online")
        for proposal_id in self._by_proposal(session_ids):
            sessions.note_office(self.connection, proposal_id)
        events.want(self.connection, self.site, session_ids, self.now)

    def move_day(self, placements: Sequence[Placement], day: date) -> None:
        """Hold agreed sessions as placed, on another day with what is left of theirs."""
        through = self._by_proposal([each.session for each in placements])
        self._place(placements)
        placed = {each.session: each for each in placements}
        for proposal_id in through:
            rows = proposals.placements(self.connection, proposal_id)
            proposals.replace_placements(
                self.connection, proposal_id, [placed.get(row.session, row) for row in rows]
            )
            standing = proposals.standing(self.connection, proposal_id)
            if standing is not None:
                proposals.change(self.connection, proposal_id, day=day, version=standing.version + 1)

    def move_one(self, placement: Placement, day: date, by_id: int) -> None:
        """Hold one agreed session as placed; on another day than the rest of its day, as a day of its own."""
        (proposal_id,) = self._by_proposal([placement.session])
        standing = proposals.standing(self.connection, proposal_id)
        if standing is None:
            raise ValueError(f"session {placement.session} was agreed through no proposal")
        others = {each.session for each in standing.placements} - {*standing.left_out, placement.session}
        if day == standing.day or not others:
            self.move_day([placement], day)
            return
        office = sessions.office_of(self.connection, placement.session)
        facts = replace(standing.facts, why=(), dates_one_by_one=(), proved=False)
        draft = NewProposal(standing.senior_id, day, office, (placement,), facts)
        (new,) = proposals.add_drafts(
            self.connection, standing.programme_id, standing.run_id, [draft], self.now
        )
        proposals.change(self.connection, new, state=_approved(), decided_at=self.now, decided_by=by_id)
        rest = [each for each in standing.placements if each.session != placement.session]
        proposals.replace_placements(self.connection, proposal_id, rest)
        proposals.change(self.connection, proposal_id, version=standing.version + 1)
        sessions.change(self.connection, placement.session, proposal_id=new)
        self._place([placement])

    def _place(self, placements: Sequence[Placement]) -> None:
        """Times, rooms and people of agreed sessions; who cannot come then is told so."""
        ids = [each.session for each in placements]
        before = {each.id: each for each in sessions.agreed(self.connection, t.session.c.id.in_(ids))}
        for each in placements:
            sessions.change(self.connection, each.session, start=each.start, room_id=each.room)
            dropped = [who.id for who in before[each.session].juniors if str(who.id) not in each.juniors]
            seats.vacate(self.connection, each.session, dropped, self.now)
        for session in self._newer(ids):
            self.note(session, "moved")
            stood = replace(before[session.id], sequence=session.sequence)
            for junior in set(stood.juniors) - set(session.juniors):
                self.note_to(junior, stood, "dropped")
        kept.close_about(self.connection, ids, self.now)
        events.want(self.connection, self.site, ids, self.now)

    def _newer(self, session_ids: Collection[str]) -> list[SessionRecord]:
        """Sessions as they stand now, with the number that what goes out about them has to carry."""
        sessions.next_sequence(self.connection, session_ids)
        return sessions.agreed(self.connection, t.session.c.id.in_(session_ids))

    def _by_proposal(self, session_ids: Collection[str]) -> Mapping[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for each in kept.standing(self.connection, session_ids, self.now):
            found[each.proposal_id].append(each.id)
        return found

    # ---- who hears of it

    def note(self, session: SessionRecord, what: str) -> None:
        """Everybody with a part in it is to hear what became of a session."""
        for person in (session.senior, *session.juniors):
            self.note_to(person, session, what)

    def note_to(self, person: PersonRef, session: SessionRecord, what: str) -> None:
        self._news[person].append(ChangedSession(session, what))

    def tell(self, asked: Iterable[DayQuestionRecord] = ()) -> None:
        """One mail to each person; who is asked something is told in the mail that asks."""
        for question in asked:
            news = self._news.pop(question.person, [])
            outbox.ask(self.connection, self.site, question, news, self.now)
        for person, news in self._news.items():
            outbox.tell_changes(self.connection, self.site, person, news, self.now)
        self._news.clear()


def _approved() -> ProposalState:
    """Where a day stands that its senior has just said yes to."""
    state = ProposalState.DRAFT
    for step in (ProposalStep.RELEASE, ProposalStep.SAY_YES, ProposalStep.CONFIRM):
        state = lifecycle.next_proposal_state(state, step)
    return state

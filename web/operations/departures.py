"""Leaving a programme, pausing, losing a role, being kept apart: what becomes of the sessions ahead.

A senior's sessions fall, and their juniors' turns come back for other seniors. A junior loses the seat; a
session for two falls with it, as does any that nobody is left in. Days that still wait for an answer go on
without what falls, or are withdrawn. Everybody concerned is written to once, whatever came of it for them,
and no mail says which of the three it was: nobody learns of anybody else's pause, or of who is kept apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from planner import lifecycle
from planner.domain import Placement
from planner.lifecycle import TAKEN, ProposalState, ProposalStep, SeatState
from web import words
from web.notify import ChangedSession, DepartureLetter, FewerPeople, NoteLetter, ShorterDay
from web.operations import agreements, events, outbox, seats, signin, worth
from web.records import PersonRef, ProposalRecord, SessionRecord
from web.site import Site
from web.store import departures as kept
from web.store import never_pairs, people, proposals, sessions
from web.store.departures import Absence

#: The last day of a pause whose end nobody knows yet.
FURTHER_NOTICE = date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Departed:
    """What a departure did."""

    cancelled: int  #: agreed sessions that fall
    thinned: int  #: agreed sessions that go on with fewer people
    withdrawn: int  #: days that waited for an answer and are not asked about any more
    shortened: int  #: days that wait with fewer sessions now
    told: int  #: people who are written to


@dataclass
class _News:
    """What one person is to be told."""

    cancelled: list[SessionRecord] = field(default_factory=list)
    fewer: list[FewerPeople] = field(default_factory=list)
    withdrawn: list[ProposalRecord] = field(default_factory=list)
    shorter: list[ShorterDay] = field(default_factory=list)


@dataclass(frozen=True)
class _Doing(ABC):
    """What takes people out of sessions, at work in one transaction."""

    connection: Connection
    site: Site
    programme_id: int
    now: datetime
    news: dict[PersonRef, _News] = field(default_factory=lambda: defaultdict(_News))
    days: set[tuple[int, date]] = field(default_factory=set)  #: agreed ones that lost something, by senior

    @property
    @abstractmethod
    def concerned(self) -> Collection[int]:
        """Whose sessions are looked at."""

    @abstractmethod
    def leads_no_more(self, session: SessionRecord) -> bool:
        """Does its senior leave it, so that it falls?"""

    @abstractmethod
    def away_from(self, session: SessionRecord) -> tuple[PersonRef, ...]:
        """The juniors of a session who leave it."""

    @abstractmethod
    def leaving(self, session: SessionRecord, places: Mapping[int, SeatState]) -> list[int]:
        """Those with a place in a session, in its line too, who leave it."""

    def own(self, person: PersonRef) -> Absence | None:
        """What somebody is told of themselves: that they leave, or pause."""
        return None


@dataclass(frozen=True, kw_only=True)
class _Departing(_Doing):
    """People who leave or pause, or are no longer what they were."""

    absences: Mapping[int, list[Absence]]

    @property
    def concerned(self) -> Collection[int]:
        return self.absences.keys()

    def is_away(self, person_id: int, day: date, role: str) -> bool:
        return any(absence.covers(day, role) for absence in self.absences.get(person_id, ()))

    def leads_no_more(self, session: SessionRecord) -> bool:
        return self.is_away(session.senior.id, session.local_start.date(), "senior")

    def away_from(self, session: SessionRecord) -> tuple[PersonRef, ...]:
        day = session.local_start.date()
        return tuple(junior for junior in session.juniors if self.is_away(junior.id, day, "junior"))

    def leaving(self, session: SessionRecord, places: Mapping[int, SeatState]) -> list[int]:
        day = session.local_start.date()
        return [
            person_id
            for person_id in sorted(self.absences.keys() & places.keys())
            if self.is_away(person_id, day, "junior")
        ]

    def own(self, person: PersonRef) -> Absence | None:
        return next(iter(self.absences.get(person.id, ())), None)


@dataclass(frozen=True, kw_only=True)
class _Parting(_Doing):
    """Two people who are kept apart: one of them leaves what would bring them together."""

    stays: int
    leaves: int  #: where both are juniors; with a senior it is the junior, whichever of the two they are

    @property
    def concerned(self) -> Collection[int]:
        return self.stays, self.leaves

    def leads_no_more(self, session: SessionRecord) -> bool:
        return False

    def away_from(self, session: SessionRecord) -> tuple[PersonRef, ...]:
        leaving = self.leaving(session, {junior.id: SeatState.INVITED for junior in session.juniors})
        return tuple(junior for junior in session.juniors if junior.id in leaving)

    def leaving(self, session: SessionRecord, places: Mapping[int, SeatState]) -> list[int]:
        """Who waits in line behind another junior need not leave: they are passed over meanwhile."""
        pair = {self.stays, self.leaves}
        if session.senior.id in pair:
            return sorted(pair & places.keys())
        if any(places.get(each) not in TAKEN for each in pair):
            return []
        return [next((each for each in pair if places[each] is SeatState.OFFERED), self.leaves)]


def depart(
    connection: Connection,
    site: Site,
    programme_id: int,
    person_ids: Collection[int],
    from_day: date,
    now: datetime,
    until: date | None = None,
) -> Departed:
    """Let people leave a programme from a day on; with `until`, pause from the first day to the last.

    In the caller's transaction. Keeps `participation.left`, or the pause, and makes everything ahead agree
    with it. Done twice it does nothing more. The caller notes who decided it, and wakes the outbox after it.
    """
    absences = [Absence(person_id, from_day, until) for person_id in person_ids]
    return depart_all(connection, site, programme_id, absences, now)


def depart_all(
    connection: Connection, site: Site, programme_id: int, absences: Collection[Absence], now: datetime
) -> Departed:
    """The same of people who leave or pause on different days, or lose a role that was taken from them
    already: still one mail to everybody."""
    if not absences:
        return Departed(0, 0, 0, 0, 0)
    return _depart(_departing(connection, site, programme_id, absences, now))


def lose_roles(
    connection: Connection,
    site: Site,
    programme_id: int,
    person_id: int,
    roles: Collection[str],
    now: datetime,
) -> Departed:
    """Let go what somebody has ahead as what they are no longer; they are told, whatever that is.

    In the caller's transaction, which has taken the roles already.
    """
    absences = [role_lost(person_id, role, now) for role in sorted(roles)]
    doing = _departing(connection, site, programme_id, absences, now)
    done = _depart(doing)
    if all(person.id != person_id or news == _News() for person, news in doing.news.items()):
        person = people.refs(connection, [person_id])[person_id]
        called = kept.programme_name(connection, programme_id)
        what = words.listed([f"a{'n' if role == 'admin' else ''} {role}" for role in sorted(roles)])
        letter = NoteLetter(
            f"You are no longer {what} in {called}",
            (
                "Your company’s groups say so. Nothing of yours was ahead, so nothing is called off.",
                "If that is not right, please ask whoever looks after them: it is put right with your next "
                "sign-in.",
            ),
        )
        outbox.tell(connection, site, person, None, letter, now)
    return done


def _departing(
    connection: Connection, site: Site, programme_id: int, absences: Collection[Absence], now: datetime
) -> _Departing:
    of_person: dict[int, list[Absence]] = defaultdict(list)
    for absence in absences:
        of_person[absence.person_id].append(absence)
    return _Departing(connection, site, programme_id, now, absences=of_person)


def _depart(doing: _Departing) -> Departed:
    connection, programme_id = doing.connection, doing.programme_id
    absences = [absence for theirs in doing.absences.values() for absence in theirs]
    kept.note(connection, programme_id, absences)
    done = _reduce_all(doing)
    ended = [absence for absence in absences if absence.until is None]
    for person_id in {absence.person_id for absence in ended}:
        signin.end_without_way_in(connection, person_id, doing.now)
    seniors = [absence.person_id for absence in ended if absence.role in (None, "senior")]
    kept.drop_imported(connection, programme_id, seniors)
    juniors = [absence.person_id for absence in ended if absence.role in (None, "junior")]
    kept.drop_candidates(connection, programme_id, juniors)
    return done


def role_lost(person_id: int, role: str, now: datetime) -> Absence:
    """From yesterday on, so that it is over everywhere; what has begun is not touched."""
    return Absence(person_id, (now - timedelta(days=1)).date(), None, role)


def part(connection: Connection, site: Site, one_id: int, other_id: int, now: datetime) -> Departed:
    """Keep two people apart from now on, in every programme: what lies ahead brings them together no more.

    The one place where a pair comes to be kept apart. In the caller's transaction, as `depart`. A junior
    leaves the other's sessions, drafts, waiting days, lines and offers; of two juniors in one session the
    one whose turn is less due does.
    """
    never_pairs.add(connection, one_id, other_id)
    stays, leaves = never_pairs.by_need(connection, one_id, other_id)
    done = [
        _reduce_all(_Parting(connection, site, programme_id, now, stays=stays, leaves=leaves))
        for programme_id in never_pairs.programmes_of(connection, one_id, other_id)
    ]
    return Departed(
        *(sum(getattr(each, one.name) for each in done) for one in fields(Departed)),
    )


def _reduce_all(doing: _Doing) -> Departed:
    withdrawn, shortened = _reduce_waiting(doing)
    cancelled, thinned = _reduce_agreed(doing)
    told = _ask_whether_still_worth_it(doing) | _tell(doing)
    return Departed(cancelled, thinned, withdrawn, shortened, len(told))


# --- what is agreed ------------------------------------------------------------------------------


def _reduce_agreed(doing: _Doing) -> tuple[int, int]:
    """How many agreed sessions fall, and how many go on with fewer people."""
    found = kept.agreed_with(doing.connection, doing.programme_id, doing.concerned, doing.now)
    terms = kept.terms_of(doing.connection, {session.id for session in found})
    falling, thinned = [], []
    for session in found:
        gone = doing.away_from(session)
        left = len(session.juniors) - len(gone)
        if doing.leads_no_more(session) or (gone and not terms[session.id].can_be_held_by(left)):
            falling.append(session)
        else:
            thinned.append((session, gone))
    _call_off(doing, falling)
    places = kept.places_of(doing.connection, [session.id for session, _ in thinned])
    return len(falling), sum([_thin(doing, each, gone, places[each.id]) for each, gone in thinned])


def _call_off(doing: _Doing, falling: list[SessionRecord]) -> None:
    ids = [session.id for session in falling]
    through = kept.agreed_through(doing.connection, ids)
    sessions.next_sequence(doing.connection, ids)
    for session in falling:
        newer = replace(session, sequence=session.sequence + 1)
        for person in (session.senior, *session.juniors):
            doing.news[person].cancelled.append(newer)
    agreements.let_go(doing.connection, doing.site, ids, doing.now)
    doing.days.update((s.senior.id, s.local_start.date()) for s in falling if not doing.leads_no_more(s))
    for proposal_id, lost in through.items():
        agreements.leave_out(doing.connection, proposal_id, lost)


def _thin(
    doing: _Doing, session: SessionRecord, gone: tuple[PersonRef, ...], places: Mapping[int, SeatState]
) -> bool:
    """Free the places of those who are away, in the line too; False: none of them had a seat."""
    leaving = doing.leaving(session, places)
    if not leaving:
        return False
    seats.vacate(doing.connection, doing.site, session.id, leaving, doing.now)
    if not gone:
        return False
    stays = tuple(junior for junior in session.juniors if junior not in gone)
    newer = replace(session, sequence=session.sequence + 1)
    for person in gone:
        doing.news[person].cancelled.append(newer)
    doing.days.add((session.senior.id, session.local_start.date()))
    doing.news[session.senior].fewer.append(FewerPeople(replace(newer, juniors=stays), gone))
    return True


# --- what waits for an answer --------------------------------------------------------------------


def _reduce_waiting(doing: _Doing) -> tuple[int, int]:
    """How many days are withdrawn, and how many wait with fewer sessions."""
    connection = doing.connection
    waiting = kept.waiting_with(connection, doing.programme_id, doing.concerned)
    terms = kept.terms_of(connection, {session.id for each in waiting for session in each.sessions})
    fewest = kept.worth_a_trip(connection, {each.senior.id for each in waiting})
    ended = [_reduce(doing, each, terms, fewest[each.senior.id]) for each in waiting]
    changed = {session.id for each in waiting for session in each.sessions}
    events.want(connection, doing.site, changed, doing.now)
    return ended.count("withdrawn"), ended.count("shortened")


def _reduce(doing: _Doing, proposal: ProposalRecord, terms: Mapping[str, kept.Terms], fewest: int) -> str:
    """Take what falls out of one waiting day; what became of it."""
    falling = [each for each in proposal.sessions if _falls(doing, each, terms[each.id])]
    left = [each for each in proposal.sessions if each not in falling]
    if not falling and not any(doing.away_from(each) for each in left):
        return "untouched"
    trip = sum(terms[each.id].in_office for each in proposal.sessions)
    still = sum(terms[each.id].in_office for each in left)
    if not left or (trip >= fewest > still and trip > still and not proposal.already_in):
        return _withdraw(doing, proposal)
    _keep(doing, proposal, left)
    if falling and proposal.state != ProposalState.DRAFT:
        now = replace(proposal, sessions=tuple(left))
        doing.news[proposal.senior].shorter.append(ShorterDay(now, tuple(falling)))
        return "shortened"
    return "untouched"


def _falls(doing: _Doing, session: SessionRecord, needs: kept.Terms) -> bool:
    gone = {junior.id for junior in doing.away_from(session)}
    return doing.leads_no_more(session) or bool(
        gone and (gone & needs.required or len(session.juniors) - len(gone) < needs.fewest)
    )


def _withdraw(doing: _Doing, proposal: ProposalRecord) -> str:
    draft = proposal.state == ProposalState.DRAFT
    step = ProposalStep.DISCARD if draft else ProposalStep.WITHDRAW
    state = lifecycle.next_proposal_state(ProposalState(proposal.state), step)
    proposals.change(doing.connection, proposal.id, state=state, version=proposal.version + 1)
    if draft:
        return "untouched"
    doing.news[proposal.senior].withdrawn.append(proposal)
    return "withdrawn"


def _keep(doing: _Doing, proposal: ProposalRecord, left: list[SessionRecord]) -> None:
    """The day waits on, without those who are away; links that were mailed go on deciding it."""
    ids = {session.id: {who.id for who in doing.away_from(session)} for session in left}
    placed = proposals.placements(doing.connection, proposal.id)
    proposals.replace_placements(
        doing.connection,
        proposal.id,
        [_without(each, ids[each.session]) for each in placed if each.session in ids],
    )
    proposals.change(doing.connection, proposal.id, version=proposal.version + 1)
    kept.carry_links(doing.connection, proposal.id, proposal.version + 1)


def _without(placement: Placement, gone: Collection[int]) -> Placement:
    return replace(placement, juniors=tuple(who for who in placement.juniors if int(who) not in gone))


# --- telling -------------------------------------------------------------------------------------


def _ask_whether_still_worth_it(doing: _Doing) -> set[PersonRef]:
    """Seniors whose agreed day has become small are asked about it in the mail that tells them why."""
    asked = worth.asked_about(doing.connection, doing.days, doing.now)
    for question in asked:
        news = doing.news[question.person]
        changes = [ChangedSession(session, "off") for session in news.cancelled]
        changes += [ChangedSession(each.session, "fewer") for each in news.fewer]
        outbox.ask(doing.connection, doing.site, question, changes, doing.now)
        news.cancelled.clear()
        news.fewer.clear()
    return {question.person for question in asked}


def _tell(doing: _Doing) -> set[PersonRef]:
    called = kept.programme_name(doing.connection, doing.programme_id)
    told = {person: news for person, news in doing.news.items() if news != _News()}
    for person, news in told.items():
        own = doing.own(person)
        letter = DepartureLetter(
            programme=called,
            from_day=own.from_day if own else None,
            until=own.until if own else None,
            role=(own.role if own else None) or "",
            cancelled=tuple(news.cancelled),
            fewer=tuple(news.fewer),
            withdrawn=tuple(news.withdrawn),
            shorter=tuple(news.shorter),
        )
        outbox.tell_of_departure(doing.connection, doing.site, person, letter, doing.now)
    return set(told)

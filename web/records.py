"""What pages and mails show: frozen records, read from the store, with no way back into it.

Times are aware UTC with the zone to show them in beside them. A record for one person never
carries another person's constraints: only names of those one meets, and counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Permission
from planner.domain import RoomUse, SessionKind


@dataclass(frozen=True, slots=True)
class PersonRef:
    id: int
    name: str
    email: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody signed in, and what they are in one programme.

    An assistant who acts for a senior is that senior here, with the assistant `behind` them: what
    they may is the senior's, and what they decide is put down to the assistant.
    """

    person: PersonRef
    programme_id: int
    programme_name: str
    roles: frozenset[str]  #: of "senior", "junior", "admin"
    behind: PersonRef | None = None  #: the assistant at the keyboard

    @property
    def hand(self) -> PersonRef:
        """Whose hand it is: who is put down as having decided."""
        return self.behind or self.person


@dataclass(frozen=True, slots=True)
class AssistantRecord:
    """Somebody who may answer in a senior's name."""

    person: PersonRef
    since: datetime
    copies: bool  #: they are mailed what is proposed to the senior


@dataclass(frozen=True, slots=True)
class RosterPageRecord:
    """One page of the list of people: those who fit, fifty at a time."""

    people: tuple[RosterRecord, ...]
    fit: int  #: how many fit on all pages
    all: int
    problems: int  #: of all, whose calendar could not be read
    page: int  #: 1 is the first
    pages: int  #: at least 1


@dataclass(frozen=True, slots=True)
class PersonPageRecord:
    """One person, as the admins of a programme of theirs see them."""

    person: PersonRef
    roles: frozenset[str]  #: in this programme
    offices: tuple[str, ...]
    calendar: str | None  #: kind only
    read_at: datetime | None
    reason: str | None  #: why it could not be read, in full or in part
    cohort: str
    team: str
    joined: date | None
    left: date | None
    paused: tuple[date, date] | None  #: first and last day of a pause that goes on or is to come
    manager: PersonRef | None
    never_with: tuple[PersonRef, ...]
    assistants: tuple[AssistantRecord, ...]
    preferences: PreferencesRecord
    days: tuple[ProposalRecord, ...]  #: of a senior, agreed or waiting, from today on
    is_beyond: bool = False  #: they are in a programme, too, that this admin does not run


@dataclass(frozen=True, slots=True)
class PreferencesRecord:
    """What one person asks of a plan, for themself (and whoever acts for them) to see and change."""

    person: PersonRef
    roles: frozenset[str]  #: in all their programmes
    texts: Mapping[str, str]  #: by preference, as somebody would type it
    own: frozenset[str]  #: of these, what they set themselves
    paused: tuple[date, date] | None  #: first and last day of a pause that goes on or is to come
    room_features: tuple[str, ...]  #: what the rooms of their offices have
    lacking: tuple[str, ...]  #: what they need and no room there has


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session at its time and place (proposed or agreed)."""

    id: str
    kind: SessionKind
    title: str  #: what it is for; may be empty
    start: datetime
    minutes: int
    timezone: str  #: of the office, or online of the senior
    senior: PersonRef
    juniors: tuple[PersonRef, ...]
    office: str | None  #: name; None: online
    room: str | None  #: name
    open_seats: int = 0  #: still free for booking
    sequence: int = 0
    room_email: str | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def local_start(self) -> datetime:
        return self.start.astimezone(ZoneInfo(self.timezone))

    @property
    def local_end(self) -> datetime:
        return self.end.astimezone(ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True)
class ProposalRecord:
    """One senior's proposed day, with everything its page and its mail say.

    `state`: draft, proposed, checking (a yes was given, calendars are being read again), approved,
    skipped, expired, superseded (a newer one took its place), stale (it no longer fitted: `refusal`
    says why, and a new one is planned), discarded, cancelled.
    """

    id: int
    version: int
    programme: str
    senior: PersonRef
    day: date
    office: str | None  #: name; None: only online sessions, so no trip
    timezone: str
    state: str
    sessions: tuple[SessionRecord, ...]  #: in order of time
    why: tuple[str, ...]  #: short clauses: "all nine people are free"
    dates_one_by_one: tuple[date, ...]  #: further office days at its sessions' first free slots
    already_in: bool  #: the senior comes in that day anyway
    proved: bool  #: no plan needs fewer office days of this senior
    expires_at: datetime | None
    decided_at: datetime | None = None
    refusal: str | None = None
    left_out: tuple[str, ...] = ()  #: ids of sessions approved without
    answered_by: PersonRef | None = None  #: the assistant who answered for the senior, where one did
    closed: str | None = None  #: its office is closed that day, and why; the reason may be empty

    @property
    def start(self) -> datetime:
        return self.sessions[0].start

    @property
    def end(self) -> datetime:
        return max(session.end for session in self.sessions)


@dataclass(frozen=True, slots=True)
class InvitationsRecord:
    """How far the invitations of an agreed day have come; each counts one mail."""

    sent: int
    waiting: int
    failed: int

    @property
    def all(self) -> int:
        return self.sent + self.waiting + self.failed


@dataclass(frozen=True, slots=True)
class EventRecord:
    """The calendar event of a session, as its senior is shown it."""

    id: int
    session: SessionRecord
    hold: bool  #: tentative: the day waits for an answer
    written: bool
    problem: str | None  #: why it could not be written
    link: str | None  #: where to meet online
    accepted: int
    declined: int
    question: str | None  #: what somebody did to it
    choices: tuple[str, ...]  #: of `words.CHOICES`
    moved_to: datetime | None


@dataclass(frozen=True, slots=True)
class EventTroubleRecord:
    """An event that could not be written; it is tried again by itself."""

    problem: str
    session: SessionRecord | None  #: None: it is to be removed


@dataclass(frozen=True, slots=True)
class OrganizerRecord:
    """The mailbox whose calendar holds our events."""

    address: str
    read_at: datetime | None
    problem: str | None  #: why it could not be read
    strangers: int  #: events with our mark that we know nothing of
    troubles: tuple[EventTroubleRecord, ...]


@dataclass(frozen=True, slots=True)
class OtherDayRecord:
    """Another day for the sessions of a proposal, and what it costs."""

    day: date
    sessions: tuple[SessionRecord, ...]
    left_out: tuple[str, ...]  #: what would have to wait: "lunch with Farid"
    extra_trips: int  #: against the proposed day: −1, 0 or 1
    timezone: str


@dataclass(frozen=True, slots=True)
class WhyNotRecord:
    """What can be asked of a proposal, "why not that day?", and the answer where it was."""

    first_day: date
    last_day: date
    day: date | None = None  #: asked about
    says: tuple[str, ...] = ()  #: clauses, without capital or full stop; for one reader only


@dataclass(frozen=True, slots=True)
class SeatRecord:
    """A session that a junior is in, or may be."""

    session: SessionRecord
    state: str  #: open, full, invited, booked, waiting, offered
    seats: int  #: most juniors
    taken: int
    waiting: int  #: people in line
    place_in_line: int | None = None  #: 1 is next
    clash: str | None = None  #: why this person cannot book it now ("you are busy then")
    by_need_until: datetime | None = None  #: open seats go by need until then; None: by order
    offered_until: datetime | None = None  #: while offered
    beyond: str | None = None  #: a limit of their own that it goes beyond: "the 2 sessions in four weeks"


@dataclass(frozen=True, slots=True)
class OfferedSeatRecord:
    """What a mailed link about a seat leads to. `problem`: why it no longer decides."""

    session: SessionRecord
    person: PersonRef
    token: str
    until: datetime | None
    problem: str | None = None
    beyond: str | None = None  #: a limit of their own that it goes beyond


@dataclass(frozen=True, slots=True)
class CheckInRecord:
    """One junior in one round of a co-working session."""

    junior: PersonRef
    at: datetime | None  #: when the senior looked in on them
    missed: bool  #: somebody said that they are not here


@dataclass(frozen=True, slots=True)
class RoundRecord:
    number: int  #: 0 is the first
    start: datetime
    end: datetime
    juniors: tuple[CheckInRecord, ...]

    @property
    def left(self) -> int:
        """How many are still to be looked in on."""
        return sum(each.at is None and not each.missed for each in self.juniors)


@dataclass(frozen=True, slots=True)
class CoworkingRecord:
    """A co-working session as its senior goes through it."""

    session: SessionRecord
    rounds: tuple[RoundRecord, ...]
    link: str | None  #: where to meet online


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What a junior asks in private, for themselves and their programme's admins only."""

    id: int
    about: str  #: senior, topic
    person: PersonRef
    senior: PersonRef | None  #: whom they would rather not meet again
    text: str
    created_at: datetime
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class AskableRecord:
    """Seniors of a programme, as a junior sees them, by name."""

    met: tuple[PersonRef, ...]
    others: tuple[PersonRef, ...]
    unread: tuple[PersonRef, ...] = ()  #: they are the only admin: nobody else could read a request


@dataclass(frozen=True, slots=True)
class SaidRecord:
    """What somebody said of a past session, or of a junior's coming to it; the latest word counts."""

    what: str  #: held, fell_through; came, missed
    by: PersonRef
    at: datetime
    for_senior: PersonRef | None = None  #: in whose name an assistant said it


@dataclass(frozen=True, slots=True)
class PastSeatRecord:
    junior: PersonRef
    said: SaidRecord | None  #: None: nobody has said
    says_not_held: bool = False  #: their own word is that it did not happen, which counts as not having come


@dataclass(frozen=True, slots=True)
class PastSessionRecord:
    """A session that has begun, and what is said of it. To a junior `seats` is their own only."""

    session: SessionRecord
    outcome: SaidRecord | None
    seats: tuple[PastSeatRecord, ...]


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """What somebody said of a session they were to be in."""

    happened: bool
    useful: int | None  #: 1 (hardly) to 5 (very); None: it did not happen
    comment: str  #: their word on it; may be empty


@dataclass(frozen=True, slots=True)
class SaidOfRecord:
    """What a group said of its sessions. Counts are of answers: somebody may have given several."""

    label: str | None  #: a kind, cohort or site; None: everybody, or the others
    asked: int
    answered: int
    happened: int  #: of those answered
    useful: tuple[int, ...]  #: how many found it 1, 2, … 5
    without: tuple[tuple[date, date], ...] = ()  #: blocks of months of which it is among the others

    @property
    def share_answered(self) -> int:
        """In per cent, as all shares."""
        return round(100 * self.answered / self.asked) if self.asked else 0

    @property
    def share_happened(self) -> int:
        return round(100 * self.happened / self.answered) if self.answered else 0

    @property
    def mean(self) -> float:
        """How useful, from 1 to 5; a group that is shown has at least five people who said so."""
        return sum(number * many for number, many in enumerate(self.useful, start=1)) / sum(self.useful)


@dataclass(frozen=True, slots=True)
class SideRecord:
    """What seniors, or juniors, said."""

    total: SaidOfRecord
    tables: Mapping[str, tuple[SaidOfRecord, ...]]  #: by "kind", "cohort", "site"; those that tell anything
    months: tuple[tuple[date, date, SaidOfRecord], ...]  #: first day of a block's first and last month


@dataclass(frozen=True, slots=True)
class TrendsRecord:
    """How sessions were in up to two half-years, as far as it can be told."""

    programme: str
    half: int  #: its last half-year: year × 2, plus one for the second
    first: date
    last: date
    told_until: date  #: of months after this one the answers are not in yet
    next_on: date  #: when those of the next month are
    earlier: bool  #: is there anything before it?
    later: bool
    kept_days: int  #: how long answers are kept
    any_asked: bool  #: was anybody ever asked?
    seniors: SideRecord | None  #: None: fewer than five people have said how useful it was
    juniors: SideRecord | None
    words: tuple[str, ...]  #: in the order of the alphabet


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """What a mailed link asks: how was this session?"""

    session: SessionRecord
    person: PersonRef  #: who is asked
    token: str
    said: FeedbackRecord | None  #: None: nothing yet
    until: datetime  #: when it can no longer be said
    problem: str | None  #: why it cannot be
    stands: PastSessionRecord  #: what is said of the session, and of the seat of who is asked
    is_hidden: bool = False  #: there is an answer, which whoever has the link open may not read
    to_ask: tuple[PersonRef, ...] = ()  #: admins, where who is asked cannot sign in any more
    following: EvaluationRecord | None = None  #: the next one of the same mail that has no answer yet


@dataclass(frozen=True, slots=True)
class ClosureRecord:
    id: int
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RoomRecord:
    id: str
    name: str
    office_id: str
    office: str
    timezone: str
    capacity: int
    uses: frozenset[RoomUse]
    shared: bool
    features: frozenset[str]
    fullest: int  #: most people agreed at once from now on; capacity cannot go below
    hours_agreed: float
    closures: tuple[ClosureRecord, ...] = ()
    calendar: str | None = None  #: kind only ("google"); None: it has none
    read_at: datetime | None = None
    reason: str | None = None  #: why its calendar could not be read, in full or in part


@dataclass(frozen=True, slots=True)
class RosterRecord:
    person: PersonRef
    roles: tuple[str, ...]
    offices: tuple[str, ...]
    calendar: str | None  #: kind only ("ics"); None: none known
    read_at: datetime | None
    reason: str | None  #: why it could not be read, in full or in part
    warnings: int


@dataclass(frozen=True, slots=True)
class SaidKnownRecord:
    """An admin's word that people had been told some other way what is read of their calendar."""

    at: datetime
    by: PersonRef | None  #: None: they are erased


@dataclass(frozen=True, slots=True)
class CalendarUseRecord:
    """What is read of one person's calendar, what is kept of it, and what could be read."""

    system: str | None  #: "Google Workspace"; None: no calendar is known
    address: str | None  #: where it is a mailbox
    read_at: datetime | None
    reason: str | None  #: why it could not be read, in full or in part
    until: datetime | None  #: how far ahead it was read
    times: int  #: kept now
    days_in_office: tuple[date, ...]  #: marked in the calendar, and kept
    permissions: tuple[Permission, ...]  #: granted; if `told_at` is None, asked for
    told_at: datetime | None  #: when the calendar system said so
    organizer: str | None  #: the mailbox that invites
    admins: tuple[PersonRef, ...]  #: whom to ask
    noticed_at: datetime | None = None  #: when they were told of all this
    read_from: datetime | None = None  #: from when on their calendar may be read
    refused_at: datetime | None = None  #: they would rather not have it read
    said: SaidKnownRecord | None = None  #: by whose word they knew already


@dataclass(frozen=True, slots=True)
class StatedHoursRecord:
    """When somebody says they are free, for as long as their calendar does not tell."""

    trouble: str | None  #: why their calendar says nothing, in full or in part; None: it can be read
    hours: Mapping[str, tuple[str, str]]  #: by weekday ("tue") from and to, on their own clock
    until: date | None  #: the last day they hold; None: none are stated
    last_day: date  #: as far ahead as hours may be stated


@dataclass(frozen=True, slots=True)
class UnsentMailRecord:
    """A mail that could not be delivered; nobody tries again unless asked to."""

    id: int
    kind: str  #: proposal, invitation, …
    recipient: PersonRef
    created_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    level: str = ""
    value: int | None = None
    bound: int | None = None
    seconds: float = 0.0
    says: str = ""  #: "reading 120 calendars", "packing days", …


@dataclass(frozen=True, slots=True)
class UnplacedRecord:
    session_id: str
    kind: SessionKind
    senior: str
    reason: str


@dataclass(frozen=True, slots=True)
class SeniorDaysRecord:
    """One senior's office days in a plan, against the same sessions booked at their first free slots."""

    senior: PersonRef
    days: int  #: without those on which they are in anyway
    one_by_one: int | None
    bound: int | None  #: no plan that places as many of their sessions needs fewer; None: not known


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`state`: queued, running, draft, released, discarded, cancelled, failed."""

    id: int
    state: str
    first_day: date
    last_day: date
    created_at: datetime
    finished_at: datetime | None
    seniors: int
    juniors: int
    progress: ProgressRecord
    stop_requested: bool = False
    error: str | None = None
    score: dict[str, int] = field(default_factory=dict)  #: level -> value
    bounds: dict[str, int] = field(default_factory=dict)  #: level -> bound, where one is known
    first_free_days: int | None = None  #: of the same sessions, each booked at its first free slot
    greedy_days: int | None = None  #: of the same sessions, packed greedily
    people_reached: int | None = None  #: who get at least one session as its junior
    first_free_placed: int | None = None  #: how many of them have a place at first free slots
    greedy_placed: int | None = None  #: … and packed greedily
    sessions: int = 0  #: placed by this run
    standing: int = 0  #: agreed before, or waiting for an answer; they stayed as they were
    unplaced: tuple[UnplacedRecord, ...] = ()
    known: int | None = None  #: seniors and juniors of whose time anything was known when it was made
    conflicts: tuple[UnplacedRecord, ...] = ()
    by_senior: tuple[SeniorDaysRecord, ...] = ()
    untrained: tuple[PersonRef, ...] = ()  #: seniors it drew for nothing: they had something to read first


@dataclass(frozen=True, slots=True)
class NobodyForRecord:
    """Somebody whose turn it is, and for whom there is nobody, whatever anybody asks for."""

    person: PersonRef
    kind: SessionKind
    reason: str


@dataclass(frozen=True, slots=True)
class OwedRecord:
    """What a planning run found due when it began."""

    at: datetime
    first_day: date
    last_day: date
    sessions: Mapping[SessionKind, int]  #: how many are due, by kind
    nobody_for: tuple[NobodyForRecord, ...]
    suits_nobody: bool  #: are there more turns without anybody, of whom and why is not told?


@dataclass(frozen=True, slots=True)
class CycleRecord:
    """When a programme is planned by itself, and when it was."""

    plan_on: str | None  #: "thu"; None: by hand only
    plan_at: str  #: "06:00", on the clocks of `timezone`
    timezone: str
    weeks_ahead: int
    freeze_hours: int
    next_at: datetime | None  #: when the next plan is made
    last_run_id: int | None  #: of the newest plan that was made by itself
    last_at: datetime | None
    last_state: str | None


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """Whole weeks, Monday to Sunday, that figures are of."""

    first: date  #: a Monday
    last: date  #: a Sunday; the current week counts as far as it has come
    weeks: int | None  #: "the last 12 weeks"; None: two dates were asked for


@dataclass(frozen=True, slots=True)
class BecameRecord:
    """What became of sessions of one kind and place."""

    kind: SessionKind | None  #: None: of all kinds
    in_person: bool | None  #: None: in person and online
    no_answer: int  #: offered, and not answered
    came_to_nothing: int  #: offered, and skipped, called off or no longer fitting
    held: int
    fell_through: int  #: agreed, and somebody said it did not happen
    unsaid: int  #: agreed, and nobody has said

    @property
    def agreed(self) -> int:
        return self.held + self.fell_through + self.unsaid

    @property
    def offered(self) -> int:
        return self.agreed + self.no_answer + self.came_to_nothing


@dataclass(frozen=True, slots=True)
class ReachRecord:
    """How many of a group had a session that was held; at least five people are in it."""

    label: str | None  #: None: those whose own group is too small to be shown
    people: int
    reached: int
    in_person: int

    @property
    def share(self) -> int:
        """Per cent, rounded."""
        return round(100 * self.reached / self.people)

    @property
    def share_in_person(self) -> int:
        return round(100 * self.in_person / self.people)


@dataclass(frozen=True, slots=True)
class WaitRecord:
    """So many juniors have waited from `least` to `most` weeks since a session held, or since they joined."""

    least: int
    most: int | None  #: None: longer, too
    people: int


@dataclass(frozen=True, slots=True)
class FairnessRecord:
    """Whom a programme reached in a span; every figure is of at least five people."""

    programme: str
    span: SpanRecord
    juniors: ReachRecord | None  #: everybody who takes part; None: fewer than five do
    became: tuple[BecameRecord, ...]  #: by kind and place
    by_kind: Mapping[tuple[SessionKind, bool], int]  #: juniors reached, by kind and whether in person
    tables: Mapping[str, tuple[ReachRecord, ...]]  #: "team", "site", "cohort"; none that tells nothing
    waits: tuple[WaitRecord, ...]
    five_wait: int | None  #: weeks that five juniors or more have waited
    never_asked: int | None  #: juniors who never asked, in per cent; None: too few to tell
    to_never_asked: int | None  #: seats in held sessions that went to them, in per cent; None: too few


@dataclass(frozen=True, slots=True)
class NotReachedRecord:
    """A junior with no session held in a span, for their programme's admin to act on."""

    person: PersonRef
    weeks: int  #: since the last one held, or since they joined
    ever: bool  #: one was held before
    causes: tuple[str, ...]  #: clauses, without capital or full stop


@dataclass(frozen=True, slots=True)
class PreviewRecord:
    """What releasing a draft would do."""

    run: RunRecord
    proposals: tuple[ProposalRecord, ...]
    superseded: tuple[ProposalRecord, ...]  #: unanswered ones that these replace
    mails: tuple[tuple[PersonRef, int], ...]  #: who would get one, and how many days it proposes
    redirected_to: str | None  #: mail.redirect_to, where set
    copies: int = 0  #: assistants who would get one too
    unready: tuple[PersonRef, ...] = ()  #: seniors who are left out of it until they have read something
    ready_since: int = 0  #: how many more it left out and have read it by now


@dataclass(frozen=True, slots=True)
class DayQuestionRecord:
    """A question about something agreed, to one person: is a day still worth the trip, or what becomes of
    a session at whose time their calendar has something now."""

    id: int
    cause: str  #: below: the day is thin now; busy: their calendar moved; agree: somebody would move it
    person: PersonRef  #: who is asked
    day: date
    timezone: str
    sessions: tuple[SessionRecord, ...]  #: what is left in the office that day, or the session in question
    choices: tuple[str, ...]  #: of `words.DAY_CHOICES`
    expires_at: datetime
    fewest: int = 0  #: sessions that make a trip worth it to this senior
    worth: int = 0  #: sessions left that have enough people in them
    closed: str | None = None  #: the office is closed that day, and why; the reason may be empty
    suggested: SessionRecord | None = None  #: the session where it could be instead
    wish_of: PersonRef | None = None  #: whose wish it is to move it
    proposal_id: int | None = None  #: whose day it is, for its senior
    problem: str | None = None  #: why it can no longer be answered

    @property
    def is_to_senior(self) -> bool:
        return all(session.senior.id == self.person.id for session in self.sessions)


@dataclass(frozen=True, slots=True)
class DayOffRecord:
    """What there is on a day on which somebody cannot come, and so what becomes of it."""

    day: date
    timezone: str
    in_office: tuple[SessionRecord, ...]
    online: tuple[SessionRecord, ...]

    @property
    def sessions(self) -> tuple[SessionRecord, ...]:
        return (*self.in_office, *self.online)


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """What a mailed link leads to. `problem`: why it no longer decides ("answered on 3 March")."""

    proposal: ProposalRecord
    token: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """What somebody agreed to do after a session, shared by its senior and its junior."""

    id: int
    programme_id: int
    session_id: str
    kind: SessionKind  #: of the session
    agreed_on: date  #: the session's day
    owner: PersonRef  #: who does it
    senior: PersonRef
    junior: PersonRef | None  #: None: the senior does it for all of a group, or whose junior is erased
    text: str
    due: date | None
    created_at: datetime
    done_at: datetime | None
    dropped_at: datetime | None

    def shared_with(self, reader: PersonRef) -> PersonRef | None:
        """Who else sees it, of somebody who does."""
        return self.junior if reader.id == self.senior.id else self.senior

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.dropped_at is None

    def is_overdue(self, today: date) -> bool:
        return self.is_open and self.due is not None and self.due < today


@dataclass(frozen=True, slots=True)
class SharedActionsRecord:
    """What one person shares with others, or agreed with themself; open ones the soonest due first."""

    mine: tuple[ActionRecord, ...]
    others: tuple[ActionRecord, ...]  #: that somebody else does
    closed: tuple[ActionRecord, ...]  #: done or dropped lately, the newest first


@dataclass(frozen=True, slots=True)
class AgreeingRecord:
    """A session that took place, and who of it may be said to do something."""

    session: SessionRecord
    owners: tuple[PersonRef, ...]


@dataclass(frozen=True, slots=True)
class ActionCountsRecord:
    """How many actions there have been in a programme, of at least five people who are in it now."""

    people: int  #: who agreed to do something, and may have left since
    done: int
    dropped: int
    open: int
    overdue: int  #: of the open ones, those whose day is over


@dataclass(frozen=True, slots=True)
class LunchWeekRecord:
    """The agreed lunches of one week in one office, for whoever orders."""

    monday: date
    office: str  #: name
    meals: tuple[tuple[date, int], ...]  #: by day, seniors' too
    eats: tuple[tuple[str, int], ...] | None  #: what, and how many people; None: too few said so to tell


@dataclass(frozen=True, slots=True)
class ActionLinkRecord:
    """What a mailed link about an action leads to. `problem`: why it no longer decides."""

    action: ActionRecord
    token: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class GoalRecord:
    """What a junior works towards; for themself, and for a senior who is about to meet them."""

    id: int
    person_id: int
    statement: str
    why: str  #: may be empty
    target: date | None
    progress: int  #: in per cent
    reached_at: datetime | None = None
    created_at: datetime | None = None  #: None: long ago


@dataclass(frozen=True, slots=True)
class ObjectiveRecord:
    """What a programme works towards."""

    id: int
    statement: str
    why: str  #: may be empty
    kinds: frozenset[SessionKind]  #: that serve it; none: all do
    target: date | None
    reached_at: datetime | None = None
    created_at: datetime | None = None  #: None: long ago, before that was kept


@dataclass(frozen=True, slots=True)
class GoalCountRecord:
    """At least how many goals there are of the juniors in a programme now, each in full fives."""

    people: int  #: who have one that is open or reached
    open: int
    reached: int


@dataclass(frozen=True, slots=True)
class SupportRecord:
    """Whom seniors of a programme ask when something is unclear, and how and when to reach them."""

    person: PersonRef
    note: str


@dataclass(frozen=True, slots=True)
class TrainingItemRecord:
    """A step of a programme's path of training."""

    id: int
    programme_id: int
    guide: str | None  #: name of one of `web.guides.readings`; None: the text is the programme's own
    title: str
    text: str
    minutes: int
    due_days: int  #: after somebody joined, or after it was added if that was later
    required: bool  #: before the first session
    added_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrainingStepRecord:
    """An item as it is one senior's."""

    item: TrainingItemRecord
    due: date  #: on their own calendar
    done_at: datetime | None
    overdue: bool

    @property
    def is_open(self) -> bool:
        return self.done_at is None


@dataclass(frozen=True, slots=True)
class TrainingPathRecord:
    """A senior's path, for their own eyes."""

    steps: tuple[TrainingStepRecord, ...]
    ready: bool  #: for sessions to be planned: nothing required is open, or they have held one

    @property
    def first_of_all(self) -> tuple[TrainingStepRecord, ...]:
        """What has to be read before anything is planned."""
        return () if self.ready else tuple(one for one in self.steps if one.item.required and one.is_open)


@dataclass(frozen=True, slots=True)
class TrainingProgrammeRecord:
    """What an admin needs to support those who learn: counts, and who waits; no times, no order of merit."""

    items: tuple[TrainingItemRecord, ...]
    retired: tuple[TrainingItemRecord, ...]
    done: Mapping[int, int] | None  #: by item, how many of the seniors who are there; None: these are too few
    seniors: int
    unready: tuple[PersonRef, ...]  #: by name
    support: SupportRecord | None
    support_left: bool  #: somebody was named and is no longer there


@dataclass(frozen=True, slots=True)
class ClosedDayRecord:
    """A day on which an office is closed, or would be if nobody had said that it is open."""

    day: date
    reason: str  #: of a holiday its name
    holiday: bool  #: it follows from the office's place; else an admin closed it
    open_anyway: bool = False  #: a holiday on which the office is open


@dataclass(frozen=True, slots=True)
class OfficeRecord:
    id: str
    name: str
    timezone: str
    hours: Mapping[str, tuple[str, str]]  #: (from, to) by weekday
    holidays: str | None  #: whose public holidays close it: "GB-ENG"
    rooms: int
    days: tuple[ClosedDayRecord, ...] = ()  #: in the coming months, in order


# --- pictures ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfficeDaysRecord:
    """One month of seniors' office days; the sessions are those in person that were held or agreed.

    What is compared is the same sessions each time; None: nothing is known of any of that month. An office
    day is a trip: on days on which a senior is in anyway sessions take none.
    """

    month: date  #: its first day
    sessions: int
    compared: int  #: those of which it is known where simpler ways would have had them
    unplaced: int  #: those for which the first free slot found no place
    ours: int | None  #: days with at least one of the sessions that are compared
    first_free: int | None
    greedy: int | None
    all_days: int  #: days with any of the sessions
    mandate: int  #: three days of five for every senior who takes part, while the office is open; all of them


@dataclass(frozen=True, slots=True)
class ReachedMonthRecord:
    """How many juniors had a session that was held in the twelve weeks to the end of a month."""

    month: date
    people: int  #: None of fewer than five
    reached: int

    @property
    def share(self) -> int:
        return round(100 * self.reached / self.people)


@dataclass(frozen=True, slots=True)
class KindMonthsRecord:
    """Sessions of one kind by month: what was held, and what is agreed and nobody has said more of."""

    kind: SessionKind
    held: tuple[int, ...]
    agreed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoomMonthRecord:
    """How much of the hours of each room of an office sessions take, by day of a month."""

    office: str
    office_id: str
    offices: tuple[tuple[str, str], ...]  #: id and name of each that has rooms
    rooms: tuple[tuple[str, tuple[float | None, ...]], ...]  #: per cent; None: closed


@dataclass(frozen=True, slots=True)
class HeadcountRecord:
    """How many people agreed sessions bring to an office, by day of a month."""

    office: str
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SimulationRecord:
    """`state`: queued, running, done, failed, cancelled. `parts` as in `web.simulation_results`."""

    id: int
    programme_id: int
    state: str
    created_at: datetime
    finished_at: datetime | None
    own: bool  #: the programme's own people, not a made company's
    tables: Mapping[str, Mapping[str, float]]  #: its settings
    done: int
    of: int
    parts: tuple[Mapping[str, Any], ...]
    error: str | None

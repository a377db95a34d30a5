"""The legal moves: what may become of a proposal, and of a seat in a session.

Pure: takes a state and a step, answers the next state, or says in words why not. Who may take a
step, and what follows from it, is the application's business.

Open seats of a session go by need in the first day after it was agreed (`by_need_until`,
`in_order_of_need`); after that to whoever books first. A seat that comes free while somebody waits is
offered to the first in line until a moment (`offered_until`), and nobody else has it meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from planner.errors import IllegalMove


class ProposalState(StrEnum):
    DRAFT = "draft"  #: planned; nobody but an admin has seen it
    DISCARDED = "discarded"
    PROPOSED = "proposed"  #: the senior is asked
    CHECKING = "checking"  #: a yes was given; calendars are read once more
    APPROVED = "approved"
    SKIPPED = "skipped"
    EXPIRED = "expired"  #: no answer in time
    SUPERSEDED = "superseded"  #: a newer proposal took its place
    STALE = "stale"  #: it no longer fitted and no other day did
    CANCELLED = "cancelled"  #: called off: after the yes, or withdrawn before it


class ProposalStep(StrEnum):
    RELEASE = "release"
    DISCARD = "discard"
    SAY_YES = "say yes"
    CONFIRM = "confirm"  #: the calendars still agree
    OFFER_ANOTHER = "offer another"  #: they do not, but another day does
    GIVE_UP = "give up"  #: they do not, and no other day does
    SKIP = "skip"
    REOPEN = "reopen"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    CALL_OFF = "call off"
    TAKE_BACK = "take back"  #: undo calling off; calendars are read once more
    WITHDRAW = "withdraw"  #: somebody it cannot do without is no longer there


_P, _S = ProposalState, ProposalStep

_NEXT: dict[tuple[ProposalState, ProposalStep], ProposalState] = {
    (_P.DRAFT, _S.RELEASE): _P.PROPOSED,
    (_P.DRAFT, _S.DISCARD): _P.DISCARDED,
    (_P.PROPOSED, _S.SAY_YES): _P.CHECKING,
    (_P.PROPOSED, _S.SKIP): _P.SKIPPED,
    (_P.PROPOSED, _S.EXPIRE): _P.EXPIRED,
    (_P.PROPOSED, _S.SUPERSEDE): _P.SUPERSEDED,
    (_P.PROPOSED, _S.WITHDRAW): _P.CANCELLED,
    (_P.CHECKING, _S.WITHDRAW): _P.CANCELLED,
    (_P.CHECKING, _S.CONFIRM): _P.APPROVED,
    (_P.CHECKING, _S.OFFER_ANOTHER): _P.PROPOSED,
    (_P.CHECKING, _S.GIVE_UP): _P.STALE,
    (_P.SKIPPED, _S.REOPEN): _P.PROPOSED,
    (_P.APPROVED, _S.CALL_OFF): _P.CANCELLED,
    (_P.CANCELLED, _S.TAKE_BACK): _P.CHECKING,
}

#: How a state reads to the person who comes too late, or too early.
_SAYS = {
    _P.DRAFT: "This day has not been proposed yet.",
    _P.DISCARDED: "This proposal was withdrawn before it was sent.",
    _P.PROPOSED: "This day is still waiting for an answer.",
    _P.CHECKING: "This day was approved a moment ago; calendars are being read once more.",
    _P.APPROVED: "This day is approved already.",
    _P.SKIPPED: "This day was skipped already.",
    _P.EXPIRED: "The time to answer has passed; that is fine. The sessions go to others.",
    _P.SUPERSEDED: "A newer proposal took the place of this one.",
    _P.STALE: "This day no longer fits everybody's calendar. The sessions will be offered again.",
    _P.CANCELLED: "This day was called off.",
}

#: States in which a proposal holds its sessions, so that no other may have them.
LIVE = frozenset({_P.PROPOSED, _P.CHECKING})


def next_proposal_state(state: ProposalState, step: ProposalStep) -> ProposalState:
    """The state after the step.

    Raises:
        IllegalMove: not from this state; the text says where the proposal stands.
    """
    try:
        return _NEXT[state, step]
    except KeyError:
        raise IllegalMove(_SAYS[state]) from None


def says(state: ProposalState) -> str:
    """Where a proposal stands, as a sentence."""
    return _SAYS[state]


class SeatState(StrEnum):
    INVITED = "invited"  #: the plan chose this person
    BOOKED = "booked"  #: they chose the seat
    WAITING = "waiting"
    OFFERED = "offered"  #: a seat came free and is kept for them for a while
    DECLINED = "declined"
    CANCELLED = "cancelled"


#: States of those who take part.
SEATED = frozenset({SeatState.INVITED, SeatState.BOOKED})

#: States that take a seat away from others.
TAKEN = SEATED | {SeatState.OFFERED}

#: What is said where no seat is left.
GONE = "The last seat has just gone. You can join the waitlist."

#: How long open seats go by need, and how long before a session that is over.
BY_NEED, BY_ORDER_AT_THE_LATEST = timedelta(hours=24), timedelta(hours=24)

#: How long a seat is kept for the first in line, and how long before a session no seat is kept any more.
KEPT, KEPT_AT_THE_LATEST = timedelta(hours=24), timedelta(hours=2)


def book(state: SeatState | None, free: int, *, by_need: bool = False) -> SeatState:
    """Take a seat that is free, or the one that is offered.

    Args:
        state: this person's so far; None: none.
        free: seats that nobody has, or is offered, now.
        by_need: are the seats still given by need?

    Raises:
        IllegalMove: they have one, none is free, or seats are not booked yet.
    """
    if state in SEATED:
        raise IllegalMove("You have a seat in this session already.")
    if state is SeatState.OFFERED:
        return SeatState.BOOKED
    if by_need:
        raise IllegalMove(
            "These seats go to those who have had least first. Put yourself on the list, and you will hear."
        )
    if free <= 0:
        raise IllegalMove(GONE)
    return SeatState.BOOKED


def wait(state: SeatState | None, free: int, *, by_need: bool = False) -> SeatState:
    """Join the line for a full session, or the list of those who want a seat while seats go by need."""
    if state in SEATED:
        raise IllegalMove("You have a seat in this session already.")
    if state is SeatState.WAITING:
        raise IllegalMove("You are on the list already.")
    if state is SeatState.OFFERED:
        raise IllegalMove("A seat is kept for you: you can take it.")
    if free > 0 and not by_need:
        raise IllegalMove("There is a seat free: you can book it.")
    return SeatState.WAITING


def offer(state: SeatState | None) -> SeatState:
    """Keep a free seat for somebody who waits."""
    if state is not SeatState.WAITING:
        raise IllegalMove("Seats are offered to those who wait.")
    return SeatState.OFFERED


def claim(state: SeatState | None, until: datetime | None, now: datetime) -> SeatState:
    """Take the seat that is offered.

    Args:
        until: the moment from which it is no longer kept.
    """
    if state in SEATED:
        raise IllegalMove("You have a seat in this session already.")
    if state is not SeatState.OFFERED or until is None or until <= now:
        raise IllegalMove("This seat is no longer kept for you. You can join the line again.")
    return SeatState.BOOKED


def expire(state: SeatState | None) -> SeatState:
    """An offer that was not answered. Costs nothing."""
    if state is not SeatState.OFFERED:
        raise IllegalMove("No seat is offered.")
    return SeatState.CANCELLED


def give_up(state: SeatState | None) -> SeatState:
    """Leave a seat, an invitation or the line, or pass on an offer. Costs nothing."""
    if state is SeatState.INVITED:
        return SeatState.DECLINED
    if state in (SeatState.BOOKED, SeatState.WAITING, SeatState.OFFERED):
        return SeatState.CANCELLED
    raise IllegalMove("You have no seat in this session.")


def take_back(state: SeatState | None, free: int, *, by_need: bool = False) -> SeatState:
    """Undo giving up: an invitation comes back while a seat is free, anything else is booked anew."""
    if state is SeatState.DECLINED and free > 0:
        return SeatState.INVITED
    return book(state, free, by_need=by_need)


# --- when seats go to whom -----------------------------------------------------------------------


def by_need_until(agreed: datetime, start: datetime) -> datetime | None:
    """Until when the open seats of a session go by need; None: it begins too soon, so by order at once."""
    until = min(agreed + BY_NEED, start - BY_ORDER_AT_THE_LATEST)
    return until if until > agreed else None


def offered_until(now: datetime, start: datetime) -> datetime | None:
    """Until when a seat that comes free now is kept for one person; None: too late to keep it for anybody."""
    until = min(now + KEPT, start - KEPT_AT_THE_LATEST)
    return until if until > now else None


@dataclass(frozen=True, slots=True)
class Wanting:
    """Somebody who would like a seat while seats go by need. When they said so does not count."""

    person: str
    need: int  #: as a junior of the programme, with the seats they have by now counted
    without_since: date  #: the day of their last session, or on which they joined


def in_order_of_need(wanting: Iterable[Wanting], seed: str) -> list[Wanting]:
    """Greatest need first; of equal ones who has been without longest; of those a draw decides.

    The draw sorts by SHA-256 of seed and person, so anybody who knows the seed can draw again.
    """

    def place(one: Wanting) -> tuple[int, date, str]:
        drawn = hashlib.sha256(f"{seed} {one.person}".encode()).hexdigest()
        return -one.need, one.without_since, drawn

    return sorted(wanting, key=place)


# --- check-ins -----------------------------------------------------------------------------------

#: How often the senior of a co-working session looks in on everybody.
CHECK_IN_EVERY = timedelta(minutes=30)


def check_in_rounds(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When each round begins and ends, the first one with the session; the last may be shorter."""
    count = -((start - end) // CHECK_IN_EVERY)
    begins = [start + number * CHECK_IN_EVERY for number in range(count)]
    return [(begin, min(begin + CHECK_IN_EVERY, end)) for begin in begins]

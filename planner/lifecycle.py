"""The legal moves: what may become of a proposal, and of a seat in a session.

Pure: takes a state and a step, answers the next state, or says in words why not. Who may take a
step, and what follows from it, is the application's business.
"""

from __future__ import annotations

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
    DECLINED = "declined"
    CANCELLED = "cancelled"


#: States that take a seat.
SEATED = frozenset({SeatState.INVITED, SeatState.BOOKED})


def book(state: SeatState | None, free: int) -> SeatState:
    """Take a seat that is free.

    Args:
        state: this person's so far; None: none.
        free: seats that nobody has now.

    Raises:
        IllegalMove: they have one, or none is free.
    """
    if state in SEATED:
        raise IllegalMove("You have a seat in this session already.")
    if free <= 0:
        raise IllegalMove("The last seat has just gone. You can join the waitlist.")
    return SeatState.BOOKED


def wait(state: SeatState | None, free: int) -> SeatState:
    """Join the line for a full session."""
    if state in SEATED:
        raise IllegalMove("You have a seat in this session already.")
    if state is SeatState.WAITING:
        raise IllegalMove("You are on the waitlist already.")
    if free > 0:
        raise IllegalMove("There is a seat free: you can book it.")
    return SeatState.WAITING


def give_up(state: SeatState | None) -> SeatState:
    """Leave a seat, an invitation or the line. Costs nothing."""
    if state is SeatState.INVITED:
        return SeatState.DECLINED
    if state in (SeatState.BOOKED, SeatState.WAITING):
        return SeatState.CANCELLED
    raise IllegalMove("You have no seat in this session.")

"""A junior's seats: what is coming, what is open, what is offered, and giving each up again.

For a day after a session was agreed its open seats go by need: whoever wants one is on a list, and at the
end of that time those who have had least get the seats. From then on whoever comes first has one; a seat
that comes free while somebody waits is offered to the first in line, who has a day to take it. The times
are `planner.lifecycle`'s. Nobody is told anybody else's need, and asking does not change it.

The last seat is sold once: every function that gives one away counts and writes in one transaction
that holds the session and its room (`Store.writing`, `seats.seating`), and brings the session's seats up
to the moment first (`_settled`), so that nothing depends on when the background looks round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from planner import lifecycle
from planner.errors import IllegalMove
from planner.lifecycle import SEATED, TAKEN, SeatState
from web.errors import NotFound, Refused
from web.operations import audit, events, outbox, worth
from web.operations.access import link_problem
from web.records import Member, OfferedSeatRecord, SeatRecord, SessionRecord
from web.site import Site
from web.store import links, never_pairs, own_limits, people, sessions
from web.store import seats as kept
from web.store import tables as t

#: States that are among what is coming for a person.
HOPING = TAKEN | {SeatState.WAITING}

ELSEWHERE = "you are in another session at that time"


def coming(site: Site, by: Member, now: datetime) -> tuple[SeatRecord, ...]:
    """The sessions this person is in as a junior, is offered a seat in, or waits for, soonest first."""
    with site.store.reading() as connection:
        mine = kept.of_person(connection, by.person.id)
        wanted = [one for one, (state, _) in mine.items() if state in HOPING]
        found = sessions.agreed(connection, t.session.c.id.in_(wanted) & sessions.upcoming(now))
        return _records(connection, found, by, now)


def under_way(site: Site, by: Member, now: datetime) -> tuple[SessionRecord, ...]:
    """The sessions that this person is in now."""
    with site.store.reading() as connection:
        mine = kept.of_person(connection, by.person.id)
        wanted = t.session.c.id.in_([one for one, (state, _) in mine.items() if state in SEATED])
        begun = (t.session.c.state == "agreed") & (t.session.c.start <= now)
        recent = t.session.c.start > now - timedelta(days=1)
        found = sessions.agreed(connection, wanted & begun & recent)
    return tuple(session for session in found if session.end > now)


def open_sessions(site: Site, by: Member, now: datetime) -> tuple[SeatRecord, ...]:
    """Approved sessions with seats for booking, full ones included, that this person is not in yet."""
    mine = select(t.seat.c.session_id).where(t.seat.c.person_id == by.person.id, t.seat.c.state.in_(HOPING))
    near = select(t.person_office.c.office_id).where(t.person_office.c.person_id == by.person.id)
    bookable = (
        (t.session.c.programme_id == by.programme_id)
        & (t.session.c.open_seats > 0)
        & (t.session.c.senior_id != by.person.id)
        & (t.session.c.office_id.is_(None) | t.session.c.office_id.in_(near))
        & t.session.c.senior_id.not_in(never_pairs.seniors_apart(by.person.id))
        & t.session.c.id.not_in(mine)
    )
    with site.store.reading() as connection:
        found = sessions.agreed(connection, bookable & sessions.upcoming(now))
        return _records(connection, found, by, now)


def one(site: Site, session_id: str, by: Member, now: datetime) -> SeatRecord:
    """One session that this person is in or may book."""
    with site.store.reading() as connection:
        found = sessions.one_agreed(connection, session_id)
        seating = kept.seating(connection, session_id, now)
        if found is None or seating is None or not _may_see(connection, seating, by):
            raise NotFound
        return _records(connection, [found], by, now)[0]


def book(site: Site, session_id: str, by: Member, now: datetime, *, beyond: bool = False) -> str:
    """Take a seat. Refused where none is left, or where this person is in another session then.

    Args:
        beyond: they know that it goes beyond a limit they set for themselves.
    """
    with site.store.writing() as connection:
        seating = _bookable(connection, site, session_id, by, now)
        state = kept.state_of(connection, session_id, by.person.id)
        booked = lifecycle.book(state, seating.free, by_need=seating.by_need)
        _need_within_own_limits(connection, session_id, by, beyond, now)
        _take(connection, site, seating, by.person.id, booked, now)
        audit.note(connection, now, by, "seat.book", f"session:{session_id}")
    outbox.wake(site, now)
    return booked


def wait(site: Site, session_id: str, by: Member, now: datetime, *, beyond: bool = False) -> str:
    """Join the line for a full session, or the list while seats go by need."""
    with site.store.writing() as connection:
        seating = _bookable(connection, site, session_id, by, now)
        state = kept.state_of(connection, session_id, by.person.id)
        waiting = lifecycle.wait(state, seating.free, by_need=seating.by_need)
        _need_within_own_limits(connection, session_id, by, beyond, now)
        kept.put(connection, session_id, by.person.id, waiting, now)
        audit.note(connection, now, by, "seat.wait", f"session:{session_id}")
    outbox.wake(site, now)
    return waiting


def claim(site: Site, session_id: str, by: Member, now: datetime, *, beyond: bool = False) -> str:
    """Take the seat that is offered."""
    with site.store.writing() as connection:
        _need_within_own_limits(connection, session_id, by, beyond, now)
        claimed = _claim(connection, site, session_id, by.person.id, now)
        audit.note(connection, now, by, "seat.claim", f"session:{session_id}")
    outbox.wake(site, now)
    return claimed


def give_up(site: Site, session_id: str, by: Member, now: datetime) -> None:
    """Cancel a booking, decline an invitation, pass on an offer or leave the line; costs nothing.

    A seat that comes free is offered to the next in line.
    """
    with site.store.writing() as connection:
        give_up_in(connection, site, session_id, by.person.id, now)
        audit.note(connection, now, by, "seat.give_up", f"session:{session_id}")
    outbox.wake(site, now)


def give_up_in(connection: Connection, site: Site, session_id: str, person_id: int, now: datetime) -> None:
    """The same in a transaction of the caller's, for somebody who said so elsewhere: in their calendar."""
    give_up_all(connection, site, [session_id], person_id, now)


def give_up_all(
    connection: Connection, site: Site, session_ids: Collection[str], person_id: int, now: datetime
) -> None:
    """The same of several sessions: one mail to each person concerned, whatever it comes to for them."""
    before: dict[str, SeatState | None] = {}
    for session_id in session_ids:
        _settled(connection, site, session_id, now)
        before[session_id] = kept.state_of(connection, session_id, person_id)
        kept.put(connection, session_id, person_id, lifecycle.give_up(before[session_id]), now)
    left = [session_id for session_id, state in before.items() if state in SEATED]
    if left:
        worth.seats_given_up(connection, site, left, person_id, now)
    for session_id, state in before.items():
        if state in TAKEN:
            hand_on(connection, site, session_id, now)


def still_standing(site: Site, session_ids: Collection[str], now: datetime) -> set[str]:
    """Which of these sessions are agreed and have not begun: one for two falls with its junior."""
    with site.store.reading() as connection:
        found = sessions.agreed(connection, t.session.c.id.in_(session_ids) & sessions.upcoming(now))
    return {session.id for session in found}


def vacate(
    connection: Connection, site: Site, session_id: str, people: Collection[int], now: datetime
) -> None:
    """Take people who are no longer there out of an agreed session; free seats are handed on.

    Those who are gone, and the senior, are told by whoever calls.
    """
    kept.vacate(connection, session_id, people, now)
    sessions.next_sequence(connection, [session_id])
    events.want(connection, site, [session_id], now)
    hand_on(connection, site, session_id, now)


def take_back(site: Site, session_id: str, by: Member, now: datetime) -> str:
    """Undo `give_up` while a seat is free."""
    with site.store.writing() as connection:
        seating = _settled(connection, site, session_id, now)
        state = kept.state_of(connection, session_id, by.person.id)
        if state is None:
            raise NotFound
        again = lifecycle.take_back(state, seating.free, by_need=seating.by_need)
        _take(connection, site, seating, by.person.id, again, now)
        audit.note(connection, now, by, "seat.take_back", f"session:{session_id}")
    outbox.wake(site, now)
    return again


def _need_within_own_limits(
    connection: Connection, session_id: str, by: Member, beyond: bool, now: datetime
) -> None:
    """Nobody goes beyond what they set for themselves unless they say so: it may have slipped their mind."""
    found = sessions.agreed(connection, t.session.c.id == session_id)
    for limit in own_limits.beyond(connection, by.person.id, found, now).values():
        if not beyond:
            raise Refused(f"This would be more than {limit} that you set. You can take it all the same.")


def _claim(connection: Connection, site: Site, session_id: str, person_id: int, now: datetime) -> SeatState:
    seating = kept.seating(connection, session_id, now)
    if seating is None:
        raise NotFound
    state = kept.state_of(connection, session_id, person_id)
    claimed = lifecycle.claim(state, kept.offered_until(connection, session_id, person_id), now)
    _take(connection, site, seating, person_id, claimed, now)
    return claimed


def _take(
    connection: Connection, site: Site, seating: kept.Seating, person_id: int, state: SeatState, now: datetime
) -> None:
    """Sit somebody down, unless they are elsewhere then, or beside somebody they are kept apart from."""
    engaged = kept.engagements(connection, person_id, now)
    if kept.is_elsewhere(engaged, seating.session_id, seating.start, seating.end):
        raise Refused("You are in another session at that time. Give that one up first, or choose another.")
    if kept.is_shut_to(connection, seating.session_id, person_id):
        raise IllegalMove(lifecycle.GONE)
    kept.put(connection, seating.session_id, person_id, state, now)
    outbox.invite_after_change(connection, site, seating.session_id, [person_id], now)
    events.want(connection, site, [seating.session_id], now)


# --- seats that come free ------------------------------------------------------------------------


def settle_due(site: Site, now: datetime) -> None:
    """Give out the seats whose time of need is over, hand on offers that ran out, offer what came free."""
    with site.store.reading() as connection:
        due = [one for one in kept.to_settle(connection, now) if _has_news(connection, one, now)]
    for session_id in due:
        with site.store.writing() as connection:
            if kept.seating(connection, session_id, now) is not None:
                _settled(connection, site, session_id, now)
    if due:
        outbox.wake(site, now)


def _has_news(connection: Connection, session_id: str, now: datetime) -> bool:
    """Not where all who wait for a free seat are elsewhere then, or its room has no place for it."""
    seating = _seating(connection, session_id, now)
    is_over = seating.by_need_until is not None and seating.by_need_until <= now
    run_out = kept.offers_run_out(connection, session_id, now)
    return is_over or bool(run_out) or bool(_next_in_line(connection, seating, now))


def _settled(connection: Connection, site: Site, session_id: str, now: datetime) -> kept.Seating:
    """A session's seats as they are at this moment, after what follows from the clock and from other rooms
    and sessions."""
    seating = _seating(connection, session_id, now)
    if seating.by_need_until is not None and seating.by_need_until <= now:
        _give_by_need(connection, site, seating, now)
    run_out = kept.offers_run_out(connection, session_id, now)
    if run_out:
        kept.put_all(connection, session_id, run_out, lifecycle.expire(SeatState.OFFERED), now)
        outbox.tell_line(connection, site, session_id, "lapsed", dict.fromkeys(run_out, now), now)
    hand_on(connection, site, session_id, now)
    return _seating(connection, session_id, now)


def hand_on(connection: Connection, site: Site, session_id: str, now: datetime) -> None:
    """Offer free seats to the first in line. So near its start that no seat is kept any more, everybody in
    line is told once that seats go by order."""
    seating = kept.seating(connection, session_id, now)
    if seating is None:
        return
    offered = _next_in_line(connection, seating, now)
    until = lifecycle.offered_until(now, seating.start)
    if until is None:
        outbox.tell_line(connection, site, session_id, "first_come", offered, now)
    else:
        kept.put_all(connection, session_id, list(offered), lifecycle.offer(SeatState.WAITING), now, until)
        outbox.offer_seats(connection, site, session_id, list(offered), until, now)


def _next_in_line(connection: Connection, seating: kept.Seating, now: datetime) -> Mapping[int, datetime]:
    """Whom a free seat concerns, and since when they wait: who is first in line and can sit there, or all of
    the line once seats go by order."""
    if seating.free == 0 or seating.by_need:
        return {}
    line = kept.line(connection, seating.session_id)
    if lifecycle.offered_until(now, seating.start) is None:
        out = outbox.told_line(connection, seating.session_id, "first_come", line)
        out |= _kept_out(connection, seating, line)
        return {who: since for who, since in line.items() if who not in out}
    return {who: line[who] for who in _who_can_sit(connection, seating, list(line))}


def _kept_out(connection: Connection, seating: kept.Seating, people: Collection[int]) -> set[int]:
    """Who of these is kept apart from the senior, or from somebody who sits there."""
    apart = never_pairs.of_juniors(connection, people, seating.senior_id)
    there = {seating.senior_id, *kept.takers(connection, seating.session_id)}
    return {who for who in people if not there.isdisjoint(apart.get(who, ()))}


def _who_can_sit(connection: Connection, seating: kept.Seating, people: Sequence[int]) -> list[int]:
    """The first of these people for the free seats: who is not elsewhere then, and has not to be kept apart
    from the senior, from whoever sits there, or from each other."""
    out = kept.elsewhere(connection, seating, people) | _kept_out(connection, seating, people)
    apart = never_pairs.of_juniors(connection, people, seating.senior_id)
    chosen: list[int] = []
    for who in people:
        if len(chosen) < seating.free and who not in out:
            chosen.append(who)
            out |= apart.get(who, set())
    return chosen


def _seating(connection: Connection, session_id: str, now: datetime) -> kept.Seating:
    seating = kept.seating(connection, session_id, now)
    if seating is None:
        raise NotFound
    return seating


def _give_by_need(connection: Connection, site: Site, seating: kept.Seating, now: datetime) -> None:
    """Seats to those who have had least and are not elsewhere then; the others stay in line in that order.

    The draw among equals is seeded with the session's id.
    """
    session_id = seating.session_id
    ordered = lifecycle.in_order_of_need(kept.wanting(connection, session_id, now), seating.session_id)
    people = [int(one.person) for one in ordered]
    given = _who_can_sit(connection, seating, people)
    left = [who for who in people if who not in given]
    kept.end_by_need(connection, session_id)
    kept.put_all(connection, session_id, given, SeatState.BOOKED, now)
    kept.line_up(connection, session_id, left, now)
    if given:
        outbox.invite_after_change(connection, site, session_id, given, now, waited=True)
        events.want(connection, site, [session_id], now)
    places = {who: place for place, who in enumerate(left, start=1)}
    outbox.tell_line(connection, site, session_id, "place", dict.fromkeys(left, now), now, places)


# --- answering from the mail ---------------------------------------------------------------------


def by_link(site: Site, token: str, now: datetime) -> OfferedSeatRecord:
    """What the link in the mail about an offered seat leads to; changes nothing."""
    with site.store.reading() as connection:
        return _offered(connection, _link(connection, site, token), token, now)


def decide_by_link(site: Site, token: str, take: bool, now: datetime) -> None:
    """Take the offered seat through a mailed link, or pass. It decides once."""
    with site.store.writing() as connection:
        link = _link(connection, site, token)
        offered = _offered(connection, link, token, now)
        if offered.problem is not None:
            raise Refused(offered.problem)
        if not links.use(connection, link.id, now):
            raise Refused("This link has been used already.")
        if take:
            _claim(connection, site, link.session_id or "", link.person_id, now)
        else:
            give_up_in(connection, site, link.session_id or "", link.person_id, now)
        action = "seat.claim" if take else "seat.give_up"
        audit.note(connection, now, link.person_id, action, f"session:{link.session_id}")
    outbox.wake(site, now)


def _link(connection: Connection, site: Site, token: str) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "seat") if link_id else None
    if link is None or link.session_id is None:
        raise NotFound
    return link


def _offered(connection: Connection, link: links.Link, token: str, now: datetime) -> OfferedSeatRecord:
    session = sessions.one_agreed(connection, link.session_id or "")
    person = people.refs(connection, [link.person_id]).get(link.person_id)
    if session is None or person is None:
        raise NotFound
    state = kept.state_of(connection, session.id, person.id)
    until = kept.offered_until(connection, session.id, person.id)
    problem = link_problem(
        connection, person.id, sessions.programme_of(connection, session.id), now, "junior"
    )
    problem = problem or _link_problem(link, state, until, now)
    beyond = own_limits.beyond(connection, person.id, [session], now).get(session.id)
    return OfferedSeatRecord(session, person, token, until, problem, beyond)


def _link_problem(
    link: links.Link, state: SeatState | None, until: datetime | None, now: datetime
) -> str | None:
    if state in SEATED:
        return "You have this seat: see you there."
    if link.used_at is not None:
        return "You passed on this seat, and that is fine. You can join the line again."
    try:
        lifecycle.claim(state, until and min(until, link.expires_at), now)  # a later offer has its own link
    except IllegalMove as why:
        return str(why)
    return None


# --- who may, and what is shown ------------------------------------------------------------------


def _bookable(connection: Connection, site: Site, session_id: str, by: Member, now: datetime) -> kept.Seating:
    seating = _settled(connection, site, session_id, now)
    if not _may_see(connection, seating, by):
        raise NotFound
    if seating.open_seats == 0 or seating.senior_id == by.person.id:
        raise IllegalMove("This session has no seats for booking.")
    shut = kept.is_shut_to(connection, session_id, by.person.id)
    return replace(seating, free=0) if shut else seating


def _may_see(connection: Connection, seating: kept.Seating, by: Member) -> bool:
    if seating.open_seats > 0:
        return seating.programme_id == by.programme_id
    return kept.state_of(connection, seating.session_id, by.person.id) is not None


def _records(
    connection: Connection, found: list[SessionRecord], by: Member, now: datetime
) -> tuple[SeatRecord, ...]:
    ids = [session.id for session in found]
    counts = dict(kept.counts(connection, ids))
    mine = kept.of_person(connection, by.person.id)
    ahead = kept.ahead_in_line(connection, ids, by.person.id)
    engaged = kept.engagements(connection, by.person.id, now)
    beyond = own_limits.beyond(connection, by.person.id, found, now)
    for session_id in kept.shut_to(connection, ids, by.person.id):
        if mine.get(session_id, (None,))[0] not in TAKEN:
            counts[session_id] = replace(counts[session_id], taken=counts[session_id].held)
    return tuple(
        SeatRecord(
            session=session,
            state=_shown(state, counts[session.id]),
            seats=counts[session.id].held,
            taken=counts[session.id].taken,
            waiting=counts[session.id].waiting,
            place_in_line=ahead[session.id] + 1 if session.id in ahead else None,
            clash=ELSEWHERE if kept.is_elsewhere(engaged, session.id, session.start, session.end) else None,
            by_need_until=counts[session.id].by_need_until,
            offered_until=until if state is SeatState.OFFERED else None,
            beyond=beyond.get(session.id) if state not in SEATED else None,
        )
        for session in found
        for state, until in [mine.get(session.id, (None, None))]
    )


def _shown(state: SeatState | None, count: kept.Count) -> str:
    if state in HOPING:
        return str(state)
    return "open" if count.taken < count.held else "full"

"""How was it: both sides are asked once after a session, and answer in one tap, or not at all.

One mail a person and day, after the last of their sessions that day, and not in the evening or at night on
their own clock. Whoever has said already, or was not there, is not asked. Silence is an answer too: nobody
is reminded, and nothing follows from it.

Whether it happened is one truth: what is said here is said through `operations.attendance`, in the same
transaction. How useful it was stays with whoever said it; admins see groups (`operations.trends`).

A mail can be passed on, so its link gives an answer and shows none: what was said is read and changed by
whoever it is for, signed in, and in the browser that said it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_

from web.errors import NotFound, Refused
from web.notify import AskedSession, EvaluationLetter
from web.operations import attendance, outbox
from web.operations.access import link_problem, may_come_in, need_in_person
from web.records import (
    EvaluationRecord,
    FeedbackRecord,
    Member,
    PastSessionRecord,
    PersonRef,
    SessionRecord,
)
from web.site import Site
from web.store import attendance as kept_attendance
from web.store import feedback as kept
from web.store import links, people, sessions
from web.store import outbox as owed
from web.store import tables as t
from web.store.attendance import OPEN_FOR, Attendance, Begun, Outcome, Word
from web.store.feedback import Part

#: After the end of somebody's last session of a day.
SOON = timedelta(minutes=10)

#: Nobody is asked from the evening on, until the next morning; on their own clock.
MORNING, EVENING = time(7), time(20)

#: What began longer ago nobody is asked about any more.
TOO_LATE = timedelta(days=3)

#: How useful it was: hardly to very.
SCALE = (1, 2, 3, 4, 5)

#: Characters in a word on it.
LONGEST = 1000

#: So many mails are owed in one transaction.
BATCH = 200

CLOSED = "The time to say how it was is over. Thank you for the wish to."
NO_MORE = "This session did not come about, or you were no longer to be in it: there is nothing to say of it."

NOT_YOURS = (
    "This link asks somebody else how a session was, and nobody answers for them. If it is for you, sign "
    "out first. How your own sessions were you say among your past ones."
)
ANSWERED = "This was answered already. To change the answer, sign in as whoever was asked."

#: By person and day (on their clock) their part in each session of it.
_Days = Mapping[tuple[PersonRef, date], list[Part]]


# --- asking --------------------------------------------------------------------------------------


def ask(site: Site, now: datetime) -> None:
    """One mail to everybody whose day of sessions is over. Harmless however often it is called."""
    with site.store.reading() as connection:
        days = _days(connection, now)
        due = _unasked(connection, {key: parts for key, parts in days.items() if _is_time(key, parts, now)})
    waiting = iter(sorted(due, key=lambda one: (one[1], one[0].id)))
    while some := list(islice(waiting, BATCH)):
        with site.store.writing() as connection:
            _ask(connection, site, _unasked(connection, {each: due[each] for each in some}), now)
    if through := _through(days, now):
        with site.store.writing() as connection:
            kept.note_asked(connection, through, now)


def _days(connection: Connection, now: datetime) -> _Days:
    """Of sessions ahead those of the next day too: while there are some, somebody's day is not over."""
    days: dict[tuple[PersonRef, date], list[Part]] = defaultdict(list)
    for part in kept.unasked(connection, now - TOO_LATE, now + timedelta(days=1)):
        days[part.person, _local_day(part.start, part.person.timezone)].append(part)
    return days


def _is_time(key: tuple[PersonRef, date], parts: Iterable[Part], now: datetime) -> bool:
    zone = key[0].timezone
    return asked_from(max(part.end for part in parts), zone) <= now and _is_by_day(now, zone)


def asked_from(last_end: datetime, zone: str) -> datetime:
    """When somebody may be asked how their day was: soon after its last session, or the next morning."""
    soon = last_end + SOON
    if _is_by_day(soon, zone):
        return soon
    local = soon.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=local.time() >= EVENING)
    return datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(UTC)


def _is_by_day(moment: datetime, zone: str) -> bool:
    return MORNING <= moment.astimezone(ZoneInfo(zone)).time() < EVENING


def _unasked(connection: Connection, days: _Days) -> _Days:
    """Those who were not asked about their day yet, and of it what they are to be asked about."""
    keys = {key: outbox.evaluation_key(*key) for key in days}
    asked = owed.owed(connection, keys.values())
    some = {key: [part for part in parts if part.to_ask] for key, parts in days.items()}
    return {key: parts for key, parts in some.items() if parts and keys[key] not in asked}


def _ask(connection: Connection, site: Site, days: _Days, now: datetime) -> None:
    ids = {part.session_id for parts in days.values() for part in parts}
    still = and_(t.session.c.id.in_(ids), t.session.c.state == "agreed")
    records = {each.id: each for each in sessions.agreed(connection, still)}
    for (person, day), parts in days.items():
        theirs = [records[part.session_id] for part in parts if part.session_id in records]
        if theirs:
            asked = tuple(_asked(connection, session, person, now) for session in theirs)
            letter = EvaluationLetter(asked, min(session.end for session in theirs) + OPEN_FOR)
            outbox.ask_how_it_was(connection, site, person, day, letter, now)


def _asked(connection: Connection, session: SessionRecord, person: PersonRef, now: datetime) -> AskedSession:
    until = session.end + OPEN_FOR
    return AskedSession(
        session, links.add(connection, "feedback", person.id, now, until, session_id=session.id)
    )


def _through(days: _Days, now: datetime) -> set[str]:
    """Sessions that somebody was asked about, all of whose people have had their moment."""
    waiting = {part.session_id for key, some in days.items() if not _is_time(key, some, now) for part in some}
    return {part.session_id for some in days.values() for part in some if part.to_ask} - waiting


@lru_cache(maxsize=4096)
def _local_day(start: datetime, zone: str) -> date:
    return start.astimezone(ZoneInfo(zone)).date()


# --- answering from a mail -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a mailed link open in front of them, as far as it is known."""

    signed_in: int | None = None  #: a person's id; None: nobody is signed in
    answered: bool = False  #: the answer was given in their browser


def by_link(site: Site, token: str, holder: Holder, now: datetime) -> EvaluationRecord:
    """What a mailed link is about, and to whom it may be told what was said already; changes nothing.

    Raises:
        NotFound: it is no link of ours, or it, or whoever it was for, is gone.
        Refused: somebody else is signed in.
    """
    with site.store.reading() as connection:
        link = _link(connection, site, token, holder)
        record = _record(connection, link, token, now)
        if not _may_read(record, holder):
            return replace(
                record, is_hidden=True, said=None, stands=replace(record.stands, outcome=None, seats=())
            )
        return replace(record, following=_following(connection, site, link, record, now))


def say_by_link(site: Site, token: str, useful: int | None, holder: Holder, now: datetime) -> None:
    """Say how useful a session was, 1 to 5, or (None) that it did not happen. It may be said anew.

    Raises:
        NotFound, Refused: see `by_link`; Refused says, too, why it cannot be said any more.
    """
    with site.store.writing() as connection:
        link = _open_link(connection, site, token, holder, now)
        _say(connection, link.session_id or "", link.person_id, useful, now)


def say_absent_by_link(site: Site, token: str, holder: Holder, now: datetime) -> None:
    """A junior says that they were not there: of how it was they say nothing then."""
    with site.store.writing() as connection:
        link = _open_link(connection, site, token, holder, now)
        _say_absent(connection, link.session_id or "", link.person_id, now)


def say_it_took_place_by_link(site: Site, token: str, holder: Holder, now: datetime) -> None:
    """A junior puts right that it did not happen: it did, and they were there."""
    with site.store.writing() as connection:
        link = _open_link(connection, site, token, holder, now)
        before = attendance.begun(connection, link.session_id or "", now)
        attendance.say_it_took_place(connection, before, link.person_id, now)


def say_word_by_link(site: Site, token: str, text: str, holder: Holder, now: datetime) -> None:
    """A word on it; empty: none."""
    with site.store.writing() as connection:
        link = _open_link(connection, site, token, holder, now)
        _say_word(connection, link.session_id or "", link.person_id, text)


def _may_read(record: EvaluationRecord, holder: Holder) -> bool:
    """May they read what was said, and say it anew? Where nothing was said, there is nothing to hide."""
    return not has_answered(record) or holder.answered or holder.signed_in == record.person.id


def has_answered(record: EvaluationRecord) -> bool:
    """Did they say how it was, or that they were not there? What others said of them is no answer."""
    return record.said is not None or any(
        seat.said and seat.said.what == Attendance.MISSED and seat.said.by.id == record.person.id
        for seat in record.stands.seats
    )


def _link(connection: Connection, site: Site, token: str, holder: Holder) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "feedback") if link_id else None
    if link is None or link.session_id is None:
        raise NotFound
    if holder.signed_in not in (None, link.person_id):
        raise Refused(NOT_YOURS)
    return link


def _open_link(connection: Connection, site: Site, token: str, holder: Holder, now: datetime) -> links.Link:
    link = _link(connection, site, token, holder)
    record = _record(connection, link, token, now)
    if record.problem:
        raise Refused(record.problem)
    if not _may_read(record, holder):
        raise Refused(ANSWERED)
    return link


def _following(
    connection: Connection, site: Site, link: links.Link, record: EvaluationRecord, now: datetime
) -> EvaluationRecord | None:
    """The next session of the same mail, round in a circle, that can be answered and is not yet."""
    zone, signer = record.person.timezone, outbox.signer(site)
    found = [
        _found(connection, each, signer.token(each.id), now) for each in links.made_with(connection, link)
    ]
    # Where somebody was asked late there may have been two mails at one moment, each of a day.
    left = [
        each
        for each in found
        if each is not None
        and each.problem is None
        and not _is_answered(each)
        and _local_day(each.session.start, zone) == _local_day(record.session.start, zone)
    ]
    return min(left, key=lambda each: (_place(each) < _place(record), _place(each)), default=None)


def _place(record: EvaluationRecord) -> tuple[datetime, str]:
    return record.session.start, record.session.id


def _is_answered(record: EvaluationRecord) -> bool:
    missed = any(seat.said and seat.said.what == Attendance.MISSED for seat in record.stands.seats)
    return record.said is not None or missed


def _record(connection: Connection, link: links.Link, token: str, now: datetime) -> EvaluationRecord:
    found = _found(connection, link, token, now)
    if found is None:
        raise NotFound
    return found


def _found(connection: Connection, link: links.Link, token: str, now: datetime) -> EvaluationRecord | None:
    person = people.refs(connection, [link.person_id]).get(link.person_id)
    past = kept_attendance.past_of_one(connection, link.session_id or "", link.person_id)
    if past is None or person is None:
        return None
    said = kept.said(connection, [past.session.id], person.id).get(past.session.id)
    until = past.session.end + OPEN_FOR
    programme_id = sessions.programme_of(connection, past.session.id)
    gone = link_problem(connection, person.id, programme_id, now)
    problem = gone or _problem(past, person, now)
    to_ask: tuple[PersonRef, ...] = ()
    if gone and not may_come_in(connection, person.id, now):
        admins = people.members(connection, programme_id=programme_id, role="admin", present_on=now.date())
        to_ask = tuple(each.person for each in admins)
    return EvaluationRecord(past.session, person, token, said, until, problem, past, to_ask=to_ask)


def _problem(past: PastSessionRecord, person: PersonRef, now: datetime) -> str | None:
    is_in_it = person.id == past.session.senior.id or bool(past.seats)
    if not is_in_it or past.session.start > now:
        return NO_MORE
    return None if is_open(past.session, now) else CLOSED


def is_open(session: SessionRecord, now: datetime) -> bool:
    """Can its people say how it was?"""
    return session.start <= now < session.end + OPEN_FOR


# --- answering on a page -------------------------------------------------------------------------


def said(site: Site, session_ids: Collection[str], by: Member) -> Mapping[str, FeedbackRecord]:
    """What somebody has said of sessions; nothing of it to an assistant."""
    if by.behind is not None:
        return {}
    with site.store.reading() as connection:
        return kept.said(connection, session_ids, by.person.id)


def say(site: Site, session_id: str, useful: int | None, by: Member, now: datetime) -> Begun:
    """The same as `say_by_link`, signed in. Answers how it was before.

    Raises:
        NotFound: they were not to be in it, or it is an assistant who asks.
        Refused: it has not begun, or the time is over.
    """
    need_in_person(by)
    with site.store.writing() as connection:
        _need_open(connection, session_id, now)
        return _say(connection, session_id, by.person.id, useful, now)


def say_absent(site: Site, session_id: str, by: Member, now: datetime) -> Begun:
    """The same as `say_absent_by_link`, signed in. Answers how it was before."""
    need_in_person(by)
    with site.store.writing() as connection:
        _need_open(connection, session_id, now)
        return _say_absent(connection, session_id, by.person.id, now)


def say_word(site: Site, session_id: str, text: str, by: Member, now: datetime) -> SessionRecord:
    """The same as `say_word_by_link`, signed in. Answers what it is about."""
    need_in_person(by)
    with site.store.writing() as connection:
        session = _need_open(connection, session_id, now)
        _need_in_it(session, by)
        _say_word(connection, session_id, by.person.id, text)
    return session


def take_back(
    site: Site,
    session_id: str,
    for_all: Outcome | None,
    words: Mapping[int, Word | None],
    by: Member,
    now: datetime,
) -> SessionRecord:
    """Undo a first `say`: nothing is said of how it was, and what was known before it is so again."""
    need_in_person(by)
    with site.store.writing() as connection:
        session = _need_open(connection, session_id, now)
        _need_in_it(session, by)
        attendance.put_back_in(connection, session_id, for_all, words, by, now)
        kept.take_back(connection, session_id, by.person.id)
    return session


def _need_in_it(session: SessionRecord, by: Member) -> None:
    if by.person.id not in (session.senior.id, *(one.id for one in session.juniors)):
        raise NotFound


def _need_open(connection: Connection, session_id: str, now: datetime) -> SessionRecord:
    session = sessions.one_agreed(connection, session_id)
    if session is None or session.start > now:
        raise Refused("This session has not begun, so there is nothing to say of it yet.")
    if not is_open(session, now):
        raise Refused(CLOSED)
    return session


def _say(connection: Connection, session_id: str, person_id: int, useful: int | None, now: datetime) -> Begun:
    before = attendance.begun(connection, session_id, now)
    # First, so that a word said before stays, whatever it was said with.
    kept.say(connection, session_id, person_id, useful, now)
    attendance.say_of_oneself(connection, before, person_id, useful is not None, now)
    return before


def _say_absent(connection: Connection, session_id: str, person_id: int, now: datetime) -> Begun:
    before = attendance.begun(connection, session_id, now)
    attendance.say_absent(connection, before, person_id, now)
    return before


def _say_word(connection: Connection, session_id: str, person_id: int, text: str) -> None:
    if not kept.say_word(connection, session_id, person_id, text):
        raise Refused("Please say first how it was; then there is room for a word.")

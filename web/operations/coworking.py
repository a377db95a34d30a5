"""Co-working while it is on: the senior looks in on each junior once every half hour, and taps that they did.

The first tap says that somebody came (`attendance`). Nothing else follows from a round: it is a help to
remember, not a measure of anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from planner.domain import SessionKind
from planner.lifecycle import check_in_rounds
from web.errors import NotFound, Refused
from web.operations import attendance, audit, event_questions
from web.operations.access import need_role, need_self
from web.records import CheckInRecord, CoworkingRecord, Member, RoundRecord, SessionRecord
from web.site import Site
from web.store import attendance as kept_attendance
from web.store import check_ins as kept
from web.store import sessions
from web.store import tables as t
from web.store.attendance import Begun, Outcome, Voice, Word
from web.store.check_ins import CheckIn

KINDS = (SessionKind.COWORKING, SessionKind.VIRTUAL_COWORKING)

#: How long before its start the page of a session opens, and how long after its end it closes.
BEFORE, AFTER = timedelta(minutes=15), timedelta(hours=2)


def is_open(session: SessionRecord, now: datetime) -> bool:
    return session.kind in KINDS and session.start - BEFORE <= now < session.end + AFTER


def one(site: Site, session_id: str, by: Member) -> CoworkingRecord:
    """A co-working session of this senior's with its rounds."""
    with site.store.reading() as connection:
        session = _own(connection, session_id, by)
        done = kept.of_session(connection, session_id)
        missed = kept.missed(connection, session_id)
    audit.look_for_another(site, by, "read.coworking", f"session:{session_id}")
    rounds = tuple(
        RoundRecord(
            number,
            start,
            end,
            tuple(
                CheckInRecord(
                    junior,
                    done[junior.id, number].at if (junior.id, number) in done else None,
                    junior.id in missed,
                )
                for junior in session.juniors
            ),
        )
        for number, (start, end) in enumerate(check_in_rounds(session.start, session.end))
    )
    return CoworkingRecord(session, rounds, event_questions.links(site, [session_id]).get(session_id))


def look_in(site: Site, session_id: str, person_id: int, number: int, by: Member, now: datetime) -> None:
    """Say that a junior was looked in on in a round; said again, it stays as it was.

    Raises:
        NotFound: it is no co-working session of this senior's, or the junior is not in it.
        Refused: the round has not begun, or the session is long over.
    """
    with site.store.writing() as connection:
        session = _under_way(connection, session_id, person_id, number, by, now)
        done = kept.of_session(connection, session_id)
        if (person_id, number) in done:
            return
        kept.add(connection, session_id, CheckIn(person_id, number, now, by.hand.id))
        if session.words[person_id] is not Word.CAME:
            attendance.put_word(connection, session, person_id, Word.CAME, by.hand.id, now)
        _note(connection, by, now, "check_in.add", session_id, person_id, number)


def take_back(site: Site, session_id: str, person_id: int, number: int, by: Member, now: datetime) -> None:
    """Undo `look_in`; with their last check-in goes what it said of a junior's coming."""
    with site.store.writing() as connection:
        session = _under_way(connection, session_id, person_id, number, by, now)
        done = kept.of_session(connection, session_id)
        mistaken = done.get((person_id, number))
        if mistaken is None:
            return
        kept.remove(connection, session_id, person_id, number)
        others = [each for each in done.values() if each.person_id == person_id and each != mistaken]
        if not others:
            _take_word_back(connection, session, person_id, Voice(mistaken.by_id, mistaken.at), now)
        _note(connection, by, now, "check_in.take_back", session_id, person_id, number)


def say_here(site: Site, session_id: str, person_id: int, here: bool, by: Member, now: datetime) -> None:
    """Say that a junior is not here; or take that back, and nothing is said of their coming."""
    with site.store.writing() as connection:
        session = _under_way(connection, session_id, person_id, 0, by, now)
        if here and session.words[person_id] in (None, Word.CAME):
            return
        word = None if here else Word.MISSED
        attendance.put_word(connection, session, person_id, word, by.hand.id, now)
        _note(connection, by, now, "check_in.say_here", session_id, person_id, int(here))


def _take_word_back(
    connection: Connection, session: Begun, person_id: int, check_in: Voice, now: datetime
) -> None:
    """Take back what a check-in said: that somebody came, and by it that the session was held."""
    by_id = check_in.by_id or 0
    if session.words[person_id] is not Word.CAME or session.voices[person_id] != check_in:
        return
    after = attendance.put_word(connection, session, person_id, None, by_id, now)
    if after.for_all is Outcome.HELD and after.outcome_voice == check_in:
        attendance.put_for_all(connection, after, None, by_id, now)


def _own(connection: Connection, session_id: str, by: Member) -> SessionRecord:
    need_role(by, "senior")
    found = sessions.agreed(connection, (t.session.c.id == session_id) & (t.session.c.state == "agreed"))
    if not found or found[0].kind not in KINDS:
        raise NotFound
    need_self(by, found[0].senior.id)
    return found[0]


def _under_way(
    connection: Connection, session_id: str, person_id: int, number: int, by: Member, now: datetime
) -> Begun:
    """The session, held for this transaction, once it is clear that this may be said of it."""
    begun = kept_attendance.begun(connection, [session_id], now)
    session = _own(connection, session_id, by)
    rounds = check_in_rounds(session.start, session.end)
    if number >= len(rounds):
        raise NotFound
    if not begun or now < rounds[number][0]:
        raise Refused("This round has not begun yet.")
    if not is_open(session, now):
        raise Refused(
            "This session was over a while ago. Who came can still be put right among your past days."
        )
    if person_id not in begun[0].attendance:
        raise NotFound
    return begun[0]


def _note(
    connection: Connection,
    by: Member,
    now: datetime,
    action: str,
    session_id: str,
    person_id: int,
    number: int,
) -> None:
    audit.note(connection, now, by, action, f"session:{session_id}", subject_id=person_id, number=number)

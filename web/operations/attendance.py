"""Was it held, and who came: said by those concerned, seen by them, and put right by any of them.

It decides what counts as held, and nothing else: nobody is ranked by it, and nobody's turn depends on
how often they say so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from web.errors import NotFound, Refused
from web.operations import audit, purposes
from web.operations.access import need_part, need_role, need_self
from web.records import Member, PastSessionRecord
from web.site import Site
from web.store import attendance as kept
from web.store.attendance import Attendance, Begun, Outcome

#: How far one page looks back.
PAGE = timedelta(weeks=12)

#: In the audit log: what was said is taken back.
UNSAID = "unsaid"


def say_outcome(site: Site, session_id: str, held: bool, by: Member, now: datetime) -> Begun:
    """Say that a session was held, or that it was not. Answers how it was before.

    Raises:
        NotFound: `by` is neither its senior, nor a junior in it, nor an admin of its programme.
        Refused: it has not begun.
    """
    with site.store.writing() as connection:
        before = _open_to(connection, session_id, by, now)
        _say_outcome(connection, before, Outcome.HELD if held else Outcome.FELL_THROUGH, by, now)
    return before


def say_attendance(
    site: Site, session_id: str, person_id: int, came: bool, by: Member, now: datetime
) -> Begun:
    """Say that a junior came, or that they did not. Answers how it was before.

    A junior says so of themselves, the senior and an admin of anybody in it. Where somebody came, the
    session was held.

    Raises:
        NotFound: it is none of this person's business, or the junior has no seat in it.
        Refused: it has not begun.
    """
    with site.store.writing() as connection:
        before = _open_to(connection, session_id, by, now)
        _need_say_of(by, before, person_id)
        said = Attendance.CAME if came else Attendance.MISSED
        _say_attendance(connection, before, person_id, said, by, now)
    return before


def say_all_held(site: Site, session_ids: Collection[str], by: Member, now: datetime) -> None:
    """Say of several sessions of one senior's, as of a whole day, that they were held. All, or none."""
    with site.store.writing() as connection:
        for each in _several_of(connection, session_ids, by, now):
            _say_outcome(connection, each, Outcome.HELD, by, now)


def take_all_back(site: Site, session_ids: Collection[str], by: Member, now: datetime) -> None:
    """Undo `say_all_held`: of these sessions nobody had said anything before."""
    with site.store.writing() as connection:
        for each in _several_of(connection, session_ids, by, now):
            _say_outcome(connection, each, None, by, now)


def put_back(
    site: Site,
    session_id: str,
    outcome: Outcome | None,
    attendance: Mapping[int, Attendance | None],
    by: Member,
    now: datetime,
) -> None:
    """Undo `say_outcome` or `say_attendance`: what was known before them is so again.

    Args:
        attendance: by junior; empty after `say_outcome`.
    """
    with site.store.writing() as connection:
        put_back_in(connection, session_id, outcome, attendance, by, now)


def put_back_in(
    connection: Connection,
    session_id: str,
    outcome: Outcome | None,
    attendance: Mapping[int, Attendance | None],
    by: Member,
    now: datetime,
) -> None:
    """The same in the caller's transaction."""
    current = _open_to(connection, session_id, by, now)
    for person_id, said in attendance.items():
        _need_say_of(by, current, person_id)
        _say_attendance(connection, current, person_id, said, by, now)
    _say_outcome(connection, current, outcome, by, now)


def say_of_oneself(
    connection: Connection, session_id: str, person_id: int, happened: bool, now: datetime
) -> Begun:
    """What somebody who was to be in a session says of it, in the caller's transaction.

    A senior says that it was held; a junior, that they came. Or either, that it fell through. Answers how
    it was before.

    Raises:
        NotFound: they were not to be in it.
        Refused: it has not begun.
    """
    before = _begun(connection, session_id, now)
    if person_id != before.senior_id and person_id not in before.attendance:
        raise NotFound
    if not happened:
        _say_outcome(connection, before, Outcome.FELL_THROUGH, person_id, now)
    elif person_id == before.senior_id:
        _say_outcome(connection, before, Outcome.HELD, person_id, now)
    else:
        _say_attendance(connection, before, person_id, Attendance.CAME, person_id, now)
    return before


def past_days(site: Site, by: Member, until: datetime) -> tuple[PastSessionRecord, ...]:
    """A senior's sessions that began in the twelve weeks before `until`, the newest first."""
    need_role(by, "senior")
    with site.store.reading() as connection:
        return tuple(kept.past_of_senior(connection, by.person.id, until - PAGE, until))


def past_sessions(site: Site, by: Member, until: datetime) -> tuple[PastSessionRecord, ...]:
    """The same of a junior, who sees of the seats only their own."""
    need_role(by, "junior")
    with site.store.reading() as connection:
        return tuple(kept.past_of_junior(connection, by.person.id, until - PAGE, until))


def _say_outcome(
    connection: Connection, before: Begun, outcome: Outcome | None, by: Member | int, now: datetime
) -> None:
    """`by`: a person's id where only that is known, as through a mailed link."""
    kept.say_outcome(connection, before.session_id, outcome, _hand(by), now)
    _note_held(connection, before, outcome is Outcome.HELD, now)
    audit.note(
        connection,
        now,
        by,
        f"session.{outcome or UNSAID}",
        f"session:{before.session_id}",
        programme_id=before.programme_id,
        corrected=before.outcome not in (None, outcome),
    )


def _say_attendance(
    connection: Connection,
    before: Begun,
    person_id: int,
    said: Attendance | None,
    by: Member | int,
    now: datetime,
) -> None:
    kept.say_attendance(connection, before.session_id, person_id, said, _hand(by), now)
    _note_held(connection, before, said is Attendance.CAME, now)
    audit.note(
        connection,
        now,
        by,
        f"attendance.{said or UNSAID}",
        f"session:{before.session_id}",
        subject_id=person_id,
        programme_id=before.programme_id,
        corrected=before.attendance[person_id] not in (None, said),
    )


def _note_held(connection: Connection, before: Begun, is_held: bool, now: datetime) -> None:
    """As a session becomes held, what it serves that day is kept."""
    if is_held and before.outcome is not Outcome.HELD:
        purposes.keep(connection, before.session_id, now)


def _hand(by: Member | int) -> int:
    return by.hand.id if isinstance(by, Member) else by


def _begun(connection: Connection, session_id: str, now: datetime) -> Begun:
    found = kept.begun(connection, [session_id], now)
    if not found:
        raise Refused("This session has not begun, so there is nothing to say of it yet.")
    return found[0]


def _open_to(connection: Connection, session_id: str, by: Member, now: datetime) -> Begun:
    found = _begun(connection, session_id, now)
    need_part(by, found.senior_id, found.attendance, found.programme_id)
    return found


def _several_of(
    connection: Connection, session_ids: Collection[str], by: Member, now: datetime
) -> list[Begun]:
    """Begun sessions of this senior's; there are only a day's."""
    found = kept.begun(connection, session_ids, now)
    if {each.session_id for each in found} != {*session_ids}:
        raise NotFound
    for each in found:
        need_self(by, each.senior_id)
    return found


def _need_say_of(by: Member, session: Begun, person_id: int) -> None:
    """A junior says it of nobody but themselves."""
    if person_id not in session.attendance:
        raise NotFound
    if by.person.id != person_id:
        need_part(by, session.senior_id, (), session.programme_id)

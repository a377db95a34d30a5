"""Was it held, and who came: said by those concerned, seen by them, and put right by any of them.

A junior speaks for themself; its senior, who acts for them, or an admin for all of it. What the words make
of a session is told by `web.store.attendance.standing`, whatever the order they were said in. It decides
what counts as held, and nothing else: nobody is ranked by it, and nobody's turn depends on how often they
say so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from web.errors import NotFound, Refused
from web.operations import audit, purposes
from web.operations.access import need_part, need_role, need_self
from web.records import Member, PastSessionRecord
from web.site import Site
from web.store import attendance as kept
from web.store import feedback
from web.store.attendance import OPEN_FOR, Begun, Outcome, Voice, Word, standing

#: How far one page looks back.
PAGE = timedelta(weeks=12)

#: In the audit log: what was said is taken back.
UNSAID = "unsaid"


def say_outcome(site: Site, session_id: str, held: bool, by: Member, now: datetime) -> Begun:
    """Say that a session was held, or that it was not. Answers how it was before.

    A junior says so of themself: that they came, which takes back what was said for all of it; or that it
    did not happen (`standing`).

    Raises:
        NotFound: `by` is neither its senior, nor a junior in it, nor an admin of its programme.
        Refused: it has not begun.
    """
    with site.store.writing() as connection:
        before = _open_to(connection, session_id, by, now)
        if by.person.id in before.words:
            _say_as_junior(connection, before, by.person.id, held, by, now)
        else:
            _say_for_all(connection, before, Outcome.HELD if held else Outcome.FELL_THROUGH, by, now)
    return before


def say_attendance(
    site: Site, session_id: str, person_id: int, came: bool, by: Member, now: datetime
) -> Begun:
    """Say that a junior came, or that they did not. Answers how it was before.

    A junior says so of themselves, the senior and an admin of anybody in it. Where one of these says that
    somebody came, the session was held.

    Raises:
        NotFound: it is none of this person's business, or the junior has no seat in it.
        Refused: it has not begun.
    """
    with site.store.writing() as connection:
        before = _open_to(connection, session_id, by, now)
        _need_say_of(by, before, person_id)
        _say_of(connection, before, person_id, Word.CAME if came else Word.MISSED, by, now)
    return before


def say_all_held(site: Site, session_ids: Collection[str], by: Member, now: datetime) -> None:
    """Say of several sessions of one senior's, as of a whole day, that they were held. All, or none."""
    with site.store.writing() as connection:
        for each in _several_of(connection, session_ids, by, now):
            _say_for_all(connection, each, Outcome.HELD, by, now)


def take_all_back(site: Site, session_ids: Collection[str], by: Member, now: datetime) -> None:
    """Undo `say_all_held`: of these sessions nobody had said anything before."""
    with site.store.writing() as connection:
        for each in _several_of(connection, session_ids, by, now):
            _say_for_all(connection, each, None, by, now)


def put_back(
    site: Site,
    session_id: str,
    for_all: Outcome | None,
    words: Mapping[int, Word | None],
    by: Member,
    now: datetime,
) -> None:
    """Undo `say_outcome` or `say_attendance`: what was said before them is so again.

    Args:
        for_all: what was said for all of it; a junior's undo leaves that as it is.
        words: by junior; empty after a senior's `say_outcome`.
    """
    with site.store.writing() as connection:
        put_back_in(connection, session_id, for_all, words, by, now)


def put_back_in(
    connection: Connection,
    session_id: str,
    for_all: Outcome | None,
    words: Mapping[int, Word | None],
    by: Member,
    now: datetime,
) -> None:
    """The same in the caller's transaction."""
    current = _open_to(connection, session_id, by, now)
    for person_id, word in words.items():
        _need_say_of(by, current, person_id)
        current = _say_of(connection, current, person_id, word, by, now)
    if by.person.id not in current.words:
        _say_for_all(connection, current, for_all, by, now)


def say_of_oneself(
    connection: Connection, before: Begun, person_id: int, happened: bool, now: datetime
) -> None:
    """What somebody who was to be in a session says of it, in the caller's transaction.

    A senior says that it was held; a junior, that they came. Or either, that it did not happen.

    Raises:
        NotFound: they were not to be in it.
    """
    if person_id == before.senior_id:
        _say_for_all(connection, before, Outcome.HELD if happened else Outcome.FELL_THROUGH, person_id, now)
    else:
        _need_seat(before, person_id)
        word = Word.CAME if happened else Word.NOT_HELD
        _say_of(connection, before, person_id, word, person_id, now)


def say_absent(connection: Connection, before: Begun, person_id: int, now: datetime) -> None:
    """The same, of a junior: that they were not there."""
    _need_seat(before, person_id)
    _say_of(connection, before, person_id, Word.MISSED, person_id, now)


def say_it_took_place(connection: Connection, before: Begun, person_id: int, now: datetime) -> None:
    """The same, of a junior: that it did happen, whatever was said for all of it, and that they came."""
    _need_seat(before, person_id)
    _say_as_junior(connection, before, person_id, True, person_id, now)


def standing_now(site: Site, session_id: str, now: datetime) -> Outcome | None:
    """What a session came to, once something was said of it."""
    with site.store.reading() as connection:
        return begun(connection, session_id, now).outcome


def begun(connection: Connection, session_id: str, now: datetime) -> Begun:
    """
    Raises:
        Refused: it has not begun.
    """
    found = kept.begun(connection, [session_id], now)
    if not found:
        raise Refused("This session has not begun, so there is nothing to say of it yet.")
    return found[0]


def past_days(site: Site, by: Member, until: datetime) -> tuple[PastSessionRecord, ...]:
    """A senior's sessions that began in the twelve weeks before `until`, the newest first."""
    need_role(by, "senior")
    audit.look_for_another(site, by, "read.past_days")
    with site.store.reading() as connection:
        return tuple(kept.past_of_senior(connection, by.person.id, until - PAGE, until))


def past_sessions(site: Site, by: Member, until: datetime) -> tuple[PastSessionRecord, ...]:
    """The same of a junior, who sees of the seats only their own."""
    need_role(by, "junior")
    with site.store.reading() as connection:
        return tuple(kept.past_of_junior(connection, by.person.id, until - PAGE, until))


def may_have_been_held(past: PastSessionRecord) -> bool:
    """Does a junior of several say that it did not happen, and another nothing? With every seat told of."""
    if past.outcome is None or past.outcome.what != Outcome.FELL_THROUGH:
        return False
    of_juniors = past.outcome.by.id in {seat.junior.id for seat in past.seats}
    return of_juniors and any(seat.said is None for seat in past.seats)


def put_word(
    connection: Connection, before: Begun, person_id: int, word: Word | None, by_id: int, now: datetime
) -> Begun:
    """Keep a word on a junior, and what stands by it, in the caller's transaction. Answers how it is then.

    None takes back what was said of them.
    """
    own = by_id == person_id
    is_open = now < before.end + OPEN_FOR
    if word is Word.NOT_HELD and not (own and is_open):
        word = Word.MISSED
    voice = Voice(by_id, now) if word else Voice(None, None)
    kept.put_attendance(connection, before.session_id, person_id, kept.kept_as(word), voice)
    if own and is_open:
        _keep_how_it_was(connection, before.session_id, person_id, word, now)
    for_all, voice = before.for_all, before.outcome_voice
    if not own and word is Word.CAME and for_all is not Outcome.HELD:
        for_all, voice = Outcome.HELD, Voice(by_id, now)
    return _settle(connection, before, for_all, voice, now)


def put_for_all(
    connection: Connection, before: Begun, for_all: Outcome | None, by_id: int, now: datetime
) -> Begun:
    """The same of what is said for all of a session."""
    return _settle(connection, before, for_all, Voice(by_id, now), now)


def _keep_how_it_was(
    connection: Connection, session_id: str, person_id: int, word: Word | None, now: datetime
) -> None:
    """What a junior says of how it was goes with their word: nobody rates what they were not at."""
    if word is Word.NOT_HELD:
        feedback.say(connection, session_id, person_id, None, now)
    else:
        feedback.drop(connection, session_id, person_id, rated=word is Word.MISSED)


def _settle(
    connection: Connection, before: Begun, for_all: Outcome | None, voice: Voice, now: datetime
) -> Begun:
    """Keep what stands by everybody's last word, with whose that is."""
    said = begun(connection, before.session_id, now)
    outcome = standing(for_all, said.words.values())
    if for_all is None:
        voice = _first_voice(said, outcome)
    kept.put_outcome(connection, said.session_id, outcome, voice)
    _note_held(connection, before, outcome is Outcome.HELD, now)
    return replace(said, outcome=outcome, outcome_voice=voice)


def _first_voice(said: Begun, outcome: Outcome | None) -> Voice:
    """By whose word an outcome stands that nobody said for all of it: a junior's own, if there is one."""
    of = {Outcome.HELD: Word.CAME, Outcome.FELL_THROUGH: Word.NOT_HELD}
    voices = [(who, said.voices[who]) for who, word in said.words.items() if outcome and word is of[outcome]]
    own_first = sorted(voices, key=lambda one: (one[1].by_id != one[0], str(one[1].at), one[0]))
    return own_first[0][1] if own_first else Voice(None, None)


def _say_as_junior(
    connection: Connection, before: Begun, person_id: int, held: bool, by: Member | int, now: datetime
) -> None:
    """That it did not happen; or that it did, and that they were there, whatever was said for all of it."""
    if held and before.for_all is Outcome.FELL_THROUGH:
        before = _say_for_all(connection, before, None, by, now)
    _say_of(connection, before, person_id, Word.CAME if held else Word.NOT_HELD, by, now)


def _say_for_all(
    connection: Connection, before: Begun, for_all: Outcome | None, by: Member | int, now: datetime
) -> Begun:
    """`by`: a person's id where only that is known, as through a mailed link."""
    after = put_for_all(connection, before, for_all, _hand(by), now)
    audit.note(
        connection,
        now,
        by,
        f"session.{for_all or UNSAID}",
        f"session:{before.session_id}",
        programme_id=before.programme_id,
        corrected=before.outcome not in (None, for_all),
    )
    return after


def _say_of(
    connection: Connection,
    before: Begun,
    person_id: int,
    word: Word | None,
    by: Member | int,
    now: datetime,
) -> Begun:
    after = put_word(connection, before, person_id, word, _hand(by), now)
    audit.note(
        connection,
        now,
        by,
        f"attendance.{word or UNSAID}",
        f"session:{before.session_id}",
        subject_id=person_id,
        programme_id=before.programme_id,
        corrected=before.words[person_id] not in (None, word),
    )
    return after


def _note_held(connection: Connection, before: Begun, is_held: bool, now: datetime) -> None:
    """As a session becomes held, what it served is kept."""
    if is_held and before.outcome is not Outcome.HELD:
        purposes.keep(connection, before.session_id, now)


def _hand(by: Member | int) -> int:
    return by.hand.id if isinstance(by, Member) else by


def _open_to(connection: Connection, session_id: str, by: Member, now: datetime) -> Begun:
    found = begun(connection, session_id, now)
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


def _need_seat(session: Begun, person_id: int) -> None:
    if person_id not in session.words:
        raise NotFound


def _need_say_of(by: Member, session: Begun, person_id: int) -> None:
    """A junior says it of nobody but themselves."""
    _need_seat(session, person_id)
    if by.person.id != person_id:
        need_part(by, session.senior_id, (), session.programme_id)

"""What somebody's sessions came to: for their own eyes, never beside anybody else's.

There is no way to these figures but through oneself: no admin, no assistant and no export has them, so
nobody can be ranked by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.operations.access import need_in_person, need_role
from web.records import Member, PastSessionRecord
from web.site import Site
from web.store import recognition as kept
from web.store.attendance import Attendance, Outcome
from web.store.recognition import Met

#: How far back the figures go.
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Recognition:
    """Of one programme and the last twelve months."""

    people: int  #: juniors who had a session that was held
    sessions: int  #: held
    days_saved: int | None  #: office days, against each session at its first free slot; None: not known yet


def of_senior(site: Site, by: Member, now: datetime) -> Recognition:
    """
    Raises:
        NotFound: it is not the senior in person.
    """
    need_role(by, "senior")
    need_in_person(by)
    with site.store.reading() as connection:
        met = kept.met(connection, by.programme_id, by.person.id, now - YEAR, now)
    return Recognition(
        people=len({each.person_id for each in met}),
        sessions=len({each.session_id for each in met}),
        days_saved=days_saved(met),
    )


def days_saved(met: Collection[Met]) -> int | None:
    """Days in the office that the sessions' first free slots would have taken beyond those they took.

    Only sessions of which that slot is known are compared, on both sides; days on which the senior is in
    anyway count on neither. None: of none it is known.
    """
    compared = [each for each in met if each.compared]
    if not compared:
        return None
    took = {each.trip for each in compared if each.trip}
    would_have = {each.first_free for each in compared if each.first_free}
    return max(0, len(would_have) - len(took))


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of agreed sessions that have begun. The parts add up to those agreed."""

    agreed: int
    held: int
    missed: int  #: held, and none of the juniors concerned was there
    fell_through: int
    unsaid: int


def counted(past: Iterable[PastSessionRecord]) -> Counts:
    """As one person sees their own past: a senior with every seat, a junior with theirs only."""
    became = Counter(map(_became, past))
    return Counts(
        became.total(), became["held"], became["missed"], became[Outcome.FELL_THROUGH], became["unsaid"]
    )


def _became(past: PastSessionRecord) -> str:
    said = [seat.said.what if seat.said else None for seat in past.seats]
    if past.outcome is not None and past.outcome.what == Outcome.FELL_THROUGH:
        return Outcome.FELL_THROUGH
    if past.outcome is None and Attendance.CAME not in said:
        return "unsaid"
    return "missed" if said and {*said} == {Attendance.MISSED} else "held"

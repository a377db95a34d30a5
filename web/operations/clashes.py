"""Which agreed sessions somebody's calendar has something else at now, as its latest reading shows.

Only what is new since the reading before counts, so that whoever booked over something of theirs, or has
answered already, is not asked. What is found is looked at by a job (`day_questions.take_up`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.base import Reading
from planner.domain import BusyKind, Interval
from planner.intervals import merge, subtract
from web.store import calendars, jobs
from web.store import day_questions as kept
from web.store.calendars import PEOPLE, CalendarOf, Whose
from web.store.day_questions import Engagement


@dataclass(frozen=True, slots=True)
class Clash:
    """Something that somebody's calendar has at the time of a session of theirs."""

    person_id: int
    session_id: str
    times: tuple[Interval, ...]


def note(connection: Connection, readings: Sequence[tuple[CalendarOf, Reading]], now: datetime) -> int | None:
    """Owe a look at what these readings bring, before they are kept.

    Args:
        readings: without our own events (`web.own_time`).

    Returns:
        The job's id; None: there is nothing to look at.
    """
    people = {
        int(calendar.owner): (calendar, said) for calendar, said in readings if calendar.owners is PEOPLE
    }
    engaged = kept.engagements(connection, people.keys(), now)
    concerned = [people[who][0] for who in {each.person_id for each in engaged}]
    if not concerned:
        return None
    before: dict[tuple[BusyKind, ...], Mapping[Whose, list[Interval]]] = {
        kinds: calendars.marked(connection, concerned, kinds) for kinds in (kept.BARS, kept.BARS_IN_OFFICE)
    }
    found = []
    for person_id, theirs in _by_person(engaged).items():
        said = people[person_id][1]
        was = {kinds: marked.get((PEOPLE, person_id), []) for kinds, marked in before.items()}
        found += list(clashes(theirs, said, was))
    if not found:
        return None
    return jobs.add(connection, "clashes", {"found": [_kept(each) for each in found]}, now)


def clashes(
    engaged: Sequence[Engagement], said: Reading, before: Mapping[tuple[BusyKind, ...], Sequence[Interval]]
) -> Iterable[Clash]:
    """What a reading has at the time of one person's sessions and the one before had not.

    Args:
        before: what was marked, by the kinds that bar sessions online and in an office.
    """
    blocks = merge([each.when for each in engaged])
    for each in engaged:
        kinds = kept.BARS_IN_OFFICE if each.in_office else kept.BARS
        new = subtract(said.marked(*kinds), merge(before[kinds]))
        if times := lying_over(each.when, blocks, new):
            yield Clash(each.person_id, each.session_id, times)


def lying_over(when: Interval, blocks: Iterable[Interval], new: Sequence[Interval]) -> tuple[Interval, ...]:
    """What of the new lies over a session of ours; empty: nothing does.

    Time of ours is cut out of readings, and some systems merge what they tell. Where something begins
    right before our time and goes on right after it, it lies over our time as well.

    Args:
        when: the session.
        blocks: all time of ours in that calendar, merged.
    """
    block = next(one for one in blocks if one.overlaps(when))
    over = [one for one in new if one.overlaps(when)]
    around = [one for one in new if one.end == block.start or one.start == block.end]
    return tuple(over or around) if over or len(around) == 2 else ()


def _by_person(engaged: Iterable[Engagement]) -> Mapping[int, list[Engagement]]:
    found: dict[int, list[Engagement]] = defaultdict(list)
    for each in engaged:
        found[each.person_id].append(each)
    return found


def _kept(clash: Clash) -> dict[str, object]:
    times = [[each.start.isoformat(), each.end.isoformat()] for each in clash.times]
    return {"person_id": clash.person_id, "session_id": clash.session_id, "times": times}

"""Worth it, still: what follows when sessions of an agreed day lose people, or fall.

A session without enough people is called off, unless others may still book it; a senior whose trip that
makes too small is asked at once what should become of the day. An answer that never comes changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web.operations import asking, events, outbox
from web.operations.changes import Changes
from web.records import DayQuestionRecord
from web.site import Site
from web.store import day_questions as kept
from web.store import proposals
from web.store.day_questions import MOOT, Day

#: Time of day, on the eve, at which an answer is due.
ANSWER_UNTIL = time(17)


def seats_given_up(
    connection: Connection, site: Site, session_ids: Collection[str], person_id: int, now: datetime
) -> None:
    """Tell whoever has to know that somebody left agreed sessions, some of which may fall with it."""
    found = kept.standing(connection, session_ids, now)
    falling = [each.id for each in found if not each.can_go_on]
    thinned = {(each.senior_id, each.day) for each in found if not each.is_enough}
    asked = [] if falling else asked_about(connection, thinned, now)
    if not falling and not asked and len(session_ids) == 1:
        for session_id in session_ids:
            outbox.invite_after_change(connection, site, session_id, [], now, gone=[person_id])
        events.want(connection, site, session_ids, now)
        return
    changes = Changes(connection, site, now)
    changes.leave(person_id, session_ids, falling)
    changes.call_off(falling, "fell")
    changes.tell(asked or asked_about(connection, thinned, now))


def look(connection: Connection, site: Site, days: Iterable[tuple[int, date]], now: datetime) -> None:
    """Ask seniors whose agreed days, by senior and date, are not worth the trip, or find a closed office.

    For whoever calls off, or thins, what is agreed, in the same transaction and after it.
    """
    Changes(connection, site, now).tell(asked_about(connection, days, now))


def look_at(connection: Connection, site: Site, proposal_ids: Collection[int], now: datetime) -> None:
    """The same of the days of proposals."""
    look(connection, site, kept.days_of(connection, proposal_ids).values(), now)


def asked_about(
    connection: Connection, days: Iterable[tuple[int, date]], now: datetime
) -> list[DayQuestionRecord]:
    """The questions that have to be asked now, kept but not mailed yet: one a day, once for each drop."""
    wanted = set(days)
    found = [_look(connection, day, now) for day in kept.days(connection, wanted, now)]
    return [question for question in found if question is not None]


def _look(connection: Connection, day: Day, now: datetime) -> DayQuestionRecord | None:
    before = kept.about_day(connection, day.senior_id, day.day)
    still_open = next((each for each in before if each.closed_at is None), None)
    if not day.is_below:
        if still_open is not None:
            kept.close(connection, still_open.id, MOOT, now)
        return None
    if still_open is not None:
        kept.note_standing(connection, still_open, day.standing)
        return None
    answered = next((each for each in before if each.answer != MOOT), None)
    if answered is not None and answered.facts["standing"] <= day.standing:
        return None
    through = day.in_office[0].proposal_id
    until = _answer_by(connection, day, now)
    facts = {"standing": day.standing, "fewest": day.fewest}
    return asking.ask(connection, "below", day.senior_id, through, None, facts, now, until)


def _answer_by(connection: Connection, day: Day, now: datetime) -> datetime:
    """The eve; where that is over, when the first session in the office begins."""
    first = day.in_office[0]
    zone = ZoneInfo(proposals.zone_of(connection, first.proposal_id))
    eve = datetime.combine(day.day - timedelta(days=1), ANSWER_UNTIL, zone).astimezone(UTC)
    return eve if eve > now else first.start

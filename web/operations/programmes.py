"""A programme's formats: what is promised of each kind of session, and the sessions that follow.

Formats are looked at when a planning run begins: what is due by then is planned. A programme without
any plans the sessions that were imported, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from planner.demand import demand
from planner.domain import DayHours, Placement, RoomUse, SessionKind
from planner.programme import Format, Programme, Turn, why_this_senior
from web import words
from web.errors import Misfilled
from web.operations import audit
from web.operations.access import need_role
from web.records import Member, OwedRecord
from web.sheets.columns import DEFAULTS, NO_ROOM
from web.site import Site
from web.store import programmes as kept
from web.store.hours import minutes_of

#: Whose turn a kind counts, and weeks before two people meet in it again, until somebody says otherwise.
_TURNS = {
    SessionKind.INDIVIDUAL_LUNCH: (Turn.EACH_JUNIOR, 12),
    SessionKind.COFFEE_ROULETTE: (Turn.EACH_JUNIOR, 12),
    SessionKind.GROUP_LUNCH: (Turn.EACH_SENIOR, 0),
    SessionKind.GROUP_MENTORING: (Turn.EACH_COHORT, 0),
    SessionKind.COWORKING: (Turn.EACH_SENIOR, 0),
    SessionKind.VIRTUAL_COWORKING: (Turn.EACH_SENIOR, 0),
}

#: A senior is told of so many juniors why them, …
MOST_REASONS = 3
#: … and of waits of so many weeks or more.
LONG_WAIT = 4

#: Co-working keeps so many seats open for booking.
OPEN_SEATS = 2


@dataclass(frozen=True, slots=True)
class FormatForm:
    """What an admin typed for one kind."""

    weeks: int
    minutes: int
    fewest: int
    most: int
    open_seats: int
    between_from: str  #: "11:30"
    between_to: str
    in_person: bool
    room_use: str  #: a `RoomUse`, or "none"
    weeks_between_pairs: int


def usual(kind: SessionKind) -> Format:
    """What a programme promises of a kind until somebody says otherwise."""
    defaults, (turn, gap) = DEFAULTS[kind], _TURNS[kind]
    begin, end = map(minutes_of, defaults.between)
    return Format(
        kind=kind,
        turn=turn,
        weeks=defaults.weeks,
        minutes=defaults.minutes,
        seats=defaults.seats,
        between=DayHours(begin, end),
        in_person=not defaults.online,
        open_seats=OPEN_SEATS if kind is SessionKind.COWORKING else 0,
        room_use=None if defaults.room_use == NO_ROOM else RoomUse(defaults.room_use),
        weeks_between_pairs=gap,
    )


def formats(site: Site, by: Member) -> tuple[Format, ...]:
    """What the programme promises, in the order of the kinds."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return kept.formats(connection, by.programme_id)


def start_with_usual(site: Site, by: Member, now: datetime) -> None:
    """Promise every kind that nothing is promised of yet, as usual."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        there = {rule.kind for rule in kept.formats(connection, by.programme_id)}
        for kind in SessionKind:
            if kind not in there:
                kept.write_format(connection, by.programme_id, usual(kind))
        kept.begin(connection, by.programme_id, _monday(now.date()))
        audit.note(connection, now, by, "programme.start_with_usual", f"programme:{by.programme_id}")


def change(site: Site, kind: SessionKind, form: FormatForm, by: Member, now: datetime) -> None:
    """Promise a kind, or promise something else of it. What is agreed already stays.

    Raises:
        Misfilled: what cannot be kept, by field.
    """
    need_role(by, "admin")
    rule = _checked(kind, form)
    with site.store.writing() as connection:
        kept.write_format(connection, by.programme_id, rule)
        kept.begin(connection, by.programme_id, _monday(now.date()))
        audit.note(
            connection, now, by, "format.change", f"format:{kind}", weeks=rule.weeks, minutes=rule.minutes
        )


def drop(site: Site, kind: SessionKind, by: Member) -> None:
    """Promise nothing of a kind any more. What is agreed or proposed already stays."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        kept.drop_format(connection, by.programme_id, kind)
        audit.note(connection, site.now(), by, "format.drop", f"format:{kind}")


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _checked(kind: SessionKind, form: FormatForm) -> Format:
    mistakes = {}
    if not 1 <= form.weeks <= 52:
        mistakes["weeks"] = "Please give 1 to 52 weeks."
    if not 15 <= form.minutes <= 480:
        mistakes["minutes"] = "Please give 15 to 480 minutes."
    if not 1 <= form.fewest <= form.most <= 100:
        mistakes["most"] = "Please let the most be at least the fewest, and both 1 to 100."
    elif form.open_seats > form.most - form.fewest:
        mistakes["open_seats"] = f"Of {form.most} seats at most {form.most - form.fewest} can stay open."
    if _TURNS[kind][0] is Turn.EACH_JUNIOR and form.fewest > 1:
        mistakes["fewest"] = "Please give 1: each junior is invited alone, to a session of their own."
    begin, end = minutes_of(form.between_from), minutes_of(form.between_to)
    if end - begin < form.minutes:
        mistakes["between_to"] = "The session does not fit between these times."
    if form.weeks_between_pairs > 104:
        mistakes["weeks_between_pairs"] = "Please give at most 104 weeks."
    if not form.in_person and form.room_use != NO_ROOM:
        mistakes["room_use"] = "A session online needs no room."
    if mistakes:
        raise Misfilled(mistakes)
    return Format(
        kind=kind,
        turn=_TURNS[kind][0],
        weeks=form.weeks,
        minutes=form.minutes,
        seats=(form.fewest, form.most),
        between=DayHours(begin, end),
        in_person=form.in_person,
        open_seats=form.open_seats,
        room_use=None if form.room_use == NO_ROOM else RoomUse(form.room_use),
        weeks_between_pairs=form.weeks_between_pairs,
    )


# --- what follows --------------------------------------------------------------------------------


def owed(site: Site, by: Member, names: bool = True) -> OwedRecord | None:
    """What the last planning run found due, and for whom there is nobody; None: none has looked yet.

    Args:
        names: False: nobody is named.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        found = kept.owed(connection, by.programme_id)
    if found and not names:
        return replace(found, nobody_for=())
    if found and found.nobody_for:
        audit.look(site, by, "read.nobody_to_meet")
    return found


def renew_due(
    site: Site, programme_id: int, first_day: date, last_day: date, seed: int, now: datetime
) -> Programme:
    """Make the sessions that are due by the formats, and everybody's need, true of this moment.

    Returns:
        What they follow from. A programme without formats keeps what was imported.
    """
    with site.store.reading() as connection:
        programme = kept.load_programme(connection, programme_id, now)
        before = kept.drawn_before(connection, programme_id)
    if not programme.formats:
        return programme
    found = demand(programme, first_day, last_day, seed, before)
    with site.store.writing() as connection:
        kept.replace_due(connection, programme_id, found.due)
        kept.write_needs(connection, programme_id, found.needs)
        kept.write_owed(connection, programme_id, first_day, last_day, found, now)
    return programme


def why_you(
    programme: Programme,
    senior: str,
    placed: Iterable[Placement],
    names: Mapping[str, str],
    today: date,
) -> Iterator[str]:
    """Why this senior, in clauses for them: what juniors wish to learn from them, who has waited long."""
    juniors = {who for placement in placed for who in placement.juniors}
    reasons = why_this_senior(programme, senior, juniors, today)
    told = [why for why in reasons if why.topics or why.weeks_waited >= LONG_WAIT]
    for why in told[:MOST_REASONS]:
        if why.topics:
            yield f"{names[why.junior]} would like to learn about {words.listed(why.topics)}, which you know"
        else:
            yield f"{names[why.junior]} has waited {words.counted_words(why.weeks_waited, 'week')}"

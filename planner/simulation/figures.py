"""What a history comes to, in figures of groups; and of several seeds the median and the spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from statistics import median

from planner.domain import Role, Session
from planner.programme import Participant, days_together
from planner.simulation.booking_links import booked_one_by_one
from planner.simulation.company import A_DAY, A_WEEK, Company
from planner.simulation.history import History
from planner.simulation.people import WEEKS_A_MONTH, Cast

#: Reach is told of the last so many weeks.
LATELY_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Figures:
    """One way in one seed. None: there is nothing to divide by, or too few people to speak of."""

    reach_quiet: float | None  #: share of the quietest quarter with a session held in the last twelve weeks
    reach_outgoing: float | None  #: the same of the most outgoing quarter
    reach: float  #: of everybody
    reach_quiet_ever: float | None  #: in all the weeks
    reach_outgoing_ever: float | None
    #: weeks without a session, of whoever waited longest of those who can be planned: with a calendar
    #: that could be read, in the weeks in which they take part
    longest_wait: float | None
    sessions_a_junior: float  #: held, by those who came
    to_never_asked: float | None  #: share of these seats that went to juniors who never ask
    sessions_held: float
    in_person_held: float
    office_days: float  #: of seniors, asked for
    office_days_a_month: float  #: of one senior
    in_person_a_day: float | None  #: sessions held in the office, for one office day of a senior
    days_a_session: float | None  #: the other way round
    days_a_turn: float | None  #: office days for one junior in one session held in the office
    planned_a_day: (
        float | None
    )  #: sessions agreed in the office, for one office day that they were agreed for
    one_by_one_a_day: float | None  #: the same sessions, had each been booked at its first free slot
    lunch_days: float | None = None  #: of the office days, those for which a lunch was agreed; if planned
    unreadable: float = 0  #: juniors whose calendar could not be read


def figures(company: Company, cast: Cast, history: History) -> Figures:
    weeks_of: dict[str, list[int]] = defaultdict(list)
    for one in history.held:
        for who in one.juniors:
            weeks_of[who].append(one.week)
    lately = {who for who, weeks in weeks_of.items() if max(weeks) >= company.weeks - LATELY_WEEKS}
    seats = sum(map(len, weeks_of.values()))
    in_person, days = sum(one.in_person for one in history.held), len(history.office_days)
    juniors, least = cast.outgoing.keys(), company.least_group
    quiet, outgoing, never_ask = (
        group if len(group) >= least else frozenset[str]()
        for group in (cast.quiet_quarter, cast.outgoing_quarter, cast.never_ask)
    )
    return Figures(
        reach_quiet=_share(lately, quiet),
        reach_outgoing=_share(lately, outgoing),
        reach=_share(lately, juniors) or 0.0,
        reach_quiet_ever=_share(weeks_of, quiet),
        reach_outgoing_ever=_share(weeks_of, outgoing),
        longest_wait=_longest_wait(company, weeks_of),
        sessions_a_junior=seats / max(1, len(juniors)),
        to_never_asked=_ratio(sum(len(weeks_of[who]) for who in never_ask), seats) if never_ask else None,
        sessions_held=len(history.held),
        in_person_held=in_person,
        office_days=days,
        office_days_a_month=days / max(1, len(cast.willing)) / (company.weeks / WEEKS_A_MONTH),
        in_person_a_day=_ratio(in_person, days),
        days_a_session=_ratio(days, in_person),
        days_a_turn=_ratio(days, sum(len(one.juniors) for one in history.held if one.in_person)),
        planned_a_day=_sessions_a_day(company, history.agreed),
        one_by_one_a_day=_sessions_a_day(
            company, booked_one_by_one(company, (session for session, _ in history.agreed))
        ),
        lunch_days=_lunch_days(history) if history.agreed else None,
        unreadable=len(company.unreadable & juniors),
    )


def _sessions_a_day(company: Company, dated: Sequence[tuple[Session, date]]) -> float | None:
    people = company.problem.person_by_id
    days = {(one.senior, day) for one, day in dated if day not in people[one.senior].in_office}
    return _ratio(len(dated), len(days))


def _lunch_days(history: History) -> int:
    lunches = {(one.senior, day) for one, day in history.agreed if one.kind.is_lunch}
    return len(lunches & history.office_days)


def _share(found: Collection[str] | Mapping[str, object], group: Collection[str]) -> float | None:
    return _ratio(sum(who in found for who in group), len(group))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _longest_wait(company: Company, weeks_of: Mapping[str, Collection[int]]) -> int | None:
    planned = (one for one in company.of(Role.JUNIOR) if one.person not in company.unreadable)
    return max(
        (_wait(_weeks_there(company, one), weeks_of.get(one.person, ())) for one in planned), default=None
    )


def _weeks_there(company: Company, one: Participant) -> Iterator[int]:
    for week in range(company.weeks):
        monday = company.monday(week)
        if days_together((one,), monday, monday + A_WEEK - A_DAY):
            yield week


def _wait(there: Iterable[int], held: Collection[int]) -> int:
    """The longest run of somebody's whole weeks without a session, from the first to the last."""
    longest = now = 0
    for week in there:
        now = 0 if week in held else now + 1
        longest = max(longest, now)
    return longest


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over several seeds."""

    median: float
    lowest: float
    highest: float


def spreads(found: Sequence[Figures]) -> Mapping[str, Spread | None]:
    """By figure; None: no seed has it."""
    return {each.name: _spread([asdict(one)[each.name] for one in found]) for each in fields(Figures)}


def _spread(values: Iterable[float | None]) -> Spread | None:
    known = [one for one in values if one is not None]
    return Spread(median(known), min(known), max(known)) if known else None

"""What somebody's limits come to in the days that are planned now: solved with and without each of them.

The sessions of theirs are solved by the planner as if nobody else competed (`planner.alone`), once as they
ask and once without one limit. The difference in office days and in sessions with a place is its effect.

A junior's sessions are those that they may be invited to. Who changes a limit and reads what it comes to
could find out when others have time. So their calendars count only where the sessions are those of `LEAST`
seniors or more, and nobody can tell whose they are; else the junior's own calendar alone is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from planner.alone import BestAlone, Starts, best_alone, best_as_junior, common_starts, own_side
from planner.domain import MINUTES_A_DAY, Interval, Person, PlanningProblem
from planner.intervals import subtract
from planner.still_fits import broken_beside
from web.operations.preferences import offered
from web.small_groups import LEAST
from web.store import effects as kept
from web.store.effects import Window
from web.store.hours import dates_on
from web.store.planning import Wanted, load_problem

#: Steps of the solver for one search, in its own seconds (`planner.subproblem`): alike on any machine.
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What else a limit's neutral value follows from."""

    offices: frozenset[str]
    anyway: frozenset[date]  #: dates of the weekdays on which they say they are in
    never: frozenset[date]  #: … and of those on which they are not
    marked: frozenset[date]  #: dates that their calendar marks as at the office


#: By preference: is it anything but neutral, and somebody without it.
Without = tuple[Callable[[Any], bool], Callable[[Person, Facts], Person]]

LIMITS: Mapping[str, Without] = {
    "max_office_days_per_week": (
        lambda most: most < 7,
        lambda person, facts: replace(person, max_office_days_per_week=7),
    ),
    "min_sessions_per_office_day": (
        lambda fewest: fewest > 1,
        lambda person, facts: replace(person, min_sessions_per_office_day=1),
    ),
    "max_minutes_per_day": (
        lambda most: most < MINUTES_A_DAY,
        lambda person, facts: replace(person, max_minutes_per_day=MINUTES_A_DAY),
    ),
    "max_sessions": (
        lambda most: most is not None,
        lambda person, facts: replace(person, max_sessions=None),
    ),
    "travel_minutes": (bool, lambda person, facts: replace(person, travel_minutes=0)),
    "break_minutes": (bool, lambda person, facts: replace(person, break_minutes=0)),
    "days_never": (
        bool,
        lambda person, facts: replace(person, avoid=frozenset(), in_office=facts.anyway | facts.marked),
    ),
    "days_in_anyway": (
        bool,
        lambda person, facts: replace(person, in_office=facts.marked - facts.never),
    ),
    "online_only": (bool, lambda person, facts: replace(person, offices=facts.offices)),
    "room_needs": (bool, lambda person, facts: replace(person, room_needs=frozenset())),
}

#: Binds more often than not, so that it is looked at apart from the others.
BINDS = "min_sessions_per_office_day"

#: Not a limit but a wish: without it there may be less room, never more.
WISH = "days_in_anyway"

Solve = Callable[[Person], BestAlone | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be solved for one person in one role."""

    person: str
    role: str
    limits: tuple[str, ...]  #: those that are set
    window: Window
    problem: PlanningProblem
    facts: Facts


def limits_set(values: Mapping[str, Any], role: str) -> tuple[str, ...]:
    """The limits that somebody of this role has set, of those that it is offered."""
    names = {each.name for each in offered(frozenset({role}))}
    return tuple(name for name, (is_set, _) in LIMITS.items() if name in names and is_set(values[name]))


def load(
    connection: Connection, person_id: int, role: str, values: Mapping[str, Any], window: Window
) -> Asked:
    """Their own sessions, those agreed too, free to be planned anew; all else that is agreed stands."""
    own = window.due | window.agreed
    wanted = Wanted(window.programme_id, window.first, window.last, own, again=window.agreed, suited=False)
    problem = load_problem(connection, wanted)
    inside = (window.first, window.last)
    marked = kept.marked_in_office(connection, person_id)
    facts = Facts(
        kept.offices_of(connection, person_id),
        dates_on(values["days_in_anyway"], *inside),
        dates_on(values["days_never"], *inside),
        frozenset(day for day in marked if window.first <= day <= window.last),
    )
    return Asked(str(person_id), role, limits_set(values, role), window, problem, facts)


def work_out(asked: Asked) -> dict[str, Any]:
    """What each limit comes to: office days it keeps free, and sessions it leaves without a place.

    Returns:
        `limits`: by name; one that is not proved is left out. `of`: sessions looked at. `alone`: by the
        person's own calendar only. `unread`: nothing of it is known, and so nothing of this. `binds`:
        some of the limits change something, by themselves or all together.
    """
    problem, who = asked.problem, asked.person
    if asked.role == "junior" and who in problem.person_by_id:
        problem = own_side(problem, who)
    of = sum(each.fixed is None for each in problem.sessions)
    found: dict[str, Any] = {"of": of, "alone": False, "unread": False, "binds": False, "limits": {}}
    if who not in problem.person_by_id or not of:
        nothing = {"days": 0, "sessions": 0}
        return found | {"limits": dict.fromkeys(asked.limits, nothing)}
    person = problem.person_by_id[who]
    if _is_unread(person, asked.window):
        return found | {"unread": True}
    if asked.role == "junior":
        found["alone"] = _are_few(problem)
        solve = _of_junior(asked.problem, problem, found["alone"], who)
    else:
        solve = _of_senior(problem, who)
    searches = _Searches(asked, problem, person, solve)
    limits = _differences(asked.limits, searches)
    return found | {"limits": limits, "binds": _binds(limits, searches)}


def _is_unread(person: Person, window: Window) -> bool:
    """Is nothing known of any of these days?"""
    first = datetime.combine(window.first, time(), UTC)
    after = datetime.combine(window.last + timedelta(days=1), time(), UTC)
    return not subtract([Interval(first, after)], person.unknown)


def _are_few(problem: PlanningProblem) -> bool:
    return len({each.senior for each in problem.sessions if each.fixed is None}) < LEAST


def _of_senior(problem: PlanningProblem, senior: str) -> Solve:
    def solve(person: Person) -> BestAlone | None:
        return best_alone(_with(problem, person), senior, SECONDS)

    return solve


def _of_junior(whole: PlanningProblem, own: PlanningProblem, alone: bool, junior: str) -> Solve:
    """Solves what is their own, unless `alone` at the starts only that suit the others, too."""
    starts: dict[frozenset[str], Starts] = {}  # by what a room must have

    def solve(person: Person) -> BestAlone | None:
        if alone:
            return best_as_junior(_with(own, person), junior, SECONDS)
        if person.room_needs not in starts:
            starts[person.room_needs] = common_starts(_with(whole, person), junior)
        return best_as_junior(_with(own, person), junior, SECONDS, starts[person.room_needs])

    return solve


def _with(problem: PlanningProblem, person: Person) -> PlanningProblem:
    return replace(problem, people=tuple(person if each.id == person.id else each for each in problem.people))


@dataclass
class _Searches:
    """One person's window without some of their limits; what follows from others is not searched for."""

    asked: Asked
    problem: PlanningProblem
    person: Person
    solve: Solve
    found: dict[frozenset[str], BestAlone | None] = field(default_factory=dict)

    def without(self, names: frozenset[str]) -> BestAlone | None:
        if names not in self.found:
            self.found[names] = self._known(names) or self.solve(self._person(names))
        return self.found[names]

    def without_most(self) -> BestAlone | None:
        return self.without(frozenset(self.asked.limits) - {WISH, BINDS})

    def _person(self, names: frozenset[str]) -> Person:
        person = self.person
        for name in names:
            person = LIMITS[name][1](person, self.asked.facts)
        return person

    def _known(self, names: frozenset[str]) -> BestAlone | None:
        """The best without more limits, where that is no better than with fewer left out, or keeps these."""
        if WISH in names:
            return None
        for more, best in self.found.items():
            if names < more and best is not None and best.proved:
                is_between = any(fewer < names and same == best for fewer, same in self.found.items())
                if is_between or self._keeps(names, more, best):
                    return best
        return None

    def _keeps(self, names: frozenset[str], more: frozenset[str], best: BestAlone) -> bool:
        """Do the limits that are left out of `more` only break no rule?"""
        tight, loose = self._person(names), self._person(more)
        if self.asked.role == "junior" and tight.room_needs != loose.room_needs:
            return False  # their sessions are placed without a room
        broken = [set(broken_beside(_with(self.problem, each), best.placements)) for each in (tight, loose)]
        return broken[0] <= broken[1]


def _differences(limits: Sequence[str], searches: _Searches) -> dict[str, dict[str, int]]:
    """By limit what it comes to. Where nothing changes without any of several, none is solved by itself."""
    searches.without_most()
    as_asked = searches.without(frozenset())
    effects = {name: _difference(as_asked, searches.without(frozenset({name}))) for name in limits}
    return {name: effect for name, effect in effects.items() if effect is not None}


def _binds(found: Mapping[str, Mapping[str, int]], searches: _Searches) -> bool:
    """Two limits may rule out the same sessions, so that neither changes anything by itself."""
    together = _difference(searches.without(frozenset()), searches.without_most()) or {}
    each = [effect for name, effect in found.items() if name != WISH]
    return any(any(effect.values()) for effect in (together, *each))


def _difference(asked: BestAlone | None, freer: BestAlone | None) -> dict[str, int] | None:
    """None: it is not known for sure, so nothing is said."""
    if asked is None or freer is None or not (asked.proved and freer.proved):
        return None
    return {"days": freer.days - asked.days, "sessions": freer.sessions - asked.sessions}

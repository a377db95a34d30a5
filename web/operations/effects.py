"""What each preference comes to, worked out in the background and told to whoever set it, and nobody else.

Of a senior's limits: the sessions of theirs in the days that are planned now are solved by the planner as if
nobody else competed (`planner.alone`), once as they ask and once without that one limit. The difference in
office days and in sessions that have a place is the limit's effect. Of what others have to match – languages,
topics, kinds of session – it is counted whom and what is left; few people are never counted.

It is worked out after each plan, and anew when somebody asks for something else. A plan goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from planner.alone import BestAlone, best_alone
from planner.domain import MINUTES_A_DAY, Person, PlanningProblem, SessionKind
from web import words
from web.records import Member
from web.site import Site
from web.small_groups import LEAST
from web.store import effects as kept
from web.store import jobs, preferences
from web.store.effects import Somebody, Window
from web.store.hours import dates_on
from web.store.planning import Wanted, load_problem

#: Seconds of the solver's work for one senior and limit.
SECONDS = 5.0

#: So many people are looked up at a time.
BATCH = 50

#: Where the work failed it is tried again after so long.
PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What else a limit's neutral value follows from."""

    offices: frozenset[str]
    anyway: frozenset[date]  #: dates of the weekdays on which they say they are in
    never: frozenset[date]  #: … and of those on which they are not
    marked: frozenset[date]  #: dates that their calendar marks as at the office


#: By preference: is it anything but neutral, and a senior without it.
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

#: What others, or what is promised, have to match.
MATCHED = ("languages", "topics", "formats_not", "online_only")


# --- being told ----------------------------------------------------------------------------------


def told(site: Site, by: Member, now: datetime) -> Mapping[str, str]:
    """What the preferences of somebody, or of the senior one acts for, come to: a sentence each, by name.

    Of what nobody has set there is nothing to say.
    """
    with site.store.reading() as connection:
        found = kept.of_person(connection, by.person.id)
        values = preferences.of_person(connection, by.person.id).values
        roles = frozenset().union(*kept.programmes_of(connection, by.person.id).values())
    limits = _limits_set(values) if "senior" in roles else []
    says = dict.fromkeys(limits, "What it comes to is worked out with the next plan.")
    if found is None:
        waiting = [*limits, *(name for name in MATCHED if values[name])]
        return says | dict.fromkeys(waiting, "What it comes to is not worked out yet.")
    if (window := found.effects["window"]) and date.fromisoformat(window[1]) >= now.date():
        until = words.long_day(date.fromisoformat(window[1]), now.date())
        says = dict.fromkeys(limits, f"What it comes to until {until} is hard to tell: no answer is proved.")
        says |= {
            name: words.sentence(f"until {until} it {words.limit_effect(**effect)}.")
            for name, effect in found.effects["limits"].items()
        }
    return says | {
        name: words.match_effect(name, **effect) for name, effect in found.effects["matches"].items()
    }


def _limits_set(values: Mapping[str, Any]) -> list[str]:
    return [name for name, (is_set, _) in LIMITS.items() if is_set(values[name])]


# --- working it out ------------------------------------------------------------------------------


def wake(site: Site, now: datetime) -> None:
    """Have it worked out in the background for whom it is out of date, unless a plan is being made."""
    with site.store.reading() as connection:
        if kept.is_planning(connection) or not kept.outdated(connection, now.date(), 1):
            return
        failed = jobs.last_ended(connection, "effects", "failed")
    if failed is not None and failed > now - PATIENCE:
        return
    with site.store.writing() as connection:
        job_id = jobs.add(connection, "effects", {}, now, dedup="effects")
    site.queue.tell(job_id)


def effects_job(site: Site) -> None:
    """The background job: one person after the other, until a plan is to be made or nobody is left."""
    known = _Known(site.now().date())
    done: set[int] = set()  # by a clock that went back somebody stays out of date whatever is done
    while True:
        with site.store.reading() as connection:
            if kept.is_planning(connection):
                return
            outdated = kept.outdated(connection, site.now().date(), BATCH + len(done))
        waiting = [person_id for person_id in outdated if person_id not in done]
        if not waiting:
            return
        done.update(who for who in waiting if work_out(site, who, site.now(), known))


def work_out(site: Site, person_id: int, now: datetime, known: _Known | None = None) -> bool:
    """What the preferences of one person come to. False: not kept, since they chose otherwise meanwhile."""
    with site.store.reading() as connection:
        values = preferences.of_person(connection, person_id).values
        matches = _matches(connection, person_id, values, known or _Known(now.date()))
        window = kept.window_of(connection, person_id, now.date(), now)
        task = _load(connection, person_id, values, window) if window else None
    limits = _of_limits(str(person_id), values, *task) if task else {}
    effects = {
        "window": [window.first.isoformat(), window.last.isoformat()] if window else None,
        "limits": limits,
        "matches": matches,
    }
    with site.store.writing() as connection:
        is_true_still = preferences.of_person(connection, person_id).values == values
        if is_true_still:
            kept.keep(connection, person_id, effects, now)
    return is_true_still


def _load(
    connection: Connection, person_id: int, values: Mapping[str, Any], window: Window
) -> tuple[PlanningProblem, Facts]:
    """Their own sessions, those agreed too, free to be planned anew; all else that is agreed stands."""
    own = window.due | window.agreed
    wanted = Wanted(window.programme_id, window.first, window.last, own, again=window.agreed)
    problem = load_problem(connection, wanted)
    inside = (window.first, window.last)
    marked = kept.marked_in_office(connection, person_id)
    facts = Facts(
        kept.offices_of(connection, person_id),
        dates_on(values["days_in_anyway"], *inside),
        dates_on(values["days_never"], *inside),
        frozenset(day for day in marked if window.first <= day <= window.last),
    )
    return problem, facts


def _of_limits(
    senior: str, values: Mapping[str, Any], problem: PlanningProblem, facts: Facts
) -> dict[str, dict[str, int]]:
    """By limit that is set: office days it keeps free, and sessions it leaves without a place."""
    if senior not in problem.person_by_id:
        return {name: {"days": 0, "sessions": 0} for name in _limits_set(values)}
    as_asked = best_alone(problem, senior, SECONDS)
    found = {}
    for name in _limits_set(values):
        _, without = LIMITS[name]
        freer = best_alone(_with(problem, without(problem.person_by_id[senior], facts)), senior, SECONDS)
        if (effect := _difference(as_asked, freer)) is not None:
            found[name] = effect
    return found


def _with(problem: PlanningProblem, person: Person) -> PlanningProblem:
    return replace(problem, people=tuple(person if each.id == person.id else each for each in problem.people))


def _difference(asked: BestAlone | None, freer: BestAlone | None) -> dict[str, int] | None:
    """None: it is not known for sure, so nothing is said."""
    if asked is None or freer is None or not (asked.proved and freer.proved):
        return None
    return {"days": freer.days - asked.days, "sessions": freer.sessions - asked.sessions}


# --- what others have to match -------------------------------------------------------------------


@dataclass(slots=True)
class _Known:
    """What was read of programmes, so that it is read once for all who are in them."""

    today: date
    rosters: dict[int, list[Somebody]] = field(default_factory=dict)
    kinds: dict[int, Mapping[SessionKind, bool]] = field(default_factory=dict)

    def roster(self, connection: Connection, programme_id: int) -> list[Somebody]:
        if programme_id not in self.rosters:
            self.rosters[programme_id] = kept.roster(connection, programme_id, self.today)
        return self.rosters[programme_id]

    def promised(self, connection: Connection, programme_id: int) -> Mapping[SessionKind, bool]:
        if programme_id not in self.kinds:
            self.kinds[programme_id] = kept.promised(connection, programme_id)
        return self.kinds[programme_id]


def _matches(
    connection: Connection, person_id: int, values: Mapping[str, Any], known: _Known
) -> dict[str, dict[str, Any]]:
    """By preference that is set: how many of whom or what it leaves."""
    others: dict[int, Somebody] = {}
    kinds: dict[SessionKind, bool] = {}
    wanted = "junior"
    for programme_id, roles in kept.programmes_of(connection, person_id).items():
        wanted = "junior" if "senior" in roles else "senior"
        others |= {
            each.person_id: each for each in known.roster(connection, programme_id) if wanted in each.roles
        }
        kinds |= known.promised(connection, programme_id)
    others.pop(person_id, None)
    found: dict[str, dict[str, Any]] = {}
    if values["languages"]:
        shared = [
            not each.languages or bool(each.languages & values["languages"]) for each in others.values()
        ]
        found["languages"] = _share(shared, wanted)
    if values["topics"]:
        found["topics"] = _share([bool(each.topics & values["topics"]) for each in others.values()], wanted)
    if values["formats_not"] and kinds:
        left = [kind not in values["formats_not"] for kind in kinds]
        found["formats_not"] = {"left": sum(left), "of": len(left), "whom": "kind"}
    if values["online_only"] and kinds:
        left = [not in_person for in_person in kinds.values()]
        found["online_only"] = {"left": sum(left), "of": len(left), "whom": "kind"}
    return found


def _share(matches: list[bool], whom: str) -> dict[str, Any]:
    """How many of them match; where either part is small, only whether most do (`left` of None)."""
    left, of = sum(matches), len(matches)
    exact = left in (0, of) or min(left, of - left) >= LEAST
    return {"left": left if exact else None, "of": of, "whom": whom, "most": 2 * left >= of}

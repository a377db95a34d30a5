"""What each preference comes to, worked out in the background and told to whoever set it, and nobody else.

Of limits the planner says what they keep free and what they cost (`web.operations.limit_effects`). Of what
others have to match – languages, topics, kinds of session, rooms – it is counted whom and what is left; few
people are never counted. Who is a senior here and a junior there is told both.

It is worked out after each plan, and anew when somebody asks for something else. A plan goes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from planner.domain import SessionKind
from web import words
from web.operations import limit_effects
from web.operations.limit_effects import Asked, limits_set
from web.records import Member
from web.site import Site
from web.small_groups import LEAST
from web.store import effects as kept
from web.store import jobs, preferences
from web.store.effects import Somebody, Window
from web.store.hours import dates_on

#: So many people are looked up at a time.
BATCH = 50

#: Where the work failed it is tried again after so long.
PATIENCE = timedelta(hours=1)

ROLES = ("senior", "junior")

#: What others, a room or a day have to match, or what is promised.
MATCHED = ("languages", "topics", "formats_not", "online_only", "room_needs", "days_never", "days_in_anyway")

NOT_YET = "What it comes to is not worked out yet."
WITH_THE_NEXT_PLAN = "What it comes to is worked out with the next plan."


# --- being told ----------------------------------------------------------------------------------


def told(site: Site, by: Member, now: datetime) -> Mapping[str, str]:
    """What the preferences of somebody, or of the senior one acts for, come to: by name.

    Of what nobody has set there is nothing to say.
    """
    with site.store.reading() as connection:
        found = kept.of_person(connection, by.person.id)
        values = preferences.of_person(connection, by.person.id).values
        roles = frozenset().union(*kept.programmes_of(connection, by.person.id).values())
    if by.behind is not None:
        roles &= by.roles
    says = {
        role: _told_as(role, values, found.effects.get(role, {}) if found else None, now.date())
        for role in ROLES
        if role in roles
    }
    names = dict.fromkeys(name for each in says.values() for name in each)
    return {name: _of_all_roles({role: says[role].get(name, "") for role in says}) for name in names}


def _of_all_roles(says: Mapping[str, str]) -> str:
    """In one sentence where it is the same to whoever is both."""
    if len({*says.values()}) == 1:
        return next(iter(says.values()))
    return " ".join(f"As a {role}: {says[role]}" for role in says if says[role])


def _told_as(
    role: str, values: Mapping[str, Any], found: Mapping[str, Any] | None, today: date
) -> dict[str, str]:
    """By name what they come to in one role. `found`: what is kept of it; None: nothing is worked out."""
    limits = limits_set(values, role)
    if not found:
        waiting = [*limits, *(name for name in MATCHED if values[name])]
        says = dict.fromkeys(waiting, NOT_YET if found is None else WITH_THE_NEXT_PLAN)
    else:
        last = date.fromisoformat(found["window"][1]) if found["window"] else None
        ahead = last if last is not None and last >= today else None
        of_limits = {
            name: _limit_says(name, role, found, ahead, today) if ahead else WITH_THE_NEXT_PLAN
            for name in limits
        }
        of_matches = {
            name: words.match_effect(name, **each)
            for name, each in found["matches"].items()
            if ahead or each["whom"] != "day"
        }
        says = {
            name: " ".join(filter(None, (of_limits.get(name), of_matches.get(name))))
            for name in of_limits | of_matches
        }
    return says | ({"eats": words.eats_effect(role)} if values["eats"] else {})


def _limit_says(name: str, role: str, found: Mapping[str, Any], last: date, today: date) -> str:
    if found["unread"]:
        return "What it comes to cannot be told: your calendar is not read."
    until = words.long_day(last, today)
    if name not in found["limits"]:
        return f"What it comes to until {until} is hard to tell: no answer is proved."
    of = found["of"] if role == "junior" else None
    alone = ", by your own calendar alone," if found["alone"] else ""
    beside = found.get("binds", False) and name != limit_effects.WISH
    says = words.limit_effect(**found["limits"][name], of=of, beside=beside)
    return words.sentence(f"until {until}{alone} it {says}.")


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
    known = known or _Known(now.date())
    with site.store.reading() as connection:
        values = preferences.of_person(connection, person_id).values
        programmes = kept.programmes_of(connection, person_id)
        mine = {role: [each for each, roles in programmes.items() if role in roles] for role in ROLES}
        found = {
            role: _read(connection, person_id, role, values, mine[role], known, now)
            for role in ROLES
            if mine[role]
        }
    effects = {role: _section(*each) for role, each in found.items()}
    with site.store.writing() as connection:
        is_true_still = preferences.of_person(connection, person_id).values == values
        if is_true_still:
            kept.keep(connection, person_id, effects, now)
    return is_true_still


def _read(
    connection: Connection,
    person_id: int,
    role: str,
    values: Mapping[str, Any],
    programmes: Sequence[int],
    known: _Known,
    now: datetime,
) -> tuple[Asked | None, dict[str, Any]]:
    """What is to be solved, if days are planned and limits are set, and what is counted, in one role."""
    window = kept.window_of(connection, person_id, role, now.date(), now)
    matches = _of_people(connection, person_id, role, values, programmes, known)
    matches |= _of_kinds(connection, values, programmes, known)
    matches |= _of_rooms(connection, person_id, values)
    if window is None or not limits_set(values, role):
        return None, matches
    matches |= _of_days(connection, person_id, values, window)
    return limit_effects.load(connection, person_id, role, values, window), matches


def _section(asked: Asked | None, matches: Mapping[str, Any]) -> dict[str, Any]:
    """One role's part of what is kept."""
    if asked is None:
        return {"window": None, "limits": {}, "matches": matches}
    window = [asked.window.first.isoformat(), asked.window.last.isoformat()]
    return {"window": window, "matches": matches} | limit_effects.work_out(asked)


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


def _of_people(
    connection: Connection,
    person_id: int,
    role: str,
    values: Mapping[str, Any],
    programmes: Sequence[int],
    known: _Known,
) -> dict[str, dict[str, Any]]:
    """How many of those whom they could meet share a language or a topic with them."""
    wanted = "junior" if role == "senior" else "senior"
    others = {
        each.person_id: each
        for programme_id in programmes
        for each in known.roster(connection, programme_id)
        if wanted in each.roles and each.person_id != person_id
    }
    found: dict[str, dict[str, Any]] = {}
    if values["languages"]:
        spoken = [each.languages for each in others.values()]
        found["languages"] = _share_of_spoken(values["languages"], spoken, wanted)
    if values["topics"]:
        found["topics"] = _share([bool(each.topics & values["topics"]) for each in others.values()], wanted)
    return found


def _of_kinds(
    connection: Connection, values: Mapping[str, Any], programmes: Sequence[int], known: _Known
) -> dict[str, dict[str, Any]]:
    """How many kinds of session they leave of those that are promised."""
    kinds: dict[SessionKind, bool] = {}
    for programme_id in programmes:
        kinds |= known.promised(connection, programme_id)
    found: dict[str, dict[str, Any]] = {}
    if values["formats_not"]:
        found["formats_not"] = _left([kind not in values["formats_not"] for kind in kinds], "kind")
    if values["online_only"]:
        found["online_only"] = _left([not in_person for in_person in kinds.values()], "kind")
    return found


def _of_rooms(connection: Connection, person_id: int, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """How many rooms of their offices have all that they need."""
    if not values["room_needs"]:
        return {}
    rooms = kept.room_features(connection, person_id)
    return {"room_needs": _left([values["room_needs"] <= each for each in rooms], "room")}


def _of_days(
    connection: Connection, person_id: int, values: Mapping[str, Any], window: Window
) -> dict[str, dict[str, Any]]:
    """On how many of their working days they may come in, or are in anyway."""
    inside = (window.first, window.last)
    names = [name for name in ("days_never", "days_in_anyway") if values[name]]
    working = kept.working_days(connection, person_id, *inside) if names else frozenset()
    named = {name: dates_on(values[name], *inside) for name in names}
    return {
        name: _left([(day in days) is (name == "days_in_anyway") for day in sorted(working)], "day")
        for name, days in named.items()
    }


def _left(fits: list[bool], whom: str) -> dict[str, Any]:
    """Of what is no person everything is counted."""
    return {"left": sum(fits), "of": len(fits), "whom": whom}


def _share_of_spoken(mine: frozenset[str], spoken: Sequence[frozenset[str]], whom: str) -> dict[str, Any]:
    """How many share a language, of those who said theirs; none of the others is excluded.

    Of few among others who said nothing no part is told: who asks for one language after the other could
    find out which one somebody speaks.
    """
    said = [each for each in spoken if each]
    shared = _share([bool(each & mine) for each in said], whom)
    if len(said) == len(spoken):
        return shared
    if len(said) < LEAST:
        return _share([], whom) | {"said": "few" if said else "none"}
    return shared | {"said": "some"}


def _share(matches: list[bool], whom: str) -> dict[str, Any]:
    """How many of them match; where either part is small, only whether most do (`left` of None)."""
    left, of = sum(matches), len(matches)
    exact = left in (0, of) or min(left, of - left) >= LEAST
    return {"left": left if exact else None, "of": of, "whom": whom, "most": 2 * left >= of}

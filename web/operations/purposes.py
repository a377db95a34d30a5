"""What a session is for: one rule (`by_rule`), and who reads what follows from it.

Whatever a junior set themself is read on pages by them and by the senior who is about to meet them, once
the session is agreed, and by nobody else. Mails are kept and passed on, and calendars are open to others:
a mail quotes a goal to whoever set it alone, an event or a file to nobody.

It serves what was worked towards as it began, and that is kept when it is held, so that looking back does
not tell what today's goals would say. A goal that was let go of or erased since is not named there either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from web.guides import guide
from web.invitations import FOR_TWO
from web.operations.access import part_of
from web.records import GoalRecord, Member, ObjectiveRecord, PersonRef, SessionRecord
from web.site import Site
from web.store import goals, sessions
from web.store import preparation as kept
from web.store.preparation import Prepared

_Aim = TypeVar("_Aim", GoalRecord, ObjectiveRecord)

#: What helps before a session, goals too, is read by its senior until so long after it.
STAYS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a session is for, and where that comes from; where it is neither, the guide says it."""

    says: str
    whose: PersonRef | None = None  #: the junior whose goal it is
    goal_id: int | None = None
    objective_id: int | None = None  #: the programme's

    @property
    def is_objective(self) -> bool:
        return self.objective_id is not None


# --- the rule ------------------------------------------------------------------------------------


def by_rule(
    session: SessionRecord,
    chosen: Prepared,
    own: Sequence[GoalRecord],
    objectives: Sequence[ObjectiveRecord],
) -> Purpose:
    """What a session serves: the first of these that there is, and was open as it began (`standing`).

    1. what somebody chose;
    2. of two people: the goal of its junior with the nearest date;
    3. the programme's first objective that names this kind, else the first that is for all kinds;
    4. what the guide says of the kind.

    Args:
        own: goals of its junior, the nearest date first; of a session with several juniors, none.
        objectives: the programme's, in order.
    """
    own, objectives = standing(session, own), standing(session, objectives)
    for goal in own:
        if goal.id == chosen.goal_id:
            return _goal(session, goal)
    for objective in objectives:
        if objective.id == chosen.objective_id:
            return _objective(objective)
    if own:
        return _goal(session, own[0])
    naming = [each for each in objectives if session.kind in each.kinds]
    for objective in (*naming, *(each for each in objectives if not each.kinds)):
        return _objective(objective)
    return Purpose(guide(session.kind).purpose)


def standing(session: SessionRecord, some: Iterable[_Aim]) -> tuple[_Aim, ...]:
    """Those of goals or objectives that there were as a session began, and that were not reached by then."""
    return tuple(
        each
        for each in some
        if (each.created_at is None or each.created_at <= session.start)
        and (each.reached_at is None or each.reached_at > session.start)
    )


def _goal(session: SessionRecord, goal: GoalRecord) -> Purpose:
    whose = next(one for one in session.juniors if one.id == goal.person_id)
    return Purpose(goal.statement, whose, goal_id=goal.id)


def _objective(objective: ObjectiveRecord) -> Purpose:
    return Purpose(objective.statement, objective_id=objective.id)


def is_for_two(session: SessionRecord) -> bool:
    return session.kind in FOR_TWO


def may_be_named(
    session: SessionRecord, chosen: Prepared, own: Mapping[tuple[int, int], tuple[GoalRecord, ...]]
) -> tuple[GoalRecord, ...]:
    """Of goals by programme and person, its junior's: until it is agreed nobody is about to meet anybody."""
    if not (is_for_two(session) and chosen.is_agreed and session.juniors):
        return ()
    return own.get((chosen.programme_id, session.juniors[0].id), ())


# --- of many -------------------------------------------------------------------------------------


def of(connection: Connection, some: Iterable[SessionRecord]) -> Mapping[str, Purpose]:
    """What each session is for, or was, where it was held; in five statements at most.

    For those in them only: it may be somebody's goal.
    """
    by_id = {session.id: session for session in some}
    known = kept.prepared(connection, by_id)
    others = {key: (by_id[key], chosen) for key, chosen in known.items() if not chosen.is_held}
    held = {key: (by_id[key], chosen) for key, chosen in known.items() if chosen.is_held}
    return {**_by_rule(connection, others), **_held(connection, held)}


def _by_rule(
    connection: Connection, some: Mapping[str, tuple[SessionRecord, Prepared]]
) -> Mapping[str, Purpose]:
    programmes = {chosen.programme_id for _, chosen in some.values()}
    juniors = {one.id for session, _ in some.values() if is_for_two(session) for one in session.juniors}
    first = min((session.start for session, _ in some.values()), default=None)
    own = goals.open_goals(connection, programmes, juniors, first) if juniors else {}
    objectives = goals.open_objectives(connection, programmes, first) if programmes else {}
    return {
        key: by_rule(
            session,
            chosen,
            may_be_named(session, chosen, own),
            objectives.get(chosen.programme_id, ()),
        )
        for key, (session, chosen) in some.items()
    }


def _held(
    connection: Connection, some: Mapping[str, tuple[SessionRecord, Prepared]]
) -> Mapping[str, Purpose]:
    """What was kept of them; the guide's words where that is nothing."""
    known = [chosen for _, chosen in some.values()]
    its_goals = goals.by_id(connection, {each.goal_id for each in known if each.goal_id is not None})
    wanted = {each.objective_id for each in known if each.objective_id is not None}
    objectives = goals.objectives_by_id(connection, wanted)
    return {
        key: _served(session, its_goals.get(chosen.goal_id or 0), objectives.get(chosen.objective_id or 0))
        for key, (session, chosen) in some.items()
    }


def _served(session: SessionRecord, goal: GoalRecord | None, objective: ObjectiveRecord | None) -> Purpose:
    if goal is not None and any(one.id == goal.person_id for one in session.juniors):
        return _goal(session, goal)
    return Purpose(guide(session.kind).purpose) if objective is None else _objective(objective)


def keep(connection: Connection, session_id: str, now: datetime) -> None:
    """Keep what a session served: called as it becomes held, and as somebody chooses anew after that."""
    session = sessions.one_agreed(connection, session_id)
    if session is None:
        return
    chosen = kept.prepared(connection, [session_id])[session_id]
    serves = _by_rule(connection, {session_id: (session, chosen)})[session_id]
    if (serves.goal_id, serves.objective_id) != (chosen.goal_id, chosen.objective_id):
        kept.keep_served(connection, session_id, serves.goal_id, serves.objective_id, now)


# --- who reads it --------------------------------------------------------------------------------


def on_a_page(site: Site, some: Iterable[SessionRecord], by: Member | None) -> Mapping[str, Purpose]:
    """The same for a page; left out is what is somebody's goal where `by` is not in the session.

    Looking back its senior reads whose goal it was, and no word of it: `says` is empty.

    Args:
        by: None: whoever holds a mailed link, which may be passed on.
    """
    by_id = {session.id: session for session in some}
    if not by_id:
        return {}
    with site.store.reading() as connection:
        found = of(connection, by_id.values())
    read = {key: _as_read(by_id[key], serves, by, site.now()) for key, serves in found.items()}
    return {key: serves for key, serves in read.items() if serves is not None}


def _as_read(session: SessionRecord, serves: Purpose, by: Member | None, now: datetime) -> Purpose | None:
    if serves.whose is None or (by is not None and by.person.id == serves.whose.id):
        return serves
    if by is None or part(session, by) is None:
        return None
    return serves if now < session.end + STAYS else replace(serves, says="")


def part(session: SessionRecord, by: Member) -> str | None:
    """As what somebody is in a session: "senior", "junior"."""
    return part_of(by, session.senior.id, [one.id for one in session.juniors])


def in_a_mail(session: SessionRecord, serves: Purpose, reader: PersonRef) -> str:
    """What a session is for, as a mail to one of its people says it; "": its name says it already."""
    if serves.whose is None:
        return in_a_calendar(session, serves)
    if serves.whose.id == reader.id:
        return f"Your goal: “{serves.says}”"
    return f"It serves a goal that {serves.whose.name} set; you find it on the page below."


def in_a_calendar(session: SessionRecord, serves: Purpose) -> str:
    """The same where anybody may read it."""
    if serves.whose is not None:
        return "It serves a goal that one of you set."
    if serves.is_objective:
        return f"Towards: {serves.says}"
    return "" if session.title else f"For: {serves.says}"

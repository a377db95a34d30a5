"""What juniors work towards, and what their programme does.

A goal is its junior's own: they set, change, reach and let go of it as they like, and nobody is asked why.
Seniors who are about to meet them read it before the session; admins see how many there are, and no word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from planner.domain import SessionKind
from web.errors import Misfilled, NotFound, Refused
from web.operations import audit
from web.operations.access import need_programme, need_role, need_self
from web.records import GoalCountRecord, GoalRecord, Member, ObjectiveRecord
from web.site import Site
from web.small_groups import LEAST, in_full_fives
from web.store import goals as kept
from web.store.goals import Whose

#: How long what somebody writes may be, in characters.
LONGEST_STATEMENT, LONGEST_WHY = 300, 1000

#: So many goals of one person may be open at a time, and so many objectives of a programme.
MOST_GOALS, MOST_OBJECTIVES = 10, 20

#: At that limit: what to do first.
NO_ROOM = f"You have {MOST_GOALS} goals open, which is the most at a time. Reach one, or let one go, first."
NO_ROOM_FOR_OBJECTIVE = (
    f"The programme works towards {MOST_OBJECTIVES} objectives already, which is the most at a time. "
    "Reach one, or end one, first."
)

#: A date is at most so far ahead.
FURTHEST = timedelta(days=5 * 366)

REACHED = 100  #: per cent


@dataclass(frozen=True, slots=True)
class GoalForm:
    """What somebody typed."""

    statement: str
    why: str
    target: date | None


# --- a junior's goals ----------------------------------------------------------------------------


def own(site: Site, by: Member) -> tuple[GoalRecord, ...]:
    """A junior's goals in this programme: open ones first, by date, then what they reached."""
    need_role(by, "junior")
    mine = (kept.g.programme_id == by.programme_id) & (kept.g.person_id == by.person.id)
    with site.store.reading() as connection:
        return tuple(kept.goals(connection, mine))


def one(site: Site, goal_id: int, by: Member) -> GoalRecord:
    need_role(by, "junior")
    with site.store.reading() as connection:
        _own(connection, goal_id, by)
        found = kept.goals(connection, kept.g.id == goal_id)
    if not found:
        raise NotFound
    return found[0]


def add(site: Site, form: GoalForm, by: Member, now: datetime) -> int:
    """Set oneself a goal; its id.

    Raises:
        Misfilled: what is missing, too long or too far ahead, by field.
        Refused: too many are open already.
    """
    need_role(by, "junior")
    _check(form, now)
    with site.store.writing() as connection:
        _need_room(connection, by)
        goal_id = kept.add_goal(connection, by.programme_id, by.person.id, now, **_words(form))
        audit.note(connection, now, by, "goal.add", f"goal:{goal_id}")
    return goal_id


def change(site: Site, goal_id: int, form: GoalForm, by: Member, now: datetime) -> None:
    """
    Raises:
        Misfilled: as of `add`.
    """
    _check(form, now)
    with site.store.writing() as connection:
        _own(connection, goal_id, by)
        kept.change_goal(connection, goal_id, now, **_words(form))
        audit.note(connection, now, by, "goal.change", f"goal:{goal_id}")


def set_progress(site: Site, goal_id: int, percent: int, by: Member, now: datetime) -> int:
    """How far somebody has come, in per cent; at 100 the goal is reached. Answers how far it was before.

    Raises:
        Misfilled: it is more than 100.
        Refused: it is open again by this, and too many are.
    """
    if not 0 <= percent <= REACHED:
        raise Misfilled({"progress": "Please give 0 to 100 per cent."})
    with site.store.writing() as connection:
        before = _own(connection, goal_id, by)
        if before.is_reached and percent < REACHED:
            _need_room(connection, by)
        reached_at = now if percent == REACHED else None
        kept.change_goal(connection, goal_id, now, progress=percent, reached_at=reached_at)
        audit.note(connection, now, by, "goal.progress", f"goal:{goal_id}")
    return before.progress


def let_go(site: Site, goal_id: int, by: Member, now: datetime) -> None:
    """Nobody is asked why, and nobody reads it any more."""
    with site.store.writing() as connection:
        _own(connection, goal_id, by)
        kept.change_goal(connection, goal_id, now, dropped_at=now)
        audit.note(connection, now, by, "goal.let_go", f"goal:{goal_id}")


def take_up_again(site: Site, goal_id: int, by: Member, now: datetime) -> None:
    """Undo `let_go`."""
    with site.store.writing() as connection:
        before = _own(connection, goal_id, by)
        if not before.is_reached:
            _need_room(connection, by)
        kept.change_goal(connection, goal_id, now, dropped_at=None)
        audit.note(connection, now, by, "goal.take_up", f"goal:{goal_id}")


def _own(connection: Connection, goal_id: int, by: Member) -> Whose:
    need_role(by, "junior")
    found = kept.goal(connection, goal_id)
    if found is None or found.person_id is None:
        raise NotFound
    need_self(by, found.person_id)
    need_programme(by, found.programme_id)
    return found


def _need_room(connection: Connection, by: Member) -> None:
    if kept.count_open(connection, by.programme_id, by.person.id) >= MOST_GOALS:
        raise Refused(NO_ROOM)


def _words(form: GoalForm) -> dict[str, Any]:
    return {"statement": form.statement, "why": form.why, "target": form.target}


def mistakes_in(form: GoalForm, now: datetime) -> dict[str, str]:
    """What is wrong with a goal or an objective, by field. A date that is over is not: it was ahead once."""
    mistakes = {}
    if not form.statement:
        mistakes["statement"] = "Please say it in a sentence."
    elif len(form.statement) > LONGEST_STATEMENT:
        mistakes["statement"] = f"Please keep this under {LONGEST_STATEMENT} characters."
    if len(form.why) > LONGEST_WHY:
        mistakes["why"] = f"Please keep this under {LONGEST_WHY} characters."
    if form.target is not None and abs(form.target - now.date()) > FURTHEST:
        mistakes["target"] = "Please give a date within the next five years, or none."
    return mistakes


def _check(form: GoalForm, now: datetime) -> None:
    if mistakes := mistakes_in(form, now):
        raise Misfilled(mistakes)


def counts(site: Site, by: Member, now: datetime) -> GoalCountRecord | None:
    """At least how many goals the juniors have who are in an admin's programme now; no word of any.

    None: fewer than five of them have one. Promised is that each figure is a sum over five people or more,
    who are there. It follows the day, so it moves when somebody sets or reaches a goal, joins or leaves: all
    figures are told in full fives only, so that mostly one person moves none of them. Not promised is that
    none ever does: whoever keeps a figure and sees the next one fall by five as somebody leaves knows that
    they had a goal, of which kind, and no word of it.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        figures = kept.counted(connection, by.programme_id, now.date())
    if figures[0] < LEAST:
        return None
    return GoalCountRecord(*map(in_full_fives, figures))


# --- a programme's objectives --------------------------------------------------------------------


def objectives(site: Site, by: Member) -> tuple[ObjectiveRecord, ...]:
    """A programme's objectives: open ones first, in order, then what was reached."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.objectives(connection, by.programme_id))


def objective(site: Site, objective_id: int, by: Member) -> ObjectiveRecord:
    """
    Raises:
        NotFound: there is none, it was ended, or it is another programme's.
    """
    for each in objectives(site, by):
        if each.id == objective_id:
            return each
    raise NotFound


def add_objective(
    site: Site, form: GoalForm, kinds: frozenset[SessionKind], by: Member, now: datetime
) -> int:
    """Give the programme something to work towards; its id.

    Args:
        kinds: those that serve it; none: all do.
    """
    need_role(by, "admin")
    _check(form, now)
    with site.store.writing() as connection:
        _need_room_for_objective(connection, by)
        made = kept.add_objective(
            connection, by.programme_id, form.statement, form.why, kinds, form.target, now
        )
        audit.note(connection, now, by, "objective.add", f"objective:{made}")
    return made


def change_objective(
    site: Site,
    objective_id: int,
    form: GoalForm,
    kinds: frozenset[SessionKind],
    by: Member,
    now: datetime,
) -> None:
    _check(form, now)
    _change(site, objective_id, by, now, "change", **_words(form), kinds=sorted(kinds))


def reach_objective(site: Site, objective_id: int, by: Member, now: datetime) -> None:
    """From now on no session is for it."""
    _change(site, objective_id, by, now, "reach", reached_at=now)


def end_objective(site: Site, objective_id: int, by: Member, now: datetime) -> None:
    """It is no longer worked towards; no session is for it."""
    _change(site, objective_id, by, now, "end", dropped_at=now)


def reopen_objective(site: Site, objective_id: int, by: Member, now: datetime) -> None:
    """Undo `reach_objective` or `end_objective`."""
    _change(
        site,
        objective_id,
        by,
        now,
        "reopen",
        _need_room_for_objective,
        reached_at=None,
        dropped_at=None,
    )


def move_objective(site: Site, objective_id: int, places: int, by: Member, now: datetime) -> None:
    """Let an open objective come so many places later; below 0 sooner. At either end it stays there."""
    with site.store.writing() as connection:
        _objective(connection, objective_id, by)
        order = [each.id for each in kept.open_objectives(connection, [by.programme_id])[by.programme_id]]
        if objective_id not in order:
            raise NotFound
        at = order.index(objective_id)
        order.insert(max(0, min(at + places, len(order) - 1)), order.pop(at))
        kept.put_in_order(connection, order)
        audit.note(connection, now, by, "objective.move", f"objective:{objective_id}")


def _change(
    site: Site,
    objective_id: int,
    by: Member,
    now: datetime,
    verb: str,
    check: Callable[[Connection, Member], None] | None = None,
    **values: object,
) -> None:
    with site.store.writing() as connection:
        _objective(connection, objective_id, by)
        if check is not None:
            check(connection, by)
        kept.change_objective(connection, objective_id, **values)
        audit.note(connection, now, by, f"objective.{verb}", f"objective:{objective_id}")


def _objective(connection: Connection, objective_id: int, by: Member) -> Whose:
    need_role(by, "admin")
    found = kept.objective(connection, objective_id)
    if found is None:
        raise NotFound
    need_programme(by, found.programme_id)
    return found


def _need_room_for_objective(connection: Connection, by: Member) -> None:
    standing = kept.open_objectives(connection, [by.programme_id])[by.programme_id]
    if len(standing) >= MOST_OBJECTIVES:
        raise Refused(NO_ROOM_FOR_OBJECTIVE)

"""Reading the planner's documents for a command: a bad one ends it with 2 and every mistake."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from planner.domain import Plan, PlanningProblem

#: What a shell calls a command that was called wrongly.
MISUSED = 2

#: A document to read; - is standard input.
DOCUMENT = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)


def problem_from(path: str) -> PlanningProblem:
    from planner.documents import read_problem
    from planner.errors import InvalidProblem

    try:
        return read_problem(_bytes_of(path), _name_of(path))
    except InvalidProblem as why:
        refuse(why.mistakes)


def previous_from(path: str, problem: PlanningProblem) -> Plan:
    """A plan before of this problem or of an earlier one; what is not in this one is told and ignored."""
    from planner.phrases import joined

    plan = _any_plan_from(path)
    placed = [placement.session for placement in plan.placements]
    wrong = [
        f"sessions[{number}].id: {id_} is placed twice"
        for number, id_ in enumerate(placed)
        if id_ in placed[:number]
    ]
    if wrong:
        refuse(f"{_name_of(path)}: {each}" for each in wrong)
    unknown = [id_ for id_ in placed if id_ not in problem.session_by_id]
    if unknown:
        count = "a session" if len(unknown) == 1 else f"{len(unknown)} sessions"
        click.echo(f"{_name_of(path)}: the problem does not have {count} of it: {joined(unknown)}", err=True)
    return plan


def plan_from(path: str, problem: PlanningProblem) -> Plan:
    """A plan of this problem: everything it places and everybody it names is there."""
    plan = _any_plan_from(path)
    strangers = list(_strangers(plan, problem))
    if strangers:
        refuse(f"{_name_of(path)}: {each}; is it a plan of another problem?" for each in strangers)
    return plan


def _any_plan_from(path: str) -> Plan:
    from planner.documents import read_plan
    from planner.errors import InvalidPlan

    try:
        return read_plan(_bytes_of(path), _name_of(path))
    except InvalidPlan as why:
        refuse(why.broken)


def _strangers(plan: Plan, problem: PlanningProblem) -> Iterable[str]:
    """Ids of a plan that its problem does not have."""
    for number, placement in enumerate(plan.placements):
        if placement.session not in problem.session_by_id:
            yield f'sessions[{number}].id: the problem has no session "{placement.session}"'
        if placement.room is not None and placement.room not in problem.room_by_id:
            yield f'sessions[{number}].room: the problem has no room "{placement.room}"'
        for who in placement.juniors:
            if who not in problem.person_by_id:
                yield f'sessions[{number}].juniors: the problem has no person "{who}"'


def refuse(mistakes: Iterable[str]) -> NoReturn:
    for mistake in mistakes:
        click.echo(mistake, err=True)
    raise SystemExit(MISUSED)


def _bytes_of(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _name_of(path: str) -> str:
    return "standard input" if path == "-" else path

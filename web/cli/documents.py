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


def plan_from(path: str, problem: PlanningProblem) -> Plan:
    """A plan of this problem: everything it places and everybody it names is there."""
    from planner.documents import read_plan
    from planner.errors import InvalidPlan

    try:
        plan = read_plan(_bytes_of(path), _name_of(path))
    except InvalidPlan as why:
        refuse(why.broken)
    strangers = list(_strangers(plan, problem))
    if strangers:
        refuse(f"{_name_of(path)}: {each}; is it a plan of another problem?" for each in strangers)
    return plan


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

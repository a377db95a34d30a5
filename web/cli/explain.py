"""`officeday explain`: why a session stands where it does or nowhere, and why not another day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from web.cli.documents import DOCUMENT, plan_from, problem_from

if TYPE_CHECKING:
    from planner.domain import Placement, Plan, PlanningProblem, Session


@click.command(short_help="Say why a plan has a session where it has it, or nowhere.")
@click.argument("problem", type=DOCUMENT)
@click.argument("plan", type=DOCUMENT)
@click.option("--session", "session_id", metavar="ID", help="Where is this session, or what keeps it out?")
@click.option("--senior", metavar="ID", help="Why has this senior no day …")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="… on this date, such as 2027-03-09?")
@click.option(
    "--viewer",
    metavar="PERSON_ID",
    help="Say only what this person may be told: their own constraints, and counts. "
    "Without it, all that an admin may know.",
)
def explain(
    problem: str,
    plan: str,
    session_id: str | None,
    senior: str | None,
    day: datetime | None,
    viewer: str | None,
) -> None:
    """Explain PLAN, which `officeday solve` made of PROBLEM: one session, or one senior's date.

    A session that is placed is said to be, with when, where and with whom; one that is not, with what
    keeps it out and the smallest change that would let it in. Nothing is planned anew.

    Either file may be -, standard input. A wrong id or a bad file exits 2 and says what and where.

    \b
    Examples:
      officeday explain problem.json plan.json --session lunch-7
      officeday explain problem.json plan.json --senior priya --day 2027-03-09
      officeday explain problem.json plan.json --senior priya --day 2027-03-09 --viewer priya
    """
    _check_question(problem, plan, session_id, senior, day)
    asked = problem_from(problem)
    answered = plan_from(plan, asked)
    if viewer is not None:
        _need(viewer, asked.person_by_id, "person", "--viewer")
    if session_id is not None:
        _need(session_id, asked.session_by_id, "session", "--session")
        click.echo(_of_session(asked, answered, asked.session_by_id[session_id], viewer))
    elif senior is not None and day is not None:
        _check_day(asked, senior, day.date())
        click.echo(_of_day(asked, answered, senior, day.date(), viewer))


def _check_question(
    problem: str, plan: str, session_id: str | None, senior: str | None, day: datetime | None
) -> None:
    whole_day = senior is not None and day is not None
    part_of_day = senior is not None or day is not None
    if (session_id is not None) == part_of_day or part_of_day != whole_day:
        raise click.UsageError("Ask about one session (--session ID), or one date (--senior ID --day DATE).")
    if problem == plan == "-":
        raise click.UsageError("Only one of the two documents can come from standard input.")


def _check_day(problem: PlanningProblem, senior: str, day: date) -> None:
    from planner.phrases import span_words

    seniors = {session.senior for session in problem.sessions}
    _need(senior, seniors, "senior of a session", "--senior")
    if not problem.first_day <= day <= problem.last_day:
        window = f"{span_words(problem.first_day, problem.last_day)} {problem.last_day.year}"
        raise click.BadParameter(f"{day} is outside the planning window, {window}.", param_hint="--day")


def _need(id_: str, known: Collection[str], what: str, option: str) -> None:
    if id_ in known:
        return
    near = get_close_matches(id_, known, n=1)
    meant = f' Did you mean "{near[0]}"?' if near else ""
    raise click.BadParameter(f'no {what} of the problem has the id "{id_}".{meant}', param_hint=option)


def _of_session(problem: PlanningProblem, plan: Plan, session: Session, viewer: str | None) -> str:
    from planner.explain import why_conflicting, why_unplaced

    placement = plan.placement_of.get(session.id)
    if placement is None:
        return _sentence(session.id, why_unplaced(problem, plan.placements, session.id, viewer=viewer))
    said = _placed(problem, session, placement)
    if session.fixed is not None and any(each.session == session.id for each in plan.conflicts):
        said += f"; no longer possible: {why_conflicting(problem, session.id, viewer=viewer)}"
    return _sentence(session.id, said)


def _placed(problem: PlanningProblem, session: Session, placement: Placement) -> str:
    """ "placed on 9 March, 12:00–13:00 (Europe/London), in London, room oak, led by ada, with ben"."""
    from planner.phrases import day_words
    from web.words import listed

    zone = problem.zone_of(session)
    when = placement.interval(session.minutes)
    start, end = (each.astimezone(ZoneInfo(zone)) for each in (when.start, when.end))
    where = "online" if session.office is None else f"in {session.office}"
    room = f", room {placement.room}" if placement.room is not None else ""
    crowd = f", with {listed(placement.juniors)}" if placement.juniors else ""
    how = "agreed and placed" if session.fixed is not None else "placed"
    hours = f"{start:%H:%M}–{end:%H:%M} ({zone})"
    return f"{how} on {day_words(start.date())}, {hours}, {where}{room}, led by {session.senior}{crowd}"


def _of_day(problem: PlanningProblem, plan: Plan, senior: str, day: date, viewer: str | None) -> str:
    from planner.explain import why_not_day

    return _sentence(senior, why_not_day(problem, plan, senior, day, viewer=viewer))


def _sentence(about: str, reason: str) -> str:
    return f"{about}: {reason}."

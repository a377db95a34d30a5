"""/goals, /admin/programme/objectives: what juniors work towards, and what their programme does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain import SessionKind
from web import words
from web.errors import Misfilled, Refused
from web.operations import goals, preparation
from web.operations.goals import LONGEST_STATEMENT, LONGEST_WHY, REACHED, GoalForm
from web.pages.exports import Cell, as_csv, instant, wants_csv
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, own_day, site
from web.records import GoalRecord, Member, ObjectiveRecord

pages = Blueprint("goals", __name__)

#: What a goal can sound like, for whoever has none; a click puts it into the form, where it can be changed.
STARTERS = (
    "Lead a piece of work from the first conversation to the last",
    "Explain what I do to people who do something else",
    "Find out in which direction I would like to grow next",
)
#: The same for a programme.
STARTERS_OF_PROGRAMME = (
    "Everybody who joins knows three people outside their team after six months",
    "Juniors ask for help on the day they need it",
    "What our most experienced people know is known by two others",
)

#: How far one has come, in a tap each.
STEPS = (0, 25, 50, 75)


def _typed() -> tuple[Form, GoalForm]:
    """A goal or an objective as it was typed, with every mistake in it collected."""
    form = Form(request.form)
    typed = GoalForm(
        statement=form.text("statement", most=LONGEST_STATEMENT),
        why=form.prose("why", LONGEST_WHY, needed=False),
        target=form.day("target") if form.has("target") else None,
    )
    found = {} if "target" in form.mistakes else goals.mistakes_in(typed, site().now())
    form.mistakes = found | form.mistakes
    return form, typed


# --- a junior's ----------------------------------------------------------------------------------


@pages.get("/goals")
@member_required("junior")
def mine(by: Member) -> str:
    return _mine(by, {})


@pages.post("/goals")
@member_required("junior")
def add(by: Member) -> Response | tuple[str, int]:
    form, typed = _typed()
    try:
        form.done()
        goals.add(site(), typed, by, site().now())
    except Misfilled as misfilled:
        return _mine(by, misfilled.mistakes), 422
    except Refused as refused:
        return _mine(by, {"new": str(refused)}), 409
    done("Your goal stands. Whoever meets you next can prepare for it.")
    return redirect(url_for("goals.mine"), 303)


@pages.get("/goals/<int:goal_id>")
@member_required("junior")
def one(by: Member, goal_id: int) -> str:
    return _one(goals.one(site(), goal_id, by), {})


@pages.post("/goals/<int:goal_id>")
@member_required("junior")
def change(by: Member, goal_id: int) -> Response | tuple[str, int]:
    found = goals.one(site(), goal_id, by)
    form, typed = _typed()
    try:
        form.done()
        goals.change(site(), goal_id, typed, by, site().now())
    except Misfilled as misfilled:
        return _one(found, misfilled.mistakes), 422
    done("Your goal is changed.")
    return redirect(url_for("goals.mine"), 303)


@pages.post("/goals/<int:goal_id>/progress")
@member_required("junior")
def set_progress(by: Member, goal_id: int) -> Response:
    form = Form(request.form)
    percent = form.whole("progress")
    form.done()
    before = goals.set_progress(site(), goal_id, percent, by, site().now())
    said = "You reached it. Well done!" if percent == REACHED else f"Noted: {percent} % of the way."
    if percent != before:
        done(said, undo=url_for("goals.set_progress", goal_id=goal_id), progress=before)
    return redirect(url_for("goals.mine"), 303)


@pages.post("/goals/<int:goal_id>/let-go")
@member_required("junior")
def let_go(by: Member, goal_id: int) -> Response:
    goals.let_go(site(), goal_id, by, site().now())
    done(
        "You let it go, and that is fine. Nobody reads it any more.",
        undo=url_for("goals.take_up_again", goal_id=goal_id),
    )
    return redirect(url_for("goals.mine"), 303)


@pages.post("/goals/<int:goal_id>/again")
@member_required("junior")
def take_up_again(by: Member, goal_id: int) -> Response:
    goals.take_up_again(site(), goal_id, by, site().now())
    done("It is back among your goals.")
    return redirect(url_for("goals.mine"), 303)


def _mine(by: Member, mistakes: dict[str, str]) -> str:
    today = own_day(by.person, site().now())
    return render_template("junior/goals.html", **shown(goals.own(site(), by), mistakes), today=today)


def shown(own: tuple[GoalRecord, ...], mistakes: dict[str, str]) -> dict[str, object]:
    working_on = [goal for goal in own if goal.reached_at is None]
    return {
        "working_on": working_on,
        "no_room": goals.NO_ROOM if len(working_on) >= goals.MOST_GOALS else "",
        "reached": [goal for goal in own if goal.reached_at is not None],
        "starters": STARTERS,
        "steps": STEPS,
        "most": (LONGEST_STATEMENT, LONGEST_WHY),
        "mistakes": mistakes,
    }


def _one(goal: GoalRecord, mistakes: dict[str, str]) -> str:
    most = (LONGEST_STATEMENT, LONGEST_WHY)
    return render_template("junior/goal.html", goal=goal, most=most, mistakes=mistakes)


# --- the programme's -----------------------------------------------------------------------------


#: "; " stands between kinds; none there: all of them.
OBJECTIVES = ["objective", "why", "kinds", "by when", "reached at"]


@pages.get("/admin/programme/objectives")
@member_required("admin")
def objectives(by: Member) -> str | Response:
    if wants_csv():
        return as_csv("objectives", OBJECTIVES, _lines(goals.objectives(site(), by)))
    return _objectives(by, {})


def _lines(some: Iterable[ObjectiveRecord]) -> Iterator[list[Cell]]:
    for each in some:
        kinds = "; ".join(words.KINDS[kind] for kind in SessionKind if kind in each.kinds)
        yield [
            each.statement,
            each.why,
            kinds,
            each.target.isoformat() if each.target else "",
            instant(each.reached_at),
        ]


@pages.post("/admin/programme/objectives")
@member_required("admin")
def add_objective(by: Member) -> Response | tuple[str, int]:
    form, typed = _typed()
    try:
        kinds = _kinds(form)
        goals.add_objective(site(), typed, kinds, by, site().now())
    except Misfilled as misfilled:
        return _objectives(by, misfilled.mistakes), 422
    except Refused as refused:
        return _objectives(by, {"new": str(refused)}), 409
    done("Added. From now on the sessions that serve it name it.")
    return redirect(url_for("goals.objectives"), 303)


@pages.get("/admin/programme/objectives/<int:objective_id>")
@member_required("admin")
def objective(by: Member, objective_id: int) -> str:
    return _objective(goals.objective(site(), objective_id, by), {})


@pages.post("/admin/programme/objectives/<int:objective_id>")
@member_required("admin")
def change_objective(by: Member, objective_id: int) -> Response | tuple[str, int]:
    found = goals.objective(site(), objective_id, by)
    form, typed = _typed()
    try:
        kinds = _kinds(form)
        goals.change_objective(site(), objective_id, typed, kinds, by, site().now())
    except Misfilled as misfilled:
        return _objective(found, misfilled.mistakes), 422
    done("The objective is changed.")
    return redirect(url_for("goals.objectives"), 303)


@pages.post("/admin/programme/objectives/<int:objective_id>/sooner")
@member_required("admin")
def sooner(by: Member, objective_id: int) -> Response:
    goals.move_objective(site(), objective_id, -1, by, site().now())
    return redirect(url_for("goals.objectives"), 303)


@pages.post("/admin/programme/objectives/<int:objective_id>/later")
@member_required("admin")
def later(by: Member, objective_id: int) -> Response:
    goals.move_objective(site(), objective_id, 1, by, site().now())
    return redirect(url_for("goals.objectives"), 303)


@pages.post("/admin/programme/objectives/<int:objective_id>/reached")
@member_required("admin")
def reach_objective(by: Member, objective_id: int) -> Response:
    goals.reach_objective(site(), objective_id, by, site().now())
    undo = url_for("goals.reopen_objective", objective_id=objective_id)
    done("Reached. Well done, all of you!", undo=undo)
    return redirect(url_for("goals.objectives"), 303)


@pages.post("/admin/programme/objectives/<int:objective_id>/end")
@member_required("admin")
def end_objective(by: Member, objective_id: int) -> Response:
    goals.end_objective(site(), objective_id, by, site().now())
    undo = url_for("goals.reopen_objective", objective_id=objective_id)
    done("Ended: no session names it any more.", undo=undo)
    return redirect(url_for("goals.objectives"), 303)


@pages.post("/admin/programme/objectives/<int:objective_id>/again")
@member_required("admin")
def reopen_objective(by: Member, objective_id: int) -> Response:
    goals.reopen_objective(site(), objective_id, by, site().now())
    done("It is among the objectives again.")
    return redirect(url_for("goals.objectives"), 303)


def _kinds(form: Form) -> frozenset[SessionKind]:
    """The kinds ticked; all of them together are the same as none: every kind serves it."""
    chosen = form.chosen("kinds", [*SessionKind])
    form.done()
    return frozenset(map(SessionKind, chosen)) if len(chosen) < len(SessionKind) else frozenset()


def _objectives(by: Member, mistakes: dict[str, str]) -> str:
    found = goals.objectives(site(), by)
    return render_template(
        "admin/objectives.html",
        **shown_objectives(found, mistakes),
        counts=goals.counts(site(), by, site().now()),
        groups=preparation.groups_ahead(site(), by, site().now()),
        today=own_day(by.person, site().now()),
    )


def shown_objectives(found: tuple[ObjectiveRecord, ...], mistakes: dict[str, str]) -> dict[str, object]:
    working_on = [each for each in found if each.reached_at is None]
    return {
        "working_on": working_on,
        "no_room": goals.NO_ROOM_FOR_OBJECTIVE if len(working_on) >= goals.MOST_OBJECTIVES else "",
        "reached": [each for each in found if each.reached_at is not None],
        "starters": STARTERS_OF_PROGRAMME,
        "all_kinds": tuple(words.KINDS),
        "most": (LONGEST_STATEMENT, LONGEST_WHY),
        "mistakes": mistakes,
    }


def _objective(found: ObjectiveRecord, mistakes: dict[str, str]) -> str:
    return render_template(
        "admin/objective.html",
        objective=found,
        all_kinds=tuple(words.KINDS),
        most=(LONGEST_STATEMENT, LONGEST_WHY),
        mistakes=mistakes,
    )

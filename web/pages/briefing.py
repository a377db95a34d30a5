"""/sessions/…/briefing: what helps before a session, for its senior and for each junior in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.lifecycle import ProposalState
from web.errors import Misfilled
from web.guides import Step
from web.operations import preparation, purposes
from web.operations.preparation import LONGEST_STEP, MOST_STEPS, Briefing
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, members, own_day, site
from web.records import Member, ProposalRecord, SessionRecord

pages = Blueprint("briefing", __name__, url_prefix="/sessions/<path:session_id>")

#: An agenda is at most so long, in characters.
LONGEST_AGENDA = MOST_STEPS * (LONGEST_STEP + 10)


@pages.get("/briefing")
@member_required(None, assistants=True)
def show(by: Member, session_id: str) -> str:
    return _page(by, session_id, {})


@pages.post("/briefing/purpose")
@member_required(None, assistants=True)
def choose(by: Member, session_id: str) -> Response:
    value = Form(request.form).text("serves", needed=False)
    before, part = preparation.choose(site(), session_id, value, _memberships(by), site().now())
    if value != before:
        undo = url_for("briefing.choose", session_id=session_id)
        done("What this session is for is changed; everybody in it reads it.", undo, serves=before)
    if part == "admin":
        return redirect(url_for("goals.objectives"), 303)
    return redirect(url_for("briefing.show", session_id=session_id), 303)


@pages.post("/briefing/agenda")
@member_required(None, assistants=True)
def change_agenda(by: Member, session_id: str) -> Response | tuple[str, int]:
    form = Form(request.form)
    try:
        typed = form.several_lines("agenda", LONGEST_AGENDA)
        form.done()
        before = preparation.change_agenda(site(), session_id, typed, _memberships(by), site().now())
    except Misfilled as misfilled:
        return _page(by, session_id, misfilled.mistakes), 422
    _agenda_done("The agenda is changed. Everybody in it can read it.", session_id, before)
    return redirect(url_for("briefing.show", session_id=session_id), 303)


@pages.post("/briefing/agenda/usual")
@member_required(None, assistants=True)
def usual_agenda(by: Member, session_id: str) -> Response:
    before = preparation.change_agenda(site(), session_id, None, _memberships(by), site().now())
    _agenda_done("The usual agenda counts again.", session_id, before)
    return redirect(url_for("briefing.show", session_id=session_id), 303)


def _agenda_done(text: str, session_id: str, before: str | None) -> None:
    if before is None:
        done(text, undo=url_for("briefing.usual_agenda", session_id=session_id))
    else:
        done(text, undo=url_for("briefing.change_agenda", session_id=session_id), agenda=before)


def _memberships(by: Member) -> list[Member]:
    """What they are in which programme, as which they chose to be here first."""
    return [by, *(each for each in members() if each != by)]


def _page(by: Member, session_id: str, mistakes: dict[str, str]) -> str:
    found, g.acting = preparation.briefing(site(), session_id, _memberships(by), site().now())
    today = own_day(g.acting.person, site().now())
    return render_template("everybody/briefing.html", **shown(found, mistakes), today=today)


def shown(found: Briefing, mistakes: dict[str, str]) -> dict[str, object]:
    return {
        "briefing": found,
        "steps": timed(found.session.start, found.agenda),
        "typed": preparation.as_typed(found.agenda),
        "most": LONGEST_AGENDA,
        "mistakes": mistakes,
    }


def on_days(by: Member, days: Iterable[ProposalRecord]) -> dict[str, object]:
    """What the sessions of a senior's days are for, and which of them have a briefing."""
    some = list(days)
    agreed = [
        session
        for day in some
        if day.state == ProposalState.APPROVED
        for session in day.sessions
        if session.id not in day.left_out
    ]
    return {
        "purposes": purposes.on_a_page(site(), (each for day in some for each in day.sessions), by),
        "briefed": still_ahead(agreed),
    }


def still_ahead(agreed: Iterable[SessionRecord]) -> frozenset[str]:
    """Agreed sessions that are not over, whose briefing can be read."""
    now = site().now()
    return frozenset(each.id for each in agreed if each.end > now)


def timed(start: datetime, agenda: tuple[Step, ...]) -> list[tuple[datetime, Step]]:
    """When each step of an agenda begins."""
    ends = [sum(step.minutes for step in agenda[:n]) for n in range(len(agenda))]
    return [(start + timedelta(minutes=after), step) for after, step in zip(ends, agenda, strict=True)]

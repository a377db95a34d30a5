"""Questions about what is agreed, from a mail or one's own page; and "I can't come today".

Mail scanners open links, so GET and HEAD change nothing.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import words
from web.errors import NotFound
from web.operations import absence, day_questions, seats
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import home, member_required, site
from web.records import DayOffRecord, DayQuestionRecord, Member

pages = Blueprint("questions", __name__)

CHOICES = sorted({choice for some in words.DAY_CHOICES.values() for choice in some})


# --- questions -----------------------------------------------------------------------------------


@pages.get("/q/<token>")
def by_link(token: str) -> str:
    question = day_questions.by_link(site(), token, site().now())
    return _page(question, url_for("questions.answer_by_link", token=token))


@pages.post("/q/<token>")
def answer_by_link(token: str) -> Response:
    choice, day = _answer()
    day_questions.answer_by_link(site(), token, choice, day, site().now())
    return redirect(url_for("questions.by_link", token=token), 303)


@pages.get("/questions/<int:question_id>")
@member_required(None, assistants=True)
def show(by: Member, question_id: int) -> str:
    question = day_questions.one(site(), question_id, by, site().now())
    return _page(question, url_for("questions.answer", question_id=question_id))


@pages.post("/questions/<int:question_id>")
@member_required(None, assistants=True)
def answer(by: Member, question_id: int) -> Response:
    choice, day = _answer()
    said = day_questions.answer(site(), question_id, choice, day, by, site().now())
    done(words.DAY_CHOSEN[said])
    return redirect(home(), 303)


def _page(question: DayQuestionRecord, decides: str) -> str:
    choices = day_questions.other_days(site(), question, site().now())
    return render_template("questions/show.html", question=question, decides=decides, choices=choices)


def _answer() -> tuple[str, date | None]:
    form = Form(request.form)
    choice = form.one_of("choice", CHOICES)
    day = form.day("day") if "day" in request.form else None
    form.done()
    return choice, day


# --- "I can't come today" ------------------------------------------------------------------------


@pages.get("/days/<int:proposal_id>/cant-come")
@member_required("senior")
def confirm_day(by: Member, proposal_id: int) -> str:
    day = absence.of_senior(site(), proposal_id, by, site().now())
    back = url_for("senior.day", proposal_id=proposal_id)
    return render_template("questions/cant_come.html", day=day, here="senior.days", back=back)


@pages.post("/days/<int:proposal_id>/cant-come")
@member_required("senior")
def give_up_day(by: Member, proposal_id: int) -> Response:
    online = Form(request.form).several("online")
    day = absence.senior_cannot_come(site(), proposal_id, online, by, site().now())
    kept = sum(each.id in online for each in day.sessions)
    done(_said_of_day(day, kept))
    return redirect(url_for("senior.days"), 303)


def _said_of_day(day: DayOffRecord, online: int) -> str:
    """ "Two sessions are online now and one is called off. Everybody has been told."."""
    off = len(day.sessions) - online
    parts = [
        f"{words.counted_words(online, 'session')} {'is' if online == 1 else 'are'} online" if online else "",
        f"{words.counted_words(off, 'session')} {'is' if off == 1 else 'are'} called off" if off else "",
    ]
    said = words.sentence(words.listed([part for part in parts if part]))
    return f"{said}, and everybody is being told. {'The turns come again.' if off else ''}".strip()


@pages.get("/sessions/cant-come/<day>")
@member_required("junior")
def confirm_seats(by: Member, day: str) -> str:
    found = absence.of_junior(site(), _date(day), by, site().now())
    back = url_for("junior.sessions")
    return render_template("questions/cant_come.html", day=found, here="junior.sessions", back=back)


@pages.post("/sessions/cant-come/<day>")
@member_required("junior")
def give_up_seats(by: Member, day: str) -> Response:
    found = absence.junior_cannot_come(site(), _date(day), by, site().now())
    ids = [session.id for session in found.sessions]
    stands = seats.still_standing(site(), ids, site().now())
    done(
        f"You gave {words.counted_words(len(ids), 'seat')} back, and whoever has to know is being told. "
        "That costs nothing: your turn comes again.",
        undo=url_for("junior.take_back", session_id=ids[0]) if stands == set(ids) and len(ids) == 1 else None,
        label="I can come after all",
    )
    return redirect(url_for("junior.sessions"), 303)


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise NotFound from None

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


#: What an undo cannot take back.
IF_UNDONE = (
    " If you can come after all, everybody is invited anew if it still fits; whoever had booked a seat "
    "would have to book again."
)

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
    form = Form(request.form)
    online = form.several("online") if form.ticked("chosen") else None  # None: in one tap
    day = absence.senior_cannot_come(site(), proposal_id, online, by, site().now())
    stands = seats.still_standing(site(), [each.id for each in day.sessions], site().now())
    again = absence.can_take_back(site(), proposal_id, by, site().now())
    done(
        f"{_said_of_day(day, len(stands))}{IF_UNDONE if again else ''}",
        undo=url_for("questions.take_day_back", proposal_id=proposal_id) if again else None,
        label="I can come after all",
    )
    return redirect(url_for("senior.days"), 303)


@pages.post("/days/<int:proposal_id>/cant-come/undo")
@member_required("senior")
def take_day_back(by: Member, proposal_id: int) -> Response:
    absence.senior_can_come(site(), proposal_id, by, site().now())
    done(
        "Good that you can come. Calendars are being read once more: if it still fits it is agreed again, "
        "else you are asked about the next best."
    )
    return redirect(url_for("senior.day", proposal_id=proposal_id), 303)


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
    fell = len(ids) - len(stands)
    gone = (
        f" {words.sentence(words.counted_words(fell, 'session'))} cannot be held without you." if fell else ""
    )
    day_name = words.long_day(found.day)
    done(
        f"You are not expected on {day_name} any more, and whoever has to know is being told."
        f"{gone} That costs nothing: your turn comes again.",
        undo=url_for("questions.take_seats_back", day=found.day) if stands else None,
        label="I can come after all",
    )
    return redirect(url_for("junior.sessions"), 303)


@pages.post("/sessions/cant-come/<day>/undo")
@member_required("junior")
def take_seats_back(by: Member, day: str) -> Response:
    seated, waiting = absence.junior_can_come(site(), _date(day), by, site().now())
    parts = [
        f"you have {words.counted_words(seated, 'seat')} again" if seated else "",
        f"you wait in line for {words.counted_words(waiting, 'seat')}" if waiting else "",
    ]
    says = words.listed([part for part in parts if part])
    done(f"Welcome back: {says}." if says else "Somebody else has your seat now. Your turn comes again.")
    return redirect(url_for("junior.sessions"), 303)


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise NotFound from None

"""Looking back: was it held, and who came. A senior's past days, and a junior's past sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import words
from web.operations import actions, attendance, evaluation, purposes, recognition
from web.operations.purposes import Purpose
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, own_day, site
from web.records import Member, PastSessionRecord
from web.store.attendance import Attendance, Begun, Outcome, Word

pages = Blueprint("attendance", __name__)

#: What a form says where nobody had said anything.
UNSAID = "unsaid"
PUT_BACK = "It stands as it did before."


@pages.get("/days/past")
@member_required("senior")
def days(by: Member) -> str:
    until = _until()
    past = attendance.past_days(site(), by, until)
    return render_template(
        "senior/past.html",
        **by_day(past, until, by),
        **_what_follows(past, by),
        **_how(past, by),
        purposes=_purposes(past, by),
        recognition=_recognition(by),
    )


def _recognition(by: Member) -> recognition.Recognition | None:
    """For the senior's own eyes: whoever acts for them does not see it."""
    return None if by.behind else recognition.of_senior(site(), by, site().now())


@pages.get("/sessions/past")
@member_required("junior")
def sessions(by: Member) -> str:
    until = _until()
    past = attendance.past_sessions(site(), by, until)
    return render_template(
        "junior/past.html",
        **by_day(past, until, by),
        **_what_follows(past, by),
        **_how(past, by),
        purposes=_purposes(past, by),
    )


def by_day(past: tuple[PastSessionRecord, ...], until: datetime, by: Member) -> dict[str, object]:
    """The days, the newest first, each with its sessions in order of time; and where to look further back."""
    of_day: dict[date, list[PastSessionRecord]] = defaultdict(list)
    for each in sorted(past, key=lambda each: each.session.start):
        of_day[words.day_for(each.session, by.person)].append(each)
    days = sorted(of_day.items(), reverse=True)
    earlier = (until - attendance.PAGE).date()
    return {"days": days, "earlier": earlier, "until": until, "counts": recognition.counted(past)}


def _what_follows(past: tuple[PastSessionRecord, ...], by: Member) -> dict[str, object]:
    follow_ups = actions.of_sessions(site(), [each.session.id for each in past], by)
    return {"follow_ups": follow_ups, "today": own_day(by.person, site().now())}


def _purposes(past: tuple[PastSessionRecord, ...], by: Member) -> Mapping[str, Purpose]:
    """What served a goal, or would have; nothing of what did not take place."""
    took_place = (
        each.session for each in past if each.outcome is None or each.outcome.what != Outcome.FELL_THROUGH
    )
    return purposes.on_a_page(site(), took_place, by)


def _how(past: tuple[PastSessionRecord, ...], by: Member) -> dict[str, object]:
    """What its reader said of each session."""
    said = evaluation.said(site(), [each.session.id for each in past], by)
    return {"feedback": said, "longest": evaluation.LONGEST}


def _until() -> datetime:
    """The end of the page's stretch: now, or the end of the day that was asked for."""
    now = site().now()
    try:
        day = date.fromisoformat(request.args.get("before", ""))
        return min(now, datetime(day.year, day.month, day.day, tzinfo=now.tzinfo))
    except ValueError:
        return now


# --- what a senior says --------------------------------------------------------------------------


@pages.post("/days/past/all")
@member_required("senior")
def say_all_held(by: Member) -> Response:
    ids = Form(request.form).several("session")
    attendance.say_all_held(site(), ids, by, site().now())
    done(
        "Thank you. All of that day was held.",
        undo=url_for("attendance.take_all_back"),
        session=sorted(ids),
    )
    return redirect(url_for("attendance.days"), 303)


@pages.post("/days/past/all/undo")
@member_required("senior")
def take_all_back(by: Member) -> Response:
    attendance.take_all_back(site(), Form(request.form).several("session"), by, site().now())
    done(PUT_BACK)
    return redirect(url_for("attendance.days"), 303)


@pages.post("/days/past/<path:session_id>/outcome")
@member_required("senior")
def say_outcome(by: Member, session_id: str) -> Response:
    form = Form(request.form)
    said = form.one_of("said", [*Outcome])
    form.done()
    before = attendance.say_outcome(site(), session_id, said == Outcome.HELD, by, site().now())
    _done(said, "attendance.put_back", before)
    return redirect(url_for("attendance.days"), 303)


@pages.post("/days/past/<path:session_id>/attendance")
@member_required("senior")
def say_attendance(by: Member, session_id: str) -> Response:
    form = Form(request.form)
    person_id, said = form.whole("person"), form.one_of("said", [*Attendance])
    form.done()
    came = said == Attendance.CAME
    before = attendance.say_attendance(site(), session_id, person_id, came, by, site().now())
    _done(said, "attendance.put_back", before, person_id)
    return redirect(url_for("attendance.days"), 303)


@pages.post("/days/past/<path:session_id>/undo")
@member_required("senior")
def put_back(by: Member, session_id: str) -> Response:
    _put_back(session_id, by)
    return redirect(url_for("attendance.days"), 303)


# --- what a junior says --------------------------------------------------------------------------


@pages.post("/sessions/past/<path:session_id>/say")
@member_required("junior")
def say_as_junior(by: Member, session_id: str) -> Response:
    """One of: I was there, I was not, it did not happen; or that it took place whatever was said of it."""
    form = Form(request.form)
    said = form.one_of("said", [*Attendance, *Outcome])
    form.done()
    now = site().now()
    if said in [*Outcome]:
        before = attendance.say_outcome(site(), session_id, said == Outcome.HELD, by, now)
    else:
        came = said == Attendance.CAME
        before = attendance.say_attendance(site(), session_id, by.person.id, came, by, now)
    if said == Outcome.HELD and before.for_all is Outcome.FELL_THROUGH:
        done(words.PUT_RIGHT)  # what somebody else said is not this junior's to bring back
    else:
        _done(said, "attendance.put_back_as_junior", before, by.person.id)
    return redirect(url_for("attendance.sessions"), 303)


@pages.post("/sessions/past/<path:session_id>/undo")
@member_required("junior")
def put_back_as_junior(by: Member, session_id: str) -> Response:
    _put_back(session_id, by)
    return redirect(url_for("attendance.sessions"), 303)


def _done(said: str, undo: str, before: Begun, person_id: int | None = None) -> None:
    """Say thank you, with an undo that carries what was said before."""
    undo = url_for(undo, session_id=before.session_id)
    stands = attendance.standing_now(site(), before.session_id, site().now())
    done(words.said_of_past(said, stands), undo, "Undo", **before_fields(before, person_id))


def before_fields(before: Begun, person_id: int | None) -> dict[str, object]:
    """What was said of a session, and of a junior in it, as an undo sends it."""
    fields: dict[str, object] = {"outcome": before.for_all or UNSAID}
    if person_id is not None:
        fields |= {"person": person_id, "attendance": before.words[person_id] or UNSAID}
    return fields


def _put_back(session_id: str, by: Member) -> None:
    for_all, of_juniors = before_of_form()
    attendance.put_back(site(), session_id, for_all, of_juniors, by, site().now())
    done(PUT_BACK)


def before_of_form() -> tuple[Outcome | None, dict[int, Word | None]]:
    """The same from the form that an undo posts: what was said for all of it, and by junior."""
    form = Form(request.form)
    outcome = form.one_of("outcome", [*Outcome, UNSAID])
    of_juniors: dict[int, Word | None] = {}
    if form.ticked("person"):
        said = form.one_of("attendance", [*Word, UNSAID])
        of_juniors[form.whole("person")] = None if said in (UNSAID, "") else Word(said)
    form.done()
    return None if outcome == UNSAID else Outcome(outcome), of_juniors

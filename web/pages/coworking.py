"""A co-working session while it is on, for its senior: who is looked in on in this round, and who not.

Every round stands in the page, so that the module (`static/coworking.js`) only has to show the next one
when it begins; without it the page loads itself anew at that moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.operations import coworking
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import CoworkingRecord, Member

pages = Blueprint("coworking", __name__, url_prefix="/coworking")


@pages.get("/<path:session_id>")
@member_required("senior")
def show(by: Member, session_id: str) -> str:
    record = coworking.one(site(), session_id, by)
    return render_template("senior/coworking.html", **shown(record, site().now()))


def shown(record: CoworkingRecord, now: datetime) -> dict[str, object]:
    """What the page needs besides the record: the round that is on, and when the page changes next."""
    session = record.session
    on = next((each.number for each in record.rounds if each.start <= now < each.end), None)
    changes = [session.start - coworking.BEFORE, *(each.start for each in record.rounds), session.end]
    ahead = [moment for moment in changes if moment > now]
    return {
        "record": record,
        "now": now,
        "on": on,
        "is_open": coworking.is_open(session, now),
        "opens": session.start - coworking.BEFORE,
        "seconds": int((min(ahead) - now) / timedelta(seconds=1)) + 1 if ahead else None,
    }


@pages.post("/<path:session_id>/look-in")
@member_required("senior")
def look_in(by: Member, session_id: str) -> Response:
    person_id, number = _about()
    coworking.look_in(site(), session_id, person_id, number, by, site().now())
    return _back(session_id)


@pages.post("/<path:session_id>/take-back")
@member_required("senior")
def take_back(by: Member, session_id: str) -> Response:
    person_id, number = _about()
    coworking.take_back(site(), session_id, person_id, number, by, site().now())
    return _back(session_id)


@pages.post("/<path:session_id>/not-here")
@member_required("senior")
def not_here(by: Member, session_id: str) -> Response:
    person_id, _ = _about()
    coworking.say_here(site(), session_id, person_id, False, by, site().now())
    done(
        "Noted. It costs nobody anything: their turn comes again.",
        undo=url_for("coworking.here", session_id=session_id),
        person=person_id,
        round=0,
    )
    return _back(session_id)


@pages.post("/<path:session_id>/here")
@member_required("senior")
def here(by: Member, session_id: str) -> Response:
    person_id, _ = _about()
    coworking.say_here(site(), session_id, person_id, True, by, site().now())
    return _back(session_id)


def _about() -> tuple[int, int]:
    """The junior and the round that a button stands for."""
    form = Form(request.form)
    person_id, number = form.whole("person"), form.whole("round")
    form.done()
    return person_id, number


def _back(session_id: str) -> Response:
    return redirect(url_for("coworking.show", session_id=session_id), 303)

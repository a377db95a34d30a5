"""A junior's sessions: what is coming, open seats, and the lines for full ones."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from web import words
from web.operations import absence, day_questions, event_questions, seats
from web.pages.filters import done
from web.pages.signed_in import member_required, site
from web.records import Member, SeatRecord

pages = Blueprint("junior", __name__, url_prefix="/sessions")


@pages.get("")
@member_required("junior")
def sessions(by: Member) -> str:
    now = site().now()
    coming = seats.coming(site(), by, now)
    mine = {seat.session.id for seat in coming}
    open_seats = [seat for seat in seats.open_sessions(site(), by, now) if seat.session.id not in mine]
    links = event_questions.links(site(), [seat.session.id for seat in coming if seat.state != "waiting"])
    return render_template(
        "junior/sessions.html",
        **sorted_out(coming),
        open_seats=open_seats,
        links=links,
        in_calendar=site().config.connectors.organizer is not None,
        asked=day_questions.open_to(site(), by, now),
        near_days=absence.near_days(by, now),
    )


def sorted_out(coming: tuple[SeatRecord, ...]) -> dict[str, object]:
    """The next session one has a seat in, the later ones, and those one waits for."""
    seated = [seat for seat in coming if seat.state != "waiting"]
    return {
        "next_one": seated[0] if seated else None,
        "later": seated[1:],
        "waiting": [seat for seat in coming if seat.state == "waiting"],
    }


@pages.post("/<path:session_id>/book")
@member_required("junior")
def book(by: Member, session_id: str) -> Response:
    seats.book(site(), session_id, by, site().now())
    name = _name(session_id, by)
    done(
        f"You have a seat: {name}.",
        undo=url_for("junior.give_up", session_id=session_id),
        label="Give it back",
    )
    return _to_sessions()


@pages.post("/<path:session_id>/wait")
@member_required("junior")
def wait(by: Member, session_id: str) -> Response:
    seats.wait(site(), session_id, by, site().now())
    done(
        f"You are in line: {_name(session_id, by)}. If a seat comes free it is yours, and you hear at once.",
        undo=url_for("junior.give_up", session_id=session_id),
        label="Leave the line",
    )
    return _to_sessions()


@pages.post("/<path:session_id>/give-up")
@member_required("junior")
def give_up(by: Member, session_id: str) -> Response:
    before = seats.one(site(), session_id, by, site().now())
    name = _name(session_id, by)
    seats.give_up(site(), session_id, by, site().now())
    again, label = (
        ("junior.wait", "Join again") if before.state == "waiting" else ("junior.take_back", "Take it back")
    )
    done(
        f"Done: you are not down for {name} any more. No harm done, your turn comes again.",
        undo=url_for(again, session_id=session_id),
        label=label,
    )
    return _to_sessions()


@pages.post("/<path:session_id>/take-back")
@member_required("junior")
def take_back(by: Member, session_id: str) -> Response:
    seats.take_back(site(), session_id, by, site().now())
    done(f"Welcome back: {_name(session_id, by)}.")
    return _to_sessions()


def _name(session_id: str, by: Member) -> str:
    session = seats.one(site(), session_id, by, site().now()).session
    return f"{words.session_name(session, by.person)}, {words.long_day(session.local_start.date())}"


def _to_sessions() -> Response:
    return redirect(url_for("junior.sessions"), 303)

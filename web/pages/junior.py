"""A junior's sessions: what is coming, open seats, and the lines for full ones."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.lifecycle import SEATED, SeatState
from web import words
from web.operations import absence, actions, day_questions, event_questions, purposes, seats
from web.pages import briefing
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, own_day, site
from web.records import Member, SeatRecord

pages = Blueprint("junior", __name__, url_prefix="/sessions")


@pages.get("")
@member_required("junior")
def sessions(by: Member) -> str:
    now = site().now()
    coming = seats.coming(site(), by, now)
    mine = {seat.session.id for seat in coming}
    open_seats = [seat for seat in seats.open_sessions(site(), by, now) if seat.session.id not in mine]
    under_way = seats.under_way(site(), by, now)
    mine_now = [*under_way, *(seat.session for seat in coming if seat.state in SEATED)]
    links = event_questions.links(site(), [session.id for session in mine_now])
    return render_template(
        "junior/sessions.html",
        **sorted_out(coming),
        open_seats=open_seats,
        under_way=under_way,
        links=links,
        purposes=purposes.on_a_page(
            site(), [*mine_now, *(seat.session for seat in (*coming, *open_seats))], by
        ),
        briefed=briefing.still_ahead(mine_now),
        in_calendar=site().config.connectors.organizer is not None,
        asked=day_questions.open_to(site(), by, now),
        near_days=absence.near_days(by, now),
        to_do=actions.soonest(site(), by),
        today=own_day(by.person, now),
    )


def sorted_out(coming: tuple[SeatRecord, ...]) -> dict[str, object]:
    """The next session one has a seat in, the later ones, those one is offered a seat in, or waits for."""
    seated = [seat for seat in coming if seat.state in SEATED]
    return {
        "next_one": seated[0] if seated else None,
        "later": seated[1:],
        "offered": [seat for seat in coming if seat.state == SeatState.OFFERED],
        "waiting": [seat for seat in coming if seat.state == SeatState.WAITING],
    }


@pages.post("/<path:session_id>/book")
@member_required("junior")
def book(by: Member, session_id: str) -> Response:
    seats.book(site(), session_id, by, site().now(), beyond=_knows())
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
    now = site().now()
    seats.wait(site(), session_id, by, now, beyond=_knows())
    seat = seats.one(site(), session_id, by, now)
    done(
        f"{_named(seat, by)}: {words.waiting_says(seat, by.person.timezone, now)}",
        undo=url_for("junior.give_up", session_id=session_id),
        label="Take my name off",
    )
    return _to_sessions()


@pages.post("/<path:session_id>/claim")
@member_required("junior")
def claim(by: Member, session_id: str) -> Response:
    seats.claim(site(), session_id, by, site().now(), beyond=_knows())
    done(
        f"The seat is yours: {_name(session_id, by)}.",
        undo=url_for("junior.give_up", session_id=session_id),
        label="Give it back",
    )
    return _to_sessions()


#: How giving up each is undone, and what the button says.
_AGAIN = {
    SeatState.WAITING: ("junior.wait", "Join again"),
    SeatState.OFFERED: ("junior.wait", "Join the line again"),
}


@pages.post("/<path:session_id>/give-up")
@member_required("junior")
def give_up(by: Member, session_id: str) -> Response:
    before = seats.one(site(), session_id, by, site().now())
    seats.give_up(site(), session_id, by, site().now())
    again, label = _AGAIN.get(SeatState(before.state), ("junior.take_back", "Take it back"))
    stands = session_id in seats.still_standing(site(), [session_id], site().now())
    done(
        f"Done: you are not down for {_named(before, by)} any more. No harm done, your turn comes again.",
        undo=url_for(again, session_id=session_id) if stands else None,
        label=label,
    )
    return _to_sessions()


@pages.post("/<path:session_id>/take-back")
@member_required("junior")
def take_back(by: Member, session_id: str) -> Response:
    seats.take_back(site(), session_id, by, site().now())
    done(f"Welcome back: {_name(session_id, by)}.")
    return _to_sessions()


def _knows() -> bool:
    """Did the button say that it goes beyond a limit of their own?"""
    return Form(request.form).ticked("beyond")


def _name(session_id: str, by: Member) -> str:
    return _named(seats.one(site(), session_id, by, site().now()), by)


def _named(seat: SeatRecord, by: Member) -> str:
    session = seat.session
    return f"{words.session_name(session, by.person)}, {words.long_day(words.day_for(session, by.person))}"


def _to_sessions() -> Response:
    return redirect(url_for("junior.sessions"), 303)

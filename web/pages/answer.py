"""Answering from a mail: the link shows the day, a button on its page decides. No sign-in.

Mail scanners open links, so GET and HEAD change nothing.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.operations import proposals, purposes
from web.pages.forms import Form, day_asked_about
from web.pages.signed_in import site
from web.records import OtherDayRecord, WhyNotRecord

pages = Blueprint("answer", __name__, url_prefix="/a")

ANSWERS = ("approve", "other", "skip")


@pages.get("/<token>")
def show(token: str) -> str:
    now = site().now()
    record = proposals.by_link(site(), token, now)
    clicked = request.args.get("answer")
    answer = clicked if clicked in ANSWERS else "approve"
    choices: tuple[OtherDayRecord, ...] = ()
    why_not: WhyNotRecord | None = None
    mistakes: dict[str, str] = {}
    if answer == "other" and record.problem is None:
        day, mistakes = day_asked_about(request.args)
        choices = proposals.other_days_by_link(site(), token, now)
        why_not = proposals.why_not_by_link(site(), token, day, now)
    return render_template(
        "answer/show.html",
        record=record,
        answer=answer,
        choices=choices,
        why_not=why_not,
        mistakes=mistakes,
        purposes=purposes.on_a_page(site(), record.proposal.sessions, None),
    )


@pages.post("/<token>")
def decide(token: str) -> Response:
    form = Form(request.form)
    answer = form.one_of("answer", ANSWERS)
    day = form.day("day") if answer == "other" else None
    form.done()
    proposals.decide_by_link(site(), token, answer, day, form.several("leave_out"), site().now())
    return redirect(url_for("answer.show", token=token), 303)

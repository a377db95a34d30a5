"""An offered seat from a mail: the link shows it, a button on its page takes it or passes. No sign-in.

Mail scanners open links, so GET and HEAD change nothing.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.operations import purposes, seats
from web.pages.forms import Form
from web.pages.signed_in import site

pages = Blueprint("offered_seat", __name__, url_prefix="/seat")

ANSWERS = ("take", "pass")


@pages.get("/<token>")
def show(token: str) -> str:
    record = seats.by_link(site(), token, site().now())
    return render_template(
        "answer/seat.html",
        record=record,
        passing=request.args.get("answer") == "pass",
        purposes=purposes.on_a_page(site(), [record.session], None),
    )


@pages.post("/<token>")
def decide(token: str) -> Response:
    form = Form(request.form)
    answer = form.one_of("answer", ANSWERS)
    form.done()
    seats.decide_by_link(site(), token, answer == "take", site().now())
    return redirect(url_for("offered_seat.show", token=token), 303)

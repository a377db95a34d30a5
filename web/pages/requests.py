"""/sessions/requests, /admin/requests: what juniors ask in private, and the answers."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.errors import Misfilled
from web.operations import requests
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import Member

pages = Blueprint("requests", __name__)


@pages.get("/sessions/requests")
@member_required("junior")
def own(by: Member) -> str:
    return _own(by, {})


@pages.post("/sessions/requests")
@member_required("junior")
def ask(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    try:
        about = form.one_of("about", requests.ABOUT)
        senior = form.whole("senior") if about == "senior" else None
        text = form.prose("text", requests.LONGEST, needed=False)
        form.done()
        requests.ask(site(), about, senior, text, by, site().now())
    except Misfilled as misfilled:
        return _own(by, misfilled.mistakes), 422
    done("Your request is on its way. Only the admins of your programme can read it, and no senior it names.")
    return redirect(url_for("requests.own"), 303)


@pages.post("/sessions/requests/<int:request_id>/withdraw")
@member_required("junior")
def withdraw(by: Member, request_id: int) -> Response:
    requests.withdraw(site(), request_id, by, site().now())
    done("Your request is withdrawn, and its text is deleted.")
    return redirect(url_for("requests.own"), 303)


@pages.get("/admin/requests")
@member_required("admin")
def waiting(by: Member) -> str:
    return _waiting(by, None, {})


@pages.post("/admin/requests/<int:request_id>")
@member_required("admin")
def answer(by: Member, request_id: int) -> Response | tuple[str, int]:
    form = Form(request.form)
    try:
        text = form.prose("text", requests.LONGEST, needed=False)
        topic = form.text("topic", needed=False)
        form.done()
        requests.answer(
            site(),
            request_id,
            text,
            by,
            site().now(),
            keep_apart=form.ticked("keep_apart"),
            topic=topic,
        )
    except Misfilled as misfilled:
        return _waiting(by, request_id, misfilled.mistakes), 422
    done("Answered. Whoever asked is told that an answer waits, and nobody else is told anything.")
    return redirect(url_for("requests.waiting"), 303)


def _own(by: Member, mistakes: dict[str, str]) -> str:
    return render_template(
        "junior/requests.html",
        requests=requests.own(site(), by),
        askable=requests.askable(site(), by, site().now()),
        longest=requests.LONGEST,
        mistakes=mistakes,
    )


def _waiting(by: Member, wrong: int | None, mistakes: dict[str, str]) -> str:
    """`wrong`: the request whose answer has mistakes."""
    return render_template(
        "admin/requests.html",
        requests=requests.waiting(site(), by),
        topics=requests.topics(site(), by),
        longest=requests.LONGEST,
        wrong=wrong,
        mistakes=mistakes,
    )

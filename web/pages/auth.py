"""Signing in by a mailed one-time link, signing out, and the way to one's own page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from web.errors import NotFound
from web.operations import signin
from web.pages import signed_in
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import site

pages = Blueprint("auth", __name__)


@pages.get("/")
def home() -> Response:
    return redirect(signed_in.home(), 303)


@pages.get("/sign-in")
def sign_in() -> str:
    wanted = signed_in.safe_next(request.args.get("next"))
    if wanted:
        session["next"] = wanted
    demo = signin.demo_people(site()) if site().config.site.demo else ()
    return render_template("auth/sign_in.html", demo=demo, mistakes={})


@pages.post("/sign-in")
def ask_for_link() -> str | tuple[str, int]:
    form = Form(request.form)
    email = form.mailbox("email")
    if form.mistakes:
        demo = signin.demo_people(site()) if site().config.site.demo else ()
        return render_template("auth/sign_in.html", demo=demo, mistakes=form.mistakes), 422
    signin.request_link(site(), email, site().now())
    return render_template("auth/link_sent.html", email=email)


@pages.get("/sign-in/<token>")
def open_link(token: str) -> str:
    person = signin.open_sign_in(site(), token, site().now())
    return render_template("auth/open_link.html", person=person, token=token)


@pages.post("/sign-in/<token>")
def use_link(token: str) -> Response:
    now = site().now()
    signed_in.sign_in_as(signin.sign_in(site(), token, now), now)
    return _on_the_way()


@pages.post("/sign-in/demo")
def sign_in_demo() -> Response:
    if not site().config.site.demo:
        raise NotFound("no demo here")
    form = Form(request.form)
    person_id = form.whole("person")
    form.done()
    if person_id not in {member.person.id for member in signin.demo_people(site())}:
        raise NotFound("not one of the demo's people")
    signed_in.sign_in_as(person_id, site().now())
    return _on_the_way()


@pages.post("/sign-out")
def sign_out() -> Response:
    """Ends every sign-in of this person, on whatever device."""
    if acting := signed_in.member():
        signin.sign_out(site(), acting.hand.id, site().now())
    session.clear()
    done("You are signed out. Until next time.")
    return redirect(url_for("auth.sign_in"), 303)


@pages.post("/switch")
def switch() -> Response:
    """Turn to another programme of one's own, or to a senior whom one acts for there ("for")."""
    form = Form(request.form)
    programme_id = form.whole("programme")
    senior_id = form.whole("for") if "for" in request.form else None
    form.done()
    wanted = [
        each
        for each in signed_in.members()
        if each.programme_id == programme_id and signed_in.senior_of(each) == senior_id
    ]
    if not wanted:
        raise NotFound("not a member there")
    signed_in.choose(wanted[0])
    return redirect(url_for("auth.home"), 303)


def _on_the_way() -> Response:
    wanted = signed_in.safe_next(session.pop("next", None))
    return redirect(wanted or url_for("auth.home"), 303)

"""Signing in with an account of the company's or by a mailed one-time link, signing out, the way home."""

from __future__ import annotations

import logging
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from web.errors import NotFound
from web.oidc import NotSignedIn, Pending, Provider, providers_of
from web.operations import accounts, first_admin, signin
from web.pages import signed_in
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import site

log = logging.getLogger(__name__)

pages = Blueprint("auth", __name__)

#: Sign-ins that one browser may have under way, in as many tabs; the oldest makes room.
MOST_PENDING = 3


@pages.record
def open_providers(state: BlueprintSetupState) -> None:
    """What providers say of themselves is read when somebody first asks, and believed for a while."""
    state.app.extensions["officeday.providers"] = providers_of(state.app.extensions["officeday"].config)


def providers() -> dict[str, Provider]:
    return cast(dict[str, Provider], current_app.extensions["officeday.providers"])


@pages.get("/")
def home() -> Response:
    return redirect(signed_in.home(), 303)


@pages.get("/sign-in")
def sign_in() -> str:
    wanted = signed_in.safe_next(request.args.get("next"))
    if wanted:
        session["next"] = wanted
    return _sign_in_page()


def _sign_in_page(mistakes: dict[str, str] | None = None, problem: str | None = None) -> str:
    return render_template(
        "auth/sign_in.html",
        demo=signin.demo_people(site()) if site().config.site.demo else (),
        providers=list(providers().values()),
        by_mail=site().config.sign_in.by_mail,
        nobody_runs_it=first_admin.is_missing(site()),
        mistakes=mistakes or {},
        problem=problem,
    )


# --- with an account of the company's ------------------------------------------------------------


@pages.get("/sign-in/with/<name>")
def begin_with(name: str) -> Response | tuple[str, int]:
    """Off to the provider. The browser keeps what it needs to come back, in its own signed cookie."""
    provider = _provider(name)
    try:
        url, pending = provider.begin(_back_to(name), site().now())
    except NotSignedIn as why:
        return _not_signed_in(name, why)
    session["sign_ins"] = [*session.get("sign_ins", []), pending.kept()][-MOST_PENDING:]
    return redirect(url, 303)


@pages.get("/sign-in/with/<name>/back")
def back_from(name: str) -> Response | tuple[str, int]:
    """Back from the provider, with its answer. A state counts once, and in the browser that began."""
    provider, now = _provider(name), site().now()
    pending = _taken(request.args.get("state", ""))
    try:
        account = provider.finish(pending, request.args, _back_to(name), now)
        person_id = accounts.sign_in(site(), account, provider.settings, now)
    except NotSignedIn as why:
        return _not_signed_in(name, why)
    signed_in.sign_in_as(person_id, now)
    return _on_the_way()


def _provider(name: str) -> Provider:
    if name not in providers():
        raise NotFound("no such provider")
    return providers()[name]


def _back_to(name: str) -> str:
    """The address that is registered at the provider; each has its own, so that none answers for another."""
    return site().config.site.url + url_for("auth.back_from", name=name)


def _taken(state: str) -> Pending | None:
    begun = [Pending.of(kept) for kept in session.pop("sign_ins", [])]
    session["sign_ins"] = [each.kept() for each in begun if each.state != state]
    return next((each for each in begun if each.state == state), None)


def _not_signed_in(name: str, why: NotSignedIn) -> tuple[str, int]:
    log.warning("sign-in through %s: %s", name, getattr(why, "why", type(why).__name__))
    return _sign_in_page(problem=str(why)), 403


# --- by a mailed link ----------------------------------------------------------------------------


@pages.post("/sign-in")
def ask_for_link() -> str | tuple[str, int]:
    _need_by_mail()
    form = Form(request.form)
    email = form.mailbox("email")
    if form.mistakes:
        return _sign_in_page(form.mistakes), 422
    signin.request_link(site(), email, site().now())
    return render_template("auth/link_sent.html", email=email)


@pages.get("/sign-in/<token>")
def open_link(token: str) -> str:
    _need_by_mail()
    person = signin.open_sign_in(site(), token, site().now())
    return render_template("auth/open_link.html", person=person, token=token)


@pages.post("/sign-in/<token>")
def use_link(token: str) -> Response:
    _need_by_mail()
    now = site().now()
    signed_in.sign_in_as(signin.sign_in(site(), token, now), now)
    return _on_the_way()


def _need_by_mail() -> None:
    if not site().config.sign_in.by_mail:
        raise NotFound("a mailed link is no way in here")


# --- in a demonstration, and out again -----------------------------------------------------------


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

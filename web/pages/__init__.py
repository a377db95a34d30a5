"""The web application: pages for people, and nothing else.

What is where:
    __init__.py   `create_app`: the application, its policy on every answer, `/healthz`
    signed_in.py  who is signed in, and the one check of roles (`member_required`)
    refusals.py   every error as a kind page with a way on
    forms.py      reading a form, collecting every mistake
    limits.py     how often somebody may do what costs others
    filters.py    what templates can say (`web.words`) and draw (`web.timeline`)
    auth.py       /, /sign-in, /sign-out, /switch
    senior.py     /days: proposed days and their answers
    coworking.py  /coworking/…: during co-working, who was looked in on
    answer.py     /a/…: the same answers from a mailed link, without signing in
    offered_seat.py  /seat/…: an offered seat, taken or passed on from a mailed link
    briefing.py   /sessions/…/briefing: what helps before a session
    junior.py     /sessions: what is coming, open seats, waitlists
    requests.py   /sessions/requests, /admin/requests: what juniors ask in private
    attendance.py /days/past, /sessions/past: was it held, who came
    actions.py    /actions, /done/…: what people agreed to do after a session
    admin.py      /admin: planning runs, rooms, people
    start.py      /admin/start: the first steps, from an empty installation to the first proposals
    sheets.py     /admin/sheets: people, offices, rooms from a sheet, tried before it is taken
    exports.py    /admin/exports: what can be taken out as CSV; `?as=csv` of every page with a table
    offices.py    /admin/offices: an office's public holidays and the days on which it is closed
    programme.py  /admin/programme: what is promised of each kind of session
    goals.py      /goals, /admin/programme/objectives: what juniors and their programme work towards
    guides.py     /guides: how each kind of session goes well, a senior's own path
    training.py   /admin/programme/training: the path for seniors, and whom they can ask
    fairness.py   /admin/fairness: whom the programme reached, and who was not
    simulation.py /admin/simulation: what it would do, played through
    evaluation.py /f/…, /admin/evaluation: how sessions were, and what that comes to in groups
    pictures.py   /admin/pictures: what came of the programme, drawn
    questions.py  /q/…, /questions: what becomes of something agreed; "I can't come today"
    meals.py      /admin/lunches: how many come to lunch, and what they eat
    people.py     /admin/people/…: one person, for admins; letting somebody in
    preferences.py  /preferences: limits and wishes, a pause, assistants
    audit.py      /admin/audit: what was decided and looked at
    everybody.py  /what-is-read: what is read of one's own calendar
    hours.py      /hours: when one is free, where one's calendar does not tell
    privacy.py    /opt-out/…, /privacy, /admin/erasures: saying no, one's own data, being erased

A view parses, calls one operation of `web.operations`, and renders or redirects with 303. GET and
HEAD change nothing. Templates stand in `web/templates`, a folder a persona; style and modules in
`web/static`, under a policy that allows no inline style or script.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from web.config import old_secret_keys, secret_key
from web.pages import (
    actions,
    admin,
    answer,
    attendance,
    audit,
    auth,
    briefing,
    coworking,
    evaluation,
    everybody,
    exports,
    fairness,
    filters,
    goals,
    guides,
    hours,
    junior,
    limits,
    meals,
    offered_seat,
    offices,
    people,
    pictures,
    preferences,
    privacy,
    programme,
    questions,
    refusals,
    requests,
    senior,
    sheets,
    simulation,
    start,
    training,
)
from web.site import Site

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

#: What pages never ask a browser for.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "payment",
        "usb",
    )
)

#: No form is larger than this, in bytes.
MAX_FORM = 256 * 1024


class _RowNumber(IntegerConverter):
    """Numbers in addresses that a row can have; with a larger one a database refuses to look."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def create_app(site: Site) -> Flask:
    """The application for one installation."""
    app = Flask("web")
    https = site.config.site.url.startswith("https://")
    app.config.update(
        SECRET_KEY=secret_key(site.config),
        SECRET_KEY_FALLBACKS=list(old_secret_keys(site.config)),  # nobody is signed out by another key
        SESSION_COOKIE_NAME="officeday",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        PERMANENT_SESSION_LIFETIME=timedelta(days=site.config.sign_in.lasts_days),
        MAX_CONTENT_LENGTH=MAX_FORM,
        WTF_CSRF_TIME_LIMIT=int(timedelta(hours=12).total_seconds()),
        # Our pages send no Referer at all, so its absence says nothing; the token decides.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.converters["int"] = _RowNumber
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["officeday"] = site
    app.before_request(sheets.allow_sheets)  # before the token of a form is looked for, which reads all of it
    # A mail program says no in its reader's name (RFC 8058); the link itself is the proof, no cookie is.
    CSRFProtect(app).exempt(privacy.say_no)
    for pages in (
        auth,
        senior,
        coworking,
        answer,
        junior,
        briefing,
        offered_seat,
        admin,
        goals,
        programme,
        everybody,
        attendance,
        actions,
        privacy,
        hours,
        guides,
        training,
        fairness,
        simulation,
        evaluation,
        pictures,
        questions,
        requests,
        preferences,
        meals,
        people,
        audit,
        offices,
        exports,
        start,
        sheets,
    ):
        app.register_blueprint(pages.pages)
    filters.register(app)
    refusals.register(app)
    limits.register(app)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.after_request(lambda response: _with_policy(response, https))
    if hops := site.config.site.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=0)  # type: ignore[method-assign]
    return app


def healthz() -> tuple[dict[str, str], int]:
    """200 while the database answers and is at this program's version; for monitors, so no page."""
    at, wanted = current_app.extensions["officeday"].store.version()
    if at != wanted:
        return {"status": f"the database is at {at}, this program wants {wanted}: restart to migrate"}, 503
    return {"status": "ok"}, 200


def _with_policy(response: Response, https: bool) -> Response:
    """What every answer carries; a page is personal unless it is a static file that there is."""
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS_POLICY
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static" or response.status_code >= 400:
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")  # one address shows different people different pages
    return response

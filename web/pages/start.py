"""/admin/start: the first steps of a programme, from an empty installation to its first proposals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain import RoomUse
from web import words
from web.config import ORGANIZER_KINDS, Config
from web.errors import Misfilled, Refused
from web.operations import first_steps, membership, notice, programmes, runs
from web.operations.connections import NAMES
from web.operations.first_steps import STEPS, Guide, NewOffice, NewRoom
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import Member
from web.sheets.columns import OFFICE_HOURS
from web.store.hours import WEEKDAYS

pages = Blueprint("start", __name__, url_prefix="/admin/start")

#: What an office is open on, and from when to when, until somebody says otherwise.
USUAL_DAYS = tuple(OFFICE_HOURS)
USUAL_HOURS = OFFICE_HOURS[USUAL_DAYS[0]]

FIELDS = {
    "name": "Name",
    "timezone": "Time zone",
    "days": "Open on",
    "opens": "Opens",
    "closes": "Closes",
    "office": "Office",
    "capacity": "Most people at once",
    "uses": "Used for",
}


@pages.get("")
@member_required("admin")
def show(by: Member) -> str:
    return _page(by, request.args.get("step", ""), {})


@pages.post("/programme")
@member_required("admin")
def name_programme(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    name, zone = form.text("name"), form.text("timezone", most=64)
    form.mistakes = first_steps.zone_mistakes(zone) | form.mistakes
    try:
        form.done()
        first_steps.name_programme(site(), name, zone, by, site().now())
    except Misfilled as misfilled:
        return _page(by, "programme", misfilled.mistakes), 422
    except Refused as refused:
        return _page(by, "programme", {"name": str(refused)}), 409
    done(f"{name} it is, on the clocks of {words.zone_city(zone)}.")
    return _back()


@pages.post("/office")
@member_required("admin")
def add_office(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    new = NewOffice(
        form.text("name"),
        form.text("timezone", most=64),
        form.chosen("days", WEEKDAYS),
        form.clock("opens"),
        form.clock("closes"),
    )
    form.mistakes = first_steps.mistakes_in_office(site(), new, by) | form.mistakes
    try:
        form.done()
        first_steps.add_office(site(), new, by, site().now())
    except Misfilled as misfilled:
        return _page(by, "offices", misfilled.mistakes), 422
    done(f"{new.name} is there.")
    return _back()


@pages.post("/room")
@member_required("admin")
def add_room(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    new = NewRoom(
        form.text("office", most=64),
        form.text("name"),
        form.whole("capacity"),
        frozenset(RoomUse(use) for use in form.chosen("uses", [use.value for use in RoomUse]) & {*RoomUse}),
        form.ticked("shared"),
    )
    form.mistakes = first_steps.mistakes_in_room(site(), new, by) | form.mistakes
    try:
        form.done()
        first_steps.add_room(site(), new, by, site().now())
    except Misfilled as misfilled:
        return _page(by, "rooms", misfilled.mistakes), 422
    done(f"{new.name} is there.")
    return _back()


@pages.post("/mail")
@member_required("admin")
def send_test_mail(by: Member) -> Response:
    first_steps.send_test_mail(site(), by, site().now())
    done(f"A test mail to {by.hand.email} is on its way.")
    return _back("mail")


@pages.post("/usual")
@member_required("admin")
def promise_usual(by: Member) -> Response:
    programmes.start_with_usual(site(), by, site().now())
    done("The usual is promised of every kind of session. Change it on the page Programme whenever you like.")
    return _back()


@pages.post("/calendars")
@member_required("admin")
def read_calendars(by: Member) -> Response:
    first_steps.read_calendars(site(), by, site().now())
    done("Calendars are being read now.")
    return _back()


@pages.get("/known-already")
@member_required("admin")
def known_already(by: Member) -> str:
    """What it means to say that everybody was told some other way, to be confirmed."""
    known = notice.known_already(site(), by, site().now())
    return render_template("admin/known_already.html", known=known)


@pages.post("/known-already")
@member_required("admin")
def tell_otherwise(by: Member) -> Response:
    many = notice.tell_otherwise(site(), by, site().now())
    first_steps.read_calendars(site(), by, site().now())
    calendars = words.counted(many, "calendar is", "calendars are")
    done(f"Noted. The mails leave now, and {calendars} read right after.", url_for("start.take_back"))
    return _back()


@pages.post("/known-already/take-back")
@member_required("admin")
def take_back(by: Member) -> Response:
    many = notice.take_back(site(), by, site().now())
    people = words.counted(many, "person is", "people are")
    done(f"Taken back. {people} told again, and their calendars read after the usual hours.")
    return _back()


@pages.post("/plan")
@member_required("admin")
def plan(by: Member) -> Response:
    now = site().now()
    run_id = runs.start(
        site(), by, *first_steps.first_window(site().config.planner.window_weeks, now.date()), now
    )
    return redirect(url_for("admin.plan", run_id=run_id), 303)


def _back(step: str | None = None) -> Response:
    return redirect(url_for("start.show", step=step), 303)


def _page(by: Member, step: str, mistakes: dict[str, str]) -> str:
    """`step`: the one to have open, where that is not the one to do next."""
    now = site().now()
    guide = first_steps.guide(site(), by, now)
    return render_template(
        "admin/start.html",
        **says(guide, site().config, membership.offices(site(), by), now.date()),
        shown=step if step in STEPS else guide.now,
        mistakes=mistakes,
    )


def says(guide: Guide, config: Config, offices: Mapping[str, str], today: date) -> dict[str, Any]:
    """What the page shows whichever step is open."""
    return {
        "guide": guide,
        "labels": FIELDS,
        "offices": offices,
        "zones": sorted(available_timezones()),
        "usual": (USUAL_DAYS, *USUAL_HOURS),
        "weekdays": WEEKDAYS,
        "day_names": words.WEEKDAYS,
        "all_uses": tuple(RoomUse),
        "mail": config.mail,
        "systems": [NAMES[kind] for kind in ORGANIZER_KINDS if config.connectors.of_kind(kind)],
        "notice_hours": config.privacy.notice_hours,
        "window": first_steps.first_window(config.planner.window_weeks, today),
    }

"""When one is free, for as long as one's calendar does not tell."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.errors import Misfilled, NotFound
from web.operations import stated_hours
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member, member_required, site
from web.records import Member, StatedHoursRecord
from web.store.hours import WEEKDAYS
from web.words import WEEKDAYS as WEEKDAY_NAMES

pages = Blueprint("hours", __name__, url_prefix="/hours")

DAYS = tuple(zip(WEEKDAYS, WEEKDAY_NAMES, strict=True))


@pages.app_template_global()
def calendar_trouble() -> StatedHoursRecord | None:
    """For the pages where somebody is at home: their calendar tells nothing, in full or in part."""
    acting: Member | None = g.get("acting") or member()
    if acting is None or acting.behind is not None:
        return None
    try:
        stated = stated_hours.of_person(site(), acting, site().now())
    except NotFound:
        return None
    return stated if stated.trouble else None


@pages.get("")
@member_required(None)
def show(by: Member) -> str:
    return _page(by, {})


@pages.post("")
@member_required(None)
def state(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    hours = {day: (_clock(form, f"{day}_from"), _clock(form, f"{day}_to")) for day in WEEKDAYS}
    until = form.day("until")
    try:
        form.done()
        stated_hours.state(site(), hours, until, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    done("Thank you. From the next plan on these hours count wherever your calendar tells nothing.")
    return redirect(url_for("hours.show"), 303)


def _clock(form: Form, field: str) -> str:
    """A time of day; empty where none was typed."""
    return form.clock(field) if request.form.get(field, "").strip() else ""


@pages.post("/withdraw")
@member_required(None)
def withdraw(by: Member) -> Response:
    stated_hours.withdraw(site(), by, site().now())
    done("Your hours are withdrawn. Time that your calendar does not tell counts as busy again.")
    return redirect(url_for("hours.show"), 303)


def _page(by: Member, mistakes: dict[str, str]) -> str:
    stated = stated_hours.of_person(site(), by, site().now())
    return render_template("everybody/hours.html", stated=stated, days=DAYS, mistakes=mistakes)

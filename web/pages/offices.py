"""/admin/offices: where each office's public holidays come from, and the days on which it is closed.

What is agreed on a day is named before the day is closed, and it stays agreed: `confirmed` says that an
admin has seen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import public_holidays, words
from web.errors import Misfilled, Refused
from web.operations import offices
from web.operations.offices import AgreedThen
from web.pages.exports import Cell, as_csv, wants_csv
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import ClosedDayRecord, Member, OfficeRecord
from web.sheets.cells import hours_text

pages = Blueprint("offices", __name__, url_prefix="/admin/offices")

DAY = timedelta(days=1)

CSV = ["office", "time zone", "open", "rooms", "public holidays", "closed from", "closed to", "why"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row that are closed for the same reason."""

    first: date
    last: date
    reason: str
    holiday: bool
    open_anyway: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What an admin is asked before something that is agreed lies on a closed day."""

    says: str
    action: str
    label: str
    fields: Mapping[str, str]
    then: AgreedThen


def stretches(days: Iterable[ClosedDayRecord]) -> list[Stretch]:
    """Each holiday by itself; what an admin closed from its first day to its last."""
    found: list[Stretch] = []
    for each in days:
        before = found[-1] if found else None
        follows = before and each.day == before.last + DAY and each.reason == before.reason
        if before and follows and not (each.holiday or before.holiday):
            found[-1] = Stretch(before.first, each.day, each.reason, False, False)
        else:
            found.append(Stretch(each.day, each.day, each.reason, each.holiday, each.open_anyway))
    return found


@pages.get("")
@member_required("admin")
def show_all(by: Member) -> str | Response:
    found = offices.all_offices(site(), by, site().now())
    if wants_csv():
        return as_csv("offices", CSV, _lines(found))
    return render_template("admin/offices.html", **listed(found))


def _lines(some: Sequence[OfficeRecord]) -> Iterator[list[Cell]]:
    """An office and day that it is closed on, a line each; an office that never is has one of its own."""
    for each in some:
        about: list[Cell] = [each.name, each.timezone, _hours(each), each.rooms, _place(each) or ""]
        closed = [[one.first.isoformat(), one.last.isoformat(), one.reason] for one in _closed(each)]
        for days in closed or [["", "", ""]]:
            yield [*about, *days]


def listed(some: Sequence[OfficeRecord]) -> dict[str, Any]:
    return {
        "offices": [(each, _hours(each), _place(each), _closed(each)) for each in some],
    }


def _hours(office: OfficeRecord) -> str:
    return hours_text(office.hours)


def _place(office: OfficeRecord) -> str | None:
    return public_holidays.named(office.holidays) if office.holidays else None


def _closed(office: OfficeRecord) -> list[Stretch]:
    return [each for each in stretches(office.days) if not each.open_anyway]


@pages.get("/<path:office_id>")
@member_required("admin")
def show(by: Member, office_id: str) -> str:
    return _show(by, office_id)


def _show(
    by: Member,
    office_id: str,
    mistakes: Mapping[str, str] | None = None,
    asked: Question | None = None,
    refused: Refused | None = None,
) -> str:
    now = site().now()
    office = offices.one(site(), office_id, by, now)
    agreed = offices.agreed_on(site(), office, offices.closed(office), by, now)
    until = offices.known_until(office, now)
    return render_template(
        "admin/office.html",
        **as_shown(office, agreed, until, mistakes, asked, refused, request.args.get("country")),
        unknown_years=offices.unknown_years(office, now),
        is_used=offices.is_used(site(), office_id, by),
    )


def as_shown(
    office: OfficeRecord,
    agreed: AgreedThen,
    known_until: date | None = None,
    mistakes: Mapping[str, str] | None = None,
    asked: Question | None = None,
    refused: Refused | None = None,
    country: str | None = None,
) -> dict[str, Any]:
    known = {each.code for each in public_holidays.countries()}
    country = country or (office.holidays or "").partition("-")[0]
    return {
        "office": office,
        "hours": _hours(office),
        "place": _place(office),
        "known_until": known_until,
        "countries": public_holidays.countries(),
        "country": next((c for c in public_holidays.countries() if c.code == country), None),
        "regions": public_holidays.regions(country) if country in known else (),
        "days": stretches(office.days),
        "agreed": agreed,
        "mistakes": mistakes or {},
        "asked": asked,
        "refused": refused,
    }


@pages.post("/<path:office_id>/holidays")
@member_required("admin")
def choose_place(by: Member, office_id: str) -> Response | tuple[str, int]:
    now = site().now()
    office = offices.one(site(), office_id, by, now)
    form = Form(request.form)
    code = form.text("place", most=40, needed=False) or None
    try:
        form.done()
        new = offices.closed_by_holidays(office, code, now)
        if asked := _ask(by, office, new, form, "The holidays there close this office."):
            return _show(by, office_id, asked=asked), 409
        changed = offices.choose_place(site(), office_id, code, by, now)
    except Misfilled as misfilled:
        return _show(by, office_id, misfilled.mistakes), 422
    text = f"{words.counted(changed, 'day')} changed." if changed else "No day changed by that."
    if years := offices.unknown_years(offices.one(site(), office_id, by, now), now):
        text = f"{text} None are known for {words.listed([str(year) for year in years])}."
    undo = url_for("offices.choose_place", office_id=office_id)
    done(f"Saved. {text}", undo, place=office.holidays or "", confirmed="yes")
    return _to(office_id)


@pages.post("/<path:office_id>/closures")
@member_required("admin")
def close(by: Member, office_id: str) -> Response | tuple[str, int]:
    now = site().now()
    office = offices.one(site(), office_id, by, now)
    form = Form(request.form)
    first = form.day("first")
    last = form.day("last") if form.has("last") else first
    reason = form.text("reason", needed=False)
    try:
        form.done()
        if asked := _ask(by, office, _days(first, last), form, "Nothing is closed yet."):
            return _show(by, office_id, asked=asked), 409
        new = offices.close(site(), office_id, first, last, reason, by, now)
    except Misfilled as misfilled:
        return _show(by, office_id, misfilled.mistakes), 422
    except Refused as refused:
        return _show(by, office_id, refused=refused), 409
    undo = url_for("offices.reopen", office_id=office_id) if len(new) == len(_days(first, last)) else None
    text = f"{office.name} is closed on {words.counted(len(new), 'more day')}."
    done(text, undo, first=first.isoformat(), last=last.isoformat())
    return _to(office_id)


@pages.post("/<path:office_id>/closures/remove")
@member_required("admin")
def reopen(by: Member, office_id: str) -> Response:
    form = Form(request.form)
    first, last = form.day("first"), form.day("last")
    form.done()
    now = site().now()
    days = set(_days(first, last))
    before = offices.one(site(), office_id, by, now)
    reasons = {each.reason for each in before.days if each.day in days and not each.holiday}
    removed = offices.reopen(site(), office_id, days, by, now)
    undo = url_for("offices.close", office_id=office_id) if len(reasons) == 1 else None
    reason = next(iter(reasons), "")
    done(
        "The closure is removed." if removed else "It was removed already.",
        undo,
        first=first.isoformat(),
        last=last.isoformat(),
        reason=reason,
        confirmed="yes",
    )
    return _to(office_id)


@pages.post("/<path:office_id>/holidays/open")
@member_required("admin")
def say_open(by: Member, office_id: str) -> Response | tuple[str, int]:
    now = site().now()
    office = offices.one(site(), office_id, by, now)
    form = Form(request.form)
    day, is_open = form.day("day"), form.one_of("open", ("yes", "no")) == "yes"
    form.done()
    asked = None if is_open else _ask(by, office, [day], form, "It is still open that day.")
    if asked:
        return _show(by, office_id, asked=asked), 409
    offices.say_open(site(), office_id, day, is_open, by, now)
    undo = url_for("offices.say_open", office_id=office_id)
    other = "no" if is_open else "yes"
    says = "open on that holiday" if is_open else "closed on that holiday"
    done(f"{office.name} is {says}.", undo, day=day.isoformat(), open=other, confirmed="yes")
    return _to(office_id)


@pages.post("/<path:office_id>/drop")
@member_required("admin")
def drop(by: Member, office_id: str) -> Response | tuple[str, int]:
    try:
        name = offices.drop(site(), office_id, by, site().now())
    except Refused as refused:
        return _show(by, office_id, refused=refused), 409
    done(f"{name} is removed.")
    return redirect(url_for("offices.show_all"), 303)


def _ask(by: Member, office: OfficeRecord, days: Iterable[date], form: Form, says: str) -> Question | None:
    """Where something is agreed or proposed on days that are to be closed, and the admin has not seen it."""
    if form.ticked("confirmed"):
        return None
    then = offices.agreed_on(site(), office, set(days), by, site().now())
    if not then.many and not then.waiting:
        return None
    fields = {name: value for name, value in request.form.items() if name != "csrf_token"}
    return Question(says, request.path, "Close it all the same", {**fields, "confirmed": "yes"}, then)


def _days(first: date, last: date) -> list[date]:
    """At most so many as can be closed at once; whether they make sense is for the operation to say."""
    many = min((last - first).days, offices.LONGEST.days) + 1
    return [first + n * DAY for n in range(max(many, 0))]


def _to(office_id: str) -> Response:
    return redirect(url_for("offices.show", office_id=office_id), 303)

"""/admin/pictures: what came of the programme, drawn; each picture with its figures, as CSV and as PNG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from web import pictures as drawings
from web.charts import csv_table
from web.charts_png import png_of
from web.errors import Misfilled
from web.operations import pictures
from web.operations.pictures import Asked, days_of, month_of, next_month
from web.pages.exports import as_csv, as_file
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.pictures import Picture, month_name
from web.records import Member

pages = Blueprint("pictures", __name__, url_prefix="/admin/pictures")


#: No room is booked further away than this.
MOST_MONTHS_AWAY = 120


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a picture is looked up, and how it is drawn of that."""

    read: Callable[..., Any]
    draw: Callable[..., Picture]
    next: tuple[str, str]  #: where to go while there is nothing to see: the words, and the endpoint


#: In the order of the page; the first four are of many months, the others of the days of one.
OVER_TIME = {
    "office-days": _Kind(pictures.office_days, drawings.office_days, ("Go to the plans", "admin.plans")),
    "reach": _Kind(pictures.reach, drawings.reach, ("See who takes part", "admin.people")),
    "kinds": _Kind(pictures.kinds, drawings.kinds, ("See what is promised", "programme.formats")),
    "usefulness": _Kind(
        pictures.satisfaction, drawings.satisfaction, ("How sessions were", "evaluation.trends")
    ),
}
OF_A_MONTH = {
    "rooms": _Kind(pictures.rooms, drawings.rooms, ("Go to the rooms", "admin.room_list")),
    "headcount": _Kind(pictures.headcount, drawings.headcount, ("Go to the plans", "admin.plans")),
}


@pages.get("")
@member_required("admin")
def show(by: Member) -> str | tuple[str, int]:
    asked, mistakes = _asked()
    found = {
        name: kind.read(site(), asked, by, site().now())
        for name, kind in [*OVER_TIME.items(), *OF_A_MONTH.items()]
    }
    page = render_template("admin/pictures.html", **as_shown(asked, found, site().now().date(), mistakes))
    return (page, 422) if mistakes else page


def as_shown(asked: Asked, found: dict[str, Any], today: date, mistakes: dict[str, str]) -> dict[str, object]:
    rooms = found["rooms"]
    return {
        "over_time": [
            (name, _drawn(name, asked, found[name], today), kind.next) for name, kind in OVER_TIME.items()
        ],
        "of_a_month": [
            (name, _drawn(name, asked, found[name], today), kind.next) for name, kind in OF_A_MONTH.items()
        ],
        "asked": asked,
        "query": _query(asked),
        "spans": pictures.SPANS,
        "offices": rooms.offices if rooms else (),
        "office_id": rooms.office_id if rooms else None,
        "month": month_name(asked.month),
        "around": [
            (month_name(month), month) for month in (next_month(asked.month, -1), next_month(asked.month))
        ],
        "mistakes": mistakes,
    }


def _drawn(name: str, asked: Asked, found: Any, today: date) -> Picture:
    if name in OVER_TIME:
        return OVER_TIME[name].draw(found, today)
    return OF_A_MONTH[name].draw(found, days_of(asked.month))


@pages.get("/<picture>.csv")
@member_required("admin")
def figures(by: Member, picture: str) -> Response:
    """What the table of a picture shows; an empty file where there is no picture."""
    found, named = _one(picture, by)
    head, rows = csv_table(found.chart) if found.chart else ([found.title], [])
    return as_csv(named, head, rows)


@pages.get("/<picture>.png")
@member_required("admin")
def image(by: Member, picture: str) -> Response:
    found, named = _one(picture, by)
    if found.chart is None:
        abort(404)
    return as_file(png_of(found.chart), "image/png", f"{named}.png")


def _one(name: str, by: Member) -> tuple[Picture, str]:
    """A picture by the last part of its address, and how its file is called."""
    kind = OVER_TIME.get(name) or OF_A_MONTH.get(name)
    if kind is None:
        abort(404)
    asked, mistakes = _asked()
    if mistakes:
        raise Misfilled(mistakes)
    now = site().now()
    when = now.date() if name in OVER_TIME else asked.month
    return _drawn(name, asked, kind.read(site(), asked, by, now), now.date()), f"{name}-{when:%Y-%m}"


def _asked() -> tuple[Asked, dict[str, str]]:
    """What is asked for; where it makes no sense the usual, and why."""
    form = Form(request.args)
    this_month = month_of(site().now().date())
    months, month = pictures.USUAL_SPAN, this_month
    if "months" in request.args:
        wanted = form.one_of("months", [str(each) for each in pictures.SPANS])
        months = months if "months" in form.mistakes else int(wanted)
    if "month" in request.args:
        try:
            month = month_of(date.fromisoformat(f"{request.args['month']}-01"))
        except ValueError:
            form.mistakes["month"] = "Please give a month, such as 2026-03."
    if abs(12 * (month.year - this_month.year) + month.month - this_month.month) > MOST_MONTHS_AWAY:
        form.mistakes["month"], month = "Please give a month within ten years.", this_month
    return Asked(months, month, request.args.get("office") or None), form.mistakes


def _query(asked: Asked) -> dict[str, object]:
    """The query of the address that shows the same."""
    query: dict[str, object] = {"months": asked.months, "month": f"{asked.month:%Y-%m}"}
    return query | ({"office": asked.office_id} if asked.office_id else {})

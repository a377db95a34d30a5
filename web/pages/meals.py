"""/admin/lunches: how many come to the lunches of the coming weeks, and how many eat what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, render_template

from web.operations import meals
from web.pages.exports import Cell, as_csv, wants_csv
from web.pages.signed_in import member_required, site
from web.records import LunchWeekRecord, Member

pages = Blueprint("meals", __name__)

#: What is eaten has no day: it is told of whole weeks.
COLUMNS = ["week from", "office", "day", "what is eaten", "number"]


@pages.get("/admin/lunches")
@member_required("admin")
def lunches(by: Member) -> str | Response:
    found = meals.lunches(site(), by, site().now())
    if wants_csv():
        return as_csv("lunches", COLUMNS, _lines(found))
    return render_template("admin/lunches.html", lunches=found)


def _lines(weeks: Iterable[LunchWeekRecord]) -> Iterator[list[Cell]]:
    """Meals by day, then people by what they eat."""
    for week in weeks:
        about: list[Cell] = [week.monday.isoformat(), week.office]
        yield from ([*about, day.isoformat(), "", many] for day, many in week.meals)
        yield from ([*about, "", what, people] for what, people in week.eats or ())

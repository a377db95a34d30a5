"""/preferences: what somebody asks of a plan, a pause, and who may answer for them."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain import SessionKind
from web import words
from web.errors import Misfilled
from web.operations import assistants, effects, preferences
from web.operations.departures import Departed
from web.operations.preferences import PREFERENCES, Changed
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import Member
from web.store.hours import WEEKDAYS

pages = Blueprint("preferences", __name__, url_prefix="/preferences")

#: Boxes to tick, for the preferences that are not typed.
BOXES = {
    "days_never": tuple(zip(WEEKDAYS, words.WEEKDAYS, strict=True)),
    "days_in_anyway": tuple(zip(WEEKDAYS, words.WEEKDAYS, strict=True)),
    "formats_not": tuple((kind.value, words.KINDS[kind]) for kind in SessionKind),
}
ONE_BOX = ("online_only",)
#: Common answers to tick, beside a line for others.
OFTEN = {
    "eats": ("vegetarian", "vegan", "halal", "kosher", "no pork", "no fish", "no nuts", "no gluten"),
}
WHOLE_NUMBERS = (
    "max_office_days_per_week",
    "min_sessions_per_office_day",
    "max_minutes_per_day",
    "max_sessions",
    "travel_minutes",
    "break_minutes",
)
LABELS = {each.name: each.label for each in PREFERENCES} | {
    "paused_from": "The first day of the pause",
    "paused_until": "The last day of the pause",
    "assistant": "The assistant’s mail address",
}
LAYOUT = {"boxes": BOXES, "one_box": ONE_BOX, "often": OFTEN, "whole_numbers": WHOLE_NUMBERS}


@pages.get("")
@member_required(None, assistants=True)
def show(by: Member) -> str:
    return _page(by, {})


@pages.post("")
@member_required(None, assistants=True)
def change(by: Member) -> Response | tuple[str, int]:
    try:
        changed = preferences.change(site(), by.person.id, typed(), by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    _say(changed)
    return redirect(url_for("preferences.show"), 303)


@pages.post("/undo")
@member_required(None, assistants=True)
def undo(by: Member) -> Response:
    texts = {each.name: request.form[each.name] for each in PREFERENCES if each.name in request.form}
    newly_own = request.form.get("newly_own", "").split()
    preferences.undo(site(), texts, newly_own, by, site().now())
    done("That is undone: everything is as it was before.")
    return redirect(url_for("preferences.show"), 303)


def typed() -> dict[str, str]:
    """Each preference that the form offered, as text; where no box is ticked a browser sends nothing."""
    offered = set(request.form.get("offered", "").split())
    texts = {}
    for each in PREFERENCES:
        if each.name in offered:
            values = request.form.getlist(each.name)
            nothing = "no" if each.name in ONE_BOX else ""
            between = ", " if each.name in OFTEN else " "
            texts[each.name] = between.join(filter(None, values)) if values else nothing
    return texts


def _say(changed: Changed) -> None:
    if not changed.lines:
        done("Nothing was changed.")
        return
    done(
        f"Saved, and true for the next plan. {'; '.join(changed.lines)}.",
        undo=url_for("preferences.undo"),
        newly_own=" ".join(changed.newly_own),
        **changed.before,
    )


def _page(by: Member, mistakes: dict[str, str]) -> str:
    now = site().now()
    mine = preferences.of(site(), by, now)
    in_person = by.behind is None and "senior" in by.roles
    return render_template(
        "everybody/preferences.html",
        mine=mine,
        offered=preferences.offered(mine.roles),
        effects=effects.told(site(), by, now),
        typed=typed() if mistakes and "offered" in request.form else mine.texts,
        layout=LAYOUT,
        labels=LABELS,
        mistakes=mistakes,
        assistants=assistants.of_senior(site(), by.person.id, by) if in_person else None,
        pause=_days_of_pause(),
    )


# --- a pause -------------------------------------------------------------------------------------


@pages.get("/pause")
@member_required(None, assistants=True)
def confirm_pause(by: Member) -> str | tuple[str, int]:
    form = Form(request.args)
    first, last = form.day("paused_from"), form.day("paused_until")
    try:
        form.done()
        would = preferences.would_pause(site(), first, last, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    return render_template("everybody/pause.html", first=first, last=last, says=would_say(would))


@pages.post("/pause")
@member_required(None, assistants=True)
def pause(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    first, last = form.day("paused_from"), form.day("paused_until")
    try:
        form.done()
        paused = preferences.pause(site(), first, last, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    told = f" {words.counted(paused.told, 'mail')} on the way." if paused.told else ""
    done(f"You pause to {words.long_day(last, first)}; nobody asks anything of you until then.{told}")
    return redirect(url_for("preferences.show"), 303)


@pages.post("/pause/end")
@member_required(None, assistants=True)
def end_pause(by: Member) -> Response:
    preferences.end_pause(site(), by, site().now())
    done("Welcome back. The next plan thinks of you again.")
    return redirect(url_for("preferences.show"), 303)


def would_say(would: Departed) -> list[str]:
    """What a departure would do, in clauses; empty: nothing."""
    says = []
    if would.cancelled:
        says.append(f"{words.counted(would.cancelled, 'agreed session')} called off")
    if would.thinned:
        says.append(f"{words.counted(would.thinned, 'agreed session')} held with one person less")
    if would.withdrawn:
        says.append(f"{words.counted(would.withdrawn, 'proposed day')} withdrawn")
    if would.shortened:
        says.append(f"{words.counted(would.shortened, 'proposed day')} with fewer sessions")
    if would.told:
        says.append(f"{words.counted(would.told, 'person', 'people')} told by mail, once each")
    return says


def _days_of_pause() -> tuple[str, str]:
    """What was typed for a pause; else from today for two weeks."""
    today: date = site().now().date()
    return (
        request.values.get("paused_from", today.isoformat()),
        request.values.get("paused_until", (today + timedelta(days=14)).isoformat()),
    )


# --- assistants ----------------------------------------------------------------------------------


@pages.post("/assistants")
@member_required("senior")
def name_assistant(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    email, copies = form.text("assistant", most=254), form.ticked("copies")
    try:
        form.done()
        named = assistants.name(site(), by.person.id, email, copies, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    done(f"{named.name} may answer for you now, and hears so by mail.")
    return redirect(url_for("preferences.show"), 303)


@pages.post("/assistants/<int:assistant_id>/copies")
@member_required("senior")
def change_copies(by: Member, assistant_id: int) -> Response:
    form = Form(request.form)
    copies = form.one_of("copies", ("yes", "no")) == "yes"
    form.done()
    assistants.set_copies(site(), by.person.id, assistant_id, copies, by, site().now())
    done("They are mailed what is proposed to you." if copies else "They get no more copies of your mail.")
    return redirect(url_for("preferences.show"), 303)


@pages.post("/assistants/<int:assistant_id>/end")
@member_required("senior")
def end_assistant(by: Member, assistant_id: int) -> Response:
    assistants.end(site(), by.person.id, assistant_id, by, site().now())
    done("They answer for you no more.")
    return redirect(url_for("preferences.show"), 303)

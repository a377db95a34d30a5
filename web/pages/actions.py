"""/actions: what people agreed to do after a session, and /done/…: the same from a reminder, without sign-in.

Mail scanners open links, so GET and HEAD change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from web.errors import Misfilled
from web.operations import actions
from web.pages.exports import as_csv, wants_csv
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, own_day, site
from web.records import ActionCountsRecord, ActionRecord, Member

pages = Blueprint("actions", __name__)

#: What the page answers to what was said of an action.
SAID = {
    "done": "Done. Thank you.",
    "dropped": "It is let go, and that is fine.",
    "open": "It is open again.",
}

#: When something may be due, as a suggestion: so many days from today, on a working day.
SUGGESTED = (7, 14, 28)
USUAL = 14


@pages.get("/actions")
@member_required(None, assistants=True)
def show(by: Member) -> str:
    now = site().now()
    return render_template(
        "everybody/actions.html",
        shared=actions.shared(site(), by, now),
        today=own_day(by.person, site().now()),
    )


# --- agreeing on something -----------------------------------------------------------------------


@pages.get("/actions/after/<path:session_id>")
@member_required(None, assistants=True)
def new(by: Member, session_id: str) -> str:
    return _new(
        by, session_id, MultiDict({"due": suggested(own_day(by.person, site().now()), USUAL).isoformat()}), {}
    )


@pages.post("/actions/after/<path:session_id>")
@member_required(None, assistants=True)
def agree(by: Member, session_id: str) -> Response | tuple[str, int]:
    form = Form(request.form)
    try:
        owner = form.whole("owner") if form.has("owner") else by.person.id
        text, due = _what_and_when(form)
        form.done()
        action_id = actions.agree(site(), session_id, owner, text, due, by, site().now())
    except Misfilled as misfilled:
        return _new(by, session_id, request.form, misfilled.mistakes), 422
    done("Noted. You both see it.", undo=url_for("actions.say", action_id=action_id), said="dropped")
    return redirect(url_for("actions.show"), 303)


def _new(by: Member, session_id: str, typed: Mapping[str, str], mistakes: dict[str, str]) -> str:
    return render_template(
        "everybody/action.html",
        agreeing=actions.agreeing(site(), session_id, by, site().now()),
        action=None,
        typed=typed,
        suggested=[suggested(own_day(by.person, site().now()), days) for days in SUGGESTED],
        longest=actions.LONGEST,
        mistakes=mistakes,
    )


# --- afterwards ----------------------------------------------------------------------------------


@pages.get("/actions/<int:action_id>")
@member_required(None, assistants=True)
def one(by: Member, action_id: int) -> str:
    action = actions.one(site(), action_id, by)
    return _one(action, by, {"what": action.text, "due": action.due.isoformat() if action.due else ""}, {})


@pages.post("/actions/<int:action_id>")
@member_required(None, assistants=True)
def change(by: Member, action_id: int) -> Response | tuple[str, int]:
    form = Form(request.form)
    try:
        text, due = _what_and_when(form)
        form.done()
        before = actions.change(site(), action_id, text, due, by, site().now())
    except Misfilled as misfilled:
        return _one(actions.one(site(), action_id, by), by, request.form, misfilled.mistakes), 422
    if (text, due) == (before.text, before.due):
        done("Nothing was changed.")
    else:
        was = {"what": before.text, "due": before.due.isoformat() if before.due else ""}
        done("Saved.", undo=url_for("actions.change", action_id=action_id), **was)
    return redirect(url_for("actions.show"), 303)


@pages.post("/actions/<int:action_id>/say")
@member_required(None, assistants=True)
def say(by: Member, action_id: int) -> Response:
    form = Form(request.form)
    said = form.one_of("said", actions.SAYS)
    form.done()
    before = actions.say(site(), action_id, said, by, site().now())
    done(SAID[said], undo=url_for("actions.say", action_id=action_id), said=before)
    return redirect(url_for("actions.show"), 303)


def _one(action: ActionRecord, by: Member, typed: Mapping[str, str], mistakes: dict[str, str]) -> str:
    return render_template(
        "everybody/action.html",
        agreeing=None,
        action=action,
        typed=typed,
        suggested=[suggested(own_day(by.person, site().now()), days) for days in SUGGESTED],
        longest=actions.LONGEST,
        mistakes=mistakes,
    )


def _what_and_when(form: Form) -> tuple[str, date | None]:
    """One line, and a day or none."""
    text = form.text("what", most=actions.LONGEST)
    return text, form.day("due") if form.has("due") else None


def suggested(today: date, days: int) -> date:
    """So many days from today; where that is a weekend, the Monday after it."""
    day = today + timedelta(days=days)
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


# --- from a reminder -----------------------------------------------------------------------------


@pages.get("/done/<token>")
def show_by_link(token: str) -> str:
    return render_template("answer/action.html", record=actions.by_link(site(), token, site().now()))


@pages.post("/done/<token>")
def say_by_link(token: str) -> Response:
    form = Form(request.form)
    said = form.one_of("said", ("done", "dropped"))
    form.done()
    actions.say_by_link(site(), token, said, site().now())
    return redirect(url_for("actions.show_by_link", token=token), 303)


# --- for admins ----------------------------------------------------------------------------------


@pages.get("/admin/actions")
@member_required("admin")
def counts(by: Member) -> str | Response:
    found = actions.counts(site(), by, site().now())
    if wants_csv():
        return as_csv("actions", ["what became of it", "actions"], became(found) if found else ())
    return render_template("admin/actions.html", **shown_counts(found))


def shown_counts(found: ActionCountsRecord | None) -> dict[str, object]:
    return {"counts": found, "became": became(found) if found else ()}


def became(counts: ActionCountsRecord) -> list[tuple[str, int]]:
    """What became of how many actions."""
    return [
        ("Done", counts.done),
        ("Let go", counts.dropped),
        ("Open, with its day to come or none", counts.open - counts.overdue),
        ("Open, and its day is over", counts.overdue),
    ]

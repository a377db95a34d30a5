"""/admin/people/…: one person of a programme, for its admins; and letting somebody in."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import words
from web.errors import Misfilled, Refused
from web.operations import accounts, assistants, membership, preferences
from web.operations.departures import Departed
from web.operations.membership import Facts, NewPerson
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.preferences import LABELS, LAYOUT, typed, would_say
from web.pages.signed_in import member_required, site
from web.records import Member
from web.sheets.columns import ProgrammeRole

pages = Blueprint("people", __name__, url_prefix="/admin/people")

ROLES = tuple(role.value for role in ProgrammeRole)
#: What the fields of the forms are called, where a mistake is told above them.
FIELDS = LABELS | {
    "left": "The first day they are no longer there",
    "manager": "Line manager",
    "never_with": "Who never meets them",
    "timezone": "Time zone",
    "email": "Mail address",
}


@pages.get("/<int:person_id>")
@member_required("admin")
def show(by: Member, person_id: int) -> str:
    return _page(by, person_id)


def _page(
    by: Member, person_id: int, mistakes: dict[str, str] | None = None, refused: Refused | None = None
) -> str:
    found = membership.one(site(), person_id, by, site().now())
    return render_template(
        "admin/person.html",
        found=found,
        all_roles=ROLES,
        offered=preferences.of_roster(found.roles),
        layout=LAYOUT,
        today=site().now().date(),
        labels=FIELDS,
        mistakes=mistakes or {},
        refused=refused,
    )


def _to(person_id: int) -> Response:
    return redirect(url_for("people.show", person_id=person_id), 303)


@pages.post("/<int:person_id>/roles")
@member_required("admin")
def change_roles(by: Member, person_id: int) -> Response | tuple[str, int]:
    form = Form(request.form)
    wanted = form.chosen("roles", ROLES)
    try:
        form.done()
        membership.set_roles(site(), person_id, wanted, by, site().now())
    except Misfilled as misfilled:
        return _page(by, person_id, misfilled.mistakes), 422
    except Refused as refused:
        return _page(by, person_id, refused=refused), 409
    done("The roles are saved, and count from their next click on.")
    return _to(person_id)


@pages.post("/<int:person_id>/facts")
@member_required("admin")
def change_facts(by: Member, person_id: int) -> Response | tuple[str, int]:
    form = Form(request.form)
    facts = Facts(
        form.day("joined"),
        form.text("cohort", needed=False),
        form.text("team", most=60, needed=False),
        form.text("manager", most=254, needed=False),
    )
    try:
        form.done()
        membership.change_facts(site(), person_id, facts, by, site().now())
    except Misfilled as misfilled:
        return _page(by, person_id, misfilled.mistakes), 422
    done("Saved. The next plan uses it.")
    return _to(person_id)


@pages.post("/<int:person_id>/invite")
@member_required("admin")
def invite(by: Member, person_id: int) -> Response:
    invited = membership.invite(site(), person_id, by, site().now())
    done(f"An invitation to sign in is on its way to {invited.email}.")
    return _to(person_id)


# --- who never meets -----------------------------------------------------------------------------


@pages.post("/<int:person_id>/apart")
@member_required("admin")
def keep_apart(by: Member, person_id: int) -> Response | tuple[str, int]:
    form = Form(request.form)
    email = form.text("never_with", most=254)
    try:
        form.done()
        parted = membership.keep_apart(site(), person_id, email, by, site().now())
    except Misfilled as misfilled:
        return _page(by, person_id, misfilled.mistakes), 422
    done(_said_of_parting(parted))
    return _to(person_id)


def _said_of_parting(parted: Departed) -> str:
    """What became of what was ahead of the two."""
    says = "Nothing brings these two together from now on."
    agreed, asked = parted.cancelled + parted.thinned, parted.withdrawn + parted.shortened
    found = [(agreed, "agreed session"), (asked, "proposed day")]
    changed = words.listed([words.counted_words(many, what) for many, what in found if many])
    if not changed:
        return f"{says} Nothing that is ahead had to change."
    return f"{says} It changes {changed}; whoever that concerns is told so, and not why."


@pages.post("/<int:person_id>/apart/remove")
@member_required("admin")
def let_meet(by: Member, person_id: int) -> Response:
    form = Form(request.form)
    other_id = form.whole("other")
    form.done()
    membership.let_meet(site(), person_id, other_id, by, site().now())
    done("These two may meet again.")
    return _to(person_id)


# --- pausing and leaving -------------------------------------------------------------------------


@pages.get("/<int:person_id>/depart")
@member_required("admin")
def confirm_departure(by: Member, person_id: int) -> str | tuple[str, int]:
    """What it would do: with "left" a leaving, with "paused_from" and "paused_until" a pause."""
    now = site().now()
    try:
        first, last = _days(Form(request.args))
        would = membership.would_depart(site(), person_id, first, last, by, now)
    except Misfilled as misfilled:
        return _page(by, person_id, misfilled.mistakes), 422
    except Refused as refused:
        return _page(by, person_id, refused=refused), 409
    found = membership.one(site(), person_id, by, now)
    return render_template(
        "admin/departure.html", person=found.person, first=first, last=last, says=would_say(would)
    )


@pages.post("/<int:person_id>/depart")
@member_required("admin")
def depart(by: Member, person_id: int) -> Response | tuple[str, int]:
    try:
        first, last = _days(Form(request.form))
        departed = membership.depart(site(), person_id, first, last, by, site().now())
    except Misfilled as misfilled:
        return _page(by, person_id, misfilled.mistakes), 422
    except Refused as refused:
        return _page(by, person_id, refused=refused), 409
    what = "They pause" if last else "They leave"
    done(f"{what} from {words.long_day(first)} on. {words.counted(departed.told, 'person', 'people')} told.")
    return _to(person_id)


def _days(form: Form) -> tuple[date, date | None]:
    first = form.day("left" if form.has("left") else "paused_from")
    last = None if form.has("left") else form.day("paused_until")
    form.done()
    return first, last


@pages.post("/<int:person_id>/back")
@member_required("admin")
def come_back(by: Member, person_id: int) -> Response:
    membership.come_back(site(), person_id, by, site().now())
    done("They are back: the next plan thinks of them again. What was called off stays so.")
    return _to(person_id)


@pages.post("/<int:person_id>/sign-ins/end")
@member_required("admin")
def end_sign_ins(by: Member, person_id: int) -> Response:
    accounts.unlink(site(), person_id, by, site().now())
    done("They are signed out everywhere, and their account is tied anew when they next sign in with it.")
    return _to(person_id)


# --- their preferences, and who answers for them -------------------------------------------------


@pages.get("/<int:person_id>/preferences")
@member_required("admin")
def show_preferences(by: Member, person_id: int) -> str:
    return _preferences(by, person_id, {})


@pages.post("/<int:person_id>/preferences")
@member_required("admin")
def change_preferences(by: Member, person_id: int) -> Response | tuple[str, int]:
    try:
        changed = preferences.change(site(), person_id, typed(), by, site().now())
    except Misfilled as misfilled:
        return _preferences(by, person_id, misfilled.mistakes), 422
    done("Saved, and they are told by mail." if changed.lines else "Nothing was changed.")
    return _to(person_id)


def _preferences(by: Member, person_id: int, mistakes: dict[str, str]) -> str:
    found = membership.one(site(), person_id, by, site().now())
    return render_template(
        "admin/person_preferences.html",
        mine=found.preferences,
        offered=preferences.of_roster(found.roles),
        typed=typed() if mistakes else found.preferences.texts,
        layout=LAYOUT,
        labels=FIELDS,
        mistakes=mistakes,
    )


@pages.post("/<int:person_id>/assistants")
@member_required("admin")
def name_assistant(by: Member, person_id: int) -> Response | tuple[str, int]:
    form = Form(request.form)
    email, copies = form.text("assistant", most=254), form.ticked("copies")
    try:
        form.done()
        named = assistants.name(site(), person_id, email, copies, by, site().now())
    except Misfilled as misfilled:
        return _page(by, person_id, misfilled.mistakes), 422
    done(f"{named.name} may answer for them now. Both hear so by mail.")
    return _to(person_id)


@pages.post("/<int:person_id>/assistants/<int:assistant_id>/end")
@member_required("admin")
def end_assistant(by: Member, person_id: int, assistant_id: int) -> Response:
    assistants.end(site(), person_id, assistant_id, by, site().now())
    done("They answer for this senior no more.")
    return _to(person_id)


# --- letting somebody in -------------------------------------------------------------------------


@pages.get("/new")
@member_required("admin")
def new(by: Member) -> str:
    return _new(by, {})


@pages.post("/new")
@member_required("admin")
def add(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    wanted = NewPerson(
        form.mailbox("email"),
        form.text("name"),
        form.chosen("roles", ROLES),
        form.text("office", needed=False),
        form.text("timezone", needed=False),
        form.ticked("invite"),
    )
    try:
        form.done()
        person_id = membership.add(site(), wanted, by, site().now())
    except Misfilled as misfilled:
        return _new(by, misfilled.mistakes), 422
    done(f"{wanted.name} is in {by.programme_name}.")
    return _to(person_id)


def _new(by: Member, mistakes: dict[str, str]) -> str:
    offices = membership.offices(site(), by)
    return render_template(
        "admin/new_person.html", offices=offices, all_roles=ROLES, labels=FIELDS, mistakes=mistakes
    )

"""What the programme promises: a page for each kind of session, and what follows from all of them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain import RoomUse, SessionKind
from web import words
from web.errors import Misfilled, NotFound
from web.operations import cycle, programmes
from web.operations.cycle import CycleForm
from web.operations.programmes import FormatForm
from web.pages.exports import RULES, as_csv, rule_lines, wants_csv
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import Member
from web.sheets.columns import NO_ROOM
from web.store.hours import WEEKDAYS

pages = Blueprint("programme", __name__, url_prefix="/admin/programme")


@pages.get("")
@member_required("admin")
def formats(by: Member) -> str | Response:
    if wants_csv():
        rules = {rule.kind: rule for rule in programmes.formats(site(), by)}
        return as_csv("programme", RULES, rule_lines(rules, programmes.owed(site(), by, names=False)))
    return _overview(by, {})


def _overview(by: Member, mistakes: dict[str, str]) -> str:
    return render_template(
        "admin/programme.html",
        rules={rule.kind: rule for rule in programmes.formats(site(), by)},
        kinds=tuple(SessionKind),
        owed=programmes.owed(site(), by),
        cycle=cycle.settings(site(), by, site().now()),
        mistakes=mistakes,
    )


@pages.post("/when")
@member_required("admin")
def change_cycle(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    typed = CycleForm(
        plan_on=form.one_of("plan_on", ("", *WEEKDAYS)),
        plan_at=form.clock("plan_at"),
        timezone=form.text("timezone"),
        weeks_ahead=form.whole("weeks_ahead"),
        freeze_hours=form.whole("freeze_hours"),
    )
    try:
        form.done()
        cycle.change(site(), typed, by, site().now())
    except Misfilled as misfilled:
        return _overview(by, misfilled.mistakes), 422
    done("Saved: the programme plans itself." if typed.plan_on else "Saved: plans are made by hand only.")
    return redirect(url_for("programme.formats"), 303)


@pages.post("/usual")
@member_required("admin")
def start_with_usual(by: Member) -> Response:
    programmes.start_with_usual(site(), by, site().now())
    done("The usual is promised of every kind. Change what you like; the next planning run uses it.")
    return redirect(url_for("programme.formats"), 303)


@pages.get("/<kind>")
@member_required("admin")
def one_format(by: Member, kind: str) -> str:
    return _page(by, _kind(kind), {})


@pages.post("/<kind>")
@member_required("admin")
def change(by: Member, kind: str) -> Response | tuple[str, int]:
    form, about = Form(request.form), _kind(kind)
    typed = FormatForm(
        weeks=form.whole("weeks"),
        minutes=form.whole("minutes"),
        fewest=form.whole("fewest"),
        most=form.whole("most"),
        open_seats=form.whole("open_seats"),
        between_from=form.clock("between_from"),
        between_to=form.clock("between_to"),
        in_person=form.one_of("where", ("office", "online")) == "office",
        room_use=form.one_of("room_use", (*RoomUse, NO_ROOM)),
        weeks_between_pairs=form.whole("weeks_between_pairs"),
    )
    try:
        form.done()
        programmes.change(site(), about, typed, by, site().now())
    except Misfilled as misfilled:
        return _page(by, about, misfilled.mistakes), 422
    done(f"{words.KINDS[about]} is saved; the next planning run uses it.")
    return redirect(url_for("programme.formats"), 303)


@pages.post("/<kind>/drop")
@member_required("admin")
def drop(by: Member, kind: str) -> Response:
    about = _kind(kind)
    programmes.drop(site(), about, by)
    done(f"{words.KINDS[about]} is no longer promised. What is agreed, or waits for an answer, stays.")
    return redirect(url_for("programme.formats"), 303)


def _kind(text: str) -> SessionKind:
    try:
        return SessionKind(text)
    except ValueError:
        raise NotFound from None


def _page(by: Member, kind: SessionKind, mistakes: dict[str, str]) -> str:
    promised = {rule.kind: rule for rule in programmes.formats(site(), by)}
    return render_template(
        "admin/format.html",
        kind=kind,
        rule=promised.get(kind, programmes.usual(kind)),
        promised=kind in promised,
        all_uses=tuple(RoomUse),
        mistakes=mistakes,
    )

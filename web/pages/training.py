"""/admin/programme/training: the path for seniors, who waits for a first session, and whom they can ask."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain import SessionKind
from web import words
from web.errors import Misfilled
from web.guides import guide
from web.operations import training
from web.operations.training import LONGEST_NOTE, LONGEST_TEXT, ItemForm
from web.pages.exports import Cell, as_csv, wants_csv
from web.pages.filters import done
from web.pages.forms import Form
from web.pages.signed_in import member_required, site
from web.records import Member, TrainingItemRecord, TrainingProgrammeRecord

pages = Blueprint("training", __name__, url_prefix="/admin/programme/training")

#: So many of those who wait are named; the rest are counted.
MOST_NAMED = 60

LONGEST_ADDRESS = 254


#: Nobody by name, so that no list of people by what they read can be made of it.
PATH = [
    "reading",
    "on the path",
    "minutes",
    "due after days",
    "before the first session",
    "seniors",
    "read by",
]


@pages.get("")
@member_required("admin")
def programme(by: Member) -> str | Response:
    if wants_csv():
        return as_csv("training", PATH, _lines(training.programme(site(), by, site().now())))
    return _page(by, {})


def _lines(found: TrainingProgrammeRecord) -> Iterator[list[Cell]]:
    """How many have read what is left open where that is not said of so few seniors."""
    for each in (*found.items, *found.retired):
        yield [
            each.title,
            "yes" if each.retired_at is None else "no",
            each.minutes,
            each.due_days,
            "yes" if each.required else "no",
            found.seniors,
            "" if found.done is None else found.done.get(each.id, 0),
        ]


def _page(by: Member, mistakes: dict[str, str]) -> str:
    found = training.programme(site(), by, site().now())
    return render_template("admin/training.html", training=found, **limits(), mistakes=mistakes)


def limits() -> dict[str, object]:
    """What the page shows whatever there is on the path."""
    return {
        "most_named": MOST_NAMED,
        "longest_text": LONGEST_TEXT,
        "longest_note": LONGEST_NOTE,
        "all_guides": [(kind, guide(kind)) for kind in SessionKind],
    }


@pages.post("/usual")
@member_required("admin")
def start_with_usual(by: Member) -> Response:
    new = training.start_with_usual(site(), by, site().now())
    done(
        f"{words.counted_words(new, 'reading').capitalize()} on the path. Change what you like."
        if new
        else "All of the usual path is there, on it or taken off."
    )
    return redirect(url_for("training.programme"), 303)


@pages.post("")
@member_required("admin")
def add(by: Member) -> Response | tuple[str, int]:
    form, typed = _typed(own=True)
    try:
        form.done()
        training.add(site(), typed, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    done(f"“{typed.title}” is on the path.")
    return redirect(url_for("training.programme"), 303)


@pages.get("/<int:item_id>")
@member_required("admin")
def item(by: Member, item_id: int) -> str:
    return _item(training.one(site(), item_id, by), {})


def _item(found: TrainingItemRecord, mistakes: dict[str, str]) -> str:
    return render_template("admin/training_item.html", **shown(found), mistakes=mistakes)


def shown(found: TrainingItemRecord) -> dict[str, object]:
    return {"item": found, "sections": training.sections(found), "longest_text": LONGEST_TEXT}


@pages.post("/<int:item_id>")
@member_required("admin")
def change(by: Member, item_id: int) -> Response | tuple[str, int]:
    found = training.one(site(), item_id, by)
    form, typed = _typed(own=found.guide is None)
    try:
        form.done()
        training.change(site(), item_id, typed, by, site().now())
    except Misfilled as misfilled:
        return _item(found, misfilled.mistakes), 422
    done("It is changed. Who has read it has read it.")
    return redirect(url_for("training.programme"), 303)


def _typed(own: bool) -> tuple[Form, ItemForm]:
    form = Form(request.form)
    typed = ItemForm(
        title=form.text("title") if own else "",
        text=form.prose("text", LONGEST_TEXT, needed=False) if own else "",
        minutes=form.whole("minutes"),
        due_days=form.whole("due_days"),
        required=form.ticked("required"),
    )
    form.mistakes = training.mistakes_in(typed, own) | form.mistakes
    return form, typed


@pages.post("/<int:item_id>/sooner")
@member_required("admin")
def sooner(by: Member, item_id: int) -> Response:
    training.move(site(), item_id, -1, by, site().now())
    return redirect(url_for("training.programme"), 303)


@pages.post("/<int:item_id>/later")
@member_required("admin")
def later(by: Member, item_id: int) -> Response:
    training.move(site(), item_id, 1, by, site().now())
    return redirect(url_for("training.programme"), 303)


@pages.post("/<int:item_id>/retire")
@member_required("admin")
def retire(by: Member, item_id: int) -> Response:
    training.retire(site(), item_id, by, site().now())
    done("It is off the path.", undo=url_for("training.bring_back", item_id=item_id))
    return redirect(url_for("training.programme"), 303)


@pages.post("/<int:item_id>/back")
@member_required("admin")
def bring_back(by: Member, item_id: int) -> Response:
    training.bring_back(site(), item_id, by, site().now())
    done("It is back on the path.")
    return redirect(url_for("training.programme"), 303)


# --- whom to ask ---------------------------------------------------------------------------------


@pages.post("/support")
@member_required("admin")
def name_support(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    email = form.text("email", most=LONGEST_ADDRESS, needed=False)
    note = form.prose("note", LONGEST_NOTE, needed=False)
    try:
        form.done()
        training.name_support(site(), email, note, by, site().now())
    except Misfilled as misfilled:
        return _page(by, misfilled.mistakes), 422
    done("Saved. Seniors see on their pages whom they can ask.")
    return redirect(url_for("training.programme"), 303)


@pages.post("/support/nobody")
@member_required("admin")
def name_nobody(by: Member) -> Response:
    training.name_nobody(site(), by, site().now())
    done("Nobody is named any more.")
    return redirect(url_for("training.programme"), 303)

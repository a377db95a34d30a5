"""/guides: how each kind of session goes well, a senior's own path, and whom to ask."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.domain import SessionKind
from web import guides
from web.errors import NotFound
from web.operations import training
from web.pages.filters import done
from web.pages.signed_in import member, member_required, site
from web.records import Member, SupportRecord, TrainingStepRecord

pages = Blueprint("guides", __name__, url_prefix="/guides")


@pages.app_template_global()
def training_first() -> tuple[TrainingStepRecord, ...]:
    """For the page where a senior is at home: what they have to read before anything is planned."""
    acting = _acting()
    if acting is None or acting.behind is not None or "senior" not in acting.roles:
        return ()
    return training.path(site(), acting, site().now()).first_of_all


@pages.app_template_global()
def support_contact() -> SupportRecord | None:
    """For the foot of seniors' pages: whom they can ask."""
    acting = _acting()
    return training.support_of(site(), acting) if acting else None


@pages.app_template_global()
def seniors_in_training() -> int:
    """For the pages where plans are made: how many seniors have to read something first."""
    acting = _acting()
    if acting is None or "admin" not in acting.roles:
        return 0
    return training.unready(site(), acting, site().now())


def _acting() -> Member | None:
    found: Member | None = g.get("acting") or member()
    return found


@pages.get("")
@member_required("senior")
def show(by: Member) -> str:
    """An assistant reads the guides too; the path is the senior's own."""
    return render_template(
        "senior/guides.html",
        path=None if by.behind else training.path(site(), by, site().now()),
        all_guides=[(kind, guides.guide(kind)) for kind in SessionKind],
        support=training.support_of(site(), by),
    )


@pages.get("/kinds/<kind>")
@member_required(None, assistants=True)
def kind(by: Member, kind: str) -> str:
    """Seniors and admins read all of a guide; juniors what to expect, and what they could ask."""
    try:
        about = SessionKind(kind)
    except ValueError:
        raise NotFound from None
    return render_template(
        "everybody/guide.html",
        **a_guide(about),
        leads=bool(by.roles & {"senior", "admin"}) or not by.roles,
        support=training.support_of(site(), by),
    )


def a_guide(about: SessionKind) -> dict[str, object]:
    """What the page of a guide shows, whoever reads it."""
    others = [(each, guides.guide(each)) for each in SessionKind if each is not about]
    return {"about": about, "guide": guides.guide(about), "others": others}


@pages.get("/path/<int:item_id>")
@member_required("senior")
def reading(by: Member, item_id: int) -> str:
    step = training.step(site(), item_id, by, site().now())
    return render_template(
        "senior/reading.html",
        step=step,
        sections=training.sections(step.item),
        support=training.support_of(site(), by),
    )


@pages.post("/path/<int:item_id>/read")
@member_required("senior")
def complete(by: Member, item_id: int) -> Response:
    item = training.complete(site(), item_id, by, site().now())
    done(f"“{item.title}” is read. Thank you.", undo=url_for("guides.take_back", item_id=item_id))
    return redirect(url_for("guides.show"), 303)


@pages.post("/path/<int:item_id>/unread")
@member_required("senior")
def take_back(by: Member, item_id: int) -> Response:
    training.take_back(site(), item_id, by)
    done("It is open again.")
    return redirect(url_for("guides.show"), 303)

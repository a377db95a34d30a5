"""A senior's proposed days: seeing them, and answering each as a whole."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import words
from web.operations import absence, actions, day_questions, event_questions, proposals
from web.pages import briefing
from web.pages.filters import done
from web.pages.forms import Form, day_asked_about
from web.pages.signed_in import member_required, own_day, site
from web.records import Member, ProposalRecord

pages = Blueprint("senior", __name__, url_prefix="/days")


@pages.get("")
@member_required("senior")
def days(by: Member) -> str:
    mine = proposals.of_senior(site(), by, site().now())
    return render_template(
        "senior/days.html",
        **sorted_out(mine),
        **briefing.on_days(by, mine),
        questions=event_questions.open_to(site(), by, site().now()),
        asked=day_questions.open_to(site(), by, site().now()),
        near_days=absence.near_days(by, site().now()),
        to_do=actions.soonest(site(), by),
        today=own_day(by.person, site().now()),
    )


def sorted_out(mine: tuple[ProposalRecord, ...]) -> dict[str, list[ProposalRecord]]:
    """What waits for an answer, the one that runs out first at its top; then the others by day."""
    waiting = [each for each in mine if each.state == "proposed"]
    return {
        "waiting": sorted(waiting, key=lambda each: (each.expires_at or each.start, each.day)),
        "answered": sorted((each for each in mine if each not in waiting), key=lambda each: each.day),
    }


@pages.get("/<int:proposal_id>")
@member_required("senior")
def day(by: Member, proposal_id: int) -> str:
    proposal = proposals.one(site(), proposal_id, by)
    agreed = proposal.state == "approved"
    invitations = proposals.invitations(site(), proposal_id, by) if agreed else None
    events = event_questions.of_proposal(site(), proposal_id, by, site().now())
    asked = day_questions.open_to(site(), by, site().now())
    return render_template(
        "senior/day.html",
        proposal=proposal,
        **briefing.on_days(by, [proposal]),
        invitations=invitations,
        events=events,
        asked=[question for question in asked if question.proposal_id == proposal_id],
        near_days=absence.near_days(by, site().now()),
    )


@pages.post("/events/<int:event_id>/answer")
@member_required("senior")
def answer_event(by: Member, event_id: int) -> Response:
    form = Form(request.form)
    choice = form.one_of("choice", words.CHOICES)
    form.done()
    proposal_id = event_questions.answer(site(), event_id, choice, by, site().now())
    done(words.CHOSEN[choice])
    return redirect(url_for("senior.day", proposal_id=proposal_id), 303)


@pages.get("/<int:proposal_id>/other")
@member_required("senior")
def other(by: Member, proposal_id: int) -> str:
    proposal = proposals.one(site(), proposal_id, by)
    if proposal.state != "proposed":
        return render_template("senior/other.html", proposal=proposal, choices=(), why_not=None)
    day, mistakes = day_asked_about(request.args)
    return render_template(
        "senior/other.html",
        proposal=proposal,
        choices=proposals.other_days(site(), proposal_id, by),
        why_not=proposals.why_not(site(), proposal_id, day, by),
        mistakes=mistakes,
    )


@pages.post("/<int:proposal_id>/approve")
@member_required("senior")
def approve(by: Member, proposal_id: int) -> Response:
    form = Form(request.form)
    version, leave_out = form.whole("version"), form.several("leave_out")
    form.done()
    proposals.approve(site(), proposal_id, version, by, leave_out, site().now())
    return redirect(url_for("senior.day", proposal_id=proposal_id), 303)


@pages.post("/<int:proposal_id>/choose")
@member_required("senior")
def choose(by: Member, proposal_id: int) -> Response:
    form = Form(request.form)
    version, day = form.whole("version"), form.day("day")
    form.done()
    proposals.choose_day(site(), proposal_id, version, day, by, site().now())
    return redirect(url_for("senior.day", proposal_id=proposal_id), 303)


@pages.post("/<int:proposal_id>/skip")
@member_required("senior")
def skip(by: Member, proposal_id: int) -> Response:
    proposals.skip(site(), proposal_id, _version(), by, site().now())
    skipped = proposals.one(site(), proposal_id, by)
    done(
        f"{words.long_day(skipped.day)} is skipped. That costs nothing.",
        undo=url_for("senior.reopen", proposal_id=proposal_id),
        version=skipped.version,
    )
    return redirect(url_for("senior.days"), 303)


@pages.post("/<int:proposal_id>/reopen")
@member_required("senior")
def reopen(by: Member, proposal_id: int) -> Response:
    proposals.reopen(site(), proposal_id, _version(), by, site().now())
    done("The day is back and waits for your answer.")
    return redirect(url_for("senior.day", proposal_id=proposal_id), 303)


@pages.get("/<int:proposal_id>/call-off")
@member_required("senior")
def confirm_call_off(by: Member, proposal_id: int) -> str:
    return render_template("senior/call_off.html", proposal=proposals.one(site(), proposal_id, by))


@pages.post("/<int:proposal_id>/call-off")
@member_required("senior")
def call_off(by: Member, proposal_id: int) -> Response:
    proposals.call_off(site(), proposal_id, _version(), by, site().now())
    done("The day is called off, and everybody is being told. Their turns come back in the next plan.")
    return redirect(url_for("senior.days"), 303)


def _version() -> int:
    """The version of the proposal that the page showed; an older one is refused by the operation."""
    form = Form(request.form)
    version = form.whole("version")
    form.done()
    return version

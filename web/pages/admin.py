"""Running a programme: planning runs and their release, rooms, and everybody's calendar readings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain import RoomUse
from web import words
from web.errors import Misfilled, Refused
from web.operations import (
    calendars,
    cycle,
    event_questions,
    first_steps,
    membership,
    notice,
    outbox,
    proposals,
    purposes,
    rooms,
    runs,
)
from web.pages.exports import (
    PEOPLE,
    ROOMS,
    RUNS,
    as_csv,
    people_lines,
    room_lines,
    run_lines,
    wants_csv,
)
from web.pages.filters import done
from web.pages.forms import Form, day_asked_about
from web.pages.signed_in import member_required, site
from web.records import (
    Member,
    PersonRef,
    PreviewRecord,
    ProposalRecord,
    RosterRecord,
    RunRecord,
    SessionRecord,
)
from web.sheets import cells

pages = Blueprint("admin", __name__, url_prefix="/admin")


@pages.get("")
@member_required("admin")
def overview(by: Member) -> str | Response:
    """Where nothing has begun yet the guide is what an admin is here for ("all": they know it)."""
    now = site().now()
    if "all" not in request.args and first_steps.is_untouched(site(), by):
        return redirect(url_for("start.show"), 303)
    people = calendars.roster(site(), by)
    return render_template(
        "admin/overview.html",
        runs=runs.recent(site(), by),
        people=people,
        unread=[person for person in people if has_problem(person)],
        rooms=rooms.all_rooms(site(), by, now),
        unsent=outbox.unsent(site(), by),
        organizer=event_questions.organizer(site(), by, now),
        cycle=cycle.settings(site(), by, now),
        guide=first_steps.guide(site(), by, now) if first_steps.is_under_way(site(), by) else None,
        known=notice.known_already(site(), by, now),
    )


@pages.post("/mail/send-anew")
@member_required("admin")
def send_mail_anew(by: Member) -> Response:
    tried = outbox.send_anew(site(), by, site().now())
    done(f"{words.counted(tried, 'mail')} will be tried again in a moment.")
    return redirect(url_for("admin.overview"), 303)


@pages.post("/events/try-again")
@member_required("admin")
def try_events_again(by: Member) -> Response:
    tried = event_questions.try_again(site(), by, site().now())
    done(f"{words.counted(tried, 'event')} will be tried again in a moment, and the calendar is looked at.")
    return redirect(url_for("admin.overview"), 303)


# --- planning runs -------------------------------------------------------------------------------


@pages.get("/plan")
@member_required("admin")
def plans(by: Member) -> str | Response:
    if wants_csv():
        return as_csv("plans", RUNS, run_lines(runs.recent(site(), by)))
    return _plans(by, {})


@pages.post("/plan")
@member_required("admin")
def start(by: Member) -> Response | tuple[str, int]:
    form = Form(request.form)
    first, last = form.day("first_day"), form.day("last_day")
    try:
        form.done()
        run_id = runs.start(site(), by, first, last, site().now())
    except Misfilled as misfilled:
        return _plans(by, misfilled.mistakes), 422
    return redirect(url_for("admin.plan", run_id=run_id), 303)


def _plans(by: Member, mistakes: dict[str, str]) -> str:
    window = first_steps.first_window(site().config.planner.window_weeks, site().now().date())
    return render_template(
        "admin/plans.html",
        runs=runs.recent(site(), by),
        window=window,
        mistakes=mistakes,
        nobody=first_steps.is_untouched(site(), by),
        guide=first_steps.guide(site(), by, site().now()),
    )


@pages.get("/plan/<int:run_id>")
@member_required("admin")
def plan(by: Member, run_id: int) -> str:
    run = runs.one(site(), run_id, by)
    preview = runs.preview(site(), run_id, by) if run.state == "draft" else None
    is_empty = preview is not None and not preview.proposals and not preview.superseded
    guide = first_steps.guide(site(), by, site().now()) if is_empty else None
    return render_template(
        "admin/plan.html",
        run=run,
        preview=preview,
        guide=guide,
        nothing=guide and first_steps.why_nothing(guide, run),
        totals=preview and totals(preview),
        purposes=preview and purposes.on_a_page(site(), _sessions_of(preview), by),
        question=_question(by, run),
    )


def _sessions_of(preview: PreviewRecord) -> list[SessionRecord]:
    return [session for proposal in preview.proposals for session in proposal.sessions]


def _question(by: Member, run: RunRecord) -> dict[str, Any] | None:
    """For "Why not another day?": the proposals it can be asked of, and the answer where it was asked."""
    among = proposals.open_of_run(site(), run.id, by) if run.state in ("draft", "released") else ()
    if not among:
        return None
    day, mistakes = day_asked_about(request.args)
    wanted = request.args.get("proposal", "")
    asked = next((each for each in among if str(each.id) == wanted), None)
    if wanted and asked is None:
        mistakes = mistakes | {"proposal": "This day is not open any more. Please choose another one."}
    about = asked or among[0]
    why_not = proposals.why_not_in_full(site(), about.id, day if asked else None, by)
    return {"among": among, "about": about, "why_not": why_not, "mistakes": mistakes}


def totals(preview: PreviewRecord) -> dict[str, Any]:
    """Counts of a draft, and its proposals by senior with that senior's office days (None: online only)."""
    by_senior: dict[PersonRef, list[ProposalRecord]] = {}
    for proposal in preview.proposals:
        by_senior.setdefault(proposal.senior, []).append(proposal)
    office_days = {each.senior.id: each for each in preview.run.by_senior}
    return {
        "by_senior": [
            (senior, days, office_days.get(senior.id))
            for senior, days in sorted(by_senior.items(), key=lambda pair: pair[0].name.casefold())
        ],
        "mails": len(preview.mails),
    }


@pages.get("/plan/<int:run_id>/progress.json")
@member_required("admin")
def progress(by: Member, run_id: int) -> dict[str, Any]:
    """For `static/progress.js`: what the page would say now, and whether there is more to come."""
    return progress_says(runs.one(site(), run_id, by))


def progress_says(run: RunRecord) -> dict[str, Any]:
    progress = run.progress
    return {
        "state": run.state,
        "goes_on": run.state in ("queued", "running"),
        "headline": words.run_headline(run),
        "says": progress.says,
        "seconds": round(progress.seconds),
        "value": progress.value,
        "bound": progress.bound,
        "closeness": words.closeness(progress),
    }


@pages.post("/plan/<int:run_id>/stop")
@member_required("admin")
def stop(by: Member, run_id: int) -> Response:
    runs.stop(site(), run_id, by)
    done("Stopping. The best plan so far is kept as a draft.")
    return redirect(url_for("admin.plan", run_id=run_id), 303)


@pages.post("/plan/<int:run_id>/release")
@member_required("admin")
def release(by: Member, run_id: int) -> Response:
    queued = runs.release(site(), run_id, by, site().now())
    done(f"Released: {words.counted(queued, 'mail')} on the way.")
    return redirect(url_for("admin.plan", run_id=run_id), 303)


@pages.post("/plan/<int:run_id>/discard")
@member_required("admin")
def discard(by: Member, run_id: int) -> Response:
    runs.discard(site(), run_id, by, site().now())
    done("The draft is discarded. Nobody was told of it.")
    return redirect(url_for("admin.plans"), 303)


# --- rooms ---------------------------------------------------------------------------------------


@pages.get("/rooms")
@member_required("admin")
def room_list(by: Member) -> str | Response:
    found = rooms.all_rooms(site(), by, site().now())
    if wants_csv():
        return as_csv("rooms", ROOMS, room_lines(found))
    return render_template("admin/rooms.html", rooms=found)


@pages.get("/rooms/<path:room_id>")
@member_required("admin")
def room(by: Member, room_id: str) -> str:
    return _room(by, room_id)


def _room(
    by: Member, room_id: str, mistakes: dict[str, str] | None = None, refused: Refused | None = None
) -> str:
    """The room's page; with what was typed, where it could not be taken."""
    now = site().now()
    in_the_way = [
        (session, rooms.rooms_for(site(), session.id, by, now))
        for session in (refused.sessions if refused else ())
    ]
    return render_template(
        "admin/room.html",
        room=rooms.one(site(), room_id, by, now),
        agreed=rooms.sessions_in(site(), room_id, by, now),
        all_uses=tuple(RoomUse),
        mistakes=mistakes or {},
        refused=refused,
        in_the_way=in_the_way,
    )


@pages.post("/rooms/<path:room_id>")
@member_required("admin")
def change_room(by: Member, room_id: str) -> Response | tuple[str, int]:
    form = Form(request.form)
    name, capacity = form.text("name"), form.whole("capacity")
    uses = form.chosen("uses", [use.value for use in RoomUse])
    features = _features(form)
    try:
        form.done()
        rooms.change(
            site(),
            room_id,
            by,
            site().now(),
            name=name,
            capacity=capacity,
            uses=frozenset(RoomUse(use) for use in uses),
            shared=form.ticked("shared"),
            features=features,
        )
    except Misfilled as misfilled:
        return _room(by, room_id, misfilled.mistakes), 422
    except Refused as refused:
        return _room(by, room_id, refused=refused), 409
    done(f"{name} is saved.")
    return _to_room(room_id)


@pages.post("/rooms/<path:room_id>/closures")
@member_required("admin")
def close_room(by: Member, room_id: str) -> Response | tuple[str, int]:
    form = Form(request.form)
    zone = rooms.one(site(), room_id, by, site().now()).timezone
    start, end = form.instant("start", zone), form.instant("end", zone)
    reason = form.text("reason", needed=False)
    try:
        form.done()
        rooms.close(site(), room_id, start, end, reason, by, site().now())
    except Misfilled as misfilled:
        return _room(by, room_id, misfilled.mistakes), 422
    except Refused as refused:
        return _room(by, room_id, refused=refused), 409
    done("The closure is noted; plans made from now on keep out of the room.")
    return _to_room(room_id)


@pages.post("/rooms/<path:room_id>/closures/<int:closure_id>/remove")
@member_required("admin")
def reopen_room(by: Member, room_id: str, closure_id: int) -> Response:
    rooms.reopen(site(), room_id, closure_id, by)
    done("The closure is removed.")
    return _to_room(room_id)


@pages.post("/sessions/<path:session_id>/move")
@member_required("admin")
def move_session(by: Member, session_id: str) -> Response:
    form = Form(request.form)
    from_room, to_room = form.text("from_room"), form.text("to_room")
    form.done()
    rooms.move_session(site(), session_id, to_room, by, site().now())
    there = rooms.one(site(), to_room, by, site().now())
    done(f"Moved to {there.name}; everybody in it gets a new invitation. You can make your change now.")
    return _to_room(from_room)


def _features(form: Form) -> frozenset[str]:
    """As an import reads them: "Screen, standing desk" → screen, standing-desk."""
    typed = form.text("features", most=500, needed=False)
    parts = ["-".join(part.split()) for part in typed.split(",")]
    try:
        return cells.features(" ".join(parts))
    except ValueError as why:
        form.mistakes["features"] = str(why)
        return frozenset()


def _to_room(room_id: str) -> Response:
    return redirect(url_for("admin.room", room_id=room_id), 303)


# --- people --------------------------------------------------------------------------------------


@pages.get("/people")
@member_required("admin")
def people(by: Member) -> str | Response:
    shown, wanted = request.args.get("show", "all"), request.args.get("name", "").strip()
    if wants_csv():
        return as_csv("people", PEOPLE, people_lines(membership.all_listed(site(), by, shown, wanted)))
    page = request.args.get("page", 1, type=int)
    return render_template(
        "admin/people.html",
        listed=membership.listed(site(), by, shown, wanted, page),
        shown=shown,
        wanted=wanted,
        known=notice.known_already(site(), by, site().now()),
    )


def has_problem(person: RosterRecord) -> bool:
    """A plan treats this person's time, or part of it, as unknown."""
    unknown = person.calendar is None or person.read_at is None or person.reason is not None
    return unknown and not {"senior", "junior"}.isdisjoint(person.roles)


@pages.post("/people/read")
@member_required("admin")
def read_calendars(by: Member) -> Response:
    calendars.ask_to_sync(site(), by, site().now())
    done("Reading everybody's calendar now. Reload this page in a minute to see how it went.")
    return redirect(url_for("admin.people"), 303)

"""What templates can say and draw: filters over `web.words` and `web.timeline`, and what every page needs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, flash, g
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from web import charts, timeline, words
from web.invitations import FOR_TWO
from web.operations import attendance, coworking, evaluation
from web.pages import signed_in
from web.records import Member, OtherDayRecord, ProposalRecord
from web.store.hours import clock_of


def register(app: Flask) -> None:
    app.jinja_env.filters.update(
        long_day=lambda day: words.long_day(day, _today()),
        short_day=lambda day: words.short_day(day, _today()),
        weekday=words.weekday,
        clock=words.clock,
        age=age,
        until=lambda instant, zone: words.deadline(instant, _now(), zone),
        moment=moment,
        local_day=lambda instant, zone: instant.astimezone(ZoneInfo(zone)).date(),
        local_input=lambda instant, zone: instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
        duration=words.duration,
        zone_city=words.zone_city,
        counted=words.counted,
        spelled=words.spelled,
        counted_words=words.counted_words,
        weeks_waited=words.weeks_waited,
        months=words.months,
        without=words.without,
        half_name=words.half_year,
        listed=lambda some: words.listed(list(some)),
        office_is_closed=words.office_is_closed,
        sentence=words.sentence,
        what_helps=words.what_helps,
        session_name=words.session_name,
        kind_name=lambda kind: words.KINDS[kind],
        agreed_at=lambda action, reader: words.agreed_at(action, reader, _today()),
        clock_time=clock_of,
        use_name=lambda use: words.USES[use],
        place=words.place,
        day_question=words.day_question,
        day_question_says=words.day_question_says,
        day_choice=lambda question, choice: words.day_choice(choice, question),
        choice_name=lambda choice: words.CHOICES[choice],
        headline=lambda proposal: words.headline(proposal, _today()),
        saving=words.saving,
        invitations_say=words.invitations_say,
        level_name=words.level_name,
        run_headline=words.run_headline,
        closeness=words.closeness,
        rows=lambda day: timeline.day_rows(day.sessions, day.timezone),
        strip=lambda day: timeline.day_strip(day.sessions, day.timezone),
        strip_hours=lambda day: timeline.strip_hours(day.sessions, day.timezone),
        drawn=charts.drawn,
        tabled=charts.tabled,
        figure=charts.figure,
        waiting_says=lambda seat, zone: words.waiting_says(seat, zone, _now()),
        rounds=words.rounds,
        coworking_is_open=lambda session: coworking.is_open(session, _now()),
        evaluation_is_open=lambda session: evaluation.is_open(session, _now()),
        is_past=is_past,
        is_ahead=lambda instant: instant > _now(),
        zone_aside=words.zone_aside,
        zone_for=lambda session, whose: words.zone_for(session, whose.person),
        day_for=lambda session, whose: words.day_for(session, whose.person),
        hours=hours,
        strip_words=strip_words,
    )
    app.jinja_env.tests["for_two"] = lambda session: session.kind in FOR_TWO
    app.jinja_env.tests["maybe_held"] = attendance.may_have_been_held
    app.jinja_env.tests["has"] = lambda some, one: one in some
    app.jinja_env.globals.update(stretch=words.stretch, level_says=words.level_says, USEFUL=words.USEFUL)
    app.context_processor(_every_page)


def _now() -> datetime:
    return signed_in.site().now()


def _today() -> date:
    return _now().date()


def _every_page() -> dict[str, Any]:
    acting: Member | None = g.get("acting") or signed_in.member()
    return {
        "site_name": signed_in.site().config.site.name,
        "acting": acting,
        "my_memberships": signed_in.members(),
        "csrf": Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()),
    }


def done(text: str, undo: str | None = None, label: str = "Undo", **fields: object) -> None:
    """Say on the next page what was done, and offer a button there that posts `fields` to `undo`."""
    flash({"text": text, "undo": undo, "label": label, "fields": fields}, "done")  # type: ignore[arg-type]


def age(instant: datetime) -> Markup:
    """ "3 hours ago", marked up with the instant itself."""
    stamp = instant.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        stamp.strftime("%Y-%m-%dT%H:%M:%SZ"), stamp.strftime("%Y-%m-%d %H:%M UTC"), words.age(instant, _now())
    )


def moment(instant: datetime, zone: str) -> Markup:
    """ "Thursday 11 March, 9:30", marked up with the instant itself."""
    local = instant.astimezone(ZoneInfo(zone))
    return Markup('<time datetime="{}">{}, {}</time>').format(
        local.isoformat(timespec="minutes"),
        words.long_day(local.date(), _today()),
        words.clock(instant, zone),
    )


def hours(number: float) -> str:
    """ "31 h" or "2.5 h"."""
    return f"{number:.1f}".removesuffix(".0") + " h"


def is_past(day: ProposalRecord | OtherDayRecord) -> bool:
    """Over on the clock of its own place."""
    return day.day < _now().astimezone(ZoneInfo(day.timezone)).date()


def strip_words(day: ProposalRecord | OtherDayRecord) -> str:
    """What the drawing of a day shows, for whoever does not see it."""
    return "; ".join(
        f"{words.stretch(each.start, each.end, day.timezone)} {words.session_name(each)}"
        for each in day.sessions
    )

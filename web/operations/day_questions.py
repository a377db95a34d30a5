"""Questions about what is agreed: asked where only a person can decide, and answered once.

Of two kinds: an office day that is no longer worth the trip (`web.operations.worth` asks), and a session at
whose time somebody's calendar has something else now (`take_up`). A mailed link shows by GET and decides
by POST; the same question stands on the person's page. Where no answer comes, nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner.alternatives import OtherDay, held_on
from planner.alternatives import other_days as alternatives
from planner.domain import Interval, Placement, PlanningProblem
from planner.intervals import subtract
from web import words
from web.errors import NotFound, Refused
from web.operations import (
    another_day,
    asking,
    assistants,
    audit,
    one_session,
    outbox,
    proposals,
    seats,
    worth,
)
from web.operations.access import need_self
from web.operations.changes import Changes
from web.records import DayQuestionRecord, Member, OtherDayRecord
from web.site import Site
from web.store import day_questions as kept
from web.store import jobs, links
from web.store import proposals as kept_proposals
from web.store.day_questions import MOOT, SILENCE, Day, Question, Standing

GONE = (
    "That time is taken meanwhile, so nothing was changed. Another one is being looked for: try again soon."
)
NO_SUCH_DAY = "That day no longer works for these sessions, so nothing was changed. Here are the others."


# --- calendars that moved ------------------------------------------------------------------------


def take_up(site: Site, found: Sequence[Mapping[str, Any]]) -> None:
    """The background job: ask people whose calendars have something new at the time of a session.

    Nothing is asked inside the freeze, or once more about what was answered.
    """
    now = site.now()
    for each in found:
        times = [Interval(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in each["times"]]
        _take_up(site, int(each["person_id"]), str(each["session_id"]), times, now)
    outbox.wake(site, now)


def _take_up(site: Site, person_id: int, session_id: str, times: Sequence[Interval], now: datetime) -> None:
    with site.store.reading() as connection:
        about = _to_ask_about(connection, person_id, session_id, times, now)
        if about is None:
            return
        suggested = _suggestion(connection, about, person_id, now)
    with site.store.writing() as connection:
        if _to_ask_about(connection, person_id, session_id, times, now) == about:
            facts = {
                "start": about.start.isoformat(),
                "times": [[each.start.isoformat(), each.end.isoformat()] for each in times],
                "suggested": _kept(suggested),
            }
            _ask(connection, site, about, person_id, facts, now)


def _to_ask_about(
    connection: Connection, person_id: int, session_id: str, times: Sequence[Interval], now: datetime
) -> Standing | None:
    """The session, where its person has to be asked about these times."""
    about = next(iter(kept.standing(connection, [session_id], now)), None)
    if about is None or now >= about.freezes_at or person_id not in (about.senior_id, *about.juniors):
        return None
    marks = kept.marks(connection, [person_id], now).get(person_id, ())
    if not asking.is_barred(marks, times, about.office_id is not None):
        return None
    if person_id == about.senior_id and kept.asked_by_calendar(connection, session_id):
        return None
    before = kept.about_session(connection, session_id, person_id)
    return None if any(_covers(each, about, times) for each in before) else about


def _covers(before: Question, about: Standing, times: Sequence[Interval]) -> bool:
    """Was this asked already: is it still open, or answered for the same time and the same clash?"""
    if before.closed_at is None:
        return True
    same_start = before.facts["start"] == about.start.isoformat()
    return same_start and before.answer != MOOT and not subtract(times, asking.times(before))


def _suggestion(connection: Connection, about: Standing, person_id: int, now: datetime) -> Placement | None:
    """Where else it could be; None where it goes on as it is without them, which changes least."""
    without = replace(about, juniors=tuple(who for who in about.juniors if who != person_id))
    if person_id != about.senior_id and without.can_go_on:
        return None
    return one_session.least_change(connection, about.id, now)


def _kept(suggested: Placement | None) -> dict[str, Any] | None:
    if suggested is None:
        return None
    return {"start": suggested.start.isoformat(), "room": suggested.room}


def _ask(
    connection: Connection,
    site: Site,
    about: Standing,
    person_id: int,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    until = max(about.freezes_at, now) if now < about.freezes_at else about.start
    asked = asking.ask(connection, "busy", person_id, about.proposal_id, about.id, facts, now, until)
    Changes(connection, site, now).tell([asked])


def look_again(site: Site, question_id: int) -> None:
    """The background job: another suggestion in the place of one that no longer fits."""
    now = site.now()
    with site.store.reading() as connection:
        question = kept.one(connection, question_id)
        if question is None or question.session_id is None or asking.problem_with(connection, question, now):
            return
        suggested = one_session.least_change(connection, question.session_id, now)
    with site.store.writing() as connection:
        kept.note_suggestion(connection, question, _kept(suggested))


# --- showing -------------------------------------------------------------------------------------


def open_to(site: Site, by: Member, now: datetime) -> tuple[DayQuestionRecord, ...]:
    """The questions that wait for this person's answer, the one that runs out first at its top."""
    with site.store.reading() as connection:
        found = [asking.record(connection, each, now) for each in kept.open_to(connection, by.person.id, now)]
    waiting = [each for each in found if each.problem is None]
    return tuple(sorted(waiting, key=lambda each: (each.expires_at, each.id)))


def one(site: Site, question_id: int, by: Member, now: datetime) -> DayQuestionRecord:
    with site.store.reading() as connection:
        question = kept.one(connection, question_id)
        if question is None:
            raise NotFound
        need_self(by, question.person_id)
        found = asking.record(connection, question, now)
    audit.look_for_another(site, by, "read.question", f"question:{question_id}")
    return found


def by_link(site: Site, token: str, now: datetime) -> DayQuestionRecord:
    """What a mailed link leads to; changes nothing."""
    with site.store.reading() as connection:
        question = kept.one(connection, _link(connection, site, token).question_id or 0)
        if question is None:
            raise NotFound
        return asking.record(connection, question, now)


def other_days(site: Site, question: DayQuestionRecord, now: datetime) -> tuple[OtherDayRecord, ...]:
    """The best other days for what is left of a day that is asked about, best first."""
    if question.cause != "below" or question.problem is not None:
        return ()
    with site.store.reading() as connection:
        asked = kept.one(connection, question.id)
        if asked is None:
            raise NotFound
        day = asking.day_of(connection, asked, now)
        found = _other_days(connection, day, now)
        record = kept_proposals.one(connection, asked.proposal_id)
        if record is None:
            raise NotFound
        whole = replace(record, sessions=asking.records_of(connection, day.sessions))
        return another_day.shown(connection, whole, found, now)


def _other_days(connection: Connection, day: Day, now: datetime) -> tuple[OtherDay, ...]:
    problem, placements = _free_to_move(connection, day, now)
    return alternatives(problem, placements, str(day.senior_id), day.day, another_day.MOST)


def _free_to_move(connection: Connection, day: Day, now: datetime) -> tuple[PlanningProblem, list[Placement]]:
    """Whether what is left is worth a trip is what its senior is asked, so no day is refused for that."""
    standing = kept_proposals.standing(connection, day.in_office[0].proposal_id)
    if standing is None:
        raise NotFound
    problem, placements = another_day.with_agreed_free(
        connection, standing, [each.placement for each in day.sessions], day.thaws_on(now)
    )
    people = tuple(
        replace(each, min_sessions_per_office_day=1) if each.id == str(day.senior_id) else each
        for each in problem.people
    )
    return replace(problem, people=people), placements


# --- answering -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer on its way into a transaction, and what was worked out for it before."""

    choice: str
    by: Member | int  #: who gives it; a person's id, where a mailed link says who
    other_day: OtherDay | None = None

    @property
    def by_id(self) -> int:
        return self.by if isinstance(self.by, int) else self.by.hand.id


def answer(site: Site, question_id: int, choice: str, day: date | None, by: Member, now: datetime) -> str:
    """Answer a question with one of its choices, "move" with the day where there are several.

    Returns:
        What follows, of `words.DAY_CHOSEN`.

    Raises:
        NotFound: nobody asked this person that.
        Refused: it can no longer be answered so; nothing was changed.
    """
    one(site, question_id, by, now)
    return _decide(site, question_id, choice, day, by, None, now)


def answer_by_link(site: Site, token: str, choice: str, day: date | None, now: datetime) -> str:
    """The same through a mailed link. It decides once."""
    with site.store.reading() as connection:
        link = _link(connection, site, token)
    return _decide(site, link.question_id or 0, choice, day, link.person_id, link.id, now)


def _link(connection: Connection, site: Site, token: str) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "question") if link_id else None
    if link is None or link.question_id is None:
        raise NotFound
    return link


def _decide(
    site: Site,
    question_id: int,
    choice: str,
    day: date | None,
    by: Member | int,
    link_id: str | None,
    now: datetime,
) -> str:
    other_day = _day_to_move_to(site, question_id, choice, day, now)
    try:
        with site.store.writing() as connection:
            question = _answerable(connection, question_id, choice, now)
            if link_id is not None and not links.use(connection, link_id, now):
                raise Refused(words.DAY_CHOSEN[MOOT])
            if not kept.close(
                connection, question_id, choice, now, by if isinstance(by, int) else by.hand.id
            ):
                raise Refused(words.DAY_CHOSEN[MOOT])
            audit.note(connection, now, by, f"question.{choice}", f"question:{question_id}")
            if isinstance(by, Member):
                says = "answered a question about an agreed day for you"
                assistants.tell_senior(connection, site, by, says, f"/days/{question.proposal_id}", now)
            said = _do(connection, site, question, _Answer(choice, by, other_day), now)
    except _Gone:
        _have_looked_again(site, question_id, now)
        raise Refused(GONE) from None
    outbox.wake(site, now)
    return said


class _Gone(Exception):
    """What was suggested does not fit any more."""


def _have_looked_again(site: Site, question_id: int, now: datetime) -> None:
    with site.store.writing() as connection:
        args = {"question_id": question_id}
        job_id = jobs.add(connection, "look_again", args, now, dedup=f"look_again:{question_id}")
    site.queue.tell(job_id)


def _answerable(connection: Connection, question_id: int, choice: str, now: datetime) -> Question:
    question = kept.one(connection, question_id)
    if question is None:
        raise NotFound
    asked = asking.record(connection, question, now)
    if asked.problem is not None:
        raise Refused(asked.problem)
    if choice not in asked.choices:
        raise NotFound
    return question


def _day_to_move_to(
    site: Site, question_id: int, choice: str, day: date | None, now: datetime
) -> OtherDay | None:
    """Worked out before the transaction that takes it: it takes a while, and is checked again there."""
    if choice != "move" or day is None:
        return None
    with site.store.reading() as connection:
        asked = asking.day_of(connection, _answerable(connection, question_id, choice, now), now)
        problem, placements = _free_to_move(connection, asked, now)
        found = held_on(problem, placements, str(asked.senior_id), asked.day, day)
    if found is None:
        raise Refused(NO_SUCH_DAY)
    return found


def _do(connection: Connection, site: Site, question: Question, given: _Answer, now: datetime) -> str:
    changes = Changes(connection, site, now)
    if given.choice in ("come", "keep"):
        return _stays(connection, site, question, given, now)
    if question.cause == "below":
        day = asking.day_of(connection, question, now)
        _change_day(connection, changes, day, given, now)
        changes.tell()
        return given.choice
    (about,) = kept.standing(connection, [question.session_id or ""], now)
    if question.person_id == about.senior_id:
        _change_session(connection, changes, about, question, given, now)
        changes.tell(worth.asked_about(connection, [(about.senior_id, about.day)], now))
        return given.choice
    if given.choice == "give_up":
        seats.give_up_in(connection, site, about.id, question.person_id, now)
        return given.choice
    return _ask_the_senior(connection, site, about, question, now)


def _stays(connection: Connection, site: Site, question: Question, given: _Answer, now: datetime) -> str:
    """It stays as it is. Whoever had wished for another time says then whether they can come."""
    wish_of = question.facts.get("wish_of")
    if given.choice == "keep" and wish_of:
        (about,) = kept.standing(connection, [question.session_id or ""], now)
        before = kept.about_session(connection, about.id, wish_of)[0].facts
        facts = {"start": before["start"], "times": before["times"], "suggested": None}
        _ask(connection, site, about, wish_of, facts, now)
    return given.choice


def _change_day(connection: Connection, changes: Changes, day: Day, given: _Answer, now: datetime) -> None:
    if given.choice == "online":
        changes.go_online([each.id for each in day.in_office])
    elif given.choice == "call_off":
        changes.call_off([each.id for each in day.in_office])
    elif given.other_day is None:
        raise Refused("Please choose the day to move to.")
    else:
        problem, _ = _free_to_move(connection, day, now)
        placements = given.other_day.placements
        if proposals.broken_by(problem, placements, str(day.senior_id)):
            raise Refused(NO_SUCH_DAY)
        changes.call_off(given.other_day.left_out)
        changes.move_day(placements, given.other_day.day)


def _change_session(
    connection: Connection,
    changes: Changes,
    about: Standing,
    question: Question,
    given: _Answer,
    now: datetime,
) -> None:
    if given.choice == "give_up":
        changes.call_off([about.id])
        return
    instead = question.facts["suggested"]
    start = datetime.fromisoformat(instead["start"])
    placement = replace(about.placement, start=start, room=instead["room"])
    zone = ZoneInfo(kept_proposals.zone_of(connection, about.proposal_id))
    standing = kept_proposals.standing(connection, about.proposal_id)
    if standing is None:
        raise NotFound
    day = start.astimezone(zone).date()
    problem, _ = another_day.with_agreed_free(connection, standing, [about.placement], min(day, about.day))
    if start <= now or proposals.broken_by(problem, (placement,), str(about.senior_id)):
        raise _Gone
    changes.move_one(placement, day, given.by_id)


def _ask_the_senior(
    connection: Connection, site: Site, about: Standing, question: Question, now: datetime
) -> str:
    """A junior would rather have it at another time: that needs the senior's yes too."""
    before = kept.about_session(connection, about.id, about.senior_id)
    asked = any(each.closed_at is None for each in before)
    if asked or kept.asked_by_calendar(connection, about.id):
        raise Refused(
            "The senior is being asked about this session already. Please wait for that, or choose "
            "another answer."
        )
    # What the junior's calendar has stays out of a row that is the senior's.
    facts = {key: question.facts[key] for key in ("start", "suggested")} | {"wish_of": question.person_id}
    _ask(connection, site, about, about.senior_id, facts, now)
    return "ask"


# --- housekeeping --------------------------------------------------------------------------------


def settle(site: Site, now: datetime) -> int:
    """Close questions whose time is over, or that nothing is left of; how many."""
    with site.store.reading() as connection:
        if not _over(connection, now):
            return 0
    with site.store.writing() as connection:
        over = _over(connection, now)
        for question, answer in over:
            kept.close(connection, question.id, answer, now)
    return len(over)


def _over(connection: Connection, now: datetime) -> list[tuple[Question, str]]:
    still_open = kept.all_open(connection)
    late = [each for each in still_open if each.expires_at <= now]
    in_time = [each for each in still_open if each.expires_at > now]
    moot = asking.moot_among(connection, in_time, now) if in_time else []
    return [*((each, SILENCE) for each in late), *((each, MOOT) for each in moot)]

"""A briefing for those in a session, what they let it serve (`web.operations.purposes` has the rule), and
its agenda.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from planner.domain import SessionKind
from web.clean_text import one_line
from web.errors import Misfilled, NotFound, Refused
from web.guides import Step, agenda_for, guide
from web.invitations import FOR_TWO
from web.operations import audit, purposes, training
from web.operations.access import need_role
from web.operations.purposes import STAYS, Purpose, is_for_two, may_be_named, part, standing
from web.records import (
    ActionRecord,
    GoalRecord,
    Member,
    ObjectiveRecord,
    PersonRef,
    SessionRecord,
    SupportRecord,
)
from web.site import Site
from web.store import actions, goals, reminders, sessions
from web.store import preparation as kept
from web.store import tables as t
from web.store.preparation import Prepared, Told

LUNCHES = frozenset({SessionKind.INDIVIDUAL_LUNCH, SessionKind.GROUP_LUNCH})

#: An admin chooses for so many groups on one page.
MOST_AHEAD = 30

#: Of an agenda: lines, and characters of a line.
MOST_STEPS, LONGEST_STEP = 20, 200

#: "10 Welcome": the minutes of a step, and what happens in them.
_STEP = re.compile(r"(?P<minutes>[0-9]{1,3})(?:\s*min\.?)?\s+(?P<what>\S.*)")


# --- the briefing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Briefed:
    """One junior, as the senior reads of them before they meet."""

    person: PersonRef
    topics: tuple[str, ...]  #: that both named
    goals: tuple[GoalRecord, ...]  #: open ones
    agreed: tuple[ActionRecord, ...]  #: what the two agreed on: open, or closed since they last met
    eats: str  #: where there is a lunch, and they said so; to the senior alone


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a session may be for."""

    value: str  #: as a form sends it: "goal:12", "objective:3"
    says: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """What helps before a session. To a junior it holds nothing of the other juniors but their names."""

    session: SessionRecord
    leads: bool  #: it is for the senior
    purpose: Purpose
    choices: tuple[Choice, ...]  #: what the reader may let it serve
    chosen: str  #: of the choices; "": it follows from the rule
    people: tuple[Briefed, ...]  #: to the senior
    agreed: tuple[ActionRecord, ...]  #: to a junior: what they and the senior agreed on, open or closed since
    promised: tuple[ActionRecord, ...]  #: what else the senior does: to a junior, for a group they were in
    agenda: tuple[Step, ...]
    own_agenda: bool  #: the senior changed it
    prompts: tuple[str, ...]
    support: SupportRecord | None  #: to the senior
    link: str | None  #: where to meet online

    @property
    def may_change_agenda(self) -> bool:
        return self.leads and not is_for_two(self.session)


def briefing(site: Site, session_id: str, mine: Sequence[Member], now: datetime) -> tuple[Briefing, Member]:
    """What somebody reads before a session, and as whom of their memberships (`mine`) they are in it.

    Raises:
        NotFound: they are not in it, or it is not agreed.
        Refused: it is over.
    """
    with site.store.reading() as connection:
        session, by = _open_to(connection, session_id, mine, now)
    audit.look_for_another(site, by, "read.briefing", f"session:{session_id}")
    with site.store.reading() as connection:
        return _briefing(connection, session, by, now), by


def _briefing(connection: Connection, session: SessionRecord, by: Member, now: datetime) -> Briefing:
    chosen = kept.prepared(connection, [session.id])[session.id]
    leads = part(session, by) == "senior"
    juniors = session.juniors if leads else tuple(one for one in session.juniors if one.id == by.person.id)
    own = goals.open_goals(connection, [chosen.programme_id], [one.id for one in juniors])
    objectives = goals.open_objectives(connection, [chosen.programme_id])[chosen.programme_id]
    named = may_be_named(session, chosen, own)
    before = actions.before_meeting(
        connection, session.senior.id, {one.id for one in juniors}, min(now, session.start), leads
    )
    told = kept.told(connection, [session.senior.id, *(one.id for one in juniors)])
    choices = _choices(session, leads, named, objectives)
    said = guide(session.kind)
    contact = training.support(connection, chosen.programme_id) if leads else None
    return Briefing(
        session=session,
        leads=leads,
        purpose=purposes.of(connection, [session])[session.id],
        choices=choices,
        chosen=_chosen(chosen, choices),
        people=tuple(
            _briefed(session, one, own.get((chosen.programme_id, one.id), ()), before, told, by)
            for one in juniors
            if leads
        ),
        agreed=() if leads else before.between.get(by.person.id, ()),
        promised=before.promised,
        agenda=agenda(session, chosen),
        own_agenda=chosen.agenda is not None,
        prompts=said.senior_prompts if leads else said.junior_prompts,
        support=training.for_reader(contact, by.hand),
        link=reminders.meeting_links(connection, [session.id]).get(session.id),
    )


def _briefed(
    session: SessionRecord,
    one: PersonRef,
    own: tuple[GoalRecord, ...],
    before: actions.Before,
    told: Mapping[int, Told],
    by: Member,
) -> Briefed:
    topics = told[one.id].topics & told[session.senior.id].topics
    over_lunch = session.kind in LUNCHES and session.office is not None
    eats = told[one.id].eats if over_lunch and by.behind is None else ""
    return Briefed(one, tuple(sorted(topics)), own, before.between.get(one.id, ()), eats)


def _open_to(
    connection: Connection, session_id: str, mine: Sequence[Member], now: datetime
) -> tuple[SessionRecord, Member]:
    """An agreed session that is not over, and as whom somebody is in it."""
    session = _agreed(connection, session_id)
    able = [each for each in mine if part(session, each)]
    if not able:
        raise NotFound
    _need_ahead(session, now)
    return session, able[0]


def _agreed(connection: Connection, session_id: str) -> SessionRecord:
    found = sessions.agreed(connection, (t.session.c.id == session_id) & (t.session.c.state == "agreed"))
    if not found:
        raise NotFound
    return found[0]


def _need_ahead(session: SessionRecord, now: datetime) -> None:
    if session.end + STAYS <= now:
        raise Refused(
            "This session is over, so there is nothing left to prepare. You find it among the past ones."
        )


# --- choosing what a session is for --------------------------------------------------------------


def choose(site: Site, session_id: str, value: str, mine: Sequence[Member], now: datetime) -> tuple[str, str]:
    """Let a session serve something else: a junior one of their goals, where two meet; its senior, or an
    admin, one of the programme's objectives, in a group. "" lets it follow from the rule again.

    Returns:
        How it was before; and as what they chose: "senior", "junior" or "admin".

    Raises:
        NotFound: it is not theirs to choose.
        Refused: it is over.
        Misfilled: that is nothing they can choose.
    """
    with site.store.writing() as connection:
        session = _agreed(connection, session_id)
        known = kept.prepared(connection, [session_id])[session_id]
        by, as_what = _chooser(session, known, mine)
        _need_ahead(session, now)
        leads = as_what != "junior"
        if leads == is_for_two(session):
            raise NotFound
        own = goals.open_goals(connection, [known.programme_id], [by.person.id])
        objectives = goals.open_objectives(connection, [known.programme_id])[known.programme_id]
        choices = _choices(session, leads, may_be_named(session, known, own), objectives)
        before = _chosen(known, choices)
        _keep_choice(connection, session_id, value, choices, by, now)
        if known.is_held:
            purposes.keep(connection, session_id, now)
    return before, as_what


@dataclass(frozen=True, slots=True)
class GroupAhead:
    """A group's session to come, for an admin, who may say what it is for."""

    session: SessionRecord
    purpose: Purpose
    choices: tuple[Choice, ...]
    chosen: str


def groups_ahead(site: Site, by: Member, now: datetime) -> tuple[GroupAhead, ...]:
    """The next groups of an admin's programme. What two people meet for is theirs, so it is not here."""
    need_role(by, "admin")
    audit.look(site, by, "read.groups")
    with site.store.reading() as connection:
        ids = kept.next_agreed(connection, by.programme_id, FOR_TWO, now, MOST_AHEAD)
        some = sessions.agreed(connection, t.session.c.id.in_(ids))
        known = kept.prepared(connection, ids)
        serves = purposes.of(connection, some)
        objectives = goals.open_objectives(connection, [by.programme_id])[by.programme_id]
    choices = [_choices(session, True, (), objectives) for session in some]
    return tuple(
        GroupAhead(session, serves[session.id], offered, _chosen(known[session.id], offered))
        for session, offered in zip(some, choices, strict=True)
    )


def _chooser(session: SessionRecord, known: Prepared, mine: Sequence[Member]) -> tuple[Member, str]:
    """As whom and what somebody may: who is in it, else an admin of its programme."""
    for each in mine:
        if as_what := part(session, each):
            return each, as_what
    for each in mine:
        if "admin" in each.roles and each.programme_id == known.programme_id:
            return each, "admin"
    raise NotFound


def _choices(
    session: SessionRecord,
    leads: bool,
    own: Sequence[GoalRecord],
    objectives: Sequence[ObjectiveRecord],
) -> tuple[Choice, ...]:
    """Of two people the junior chooses, of a group whoever leads it."""
    if leads == is_for_two(session):
        return ()
    if leads:
        open_then = standing(session, objectives)
        return tuple(Choice(f"objective:{each.id}", each.statement) for each in open_then)
    return tuple(Choice(f"goal:{goal.id}", goal.statement) for goal in standing(session, own))


def _chosen(known: Prepared, choices: Sequence[Choice]) -> str:
    """What stands, if it is among the choices."""
    standing = {f"goal:{known.goal_id}", f"objective:{known.objective_id}"}
    return next((each.value for each in choices if each.value in standing), "")


def _keep_choice(
    connection: Connection,
    session_id: str,
    value: str,
    choices: Sequence[Choice],
    by: Member,
    now: datetime,
) -> None:
    if value and value not in {each.value for each in choices}:
        raise Misfilled({"serves": "Please choose one of what is offered."})
    what, _, number = value.partition(":")
    kept.prepare(
        connection,
        session_id,
        by.hand.id,
        now,
        goal_id=int(number) if what == "goal" else None,
        objective_id=int(number) if what == "objective" else None,
    )
    audit.note(connection, now, by, "session.choose_purpose", f"session:{session_id}")


# --- the agenda of a group -----------------------------------------------------------------------


def agenda(session: SessionRecord, known: Prepared) -> tuple[Step, ...]:
    """The senior's own; else the usual one of its kind, for as long as the session is."""
    return agenda_for(session.kind, session.minutes) if known.agenda is None else known.agenda


def agenda_from(text: str, minutes: int) -> tuple[Step, ...]:
    """The steps that somebody typed, one a line: "10 Welcome". Empty lines are left out.

    Raises:
        Misfilled: every line that is no step, steps that take longer than the session, or none at all.
    """
    lines = [(number, one_line(line, 10 * LONGEST_STEP)) for number, line in enumerate(text.splitlines(), 1)]
    found = {number: _step(line) for number, line in lines if line}
    wrong = [f"line {number}: {step}" for number, step in found.items() if isinstance(step, str)]
    steps = tuple(step for step in found.values() if isinstance(step, Step))
    if len(found) > MOST_STEPS:
        wrong.append(f"please keep it to {MOST_STEPS} lines; these are {len(found)}")
    if (taken := sum(step.minutes for step in steps)) > minutes:
        wrong.append(f"these steps take {taken} minutes, and the session has {minutes}")
    if not found:
        wrong.append("please write a step a line, such as “10 Welcome”; or go back to the usual agenda")
    if wrong:
        raise Misfilled({"agenda": "; ".join(wrong) + "."})
    return steps


def _step(line: str) -> Step | str:
    """A step, or what is wrong with its line."""
    matched = _STEP.fullmatch(line)
    if matched is None:
        return "please begin with the minutes it takes, such as “10 Welcome”"
    if not int(matched["minutes"]):
        return "please give it a minute or more"
    if len(matched["what"]) > LONGEST_STEP:
        return f"please keep this under {LONGEST_STEP} characters"
    return Step(int(matched["minutes"]), matched["what"])


def as_typed(steps: Iterable[Step]) -> str:
    """An agenda as somebody would type it."""
    return "\n".join(f"{step.minutes} {step.what}" for step in steps)


def change_agenda(
    site: Site, session_id: str, text: str | None, mine: Sequence[Member], now: datetime
) -> str | None:
    """Give a group's session an agenda of its own; None: the usual one again.

    Returns:
        How it was before, as typed; None: the usual one.

    Raises:
        NotFound: it is not theirs to lead, or two people need no agenda.
        Refused: it is over.
        Misfilled: as of `agenda_from`.
    """
    with site.store.writing() as connection:
        session = _agreed(connection, session_id)
        leading = [each for each in mine if part(session, each) == "senior"]
        if not leading or is_for_two(session):
            raise NotFound
        _need_ahead(session, now)
        by = leading[0]
        before = kept.prepared(connection, [session_id])[session_id].agenda
        steps = None if text is None else agenda_from(text, session.minutes)
        kept.prepare(connection, session_id, by.hand.id, now, agenda=kept.as_kept(steps))
        audit.note(connection, now, by, "session.change_agenda", f"session:{session_id}")
    return None if before is None else as_typed(before)

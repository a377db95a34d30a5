"""What a session is for, its agenda, and a briefing for those in it.

What a session serves follows from one rule (`purpose`). Whatever a junior set themself is read by them and
by the senior who is about to meet them, once the session is agreed, and by nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from planner.domain import SessionKind
from web.clean_text import one_line
from web.errors import Misfilled, NotFound, Refused
from web.guides import Step, agenda_for, guide
from web.operations import audit, training
from web.operations.access import need_role, part_of
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

#: Sessions of two people; all others have an agenda that their senior may change.
FOR_TWO = frozenset({SessionKind.INDIVIDUAL_LUNCH, SessionKind.COFFEE_ROULETTE})
LUNCHES = frozenset({SessionKind.INDIVIDUAL_LUNCH, SessionKind.GROUP_LUNCH})

#: A briefing can be read until so long after its session.
STAYS = timedelta(hours=12)

#: An admin chooses for so many groups on one page.
MOST_AHEAD = 30

#: Of an agenda: lines, and characters of a line.
MOST_STEPS, LONGEST_STEP = 20, 200

#: "10 Welcome": the minutes of a step, and what happens in them.
_STEP = re.compile(r"(?P<minutes>[0-9]{1,3})(?:\s*min\.?)?\s+(?P<what>\S.*)")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a session is for, and where that comes from."""

    says: str
    whose: PersonRef | None = None  #: the junior whose goal it is
    is_objective: bool = False  #: the programme's; where it is nobody's goal either, the guide says it


# --- what a session is for: the rule -------------------------------------------------------------


def purpose(
    session: SessionRecord,
    chosen: Prepared,
    own: Sequence[GoalRecord],
    objectives: Sequence[ObjectiveRecord],
) -> Purpose:
    """What a session serves: the first of these that there is.

    1. what somebody chose, for as long as it stands open;
    2. of two people: the open goal of its junior with the nearest date;
    3. the programme's first objective that names this kind, else the first that is for all kinds;
    4. what the guide says of the kind.

    Args:
        own: open goals of its junior, the nearest date first; of a session with several juniors, none.
        objectives: the programme's open ones, in order.
    """
    for goal in own:
        if goal.id == chosen.goal_id:
            return _goal(session, goal)
    for objective in objectives:
        if objective.id == chosen.objective_id:
            return Purpose(objective.statement, is_objective=True)
    if own:
        return _goal(session, own[0])
    naming = [each for each in objectives if session.kind in each.kinds]
    for objective in (*naming, *(each for each in objectives if not each.kinds)):
        return Purpose(objective.statement, is_objective=True)
    return Purpose(guide(session.kind).purpose)


def _goal(session: SessionRecord, goal: GoalRecord) -> Purpose:
    return Purpose(goal.statement, next(one for one in session.juniors if one.id == goal.person_id))


def purposes(connection: Connection, some: Iterable[SessionRecord]) -> Mapping[str, Purpose]:
    """What each session is for, in three statements. For those in them only: it may be somebody's goal."""
    by_id = {session.id: session for session in some}
    known = kept.prepared(connection, by_id)
    programmes = {each.programme_id for each in known.values()}
    juniors = {one.id for session in by_id.values() if is_for_two(session) for one in session.juniors}
    own = goals.open_goals(connection, programmes, juniors)
    objectives = goals.open_objectives(connection, programmes)
    return {
        key: purpose(
            by_id[key],
            chosen,
            _own(by_id[key], chosen, own),
            objectives.get(chosen.programme_id, ()),
        )
        for key, chosen in known.items()
    }


def _own(
    session: SessionRecord, chosen: Prepared, own: Mapping[tuple[int, int], tuple[GoalRecord, ...]]
) -> tuple[GoalRecord, ...]:
    """Goals that may be named: until a session is agreed nobody is about to meet anybody."""
    if not (is_for_two(session) and chosen.is_agreed and session.juniors):
        return ()
    return own.get((chosen.programme_id, session.juniors[0].id), ())


def is_for_two(session: SessionRecord) -> bool:
    return session.kind in FOR_TWO


def of_sessions(site: Site, some: Iterable[SessionRecord], by: Member) -> Mapping[str, Purpose]:
    """The same for a page of somebody's own sessions; those they are not in are left out."""
    mine = [each for each in some if _part(each, by)]
    if not mine:
        return {}
    with site.store.reading() as connection:
        return purposes(connection, mine)


def in_a_mail(session: SessionRecord, serves: Purpose, reader: PersonRef) -> str:
    """What a session is for, as a mail says it. Mails stay, so nobody's goal is in one to somebody else."""
    if serves.whose is None:
        if serves.is_objective:
            return f"Towards: {serves.says}"
        return "" if session.title else f"For: {serves.says}"
    if serves.whose.id == reader.id:
        return f"Your goal: “{serves.says}”"
    return f"It serves a goal that {serves.whose.name} set; you find it on the page below."


def _part(session: SessionRecord, by: Member) -> str | None:
    return part_of(by, session.senior.id, [one.id for one in session.juniors])


# --- the briefing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Briefed:
    """One junior, as the senior reads of them before they meet."""

    person: PersonRef
    topics: tuple[str, ...]  #: that both named
    goals: tuple[GoalRecord, ...]  #: open ones
    to_do: tuple[ActionRecord, ...]  #: what the two agreed on and is open
    eats: str  #: where there is a lunch, and they said so


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
    to_do: tuple[ActionRecord, ...]  #: to a junior: what they and the senior agreed on and is open
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
        return _briefing(connection, session, by), by


def _briefing(connection: Connection, session: SessionRecord, by: Member) -> Briefing:
    chosen = kept.prepared(connection, [session.id])[session.id]
    leads = _part(session, by) == "senior"
    juniors = session.juniors if leads else tuple(one for one in session.juniors if one.id == by.person.id)
    own = goals.open_goals(connection, [chosen.programme_id], [one.id for one in juniors])
    objectives = goals.open_objectives(connection, [chosen.programme_id])[chosen.programme_id]
    named = _own(session, chosen, own)
    to_do = actions.open_between(connection, session.senior.id, [one.id for one in juniors])
    told = kept.told(connection, [session.senior.id, *(one.id for one in juniors)])
    choices = _choices(session, leads, named, objectives)
    said = guide(session.kind)
    return Briefing(
        session=session,
        leads=leads,
        purpose=purpose(session, chosen, named, objectives),
        choices=choices,
        chosen=_chosen(chosen, choices),
        people=tuple(
            _briefed(session, one, own.get((chosen.programme_id, one.id), ()), to_do, told)
            for one in juniors
            if leads
        ),
        to_do=() if leads else tuple(to_do.get(by.person.id, ())),
        agenda=agenda(session, chosen),
        own_agenda=chosen.agenda is not None,
        prompts=said.senior_prompts if leads else said.junior_prompts,
        support=training.support(connection, chosen.programme_id) if leads else None,
        link=reminders.meeting_links(connection, [session.id]).get(session.id),
    )


def _briefed(
    session: SessionRecord,
    one: PersonRef,
    own: tuple[GoalRecord, ...],
    to_do: Mapping[int, Sequence[ActionRecord]],
    told: Mapping[int, Told],
) -> Briefed:
    topics = told[one.id].topics & told[session.senior.id].topics
    eats = told[one.id].eats if session.kind in LUNCHES and session.office is not None else ""
    return Briefed(one, tuple(sorted(topics)), own, tuple(to_do.get(one.id, ())), eats)


def _open_to(
    connection: Connection, session_id: str, mine: Sequence[Member], now: datetime
) -> tuple[SessionRecord, Member]:
    """An agreed session that is not over, and as whom somebody is in it."""
    session = _agreed(connection, session_id)
    able = [each for each in mine if _part(session, each)]
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
        by, part = _chooser(session, known, mine)
        _need_ahead(session, now)
        leads = part != "junior"
        if leads == is_for_two(session):
            raise NotFound
        own = goals.open_goals(connection, [known.programme_id], [by.person.id])
        objectives = goals.open_objectives(connection, [known.programme_id])[known.programme_id]
        choices = _choices(session, leads, _own(session, known, own), objectives)
        before = _chosen(known, choices)
        _keep_choice(connection, session_id, value, choices, by, now)
    return before, part


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
    with site.store.reading() as connection:
        ids = kept.next_agreed(connection, by.programme_id, FOR_TWO, now, MOST_AHEAD)
        some = sessions.agreed(connection, t.session.c.id.in_(ids))
        known = kept.prepared(connection, ids)
        serves = purposes(connection, some)
        objectives = goals.open_objectives(connection, [by.programme_id])[by.programme_id]
    choices = [_choices(session, True, (), objectives) for session in some]
    return tuple(
        GroupAhead(session, serves[session.id], offered, _chosen(known[session.id], offered))
        for session, offered in zip(some, choices, strict=True)
    )


def _chooser(session: SessionRecord, known: Prepared, mine: Sequence[Member]) -> tuple[Member, str]:
    """As whom and what somebody may: who is in it, else an admin of its programme."""
    for each in mine:
        if part := _part(session, each):
            return each, part
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
        return tuple(Choice(f"objective:{each.id}", each.statement) for each in objectives)
    return tuple(Choice(f"goal:{goal.id}", goal.statement) for goal in own)


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
        leading = [each for each in mine if _part(session, each) == "senior"]
        if not leading or is_for_two(session):
            raise NotFound
        _need_ahead(session, now)
        by = leading[0]
        before = kept.prepared(connection, [session_id])[session_id].agenda
        steps = None if text is None else agenda_from(text, session.minutes)
        kept.prepare(connection, session_id, by.hand.id, now, agenda=kept.as_kept(steps))
        audit.note(connection, now, by, "session.change_agenda", f"session:{session_id}")
    return None if before is None else as_typed(before)

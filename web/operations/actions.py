"""What people agree to do after a session: by whom and until when, one reminder, and done in a tap.

An action is shared by two: the senior of the session and one of its juniors. Both see it, and both may change
it, say that it is done, or let it go; nobody else reads it, and admins see how many there are. What a senior
says they do after a session with several juniors is the senior's own to change and to close; whoever was
there reads it before they meet again (`web.operations.preparation`).

Whoever is to do something is reminded once, in the morning of their working day before it is due: one mail
for all of that day, with a link that says "done". Whoever is on a pause then is left in peace and hears of it
on their first morning back, even if its day was over meanwhile; whoever has left hears nothing. What is noted
later than that has no reminder, nor has what is done or let go, and nothing is said twice. What is overdue
stands on their page, and that is all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from web.errors import Misfilled, NotFound, Refused
from web.notify import ActionsLetter, DueAction
from web.operations import assistants, audit, outbox
from web.operations.access import link_problem, need_role, need_share
from web.operations.reminders import FURTHEST, working_day_after, working_day_before
from web.records import (
    ActionCountsRecord,
    ActionLinkRecord,
    ActionRecord,
    AgreeingRecord,
    Member,
    PersonRef,
    SharedActionsRecord,
)
from web.site import Site
from web.small_groups import LEAST
from web.store import actions as kept
from web.store import attendance, links, reminders, sessions
from web.store import tables as t
from web.store.actions import Unreminded

#: How long the text of an action may be, in characters.
LONGEST = 300

#: After one session no more than this is noted.
MOST = 30

#: Nothing is agreed on for later than this.
FURTHEST_AHEAD = timedelta(days=366)

#: On the clock of whoever does it, in the morning, so that there is a day to do it in.
REMINDED_AT = time(9)

#: How long after its date a mailed link still says "done".
LINK_LASTS = timedelta(days=30)

#: How long a page goes on showing what is done or let go.
SHOWN = timedelta(days=14)

#: So many people are owed a mail in one transaction.
BATCH = 200

#: What can be said of an action. "open": it is to be done after all.
SAYS = ("done", "dropped", "open")


# --- seeing them ---------------------------------------------------------------------------------


def shared(site: Site, by: Member, now: datetime) -> SharedActionsRecord:
    """What somebody does, what others do whom they agreed it with, and what was closed in the last days."""
    audit.look_for_another(site, by, "read.actions")
    with site.store.reading() as connection:
        found = _of(connection, by)
    open_ones = [each for each in found if each.is_open]
    lately = [each for each in found if (at := each.done_at or each.dropped_at) and at > now - SHOWN]
    return SharedActionsRecord(
        tuple(each for each in open_ones if each.owner.id == by.person.id),
        tuple(each for each in open_ones if each.owner.id != by.person.id),
        tuple(sorted(lately, key=lambda each: each.done_at or each.dropped_at or now, reverse=True)),
    )


def soonest(site: Site, by: Member) -> tuple[ActionRecord, ...]:
    """What somebody agreed to do and has not done, the soonest due first."""
    with site.store.reading() as connection:
        found = _of(connection, by)
    return tuple(each for each in found if each.is_open and each.owner.id == by.person.id)


def of_sessions(
    site: Site, session_ids: Collection[str], by: Member
) -> Mapping[str, tuple[ActionRecord, ...]]:
    """What was agreed on after each of these sessions, as far as somebody shares it."""
    with site.store.reading() as connection:
        of = t.action.c.session_id.in_(session_ids)
        found = [
            each for each in kept.records(connection, of & kept.concerns(by.person.id)) if _sees(by, each)
        ]
    by_session: dict[str, tuple[ActionRecord, ...]] = defaultdict(tuple)
    for each in found:
        by_session[each.session_id] += (each,)
    return by_session


def one(site: Site, action_id: int, by: Member) -> ActionRecord:
    """An action that somebody shares."""
    with site.store.reading() as connection:
        found = _one(connection, action_id, by)
    audit.look_for_another(site, by, "read.action", f"action:{action_id}")
    return found


def counts(site: Site, by: Member, now: datetime) -> ActionCountsRecord | None:
    """How many actions there have been in an admin's programme; None: fewer than five who are here have any.

    Those of people who have left stay counted, so that leaving moves no figure; and what moves from one day
    to the next is of five people or more.
    """
    need_role(by, "admin")
    with site.store.reading() as connection:
        found = dict(kept.counted(connection, by.programme_id, now.date()))
    return ActionCountsRecord(**found) if found.pop("here") >= LEAST else None


def _of(connection: Connection, by: Member) -> list[ActionRecord]:
    return [each for each in kept.records(connection, kept.concerns(by.person.id)) if _sees(by, each)]


def _sees(by: Member, action: ActionRecord) -> bool:
    """An assistant sees what their senior shares as a senior, and nothing that they share as a junior."""
    return by.behind is None or action.senior.id == by.person.id


# --- agreeing on them ----------------------------------------------------------------------------


def agreeing(site: Site, session_id: str, by: Member, now: datetime) -> AgreeingRecord:
    """A session after which something may be noted, and by whom it may be done.

    Raises:
        NotFound: it is none of this person's business.
        Refused: it has not begun, or did not happen.
    """
    with site.store.reading() as connection:
        _, owner_ids = _agreeable(connection, session_id, by, now)
        session = sessions.one_agreed(connection, session_id)
    if session is None:
        raise NotFound
    audit.look_for_another(site, by, "read.actions", f"session:{session_id}")
    there = {each.id: each for each in (session.senior, *session.juniors)}
    return AgreeingRecord(session, tuple(there[who] for who in owner_ids))


def agree(
    site: Site, session_id: str, owner_id: int, text: str, due: date | None, by: Member, now: datetime
) -> int:
    """Note what was agreed on after a session; its number.

    A senior says it of themself and of the juniors who were in it, a junior of themself and the senior.

    Raises:
        NotFound: it is none of this person's business.
        Refused: it has not begun or did not happen, or a great deal is noted already.
        Misfilled: nothing to do, nobody of the session, or a day that is over or far away.
    """
    with site.store.writing() as connection:
        programme_id, owner_ids = _agreeable(connection, session_id, by, now)
        mistakes = _mistakes(text, due, by.person, now)
        if owner_id not in owner_ids:
            mistakes["owner"] = "Please choose who does it from those who were there."
        if mistakes:
            raise Misfilled(mistakes)
        if kept.how_many(connection, session_id) >= MOST:
            raise Refused(
                f"{MOST} things are noted for this session already, which is the most. Change one instead."
            )
        action_id = kept.add(connection, programme_id, session_id, owner_id, text, due, by.person.id, now)
        _note(connection, action_id, "agree", by, now)
        assistants.tell_senior(connection, site, by, "noted what you agreed on in a session", "/actions", now)
    outbox.wake(site, now)
    return action_id


def change(
    site: Site, action_id: int, text: str, due: date | None, by: Member, now: datetime
) -> ActionRecord:
    """Say otherwise what is to be done, or until when; as it was before. It is reminded of once."""
    with site.store.writing() as connection:
        before = _one(connection, action_id, by)
        # A day that stood there already may be over: only its text is put right then.
        if mistakes := _mistakes(text, None if due == before.due else due, by.person, now):
            raise Misfilled(mistakes)
        if not before.is_open:
            raise Refused("This is done, or was let go, meanwhile. Take that back first, then change it.")
        kept.change(connection, action_id, text=text, due=due)
        _note(connection, action_id, "change", by, now)
    return before


def say(site: Site, action_id: int, said: str, by: Member, now: datetime) -> str:
    """Say that it is done, that it is let go, or that it is open after all (`SAYS`); what was said before."""
    with site.store.writing() as connection:
        before = _one(connection, action_id, by)
        _say(connection, action_id, said, now)
        _note(connection, action_id, said, by, now)
    return "open" if before.is_open else "done" if before.done_at else "dropped"


def _agreeable(
    connection: Connection, session_id: str, by: Member, now: datetime
) -> tuple[int, tuple[int, ...]]:
    """The programme of a session that took place, and who of those in it may be said to do something.

    What has not begun is told from what is nobody's business only to those who are in it.
    """
    found = attendance.begun(connection, [session_id], now)
    if not found:
        ahead = sessions.one_agreed(connection, session_id)
        if ahead is None:
            raise NotFound
        _sides(by, ahead.senior.id, [each.id for each in ahead.juniors])
        raise Refused("This session has not begun, so nothing can follow from it yet.")
    owners = _sides(by, found[0].senior_id, list(found[0].attendance))
    if found[0].is_off:
        raise Refused("It was said that this session did not happen. If it did, say so first.")
    return found[0].programme_id, owners


def _sides(by: Member, senior_id: int, junior_ids: Collection[int]) -> tuple[int, ...]:
    """With whom somebody may agree on something, themself first: a junior with nobody but the senior."""
    if by.person.id == senior_id:
        return (senior_id, *sorted(junior_ids))
    if by.behind is None and by.person.id in junior_ids:
        return (by.person.id, senior_id)
    raise NotFound


def _mistakes(text: str, due: date | None, person: PersonRef, now: datetime) -> dict[str, str]:
    mistakes = {}
    today = now.astimezone(ZoneInfo(person.timezone)).date()
    if not text:
        mistakes["what"] = "Please say in a line what is to be done."
    if due is not None and due < today:
        mistakes["due"] = "This day is over. Please take one to come, or none."
    elif due is not None and due > today + FURTHEST_AHEAD:
        mistakes["due"] = "Please take a day within a year, or none."
    return mistakes


def _one(connection: Connection, action_id: int, by: Member) -> ActionRecord:
    found = kept.one(connection, action_id)
    if found is None or not _sees(by, found):
        raise NotFound
    need_share(by, found.senior.id, found.junior.id if found.junior else None)
    return found


def _say(connection: Connection, action_id: int, said: str, now: datetime) -> None:
    kept.change(
        connection,
        action_id,
        done_at=now if said == "done" else None,
        dropped_at=now if said == "dropped" else None,
    )


def _note(connection: Connection, action_id: int, said: str, by: Member | int, now: datetime) -> None:
    audit.note(connection, now, by, f"action.{said}", f"action:{action_id}")


# --- reminding -----------------------------------------------------------------------------------


def remind(site: Site, now: datetime) -> None:
    """One mail to everybody who agreed to do something before they work again, of all of it."""
    while _is_any_due(site, now):
        with site.store.writing() as connection:
            _remind_some(connection, site, now)


def _is_any_due(site: Site, now: datetime) -> bool:
    with site.store.reading() as connection:
        return bool(_due(connection, now))


def _due(connection: Connection, now: datetime) -> Mapping[PersonRef, list[ActionRecord]]:
    """Whose moment has come for what; a moment that went by unused is made up for until the day itself."""
    first, last = (now - timedelta(days=1)).date(), (now + FURTHEST).date()
    found = kept.unreminded(connection, first, last, first - FURTHEST)
    soonest = min((each.action.due for each in found if each.action.due), default=first)
    ids = {each.action.owner.id for each in found}
    off = reminders.days_off(connection, ids, min(first, soonest) - FURTHEST, last)
    due: dict[PersonRef, list[ActionRecord]] = defaultdict(list)
    for each in found:
        if _is_time(each, off[each.action.owner.id], now):
            due[each.action.owner].append(each.action)
    return due


def _is_time(each: Unreminded, off: frozenset[date], now: datetime) -> bool:
    zone = ZoneInfo(each.action.owner.timezone)
    today = now.astimezone(zone).date()
    if (each.left is not None and each.left <= today) or _pauses(each, today):
        return False
    first, last = _days_to_tell(each, off, today)
    moment = datetime.combine(first, REMINDED_AT, zone).astimezone(UTC)
    return each.action.created_at <= moment <= now and today <= last


def _pauses(each: Unreminded, day: date) -> bool:
    return each.pause is not None and each.pause[0] <= day <= each.pause[1]


def _days_to_tell(each: Unreminded, off: frozenset[date], today: date) -> tuple[date, date]:
    """From which day on its owner is reminded, and until which: their first day back for one of the pause."""
    due = each.action.due or today
    before = working_day_before(due, off)
    if each.pause is None or each.pause[1] >= today:
        return before, due
    back = working_day_after(each.pause[1], off)
    first = back if _pauses(each, before) else before
    return first, max(first, back if _pauses(each, due) else due)


def _remind_some(connection: Connection, site: Site, now: datetime) -> None:
    """Read anew, so that what was done meanwhile is not told, and nothing is told twice."""
    for owner, some in islice(_due(connection, now).items(), BATCH):
        letter = ActionsLetter(tuple(DueAction(each, _link(connection, each, now)) for each in some))
        outbox.remind_of_actions(connection, site, owner, letter, now)
        kept.note_reminded(connection, [each.id for each in some], now)


def _link(connection: Connection, action: ActionRecord, now: datetime) -> str:
    return links.add(connection, "action", action.owner.id, now, now + LINK_LASTS, action_id=action.id)


# --- from the mail -------------------------------------------------------------------------------


def by_link(site: Site, token: str, now: datetime) -> ActionLinkRecord:
    """What the link in a reminder leads to; changes nothing."""
    with site.store.reading() as connection:
        return _linked(connection, _link_of(connection, site, token), token, now)


def say_by_link(site: Site, token: str, said: str, now: datetime) -> None:
    """Say through a mailed link that it is done, or let go. It decides once."""
    with site.store.writing() as connection:
        link = _link_of(connection, site, token)
        found = _linked(connection, link, token, now)
        if found.problem is not None:
            raise Refused(found.problem)
        if not links.use(connection, link.id, now):
            raise Refused("This link has been used already.")
        _say(connection, found.action.id, said, now)
        audit.note(
            connection, now, link.person_id, f"action.{said}", f"action:{found.action.id}",
            programme_id=found.action.programme_id, by_link=True,
        )  # fmt: skip


def _link_of(connection: Connection, site: Site, token: str) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "action") if link_id else None
    if link is None or link.action_id is None:
        raise NotFound
    return link


def _linked(connection: Connection, link: links.Link, token: str, now: datetime) -> ActionLinkRecord:
    action = kept.one(connection, link.action_id or 0)
    if action is None or action.owner.id != link.person_id:
        raise NotFound
    gone = link_problem(connection, link.person_id, action.programme_id, now)
    return ActionLinkRecord(action, token, _problem(action, link, now) or gone)


def _problem(action: ActionRecord, link: links.Link, now: datetime) -> str | None:
    if action.done_at is not None:
        return "This is done. Thank you."
    if action.dropped_at is not None:
        return "This was let go, and that is fine."
    if link.used_at is not None:
        return "This link has been used already, and what it said was taken back since."
    return "This link has run out." if link.expires_at <= now else None

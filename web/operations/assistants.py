"""Assistants: who answers in a senior's name, and what they may not do for them.

Whoever acts for a senior is `behind` them (`Member`): what the senior may decide they may decide too,
and every answer says who gave it. Naming assistants, signing in, calendars and what is private stay with
the senior (`access.need_in_person`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from web.errors import Misfilled, NotFound
from web.notify import NoteLetter
from web.operations import audit, outbox
from web.operations.access import need_all_programmes, need_in_person, need_role
from web.records import AssistantRecord, Member, PersonRef
from web.sheets.cells import mailbox
from web.site import Site
from web.store import assistants as kept
from web.store import people


def of_senior(site: Site, senior_id: int, by: Member) -> tuple[AssistantRecord, ...]:
    """Who may answer for a senior: for themself, whoever acts for them, and their programme's admins."""
    with site.store.reading() as connection:
        if by.person.id != senior_id:
            _senior_of(connection, senior_id, by)
        return kept.of_senior(connection, senior_id)


def name(site: Site, senior_id: int, email: str, copies: bool, by: Member, now: datetime) -> PersonRef:
    """Let somebody known act for a senior. Both get a mail, whoever named them.

    Args:
        by: the senior in person, or an admin of all their programmes.
        copies: they are also mailed what is proposed to the senior.

    Raises:
        Misfilled: nobody is known by this address, or it is the senior's own, or that of the admin: who
            answers for a senior sees what is the senior's alone, so only the senior lets an admin do that.
        Refused: the senior is in a programme, too, that the admin does not run.
    """
    with site.store.writing() as connection:
        senior = _senior_to_change(connection, senior_id, by, now)
        assistant = _known(connection, senior, email)
        if assistant.id == by.person.id:
            raise Misfilled(
                {"assistant": "You see what is theirs alone then, so they have to name you themself."}
            )
        kept.add(connection, senior.id, assistant.id, copies, now)
        audit.note(connection, now, by, "assistant.name", f"person:{assistant.id}", subject_id=senior.id)
        _tell_both(connection, site, senior, assistant, by, now)
    outbox.wake(site, now)
    return assistant


def set_copies(
    site: Site, senior_id: int, assistant_id: int, copies: bool, by: Member, now: datetime
) -> None:
    """Whether an assistant is mailed what is proposed to the senior."""
    with site.store.writing() as connection:
        senior = _senior_to_change(connection, senior_id, by, now)
        if not kept.set_copies(connection, senior.id, assistant_id, copies):
            raise NotFound
        audit.note(connection, now, by, "assistant.copies", f"person:{assistant_id}", subject_id=senior.id)


def end(site: Site, senior_id: int, assistant_id: int, by: Member, now: datetime) -> bool:
    """Let somebody act for a senior no more, from their next click on. Whether they were mailed copies."""
    with site.store.writing() as connection:
        senior = _senior_to_change(connection, senior_id, by, now)
        before = {one.person.id: one for one in kept.of_senior(connection, senior.id)}
        if assistant_id not in before:
            raise NotFound
        kept.remove(connection, senior.id, assistant_id)
        audit.note(connection, now, by, "assistant.end", f"person:{assistant_id}", subject_id=senior.id)
    return before[assistant_id].copies


def _senior_to_change(connection: Connection, senior_id: int, by: Member, now: datetime) -> PersonRef:
    """The same; an assistant answers in all of a senior's programmes, so an admin has to run them all."""
    senior = _senior_of(connection, senior_id, by)
    need_all_programmes(connection, by, senior.id, now)
    return senior


def _senior_of(connection: Connection, senior_id: int, by: Member) -> PersonRef:
    """The senior, if `by` is them in person or an admin of a programme of theirs."""
    need_in_person(by)
    if by.person.id == senior_id:
        need_role(by, "senior")
        return by.person
    need_role(by, "admin")
    there = people.members(connection, programme_id=by.programme_id, person_id=senior_id, role="senior")
    if not there:
        raise NotFound
    return there[0].person


def _known(connection: Connection, senior: PersonRef, email: str) -> PersonRef:
    try:
        found = people.by_email(connection, mailbox(email))
    except ValueError as why:
        raise Misfilled({"assistant": f"Please {why}."}) from None
    if found is None:
        raise Misfilled({"assistant": "Nobody is known by this address here. An admin can add them."})
    if found.id == senior.id:
        raise Misfilled({"assistant": "This is the senior's own address. Please give somebody else's."})
    if kept.assists(connection, found.id, senior.id):
        raise Misfilled({"assistant": f"{found.name} is an assistant already."})
    return found


def _tell_both(
    connection: Connection, site: Site, senior: PersonRef, assistant: PersonRef, by: Member, now: datetime
) -> None:
    admin = f" {by.person.name} set this up for you." if by.person.id != senior.id else ""
    to_senior = NoteLetter(
        f"{assistant.name} may answer for you",
        (
            f"{assistant.name} can now answer proposed days for you, and change your preferences.{admin} "
            "Whatever they answer says that they did, and you get a short mail each time.",
            "You can end this at any moment. It counts at once.",
        ),
        "Your preferences",
        "/preferences",
    )
    to_assistant = NoteLetter(
        f"You may answer for {senior.name}",
        (
            f"You can now answer the days that are proposed to {senior.name}, and see to their preferences. "
            "Sign in as yourself, with this address. What you answer says that you gave it.",
        ),
        f"Open {senior.name}’s days",
        "/days",
    )
    outbox.tell(connection, site, senior, None, to_senior, now)
    outbox.tell(connection, site, assistant, None, to_assistant, now)


# --- acting --------------------------------------------------------------------------------------


def holder(
    connection: Connection, person_id: int, senior_id: int, programme_id: int, now: datetime
) -> Member | None:
    """Whoever was mailed a link, as one who answers for its senior there now; None: they do so no more."""
    behind = people.refs(connection, [person_id])[person_id]
    own = people.members(
        connection, person_id=person_id, programme_id=programme_id, role="senior", present_on=now.date()
    )
    able = own if person_id == senior_id else kept.members(connection, behind, now.date())
    return next(
        (each for each in able if (each.person.id, each.programme_id) == (senior_id, programme_id)), None
    )


def tell_senior(connection: Connection, site: Site, by: Member, says: str, path: str, now: datetime) -> None:
    """A short mail to the senior where an assistant answered: Ana "skipped Friday 12 March for you"."""
    if by.behind is None:
        return
    letter = NoteLetter(
        f"{by.behind.name} {says}",
        ("You can see it, and what can still be changed, there.",),
        "Have a look",
        path,
    )
    outbox.tell(connection, site, by.person, None, letter, now)

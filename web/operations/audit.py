"""The audit log: every decision, and every look at somebody else's data.

Kept as numbers: no names, no texts, nothing that erasing a person would have to rewrite. It is there to
say who changed or saw what, and is of no use for ranking people: who *answered* (a day, a seat, a
question) is kept for the person concerned and whoever has to clear up a dispute in the database, but is
on no page and in no export.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from web.operations.access import need_role
from web.records import Member, PersonRef
from web.site import Site
from web.store import audit as kept
from web.store import people

#: "proposal.skip": what it was done to, and what was done.
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")

#: "proposal:12": its kind and its id.
OBJECT = re.compile(r"[a-z_]+:.+")


def note(
    connection: Connection,
    now: datetime,
    by: Member | int | None,
    action: str,
    object: str = "",  # noqa: A002 (what the column is called)
    *,
    subject_id: int | None = None,
    programme_id: int | None = None,
    **details: int,
) -> None:
    """Write down a decision or a look, in the transaction that makes it so.

    Args:
        by: who; a person's id where only that is known (a mailed link); None: officeday itself, or a command.
        action: noun and verb, such as "proposal.skip"; looks at somebody else's data are "read.…".
        object: kind and id of what it was done to, such as "proposal:12".
        subject_id: the person whose data it is, where that is not whoever acted.
        programme_id: that of `by` unless given.
        details: counts and ids.

    Raises:
        ValueError: names or texts, where only numbers are kept.
    """
    if not ACTION.fullmatch(action) or (object and not OBJECT.fullmatch(object)):
        raise ValueError(f"write noun.verb and kind:id, not {action!r} and {object!r}")
    if texts := [name for name, value in details.items() if not isinstance(value, int)]:
        raise ValueError(f"only numbers are kept in the audit log, so not: {', '.join(texts)}")
    member, actor_id = (by, by.hand.id) if isinstance(by, Member) else (None, by)
    kept.add(
        connection,
        now,
        action,
        object,
        actor_id=actor_id,
        behalf_id=member.person.id if member and member.behind else None,
        programme_id=programme_id if programme_id is not None or member is None else member.programme_id,
        subject_id=subject_id,
        details=details,
    )


def look(site: Site, by: Member, action: str, object: str = "", *, subject_id: int | None = None) -> None:  # noqa: A002
    """Write down a look at somebody else's data, in a transaction of its own: reading ones keep nothing."""
    with site.store.writing() as connection:
        note(connection, site.now(), by, action, object, subject_id=subject_id)


def look_for_another(site: Site, by: Member, action: str, object: str = "") -> None:  # noqa: A002
    """The same where an assistant looks at what is their senior's; of one's own no look is noted."""
    if by.behind is not None:
        look(site, by, action, object, subject_id=by.person.id)


# --- reading it ----------------------------------------------------------------------------------

#: Entries on one page.
PAGE = 100

#: What is done for the programme, or to see somebody's data: of these it is said who did it, and to whom.
#: Everything else is somebody's own answer. A noun covers all its verbs; one nobody thought of stays unnamed.
NAMED = {
    *("audit", "calendars", "cycle", "format", "import", "mail", "membership", "programme", "read", "role"),
    *("export", "objective", "office", "room", "run", "support", "training"),
    *("account.unlink", "event.try_again", "person.erase"),
    *("request.answer", "session.move"),
}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry as an admin reads it."""

    at: datetime
    action: str
    object: str
    by: str  #: a name, or in what way somebody answered
    whose: str | None  #: whose data it was
    details: Mapping[str, int]
    is_named: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    lines: tuple[AuditLine, ...]
    older: int | None  #: where the next page begins
    actions: tuple[str, ...]  #: to choose from


def page(
    site: Site, by: Member, *, action: str = "", about: str = "", before: int | None = None
) -> AuditPage:
    """The newest entries of an admin's programme; the look itself is one of them.

    Who answered what is on no page, and of what was answered only the entries of one object at a time:
    there is no way to list, count or sort what one person did.
    """
    need_role(by, "admin")
    look(site, by, "read.audit", about if OBJECT.fullmatch(about) else "")
    with site.store.reading() as connection:
        found = list(
            kept.newest(
                connection,
                by.programme_id,
                by.person.id,
                action=action or None,
                object_=about or None,
                before=before,
                most=PAGE + 1,
            )
        )
        lines = _lines(connection, found[:PAGE], one_object=bool(about))
        actions = tuple(kept.actions(connection, by.programme_id, by.person.id))
    return AuditPage(lines, found[PAGE - 1].id if len(found) > PAGE else None, actions)


def everything(site: Site, by: Member, *, action: str = "") -> tuple[AuditLine, ...]:
    """The same for an export: all of it."""
    need_role(by, "admin")
    look(site, by, "read.audit_export")
    with site.store.reading() as connection:
        found = list(kept.newest(connection, by.programme_id, by.person.id, action=action or None))
        return _lines(connection, found, one_object=False)


def _lines(connection: Connection, found: Sequence[kept.Entry], *, one_object: bool) -> tuple[AuditLine, ...]:
    named = [entry for entry in found if is_named(entry.action)]
    ids = {person for entry in named for person in (entry.actor_id, entry.behalf_id, entry.subject_id)}
    refs = people.refs(connection, ids - {None})  # type: ignore[arg-type]
    return tuple(_line(entry, refs, one_object) for entry in found)


def _line(entry: kept.Entry, refs: Mapping[int, PersonRef], one_object: bool) -> AuditLine:
    if not is_named(entry.action):
        shown = entry.object if one_object else ""
        return AuditLine(entry.at, entry.action, shown, _way(entry), None, {}, False)
    who = _name(refs, entry.actor_id) or "officeday"
    if entry.behalf_id is not None:
        who = f"{who}, for {_name(refs, entry.behalf_id)}"
    whose = _name(refs, entry.subject_id)
    return AuditLine(entry.at, entry.action, entry.object, who, whose, entry.details, True)


def _name(refs: Mapping[int, PersonRef], person_id: int | None) -> str | None:
    if person_id is None:
        return None
    return refs[person_id].name if person_id in refs else "somebody who was erased"


def _way(entry: kept.Entry) -> str:
    if entry.behalf_id is not None:
        return "an assistant"
    if entry.actor_id is None:
        return "officeday"
    return "by a mailed link" if entry.details.get("by_link") else "in person"


def is_named(action: str) -> bool:
    return action in NAMED or action.partition(".")[0] in NAMED

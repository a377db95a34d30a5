"""The audit log: every decision, and every look at somebody else's data.

Kept as numbers: no names, no texts, nothing that erasing a person would have to rewrite. It is there to
say who changed or saw what, and is of no use for ranking people: who *answered* (a day, a seat, a
question) is kept for the person concerned and whoever has to clear up a dispute in the database, but is
on no page and in no export.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection

from web.records import Member
from web.site import Site
from web.store import audit as kept

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

"""What people set themselves goes before what a file of people says of them.

A file only sets the columns that it has; of these, what somebody set on their own page stays as they
set it, and the report says what the file would have had. An import may be told to go over it, and then
whoever it concerns is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from web.notify import NoteLetter
from web.operations import outbox
from web.site import Site
from web.store import people
from web.store import roster as kept
from web.store.preferences import PAUSE
from web.store.roster import Values

#: A weekday stands in one of the two at most.
_OPPOSITE = {"days_never": "days_in_anyway", "days_in_anyway": "days_never"}


def otherwise(values: Values, before: Values, named: Collection[str], today: date) -> dict[str, Any]:
    """What a file says, in columns it has, otherwise than the person who set it themself; by column."""
    own = set(before.get("own_choices", ())) & {*named}
    if before.get("paused_until") is None or before["paused_until"] < today:
        own -= {*PAUSE}  # a pause that is over, or was ended, is no choice any more
    return {name: values[name] for name in sorted(own) if values[name] != before[name]}


def keep(values: dict[str, Any], before: Values, overruled: Mapping[str, Any]) -> None:
    """Put what people set themselves in the place of what the file says."""
    for name in overruled:
        values[name] = before[name]
    for name in overruled.keys() & _OPPOSITE.keys():
        other = _OPPOSITE[name]
        if other not in overruled:
            values[other] = tuple(day for day in values[other] if day not in before[name])


def go_over(
    connection: Connection,
    site: Site,
    overruled: Mapping[str, Collection[str]],
    lines: Mapping[str, Collection[str]],
    now: datetime,
) -> None:
    """Note that these columns are the file's now, and tell everybody whose choice they were.

    Args:
        overruled: by mail address, the columns.
        lines: by mail address, what changed, in words.
    """
    ids = kept.person_ids(connection)
    kept.forget_own_choices(connection, {ids[email]: names for email, names in overruled.items()})
    refs = people.refs(connection, [ids[email] for email in overruled])
    for email in overruled:
        letter = NoteLetter(
            "Your preferences were changed by an import",
            (
                "A list of people that your programme's admins brought in says otherwise than you did:",
                *lines[email],
                "If that is not right, change it back on your page, and tell them.",
            ),
            "Your preferences",
            "/preferences",
        )
        outbox.tell(connection, site, refs[ids[email]], None, letter, now)

"""What a column says about people, and how it names them. Every column of `tables` has one of these labels.

Export, erasure and retention (`web.store.personal`) go by the labels, so that a new column is in them from
its first day; a test fails for a column without one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Column


class Privacy(StrEnum):
    NONE = "none"  #: says nothing about anybody
    OPERATIONAL = "operational"  #: of the machinery: attempts, versions, leases
    PERSONAL = "personal"  #: about somebody, for those they work with and the programme's admins
    PRIVATE = "private"  #: about somebody, for themself and as few others as can be
    SECRET = "secret"  # noqa: S105 - a label: opens something: in no page, no export, no log


class Pointer(StrEnum):
    """What it means that a row points to a person."""

    SUBJECT = "subject"  #: the row is about them; it is theirs
    ACTOR = "actor"  #: they did something in it; nothing of them but a number
    NAMED = "named"  #: it is somebody else's, or of two, and they are not to learn of it


#: For `Column(info=…)`.
NONE: dict[Any, Any] = {"privacy": Privacy.NONE}
OPERATIONAL: dict[Any, Any] = {"privacy": Privacy.OPERATIONAL}
PERSONAL: dict[Any, Any] = {"privacy": Privacy.PERSONAL}
PRIVATE: dict[Any, Any] = {"privacy": Privacy.PRIVATE}
SECRET: dict[Any, Any] = {"privacy": Privacy.SECRET}

#: Says nothing about anybody by itself, but somebody types it and may have named people in it.
PROSE: dict[Any, Any] = NONE | {"prose": True}

#: The same for columns that point to a person.
SUBJECT: dict[Any, Any] = {"privacy": Privacy.PERSONAL, "person": Pointer.SUBJECT}
ACTOR: dict[Any, Any] = {"privacy": Privacy.PERSONAL, "person": Pointer.ACTOR}
NAMED: dict[Any, Any] = {"privacy": Privacy.PRIVATE, "person": Pointer.NAMED}


def privacy_of(column: Column[Any]) -> Privacy:
    """Raises KeyError for a column without a label."""
    label: Privacy = column.info["privacy"]
    return label


def pointer_of(column: Column[Any]) -> Pointer | None:
    """How a column names people; None: it points to nobody."""
    return column.info.get("person")


def is_prose(column: Column[Any]) -> bool:
    return bool(column.info.get("prose"))


def is_about_people(column: Column[Any]) -> bool:
    return privacy_of(column) in (Privacy.PERSONAL, Privacy.PRIVATE)

"""Everything that is kept of somebody, handed over: by themself, or by whoever runs the installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from web.errors import NotFound
from web.operations import audit
from web.operations.connections import NAMES
from web.operations.what_is_read import permissions
from web.records import Member, PersonRef, SaidKnownRecord
from web.site import Site
from web.store import erasures, notices, people, personal


def export_own(site: Site, by: Member, now: datetime) -> str:
    """One's own data as JSON, for oneself."""
    return _export(site, by.person, by, now)


def export_by_address(site: Site, address: str, now: datetime) -> str:
    """
    Raises:
        NotFound: nobody has this address.
    """
    with site.store.reading() as connection:
        person = people.by_email(connection, address)
    if person is None:
        raise NotFound(f"nobody has the address {address}")
    return _export(site, person, None, now)


def _export(site: Site, person: PersonRef, by: Member | None, now: datetime) -> str:
    with site.store.writing() as connection:
        audit.note(connection, now, by, "person.export", subject_id=person.id)
        rows = personal.rows_of(connection, person.id)
    said: dict[str, Any] = {
        "site": site.config.site.name,
        "of": person.email,
        "at": now.isoformat(),
        "about": {
            each.title: {"kept": each.says, "how_long": keeps(site, each), "seen_by": each.seen_by}
            for each in personal.CATEGORIES
        },
        "data": rows,
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind of data, in words."""

    title: str
    says: str
    how_long: str
    seen_by: str


@dataclass(frozen=True, slots=True)
class Granted:
    """A calendar system, and all that it lets us read, whether we use it or not."""

    system: str
    could_read: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Treatment:
    """How this installation treats people's data; drawn from what it is, so that it stays true."""

    kept: tuple[Kept, ...]
    granted: tuple[Granted, ...]
    notice_hours: int
    said: tuple[SaidKnownRecord, ...]  #: who said of people in the programme that they knew already
    organizer: str | None
    admins: tuple[PersonRef, ...]
    asked_erasure_at: datetime | None


def treatment(site: Site, by: Member) -> Treatment:
    """What the page says that everybody can read."""
    with site.store.reading() as connection:
        granted = tuple(
            Granted(
                NAMES.get(kind, kind), tuple(one.could_read for one in permissions(site, connection, kind)[0])
            )
            for kind in notices.kinds_in_use(connection)
        )
        admins = people.members(connection, programme_id=by.programme_id, role="admin")
        asked_at = erasures.asked_at(connection, by.person.id)
        said = tuple(notices.said_in(connection, by.programme_id))
    return Treatment(
        kept=tuple(
            Kept(each.title, each.says, keeps(site, each), each.seen_by) for each in personal.CATEGORIES
        ),
        granted=granted,
        notice_hours=site.config.privacy.notice_hours,
        said=said,
        organizer=(site.config.connectors.organizer or "").partition(":")[2] or None,
        admins=tuple(member.person for member in admins),
        asked_erasure_at=asked_at,
    )


def keeps(site: Site, category: personal.Category) -> str:
    """For how long a kind of data is kept, in words."""
    return category.keeps.format(**site.config.privacy.model_dump())

"""What is read of somebody's calendar, for them to see: true of what is granted, not only of what we use."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.base import ConnectorError, Permission
from connectors.permissions import required
from web.config import connector_settings
from web.operations.connections import NAMES, organizer_at
from web.records import CalendarUseRecord, Member
from web.site import Site
from web.store import access, notices, people
from web.store import calendars as kept


def of_person(site: Site, by: Member) -> CalendarUseRecord:
    """Everything the page says to one person; nothing of anybody else's calendar."""
    with site.store.reading() as connection:
        read = kept.reading_of(connection, by.person.id)
        could, told_at = permissions(site, connection, read.kind)
        noticed_at, refused_at = notices.of_person(connection, by.person.id)
        said = notices.said_of(connection, by.person.id)
        admins = people.members(connection, programme_id=by.programme_id, role="admin")
    organizer = (site.config.connectors.organizer or "").partition(":")[2] or None
    return CalendarUseRecord(
        system=NAMES.get(read.kind or ""),
        address=read.address if read.kind in ("google", "microsoft") else None,
        read_at=read.read_at,
        reason=read.reason,
        until=read.until,
        times=read.times,
        days_in_office=read.days_in_office,
        permissions=could,
        told_at=told_at,
        organizer=organizer,
        admins=tuple(member.person for member in admins),
        noticed_at=noticed_at,
        read_from=noticed_at if said else _read_from(site, noticed_at),
        refused_at=refused_at,
        said=said,
    )


def _read_from(site: Site, noticed_at: datetime | None) -> datetime | None:
    return noticed_at and noticed_at + timedelta(hours=site.config.privacy.notice_hours)


def permissions(
    site: Site, connection: Connection, kind: str | None
) -> tuple[tuple[Permission, ...], datetime | None]:
    """What a calendar system has granted, and when it said so; where it never did, what it is asked for."""
    if kind is None:
        return (), None
    told = access.of(connection, kind)
    if told is not None and told.permissions:
        return tuple(one for one in told.permissions if one.granted is not False), told.asked_at
    try:
        writes = organizer_at(site.config, kind) is not None
        return required(kind, connector_settings(site.config), writes=writes), None
    except ConnectorError:  # its section was taken out: nothing is read there any more
        return (), None

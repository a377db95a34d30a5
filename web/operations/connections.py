"""Do the calendar systems let us do what we need? What is granted, missing or ended, and who can help.

Looks only: nothing is written into any calendar, so whether one can be written is told by what is granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connectors import open_connector, open_writer, readings
from connectors.base import CalendarRequest, ConnectorError, Permission
from connectors.permissions import granted, required
from planner.domain import Interval
from web.config import ORGANIZER_KINDS, Config, connector_settings
from web.operations.findings import Finding, Level

NAMES = {
    "google": "Google Workspace",
    "microsoft": "Microsoft 365",
    "caldav": "CalDAV",
    "ics": "calendar files and feeds",
}

#: What is read of the organizer's calendar to see that it can be.
LOOKED_AT = timedelta(days=1)


def examine(config: Config, now: datetime) -> Iterator[Finding]:
    """Every calendar system that is configured, then the organizer."""
    for kind in ORGANIZER_KINDS:
        if config.connectors.of_kind(kind) is not None:
            yield from of_kind(config, kind, now)
    if config.connectors.organizer is None:
        yield Finding(
            Level.OK, "organizer", "none: no events are written, mails carry the invitations (docs/google.md)"
        )


def of_kind(config: Config, kind: str, now: datetime) -> Iterator[Finding]:
    """One system: its permissions, and what the organizer's mailbox there can do."""
    what, settings, organizer = NAMES[kind], connector_settings(config), organizer_at(config, kind)
    try:
        permissions = granted(kind, settings, organizer)
        needed = required(kind, settings, writes=organizer is not None)
    except ConnectorError as why:
        yield _failed(what, kind, why)
        return
    for permission in permissions:
        if permission.granted is False and _may_be_granted_elsewhere(config, kind):
            yield _not_shown(what, kind, permission)
        else:
            yield _permission(what, kind, permission, {one.name for one in needed})
    if organizer is not None:
        yield _reading(config, kind, organizer, now)
        yield _writing(config, kind, organizer, now, permissions)


def organizer_at(config: Config, kind: str) -> str | None:
    """The organizer's mailbox, if it is in this calendar system."""
    its_kind, _, address = (config.connectors.organizer or "").partition(":")
    return address if its_kind == kind else None


def _failed(what: str, kind: str, why: ConnectorError) -> Finding:
    do = "try again in a while" if why.retry else f"docs/{kind}.md says what this means"
    return Finding(Level.FAIL, what, str(why), do)


def _permission(what: str, kind: str, one: Permission, needed: set[str]) -> Finding:
    could = f"it could read {one.could_read}"
    if one.name not in needed:
        return Finding(Level.WARN, what, f"{one.name} is granted besides: {could}", one.why)
    match one.granted:
        case True:
            return Finding(Level.OK, what, f"{one.name} is granted, {one.why}; {could}")
        case False:
            says = f"{one.name} is not granted, which is needed {one.why}"
            do = f"ask the administrator to grant {one.name} (docs/{kind}.md)"
            return Finding(Level.FAIL, what, says, do)
    return Finding(Level.OK, what, f"{one.name}: {one.why}; {could}. It cannot be asked what is granted")


def _may_be_granted_elsewhere(config: Config, kind: str) -> bool:
    """What Exchange grants an application for some mailboxes does not stand in its token."""
    microsoft = config.connectors.microsoft
    return kind == "microsoft" and microsoft is not None and microsoft.refresh_token_file is None


def _not_shown(what: str, kind: str, one: Permission) -> Finding:
    return Finding(
        Level.WARN,
        what,
        f"{one.name} does not show in what is granted, and is needed {one.why}",
        f"ask the administrator to grant {one.name}, unless Exchange grants it (docs/{kind}.md)",
    )


def _reading(config: Config, kind: str, organizer: str, now: datetime) -> Finding:
    """One free/busy call about the organizer's own calendar."""
    window = Interval(now, now + LOOKED_AT)
    try:
        connector = open_connector(kind, connector_settings(config))
        (said,) = readings(connector, [CalendarRequest(organizer)], window, now, {})
    except ConnectorError as why:
        return _failed(NAMES[kind], kind, why)
    if said.reason is not None:
        says = f"the free/busy times of {organizer} cannot be read: {said.reason}"
        return Finding(Level.FAIL, NAMES[kind], says, f"docs/{kind}.md says what this means")
    return Finding(Level.OK, NAMES[kind], f"the free/busy times of {organizer} can be read")


def _writing(
    config: Config, kind: str, organizer: str, now: datetime, permissions: Sequence[Permission]
) -> Finding:
    """Without leaving anything behind: our events there can be listed, and what may be written is granted."""
    try:
        writer = open_writer(kind, organizer, connector_settings(config))
        ours = sum(1 for _ in writer.written(Interval(now, now + LOOKED_AT)))
    except ConnectorError as why:
        return _failed(f"organizer {organizer}", kind, why)
    seen = f"its calendar answers ({ours} events of ours within a day)"
    if all(one.granted for one in permissions):
        says = f"{seen}, and the right to write is granted; only the first event will prove it"
    else:
        says = f"{seen}; whether it can be written cannot be told without writing"
    return Finding(Level.OK, f"organizer {organizer}", says)

"""What `getSchedule` answers → busy intervals. Here titles, places and owners' hours are dropped.

The item's status counts, not the merged view, in which working elsewhere looks free
(https://learn.microsoft.com/graph/outlook-get-free-busy-schedule). The models name only what is
kept, so nothing else gets any further than this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from pydantic import BaseModel, ValidationError

from connectors.base import Unreadable
from connectors.microsoft.zones import custom_zone, named_zone
from planner.domain import BusyInterval, BusyKind, Interval

#: by freeBusyStatus, lower case: some answers come in capitals. What is not here is unknown time.
_KINDS = {
    "tentative": BusyKind.TENTATIVE,
    "busy": BusyKind.BUSY,
    "oof": BusyKind.AWAY,
    "workingelsewhere": BusyKind.ELSEWHERE,
}
_FREE = "free"
#: responseCode of a calendar with more entries than an answer may hold
_TOO_MANY = "5006"
_NO_MAILBOX = frozenset(("5009", "ErrorMailRecipientNotFound"))
NO_MAILBOX = (
    "Microsoft 365 knows no mailbox at this address. Correct the address, or ask its owner for the right one."
)
NO_ACCESS = (
    "Microsoft 365 does not let us see this calendar's free/busy times. Ask the administrator to grant "
    "Calendars.ReadBasic, or the owner to share free/busy times with the organisation."
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one calendar said of the asked window."""

    busy: tuple[BusyInterval, ...] = ()
    unknown: tuple[Interval, ...] = ()
    reason: str | None = None
    too_many: bool = False  #: ask again for a shorter window


class _Moment(BaseModel):
    dateTime: str  # noqa: N815 – Graph's spelling
    timeZone: str = "UTC"  # noqa: N815


class _Item(BaseModel):
    status: str = "unknown"
    start: _Moment | None = None
    end: _Moment | None = None


class _Error(BaseModel):
    responseCode: str | int = ""  # noqa: N815
    message: str = ""


class _Hours(BaseModel):
    timeZone: object = None  # noqa: N815 – the one place where a made-up zone is described


class _Information(BaseModel):
    scheduleId: str  # noqa: N815
    scheduleItems: list[_Item] | None = None  # noqa: N815
    availabilityView: str = ""  # noqa: N815
    workingHours: _Hours | None = None  # noqa: N815
    error: _Error | None = None


def read_schedules(
    pages: Sequence[object], addresses: Sequence[str], window: Interval
) -> dict[str, Schedule]:
    """What each of the addresses said; one that is missing in the answer is unknown.

    Args:
        pages: the bodies of one answer, as JSON was read.

    Raises:
        Unreadable: it is no answer of getSchedule.
    """
    told: dict[str, _Information | None] = {}
    for page in pages:
        value = page.get("value") if isinstance(page, dict) else None
        if not isinstance(value, list):
            raise Unreadable("Microsoft 365 answered something else than free/busy times.")
        for entry in value:
            name = entry.get("scheduleId") if isinstance(entry, dict) else None
            if isinstance(name, str):
                told[name.casefold()] = None if name.casefold() in told else _information(entry)
    return {address: _schedule(address, told, window) for address in addresses}


def _information(entry: object) -> _Information | None:
    try:
        return _Information.model_validate(entry)
    except ValidationError:
        return None


def _schedule(address: str, told: Mapping[str, _Information | None], window: Interval) -> Schedule:
    if address.casefold() not in told:
        return _unknown(window, "Microsoft 365 left this calendar out of its answer.")
    found = told[address.casefold()]
    if found is None:
        return _unknown(window, "Microsoft 365 described this calendar in a way we cannot read.")
    if found.error is not None:
        return _refused(found.error, window)
    if found.scheduleItems is None or (not found.scheduleItems and found.availabilityView.strip("0")):
        return _unknown(
            window,
            "Microsoft 365 shows only a merged view of this calendar, in which working elsewhere looks "
            "free. Ask the administrator to share free/busy times with their kinds.",
        )
    return _read(found, window)


def _unknown(window: Interval, reason: str) -> Schedule:
    return Schedule(unknown=(window,), reason=reason)


def _refused(error: _Error, window: Interval) -> Schedule:
    """A calendar that answers with an error. Its text may hold anything, so it is only looked at."""
    code, text = str(error.responseCode), error.message.casefold()
    if code == _TOO_MANY or "too many calendar entries" in text:
        reason = "This calendar has more entries in a day than Microsoft 365 lists."
        return Schedule(unknown=(window,), reason=reason, too_many=True)
    if code in _NO_MAILBOX or "unable to resolve" in text:
        return _unknown(window, NO_MAILBOX)
    if "NoFreeBusyAccess" in code or any(
        word in text for word in ("nofreebusyaccess", "access", "permission")
    ):
        return _unknown(window, NO_ACCESS)
    shown = code if re.fullmatch(r"\w{1,40}", code) else "none given"
    return _unknown(window, f"Microsoft 365 could not read this calendar (its code: {shown}).")


def _read(found: _Information, window: Interval) -> Schedule:
    own = custom_zone(found.workingHours.timeZone) if found.workingHours is not None else None
    busy, unknown = [], []
    for item in found.scheduleItems or ():
        status = item.status.casefold()
        if status == _FREE:
            continue
        interval = _interval(item, own)
        if interval is None:
            return _unknown(window, "An entry of this calendar has no time that we can read.")
        start, end = interval
        if start == end:
            continue  # lasts no time
        if status in _KINDS:
            busy.append(BusyInterval(start, end, _KINDS[status]))
        else:
            unknown.append(Interval(start, end))
    reason = "Microsoft 365 does not say what some entries of this calendar mean." if unknown else None
    return Schedule(tuple(busy), tuple(unknown), reason)


def _interval(item: _Item, own: tuple[str, tzinfo] | None) -> tuple[datetime, datetime] | None:
    """Start and end; None if one is missing, or they are the wrong way round."""
    if item.start is None or item.end is None:
        return None
    # an hour that comes twice is taken whole
    start, end = (
        instant(item.start.dateTime, item.start.timeZone, own),
        instant(item.end.dateTime, item.end.timeZone, own, fold=1),
    )
    if start is None or end is None or end < start:
        return None
    return start, end


def instant(text: str, zone: str, own: tuple[str, tzinfo] | None = None, *, fold: int = 0) -> datetime | None:
    """A `dateTimeTimeZone` in UTC; None if it cannot be read.

    Args:
        text: local time with up to seven decimals. An offset, which Graph does not write, would count.
        own: name and rules of a zone that the answer describes.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            place = named_zone(zone) or (own[1] if own is not None and zone == own[0] else None)
            if place is None:
                return None
            moment = moment.replace(tzinfo=place, fold=fold)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

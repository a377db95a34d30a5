"""Writing events into one calendar of a CalDAV server (RFC 4791 §5.3.2), each exactly once.

An event stands at a path made of its key, and is put there only if nothing is there yet
(`If-None-Match: *`) or if it is what we have just read (`If-Match`), so that of several writers one
wins and the others see what it wrote. A 412, or an answer that was lost, is settled by reading.

A CalDAV server keeps no trace of what was removed: a draft of version 1 that is not there is one that
was never written, and one of a higher version was removed by somebody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from connectors.base import EventDraft, EventGone, Refused, Unreachable, WrittenEvent
from connectors.caldav.account import Account, document
from connectors.caldav.discovery import Directory
from connectors.caldav.event_text import StoredEvent, as_text, our_key, uid
from connectors.caldav.multistatus import CALDAV, DAV
from connectors.transport import Answer
from planner.domain import Interval

#: how often an event may be changed by somebody else while we write it
_ROUNDS = 5
_CALENDAR_TYPE = "text/calendar; charset=utf-8"
#: a person's program may write floating times, which servers compare with UTC
_AROUND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Found:
    """An event of ours, where it stands and in which state."""

    url: str
    etag: str
    event: StoredEvent


class CaldavOrganizer:
    """The organizer's calendar (`connectors.base.EventWriter`). Safe to use from many threads."""

    def __init__(
        self, account: Account, organizer: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """
        Args:
            organizer: address of a calendar, or of a user who has only one.
            clock: for tests.
        """
        self._account = account
        self._organizer = organizer
        self._clock = clock
        self._directory = Directory(account)
        self._lock = threading.Lock()
        self._calendar: str | None = None
        self._owner: str | None = None
        self._invites: bool | None = None

    def write(self, draft: EventDraft, *, quietly: bool = False, restore: bool = False) -> WrittenEvent:
        """See `connectors.base.EventWriter`. `quietly` changes nothing: servers know no such way."""
        found = None if draft.version == 1 else self._find(draft.key)
        for _ in range(_ROUNDS):
            if found is not None and not found.event.is_cancelled and found.event.version >= draft.version:
                return found.event.written
            was_removed = draft.version > 1 if found is None else found.event.is_cancelled
            if was_removed and not restore:
                raise EventGone("Somebody removed the event from the organizer's calendar.")
            written = self._put(draft, found)
            if written is not None:
                return written
            found = self._find(draft.key)
        raise Unreachable("The event is changed all the time by somebody else.")

    def withdraw(self, key: str, *, quietly: bool = False) -> None:
        """See `connectors.base.EventWriter`. `quietly` changes nothing, as above."""
        for _ in range(_ROUNDS):
            found = self._find(key)
            if found is None:
                return
            answer = self._account.ask("DELETE", found.url, {"If-Match": found.etag})
            if answer.status in (200, 202, 204, 404, 410):
                return
            if answer.status != 412:
                raise self._not_written(answer)
        raise Unreachable("The event is changed all the time by somebody else.")

    def written(self, window: Interval) -> Iterator[WrittenEvent]:
        """See `connectors.base.EventWriter`."""
        start, end = window.start - _AROUND, window.end + _AROUND
        time_range = f'<C:time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>'
        for found in self._query(time_range):
            event = found.event.written
            if not found.event.is_cancelled and event.start < window.end and window.start < event.end:
                yield event

    def invites(self) -> bool:
        """See `connectors.base.EventWriter`: does it schedule by itself (RFC 6638 §2)?"""
        if self._invites is None:
            answer = self._account.ask("OPTIONS", self._url())
            # one that does not know the question knows nothing of scheduling either
            if answer.status >= 300 and answer.status not in (405, 501):
                raise self._account.error(answer.status)
            classes = answer.headers.get("DAV", "").lower().replace(" ", "").split(",")
            self._invites = "calendar-auto-schedule" in classes
        return self._invites

    def _url(self) -> str:
        """The calendar's URL.

        Raises:
            Refused: the address names none, or several.
        """
        with self._lock:
            if self._calendar is None:
                found = self._directory.collections(self._organizer)
                if len(found) != 1:
                    raise Refused(
                        f"The organizer has {len(found)} calendars on the CalDAV server. "
                        "Write the address of one of them as connectors.organizer."
                    )
                self._calendar = found[0].url.rstrip("/") + "/"
            return self._calendar

    def _organizer_uri(self) -> str:
        """Whom invitations come from: the account's own address, as the server knows it."""
        with self._lock:
            if self._owner is None:
                self._owner = self._user_address()
            return self._owner

    def _user_address(self) -> str:
        principal = self._directory.own_principal()
        told = self._account.properties(principal, ["C:calendar-user-address-set"]) if principal else None
        addresses = [href for each in told or [] for href in each.hrefs(f"{CALDAV}calendar-user-address-set")]
        mails = [address for address in addresses if address.lower().startswith("mailto:")]
        if not mails and "@" in self._account.username:
            mails = [f"mailto:{self._account.username}"]
        return (mails or [principal or self._account.url])[0]

    def _put(self, draft: EventDraft, found: _Found | None) -> WrittenEvent | None:
        """Write the event over what was found.

        Returns:
            None: that is not what is there any more.
        """
        answers = found.event.answers_to(draft) if found is not None else {}
        sequence = draft.version if found is None else max(draft.version, found.event.sequence + 1)
        text = as_text(draft, self._organizer_uri(), self._clock(), sequence, answers)
        url = found.url if found is not None else f"{self._url()}{draft.key}.ics"
        condition = {"If-None-Match": "*"} if found is None else {"If-Match": found.etag}
        answer = self._account.ask("PUT", url, {"Content-Type": _CALENDAR_TYPE, **condition}, text)
        if answer.status in (200, 201, 204):
            return StoredEvent(text.decode()).written
        # 409 (or 403 with no-uid-conflict): it stands under another path; 404: it was removed just now
        if answer.status in (404, 410, 412) or b"no-uid-conflict" in answer.body:
            return None
        raise self._not_written(answer)

    def _find(self, key: str) -> _Found | None:
        """The event of a key: at its own path, or wherever a calendar program has put it."""
        url = f"{self._url()}{key}.ics"
        answer = self._account.ask("GET", url)
        if answer.status == 200:
            found = self._ours(url, answer.headers.get("ETag", "*"), answer.body.decode("utf-8", "replace"))
            if found is not None and found.event.key == key:
                return found
        elif answer.status not in (404, 410):
            raise self._account.error(answer.status)
        by_uid = f'<C:prop-filter name="UID"><C:text-match>{escape(uid(key))}</C:text-match></C:prop-filter>'
        return next((found for found in self._query(by_uid) if found.event.key == key), None)

    def _query(self, condition: str) -> list[_Found]:
        """Our events of the calendar that meet a condition (RFC 4791 §9.7)."""
        body = document(
            "C:calendar-query",
            '<D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR">'
            f'<C:comp-filter name="VEVENT">{condition}</C:comp-filter></C:comp-filter></C:filter>',
        )
        url = self._url()
        found = []
        for resource in self._account.multistatus(self._account.report(url, body, depth=1)):
            if resource.status not in (None, 200) or resource.refused:
                raise Unreachable("The CalDAV server does not tell all events of the organizer's calendar.")
            text = resource.text(f"{CALDAV}calendar-data") or ""
            ours = self._ours(
                self._account.locate(resource.href, url), resource.text(f"{DAV}getetag") or "*", text
            )
            found += [ours] if ours is not None else []
        return found

    def _ours(self, url: str, etag: str, text: str) -> _Found | None:
        """Nothing of anybody else's event is looked at but that it is not ours."""
        return None if our_key(text) is None else _Found(url, etag, StoredEvent(text))

    def _not_written(self, answer: Answer) -> Exception:
        if answer.status in (403, 405):
            return Refused(
                f"The account {self._account.username!r} may not write to the organizer's calendar "
                f"(HTTP {answer.status}). An admin can give it the right to."
            )
        return self._account.error(answer.status)

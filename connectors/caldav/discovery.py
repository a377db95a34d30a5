"""An address → the calendars behind it, and in which way each may be read.

Servers differ in where others' calendars are found: at their own place (Radicale, DAViCal, SOGo), or
among our own once they are shared with us (Nextcloud and others made of sabre/dav).

RFC 6764 §6 (where a service begins), RFC 5397 (who we are), RFC 3744 (principals, privileges),
RFC 4791 §6.2.1 (where a principal's calendars are), RFC 6638 §9.1 (which of them count).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from connectors.base import Refused, Unreadable
from connectors.caldav.account import NOT_OFFERED, XML, Account, document, is_url
from connectors.caldav.multistatus import CALDAV, DAV, Resource
from connectors.ics.zones import Zones

#: of one address; somebody who has more has made them by a program
MAX_CALENDARS = 100

_ASKED = (
    "D:resourcetype",
    "D:owner",
    "D:current-user-privilege-set",
    "D:supported-report-set",
    "C:calendar-home-set",
    "C:calendar-timezone",
    "C:calendar-timezone-id",
    "C:schedule-calendar-transp",
    "C:supported-calendar-component-set",
)
_TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar on the server."""

    url: str
    timezone: str | None = None  #: what rules its floating and all-day times, where it says so
    tells_events: bool | None = None  #: False: free/busy times only; None: the server does not say


class Directory:
    """Finds calendars. Safe to use from many threads."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._own: str | None = None

    def collections(self, address: str) -> list[Collection]:
        """The calendars behind an address.

        Args:
            address: URL or path of a calendar, of a principal, or of the folder its calendars are in;
                or the name or mail address of a user.

        Raises:
            Refused: there are none, or we may not see them.
            Unreachable, Unreadable: the server's answers.
        """
        url = self._url(address)
        found = self._account.properties(url, _ASKED)
        if found is None:
            # some servers know reports and nothing else, so this may still be a calendar
            return [Collection(url)]
        resource = self._only(found)
        if _is_calendar(resource):
            return [self._collection(url, resource)]
        homes = resource.hrefs(f"{CALDAV}calendar-home-set")
        if homes:
            return self._of_principal(url, [self._account.locate(home, url) for home in homes])
        if f"{DAV}collection" in (resource.marks(f"{DAV}resourcetype") or ()):
            return self._inside([url])
        raise Refused("There is no calendar at this address.")

    def _only(self, found: Sequence[Resource]) -> Resource:
        if len(found) != 1:
            raise Unreadable("The server's answer does not say what was asked for.")
        if found[0].status not in (None, 200):
            raise self._account.error(found[0].status)
        return found[0]

    def own_principal(self) -> str | None:
        """The URL of the account's own principal; None if the server does not tell it."""
        with self._lock:
            if self._own is None:
                self._own = self._current_user()
            return self._own

    def _needed_principal(self) -> str:
        own = self.own_principal()
        if own is None:
            raise Refused(
                "The CalDAV server does not say where its users' calendars are. "
                "Write the address of the calendar instead of a user's name."
            )
        return own

    def _current_user(self) -> str | None:
        for start in (self._account.url, self._account.locate("/.well-known/caldav")):
            found = self._account.properties(start, ["D:current-user-principal"]) or []
            for resource in found:
                for href in resource.hrefs(f"{DAV}current-user-principal"):
                    return self._account.locate(href, start)
        return None

    def _url(self, address: str) -> str:
        if is_url(address) or "/" in address:
            return self._account.locate(address)
        if not address.strip():
            raise Refused("The calendar's address is empty.")
        if address.casefold() == self._account.username.casefold():
            return self._needed_principal()
        return self._by_mail(address) or self._beside_ours(address)

    def _by_mail(self, address: str) -> str | None:
        """The principal with that mail address (RFC 3744 §9.4), where the server can search."""
        if "@" not in address:
            return None
        own = self._needed_principal()
        folders = [
            self._account.locate(href, own)
            for resource in self._account.properties(own, ["D:principal-collection-set"]) or []
            for href in resource.hrefs(f"{DAV}principal-collection-set")
        ]
        found = {match for folder in folders for match in self._search(folder, f"mailto:{address}")}
        if len(found) > 1:
            raise Refused("Several users of the CalDAV server have this mail address.")
        return found.pop() if found else None

    def _search(self, folder: str, user_address: str) -> list[str]:
        body = document(
            "D:principal-property-search",
            "<D:property-search><D:prop><C:calendar-user-address-set/></D:prop>"
            f"<D:match>{escape(user_address)}</D:match></D:property-search>"
            "<D:prop><C:calendar-user-address-set/></D:prop>",
        )
        answer = self._account.ask("REPORT", folder, {"Depth": "0", "Content-Type": XML}, body)
        if answer.status in NOT_OFFERED:
            return []
        return [
            self._account.locate(resource.href, folder)
            for resource in self._account.multistatus(answer)
            # what is asked for may stand inside a longer address
            if user_address.casefold()
            in map(str.casefold, resource.hrefs(f"{CALDAV}calendar-user-address-set"))
        ]

    def _beside_ours(self, name: str) -> str:
        """The principal that is called like ours, but for the name.

        Raises:
            Refused: ours is not called by our name, so nobody else's can be told from it.
        """
        own = self._needed_principal()
        folder, _, last = urlsplit(own).path.rstrip("/").rpartition("/")
        if unquote(last).casefold() != self._account.username.casefold():
            raise Refused(
                f"The CalDAV server has no way from the name {name!r} to a calendar. "
                "Write the address of the calendar instead."
            )
        return self._account.locate(f"{folder}/{quote(name, safe='@')}/")

    def _of_principal(self, principal: str, homes: Sequence[str]) -> list[Collection]:
        """Somebody's calendars: in their own place, or where the server puts what they share with us."""
        try:
            return self._inside(homes)
        except Refused:
            shared = self._shared_by(principal)
            if not shared:
                raise
            return shared

    def _shared_by(self, principal: str) -> list[Collection]:
        """What stands among our own calendars and belongs to somebody else.

        It need not count for us, so whether it is marked as counting says nothing (Nextcloud marks none).
        """
        own = self.own_principal()
        if own is None:
            return []
        resources = self._account.properties(own, ["C:calendar-home-set"]) or []
        homes = [home for each in resources for home in each.hrefs(f"{CALDAV}calendar-home-set")]
        return [
            self._collection(self._account.locate(resource.href, home), resource)
            for home in (self._account.locate(home, own) for home in homes)
            for resource in self._listed(home)
            if _is_calendar(resource) and _holds_events(resource)
            if principal.rstrip("/")
            in [self._account.locate(owner, home).rstrip("/") for owner in resource.hrefs(f"{DAV}owner")]
        ]

    def _inside(self, homes: Sequence[str]) -> list[Collection]:
        """The calendars of events in some folders, without those that their owner says do not count."""
        calendars = [
            (self._account.locate(resource.href, home), resource)
            for home in homes
            for resource in self._listed(home)
            if _is_calendar(resource) and _holds_events(resource)
        ]
        counted = {url: resource for url, resource in calendars if not _is_transparent(resource)}
        if not calendars:
            raise Refused("There is no calendar with events at this address, or none that we may see.")
        if not counted:
            raise Refused("All calendars at this address are marked as not counting as busy time.")
        if len(counted) > MAX_CALENDARS:
            raise Unreadable(f"There are more than {MAX_CALENDARS} calendars at this address.")
        return [self._collection(url, resource) for url, resource in counted.items()]

    def _listed(self, home: str) -> list[Resource]:
        found = self._account.properties(home, _ASKED, depth=1)
        if found is None:
            raise self._account.error(403)
        for resource in found:
            if resource.status not in (None, 200):
                raise Unreadable(
                    f"One of the calendars at this address cannot be seen (HTTP {resource.status})."
                )
        return found

    def _collection(self, url: str, resource: Resource) -> Collection:
        return Collection(url, _timezone(resource), _tells_events(resource))


def _is_calendar(resource: Resource) -> bool:
    return f"{CALDAV}calendar" in (resource.marks(f"{DAV}resourcetype") or ())


def _holds_events(resource: Resource) -> bool:
    """RFC 4791 §5.2.3: without the property it may hold everything."""
    found = resource.properties.get(f"{CALDAV}supported-calendar-component-set")
    names = [] if found is None else [each.get("name", "").upper() for each in found.iter(f"{CALDAV}comp")]
    return not names or "VEVENT" in names


def _is_transparent(resource: Resource) -> bool:
    return f"{CALDAV}transparent" in (resource.marks(f"{CALDAV}schedule-calendar-transp") or ())


def _tells_events(resource: Resource) -> bool | None:
    """RFC 3744 §5.4, RFC 4791 §6.1.1: the privilege to read, or to read free/busy times only."""
    privileges = resource.marks(f"{DAV}current-user-privilege-set")
    reports = resource.marks(f"{DAV}supported-report-set")
    if privileges and not privileges & {f"{DAV}read", f"{DAV}all"}:
        return False
    if reports and f"{CALDAV}free-busy-query" in reports and f"{CALDAV}calendar-query" not in reports:
        return False
    return True if privileges else None


def _timezone(resource: Resource) -> str | None:
    """RFC 4791 §5.2.2, RFC 7809 §5.2; a zone that we do not know says nothing."""
    definition = resource.text(f"{CALDAV}calendar-timezone") or ""
    named = [resource.text(f"{CALDAV}calendar-timezone-id"), *_TZID.findall(definition)]
    return next((name for name in named if name and Zones().find(name) is not None), None)

"""A small WebDAV server for `tests.connectors.loopback`: resources as a test describes them.

It stands for servers that are laid out otherwise than Radicale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.connectors.loopback import Request, Response

_OK = "<d:status>HTTP/1.1 200 OK</d:status>"
COLLECTION = "<d:resourcetype><d:collection/></d:resourcetype>"
CALENDAR = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
TRANSPARENT = "<c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp>"


@dataclass
class DavTree:
    """Resources by path, each with its properties as XML (prefixes d, c); events by their calendar's path."""

    properties: Mapping[str, str]
    events: Mapping[str, str] = field(default_factory=dict)  #: iCalendar text
    statuses: Mapping[str, int] = field(default_factory=dict)  #: of resources that are only named
    principals: Mapping[str, str] = field(default_factory=dict)  #: mail address → path, for searching

    def __call__(self, request: Request) -> Response:
        if request.path in self.statuses:
            return Response(self.statuses[request.path])
        if b"principal-property-search" in request.body:
            return self._found()
        if request.path not in self.properties:
            return Response(404)
        if request.method == "PROPFIND":
            return self._described(request.path, request.headers["Depth"] == "1")
        if b"calendar-query" in request.body:
            return self._queried(request.path)
        return Response(405)

    def _described(self, path: str, with_children: bool) -> Response:
        children = [
            one
            for one in {**self.properties, **self.statuses}
            if one != path and one.rstrip("/").rpartition("/")[0] + "/" == path
        ]
        return _multistatus({one: self._status(one) for one in [path, *(children if with_children else [])]})

    def _status(self, path: str) -> str:
        if path in self.statuses:
            return f"<d:status>HTTP/1.1 {self.statuses[path]} No</d:status>"
        return _told(self.properties[path])

    def _queried(self, path: str) -> Response:
        text = self.events.get(path)
        data = {} if text is None else {f"{path}1.ics": _told(f"<c:calendar-data>{text}</c:calendar-data>")}
        return _multistatus(data)

    def _found(self) -> Response:
        return _multistatus(
            {
                path: _told(
                    f"<c:calendar-user-address-set><d:href>mailto:{mail}</d:href></c:calendar-user-address-set>"
                )
                for mail, path in self.principals.items()
            }
        )


def href(name: str, *paths: str) -> str:
    """A property of addresses: `c:calendar-home-set`."""
    return f"<{name}>" + "".join(f"<d:href>{path}</d:href>" for path in paths) + f"</{name}>"


def _told(properties: str) -> str:
    return f"<d:propstat><d:prop>{properties}</d:prop>{_OK}</d:propstat>"


def _multistatus(responses: Mapping[str, str]) -> Response:
    names = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
    inside = [f"<d:response><d:href>{path}</d:href>{said}</d:response>" for path, said in responses.items()]
    body = f"<d:multistatus {names}>{''.join(inside)}</d:multistatus>"
    return Response(207, {"Content-Type": "application/xml"}, body.encode())

"""What a WebDAV server says of several resources (RFC 4918 §13), as plain values.

The text comes from outside: a document type, and with it every entity, is refused before it can grow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from connectors.base import Unreadable

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"

#: elements inside each other; an honest answer has some ten
_MAX_DEPTH = 100
_STATUS = re.compile(r"HTTP/\S+\s+(\d{3})\b")


@dataclass(frozen=True, slots=True)
class Resource:
    """One `response` of a multistatus. Names of properties are in Clark's notation, `{namespace}name`."""

    href: str  #: as the server wrote it
    status: int | None  #: of the resource as a whole, where the server gives one
    properties: Mapping[str, Element]  #: those with status 200
    refused: Mapping[str, int]  #: the others, and their status

    def hrefs(self, name: str) -> list[str]:
        """The addresses inside a property; none if it is not there."""
        found = self.properties.get(name)
        return [] if found is None else _texts(found, f"{DAV}href")

    def text(self, name: str) -> str | None:
        """What a property says; None if it is not there or says nothing."""
        found = self.properties.get(name)
        return None if found is None else (found.text or "").strip() or None

    def marks(self, name: str) -> frozenset[str] | None:
        """The names of all elements inside a property; None if it is not there."""
        found = self.properties.get(name)
        return None if found is None else frozenset(each.tag for each in found.iter() if each is not found)


def read_multistatus(body: bytes) -> list[Resource]:
    """The resources of a 207 answer, in order.

    Raises:
        Unreadable: it is cut off, no XML, no multistatus, or holds a document type.
    """
    root = _parsed(body)
    if root.tag != f"{DAV}multistatus":
        raise Unreadable("The server's answer is XML of another kind than was asked for.")
    return [_resource(response) for response in root.iterfind(f"{DAV}response")]


def _resource(response: Element) -> Resource:
    properties: dict[str, Element] = {}
    refused: dict[str, int] = {}
    for status, found in _properties(response):
        if status == 200:
            properties[found.tag] = found
        else:
            refused[found.tag] = status
    whole = response.find(f"{DAV}status")
    return Resource(
        href=(response.findtext(f"{DAV}href") or "").strip(),
        status=None if whole is None else _status(whole),
        properties=properties,
        refused=refused,
    )


def _properties(response: Element) -> Iterator[tuple[int, Element]]:
    for group in response.iterfind(f"{DAV}propstat"):
        status = _status(group.find(f"{DAV}status"))
        for found in group.iterfind(f"{DAV}prop/*"):
            yield status, found


def _status(element: Element | None) -> int:
    match = _STATUS.match((element.text or "").strip()) if element is not None else None
    if match is None:
        raise Unreadable("The server's answer names no status where it must.")
    return int(match[1])


def _texts(element: Element, name: str) -> list[str]:
    return [text for found in element.iter(name) if (text := (found.text or "").strip())]


def _parsed(body: bytes) -> Element:
    if not body.strip():
        raise Unreadable("The server's answer is empty.")
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise Unreadable("The server's answer is nested too deeply.")
        builder.start(_clark(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_clark(name))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise Unreadable("The server's answer is cut off, or is no XML.") from None
    except (LookupError, ValueError):  # an encoding that nobody knows
        raise Unreadable("The server's answer is written in an unknown encoding.") from None
    return builder.close()


def _refuse(*_: object) -> None:
    raise Unreadable("The server's answer holds a document type, which no calendar server needs.")


def _clark(name: str) -> str:
    namespace, space, local = name.rpartition(" ")
    return f"{{{namespace}}}{local}" if space else local

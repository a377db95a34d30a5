"""The organizer's calendar: each draft becomes exactly one event.

Three things see to that. An event is looked for by its key before it is made. It is made with a
`transactionId`, which Graph takes once (a repeat is a 409, or a 400 in some clients' reports; for how
long is not documented). And it is looked for again afterwards: of two, which a race past the first two
could leave, the older stays.

**What Graph mails by itself.** It cannot be told not to: making an event invites everybody; a change of
nothing but attendees tells those who come or go, any other change tells all
(https://learn.microsoft.com/graph/api/event-update, "attendees property and meeting updates"); deleting
an event cancels it for everybody (https://learn.microsoft.com/graph/api/event-delete). So `quietly`
changes attendees, and what is more than a word (time, tentative, online); title, text and place keep
their old words until something is told to all anyway.

**What was removed** leaves no trace that we may read: a deleted event is simply not there. A draft of
version 1 that is not found is made, and if Graph then says that its transaction id was used before,
a person removed it. A draft of a higher version that is not found was removed by a person, too, because
the version before it had been written; where that is not sure – the first answer was lost, and a second
version came before it was repeated – the caller says `restore`.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from connectors.base import EventDraft, EventGone, Unreachable, WrittenEvent
from connectors.microsoft.events import (
    KEY,
    MADE,
    MADE_BY_US,
    SELECTED,
    TEXT,
    VERSION,
    GraphEvent,
    changes,
    has_text,
    marks,
    new_event,
    new_text,
    read_event,
    with_marks,
    written_event,
)
from connectors.microsoft.graph import IN_UTC, Asked, Graph, Said, failure, mailbox_path
from planner.domain import Interval

_GONE = frozenset((404, 410))
_CHANGED_MEANWHILE = frozenset((409, 412))
_ATTEMPTS = 5  #: to change what others change, too
_RESTORED = 10  #: so often at most is one version of a draft put back
_ON_A_PAGE = 100
#: mere words: for these nobody is mailed who is not concerned
_WORDS = frozenset(("subject", "location"))


class MicrosoftWriter:
    """See `connectors.base.EventWriter`."""

    def __init__(self, graph: Graph, organizer: str) -> None:
        self._graph = graph
        self._events = ("/me" if graph.is_delegated else mailbox_path(organizer)) + "/events"

    def write(self, draft: EventDraft, *, quietly: bool = False, restore: bool = False) -> WrittenEvent:
        """See `connectors.base.EventWriter`, and above for `quietly` and for what is gone."""
        for _ in range(_ATTEMPTS):
            there = self._found(draft.key)
            if there is None:
                if draft.version > 1 and not restore:
                    raise EventGone("Somebody removed the event from the organizer's calendar.")
                there = self._made(draft, restore)
            if there.version >= draft.version:
                return written_event(there)
            changed = self._in_line(there, draft, quietly)
            if changed is not None:
                return written_event(changed)
        raise Unreachable("Somebody else keeps changing the event in the organizer's calendar.")

    def withdraw(self, key: str, *, quietly: bool = False) -> None:
        """See `connectors.base.EventWriter`. Graph tells all attendees, `quietly` or not."""
        for event in self._named(key):
            self._delete(event)

    def written(self, window: Interval) -> Iterator[WrittenEvent]:
        """See `connectors.base.EventWriter`. Only events with our mark are asked for."""
        terms = (
            f"start/dateTime lt '{window.end:%Y-%m-%dT%H:%M:%S}'",
            f"end/dateTime gt '{window.start:%Y-%m-%dT%H:%M:%S}'",
            _has(MADE, MADE_BY_US),
        )
        for event in _oldest_of_each(self._listed(" and ".join(terms))):
            one = written_event(event)
            if one.start < window.end and window.start < one.end:
                yield one

    def invites(self) -> bool:
        """See `connectors.base.EventWriter`."""
        return True

    # --- finding ----------------------------------------------------------------------------------

    def _named(self, key: str) -> list[GraphEvent]:
        """The events of one key, the oldest first."""
        events = [event for event in self._listed(_has(KEY, key)) if event.key == key]
        return sorted(events, key=lambda one: (one.createdDateTime, one.id))

    def _found(self, key: str) -> GraphEvent | None:
        """The event of a key; any others of that key are removed."""
        events = self._named(key)
        for double in events[1:]:
            self._delete(double)
        return events[0] if events else None

    def _listed(self, condition: str) -> Iterator[GraphEvent]:
        """Events of ours for which it holds."""
        query = {
            "$filter": condition,
            "$select": SELECTED,
            "$expand": _expanded(),
            "$top": str(_ON_A_PAGE),
        }
        path = f"{self._events}?{urlencode(query, quote_via=quote, safe='$')}"
        for page in self._graph.pages(self._graph.ask(Asked("GET", path))):
            for body in page.get("value", ()):
                event = read_event(body)
                if event.is_ours:
                    yield event

    # --- changing ---------------------------------------------------------------------------------

    def _made(self, draft: EventDraft, restore: bool) -> GraphEvent:
        """
        Raises:
            EventGone: it had been made before, and is not there.
        """
        for attempt in range(_RESTORED if restore else 1):
            body = new_event(draft, attempt)
            said = self._graph.ask(Asked("POST", self._events, body))
            if said.status == 201:
                return self._found(draft.key) or with_marks(read_event(said.body), body)
            if said.code != "ErrorDuplicateTransactionId":
                raise failure(said)
            there = self._found(draft.key)
            if there is not None:
                return there
        raise EventGone("Somebody removed the event from the organizer's calendar.")

    def _in_line(self, there: GraphEvent, draft: EventDraft, quietly: bool) -> GraphEvent | None:
        """The event after the change; None if somebody changed or removed it meanwhile."""
        changed = changes(there, draft)
        text = None
        if quietly:
            changed = {name: value for name, value in changed.items() if name not in _WORDS}
            text = there.own(TEXT) or ""
        elif not has_text(there, draft):
            changed |= self._text(there, draft)
        if set(changed) == {"attendees"}:
            # by itself: then only those who come or go are told. Our version follows, of which nobody is
            told = self._patched(there, changed)
            if told is None:
                return None
            there, changed = told, {}
        return self._patched(there, changed | marks(draft, text=text))

    def _text(self, there: GraphEvent, draft: EventDraft) -> dict[str, object]:
        """The change of the text; nothing if that could take the meeting's link away."""
        if not there.isOnlineMeeting:
            return new_text(draft, before=None) or {}
        said = self._graph.ask(Asked("GET", f"{self._events}/{_quoted(there.id)}?$select=body"))
        if said.status != 200:
            raise failure(said)
        body = said.body.get("body") if isinstance(said.body, dict) else None
        content = body.get("content") if isinstance(body, dict) else None
        return new_text(draft, before=content if isinstance(content, str) else "") or {}

    def _patched(self, there: GraphEvent, patch: dict[str, object]) -> GraphEvent | None:
        """The event after a change; None if it is not what it was."""
        headers = {**IN_UTC, "If-Match": there.etag}
        said = self._graph.ask(Asked("PATCH", f"{self._events}/{_quoted(there.id)}", patch), headers)
        if said.status in _GONE | _CHANGED_MEANWHILE:
            return None
        if said.status != 200:
            raise failure(said)
        return with_marks(read_event(said.body), patch)

    def _delete(self, event: GraphEvent) -> None:
        said: Said = self._graph.ask(Asked("DELETE", f"{self._events}/{_quoted(event.id)}"), {})
        if said.status not in _GONE and said.status >= 300:
            raise failure(said)


def _oldest_of_each(events: Iterator[GraphEvent]) -> list[GraphEvent]:
    found: dict[str, GraphEvent] = {}
    for event in sorted(events, key=lambda one: (one.createdDateTime, one.id)):
        found.setdefault(event.key or "", event)
    return list(found.values())


def _has(name: str, value: str) -> str:
    """A condition on a property (singlevaluelegacyextendedproperty-get). Values hold no quotes."""
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value eq '{value}')"


def _expanded() -> str:
    names = " or ".join(f"id eq '{name}'" for name in (KEY, VERSION, TEXT))
    return f"singleValueExtendedProperties($filter={names})"


def _quoted(number: str) -> str:
    return quote(number, safe="")

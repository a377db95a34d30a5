"""What `GraphServer` answers, one JSON object a line: {"kind", "body"}. Read by `sdk_check`.

python -m tests.connectors.microsoft.answers
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.base import Attendee, CalendarRequest, ConnectorError, EventDraft
from connectors.microsoft import open_reader, open_writer
from connectors.microsoft.reader import MicrosoftConnector
from connectors.microsoft.writer import MicrosoftWriter
from planner.domain import Interval
from tests.connectors.loopback import Loopback, Request, Response
from tests.connectors.microsoft.server import CUSTOM_ZONE, Entry, GraphServer

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
ORGANIZER = "mentoring@contoso.example"
WINDOW = Interval(NINE - timedelta(days=7), NINE + timedelta(days=7))
DRAFT = EventDraft(
    key="lunchevent0000000000001",
    version=1,
    start=NINE,
    end=NINE + timedelta(hours=1),
    title="Lunch",
    description="With Maria",
    location="Room 1",
    attendees=(
        Attendee("p1@contoso.example", "Maria"),
        Attendee("room@contoso.example", "Room", is_room=True),
    ),
    online=True,
)


def answers() -> Iterator[tuple[str, object]]:
    """Kind and body of everything that a reader and a writer of ours are answered."""
    graph = GraphServer()
    heard: list[tuple[Request, Response]] = []

    def app(request: Request) -> Response:
        response = graph(request)
        heard.append((request, response))
        return response

    with Loopback(app) as server, tempfile.TemporaryDirectory() as folder:
        settings = graph.settings(Path(folder), server.url)
        _read(graph, open_reader(settings))
        _write(graph, open_writer(settings, (), ORGANIZER))
    for request, response in heard:
        if request.path.startswith("/v1.0/") and response.body:
            yield from _kinds(request.method, request.path, response.status, json.loads(response.body))


def _read(graph: GraphServer, reader: MicrosoftConnector) -> None:
    statuses = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown", "Busy")
    for number in range(45):
        entries = [Entry(NINE, NINE + timedelta(hours=1), status) for status in statuses]
        graph.mailbox(f"p{number}@contoso.example", *entries)
    graph.break_off("p2@contoso.example", "5009")
    requests = [CalendarRequest(f"p{number}@contoso.example") for number in range(45)]
    list(reader.read(requests, WINDOW, NINE, {}))
    graph.answer_zone = CUSTOM_ZONE
    graph.throttle(1)
    list(reader.read(requests, WINDOW, NINE, {}))
    graph.answer_zone = None


def _write(graph: GraphServer, writer: MicrosoftWriter) -> None:
    graph.mailbox(ORGANIZER)
    graph.mailbox("room@contoso.example", is_room=True)
    graph.event_page = 1
    writer.write(DRAFT)
    writer.write(replace(DRAFT, key="lunchevent0000000000002", tentative=True, online=False))
    graph.rooms_answer()
    list(writer.written(WINDOW))
    writer.write(replace(DRAFT, version=2, description="Another text"))
    graph.remove(DRAFT.key)
    with suppress(ConnectorError):  # its transaction id was used before: an error to be parsed, too
        writer.write(DRAFT)


def _kinds(method: str, path: str, status: int, body: Any) -> Iterator[tuple[str, object]]:
    if path.endswith("/$batch"):
        for part in body["responses"]:
            yield from _kinds("POST", "/calendar/getSchedule", part["status"], part["body"])
    elif status >= 400:
        yield "error", body
    elif path.lower().endswith("/getschedule"):
        yield "schedules", body
    elif method == "GET" and path.endswith("/events"):
        yield "events", body
    else:
        yield "event", body


if __name__ == "__main__":
    for kind, body in answers():
        sys.stdout.write(json.dumps({"kind": kind, "body": body}) + "\n")

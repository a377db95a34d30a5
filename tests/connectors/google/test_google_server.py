"""The test server itself: Google's own client works with it, and it refuses what Google's document does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httplib2
import pytest
from google.oauth2 import service_account
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from connectors.google.permissions import READ_LOCATIONS, REQUIRED, names
from tests.connectors.google.server import GoogleServer
from tests.connectors.google.tokens import write_service_account
from tests.connectors.loopback import Loopback

ORGANIZER, MARIA = "mentoring@corp.example", "maria@corp.example"
START = datetime(2026, 3, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "session0lunch7of2026march3"
SCOPES = names((*REQUIRED, READ_LOCATIONS))


def a_body(**more: Any) -> dict[str, Any]:
    times = {"start": {"dateTime": START.isoformat()}, "end": {"dateTime": (START + HOUR).isoformat()}}
    return {"id": KEY, "summary": "Lunch", **times, **more}


@pytest.fixture
def server() -> GoogleServer:
    server = GoogleServer()
    server.calendars.add(ORGANIZER)
    server.calendars.add(MARIA, [(START, START + HOUR)])
    return server


@pytest.fixture
def served(server: GoogleServer) -> Iterator[Loopback]:
    with server.running() as loopback:
        yield loopback


@pytest.fixture
def client(server: GoogleServer, served: Loopback, tmp_path: Path) -> Any:
    return a_client(server, served.url, tmp_path, SCOPES)


def a_client(server: GoogleServer, url: str, folder: Path, scopes: tuple[str, ...]) -> Any:
    """google-api-python-client with google-auth and a transport of their own."""
    server.tokens.delegated = set(scopes)
    key = json.loads(write_service_account(folder).read_text())
    credentials = service_account.Credentials.from_service_account_info(
        {**key, "token_uri": f"{url}/token"}, scopes=scopes, subject=ORGANIZER
    )
    http = AuthorizedHttp(credentials, http=httplib2.Http(proxy_info=None))
    options = {"api_endpoint": f"{url}/calendar/v3/"}
    return build("calendar", "v3", http=http, static_discovery=True, client_options=options)


def free_busy(client: Any, *addresses: str, days: int = 1, **more: Any) -> Any:
    body = {
        "timeMin": START.isoformat(),
        "timeMax": (START + timedelta(days=days)).isoformat(),
        "items": [{"id": address} for address in addresses],
        **more,
    }
    return client.freebusy().query(body=body).execute()


def refusal(call: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as error:
        call.execute() if hasattr(call, "execute") else call()
    return error.value.resp.status, error.value.error_details[0]["reason"]


def test_googles_own_client_keeps_an_event(server: GoogleServer, client: Any):
    events = client.events()
    guests = [{"email": MARIA}]
    made = events.insert(calendarId="primary", body=a_body(attendees=guests), sendUpdates="all").execute()
    read = events.get(calendarId=ORGANIZER, eventId=KEY).execute()
    assert made == read and read["attendees"] == [{"email": MARIA, "responseStatus": "needsAction"}]

    put = events.update(calendarId=ORGANIZER, eventId=KEY, body=a_body(summary="Tea")).execute()
    assert put["summary"] == "Tea" and put["attendees"] == [] and put["etag"] != made["etag"]
    patched = events.patch(calendarId=ORGANIZER, eventId=KEY, body={"location": "Room 1"}).execute()
    assert (patched["summary"], patched["location"]) == ("Tea", "Room 1")

    listed = events.list(calendarId=ORGANIZER, timeMin=START.isoformat(), fields="items(id)").execute()
    assert listed == {"items": [{"id": KEY}]}
    events.delete(calendarId=ORGANIZER, eventId=KEY).execute()
    assert events.get(calendarId=ORGANIZER, eventId=KEY).execute()["status"] == "cancelled"
    assert refusal(events.delete(calendarId=ORGANIZER, eventId=KEY)) == (410, "deleted")
    assert refusal(events.insert(calendarId=ORGANIZER, body=a_body())) == (409, "duplicate")
    assert server.breaches == []


def test_googles_own_client_reads_free_busy(server: GoogleServer, client: Any):
    said = free_busy(client, MARIA, "nobody@corp.example")

    busy = [{"start": "2026-03-03T09:00:00Z", "end": "2026-03-03T10:00:00Z"}]
    assert said["calendars"][MARIA] == {"busy": busy}
    assert said["calendars"]["nobody@corp.example"]["errors"] == [{"domain": "global", "reason": "notFound"}]
    assert server.breaches == []


def test_an_invitation_takes_time_until_it_is_declined(server: GoogleServer, client: Any):
    later = {"start": {"dateTime": "2026-03-03T12:00:00Z"}, "end": {"dateTime": "2026-03-03T13:00:00Z"}}
    body = {**a_body(attendees=[{"email": MARIA}]), **later}
    client.events().insert(calendarId=ORGANIZER, body=body).execute()

    assert len(free_busy(client, MARIA)["calendars"][MARIA]["busy"]) == 2
    server.calendars.answer(ORGANIZER, KEY, MARIA, "declined")
    assert len(free_busy(client, MARIA)["calendars"][MARIA]["busy"]) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sumary": "Lunch"}, "sumary: unknown field"),
        ({"summary": 5}, "summary: no text"),
        ({"end": None}, "end: no object"),
        ({"start": {"dateTime": "2026-03-03T09:00:00"}}, "start: a time without offset or timeZone"),
        ({"start": {"date": "2026-3-3"}}, "start.date: '2026-3-3' is no date"),
        ({"attendees": {"email": MARIA}}, "attendees: no list"),
        ({"attendees": [{"email": MARIA, "responseStatus": "yes"}]}, "attendees[0].responseStatus"),
        ({"attendees": [{"email": MARIA, "resource": "true"}]}, "attendees[0].resource: no boolean"),
        ({"extendedProperties": {"private": {"a": 1}}}, "extendedProperties.private.a: no text"),
        ({"status": "maybe"}, "status: 'maybe' is none of"),
    ],
)
def test_a_body_that_breaks_the_document_is_refused(
    server: GoogleServer, client: Any, wrong: dict[str, Any], said: str
):
    assert refusal(client.events().insert(calendarId=ORGANIZER, body=a_body(**wrong))) == (400, "invalid")
    assert any(said in breach for breach in server.breaches), server.breaches


def test_an_event_without_an_end_is_refused(server: GoogleServer, client: Any):
    body = a_body()
    del body["end"]

    assert refusal(client.events().insert(calendarId=ORGANIZER, body=body)) == (400, "invalid")
    assert server.breaches == ["calendar.events.insert: end: missing"]


@pytest.mark.parametrize("event_id", ["abcd", "with-dash", "wxyz0123", "Upper0123", "a" * 1025])
def test_an_id_is_base32hex_of_5_to_1024_characters(client: Any, event_id: str):
    assert refusal(client.events().insert(calendarId=ORGANIZER, body=a_body(id=event_id)))[0] == 400


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("maxResults=0", "maxResults: 0 is out of bounds"),
        ("maxResults=many", "maxResults: 'many' is no integer"),
        ("timeMin=2026-03-03", "timeMin: '2026-03-03' is no RFC 3339 time with an offset"),
        ("eventTypes=lunch", "eventTypes: 'lunch' is none of"),
        ("singleEvents=yes", "singleEvents: 'yes' is no boolean"),
        ("orderBy=updated&orderBy=startTime", "orderBy: more than once"),
        ("colour=red", "colour: unknown parameter"),
        ("fields=items(titel)", "fields.items: there is no titel"),
        ("fields=items(id", "fields: 'items(id' cannot be read"),
    ],
)
def test_a_query_that_breaks_the_document_is_refused(
    server: GoogleServer, served: Loopback, query: str, said: str, tmp_path: Path
):
    client = a_client(server, served.url, tmp_path, SCOPES)
    http = client._http
    response, _ = http.request(f"{served.url}/calendar/v3/calendars/{ORGANIZER}/events?{query}")

    assert response.status == 400
    assert any(said in breach for breach in server.breaches), server.breaches


def test_an_answer_of_ours_that_breaks_the_document_is_noticed(server: GoogleServer, client: Any):
    server.calendars.put(ORGANIZER, a_body(sumary="canary"))

    assert refusal(client.events().get(calendarId=ORGANIZER, eventId=KEY))[0] == 500
    assert server.breaches == ["calendar.events.get answered: sumary: unknown field"]


def test_limits_of_free_busy(server: GoogleServer, client: Any):
    many = [f"person{number}@corp.example" for number in range(51)]
    server.calendars.groups["all@corp.example"] = many

    assert refusal(lambda: free_busy(client, MARIA, calendarExpansionMax=51)) == (400, "invalid")
    assert refusal(lambda: free_busy(client, MARIA, groupExpansionMax=101)) == (400, "invalid")
    assert refusal(lambda: free_busy(client, MARIA, days=91)) == (400, "timeRangeTooLong")
    assert refusal(lambda: free_busy(client, MARIA, days=0)) == (400, "timeRangeEmpty")
    last = free_busy(client, *many)["calendars"][many[-1]]
    assert last["errors"][0]["reason"] == "tooManyCalendarsRequested"
    group = free_busy(client, "all@corp.example", groupExpansionMax=50)["groups"]["all@corp.example"]
    assert group["errors"][0]["reason"] == "groupTooBig"


def test_a_token_opens_what_its_scopes_say(server: GoogleServer, served: Loopback, tmp_path: Path):
    reads = a_client(server, served.url, tmp_path, (SCOPES[0],))

    assert free_busy(reads, MARIA)["calendars"]
    assert refusal(reads.events().insert(calendarId=ORGANIZER, body=a_body()))[1] == "insufficientPermissions"


def test_nobody_writes_into_anothers_calendar(server: GoogleServer, client: Any):
    assert refusal(client.events().insert(calendarId=MARIA, body=a_body())) == (403, "requiredAccessLevel")


def test_a_change_of_what_is_no_more_what_was_read_is_refused(server: GoogleServer, client: Any):
    made = client.events().insert(calendarId=ORGANIZER, body=a_body()).execute()
    server.calendars.edit(ORGANIZER, KEY, summary="Tea")

    change = client.events().patch(calendarId=ORGANIZER, eventId=KEY, body={"summary": "Soup"})
    change.headers["If-Match"] = made["etag"]

    assert refusal(change) == (412, "conditionNotMet")


def test_a_removed_event_comes_back_by_its_sequence(server: GoogleServer, client: Any):
    client.events().insert(calendarId=ORGANIZER, body=a_body()).execute()
    server.calendars.edit(ORGANIZER, KEY, summary="Tea")
    server.calendars.remove(ORGANIZER, KEY)

    def change(**body: Any) -> Any:
        return client.events().patch(calendarId=ORGANIZER, eventId=KEY, body={"status": "confirmed", **body})

    assert refusal(change()) == (400, "invalid")
    assert change(sequence=1).execute()["status"] == "confirmed"

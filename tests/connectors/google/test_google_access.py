"""The way in: a service account's assertion, a person's consent, and what is granted by them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import Settings, open_connector, open_writer
from connectors.base import CalendarRequest, Permission, Reading, Refused
from connectors.google import GoogleReader, GoogleWriter, consent_url, granted, redeem
from connectors.google.permissions import READ_FREE_BUSY, READ_LOCATIONS, REQUIRED, WRITE_EVENTS, names
from connectors.sealed import Seal, is_sealed
from connectors.settings import GoogleSettings
from planner.domain import Interval
from tests.connectors.faults import Fault
from tests.connectors.google.conftest import ORGANIZER, Company
from tests.connectors.google.discovery import document
from tests.connectors.google.tokens import CLIENT_ID, Code, Grant
from tests.connectors.loopback import Response

NOW = datetime(2026, 2, 1, tzinfo=UTC)
WINDOW = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
MARIA = "maria@corp.example"
REDIRECT = "http://127.0.0.1:8321/back"
AUTH = "https://www.googleapis.com/auth/"


def read(reader: GoogleReader) -> Reading:
    (reading,) = reader.read([CalendarRequest(MARIA)], WINDOW, NOW, {})
    return reading


@pytest.fixture
def staffed(company: Company) -> Company:
    company.calendars.add(MARIA)
    return company


def test_google_is_opened_by_its_kind(company: Company):
    settings = Settings(google=company.delegated())

    assert isinstance(open_connector("google", settings), GoogleReader)
    assert isinstance(open_writer("google", ORGANIZER, settings), GoogleWriter)
    for opened in (
        lambda: open_connector("google", Settings()),
        lambda: open_writer("google", ORGANIZER, Settings()),
    ):
        with pytest.raises(Refused, match=r"\[connectors.google\] is not configured.*docs/google.md"):
            opened()


# --- tokens ----------------------------------------------------------------------------------------


def test_a_service_account_asks_for_the_least_scopes_and_acts_for_its_subject(staffed: Company):
    assert read(staffed.reader()).unknown == ()

    (grant,) = staffed.server.tokens.grants.values()
    assert grant.user == ORGANIZER and grant.scopes == {READ_FREE_BUSY.name}


def test_a_service_account_without_a_subject_acts_for_itself(staffed: Company):
    assert read(staffed.reader(staffed.delegated(subject=None))).unknown == ()

    (grant,) = staffed.server.tokens.grants.values()
    assert grant.user is None


def test_a_service_account_that_is_not_delegated_says_whom_to_ask_for_what(staffed: Company):
    settings = staffed.delegated()
    staffed.server.tokens.delegated.clear()

    reason = read(staffed.reader(settings)).reason or ""

    assert "Workspace administrator" in reason and READ_FREE_BUSY.name in reason
    assert "112233445566778899" in reason  # the client id that the admin console wants


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read"),
        ("", "no secret in"),
        ("canary-not-json", "no key of a service account"),
        ('{"type": "authorized_user"}', "no key of a service account"),
        ('{"client_email": "a@b", "private_key": "canary-key"}', "private_key in"),
    ],
)
def test_a_key_file_that_makes_no_sense_is_named(staffed: Company, text: str | None, why: str):
    settings = staffed.delegated()
    file = settings.service_account_file
    assert file is not None
    file.unlink() if text is None else file.write_text(text)

    reason = read(staffed.reader(settings)).reason or ""

    assert why in reason and str(file) in reason and "canary" not in reason


def test_a_key_that_google_has_revoked_is_told(staffed: Company):
    settings = staffed.delegated()
    staffed.loopback.fault = Fault.INVALID_GRANT

    reason = read(staffed.reader(settings)).reason or ""

    assert "invalid_grant" in reason and "clock" in reason


def test_a_consent_that_was_taken_back_is_told_with_the_way_back(staffed: Company):
    reader = staffed.reader(staffed.consented())
    assert read(reader).unknown == ()
    staffed.server.tokens.revoke()

    reason = read(reader).reason or ""

    assert "consent" in reason and "officeday connect google" in reason


def test_a_client_that_google_does_not_know_is_told(staffed: Company):
    settings = staffed.consented().model_copy(update={"client_id": "somebody else"})

    assert "client_id" in (read(staffed.reader(settings)).reason or "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Response.of_json({"token_type": "Bearer"}), "without a token"),
        (Response.of_json({"access_token": 5}), "without a token"),
        (Response.of_json({"error": "canary<b>"}, 400), "HTTP 400)"),
        (Response.of_json({"error": "org_internal"}, 403), "HTTP 403, org_internal)"),
        (Response(404, {}, b"<html>canary"), "HTTP 404)"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("way_in", [Company.delegated, Company.consented])
def test_a_token_endpoint_that_gives_no_token_makes_calendars_unknown(
    staffed: Company, way_in: Any, answer: Response, why: str
):
    staffed.server.token_answer = answer

    reading = read(staffed.reader(way_in(staffed)))

    assert reading.unknown == (WINDOW,)
    assert reading.reason is not None and why in reading.reason and "canary" not in reading.reason


@pytest.mark.parametrize("lives", [None, "3599", -1, 0, 1e300, True])
def test_a_token_of_any_lifetime_is_used(staffed: Company, lives: object):
    settings = staffed.delegated()
    staffed.server.tokens.grants[token := "ya29.canary"] = Grant(ORGANIZER, frozenset((READ_FREE_BUSY.name,)))
    staffed.server.token_answer = Response.of_json({"access_token": token, "expires_in": lives})

    assert read(staffed.reader(settings)).unknown == ()


def test_a_rotated_refresh_token_is_kept_sealed_and_renewed_once_for_all_processes(staffed: Company):
    staffed.server.tokens.rotate = True
    settings = staffed.consented()
    file = settings.refresh_token_file
    assert file is not None
    seal = Seal(["a secret of the site"])
    readers = [open_connector("google", Settings(google=settings, seal=seal)) for _ in range(8)]

    for renewals in (1, 2):
        with ThreadPoolExecutor(8) as pool:
            readings = list(pool.map(read, readers))
        assert all(reading.unknown == () for reading in readings)
        assert staffed.server.calls["token"] == renewals
        assert is_sealed(file.read_text()) and file.stat().st_mode & 0o777 == 0o600
        staffed.server.tokens.expire()


# --- what is granted -------------------------------------------------------------------------------


def given(permissions: tuple[Permission, ...]) -> dict[str, bool | None]:
    return {permission.name.removeprefix(AUTH): permission.granted for permission in permissions}


def test_every_scope_that_is_wanted_is_one_that_our_methods_take():
    methods = {
        method["id"]: set(method["scopes"])
        for resource in ("freebusy", "events")
        for method in document()["resources"][resource]["methods"].values()
    }

    assert READ_FREE_BUSY.name in methods["calendar.freebusy.query"]
    assert READ_LOCATIONS.name in methods["calendar.events.list"]
    for verb in ("get", "list", "insert", "patch", "delete"):
        assert WRITE_EVENTS.name in methods[f"calendar.events.{verb}"]
    assert all(one.why and one.could_read for one in (*REQUIRED, READ_LOCATIONS))


def test_a_consent_says_what_is_granted_missing_and_too_much(company: Company):
    settings = company.server.consented(
        company.loopback.url,
        company.folder,
        ORGANIZER,
        [READ_FREE_BUSY.name, AUTH + "calendar.acls"],
        working_locations=True,
    )

    permissions = granted(settings)

    assert given(permissions) == {
        "calendar.freebusy": True,
        "calendar.events.readonly": False,
        "calendar.events.owned": False,
        "calendar.acls": True,
    }
    assert "sharing permissions" in permissions[-1].could_read and "not need" in permissions[-1].why


def test_a_wider_scope_grants_the_narrower_one(company: Company):
    settings = company.server.consented(company.loopback.url, company.folder, ORGANIZER, [AUTH + "calendar"])

    assert given(granted(settings)) == {
        "calendar.freebusy": True,
        "calendar.events.owned": True,
        "calendar": True,
    }


def test_what_is_granted_is_told_even_when_another_process_has_renewed_the_token(company: Company):
    settings = company.consented()
    seal = Seal(["a secret of the site"])
    (reading,) = open_connector("google", Settings(google=settings, seal=seal)).read(
        [CalendarRequest(ORGANIZER)], WINDOW, NOW, {}
    )
    assert reading.unknown == ()

    assert given(granted(settings, seal=seal))["calendar.freebusy"] is True


def test_what_google_does_not_say_is_not_known(company: Company):
    company.server.tokens.says_scope = False

    assert set(given(granted(company.consented())).values()) == {None}


def test_a_service_account_is_asked_scope_by_scope(company: Company):
    settings = company.delegated(working_locations=True)
    company.server.tokens.delegated = {READ_FREE_BUSY.name, WRITE_EVENTS.name}

    permissions = granted(settings, organizer=ORGANIZER)

    assert given(permissions) == {
        "calendar.freebusy": True,
        "calendar.events.readonly": False,
        "calendar.events.owned": True,
    }
    assert all("any mailbox of the domain" in permission.could_read for permission in permissions)


def test_a_service_account_that_acts_for_nobody_may_invite_nobody_as_far_as_we_know(company: Company):
    assert given(granted(company.delegated(subject=None)))["calendar.events.owned"] is None


def test_no_token_at_all_is_an_error_and_no_missing_permission(company: Company):
    settings = company.consented()
    company.server.tokens.revoke()

    with pytest.raises(Refused, match="officeday connect google"):
        granted(settings)


# --- the walk through consent ----------------------------------------------------------------------


def consent(company: Company, settings: GoogleSettings, url: str, scopes: list[str] | None = None) -> str:
    """What the owner of the mailbox does in the browser; the code that comes back."""
    query = parse_qs(urlsplit(url).query)
    code = f"4/canary-code-{secrets.token_hex(4)}"
    company.server.tokens.codes[code] = Code(
        user=ORGANIZER,
        scopes=frozenset(query["scope"][0].split() if scopes is None else scopes),
        redirect_uri=query["redirect_uri"][0],
        challenge=query["code_challenge"][0],
    )
    return code


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def test_the_walk_through_consent_ends_with_a_refresh_token_that_reads(company: Company, tmp_path: Path):
    settings = company.consented()
    company.server.tokens.revoke()
    verifier = secrets.token_urlsafe(48)
    url = consent_url(settings, REDIRECT, "a state", challenge(verifier))

    token = redeem(settings, consent(company, settings, url), REDIRECT, verifier)

    assert settings.refresh_token_file is not None
    settings.refresh_token_file.write_text(token)
    assert given(granted(settings)) == {"calendar.freebusy": True, "calendar.events.owned": True}


def test_the_address_of_the_consent_asks_for_no_more_than_is_wanted(company: Company):
    settings = company.consented()

    parts = urlsplit(consent_url(settings, REDIRECT, "a state", "a challenge"))

    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == settings.authorization_endpoint
    assert parse_qs(parts.query) == {
        "client_id": [CLIENT_ID],
        "redirect_uri": [REDIRECT],
        "response_type": ["code"],
        "scope": [" ".join(names(REQUIRED))],
        "state": ["a state"],
        "code_challenge": ["a challenge"],
        "code_challenge_method": ["S256"],
        "access_type": ["offline"],
        "prompt": ["consent"],
    }
    assert "owned" not in consent_url(settings, REDIRECT, "", "", writes=False)
    wider = settings.model_copy(update={"working_locations": True})
    assert READ_LOCATIONS.name.replace(":", "%3A").replace("/", "%2F") in consent_url(wider, REDIRECT, "", "")


def test_a_service_account_needs_no_consent(company: Company):
    with pytest.raises(Refused, match="client_id"):
        consent_url(company.delegated(), REDIRECT, "a state", "a challenge")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"code": "4/another"}, "Start connecting again"),
        ({"redirect_uri": "http://127.0.0.1:1/"}, "Start connecting again"),
        ({"code_verifier": "another"}, "Start connecting again"),
    ],
)
def test_a_code_that_is_not_ours_is_refused(company: Company, changed: dict[str, Any], why: str):
    settings = company.consented()
    url = consent_url(settings, REDIRECT, "a state", challenge("a verifier"))
    code = consent(company, settings, url)

    with pytest.raises(Refused, match=why) as refusal:
        redeem(settings, **{"code": code, "redirect_uri": REDIRECT, "code_verifier": "a verifier", **changed})

    assert "canary" not in str(refusal.value)


def test_a_consent_without_a_refresh_token_is_no_consent(company: Company):
    settings = company.consented()
    company.server.tokens.is_offline = False
    url = consent_url(settings, REDIRECT, "a state", challenge("a verifier"))

    with pytest.raises(Refused, match="no refresh token"):
        redeem(settings, consent(company, settings, url), REDIRECT, "a verifier")


def test_a_client_that_google_does_not_know_redeems_nothing(company: Company):
    settings = company.consented().model_copy(update={"client_id": "somebody else"})

    with pytest.raises(Refused, match="client_id"):
        redeem(settings, "4/a code", REDIRECT, "a verifier")


def test_a_box_that_was_left_empty_is_named(company: Company):
    settings = company.consented()
    url = consent_url(settings, REDIRECT, "a state", challenge("a verifier"))
    code = consent(company, settings, url, [READ_FREE_BUSY.name])

    with pytest.raises(Refused, match=r"calendar\.events\.owned"):
        redeem(settings, code, REDIRECT, "a verifier")

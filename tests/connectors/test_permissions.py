"""What is asked for, and what that could read: said of every calendar system."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import KINDS, Settings
from connectors.base import Refused
from connectors.permissions import BY_CONSENT, consent_url, granted, required
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings

FILE = Path("/none")
ALL = Settings(
    google=GoogleSettings(client_id="1234", refresh_token_file=FILE),
    microsoft=MicrosoftSettings(
        authority="https://login.microsoftonline.com/example.org", client_id="1234", refresh_token_file=FILE
    ),
    caldav=CaldavSettings(url="https://calendar.example.org", username="officeday", password_file=FILE),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_system_says_what_it_could_let_us_read(kind):
    reading = required(kind, ALL, writes=False)
    both = required(kind, ALL, writes=True)

    assert reading and len(both) >= len(reading)
    assert all(each.name and each.why and each.could_read for each in both)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ics"])
def test_a_system_without_a_section_is_not_configured(kind):
    with pytest.raises(Refused, match=rf"\[connectors.{kind}\] is not configured"):
        required(kind, Settings(), writes=True)
    with pytest.raises(Refused, match=rf"\[connectors.{kind}\] is not configured"):
        granted(kind, Settings(), None)


def test_an_unknown_system_is_refused():
    with pytest.raises(Refused, match="'lotus'"):
        required("lotus", ALL, writes=False)


@pytest.mark.parametrize("kind", ["ics", "caldav"])
def test_where_nothing_can_be_asked_it_is_not_known_what_is_granted(kind):
    assert [each.granted for each in granted(kind, ALL, None)] == [None]


@pytest.mark.parametrize("kind", BY_CONSENT)
def test_consent_is_asked_with_pkce_and_a_state(kind):
    url = consent_url(kind, ALL, "http://127.0.0.1:1", "the-state", "c" * 43)

    assert "state=the-state" in url and "code_challenge_method=S256" in url and "c" * 43 in url

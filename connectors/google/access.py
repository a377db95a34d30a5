"""How Google lets us in: a service account that signs assertions, or a person's consent.

Service account: RFC 7523 §2.1, with `sub` where it acts for a mailbox (domain-wide delegation,
developers.google.com/identity/protocols/oauth2/service-account). Consent: RFC 6749 §6.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from google.auth import crypt, jwt
from google.auth.exceptions import GoogleAuthError

from connectors.base import ConnectorError, Refused, Unreadable
from connectors.calls import Calls
from connectors.grants import FreshToken, RefreshTokenFile, Renewal, SingleFlight, TokenSource
from connectors.sealed import Seal, read_secret
from connectors.settings import GoogleSettings
from connectors.transport import Answer

CONNECT_AGAIN = "An admin can connect again: officeday connect google."
#: The audience of every assertion, whatever the endpoint: what google-auth writes, too.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_LIFETIME = 3600  #: seconds, of an assertion; Google takes no longer ones
_UNSAID_LIFETIME = 300  #: seconds, of an access token whose answer does not say


class NotDelegated(Refused):
    """The domain does not let the service account act for a mailbox with these scopes."""


#: What hears which scopes a token answer grants: a set, or None where the answer does not say.
Heard = Callable[[frozenset[str] | None], None]


def _nobody(scopes: frozenset[str] | None) -> None:
    return


def token_source(
    settings: GoogleSettings,
    calls: Calls,
    scopes: Sequence[str],
    *,
    subject: str | None,
    seal: Seal | None,
    heard: Heard = _nobody,
) -> TokenSource:
    """Access tokens by what is configured.

    Args:
        scopes: what a service account asks for; a consent has the scopes that it was given with.
        subject: the mailbox that a service account acts for; None: for itself.
        heard: told the scopes of each new token.
    """
    if settings.service_account_file is not None:
        return SingleFlight(lambda: _asserted(settings, calls, scopes, subject, seal))
    assert settings.refresh_token_file is not None  # noqa: S101 - GoogleSettings wants one of the two

    def renew(refresh_token: str) -> Renewal:
        form = {**client(settings, seal), "grant_type": "refresh_token", "refresh_token": refresh_token}
        said = ask(settings, calls, form, consent_refused)
        heard(scopes_of(said))
        rotated = said.get("refresh_token")
        return Renewal(_fresh(said), rotated if isinstance(rotated, str) and rotated else None)

    return RefreshTokenFile(settings.refresh_token_file, renew, seal=seal, remedy=CONNECT_AGAIN)


def client(settings: GoogleSettings, seal: Seal | None) -> dict[str, str]:
    """Who we are, as the token endpoint wants to know it."""
    named = {"client_id": settings.client_id or ""}
    if settings.client_secret_file is not None:
        named["client_secret"] = read_secret(settings.client_secret_file, seal)
    return named


def ask(
    settings: GoogleSettings,
    calls: Calls,
    form: Mapping[str, str],
    refused: Callable[[Answer, str], ConnectorError],
) -> dict[str, Any]:
    """Post a form to the token endpoint.

    Raises:
        Refused: by `refused`, of the answer and OAuth's word for what is wrong (RFC 6749 §5.2).
        Unreachable, Unreadable: there is no answer, or it is none.
    """
    answer = calls.call(
        "POST",
        settings.token_endpoint,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode(form).encode(),
    )
    if answer.status != 200:
        raise refused(answer, _word(answer))
    said = answer.json()
    if not isinstance(said.get("access_token"), str) or not said["access_token"]:
        raise Unreadable("Google's token endpoint answered without a token.")
    return said


def scopes_of(said: Mapping[str, Any]) -> frozenset[str] | None:
    """The scopes that a token answer names (RFC 6749 §5.1); None: it does not."""
    scope = said.get("scope")
    return frozenset(scope.split()) if isinstance(scope, str) else None


def _fresh(said: Mapping[str, Any]) -> FreshToken:
    lives = said.get("expires_in")
    is_time = isinstance(lives, int | float) and lives > 0
    return FreshToken(said["access_token"], float(lives) if is_time and lives else _UNSAID_LIFETIME)


# --- a service account ---------------------------------------------------------------------------


def _asserted(
    settings: GoogleSettings, calls: Calls, scopes: Sequence[str], subject: str | None, seal: Seal | None
) -> FreshToken:
    key = _service_account(settings, seal)
    issued = int(time.time())
    claims = {
        "iss": key["client_email"],
        "aud": _AUDIENCE,
        "scope": " ".join(scopes),
        "iat": issued,
        "exp": issued + _LIFETIME,
        **({"sub": subject} if subject else {}),
    }
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": _signed(settings, key, claims),
    }

    def refused(answer: Answer, word: str) -> Refused:
        return _assertion_refused(answer, word, key, scopes, subject)

    return _fresh(ask(settings, calls, form, refused))


def _service_account(settings: GoogleSettings, seal: Seal | None) -> dict[str, str]:
    """What stands in the key file.

    Raises:
        Refused: it cannot be read, or is no key of a service account.
    """
    assert settings.service_account_file is not None  # noqa: S101 - the caller has looked
    try:
        key = json.loads(read_secret(settings.service_account_file, seal))
    except ValueError:
        key = None
    needed = ("client_email", "private_key")
    if not isinstance(key, dict) or not all(isinstance(key.get(name), str) for name in needed):
        raise Refused(
            f"{settings.service_account_file} is no key of a service account. "
            "Create a JSON key in the Google Cloud console and put its file there."
        )
    return key


def _signed(settings: GoogleSettings, key: Mapping[str, str], claims: Mapping[str, object]) -> str:
    """
    Raises:
        Refused: the key cannot sign.
    """
    try:
        signer = crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, GoogleAuthError):
        raise Refused(
            f"The private_key in {settings.service_account_file} cannot be read. "
            "Create another JSON key in the Google Cloud console."
        ) from None
    return str(jwt.encode(signer, claims), "ascii")  # type: ignore[no-untyped-call]


def _assertion_refused(
    answer: Answer, word: str, key: Mapping[str, str], scopes: Sequence[str], subject: str | None
) -> Refused:
    match word:
        case "unauthorized_client" | "access_denied" | "invalid_scope":
            return NotDelegated(
                f"Google does not let the service account act for {subject or 'anybody'} ({word}). Ask the "
                f"Google Workspace administrator to allow client {key.get('client_id', key['client_email'])} "
                f"under Security, API controls, domain-wide delegation, these scopes: {', '.join(scopes)}"
            )
        case "invalid_grant":
            return Refused(
                "Google does not accept the service account's key (invalid_grant). Check that the key still "
                f"exists, that {subject or 'the account'} does, and that this machine's clock is right."
            )
    return Refused(f"Google gave the service account no token (HTTP {answer.status}{word and ', ' + word}).")


# --- a person's consent --------------------------------------------------------------------------


def consent_refused(answer: Answer, word: str) -> Refused:
    match word:
        case "invalid_grant":
            return Refused(
                "The consent for Google has ended (invalid_grant): somebody took it back, changed the "
                f"password, or it has expired. {CONNECT_AGAIN}"
            )
        case "invalid_client" | "unauthorized_client":
            return Refused(
                f"Google does not know connectors.google.client_id with this client secret ({word}). "
                "Compare both with the Google Cloud console, Credentials."
            )
    return Refused(f"Google renewed no token (HTTP {answer.status}{word and ', ' + word}). {CONNECT_AGAIN}")


def _word(answer: Answer) -> str:
    """OAuth's word for what is wrong; empty where there is none."""
    try:
        word = answer.json().get("error")
    except Unreadable:
        return ""
    return word if isinstance(word, str) and word.replace("_", "").isalnum() and len(word) < 60 else ""

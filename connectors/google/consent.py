"""The walk that connects Google: the address to open, and what comes back from it.

The authorization code flow with PKCE (RFC 7636, S256), as Google has it for installed and web
applications: developers.google.com/identity/protocols/oauth2/web-server. `granted` says what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from connectors.base import Permission, Refused
from connectors.calls import Calls
from connectors.google.access import NotDelegated, ask, client, consent_refused, scopes_of, token_source
from connectors.google.permissions import (
    READ_FREE_BUSY,
    READ_LOCATIONS,
    WRITE_EVENTS,
    names,
    required,
    scope_description,
)
from connectors.sealed import Seal
from connectors.settings import GoogleSettings
from connectors.transport import Answer, Transport

_AUTH = "https://www.googleapis.com/auth/"
#: Wider scopes that include one of ours.
_WIDER = {
    READ_FREE_BUSY.name: ("calendar", "calendar.readonly", "calendar.events.freebusy"),
    WRITE_EVENTS.name: ("calendar", "calendar.events"),
    READ_LOCATIONS.name: ("calendar", "calendar.readonly", "calendar.events"),
}
#: Part of many a sign-in, and no right to read a calendar.
_SIGN_IN = frozenset(("openid", _AUTH + "userinfo.email", _AUTH + "userinfo.profile"))
_NOT_NEEDED = "officeday does not need it; connect again to be rid of it"
_FOR_ANYBODY = "; by domain-wide delegation a service account may do so for any mailbox of the domain"


def consent_url(
    settings: GoogleSettings, redirect_uri: str, state: str, code_challenge: str, *, writes: bool = True
) -> str:
    """Where the owner of the organizer's mailbox says yes.

    Args:
        state: comes back unchanged; whoever receives the answer compares it.
        code_challenge: base64url of the SHA-256 of the verifier that `redeem` is given.

    Raises:
        Refused: there is no client_id.
    """
    if settings.client_id is None:
        raise Refused(
            "A person's consent needs connectors.google.client_id, client_secret_file and refresh_token_file."
        )
    query = {
        "client_id": settings.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": " ".join(names(required(settings, writes=writes))),
        "state": state,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",  # a refresh token, too
        "prompt": "consent",  # and again for those who have said yes before
    }
    return f"{settings.authorization_endpoint}?{urlencode(query)}"


def redeem(
    settings: GoogleSettings,
    code: str,
    redirect_uri: str,
    code_verifier: str,
    *,
    writes: bool = True,
    allow_private: Sequence[str] = (),
    seal: Seal | None = None,
) -> str:
    """Exchange the code that came back for a refresh token, which is to be kept.

    Raises:
        Refused: Google does not accept the code, or gives no refresh token, or something was not granted.
    """
    transport = Transport(allow_private, endpoints=(settings.token_endpoint,))
    form = {
        **client(settings, seal),
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": code_verifier,
    }
    # a code is good once: a second attempt would spoil the first
    said = ask(settings, Calls(transport, at_once=1, attempts=1), form, _code_refused)
    scopes = scopes_of(said)
    needed = required(settings, writes=writes)
    missing = [one.name for one in needed if _is_granted(one, scopes) is False]
    if missing:
        raise Refused(
            f"These boxes were left empty: {', '.join(missing)}. Connect again and tick each of them."
        )
    if not isinstance(said.get("refresh_token"), str):
        raise Refused(
            "Google gave no refresh token. Remove officeday's access under "
            "myaccount.google.com/permissions and connect again."
        )
    return str(said["refresh_token"])


def granted(
    settings: GoogleSettings,
    allow_private: Sequence[str] = (),
    *,
    seal: Seal | None = None,
    writes: bool = True,
    organizer: str | None = None,
) -> tuple[Permission, ...]:
    """What is wanted, and whether it is granted; then what is granted besides and not needed.

    Args:
        writes: is the organizer's mailbox at Google?
        organizer: that mailbox; a service account acts for it when it writes.

    Raises:
        ConnectorError: there is no token at all; the text says what a person should do.
    """
    calls = Calls(Transport(allow_private, endpoints=(settings.token_endpoint,)), at_once=1)
    needed = required(settings, writes=writes)
    if settings.service_account_file is not None:
        return tuple(_delegated(settings, calls, one, organizer, seal) for one in needed)
    return _consented(settings, calls, needed, seal)


def _delegated(
    settings: GoogleSettings, calls: Calls, permission: Permission, organizer: str | None, seal: Seal | None
) -> Permission:
    """Google grants a service account all scopes of a request or none, so each is asked for by itself."""
    subject = (organizer if permission == WRITE_EVENTS else None) or settings.subject
    may: bool | None = True
    try:
        token_source(settings, calls, (permission.name,), subject=subject, seal=seal).token()
    except NotDelegated:
        may = False
    if permission == WRITE_EVENTS and subject is None:
        may = None  # by itself it may write, but invite nobody
    return replace(permission, could_read=permission.could_read + _FOR_ANYBODY, granted=may)


def _consented(
    settings: GoogleSettings, calls: Calls, needed: Sequence[Permission], seal: Seal | None
) -> tuple[Permission, ...]:
    heard: list[frozenset[str] | None] = []
    source = token_source(settings, calls, (), subject=None, seal=seal, heard=heard.append)
    token = source.token()
    if not heard:  # it was one that another process had got
        source.token(refused=token)
    scopes = heard[-1] if heard else None
    besides = sorted((scopes or frozenset()) - {one.name for one in needed} - _SIGN_IN)
    return (
        *(replace(one, granted=_is_granted(one, scopes)) for one in needed),
        *(Permission(name, _NOT_NEEDED, scope_description(name), True) for name in besides),
    )


def _is_granted(permission: Permission, scopes: frozenset[str] | None) -> bool | None:
    if scopes is None:
        return None
    return bool(scopes & {permission.name, *(_AUTH + wider for wider in _WIDER[permission.name])})


def _code_refused(answer: Answer, word: str) -> Refused:
    if word == "invalid_grant":
        return Refused("Google does not accept the code any more (invalid_grant). Start connecting again.")
    return consent_refused(answer, word)

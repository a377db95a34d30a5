"""What we need of Microsoft 365, what was granted, what that could read; and the walk through consent.

Least privilege, by Graph's own tables (https://learn.microsoft.com/graph/permissions-reference):
`getSchedule` takes Calendars.ReadBasic or anything above it, events want Calendars.ReadWrite. A person
whose consent holds Calendars.ReadWrite need not give Calendars.ReadBasic besides.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from connectors.base import Permission
from connectors.calls import Calls
from connectors.microsoft.graph import open_graph
from connectors.microsoft.identity import redeemed, resource, tenant_of
from connectors.sealed import Seal
from connectors.settings import MicrosoftSettings
from connectors.transport import Transport

READ_AS_COLLEAGUE = Permission(
    name="Calendars.ReadBasic",
    why="to see when people and rooms are busy, as every colleague of the organizer may",
    could_read="the organizer's own events with title, place and guests, without their texts; of everybody "
    "else what they share with the organizer: by Microsoft's default when they are busy, and nothing more",
)
WRITE_AS_ORGANIZER = Permission(
    name="Calendars.ReadWrite",
    why="to keep the sessions' events in the organizer's own calendar, to see who has answered, and to see "
    "when people and rooms are busy, as every colleague of the organizer may",
    could_read="every event of the organizer's own mailbox; of everybody else what they share with the "
    "organizer: by Microsoft's default when they are busy, and nothing more",
)
KEEP_CONSENT = Permission(
    name="offline_access",
    why="to work while the organizer is not signed in",
    could_read="nothing by itself",
)
READ_EVERY_MAILBOX = Permission(
    name="Calendars.ReadBasic.All",
    why="to see when people and rooms are busy",
    could_read="every event of every mailbox with title, place and guests, without its text. We ask for "
    "free/busy only, and drop titles and places where Microsoft sends them",
)
WRITE_EVERY_MAILBOX = Permission(
    name="Calendars.ReadWrite",
    why="to keep the sessions' events in the organizer's calendar, and to see who has answered. Limit it to "
    "that mailbox (RBAC for Applications in Exchange Online; a token does not show it then)",
    could_read="every event of every mailbox, with its text, unless it is limited to the organizer's",
)
#: what opens as much and more
_WIDER = {
    "Calendars.ReadBasic": ("Calendars.Read", "Calendars.ReadWrite"),
    "Calendars.ReadBasic.All": ("Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"),
}
#: part of every sign-in, and no right to read anything
_SIGN_IN = frozenset(("openid", "profile", "email", "offline_access"))


def required(settings: MicrosoftSettings, *, writes: bool = True) -> tuple[Permission, ...]:
    """The least that is needed.

    Args:
        writes: is one of these mailboxes the organizer's?
    """
    if settings.refresh_token_file is None:
        return (READ_EVERY_MAILBOX, WRITE_EVERY_MAILBOX) if writes else (READ_EVERY_MAILBOX,)
    return (WRITE_AS_ORGANIZER if writes else READ_AS_COLLEAGUE, KEEP_CONSENT)


def granted(
    settings: MicrosoftSettings,
    allow_private: Sequence[str] = (),
    *,
    seal: Seal | None = None,
    writes: bool = True,
) -> tuple[Permission, ...]:
    """What we need, whether it is granted, and everything else that is granted besides.

    Read from the access token, which is ours: for display only, so no signature is checked. Where the
    token tells nothing, `granted` is None.

    Raises:
        ConnectorError: no token can be got; the text says what a person should do.
    """
    names = _names(open_graph(settings, allow_private, seal).access_token())
    needed = required(settings, writes=writes)
    if names is None:
        return needed
    covered = {permission.name for permission in needed}
    wider = sorted(names - covered - _SIGN_IN)
    return (
        *(replace(permission, granted=_is_covered(permission.name, names)) for permission in needed),
        *(_superfluous(name, needed) for name in wider),
    )


def _names(token: str) -> frozenset[str] | None:
    """The permissions that a token's claims name (`scp` delegated, `roles` an application's)."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        scopes, roles = claims.get("scp", ""), claims.get("roles", [])
        return frozenset([*scopes.split(), *map(str, roles)])
    except (ValueError, IndexError, AttributeError, TypeError):
        return None


def _is_covered(name: str, names: frozenset[str]) -> bool:
    # a token that was got by a refresh token is proof of offline_access
    return name == KEEP_CONSENT.name or name in names or not names.isdisjoint(_WIDER.get(name, ()))


def _superfluous(name: str, needed: Sequence[Permission]) -> Permission:
    for permission in needed:
        if name in _WIDER.get(permission.name, ()):
            why = f"not needed: {permission.name} is enough. An admin can take it away"
            return Permission(name, why, "more than we need of the same calendars", granted=True)
    return Permission(
        name,
        "not needed: officeday never uses it. An admin can take it away",
        "what Microsoft's permissions reference says under this name",
        granted=True,
    )


def consent_url(
    settings: MicrosoftSettings, redirect_uri: str, state: str, code_challenge: str, *, writes: bool = True
) -> str:
    """The page where the organizer says yes (v2-oauth2-auth-code-flow, "Request an authorization code").

    Args:
        redirect_uri: as it is registered with the application.
        state: to be compared when the browser comes back.
        code_challenge: S256 of the verifier that `redeem` is given (RFC 7636 §4.2).

    Raises:
        Refused: the authority names no tenant.
    """
    tenant_of(settings)
    asked = {
        "client_id": settings.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "response_mode": "query",
        "scope": " ".join([*_scopes(settings, writes), "offline_access", "openid"]),
        "state": state,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        "prompt": "select_account",  # whoever is signed in here is seldom the organizer
    }
    return f"{settings.authority}/oauth2/v2.0/authorize?{urlencode(asked)}"


def redeem(
    settings: MicrosoftSettings,
    code: str,
    redirect_uri: str,
    code_verifier: str,
    *,
    writes: bool = True,
    allow_private: Sequence[str] = (),
    seal: Seal | None = None,
) -> str:
    """The refresh token for a code that the browser brought back; the caller has compared the state.

    Raises:
        ConnectorError: there is none; the text says what a person should do.
    """
    transport = Transport(allow_private, endpoints=(settings.authority,))
    return redeemed(
        settings,
        Calls(transport, at_once=1),
        seal,
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=code_verifier,
        scopes=_scopes(settings, writes),
    )


def _scopes(settings: MicrosoftSettings, writes: bool) -> list[str]:
    permission = WRITE_AS_ORGANIZER if writes else READ_AS_COLLEAGUE
    return [f"{resource(settings)}/{permission.name}"]

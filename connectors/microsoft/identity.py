"""Tokens of Microsoft Entra, by MSAL over our own transport.

Either an application's own permission (client credentials), or a person's consent, kept as a refresh
token in a file (authorization code with PKCE, RFC 7636). Pages: v2-oauth2-client-creds-grant-flow and
v2-oauth2-auth-code-flow of https://learn.microsoft.com/entra/identity-platform.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.base import Refused, Unreachable, Unreadable
from connectors.calls import Calls
from connectors.grants import FreshToken, RefreshTokenFile, Renewal, SingleFlight, TokenSource
from connectors.sealed import Seal, read_secret
from connectors.settings import MicrosoftSettings

#: MSAL takes https only. It is told this address, and `_OverTransport` calls the configured one.
_TOLD = "https://login.microsoftonline.com"
_GRAPH = "https://graph.microsoft.com"
#: Graph of the national clouds (https://learn.microsoft.com/graph/deployments): each is a resource of its own
_CLOUDS = frozenset(
    (
        _GRAPH,
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    )
)
CONNECT_AGAIN = "Run `officeday connect microsoft` again."
#: by error of RFC 6749 §5.2 or of Entra (reference-error-codes): what a person should do
_REMEDIES = {
    "invalid_client": "Microsoft turned the client secret down: it is wrong, or it has expired. "
    "Make a new one in the Entra admin center and write it into the client_secret_file.",
    "unauthorized_client": "Microsoft knows no such application in this tenant. "
    "Compare client_id and authority with the Entra admin center.",
    "invalid_grant": f"The consent has ended, or somebody withdrew it. {CONNECT_AGAIN}",
    "interaction_required": f"Microsoft wants the organizer to sign in again. {CONNECT_AGAIN}",
    "consent_required": f"The permissions were not consented to. {CONNECT_AGAIN}",
    "invalid_scope": "Microsoft knows no such permission. "
    "Compare graph_endpoint with the cloud of your tenant.",
}
_SHORT = 300  #: seconds that an access token is used whose answer does not say for how long it is good
_PASSING = frozenset(("temporarily_unavailable", "server_error"))


def resource(settings: MicrosoftSettings) -> str:
    """What the names of permissions begin with."""
    return settings.graph_endpoint if settings.graph_endpoint in _CLOUDS else _GRAPH


def token_source(settings: MicrosoftSettings, calls: Calls, seal: Seal | None = None) -> TokenSource:
    """Tokens for Graph.

    Args:
        calls: to Entra; not those to Graph, which wait for these.
    """
    if settings.refresh_token_file is None:
        return SingleFlight(lambda: _for_the_application(settings, calls, seal))
    return RefreshTokenFile(
        settings.refresh_token_file,
        lambda refresh_token: _renewed(settings, calls, seal, refresh_token),
        seal=seal,
        remedy=CONNECT_AGAIN,
    )


def _for_the_application(settings: MicrosoftSettings, calls: Calls, seal: Seal | None) -> FreshToken:
    with _answering():
        application = _application(settings, calls, seal)
        answer = application.acquire_token_for_client([f"{resource(settings)}/.default"])
    return _access(answer)


def _renewed(settings: MicrosoftSettings, calls: Calls, seal: Seal | None, refresh_token: str) -> Renewal:
    scopes = [f"{resource(settings)}/.default"]  # whatever was consented to
    with _answering():
        application = _application(settings, calls, seal)
        answer = application.acquire_token_by_refresh_token(refresh_token, scopes)
    return Renewal(_access(answer), answer.get("refresh_token") or None)


def redeemed(
    settings: MicrosoftSettings,
    calls: Calls,
    seal: Seal | None,
    *,
    code: str,
    redirect_uri: str,
    code_verifier: str,
    scopes: list[str],
) -> str:
    """The refresh token of a consent that was given a moment ago.

    Raises:
        Refused: the code is not good (any more), or gives no refresh token.
    """
    # MSAL keeps the state itself; here the caller has compared it
    flow = {
        "state": "compared",
        "redirect_uri": redirect_uri,
        "scope": [*scopes, "offline_access", "openid"],
        "code_verifier": code_verifier,
    }
    with _answering():
        application = _application(settings, calls, seal)
        answer = application.acquire_token_by_auth_code_flow(flow, {"state": "compared", "code": code})
    _access(answer)
    refresh_token = answer.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise Refused("Microsoft gave no refresh token. The consent must hold offline_access.")
    return refresh_token


@contextmanager
def _answering() -> Iterator[None]:
    """MSAL reads what Entra answers, and raises whatever comes up if that makes no sense."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        raise Unreadable("Microsoft Entra answered something else than a token.") from None


def _application(settings: MicrosoftSettings, calls: Calls, seal: Seal | None) -> Any:
    """A new one for every token: MSAL answers a request that failed once from memory for a minute."""
    import msal  # here, because it is slow to load and only its tokens are needed

    logging.getLogger("msal").setLevel(logging.INFO)  # at DEBUG it writes down codes and their verifiers
    base, tenant = tenant_of(settings)
    options = {
        "authority": f"{_TOLD}/{tenant}",
        "instance_discovery": False,
        "http_client": _OverTransport(calls, base),
        "exclude_scopes": ["profile"],
    }
    if settings.client_secret_file is None:
        return msal.PublicClientApplication(settings.client_id, **options)
    secret = read_secret(settings.client_secret_file, seal)
    # no region is looked for: that would be a call to an address of the machine's cloud
    return msal.ConfidentialClientApplication(
        settings.client_id, client_credential=secret, azure_region=False, **options
    )


def tenant_of(settings: MicrosoftSettings) -> tuple[str, str]:
    """An authority's address without the tenant, and the tenant.

    Raises:
        Refused: there is none in it.
    """
    base, _, tenant = settings.authority.rpartition("/")
    if not urlsplit(base).netloc or not tenant:
        raise Refused(
            "connectors.microsoft.authority names no tenant; write https://login.microsoftonline.com/TENANT."
        )
    return base, tenant


@dataclass(frozen=True)
class _Response:
    """What MSAL wants of an answer."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise Unreachable(f"Microsoft Entra cannot answer now (HTTP {self.status_code}).")


class _OverTransport:
    """MSAL's HTTP client: retries, deadlines and the guard are those of `connectors.calls`."""

    def __init__(self, calls: Calls, base: str) -> None:
        self._calls = calls
        self._base = base

    def get(self, url: str, **_: Any) -> _Response:
        """MSAL asks where the endpoints are: they are where v2.0 has them for every tenant."""
        authority = url.partition("/v2.0/")[0]
        endpoints = {
            "issuer": f"{authority}/v2.0",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
        }
        return _Response(200, json.dumps(endpoints), {})

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str] | None = None, **_: Any
    ) -> _Response:
        sent = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
        called = self._base + url.removeprefix(_TOLD)
        answer = self._calls.call("POST", called, headers=sent, body=urlencode(data).encode())
        # MSAL logs a body that is no JSON; it might hold anything
        return _Response(answer.status, json.dumps(answer.json()), answer.headers)

    def close(self) -> None:
        return


def _access(answer: Mapping[str, Any]) -> FreshToken:
    """
    Raises:
        Refused, Unreachable: there is no token in it.
    """
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if isinstance(token, str) and token:
        return FreshToken(token, float(seconds) if isinstance(seconds, int | float) else _SHORT)
    error = str(answer.get("error", ""))
    if not error:
        raise Unreadable("Microsoft Entra answered something else than a token.")
    number = re.match(r"AADSTS\d+", str(answer.get("error_description", "")))
    shown = number[0] if number else error if re.fullmatch(r"\w{1,40}", error) else "no code"
    if error in _PASSING:
        raise Unreachable(f"Microsoft Entra cannot answer now ({shown}).")
    remedy = _REMEDIES.get(
        error, "Microsoft Entra gives no token. Compare [connectors.microsoft] with docs/microsoft.md."
    )
    raise Refused(f"{remedy} ({shown})")

"""A stand-in for Microsoft Entra's v2.0 endpoints: consent, tokens, and what goes wrong with them.

Written from the public pages on the client credentials flow, the authorization code flow with PKCE
(RFC 7636) and refresh tokens. Access tokens are JWTs without a signature: Graph's own are opaque to
their clients, who may look at the claims for display only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.connectors.loopback import Request, Response

GRAPH = "https://graph.microsoft.com"
_RESERVED = frozenset(("openid", "profile", "offline_access", "email"))


@dataclass(frozen=True)
class Grant:
    """What an access token opens."""

    user: str | None  #: whose consent it rests on; None: the application's own right
    permissions: frozenset[str]
    expires: float


@dataclass(frozen=True)
class _Consent:
    user: str
    scopes: tuple[str, ...]
    redirect_uri: str = ""
    code_challenge: str = ""


class _Wrong(Exception):
    """An error of RFC 6749 §5.2 with one of Entra's numbers."""

    def __init__(self, error: str, number: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error, self.number, self.text, self.status = error, number, text, status


class Entra:
    """One tenant with one registered application. Safe to use from many threads."""

    def __init__(
        self,
        *,
        tenant: str = "contoso.example",
        client_id: str = "0f1e2d3c-officeday",
        client_secret: str = "entra-secret-CANARY",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tenant, self.client_id, self.client_secret = tenant, client_id, client_secret
        self.roles: tuple[str, ...] = (
            "Calendars.ReadWrite",
        )  #: application permissions, granted by an admin
        self.public = False  #: an application without a secret (consent of a person only)
        self.lifetime = 3600  #: seconds of an access token
        self.issued = 0  #: access tokens in all
        self._clock = clock
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}
        self._refresh: dict[str, _Consent] = {}
        self._codes: dict[str, _Consent] = {}

    # --- what a test does -----------------------------------------------------------------------

    def consent(self, user: str, *scopes: str) -> str:
        """A refresh token, as after a person's consent."""
        with self._lock:
            return self._new_refresh_token(_Consent(user, scopes or ("Calendars.ReadWrite",)))

    def sign_in(self, url: str, user: str) -> dict[str, str]:
        """What a browser brings back after `user` has said yes to a consent page."""
        parts = urlsplit(url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert parts.path == f"/{self.tenant}/oauth2/v2.0/authorize", parts.path
        assert asked["client_id"] == self.client_id and asked["response_type"] == "code", asked
        assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43, asked
        scopes = tuple(asked["scope"].split())
        assert "offline_access" in scopes, "without it no refresh token is given"
        code = secrets.token_urlsafe()
        with self._lock:
            self._codes[code] = _Consent(user, scopes, asked["redirect_uri"], asked["code_challenge"])
        return {"code": code, "state": asked["state"]}

    def expire(self) -> None:
        """Let every access token be over."""
        with self._lock:
            self._grants.clear()

    def revoke(self) -> None:
        """Let every consent be withdrawn, or every secret be over."""
        with self._lock:
            self._grants.clear()
            self._refresh.clear()
            self.client_secret = secrets.token_urlsafe()

    # --- what it answers ------------------------------------------------------------------------

    def grant(self, token: str) -> Grant | None:
        """What a token opens now."""
        with self._lock:
            found = self._grants.get(token)
        return found if found is not None and self._clock() < found.expires else None

    def __call__(self, request: Request) -> Response:
        if request.path.endswith("/.well-known/openid-configuration"):
            return self._discovery(request)
        if request.method != "POST" or request.path != f"/{self.tenant}/oauth2/v2.0/token":
            return _json({"error": "invalid_request", "error_description": "AADSTS900144"}, 404)
        try:
            return _json(self._answer(request))
        except _Wrong as wrong:
            described = f"AADSTS{wrong.number}: {wrong.text} Trace ID: 5d1 Correlation ID: 6e2"
            body = {
                "error": wrong.error,
                "error_description": described,
                "error_codes": [wrong.number],
                "timestamp": "2026-03-01 08:00:00Z",
                "trace_id": "5d1",
                "correlation_id": "6e2",
            }
            return _json(body, wrong.status)

    def _discovery(self, request: Request) -> Response:
        here = f"http://{request.headers['Host']}/{self.tenant}"
        return _json(
            {
                "issuer": f"{here}/v2.0",
                "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
                "token_endpoint": f"{here}/oauth2/v2.0/token",
            }
        )

    def _answer(self, request: Request) -> dict[str, object]:
        if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            raise _Wrong("invalid_request", 900144, "The body must be a form.")
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self._check_client(form)
        with self._lock:
            match form.get("grant_type"):
                case "client_credentials":
                    return self._for_the_application(form)
                case "refresh_token":
                    return self._refreshed(form)
                case "authorization_code":
                    return self._redeemed(form)
        raise _Wrong("unsupported_grant_type", 70003, "The grant type is not supported.")

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.client_id:
            raise _Wrong("unauthorized_client", 700016, "Application was not found in the directory.")
        if self.public and "client_secret" not in form:
            return
        if form.get("client_secret") != self.client_secret:
            raise _Wrong("invalid_client", 7000215, "Invalid client secret provided.", 401)

    def _for_the_application(self, form: Mapping[str, str]) -> dict[str, object]:
        if form.get("scope") != f"{GRAPH}/.default":
            raise _Wrong("invalid_scope", 70011, "The scope must end in /.default.")
        return self._access(None, self.roles)

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, object]:
        consent = self._refresh.pop(form.get("refresh_token", ""), None)
        if consent is None:
            raise _Wrong("invalid_grant", 700082, "The refresh token has expired or was used before.")
        asked = [scope.removeprefix(f"{GRAPH}/") for scope in form.get("scope", "").split()]
        missing = set(asked) - set(consent.scopes) - _RESERVED - {".default"}
        if missing:
            raise _Wrong("invalid_grant", 65001, "The user has not consented.")
        return {
            **self._access(consent.user, consent.scopes),
            "refresh_token": self._new_refresh_token(consent),
        }

    def _redeemed(self, form: Mapping[str, str]) -> dict[str, object]:
        consent = self._codes.pop(form.get("code", ""), None)
        if consent is None or form.get("redirect_uri") != consent.redirect_uri:
            raise _Wrong(
                "invalid_grant", 70008, "The code has expired, was used before, or is of another page."
            )
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != consent.code_challenge:
            raise _Wrong("invalid_grant", 501481, "The code_verifier does not match the code_challenge.")
        scopes = tuple(scope.removeprefix(f"{GRAPH}/") for scope in consent.scopes if scope not in _RESERVED)
        kept = _Consent(consent.user, scopes)
        return {**self._access(kept.user, scopes), "refresh_token": self._new_refresh_token(kept)}

    def _new_refresh_token(self, consent: _Consent) -> str:
        token = f"0.refresh-CANARY-{secrets.token_urlsafe()}"
        self._refresh[token] = consent
        return token

    def _access(self, user: str | None, permissions: tuple[str, ...]) -> dict[str, object]:
        claims: dict[str, object] = {"aud": GRAPH, "tid": self.tenant, "appid": self.client_id}
        claims |= {"scp": " ".join(permissions), "upn": user} if user else {"roles": list(permissions)}
        self.issued += 1
        claims["uti"] = f"access-CANARY-{self.issued}"
        token = ".".join((_part({"typ": "JWT", "alg": "none"}), _part(claims), ""))
        self._grants[token] = Grant(user, frozenset(permissions), self._clock() + self.lifetime)
        scope = {"scope": " ".join(f"{GRAPH}/{name}" for name in permissions)} if user else {}
        return {
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": token,
            **scope,
        }


def _part(claims: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _json(body: object, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode())

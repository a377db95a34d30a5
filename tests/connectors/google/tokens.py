"""Google's token endpoint: service accounts, refresh tokens and consent codes, with real keys and PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt

#: What google-auth writes as audience whatever the endpoint is.
AUDIENCE = "https://oauth2.googleapis.com/token"
CLIENT_ID = "1234567890-abc.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-canary-client-secret"
SERVICE_ACCOUNT = "officeday@project.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Grant:
    """Who an access token speaks for (None: the service account itself), and what it may do."""

    user: str | None
    scopes: frozenset[str]


@dataclass
class Code:
    """A consent that waits to be redeemed."""

    user: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str


class TokenRefused(Exception):
    """OAuth's own error (RFC 6749 §5.2): status and words."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.said = {"error": error, "error_description": description}


@dataclass
class Tokens:
    """Everything the endpoint knows."""

    delegated: set[str] = field(default_factory=set)  #: scopes the domain grants the service account
    rotate: bool = False  #: every refresh gives a new refresh token, and the old one is spent
    says_scope: bool = True  #: does an answer name the scopes of a consent?
    is_offline: bool = True  #: does a consent give a refresh token?
    grants: dict[str, Grant] = field(default_factory=dict)  #: by access token
    refresh_tokens: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    given: int = 0  #: access tokens in all

    def consented(self, user: str, scopes: Iterable[str]) -> str:
        """A refresh token, as after a person's consent."""
        token = f"1//canary-refresh-{secrets.token_hex(8)}"
        self.refresh_tokens[token] = Grant(user, frozenset(scopes))
        return token

    def expire(self) -> None:
        """No access token that was given is good any more."""
        self.grants.clear()

    def revoke(self) -> None:
        """The person takes the consent back."""
        self.expire()
        self.refresh_tokens.clear()

    def of(self, authorization: str) -> Grant | None:
        """What a header `Authorization` allows."""
        scheme, _, token = authorization.partition(" ")
        return self.grants.get(token) if scheme == "Bearer" else None

    def answer(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A token for a grant.

        Raises:
            TokenRefused: there is none.
        """
        match form.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return self._given(self._asserted(form.get("assertion", "")), says_scope=False)
            case "refresh_token":
                return self._refreshed(form)
            case "authorization_code":
                return self._redeemed(form)
        raise TokenRefused(400, "unsupported_grant_type", "Invalid grant_type")

    def _asserted(self, assertion: str) -> Grant:
        try:
            claims = jwt.decode(assertion, certs=_keys()[1], verify=True)
        except ValueError as why:
            raise TokenRefused(400, "invalid_grant", f"Invalid JWT: {why}") from None
        if claims["aud"] != AUDIENCE or claims["iss"] != SERVICE_ACCOUNT:
            raise TokenRefused(400, "invalid_grant", "Invalid JWT: audience or issuer")
        if claims["exp"] - claims["iat"] > 3600 or claims["exp"] < time.time():
            raise TokenRefused(400, "invalid_grant", "Invalid JWT: must be a short-lived token")
        scopes = frozenset(claims["scope"].split())
        if "sub" in claims and not scopes <= self.delegated:
            raise TokenRefused(
                401,
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, "
                "or client not authorized for any of the scopes requested.",
            )
        return Grant(claims.get("sub"), scopes)

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_client(form)
        token = form.get("refresh_token", "")
        grant = self.refresh_tokens.get(token)
        if grant is None:
            raise TokenRefused(400, "invalid_grant", "Token has been expired or revoked.")
        answer = self._given(grant)
        if self.rotate:
            del self.refresh_tokens[token]
            answer["refresh_token"] = self.consented(grant.user or "", grant.scopes)
        return answer

    def _redeemed(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_client(form)
        code = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if code is None or code.redirect_uri != form.get("redirect_uri") or code.challenge != challenge:
            raise TokenRefused(400, "invalid_grant", "Bad Request")
        answer = self._given(Grant(code.user, code.scopes))
        if self.is_offline:
            answer["refresh_token"] = self.consented(code.user, code.scopes)
        return answer

    def _check_client(self, form: Mapping[str, str]) -> None:
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise TokenRefused(401, "invalid_client", "The OAuth client was not found.")

    def _given(self, grant: Grant, *, says_scope: bool = True) -> dict[str, Any]:
        self.given += 1
        token = f"ya29.canary-access-{secrets.token_hex(8)}"
        self.grants[token] = grant
        answer: dict[str, Any] = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        if says_scope and self.says_scope:
            answer["scope"] = " ".join(sorted(grant.scopes))
        return answer


def write_service_account(folder: Path) -> Path:
    """The key file that Google's console hands out."""
    file = folder / "service-account.json"
    file.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "project",
                "private_key_id": "0123456789abcdef",
                "private_key": _keys()[0],
                "client_email": SERVICE_ACCOUNT,
                "client_id": "112233445566778899",
                "token_uri": AUDIENCE,
            }
        )
    )
    file.chmod(0o600)
    return file


@cache
def _keys() -> tuple[str, str]:
    """A private key and its public half, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()

"""Signing in through an OpenID provider: what is asked of it, and whether its answer can be trusted.

The authorization code flow with PKCE (S256), a nonce, and a state that only the browser which began
knows. Who an account is among our people is for `web.operations.signin` to say; nothing is kept here but
what a provider says of itself, for an hour.

Sources: OpenID Connect Core 1.0 (3.1) and Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (iss), RFC 9700 (4.4,
mix-up); Google's page "OpenID Connect"; Microsoft's "ID token claims reference" and "Claims validation".
"""

from __future__ import annotations

import io
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests.adapters import BaseAdapter

from connectors.base import ConnectorError
from connectors.transport import Transport
from web.config import Config
from web.sign_in_settings import ProviderConfig

#: Ways of signing that take two different keys: with one key for both, whoever can check could also sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")

#: How long somebody may take to sign in at the provider.
PENDING_LASTS = timedelta(minutes=10)

#: How long what a provider says of itself is believed, and how soon its keys are looked at again at most.
SECONDS_BELIEVED, SECONDS_BETWEEN_KEYS = 3600.0, 60.0

#: How far our clock and the provider's may differ, in seconds.
LEEWAY = 60

SECONDS_A_CALL, MAX_BYTES = 8.0, 1024 * 1024

#: Google writes its issuer in either way.
GOOGLE_ISSUERS = ("https://accounts.google.com", "accounts.google.com")

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotSignedIn(Exception):
    """Nobody was signed in. The text says why and what to do, to the person who tried."""


class Unavailable(NotSignedIn):
    """The provider did not answer, or not as one; why is for the log and for whoever runs this."""

    def __init__(self, label: str, why: str) -> None:
        super().__init__(
            f"{label} does not answer as it should just now. Please try again in a minute, or sign in "
            "another way."
        )
        self.why = why


class Untrusted(NotSignedIn):
    """The answer could not be trusted; what was wrong with it is for the log only."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "That sign-in did not arrive as it should have, so nobody was signed in. Please try again from "
            "here. If it stays, tell whoever runs your programme."
        )
        self.why = why


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that has begun. It stands in the browser's own signed cookie, so no other can end it."""

    provider: str
    state: str
    nonce: str
    verifier: str  #: of PKCE
    begun_at: str

    def kept(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, str]) -> Self:
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody at a provider, as far as it can be believed."""

    issuer: str
    subject: str  #: what the issuer calls them for ever
    email: str | None  #: verified, and of an allowed domain
    groups: frozenset[str] | None  #: None: the provider did not tell


class Provider:
    """One configured provider. Safe to share between threads."""

    def __init__(
        self,
        name: str,
        settings: ProviderConfig,
        transport: Transport,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.settings = name, settings
        self._transport, self._clock = transport, clock
        self._metadata: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._metadata_at = self._keys_at = float("-inf")

    @property
    def label(self) -> str:
        return self.settings.called

    # --- what the provider says of itself ---------------------------------------------------------

    def metadata(self) -> Mapping[str, Any]:
        """Its addresses and issuer (Discovery 1.0, 4.2).

        Raises:
            Unavailable: they cannot be had, or are another provider's.
        """
        if self._clock() - self._metadata_at > SECONDS_BELIEVED:
            found = self._read(f"{self.settings.address}/.well-known/openid-configuration")
            if missing := {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"} - set(found):
                raise self._unavailable(f"its configuration lacks {', '.join(sorted(missing))}")
            if not self._is_own(str(found["issuer"])):
                raise self._unavailable(f"it calls itself {found['issuer']!r}")
            self._metadata, self._metadata_at = found, self._clock()
        return self._metadata

    def _is_own(self, issuer: str) -> bool:
        """Is that the issuer which was configured? Microsoft's names the tenant by id, or by a template."""
        issuer, ours = issuer.rstrip("/"), self.settings.address
        if self.settings.kind != "microsoft":
            return issuer == ours
        there, here = urlsplit(issuer), urlsplit(ours)
        return (there.scheme, there.netloc) == (here.scheme, here.netloc)

    def look(self) -> int:
        """How many keys it signs with, once it has told all that a sign-in needs.

        Raises:
            Unavailable: with what is wrong.
        """
        return len(self._key_set().keys)

    def _key_set(self, *, anew: bool = False) -> KeySet:
        """The keys it signs with; those that could sign as well as check are left out."""
        age = self._clock() - self._keys_at
        if age > SECONDS_BELIEVED or (anew and age > SECONDS_BETWEEN_KEYS):
            self._keys = self._read(str(self.metadata()["jwks_uri"]))
            self._keys_at = self._clock()
        keys = [key for key in self._keys.get("keys", []) if key.get("kty") != "oct"]
        return KeySet.import_key_set({"keys": [_without_use(key) for key in keys]})

    def _read(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._transport.exchange("GET", url, headers)
            if answer.status != 200:
                raise self._unavailable(f"it answers {answer.status}")
            return answer.json()
        except ConnectorError as why:
            raise self._unavailable(str(why)) from None

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(self.label, why)

    # --- the two steps ----------------------------------------------------------------------------

    def begin(self, back: str, now: datetime) -> tuple[str, Pending]:
        """Where to send the browser, and what it has to keep until it comes `back`."""
        metadata = self.metadata()
        pending = Pending(
            provider=self.name,
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            begun_at=now.isoformat(),
        )
        with self._session(back) as session:
            url, _ = session.create_authorization_url(
                str(metadata["authorization_endpoint"]),
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return url, pending

    def finish(self, pending: Pending | None, answer: Mapping[str, str], back: str, now: datetime) -> Account:
        """Who has signed in, by the provider's `answer` (the query with which the browser came `back`).

        Raises:
            NotSignedIn: the person said no, took too long, or the answer cannot be trusted.
        """
        self._check_begun(pending, answer, now)
        assert pending is not None  # noqa: S101 - as checked
        token = self._token(answer["code"], pending, back)
        claims = self._claims(str(token.get("id_token", "")), pending.nonce, now)
        if self.settings.kind == "openid" and "email" not in claims:
            claims = {**self._userinfo(token, claims), **claims}
        return self._account(claims)

    def _check_begun(self, pending: Pending | None, answer: Mapping[str, str], now: datetime) -> None:
        if pending is None or not secrets.compare_digest(pending.state, answer.get("state", "")):
            raise Untrusted("no sign-in of this browser has that state")
        if pending.provider != self.name:
            raise Untrusted(f"it was begun at {pending.provider}")
        if now - datetime.fromisoformat(pending.begun_at) > PENDING_LASTS:
            raise NotSignedIn("That took a while, so the sign-in ran out. Please try again from here.")
        told = answer.get("iss")
        if told is not None and self.settings.kind != "microsoft" and not self._is_own(told):
            raise Untrusted("another provider answered")
        if told is None and self.metadata().get("authorization_response_iss_parameter_supported") is True:
            raise Untrusted("the provider did not say who it is")
        if answer.get("error") == "access_denied":
            raise NotSignedIn("You are not signed in: that was cancelled. You can try again any time.")
        if "error" in answer or not answer.get("code"):
            raise Untrusted("the provider answered with an error")

    def _token(self, code: str, pending: Pending, back: str) -> Mapping[str, Any]:
        url = str(self.metadata()["token_endpoint"])
        try:
            with self._session(back) as session:
                token: Mapping[str, Any] = session.fetch_token(
                    url, grant_type="authorization_code", code=code, code_verifier=pending.verifier
                )
        except ConnectorError as why:
            raise self._unavailable(str(why)) from None
        except (AuthlibBaseError, requests.RequestException, ValueError) as why:
            raise Untrusted(f"the code was not taken ({getattr(why, 'error', type(why).__name__)})") from None
        return token

    def _session(self, back: str) -> OAuth2Session:
        secret = self.settings.client_secret
        usual = ["client_secret_basic"]
        ways = self.metadata().get("token_endpoint_auth_methods_supported") or usual
        session = OAuth2Session(
            client_id=self.settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            scope=" ".join(("openid", "email", *self._more_scopes())),
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method=usual[0] if usual[0] in ways else "client_secret_post",
        )
        session.trust_env = False
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Guarded(self._transport))
        return session

    def _more_scopes(self) -> tuple[str, ...]:
        # Entra tells the sign-in name only with the profile.
        return (
            ("profile", *self.settings.scopes) if self.settings.kind == "microsoft" else self.settings.scopes
        )

    # --- what an answer is worth ------------------------------------------------------------------

    def _claims(self, id_token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """The ID token's claims, once its signature and all that Core 3.1.3.7 asks for are checked."""
        allowed = [
            name
            for name in self.metadata().get("id_token_signing_alg_values_supported") or ["RS256"]
            if name in ALGORITHMS
        ]
        if not allowed:  # to the library an empty list means its own choice
            raise Untrusted("the provider signs in no way that can be checked")
        how = JWSRegistry(algorithms=allowed, strict_check_header=False)
        try:
            try:
                token = jwt.decode(id_token, self._key_set(), registry=how)
            except InvalidKeyIdError:
                token = jwt.decode(id_token, self._key_set(anew=True), registry=how)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "values": self._issuers(token.claims)},
                    "aud": {"essential": True, "values": [self.settings.client_id]},
                },
                {"nonce": nonce, "client_id": self.settings.client_id},
            )
            claims.validate(int(now.timestamp()), LEEWAY)
            self._check_key(token.header, claims)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as why:
            raise Untrusted(f"its ID token is not good ({why})") from None
        return dict(claims)

    def _issuers(self, claims: Mapping[str, Any]) -> list[str]:
        """Who may have issued a token. Microsoft's template has the token's own tenant put into it."""
        issuer = str(self.metadata()["issuer"])
        if self.settings.kind == "google":
            return [issuer, *GOOGLE_ISSUERS]
        if self.settings.kind == "microsoft":
            return [issuer.replace("{tenantid}", self._tenant(claims))]
        return [issuer]

    def _check_key(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
        """Keys of Microsoft's say for which tenants they sign, where tokens of many come from one place."""
        if self.settings.kind != "microsoft":
            return
        keys: list[dict[str, Any]] = self._keys["keys"]
        # a token that names no key may have been signed with any of them
        could_be = [key for key in keys if key.get("kid") == header.get("kid")] or keys
        for issuer in (key["issuer"] for key in could_be if "issuer" in key):
            if issuer.replace("{tenantid}", self._tenant(claims)) != claims["iss"]:
                raise Untrusted("it is signed with another tenant's key")

    def _tenant(self, claims: Mapping[str, Any]) -> str:
        tenant = str(claims.get("tid", ""))
        if not _TENANT.fullmatch(tenant):
            raise Untrusted("the token names no tenant")
        return tenant

    def _userinfo(self, token: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        """More of the same person, from a provider that keeps its ID tokens short (Core 5.3)."""
        url = self.metadata().get("userinfo_endpoint")
        if url is None or not token.get("access_token"):
            return {}
        found = self._read(str(url), {"Authorization": f"Bearer {token['access_token']}"})
        if found.get("sub") != claims["sub"]:
            raise Untrusted("it tells of somebody else than the ID token")
        return found

    def _account(self, claims: Mapping[str, Any]) -> Account:
        settings = self.settings
        subject = str(claims["sub"])
        if settings.kind == "microsoft":
            if self._tenant(claims) not in settings.tenants or _is_guest(claims):
                raise self._not_ours()
            # `sub` differs from application to application; `oid` is the person, in the tenant of `iss`.
            subject = str(claims.get("oid") or "")
        if settings.kind == "google" and str(claims.get("hd", "")).lower() not in settings.allowed_domains:
            raise self._not_ours()
        if not subject:
            raise Untrusted("the token names nobody")
        email = self._email(claims)
        if email is not None and not self._is_allowed(email):
            raise self._not_ours()
        return Account(str(claims["iss"]), subject, email, self._groups(claims))

    def _email(self, claims: Mapping[str, Any]) -> str | None:
        """The address, if it is known to be theirs.

        Microsoft verifies no `email`: the admins of a tenant may write anybody's there. Where one tenant is
        let in they are our own. Where several are, none of them may speak of another's people: then an
        `email` counts that Microsoft says the tenant owns the domain of (`xms_edov`), or the name that
        somebody signs in with, which can lie in domains of their own tenant only.
        """
        if self.settings.kind == "microsoft":
            name, owned = claims.get("preferred_username"), _flag(claims.get("xms_edov"))
            believed = owned if len(self.settings.tenants) > 1 else owned is not False
            address = (believed and claims.get("email")) or name
        else:
            address = claims.get("email") if claims.get("email_verified") is True else None
        return str(address) if address and "@" in str(address) else None

    def _is_allowed(self, email: str) -> bool:
        domains = self.settings.allowed_domains
        return not domains or email.rpartition("@")[2].lower() in domains

    def _not_ours(self) -> NotSignedIn:
        return NotSignedIn(
            "This account does not belong to the organisation that runs this. Please sign in with your "
            "account from work."
        )

    def _groups(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        """Somebody's groups. Entra leaves out too many of them and says where to ask, which is not told.

        No claim at all is nobody's group: providers leave it out for who is in none, and roles that groups
        give must end there.
        """
        name = self.settings.groups_claim
        if name in (claims.get("_claim_names") or {}) or claims.get("hasgroups"):
            return None
        told = claims.get(name, [])
        return frozenset(str(group) for group in ([told] if isinstance(told, str) else told))


def _is_guest(claims: Mapping[str, Any]) -> bool:
    """Is an account of Entra somebody else's, invited into the tenant? Nobody here has verified its address.

    `acct` (optional claim) says so, `idp` names the directory they come from where it is not the tenant, and
    guests' names have #EXT# in them: learn.microsoft.com/entra/identity-platform/id-token-claims-reference
    and /optional-claims-reference.
    """
    home = str(claims.get("idp") or claims["iss"]).lower()
    named = (str(claims.get(name, "")) for name in ("preferred_username", "upn"))
    return (
        _flag(claims.get("acct")) is True
        or str(claims.get("tid", "")).lower() not in home
        or any("#EXT#" in name.upper() for name in named)
    )


def _flag(said: object) -> bool | None:
    """What an optional claim of Entra says, which comes as a truth value, a number or either as text."""
    return None if said is None else str(said).strip().lower() in ("true", "1")


class _Guarded(BaseAdapter):
    """The library's calls, by the transport that watches where they go, how long and how much."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = {name: str(value) for name, value in request.headers.items() if name != "Accept-Encoding"}
        answer = self._transport.exchange(request.method or "GET", request.url or "", headers, body)
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status, answer.url, request
        response.headers.update(answer.headers)
        response.raw = io.BytesIO(answer.body)
        return response

    def close(self) -> None:
        """The transport is shared."""


def _without_use(key: Mapping[str, Any]) -> dict[str, Any]:
    """A key as the library reads it: some providers' carry members that it takes amiss."""
    return {name: value for name, value in key.items() if name not in ("use", "key_ops", "x5c", "x5t")}


def providers_of(config: Config) -> dict[str, Provider]:
    """Every configured provider, by name. It is reached wherever its issuer lies, elsewhere by the guard."""
    return {
        name: Provider(
            name,
            settings,
            Transport(
                config.connectors.allow_private,
                endpoints=[settings.address],
                seconds=SECONDS_A_CALL,
                max_bytes=MAX_BYTES,
            ),
        )
        for name, settings in config.sign_in.providers.items()
    }

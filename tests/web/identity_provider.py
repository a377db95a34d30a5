"""An OpenID provider on this machine that is not ours (oidc-provider-mock), and ways to spoil its answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import flask
import requests
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr
from werkzeug.test import TestResponse

from tests.web.conftest import serving
from web.sign_in_settings import ProviderConfig, SignInConfig
from web.site import Site, utc_now

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it uses a module that its library will drop one day
    import oidc_provider_mock

CLIENT = "officeday"
TENANT = "11111111-2222-3333-4444-555555555555"

#: What a spoilt ID token is made of: its claims and header, and the provider's private key.
Spoilt = Callable[[dict[str, Any], dict[str, Any], RSAKey], str]


@dataclass
class IdentityProvider:
    """A provider at work. `spoil` makes the ID token that it hands out of the one that it would have."""

    address: str = ""
    spoil: Spoilt | None = None
    says: dict[str, Any] = field(default_factory=dict)  #: of itself, instead of what it would; None: nothing
    tells: dict[str, Any] = field(default_factory=dict)  #: of a person, when it is asked for more
    marks: dict[str, Any] = field(default_factory=dict)  #: members that each of its keys has besides
    asked: list[dict[str, str]] = field(default_factory=list)  #: each request for a code
    spoilt: list[str] = field(default_factory=list)  #: each ID token handed out that was spoilt

    def knows(self, subject: str, **claims: object) -> None:
        """Make somebody known there."""
        requests.put(f"{self.address}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def say_yes(self, url: str, subject: str) -> str:
        """Sign in there as a browser would, at the address it was sent to; where it is sent back to."""
        answer = requests.post(url, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def say_no(self, url: str) -> str:
        answer = requests.post(url, data={"action": "deny"}, allow_redirects=False, timeout=10)
        return answer.headers["Location"]

    def app(self) -> flask.Flask:
        app = oidc_provider_mock.app()
        app.before_request(self._listen)
        app.after_request(self._spoilt)
        return app

    def _listen(self) -> None:
        if flask.request.path == "/oauth2/authorize":
            self.asked.append(flask.request.args.to_dict())

    def _spoilt(self, response: flask.Response) -> flask.Response:
        if flask.request.path == "/.well-known/openid-configuration" and self.says:
            told = {**response.get_json(), **self.says}
            response.set_data(
                flask.json.dumps({name: said for name, said in told.items() if said is not None})
            )
        if flask.request.path == "/userinfo" and self.tells:
            response.set_data(flask.json.dumps({**response.get_json(), **self.tells}))
        if flask.request.path == "/jwks" and self.marks:
            keys = [{**key, **self.marks} for key in response.get_json()["keys"]]
            response.set_data(flask.json.dumps({"keys": keys}))
        if flask.request.path == "/oauth2/token" and self.spoil and response.status_code == 200:
            key = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
            told = response.get_json()
            token = jwt.decode(told["id_token"], KeySet([key]))
            header = {name: value for name, value in token.header.items() if name != "typ"}
            told["id_token"] = self.spoil(dict(token.claims), header, key)
            self.spoilt.append(told["id_token"])
            response.set_data(flask.json.dumps(told))
        return response


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    with serving(provider.app()) as address:
        provider.address = address
        yield provider


def claims_with(**instead: object) -> Spoilt:
    """The same token with other claims (None: without), signed as the provider signs."""

    def spoil(claims: dict[str, Any], header: dict[str, Any], key: RSAKey) -> str:
        changed = {name: value for name, value in {**claims, **instead}.items() if value is not None}
        return jwt.encode(header, changed, key)

    return spoil


def through(site: Site, provider: IdentityProvider, name: str = "company", **settings: Any) -> Site:
    """The same site, now, with this provider to sign in with besides those it has."""
    told = {"issuer": provider.address, "client_id": CLIENT, "client_secret": SecretStr("s3cret"), **settings}
    providers = {**site.config.sign_in.providers, name: ProviderConfig(**told)}
    sign_in = SignInConfig(**{**dict(site.config.sign_in), "providers": providers})
    return replace(site, config=site.config.model_copy(update={"sign_in": sign_in}), clock=utc_now)


def sent_to(browser: FlaskClient, name: str = "company") -> str:
    """Where a browser is sent that wants to sign in."""
    answer = browser.get(f"/sign-in/with/{name}")
    assert answer.status_code == 303, answer.text
    return answer.location


def back_at(browser: FlaskClient, address: str) -> TestResponse:
    """A browser that a provider sends back to us."""
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def sign_in(browser: FlaskClient, provider: IdentityProvider, subject: str) -> TestResponse:
    """The whole way there and back."""
    return back_at(browser, provider.say_yes(sent_to(browser), subject))

"""What an administrator tells each connector (`[connectors.…]` of the configuration file).

Paths are absolute by the time a connector sees them. Secrets stand in files of their own.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write an address such as https://calendar.example.org")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user name or password belongs in this address")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError(
            "http sends secrets in the clear, so it works with this machine only; write https://"
        )
    return url.rstrip("/")


#: An address of a service: https, or http on this machine; without a slash at the end.
Endpoint = Annotated[str, AfterValidator(_endpoint)]


def _without(*endings: str) -> AfterValidator:
    """The root of a service, also where its address is given with what the vendor appends to it."""

    def root(url: str) -> str:
        return url.removesuffix(next((ending for ending in endings if url.endswith(ending)), ""))

    return AfterValidator(root)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GoogleSettings(_Section):
    """A service account (acting for `subject`), or a person's own consent."""

    endpoint: Annotated[Endpoint, _without("/calendar/v3")] = "https://www.googleapis.com"
    token_endpoint: Endpoint = "https://oauth2.googleapis.com/token"  # noqa: S105
    authorization_endpoint: Endpoint = "https://accounts.google.com/o/oauth2/v2/auth"
    service_account_file: Path | None = None
    subject: str | None = None  #: whom the service account acts for
    client_id: str | None = None
    client_secret_file: Path | None = None
    refresh_token_file: Path | None = None
    working_locations: bool = False  #: read days marked "office"; needs the right to read events

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.service_account_file is None and (self.client_id is None or self.refresh_token_file is None):
            raise ValueError(
                "name a service_account_file, or client_id, client_secret_file and refresh_token_file"
            )
        if self.service_account_file is not None and self.refresh_token_file is not None:
            raise ValueError("name either a service_account_file or a refresh_token_file")
        return self


class MicrosoftSettings(_Section):
    """An application's own permission, or (with `refresh_token_file`) a person's consent."""

    graph_endpoint: Annotated[Endpoint, _without("/v1.0")] = "https://graph.microsoft.com"
    #: https://login.microsoftonline.com/TENANT
    authority: Annotated[Endpoint, _without("/oauth2/v2.0/token", "/oauth2/v2.0", "/v2.0")]
    client_id: str
    client_secret_file: Path | None = None
    refresh_token_file: Path | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.client_secret_file is None and self.refresh_token_file is None:
            raise ValueError("name a client_secret_file, or the refresh_token_file of a person's consent")
        return self


class CaldavSettings(_Section):
    """One account of a CalDAV server."""

    url: Endpoint
    username: str
    password_file: Path

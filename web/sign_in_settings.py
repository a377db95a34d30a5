"""What `[sign_in]` may say: with which accounts, for how long, and which groups give which role."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

#: Where the providers answer that need no issuer.
GOOGLE = "https://accounts.google.com"
MICROSOFT = "https://login.microsoftonline.com/{tenant}/v2.0"

LABELS = {"google": "Google", "microsoft": "Microsoft"}

_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupRole(_Section):
    """Who is in a group has a role; who is in none of those that give it has not."""

    group: str = Field(min_length=1)
    role: Literal["senior", "junior", "admin"]
    programme: str | None = None  #: by name; None: the only one


class ProviderConfig(_Section):
    """One OpenID provider."""

    kind: Literal["openid", "google", "microsoft"] = "openid"
    label: str = Field(default="", max_length=40)  #: on the button, after "Sign in with"
    issuer: str = ""  #: as the provider writes it itself
    tenant: str = ""  #: of Microsoft: the directory's id or domain
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    allowed_domains: tuple[str, ...] = ()  #: of mail addresses; none: any that the provider has verified
    allowed_tenants: tuple[str, ...] = ()  #: of Microsoft, by id
    scopes: tuple[str, ...] = ()  #: to ask for besides, such as "groups"
    groups_claim: str = "groups"
    roles: tuple[GroupRole, ...] = ()

    @property
    def called(self) -> str:
        return self.label or LABELS.get(self.kind) or urlsplit(self.issuer).hostname or "your account"

    @property
    def address(self) -> str:
        """The issuer, without a slash at its end: below it stands what the provider says of itself."""
        usual = {"google": GOOGLE, "microsoft": MICROSOFT.format(tenant=self.tenant)}
        return (self.issuer or usual.get(self.kind, "")).rstrip("/")

    @property
    def tenants(self) -> frozenset[str]:
        """Of Microsoft: those whose accounts may come in."""
        own = [self.tenant.lower()] if _UUID.fullmatch(self.tenant.lower()) else []
        return frozenset(self.allowed_tenants or own)

    @field_validator("issuer")
    @classmethod
    def _is_an_address(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if issuer and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
            raise ValueError("write the address of the provider, such as https://id.example.org/realms/staff")
        return issuer

    @field_validator("allowed_domains")
    @classmethod
    def _are_domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        for domain in domains:
            if "@" in domain or "*" in domain or "." not in domain:
                raise ValueError(f"{domain!r} is no domain; write example.org, each one by name")
        return tuple(domain.lower() for domain in domains)

    @field_validator("allowed_tenants")
    @classmethod
    def _are_tenants(cls, tenants: tuple[str, ...]) -> tuple[str, ...]:
        lower = tuple(tenant.lower() for tenant in tenants)
        if not all(_UUID.fullmatch(tenant) for tenant in lower):
            raise ValueError("write each tenant's id: 8, 4, 4, 4 and 12 hexadecimal digits with hyphens")
        return lower

    @model_validator(mode="after")
    def _lets_nobody_in_by_accident(self) -> ProviderConfig:
        if self.kind == "openid" and not self.issuer:
            raise ValueError('set issuer, the address of the provider (or kind = "google" or "microsoft")')
        if self.kind == "google" and not self.allowed_domains:
            raise ValueError(
                "set allowed_domains: without them anybody's private Google account could come in"
            )
        if self.kind == "microsoft" and not self.tenant:
            raise ValueError("set tenant: your directory's id (or its domain, with allowed_tenants)")
        if self.kind == "microsoft" and not self.tenants:
            raise ValueError(
                f"set allowed_tenants, the directories' ids: with tenant = {self.tenant!r} "
                "it is not said whose accounts may come in"
            )
        return self


class SignInConfig(_Section):
    by_mail: bool = True  #: whether a mailed link is a way in
    lasts_days: int = Field(default=30, ge=1, le=365)  #: then people sign in again, however often they came
    idle_days: int = Field(default=14, ge=1, le=365)  #: or after so long without a visit
    providers: dict[str, ProviderConfig] = {}

    @field_validator("providers")
    @classmethod
    def _have_names(cls, providers: dict[str, ProviderConfig]) -> dict[str, ProviderConfig]:
        for name in providers:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} becomes part of an address: write small letters and digits")
        return providers

    @model_validator(mode="after")
    def _leaves_a_way_in(self) -> SignInConfig:
        if not self.by_mail and not self.providers:
            raise ValueError("with by_mail = false nobody could sign in: add [sign_in.providers.NAME]")
        return self

"""One frozen `Config` from a TOML file and the environment; every mistake is reported at once, by key.

Environment beats file beats default: `OFFICEDAY_SITE__URL` is `url` in `[site]`. Secrets come from the
environment or from a file that a `…_file` key names, never from the TOML itself, which people copy
around. Relative paths start at the configuration file's folder (without one, at the working folder).
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from connectors.base import Refused
from connectors.guard import AllowedHosts
from web.errors import Misfilled

PREFIX = "OFFICEDAY_"

#: (section, key) of what must not stand in the TOML, and the key that may name a file with it instead.
SECRETS = {("site", "secret_key"): "secret_key_file", ("mail", "password"): "password_file"}

#: A key that signs every link and cookie; shorter ones can be guessed.
FEWEST_KEY_CHARACTERS = 32


class InvalidConfig(Misfilled):
    """The configuration has mistakes: key -> what to put right."""

    def __str__(self) -> str:
        return "\n".join(f"{key}: {text}" for key, text in self.mistakes.items())


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteConfig(_Section):
    name: str = Field(default="officeday", min_length=1, max_length=60)
    url: str = "http://127.0.0.1:8321"  #: how people reach it; without a slash at the end
    demo: bool = False  #: lets anybody sign in as three made-up people
    secret_key: SecretStr | None = None  #: `secret_key()` answers the one that counts
    secret_key_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("write an address such as https://mentoring.example.org")
        return url.rstrip("/")

    @field_validator("demo")
    @classmethod
    def _stays_at_home(cls, demo: bool, info: ValidationInfo) -> bool:
        url = info.data.get("url")
        if demo and url is not None and not is_loopback(urlsplit(url).hostname or ""):
            raise ValueError(
                "demo mode lets anybody sign in, so it works on 127.0.0.1 only; "
                "set demo = false, or site.url to an address of this machine"
            )
        return demo


class DatabaseConfig(_Section):
    url: str = "sqlite:///var/officeday.db"
    queue: Path = Path("var/queue.db")  #: a file apart: the queue locks all of it

    @field_validator("url")
    @classmethod
    def _is_a_database(cls, url: str) -> str:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ValueError("write sqlite:///PATH or postgresql+psycopg://HOST/NAME") from None
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError("only sqlite:///PATH and postgresql+psycopg://HOST/NAME are known")
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise ValueError("a database in memory is lost at once; write sqlite:///PATH")
        return url


class PlannerConfig(_Section):
    seconds: float = Field(default=60, gt=0, le=3600)  #: of one planning run
    workers: int = Field(default=2, ge=1, le=64)
    window_weeks: int = Field(default=4, ge=1, le=12)
    answer_days: int = Field(default=4, ge=1, le=60)  #: how long a senior has to answer a proposal


class ConnectorsConfig(_Section):
    allow_private: tuple[str, ...] = ()  #: hosts and networks inside the house that may be read

    @field_validator("allow_private")
    @classmethod
    def _are_hosts_or_networks(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for entry in entries:
            try:
                AllowedHosts([entry])
            except Refused:
                raise ValueError(
                    f"{entry!r} is no host or network; write calendar.internal.example or 10.1.0.0/16"
                ) from None
        return entries


class MailConfig(_Section):
    from_address: str = "officeday@localhost"
    smtp_host: str | None = None  #: None: mail is written to `outbox_folder`
    smtp_port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    redirect_to: str | None = None  #: every mail goes to this address and nowhere else
    outbox_folder: Path = Path("var/outbox")

    @field_validator("from_address", "redirect_to")
    @classmethod
    def _is_a_mailbox(cls, address: str | None) -> str | None:
        if address is not None and (address.count("@") != 1 or not address.isprintable() or " " in address):
            raise ValueError("write one mail address, such as mentoring@example.org")
        return address


class Config(BaseSettings):
    """Everything an installation can be told. `load_config` makes it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__", validate_default=False
    )

    site: SiteConfig = SiteConfig()
    database: DatabaseConfig = DatabaseConfig()
    planner: PlannerConfig = PlannerConfig()
    connectors: ConnectorsConfig = ConnectorsConfig()
    mail: MailConfig = MailConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def folder(self) -> Path:
        """Where what this installation makes by itself is kept."""
        return self.database.queue.parent


def is_loopback(host: str) -> bool:
    """Does a host name or address mean this machine only?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_config(path: Path | None = None) -> Path | None:
    """The file that will be read: `path`, else $OFFICEDAY_CONFIG, else ./config.toml, else none."""
    if path is not None:
        return path
    if named := os.environ.get(PREFIX + "CONFIG"):
        return Path(named)
    here = Path("config.toml")
    return here if here.exists() else None


def load_config(path: Path | None = None) -> Config:
    """Read the configuration, with its secrets in place and its paths absolute.

    Raises:
        InvalidConfig: with every mistake of file and environment, by key.
    """
    file = find_config(path)
    written = _read(file) if file else {}
    mistakes = _misplaced(written) | _unknown_sections(written)
    sections = {name: value for name, value in written.items() if name in Config.model_fields}
    try:
        config = Config(**_without_secrets(sections))
    except ValidationError as error:
        raise InvalidConfig(mistakes | _told(error)) from None
    except SettingsError as error:
        raise InvalidConfig(mistakes | {"environment": f"{error}; write lists as JSON"}) from None
    anchored = _anchored(config, (file.parent if file else Path()).resolve())
    filled, unread = _with_secret_files(anchored)
    mistakes |= unread
    if mistakes:
        raise InvalidConfig(mistakes)
    return filled


def secret_key(config: Config) -> str:
    """What signs links and cookies: the configured key, else one made once beside the queue (mode 0600)."""
    if config.site.secret_key is not None:
        return config.site.secret_key.get_secret_value()
    file = config.folder / "secret.key"
    if not file.exists():
        _make_once(file)
    return file.read_text(encoding="ascii").strip()


def _make_once(file: Path) -> None:
    # Written apart and then linked: of two processes that start together, one wins and both read it whole.
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, apart = tempfile.mkstemp(dir=file.parent, prefix=file.name)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48) + "\n")
        Path(file).hardlink_to(apart)
    except FileExistsError:
        return
    finally:
        Path(apart).unlink()


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidConfig(
            {str(file): f"cannot be read ({error.strerror}); copy config.example.toml"}
        ) from None
    except UnicodeDecodeError:
        raise InvalidConfig({str(file): "is not UTF-8 text; save it as UTF-8"}) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig({str(file): f"is not TOML: {error}"}) from None


def _misplaced(written: Mapping[str, Any]) -> dict[str, str]:
    """Secrets that stand in the file."""
    found = {}
    for (section, key), file_key in SECRETS.items():
        if key in _table(written, section):
            variable = f"{PREFIX}{section}__{key}".upper()
            found[f"{section}.{key}"] = (
                f"a secret does not belong in this file; set {variable}, or {file_key}"
            )
    if _has_password(_table(written, "database").get("url")):
        found["database.url"] = f"a password does not belong in this file; set {PREFIX}DATABASE__URL"
    return found


def _has_password(url: Any) -> bool:
    try:
        return isinstance(url, str) and make_url(url).password is not None
    except ArgumentError:
        return False


def _without_secrets(sections: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: value for key, value in section.items() if (name, key) not in SECRETS}
        if isinstance(section, Mapping)
        else section
        for name, section in sections.items()
    }


def _table(written: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    table = written.get(section)
    return table if isinstance(table, Mapping) else {}


def _unknown_sections(written: Mapping[str, Any]) -> dict[str, str]:
    known = list(Config.model_fields)
    found = {name: f"unknown{_nearest(name, known)}" for name in written if name not in known}
    for variable in os.environ:
        section, nested, _ = variable.removeprefix(PREFIX).lower().partition("__")
        if variable.startswith(PREFIX) and nested and section not in known:
            found[variable] = f"unknown section{_nearest(section, known)}"
    return found


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _told(error: ValidationError) -> dict[str, str]:
    """pydantic's mistakes by key; the value itself is left out, for it may be a secret."""
    return {
        ".".join(map(str, one["loc"])): _remedy(one["loc"], one["type"], one["msg"]) for one in error.errors()
    }


def _remedy(place: tuple[int | str, ...], kind: str, text: str) -> str:
    variable = f"{PREFIX}{'__'.join(map(str, place))}".upper()
    source = f" (from {variable})" if variable in os.environ else ""
    if kind == "extra_forbidden":
        section = Config.model_fields[str(place[0])].annotation
        known = (
            list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []
        )
        return f"unknown key{_nearest(str(place[-1]), known)}{source}"
    return text.removeprefix("Value error, ").replace("Input should be", "should be") + source


def _anchored(config: Config, folder: Path) -> Config:
    """Make every relative path absolute."""

    def placed(path: Path | None) -> Path | None:
        return path and folder / path.expanduser()

    url = make_url(config.database.url)
    if url.get_backend_name() == "sqlite" and url.database is not None:
        url = url.set(database=str(placed(Path(url.database))))
    database = {"url": url.render_as_string(hide_password=False), "queue": placed(config.database.queue)}
    mail = {
        "password_file": placed(config.mail.password_file),
        "outbox_folder": placed(config.mail.outbox_folder),
    }
    site = {"secret_key_file": placed(config.site.secret_key_file)}
    return config.model_copy(
        update={
            "site": config.site.model_copy(update=site),
            "database": config.database.model_copy(update=database),
            "mail": config.mail.model_copy(update=mail),
        }
    )


def _with_secret_files(config: Config) -> tuple[Config, dict[str, str]]:
    """Put in the secrets that files hold; an environment variable beats its file."""
    mistakes: dict[str, str] = {}
    for (section, key), file_key in SECRETS.items():
        part = getattr(config, section)
        file: Path | None = getattr(part, file_key)
        if getattr(part, key) is None and file is not None:
            try:
                secret = SecretStr(file.read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError) as error:
                mistakes[f"{section}.{file_key}"] = f"{file} cannot be read: {error}"
                continue
            config = config.model_copy(update={section: part.model_copy(update={key: secret})})
    return config, mistakes | _weak(config)


def _weak(config: Config) -> dict[str, str]:
    mistakes = {}
    key = config.site.secret_key
    if key is not None and len(key.get_secret_value()) < FEWEST_KEY_CHARACTERS:
        mistakes["site.secret_key"] = (
            f"shorter than {FEWEST_KEY_CHARACTERS} characters can be guessed; "
            "leave it out and one is made, or take `openssl rand -base64 48`"
        )
    if config.mail.username is not None and config.mail.password is None:
        mistakes["mail.username"] = f"has no password; set {PREFIX}MAIL__PASSWORD or mail.password_file"
    return mistakes

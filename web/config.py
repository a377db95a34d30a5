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
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from connectors import Settings
from connectors.base import Refused
from connectors.guard import AllowedHosts
from connectors.sealed import Seal, WrongKey, read_secret
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from web.errors import Misfilled
from web.executors import PROCESSES, checked
from web.sign_in_settings import ProviderConfig, SignInConfig

PREFIX = "OFFICEDAY_"

#: (section, key) of what must not stand in the TOML, and the key that may name a file with it instead.
SECRETS = {
    ("site", "secret_key"): "secret_key_file",
    ("site", "old_secret_keys"): "old_secret_keys_file",
    ("mail", "password"): "password_file",
}

#: The same in `[connectors.…]`, whose secrets come from files only.
CONNECTOR_SECRETS = {
    "client_secret": "client_secret_file",
    "refresh_token": "refresh_token_file",
    "password": "password_file",
    "private_key": "service_account_file",
    "service_account": "service_account_file",
}

#: The same of each provider in `[sign_in.providers.…]`.
PROVIDER_SECRETS = {"client_secret": "client_secret_file"}

#: The systems in whose calendars events can be written.
ORGANIZER_KINDS = ("google", "microsoft", "caldav")

#: A key that signs every link and cookie; shorter ones can be guessed.
FEWEST_KEY_CHARACTERS = 32


_Model = TypeVar("_Model", bound=BaseModel)


class InvalidConfig(Misfilled):
    """The configuration has mistakes: key -> what to put right."""

    def __str__(self) -> str:
        return "\n".join(f"{key}: {text}" for key, text in self.mistakes.items())


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteConfig(_Section):
    name: str = Field(default="officeday", min_length=1, max_length=60)
    url: str = "http://127.0.0.1:8321"  #: how people reach it; without a slash at the end
    proxies: int = Field(default=0, ge=0, le=9)  #: in front of this, whose X-Forwarded-For is believed
    demo: bool = False  #: lets anybody sign in as three made-up people
    secret_key: SecretStr | None = None  #: `secret_key()` answers the one that counts
    secret_key_file: Path | None = None
    old_secret_keys: SecretStr | None = None  #: one a line; they open what was sealed before the key changed
    old_secret_keys_file: Path | None = None

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
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("only sqlite:///PATH and postgresql+psycopg://HOST/NAME are known")
        if parsed.get_backend_name() == "postgresql" and find_spec("psycopg") is None:
            raise ValueError("PostgreSQL needs psycopg here: pip install '.[postgres]'")
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise ValueError("a database in memory is lost at once; write sqlite:///PATH")
        return url


class PlannerConfig(_Section):
    seconds: float = Field(default=60, gt=0, le=3600)  #: of one planning run
    workers: int = Field(default=2, ge=1, le=64)
    executor: str = PROCESSES  #: or threads, or dask:tcp://HOST:PORT
    window_weeks: int = Field(default=4, ge=1, le=12)
    answer_days: int = Field(default=4, ge=1, le=60)  #: how long a senior has to answer a proposal

    @field_validator("executor")
    @classmethod
    def _can_be_opened(cls, how: str) -> str:
        return checked(how)


class ConnectorsConfig(_Section):
    allow_private: tuple[str, ...] = ()  #: hosts and networks inside the house that may be read
    read_every_minutes: int = Field(default=60, ge=0, le=10_080)  #: all calendars; 0: only when asked to
    organizer: str | None = None  #: kind:address of the one mailbox that invites; None: mails invite
    google: GoogleSettings | None = None
    microsoft: MicrosoftSettings | None = None
    caldav: CaldavSettings | None = None

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

    @field_validator("organizer")
    @classmethod
    def _is_a_mailbox_of_a_kind(cls, organizer: str | None) -> str | None:
        kind, _, address = (organizer or "").partition(":")
        if organizer is not None and (kind not in ORGANIZER_KINDS or not address.strip()):
            raise ValueError(
                "write kind:address, such as google:mentoring@example.org; "
                f"kinds are {', '.join(ORGANIZER_KINDS)}"
            )
        return organizer

    def of_kind(self, kind: str) -> GoogleSettings | MicrosoftSettings | CaldavSettings | None:
        """The section of a calendar system; None where there is none."""
        section: GoogleSettings | MicrosoftSettings | CaldavSettings | None = getattr(self, kind, None)
        return section


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

    @property
    def reaches_people(self) -> bool:
        """Does a mail get to whom it is for, and not only into a folder or to whoever tries things out?"""
        return self.smtp_host is not None and self.redirect_to is None

    @field_validator("from_address", "redirect_to")
    @classmethod
    def _is_a_mailbox(cls, address: str | None) -> str | None:
        if address is not None and (address.count("@") != 1 or not address.isprintable() or " " in address):
            raise ValueError("write one mail address, such as mentoring@example.org")
        return address


class PrivacyConfig(_Section):
    """How long before a calendar is read its owner is told, and how long things are kept."""

    notice_hours: int = Field(default=24, ge=0, le=720)  #: 0: told, and read in the same pass
    keep_mail_days: int = Field(default=30, ge=0, le=3650)  #: what a mail said, after it was sent
    keep_link_days: int = Field(default=30, ge=0, le=3650)  #: mailed links, after they ran out
    keep_job_days: int = Field(default=30, ge=1, le=3650)  #: background work, after it was done
    keep_question_days: int = Field(default=90, ge=1, le=3650)  #: questions about a day, after they closed
    keep_request_days: int = Field(default=180, ge=1, le=3650)  #: private requests, after their answer
    keep_audit_days: int = Field(default=400, ge=30, le=3650)
    keep_attendance_days: int = Field(default=730, ge=90, le=3650)  #: who came to which session
    erased_file: Path | None = None  #: numbers of the erased; None: `erased.txt` beside the database


class Config(BaseSettings):
    """Everything an installation can be told. `load_config` makes it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__", validate_default=False
    )

    site: SiteConfig = SiteConfig()
    database: DatabaseConfig = DatabaseConfig()
    planner: PlannerConfig = PlannerConfig()
    connectors: ConnectorsConfig = ConnectorsConfig()
    sign_in: SignInConfig = SignInConfig()
    mail: MailConfig = MailConfig()
    privacy: PrivacyConfig = PrivacyConfig()

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
    filled, unread_too = _with_provider_secrets(filled)
    mistakes |= unread | unread_too | _without_section(config.connectors) | _open_to_all(config)
    if mistakes:
        raise InvalidConfig(mistakes)
    return filled


def secret_key(config: Config) -> str:
    """What signs links and cookies: the configured key, else one made once beside the queue (mode 0600)."""
    known = _known_key(config)
    if known is None:
        _make_once(key_file(config))
    return known or _made_keys(config)[0]


def _known_key(config: Config) -> str | None:
    """The key, where there is one already."""
    if config.site.secret_key is not None:
        return config.site.secret_key.get_secret_value()
    return next(iter(_made_keys(config)), None)


def key_file(config: Config) -> Path:
    """Where the key stands that was made because none is configured: in the first line, older ones below."""
    return config.folder / "secret.key"


def _made_keys(config: Config) -> tuple[str, ...]:
    file = key_file(config)
    return _lines(file.read_text(encoding="ascii")) if file.exists() else ()


def old_secret_keys(config: Config) -> tuple[str, ...]:
    """What signed and sealed before; they only open what was sealed, and prove what was signed, then."""
    told = config.site.old_secret_keys
    made = () if config.site.secret_key is not None else _made_keys(config)[1:]
    return made + (_lines(told.get_secret_value()) if told is not None else ())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def seal_of(config: Config) -> Seal:
    """What seals with the site's secret key, and opens what older ones sealed."""
    return Seal([secret_key(config), *old_secret_keys(config)])


def connector_settings(config: Config) -> Settings:
    """What connectors want to know of the configuration. Makes no secret key where there is none yet."""
    told, key = config.connectors, _known_key(config)
    seal = Seal([key, *old_secret_keys(config)]) if key is not None else None
    return Settings(told.allow_private, told.google, told.microsoft, told.caldav, seal)


def check_secret_files(config: Config) -> None:
    """Refuse to work with secrets' files of calendar systems that cannot be used.

    A refresh token that is not there yet is none of these: `officeday connect` gets it.

    Raises:
        InvalidConfig: with each file that is missing, or sealed with another secret key.
    """
    settings, mistakes = connector_settings(config), {}
    for kind in ORGANIZER_KINDS:
        for name, path in config.connectors.of_kind(kind) or ():
            if not isinstance(path, Path) or (name == "refresh_token_file" and not path.exists()):
                continue
            try:
                read_secret(path, settings.seal)
            except WrongKey as why:
                mistakes[f"connectors.{kind}.{name}"] = f"{why} (site.old_secret_keys_file)"
            except Refused as why:
                mistakes[f"connectors.{kind}.{name}"] = str(why)
    if mistakes:
        raise InvalidConfig(mistakes)


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
    for kind, key, file_key in _connector_secrets(written):
        found[f"connectors.{kind}.{key}"] = (
            f"a secret does not belong in this file; put it into a file of its own and name that: {file_key}"
        )
    for name, key in _provider_secrets(written):
        variable = f"{PREFIX}SIGN_IN__PROVIDERS__{name}__{key}".upper()
        found[f"sign_in.providers.{name}.{key}"] = (
            f"a secret does not belong in this file; set {variable}, or {PROVIDER_SECRETS[key]}"
        )
    if _has_password(_table(written, "database").get("url")):
        found["database.url"] = f"a password does not belong in this file; set {PREFIX}DATABASE__URL"
    return found


def _connector_secrets(written: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Secrets that stand in `[connectors.…]`: the kind, the key, and the key that may name a file instead."""
    for kind, section in _table(written, "connectors").items():
        if isinstance(section, Mapping):
            yield from ((kind, key, CONNECTOR_SECRETS[key]) for key in section if key in CONNECTOR_SECRETS)


def _provider_secrets(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Secrets that stand in `[sign_in.providers.…]`: the provider's name and the key."""
    for name, provider in _table(_table(written, "sign_in"), "providers").items():
        if isinstance(provider, Mapping):
            yield from ((name, key) for key in provider if key in PROVIDER_SECRETS)


def _open_to_all(config: Config) -> dict[str, str]:
    """Demo mode beside real people's accounts would let anybody in as one of them."""
    if config.site.demo and config.sign_in.providers:
        return {
            "site.demo": "demo mode lets anybody sign in; set it to false, or leave out [sign_in.providers]"
        }
    return {}


def _without_section(connectors: ConnectorsConfig) -> dict[str, str]:
    kind = (connectors.organizer or "").partition(":")[0]
    if not kind or connectors.of_kind(kind) is not None:
        return {}
    return {"connectors.organizer": f"[connectors.{kind}] is not there; config.example.toml shows its keys"}


def _has_password(url: Any) -> bool:
    try:
        return isinstance(url, str) and make_url(url).password is not None
    except ArgumentError:
        return False


def _without_secrets(sections: Mapping[str, Any]) -> dict[str, Any]:
    misplaced = set(SECRETS)
    misplaced |= {(f"connectors.{kind}", key) for kind, key, _ in _connector_secrets(sections)}
    misplaced |= {(f"sign_in.providers.{name}", key) for name, key in _provider_secrets(sections)}

    def without(name: str, section: Any) -> Any:
        if not isinstance(section, Mapping):
            return section
        return {
            key: without(f"{name}.{key}", value)
            for key, value in section.items()
            if (name, key) not in misplaced
        }

    return {name: without(name, section) for name, section in sections.items()}


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
        return f"unknown key{_nearest(str(place[-1]), _keys_beside(place))}{source}"
    if kind == "missing":
        return "is needed here"
    return text.removeprefix("Value error, ").replace("Input should be", "should be") + source


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    """The keys that a section has in which one stands that it does not know."""
    there: Any = Config
    for name in place[:-1]:
        kind = there.model_fields[str(name)].annotation if _is_section(there) else there
        several = get_origin(kind) in (dict, tuple) and _is_section(
            there
        )  # then a name, or a place, comes next
        there = kind if several else next(each for each in (kind, *get_args(kind)) if _is_section(each))
    return list(there.model_fields)


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _anchored(config: Config, folder: Path) -> Config:
    """Make every relative path absolute."""

    def placed(path: Path | None) -> Path | None:
        return path and folder / path.expanduser()

    def settled(section: _Model) -> _Model:
        paths = {name: placed(value) for name, value in section if isinstance(value, Path)}
        return section.model_copy(update=paths)

    url = make_url(config.database.url)
    if url.get_backend_name() == "sqlite" and url.database is not None:
        url = url.set(database=str(placed(Path(url.database))))
    database = settled(config.database).model_copy(update={"url": url.render_as_string(hide_password=False)})
    kinds = {name: settled(value) for name, value in config.connectors if isinstance(value, BaseModel)}
    providers = {name: settled(provider) for name, provider in config.sign_in.providers.items()}
    return config.model_copy(
        update={
            "site": settled(config.site),
            "database": database,
            "connectors": config.connectors.model_copy(update=kinds),
            "sign_in": config.sign_in.model_copy(update={"providers": providers}),
            "mail": settled(config.mail),
            "privacy": settled(config.privacy),
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


def _with_provider_secrets(config: Config) -> tuple[Config, dict[str, str]]:
    """The same of the providers that people sign in with; each needs one."""
    mistakes: dict[str, str] = {}
    providers = dict(config.sign_in.providers)
    for name, provider in providers.items():
        try:
            providers[name] = _with_client_secret(provider)
        except (OSError, UnicodeDecodeError) as error:
            place = f"sign_in.providers.{name}.client_secret_file"
            mistakes[place] = f"{provider.client_secret_file} cannot be read: {error}"
            continue
        if providers[name].client_secret is None:
            variable = f"{PREFIX}SIGN_IN__PROVIDERS__{name}__CLIENT_SECRET".upper()
            mistakes[f"sign_in.providers.{name}.client_secret_file"] = f"is needed here, or {variable}"
    return config.model_copy(
        update={"sign_in": config.sign_in.model_copy(update={"providers": providers})}
    ), mistakes


def _with_client_secret(provider: ProviderConfig) -> ProviderConfig:
    file = provider.client_secret_file
    if provider.client_secret is not None or file is None:
        return provider
    return provider.model_copy(update={"client_secret": SecretStr(file.read_text(encoding="utf-8").strip())})


def _weak(config: Config) -> dict[str, str]:
    mistakes = {}
    key = config.site.secret_key
    if key is not None and len(key.get_secret_value()) < FEWEST_KEY_CHARACTERS:
        mistakes["site.secret_key"] = (
            f"shorter than {FEWEST_KEY_CHARACTERS} characters can be guessed; "
            "leave it out and one is made, or take `openssl rand -base64 48`"
        )
    if any(len(old) < FEWEST_KEY_CHARACTERS for old in old_secret_keys(config)):
        mistakes["site.old_secret_keys"] = (
            f"one is shorter than {FEWEST_KEY_CHARACTERS} characters, so it was no key; write one a line"
        )
    if config.mail.username is not None and config.mail.password is None:
        mistakes["mail.username"] = f"has no password; set {PREFIX}MAIL__PASSWORD or mail.password_file"
    return mistakes

import os
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.sealed import Seal
from connectors.settings import CaldavSettings, GoogleSettings, MicrosoftSettings
from web.cli import main
from web.config import (
    Config,
    InvalidConfig,
    check_secret_files,
    connector_settings,
    find_config,
    load_config,
    old_secret_keys,
    secret_key,
)
from web.sign_in_settings import ProviderConfig

PROVIDER = "sign_in.providers.company"
CONNECTORS = {"google": GoogleSettings, "microsoft": MicrosoftSettings, "caldav": CaldavSettings}
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch, tmp_path):
    for variable in list(os.environ):
        if variable.startswith("OFFICEDAY_"):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def mistakes_of(file: Path | None = None) -> dict[str, str]:
    with pytest.raises(InvalidConfig) as caught:
        load_config(file)
    return caught.value.mistakes


def test_the_example_loads_and_holds_the_defaults(tmp_path):
    copy = written(tmp_path, EXAMPLE.read_text())

    assert load_config(copy) == load_config(None)
    copy.unlink()
    assert load_config(None).site.url == "http://127.0.0.1:8321"


def lines_by_section(text: str) -> dict[str, list[str]]:
    """The example's lines by section; the header of one that is left out by default is commented out."""
    sections: dict[str, list[str]] = {}
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        if bare.startswith("[") and bare.endswith("]"):
            sections[bare.strip("[]")] = []
        elif sections:
            sections[next(reversed(sections))].append(line)
    return sections


KEYS = [
    *((name, key) for name, field in Config.model_fields.items() for key in field.annotation.model_fields),
    *((f"connectors.{kind}", key) for kind, model in CONNECTORS.items() for key in model.model_fields),
    *((PROVIDER, key) for key in ProviderConfig.model_fields),
]

#: Sections inside another one.
INSIDE = {*CONNECTORS, "providers"}


@pytest.mark.parametrize(("section", "key"), [each for each in KEYS if each[1] not in INSIDE])
def test_the_example_comments_every_key(section, key):
    part = lines_by_section(EXAMPLE.read_text())[section]

    at = next((n for n, line in enumerate(part) if line.removeprefix("# ").startswith(f"{key} = ")), None)

    assert at is not None, f"{section}.{key} is not in the example"
    assert part[at - 1].startswith("# "), f"{section}.{key} has no comment above it"


def shown_in(section: str) -> dict[str, str]:
    """The keys that the example shows in a section, with their lines, commented out or not."""
    lines = (line.removeprefix("# ") for line in lines_by_section(EXAMPLE.read_text())[section])
    return {line.partition(" = ")[0]: line for line in lines if re.fullmatch(r"[a-z_]+ = .+", line)}


def test_the_example_has_no_key_that_does_not_exist():
    sections = lines_by_section(EXAMPLE.read_text())

    assert {(section, key) for section in sections for key in shown_in(section)} <= set(KEYS)


def test_the_calendar_systems_of_the_example_can_be_used_as_they_are(tmp_path):
    other_way_in = {"service_account_file", "subject"}
    text = "[connectors]\n" + shown_in("connectors")["organizer"]
    for kind in CONNECTORS:
        lines = [line for key, line in shown_in(f"connectors.{kind}").items() if key not in other_way_in]
        text += "\n".join([f"\n[connectors.{kind}]", *lines])

    config = load_config(written(tmp_path, text))

    assert config.connectors.organizer == "google:mentoring@example.org"
    assert config.connectors.google.endpoint == GoogleSettings.model_fields["endpoint"].default


def test_all_mistakes_are_told_at_once_by_key(tmp_path):
    file = written(
        tmp_path,
        """
        colour = "red"
        [site]
        url = "mentoring.example.org"
        nmae = "x"
        secret_key = "s3cret-s3cret"
        [planner]
        seconds = -1
        workers = "many"
        executor = "cloud"
        [mial]
        smtp_port = 25
        [mail]
        security = "ssl"
        password = "hunter2"
        """,
    )

    mistakes = mistakes_of(file)

    assert set(mistakes) == {
        "colour",
        "mial",
        "site.url",
        "site.nmae",
        "site.secret_key",
        "planner.seconds",
        "planner.workers",
        "planner.executor",
        "mail.security",
        "mail.password",
    }
    assert "did you mean mail?" in mistakes["mial"]
    assert "did you mean name?" in mistakes["site.nmae"]
    assert "OFFICEDAY_MAIL__PASSWORD" in mistakes["mail.password"]
    assert "password_file" in mistakes["mail.password"]
    assert "hunter2" not in str(mistakes) and "s3cret" not in str(mistakes)


def test_the_environment_beats_the_file(tmp_path, monkeypatch):
    file = written(tmp_path, '[site]\nname = "Mentoring"\nurl = "http://127.0.0.1:1"\n')
    monkeypatch.setenv("OFFICEDAY_SITE__URL", "https://mentoring.example.org/")
    monkeypatch.setenv("OFFICEDAY_CONNECTORS__ALLOW_PRIVATE", '["10.1.0.0/16"]')

    config = load_config(file)

    assert config.site.url == "https://mentoring.example.org"
    assert config.site.name == "Mentoring"
    assert config.connectors.allow_private == ("10.1.0.0/16",)


@pytest.mark.parametrize("variable", ["OFFICEDAY_SITE__URLL", "OFFICEDAY_SIET__URL"])
def test_an_unknown_variable_is_a_mistake(variable, monkeypatch):
    monkeypatch.setenv(variable, "https://mentoring.example.org")

    assert variable in str(mistakes_of())


def test_a_mistake_in_a_variable_names_the_variable(monkeypatch):
    monkeypatch.setenv("OFFICEDAY_PLANNER__WORKERS", "0")

    assert "OFFICEDAY_PLANNER__WORKERS" in mistakes_of()["planner.workers"]


def test_a_list_that_is_no_json_is_a_mistake(monkeypatch):
    monkeypatch.setenv("OFFICEDAY_CONNECTORS__ALLOW_PRIVATE", "10.1.0.0/16")

    assert "connectors" in mistakes_of()["environment"]


@pytest.mark.parametrize("entry", ["10.1.0.1/16", "", "http://calendar.internal/"])
def test_a_private_network_that_is_none_is_a_mistake(tmp_path, entry):
    file = written(tmp_path, f'[connectors]\nallow_private = ["calendar.internal", "{entry}"]\n')

    assert "no host or network" in mistakes_of(file)["connectors.allow_private"]


def test_demo_mode_is_refused_beside_an_outside_address(tmp_path):
    file = written(tmp_path, '[site]\ndemo = true\nurl = "https://mentoring.example.org"\n')

    assert "127.0.0.1" in mistakes_of(file)["site.demo"]


def test_demo_mode_is_refused_when_only_the_environment_has_the_outside_address(tmp_path, monkeypatch):
    file = written(tmp_path, "[site]\ndemo = true\n")
    monkeypatch.setenv("OFFICEDAY_SITE__URL", "http://10.0.0.7:8321")

    assert "site.demo" in mistakes_of(file)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_demo_mode_works_on_this_machine(tmp_path, host):
    file = written(tmp_path, f'[site]\ndemo = true\nurl = "http://{host}:9000"\n')

    assert load_config(file).site.demo


def test_relative_paths_start_at_the_files_folder(tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    file = written(folder, '[database]\nurl = "sqlite:///data/a.db"\nqueue = "data/q.db"\n')

    config = load_config(file)

    assert config.database.url == f"sqlite:///{folder}/data/a.db"
    assert config.database.queue == folder / "data/q.db"
    assert config.mail.outbox_folder == folder / "var/outbox"


def test_a_database_password_in_the_file_is_a_mistake_and_in_the_environment_is_none(tmp_path, monkeypatch):
    file = written(tmp_path, '[database]\nurl = "postgresql+psycopg://me:hunter2@db/officeday"\n')

    assert "OFFICEDAY_DATABASE__URL" in mistakes_of(file)["database.url"]

    file.write_text("")
    monkeypatch.setenv("OFFICEDAY_DATABASE__URL", "postgresql+psycopg://me:hunter2@db/officeday")
    assert load_config(file).database.url == "postgresql+psycopg://me:hunter2@db/officeday"


GOOGLE = """
[connectors.google]
client_id = "1234"
client_secret_file = "google/secret"
refresh_token_file = "/var/lib/officeday/google-token"
"""


def test_paths_of_a_calendar_system_start_at_the_files_folder(tmp_path):
    google = load_config(written(tmp_path, GOOGLE)).connectors.google

    assert google.client_secret_file == tmp_path / "google/secret"
    assert google.refresh_token_file == Path("/var/lib/officeday/google-token")


def test_secrets_of_calendar_systems_do_not_belong_in_the_file_and_are_told_with_all_else(tmp_path):
    file = written(
        tmp_path,
        """
        [connectors.google]
        clientid = "1234"
        client_secret = "hunter2"
        endpoint = "http://calendar.example.org"
        [connectors.microsoft]
        refresh_token = "hunter2"
        client_id = "1234"
        [connectors.caldav]
        url = "https://calendar.example.org"
        username = "officeday"
        password = "hunter2"
        [connectors.notes]
        server = "domino"
        """,
    )

    mistakes = mistakes_of(file)

    assert set(mistakes) == {
        "connectors.google.clientid",
        "connectors.google.client_secret",
        "connectors.google.endpoint",
        "connectors.microsoft.authority",
        "connectors.microsoft.refresh_token",
        "connectors.caldav.password",
        "connectors.caldav.password_file",
        "connectors.notes",
    }
    assert "did you mean client_id?" in mistakes["connectors.google.clientid"]
    assert "name that: client_secret_file" in mistakes["connectors.google.client_secret"]
    assert "name that: refresh_token_file" in mistakes["connectors.microsoft.refresh_token"]
    assert "this machine only" in mistakes["connectors.google.endpoint"]
    assert mistakes["connectors.microsoft.authority"] == "is needed here"
    assert "known are allow_private, read_every_minutes" in mistakes["connectors.notes"]
    assert "hunter2" not in str(mistakes)


def test_a_calendar_system_without_a_way_in_is_told_what_to_name(tmp_path):
    file = written(tmp_path, '[connectors.google]\nclient_id = "1234"\n')

    assert "service_account_file" in mistakes_of(file)["connectors.google"]


def test_a_calendar_system_can_be_configured_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("OFFICEDAY_CONNECTORS__GOOGLE__CLIENT_ID", "5678")

    google = load_config(written(tmp_path, GOOGLE)).connectors.google

    assert google.client_id == "5678"
    assert google.client_secret_file == tmp_path / "google/secret"


@pytest.mark.parametrize("organizer", ["mentoring@example.org", "ics:a.ics", "google:", ":a@example.org"])
def test_an_organizer_is_a_mailbox_of_a_calendar_system_that_takes_events(tmp_path, organizer):
    file = written(tmp_path, f'[connectors]\norganizer = "{organizer}"\n')

    assert "google:mentoring@example.org" in mistakes_of(file)["connectors.organizer"]


def test_an_organizer_needs_the_section_of_its_calendar_system(tmp_path):
    file = written(tmp_path, f'[connectors]\norganizer = "microsoft:a@example.org"\n{GOOGLE}')

    assert "[connectors.microsoft] is not there" in mistakes_of(file)["connectors.organizer"]
    assert load_config(written(tmp_path, file.read_text().replace("microsoft", "google")))


def test_old_secret_keys_come_from_a_file_and_none_of_them_is_short(tmp_path):
    (tmp_path / "old").write_text(f"{'a' * 40}\n{'b' * 40}\n")
    file = written(tmp_path, '[site]\nold_secret_keys_file = "old"\n')

    assert old_secret_keys(load_config(file)) == ("a" * 40, "b" * 40)

    (tmp_path / "old").write_text(f"{'a' * 40}\n\nshort\n")
    assert "short;" not in mistakes_of(file)["site.old_secret_keys"]


CALDAV = """
[connectors.caldav]
url = "https://calendar.example.org"
username = "officeday"
password_file = "password"
"""


def test_connectors_get_a_seal_of_the_secret_key_and_of_older_ones(tmp_path):
    (tmp_path / "key").write_text("n" * 40)
    (tmp_path / "old").write_text("o" * 40)
    file = written(tmp_path, '[site]\nsecret_key_file = "key"\nold_secret_keys_file = "old"\n')

    seal = connector_settings(load_config(file)).seal

    assert seal.open(Seal(["o" * 40]).seal("hunter2")) == "hunter2"
    assert Seal(["n" * 40]).open(seal.seal("hunter2")) == "hunter2"


def test_no_secret_key_is_made_only_to_read_a_calendar(tmp_path):
    assert connector_settings(load_config(written(tmp_path, CALDAV))).seal is None
    assert not (tmp_path / "var").exists()


def test_a_secret_sealed_with_another_key_is_told_with_the_remedy_until_the_old_key_is_given(tmp_path):
    (tmp_path / "key").write_text("n" * 40)
    (tmp_path / "password").write_text(Seal(["o" * 40]).seal("hunter2"))
    file = written(tmp_path, f'[site]\nsecret_key_file = "key"\n{CALDAV}')

    with pytest.raises(InvalidConfig) as caught:
        check_secret_files(load_config(file))

    said = caught.value.mistakes["connectors.caldav.password_file"]
    assert "another secret key" in said and "old_secret_keys_file" in said and "hunter2" not in said

    (tmp_path / "old").write_text("o" * 40)
    file = written(tmp_path, f'[site]\nsecret_key_file = "key"\nold_secret_keys_file = "old"\n{CALDAV}')
    check_secret_files(load_config(file))


def test_a_secrets_file_that_is_missing_is_told_but_a_refresh_token_may_come_later(tmp_path):
    config = load_config(written(tmp_path, GOOGLE.replace("/var/lib/officeday", "google") + CALDAV))

    with pytest.raises(InvalidConfig) as caught:
        check_secret_files(config)

    assert set(caught.value.mistakes) == {
        "connectors.google.client_secret_file",
        "connectors.caldav.password_file",
    }


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_is_served_with_a_secret_that_no_key_opens(tmp_path, command):
    (tmp_path / "password").write_text(Seal(["o" * 40]).seal("hunter2"))
    file = written(tmp_path, CALDAV)

    said = CliRunner().invoke(main, [command, "--config", str(file)])

    assert said.exit_code == 2
    assert said.stderr.startswith("connectors.caldav.password_file: ")
    assert "hunter2" not in said.output
    assert not (tmp_path / "var").exists()


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.config.find_spec", lambda _: None)
    monkeypatch.setenv("OFFICEDAY_DATABASE__URL", "postgresql+psycopg://db/officeday")
    with pytest.raises(InvalidConfig, match=r"\.\[postgres\]"):
        load_config(None)


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "postgresql://db/x", "sqlite://", "sqlite:///:memory:", "officeday.db"]
)
def test_a_database_that_is_none_of_ours_is_a_mistake(tmp_path, url):
    assert "database.url" in mistakes_of(written(tmp_path, f'[database]\nurl = "{url}"\n'))


def test_a_secret_comes_from_the_file_that_a_key_names(tmp_path):
    (tmp_path / "smtp").write_text("hunter2\n")
    file = written(tmp_path, '[mail]\nusername = "me"\npassword_file = "smtp"\n')

    config = load_config(file)

    assert config.mail.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(config)


def test_a_secret_file_that_is_missing_is_a_mistake(tmp_path):
    file = written(tmp_path, '[mail]\npassword_file = "smtp"\n[site]\nsecret_key_file = "key"\n')

    assert set(mistakes_of(file)) == {"mail.password_file", "site.secret_key_file"}


def test_a_short_secret_key_is_a_mistake(monkeypatch):
    monkeypatch.setenv("OFFICEDAY_SITE__SECRET_KEY", "short")

    mistakes = mistakes_of()

    assert "site.secret_key" in mistakes
    assert "short;" not in mistakes["site.secret_key"]


def test_a_user_name_without_password_is_a_mistake(tmp_path):
    assert "mail.username" in mistakes_of(written(tmp_path, '[mail]\nusername = "me"\n'))


def test_a_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    config = load_config(None)

    first = secret_key(config)

    file = tmp_path / "var" / "secret.key"
    assert len(first) >= 32
    assert secret_key(config) == first == file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_configured_key_is_used_and_none_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("OFFICEDAY_SITE__SECRET_KEY", "k" * 40)

    assert secret_key(load_config(None)) == "k" * 40
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"[site\n", "is not TOML"), (b"\xff\xfe[\x00", "is not UTF-8"), (None, "cannot be read")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, says):
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_bytes(content)

    assert says in mistakes_of(file)[str(file)]


def test_a_section_that_is_no_section_is_a_mistake(tmp_path):
    assert "site" in mistakes_of(written(tmp_path, 'site = "officeday"\n'))


def test_the_file_is_found_by_argument_then_variable_then_working_folder(tmp_path, monkeypatch):
    assert find_config() is None
    here = written(tmp_path, "")
    assert find_config() == Path(here.name)
    monkeypatch.setenv("OFFICEDAY_CONFIG", "/elsewhere.toml")
    assert find_config() == Path("/elsewhere.toml")
    assert find_config(Path("mine.toml")) == Path("mine.toml")


def test_a_config_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_config(None).site.name = "x"

"""What `[sign_in]` may say, and that no provider lets strangers in by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.config import Config, InvalidConfig, load_config

TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICEDAY_SIGN_IN__PROVIDERS__COMPANY__CLIENT_SECRET", "s3cret")


def loaded(folder: Path, text: str) -> Config:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def mistakes(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(InvalidConfig) as caught:
        loaded(folder, text)
    return caught.value.mistakes


def company(*lines: str) -> str:
    return "\n".join(["[sign_in.providers.company]", 'client_id = "officeday"', *lines])


def test_a_provider_takes_its_secret_from_the_environment(tmp_path: Path) -> None:
    config = loaded(tmp_path, company('issuer = "https://id.example.org/realms/staff"'))

    provider = config.sign_in.providers["company"]
    assert provider.client_secret is not None
    assert provider.client_secret.get_secret_value() == "s3cret"
    assert (provider.address, provider.called) == ("https://id.example.org/realms/staff", "id.example.org")


def test_or_from_a_file_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFFICEDAY_SIGN_IN__PROVIDERS__COMPANY__CLIENT_SECRET")
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")

    config = loaded(tmp_path, company('issuer = "https://id.example.org"', 'client_secret_file = "secret"'))

    secret = config.sign_in.providers["company"].client_secret
    assert secret is not None
    assert secret.get_secret_value() == "from a file"


def test_a_provider_without_a_secret_says_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFICEDAY_SIGN_IN__PROVIDERS__COMPANY__CLIENT_SECRET")

    found = mistakes(tmp_path, company('issuer = "https://id.example.org"'))

    assert "OFFICEDAY_SIGN_IN__PROVIDERS__COMPANY__CLIENT_SECRET" in found.popitem()[1]


def test_a_secret_in_the_file_is_a_mistake_and_is_not_repeated(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path, company('issuer = "https://id.example.org"', 'client_secret = "hunter2hunter2"')
    )

    assert "client_secret_file" in found["sign_in.providers.company.client_secret"]
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["label = 'Ours'"], "issuer"),
        (['kind = "google"'], "allowed_domains"),
        (['kind = "google"', 'allowed_domains = ["*.example.org"]'], "no domain"),
        (['kind = "microsoft"'], "tenant"),
        (['kind = "microsoft"', 'tenant = "common"'], "allowed_tenants"),
        (['kind = "microsoft"', 'tenant = "example.org"'], "allowed_tenants"),
        (['kind = "microsoft"', 'tenant = "common"', 'allowed_tenants = ["example.org"]'], "hexadecimal"),
        (['issuer = "ldap://id.example.org"'], "address of the provider"),
    ],
)
def test_a_provider_through_which_strangers_could_come_is_refused(
    tmp_path: Path, lines: list[str], says: str
) -> None:
    [(place, text)] = mistakes(tmp_path, company(*lines)).items()

    assert place.startswith("sign_in.providers.company")
    assert says in text


@pytest.mark.parametrize(
    "lines",
    [
        ['kind = "google"', 'allowed_domains = ["example.org"]'],
        ['kind = "microsoft"', f'tenant = "{TENANT}"'],
        ['kind = "microsoft"', 'tenant = "organizations"', f'allowed_tenants = ["{TENANT.upper()}"]'],
        [
            'issuer = "https://id.example.org"',
            "[[sign_in.providers.company.roles]]",
            'group = "leads"',
            'role = "admin"',
        ],
    ],
)
def test_a_provider_that_says_whose_accounts_come_in_is_taken(tmp_path: Path, lines: list[str]) -> None:
    assert loaded(tmp_path, company(*lines)).sign_in.providers["company"].address.startswith("https://")


def test_demo_mode_is_refused_beside_a_provider(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "[site]\ndemo = true\n" + company('issuer = "https://id.example.org"'))

    assert "lets anybody sign in" in found["site.demo"]


def test_without_mail_and_provider_nobody_could_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFICEDAY_SIGN_IN__PROVIDERS__COMPANY__CLIENT_SECRET")

    assert "nobody could sign in" in mistakes(tmp_path, "[sign_in]\nby_mail = false\n")["sign_in"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (company('issuer = "https://id.example.org"', 'labl = "x"'), "sign_in.providers.company.labl"),
        (
            company(
                'issuer = "https://id.example.org"', 'roles = [{group = "a", role = "admin", program = "x"}]'
            ),
            "sign_in.providers.company.roles.0.program",
        ),
    ],
)
def test_a_slip_in_a_providers_key_is_told_with_the_nearest(tmp_path: Path, text: str, place: str) -> None:
    assert "did you mean" in mistakes(tmp_path, text)[place]

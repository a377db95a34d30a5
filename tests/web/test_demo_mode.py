"""Demo mode lets anybody in: only on this machine, only into a made-up company, and never by accident."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.web.company import a_company, member
from web.cli import main
from web.config import InvalidConfig, SiteConfig
from web.pages import create_app
from web.site import Site, open_site


def in_demo_mode(site: Site) -> Site:
    return replace(site, config=site.config.model_copy(update={"site": SiteConfig(demo=True)}))


def config_of(site: Site, folder: Path, demo: bool) -> Path:
    file = folder / "config.toml"
    file.write_text(
        f"[site]\ndemo = {str(demo).lower()}\n"
        f'[database]\nurl = "{site.config.database.url}"\nqueue = "{site.config.database.queue}"\n',
        encoding="utf-8",
    )
    return file


def test_a_made_up_company_can_be_looked_around_in(tmp_path: Path) -> None:
    site = a_company(tmp_path, demo=True)

    again = open_site(site.config)

    app = create_app(again)
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/sign-in/demo", data={"person": member(again, "ada").person.id})
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_database_with_real_people_is_not_opened_in_demo_mode(tmp_path: Path) -> None:
    site = a_company(tmp_path)

    with pytest.raises(InvalidConfig) as caught:
        open_site(in_demo_mode(site).config)

    assert "Mentoring was not made by a demo" in caught.value.mistakes["site.demo"]


def test_what_was_opened_in_earnest_once_is_no_demo_again(tmp_path: Path) -> None:
    site = a_company(tmp_path, demo=True)

    earnest = site.config.model_copy(update={"site": SiteConfig(demo=False)})
    open_site(earnest)  # from here on somebody may bring in real people

    with pytest.raises(InvalidConfig, match=r"site\.demo"):
        open_site(site.config)


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["plan", "--dry-run"]])
def test_no_command_works_on_real_people_in_demo_mode(tmp_path: Path, command: list[str]) -> None:
    file = config_of(a_company(tmp_path), tmp_path, demo=True)

    said = CliRunner().invoke(main, [*command, "--config", str(file)])

    assert said.exit_code == 2
    assert "lets anybody sign in" in said.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "mentoring.example.org"])
def test_demo_mode_listens_to_this_machine_only(tmp_path: Path, host: str) -> None:
    file = config_of(a_company(tmp_path, demo=True), tmp_path, demo=True)

    said = CliRunner().invoke(main, ["serve", "--host", host, "--config", str(file)])

    assert said.exit_code == 2
    assert f"not on {host}" in said.output


def test_outside_demo_mode_nobody_comes_in_without_proof(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    app = create_app(site)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()

    answer = browser.post("/sign-in/demo", data={"person": member(site, "ada").person.id})

    assert answer.status_code == 404
    assert browser.get("/admin").status_code == 303

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from web.cli import main
from web.cli.site import at_work
from web.pages import create_app
from web.store import tables as t


@pytest.fixture
def officeday(tmp_path, monkeypatch):
    """Run a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, words)


def link_in(said):
    (found,) = re.findall(r"^    http://\S+?(/sign-in/\S+)$", said.output, re.MULTILINE)
    return found


def admins():
    with at_work(None) as site, site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.email, t.person.c.name, t.person.c.timezone, t.programme.c.name)
            .join(t.membership, t.membership.c.person_id == t.person.c.id)
            .join(t.programme, t.programme.c.id == t.membership.c.programme_id)
            .where(t.membership.c.role == "admin")
        )
        return [tuple(row) for row in rows]


def test_an_empty_installation_gets_its_first_admin_and_a_link_that_signs_in(officeday):
    said = officeday("new-admin", "Ada.Lovelace@example.org", "--timezone", "Europe/London")

    assert said.exit_code == 0
    assert admins() == [("ada.lovelace@example.org", "Ada Lovelace", "Europe/London", "Mentoring")]
    with at_work(None) as site:
        app = create_app(site)
        app.config["WTF_CSRF_ENABLED"] = False
        browser = app.test_client()
        assert "Sign in as Ada Lovelace" in browser.get(link_in(said)).text
        assert browser.post(link_in(said)).status_code == 303
        assert browser.get("/admin/people").status_code == 200
        assert browser.post(link_in(said)).status_code == 409  # it works once


def test_no_mail_is_needed_for_the_link(officeday):
    said = officeday("new-admin", "ada@example.org")

    assert link_in(said)
    with at_work(None) as site, site.store.reading() as connection:
        assert connection.execute(select(t.outbox.c.id)).all() == []


def test_typed_again_it_only_makes_another_link(officeday):
    first = officeday("new-admin", "ada@example.org", "--name", "Ada", "--programme", "Spring")
    again = officeday("new-admin", "ada@example.org")

    assert "Made the programme Spring." in first.output
    assert "was admin of Spring already" in again.output
    assert link_in(first) != link_in(again)
    assert admins() == [("ada@example.org", "Ada", "UTC", "Spring")]


def test_it_stands_in_the_audit_log(officeday):
    officeday("new-admin", "ada@example.org")

    with at_work(None) as site, site.store.reading() as connection:
        (entry,) = connection.execute(select(t.audit_entry))
    assert entry.action == "membership.new_admin"
    assert entry.actor_id is None
    assert entry.subject_id is not None


def test_somebody_who_is_known_keeps_their_roles_and_their_name(officeday, tmp_path):
    Path("people.csv").write_text(
        "email,name,role,timezone\nana@example.org,Ana Sousa,senior,Europe/Lisbon\n"
    )
    officeday("import", "people", "people.csv")

    officeday("new-admin", "ana@example.org", "--name", "Somebody Else")

    assert admins() == [("ana@example.org", "Ana Sousa", "Europe/Lisbon", "Mentoring")]
    with at_work(None) as site, site.store.reading() as connection:
        assert set(connection.execute(select(t.membership.c.role)).scalars()) == {"admin", "senior"}


def test_somebody_who_had_left_is_let_in_again(officeday):
    Path("people.csv").write_text(
        "email,name,role,timezone,joined,left\nana@example.org,Ana,senior,UTC,2020-01-01,2021-01-01\n"
    )
    officeday("import", "people", "people.csv")

    said = officeday("new-admin", "ana@example.org")

    with at_work(None) as site:
        app = create_app(site)
        app.config["WTF_CSRF_ENABLED"] = False
        browser = app.test_client()
        browser.post(link_in(said))
        assert browser.get("/admin/people").status_code == 200


def test_all_mistakes_are_told_at_once_and_nothing_is_made(officeday):
    officeday("new-admin", "ada@example.org", "--programme", "One")
    officeday("new-admin", "ada@example.org", "--programme", "Two")

    said = officeday("new-admin", "nobody", "--timezone", "Europe/Londno")

    assert said.exit_code == 2
    assert "EMAIL: " in said.stderr
    assert "--timezone: Europe/Londno: not an IANA zone" in said.stderr
    assert "did you mean Europe/London?" in said.stderr
    assert "--programme: say which one: One, Two" in said.stderr
    assert len(admins()) == 2


def test_who_was_erased_is_not_brought_back_without_their_consent(officeday):
    officeday("new-admin", "ada@example.org")
    officeday("new-admin", "eve@example.org")
    assert officeday("erase-person", "eve@example.org", "--yes").exit_code == 0

    said = officeday("new-admin", "eve@example.org")

    assert said.exit_code == 2
    assert "EMAIL: was erased" in said.stderr


def test_without_links_it_says_to_sign_in_with_an_account(officeday, monkeypatch):
    Path("secret").write_text("s" * 40)
    Path("config.toml").write_text(
        "[sign_in]\nby_mail = false\n"
        '[sign_in.providers.work]\nlabel = "Work"\nissuer = "https://login.example.org"\n'
        'client_id = "officeday"\nclient_secret_file = "secret"\n'
    )

    said = officeday("new-admin", "ada@example.org")

    assert said.exit_code == 0, said.output
    assert "with your account from work" in said.output
    assert "/sign-in/" not in said.output


def test_the_sign_in_page_says_how_to_begin_until_somebody_has(officeday):
    def page():
        with at_work(None) as site:
            return create_app(site).test_client().get("/sign-in").text

    assert "officeday new-admin" in page()
    officeday("new-admin", "ada@example.org")
    assert "officeday new-admin" not in page()


def test_serving_an_empty_installation_says_what_to_type(officeday, monkeypatch):
    served = []
    monkeypatch.setattr("web.cli.serve.serve_site", lambda *args, **_: served.append(args))

    empty = officeday("serve")
    officeday("new-admin", "ada@example.org")
    begun = officeday("serve")

    assert len(served) == 2
    assert "officeday new-admin you@example.org" in empty.output
    assert "officeday new-admin" not in begun.output

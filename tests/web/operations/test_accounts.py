"""Whose account it is, what its groups give and take, and what doctor says of a provider."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.web.company import a_company, member
from tests.web.identity_provider import IdentityProvider, identity_provider, through
from tests.web.made_up import NOW
from tests.web.operations.test_audit import entries
from web.oidc import Account, NotSignedIn
from web.operations import accounts
from web.operations.findings import Level
from web.sign_in_settings import GroupRole, ProviderConfig
from web.site import Site

ISSUER = "https://id.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def provider(*roles: GroupRole) -> ProviderConfig:
    return ProviderConfig(issuer=ISSUER, client_id="officeday", roles=roles)


def sign_in(site: Site, name: str, groups: set[str] | None, *roles: GroupRole) -> frozenset[str]:
    """The roles that somebody of the company has once they have signed in."""
    told = None if groups is None else frozenset(groups)
    account = Account(ISSUER, f"subject of {name}", f"{name}@example.org", told)
    accounts.sign_in(site, account, provider(*roles), NOW)
    return member(site, name).roles


ADMINS = GroupRole(group="leads", role="admin")
SENIORS = GroupRole(group="seniors", role="senior", programme="Mentoring")


def test_a_group_gives_a_role_and_leaving_it_takes_it_again(site: Site) -> None:
    assert sign_in(site, "priya", {"leads"}, ADMINS) == {"senior", "admin"}
    assert sign_in(site, "priya", {"others"}, ADMINS) == {"senior"}
    assert [entry.action for entry in entries(site)][:5].count("role.take") == 1


def test_roles_that_no_group_gives_are_left_alone(site: Site) -> None:
    assert sign_in(site, "aisha", set(), ADMINS, SENIORS) == {"junior"}
    assert sign_in(site, "priya", set(), ADMINS) == {"senior"}


def test_the_last_admin_stays_one_whatever_the_groups_say(site: Site) -> None:
    assert sign_in(site, "ada", set(), ADMINS) == {"admin"}
    assert sign_in(site, "priya", {"leads"}, ADMINS) == {"senior", "admin"}
    sign_in(site, "ada", {"leads"}, ADMINS)
    assert sign_in(site, "priya", set(), ADMINS) == {"senior"}


def test_groups_that_the_provider_did_not_tell_change_nothing(site: Site) -> None:
    sign_in(site, "priya", {"leads"}, ADMINS)

    assert sign_in(site, "priya", None, ADMINS) == {"senior", "admin"}


def test_any_of_several_groups_is_enough(site: Site) -> None:
    boards = GroupRole(group="board", role="admin")

    assert "admin" in sign_in(site, "priya", {"board"}, ADMINS, boards)
    assert "admin" in sign_in(site, "priya", {"leads"}, ADMINS, boards)


def test_a_group_of_a_programme_that_is_not_there_gives_nothing(site: Site) -> None:
    lost = GroupRole(group="leads", role="admin", programme="Gone")

    assert sign_in(site, "priya", {"leads"}, lost) == {"senior"}


@pytest.mark.parametrize("email", ["PRIYA@Example.org", "priya@example.org "])
def test_an_address_is_compared_as_people_write_theirs(site: Site, email: str) -> None:
    person_id = accounts.sign_in(site, Account(ISSUER, "1", email, None), provider(), NOW)

    assert person_id == member(site, "priya").person.id


@pytest.mark.parametrize(
    "email", [None, "", "nobody@example.org", "priya@example.org\r\nBcc: x@y.z", "рriya@example.org"]
)
def test_an_address_of_nobody_is_nobodys(site: Site, email: str | None) -> None:
    with pytest.raises(NotSignedIn, match="add you"):
        accounts.sign_in(site, Account(ISSUER, "1", email, None), provider(), NOW)


def test_the_same_subject_of_another_issuer_is_somebody_else(site: Site) -> None:
    sign_in(site, "priya", None)
    other = Account("https://other.example", "subject of priya", "marek@example.org", None)

    assert accounts.sign_in(site, other, provider(), NOW) == member(site, "marek").person.id


def test_doctor_says_that_a_provider_answers_and_what_to_register(site: Site) -> None:
    with identity_provider() as running:
        [finding] = accounts.examine(through(site, running).config)

    assert finding.level is Level.OK
    assert "http://127.0.0.1:8321/sign-in/with/company/back" in finding.says


def test_doctor_says_why_a_provider_cannot_be_used(site: Site) -> None:
    gone = IdentityProvider(address="http://127.0.0.1:9")
    with identity_provider() as running:
        running.says = {"issuer": "https://other.example"}
        both = through(through(site, running), gone, name="gone")
        wrong, unreachable = accounts.examine(both.config)

    assert (wrong.level, unreachable.level) == (Level.FAIL, Level.FAIL)
    assert "https://other.example" in wrong.says
    assert "sign_in.providers.gone" in unreachable.do


def test_doctor_says_so_where_there_is_no_provider(site: Site) -> None:
    [finding] = accounts.examine(replace(site).config)

    assert "mailed links" in finding.says

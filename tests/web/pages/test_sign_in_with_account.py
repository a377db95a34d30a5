"""Signing in through a real OpenID provider, and what happens when its answer was tampered with."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import delete, func, select, update
from werkzeug.test import TestResponse

from tests.web.company import a_company, at, member
from tests.web.identity_provider import (
    CLIENT,
    TENANT,
    IdentityProvider,
    back_at,
    claims_with,
    identity_provider,
    sent_to,
    sign_in,
    through,
)
from tests.web.pages.persons import Person
from web.oidc import Unavailable, providers_of
from web.pages import create_app
from web.sign_in_settings import GroupRole
from web.site import Site, utc_now
from web.store import tables as t


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as running:
        yield running


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return a_company(tmp_path_factory.mktemp("company"))


@pytest.fixture(autouse=True)
def afresh(provider: IdentityProvider, company: Site) -> None:
    provider.spoil, provider.says, provider.tells, provider.marks = None, {}, {}, {}
    provider.asked.clear()
    provider.spoilt.clear()
    provider.knows("p-1", email="priya@example.org", email_verified=True)
    with company.store.writing() as connection:
        connection.execute(delete(t.identity))


@pytest.fixture
def site(company: Site, provider: IdentityProvider) -> Site:
    return through(company, provider)


@pytest.fixture
def browser(site: Site) -> FlaskClient:
    return create_app(site).test_client()


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/what-is-read").status_code == 200


def accounts_kept(site: Site) -> int:
    with site.store.reading() as connection:
        return connection.execute(select(func.count()).select_from(t.identity)).scalar_one()


def refused(site: Site, browser: FlaskClient, answer: TestResponse) -> str:
    """Nobody was signed in or linked, and the page says so kindly; what it says."""
    assert answer.status_code == 403, answer.text
    assert "You are not signed in" in answer.text
    assert not is_signed_in(browser)
    assert accounts_kept(site) == 0
    return answer.text


def untie(site: Site, name: str) -> TestResponse:
    """As an admin does on somebody's page."""
    ada = Person(create_app(site), site, "ada")
    with ada.browser.session_transaction() as cookie:
        cookie.update(since=utc_now().isoformat())
    page = f"/admin/people/{member(site, name).person.id}"
    return ada.press(f"{page}/sign-ins/end", page)


# --- as it should be -----------------------------------------------------------------------------


def test_somebody_known_comes_in_with_their_account_and_is_known_by_it_from_then_on(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    answer = sign_in(browser, provider, "p-1")

    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(browser)
    assert "Priya" in browser.get("/days").text

    provider.knows("p-1", email="priya@elsewhere.example", email_verified=False)
    again = create_app(site).test_client()
    sign_in(again, provider, "p-1")
    assert is_signed_in(again)
    assert accounts_kept(site) == 1


def test_the_request_carries_pkce_nonce_and_state_and_asks_for_no_more_than_the_address(
    browser: FlaskClient, provider: IdentityProvider
) -> None:
    asked = {name: value for name, [value] in parse_qs(urlsplit(sent_to(browser)).query).items()}

    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked["code_challenge"]), len(asked["nonce"]), len(asked["state"])) >= 32
    assert (asked["scope"], asked["response_type"], asked["client_id"]) == ("openid email", "code", CLIENT)
    assert asked["redirect_uri"] == "http://127.0.0.1:8321/sign-in/with/company/back"


def test_people_end_where_they_wanted_to_go(browser: FlaskClient, provider: IdentityProvider) -> None:
    browser.get("/sign-in?next=/what-is-read")

    assert sign_in(browser, provider, "p-1").location == "/what-is-read"


def test_nothing_of_the_cookie_before_signing_in_stays(
    browser: FlaskClient, provider: IdentityProvider
) -> None:
    with browser.session_transaction() as cookie:
        cookie.update(planted="yes", programme=999)

    sign_in(browser, provider, "p-1")

    with browser.session_transaction() as cookie:
        assert set(cookie) == {"person", "since", "seen", "_permanent"}


# --- somebody we do not know ---------------------------------------------------------------------


def test_signing_in_adds_nobody_and_says_whom_to_ask(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.knows("s-1", email="stranger@example.org", email_verified=True)

    page = refused(site, browser, sign_in(browser, provider, "s-1"))

    assert "stranger@example.org" in page
    assert "ada@example.org" in page


def test_an_address_that_the_provider_has_not_verified_is_nobodys(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    for verified in (False, None, "true", 1):
        provider.knows("p-2", email="priya@example.org", email_verified=verified)
        refused(site, browser, sign_in(browser, provider, "p-2"))


def test_an_address_of_another_domain_is_refused(company: Site, provider: IdentityProvider) -> None:
    site = through(company, provider, allowed_domains=("example.com",))
    browser = create_app(site).test_client()

    assert "your account from work" in refused(site, browser, sign_in(browser, provider, "p-1"))


def test_an_address_that_went_to_somebody_new_does_not_open_what_was_there(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    sign_in(browser, provider, "p-1")
    provider.knows("p-new", email="priya@example.org", email_verified=True)
    newcomer = create_app(site).test_client()

    answer = sign_in(newcomer, provider, "p-new")

    assert answer.status_code == 403
    assert not is_signed_in(newcomer)
    assert accounts_kept(site) == 1

    assert untie(site, "priya").status_code == 303
    assert not is_signed_in(browser), "their sign-ins end with it"
    assert sign_in(newcomer, provider, "p-new").status_code == 303


def test_who_has_left_is_not_let_in_and_is_out_at_once(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    sign_in(browser, provider, "p-1")
    person = t.participation.c.person_id == member(site, "priya").person.id
    with site.store.writing() as connection:
        connection.execute(update(t.participation).where(person).values(left=utc_now().date()))
    try:
        assert not is_signed_in(browser)
        assert sign_in(browser, provider, "p-1").status_code == 403
    finally:
        with site.store.writing() as connection:
            connection.execute(update(t.participation).where(person).values(left=None))


# --- tampered answers ----------------------------------------------------------------------------


def test_somebody_who_says_no_at_the_provider_is_told_so(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    back = provider.say_no(sent_to(browser))
    with browser.session_transaction() as cookie:
        state = cookie["sign_ins"][0]["state"]

    assert "cancelled" in refused(site, browser, back_at(browser, with_query(back, state=state)))


def with_query(address: str, **instead: str | None) -> str:
    parts = urlsplit(address)
    query = {name: value for name, [value] in parse_qs(parts.query).items()} | instead
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})))


@pytest.mark.parametrize(
    "instead",
    [
        {"state": None},
        {"state": "guessed"},
        {"code": None},
        {"code": "guessed"},
        {"error": "server_error"},
        {"iss": "https://other.example"},
    ],
    ids=str,
)
def test_a_tampered_answer_signs_nobody_in(
    site: Site, browser: FlaskClient, provider: IdentityProvider, instead: dict[str, str | None]
) -> None:
    back = provider.say_yes(sent_to(browser), "p-1")

    refused(site, browser, back_at(browser, with_query(back, **instead)))


def test_an_answer_counts_once(site: Site, browser: FlaskClient, provider: IdentityProvider) -> None:
    back = provider.say_yes(sent_to(browser), "p-1")
    provider.spoil = claims_with(nonce="x")
    refused(site, browser, back_at(browser, back))
    provider.spoil = None

    refused(site, browser, back_at(browser, back))


def test_an_answer_that_another_browser_asked_for_is_refused(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    victim = create_app(site).test_client()
    sent_to(victim)
    back = provider.say_yes(sent_to(browser), "p-1")

    refused(site, victim, back_at(victim, back))


def test_a_code_that_was_used_is_refused_in_another_sign_in(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    used = provider.say_yes(sent_to(browser), "p-1")
    assert back_at(browser, used).status_code == 303
    again = provider.say_yes(sent_to(browser), "p-1")
    browser.post("/sign-out")

    [code] = parse_qs(urlsplit(used).query)["code"]
    thief = create_app(site).test_client()
    [state] = parse_qs(urlsplit(sent_to(thief)).query)["state"]
    answer = back_at(thief, with_query(again, code=code, state=state))

    assert answer.status_code == 403
    assert not is_signed_in(thief)


def test_a_sign_in_that_took_too_long_has_run_out(site: Site, provider: IdentityProvider) -> None:
    began = create_app(site)
    browser = began.test_client()
    back = provider.say_yes(sent_to(browser), "p-1")
    began.extensions["officeday"] = at(site, utc_now() + timedelta(minutes=11))

    assert "ran out" in refused(site, browser, back_at(browser, back))


def test_an_answer_of_one_provider_does_not_end_what_was_begun_at_another(
    site: Site, provider: IdentityProvider
) -> None:
    with identity_provider() as evil:
        evil.knows("e-1", email="priya@example.org", email_verified=True)
        both = through(site, evil, name="evil")
        browser = create_app(both).test_client()
        back = evil.say_yes(sent_to(browser, "evil"), "e-1")

        refused(both, browser, back_at(browser, back.replace("/with/evil/", "/with/company/")))


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], header: dict[str, Any], alg: str) -> str:
    return ".".join(encoded(json.dumps(part).encode()) for part in ({**header, "alg": alg}, claims))


def not_signed(claims: dict[str, Any], header: dict[str, Any], _: RSAKey) -> str:
    return f"{unsigned(claims, header, 'none')}."


def signed_with_the_public_key(claims: dict[str, Any], header: dict[str, Any], key: RSAKey) -> str:
    """By hand: the library refuses to, and others who look for this hole do not."""
    token = unsigned(claims, header, "HS256")
    return f"{token}.{encoded(hmac.digest(key.as_pem(private=False), token.encode(), 'sha256'))}"


def signed_by_somebody_else(claims: dict[str, Any], header: dict[str, Any], _: RSAKey) -> str:
    return jwt.encode(header, claims, RSAKey.generate_key())


def signed_with_a_key_it_brings(claims: dict[str, Any], header: dict[str, Any], _: RSAKey) -> str:
    own = RSAKey.generate_key()
    return jwt.encode({"alg": header["alg"], "jwk": own.as_dict(private=False)}, claims, own)


def cut_off(claims: dict[str, Any], header: dict[str, Any], key: RSAKey) -> str:
    return jwt.encode(header, claims, key)[:-8]


SPOILT: dict[str, Callable[[dict[str, Any], dict[str, Any], RSAKey], str]] = {
    "wrong nonce": claims_with(nonce="another"),
    "no nonce": claims_with(nonce=None),
    "for another application": claims_with(aud="another-application"),
    "for others too, by none of them": claims_with(aud=[CLIENT, "another-application"]),
    "for us, by way of another": claims_with(aud=[CLIENT], azp="another-application"),
    "for another, by way of us": claims_with(aud=["another-application"], azp=CLIENT),
    "no audience": claims_with(aud=None),
    "another issuer": claims_with(iss="https://accounts.example.com"),
    "no issuer": claims_with(iss=None),
    "expired": claims_with(exp=int(time.time()) - 3600),
    "without an end": claims_with(exp=None),
    "from the future": claims_with(iat=int(time.time()) + 7200),
    "of nobody": claims_with(sub=None),
    "not signed": not_signed,
    "signed with the public key": signed_with_the_public_key,
    "signed by somebody else": signed_by_somebody_else,
    "signed with a key it brings": signed_with_a_key_it_brings,
    "cut off": cut_off,
    "no token": lambda *_: "",
    "not a token": lambda *_: "a.b.c",
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_id_token_signs_nobody_in(
    site: Site, browser: FlaskClient, provider: IdentityProvider, how: str
) -> None:
    provider.spoil = SPOILT[how]

    refused(site, browser, sign_in(browser, provider, "p-1"))
    assert len(provider.spoilt) == 1


def test_a_token_with_the_same_claims_signed_again_is_good(
    browser: FlaskClient, provider: IdentityProvider
) -> None:
    """So that the spoilt ones above are refused for what is wrong with them."""
    provider.spoil = claims_with()

    assert sign_in(browser, provider, "p-1").status_code == 303


def test_a_provider_that_offers_only_weak_ways_of_signing_is_not_believed(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.says = {"id_token_signing_alg_values_supported": ["none", "HS256"]}
    provider.spoil = signed_with_the_public_key

    refused(site, browser, sign_in(browser, provider, "p-1"))


# --- a provider that is not well -----------------------------------------------------------------


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"token_endpoint": "file:///"},
    ],
    ids=str,
)
def test_a_provider_that_says_strange_things_of_itself_signs_nobody_in(
    site: Site, browser: FlaskClient, provider: IdentityProvider, says: dict[str, str]
) -> None:
    provider.says = says
    begun = browser.get("/sign-in/with/company")
    answer = begun if begun.status_code != 303 else back_at(browser, provider.say_yes(begun.location, "p-1"))

    refused(site, browser, answer)


def test_a_provider_that_cannot_be_reached_is_told_kindly_and_the_other_way_in_stays(
    company: Site, provider: IdentityProvider
) -> None:
    gone = IdentityProvider(address="http://127.0.0.1:9")
    site = through(company, gone)
    browser = create_app(site).test_client()

    page = refused(site, browser, browser.get("/sign-in/with/company"))

    assert "does not answer" in page
    assert "Send me the link" in page


@pytest.mark.parametrize("lacks", ["token_endpoint", "authorization_endpoint", "jwks_uri", "issuer"])
def test_a_provider_that_does_not_say_all_of_itself_is_named_with_what_is_missing(
    site: Site, browser: FlaskClient, provider: IdentityProvider, lacks: str
) -> None:
    provider.says = {lacks: None}

    with pytest.raises(Unavailable) as caught:
        providers_of(site.config)["company"].look()
    assert caught.value.why == f"its configuration lacks {lacks}"
    refused(site, browser, browser.get("/sign-in/with/company"))


def test_a_provider_that_answers_with_an_error_cannot_be_had(
    company: Site, provider: IdentityProvider
) -> None:
    nowhere = through(company, provider, issuer=f"{provider.address}/nowhere")

    with pytest.raises(Unavailable) as caught:
        providers_of(nowhere.config)["company"].look()
    assert caught.value.why == "it answers 404"


def test_a_token_endpoint_that_cannot_be_reached_is_no_fault_of_the_person(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.says = {"token_endpoint": "https://127.0.0.2:9/token"}

    assert "does not answer" in refused(site, browser, sign_in(browser, provider, "p-1"))


def test_an_answer_that_does_not_say_whose_it_is_is_refused_where_the_provider_promised_to(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.says = {"authorization_response_iss_parameter_supported": True}
    back = provider.say_yes(sent_to(browser), "p-1")
    parts = urlsplit(back)
    nameless = urlencode({k: v for k, [v] in parse_qs(parts.query).items() if k != "iss"})

    refused(site, browser, back_at(browser, urlunsplit(parts._replace(query=nameless))))


def test_a_token_signed_with_a_key_that_the_provider_does_not_show_is_refused(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    def with_a_key_of_ones_own(claims: dict[str, Any], header: dict[str, Any], _: RSAKey) -> str:
        own = RSAKey.generate_key(2048, {"kid": "unheard-of"})
        return jwt.encode({**header, "kid": "unheard-of"}, claims, own)

    provider.spoil = with_a_key_of_ones_own

    refused(site, browser, sign_in(browser, provider, "p-1"))


def test_the_address_may_come_from_the_userinfo_of_the_same_person(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.spoil = claims_with(email=None, email_verified=None)

    assert sign_in(browser, provider, "p-1").status_code == 303
    assert is_signed_in(browser)


def test_userinfo_of_somebody_else_is_refused(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.spoil = claims_with(email=None, email_verified=None)
    provider.tells = {"sub": "p-2", "email": "priya@example.org", "email_verified": True}

    refused(site, browser, sign_in(browser, provider, "p-1"))


def test_without_an_address_anywhere_an_account_is_nobodys(
    site: Site, browser: FlaskClient, provider: IdentityProvider
) -> None:
    provider.spoil = claims_with(email=None, email_verified=None)
    provider.says = {"userinfo_endpoint": None}

    refused(site, browser, sign_in(browser, provider, "p-1"))


def test_groups_that_are_told_elsewhere_take_no_role(company: Site, provider: IdentityProvider) -> None:
    """Entra leaves groups out of a token where there are too many, and says where to ask for them."""
    leads = GroupRole(group="leads", role="senior")
    site = through(company, provider, roles=(leads,))
    provider.spoil = claims_with(_claim_names={"groups": "src1"}, _claim_sources={"src1": {"endpoint": "e"}})

    assert sign_in(create_app(site).test_client(), provider, "p-1").status_code == 303
    assert "senior" in member(site, "priya").roles


def test_a_provider_that_nobody_configured_is_no_page(browser: FlaskClient) -> None:
    assert browser.get("/sign-in/with/nobody").status_code == 404
    assert browser.get("/sign-in/with/nobody/back?code=1&state=2").status_code == 404


# --- Google and Microsoft ------------------------------------------------------------------------


@pytest.fixture
def google(company: Site, provider: IdentityProvider) -> Site:
    return through(company, provider, kind="google", allowed_domains=("example.org",))


@pytest.mark.parametrize(("hd", "comes_in"), [("example.org", True), ("example.com", False), (None, False)])
def test_with_google_only_accounts_of_the_organisation_come_in(
    google: Site, provider: IdentityProvider, hd: str | None, comes_in: bool
) -> None:
    provider.spoil = claims_with(hd=hd, email="priya@example.org", email_verified=True)
    browser = create_app(google).test_client()

    answer = sign_in(browser, provider, "p-1")

    assert (answer.status_code == 303) is comes_in
    if not comes_in:
        refused(google, browser, answer)


@pytest.fixture
def microsoft(company: Site, provider: IdentityProvider) -> Site:
    provider.says = {"issuer": f"{provider.address}/{{tenantid}}/v2.0"}
    return through(company, provider, kind="microsoft", tenant="organizations", allowed_tenants=(TENANT,))


def entra(provider: IdentityProvider, **instead: object) -> None:
    """Have the provider hand out tokens as Entra does."""
    tenant = instead.get("tid", TENANT)
    claims: dict[str, object] = {
        "iss": f"{provider.address}/{tenant}/v2.0",
        "tid": tenant,
        "oid": "99999999-2222-3333-4444-555555555555",
        "sub": "pairwise",
        "preferred_username": "Priya@example.org",
        "email": None,
        "email_verified": None,
    }
    provider.spoil = claims_with(**{**claims, **instead})


def test_with_entra_a_person_is_known_by_tenant_and_object(
    microsoft: Site, provider: IdentityProvider
) -> None:
    entra(provider)
    browser = create_app(microsoft).test_client()

    assert sign_in(browser, provider, "p-1").status_code == 303

    with microsoft.store.reading() as connection:
        [row] = connection.execute(select(t.identity.c.issuer, t.identity.c.subject)).all()
    assert tuple(row) == (f"{provider.address}/{TENANT}/v2.0", "99999999-2222-3333-4444-555555555555")


OTHER = "aaaaaaaa-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    "instead",
    [
        {"tid": OTHER, "email": "priya@example.org"},
        {"tid": OTHER, "email": "priya@example.org", "email_verified": True, "xms_edov": True},
        {"tid": None},
        {"tid": "../../evil"},
        {"oid": None},
        {"iss": "https://sts.windows.net/" + TENANT},
    ],
    ids=str,
)
def test_with_entra_another_tenant_is_never_believed_whatever_address_it_tells(
    microsoft: Site, provider: IdentityProvider, instead: dict[str, object]
) -> None:
    entra(provider, **instead)
    browser = create_app(microsoft).test_client()

    refused(microsoft, browser, sign_in(browser, provider, "p-1"))


def test_with_entra_a_tenants_token_under_another_tenants_name_is_refused(
    microsoft: Site, provider: IdentityProvider
) -> None:
    entra(provider, iss=f"{provider.address}/{OTHER}/v2.0", tid=TENANT)
    browser = create_app(microsoft).test_client()

    refused(microsoft, browser, sign_in(browser, provider, "p-1"))


def test_with_entra_a_key_signs_for_the_tenant_that_it_names(
    microsoft: Site, provider: IdentityProvider
) -> None:
    entra(provider)
    provider.marks = {"issuer": f"{provider.address}/{OTHER}/v2.0"}
    browser = create_app(microsoft).test_client()
    refused(microsoft, browser, sign_in(browser, provider, "p-1"))

    for issuer in (f"{provider.address}/{TENANT}/v2.0", f"{provider.address}/{{tenantid}}/v2.0"):
        provider.marks = {"issuer": issuer}
        browser = create_app(microsoft).test_client()
        assert sign_in(browser, provider, "p-1").status_code == 303


@pytest.mark.parametrize(
    "instead",
    [
        {"acct": 1},
        {"acct": "1"},
        {"idp": f"https://sts.windows.net/{OTHER}/"},
        {"idp": "live.com"},
        {"preferred_username": "priya_elsewhere.example#EXT#@ours.example", "email": "priya@example.org"},
    ],
    ids=str,
)
def test_with_entra_a_guest_of_the_tenant_is_turned_away(
    microsoft: Site, provider: IdentityProvider, instead: dict[str, object]
) -> None:
    entra(provider, **instead)
    browser = create_app(microsoft).test_client()

    refused(microsoft, browser, sign_in(browser, provider, "p-1"))


def test_with_entra_one_tenant_says_its_peoples_addresses_unless_microsoft_doubts_them(
    microsoft: Site, provider: IdentityProvider
) -> None:
    own = {"acct": 0, "idp": f"https://sts.windows.net/{TENANT}/", "preferred_username": "pri@ours.example"}
    entra(provider, **own, email="priya@example.org", xms_edov="0")
    browser = create_app(microsoft).test_client()
    refused(microsoft, browser, sign_in(browser, provider, "p-1"))

    entra(provider, **own, email="priya@example.org")
    assert sign_in(create_app(microsoft).test_client(), provider, "p-1").status_code == 303


@pytest.fixture
def two_tenants(company: Site, provider: IdentityProvider) -> Site:
    provider.says = {"issuer": f"{provider.address}/{{tenantid}}/v2.0"}
    tenants = (TENANT, OTHER)
    return through(company, provider, kind="microsoft", tenant="organizations", allowed_tenants=tenants)


def test_with_entra_of_two_tenants_neither_speaks_of_the_others_people(
    two_tenants: Site, provider: IdentityProvider
) -> None:
    entra(provider, tid=OTHER, email="priya@example.org", preferred_username="pri@other.example")
    browser = create_app(two_tenants).test_client()
    refused(two_tenants, browser, sign_in(browser, provider, "p-1"))

    entra(provider, tid=OTHER, email="priya@example.org", xms_edov=True, preferred_username="pri@o.example")
    assert sign_in(create_app(two_tenants).test_client(), provider, "p-1").status_code == 303


def test_with_entra_who_signs_in_from_one_tenant_is_not_let_in_from_another(
    two_tenants: Site, provider: IdentityProvider
) -> None:
    entra(provider)
    assert sign_in(create_app(two_tenants).test_client(), provider, "p-1").status_code == 303

    entra(provider, tid=OTHER, oid="77777777-2222-3333-4444-555555555555")
    answer = sign_in(create_app(two_tenants).test_client(), provider, "p-1")
    assert answer.status_code == 403
    assert "Another account signs in here" in answer.text
    assert accounts_kept(two_tenants) == 1


# --- with or without mail, and for how long ------------------------------------------------------


def test_a_mailed_link_is_no_way_in_where_it_is_switched_off(site: Site) -> None:
    config = site.config
    sign_in_only = config.sign_in.model_copy(update={"by_mail": False})
    closed = replace(site, config=config.model_copy(update={"sign_in": sign_in_only}))
    browser = create_app(closed).test_client()

    page = browser.get("/sign-in").text

    assert "Sign in with 127.0.0.1" in page
    assert "Send me the link" not in page
    assert browser.get("/sign-in/any-token").status_code == 404


def test_a_sign_in_ends_after_days_without_a_visit_and_after_its_time(
    site: Site, provider: IdentityProvider
) -> None:
    app = create_app(site)
    browser = app.test_client()
    sign_in(browser, provider, "p-1")
    begun = utc_now()

    def later(days: int) -> bool:
        app.extensions["officeday"] = at(site, begun + timedelta(days=days))
        return is_signed_in(browser)

    assert [later(days) for days in (13, 26, 29, 31)] == [True, True, True, False]
    app.extensions["officeday"] = site
    sign_in(browser, provider, "p-1")
    assert [later(days) for days in (1, 16)] == [True, False]

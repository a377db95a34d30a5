"""How Microsoft lets us in: secrets, consents, tokens, and what they open."""

from __future__ import annotations

import base64
import hashlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base import ConnectorError, Refused, Unreachable, Unreadable
from connectors.microsoft import consent_url, granted, redeem
from connectors.microsoft.graph import IN_UTC, Asked, Graph
from connectors.sealed import Seal, is_sealed
from connectors.settings import MicrosoftSettings
from tests.connectors.loopback import Loopback, Request, Response
from tests.connectors.microsoft.opened import a_graph
from tests.connectors.microsoft.server import GraphServer

ORGANIZER = "mentoring@contoso.example"
HERE = "https://officeday.example/connect/microsoft"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def graph() -> GraphServer:
    server = GraphServer()
    server.mailbox(ORGANIZER)
    return server


@pytest.fixture
def front(graph: GraphServer) -> Iterator[Loopback]:
    with Loopback(graph) as running:
        yield running


def use(graph: Graph) -> int:
    door = "/me" if graph.is_delegated else f"/users/{ORGANIZER}"
    return graph.ask(Asked("GET", f"{door}/events?$select=start,end"), IN_UTC).status


# --- secrets --------------------------------------------------------------------------------------


def test_a_secret_may_be_sealed_and_a_wrong_key_opens_nothing(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    settings = graph.settings(tmp_path, front.url)
    assert settings.client_secret_file is not None
    settings.client_secret_file.write_text(Seal(["key one"]).seal(graph.entra.client_secret))

    assert use(a_graph(settings, seal=Seal(["key two", "key one"]))) == 200
    with pytest.raises(Refused, match="another secret key"):
        use(a_graph(settings, seal=Seal(["key two"])))


@pytest.mark.parametrize(
    ("spoil", "remedy"),
    [
        (lambda graph, settings: graph.entra.revoke(), "Make a new one.*AADSTS7000215"),
        (
            lambda graph, settings: setattr(graph.entra, "client_id", "other"),
            "Compare client_id.*AADSTS700016",
        ),
        (lambda graph, settings: settings.client_secret_file.unlink(), "client-secret.*cannot be read"),
        (lambda graph, settings: settings.client_secret_file.write_text(""), "no secret"),
    ],
)
def test_what_is_wrong_with_a_secret_is_said_without_telling_it(
    graph: GraphServer, front: Loopback, tmp_path: Path, spoil, remedy: str
):
    settings = graph.settings(tmp_path, front.url)
    spoil(graph, settings)

    with pytest.raises(Refused, match=remedy) as caught:
        use(a_graph(settings))
    assert "CANARY" not in str(caught.value)


def test_an_authority_without_a_tenant_is_refused(graph: GraphServer, front: Loopback, tmp_path: Path):
    settings = graph.settings(tmp_path, front.url).model_copy(update={"authority": front.url})

    with pytest.raises(Refused, match="tenant"):
        use(a_graph(settings))
    with pytest.raises(Refused, match="tenant"):
        consent_url(settings, HERE, "state", CHALLENGE)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response(200, {}, b"<html>CANARY</html>"), Unreadable),
        (Response(200, {}, b"[]"), Unreadable),
        (Response(200, {}, b"{}"), Unreadable),
        (Response.of_json({"access_token": 7, "expires_in": 3600}), Unreadable),
        (Response.of_json({"access_token": "CANARY", "expires_in": "soon"}), Unreadable),
        (Response(503), Unreachable),
        (Response(429, {"Retry-After": "300"}), Unreachable),
        (Response.of_json({"error": "temporarily_unavailable"}, 400), Unreachable),
        (Response.of_json({"error": "invalid_client", "error_description": "CANARY"}, 401), Refused),
        (Response.of_json({"error": "<b>CANARY</b> and more", "error_description": None}, 400), Refused),
    ],
)
def test_an_answer_that_is_no_token_is_told_apart(
    graph: GraphServer,
    tmp_path: Path,
    answer: Response,
    error: type[ConnectorError],
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)

    def app(request: Request) -> Response:
        return graph(request) if request.path.startswith("/v1.0/") else answer

    with Loopback(app) as front, pytest.raises(error) as caught:
        use(a_graph(graph.settings(tmp_path, front.url)))

    assert "CANARY" not in str(caught.value) + caplog.text


@pytest.mark.parametrize("seconds", [None, "3600", 3600])
def test_an_answer_may_say_in_any_way_how_long_a_token_is_good(
    graph: GraphServer, tmp_path: Path, seconds: object
):
    def app(request: Request) -> Response:
        response = graph(request)
        if request.path.startswith("/v1.0/"):
            return response
        said = {**Request("GET", "", {}, {}, response.body).json(), "expires_in": seconds}
        return Response.of_json({name: value for name, value in said.items() if value is not None})

    with Loopback(app) as front:
        used = a_graph(graph.settings(tmp_path, front.url))
        assert use(used) == use(used) == 200
    assert graph.entra.issued == 1


def test_the_national_clouds_are_resources_of_their_own(tmp_path: Path):
    settings = MicrosoftSettings(
        graph_endpoint="https://graph.microsoft.us",
        authority="https://login.microsoftonline.us/contoso",
        client_id="id",
        client_secret_file=tmp_path / "secret",
    )

    asked = parse_qs(urlsplit(consent_url(settings, HERE, "state", CHALLENGE)).query)

    assert asked["scope"] == ["https://graph.microsoft.us/Calendars.ReadWrite offline_access openid"]


def test_no_secret_and_no_token_is_logged(
    graph: GraphServer, front: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    for configured in (settings, settings.model_copy(update={"refresh_token_file": None})):
        used = a_graph(configured)
        assert use(used) == 200
        graph.entra.expire()
        assert use(used) == 200
    back = graph.entra.sign_in(consent_url(settings, HERE, "state", CHALLENGE), ORGANIZER)
    redeem(settings, back["code"], HERE, VERIFIER)

    tokens = {
        request.headers["Authorization"].split()[1] for request in front.requests if "/v1.0" in request.path
    }
    assert len(tokens) == 4
    assert not any(secret in caplog.text for secret in (*tokens, "CANARY", back["code"], VERIFIER))


# --- consent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize(
    ("writes", "permission"), [(True, "Calendars.ReadWrite"), (False, "Calendars.ReadBasic")]
)
def test_consent_asks_for_the_least_and_gives_a_refresh_token(
    graph: GraphServer, front: Loopback, tmp_path: Path, writes: bool, permission: str, public: bool
):
    graph.entra.public = public
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    if public:
        settings = settings.model_copy(update={"client_secret_file": None})

    url = consent_url(settings, HERE, "the-state", CHALLENGE, writes=writes)
    back = graph.entra.sign_in(url, ORGANIZER)
    token = redeem(settings, back["code"], HERE, VERIFIER, writes=writes)

    asked = parse_qs(urlsplit(url).query)
    assert set(asked["scope"][0].split()) == {
        f"https://graph.microsoft.com/{permission}",
        "offline_access",
        "openid",
    }
    assert back["state"] == "the-state"
    assert settings.refresh_token_file is not None
    settings.refresh_token_file.write_text(token)
    found = granted(settings, writes=writes)
    assert [(one.name, one.granted) for one in found] == [(permission, True), ("offline_access", True)]


@pytest.mark.parametrize(
    ("redirect_uri", "verifier"), [(HERE, "another" * 7), ("https://evil.example", VERIFIER)]
)
def test_a_code_is_good_for_its_own_page_and_verifier_only(
    graph: GraphServer, front: Loopback, tmp_path: Path, redirect_uri: str, verifier: str
):
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    back = graph.entra.sign_in(consent_url(settings, HERE, "state", CHALLENGE), ORGANIZER)

    with pytest.raises(Refused, match="officeday connect microsoft"):
        redeem(settings, back["code"], redirect_uri, verifier)


def test_a_consent_without_a_refresh_token_is_no_consent(graph: GraphServer, tmp_path: Path):
    def app(request: Request) -> Response:
        said = Request("GET", "", {}, {}, graph(request).body).json()
        said.pop("refresh_token", None)
        return Response.of_json(said)

    with Loopback(app) as front:
        settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
        back = graph.entra.sign_in(consent_url(settings, HERE, "state", CHALLENGE), ORGANIZER)
        with pytest.raises(Refused, match="offline_access"):
            redeem(settings, back["code"], HERE, VERIFIER)


def test_a_refresh_token_that_is_exchanged_is_kept(graph: GraphServer, front: Loopback, tmp_path: Path):
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    file = settings.refresh_token_file
    assert file is not None
    first = file.read_text()

    assert use(a_graph(settings)) == 200
    second = file.read_text()
    assert use(a_graph(settings)) == 200

    assert len({first, second, file.read_text()}) == 3
    assert file.stat().st_mode & 0o777 == 0o600


def test_sealed_the_file_shows_no_token_and_processes_share_one_renewal(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    assert settings.refresh_token_file is not None

    for _ in range(5):  # as five processes
        assert use(a_graph(settings, seal=Seal(["site key"]))) == 200

    text = settings.refresh_token_file.read_text()
    assert is_sealed(text) and "CANARY" not in text
    assert graph.entra.issued == 1


def test_sixteen_at_once_renew_once_and_stay_connected(graph: GraphServer, front: Loopback, tmp_path: Path):
    """The server takes each refresh token once."""
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    graphs = [a_graph(settings, seal=Seal(["site key"])) for _ in range(16)]
    failures: list[ConnectorError] = []

    def work(used: Graph) -> None:
        try:
            assert use(used) in (200, 429)
        except ConnectorError as failure:
            failures.append(failure)

    for expiry in range(1, 11):
        threads = [threading.Thread(target=work, args=(used,)) for used in graphs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [failure for failure in failures if isinstance(failure, Refused)]
        assert refused == [] and graph.entra.issued == expiry
        graph.entra.expire()


def test_a_consent_that_was_withdrawn_is_said_with_its_remedy(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    settings = graph.settings(tmp_path, front.url, consent_of=ORGANIZER)
    used = a_graph(settings)
    assert use(used) == 200
    secret = graph.entra.client_secret
    graph.entra.revoke()
    graph.entra.client_secret = secret

    with pytest.raises(Refused, match="officeday connect microsoft") as caught:
        use(used)
    assert "AADSTS700082" in str(caught.value)


# --- what is granted ------------------------------------------------------------------------------


def test_what_was_granted_is_shown_with_what_it_could_read(
    graph: GraphServer, front: Loopback, tmp_path: Path
):
    graph.entra.roles = ("Calendars.Read", "Mail.Read")

    found = granted(graph.settings(tmp_path, front.url))

    assert [(one.name, one.granted) for one in found] == [
        ("Calendars.ReadBasic.All", True),
        ("Calendars.ReadWrite", False),
        ("Calendars.Read", True),
        ("Mail.Read", True),
    ]
    assert all(one.why and one.could_read for one in found)
    assert "not needed: Calendars.ReadBasic.All is enough" in found[2].why
    assert "never uses it" in found[3].why


def test_a_token_that_tells_nothing_leaves_open_what_is_granted(graph: GraphServer, tmp_path: Path):
    with Loopback(lambda request: Response.of_json({"access_token": "opaque", "expires_in": 60})) as front:
        found = granted(graph.settings(tmp_path, front.url))

    assert [one.granted for one in found] == [None, None]

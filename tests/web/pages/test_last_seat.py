"""The last seat over HTTP: two hundred people press "book" at once, again and again."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import delete, func, select
from waitress.server import create_server

from planner.lifecycle import SEATED
from tests.web.company import a_company, agree_coworking
from tests.web.made_up import NOW
from web.pages import create_app
from web.site import Site
from web.store import tables as t

CLIENTS, RUNS = 200, 50


class Client:
    """One junior's browser: a cookie, a form's token, a button."""

    def __init__(self, address: str, cookie: str, token: str) -> None:
        self._host = urlsplit(address).netloc
        self._headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._body = urlencode({"csrf_token": token})

    def book(self, session_id: str) -> tuple[int, float]:
        """The answer's status, and the seconds it took."""
        began = time.monotonic()
        connection = http.client.HTTPConnection(self._host, timeout=120)
        try:
            connection.request("POST", f"/sessions/{session_id}/book", self._body, self._headers)
            return connection.getresponse().status, time.monotonic() - began
        finally:
            connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("seats", [1, 5, 50])
def test_two_hundred_clients_never_oversell_nor_are_refused_a_free_seat(
    tmp_path: Path, seats: int, capsys: pytest.CaptureFixture[str]
) -> None:
    site = a_company(tmp_path, extra_juniors=CLIENTS)
    session = agree_coworking(site, seats, NOW + timedelta(days=5))
    app = create_app(site)
    server = create_server(app, host="127.0.0.1", port=0, threads=8, backlog=CLIENTS, connection_limit=1000)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    clients = [Client(address, *_signed_in(app, person)) for person in _extra_people(site)]

    waits: list[float] = []
    for _ in range(RUNS):
        answers = _rush(clients, session)
        waits += [seconds for _, seconds in answers]
        assert Counter(status for status, _ in answers) == {303: seats, 409: CLIENTS - seats}
        assert _seated(site, session) == seats
        _empty(site, session)

    server.close()
    median, *_, p99 = quantiles(waits, n=100)[49:]
    with capsys.disabled():
        print(f"\n{CLIENTS} clients for {seats} seats, {RUNS} times: median {median:.2f} s, p99 {p99:.2f} s")


def _rush(clients: list[Client], session_id: str) -> list[tuple[int, float]]:
    ready = threading.Barrier(len(clients))

    def book(client: Client) -> tuple[int, float]:
        ready.wait()
        return client.book(session_id)

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(book, clients))


def _signed_in(app, person_id: int) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    """A cookie and a form token, as signing in and opening the page would give."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(person=person_id, since=NOW.isoformat())
    page = client.get("/sessions")
    assert page.status_code == 200, page.text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token is not None, "the page has no form"
    held = client.get_cookie("officeday")
    assert held is not None
    return f"officeday={held.value}", token[1]


def _extra_people(site: Site) -> list[int]:
    with site.store.reading() as connection:
        query = select(t.person.c.id).where(t.person.c.email.like("extra%"))
        return list(connection.execute(query).scalars())


def _seated(site: Site, session_id: str) -> int:
    with site.store.reading() as connection:
        query = select(func.count()).where(t.seat.c.session_id == session_id, t.seat.c.state.in_(SEATED))
        return connection.execute(query).scalar_one()


def _empty(site: Site, session_id: str) -> None:
    with site.store.writing() as connection:
        connection.execute(delete(t.seat).where(t.seat.c.session_id == session_id))

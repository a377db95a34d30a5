"""Coming in by a mailed link, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from tests.web.company import a_company, at, member
from tests.web.made_up import NOW
from web import jobs
from web.errors import NotFound, Refused
from web.operations import outbox, signin
from web.site import Site
from web.store import links
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def token_of(site: Site, link_id: str) -> str:
    return outbox.signer(site).url("sign_in", link_id).rpartition("/")[2]


def links_of(site: Site) -> list[str]:
    """Tokens of every link that was mailed, the oldest first."""
    query = select(t.link.c.id).where(t.link.c.purpose == "sign_in").order_by(t.link.c.created_at)
    with site.store.reading() as connection:
        return [token_of(site, link_id) for link_id in connection.execute(query).scalars()]


def ask(site: Site, email: str, now: datetime = NOW) -> None:
    """Ask for a link, and have done what is owed for it."""
    signin.request_link(site, email, now)
    jobs.run_due(at(site, now))


def a_link(site: Site, now: datetime = NOW) -> str:
    ask(site, "priya@example.org", now)
    return links_of(site)[-1]


def test_a_link_says_whom_it_signs_in_and_opening_it_uses_nothing_up(site: Site) -> None:
    token = a_link(site)

    for _ in range(3):
        assert signin.open_sign_in(site, token, NOW).email == "priya@example.org"
    assert signin.sign_in(site, token, NOW) == member(site, "priya").person.id


def test_a_link_signs_in_once(site: Site) -> None:
    token = a_link(site)
    signin.sign_in(site, token, NOW)

    for again in (signin.sign_in, signin.open_sign_in):
        with pytest.raises(Refused, match="used already"):
            again(site, token, NOW)


def test_of_two_who_use_a_link_at_one_moment_one_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server, the other's may be written between our reading of the link and our using it up."""
    token = a_link(site)
    read = links.one

    def read_just_before_the_other(connection: Connection, link_id: str, purpose: str) -> links.Link | None:
        found = read(connection, link_id, purpose)
        assert links.use(connection, link_id, NOW)
        return found

    monkeypatch.setattr(links, "one", read_just_before_the_other)
    with pytest.raises(Refused, match="used already"):
        signin.sign_in(site, token, NOW)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=9)])
def test_a_link_runs_out(site: Site, late: timedelta) -> None:
    token = a_link(site)
    assert signin.open_sign_in(site, token, NOW + signin.LINK_LASTS - timedelta(seconds=1))

    for use in (signin.open_sign_in, signin.sign_in):
        with pytest.raises(Refused, match="run out"):
            use(site, token, NOW + signin.LINK_LASTS + late)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "🗝", "../../etc/passwd"])
def test_what_nobody_was_sent_is_no_link(site: Site, token: str) -> None:
    for use in (signin.open_sign_in, signin.sign_in):
        with pytest.raises(NotFound):
            use(site, token, NOW)


def test_a_link_for_something_else_signs_nobody_in(site: Site) -> None:
    priya = member(site, "priya").person.id
    with site.store.writing() as connection:
        other = links.add(connection, "opt_out", priya, NOW, NOW + timedelta(days=1))

    with pytest.raises(NotFound):
        signin.sign_in(site, token_of(site, other), NOW)


def test_nobody_is_sent_more_links_than_they_can_use(site: Site) -> None:
    for _ in range(signin.MOST_LINKS + 2):
        ask(site, "priya@example.org")
    assert len(links_of(site)) == signin.MOST_LINKS

    ask(site, "priya@example.org", NOW + signin.LINK_LASTS + timedelta(seconds=1))
    assert len(links_of(site)) == signin.MOST_LINKS + 1


@pytest.mark.parametrize("email", ["nobody@example.org", "no address", "priya@example.org\nBcc: x@y.z", ""])
def test_whether_an_address_is_known_is_told_nobody(site: Site, email: str) -> None:
    ask(site, email)

    assert links_of(site) == []


def test_an_address_that_is_known_asks_for_the_same_work_as_any_other(site: Site) -> None:
    """The time an answer takes would tell who is here: to have a link made and mailed takes writing."""
    written = {email: statements_of(site, email) for email in ("priya@example.org", "nobody@example.org")}

    assert written["priya@example.org"] == written["nobody@example.org"]
    assert links_of(site) == []
    jobs.run_due(site)
    assert len(links_of(site)) == 1


def statements_of(site: Site, email: str) -> list[str]:
    """What the database is asked to do while a link is asked for."""
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(site.store.engine, "before_cursor_execute", note)
    signin.request_link(site, email, NOW)
    event.remove(site.store.engine, "before_cursor_execute", note)
    return seen


def test_of_an_address_that_nobody_has_nothing_is_kept(site: Site) -> None:
    signin.request_link(site, "nobody@example.org", NOW)

    with site.store.reading() as connection:
        rows = [list(connection.execute(select(table))) for table in t.metadata.sorted_tables]
    assert "nobody@example.org" not in str(rows)


def test_signing_out_ends_every_sign_in_from_before(site: Site) -> None:
    priya = member(site, "priya").person.id
    moment = NOW + timedelta(hours=1)
    assert signin.still_signed_in(site, priya, NOW)

    signin.sign_out(site, priya, moment)

    assert not signin.still_signed_in(site, priya, NOW)
    assert not signin.still_signed_in(site, priya, moment)
    assert signin.still_signed_in(site, priya, moment + timedelta(seconds=1))


def test_outside_demo_mode_nobody_is_offered_to_be_anybody(site: Site) -> None:
    with pytest.raises(NotFound):
        signin.demo_people(site)


def test_in_demo_mode_one_of_each_role_is_offered(site: Site) -> None:
    shown = site.config.site.model_copy(update={"demo": True})
    demo = replace(site, config=site.config.model_copy(update={"site": shown}))

    offered = signin.demo_people(demo)

    assert [next(iter(one.roles)) for one in offered] == ["senior", "junior", "admin"]


def test_without_a_junior_who_could_book_another_one_is_offered(site: Site) -> None:
    shown = site.config.site.model_copy(update={"demo": True})
    demo = replace(site, config=site.config.model_copy(update={"site": shown}))
    with demo.store.reading() as connection:
        assert connection.execute(select(t.seat)).first() is None

    assert any("junior" in one.roles for one in signin.demo_people(demo))

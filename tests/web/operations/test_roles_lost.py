"""A role that is taken: by groups what was ahead is let go, as when somebody leaves; a sheet has to wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.web.company import a_company, agree_coworking, member
from tests.web.made_up import NOW
from tests.web.operations.test_assistants import notes
from tests.web.pages.persons import propose_a_day, state_of
from web import jobs
from web.errors import Misfilled, Refused
from web.oidc import Account, NotSignedIn
from web.operations import accounts, erasure, membership, outbox, proposals, signin
from web.operations.roster import ImportReport, import_sheet
from web.sheets.columns import SheetKind
from web.sign_in_settings import GroupRole, ProviderConfig
from web.site import Site
from web.store import links, people
from web.store import tables as t

ISSUER = "https://id.example.org"
RULES = (
    GroupRole(group="mentors", role="senior"),
    GroupRole(group="mentees", role="junior"),
    GroupRole(group="leads", role="admin"),
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def sign_in(site: Site, name: str, *groups: str) -> None:
    account = Account(ISSUER, f"subject of {name}", f"{name}@example.org", frozenset(groups))
    provider = ProviderConfig(issuer=ISSUER, client_id="officeday", roles=RULES)
    accounts.sign_in(site, account, provider, NOW)


def roles(site: Site, name: str) -> set[str]:
    with site.store.reading() as connection:
        person = people.by_email(connection, f"{name}@example.org")
        assert person is not None
        return {role for each in people.members(connection, person_id=person.id) for role in each.roles}


def number(site: Site, name: str) -> int:
    with site.store.reading() as connection:
        person = people.by_email(connection, f"{name}@example.org")
        assert person is not None
        return person.id


def give(site: Site, name: str, role: str) -> None:
    of = member(site, name)
    with site.store.writing() as connection:
        row = {"programme_id": of.programme_id, "person_id": of.person.id, "role": role}
        connection.execute(insert(t.membership).values(row))


def book(site: Site, session_id: str, name: str) -> None:
    with site.store.writing() as connection:
        seat = {"session_id": session_id, "person_id": number(site, name), "state": "booked", "since": NOW}
        connection.execute(insert(t.seat).values(seat))


def told(site: Site) -> dict[str, dict[str, Any]]:
    """What the mails about it say, by name."""
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.person.c.name, t.outbox.c.payload)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "departure")
        )
        return {row.name: row.payload for row in rows}


def session_state(site: Site, session_id: str) -> str:
    with site.store.reading() as connection:
        return str(
            connection.execute(select(t.session.c.state).where(t.session.c.id == session_id)).scalar_one()
        )


def seat_state(site: Site, name: str) -> str:
    with site.store.reading() as connection:
        mine = t.seat.c.person_id == number(site, name)
        return str(connection.execute(select(t.seat.c.state).where(mine)).scalar_one())


# --- by groups -----------------------------------------------------------------------------------


def test_what_a_senior_had_ahead_falls_and_everybody_hears_of_it(site: Site) -> None:
    give(site, "priya", "junior")
    proposal_id = propose_a_day(site)
    session_id = agree_coworking(site, 3)
    book(site, session_id, "dana")

    sign_in(site, "priya", "mentees")

    assert roles(site, "priya") == {"junior"}
    assert session_state(site, session_id) != "agreed"
    assert state_of(site, proposal_id) == "cancelled"
    mails = told(site)
    assert {*mails} == {"Priya", "Dana"}
    assert mails["Priya"]["role"] == "senior"
    assert (len(mails["Priya"]["cancelled"]), len(mails["Priya"]["withdrawn"])) == (1, 1)
    jobs.run_due(site)
    sent = "\n".join(mail.read_text() for mail in site.config.mail.outbox_folder.glob("*.eml"))
    assert "You are no longer a senior in Mentoring" in sent


def test_a_link_that_was_mailed_to_a_senior_decides_nothing_afterwards(site: Site) -> None:
    give(site, "priya", "junior")
    proposal_id = propose_a_day(site)
    with site.store.writing() as connection:
        link = links.add(
            connection,
            "decide",
            number(site, "priya"),
            NOW,
            NOW + timedelta(days=9),
            proposal_id=proposal_id,
            proposal_version=1,
        )
    mailed = outbox.signer(site).url("decide", link).rpartition("/")[2]

    sign_in(site, "priya", "mentees")

    with pytest.raises(Refused):
        proposals.decide_by_link(site, mailed, "approve", None, (), NOW)
    assert state_of(site, proposal_id) == "cancelled"


def test_a_seat_stays_with_who_is_still_a_junior(site: Site) -> None:
    give(site, "dana", "senior")
    book(site, agree_coworking(site, 3), "dana")

    sign_in(site, "dana", "mentees")

    assert roles(site, "dana") == {"junior"}
    assert seat_state(site, "dana") == "booked"
    assert told(site) == {}
    assert notes(site, "dana") == ["You are no longer a senior in Mentoring"]


def test_a_seat_goes_with_the_role_it_was_for(site: Site) -> None:
    give(site, "dana", "senior")
    book(site, agree_coworking(site, 3), "dana")

    sign_in(site, "dana", "mentors")

    assert seat_state(site, "dana") == "cancelled"
    assert "Dana" in told(site)


def test_the_last_role_stays_taken_from_who_is_not_let_in_for_it(site: Site) -> None:
    with pytest.raises(NotSignedIn):
        sign_in(site, "aisha")

    assert roles(site, "aisha") == set()
    assert signin.members(site, number(site, "aisha")) == ()
    assert not signin.still_signed_in(site, number(site, "aisha"), NOW - timedelta(hours=1))


def test_a_group_that_gives_the_role_again_lets_them_in_again(site: Site) -> None:
    with pytest.raises(NotSignedIn):
        sign_in(site, "aisha")

    sign_in(site, "aisha", "mentees")

    assert roles(site, "aisha") == {"junior"}
    assert signin.members(site, number(site, "aisha"))


def test_an_admin_who_has_left_is_nobody_to_leave_a_programme_to(site: Site) -> None:
    give(site, "priya", "admin")
    with site.store.writing() as connection:
        mine = t.participation.c.person_id == number(site, "priya")
        connection.execute(update(t.participation).where(mine).values(left=NOW.date()))

    sign_in(site, "ada")

    assert roles(site, "ada") == {"admin"}


# --- by a sheet, and by an admin -----------------------------------------------------------------


def bring(site: Site, folder: Path, row: str) -> ImportReport:
    file = folder / "sheet.csv"
    file.write_text(f"email,name,role\n{row}\n", encoding="utf-8")
    return import_sheet(site, SheetKind.PEOPLE, file, NOW)


def test_a_sheet_takes_no_role_while_something_is_ahead(site: Site, tmp_path: Path) -> None:
    session_id = agree_coworking(site, 3)
    book(site, session_id, "dana")

    with pytest.raises(Misfilled, match="Let them leave the programme first"):
        bring(site, tmp_path, "priya@example.org,Priya,junior")

    assert roles(site, "priya") == {"senior"}
    assert session_state(site, session_id) == "agreed"


def test_a_sheet_that_takes_a_role_ends_its_waiting_in_line(site: Site, tmp_path: Path) -> None:
    session_id = agree_coworking(site, 3)
    book(site, session_id, "dana")
    with site.store.writing() as connection:
        connection.execute(update(t.seat).values(state="waiting"))

    report = bring(site, tmp_path, "dana@example.org,Dana,senior")

    assert report.departed is not None
    assert roles(site, "dana") == {"senior"}
    assert seat_state(site, "dana") != "waiting"


def test_a_sheet_that_gives_a_role_changes_nothing_ahead(site: Site, tmp_path: Path) -> None:
    session_id = agree_coworking(site, 3)

    report = bring(site, tmp_path, "priya@example.org,Priya,senior junior")

    assert report.departed is None
    assert session_state(site, session_id) == "agreed"


def test_who_has_no_role_any_more_is_signed_out(site: Site) -> None:
    dana = number(site, "dana")

    membership.set_roles(site, dana, frozenset(), member(site, "ada"), NOW)
    membership.set_roles(site, dana, frozenset({"junior"}), member(site, "ada"), NOW)

    assert not signin.still_signed_in(site, dana, NOW - timedelta(hours=1))


def test_who_has_no_role_any_more_can_still_be_erased_as_they_asked(site: Site) -> None:
    dana, ada = member(site, "dana"), member(site, "ada")
    erasure.ask(site, dana, NOW)
    membership.set_roles(site, dana.person.id, frozenset(), ada, NOW)

    assert [person.id for person, _ in erasure.asked(site, ada)] == [dana.person.id]
    erasure.erase_as_admin(site, ada, dana.person.id, NOW)

    assert erasure.asked(site, ada) == ()

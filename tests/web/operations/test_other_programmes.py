"""To who is in another programme too, an admin does nothing that holds in that one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from web.errors import Misfilled, NotFound, Refused
from web.operations import (
    access,
    accounts,
    assistants,
    erasure,
    membership,
    preferences,
    roster,
    signin,
)
from web.operations.membership import Facts, NewPerson
from web.operations.roster import SheetOptions, import_sheet, import_text
from web.records import Member
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import people
from web.store import tables as t

TODAY = NOW.date()
HEAD = "email,name,role,offices,timezone\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Olga runs "Elsewhere", where Oscar mentors. Marek is a senior in both programmes."""
    site = a_company(tmp_path)
    elsewhere(site, tmp_path, "olga,admin", "oscar,senior", "marek,senior")
    return site


def elsewhere(site: Site, folder: Path, *rows: str) -> None:
    """The operator brings people into "Elsewhere"."""
    lines = [
        f"{name}@example.org,{name.title()},{role},london,Europe/London"
        for name, role in (row.split(",") for row in rows)
    ]
    file = folder / "elsewhere.csv"
    file.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    import_sheet(site, SheetKind.PEOPLE, file, NOW, programme="Elsewhere")


@pytest.fixture
def olga(site: Site) -> Member:
    return member(site, "olga")


def number(site: Site, name: str) -> int:
    return member(site, name).person.id


def bring(site: Site, by: Member, text: str, *, over: bool = False) -> roster.ImportReport:
    return import_text(
        site, SheetKind.PEOPLE, "people", text, SheetOptions(over_own_choices=over), by, NOW, as_seen=None
    )


# --- letting people in ---------------------------------------------------------------------------


def somebody(email: str) -> NewPerson:
    return NewPerson(email, "x", frozenset({"senior"}), "london", "", invite=False)


def test_who_takes_part_elsewhere_is_not_let_in_by_page(site: Site, olga: Member) -> None:
    with pytest.raises(Misfilled) as misfilled:
        membership.add(site, somebody("priya@example.org"), olga, NOW)

    assert "takes part in another programme here" in misfilled.value.mistakes["email"]
    assert "officeday import people" in misfilled.value.mistakes["email"]
    with pytest.raises(NotFound):
        membership.one(site, number(site, "priya"), olga, NOW)


def test_who_takes_part_elsewhere_is_not_let_in_by_sheet_and_every_line_says_so(
    site: Site, olga: Member
) -> None:
    with pytest.raises(Misfilled) as misfilled:
        bring(
            site,
            olga,
            "email,name,role\npriya@example.org,Priya,senior\nnew@example.org,New,junior\n"
            "aisha@example.org,Aisha,junior\n",
        )

    places = [place for place, text in misfilled.value.mistakes.items() if "another programme" in text]
    assert places == ["people:2 email", "people:4 email"]
    assert len(misfilled.value.mistakes) == 3  # the new one lacks a time zone: all mistakes at once


def test_the_command_lets_in_who_takes_part_elsewhere(site: Site, olga: Member, tmp_path: Path) -> None:
    elsewhere(site, tmp_path, "priya,senior")

    assert membership.one(site, number(site, "priya"), olga, NOW).roles == {"senior"}


def test_who_assists_elsewhere_and_takes_part_nowhere_is_not_let_in(site: Site, olga: Member) -> None:
    with site.store.writing() as connection:
        like = connection.execute(select(t.person).where(t.person.c.email == "priya@example.org")).one()
        values = {**like._mapping, "email": "sam@example.org", "name": "Sam"}
        del values["id"]
        sam = connection.execute(insert(t.person).values(values)).inserted_primary_key[0]
        connection.execute(insert(t.assistant).values(senior_id=like.id, assistant_id=sam, since=NOW))

    with pytest.raises(Misfilled, match="takes part in another programme"):
        membership.add(site, somebody("sam@example.org"), olga, NOW)
    membership.add(site, somebody("sam@example.org"), member(site, "ada"), NOW)


def test_who_has_left_elsewhere_may_be_let_in_as_they_are(site: Site, olga: Member) -> None:
    aisha = number(site, "aisha")
    membership.depart(site, aisha, TODAY, None, member(site, "ada"), NOW)

    membership.add(site, somebody("aisha@example.org"), olga, NOW)

    assert membership.one(site, aisha, olga, NOW).person.name == "Aisha"


def test_an_admin_of_both_lets_in_whom_they_like(site: Site, olga: Member, tmp_path: Path) -> None:
    elsewhere(site, tmp_path, "ada,admin")
    with site.store.reading() as connection:
        ada = next(
            each
            for each in people.members(connection, person_id=number(site, "ada"))
            if each.programme_id == olga.programme_id
        )

    added = membership.add(site, somebody("priya@example.org"), ada, NOW)

    assistants.name(site, added, "ben@example.org", False, ada, NOW)
    assert [one.person.name for one in assistants.of_senior(site, added, ada)] == ["Ben"]


# --- what holds in every programme ---------------------------------------------------------------

Act = Callable[[Site, int, Member], object]

#: Everything that an admin can do to somebody and that holds in all their programmes.
BEYOND: dict[str, Act] = {
    "name an assistant": lambda site, who, by: assistants.name(
        site, who, "aisha@example.org", False, by, NOW
    ),
    "end an assistant": lambda site, who, by: assistants.end(site, who, number(site, "ben"), by, NOW),
    "choose copies": lambda site, who, by: assistants.set_copies(
        site, who, number(site, "ben"), True, by, NOW
    ),
    "change preferences": lambda site, who, by: preferences.change(
        site, who, {"topics": "statistics"}, by, NOW
    ),
    "end sign-ins": lambda site, who, by: accounts.unlink(site, who, by, NOW),
    "erase": lambda site, who, by: erasure.erase_as_admin(site, by, who, NOW),
    "change the manager": lambda site, who, by: membership.change_facts(
        site, who, Facts(TODAY, "", "", "olga@example.org"), by, NOW
    ),
    "keep apart": lambda site, who, by: membership.keep_apart(site, who, "oscar@example.org", by, NOW),
    "let meet": lambda site, who, by: membership.let_meet(site, who, number(site, "ben"), by, NOW),
}


def kept_of(site: Site, person_id: int) -> list[object]:
    """All that these could change."""
    p, a, n = t.person.c, t.assistant.c, t.never_pair.c
    queries = (
        select(t.person).where(p.id == person_id),
        select(t.assistant).where(a.senior_id == person_id),
        select(t.never_pair).where((n.one_id == person_id) | (n.other_id == person_id)),
        select(t.outbox.c.id).where(t.outbox.c.person_id == person_id),
    )
    with site.store.reading() as connection:
        return [tuple(row) for query in queries for row in connection.execute(query)]


def travel(site: Site, name: str) -> int:
    with site.store.reading() as connection:
        own = select(t.person.c.travel_minutes).where(t.person.c.email == f"{name}@example.org")
        return connection.execute(own).scalar_one()


def prepared(site: Site, name: str) -> int:
    """Ben assists them, and never meets them."""
    who = member(site, name)
    assistants.name(site, who.person.id, "ben@example.org", False, who, NOW)
    with site.store.writing() as connection:
        one, other = sorted((who.person.id, number(site, "ben")))
        connection.execute(insert(t.never_pair).values(one_id=one, other_id=other))
    return who.person.id


@pytest.mark.parametrize("act", BEYOND)
def test_what_holds_elsewhere_too_is_refused_with_who_can_do_it(site: Site, olga: Member, act: str) -> None:
    marek = prepared(site, "marek")
    before = kept_of(site, marek)

    with pytest.raises(Refused) as refused:
        BEYOND[act](site, marek, olga)

    assert "another programme too" in str(refused.value)
    assert "admin of all their programmes" in str(refused.value)
    assert kept_of(site, marek) == before


@pytest.mark.parametrize("act", BEYOND)
def test_the_admin_of_all_their_programmes_does_the_same(site: Site, olga: Member, act: str) -> None:
    oscar = prepared(site, "oscar")
    before = kept_of(site, oscar)

    # Nobody is kept apart from themself.
    BEYOND[act](site, oscar, olga) if act != "keep apart" else membership.keep_apart(
        site, oscar, "marek@example.org", olga, NOW
    )

    assert kept_of(site, oscar) != before


def test_what_holds_in_ones_own_programme_only_goes_on(site: Site, olga: Member) -> None:
    marek = number(site, "marek")
    facts = Facts(TODAY, "spring", "Sales", "")

    membership.change_facts(site, marek, facts, olga, NOW)
    membership.invite(site, marek, olga, NOW)
    membership.set_roles(site, marek, frozenset({"senior", "junior"}), olga, NOW)
    membership.depart(site, marek, TODAY, None, olga, NOW)
    membership.come_back(site, marek, olga, NOW)

    found = membership.one(site, marek, olga, NOW)
    assert (found.cohort, found.roles, found.is_beyond) == ("spring", {"senior", "junior"}, True)


def test_a_role_given_here_changes_no_limit_that_holds_there(
    site: Site, olga: Member, tmp_path: Path
) -> None:
    """A new senior comes in for two sessions or more, unless it is another programme's say too."""
    elsewhere(site, tmp_path, "dana,junior")
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(min_sessions_per_office_day=1, own_choices=[]))

    membership.set_roles(site, number(site, "dana"), frozenset({"senior"}), olga, NOW)

    with site.store.reading() as connection:
        fewest = select(t.person.c.min_sessions_per_office_day).where(t.person.c.email == "dana@example.org")
        assert connection.execute(fewest).scalar_one() == 1


def test_ones_own_choices_are_ones_own_in_however_many_programmes(site: Site) -> None:
    marek = member(site, "marek")

    assistants.name(site, marek.person.id, "ben@example.org", False, marek, NOW)
    assistants.end(site, marek.person.id, number(site, "ben"), marek, NOW)
    changed = preferences.change(site, marek.person.id, {"travel_minutes": "45"}, marek, NOW)
    assert travel(site, "marek") == 45
    preferences.undo(site, changed.before, changed.newly_own, marek, NOW)
    assert travel(site, "marek") == 0
    preferences.pause(site, TODAY, TODAY, marek, NOW)
    signin.sign_out(site, marek.person.id, NOW)
    assert not signin.still_signed_in(site, marek.person.id, NOW)


def test_who_has_left_elsewhere_is_their_one_admins_again(site: Site, olga: Member) -> None:
    marek = prepared(site, "marek")
    membership.depart(site, marek, TODAY, None, member(site, "ada"), NOW)

    assistants.end(site, marek, number(site, "ben"), olga, NOW)
    assert not assistants.of_senior(site, marek, olga)


def test_an_admin_who_has_left_runs_nothing(site: Site, tmp_path: Path) -> None:
    elsewhere(site, tmp_path, "ada,admin")
    ada = member(site, "ada")
    with site.store.reading() as connection:
        assert len(access.programmes_run(connection, ada, NOW)) == 2

    with site.store.writing() as connection:
        there = t.participation.c.programme_id != ada.programme_id
        mine = t.participation.c.person_id == ada.person.id
        connection.execute(update(t.participation).where(there & mine).values(left=TODAY))
        assert access.programmes_run(connection, ada, NOW) == {ada.programme_id}


# --- sheets of who is in both --------------------------------------------------------------------


def test_a_sheet_changes_what_they_are_here_of_who_is_in_both(site: Site, olga: Member) -> None:
    report = bring(
        site, olga, f"{HEAD[:-1]},cohort\nmarek@example.org,Marek,junior,london,Europe/London,spring\n"
    )

    (line,) = report.lines
    assert line.changes == ("role: senior → junior", "cohort: – → spring")


def test_a_sheet_changes_nothing_that_holds_there_too_and_says_each_cell(site: Site, olga: Member) -> None:
    with pytest.raises(Misfilled) as misfilled:
        bring(
            site,
            olga,
            "email,name,role,timezone,travel_minutes,calendar,manager\n"
            "oscar@example.org,Oscar B.,senior,Europe/London,30,,\n"
            "marek@example.org,Mark,senior,Europe/Paris,45,ics:https://example.org/x.ics,olga@example.org\n",
        )

    assert list(misfilled.value.mistakes) == [
        f"people:3 {column}" for column in ("name", "timezone", "calendar", "travel_minutes", "manager")
    ]
    for text in misfilled.value.mistakes.values():
        assert "officeday import people" in text


def test_a_sheet_does_not_go_over_what_somebody_chose_for_both(site: Site, olga: Member) -> None:
    marek = member(site, "marek")
    preferences.change(site, marek.person.id, {"travel_minutes": "45"}, marek, NOW)
    text = "email,name,role,travel_minutes\nmarek@example.org,Marek,senior,0\n"

    assert bring(site, olga, text).lines[0].own
    with pytest.raises(Misfilled, match="another programme too"):
        bring(site, olga, text, over=True)

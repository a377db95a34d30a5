"""What a role brings and leaves behind, on a page, by a file and by groups."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, select

from tests.web.company import OFFICES, a_company, member
from tests.web.conftest import site_in
from tests.web.made_up import NOW
from tests.web.operations.test_accounts import SENIORS, sign_in
from tests.web.operations.test_departures import approve_all
from tests.web.pages.persons import propose_a_day
from web.errors import Misfilled, Refused
from web.operations import membership, preferences
from web.operations.membership import NewPerson
from web.operations.roster import ImportReport, SheetOptions, fingerprint, import_sheet, import_text
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t

HEAD = "email,name,role,offices,timezone"
FEWEST = "min_sessions_per_office_day"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def by_file(
    site: Site, folder: Path, name: str, role: str, cell: str | None = None, programme: str = "Mentoring"
) -> ImportReport:
    """A file with one line; `cell`: what it says of the fewest sessions, empty or not; None: no column."""
    head, more = (HEAD, "") if cell is None else (f"{HEAD},{FEWEST}", f",{cell}")
    file = folder / "line.csv"
    file.write_text(f"{head}\n{name}@example.org,{name.title()},{role},london,Europe/London{more}\n")
    return import_sheet(site, SheetKind.PEOPLE, file, NOW, programme=programme)


def fewest(site: Site, name: str) -> int:
    with site.store.reading() as connection:
        query = select(t.person.c[FEWEST]).where(t.person.c.email == f"{name}@example.org")
        return connection.execute(query).scalar_one()


# --- what is ahead -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "role"), [("farid", "senior"), ("priya", "junior")])
def test_a_file_takes_no_role_that_somebody_has_a_session_as(
    site: Site, tmp_path: Path, name: str, role: str
) -> None:
    propose_a_day(site)
    approve_all(site, "priya")
    ada, person_id = member(site, "ada"), member(site, name).person.id
    before = member(site, name).roles

    with pytest.raises(Refused) as on_the_page:
        membership.set_roles(site, person_id, frozenset({role}), ada, NOW)
    with pytest.raises(Misfilled) as in_the_file:
        by_file(site, tmp_path, name, role)

    assert in_the_file.value.mistakes == {"line.csv:2 role": str(on_the_page.value)}
    assert member(site, name).roles == before


def test_a_file_takes_no_role_that_a_day_waits_for(site: Site, tmp_path: Path) -> None:
    propose_a_day(site)

    with pytest.raises(Misfilled, match="ahead as a junior"):
        by_file(site, tmp_path, "farid", "senior")


def test_a_sheet_on_a_page_says_it_of_everybody_at_once(site: Site, tmp_path: Path) -> None:
    propose_a_day(site)
    approve_all(site, "priya")
    lines = [
        f"{name}@example.org,{name.title()},{role},london,Europe/London"
        for name, role in (("farid", "senior"), ("priya", "junior"), ("gita", "junior"))
    ]
    text = "\n".join([HEAD, *lines])

    with pytest.raises(Misfilled) as caught:
        import_text(site, SheetKind.PEOPLE, "s", text, SheetOptions(), member(site, "ada"), NOW, as_seen=None)

    assert list(caught.value.mistakes) == ["s:2 role", "s:3 role"]


def test_a_role_more_or_one_without_anything_ahead_may_change(site: Site, tmp_path: Path) -> None:
    propose_a_day(site)
    approve_all(site, "priya")

    by_file(site, tmp_path, "farid", "senior junior")
    by_file(site, tmp_path, "marek", "junior")

    assert (member(site, "farid").roles, member(site, "marek").roles) == ({"senior", "junior"}, {"junior"})


# --- how many sessions are worth a trip ------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path) -> Site:
    """Nobody is known yet."""
    site = site_in(tmp_path)
    file = tmp_path / "offices.csv"
    file.write_text(OFFICES)
    import_sheet(site, SheetKind.OFFICES, file, NOW)
    return site


@pytest.mark.parametrize("cell", [None, ""])
def test_the_fewest_sessions_of_a_senior_do_not_fall_where_they_are_a_junior_too(
    empty: Site, tmp_path: Path, cell: str | None
) -> None:
    by_file(empty, tmp_path, "priya", "senior", cell, "A")
    report = by_file(empty, tmp_path, "priya", "junior", cell, "B")

    assert fewest(empty, "priya") == 2
    assert FEWEST not in str(report.lines)


@pytest.mark.parametrize("cell", [None, ""])
@pytest.mark.parametrize("programme", ["A", "B"])
def test_who_becomes_a_senior_by_a_file_comes_in_for_two(
    empty: Site, tmp_path: Path, cell: str | None, programme: str
) -> None:
    by_file(empty, tmp_path, "priya", "junior", cell, "A")
    assert fewest(empty, "priya") == 1

    report = by_file(empty, tmp_path, "priya", "senior", cell, programme)

    assert fewest(empty, "priya") == 2
    assert f"{FEWEST}: 1 → 2" in str(report.lines)
    assert by_file(empty, tmp_path, "priya", "senior", cell, programme).lines == ()


def test_an_empty_cell_lowers_nothing_and_a_number_says_so(empty: Site, tmp_path: Path) -> None:
    by_file(empty, tmp_path, "priya", "senior", "4", "A")
    by_file(empty, tmp_path, "priya", "senior", "", "A")
    assert fewest(empty, "priya") == 4

    by_file(empty, tmp_path, "priya", "senior", "1", "A")
    by_file(empty, tmp_path, "priya", "senior", None, "A")
    assert fewest(empty, "priya") == 1


def test_who_is_no_senior_any_more_anywhere_comes_in_for_one_again(empty: Site, tmp_path: Path) -> None:
    for programme in "AB":
        by_file(empty, tmp_path, "priya", "senior", None, programme)

    by_file(empty, tmp_path, "priya", "junior", None, "A")
    assert fewest(empty, "priya") == 2
    by_file(empty, tmp_path, "priya", "junior", None, "B")
    assert fewest(empty, "priya") == 1


def test_what_a_senior_chose_themselves_stays(site: Site, tmp_path: Path) -> None:
    priya = member(site, "priya")
    preferences.change(site, priya.person.id, {FEWEST: "3"}, priya, NOW)
    preferences.change(site, priya.person.id, {FEWEST: "1"}, priya, NOW)

    by_file(site, tmp_path, "priya", "junior senior", "")
    by_file(site, tmp_path, "priya", "senior", None, "Another")

    assert fewest(site, "priya") == 1


def test_who_is_let_in_on_a_page_as_a_senior_comes_in_for_two(site: Site, tmp_path: Path) -> None:
    ada, gita = member(site, "ada"), member(site, "gita")
    with site.store.writing() as connection:
        for table in (t.membership, t.participation):
            connection.execute(delete(table).where(table.c.person_id == gita.person.id))
    new = NewPerson("gita@example.org", "Gita", frozenset({"senior"}), "london", "", invite=False)

    membership.add(site, new, ada, NOW)

    assert fewest(site, "gita") == 2


def test_who_is_let_in_by_a_sheet_on_a_page_comes_in_for_two(site: Site) -> None:
    ada, gita = member(site, "ada"), member(site, "gita")
    with site.store.writing() as connection:
        for table in (t.membership, t.participation):
            connection.execute(delete(table).where(table.c.person_id == gita.person.id))
    text = f"{HEAD}\ngita@example.org,Gita,senior,london,Europe/London\n"

    def bring(as_seen: str | None) -> ImportReport:
        return import_text(site, SheetKind.PEOPLE, "s", text, SheetOptions(), ada, NOW, as_seen=as_seen)

    bring(fingerprint(text, SheetOptions(), bring(None)))

    assert fewest(site, "gita") == 2


def test_whom_groups_make_a_senior_comes_in_for_two(site: Site) -> None:
    sign_in(site, "gita", {"seniors"}, SENIORS)
    assert fewest(site, "gita") == 2

    sign_in(site, "gita", set(), SENIORS)
    assert fewest(site, "gita") == 1

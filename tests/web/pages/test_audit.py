"""The audit log as admins see it: everything that was done, and nothing to rank people by."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from web.operations import audit, proposals
from web.operations.roster import import_sheet
from web.pages import create_app
from web.sheets.columns import SheetKind
from web.site import Site

ANSWERS = ("proposal.approve", "proposal.skip", "seat.give_up", "attendance.missed", "calendar.refuse")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        for name in ("priya", "marek"):
            for n, action in enumerate(ANSWERS):
                at = NOW + timedelta(seconds=n)
                subject = member(site, name).person.id
                audit.note(connection, at, member(site, name), action, f"proposal:{n}", subject_id=subject)
        acting = replace(member(site, "priya"), behind=member(site, "marek").person)
        audit.note(connection, NOW, acting, "proposal.choose", "proposal:1")
        ada = member(site, "ada")
        audit.note(connection, NOW, ada, "run.release", "run:7", mails=3)
        audit.note(connection, NOW, ada, "read.person", subject_id=member(site, "priya").person.id)
        audit.note(connection, NOW, ada, "room.change", "room:=HYPERLINK(1)")
    return site


def ada(site: Site) -> Person:
    return Person(create_app(site), site, "ada")


def rows(site: Site, query: str = "") -> list[dict[str, str]]:
    text = ada(site).open(f"/admin/audit/entries.csv{query}").text.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_it_says_who_ran_the_programme_and_who_looked_at_whom(site: Site) -> None:
    page = ada(site).open("/admin/audit").text

    assert "run: release" in page
    assert "mails: 3" in page
    assert page.count("<bdi>Ada</bdi>") >= 3
    assert "<bdi>Priya</bdi>" in page, "she was looked at"


def test_whose_answer_it_was_is_on_no_page_and_in_no_export(site: Site) -> None:
    person = ada(site)
    shown = [person.open("/admin/audit?action=proposal.skip").text]
    shown += [person.open(f"/admin/audit?object=proposal:{n}").text for n in range(5)]

    for page in shown:
        body = page.partition("<tbody>")[2].partition("</tbody>")[0]
        assert not any(name in body for name in ("Priya", "Marek", "priya@", "marek@"))
    for row in rows(site):
        if row["action"] in (*ANSWERS, "proposal.choose"):
            assert (row["object"], row["whose"], row["details"]) == ("", "", "")
            assert row["by"] in ("in person", "an assistant", "by a mailed link", "officeday")
            assert len(row["at"]) == len("2027-03-05"), "its second would tell whose it was"


def test_what_one_object_went_through_can_be_followed_and_the_look_is_noted(site: Site) -> None:
    page = ada(site).open("/admin/audit?object=proposal:1").text

    assert "proposal: skip" in page
    assert "an assistant" in page
    assert "read: audit" in ada(site).open("/admin/audit?action=read.audit").text


def test_nothing_sorts_counts_or_filters_by_person(site: Site) -> None:
    priya = member(site, "priya").person
    plain = ada(site).open("/admin/audit?action=proposal.skip").text.partition("<tbody>")[2]
    for asked in (f"actor={priya.id}", f"by={priya.email}", "sort=by", f"subject_id={priya.id}"):
        assert (
            ada(site).open(f"/admin/audit?action=proposal.skip&{asked}").text.partition("<tbody>")[2] == plain
        )
    nouns = {name.partition(".")[0] for name in ANSWERS}
    assert not any(audit.is_named(f"{noun}.anything") for noun in nouns)
    assert not audit.is_named("something_new.decide"), "what nobody thought of stays unnamed"


def test_cells_of_the_export_are_no_formulas(site: Site) -> None:
    [room] = rows(site, "?action=room.change")

    assert room["object"] == "room:=HYPERLINK(1)"
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows(site) for value in row.values())


def test_pages_follow_one_another_without_gap_or_double(site: Site) -> None:
    with site.store.writing() as connection:
        for n in range(250):
            audit.note(connection, NOW, member(site, "ada"), "run.start", f"run:{n}")
    person, seen, at = ada(site), [], "/admin/audit?action=run.start"
    while at:
        page = person.open(at).text
        seen += [line.partition("<")[0] for line in page.split("<bdi>run:")[1:]]
        older = page.partition(">Older</a>")[0].rpartition('href="')[2].partition('"')[0]
        at = older.replace("&amp;", "&") if ">Older</a>" in page else ""

    assert seen == [str(n) for n in reversed(range(250))]


def test_an_admin_of_another_programme_sees_nothing_of_this_one(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "others.csv"
    file.write_text("email,name,role,offices,timezone\nolga@example.org,Olga,admin,london,Europe/London\n")
    import_sheet(site, SheetKind.PEOPLE, file, NOW, programme="Elsewhere")

    found = audit.page(site, member(site, "olga"))

    assert {line.action.partition(".")[0] for line in found.lines} == {"read", "import"}
    assert not any(line.whose for line in found.lines)


def test_an_assistants_look_at_their_seniors_days_is_noted_and_a_seniors_own_is_not(site: Site) -> None:
    priya = member(site, "priya")
    proposals.of_senior(site, priya, NOW)
    proposals.of_senior(site, replace(priya, behind=member(site, "marek").person), NOW)

    [line] = audit.page(site, member(site, "ada"), action="read.days").lines

    assert (line.by, line.whose) == ("Marek, for Priya", "Priya")

"""What people set themselves stays when a file says otherwise, unless an import is told to go over it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.web.company import a_company, at, member
from tests.web.made_up import NOW
from tests.web.operations.test_assistants import notes
from web.operations import preferences
from web.operations.roster import ImportReport, import_sheet
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import tables as t

KEYS = ("email", "name", "role", "offices")
PRIYA = ("priya@example.org", "Priya", "senior", "london")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def bring(
    site: Site, folder: Path, *, dry_run: bool = False, over: bool = False, **cells: str
) -> ImportReport:
    """Priya's line with some more columns."""
    file = folder / "people.csv"
    file.write_text(f"{','.join((*KEYS, *cells))}\n{','.join((*PRIYA, *cells.values()))}\n", encoding="utf-8")
    return import_sheet(site, SheetKind.PEOPLE, file, site.now(), dry_run=dry_run, over_own_choices=over)


def ask(site: Site, **texts: str) -> None:
    by = member(site, "priya")
    preferences.change(site, by.person.id, texts, by, NOW)


def kept(site: Site, *names: str) -> list[object]:
    with site.store.reading() as connection:
        row = connection.execute(select(t.person).where(t.person.c.email == PRIYA[0])).one()
    return [getattr(row, name) for name in names]


def test_a_file_says_what_it_has_otherwise_and_leaves_it(site: Site, tmp_path: Path) -> None:
    ask(site, max_office_days_per_week="2")

    for dry_run in (True, False):
        report = bring(site, tmp_path, dry_run=dry_run, max_office_days_per_week="3", break_minutes="10")
        (line,) = report.lines
        assert line.own == ("max_office_days_per_week: 2 → 3 (they set 2 themselves)",)
        assert line.changes == ("break_minutes: 0 → 10",)

    assert kept(site, "max_office_days_per_week", "break_minutes") == [2, 10]
    assert notes(site, "priya") == []


def test_a_line_with_nothing_but_own_choices_changes_nothing(site: Site, tmp_path: Path) -> None:
    ask(site, max_office_days_per_week="2")

    report = bring(site, tmp_path, max_office_days_per_week="3")

    assert (report.new, report.changed, report.unchanged) == (0, 0, 1)
    assert len(report.lines) == 1


def test_a_column_that_the_file_does_not_have_is_not_spoken_of(site: Site, tmp_path: Path) -> None:
    ask(site, max_office_days_per_week="2", topics="pricing")

    assert bring(site, tmp_path, topics="pricing").lines == ()
    assert kept(site, "max_office_days_per_week", "topics") == [2, ["pricing"]]


def test_an_import_may_go_over_it_and_they_are_told(site: Site, tmp_path: Path) -> None:
    ask(site, max_office_days_per_week="2", days_never="fri")

    report = bring(site, tmp_path, over=True, max_office_days_per_week="3")

    assert report.changed == 1
    assert kept(site, "max_office_days_per_week", "own_choices") == [3, ["days_never"]]
    assert notes(site, "priya") == ["Your preferences were changed by an import"]
    assert bring(site, tmp_path, max_office_days_per_week="4").lines[0].own == ()


def test_a_day_somebody_never_comes_in_is_no_day_they_are_in_anyway(site: Site, tmp_path: Path) -> None:
    ask(site, days_never="tue")

    bring(site, tmp_path, days_never="fri", days_in_anyway="tue wed")

    assert kept(site, "days_never", "days_in_anyway") == [["tue"], ["wed"]]


def test_a_pause_of_ones_own_stays_until_it_is_over(site: Site, tmp_path: Path) -> None:
    until = date(2027, 6, 1)
    preferences.pause(site, NOW.date(), until, member(site, "priya"), NOW)
    empty = {"paused_from": "", "paused_until": ""}

    bring(site, tmp_path, **empty)
    assert preferences.of(site, member(site, "priya"), NOW).paused == (NOW.date(), until)

    later = at(site, NOW.replace(month=7))
    assert bring(later, tmp_path, **empty).lines[0].own == ()


def test_what_an_admin_set_is_not_the_persons_own(site: Site, tmp_path: Path) -> None:
    ask(site, languages="en")
    preferences.change(site, member(site, "priya").person.id, {"languages": "de"}, member(site, "ada"), NOW)

    bring(site, tmp_path, languages="fr")

    assert kept(site, "languages") == [["fr"]]

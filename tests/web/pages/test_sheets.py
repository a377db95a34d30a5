"""Sheets on pages: tried, then taken as they were tried."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests.web.company import a_company, member
from tests.web.conftest import site_in
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, token_on
from web.operations import first_admin
from web.pages import create_app
from web.sheets.columns import SheetKind
from web.sheets.samples import sample
from web.site import Site
from web.store import tables as t

PEOPLE = "/admin/sheets/people"
OLGA = "email,name,role,timezone,travel_minutes\nolga@example.org,Somebody,junior,Europe/Paris,45\n"
NIA = "email,name,role,offices\nnia@example.org,Nia Okoro,junior,london\n"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site)


@pytest.fixture
def ada(app: Flask, site: Site) -> Person:
    return Person(app, site, "ada")


def try_out(who: Person, text: str, kind: str = "people", **fields: object) -> TestResponse:
    return who.press(f"/admin/sheets/{kind}/try", f"/admin/sheets/{kind}", text=text, **fields)


def upload(who: Person, raw: bytes, name: str = "people.csv", kind: str = "people") -> TestResponse:
    token = token_on(who.open(f"/admin/sheets/{kind}"))
    fields = {"csrf_token": token, "file": (io.BytesIO(raw), name)}
    return who.browser.post(f"/admin/sheets/{kind}/try", data=fields, content_type="multipart/form-data")


def hidden(page: TestResponse) -> dict[str, str]:
    """What the form of a tried sheet carries."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def take(who: Person, tried: TestResponse, kind: str = "people", **fields: object) -> TestResponse:
    return who.browser.post(f"/admin/sheets/{kind}/take", data={**hidden(tried), **fields})


def names(site: Site) -> set[str]:
    with site.store.reading() as connection:
        return set(connection.execute(select(t.person.c.name)).scalars())


def test_a_try_says_what_it_would_do_and_does_nothing(ada: Person, site: Site) -> None:
    page = try_out(ada, NIA)

    assert page.status_code == 200
    assert "1 line would change something" in page.text
    assert "Nia Okoro (junior)" in page.text
    assert "Nia Okoro" not in names(site)


def test_what_was_tried_is_taken(ada: Person, site: Site) -> None:
    answer = take(ada, try_out(ada, NIA))

    assert answer.status_code == 303
    assert "Nia Okoro" in names(site)
    with site.store.reading() as connection:
        entry = connection.execute(select(t.audit_entry).where(t.audit_entry.c.action == "import.people"))
        assert member(site, "ada").person.id in {row.actor_id for row in entry}


def test_a_file_goes_the_same_way_as_pasted_lines(ada: Person, site: Site) -> None:
    tried = upload(ada, NIA.encode(), "new people.csv")

    assert "new people.csv" in tried.text
    assert take(ada, tried).status_code == 303
    assert "Nia Okoro" in names(site)


def test_nothing_is_taken_when_the_roster_changed_meanwhile(ada: Person, site: Site) -> None:
    text = "email,name,role\naisha@example.org,Aisha Bello,junior\n"
    tried = try_out(ada, text)
    with site.store.writing() as connection:
        aisha = t.person.c.email == "aisha@example.org"
        connection.execute(t.person.update().where(aisha).values(name="Aisha the Second"))

    answer = take(ada, tried)

    assert answer.status_code == 409
    assert "Something changed since you looked at it" in unescape(answer.text)
    assert "Aisha the Second → Aisha Bello" in unescape(answer.text)
    assert "Aisha the Second" in names(site)
    assert take(ada, answer).status_code == 303  # now it is what was seen
    assert "Aisha Bello" in names(site)


def test_other_choices_than_those_that_were_tried_are_not_taken(ada: Person, site: Site) -> None:
    tried = try_out(ada, NIA)

    assert take(ada, tried, no_longer_listed="leave").status_code == 409
    assert "Nia Okoro" not in names(site)


def test_every_mistake_is_named_with_its_line_and_the_lines_can_be_mended(ada: Person, site: Site) -> None:
    page = try_out(ada, NIA + "nobody,No One,boss,london\npia@example.org,Pia,junior,paris\n")
    text = unescape(page.text)

    assert page.status_code == 422
    assert "pasted:3 email" in text
    assert "pasted:3 role" in text
    assert "pasted:4 offices" in text
    assert "there is no office paris" in text
    assert "pia@example.org,Pia,junior,paris" in text  # in the box, to be mended
    assert "Nia Okoro" not in names(site)


def test_nothing_at_all_is_a_mistake_in_words(ada: Person) -> None:
    page = try_out(ada, " \n")

    assert page.status_code == 422
    assert "Please choose a file, or paste its lines." in page.text


@pytest.mark.parametrize(
    "raw",
    [
        NIA.encode("utf-8-sig"),
        NIA.replace("\n", "\r\n").encode("utf-16"),
        NIA.replace(",", ";").encode(),
        NIA.replace(",", "\t").encode("utf-16"),
    ],
    ids=["UTF-8 with its mark", "UTF-16", "semicolons", "tabs, UTF-16"],
)
def test_what_spreadsheets_write_is_read(ada: Person, raw: bytes) -> None:
    assert "1 line would change something" in upload(ada, raw).text


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (
            "email,name,role\nx@example.org,Zoë,junior\n".encode("cp1252"),
            "not UTF-8 text; save it as “CSV UTF-8”",
        ),
        (b"PK\x03\x04rest", "is a workbook, not CSV"),
        (NIA.encode("utf-16-le"), "has a NUL byte; save it as “CSV UTF-8”"),
    ],
    ids=["Windows-1252", "a workbook", "UTF-16 without its mark"],
)
def test_what_cannot_be_read_says_how_to_save_it(ada: Person, raw: bytes, says: str) -> None:
    page = upload(ada, raw)

    assert page.status_code == 422
    assert says in unescape(page.text)


def test_line_ends_and_blanks_survive_the_way_through_the_page(ada: Person, site: Site) -> None:
    tried = upload(ada, NIA.replace("\n", "\r\n").replace("Nia Okoro", '"Nia  ""N"" <b>Okoro"').encode())

    assert take(ada, tried).status_code == 303
    assert 'Nia "N" <b>Okoro' in names(site)


def test_what_people_set_themselves_stays_unless_the_box_is_ticked(ada: Person, site: Site) -> None:
    with site.store.writing() as connection:
        priya = t.person.c.email == "priya@example.org"
        own = {"max_office_days_per_week": 1, "own_choices": ["max_office_days_per_week"]}
        connection.execute(t.person.update().where(priya).values(**own))
    text = "email,name,role,max_office_days_per_week\npriya@example.org,Priya,senior,4\n"

    kept = unescape(try_out(ada, text).text)
    over = try_out(ada, text, over_own_choices="on")

    assert "max_office_days_per_week: … → 4 (they set it otherwise themselves)" in kept
    assert "It stays as they set it" in kept
    assert "they are told by mail" in unescape(over.text)
    assert take(ada, over).status_code == 409  # the box is part of what was agreed to
    assert take(ada, over, over_own_choices="on").status_code == 303
    with site.store.reading() as connection:
        query = select(t.person.c.max_office_days_per_week).where(t.person.c.email == "priya@example.org")
        assert connection.execute(query).scalar_one() == 4


def test_who_is_not_listed_is_named_and_leaves_only_if_that_was_chosen(ada: Person, site: Site) -> None:
    text = "email,name,role\npriya@example.org,Priya,senior\n"

    page = try_out(ada, text)
    leaving = try_out(ada, text, no_longer_listed="leave")

    assert "Nothing changes for them." in page.text
    assert "aisha@example.org" in page.text
    assert "They leave from today on." in leaving.text
    assert take(ada, leaving, no_longer_listed="leave").status_code == 303
    with site.store.reading() as connection:
        query = select(t.participation.c.left).where(
            t.participation.c.person_id == member(site, "aisha").person.id
        )
        assert connection.execute(query).scalar_one() == NOW.date()


@pytest.mark.parametrize("row", ["Ada,senior,", "Ada,admin,2020-01-02"], ids=["role taken", "gone by date"])
def test_the_last_admin_cannot_take_themself_out_by_a_sheet(ada: Person, row: str) -> None:
    name, role, left = row.split(",")
    text = f"email,name,role,joined,left\nada@example.org,{name},{role},2020-01-01,{left}\n"

    page = try_out(ada, text)

    assert page.status_code == 422
    assert "would leave the programme without an admin" in page.text


def test_the_last_admin_is_not_left_out_of_a_list_by_mistake(ada: Person) -> None:
    both = "email,name,role\nada@example.org,Ada,admin senior\n"
    assert take(ada, try_out(ada, both)).status_code == 303

    page = try_out(ada, NIA, no_longer_listed="leave")

    assert page.status_code == 422
    assert "letting go who is not listed would leave the programme without an admin" in page.text
    assert try_out(ada, NIA, no_longer_listed="pause").status_code == 200


def test_a_page_cannot_name_a_file_of_the_server(ada: Person, site: Site) -> None:
    text = "email,name,role,timezone,calendar\nnia@example.org,Nia,junior,Europe/London,ics:/etc/passwd\n"

    page = try_out(ada, text)

    assert page.status_code == 422
    assert "can be named by officeday import only" in page.text


def test_who_takes_part_in_another_programme_is_not_taken_and_nothing_of_theirs_is_told(
    ada: Person, site: Site
) -> None:
    first_admin.make_admin(site, "olga@example.org", NOW, name="Olga Sergejevna", programme="Elsewhere")

    tried = try_out(ada, OLGA)

    assert tried.status_code == 422
    assert "takes part in another programme here" in tried.text
    assert "officeday import people" in tried.text
    assert "Sergejevna" not in tried.text


def test_of_who_has_left_another_programme_nothing_is_told_or_changed(ada: Person, site: Site) -> None:
    first_admin.make_admin(site, "olga@example.org", NOW, name="Olga Sergejevna", programme="Elsewhere")
    with site.store.writing() as connection:
        elsewhere = t.participation.c.programme_id != member(site, "ada").programme_id
        connection.execute(update(t.participation).where(elsewhere).values(left=NOW.date()))

    tried = try_out(ada, OLGA)
    assert take(ada, tried).status_code == 303

    assert "is known from another programme" in tried.text.casefold()
    assert "Sergejevna" not in tried.text
    assert "Olga Sergejevna" in names(site)
    with site.store.reading() as connection:
        olga = connection.execute(select(t.person).where(t.person.c.email == "olga@example.org")).one()
        roles = select(t.membership.c.role).where(t.membership.c.person_id == olga.id)
        assert set(connection.execute(roles).scalars()) == {"admin", "junior"}
    assert olga.travel_minutes == 0


def test_a_sheet_of_two_million_bytes_is_read_and_one_of_six_is_not(ada: Person) -> None:
    rows = [f"nia{n}@example.org,Nia,no such role,london,{'x' * 60}\n" for n in range(20_000)]
    large = ("email,name,role,offices,topics\n" + "".join(rows)).encode()
    assert len(large) > 2_000_000

    accepted, refused = upload(ada, large), upload(ada, b"x" * 6_000_000)

    assert "20,000 things to put right" in accepted.text
    assert "The first 200 are listed." in accepted.text
    assert refused.status_code == 413


def test_a_stranger_cannot_send_more_than_any_form(app: Flask, site: Site) -> None:
    answer = Person(app, site).browser.post(f"{PEOPLE}/try", data={"text": "x" * 1_000_000})

    assert answer.status_code == 413


def test_each_sample_can_be_downloaded_and_taken_as_it_stands(tmp_path: Path) -> None:
    site = site_in(tmp_path)
    made = first_admin.make_admin(site, "ada@example.org", NOW)
    app = create_app(site)
    ada = Person(app, site)
    with ada.browser.session_transaction() as cookie:
        cookie.update(person=made.person.id, since=NOW.isoformat())

    for kind in SheetKind:
        file = ada.open(f"/admin/sheets/{kind}/sample.csv")
        assert file.headers["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
        assert file.data.decode("utf-8-sig") == sample(kind)
        tried = upload(ada, file.data, f"{kind}.csv", kind)
        assert tried.status_code == 200, unescape(tried.text)
        assert take(ada, tried, kind).status_code == 303
        assert "This sheet would change nothing" in upload(ada, file.data, f"{kind}.csv", kind).text


def test_nothing_of_a_sheet_is_left_on_disk(ada: Person, site: Site, tmp_path: Path) -> None:
    try_out(ada, NIA)

    left = [
        file for file in tmp_path.rglob("*") if file.is_file() and b"nia@example.org" in file.read_bytes()
    ]
    assert [file for file in left if "db" not in file.name] == []
    with site.store.reading() as connection:
        assert "nia@example.org" not in set(connection.execute(select(t.person.c.email)).scalars())

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, insert, select, update

from tests.web.made_up import NOW
from web.errors import Misfilled
from web.operations.roster import FIRST_PROGRAMME, import_sheet
from web.sheets import Mistakes, read_sheet
from web.sheets.columns import SHEETS, SheetKind
from web.store import tables as t

OFFICES = """id,name,timezone,hours,closed
london,"London, Finsbury",Europe/London,mon-fri 08:00-18:30,2027-03-26 Good Friday
newyork,New York,America/New_York,,
"""
ROOMS = """id,office,name,capacity,uses,shared,features,email
park,london,Park,8,meeting lunch,,step-free,
loft,london,Loft,14,coworking,yes,,loft@rooms.example.org
"""
PEOPLE = """email,name,role,offices,timezone,calendar
ana@example.org,Ana Sousa,senior,london,,ics:ana.ics
Ben@Example.org,Ben Ito,junior,london,,ics:https://calendar.example.org/private-8c1/ben.ics
cy@example.org,Cy Rao,junior,london,,
dee@example.org,Dee Okafor,senior junior,london newyork,America/New_York,
"""
SESSIONS = """id,kind,title,senior,juniors,first_day
lunch,individual_lunch,How to say no,ana@example.org,ben@example.org,2027-03-08
desk,coworking,,ana@example.org,ben@example.org cy@example.org,2027-03-08
coffee,coffee_roulette,,dee@example.org,cy@example.org,2027-03-08
"""
TEXTS = {"offices": OFFICES, "rooms": ROOMS, "people": PEOPLE, "sessions": SESSIONS}


@pytest.fixture
def bring(site, tmp_path):
    """Import a text, as a file would be."""
    (tmp_path / "ana.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")

    def bring(kind, text, **options):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        return import_sheet(site, SheetKind(kind), file, NOW, **options)

    return bring


@pytest.fixture
def company(bring):
    for kind, text in TEXTS.items():
        bring(kind, text)


def mistakes_of(bring, kind, text, **options):
    with pytest.raises(Misfilled) as caught:
        bring(kind, text, **options)
    return caught.value.mistakes


def rows(site, table):
    with site.store.reading() as connection:
        return [row._asdict() for row in connection.execute(select(table))]


def one(site, table, column, value):
    return next(row for row in rows(site, table) if row[column] == value)


def agree(site, session_id, room_id, people, start=datetime(2027, 3, 10, 12, tzinfo=UTC)):
    with site.store.writing() as connection:
        connection.execute(
            update(t.session)
            .where(t.session.c.id == session_id)
            .values(state="agreed", start=start, room_id=room_id)
        )
        ids = connection.execute(select(t.person.c.id).where(t.person.c.email.in_(people))).scalars().all()
        connection.execute(
            insert(t.seat),
            [{"session_id": session_id, "person_id": who, "state": "invited", "since": NOW} for who in ids],
        )


def test_a_company_is_imported_whole(site, company):
    assert one(site, t.office, "id", "london")["hours"]["fri"] == ["08:00", "18:30"]
    closed = rows(site, t.office_closure)
    assert [(each["day"], each["reason"]) for each in closed] == [(date(2027, 3, 26), "Good Friday")]
    assert not closed[0]["holiday"]
    loft = one(site, t.room, "id", "loft")
    assert (loft["capacity"], loft["shared"], loft["uses"]) == (14, True, ["coworking"])
    assert {row["role"] for row in rows(site, t.membership)} == {"senior", "junior"}
    assert len(rows(site, t.membership)) == 5
    assert [row["name"] for row in rows(site, t.programme)] == [FIRST_PROGRAMME]


def test_every_sheet_imported_twice_changes_nothing(bring, company):
    for kind, text in TEXTS.items():
        report = bring(kind, text)
        assert report.lines == (), kind
        assert report.unchanged == text.strip().count("\n"), kind


def test_what_is_empty_takes_its_default(site, company):
    ana, ben = (
        one(site, t.person, "email", "ana@example.org"),
        one(site, t.person, "email", "ben@example.org"),
    )
    assert ana["timezone"] == "Europe/London"
    assert ana["min_sessions_per_office_day"] == 2
    assert ben["min_sessions_per_office_day"] == 1
    lunch, desk = one(site, t.session, "id", "lunch"), one(site, t.session, "id", "desk")
    assert (lunch["minutes"], lunch["between_from"], lunch["office_id"]) == (60, "11:30", "london")
    assert (desk["seats_min"], desk["seats_max"], desk["room_use"]) == (2, 8, "coworking")
    assert desk["last_day"] == date(2027, 3, 21)
    assert one(site, t.session, "id", "coffee")["office_id"] is None


def test_a_calendar_path_starts_at_the_files_folder(site, company, tmp_path):
    assert one(site, t.person, "email", "ana@example.org")["calendar"] == f"ics:{tmp_path}/ana.ics"
    assert one(site, t.person, "email", "cy@example.org")["calendar"] is None


def test_a_change_says_what_was_and_what_is(bring, company):
    report = bring("rooms", ROOMS.replace("Park,8,meeting lunch", "Park,10,meeting"))

    assert [line.changes for line in report.lines] == [("capacity: 8 → 10", "uses: lunch meeting → meeting")]
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)


def test_the_path_of_a_calendar_url_is_not_told(bring, company):
    report = bring("people", PEOPLE.replace("private-8c1", "private-9d2"))

    assert "private" not in str(report)
    assert "calendar.example.org" in str(report)


def test_a_column_left_out_stays_as_it_is(site, bring, company):
    bring("people", "email,name,role\nana@example.org,Ana de Sousa,senior\n")

    ana = one(site, t.person, "email", "ana@example.org")
    assert ana["name"] == "Ana de Sousa"
    assert ana["calendar"].endswith("ana.ics")
    assert {row["office_id"] for row in rows(site, t.person_office) if row["person_id"] == ana["id"]} == {
        "london"
    }


def test_people_who_are_not_named_stay(site, bring, company):
    bring("people", "email,name,role,offices\nnew@example.org,Newt Li,junior,london\n")

    assert len(rows(site, t.person)) == 5


def test_a_dry_run_says_the_same_and_writes_nothing(site, bring):
    wet_would_say = bring("offices", OFFICES, dry_run=True)

    assert rows(site, t.office) == []
    assert rows(site, t.programme) == []
    assert bring("offices", OFFICES) == wet_would_say


def test_one_mistake_keeps_everything_out(site, bring, company):
    before = rows(site, t.room)

    mistakes = mistakes_of(bring, "rooms", ROOMS.replace("Park,8", "Park,9") + "attic,paris,,4,lunch,,,\n")

    assert list(mistakes) == ["rooms.csv:4 office"]
    assert "london" in mistakes["rooms.csv:4 office"]
    assert rows(site, t.room) == before


def test_the_same_person_twice_is_refused_whatever_the_letters(bring, company):
    mistakes = mistakes_of(
        bring,
        "people",
        "email,name,role,offices\nzo\u00eb@example.org,Zoë,junior,london\nZOE\u0308@example.org,Zoë,junior,london\n"
        "z.oe@example.org,Zoe,junior,london\n",
    )

    assert mistakes == {"people.csv:3 email": "zoë@example.org stands in line 2 already"}


@pytest.mark.parametrize(
    "calendar", ["notes:ana@example.org", "ana.ics", "ics:", "https://example.org/ana.ics"]
)
def test_a_calendar_of_an_unknown_kind_is_refused_with_the_kinds_there_are(bring, company, calendar):
    mistakes = mistakes_of(
        bring, "people", f"email,name,role,offices,calendar\nana@example.org,Ana,senior,london,{calendar}\n"
    )

    assert "ics:" in mistakes["people.csv:2 calendar"]


@pytest.mark.parametrize("kind", SheetKind)
@pytest.mark.parametrize("text", ["", "\n", "a\n1\n", "id\nx\n", ",,,\n,,,\n", "email;name\nx;y\n"])
def test_a_file_with_the_wrong_columns_is_refused_not_a_crash(bring, company, kind, text):
    assert f"{kind}.csv:1" in str(mistakes_of(bring, kind, text))


def in_cohorts(*cohorts: str) -> str:
    people = zip(("ben", "cy", "dee", "eve"), cohorts, strict=False)
    rows = [f'{name}@example.org,{name.title()},junior,london,"{cohort}"' for name, cohort in people]
    return "\n".join(["email,name,role,offices,cohort", *rows])


def test_a_cohort_is_written_alike_in_every_row(bring, company):
    mistakes = mistakes_of(bring, "people", in_cohorts("c8", "C8 ", "c8", "C 8"))

    assert mistakes == {
        "people.csv:3 cohort": "C8 and c8 differ in capitals or spaces only; did you mean c8?",
        "people.csv:5 cohort": "C 8 and c8 differ in capitals or spaces only; did you mean c8?",
    }


def test_a_cohort_is_written_as_by_who_is_in_it_until_all_of_it_is_renamed(bring, company):
    bring("people", in_cohorts("c8", "c8"))

    mistakes = mistakes_of(bring, "people", in_cohorts("c8", "c8", "C8", "C8").replace("cy@", "gus@"))
    assert set(mistakes) == {"people.csv:4 cohort", "people.csv:5 cohort"}
    assert bring("people", in_cohorts("C8", "C8", "C8")).changed == 3


def test_cohorts_that_were_written_otherwise_before_may_stay(site, bring, company):
    bring("people", in_cohorts("c8", "c9"))
    with site.store.writing() as connection:
        written = t.participation.c.cohort == "c9"
        connection.execute(update(t.participation).where(written).values(cohort="C8"))

    assert bring("people", in_cohorts("c8", "C8")).changed == 0


@pytest.mark.parametrize("cohort", ["c1, c2", "c1;c2"])
def test_nobody_is_in_two_cohorts(bring, company, cohort):
    mistakes = mistakes_of(bring, "people", in_cohorts("c1", cohort))

    assert mistakes == {
        "people.csv:3 cohort": f"{cohort}: one cohort each; please name the one they learn with"
    }


def test_a_calendar_file_that_is_missing_is_only_noted(bring, company):
    report = bring("people", PEOPLE.replace("ics:ana.ics", "ics:anna.ics"))

    assert "no such calendar file" in report.lines[0].note


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("coworking,,cy@example.org,ben@example.org,2027-03-08,,", "senior"),
        ("coworking,,ana@example.org,ben@example.org eve@example.org,2027-03-08,,", "juniors"),
        ("coworking,,ana@example.org,ben@example.org,2027-03-08,,", "juniors"),
        ("individual_lunch,,ana@example.org,ana@example.org,2027-03-08,,", "juniors"),
        ("individual_lunch,,ana@example.org,ben@example.org,2027-03-08,2027-03-07,", "last_day"),
        ("individual_lunch,,ana@example.org,ben@example.org,2027-03-08,,newyork", "senior"),
        ("individual_lunch,,dee@example.org,ben@example.org,2027-03-08,,", "office"),
        ("lunching,,ana@example.org,ben@example.org,2027-03-08,,", "kind"),
    ],
)
def test_a_session_that_can_never_be_is_refused(bring, company, cells, column):
    mistakes = mistakes_of(
        bring, "sessions", f"id,kind,title,senior,juniors,first_day,last_day,office\nx,{cells}\n"
    )

    assert f"sessions.csv:2 {column}" in mistakes


def test_numbers_of_a_session_that_contradict_each_other_are_all_named(bring, company):
    mistakes = mistakes_of(
        bring,
        "sessions",
        "id,kind,senior,juniors,required,seats,open_seats,minutes,between,first_day,office,room_use\n"
        "x,coworking,ana@example.org,ben@example.org cy@example.org,dee@example.org,2-3,2,90,11:30-12:30,"
        "2027-03-08,online,meeting\n",
    )

    assert {place.split()[1] for place in mistakes} == {"required", "open_seats", "between", "room_use"}


def test_a_room_is_not_made_smaller_than_what_is_agreed_in_it(site, bring, company):
    agree(site, "desk", "loft", ["ben@example.org", "cy@example.org"])

    mistakes = mistakes_of(bring, "rooms", ROOMS.replace("Loft,14", "Loft,2"))
    report = bring("rooms", ROOMS.replace("Loft,14", "Loft,3"))

    assert "3 people have agreed" in mistakes["rooms.csv:3"]
    assert "desk" in mistakes["rooms.csv:3"]
    assert report.lines[0].changes == ("capacity: 14 → 3",)


def test_a_room_in_use_does_not_move_to_another_office(site, bring, company):
    agree(site, "desk", "loft", ["ben@example.org", "cy@example.org"])

    assert "rooms.csv:3 office" in mistakes_of(bring, "rooms", ROOMS.replace("loft,london", "loft,newyork"))


def test_an_office_does_not_close_over_what_is_agreed(site, bring, company):
    agree(site, "desk", "loft", ["ben@example.org", "cy@example.org"])

    closed = mistakes_of(bring, "offices", OFFICES.replace("2027-03-26 Good Friday", "2027-03-10 Party"))
    shorter = mistakes_of(bring, "offices", OFFICES.replace("08:00-18:30", "08:00-13:30"))

    assert "desk" in closed["offices.csv:2 closed"]
    assert "desk" in shorter["offices.csv:2 hours"]
    assert bring("offices", OFFICES.replace("08:00-18:30", "08:00-14:00")).changed == 1


def test_an_agreed_session_is_not_changed_by_a_file(site, bring, company):
    agree(site, "desk", "loft", ["ben@example.org", "cy@example.org"])

    assert (
        "call it off"
        in mistakes_of(bring, "sessions", SESSIONS.replace("desk,coworking,", "desk,coworking,Quiet"))[
            "sessions.csv:3"
        ]
    )
    assert bring("sessions", SESSIONS).lines == ()


def test_a_session_that_a_senior_is_asked_about_is_not_changed_by_a_file(site, bring, company):
    ana = one(site, t.person, "email", "ana@example.org")["id"]
    with site.store.writing() as connection:
        connection.execute(
            insert(t.proposal).values(
                id=1,
                programme_id=1,
                senior_id=ana,
                day=date(2027, 3, 10),
                state="proposed",
                created_at=NOW,
                left_out=[],
                facts={},
            )
        )
        connection.execute(
            insert(t.placement).values(
                proposal_id=1, session_id="lunch", start=datetime(2027, 3, 10, 12, tzinfo=UTC)
            )
        )

    assert (
        "proposal"
        in mistakes_of(bring, "sessions", SESSIONS.replace("How to say no", "How to say yes"))[
            "sessions.csv:2"
        ]
    )


def test_one_person_may_be_a_senior_here_and_a_junior_there(site, bring, company):
    bring("people", "email,name,role\nana@example.org,Ana Sousa,junior\n", programme="Reverse mentoring")

    roles = {(row["programme_id"], row["role"]) for row in rows(site, t.membership) if row["person_id"] == 1}
    assert roles == {(1, "senior"), (2, "junior")}


def test_with_two_programmes_one_has_to_be_named(bring, company):
    bring("people", "email,name,role\nana@example.org,Ana Sousa,junior\n", programme="Reverse mentoring")

    assert "Reverse mentoring" in mistakes_of(bring, "people", PEOPLE)["--programme"]


def test_a_formula_is_a_name(site, bring, company):
    bring("people", 'email,name,role,timezone\neve@example.org,"=HYPERLINK(""http://x"")",junior,UTC\n')

    assert one(site, t.person, "email", "eve@example.org")["name"] == '=HYPERLINK("http://x")'


def test_ten_thousand_people_need_a_handful_of_statements(site, bring, company, tmp_path):
    file = tmp_path / "many.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["email", "name", "role", "offices", "calendar", "hours"])
        writer.writerows(
            [f"p{n}@example.org", f"Person {n}", "junior", "london", f"ics:c/{n}.ics", "mon-fri 09:00-17:30"]
            for n in range(10_000)
        )
    statements = counted(site)

    report = import_sheet(site, SheetKind.PEOPLE, file, NOW)

    assert report.new == 10_000
    assert len(statements) < 25
    with site.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(t.person_office)).scalar_one() == 10_005


def counted(site) -> list[str]:
    statements: list[str] = []
    event.listen(site.store.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    return statements


def test_the_sample_of_each_help_is_a_row_that_can_be_read(tmp_path):
    for kind, columns in SHEETS.items():
        file = Path(tmp_path / f"{kind}.csv")
        with file.open("w", newline="") as stream:
            csv.writer(stream).writerows([[c.name for c in columns], [c.example for c in columns]])
        mistakes = Mistakes(file.name)

        assert len(read_sheet(file, columns, mistakes)) == 1
        assert mistakes.found == {}


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "0",
            "2027-03-08",
            "ana@example.org",
            "ben@example.org dee@example.org",
            "london",
            "online",
            "senior junior",
            "coworking",
            "individual_lunch",
            "3-6",
            "09:00-17:00",
            "mon-fri 09:00-17:00",
            "ics:a.ics",
            "tue",
            "none",
        ]
    ),
    st.text(max_size=12),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_a_file_says_it_is_imported_or_refused_in_words(site, company, tmp_path, data):
    kind = data.draw(st.sampled_from(SheetKind))
    columns = SHEETS[kind]
    used = data.draw(st.lists(st.sampled_from(columns), unique_by=lambda column: column.name))
    used += [column for column in columns if column.required and column not in used]
    rows_drawn = data.draw(
        st.lists(
            st.tuples(*(st.one_of(st.just(column.example), CELLS) for column in used)), min_size=1, max_size=3
        )
    )
    file = tmp_path / "drawn.csv"
    with file.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        csv.writer(stream).writerows([[column.name for column in used], *rows_drawn])

    try:
        report = import_sheet(site, kind, file, NOW, dry_run=True)
    except Misfilled as refused:
        assert all(place.startswith("drawn.csv") and text for place, text in refused.mistakes.items())
    else:
        assert len(report.lines) + report.unchanged <= len(rows_drawn)


@pytest.mark.parametrize(
    "calendar", ["google:Ana@example.org", "microsoft: ana@example.org", "CALDAV:/ana/c/"]
)
def test_a_calendar_of_each_system_is_kept_with_its_kind(bring, company, site, calendar):
    bring("people", f"email,name,role,offices,calendar\nana@example.org,Ana,senior,london,{calendar}\n")

    kind, _, address = calendar.partition(":")
    kept = one(site, t.person, "email", "ana@example.org")
    assert kept["calendar"] == f"{kind.lower()}:{address.strip()}"

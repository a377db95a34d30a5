import os
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select, update

from web.cli import main
from web.config import load_config
from web.operations.findings import Level
from web.operations.health import examine
from web.operations.roster import import_sheet
from web.sheets.columns import SheetKind
from web.site import open_site, utc_now
from web.store import tables as t


@pytest.fixture(autouse=True)
def in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("OFFICEDAY_")]:
        monkeypatch.delenv(variable)


@pytest.fixture
def settled(tmp_path):
    """An installation with an office, an admin, a senior with a calendar and a junior without."""
    site = open_site(load_config())
    for kind, text in {
        "offices": "id,name,timezone\nlondon,London,Europe/London\n",
        "people": "email,name,role,offices,calendar\nrobin@example.org,Robin,admin,london,\n"
        "ana@example.org,Ana,senior,london,ics:ana.ics\nben@example.org,Ben,junior,london,\n",
    }.items():
        (tmp_path / f"{kind}.csv").write_text(text)
        import_sheet(site, SheetKind(kind), tmp_path / f"{kind}.csv", utc_now())
    with site.store.writing() as connection:  # whose calendars may be read is for test_notice
        connection.execute(update(t.person).values(told_at=utc_now() - timedelta(days=30)))
    yield site
    site.store.close()


def read(site, ago: timedelta, reason: str | None = None) -> None:
    at = utc_now() - ago
    with site.store.writing() as connection:
        connection.execute(
            insert(t.reading).values(
                person_id=2,
                read_at=at,
                window_start=at,
                window_end=at + timedelta(weeks=6),
                reason=reason,
                warnings=[],
            )
        )


def doctor(*options: str):
    return CliRunner().invoke(main, ["doctor", *options])


def found(level: Level, what: str) -> list[str]:
    config = load_config()
    return [one.says for one in examine(config, None, utc_now()) if (one.level, one.what) == (level, what)]


def test_a_new_installation_has_nothing_wrong_and_is_left_as_it_is(tmp_path):
    said = doctor()

    assert said.exit_code == 0
    assert "is not there yet" in said.output
    assert "secret key: will be made" in said.output
    assert list(tmp_path.iterdir()) == []


def test_every_mistake_of_the_configuration_is_a_failure(tmp_path):
    (tmp_path / "config.toml").write_text('[site]\nnmae = 1\n[mail]\nsecurity = "ssl"\n')

    said = doctor()

    assert said.exit_code == 1
    assert said.output.count("fail  configuration") == 2
    assert "did you mean name?" in said.output


def test_what_is_settled_is_said_with_its_figures(settled):
    read(settled, timedelta(hours=3))

    said = doctor()

    assert said.exit_code == 0
    assert "1 admin, 1 junior, 1 senior" in said.output
    assert "calendars (ics): 1, the oldest reading 3 hours old" in said.output
    assert "1 person has none" in said.output
    assert "ok    secret key: " in said.output
    assert "will be made" not in said.output  # the first start made it


def test_a_calendar_that_was_never_read_or_long_ago_is_a_warning(settled):
    assert found(Level.WARN, "calendars (ics)") == ["1 of 1 were never read"]

    read(settled, timedelta(days=9))

    assert found(Level.WARN, "calendars (ics)") == ["1, the oldest reading 9 days old"]


def test_reasons_are_counted_and_people_not_named(settled):
    read(settled, timedelta(hours=1), "The calendar is cut off.")

    assert found(Level.WARN, "calendars (ics)") == ["1 person's time is unknown: The calendar is cut off."]
    assert "ana@example.org" not in doctor().output


def test_a_reading_from_the_future_means_that_the_clock_is_wrong(settled):
    read(settled, -timedelta(hours=1))

    assert found(Level.FAIL, "calendars (ics)") == ["a reading is from the future"]


def test_no_admin_is_a_warning(settled):
    with settled.store.writing() as connection:
        connection.execute(update(t.membership).where(t.membership.c.role == "admin").values(role="junior"))

    assert found(Level.WARN, "people") == ["2 juniors, 1 senior; no admin"]


def test_a_database_is_made_for_its_owner_only_and_one_open_to_all_is_a_warning(settled, tmp_path):
    file = tmp_path / "var" / "officeday.db"
    assert found(Level.WARN, "database") == []

    file.chmod(0o644)

    assert "open to every user" in found(Level.WARN, "database")[0]


def test_a_database_that_is_none_is_a_failure(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "officeday.db").write_text("my thesis, " * 100)

    said = doctor()

    assert said.exit_code == 1
    assert "fail  database" in said.output
    assert "secret key" in said.output


def test_the_queue_is_not_the_database(tmp_path):
    (tmp_path / "config.toml").write_text('[database]\nqueue = "var/officeday.db"\n')

    assert "is the database itself" in found(Level.FAIL, "queue")[0]


def test_a_mail_server_that_does_not_answer_is_a_failure(tmp_path):
    (tmp_path / "config.toml").write_text('[mail]\nsmtp_host = "127.0.0.1"\nsmtp_port = 1\n')

    assert "127.0.0.1:1" in found(Level.FAIL, "mail")[0]
    assert doctor().exit_code == 1


def test_redirected_mail_and_demo_mode_are_warnings(tmp_path):
    (tmp_path / "config.toml").write_text('[site]\ndemo = true\n[mail]\nredirect_to = "test@example.org"\n')

    assert "test@example.org" in found(Level.WARN, "mail")[0]
    assert "demo mode" in found(Level.WARN, "configuration")[0]


def test_a_secret_key_that_others_can_read_is_a_warning(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text("k" * 64)
    (tmp_path / "var" / "secret.key").chmod(0o644)

    assert "open to every user" in found(Level.WARN, "secret key")[0]


def test_a_dask_scheduler_that_does_not_answer_is_told(settled, monkeypatch):
    monkeypatch.setenv("OFFICEDAY_PLANNER__EXECUTOR", "dask:tcp://127.0.0.1:9")

    (says,) = [each for each in found(Level.WARN, "planner") if "127.0.0.1:9" in each]
    assert "planning on this machine alone" in says


def test_rooms_that_have_a_calendar_are_looked_at_too(settled):
    moment = utc_now()
    with settled.store.writing() as connection:
        rooms = [("park", "google:park@x.example"), ("hall", "google:hall@x.example"), ("yard", None)]
        for room_id, calendar in rooms:
            room = {"id": room_id, "office_id": "london", "name": room_id, "capacity": 4, "uses": ["lunch"]}
            connection.execute(insert(t.room).values(**room, shared=False, features=[], calendar=calendar))
        connection.execute(
            insert(t.room_reading).values(
                room_id="park",
                read_at=moment,
                window_start=moment,
                window_end=moment + timedelta(days=30),
                reason="This calendar is not shown to us.",
                warnings=[],
            )
        )

    assert found(Level.WARN, "rooms' calendars (google)") == [
        "1 of 2 were never read",
        "1 room's time is unknown: This calendar is not shown to us.",
    ]


def test_events_on_the_way_and_those_that_could_not_be_written(settled):
    with settled.store.writing() as connection:
        programme = connection.execute(select(t.programme.c.id)).scalar_one()
        senior = connection.execute(select(t.person.c.id).where(t.person.c.name == "Ana")).scalar_one()
        for number, problem in enumerate([None, "The organizer's calendar is full.", None]):
            connection.execute(
                insert(t.session).values(
                    id=f"s{number}",
                    programme_id=programme,
                    kind="coffee_roulette",
                    title="",
                    senior_id=senior,
                    seats_min=1,
                    seats_max=1,
                    minutes=30,
                    between_from="09:00",
                    between_to="17:00",
                    first_day=date(2027, 3, 8),
                    last_day=date(2027, 3, 12),
                )
            )
            connection.execute(
                insert(t.calendar_event).values(
                    key=f"{number}" * 32,
                    organizer="google:a@example.org",
                    session_id=f"s{number}",
                    wanted={},
                    wanted_version=1,
                    written_version=int(number == 2),
                    next_attempt_at=utc_now(),
                    problem=problem,
                )
            )

    assert found(Level.OK, "events") == ["1 on the way; officeday serve writes them"]
    assert found(Level.WARN, "events") == ["1 event could not be written: The organizer's calendar is full."]

"""Promise P12: who was erased stays erased, also where an old backup is brought back.

Somebody with a life in every table is erased. Their name, address and words are then in no file of ours:
database, write-ahead log, mails in files, log. A backup from before is put in place of the database, and the
site that opens it has forgotten them before it answers anything.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, text, update

from connectors.sealed import WrongKey
from tests.web.company import a_company, agree_coworking, at, member
from tests.web.databases import of_files
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, draft_a_day, version_of
from web import jobs
from web.cli import main
from web.config import Config
from web.errors import Misfilled, NotFound, Refused
from web.operations import calendars, erasure, own_data, proposals, runs, seats
from web.operations.roster import import_sheet
from web.pages import create_app
from web.sheets.columns import SheetKind
from web.site import Site, open_site
from web.store import Store, personal
from web.store import tables as t
from web.store.privacy import Pointer, is_about_people, pointer_of

NAME, ADDRESS, WORDS = "Zoë Quagmire-Canary", "zoe.canary@example.org", "canarywords"
HOUR = timedelta(hours=1)


def canaries() -> list[bytes]:
    """The name, the address and their words, in every spelling that a file of ours may hold."""
    said = [NAME, ADDRESS, WORDS, "Quagmire", "zoe.canary"]
    return [each.encode() for each in said] + [NAME.encode("utf-16-le"), b"Zo\\u00eb"]


def a_life(folder: Path) -> tuple[Site, int]:
    """Aisha under another name: asked, answered, booked, wrote, was written to; rows in every table."""
    site = a_company(folder)
    priya, aisha = member(site, "priya"), member(site, "aisha").person.id
    calendars.sync(site, None, NOW)
    run_id = draft_a_day(site)
    with site.store.writing() as connection:
        connection.execute(update(t.person).where(t.person.c.id == aisha).values(_filled()))
    runs.release(site, run_id, member(site, "ada"), NOW)
    with site.store.reading() as connection:
        day = connection.execute(select(t.proposal.c.id)).scalar_one()
    jobs.run_due(site)
    proposals.approve(site, day, version_of(site, day), priya, (), NOW)
    jobs.run_due(site)
    seats.book(site, agree_coworking(site, 3), _as_member(site, aisha), NOW)
    with site.store.writing() as connection:
        _rows_everywhere(connection, priya.programme_id, aisha, priya.person.id, day)
    jobs.run_due(site)
    return site, aisha


def _as_member(site: Site, person_id: int):
    from web.store import people

    with site.store.reading() as connection:
        return people.members(connection, person_id=person_id)[0]


def _filled() -> dict[object, object]:
    """A canary in every column of theirs that takes words."""
    values = {}
    for column in t.person.columns:
        if (
            column.name in ("id", "erased_at", "refused_at", "asked_erasure_at", "hours")
            or column.foreign_keys
        ):
            continue
        if column.name in ("languages", "topics", "room_needs"):
            values[column] = [WORDS]
        if column.name == "formats_not":  # kinds of sessions, in which nobody can write a word
            values[column] = ["coffee_roulette"]
        if column.name == "stated_hours":
            values[column] = {"tue": ["10:00", "12:00"], "note": WORDS}
    return values | {t.person.c.name: NAME, t.person.c.email: ADDRESS}


def _rows_everywhere(connection, programme_id: int, aisha: int, priya: int, day: int) -> None:
    connection.execute(
        insert(t.private_request).values(
            programme_id=programme_id, person_id=aisha, about="topic", text=WORDS, created_at=NOW
        )
    )
    connection.execute(insert(t.never_pair).values(one_id=min(aisha, priya), other_id=max(aisha, priya)))
    connection.execute(insert(t.assistant).values(senior_id=priya, assistant_id=aisha, since=NOW))
    connection.execute(
        insert(t.identity).values(issuer="https://id", subject=WORDS, person_id=aisha, linked_at=NOW)
    )
    connection.execute(
        insert(t.day_question).values(
            cause="busy",
            person_id=aisha,
            proposal_id=day,
            facts={"says": WORDS},
            asked_at=NOW,
            expires_at=NOW,
        )
    )
    connection.execute(
        insert(t.check_in).values(session_id="open-3", person_id=aisha, round=0, at=NOW, by_id=priya)
    )
    connection.execute(
        insert(t.job).values(
            kind="deliver", args={}, state="failed", created_at=NOW, error=f"{ADDRESS} refused"
        )
    )
    about = f"Ask {NAME} ({ADDRESS})"
    connection.execute(update(t.programme).values(support_note=about))
    connection.execute(
        insert(t.objective).values(programme_id=programme_id, statement=about, why=about, kinds=[])
    )
    connection.execute(
        insert(t.training_item).values(
            programme_id=programme_id, title=about, text=about, minutes=5, due_days=7, added_at=NOW
        )
    )
    day_off = {"reason": about, "start": NOW, "end": NOW + HOUR}
    connection.execute(insert(t.room_closure).values(room_id="hall", **day_off))
    connection.execute(
        update(t.proposal)
        .where(t.proposal.c.id == day)
        .values(facts={**_facts(connection, day), "why": [f"{NAME} is free"]})
    )


def _facts(connection, day: int) -> dict[str, object]:
    return connection.execute(select(t.proposal.c.facts).where(t.proposal.c.id == day)).scalar_one()


def residue(folder: Path, besides: set[str] = frozenset()) -> set[str]:
    """Files of ours with a canary in them, mails decoded too."""
    found = set()
    for file in folder.rglob("*"):
        if (
            not file.is_file()
            or file.suffix == ".csv"
            or file.parent.name == "calendars"
            or file.name in besides
        ):
            continue
        said = file.read_bytes()
        if file.suffix == ".eml":
            said += erasure._said_in(file).encode()
        if any(canary in said for canary in canaries()):
            found.add(file.name)
    return found


def backed_up(site: Site, to: Path) -> None:
    with site.store.engine.connect() as connection:
        connection.execute(text("VACUUM INTO :backup"), {"backup": str(to)})


def put_back(backup: Path, config: Config) -> None:
    database = Path(config.database.url.removeprefix("sqlite:///"))
    for part in ("", "-wal", "-shm"):
        Path(f"{database}{part}").unlink(missing_ok=True)
    shutil.copy(backup, database)


@of_files
def test_nothing_of_them_is_left_and_a_backup_that_is_brought_back_forgets_them_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    caplog.set_level(logging.DEBUG)
    site, aisha = a_life(folder)
    assert {"officeday.db"} <= {name.removesuffix("-wal") for name in residue(folder)}
    assert any(name.endswith(".eml") for name in residue(folder))  # there is something to find
    backed_up(site, tmp_path / "backup.db")

    erasure.erase_by_address(site, ADDRESS, NOW + HOUR)
    jobs.run_due(at(site, NOW + HOUR))

    assert residue(folder) == set()
    site.store.close()
    put_back(tmp_path / "backup.db", site.config)
    assert "officeday.db" in residue(folder)
    again = open_site(site.config, clock=lambda: NOW + 2 * HOUR)
    jobs.run_due(again)

    assert residue(folder) == set()
    assert Person(create_app(again), again, "priya").open("/days").status_code == 200
    with again.store.reading() as connection:
        row = connection.execute(select(t.person).where(t.person.c.id == aisha)).one()
    assert (row.name, row.erased_at) == ("Somebody who has left", NOW + 2 * HOUR)
    logged = caplog.text.encode()
    assert not any(canary in logged for canary in canaries())


def test_their_row_says_nothing_any_more_and_no_row_is_theirs_but_counts(tmp_path: Path) -> None:
    site, aisha = a_life(tmp_path)
    with site.store.reading() as connection:
        before = connection.execute(select(t.person).where(t.person.c.id == aisha)).one()._mapping

    erasure.erase_by_address(site, ADDRESS, NOW + HOUR)

    with site.store.reading() as connection:
        after = connection.execute(select(t.person).where(t.person.c.id == aisha)).one()._mapping
        for table, erased in personal.tables().items():
            theirs = [c for c in table.columns if pointer_of(c) in (Pointer.SUBJECT, Pointer.NAMED)]
            left = [
                connection.execute(select(func.count()).select_from(table).where(c == aisha)).scalar_one()
                for c in theirs
            ]
            assert erased is not personal.Erasure.DELETE or not any(left), table
    for column in t.person.columns:
        if is_about_people(column) and before[column.name] in (NAME, ADDRESS, [WORDS]):
            assert after[column.name] != before[column.name], column
    assert WORDS not in str(dict(after))


def test_what_lies_ahead_is_called_off_and_what_was_held_still_counts(tmp_path: Path) -> None:
    site, aisha = a_life(tmp_path)
    with site.store.writing() as connection:  # one session has been
        connection.execute(update(t.session).where(t.session.c.id == "desk").values(start=NOW - 9 * HOUR))
        connection.execute(
            insert(t.seat).values(
                session_id="desk", person_id=aisha, state="invited", since=NOW, attendance="came"
            )
        )

    erasure.erase_by_address(site, ADDRESS, NOW + HOUR)

    with site.store.reading() as connection:
        seats_left = connection.execute(
            select(t.seat.c.session_id, t.seat.c.state).where(t.seat.c.person_id == aisha)
        ).all()
    assert ("desk", "invited") in [tuple(row) for row in seats_left]
    assert all(state in ("cancelled", "declined") for session, state in seats_left if session != "desk")


def test_others_hear_that_a_session_changed_and_not_who_was_erased(tmp_path: Path) -> None:
    site, _ = a_life(tmp_path)
    with site.store.reading() as connection:
        last = connection.execute(select(func.max(t.outbox.c.id))).scalar_one()

    erasure.erase_by_address(site, ADDRESS, NOW + HOUR)

    with site.store.reading() as connection:
        owed = connection.execute(select(t.outbox).where(t.outbox.c.id > last)).all()
    assert owed
    assert all(NAME not in str(row.payload) for row in owed)
    jobs.run_due(at(site, NOW + HOUR))
    with site.store.reading() as connection:
        states = connection.execute(select(t.outbox.c.state).where(t.outbox.c.id > last)).scalars().all()
    assert set(states) == {"sent"}


def test_it_happens_once_and_they_can_no_longer_sign_in(tmp_path: Path) -> None:
    site, _ = a_life(tmp_path)
    aisha = Person(create_app(site), site, None)
    erasure.erase_by_address(site, ADDRESS, NOW + HOUR)

    with pytest.raises(NotFound):
        erasure.erase_by_address(site, ADDRESS, NOW + HOUR)
    aisha.press("/sign-in", "/sign-in", email=ADDRESS)
    jobs.run_due(site)
    with site.store.reading() as connection:
        mails = select(func.count()).where(t.outbox.c.kind == "sign_in")
        assert connection.execute(mails).scalar_one() == 0


def test_an_old_file_does_not_bring_them_back_unless_they_wish_it(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    old = member(site, "aisha").person.id
    erasure.erase_by_address(site, "aisha@example.org", NOW)

    with pytest.raises(Misfilled, match="was erased"):
        import_sheet(site, SheetKind.PEOPLE, tmp_path / "people.csv", NOW)
    report = import_sheet(site, SheetKind.PEOPLE, tmp_path / "people.csv", NOW, again=True)

    assert report.new == 1
    assert member(site, "aisha").person.id != old
    assert erasure.forget_again(site, NOW) == 0
    assert import_sheet(site, SheetKind.PEOPLE, tmp_path / "people.csv", NOW).unchanged == 11


def test_who_came_back_and_was_erased_again_stays_away_whatever_backup_is_brought_back(
    tmp_path: Path,
) -> None:
    site = a_company(tmp_path)
    first = member(site, "aisha").person.id
    erasure.erase_by_address(site, "aisha@example.org", NOW)
    import_sheet(site, SheetKind.PEOPLE, tmp_path / "people.csv", NOW, again=True)
    second = member(site, "aisha").person.id
    erasure.erase_by_address(site, "aisha@example.org", NOW)

    known = erasure.tombstones(site.config)
    for number in (first, second):  # each as a backup of then would bring her back
        assert known.among([(number, "aisha@example.org")]) == [number]
        with site.store.writing() as connection:
            row = update(t.person).where(t.person.c.id == number)
            connection.execute(row.values(email="aisha@example.org", name="Aisha", erased_at=None))
        assert erasure.forget_again(site, NOW) == 1
        assert erasure.forget_again(site, NOW) == 0


def test_the_last_admin_of_a_programme_stays(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    with pytest.raises(Refused, match="somebody else an admin"):
        erasure.erase_by_address(site, "ada@example.org", NOW)
    with site.store.reading() as connection:
        assert not erasure.tombstones(site.config).has("ada@example.org")
        assert (
            connection.execute(select(t.person.c.erased_at).where(t.person.c.name == "Ada")).scalar() is None
        )


def test_the_tombstones_name_nobody_and_are_for_their_owner_only(tmp_path: Path) -> None:
    site, aisha = a_life(tmp_path)
    erasure.erase_by_address(site, ADDRESS, NOW)

    file = erasure.file_of(site.config)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not any(canary in file.read_bytes() for canary in canaries())
    assert erasure.tombstones(site.config).has(ADDRESS.upper())
    assert erasure.tombstones(site.config).among([(aisha, ADDRESS), (aisha + 1, ADDRESS)]) == [aisha]


def test_with_another_secret_the_site_does_not_open_and_says_why(tmp_path: Path) -> None:
    site, _ = a_life(tmp_path)
    erasure.erase_by_address(site, ADDRESS, NOW)
    (tmp_path / "secret.key").write_text("n" * 48)

    with pytest.raises(WrongKey):
        open_site(site.config)
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{site.store.url}"\nqueue = "queue.db"\n')
    said = CliRunner().invoke(main, ["sync", "--config", str(file)])
    assert said.exit_code == 1
    assert "old_secret_keys_file" in said.output and "erased.txt" in said.output


def test_somebody_else_with_the_number_of_an_erased_person_stays(tmp_path: Path) -> None:
    site, aisha = a_life(tmp_path)
    erasure.tombstones(site.config).add(aisha, "another@example.org")
    assert erasure.forget_again(site, NOW) == 0


def test_somebody_asks_an_admin_looks_and_decides(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    app = create_app(site)
    aisha, ada = Person(app, site, "aisha"), Person(app, site, "ada")
    number = member(site, "aisha").person.id

    aisha.press("/privacy/erasure", "/privacy")
    aisha.press("/privacy/erasure", "/privacy")
    assert "You asked to be erased" in aisha.open("/privacy").text
    jobs.run_due(site)
    assert any("asks_to" in file.name or "-note-ada" in file.name for file in (tmp_path / "outbox").iterdir())
    assert "Aisha" in ada.open("/admin/erasures").text
    assert aisha.open("/admin/erasures").status_code == 404

    looked_at = f"/admin/erasures?person={number}"
    assert "This cannot be undone" in ada.open(looked_at).text
    assert ada.press(f"/admin/erasures/{number}", looked_at).status_code == 303

    assert aisha.open("/privacy").status_code == 303  # to the page where one signs in
    assert "Nobody asks" in ada.open("/admin/erasures").text
    with site.store.reading() as connection:
        actions = connection.execute(select(t.audit_entry.c.action)).scalars().all()
    assert actions.count("person.ask_erasure") == 1
    assert actions.count("person.erase") == 1


def test_who_asked_may_change_their_mind(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    aisha = Person(create_app(site), site, "aisha")
    aisha.press("/privacy/erasure", "/privacy")
    aisha.press("/privacy/erasure/withdraw", "/privacy")
    assert erasure.asked(site, member(site, "ada")) == ()


def test_after_being_erased_an_export_has_nobody_to_find(tmp_path: Path) -> None:
    site, _ = a_life(tmp_path)
    erasure.erase_by_address(site, ADDRESS, NOW)
    with pytest.raises(NotFound):
        own_data.export_by_address(site, ADDRESS, NOW)


def test_the_command_asks_first(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    site.store.close()
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{site.store.url}"\nqueue = "queue.db"\n')
    arguments = ["erase-person", "aisha@example.org", "--config", str(file)]

    left = CliRunner().invoke(main, arguments, input="n\n")
    done = CliRunner().invoke(main, arguments, input="y\n")

    assert left.exit_code == 1
    assert done.exit_code == 0, done.output
    assert "is nobody's any more" in done.output


@of_files
def test_without_rewriting_the_database_something_would_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: rows that are gone still stand in the write-ahead log."""
    monkeypatch.setattr(Store, "compact", lambda _: True)
    site, _ = a_life(tmp_path)

    erasure.erase_by_address(site, ADDRESS, NOW)

    assert residue(tmp_path) == {"officeday.db-wal"}

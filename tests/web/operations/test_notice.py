"""Before a calendar is first read its owner is told, and can say no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from connectors.base import Permission
from connectors.settings import GoogleSettings
from tests.web.company import a_company, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, token_on
from tests.web.post import with_post
from web import jobs
from web.cli import main
from web.config import PrivacyConfig
from web.errors import NotFound, Refused
from web.operations import calendars, first_admin, notice, outbox, retention
from web.operations.roster import import_sheet
from web.pages import create_app
from web.records import SaidKnownRecord
from web.sheets.columns import SheetKind
from web.site import Site
from web.store import access, notices, personal
from web.store import tables as t

HOUR = timedelta(hours=1)
EVERYBODY = 11


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A company that nobody has told yet; a day passes between notice and reading."""
    site = a_company(tmp_path)
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(told_at=None))
    site = replace(site, config=site.config.model_copy(update={"privacy": PrivacyConfig()}))
    with with_post(site, tmp_path / "post") as site:
        yield site


def mails_in(folder: Path) -> list[EmailMessage]:
    parser = BytesParser(policy=default)
    return [parser.parsebytes(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]


def read_of(site: Site) -> int:
    with site.store.reading() as connection:
        return connection.execute(select(func.count()).select_from(t.reading)).scalar_one()


def notices_to(site: Site, name: str) -> list[str]:
    with site.store.reading() as connection:
        mine = (t.outbox.c.kind == "notice") & (t.outbox.c.person_id == member(site, name).person.id)
        return list(connection.execute(select(t.outbox.c.payload["link"].as_string()).where(mine)).scalars())


def link_of(site: Site, name: str) -> str:
    return outbox.signer(site).url("notice", notices_to(site, name)[-1]).removeprefix(site.config.site.url)


def told_and_mailed(site: Site, now: datetime = NOW) -> None:
    calendars.sync(site, None, now)
    jobs.run_due(at(site, now))


def test_nobody_s_calendar_is_read_before_a_day_has_passed_since_their_notice_left(site: Site) -> None:
    told_and_mailed(site)
    assert read_of(site) == 0
    calendars.sync(site, None, NOW + 23 * HOUR)
    assert read_of(site) == 0

    read, unknown = calendars.sync(site, None, NOW + 24 * HOUR)

    assert (read, unknown) == (EVERYBODY, 0)
    assert len(notices_to(site, "aisha")) == 1


def test_while_a_notice_has_not_left_the_calendar_is_not_read(site: Site) -> None:
    calendars.sync(site, None, NOW)  # the mail is owed, and nobody sends it
    calendars.sync(site, None, NOW + 48 * HOUR)
    assert read_of(site) == 0

    jobs.run_due(site)
    calendars.sync(site, None, NOW + 49 * HOUR)

    assert read_of(site) == EVERYBODY


def test_a_notice_that_never_left_keeps_the_calendar_unread_for_good(site: Site) -> None:
    calendars.sync(site, None, NOW)
    with site.store.writing() as connection:
        connection.execute(update(t.outbox).values(state="failed"))

    retention.drop_old(site, NOW + 500 * 24 * HOUR)
    calendars.sync(site, None, NOW + 500 * 24 * HOUR)

    assert read_of(site) == 0


@pytest.mark.parametrize("mail", [{"smtp_host": None}, {"redirect_to": "try@example.org"}], ids=str)
def test_while_mails_reach_nobody_nobody_is_told_and_nobody_is_read(
    site: Site, mail: dict[str, str | None]
) -> None:
    nowhere = site.config.model_copy(update={"mail": site.config.mail.model_copy(update=mail)})
    trying = replace(site, config=nowhere)
    for day in range(3):
        told_and_mailed(trying, NOW + day * 24 * HOUR)
    assert read_of(site) == 0
    assert notices_to(site, "aisha") == []

    told_and_mailed(site, NOW + 72 * HOUR)  # from here on mails go out
    calendars.sync(site, None, NOW + 95 * HOUR)
    assert read_of(site) == 0
    calendars.sync(site, None, NOW + 97 * HOUR)
    assert read_of(site) == EVERYBODY


def test_who_knew_already_is_read_though_mails_reach_nobody(site: Site) -> None:
    mail = site.config.mail.model_copy(update={"smtp_host": None})
    trying = replace(site, config=site.config.model_copy(update={"mail": mail}))
    notice.tell_otherwise(trying, member(site, "ada"), NOW)

    worker_looks_round(trying, NOW + HOUR)

    assert read_of(site) == EVERYBODY
    assert len(notices_to(site, "aisha")) == 1


def test_with_no_hours_of_notice_the_mail_is_owed_before_the_reading(site: Site) -> None:
    at_once = site.config.model_copy(update={"privacy": PrivacyConfig(notice_hours=0)})
    site = replace(site, config=at_once)

    calendars.sync(site, None, NOW)

    assert read_of(site) == EVERYBODY
    assert len(notices_to(site, "aisha")) == 1


def test_asking_for_one_calendar_reads_it_no_sooner(site: Site) -> None:
    calendars.sync(site, [member(site, "aisha").person.id], NOW)
    assert read_of(site) == 0


def test_the_mail_says_what_is_read_what_could_be_and_whom_to_ask(site: Site, tmp_path: Path) -> None:
    told_and_mailed(site)

    mail = next(m for m in mails_in(tmp_path / "post") if "aisha@" in str(m["To"]))
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    words = " ".join(text.split())

    for said in (
        "not before Saturday 6 March, 10:00",
        "when you are busy, tentatively busy, away, or working elsewhere",
        "Titles, places, guests and texts are dropped",
        "to anybody who knows the address",
        "Ada (ada@example.org)",
        link_of(site, "aisha"),
    ):
        assert said in words
    assert link_of(site, "aisha") in html
    assert mail["List-Unsubscribe"] is None  # RFC 8058 wants https


def test_a_mail_program_can_say_no_in_one_click_where_the_site_has_https(site: Site, tmp_path: Path) -> None:
    of_site = site.config.site.model_copy(update={"url": "https://mentoring.example.org"})
    site = replace(site, config=site.config.model_copy(update={"site": of_site}))
    told_and_mailed(site)
    mail = next(m for m in mails_in(tmp_path / "post") if "aisha@" in str(m["To"]))
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(mail["List-Unsubscribe"]).strip("<>").removeprefix("https://mentoring.example.org")

    browser = create_app(site).test_client()  # no cookie, no token of a form
    answer = browser.post(address, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 303
    assert "Your calendar is not read" in browser.get(address).text


def test_looking_at_the_link_changes_nothing_and_pressing_says_no_for_good(site: Site) -> None:
    told_and_mailed(site)
    calendars.sync(site, None, NOW + 24 * HOUR)
    assert read_of(site) == EVERYBODY
    stranger, link = Person(create_app(site), site), link_of(site, "aisha")

    for _ in range(100):
        assert stranger.open(link).status_code == 200
        assert stranger.browser.head(link).status_code == 200
    assert read_of(site) == EVERYBODY
    pressed = stranger.browser.post(link, data={"csrf_token": token_on(stranger.open(link))})

    assert pressed.status_code == 303
    assert read_of(site) == EVERYBODY - 1
    calendars.sync(site, None, NOW + 48 * HOUR)
    assert read_of(site) == EVERYBODY - 1
    with site.store.reading() as connection:
        who = t.audit_entry.c.subject_id == member(site, "aisha").person.id
        assert connection.execute(select(t.audit_entry.c.action).where(who)).scalars().all() == [
            "calendar.refuse"
        ]


def test_what_was_known_of_a_calendar_is_gone_at_once(site: Site, tmp_path: Path) -> None:
    write_calendar(tmp_path, "aisha", [(NOW + 30 * HOUR, NOW + 31 * HOUR)])
    told_and_mailed(site)
    calendars.sync(site, None, NOW + 24 * HOUR)
    aisha = member(site, "aisha")

    notice.refuse(site, aisha, NOW + 25 * HOUR)

    with site.store.reading() as connection:
        whose = t.busy_interval.c.person_id == aisha.person.id
        assert connection.execute(select(func.count()).where(whose)).scalar_one() == 0


def test_a_link_of_somebody_else_s_making_or_out_of_time_says_nothing(site: Site) -> None:
    told_and_mailed(site)
    stranger, link = Person(create_app(site), site), link_of(site, "aisha")

    assert stranger.open(link[:-2] + "xx").status_code == 404
    late = at(site, NOW + notice.LINK_LASTS)
    assert Person(create_app(late), late).open(link).status_code == 409


def test_a_link_that_was_undone_does_not_say_no_again(site: Site) -> None:
    told_and_mailed(site)
    aisha, token = member(site, "aisha"), link_of(site, "aisha").rpartition("/")[2]
    notice.refuse_by_link(site, token, NOW)
    notice.refuse_by_link(site, token, NOW)  # a mail program that asks twice
    notice.allow(site, aisha, NOW)

    with pytest.raises(Refused, match="undone since"):
        notice.refuse_by_link(site, token, NOW)


def test_no_and_yes_again_on_the_page(site: Site) -> None:
    told_and_mailed(site)
    calendars.sync(site, None, NOW + 24 * HOUR)
    person = Person(create_app(site), site, "aisha")

    assert person.press("/what-is-read/refuse", "/what-is-read").location == "/what-is-read"
    assert "Nothing any more" in person.open("/what-is-read").text
    assert read_of(site) == EVERYBODY - 1

    person.press("/what-is-read/allow", "/what-is-read")
    calendars.sync(site, None, NOW + 25 * HOUR)
    assert read_of(site) == EVERYBODY


def test_another_calendar_is_told_of_anew_and_a_no_stays(site: Site, tmp_path: Path) -> None:
    told_and_mailed(site)
    calendars.sync(site, None, NOW + 24 * HOUR)
    notice.refuse(site, member(site, "ben"), NOW)
    for name in ("aisha", "ben"):
        write_calendar(tmp_path, f"{name}-new", [])
    lines = [
        f"{name}@example.org,{name.title()},junior,london,ics:calendars/{name}-new.ics"
        for name in ("aisha", "ben")
    ]
    (tmp_path / "people.csv").write_text("\n".join(["email,name,role,offices,calendar", *lines, ""]))

    import_sheet(site, SheetKind.PEOPLE, tmp_path / "people.csv", NOW + 25 * HOUR)
    told_and_mailed(site, NOW + 25 * HOUR)

    assert read_of(site) == EVERYBODY - 2
    assert (len(notices_to(site, "aisha")), len(notices_to(site, "ben"))) == (2, 1)
    calendars.sync(site, None, NOW + 49 * HOUR)
    assert read_of(site) == EVERYBODY - 1


def test_where_more_is_granted_everybody_there_is_told_and_reading_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = GoogleSettings(client_id="1234", refresh_token_file=Path("/none"))
    connectors = site.config.connectors.model_copy(update={"google": settings})
    site = replace(site, config=site.config.model_copy(update={"connectors": connectors}))
    told_and_mailed(site)
    narrow = Permission("calendar.freebusy", "why", "when you are busy", True)
    wide = Permission("calendar", "not needed", "every event with its title", True)
    with site.store.writing() as connection:
        access.note(connection, "google", [narrow], None, NOW)
        gita = t.person.c.email == "gita@example.org"
        connection.execute(update(t.person).where(gita).values(calendar="google:gita@example.org"))
    monkeypatch.setattr(notice, "granted", lambda *_: (narrow, wide))

    notice.note_access(site, NOW + HOUR)
    notice.note_access(site, NOW + 2 * HOUR)

    assert (len(notices_to(site, "gita")), len(notices_to(site, "aisha"))) == (2, 1)
    with site.store.reading() as connection:
        (left_alone,) = notice.not_read(connection, site.config, NOW + 25 * HOUR)
    assert left_alone[0].startswith("1 person waits")  # Gita's mail; nobody else waits again


# --- told some other way -------------------------------------------------------------------------


def worker_looks_round(site: Site, now: datetime) -> None:
    """What a worker does within some seconds: owe, send, read."""
    then = at(site, now)
    for _ in range(2):
        jobs.look_round(then)
        jobs.run_due(then)


def said_known(site: Site, name: str) -> bool:
    with site.store.reading() as connection:
        return notices.said_of(connection, member(site, name).person.id) is not None


def mail_texts(folder: Path, name: str) -> list[str]:
    mails = [m for m in mails_in(folder / "post") if f"{name}@" in str(m["To"])]
    return [" ".join(m.get_body(("plain",)).get_content().split()) for m in mails]


def test_who_knew_already_is_read_as_soon_as_the_mail_has_left_and_not_before(site: Site) -> None:
    notice.tell_otherwise(site, member(site, "ada"), NOW)
    calendars.sync(site, None, NOW)  # the mail is owed, and nobody has sent it
    calendars.sync(site, None, NOW + HOUR)
    assert read_of(site) == 0

    worker_looks_round(site, NOW + 2 * HOUR)

    assert read_of(site) == EVERYBODY


def test_the_mail_names_who_said_so_and_still_says_no_in_one_press(site: Site, tmp_path: Path) -> None:
    worker_looks_round(site, NOW)
    (first,) = mail_texts(tmp_path, "aisha")
    assert "not before Saturday 6 March" in first

    notice.tell_otherwise(site, member(site, "ada"), NOW + HOUR)
    worker_looks_round(site, NOW + HOUR)

    (second,) = [text for text in mail_texts(tmp_path, "aisha") if text != first]
    assert "Ada told us that you know of this already" in second
    assert "not before" not in second
    subjects = [str(m["Subject"]) for m in mails_in(tmp_path / "post") if "aisha@" in str(m["To"])]
    assert sorted(subjects) == [
        "We read when you are busy from now on, and how to say no",
        "What we read of your calendar, and how to say no",
    ]
    notice.refuse_by_link(site, link_of(site, "aisha").rpartition("/")[2], NOW + HOUR)
    assert read_of(site) == EVERYBODY - 1


def test_a_notice_that_has_not_left_is_replaced_and_not_sent_beside_the_new_one(
    site: Site, tmp_path: Path
) -> None:
    notice.tell(site, NOW)
    notice.tell_otherwise(site, member(site, "ada"), NOW)
    worker_looks_round(site, NOW)

    assert len(mail_texts(tmp_path, "aisha")) == 1
    assert len(notices_to(site, "aisha")) == 1


def test_whoever_said_no_stays_unread_whatever_an_admin_says(site: Site) -> None:
    notice.refuse(site, member(site, "ben"), NOW)

    assert notice.tell_otherwise(site, member(site, "ada"), NOW) == EVERYBODY - 1
    worker_looks_round(site, NOW)

    assert read_of(site) == EVERYBODY - 1
    assert notices_to(site, "ben") == []


def test_who_comes_later_or_gets_another_calendar_has_the_usual_hours(site: Site, tmp_path: Path) -> None:
    notice.tell_otherwise(site, member(site, "ada"), NOW)
    worker_looks_round(site, NOW)
    for name in ("aisha-new", "zoe"):
        write_calendar(tmp_path, name, [])
    (tmp_path / "people.csv").write_text(
        "email,name,role,offices,calendar\n"
        "aisha@example.org,Aisha,junior,london,ics:calendars/aisha-new.ics\n"
        "zoe@example.org,Zoe,junior,london,ics:calendars/zoe.ics\n"
    )

    import_sheet(site, SheetKind.PEOPLE, tmp_path / "people.csv", NOW + HOUR)
    worker_looks_round(site, NOW + 2 * HOUR)

    assert read_of(site) == EVERYBODY - 1  # neither Aisha's new calendar nor Zoe's
    assert not said_known(site, "aisha")
    assert said_known(site, "ben")
    assert "not before Saturday 6 March, 12:00" in mail_texts(tmp_path, "zoe")[0]
    calendars.sync(site, None, NOW + 26 * HOUR)
    assert read_of(site) == EVERYBODY + 1


def test_an_admin_speaks_for_their_own_programme_only(site: Site) -> None:
    first_admin.make_admin(site, "olga@example.org", NOW, programme="Autumn")
    olga = member(site, "olga")

    with pytest.raises(Refused, match="Nobody’s calendar waits"):
        notice.tell_otherwise(site, olga, NOW)
    with pytest.raises(NotFound):
        notice.tell_otherwise(site, member(site, "priya"), NOW)

    assert not said_known(site, "aisha")


def test_it_can_be_taken_back_until_a_calendar_is_read(site: Site, tmp_path: Path) -> None:
    ada = member(site, "ada")
    notice.tell_otherwise(site, ada, NOW)
    assert notice.take_back(site, ada, NOW) == EVERYBODY
    assert not said_known(site, "aisha")

    worker_looks_round(site, NOW)
    assert read_of(site) == 0
    assert "not before Saturday 6 March, 10:00" in mail_texts(tmp_path, "aisha")[0]

    notice.tell_otherwise(site, ada, NOW + HOUR)
    worker_looks_round(site, NOW + HOUR)
    with pytest.raises(Refused, match="have been read already"):
        notice.take_back(site, ada, NOW + HOUR)
    assert said_known(site, "aisha")


def test_both_are_put_on_record_with_who_and_of_how_many(site: Site) -> None:
    ada = member(site, "ada")
    notice.tell_otherwise(site, ada, NOW)
    notice.take_back(site, ada, NOW)

    with site.store.reading() as connection:
        a = t.audit_entry.c
        rows = connection.execute(
            select(a.action, a.actor_id, a.details).where(a.action.startswith("calendars."))
        )
        assert [tuple(row) for row in rows] == [
            ("calendars.known_already", ada.person.id, {"people": EVERYBODY}),
            ("calendars.take_back", ada.person.id, {"people": EVERYBODY}),
        ]


def test_everybody_can_see_who_said_it_and_when(site: Site) -> None:
    notice.tell_otherwise(site, member(site, "ada"), NOW)
    worker_looks_round(site, NOW)
    aisha = Person(create_app(site), site, "aisha")

    own = " ".join(re.sub("<[^>]+>", "", aisha.open("/what-is-read").text).split())
    all_of_it = " ".join(re.sub("<[^>]+>", "", aisha.open("/privacy").text).split())

    assert "Ada said on Friday 5 March that you knew already" in own
    assert "Ada said on Friday 5 March that those then on the roster of" in all_of_it


def test_an_admin_confirms_it_on_a_page_and_takes_it_back_there(site: Site) -> None:
    ada = Person(create_app(site), site, "ada")
    page = "/admin/start/known-already"
    assert "11 calendars are not read yet" in ada.open(page).text

    assert ada.press(page, page).location == "/admin/start"

    jobs.run_due(site)
    assert read_of(site) == 0  # the mails have just left
    assert "Take it back" in ada.open(page).text
    assert ada.press(f"{page}/take-back", page).status_code == 303
    assert "11 calendars are not read yet" in ada.open(page).text


def test_of_a_mail_that_could_not_leave_the_calendar_stays_unread(site: Site) -> None:
    notice.tell_otherwise(site, member(site, "ada"), NOW)
    notice.tell(site, NOW)
    with site.store.writing() as connection:
        failed = t.outbox.c.person_id == member(site, "aisha").person.id
        connection.execute(update(t.outbox).where(failed).values(state="failed"))

    worker_looks_round(site, NOW)

    assert read_of(site) == EVERYBODY - 1


def test_erasing_whoever_said_it_leaves_that_it_was_said(site: Site) -> None:
    ada = member(site, "ada")
    notice.tell_otherwise(site, ada, NOW)
    with site.store.writing() as connection:
        personal.erase(connection, ada.person.id, NOW)
        (said,) = notices.said_in(connection, ada.programme_id)

    assert said == SaidKnownRecord(NOW, None)
    notice.tell(site, NOW)
    assert len(notices_to(site, "aisha")) == 1


def test_in_the_demo_nobody_is_told(tmp_path: Path) -> None:
    site = a_company(tmp_path, demo=True)
    with site.store.writing() as connection:
        connection.execute(update(t.person).values(told_at=None))

    assert calendars.sync(site, None, NOW) == (EVERYBODY, 0)
    assert notices_to(site, "aisha") == []


def test_sync_and_doctor_say_how_many_wait(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{site.store.url}"\nqueue = "queue.db"\n')
    notice.refuse(site, member(site, "ben"), NOW)

    first = CliRunner().invoke(main, ["sync", "--config", str(file)])
    doctor = CliRunner().invoke(main, ["doctor", "--config", str(file)])

    assert "0 calendars read" in first.output
    assert "10 people wait for the mail" in first.output
    assert "mails reach nobody: set mail.smtp_host" in first.output
    assert "1 person would rather not" in first.output
    assert "10 people wait for the mail" in doctor.output
    assert "never read" not in doctor.output

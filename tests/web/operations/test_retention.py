"""What is old enough goes, once a day, and nothing else does."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, update

from tests.web.company import a_company, agree_coworking, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.pages.persons import propose_a_day
from web import jobs
from web.cli import main
from web.operations import calendars, goals, retention
from web.operations.goals import GoalForm
from web.site import Site
from web.store import personal
from web.store import retention as kept
from web.store import tables as t
from web.store.privacy import Privacy, is_about_people, privacy_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def count(site: Site, table, where=None) -> int:
    query = select(func.count()).select_from(table)
    with site.store.reading() as connection:
        return connection.execute(query if where is None else query.where(where)).scalar_one()


def put(site: Site, table, **values) -> None:
    with site.store.writing() as connection:
        connection.execute(insert(table).values(**values))


def dropped_at(site: Site, moment: datetime) -> dict[str, int]:
    return {name: rows for name, rows in retention.drop_old(at(site, moment), moment).items() if rows}


def test_busy_times_go_when_their_day_is_over_in_every_zone(site: Site, tmp_path: Path) -> None:
    write_calendar(tmp_path, "aisha", [(NOW + HOUR, NOW + 2 * HOUR), (NOW + 3 * DAY, NOW + 3 * DAY + HOUR)])
    calendars.sync(site, None, NOW)

    assert dropped_at(site, NOW + DAY) == {}
    assert dropped_at(site, NOW + DAY + 3 * HOUR) == {"people's busy times that are over": 1}
    assert dropped_at(site, NOW + DAY + 3 * HOUR) == {}
    assert dropped_at(site, NOW + 5 * DAY) == {"people's busy times that are over": 1}


def test_what_a_mail_said_goes_a_month_after_it_was_sent_and_it_is_not_sent_again(
    site: Site, tmp_path: Path
) -> None:
    propose_a_day(site)
    jobs.run_due(site)
    sent = count(site, t.outbox, t.outbox.c.state == "sent")
    assert sent and any((tmp_path / "outbox").iterdir())

    assert "what mails said" not in dropped_at(site, NOW + 30 * DAY)
    assert dropped_at(site, NOW + 31 * DAY)["what mails said"] == sent
    assert "what mails said" not in dropped_at(site, NOW + 32 * DAY)

    assert count(site, t.outbox) == sent  # the row stays, so that nothing is told twice
    with site.store.reading() as connection:
        assert set(map(str, connection.execute(select(t.outbox.c.payload)).scalars())) == {"{}"}
    assert not any((tmp_path / "outbox").iterdir())


def test_a_goal_that_was_let_go_goes_within_a_day_and_what_a_session_was_for_with_it(site: Site) -> None:
    gita = member(site, "gita")
    kept_one, gone = (goals.add(site, GoalForm(each, "", None), gita, NOW) for each in ("lead", "sing"))
    session = agree_coworking(site, 3)
    put(site, t.preparation, session_id=session, goal_id=gone, changed_at=NOW)
    goals.let_go(site, gone, gita, NOW)

    assert dropped_at(site, NOW + 20 * HOUR) == {}
    assert dropped_at(site, NOW + DAY + HOUR) == {"goals that were let go": 1}

    assert [goal.id for goal in goals.own(site, gita)] == [kept_one]
    assert count(site, t.preparation, t.preparation.c.goal_id.is_(None)) == 1


def test_mail_that_could_not_be_delivered_goes_too_and_mail_that_waits_stays(site: Site) -> None:
    propose_a_day(site)
    with site.store.writing() as connection:
        first = connection.execute(select(func.min(t.outbox.c.id))).scalar_one()
        connection.execute(update(t.outbox).where(t.outbox.c.id == first).values(state="failed"))
    waiting = count(site, t.outbox, t.outbox.c.state == "waiting")

    assert dropped_at(site, NOW + 31 * DAY)["mails that could not be delivered"] == 1
    assert count(site, t.outbox) == waiting


def test_links_go_a_month_after_they_ran_out(site: Site) -> None:
    propose_a_day(site)
    with site.store.writing() as connection:
        connection.execute(update(t.link).values(expires_at=NOW + DAY))
    assert "mailed links" not in dropped_at(site, NOW + 31 * DAY)
    assert "mailed links" in dropped_at(site, NOW + 31 * DAY + HOUR)
    assert count(site, t.link) == 0


def test_questions_and_private_requests_go_after_their_answers(site: Site) -> None:
    day, aisha = propose_a_day(site), member(site, "aisha")
    for closed in (NOW, None):
        put(
            site,
            t.day_question,
            cause="busy",
            person_id=aisha.person.id,
            proposal_id=day,
            facts={},
            asked_at=NOW,
            expires_at=NOW,
            closed_at=closed,
        )
        put(
            site,
            t.private_request,
            programme_id=aisha.programme_id,
            person_id=aisha.person.id,
            about="topic",
            text="a wish",
            created_at=NOW,
            answered_at=closed,
        )

    assert not {"questions about a day", "private requests"} & dropped_at(site, NOW + 90 * DAY).keys()
    assert dropped_at(site, NOW + 91 * DAY)["questions about a day"] == 1
    assert dropped_at(site, NOW + 181 * DAY)["private requests"] == 1
    assert (count(site, t.day_question), count(site, t.private_request)) == (1, 1)  # what is open stays


def test_a_question_whose_link_is_still_good_stays_with_it(site: Site) -> None:
    day, aisha = propose_a_day(site), member(site, "aisha").person.id
    asked = {"cause": "busy", "person_id": aisha, "proposal_id": day, "facts": {}, "asked_at": NOW}
    put(site, t.day_question, id=7, expires_at=NOW, closed_at=NOW, **asked)
    put(
        site,
        t.link,
        id="good",
        purpose="question",
        person_id=aisha,
        question_id=7,
        created_at=NOW,
        expires_at=NOW + 100 * DAY,
    )
    assert "questions about a day" not in dropped_at(site, NOW + 120 * DAY)
    assert dropped_at(site, NOW + 131 * DAY)["questions about a day"] == 1


def test_who_came_goes_after_two_years_and_that_it_was_held_stays(site: Site) -> None:
    session, aisha = agree_coworking(site, 3, NOW - HOUR), member(site, "aisha").person.id
    put(
        site,
        t.seat,
        session_id=session,
        person_id=aisha,
        state="booked",
        since=NOW,
        attendance="came",
        attendance_by=aisha,
        attendance_at=NOW,
    )
    put(site, t.check_in, session_id=session, person_id=aisha, round=0, at=NOW, by_id=aisha)
    with site.store.writing() as connection:
        held = update(t.session).where(t.session.c.id == session)
        connection.execute(held.values(outcome="held", outcome_by=aisha, outcome_at=NOW))

    assert not {"who came", "check-ins"} & dropped_at(site, NOW + 729 * DAY).keys()
    gone = dropped_at(site, NOW + 731 * DAY)

    assert {"who came", "check-ins", "who said that a session was held"} <= gone.keys()
    with site.store.reading() as connection:
        seat = connection.execute(select(t.seat).where(t.seat.c.session_id == session)).one()
        kept_session = connection.execute(select(t.session).where(t.session.c.id == session)).one()
    assert (seat.state, seat.attendance, seat.attendance_by) == ("booked", None, None)
    assert (kept_session.outcome, kept_session.outcome_by) == ("held", None)


def test_the_audit_log_is_kept_for_400_days(site: Site) -> None:
    put(site, t.audit_entry, at=NOW, action="day.skip", object="", details={})
    before = count(site, t.audit_entry, t.audit_entry.c.at <= NOW)
    assert "the audit log" not in dropped_at(site, NOW + 400 * DAY)
    assert dropped_at(site, NOW + 401 * DAY)["the audit log"] >= before


def test_many_rows_go_in_batches_and_rows_that_are_not_old_stay(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"at": NOW - n * HOUR, "action": "a.b", "object": "", "details": {}}
        for n in range(2 * kept.BATCH + 7)
    ]
    with site.store.writing() as connection:
        connection.execute(insert(t.audit_entry), rows)

    gone = dropped_at(site, NOW + 400 * DAY)["the audit log"]

    assert gone == 2 * kept.BATCH + 6  # all that is older than 400 days
    assert count(site, t.audit_entry, t.audit_entry.c.action == "a.b") == 1


def test_every_kind_of_row_that_is_promised_to_go_has_a_rule() -> None:
    """A key of [privacy] without a rule would be a promise that nobody keeps."""
    from web.config import PrivacyConfig

    promised = {name for name in PrivacyConfig.model_fields if name.startswith("keep_")}
    assert {rule.key for rule in kept.RULES} - {None} == promised
    for category in personal.CATEGORIES:
        for key in promised:
            if f"{{{key}}}" in category.keeps:
                assert any(rule.key == key for rule in kept.RULES)


def test_what_stands_instead_says_nothing_of_anybody() -> None:
    for rule in kept.RULES:
        for column, instead in rule.then.items():
            about = is_about_people(column) or privacy_of(column) is Privacy.OPERATIONAL
            assert about and not isinstance(instead, str | date), column


def test_it_runs_once_a_day_by_itself_and_doctor_says_when(site: Site, tmp_path: Path) -> None:
    jobs.look_round(site)
    jobs.look_round(site)
    waiting = (t.job.c.kind == "retention") & (t.job.c.state == "waiting")
    assert count(site, t.job, waiting) == 1
    jobs.run_due(site)
    jobs.look_round(at(site, NOW + 23 * HOUR))
    assert count(site, t.job, waiting) == 0
    jobs.look_round(at(site, NOW + 25 * HOUR))
    assert count(site, t.job, waiting) == 1

    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{site.store.url}"\nqueue = "queue.db"\n')
    said = CliRunner().invoke(main, ["doctor", "--config", str(file)]).output
    assert "old data: last dropped 2027-03-05" in said


def test_doctor_says_that_it_never_ran(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{site.store.url}"\nqueue = "queue.db"\n')
    said = CliRunner().invoke(main, ["doctor", "--config", str(file)]).output
    assert "old data: never dropped yet" in said

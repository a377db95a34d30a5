"""From a planning run to a senior's answer, and what follows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from planner.errors import IllegalMove
from tests.web.company import FIRST_DAY, LAST_DAY, a_company, at, member, write_calendar
from tests.web.made_up import NOW
from tests.web.plans import planned, released
from web import jobs
from web.errors import NotFound, Refused
from web.operations import outbox, proposals, runs, seats
from web.records import ProposalRecord
from web.site import Site
from web.store import tables as t


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


def of(site: Site, name: str) -> tuple[ProposalRecord, ...]:
    return proposals.of_senior(site, member(site, name), site.now())


def office_day(site: Site, name: str = "priya") -> ProposalRecord:
    return next(p for p in of(site, name) if p.office is not None)


def approved(site: Site, proposal: ProposalRecord, leave_out: tuple[str, ...] = ()) -> ProposalRecord:
    name = proposal.senior.email.partition("@")[0]
    by = member(site, name)
    proposals.approve(site, proposal.id, proposal.version, by, leave_out, site.now())
    jobs.run_due(site)
    return proposals.one(site, proposal.id, by)


def mails(site: Site, *kinds: str) -> list[tuple[str, str]]:
    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.kind, t.person.c.name)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .order_by(t.outbox.c.id)
        )
        return [(row.kind, row.name) for row in rows if not kinds or row.kind in kinds]


def mailed_token(site: Site, proposal: ProposalRecord) -> str:
    """The token of the newest link mailed about a proposal."""
    with site.store.reading() as connection:
        link_id = (
            connection.execute(
                select(t.link.c.id)
                .where(t.link.c.proposal_id == proposal.id)
                .order_by(t.link.c.created_at.desc())
            )
            .scalars()
            .first()
        )
    assert link_id is not None
    return outbox.signer(site).url("proposal", link_id).rsplit("/", 1)[1]


def mailed_days(site: Site) -> dict[str, list[set[int]]]:
    """Of each senior's proposal mails, in order, the proposals that their links decide."""
    of_senior: dict[str, list[set[int]]] = {}
    with site.store.reading() as connection:
        links = connection.execute(select(t.link.c.id, t.link.c.proposal_id))
        proposal_of = {link.id: link.proposal_id for link in links}
        rows = connection.execute(
            select(t.outbox.c.payload, t.person.c.email)
            .join(t.person, t.person.c.id == t.outbox.c.person_id)
            .where(t.outbox.c.kind == "proposal")
            .order_by(t.outbox.c.id)
        )
        for row in rows:
            decided = [proposal_of[day["link"]] for day in row.payload["days"]]
            assert decided == [day["proposal"]["id"] for day in row.payload["days"]]
            of_senior.setdefault(row.email.partition("@")[0], []).append(set(decided))
    return of_senior


def a_company_that_meets_in_two_weeks(folder: Path) -> None:
    """Priya's lunch fits the second week only, her other sessions the first week only."""
    first, second = ((NOW + timedelta(days=days), NOW + timedelta(days=days + 6)) for days in (2, 8.5))
    write_calendar(folder, "farid", [first])
    for name in ("aisha", "ben", "chidi", "dana", "gita", "hal"):
        write_calendar(folder, name, [second])


# --- a draft is seen by admins only --------------------------------------------------------------


def test_a_run_ends_as_a_draft_that_nobody_hears_of(site: Site) -> None:
    run = planned(site)

    assert of(site, "priya") == ()
    assert mails(site) == []
    preview = runs.preview(site, run.id, member(site, "ada"))
    assert {p.senior.name for p in preview.proposals} == {"Priya", "Marek"}
    assert [senior.name for senior, _ in preview.mails] == ["Marek", "Priya"]
    assert sum(days for _, days in preview.mails) == len(preview.proposals)


def test_one_seniors_sessions_share_one_office_day(site: Site) -> None:
    released(site)

    (day,) = [p for p in of(site, "priya") if p.office is not None]

    assert sorted(s.id for s in day.sessions) == ["cohort", "desk", "lunch"]
    assert day.proved


def test_releasing_sends_each_senior_one_mail_with_all_their_days(site: Site, tmp_path: Path) -> None:
    a_company_that_meets_in_two_weeks(tmp_path)
    run = planned(site)
    previewed = runs.preview(site, run.id, member(site, "ada")).mails

    sent = runs.release(site, run.id, member(site, "ada"), site.now())

    assert mailed_days(site) == {name: [{p.id for p in of(site, name)}] for name in ("priya", "marek")}
    assert len(of(site, "priya")) == 2
    assert {senior.name: days for senior, days in previewed}["Priya"] == 2
    assert sent == len(previewed) == len(mails(site)) == 2
    with pytest.raises(Refused):
        runs.release(site, run.id, member(site, "ada"), NOW)


def test_each_day_of_a_mail_is_decided_on_its_own(site: Site, tmp_path: Path) -> None:
    a_company_that_meets_in_two_weeks(tmp_path)
    released(site)
    first, second = of(site, "priya")

    proposals.decide_by_link(site, mailed_token(site, first), "skip", None, (), NOW)

    assert proposals.by_link(site, mailed_token(site, second), NOW).problem is None
    assert proposals.one(site, second.id, member(site, "priya")).state == "proposed"


def test_a_day_in_place_of_one_that_no_longer_fitted_is_a_mail_of_its_own(site: Site, tmp_path: Path) -> None:
    a_company_that_meets_in_two_weeks(tmp_path)
    released(site)
    together = of(site, "priya")
    lunch = next(s for day in together for s in day.sessions if s.id == "lunch")
    write_calendar(tmp_path, "priya", [(lunch.start, lunch.end)])

    (refused,) = (day for day in together if lunch in day.sessions)
    after = approved(site, refused)

    assert (after.id, after.version) == (refused.id, refused.version + 1)
    assert mailed_days(site)["priya"] == [{day.id for day in together}, {refused.id}]


def test_a_discarded_draft_leaves_no_trace_at_its_seniors(site: Site) -> None:
    run = planned(site)

    runs.discard(site, run.id, member(site, "ada"), NOW)

    assert of(site, "priya") == ()
    assert mails(site) == []
    assert planned(site).sessions == run.sessions  # everything is due again


def test_only_an_admin_may_plan_and_only_the_senior_may_answer(site: Site) -> None:
    with pytest.raises(NotFound):
        runs.start(site, member(site, "priya"), FIRST_DAY, LAST_DAY, NOW)
    released(site)
    day = office_day(site)
    with pytest.raises(NotFound):
        proposals.approve(site, day.id, day.version, member(site, "marek"), (), NOW)


def test_two_runs_at_once_are_refused(site: Site) -> None:
    runs.start(site, member(site, "ada"), FIRST_DAY, LAST_DAY, NOW)

    with pytest.raises(Refused, match="under way"):
        runs.start(site, member(site, "ada"), FIRST_DAY, LAST_DAY, NOW)


# --- yes -----------------------------------------------------------------------------------------


def test_approving_invites_everybody_in_the_day(site: Site) -> None:
    released(site)

    day = approved(site, office_day(site))

    assert day.state == "approved"
    people = {s.senior.name for s in day.sessions} | {j.name for s in day.sessions for j in s.juniors}
    assert {name for _, name in mails(site, "invitation")} == people
    assert {s.session.id for s in seats.coming(site, member(site, "farid"), NOW)} == {"lunch"}


def test_approving_without_one_session_leaves_that_one_due(site: Site) -> None:
    released(site)

    approved(site, office_day(site), leave_out=("lunch",))

    assert seats.coming(site, member(site, "farid"), NOW) == ()
    later = planned(at(site, NOW + timedelta(hours=1)))
    assert later.sessions == 1  # the lunch, while everything else is agreed or waits for an answer


def test_a_day_that_no_longer_fits_is_refused_with_the_reason_and_planned_anew(
    site: Site, tmp_path: Path
) -> None:
    released(site)
    day = office_day(site)
    lunch = next(s for s in day.sessions if s.id == "lunch")
    write_calendar(tmp_path, "priya", [(lunch.start, lunch.end)])

    after = approved(site, day)

    assert (after.state, after.version) == ("proposed", day.version + 1)
    assert "your own calendar has something else" in (after.refusal or "")
    assert after.sessions != day.sessions
    assert mails(site, "invitation") == []
    assert approved(site, after).state == "approved"


def test_somebody_elses_clash_is_told_as_a_count(site: Site, tmp_path: Path) -> None:
    released(site)
    day = office_day(site)
    lunch = next(s for s in day.sessions if s.id == "lunch")
    write_calendar(tmp_path, "farid", [(lunch.start, lunch.end)])

    after = approved(site, day)

    assert "one of the people who were to come" in (after.refusal or "")
    assert "Farid" not in (after.refusal or "")


def test_an_unreadable_calendar_is_never_taken_for_free(site: Site, tmp_path: Path) -> None:
    released(site)
    day = office_day(site)
    (tmp_path / "calendars" / "farid.ics").write_text("<html>Please sign in</html>")

    after = approved(site, day)

    assert after.state != "approved"


def test_a_yes_from_an_old_page_is_refused(site: Site, tmp_path: Path) -> None:
    released(site)
    day = office_day(site)

    with pytest.raises(Refused, match="changed"):
        proposals.approve(site, day.id, day.version + 1, member(site, "priya"), (), NOW)


# --- another day, no, and undo -------------------------------------------------------------------


def test_another_day_is_offered_with_its_cost_and_can_be_chosen(site: Site) -> None:
    released(site)
    day = office_day(site)

    choices = proposals.other_days(site, day.id, member(site, "priya"))
    assert choices
    assert day.day not in {c.day for c in choices}
    proposals.choose_day(site, day.id, day.version, choices[0].day, member(site, "priya"), NOW)
    jobs.run_due(site)

    after = proposals.one(site, day.id, member(site, "priya"))
    assert (after.state, after.day) == ("approved", choices[0].day)
    assert [s.start for s in after.sessions] == [s.start for s in choices[0].sessions]


def test_that_a_senior_is_in_anyway_is_told_of_the_day_that_was_chosen(site: Site) -> None:
    released(site)
    day = office_day(site)
    assert not day.already_in
    other = proposals.other_days(site, day.id, member(site, "priya"))[0].day
    weekday = ("mon", "tue", "wed", "thu", "fri")[other.weekday()]
    with site.store.writing() as connection:
        its = update(t.person).where(t.person.c.email == "priya@example.org")
        connection.execute(its.values(days_in_anyway=[weekday]))

    proposals.choose_day(site, day.id, day.version, other, member(site, "priya"), NOW)
    jobs.run_due(site)

    after = proposals.one(site, day.id, member(site, "priya"))
    assert (after.state, after.day, after.already_in) == ("approved", other, True)


def test_skipping_costs_nothing_and_can_be_undone(site: Site) -> None:
    released(site)
    day = office_day(site)
    by = member(site, "priya")

    proposals.skip(site, day.id, day.version, by, NOW)
    assert proposals.one(site, day.id, by).state == "skipped"
    proposals.reopen(site, day.id, day.version, by, NOW)
    assert proposals.one(site, day.id, by).state == "proposed"

    proposals.skip(site, day.id, day.version, by, NOW)
    assert {s.id for s in day.sessions} <= {
        s.id for p in runs.preview(site, planned(site).id, member(site, "ada")).proposals for s in p.sessions
    }


def test_calling_an_approved_day_off_tells_everybody_and_frees_the_sessions(site: Site) -> None:
    released(site)
    day = approved(site, office_day(site))

    proposals.call_off(site, day.id, day.version, member(site, "priya"), NOW)

    assert sorted(mails(site, "cancellation")) == sorted(
        ("cancellation", name) for _, name in mails(site, "invitation")
    )
    assert seats.coming(site, member(site, "farid"), NOW) == ()
    again = planned(site)
    assert again.sessions >= len(day.sessions)


def test_an_invitation_after_a_cancellation_has_a_higher_sequence(site: Site) -> None:
    released(site)
    day = approved(site, office_day(site))
    proposals.call_off(site, day.id, day.version, member(site, "priya"), NOW)
    released(site)
    approved(site, office_day(site))

    with site.store.reading() as connection:
        rows = connection.execute(
            select(t.outbox.c.payload)
            .where(t.outbox.c.kind.in_(["invitation", "cancellation"]))
            .order_by(t.outbox.c.id)
        ).scalars()
        sequences = [row["session"]["sequence"] for row in rows if row["session"]["id"] == "lunch"]
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == 3


def test_a_proposal_without_an_answer_runs_out_and_its_sessions_are_due_again(site: Site) -> None:
    released(site)
    day = office_day(site)
    assert day.expires_at is not None
    late = at(site, day.expires_at)

    assert proposals.expire(late, late.now()) >= 1

    with pytest.raises(IllegalMove, match="time to answer"):
        proposals.skip(late, day.id, day.version, member(site, "priya"), late.now())


# --- the mailed link -----------------------------------------------------------------------------


def test_a_mailed_link_shows_by_looking_and_decides_once(site: Site) -> None:
    released(site)
    day = office_day(site)
    token = mailed_token(site, day)

    for _ in range(100):
        assert proposals.by_link(site, token, NOW).problem is None
    proposals.decide_by_link(site, token, "skip", None, (), NOW)
    with pytest.raises(Refused):
        proposals.decide_by_link(site, token, "approve", None, (), NOW)

    assert proposals.one(site, day.id, member(site, "priya")).state == "skipped"
    assert "skipped" in (proposals.by_link(site, token, NOW).problem or "")


def test_a_link_of_a_day_that_changed_explains_itself(site: Site) -> None:
    released(site)
    day = office_day(site)
    token = mailed_token(site, day)
    with site.store.writing() as connection:
        connection.execute(
            update(t.proposal).where(t.proposal.c.id == day.id).values(version=day.version + 1)
        )

    assert "newer proposal" in (proposals.by_link(site, token, NOW).problem or "")
    with pytest.raises(Refused):
        proposals.decide_by_link(site, token, "approve", None, (), NOW)


def test_a_link_that_ran_out_decides_nothing(site: Site) -> None:
    released(site)
    day = office_day(site)
    token = mailed_token(site, day)
    late = NOW + timedelta(days=30)

    with pytest.raises(Refused, match="time to answer"):
        proposals.decide_by_link(site, token, "approve", None, (), late)


@pytest.mark.parametrize("token", ["", "x", "ImFiYyI.bad", "ImFiYyI" * 100])
def test_a_link_of_somebody_elses_making_is_not_found(site: Site, token: str) -> None:
    with pytest.raises(NotFound):
        proposals.by_link(site, token, NOW)


# --- what was agreed stays -----------------------------------------------------------------------


def test_a_new_run_keeps_what_is_agreed_and_what_waits(site: Site) -> None:
    released(site)
    day = approved(site, office_day(site))
    before = {s.id: s.start for s in day.sessions}

    run = planned(site)

    assert run.sessions == 0
    after = proposals.one(site, day.id, member(site, "priya"))
    assert {s.id: s.start for s in after.sessions} == before


def test_a_waiting_proposal_that_no_longer_fits_is_replaced_on_release(site: Site, tmp_path: Path) -> None:
    released(site)
    day = office_day(site)
    write_calendar(tmp_path, "priya", [(day.start, day.end)])

    run = planned(site)
    preview = runs.preview(site, run.id, member(site, "ada"))
    assert [p.id for p in preview.superseded] == [day.id]
    assert proposals.one(site, day.id, member(site, "priya")).state == "proposed"
    runs.release(site, run.id, member(site, "ada"), NOW)

    assert proposals.one(site, day.id, member(site, "priya")).state == "superseded"
    assert office_day(site).id != day.id


def test_a_plan_without_a_day_can_still_take_back_what_no_longer_fits(site: Site, tmp_path: Path) -> None:
    released(site)
    day = office_day(site)
    for senior in ("priya", "marek"):
        write_calendar(tmp_path, senior, [(NOW, NOW + timedelta(weeks=8))])

    run = planned(site)
    preview = runs.preview(site, run.id, member(site, "ada"))
    assert (preview.proposals, day.id in {p.id for p in preview.superseded}) == ((), True)
    runs.release(site, run.id, member(site, "ada"), NOW)

    assert proposals.one(site, day.id, member(site, "priya")).state == "superseded"


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (NOW.date(), LAST_DAY, "first_day"),
        (LAST_DAY, FIRST_DAY, "last_day"),
        (FIRST_DAY, date(2037, 1, 1), "last_day"),
    ],
)
def test_a_window_that_cannot_be_planned_is_refused_by_field(
    site: Site, first: date, last: date, field: str
) -> None:
    from web.errors import Misfilled

    with pytest.raises(Misfilled) as misfilled:
        runs.start(site, member(site, "ada"), first, last, NOW)
    assert field in misfilled.value.mistakes


def test_a_run_that_fails_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no solver")

    monkeypatch.setattr(runs, "propose", broken)
    run_id = runs.start(site, member(site, "ada"), FIRST_DAY, LAST_DAY, NOW)
    jobs.run_due(site)

    run = runs.one(site, run_id, member(site, "ada"))
    assert (run.state, run.error) == ("failed", "RuntimeError: no solver")


def test_a_yes_whose_settling_failed_too_often_is_asked_for_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(site)
    day = office_day(site)

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no luck")

    monkeypatch.setitem(jobs.WORK, "settle", broken)  # type: ignore[arg-type]
    approved(site, day)
    jobs.look_round(site)

    after = proposals.one(site, day.id, member(site, "priya"))
    assert (after.state, after.version) == ("proposed", day.version + 1)
    assert "answer again" in (after.refusal or "")


def test_a_run_whose_worker_died_too_often_is_closed(site: Site) -> None:
    admin = member(site, "ada")
    run_id = runs.start(site, admin, FIRST_DAY, LAST_DAY, NOW)
    with site.store.writing() as connection:
        connection.execute(update(t.job).values(state="failed", dedup=None))

    jobs.look_round(site)

    assert runs.one(site, run_id, admin).state == "failed"
    runs.start(site, admin, FIRST_DAY, LAST_DAY, NOW)  # and another can begin


def test_a_yes_is_refused_where_a_room_is_taken_by_its_own_calendar_meanwhile(
    site: Site, tmp_path: Path
) -> None:
    released(site)
    day = office_day(site)
    session = next(each for each in day.sessions if each.room == "Park")
    write_calendar(tmp_path, "of-park", [(session.start, session.end)])
    with site.store.writing() as connection:
        park = t.room.c.id == "park"
        connection.execute(
            update(t.room).where(park).values(calendar=f"ics:{tmp_path}/calendars/of-park.ics")
        )

    answered = approved(site, day)

    assert answered.state == "proposed"
    assert "a room is no longer free" in str(answered.refusal)

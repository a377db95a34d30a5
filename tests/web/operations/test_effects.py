"""What each preference comes to: figures of the planner itself, on windows whose answer is known by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from tests.web.company import FIRST_DAY, LAST_DAY, a_company, at, member
from tests.web.made_up import NOW
from tests.web.operations.test_assistants import assisted
from tests.web.pages.persons import Person
from web import jobs, words
from web.operations import effects, limit_effects, preferences, programmes
from web.pages import create_app
from web.site import Site
from web.store import effects as kept
from web.store import tables as t

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (FIRST_DAY + timedelta(days=n) for n in range(5))
THE_LAST = "Until Friday 19 March it "
ALONE = "Until Friday 19 March, by your own calendar alone, it "
NOTHING_DUE = "changes nothing: no session is planned that you may be invited to."


@pytest.fixture
def extra() -> int:
    """So many juniors more."""
    return 0


@pytest.fixture
def site(tmp_path: Path, extra: int) -> Site:
    """Everybody's calendar is read and empty, a plan was made, and there is nothing to place in it yet."""
    site = a_company(tmp_path, extra_juniors=extra)
    read = {"read_at": NOW, "window_start": NOW - timedelta(days=7), "window_end": NOW + timedelta(days=60)}
    with site.store.writing() as connection:
        for person_id in connection.execute(select(t.person.c.id)).scalars().all():
            row = read | {"person_id": person_id, "warnings": [], "in_office": []}
            connection.execute(insert(t.reading).values(row))
        connection.execute(delete(t.candidate))
        connection.execute(delete(t.session))
    plan(site)
    return site


def plan(site: Site, last: date = LAST_DAY, **more: Any) -> None:
    """A plan was made for these days, and is a draft."""
    row = {"programme_id": member(site, "ada").programme_id, "state": "draft", "first_day": FIRST_DAY}
    row |= {"last_day": last, "created_at": NOW, "finished_at": NOW, "progress": {}}
    with site.store.writing() as connection:
        connection.execute(insert(t.planning_run).values(row | more))


def owe(site: Site, junior: str, first: date, last: date, senior: str = "priya", **more: Any) -> None:
    """Something to place: an hour of Priya's with one junior, between two days."""
    who = member(site, senior)
    row = {
        "id": f"{senior}-{junior}",
        "programme_id": who.programme_id,
        "kind": "group_mentoring",
        "senior_id": who.person.id,
        "seats_min": 1,
        "seats_max": 4,
        "minutes": 60,
        "between_from": "09:00",
        "between_to": "17:00",
        "office_id": "london",
        "room_use": "meeting",
        "first_day": first,
        "last_day": last,
        "state": "due",
    }
    with site.store.writing() as connection:
        connection.execute(insert(t.session).values(row | more))
        connection.execute(
            insert(t.candidate).values(
                session_id=row["id"], person_id=member(site, junior).person.id, position=0, required=True
            )
        )


def ask(site: Site, name: str, **texts: str) -> None:
    by = member(site, name)
    preferences.change(site, by.person.id, texts, by, NOW)


def told(site: Site, name: str = "priya") -> dict[str, str]:
    """What somebody reads once the background has done its work."""
    jobs.look_round(site)
    jobs.run_due(site)
    return dict(effects.told(site, member(site, name), NOW))


# --- limits of seniors ---------------------------------------------------------------------------


def test_fewest_sessions_keep_days_free_on_which_there_is_only_one(site: Site) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    owe(site, "chidi", WEDNESDAY, WEDNESDAY)
    ask(site, "priya", min_sessions_per_office_day="2")

    assert told(site)["min_sessions_per_office_day"] == (
        f"{THE_LAST}keeps two office days free and leaves two sessions without a place."
    )


def test_fewest_sessions_change_nothing_where_both_go_on_one_day(site: Site) -> None:
    owe(site, "ben", MONDAY, TUESDAY)
    owe(site, "chidi", TUESDAY, WEDNESDAY)
    ask(site, "priya", min_sessions_per_office_day="2")

    assert told(site)["min_sessions_per_office_day"] == f"{THE_LAST}changes nothing, as things stand."


def test_a_day_never_may_ask_another_day_of_somebody(site: Site) -> None:
    owe(site, "ben", MONDAY, TUESDAY)
    owe(site, "chidi", TUESDAY, WEDNESDAY)
    ask(site, "priya", days_never="tue")

    assert told(site)["days_never"] == (
        f"{THE_LAST}asks one office day more of you. "
        "It leaves 8 of your 10 working days in the weeks that are planned."
    )


def test_most_days_a_week_keep_the_others_free(site: Site) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    owe(site, "chidi", WEDNESDAY, WEDNESDAY)
    ask(site, "priya", max_office_days_per_week="1")

    assert told(site)["max_office_days_per_week"] == (
        f"{THE_LAST}keeps one office day free and leaves one session without a place."
    )


def test_a_day_in_anyway_spares_a_trip(site: Site) -> None:
    owe(site, "ben", MONDAY, TUESDAY)
    owe(site, "chidi", TUESDAY, WEDNESDAY)
    ask(site, "priya", days_in_anyway="tue")

    assert told(site)["days_in_anyway"] == (
        f"{THE_LAST}keeps one office day free. "
        "You are in anyway on 2 of your 10 working days in the weeks that are planned."
    )


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("max_minutes_per_day", "60", "asks one office day more of you"),
        (
            "room_needs",
            "hoist",
            "keeps one office day free and leaves two sessions without a place. "
            "It leaves 0 of the 3 rooms of your offices",
        ),
        ("break_minutes", "30", "changes nothing, as things stand"),
        ("travel_minutes", "60", "changes nothing, as things stand"),
    ],
)
def test_each_limit_is_weighed_by_itself(site: Site, name: str, text: str, says: str) -> None:
    owe(site, "ben", MONDAY, TUESDAY)
    owe(site, "chidi", TUESDAY, WEDNESDAY)
    ask(site, "priya", **{name: text})

    found = told(site)

    assert found[name] == f"{THE_LAST}{says}."
    assert found.keys() == {name, "max_minutes_per_day"}  # which is 480 until somebody says otherwise


def test_agreed_sessions_ahead_are_weighed_as_if_they_were_still_to_be_planned(site: Site) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    owe(site, "chidi", WEDNESDAY, WEDNESDAY)
    start = NOW.replace(day=WEDNESDAY.day, hour=10)
    with site.store.writing() as connection:
        agreed = update(t.session).where(t.session.c.id == "priya-chidi")
        connection.execute(agreed.values(state="agreed", start=start, room_id="park", seats_held=1))
        chidi = member(site, "chidi").person.id
        connection.execute(
            insert(t.seat).values(session_id="priya-chidi", person_id=chidi, state="booked", since=NOW)
        )
    ask(site, "priya", max_office_days_per_week="1")

    assert told(site)["max_office_days_per_week"] == (
        f"{THE_LAST}keeps one office day free and leaves one session without a place."
    )


def test_what_others_compete_for_makes_no_difference(site: Site) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    for junior in ("aisha", "dana", "emil"):
        owe(site, junior, MONDAY, MONDAY, "marek", between_from="09:00", between_to="10:00")
    ask(site, "priya", max_office_days_per_week="0")

    assert told(site)["max_office_days_per_week"] == (
        f"{THE_LAST}keeps one office day free and leaves one session without a place."
    )


# --- limits of juniors ---------------------------------------------------------------------------


def owe_two(site: Site, day: date = WEDNESDAY, **more: Any) -> None:
    """Ben may be invited by Priya on Monday, and by Marek on some day."""
    owe(site, "ben", MONDAY, MONDAY, **more)
    owe(site, "ben", day, day, "marek", **more)


def busy(site: Site, name: str, day: date, first: int, last: int) -> None:
    """From one hour to another; the clock is UTC in London in March."""
    start = datetime.combine(day, time(first), UTC)
    row = {"person_id": member(site, name).person.id, "kind": "busy", "start": start}
    with site.store.writing() as connection:
        connection.execute(
            insert(t.busy_interval).values(row | {"end": start + timedelta(hours=last - first)})
        )


def many_seniors(site: Site) -> None:
    """Ben may be invited by five seniors, by each on any day of the first week."""
    programme_id = member(site, "ada").programme_id
    with site.store.writing() as connection:
        for name in ("extra0", "extra1", "extra2"):
            who = member(site, name).person.id
            mine = (t.membership.c.person_id == who) & (t.membership.c.programme_id == programme_id)
            connection.execute(update(t.membership).where(mine).values(role="senior"))
    for senior in ("priya", "marek", "extra0", "extra1", "extra2"):
        owe(site, "ben", MONDAY, FRIDAY, senior)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("max_office_days_per_week", "1", "keeps one office day free and rules out one of the two sessions"),
        ("max_sessions", "1", "keeps one office day free and rules out one of the two sessions"),
        ("days_never", "wed", "keeps one office day free and rules out one of the two sessions"),
        ("online_only", "yes", "keeps two office days free and rules out both sessions"),
        ("room_needs", "hoist", "keeps two office days free and rules out both sessions"),
    ],
)
def test_a_junior_reads_what_each_limit_rules_out(site: Site, name: str, text: str, says: str) -> None:
    owe_two(site)
    ask(site, "ben", **{name: text})

    assert told(site, "ben")[name].startswith(f"{ALONE}{says} that you may be invited to.")


def test_a_limit_that_rules_out_what_another_does_says_so(site: Site) -> None:
    owe_two(site)
    ask(site, "ben", online_only="yes", max_sessions="0", days_in_anyway="sun")
    found = told(site, "ben")

    nothing_more = f"{ALONE}changes nothing more than your other settings do already."
    assert found["max_sessions"] == nothing_more
    assert found["online_only"].startswith(nothing_more)
    assert found["days_in_anyway"].startswith(f"{ALONE}changes nothing, as things stand.")

    ask(site, "ben", max_sessions="", break_minutes="1")
    found = told(site, "ben")
    assert found["break_minutes"] == nothing_more
    assert found["online_only"].startswith(f"{ALONE}keeps two office days free and rules out both sessions")


def test_days_in_anyway_spare_a_junior_trips(site: Site) -> None:
    owe_two(site)
    ask(site, "ben", days_in_anyway="wed")

    assert told(site, "ben")["days_in_anyway"].startswith(f"{ALONE}keeps one office day free.")


def test_a_break_that_two_sessions_of_one_morning_leave_no_time_for_rules_one_out(site: Site) -> None:
    owe_two(site, MONDAY, between_from="09:00", between_to="12:00")
    ask(site, "ben", break_minutes="60")
    assert told(site, "ben")["break_minutes"] == f"{ALONE}changes nothing, as things stand."

    ask(site, "ben", break_minutes="61")
    assert told(site, "ben")["break_minutes"] == (
        f"{ALONE}rules out one of the two sessions that you may be invited to."
    )


def test_travel_counts_against_what_is_in_a_juniors_calendar(site: Site) -> None:
    owe_two(site)
    busy(site, "ben", MONDAY, 8, 10)
    busy(site, "ben", MONDAY, 12, 18)
    ask(site, "ben", travel_minutes="45")

    assert told(site, "ben")["travel_minutes"] == (
        f"{ALONE}keeps one office day free and rules out one of the two sessions that you may be invited to."
    )


def test_what_a_junior_was_given_and_is_still_to_come_is_weighed_too(site: Site) -> None:
    owe_two(site)
    start = NOW.replace(day=WEDNESDAY.day, hour=10)
    with site.store.writing() as connection:
        agreed = update(t.session).where(t.session.c.id == "marek-ben")
        connection.execute(agreed.values(state="agreed", start=start, room_id="park", seats_held=1))
        ben = member(site, "ben").person.id
        seat = {"session_id": "marek-ben", "person_id": ben, "state": "invited", "since": NOW}
        connection.execute(insert(t.seat).values(seat))
    ask(site, "ben", max_office_days_per_week="1")

    assert "rules out one of the two sessions" in told(site, "ben")["max_office_days_per_week"]


def test_of_few_seniors_nobody_learns_when_they_are_free(site: Site) -> None:
    owe(site, "ben", MONDAY, FRIDAY)
    for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY):
        busy(site, "priya", day, 8, 18)  # who could tell, if Ben read what it costs never to come on Mondays
    ask(site, "ben", days_never="mon")

    assert told(site, "ben")["days_never"].startswith(f"{ALONE}changes nothing, as things stand.")


@pytest.mark.parametrize("extra", [3])
def test_of_five_seniors_it_counts_when_they_are_free(site: Site) -> None:
    many_seniors(site)
    for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY):
        busy(site, "priya", day, 8, 18)
    ask(site, "ben", days_never="mon")
    assert told(site, "ben")["days_never"].startswith(
        f"{THE_LAST}rules out one of the five sessions that you may be invited to."
    )

    ask(site, "ben", days_never="tue")
    assert told(site, "ben")["days_never"].startswith(f"{THE_LAST}changes nothing, as things stand.")


def test_of_a_calendar_that_is_not_read_nothing_is_told(site: Site) -> None:
    owe_two(site)
    with site.store.writing() as connection:
        connection.execute(delete(t.reading))
    ask(site, "ben", days_never="mon", max_sessions="1")

    unread = "What it comes to cannot be told: your calendar is not read."
    assert told(site, "ben")["max_sessions"] == unread
    assert told(site, "priya")["max_minutes_per_day"] == unread


def test_who_is_a_senior_here_and_a_junior_there_reads_both(site: Site) -> None:
    owe_two(site)
    owe(site, "chidi", MONDAY, MONDAY, "ben")
    with site.store.writing() as connection:
        both = {"person_id": member(site, "ben").person.id, "programme_id": member(site, "ada").programme_id}
        connection.execute(insert(t.membership).values(both | {"role": "senior"}))
    ask(site, "ben", max_office_days_per_week="1", eats="vegan")

    ben = told(site, "ben")
    assert ben["max_office_days_per_week"] == (
        f"As a senior: {THE_LAST}changes nothing, as things stand. As a junior: {ALONE}keeps one office day "
        "free and rules out one of the two sessions that you may be invited to."
    )
    assert ben["eats"].startswith("As a senior: Whoever orders the food")
    assert "As a junior" not in ben["max_minutes_per_day"]


# --- of every preference -------------------------------------------------------------------------

#: Something to ask for, of every field of the page, and an answer wider than anything that could be planned.
ASKED = {
    "max_office_days_per_week": ("1", "6"),
    "min_sessions_per_office_day": ("2", None),  # one less is no limit
    "max_minutes_per_day": ("60", "1439"),
    "max_sessions": ("1", "60"),
    "travel_minutes": ("30", "1"),
    "break_minutes": ("30", "1"),
    "days_never": ("mon", "sun"),
    "days_in_anyway": ("tue", "sun"),
    "online_only": ("yes", None),
    "formats_not": ("group_lunch", None),
    "languages": ("en", None),
    "topics": ("pricing", None),
    "room_needs": ("hoist", None),
    "eats": ("vegan", None),
}
WHO = {"senior": "priya", "junior": "ben"}


def fields(role: str) -> list[str]:
    return [each.name for each in preferences.offered(frozenset({role}))]


def told_with(site: Site, role: str, name: str, text: str) -> str:
    """What somebody reads of one preference, all else being as it was."""
    who = WHO[role]
    before = preferences.of(site, member(site, who), NOW).texts[name]
    ask(site, who, **{name: text})
    effects.work_out(site, member(site, who).person.id, NOW)
    says = effects.told(site, member(site, who), NOW).get(name, "")
    ask(site, who, **{name: before})
    return says


@pytest.mark.parametrize("role", effects.ROLES)
def test_every_preference_that_is_set_has_an_effect(site: Site, role: str) -> None:
    owe_two(site)
    says = {name: told_with(site, role, name, ASKED[name][0]) for name in fields(role)}

    assert [name for name, text in says.items() if not text.endswith(".")] == []
    assert [name for name, text in says.items() if "worked out" in text] == []


@pytest.mark.parametrize("role", effects.ROLES)
def test_whoever_sets_something_is_waiting_for_what_it_comes_to(site: Site, role: str) -> None:
    told(site)
    who = member(site, WHO[role])
    read_at_once = {"eats"}
    for name in set(fields(role)) - read_at_once:
        before = preferences.of(site, who, NOW).texts[name]
        ask(site, WHO[role], **{name: ASKED[name][0]})
        assert effects.told(site, who, NOW)[name] == "What it comes to is not worked out yet."
        with site.store.reading() as connection:
            assert kept.outdated(connection, NOW.date(), 9) == [who.person.id], name
        ask(site, WHO[role], **{name: before})


@pytest.mark.parametrize("role", effects.ROLES)
def test_a_limit_wider_than_everything_changes_nothing(site: Site, role: str) -> None:
    owe_two(site)
    nothing = f"{THE_LAST if role == 'senior' else ALONE}changes nothing, as things stand."
    wide = {name: ASKED[name][1] for name in fields(role)}
    says = {name: told_with(site, role, name, text) for name, text in wide.items() if text}

    assert [name for name, text in says.items() if not text.startswith(nothing)] == []


# --- when it is worked out -----------------------------------------------------------------------


def test_it_is_worked_out_in_the_background_and_anew_after_a_change_and_a_plan(site: Site) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    ask(site, "priya", max_office_days_per_week="0")
    priya = member(site, "priya")
    assert effects.told(site, priya, NOW)["max_office_days_per_week"].endswith("not worked out yet.")
    assert "keeps one office day free" in told(site)["max_office_days_per_week"]

    ask(site, "priya", max_office_days_per_week="2")
    assert effects.told(site, priya, NOW)["max_office_days_per_week"].endswith("not worked out yet.")
    assert "changes nothing" in told(site)["max_office_days_per_week"]

    owe(site, "chidi", TUESDAY, TUESDAY)
    owe(site, "dana", WEDNESDAY, WEDNESDAY)
    assert "changes nothing" in told(site)["max_office_days_per_week"]
    later = at(site, NOW + timedelta(minutes=5))
    plan(later, finished_at=later.now())
    assert (
        "keeps one office day free" in told(at(site, NOW + timedelta(minutes=6)))["max_office_days_per_week"]
    )


def test_what_is_known_is_not_worked_out_again(site: Site) -> None:
    told(site)
    jobs.look_round(site)

    with site.store.reading() as connection:
        assert kept.outdated(connection, NOW.date(), 9) == []
        done = select(t.job.c.state).where(t.job.c.kind == "effects")
        assert connection.execute(done).scalars().all() == ["done"]


def test_a_plan_that_is_being_made_goes_first(site: Site) -> None:
    plan(site, state="running", finished_at=None)

    effects.wake(site, NOW)
    effects.effects_job(site)

    with site.store.reading() as connection:
        assert connection.execute(select(t.job).where(t.job.c.kind == "effects")).all() == []
        assert connection.execute(select(t.preference_effect)).all() == []


def test_a_clock_that_went_back_makes_nobody_worked_out_for_ever(site: Site) -> None:
    plan(site, finished_at=NOW + timedelta(hours=2))

    effects.effects_job(site)

    with site.store.reading() as connection:
        assert connection.execute(select(t.preference_effect.c.worked_out_at)).scalars().all() == [NOW, NOW]


def test_a_choice_made_meanwhile_is_not_told_what_another_one_comes_to(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    ask(site, "priya", max_office_days_per_week="0")
    solve = limit_effects.best_alone

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(limit_effects, "best_alone", solve)
        ask(site, "priya", max_office_days_per_week="3")
        return solve(*args)

    monkeypatch.setattr(limit_effects, "best_alone", meanwhile)

    assert "changes nothing" in told(site)["max_office_days_per_week"]


def test_what_is_not_proved_is_not_told_as_a_figure(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    ask(site, "priya", max_office_days_per_week="0")
    monkeypatch.setattr(limit_effects, "SECONDS", 0.0)

    assert told(site)["max_office_days_per_week"] == (
        "What it comes to until Friday 19 March is hard to tell: no answer is proved."
    )


def test_without_a_plan_ahead_it_waits_for_the_next_one(site: Site) -> None:
    ask(site, "priya", max_office_days_per_week="1", days_never="mon")
    told(site)

    after = effects.told(site, member(site, "priya"), NOW + timedelta(days=30))
    assert after["days_never"] == "What it comes to is worked out with the next plan."


# --- what others have to match -------------------------------------------------------------------


def speak(site: Site, language: str, *names: str) -> None:
    with site.store.writing() as connection:
        who = t.person.c.email.in_([f"{name}@example.org" for name in names])
        connection.execute(update(t.person).where(who).values(languages=[language]))


def shares(site: Site, languages: str) -> str:
    """What Priya reads who speaks these."""
    ask(site, "priya", languages=languages)
    effects.work_out(site, member(site, "priya").person.id, NOW)
    return effects.told(site, member(site, "priya"), NOW)["languages"]


def test_who_shares_a_language_is_counted_and_a_few_are_not(site: Site) -> None:
    def shared(with_whom: str, *of_them: str) -> str:
        speak(site, with_whom, *of_them)
        return shares(site, "en")

    juniors = ("aisha", "ben", "chidi", "dana", "emil", "farid", "gita", "hal")
    assert shared("en", *juniors) == "You share a language with all 8 juniors."
    assert shared("de", "aisha", "ben") == "You share a language with most juniors."
    assert shared("de", *juniors) == "You share a language with no junior."


def test_who_said_nothing_of_languages_is_told_apart(site: Site) -> None:
    assert shares(site, "en") == "No junior has said which languages they speak, so this excludes nobody."

    speak(site, "de", "aisha", "ben", "chidi", "dana", "emil")
    none = "You share a language with no junior who said theirs; the others have said nothing."
    assert shares(site, "en") == none

    speak(site, "en", "aisha")
    few = "You share a language with a few juniors who said theirs; the others have said nothing."
    assert shares(site, "en") == few


def test_of_few_who_said_theirs_nobody_learns_what_they_speak(site: Site) -> None:
    speak(site, "de", "aisha")
    few = "Few juniors have said which languages they speak; this excludes none of the others."

    assert {shares(site, each) for each in ("de", "en", "de en")} == {few}


def test_juniors_read_what_their_wishes_leave_them(site: Site) -> None:
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    ask(site, "priya", topics="pricing")
    ask(site, "ben", topics="pricing", formats_not="group_lunch coffee_roulette", days_never="mon")
    ask(site, "chidi", topics="knitting", online_only="yes")

    ben, chidi = told(site, "ben"), told(site, "chidi")

    assert ben == {
        "topics": "Most seniors know one of these.",
        "formats_not": "It leaves 4 of the 6 kinds of session that your programmes promise.",
        "days_never": f"{THE_LAST}{NOTHING_DUE} "
        "It leaves 8 of your 10 working days in the weeks that are planned.",
    }
    assert chidi == {
        "topics": "So far no senior knows one of these.",
        "online_only": f"{THE_LAST}{NOTHING_DUE} "
        "It leaves 2 of the 6 kinds of session that your programmes promise.",
    }
    assert told(site, "priya")["topics"] == "A few juniors wish for one of these."


@pytest.mark.parametrize(
    ("name", "left", "of", "whom", "says"),
    [
        ("topics", 1, 1, "junior", "1 of 1 junior wishes for one of these."),
        ("topics", 12, 12, "senior", "All 12 seniors know one of these."),
        ("topics", 7, 20, "junior", "7 of 20 juniors wish for one of these."),
        ("languages", 7, 20, "senior", "You share a language with 7 of 20 seniors."),
        ("formats_not", 0, 1, "kind", "It leaves 0 of the 1 kind of session that your programmes promise."),
    ],
)
def test_counts_are_said_in_plain_words(name: str, left: int, of: int, whom: str, says: str) -> None:
    assert words.match_effect(name, left, of, whom) == says


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (5, "5 of the 12 seniors who"),
        (12, "all 12 seniors who"),
        (0, "no senior who"),
        (None, "most seniors who"),
    ],
)
def test_who_said_theirs_is_told_from_who_said_nothing(left: int | None, says: str) -> None:
    told = words.match_effect("languages", left, 12, "senior", said="some")
    assert told == f"You share a language with {says} said theirs; the others have said nothing."


def test_effects_of_limits_are_said_in_plain_words() -> None:
    both = "asks one office day more of you and leaves two sessions without a place"
    assert words.limit_effect(-1, 2) == both
    assert words.limit_effect(0, -1) == "makes room for one session more"
    assert words.limit_effect(0, -1, of=3) == (
        "makes room for one of the three sessions that you may be invited to"
    )
    assert words.limit_effect(0, 1, of=1) == "rules out the one session that you may be invited to"


# --- who reads it --------------------------------------------------------------------------------


def test_only_who_set_it_and_their_assistant_read_what_it_comes_to(site: Site) -> None:
    owe(site, "ben", MONDAY, MONDAY)
    ask(site, "priya", max_office_days_per_week="0")
    told(site)
    says = "keeps one office day free"
    app = create_app(site)
    priya = member(site, "priya").person.id

    assert says in Person(app, site, "priya").open("/preferences").text
    assert says not in Person(app, site, "marek").open("/preferences").text
    assert says not in Person(app, site, "ada").open(f"/admin/people/{priya}/preferences").text
    assert says in effects.told(site, assisted(site), NOW)["max_office_days_per_week"]

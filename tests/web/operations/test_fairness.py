"""Whom a programme reached, as figures of groups; and by name who was not, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, event, insert, select, update

from planner.domain import SessionKind
from tests.web.company import JUNIORS, SENIORS, a_company, member, write_calendar
from tests.web.history import History, joined, participation
from tests.web.made_up import NOW
from tests.web.pages.persons import Person
from tests.web.plans import planned
from web.errors import Misfilled, NotFound
from web.operations import fairness, preferences, programmes
from web.pages import create_app
from web.records import BecameRecord, FairnessRecord, SpanRecord
from web.site import Site
from web.store import programmes as kept_programmes
from web.store import tables as t

WEEK = timedelta(weeks=1)
LONG_AGO = date(2026, 3, 2)
#: NOW is a Friday; a Tuesday two weeks before it.
TUESDAY = datetime(2027, 2, 16, 10, 0, tzinfo=UTC)
FIVE = JUNIORS[:5]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Everybody joined long ago, and their calendar is read."""
    site = a_company(tmp_path)
    joined(site, LONG_AGO)
    with site.store.writing() as connection:
        empty = {"read_at": NOW, "window_start": NOW, "window_end": NOW, "warnings": []}
        rows = [{"person_id": member(site, name).person.id, **empty} for name in JUNIORS]
        connection.execute(insert(t.reading), rows)
    return site


@pytest.fixture
def history(site: Site) -> History:
    return History(site)


def figures(site: Site, weeks: int = 12, now: datetime = NOW) -> FairnessRecord:
    return fairness.figures(site, fairness.last_weeks(weeks, now), member(site, "ada"), now)


def row(record: FairnessRecord, kind: SessionKind, in_person: bool = True) -> BecameRecord:
    return next(one for one in record.became if (one.kind, one.in_person) == (kind, in_person))


def why(site: Site, name: str, weeks: int = 12) -> tuple[str, ...]:
    found = fairness.not_reached(site, fairness.last_weeks(weeks, NOW), member(site, "ada"), NOW)
    return next(each.causes for each in found if each.person.name == name.title())


def names(site: Site, weeks: int = 12) -> list[str]:
    found = fairness.not_reached(site, fairness.last_weeks(weeks, NOW), member(site, "ada"), NOW)
    return [each.person.name for each in found]


# --- what became of sessions ---------------------------------------------------------------------


def test_offered_agreed_held_and_unanswered_are_kept_apart(site: Site, history: History) -> None:
    history.session(TUESDAY, FIVE, "held")
    history.session(TUESDAY, FIVE, "fell_through")
    history.session(TUESDAY, FIVE, None)
    history.session(TUESDAY, FIVE, None, aisha="came")
    for became in (
        "expired",
        "proposed",
        "skipped",
        "stale",
        "cancelled",
        "discarded",
        "superseded",
        "draft",
    ):
        history.offer(TUESDAY, FIVE, became)

    found = row(figures(site), SessionKind.GROUP_MENTORING)

    assert (found.held, found.fell_through, found.unsaid) == (2, 1, 1)
    assert (found.no_answer, found.came_to_nothing) == (2, 3)
    assert (found.agreed, found.offered) == (4, 9)


def test_what_was_agreed_through_a_proposal_is_offered_once(site: Site, history: History) -> None:
    history.offer(TUESDAY, FIVE, "approved")
    with site.store.writing() as connection:
        offered = t.session.c.id.startswith("was-")
        connection.execute(
            update(t.session).where(offered).values(state="agreed", start=TUESDAY, proposal_id=1)
        )

    found = row(figures(site), SessionKind.GROUP_MENTORING)

    assert (found.offered, found.agreed, found.unsaid) == (1, 1, 1)


def test_in_person_is_kept_apart_from_online(site: Site, history: History) -> None:
    history.session(TUESDAY, FIVE)
    history.session(TUESDAY, JUNIORS, online=True)

    record = figures(site)

    assert [(one.in_person, one.held) for one in record.became] == [(True, 1), (False, 1)]
    assert record.juniors is not None
    assert (record.juniors.reached, record.juniors.in_person) == (8, 5)
    assert fairness.total(record.became, in_person=False).held == 1
    assert fairness.total(record.became).held == 2
    assert record.by_kind == {
        (SessionKind.GROUP_MENTORING, True): 5,
        (SessionKind.GROUP_MENTORING, False): 8,
    }


def test_of_a_kind_that_reached_fewer_than_five_no_figure_is_told_anywhere(
    site: Site, history: History
) -> None:
    history.session(TUESDAY - WEEK, FIVE[:1], kind=SessionKind.INDIVIDUAL_LUNCH)
    history.session(TUESDAY, FIVE)

    app = create_app(site)
    exported = Person(app, site, "ada").open("/admin/fairness/figures.csv?weeks=4").text

    assert figures(site).by_kind == {(SessionKind.GROUP_MENTORING, True): 5}
    assert [line for line in exported.splitlines() if line.startswith("reach by kind")] == [
        'reach by kind,"Group mentoring, in person",juniors reached,5'
    ]


def test_whom_only_a_hidden_kind_reached_is_not_found_by_subtraction(site: Site, history: History) -> None:
    sixth = next(name for name in JUNIORS if name not in FIVE)
    history.session(TUESDAY - WEEK, [sixth], kind=SessionKind.INDIVIDUAL_LUNCH)
    history.session(TUESDAY, FIVE)

    record = figures(site)

    assert record.juniors is not None
    assert record.juniors.in_person == 6
    assert record.by_kind == {}  # beside 6, a 5 would tell of one


def test_a_kind_of_few_juniors_is_told_of_once_five_have_come_together(site: Site, history: History) -> None:
    lunch = SessionKind.INDIVIDUAL_LUNCH
    for number, name in enumerate(FIVE):
        record = figures(site)
        assert [one for one in record.became if one.kind is lunch] == []
        history.session(TUESDAY - (5 - number) * WEEK, [name], kind=lunch)

    assert row(figures(site), lunch).held == 5
    assert row(figures(site, weeks=52), lunch).held == 5
    # The block is told of in its last week, so no span ending before it shows a part of it.
    earlier = fairness.between(date(2026, 11, 2), date(2027, 2, 7), NOW)
    assert fairness.figures(site, earlier, member(site, "ada"), NOW).became == ()


def test_a_week_is_told_of_once_it_is_over(site: Site, history: History) -> None:
    """Two had a session on its Tuesday; those of its Friday could not be among them."""
    history.session(TUESDAY + 2 * WEEK, FIVE[:2])
    history.session(NOW + timedelta(hours=4), FIVE[2:], None)
    history.offer(NOW + timedelta(hours=4), JUNIORS, "proposed")

    assert figures(site).became == ()
    assert row(figures(site, now=NOW + 3 * timedelta(days=1)), SessionKind.GROUP_MENTORING).held == 1


def test_sessions_outside_of_the_span_do_not_count(site: Site, history: History) -> None:
    history.session(TUESDAY - 10 * WEEK, JUNIORS)

    assert figures(site, weeks=4).became == ()
    assert figures(site, weeks=12).became[0].held == 1


# --- reach ---------------------------------------------------------------------------------------


def test_reach_counts_what_was_held_and_nothing_else(site: Site, history: History) -> None:
    history.session(TUESDAY, ["aisha", "ben"], "held", ben="missed")
    history.session(TUESDAY, ["chidi"], None)
    history.session(TUESDAY, ["dana"], "fell_through")
    history.session(TUESDAY, ["emil"], None, emil="came")
    history.session(TUESDAY, ["farid"], "held", seat="declined")

    record = figures(site)

    assert record.juniors is not None
    assert (record.juniors.people, record.juniors.reached) == (8, 2)
    assert set(names(site)) == {"Ben", "Chidi", "Dana", "Farid", "Gita", "Hal"}


def of_twenty(folder: Path) -> Site:
    """Twelve juniors of Risk beside the eight, of whom four are of Payments and four of Search."""
    site = a_company(folder / "twenty", extra_juniors=12)
    joined(site, LONG_AGO, team="Risk", cohort="spring")
    for name in JUNIORS:
        participation(site, name, team="Payments" if name < "e" else "Search")
    return site


def test_teams_of_fewer_than_five_stand_together(tmp_path: Path) -> None:
    site = of_twenty(tmp_path)
    History(site).session(TUESDAY, FIVE)

    tables = figures(site).tables

    assert [(one.label, one.people, one.reached, one.in_person) for one in tables["team"]] == [
        ("Risk", 12, 0, 0),
        (None, 8, 5, 5),
    ]
    assert set(tables) == {"team"}  # all are of one site and cohort, which tells nothing


def test_groups_that_would_tell_of_somebody_by_subtraction_stand_together(tmp_path: Path) -> None:
    """All of Risk but one are in the autumn cohort, and nobody else is."""
    site = of_twenty(tmp_path)
    for number in range(11):
        participation(site, f"extra{number}", cohort="autumn")

    tables = figures(site).tables

    assert "team" not in tables or "cohort" not in tables


def test_rows_have_the_same_people_whatever_the_span(tmp_path: Path) -> None:
    site = of_twenty(tmp_path)
    History(site).session(TUESDAY, FIVE)

    shown = [
        {
            name: [(one.label, one.people) for one in groups]
            for name, groups in figures(site, weeks).tables.items()
        }
        for weeks in fairness.SPANS
    ]

    assert all(tables == shown[0] for tables in shown)
    assert shown[0] != {}


def test_who_has_left_does_not_count_and_who_is_paused_does(site: Site) -> None:
    participation(site, "aisha", left=NOW.date())
    participation(site, "ben", paused_from=LONG_AGO, paused_until=NOW.date() + WEEK)

    record = figures(site)

    assert record.juniors is not None and record.juniors.people == 7
    assert "Aisha" not in names(site)


def test_of_fewer_than_five_juniors_there_are_no_figures(site: Site, history: History) -> None:
    history.session(TUESDAY, ["aisha"])
    for name in JUNIORS[4:]:
        participation(site, name, left=LONG_AGO)

    record = figures(site)

    assert (record.juniors, record.became, record.tables, record.waits) == (None, (), {}, ())
    assert names(site) == ["Ben", "Chidi", "Dana"]


def test_waits_count_from_what_was_held_or_from_joining(site: Site, history: History) -> None:
    history.session(TUESDAY, FIVE, "held")
    history.session(TUESDAY, JUNIORS[5:], None)

    record = figures(site)

    assert [(one.least, one.most, one.people) for one in record.waits] == [(0, None, 8)]
    assert record.five_wait == 2
    found = fairness.not_reached(site, record.span, member(site, "ada"), NOW)
    assert {(each.weeks, each.ever) for each in found} == {((NOW.date() - LONG_AGO).days // 7, False)}


def test_the_longest_wait_comes_first(site: Site, history: History) -> None:
    history.session(TUESDAY - 20 * WEEK, ["aisha"])
    history.session(TUESDAY - 30 * WEEK, ["ben"])

    assert names(site)[-2:] == ["Ben", "Aisha"]


def test_the_share_that_went_to_who_never_asked_is_told_where_both_groups_are_of_five(tmp_path: Path) -> None:
    site = of_twenty(tmp_path)
    history = History(site)
    history.session(TUESDAY, [f"extra{number}" for number in range(10)], "held")
    assert (figures(site).never_asked, figures(site).to_never_asked) == (100, 100)

    history.session(TUESDAY, FIVE[:4], "held", seat="booked")
    assert (figures(site).never_asked, figures(site).to_never_asked) == (None, None)

    history.session(TUESDAY - 30 * WEEK, FIVE, None, seat="waiting")
    assert (figures(site).never_asked, figures(site).to_never_asked) == (75, round(100 * 10 / 14))


def test_a_private_request_is_asking_too(tmp_path: Path) -> None:
    site = of_twenty(tmp_path)
    with site.store.writing() as connection:
        rows = [
            {
                "programme_id": member(site, name).programme_id,
                "person_id": member(site, name).person.id,
                "about": "topic",
                "created_at": NOW,
            }
            for name in FIVE
        ]
        connection.execute(insert(t.private_request), rows)

    assert figures(site).never_asked == 75


# --- why somebody was not reached ----------------------------------------------------------------


def test_a_calendar_that_cannot_be_read_is_told_with_its_reason(site: Site) -> None:
    aisha = member(site, "aisha").person.id
    with site.store.writing() as connection:
        of_aisha = t.reading.c.person_id == aisha
        connection.execute(update(t.reading).where(of_aisha).values(reason="The file is gone."))
    assert why(site, "aisha")[0] == "their calendar cannot be read, in full or in part: The file is gone"

    with site.store.writing() as connection:
        connection.execute(
            update(t.person).where(t.person.c.id == aisha).values(stated_until=date(2027, 4, 2))
        )
    assert "planned on hours they stated, until Friday 2 April" in why(site, "aisha")[0]

    with site.store.writing() as connection:
        connection.execute(update(t.person).where(t.person.c.id == aisha).values(calendar=None))
    assert why(site, "aisha")[0].startswith("no calendar of theirs is known")

    with site.store.writing() as connection:
        connection.execute(delete(t.reading).where(t.reading.c.person_id == member(site, "ben").person.id))
    assert why(site, "ben")[0] == "their calendar has not been read yet"


def test_offers_that_nobody_answered_are_told_as_that(site: Site, history: History) -> None:
    history.offer(TUESDAY, ["aisha"], "expired")
    history.offer(TUESDAY + WEEK, ["aisha", "ben"], "expired")
    history.offer(TUESDAY, ["ben"], "skipped")

    assert why(site, "aisha") == ("offered twice, nobody answered",)
    assert why(site, "ben") == ("offered twice: once nobody answered, once it was skipped",)


def test_whose_doing_it_was_that_an_agreed_session_came_to_nothing_is_not_told(
    site: Site, history: History
) -> None:
    history.session(TUESDAY, ["aisha"], "held", aisha="missed")
    history.session(TUESDAY, ["ben"], "fell_through")
    history.session(TUESDAY, ["chidi"], "held", seat="declined")

    assert (
        why(site, "aisha") == why(site, "ben") == why(site, "chidi") == ("offered once, it came to nothing",)
    )


def test_a_session_of_which_nobody_has_said_anything_is_told_as_that(site: Site, history: History) -> None:
    history.session(TUESDAY, ["aisha"], None)

    assert why(site, "aisha") == ("offered once, nobody has said whether it was held",)


def test_what_is_on_its_way_is_told_first(site: Site, history: History) -> None:
    history.offer(TUESDAY, ["aisha", "ben"], "expired")
    history.session(NOW + WEEK, ["aisha"], None)
    history.offer(NOW + WEEK, ["ben"], "proposed")

    assert why(site, "aisha")[0] == "a session is agreed and still to come"
    assert why(site, "ben")[0].startswith("a session is proposed")


def test_a_pause_and_having_joined_lately_are_causes(site: Site) -> None:
    programmes.start_with_usual(site, member(site, "ada"), NOW)
    participation(site, "aisha", paused_from=LONG_AGO, paused_until=date(2027, 4, 1))
    participation(site, "ben", joined=NOW.date() - timedelta(days=9))

    assert why(site, "aisha") == ("on a pause until Thursday 1 April",)
    assert why(site, "ben") == ("joined on Wednesday 24 February",)


#: As a limit is typed, by who asks for it; farid and gita ask for nothing.
LIMITS = {
    "chidi": {"online_only": "yes"},
    "dana": {"formats_not": "coffee_roulette"},
    "emil": {"max_sessions": "0"},
    "hal": {"formats_not": " ".join(SessionKind)},
}


@pytest.mark.parametrize(
    "promised",
    [[*SessionKind], [SessionKind.INDIVIDUAL_LUNCH], [SessionKind.COFFEE_ROULETTE]],
    ids=["everything", "lunches alone", "coffees alone"],
)
def test_nobodys_limits_are_told_or_found_out_by_what_is_promised(
    site: Site, tmp_path: Path, promised: list[SessionKind]
) -> None:
    """Nobody has a session, for no senior is in; then some ask for limits that bar what is promised."""
    ada = member(site, "ada")
    for kind in promised:
        with site.store.writing() as connection:
            kept_programmes.write_format(connection, 1, programmes.usual(kind))
    for name in SENIORS:
        write_calendar(tmp_path, name, [(NOW, NOW + 26 * WEEK)])
    for name, limit in LIMITS.items():
        who = member(site, name)
        preferences.change(site, who.person.id, limit, who, NOW)
    planned(site)

    told = {name: why(site, name) for name in JUNIORS}
    assert set(told.values()) == {("due, and in no plan yet",)}
    owed = programmes.owed(site, ada)
    assert owed is not None
    assert not {each.person.name.lower() for each in owed.nobody_for} & {*LIMITS}


def test_what_the_last_planning_run_found_is_a_cause(site: Site) -> None:
    assert why(site, "ben") == ("nothing is promised by rule, and no imported session is theirs",)
    ada = member(site, "ada")
    programmes.start_with_usual(site, ada, NOW)
    assert why(site, "ben") == ("no planning run has looked at what is due yet",)

    reason = "they met less than 12 weeks ago"
    with site.store.writing() as connection:
        connection.execute(
            update(t.programme).values(
                owed={
                    "at": NOW.isoformat(),
                    "first_day": "2027-03-08",
                    "last_day": "2027-04-02",
                    "sessions": {},
                    "nobody_to_meet": [[member(site, "aisha").person.id, "coffee_roulette", reason]],
                }
            )
        )
    assert why(site, "aisha") == (f"nobody to meet for coffee roulette: {reason}",)
    assert why(site, "ben") == ("due, and in no plan yet",)


def test_each_look_at_names_is_noted(site: Site) -> None:
    names(site)

    with site.store.reading() as connection:
        assert "read.not_reached" in connection.execute(select(t.audit_entry.c.action)).scalars().all()


def test_only_admins_read_any_of_it(site: Site) -> None:
    span = fairness.last_weeks(12, NOW)
    for name in ("priya", "aisha"):
        for read in (fairness.figures, fairness.not_reached):
            with pytest.raises(NotFound):
                read(site, span, member(site, name), NOW)


# --- spans ---------------------------------------------------------------------------------------


def test_spans_are_whole_weeks_up_to_this_one() -> None:
    assert fairness.last_weeks(4, NOW) == SpanRecord(date(2027, 2, 1), date(2027, 3, 7), 4)
    assert fairness.between(date(2026, 12, 2), date(2027, 1, 6), NOW) == SpanRecord(
        date(2026, 11, 30), date(2027, 1, 10), None
    )
    assert fairness.between(date(2027, 1, 6), date(2030, 1, 1), NOW).last == date(2027, 3, 7)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2027, 2, 1), date(2027, 1, 1), "last"),
        (date(2027, 2, 22), date(2027, 3, 5), "last"),
        (date(2020, 1, 1), date(2027, 3, 5), "last"),
        (date(2027, 3, 6), date(2027, 8, 5), "first"),
    ],
)
def test_dates_that_make_no_span_are_told(first: date, last: date, field: str) -> None:
    with pytest.raises(Misfilled) as mistakes:
        fairness.between(first, last, NOW)

    assert set(mistakes.value.mistakes) == {field}


# --- scale ---------------------------------------------------------------------------------------


@contextmanager
def counting(site: Site) -> Iterator[list[str]]:
    """The statements run meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(site.store.engine, "before_cursor_execute", note)
    yield seen
    event.remove(site.store.engine, "before_cursor_execute", note)


def test_as_many_statements_are_run_for_twenty_people_as_for_two_hundred(tmp_path: Path) -> None:
    ran = []
    for more in (12, 192):
        site = a_company(tmp_path / str(more), extra_juniors=more)
        joined(site, LONG_AGO)
        everybody = [*JUNIORS, *(f"extra{number}" for number in range(more))]
        for first in range(0, len(everybody), 10):
            History(site).session(TUESDAY, everybody[first : first + 10], "held" if first else None)
            History(site).offer(TUESDAY, everybody[first : first + 10], "expired")
        with counting(site) as seen:
            record = figures(site)
            names(site)
        assert record.juniors is not None
        ran.append((record.juniors.people, len(seen)))

    assert [people for people, _ in ran] == [20, 200]
    assert ran[0][1] == ran[1][1]

"""How sessions were, in groups: what can be told of five people and more, and nothing of fewer."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from planner.domain import SessionKind
from tests.web.company import JUNIORS, a_company, member
from tests.web.history import History, participation
from tests.web.operations.test_fairness import counting
from web.errors import NotFound
from web.operations import trends
from web.records import SaidOfRecord, TrendsRecord
from web.site import Site
from web.store import feedback as kept
from web.store import tables as t
from web.store.feedback import Given

#: January and February 2027 are told of then, March not.
THEN = datetime(2027, 3, 20, 9, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = (datetime(2027, month, 13, 12, tzinfo=UTC) for month in (1, 2, 3))
FIVE = JUNIORS[:5]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def history(site: Site) -> History:
    return History(site)


def said(history: History, start: datetime, **useful: int | None) -> str:
    """A session at which everybody named had a seat, and was asked; what each said. 0: nothing."""
    who = [name for name in useful if name not in ("priya", "marek")]
    kind = useful.pop("kind", SessionKind.GROUP_MENTORING)  # type: ignore[arg-type]
    session = history.session(start, [name for name in who if name != "kind"], "held", kind=kind)  # type: ignore[arg-type]
    tell(history.site, session, **{name: value for name, value in useful.items() if value != 0})
    return session


def tell(site: Site, session: str, word: str = "", **useful: int | None) -> None:
    at = datetime(2027, 1, 1, tzinfo=UTC)
    given = [Given(session, member(site, name).person.id, how, word, at) for name, how in useful.items()]
    with site.store.writing() as connection:
        kept.add_many(connection, given)
        kept.note_asked(connection, [session], at)


def figures(site: Site, now: datetime = THEN, half: int | None = None) -> TrendsRecord:
    return trends.trends(site, half, member(site, "ada"), now)


# --- what is told --------------------------------------------------------------------------------


def test_each_side_is_told_of_apart_with_who_answered_and_how_useful_it_was(
    site: Site, history: History
) -> None:
    said(history, JANUARY, aisha=5, ben=4, chidi=4, dana=3, emil=4, farid=None, gita=0, priya=2)

    record = figures(site)

    assert record.juniors is not None
    assert record.juniors.total == SaidOfRecord(None, 7, 6, 5, (0, 0, 1, 3, 1))
    assert (record.juniors.total.share_answered, record.juniors.total.share_happened) == (86, 83)
    assert record.juniors.total.mean == 4.0
    assert record.seniors is None  # one senior is fewer than five


def test_of_fewer_than_five_who_answered_nothing_is_told(site: Site, history: History) -> None:
    said(history, JANUARY, aisha=5, ben=4, chidi=4, dana=3, emil=0, farid=None)

    record = figures(site)

    assert (record.any_asked, record.juniors, record.seniors, record.words) == (True, None, None, ())


def test_nobody_was_asked_yet(site: Site, history: History) -> None:
    history.session(JANUARY, FIVE)

    assert not figures(site).any_asked


def test_a_month_is_told_of_once_its_two_weeks_are_over(site: Site, history: History) -> None:
    said(history, MARCH, **dict.fromkeys(FIVE, 4))

    eve, day = datetime(2027, 4, 15, 23, 59, tzinfo=UTC), datetime(2027, 4, 16, tzinfo=UTC)

    assert (figures(site, eve).juniors, figures(site, eve).next_on) == (None, date(2027, 4, 16))
    told = figures(site, day)
    assert told.juniors is not None and told.juniors.total.answered == 5
    assert (told.told_until, told.next_on) == (date(2027, 3, 31), date(2027, 5, 16))


def test_a_month_with_too_few_stands_together_with_the_next(site: Site, history: History) -> None:
    said(history, JANUARY, aisha=5, ben=4, chidi=4)
    assert figures(site, JANUARY + timedelta(days=40)).juniors is None
    said(history, FEBRUARY, dana=1, emil=2)

    record = figures(site)

    assert record.juniors is not None
    ((first, last, row),) = record.juniors.months
    assert (first, last, row.useful) == (date(2027, 1, 1), date(2027, 2, 1), (1, 1, 0, 2, 1))


def test_the_same_five_in_both_months_make_two_months(site: Site, history: History) -> None:
    said(history, JANUARY, **dict.fromkeys(FIVE, 2))
    said(history, FEBRUARY, **dict.fromkeys(FIVE, 4))

    record = figures(site)

    assert record.juniors is not None
    assert [(first.month, row.mean) for first, _, row in record.juniors.months] == [(1, 2.0), (2, 4.0)]
    assert record.juniors.total.mean == 3.0


def test_kinds_and_cohorts_stand_alone_where_five_answered_and_else_among_others(
    site: Site, history: History
) -> None:
    for name in JUNIORS:
        participation(site, name, cohort="spring" if name in FIVE else "autumn")
    for kind in (SessionKind.COFFEE_ROULETTE, SessionKind.GROUP_LUNCH):
        said(history, JANUARY, kind=kind, **dict.fromkeys(FIVE, 4))  # type: ignore[arg-type]
    said(history, JANUARY, kind=SessionKind.COWORKING, farid=1, gita=1, hal=1)  # type: ignore[arg-type]

    record = figures(site)

    assert record.juniors is not None
    assert "cohort" not in record.juniors.tables  # three of the autumn: they are never told of
    kinds = record.juniors.tables.get("kind", ())
    assert sum(row.answered for row in kinds) in (0, 13)
    assert all(sum(row.useful) >= 5 for row in kinds)


def with_lunch_apart_in_january(site: Site, history: History) -> None:
    """Two had lunch in a group then; so that nothing tells of them, lunch for two joins them that month."""
    for month, useful in ((JANUARY, 5), (FEBRUARY, 3)):
        eight = dict.fromkeys(JUNIORS, 4)
        said(history, month, kind=SessionKind.COFFEE_ROULETTE, **eight)  # type: ignore[arg-type]
        lunch = dict.fromkeys(FIVE, useful)
        said(history, month, kind=SessionKind.INDIVIDUAL_LUNCH, **lunch)  # type: ignore[arg-type]
    said(history, JANUARY, kind=SessionKind.GROUP_LUNCH, gita=4, hal=4)  # type: ignore[arg-type]


def test_a_group_that_is_among_the_others_of_one_month_says_which_months_its_row_is_without(
    site: Site, history: History
) -> None:
    with_lunch_apart_in_january(site, history)

    record = figures(site)

    assert record.juniors is not None
    january = (JANUARY.date().replace(day=1),) * 2
    assert [(row.label, row.without, row.useful) for row in record.juniors.tables["kind"]] == [
        ("individual_lunch", (january,), (0, 0, 5, 0, 0)),
        ("coffee_roulette", (), (0, 0, 0, 16, 0)),
        (None, (), (0, 0, 0, 2, 5)),
    ]


def test_half_years_are_told_of_two_at_a_time_and_begin_anew(site: Site, history: History) -> None:
    said(history, datetime(2026, 12, 10, 12, tzinfo=UTC), aisha=5, ben=4, chidi=4)
    said(history, JANUARY, dana=1, emil=2)
    assert figures(site).juniors is None
    said(history, datetime(2026, 3, 10, 12, tzinfo=UTC), **dict.fromkeys(FIVE, 3))

    latest, before = figures(site), figures(site, half=2026 * 2)

    assert (latest.half, latest.first, latest.last) == (2027 * 2, date(2026, 7, 1), date(2027, 6, 30))
    assert (latest.earlier, latest.later, latest.juniors) == (True, False, None)
    assert (before.later, before.first) == (True, date(2025, 7, 1))
    assert before.juniors is not None and before.juniors.total.answered == 5


def test_a_half_year_of_which_answers_are_dropped_is_told_of_no_more(site: Site, history: History) -> None:
    said(history, datetime(2026, 12, 10, 12, tzinfo=UTC), **dict.fromkeys(FIVE, 3))
    keep = timedelta(days=site.config.privacy.keep_attendance_days)

    assert figures(site, datetime(2026, 7, 1, tzinfo=UTC) + keep, half=2026 * 2 + 1).juniors is not None
    assert figures(site, datetime(2026, 7, 2, tzinfo=UTC) + keep, half=2026 * 2 + 1).juniors is None


def test_only_admins_read_it_and_a_look_at_words_is_noted(site: Site, history: History) -> None:
    session = said(history, JANUARY, **dict.fromkeys(FIVE, 4))
    for name in ("priya", "aisha"):
        with pytest.raises(NotFound):
            trends.trends(site, None, member(site, name), THEN)
    with site.store.writing() as connection:
        connection.execute(
            update(t.feedback).where(t.feedback.c.session_id == session).values(comment="Good")
        )

    assert figures(site).words == ("Good",) * 5
    with site.store.reading() as connection:
        assert "read.words" in connection.execute(select(t.audit_entry.c.action)).scalars().all()


# --- words ---------------------------------------------------------------------------------------


def with_word(site: Site, history: History, start: datetime, **word: str) -> None:
    session = history.session(start, [*word], "held")
    for name, text in word.items():
        tell(site, session, text, **{name: 4})


def test_words_are_told_of_five_people_and_in_the_order_of_the_alphabet(site: Site, history: History) -> None:
    with_word(site, history, JANUARY, aisha="zeal", ben="And more", chidi="more time")
    with_word(site, history, JANUARY + timedelta(days=3), dana="lunch was loud")
    assert figures(site).words == ()

    with_word(site, history, FEBRUARY, emil="better")

    assert figures(site).words == ("And more", "better", "lunch was loud", "more time", "zeal")


def test_many_words_of_few_people_are_not_told(site: Site, history: History) -> None:
    for day in range(8):
        with_word(site, history, JANUARY + timedelta(days=day), aisha="one", ben="two", chidi="three")

    assert figures(site).words == ()


# --- nobody is found by subtraction --------------------------------------------------------------


def rows_shown(record: TrendsRecord) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """Every row of juniors: (table, label, month)."""
    assert record.juniors is not None
    rows = {(name, str(row.label), ""): row for name, some in record.juniors.tables.items() for row in some}
    rows |= {("month", str(first), str(last)): row for first, last, row in record.juniors.months}
    rows["total", "", ""] = record.juniors.total
    return {key: (row.asked, row.answered, row.happened, *row.useful) for key, row in rows.items()}


@pytest.mark.parametrize("seed", range(6))
def test_no_figure_that_can_be_worked_out_depends_on_fewer_than_five(tmp_path: Path, seed: int) -> None:
    """Of every row its weights on the answers are found by changing one answer after the other.

    As every change of one answer moves figures of the page by a fixed amount, what the rows are sums of is
    measured here, on the page itself, and not taken from how they were put together.
    """
    chance = random.Random(seed)
    site = a_company(tmp_path, extra_juniors=6)
    history = History(site)
    names = [*JUNIORS, *(f"extra{number}" for number in range(6))]
    for name in names:
        participation(site, name, cohort=chance.choice("xyz"))
    sessions = []
    for month in (JANUARY, FEBRUARY):
        for kind in (SessionKind.COFFEE_ROULETTE, SessionKind.GROUP_LUNCH, SessionKind.COWORKING):
            some = chance.sample(names, chance.randint(2, 8))
            sessions.append((said(history, month, kind=kind, **dict.fromkeys(some, 3)), some))  # type: ignore[arg-type]
    before = rows_shown(figures(site))

    weights, owners = [], []
    for session, some in sessions:
        for name in some:
            move(site, session, name, 5)
            after = rows_shown(figures(site))
            assert after.keys() == before.keys()
            weights.append([after[key][-1] - before[key][-1] for key in before])
            owners.append(name)
            move(site, session, name, 3)

    table = np.array(weights, dtype=float)
    rank = np.linalg.matrix_rank(table)
    theirs = defaultdict(list)
    for number, name in enumerate(owners):
        theirs[name].append(number)
    for few in combinations(sorted(theirs), 4):
        gone = [number for name in few for number in theirs[name]]
        assert np.linalg.matrix_rank(np.delete(table, gone, axis=0)) == rank, few


def move(site: Site, session: str, name: str, useful: int) -> None:
    mine = (t.feedback.c.session_id == session, t.feedback.c.person_id == member(site, name).person.id)
    with site.store.writing() as connection:
        connection.execute(update(t.feedback).where(*mine).values(useful=useful))


def test_once_a_month_is_told_of_nothing_that_happens_later_moves_its_figures(
    site: Site, history: History
) -> None:
    said(history, JANUARY, **dict.fromkeys(FIVE, 4))
    before = rows_shown(figures(site))

    said(history, FEBRUARY, aisha=1, ben=1)
    said(history, MARCH, **dict.fromkeys(JUNIORS, 1))

    assert rows_shown(figures(site)) == before


# --- scale ---------------------------------------------------------------------------------------


def test_as_many_statements_are_run_for_twenty_people_as_for_two_hundred(tmp_path: Path) -> None:
    ran = []
    for more in (12, 192):
        site = a_company(tmp_path / str(more), extra_juniors=more)
        everybody = [*JUNIORS, *(f"extra{number}" for number in range(more))]
        for first in range(0, len(everybody), 10):
            said(History(site), JANUARY, **dict.fromkeys(everybody[first : first + 10], 4))
        with counting(site) as seen:
            record = figures(site)
        assert record.juniors is not None
        ran.append((record.juniors.total.answered, len(seen)))

    assert [people for people, _ in ran] == [20, 200]
    assert ran[0][1] == ran[1][1]

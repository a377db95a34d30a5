import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from planner.domain import SessionKind
from tests.web.made_up import PRIYA
from web.cli.proposal_table import print_plan
from web.records import ProgressRecord, ProposalRecord, RunRecord, SeniorDaysRecord, SessionRecord

RUN = RunRecord(
    id=1,
    state="draft",
    first_day=date(2027, 3, 8),
    last_day=date(2027, 4, 2),
    created_at=datetime(2027, 3, 5, tzinfo=UTC),
    finished_at=None,
    seniors=1,
    juniors=9,
    progress=ProgressRecord(),
    score={"senior_days": 2},
    sessions=9,
    first_free_days=7,
    greedy_days=1,
    first_free_placed=9,
    greedy_placed=6,
    by_senior=(SeniorDaysRecord(PRIYA, 2, 7, 2),),
)
LUNCH = SessionRecord(
    "lunch",
    SessionKind.GROUP_LUNCH,
    "",
    datetime(2027, 3, 9, 12, tzinfo=UTC),
    60,
    "Europe/London",
    PRIYA,
    (),
    "London",
    "Park",
)
PROPOSAL = ProposalRecord(
    1,
    1,
    "Mentoring",
    PRIYA,
    date(2027, 3, 9),
    "London",
    "Europe/London",
    "draft",
    (LUNCH,),
    (),
    1,
    False,
    True,
    None,
)


def printed(run: RunRecord) -> str:
    text = io.StringIO()
    print_plan(run, [PROPOSAL], Console(file=text, width=80))
    return text.getvalue()


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (SeniorDaysRecord(PRIYA, 2, 7, 2), "2 days instead of 7; no plan needs fewer"),
        (SeniorDaysRecord(PRIYA, 2, 7, 1), "2 days instead of 7"),
        (SeniorDaysRecord(PRIYA, 2, 7, None), "2 days instead of 7"),
        (SeniorDaysRecord(PRIYA, 0, 2, 0), "no extra day instead of 2; no plan needs fewer"),
        (SeniorDaysRecord(PRIYA, 3, 3, 3), "3 days; no plan needs fewer"),
    ],
)
def test_each_senior_is_told_the_days_saved_and_no_more_than_is_proved(days, says):
    lines = [line.strip() for line in printed(replace(RUN, by_senior=(days,))).splitlines()]

    assert says in lines


def test_a_simpler_way_is_not_praised_for_what_it_leaves_out():
    text = printed(RUN)

    assert "7 with each session at its first free slot\n" in text
    assert "1 packed greedily, which leaves out 3 of them" in text


def test_a_proof_is_claimed_only_where_value_and_bound_meet():
    assert "Proved" in printed(replace(RUN, bounds={"senior_days": 2}))
    assert "needs fewer than 1." in printed(replace(RUN, bounds={"senior_days": 1}))
    assert (
        "fewer" not in printed(replace(RUN, bounds={"senior_days": -5}, by_senior=())).partition("in all")[2]
    )

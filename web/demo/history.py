"""Three months that were: planned every four weeks, answered, held or not, by the operations of any day.

Only the clock is another, calendars are not read once more at each answer, and mails of that time are
not sent. People differ: some answer everything, some nothing; a few juniors book whatever is open.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random

from planner.lifecycle import ProposalState, ProposalStep, next_proposal_state
from web.demo import follow_through
from web.demo.company import SEED, WEEKS, WEEKS_OF_HISTORY, Company
from web.operations import agreements, attendance, proposals, runs, seats
from web.records import ProposalRecord, SessionRecord
from web.site import Site
from web.store import outbox, people, sessions
from web.store import proposals as kept
from web.store import tables as t

#: To search for a month's plan: what was is worth less waiting than what comes.
SECONDS = 3.0

#: Of a hundred proposals, so many are skipped, so many never answered; the others are approved.
SKIPPED, UNANSWERED = 8, 9
#: Of a hundred seats, so many are declined; of a hundred sessions, of so many nobody says what became of
#: them, and so many fell through; of a hundred seats in those held, so many stayed empty.
DECLINED, UNTOLD, FELL_THROUGH, MISSED = 4, 22, 3, 4
#: One junior in so many books what is open.
OUTGOING = 9


def live_through(site: Site, company: Company) -> int:
    """Make the history of a company that was imported just now; how many sessions were held in it."""
    return _History(site, company).live()


class _History:
    def __init__(self, site: Site, company: Company) -> None:
        planner = site.config.planner.model_copy(update={"seconds": SECONDS})
        self._site = replace(site, config=site.config.model_copy(update={"planner": planner}))
        self._company = company
        self._programme_id = runs.programme_named(site, None)
        self._rng = Random(f"{SEED} history")  # noqa: S311 (the same history for everybody is the point)
        with site.store.reading() as connection:
            members = people.members(connection, programme_id=self._programme_id)
        self._members = members
        self._of_person = {member.person.id: member for member in members}
        self._admin = next(member for member in members if "admin" in member.roles)
        self._outgoing = [member for member in members if "junior" in member.roles][::OUTGOING]

    def live(self) -> int:
        held = 0
        began = datetime.combine(self._company.programme_began, time(), UTC)
        with self._site.store.writing() as connection:
            follow_through.set_out(connection, self._programme_id, self._members, began)
        for week in range(0, WEEKS_OF_HISTORY, WEEKS):
            held += self._month(self._company.programme_began + timedelta(weeks=week))
        with self._site.store.writing() as connection:
            outbox.let_rest(connection, self._site.now())
        return held

    def _month(self, first: date) -> int:
        """Four weeks: planned and answered on the Friday before, over on the last day."""
        last = first + timedelta(weeks=WEEKS, days=-3)
        before, after = self._at(first - timedelta(days=3)), self._at(last + timedelta(days=1))
        run = runs.plan_now(before, self._programme_id, first, last, before.now())
        runs.release(before, run.id, self._admin, before.now())
        proposed = proposals.open_of_run(before, run.id, self._admin)
        agreed = [one for one in proposed if self._answer(before, one)]
        proposals.expire(after, after.now())
        self._book(before)
        self._decline(before, agreed)
        became = [(session, self._was_held(after, session)) for session in self._agreed(first, after)]
        with self._site.store.writing() as connection:
            follow_through.look_back(connection, self._programme_id, became, self._rng)
        return sum(held for _, held in became)

    def _at(self, day: date) -> Site:
        noon = datetime.combine(day, time(12), UTC)
        return replace(self._site, clock=lambda: noon)

    def _chance(self, percent: int) -> bool:
        return self._rng.randrange(100) < percent

    # --- answers

    def _answer(self, site: Site, proposal: ProposalRecord) -> bool:
        """Whether the day is approved."""
        senior, now = self._of_person[proposal.senior.id], site.now()
        fate = self._rng.randrange(100)
        if fate < SKIPPED:
            proposals.skip(site, proposal.id, proposal.version, senior, now)
        if fate < SKIPPED + UNANSWERED:
            return False
        with site.store.writing() as connection:
            standing = kept.standing(connection, proposal.id)
            if standing is None:
                return False
            checking = next_proposal_state(standing.state, ProposalStep.SAY_YES)
            state: ProposalState = next_proposal_state(checking, ProposalStep.CONFIRM)
            kept.change(connection, proposal.id, state=state, decided_at=now, decided_by=proposal.senior.id)
            agreements.agree(connection, site, proposal.id, standing.placements, now)
        return True

    def _book(self, site: Site) -> None:
        """Those who ask first ask for what is open; a day later seats are given by need."""
        for junior in self._outgoing:
            offers = seats.open_sessions(site, junior, site.now())
            for offer in islice((one for one in offers if one.clash is None and one.beyond is None), 1):
                ask = seats.wait if offer.by_need_until or offer.state == "full" else seats.book
                ask(site, offer.session.id, junior, site.now())
        next_day = site.now() + timedelta(days=1)
        seats.settle_due(replace(site, clock=lambda: next_day), next_day)

    def _decline(self, site: Site, agreed: list[ProposalRecord]) -> None:
        for session in (session for proposal in agreed for session in proposal.sessions):
            for junior in session.juniors:
                if len(session.juniors) > 2 and self._chance(DECLINED):
                    seats.give_up(site, session.id, self._of_person[junior.id], site.now())

    # --- what came of it

    def _agreed(self, first: date, after: Site) -> list[SessionRecord]:
        """What stood in the end, with those who had a seat."""
        in_between = t.session.c.start.between(datetime.combine(first, time(), UTC), after.now())
        with self._site.store.reading() as connection:
            return sessions.agreed(connection, in_between)

    def _was_held(self, site: Site, session: SessionRecord) -> bool:
        """Of some nobody has said, and they count as held until somebody says otherwise."""
        senior = self._of_person[session.senior.id]
        fate, now = self._rng.randrange(100), site.now()
        if fate < UNTOLD:
            return True
        held = fate >= UNTOLD + FELL_THROUGH
        attendance.say_outcome(site, session.id, held, senior, now)
        for junior in session.juniors:
            if held and self._chance(MISSED):
                attendance.say_attendance(site, session.id, junior.id, False, senior, now)
        return held

"""A senior's answers to a proposed day, and what follows from them.

A yes is recorded at once and settled in the background: calendars are read again first, outside any
transaction, and the day is agreed only if every rule still holds. Otherwise the next best day is
offered in its place, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner import lifecycle
from planner.alternatives import OtherDay, refit
from planner.alternatives import other_days as alternatives
from planner.check import Rule, Violation
from planner.domain import Placement, PlanningProblem
from planner.lifecycle import ProposalState, ProposalStep
from planner.still_fits import broken_beside
from web import words
from web.errors import NotFound, Refused
from web.operations import agreements, another_day, assistants, audit, calendars, events, outbox, worth
from web.operations.access import link_problem, need_programme, need_role, need_self
from web.records import (
    DecisionRecord,
    InvitationsRecord,
    Member,
    OtherDayRecord,
    ProposalRecord,
    WhyNotRecord,
)
from web.site import Site
from web.store import jobs, links
from web.store import proposals as kept
from web.store import tables as t
from web.store.offices import closed_on
from web.store.planning import load_problem
from web.store.proposals import Facts, Standing

#: What a senior still sees of the past and of days they answered.
SHOWN = (
    ProposalState.PROPOSED,
    ProposalState.CHECKING,
    ProposalState.APPROVED,
    ProposalState.STALE,
    ProposalState.SKIPPED,
    ProposalState.EXPIRED,
)

#: Time of day, the senior's, at which an answer is due.
ANSWER_UNTIL = time(17)


# --- reading -------------------------------------------------------------------------------------


def of_senior(site: Site, by: Member, now: datetime) -> tuple[ProposalRecord, ...]:
    """The days proposed to this senior and answered by them, from today on: those that wait come first."""
    need_role(by, "senior")
    audit.look_for_another(site, by, "read.days")
    today = now.astimezone(ZoneInfo(by.person.timezone)).date()
    with site.store.reading() as connection:
        found = kept.records(
            connection,
            (t.proposal.c.senior_id == by.person.id)
            & (t.proposal.c.programme_id == by.programme_id)
            & t.proposal.c.state.in_(SHOWN)
            & (t.proposal.c.day >= today),
        )
    order = {state: place for place, state in enumerate(SHOWN)}
    return tuple(sorted(found, key=lambda each: (order[ProposalState(each.state)], each.day)))


def one(site: Site, proposal_id: int, by: Member) -> ProposalRecord:
    """One proposal of this senior's."""
    need_role(by, "senior")
    audit.look_for_another(site, by, "read.day", f"proposal:{proposal_id}")
    with site.store.reading() as connection:
        return _own(connection, proposal_id, by)


def invitations(site: Site, proposal_id: int, by: Member) -> InvitationsRecord:
    """How far the invitations of an agreed day have come."""
    need_role(by, "senior")
    with site.store.reading() as connection:
        proposal = _own(connection, proposal_id, by)
        agreed = [each.id for each in proposal.sessions if each.id not in proposal.left_out]
        return outbox.invitations_to(connection, agreed)


def other_days(site: Site, proposal_id: int, by: Member) -> tuple[OtherDayRecord, ...]:
    """The next best days for the sessions of a proposal, each with what it costs, best first."""
    need_role(by, "senior")
    with site.store.reading() as connection:
        _own(connection, proposal_id, by)
        return another_day.choices(connection, proposal_id, site.now())


def why_not(site: Site, proposal_id: int, day: date | None, by: Member) -> WhyNotRecord:
    """Why a proposal's sessions are not held on another day, as far as it is their senior's to know.

    With no day: only which days can be asked about.
    """
    need_role(by, "senior")
    with site.store.reading() as connection:
        _own(connection, proposal_id, by)
        return another_day.why_not(connection, proposal_id, day, site.now(), in_full=False)


def why_not_in_full(site: Site, proposal_id: int, day: date | None, by: Member) -> WhyNotRecord:
    """The same, of anybody's proposal or draft, for an admin: with names where there is something to see to
    (an unread calendar, an office, another session), without where somebody's time or limits bar it."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        standing = kept.standing(connection, proposal_id)
        if standing is None:
            raise NotFound
        need_programme(by, standing.programme_id)
    if day is not None:
        audit.look(site, by, "read.why_not", f"proposal:{proposal_id}", subject_id=standing.senior_id)
    with site.store.reading() as connection:
        return another_day.why_not(connection, proposal_id, day, site.now(), in_full=True)


def open_of_run(site: Site, run_id: int, by: Member) -> tuple[ProposalRecord, ...]:
    """A run's proposals that are drafts or wait for an answer, by senior and day."""
    need_role(by, "admin")
    p = t.proposal
    with site.store.reading() as connection:
        found = kept.records(
            connection,
            (p.c.run_id == run_id)
            & (p.c.programme_id == by.programme_id)
            & p.c.state.in_((ProposalState.DRAFT, ProposalState.PROPOSED)),
        )
    return tuple(sorted(found, key=lambda each: (each.senior.name.casefold(), each.day)))


def _own(connection: Connection, proposal_id: int, by: Member) -> ProposalRecord:
    record = kept.one(connection, proposal_id)
    if record is None or record.state == ProposalState.DRAFT:
        raise NotFound
    need_self(by, record.senior.id)
    return record


# --- answering -----------------------------------------------------------------------------------


def approve(
    site: Site, proposal_id: int, version: int, by: Member, leave_out: Collection[str], now: datetime
) -> None:
    """Say yes to a day, perhaps without some of its sessions. Settled in the background (`settle`)."""
    with site.store.writing() as connection:
        standing = _answerable(connection, proposal_id, version, by)
        job_id = _say_yes(connection, standing, by.hand.id, leave_out, None, now)
        audit.note(
            connection, now, by, "proposal.approve", f"proposal:{proposal_id}", without=len(set(leave_out))
        )
        _tell_senior(connection, site, by, "said yes to", standing, now)
    site.queue.tell(job_id)


def choose_day(site: Site, proposal_id: int, version: int, day: date, by: Member, now: datetime) -> None:
    """Say yes to another day instead."""
    with site.store.writing() as connection:
        standing = _answerable(connection, proposal_id, version, by)
        job_id = _say_yes(connection, standing, by.hand.id, (), day, now)
        audit.note(connection, now, by, "proposal.choose", f"proposal:{proposal_id}")
        _tell_senior(connection, site, by, f"chose {words.long_day(day)} instead of", standing, now)
    site.queue.tell(job_id)


def skip(site: Site, proposal_id: int, version: int, by: Member, now: datetime) -> None:
    """Say no to a day. Costs nothing: its sessions are due again."""
    with site.store.writing() as connection:
        standing = _answerable(connection, proposal_id, version, by)
        skip_standing(connection, site, standing, by.hand.id, now)
        audit.note(connection, now, by, "proposal.skip", f"proposal:{proposal_id}")
        _tell_senior(connection, site, by, "skipped", standing, now)
    outbox.wake(site, now)


def reopen(site: Site, proposal_id: int, version: int, by: Member, now: datetime) -> None:
    """Undo a skip, while its sessions are still free."""
    with site.store.writing() as connection:
        standing = _answerable(connection, proposal_id, version, by)
        state = lifecycle.next_proposal_state(standing.state, ProposalStep.REOPEN)
        if kept.taken_sessions(connection, sessions_in(standing), standing.senior_id):
            raise Refused("These sessions have been offered again on another day.")
        kept.change(
            connection,
            proposal_id,
            state=state,
            decided_at=None,
            decided_by=None,
            expires_at=answer_by(site, standing.day, standing.timezone, now),
        )
        events.want(connection, site, sessions_in(standing), now)
        audit.note(connection, now, by, "proposal.reopen", f"proposal:{proposal_id}")
        _tell_senior(connection, site, by, "brought back", standing, now)
    outbox.wake(site, now)


def call_off(site: Site, proposal_id: int, version: int, by: Member, now: datetime) -> None:
    """Undo an approval: everybody gets a cancellation, and the sessions are due again."""
    with site.store.writing() as connection:
        standing = _answerable(connection, proposal_id, version, by)
        state = lifecycle.next_proposal_state(standing.state, ProposalStep.CALL_OFF)
        agreements.call_off(connection, site, proposal_id, now)
        kept.change(connection, proposal_id, state=state, version=standing.version + 1, decided_by=by.hand.id)
        worth.look_at(connection, site, [proposal_id], now)
        audit.note(connection, now, by, "proposal.call_off", f"proposal:{proposal_id}")
        _tell_senior(connection, site, by, "called off", standing, now)
    outbox.wake(site, now)


def _answerable(connection: Connection, proposal_id: int, version: int, by: Member) -> Standing:
    need_role(by, "senior")
    standing = kept.standing(connection, proposal_id)
    if standing is None or standing.state is ProposalState.DRAFT:
        raise NotFound
    need_programme(by, standing.programme_id)
    need_self(by, standing.senior_id)
    if standing.version != version:
        raise Refused("This day has changed since you opened the page. Here is how it stands now.")
    return standing


def _tell_senior(
    connection: Connection, site: Site, by: Member, did: str, standing: Standing, now: datetime
) -> None:
    """Let a senior know what an assistant answered for them."""
    says = f"{did} {words.long_day(standing.day)} for you"
    assistants.tell_senior(connection, site, by, says, f"/days/{standing.id}", now)


def _say_yes(
    connection: Connection,
    standing: Standing,
    by_id: int,
    leave_out: Collection[str],
    instead: date | None,
    now: datetime,
) -> int:
    """Record the yes, and owe the work of settling it; that job's id."""
    state = lifecycle.next_proposal_state(standing.state, ProposalStep.SAY_YES)
    proposed = {p.session for p in standing.placements}
    left_out = sorted(proposed & set(leave_out))
    if len(left_out) == len(proposed):
        raise Refused(
            "That leaves nothing to approve. To say no to the whole day, skip it; it costs nothing."
        )
    kept.change(
        connection,
        standing.id,
        state=state,
        decided_at=now,
        decided_by=by_id,
        left_out=left_out,
        refusal=None,
        facts=replace(standing.facts, wanted_day=instead).kept(),
    )
    return jobs.add(connection, "settle", {"proposal_id": standing.id}, now, dedup=f"settle:{standing.id}")


def day_again(connection: Connection, standing: Standing, by_id: int, now: datetime) -> int:
    """Agree a day again that was called off, as far as it fits; the id of the job that settles it."""
    state = lifecycle.next_proposal_state(standing.state, ProposalStep.TAKE_BACK)
    said = {"state": state, "version": standing.version + 1, "decided_at": now, "decided_by": by_id}
    kept.change(connection, standing.id, **said, refusal=None)
    return jobs.add(connection, "settle", {"proposal_id": standing.id}, now, dedup=f"settle:{standing.id}")


def skip_standing(connection: Connection, site: Site, standing: Standing, by_id: int, now: datetime) -> None:
    state = lifecycle.next_proposal_state(standing.state, ProposalStep.SKIP)
    kept.change(connection, standing.id, state=state, decided_at=now, decided_by=by_id)
    events.want(connection, site, sessions_in(standing), now)


def sessions_in(standing: Standing) -> set[str]:
    return {placement.session for placement in standing.placements}


# --- answering from the mail ---------------------------------------------------------------------


def by_link(site: Site, token: str, now: datetime) -> DecisionRecord:
    """What a mailed link leads to; changes nothing."""
    with site.store.reading() as connection:
        return _decision(connection, site, token, now)


def decide_by_link(
    site: Site, token: str, answer: str, day: date | None, leave_out: Collection[str], now: datetime
) -> ProposalRecord:
    """Answer through a mailed link: "approve", "skip", or "other" with the day. It decides once."""
    job_id = None
    with site.store.writing() as connection:
        decision = _decision(connection, site, token, now)
        if decision.problem is not None:
            raise Refused(decision.problem)
        link = _link(connection, site, token)
        if not links.use(connection, link.id, now):
            raise Refused("This link has been used already.")
        standing = kept.standing(connection, decision.proposal.id)
        if standing is None:
            raise NotFound
        by = assistants.holder(connection, link.person_id, standing.senior_id, standing.programme_id, now)
        if by is None:
            raise NotFound
        if answer == "skip":
            skip_standing(connection, site, standing, by.hand.id, now)
            did = "skipped"
        elif answer == "approve":
            job_id = _say_yes(connection, standing, by.hand.id, leave_out, None, now)
            did = "said yes to"
        elif answer == "other" and day is not None:
            job_id = _say_yes(connection, standing, by.hand.id, (), day, now)
            did = f"chose {words.long_day(day)} instead of"
        else:
            raise NotFound
        verb = "choose" if answer == "other" else answer
        audit.note(connection, now, by, f"proposal.{verb}", f"proposal:{standing.id}", by_link=True)
        _tell_senior(connection, site, by, did, standing, now)
    outbox.wake(site, now)
    if job_id is not None:
        site.queue.tell(job_id)
    with site.store.reading() as connection:
        return _present(kept.one(connection, decision.proposal.id))


def other_days_by_link(site: Site, token: str, now: datetime) -> tuple[OtherDayRecord, ...]:
    """The next best days, for whoever holds the link."""
    with site.store.reading() as connection:
        decision = _decision(connection, site, token, now)
        return another_day.choices(connection, decision.proposal.id, now) if decision.problem is None else ()


def why_not_by_link(site: Site, token: str, day: date | None, now: datetime) -> WhyNotRecord | None:
    """Why not that day, for whoever holds the link; None where it decides nothing any more."""
    with site.store.reading() as connection:
        decision = _decision(connection, site, token, now)
        if decision.problem is not None:
            return None
        return another_day.why_not(connection, decision.proposal.id, day, now, in_full=False)


def _link(connection: Connection, site: Site, token: str) -> links.Link:
    link_id = outbox.signer(site).link_id(token)
    link = links.one(connection, link_id, "decide") if link_id else None
    if link is None or link.proposal_id is None:
        raise NotFound
    return link


def _decision(connection: Connection, site: Site, token: str, now: datetime) -> DecisionRecord:
    link = _link(connection, site, token)
    proposal = _present(kept.one(connection, link.proposal_id or 0))
    problem = _link_problem(link, proposal, now)
    return DecisionRecord(proposal, token, problem or _holder_problem(connection, link, proposal, now))


def _holder_problem(
    connection: Connection, link: links.Link, proposal: ProposalRecord, now: datetime
) -> str | None:
    """Why whoever was mailed a link answers by it no more."""
    programme_id, _ = kept.whose(connection, proposal.id)
    if assistants.holder(connection, link.person_id, proposal.senior.id, programme_id, now) is not None:
        return None
    if link.person_id == proposal.senior.id:
        return link_problem(connection, link.person_id, programme_id, now, "senior")
    return f"Whoever got this mail no longer answers for {proposal.senior.name}."


def _link_problem(link: links.Link, proposal: ProposalRecord, now: datetime) -> str | None:
    if link.proposal_version != proposal.version:
        return "A newer proposal took the place of the one in this mail."
    if proposal.state != ProposalState.PROPOSED:
        return lifecycle.says(ProposalState(proposal.state))
    if link.used_at is not None:
        return "This link has been used already."
    if link.expires_at <= now:
        return lifecycle.says(ProposalState.EXPIRED)
    return None


# --- settling ------------------------------------------------------------------------------------


def settle(site: Site, proposal_id: int) -> None:
    """The background job after a yes: read the calendars again, then agree or offer the next best day."""
    now = site.now()
    with site.store.reading() as connection:
        concerned = kept.involved(connection, proposal_id, candidates=True)
        rooms = {placement.room for placement in kept.placements(connection, proposal_id) if placement.room}
    calendars.sync(site, concerned, now, room_ids=rooms)
    with site.store.reading() as connection:
        standing = kept.standing(connection, proposal_id)
        if standing is None or standing.state is not ProposalState.CHECKING:
            return
        agreed = _to_agree(connection, standing, now)
    refusal = _agree_if_it_fits(site, proposal_id, *agreed, now)
    if refusal is not None:
        with site.store.reading() as connection:
            best = _next_best(connection, standing, now)
        _offer_another(site, proposal_id, best, refusal, now)
    outbox.wake(site, now)


def _to_agree(
    connection: Connection, standing: Standing, now: datetime
) -> tuple[date, tuple[Placement, ...], Facts]:
    """The day that was approved, its placements without what was left out, and what is true of it."""
    facts, instead = standing.facts, standing.facts.wanted_day
    if instead is None:
        left = tuple(p for p in standing.placements if p.session not in standing.left_out)
        return standing.day, left, facts
    problem, placements = another_day.with_the_rest_fixed(connection, standing, now)
    found = alternatives(problem, placements, str(standing.senior_id), standing.day, another_day.MOST)
    for other in found:
        if other.day == instead:
            return instead, other.placements, replace(facts, already_in=other.in_office)
    return instead, (), facts


def _agree_if_it_fits(
    site: Site,
    proposal_id: int,
    day: date,
    placements: tuple[Placement, ...],
    facts: Facts,
    now: datetime,
) -> str | None:
    """Agree the day, all in one transaction with the last look at every rule; or say why not."""
    with site.store.writing() as connection:
        standing = kept.standing(connection, proposal_id)
        if standing is None or standing.state is not ProposalState.CHECKING:
            return None
        if not placements:
            return f"{words.long_day(day)} no longer works for these sessions"
        problem = load_problem(connection, another_day.only(standing, day, day))
        broken = broken_by(problem, placements, str(standing.senior_id))
        if broken:
            found = (problem.session_by_id.get(placed.session) for placed in placements)
            offices = {session.office for session in found if session is not None}
            closed = (why for (office, _), why in closed_on(connection, [day]).items() if office in offices)
            return _refusal(broken, standing.senior_id, day, next(closed, None))
        if standing.facts.wanted_day is not None:
            kept.replace_placements(connection, proposal_id, placements)
        state = lifecycle.next_proposal_state(standing.state, ProposalStep.CONFIRM)
        version = standing.version + (day != standing.day)
        kept.change(connection, proposal_id, state=state, day=day, version=version, facts=facts.kept())
        agreements.agree(connection, site, proposal_id, placements, now)
        events.want(connection, site, sessions_in(standing) | {p.session for p in placements}, now)
    return None


def _next_best(connection: Connection, standing: Standing, now: datetime) -> OtherDay | None:
    """The same day rearranged where that keeps every session, else the best other day, else what is left."""
    problem, placements = another_day.with_the_rest_fixed(connection, standing, now)
    senior = str(standing.senior_id)
    same_day = refit(problem, placements, senior, standing.day)
    if same_day is not None and not same_day.left_out:
        return same_day
    return next(iter(alternatives(problem, placements, senior, standing.day, most=1)), same_day)


def _offer_another(site: Site, proposal_id: int, best: OtherDay | None, refusal: str, now: datetime) -> None:
    """Put the next best day in the place of one that no longer fits, and ask again."""
    with site.store.writing() as connection:
        standing = kept.standing(connection, proposal_id)
        if standing is None or standing.state is not ProposalState.CHECKING:
            return
        facts = replace(standing.facts, wanted_day=None, proved=False)
        if best is None:
            state = lifecycle.next_proposal_state(standing.state, ProposalStep.GIVE_UP)
            text = f"{refusal}. No other day works in these weeks; the sessions come back in the next plan."
            kept.change(connection, proposal_id, state=state, refusal=text, facts=facts.kept())
        else:
            state = lifecycle.next_proposal_state(standing.state, ProposalStep.OFFER_ANOTHER)
            kept.replace_placements(connection, proposal_id, best.placements)
            kept.change(
                connection,
                proposal_id,
                state=state,
                day=best.day,
                version=standing.version + 1,
                left_out=[],
                decided_at=None,
                decided_by=None,
                refusal=f"{refusal}. {instead_of(best, standing.day)}",
                facts=replace(
                    facts,
                    why=("everybody in it is free", "nothing agreed has to move"),
                    already_in=best.in_office,
                ).kept(),
                expires_at=answer_by(site, best.day, standing.timezone, now),
            )
        placed = kept.sessions_of(connection, [proposal_id])
        events.want(connection, site, sessions_in(standing) | placed, now)
        outbox.refuse(connection, site, _present(kept.one(connection, proposal_id)), now)


def instead_of(best: OtherDay, day: date) -> str:
    if best.day == day:
        return "At these other times the same day works"
    return f"{words.long_day(best.day)} is the next best"


def broken_by(problem: PlanningProblem, placements: tuple[Placement, ...], senior: str) -> list[Violation]:
    """The rules that agreeing these placements would break, with everything agreed so far counted.

    Whether a day with fewer sessions is still worth the trip is the senior's to say, and they said yes.
    """
    return [
        broken
        for broken in broken_beside(problem, placements)
        if not (broken.rule is Rule.WORTH_THE_TRIP and broken.person == senior)
    ]


def _refusal(broken: list[Violation], senior_id: int, day: date, closed: str | None) -> str:
    """`closed`: why the office is closed that day; None: it is open."""
    if closed is not None:
        return f"{words.long_day(day)} no longer fits: {words.office_is_closed(closed)}"
    return f"{words.long_day(day)} no longer fits: {reasons(broken, senior_id)}"


def reasons(broken: list[Violation], senior_id: int) -> str:
    """Why, in the senior's words: their own limits as they are, everybody else's as a count."""
    own = sorted({b.rule for b in broken if b.person == str(senior_id)})
    others = {b.person for b in broken if b.person not in (None, str(senior_id))}
    reasons = [_OWN.get(rule, "it no longer keeps one of your limits") for rule in own]
    if others:
        reasons.append(
            "one of the people who were to come can no longer make it"
            if len(others) == 1
            else f"{len(others)} of the people who were to come can no longer make it"
        )
    if any(b.rule is Rule.OFFICE and b.person is None for b in broken):
        reasons.append("the office is closed then")
    if any(b.room is not None for b in broken):
        reasons.append("a room is no longer free")
    return "; ".join(dict.fromkeys(reasons)) or "something else was agreed"


_OWN = {
    Rule.BUSY: "your own calendar has something else then",
    Rule.HOURS: "it is outside your hours now",
    Rule.BREAK: "it leaves you no break",
    Rule.MINUTES: "it would be too much for one day",
    Rule.WEEK: "it would be one office day too many that week",
    Rule.OFFICE: "you are working elsewhere that day",
    Rule.TRAVEL: "it leaves you no time to travel",
    Rule.LUNCH: "you have another lunch that day",
}


# --- housekeeping --------------------------------------------------------------------------------


def expire(site: Site, now: datetime) -> int:
    """Close proposals whose time to answer is over; their sessions are due again."""
    with site.store.reading() as connection:
        if not kept.expired(connection, now):
            return 0
    with site.store.writing() as connection:
        late = kept.expired(connection, now)
        for proposal_id in late:
            kept.change(connection, proposal_id, state=ProposalState.EXPIRED)
        events.want(connection, site, kept.sessions_of(connection, late), now)
    return len(late)


def ask_again_where_lost(site: Site, now: datetime) -> None:
    """A yes that no job is settling any more (its worker failed too often) is asked for again."""
    with site.store.reading() as connection:
        if not kept.unsettled(connection):
            return
    with site.store.writing() as connection:
        for proposal_id in kept.unsettled(connection):
            _ask_again(connection, site, proposal_id, now)
    outbox.wake(site, now)


def _ask_again(connection: Connection, site: Site, proposal_id: int, now: datetime) -> None:
    standing = kept.standing(connection, proposal_id)
    if standing is None:
        return
    kept.change(
        connection,
        proposal_id,
        state=lifecycle.next_proposal_state(standing.state, ProposalStep.OFFER_ANOTHER),
        version=standing.version + 1,
        left_out=[],
        decided_at=None,
        decided_by=None,
        refusal="We could not read the calendars after your yes. Nobody was invited; please answer again",
        facts=replace(standing.facts, wanted_day=None).kept(),
    )
    outbox.refuse(connection, site, _present(kept.one(connection, proposal_id)), now)


def answer_by(site: Site, day: date, timezone: str, now: datetime) -> datetime:
    """Until when a senior may answer: the end of a working day, some days from now.

    At the latest that of the eve of the day itself; where that is over too, when the day begins.
    """
    zone = ZoneInfo(timezone)
    in_time = now.astimezone(zone).date() + timedelta(days=site.config.planner.answer_days)
    closes = datetime.combine(min(in_time, day - timedelta(days=1)), ANSWER_UNTIL, zone)
    return (closes if closes > now else datetime.combine(day, time(), zone)).astimezone(UTC)


def _present(record: ProposalRecord | None) -> ProposalRecord:
    if record is None:
        raise NotFound
    return record

"""Planning runs: from calendars to a draft that an admin previews, then releases or discards.

Nothing leaves unseen: a run ends as a draft, and only `release` writes mail.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from planner import lifecycle
from planner.check import conflicts_of, office_days, score_of
from planner.domain import Person, Placement, Plan, PlanningProblem, Reasoned
from planner.explain import reasons_for_unplaced, why_conflicting
from planner.first_free import first_free, same_sessions
from planner.greedy import greedy_packer
from planner.lifecycle import ProposalState, ProposalStep
from planner.programme import Programme
from planner.solve import Limits, Progress, propose
from planner.still_fits import agreed, still_fitting
from web import words
from web.config import PlannerConfig
from web.errors import Misfilled, NotFound, Refused
from web.executors import helpers
from web.notify import MOST_WEEKS_READ
from web.operations import audit, calendars, events, outbox, programmes
from web.operations.access import need_programme, need_role
from web.operations.proposals import answer_by
from web.records import Member, PersonRef, PreviewRecord, ProposalRecord, RunRecord
from web.site import Site
from web.store import assistants, cycle, jobs, people, proposals, roster
from web.store import programmes as kept_programmes
from web.store import rooms as kept_rooms
from web.store import runs as kept
from web.store import tables as t
from web.store import training as kept_training
from web.store.planning import Wanted, left_out, load_problem
from web.store.proposals import Facts, NewProposal
from web.store.tables import AnyRow

#: Progress is kept, and a wish to stop looked for, at most this often.
SECONDS_BETWEEN_LOOKS = 0.5

#: How much longer than its search a run by a command may take before a worker thinks it dead.
SPARE_LEASE = timedelta(minutes=10)

#: The longest window, so that a slip of the hand does not plan ten years.
MOST_DAYS = 12 * 7

#: Of a session that is no part of a plan. It may be what somebody asked for in private, so it says no more.
LEFT_OUT = "the people needed for it cannot be brought together as things stand"


# --- asking --------------------------------------------------------------------------------------


def start(site: Site, by: Member, first_day: date, last_day: date, now: datetime) -> int:
    """Queue a planning run; its id.

    Raises:
        Misfilled: a window that cannot be planned.
        Refused: one is under way already.
    """
    need_role(by, "admin")
    _check_window(first_day, last_day, now)
    with site.store.writing() as connection:
        run_id, job_id = _queue(connection, by.programme_id, first_day, last_day, by.hand.id, now)
        audit.note(connection, now, by, "run.start", f"run:{run_id}")
    site.queue.tell(job_id)
    return run_id


def plan_now(
    site: Site,
    programme_id: int,
    first_day: date,
    last_day: date,
    now: datetime,
    said: Callable[[str], None] = lambda text: None,
) -> RunRecord:
    """Plan in this thread, for a command. The draft waits for an admin as any other."""
    _check_window(first_day, last_day, now)
    lease = timedelta(seconds=site.config.planner.seconds) + SPARE_LEASE
    with site.store.writing() as connection:
        run_id, job_id = _queue(connection, programme_id, first_day, last_day, None, now)
        held = jobs.claim(connection, job_id, now, lease)  # so that no worker takes it
        audit.note(connection, now, None, "run.start", f"run:{run_id}", programme_id=programme_id)
    carry_out(site, run_id, said)
    with site.store.writing() as connection:
        if held is not None:
            jobs.finish(connection, held, site.now())
        return kept.records(connection, t.planning_run.c.id == run_id)[0]


def drafted(site: Site, run_id: int) -> tuple[ProposalRecord, ...]:
    """The proposals of a draft, for a command."""
    with site.store.reading() as connection:
        return tuple(proposals.records(connection, t.proposal.c.run_id == run_id))


def forget(site: Site, run_id: int) -> None:
    """Undo a dry run: nothing of it stays."""
    with site.store.writing() as connection:
        programme_id = kept.programme_of(connection, run_id)
        for proposal_id in proposals.drafts_of(connection, run_id):
            proposals.remove(connection, proposal_id)
        kept.remove(connection, run_id)
        kept_programmes.clear_due(connection, programme_id)


def programme_named(site: Site, name: str | None) -> int:
    """The id of a programme; with no name, of the only one.

    Raises:
        Misfilled: there is none, or several.
    """
    with site.store.reading() as connection:
        return programme_in(connection, name)


def programme_in(connection: Connection, name: str | None) -> int:
    """The same, of a database that is open."""
    known = roster.programmes(connection)
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name in known:
        return known[name]
    there = words.listed(sorted(known)) or "none yet: import people first"
    raise Misfilled({"programme": f"name one of those there are ({there})"})


def _queue(
    connection: Connection, programme_id: int, first: date, last: date, by_id: int | None, now: datetime
) -> tuple[int, int]:
    if kept.is_open(connection, programme_id) is not None:
        raise Refused("A planning run is under way. Wait for it, or stop it first.")
    run_id = kept.add(connection, programme_id, first, last, by_id, now)
    return run_id, jobs.add(connection, "plan", {"run_id": run_id}, now, dedup=f"plan:{run_id}")


def _check_window(first_day: date, last_day: date, now: datetime) -> None:
    mistakes = {}
    if first_day <= now.date():
        mistakes["first_day"] = "must be tomorrow or later: nobody is asked to come in today"
    if last_day < first_day:
        mistakes["last_day"] = "must not be before the first day"
    elif last_day > (furthest := calendars.last_plannable_day(now)):
        mistakes["last_day"] = (
            f"can be {words.long_day(furthest, now.date())} at the latest: "
            f"calendars are read at most {MOST_WEEKS_READ} weeks ahead"
        )
    elif (last_day - first_day).days >= MOST_DAYS:
        mistakes["last_day"] = f"at most {MOST_DAYS // 7} weeks are planned at once"
    if mistakes:
        raise Misfilled(mistakes)


def recent(site: Site, by: Member) -> tuple[RunRecord, ...]:
    """The programme's runs, newest first."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        return tuple(kept.records(connection, t.planning_run.c.programme_id == by.programme_id))


def one(site: Site, run_id: int, by: Member) -> RunRecord:
    """A run. One that has ended says who has which days; a look at a draft `preview` notes."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        run = _one(connection, run_id, by)
    if run.state not in (*kept.OPEN, "draft"):
        audit.look(site, by, "read.plan", f"run:{run_id}")
    return run


def stop(site: Site, run_id: int, by: Member) -> None:
    """Stop planning; the best plan so far becomes the draft."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        run = _one(connection, run_id, by)
        if run.state not in kept.OPEN:
            raise Refused("This run has ended already.")
        kept.change(connection, run_id, stop_requested=True)
        audit.note(connection, site.now(), by, "run.stop", f"run:{run_id}")


def _one(connection: Connection, run_id: int, by: Member) -> RunRecord:
    mine = (t.planning_run.c.id == run_id) & (t.planning_run.c.programme_id == by.programme_id)
    found = kept.records(connection, mine)
    if not found:
        raise NotFound
    return found[0]


# --- planning ------------------------------------------------------------------------------------


def carry_out(site: Site, run_id: int, said: Callable[[str], None] = lambda text: None) -> None:
    """The background job: read the calendars, plan, keep the draft. Harmless when done twice."""
    with site.store.writing() as connection:
        run = kept.row_of(connection, run_id)
        if run is None or run.state not in kept.OPEN:
            return
        kept.change(connection, run_id, state="running")
        members = [m.person.id for m in people.members(connection, programme_id=run.programme_id)]
    try:
        watch = _Watch(site, run_id, said)
        calendars.sync(site, members, site.now(), watch.reading)
        watch.say("working out what is due")
        programme = programmes.renew_due(
            site, run.programme_id, run.first_day, run.last_day, run.seed or run_id, site.now()
        )
        watch.say("packing days")
        problem, left, superseded = _problem(site, run.programme_id, run.first_day, run.last_day)
        plan = _search(site.config.planner, problem, watch)
        watch.say("comparing")
        same = same_sessions(problem, plan.placements)
        baselines = first_free(same), greedy_packer(_with_any_trip(same))
        _keep_draft(site, run_id, programme, problem, left, plan, baselines, superseded)
    except Exception as why:
        with site.store.writing() as connection:
            error = f"{type(why).__name__}: {why}"
            kept.change(connection, run_id, state="failed", error=error, finished_at=site.now())
        raise


def _search(config: PlannerConfig, problem: PlanningProblem, watch: _Watch) -> Plan:
    with helpers(config.executor, config.workers, config.seconds, watch.say) as help_:
        limits = Limits(config.seconds, help_.workers, time.monotonic)
        return propose(
            problem, limits, progress=watch.planning, cancelled=watch.stopped, executor=help_.executor
        )


def fail_lost(site: Site, now: datetime) -> None:
    """Close runs whose worker died too often."""
    with site.store.reading() as connection:
        if not kept.lost(connection):
            return
    with site.store.writing() as connection:
        for run_id in kept.lost(connection):
            kept.change(
                connection,
                run_id,
                state="failed",
                finished_at=now,
                error="The worker was stopped several times while planning. Start a new run.",
            )


class _Watch:
    """Keeps a run's progress for whoever looks, and looks whether somebody wants it stopped."""

    def __init__(self, site: Site, run_id: int, said: Callable[[str], None]) -> None:
        self._site, self._run_id, self._said = site, run_id, said
        self._wrote = self._looked = float("-inf")
        self._stop = False

    def reading(self, done: int, of: int) -> None:
        self.say(f"reading calendars: {done} of {of}")

    def say(self, text: str) -> None:
        self._said(text)
        self._keep({"says": text})

    def planning(self, progress: Progress) -> None:
        self._said(words.level_says(progress.level, progress.value, progress.bound))
        if time.monotonic() - self._wrote >= SECONDS_BETWEEN_LOOKS:
            self._keep(
                {
                    "level": progress.level.value,
                    "value": progress.value,
                    "bound": progress.bound,
                    "seconds": round(progress.seconds, 1),
                    "says": "packing days",
                }
            )

    def stopped(self) -> bool:
        if not self._stop and time.monotonic() - self._looked >= SECONDS_BETWEEN_LOOKS:
            self._looked = time.monotonic()
            with self._site.store.reading() as connection:
                self._stop = kept.stop_requested(connection, self._run_id)
        return self._stop

    def _keep(self, progress: dict[str, object]) -> None:
        self._wrote = time.monotonic()
        with self._site.store.writing() as connection:
            kept.change(connection, self._run_id, progress=progress)


def _problem(
    site: Site, programme_id: int, first: date, last: date
) -> tuple[PlanningProblem, list[str], tuple[int, ...]]:
    """The problem, with proposals that still wait but no longer fit set free; the sessions that are due and
    no part of it; and which proposals these are."""
    wanted = Wanted(programme_id, first, last)
    with site.store.reading() as connection:
        problem = load_problem(connection, wanted)
        impossible = {each.session for each in conflicts_of(problem, agreed(problem))}
        waiting = proposals.waiting_with(connection, programme_id, impossible)
        if waiting:
            wanted = replace(wanted, released=frozenset(waiting))
            problem = load_problem(connection, wanted)
        left = left_out(connection, wanted, problem)
    return problem, left, tuple(sorted(waiting))


def _with_any_trip(problem: PlanningProblem) -> PlanningProblem:
    """The problem of a packer that, like a booking link, does not ask whether a day is worth the trip."""
    people = tuple(replace(person, min_sessions_per_office_day=1) for person in problem.people)
    return replace(problem, people=people)


# --- keeping the draft ---------------------------------------------------------------------------


def _keep_draft(
    site: Site,
    run_id: int,
    programme: Programme,
    problem: PlanningProblem,
    left: Iterable[str],
    plan: Plan,
    baselines: tuple[tuple[Placement, ...], tuple[Placement, ...]],
    superseded: tuple[int, ...],
) -> None:
    by_first_free, by_greedy = baselines
    now = site.now()
    with site.store.reading() as connection:
        refs = people.refs(connection, {int(person.id) for person in problem.people})
        rooms = kept_rooms.names(connection)
        theirs = kept_programmes.of_others(
            connection, int(programme.id), {p.session for p in agreed(problem)}
        )
    persons = {str(who): ref.name for who, ref in refs.items()}
    names = persons | rooms

    drafts = list(_drafts(programme, problem, plan, by_first_free, persons, rooms))
    beside = [p for p in agreed(problem) if p.session in theirs]  # of other programmes: no part of this plan
    of_others = score_of(problem, beside)
    own = [p for p in plan.placements if p.session not in theirs]
    result = {
        "score": {name: value - getattr(of_others, name) for name, value in asdict(plan.score).items()},
        "bounds": {proof.level.value: proof.bound - of_others.at(proof.level) for proof in plan.proof},
        "seconds": round(plan.seconds, 1),
        "sessions": sum(len(draft.placements) for draft in drafts),
        "standing": len(agreed(problem)) - len(beside),
        "known": len({each.person for each in programme.people} - programme.unreadable),
        "people_reached": len({junior for p in own for junior in p.juniors}),
        "same_sessions": {
            way: {
                "days": score_of(problem, placed).senior_days - of_others.senior_days,
                "placed": len(placed) - len(beside),
            }
            for way, placed in (("first_free", by_first_free), ("greedy", by_greedy))
        },
        "unplaced": _told(
            (
                *reasons_for_unplaced(problem, plan.placements, names, discreet=True),
                *(Reasoned(session, LEFT_OUT) for session in left),
            )
        ),
        "conflicts": _told(
            Reasoned(each.session, why_conflicting(problem, each.session, names, discreet=True))
            for each in plan.conflicts
            if each.session not in theirs
        ),
        "supersedes": list(superseded),
        "by_senior": _by_senior(problem, plan, by_first_free, beside),
        "untrained": sorted(map(int, programme.unready)) if programme.formats else [],
    }
    with site.store.writing() as connection:
        run = kept.row_of(connection, run_id)
        if run is None or run.state != "running":
            return  # another worker was faster
        proposals.add_drafts(connection, run.programme_id, run_id, drafts, now)
        simpler = {"first_free": by_first_free, "greedy": by_greedy}
        kept.keep_simpler_days(
            connection,
            [session.id for session in problem.sessions if session.fixed is None],
            _trips(problem, plan.placements).keys(),
            {way: _trips(problem, placed) for way, placed in simpler.items()},
        )
        kept.change(connection, run_id, state="draft", result=result, finished_at=now)


def _by_senior(
    problem: PlanningProblem, plan: Plan, by_first_free: tuple[Placement, ...], beside: list[Placement]
) -> list[dict[str, int | None]]:
    """Everybody with a session of the programme in an office, placed or not; days that it adds to others'."""
    days, one_by_one = office_days(problem, plan.placements), office_days(problem, by_first_free)
    bounds = {each.senior: each.bound for each in plan.seniors}
    before, theirs = office_days(problem, beside), {p.session for p in beside}

    def added(number: int | None, senior: str) -> int | None:
        return None if number is None else number - before.get(senior, 0)

    own = [s for s in problem.sessions if s.office is not None and s.id not in theirs]
    return [
        {
            "senior": int(senior),
            "days": added(days.get(senior, 0), senior),
            "bound": added(bounds.get(senior), senior),
            "one_by_one": added(one_by_one.get(senior, 0), senior),
        }
        for senior in sorted({session.senior for session in own})
    ]


def _told(reasoned: Iterable[Reasoned]) -> list[dict[str, str]]:
    return [{"session": each.session, "reason": each.reason} for each in reasoned]


def _drafts(
    programme: Programme,
    problem: PlanningProblem,
    plan: Plan,
    by_first_free: tuple[Placement, ...],
    persons: Mapping[str, str],
    rooms: Mapping[str, str],
) -> Iterable[NewProposal]:
    """One proposal a senior and date: the in-person sessions of the day, and what is online on it."""
    one_by_one = {placement.session: _date(problem, placement) for placement in by_first_free}
    proved = {each.senior for each in plan.seniors if each.days == each.bound}
    days: dict[tuple[str, date], list[Placement]] = defaultdict(list)
    for placement in plan.placements:
        session = problem.session_by_id[placement.session]
        if session.fixed is None:
            days[session.senior, _date(problem, placement)].append(placement)
    for (senior_id, day), placed in sorted(days.items()):
        senior = problem.person_by_id[senior_id]
        in_person = [p for p in placed if problem.session_by_id[p.session].office is not None]
        office = problem.session_by_id[in_person[0].session].office if in_person else None
        dates_one_by_one = {one_by_one[p.session] for p in in_person if p.session in one_by_one}
        facts = Facts(
            why=(
                *programmes.why_you(programme, senior_id, placed, persons, problem.first_day),
                *_why(senior, day, placed, rooms, office is not None),
            ),
            dates_one_by_one=tuple(sorted(dates_one_by_one - senior.in_office)),
            already_in=day in senior.in_office,
            proved=office is not None and senior_id in proved,
        )
        ordered = tuple(sorted(placed, key=lambda p: p.start))
        yield NewProposal(int(senior_id), day, office, ordered, facts)


def _why(
    senior: Person, day: date, placed: list[Placement], rooms: Mapping[str, str], in_office: bool
) -> Iterable[str]:
    """Why this day, from what is the senior's own and from counts."""
    everybody = 1 + len({junior for p in placed for junior in p.juniors})
    yield "you are both free" if everybody == 2 else f"all {words.spelled(everybody)} of you are free"
    if not in_office:
        yield "online: no trip needed"
        return
    booked = sorted({rooms[p.room] for p in placed if p.room is not None})
    if booked:
        yield f"{words.listed(booked)} {'is' if len(booked) == 1 else 'are'} free then"
    if day in senior.in_office:
        yield f"you are in on {words.weekday(day)}s anyway"
    if senior.max_office_days_per_week < 5:
        limit = words.counted_words(senior.max_office_days_per_week, "office day")
        yield f"inside your limit of {limit} a week"
    if senior.avoid:
        kept_free = words.listed(sorted({f"{words.weekday(each)}s" for each in senior.avoid}))
        yield f"{kept_free} stay free, as you asked"


def _trips(problem: PlanningProblem, placements: Iterable[Placement]) -> Mapping[str, date | None]:
    """The day of each session in an office that was not agreed before; None: its senior is in anyway."""
    free = {one.id: one.senior for one in problem.sessions if one.fixed is None and one.office is not None}
    days = {each.session: _date(problem, each) for each in placements if each.session in free}
    return {
        session: None if day in problem.person_by_id[free[session]].in_office else day
        for session, day in days.items()
    }


def _date(problem: PlanningProblem, placement: Placement) -> date:
    zone = ZoneInfo(problem.zone_of(problem.session_by_id[placement.session]))
    return placement.start.astimezone(zone).date()


# --- releasing -----------------------------------------------------------------------------------


def preview(site: Site, run_id: int, by: Member) -> PreviewRecord:
    """What releasing a draft would do; nothing is changed."""
    need_role(by, "admin")
    with site.store.reading() as connection:
        run = _one(connection, run_id, by)
        drafted = proposals.records(connection, t.proposal.c.run_id == run_id)
        waits = _waits_for_training(connection, by.programme_id, run_id, site.now())
        drafts = [left for draft in drafted if (left := _without(draft, waits)).sessions]
        row = kept.row_of(connection, run_id)
        old = (row.result or {}).get("supersedes", []) if row else []
        superseded = proposals.records(
            connection, t.proposal.c.id.in_(old) & (t.proposal.c.state == ProposalState.PROPOSED)
        )
        copied = assistants.to_copy(connection, {draft.senior.id for draft in drafts})
        in_training = set(kept_training.unready(connection, by.programme_id, site.now()))
    waiting = {draft.senior for draft in drafted if waits & {each.id for each in draft.sessions}}
    undrawn = set(run.untrained) - {draft.senior for draft in drafts}
    audit.look(site, by, "read.draft", f"run:{run_id}")
    return PreviewRecord(
        run,
        tuple(drafts),
        tuple(superseded),
        _mails(drafts),
        site.config.mail.redirect_to,
        copies=sum(map(len, copied.values())),
        unready=tuple(sorted(waiting | undrawn & in_training, key=lambda who: (who.name, who.id))),
        ready_since=len(undrawn - in_training),
    )


def _without(draft: ProposalRecord, some: Collection[str]) -> ProposalRecord:
    return replace(draft, sessions=tuple(each for each in draft.sessions if each.id not in some))


def _waits_for_training(
    connection: Connection, programme_id: int, run_id: int, now: datetime
) -> frozenset[str]:
    """The sessions of a draft whose senior has something to read first, asked for since it was made, and
    that no sheet brought in."""
    unready = {who.id for who in kept_training.unready(connection, programme_id, now)}
    return proposals.by_rule_with(connection, run_id, unready)


def _mails(drafts: Iterable[ProposalRecord]) -> tuple[tuple[PersonRef, int], ...]:
    """One to each senior, with how many days it proposes."""
    days = Counter(draft.senior for draft in drafts)
    return tuple(sorted(days.items(), key=lambda pair: pair[0].name))


def release(site: Site, run_id: int, by: Member, now: datetime) -> int:
    """Send a draft's proposals to their seniors; how many mails are on their way.

    A session that was agreed or proposed since the draft was made is left out of it, and so are one of a
    weekly plan that lies inside the freeze by now, one whose senior is not ready for a first session, and
    whatever would break a rule beside what was agreed or asked for since, in this programme or another.

    Raises:
        Refused: it was released or discarded before; or it proposes no day, or only to seniors who are not
            ready, and takes none back either.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        row = kept.row_of(connection, run_id)
        if row is None:
            raise NotFound
        need_programme(by, row.programme_id)
        if row.state != "draft":
            raise Refused("This draft has been released or discarded already.")
        drafted = proposals.drafts_of(connection, run_id)
        if not drafted and not row.result["supersedes"]:
            raise Refused("This plan proposes no day, so there is nothing to release.")
        waits = _waits_for_training(connection, row.programme_id, run_id, now)
        if not row.result["supersedes"] and proposals.sessions_of(connection, drafted) <= waits:
            raise Refused(
                "Every senior in this plan has something to read before a first session. "
                "Release it once somebody has read it, or plan again then."
            )
        proposals.supersede(connection, row.result["supersedes"])
        earliest = now + cycle.freeze_of(connection, run_id)
        fitting = _still_fitting(connection, row, earliest, waits)
        released = [
            proposal_id
            for proposal_id in drafted
            if _release_one(connection, site, proposal_id, fitting, now)
        ]
        kept.change(connection, run_id, state="released")
        kept.discard_drafts(connection, row.programme_id)
        changed = proposals.sessions_of(connection, [*released, *row.result["supersedes"]])
        events.want(connection, site, changed, now)
        sent = proposals.records(connection, t.proposal.c.id.in_(released))
        mails = outbox.propose(connection, site, sent, now)
        audit.note(connection, now, by, "run.release", f"run:{run_id}", mails=mails)
    outbox.wake(site, now)
    return mails


def discard(site: Site, run_id: int, by: Member, now: datetime) -> None:
    """Throw a draft away; nobody hears of it."""
    need_role(by, "admin")
    with site.store.writing() as connection:
        run = _one(connection, run_id, by)
        if run.state != "draft":
            raise Refused("Only a draft can be discarded.")
        kept.discard(connection, [run_id])
        audit.note(connection, now, by, "run.discard", f"run:{run_id}")


def _still_fitting(
    connection: Connection, run: AnyRow, earliest: datetime, waits: Collection[str]
) -> frozenset[str]:
    """The sessions of a draft that may be proposed as they stand; `waits`: those that may not yet."""
    free = proposals.still_free(connection, run.id)
    drafted = [p for p in free if p.start > earliest and p.session not in waits]
    sessions = frozenset(p.session for p in drafted)
    wanted = Wanted(run.programme_id, run.first_day, run.last_day, sessions)
    return frozenset(p.session for p in still_fitting(load_problem(connection, wanted), drafted))


def _release_one(
    connection: Connection, site: Site, proposal_id: int, fitting: Collection[str], now: datetime
) -> bool:
    """Propose what still fits of a draft; False: nothing does."""
    standing = proposals.standing(connection, proposal_id)
    if standing is None:
        return False
    left = tuple(p for p in standing.placements if p.session in fitting)
    step = ProposalStep.RELEASE if left else ProposalStep.DISCARD
    state = lifecycle.next_proposal_state(standing.state, step)
    facts = standing.facts
    if left and left != standing.placements:
        proposals.replace_placements(connection, proposal_id, left)
        facts = replace(facts, why=("everybody in it is free",), proved=False)
    proposals.change(
        connection,
        proposal_id,
        state=state,
        facts=facts.kept(),
        expires_at=answer_by(site, standing.day, standing.timezone, now) if left else None,
    )
    return bool(left)

"""The sessions that are due in a planning window: rules and history in, sessions and needs out.

Ids say what a session is for ("coffee_roulette:ana:2027-03-01"), so the same week worked out twice
gives the same sessions. A pair that was drawn stays drawn while its session is open.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain, islice
from random import Random

from planner.domain import Session, SessionKind
from planner.programme import Ahead, Format, Held, Participant, Programme, Turn, why_not_together
from planner.roulette import draw

#: Candidates of one group session, in multiples of its seats: room for calendars that do not fit.
CANDIDATES_A_SEAT = 4
#: What makes a pair dearer: the senior knows nothing of what the junior wishes for.
NO_TOPIC = 2_000
#: Chance among pairs that are equal otherwise.
CHANCE = 1_000
#: For so long after a session that came to nothing its junior is drawn for somebody else.
LATELY = timedelta(weeks=8)


@dataclass(frozen=True, slots=True)
class Due:
    """One session to plan, and why this senior: what a page tells them."""

    session: Session
    topics: tuple[str, ...] = ()  #: wished for by its juniors, known to the senior
    weeks_waited: int = 0  #: by the candidate who has waited longest


@dataclass(frozen=True, slots=True)
class NotDue:
    """Somebody whose turn it is and for whom there is nobody."""

    person: str
    kind: SessionKind
    reason: str


@dataclass(frozen=True)
class Demand:
    """What a programme owes in one window."""

    due: tuple[Due, ...]
    needs: Mapping[str, int]  #: by junior
    nobody_for: tuple[NotDue, ...]


def demand(
    programme: Programme,
    first_day: date,
    last_day: date,
    seed: int,
    drawn_before: Mapping[str, str] | None = None,
) -> Demand:
    """Work out what is due.

    Args:
        first_day, last_day: the planning window, both included; `first_day` counts as today.
        seed: decides draws; recorded by the caller, so that a draw can be shown to be fair.
        drawn_before: by id of a session that is still to be planned: the senior who was drawn for it.

    Returns:
        Sessions with ids that are unique in the programme, sorted by id. What is agreed or waits for
        an answer already is not due again.
    """
    random = Random(seed)  # noqa: S311 - a lottery that can be drawn again, not a secret
    week = _Window(programme, first_day, last_day, random, drawn_before or {})
    for rule in programme.formats:
        if rule.turn is Turn.EACH_JUNIOR:
            week.each_junior(rule)
        elif rule.turn is Turn.EACH_SENIOR:
            week.each_senior(rule)
        else:
            week.each_cohort(rule)
    needs = {one.person: programme.need(one, first_day) for one in programme.juniors}
    return Demand(tuple(sorted(week.due, key=lambda each: each.session.id)), needs, tuple(week.nobody_for))


class _Window:
    """One window being worked out."""

    def __init__(
        self, programme: Programme, first: date, last: date, random: Random, before: Mapping[str, str]
    ) -> None:
        self.programme = programme
        self.first = first
        self.last = last
        self.random = random
        self.before = before
        self.due: list[Due] = []
        self.nobody_for: list[NotDue] = []
        self._by_id = {one.person: one for one in programme.people}
        self._seniors = [one for one in programme.seniors if self._days(one)]
        self._juniors = [one for one in programme.juniors if self._days(one)]
        self._needs = {one.person: programme.need(one, first) for one in programme.juniors}
        self._lost = {
            (one.kind, one.senior, one.junior) for one in programme.lost if one.day + LATELY > first
        }

    def _days(self, one: Participant) -> tuple[date, date] | None:
        """The part of the window in which somebody takes part, from first to last such day."""
        length = (self.last - self.first).days + 1
        days = [day for n in range(length) if one.takes_part(day := self.first + timedelta(days=n))]
        return (days[0], days[-1]) if days else None

    # Juniors in turn: one senior is drawn for each

    def each_junior(self, rule: Format) -> None:
        """A session for each junior whose turn has come."""
        turns = {one.person: day for one in self._by_need(self._juniors) if (day := self._turn(rule, one))}
        drawn = {who: senior for who, day in turns.items() if (senior := self._still(rule, who, day))}
        loads = Counter(one.senior for one in self.programme.ahead if one.kind is rule.kind)
        loads.update(drawn.values())
        for lost_too in (
            False,
            True,
        ):  # a pair whose session came to nothing, only if nobody else can be asked
            found = draw(
                [who for who in turns if who not in drawn],
                [one.person for one in self._seniors],
                partial(self._cost, rule, lost_too),
                loads,
                self.random,
            )
            loads.update(found.values())
            drawn |= found
        for who, day in turns.items():
            if who in drawn:
                begin, end = self._days(self._by_id[who]) or (self.first, self.last)
                self._add(rule, f"{who}:{day}", drawn[who], [who], max(day, begin), end)
            else:
                self.nobody_for.append(NotDue(who, rule.kind, self._why_nobody(rule, who)))

    def _still(self, rule: Format, junior: str, day: date) -> str | None:
        """The senior drawn for this turn before, if the two may still meet and it came to nothing yet."""
        senior = self.before.get(self._id(rule, f"{junior}:{day}"))
        there = senior in self._by_id and bool(self._days(self._by_id[senior]))
        if senior is None or not there or (rule.kind, senior, junior) in self._lost:
            return None
        apart = why_not_together(self.programme, rule, self._by_id[senior], self._by_id[junior], self.first)
        return senior if apart is None else None

    def _turn(self, rule: Format, junior: Participant) -> date | None:
        """Since when, or from when, this kind is due to them in the window; None: it is not."""
        if any(junior.person in one.juniors and one.kind is rule.kind for one in self.programme.ahead):
            return None
        held = self.programme.last_held_of_kind.get((junior.person, rule.kind))
        due = junior.joined if held is None else rule.after(held, held)
        return due if due <= self.last else None

    def _cost(self, rule: Format, lost_too: bool, junior: str, senior: str) -> int | None:
        mentor, mentee = self._by_id[senior], self._by_id[junior]
        if not self._may_meet(rule, mentor, mentee):
            return None
        if (rule.kind, senior, junior) in self._lost and not lost_too:
            return None
        unwanted = mentee.topics and not mentor.topics & mentee.topics
        return self.random.randrange(CHANCE) + (NO_TOPIC if unwanted else 0)

    def _why_nobody(self, rule: Format, junior: str) -> str:
        """The reason that holds for most seniors."""
        reasons = Counter(
            why_not_together(self.programme, rule, senior, self._by_id[junior], self.first)
            for senior in self._seniors
        )
        (reason, _), *_ = reasons.most_common(1) or [("there is no senior in the programme", 0)]
        return reason or "nobody is free to be drawn"

    # Seniors in turn

    def each_senior(self, rule: Format) -> None:
        """A session for each recurrence that a senior has nothing for yet.

        Juniors queue for candidacy, the greatest need first, so that each is a candidate of about as
        many sessions as any other whom as many seniors may meet.
        """
        queue = deque(self._by_need(self._juniors))
        for begin, end in self._recurrences(rule):
            taken = self._seniors_of(rule, begin, end)
            for senior in self._seniors:
                if senior.person not in taken:
                    members = self._next_in(queue, rule, senior)
                    self._group(rule, f"{senior.person}:{begin}", senior, members, begin, end)

    def _next_in(self, queue: deque[Participant], rule: Format, senior: Participant) -> list[Participant]:
        """Those next in the queue whom a senior may meet; they go to its end."""
        chosen: list[Participant] = []
        passed_over: list[Participant] = []
        while queue and len(chosen) < CANDIDATES_A_SEAT * rule.seats[1]:
            one = queue.popleft()
            (chosen if self._may_meet(rule, senior, one) else passed_over).append(one)
        queue.extendleft(reversed(passed_over))
        queue.extend(chosen)
        return chosen

    def _seniors_of(self, rule: Format, begin: date, end: date) -> set[str]:
        """Who has held, agreed or been asked for this recurrence already."""
        return {one.senior for one in self._sessions_of(rule, begin, end)}

    # Cohorts in turn

    def each_cohort(self, rule: Format) -> None:
        """A session for each recurrence of each cohort, seniors taking turns."""
        turns = self._cohort_turns(rule)

        def cost(key: str, senior: str) -> int | None:
            able = self._is_enough(rule, self._by_id[senior], turns[key][0])
            return self.random.randrange(CHANCE) if able else None

        loads = Counter(one.senior for one in self.programme.ahead if one.kind is rule.kind)
        drawn = draw(list(turns), [one.person for one in self._seniors], cost, loads, self.random)
        for key, (members, begin, end) in turns.items():
            before = self._by_id.get(self.before.get(self._id(rule, key), ""))
            if before is not None and self._is_enough(rule, before, members):
                self._cohort_session(rule, key, before, members, begin, end)
            elif key in drawn:
                self._cohort_session(rule, key, self._by_id[drawn[key]], members, begin, end)
            else:
                reason = "no senior may meet enough of the cohort"
                self.nobody_for.extend(NotDue(one.person, rule.kind, reason) for one in members)

    def _cohort_session(
        self,
        rule: Format,
        key: str,
        senior: Participant,
        members: Iterable[Participant],
        begin: date,
        end: date,
    ) -> None:
        able = [one for one in self._by_need(members) if self._may_meet(rule, senior, one)]
        self._group(rule, key, senior, able[: CANDIDATES_A_SEAT * rule.seats[1]], begin, end)

    def _cohort_turns(self, rule: Format) -> dict[str, tuple[list[Participant], date, date]]:
        """By cohort and recurrence that nothing is held or agreed for yet: its members, and when."""
        cohorts: dict[str, list[Participant]] = {}
        for junior in self._juniors:
            if junior.cohort:
                cohorts.setdefault(junior.cohort, []).append(junior)
        turns = {}
        for begin, end in self._recurrences(rule):
            served = {who for one in self._sessions_of(rule, begin, end) for who in one.juniors}
            for cohort, members in sorted(cohorts.items()):
                if not served & {one.person for one in members}:
                    turns[f"{cohort}:{begin}"] = (members, begin, end)
        return turns

    def _is_enough(self, rule: Format, senior: Participant, members: Iterable[Participant]) -> bool:
        """May a senior meet so many of them that a session can be?"""
        able = (one for one in members if self._may_meet(rule, senior, one))
        return len(list(islice(able, rule.seats[0]))) == rule.seats[0]

    # Common to groups

    def _group(
        self,
        rule: Format,
        key: str,
        senior: Participant,
        members: Sequence[Participant],
        begin: date,
        end: date,
    ) -> None:
        """A session for those of the members who work where most of them do, if these are enough."""
        office = self._office(rule, senior, members)
        there = [one.person for one in members if office is None or office in one.offices]
        if len(there) >= rule.seats[0]:
            self._add(rule, key, senior.person, there, max(begin, self.first), min(end, self.last))

    def _may_meet(self, rule: Format, senior: Participant, junior: Participant) -> bool:
        return why_not_together(self.programme, rule, senior, junior, self.first) is None

    def _by_need(self, juniors: Iterable[Participant]) -> list[Participant]:
        """Greatest need first; chance among equals."""
        return sorted(juniors, key=lambda one: (-self._needs[one.person], self.random.random()))

    def _recurrences(self, rule: Format) -> Iterator[tuple[date, date]]:
        """Each stretch, from one recurrence to the day before the next, that the window meets."""
        begins = rule.recurrences(self.programme.starts, self.first, self.last)
        for begin in begins:
            end = rule.after(self.programme.starts, begin) - timedelta(days=1)
            if end >= self.first:
                yield begin, end

    def _sessions_of(self, rule: Format, begin: date, end: date) -> Iterator[Held | Ahead]:
        """Held, agreed or waiting for an answer, on the days of one recurrence."""
        both: Iterable[Held | Ahead] = chain(self.programme.held, self.programme.ahead)
        return (one for one in both if one.kind is rule.kind and begin <= one.day <= end)

    def _id(self, rule: Format, key: str) -> str:
        return f"{self.programme.id}:{rule.kind}:{key}"

    def _add(
        self, rule: Format, key: str, senior: str, juniors: Sequence[str], begin: date, end: date
    ) -> None:
        """One more session, on days on which its senior takes part, if there are any."""
        days = self._days(self._by_id[senior])
        if days is None or max(begin, days[0]) > min(end, days[1]):
            return
        mentor = self._by_id[senior]
        wishes = {topic for who in juniors for topic in self._by_id[who].topics}
        session = Session(
            id=self._id(rule, key),
            kind=rule.kind,
            senior=senior,
            juniors=tuple(juniors),
            seats=rule.seats,
            minutes=rule.minutes,
            between=rule.between,
            first_day=max(begin, days[0]),
            last_day=min(end, days[1]),
            required=frozenset(juniors) if rule.turn is Turn.EACH_JUNIOR else frozenset(),
            open_seats=rule.open_seats,
            office=self._office(rule, mentor, [self._by_id[who] for who in juniors]),
            room_use=rule.room_use,
            weight=rule.weight,
        )
        waited = max(self.programme.weeks_waited(self._by_id[who], self.first) for who in juniors)
        self.due.append(Due(session, tuple(sorted(mentor.topics & wishes)), waited))

    def _office(self, rule: Format, senior: Participant, juniors: Iterable[Participant]) -> str | None:
        """Of the senior's offices, the one in which most of the juniors work."""
        if not rule.in_person:
            return None
        counts = Counter(office for one in juniors for office in one.offices)
        return max(senior.offices, key=lambda office: (counts[office], -senior.offices.index(office)))

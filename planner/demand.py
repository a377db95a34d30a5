"""The sessions that are due in a planning window: rules and history in, sessions and needs out.

Ids say what a session is for ("coffee_roulette:ana:2027-03-01"), so the same week worked out twice
gives the same sessions. A pair that was drawn stays drawn while its session is open.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import chain, count, islice
from random import Random

from planner.domain import Session, SessionKind
from planner.programme import (
    A_DAY,
    OWN_LIMITS,
    Ahead,
    Format,
    Held,
    Participant,
    Programme,
    Turn,
    days_together,
    why_not_together,
)
from planner.roulette import draw

#: Candidates of one group session, in multiples of its seats: room for calendars that do not fit.
CANDIDATES_A_SEAT = 4
#: What makes a pair dearer: the senior knows nothing of what the junior wishes for …
NO_TOPIC = 2_000
#: … and more so with each point of need, so that who was reached least has the first choice.
NO_TOPIC_A_NEED = 100
#: Chance among pairs that are equal otherwise.
CHANCE = 1_000
#: Why there is nobody, where most seniors are not ready.
TRAINING_FIRST = "the seniors have training to finish before their first session"
#: For so long after a session that came to nothing its junior is drawn for somebody else.
LATELY = timedelta(weeks=8)


@dataclass(frozen=True, slots=True)
class NotDue:
    """Somebody whose turn it is and for whom there is nobody."""

    person: str
    kind: SessionKind
    reason: str


@dataclass(frozen=True)
class Demand:
    """What a programme owes in one window."""

    due: tuple[Session, ...]
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
    window = _Window(programme, first_day, last_day, random, drawn_before or {})
    for rule in programme.formats:
        if rule.turn is Turn.EACH_JUNIOR:
            window.each_junior(rule)
        elif rule.turn is Turn.EACH_SENIOR:
            window.each_senior(rule)
        else:
            window.each_cohort(rule)
    due = tuple(sorted(window.due, key=lambda each: each.id))
    return Demand(due, window.needs, tuple(window.nobody_for))


#: Juniors in line for candidacy, by office; None: online.
_Queues = dict[str | None, deque[Participant]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """One session that somebody is owed: what names it, and the days on which it may be."""

    key: str
    begin: date
    end: date


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
        self.due: list[Session] = []
        self.nobody_for: list[NotDue] = []
        self.needs = {one.person: programme.need(one, first) for one in programme.juniors}
        self._by_id = {one.person: one for one in programme.people}
        days = {one.person: days_together((one,), first, last) for one in programme.people}
        self._always = {who for who, run in days.items() if run == (first, last)}
        self._seniors = [
            one for one in programme.seniors if days[one.person] and one.person not in programme.unready
        ]
        self._drawable = {one.person for one in self._seniors}
        self._waiting = sum(bool(days[one.person]) for one in programme.seniors) - len(self._seniors)
        self._juniors = [one for one in programme.juniors if days[one.person]]
        self._lost = {
            (one.kind, one.senior, one.junior) for one in programme.lost if one.day + LATELY > first
        }
        self._drawn: set[tuple[SessionKind, str, str]] = set()

    # Juniors in turn: one senior is drawn for each

    def each_junior(self, rule: Format) -> None:
        """A session for each turn of each junior; everybody's first is drawn before anybody's second."""
        loads = Counter(one.senior for one in self.programme.ahead if one.kind is rule.kind)
        later = [(one, self._turns(rule, one)) for one in self._by_need(self._juniors)]
        while later := [(one, turns) for one, turns in later if turns]:
            self._draw_for(rule, {one.person: turns[0] for one, turns in later}, loads)
            later = [(one, turns[1:]) for one, turns in later]

    def _turns(self, rule: Format, junior: Participant) -> list[_Turn]:
        """The sessions of this kind that are due to a junior in the window.

        Days at least the cadence after the last one and before the next one that is agreed or asked
        for, cut into stretches as long as the cadence: so that a session held early or late, or
        planned for a later week, neither doubles a turn nor takes one away.
        """
        cadence = timedelta(weeks=rule.weeks)
        held = self.programme.last_held_of_kind.get((junior.person, rule.kind))
        ahead = self.programme.days_ahead_of_kind.get((junior.person, rule.kind), ())
        due = junior.joined if held is None else rule.after(held, held)
        turns: list[_Turn] = []
        for following in (*ahead, None):
            stop = self.last if following is None else min(self.last, following - cadence)
            named, begin = due, max(due, self.first)
            while begin <= stop:
                end = min(stop, begin + cadence - A_DAY)
                if days := self._days([junior], begin, end):
                    turns.append(_Turn(f"{junior.person}:{named}", *days))
                named, begin = named + cadence, begin + cadence
            if following is not None:
                due = rule.after(following, following)
        return turns

    def _draw_for(self, rule: Format, turns: Mapping[str, _Turn], loads: Counter[str]) -> None:
        drawn = {who: senior for who, turn in turns.items() if (senior := self._still(rule, who, turn))}
        loads.update(drawn.values())
        for allowed in self._rounds(rule.kind):
            found = draw(
                [who for who in turns if who not in drawn],
                [one.person for one in self._seniors],
                partial(self._cost, rule, turns, allowed),
                loads,
                self.random,
                self._who_know,
                self._near if rule.in_person else None,
            )
            loads.update(found.values())
            drawn |= found
        for who, turn in turns.items():
            if who in drawn:
                self._drawn.add((rule.kind, drawn[who], who))
                self._pair(rule, turn, self._by_id[drawn[who]], self._by_id[who])
            else:
                self.nobody_for.append(NotDue(who, rule.kind, self._why_nobody(rule, who, turn)))

    def _pair(self, rule: Format, turn: _Turn, senior: Participant, junior: Participant) -> None:
        days = self._days([senior, junior], turn.begin, turn.end)
        if days is not None:
            shared = [office for office in senior.offices if office in junior.offices]
            office = shared[0] if rule.in_person else None
            self._add(rule, _Turn(turn.key, *days), senior.person, [junior.person], office)

    def _rounds(self, kind: SessionKind) -> Iterator[Callable[[str, str], bool]]:
        """Which pairs may be drawn: those that promise most, then more, at last all: nobody is left over."""
        unreadable = self.programme.unreadable
        yield lambda junior, senior: senior not in unreadable and (kind, senior, junior) not in self._lost
        yield lambda junior, senior: senior not in unreadable
        yield lambda junior, senior: True

    def _still(self, rule: Format, junior: str, turn: _Turn) -> str | None:
        """The senior drawn for this turn before, if the two may still meet and it came to nothing yet."""
        senior = self.before.get(self._id(rule, turn.key))
        if senior not in self._drawable or senior in self.programme.unreadable:
            return None
        if (rule.kind, senior, junior) in self._lost:
            return None
        return None if self._why_apart(rule, turn, senior, junior) else senior

    def _cost(
        self,
        rule: Format,
        turns: Mapping[str, _Turn],
        allowed: Callable[[str, str], bool],
        junior: str,
        senior: str,
    ) -> int | None:
        if not allowed(junior, senior) or self._why_apart(rule, turns[junior], senior, junior):
            return None
        wishes = self._by_id[junior].topics
        if not wishes or wishes & self._by_id[senior].topics:
            return self.random.randrange(CHANCE)
        return self.random.randrange(CHANCE) + NO_TOPIC + NO_TOPIC_A_NEED * self.needs[junior]

    def _why_apart(self, rule: Format, turn: _Turn, senior: str, junior: str) -> str | None:
        mentor, mentee = self._by_id[senior], self._by_id[junior]
        if rule.weeks_between_pairs and (rule.kind, senior, junior) in self._drawn:
            return f"they meet less than {rule.weeks_between_pairs} weeks before"
        always = senior in self._always and junior in self._always
        if not always and not self._days([mentor, mentee], turn.begin, turn.end):
            return "one of them is away then"
        return why_not_together(self.programme, rule, mentor, mentee, self.first)

    def _who_know(self, junior: str) -> Sequence[str]:
        """Seniors who know something that a junior wishes for."""
        wishes = sorted(self._by_id[junior].topics)
        return list(dict.fromkeys(who for topic in wishes for who in self._experts.get(topic, ())))

    def _near(self, junior: str) -> Sequence[str]:
        """Seniors who work in an office of theirs."""
        offices = self._by_id[junior].offices
        return list(dict.fromkeys(who for office in offices for who in self._seniors_in.get(office, ())))

    @cached_property
    def _seniors_in(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self._seniors:
            for office in one.offices:
                found.setdefault(office, []).append(one.person)
        return found

    @cached_property
    def _experts(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self._seniors:
            for topic in one.topics:
                found.setdefault(topic, []).append(one.person)
        return found

    def _why_nobody(self, rule: Format, junior: str, turn: _Turn) -> str:
        """The reason that holds for most seniors; where anybody's limits are among them, none that tells."""
        reasons = Counter(self._why_apart(rule, turn, one.person, junior) for one in self._seniors)
        if OWN_LIMITS in reasons:
            return OWN_LIMITS
        if self._waiting:
            reasons[TRAINING_FIRST] = self._waiting
        (reason, _), *_ = reasons.most_common(1) or [("there is no senior in the programme", 0)]
        return reason or "nobody is free to be drawn"

    # Seniors in turn

    def each_senior(self, rule: Format) -> None:
        """A session for each recurrence that a senior has nothing for yet.

        Juniors queue for candidacy, the greatest need first, so that each is a candidate of about as
        many sessions as any other whom as many seniors may meet.
        """
        queues = self._queues(rule, self._juniors)
        for begin, end in self._recurrences(rule):
            taken = {one.senior for one in self._sessions_of(rule, begin, end)}
            for senior in self._seniors:
                days = self._days([senior], begin, end)
                if senior.person not in taken and days:
                    turn = _Turn(f"{senior.person}:{begin}", *days)
                    self._group(rule, turn, senior, queues)

    def _queues(self, rule: Format, juniors: Iterable[Participant]) -> _Queues:
        """Who may come, by office; online: everybody. Whose time is not known comes last."""
        unreadable = self.programme.unreadable
        queues: _Queues = {}
        for one in sorted(self._by_need(juniors), key=lambda one: one.person in unreadable):
            for office in one.offices if rule.in_person else (None,):
                queues.setdefault(office, deque()).append(one)
        return queues

    # Cohorts in turn

    def each_cohort(self, rule: Format) -> None:
        """A session for each recurrence of each cohort, seniors taking turns."""
        turns = self._cohort_turns(rule)
        loads = Counter(one.senior for one in self.programme.ahead if one.kind is rule.kind)
        drawn = {}
        for key, (turn, members) in turns.items():
            senior = self.before.get(self._id(rule, turn.key))
            if senior in self._drawable and self._suits(
                rule, next(self._rounds(rule.kind)), turn, members, senior
            ):
                drawn[key] = senior
        loads.update(drawn.values())
        for allowed in self._rounds(rule.kind):
            found = draw(
                [key for key in turns if key not in drawn],
                [one.person for one in self._seniors],
                partial(self._cohort_cost, rule, turns, allowed),
                loads,
                self.random,
            )
            loads.update(found.values())
            drawn |= found
        for key, (turn, members) in turns.items():
            if key in drawn:
                self._cohort_session(rule, turn, self._by_id[drawn[key]], members)
            else:
                reason = self._why_no_mentor()
                self.nobody_for.extend(NotDue(one.person, rule.kind, reason) for one in members)

    def _why_no_mentor(self) -> str:
        ready = len(self._seniors)
        return TRAINING_FIRST if self._waiting > ready else "no senior may meet enough of the cohort"

    def _cohort_turns(self, rule: Format) -> dict[str, tuple[_Turn, list[Participant]]]:
        """Each cohort's recurrences that nothing is held or agreed for yet, with its members."""
        cohorts: dict[str, list[Participant]] = {}
        for junior in self._juniors:
            if junior.cohort:
                cohorts.setdefault(junior.cohort, []).append(junior)
        turns = {}
        for begin, end in self._recurrences(rule):
            served = {whose for one in self._sessions_of(rule, begin, end) for whose in self._cohorts_of(one)}
            for cohort, members in sorted(cohorts.items()):
                if cohort not in served:
                    turn = _Turn(f"{cohort}:{begin}", max(begin, self.first), min(end, self.last))
                    turns[turn.key] = turn, members
        return turns

    def _cohorts_of(self, one: Held | Ahead) -> set[str]:
        """Whose session it was: the cohort that most of its juniors are in, for some may have moved since."""
        found = Counter(self._by_id[who].cohort for who in one.juniors if who in self._by_id)
        del found[""]
        return {cohort for cohort, many in found.items() if many == max(found.values())}

    def _cohort_cost(
        self,
        rule: Format,
        turns: Mapping[str, tuple[_Turn, list[Participant]]],
        allowed: Callable[[str, str], bool],
        key: str,
        senior: str,
    ) -> int | None:
        turn, members = turns[key]
        if not self._suits(rule, allowed, turn, members, senior):
            return None
        wishes = {topic for one in members for topic in one.topics}
        unwanted = wishes and not wishes & self._by_id[senior].topics
        return self.random.randrange(CHANCE) + (NO_TOPIC if unwanted else 0)

    def _suits(
        self,
        rule: Format,
        allowed: Callable[[str, str], bool],
        turn: _Turn,
        members: Iterable[Participant],
        senior: str,
    ) -> bool:
        """May a senior meet so many of them that a session can be?"""
        mentor = self._by_id[senior]
        days = self._days([mentor], turn.begin, turn.end)
        if days is None:
            return False
        there = _Turn(turn.key, *days)
        able = (
            one for one in members if allowed(one.person, senior) and self._may_come(rule, there, mentor, one)
        )
        return len(list(islice(able, rule.seats[0]))) == rule.seats[0]

    def _cohort_session(
        self, rule: Format, turn: _Turn, senior: Participant, members: Iterable[Participant]
    ) -> None:
        days = self._days([senior], turn.begin, turn.end)
        if days is not None:
            self._group(rule, _Turn(turn.key, *days), senior, self._queues(rule, members))

    # Common to groups

    def _group(self, rule: Format, turn: _Turn, senior: Participant, queues: _Queues) -> None:
        """A session for those next in the queue of an office, who go to its end; none for too few.

        Of a senior's offices, the one whose people need it most.
        """
        chosen = {
            office: self._next_in(queues.get(office, ()), rule, turn, senior)
            for office in (senior.offices if rule.in_person else (None,))
        }
        able = [office for office, some in chosen.items() if len(some) >= rule.seats[0]]
        if able:
            office = max(able, key=lambda each: self._need_of(chosen[each][: rule.seats[1]]))
            _to_the_end(queues[office], chosen[office])
            self._add(rule, turn, senior.person, [one.person for one in chosen[office]], office)

    def _next_in(
        self, queue: Iterable[Participant], rule: Format, turn: _Turn, senior: Participant
    ) -> list[Participant]:
        """Candidates: those next in a queue whom a senior may meet and nobody among them is kept from.

        Those whose session with this senior came to nothing lately only where there are too few others.
        """
        most = CANDIDATES_A_SEAT * rule.seats[1]
        chosen: list[Participant] = []
        lost: list[Participant] = []
        for one in queue:
            if len(chosen) == most:
                break
            apart = self._kept_from.get(one.person, ())
            if apart and any(other.person in apart for other in (*chosen, *lost)):
                continue
            if self._may_come(rule, turn, senior, one):
                (lost if (rule.kind, senior.person, one.person) in self._lost else chosen).append(one)
        return chosen if len(chosen) >= rule.seats[0] else [*chosen, *lost][:most]

    def _may_come(self, rule: Format, turn: _Turn, senior: Participant, junior: Participant) -> bool:
        """May they meet, on any of the days of a turn?"""
        return (
            self._days([junior], turn.begin, turn.end) == (turn.begin, turn.end)
            and why_not_together(self.programme, rule, senior, junior, self.first) is None
        )

    @cached_property
    def _kept_from(self) -> Mapping[str, set[str]]:
        """By person: those whom nothing brings them together with."""
        found: dict[str, set[str]] = {}
        for pair in self.programme.never:
            for who in pair:
                found.setdefault(who, set()).update(pair - {who})
        return found

    def _days(self, people: Sequence[Participant], begin: date, end: date) -> tuple[date, date] | None:
        """The days of the window, from `begin` to `end`, on which all of them take part."""
        begin, end = max(begin, self.first), min(end, self.last)
        sometimes = [one for one in people if one.person not in self._always]
        return days_together(sometimes, begin, end)

    def _need_of(self, juniors: Iterable[Participant]) -> int:
        return sum(self.needs[one.person] for one in juniors)

    def _by_need(self, juniors: Iterable[Participant]) -> list[Participant]:
        """Greatest need first; chance among equals."""
        return sorted(juniors, key=lambda one: (-self.needs[one.person], self.random.random()))

    def _recurrences(self, rule: Format) -> Iterator[tuple[date, date]]:
        """Each stretch, from one recurrence to the day before the next, that the window meets."""
        begins = rule.recurrences(self.programme.starts, self.first, self.last)
        for begin in begins:
            end = rule.after(self.programme.starts, begin) - A_DAY
            if end >= self.first:
                yield begin, end

    def _sessions_of(self, rule: Format, begin: date, end: date) -> Iterator[Held | Ahead]:
        """Held, agreed or waiting for an answer, on the days of one recurrence."""
        both: Iterable[Held | Ahead] = chain(self.programme.held, self.programme.ahead)
        return (one for one in both if one.kind is rule.kind and begin <= one.day <= end)

    def _id(self, rule: Format, key: str) -> str:
        """What a turn is called; where its session was agreed and came to nothing, the second of the name."""
        id_ = f"{self.programme.id}:{rule.kind}:{key}"
        names = chain((id_,), (f"{id_}:{again}" for again in count(2)))
        return next(name for name in names if name not in self.programme.spent)

    def _add(
        self, rule: Format, turn: _Turn, senior: str, juniors: Sequence[str], office: str | None
    ) -> None:
        self.due.append(
            Session(
                id=self._id(rule, turn.key),
                kind=rule.kind,
                senior=senior,
                juniors=tuple(juniors),
                seats=rule.seats,
                minutes=rule.minutes,
                between=rule.between,
                first_day=turn.begin,
                last_day=turn.end,
                required=frozenset(juniors) if rule.turn is Turn.EACH_JUNIOR else frozenset(),
                open_seats=rule.open_seats,
                office=office,
                room_use=rule.room_use,
                weight=rule.weight,
            )
        )


def _to_the_end(queue: deque[Participant], chosen: Sequence[Participant]) -> None:
    waiting, passed_over = {one.person for one in chosen}, []
    while waiting:
        one = queue.popleft()
        if one.person in waiting:
            waiting.remove(one.person)
        else:
            passed_over.append(one)
    queue.extendleft(reversed(passed_over))
    queue.extend(chosen)

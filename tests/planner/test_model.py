"""The model: one test a rule. What a test holds fast is feasible or not, as the rule says."""

from datetime import timedelta

import pytest
from ortools.sat.python import cp_model

from planner.domain import Level
from planner.model import PlanModel
from planner.scope import make_scope
from planner.slots import CandidateSlots
from tests.factories import (
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    a_coffee,
    a_mentoring,
    a_person,
    a_problem,
    a_room,
    a_senior,
    a_session,
    an_agreement,
    an_interval,
    an_office,
    at,
    hours,
)


class Held:
    """A model of the whole problem in which a test holds some decisions fast."""

    def __init__(self, problem):
        self.slots = CandidateSlots(problem)
        sessions = [session.id for session in problem.sessions]
        self.plan = PlanModel(make_scope(self.slots, sessions, self.slots.diaries))

    def start(self, session, instant):
        rows = self.slots.of[session].starts.tolist()
        literal = self.plan.start_at[session][rows.index(self.slots.axis.floor(instant))]
        self.plan.model.add_bool_and([literal])
        return self

    def attend(self, session, *juniors, only=False):
        for who in self.slots.of[session].juniors:
            literal = self.plan.attends[session, who]
            if who in juniors:
                self.plan.model.add_bool_and([literal])
            elif only:
                self.plan.model.add_bool_and([~literal])
        return self

    def room(self, session, room):
        self.plan.model.add_bool_and([self.plan.in_room[session, room]])
        return self

    def place(self, *sessions):
        self.plan.model.add_bool_and([self.plan.present[session] for session in sessions])
        return self

    @property
    def feasible(self):
        status = cp_model.CpSolver().solve(self.plan.model)
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
        return status != cp_model.INFEASIBLE

    def most(self, level):
        """The best of one level, nothing else being asked."""
        solver = cp_model.CpSolver()
        goal = self.plan.goal(level)
        self.plan.model.maximize(goal if level.more_is_better else -goal)
        assert solver.solve(self.plan.model) == cp_model.OPTIMAL
        return solver.value(goal)


NOON = at(MONDAY, "12:00")


def two_coffees(**senior):
    """Ada meets Ben and Cat by video, half an hour each."""
    sessions = (a_coffee("with_ben"), a_coffee("with_cat", juniors=("cat",)))
    people = (a_senior(**senior), a_person("ben"), a_person("cat"))
    return a_problem(people=people, sessions=sessions)


def test_a_session_needs_its_fewest_seats():
    problem = a_problem(sessions=(a_mentoring(seats=(2, 2)),))

    assert Held(problem).place("mentoring").attend("mentoring", "ben", "cat").feasible
    assert not Held(problem).place("mentoring").attend("mentoring", "ben", only=True).feasible


def test_open_seats_are_kept_free():
    problem = a_problem(sessions=(a_mentoring(seats=(1, 2), open_seats=1),))

    assert not Held(problem).attend("mentoring", "ben", "cat").feasible


def test_the_required_always_attend():
    problem = a_problem(sessions=(a_mentoring(required=frozenset({"cat"})),))

    assert not Held(problem).place("mentoring").attend("mentoring", "ben", only=True).feasible


def test_a_junior_attends_only_what_they_are_free_for():
    busy = a_person("cat", busy=(an_interval(MONDAY, "11:00", "13:00"),))
    problem = a_problem(people=(a_senior(), a_person("ben"), busy), sessions=(a_mentoring(),))

    assert Held(problem).start("mentoring", NOON).attend("mentoring", "ben").feasible
    assert not Held(problem).start("mentoring", NOON).attend("mentoring", "cat").feasible
    assert Held(problem).start("mentoring", at(MONDAY, "13:00")).attend("mentoring", "cat").feasible


def test_a_senior_is_in_one_session_at_a_time():
    held = Held(two_coffees()).start("with_ben", NOON)

    assert not held.start("with_cat", at(MONDAY, "12:15")).feasible
    assert Held(two_coffees()).start("with_ben", NOON).start("with_cat", at(MONDAY, "12:30")).feasible


def test_a_break_lies_between_two_sessions():
    problem = two_coffees(break_minutes=15)

    assert not Held(problem).start("with_ben", NOON).start("with_cat", at(MONDAY, "12:30")).feasible
    assert Held(problem).start("with_ben", NOON).start("with_cat", at(MONDAY, "12:45")).feasible


def test_a_junior_s_own_break_counts_between_two_seniors():
    sessions = (a_coffee("ada_s"), a_coffee("eve_s", senior="eve"))
    people = (a_senior(), a_senior("eve"), a_person("ben", break_minutes=15))
    problem = a_problem(people=people, sessions=sessions)

    assert not Held(problem).start("ada_s", NOON).start("eve_s", at(MONDAY, "12:30")).feasible
    assert Held(problem).start("ada_s", NOON).start("eve_s", at(MONDAY, "12:45")).feasible


def test_a_day_has_no_more_minutes_than_a_person_gives():
    problem = two_coffees(max_minutes_per_day=45)

    assert not Held(problem).start("with_ben", NOON).start("with_cat", at(MONDAY, "14:00")).feasible
    assert Held(problem).start("with_ben", NOON).start("with_cat", at(TUESDAY, "14:00")).feasible


def test_a_junior_attends_no_more_than_their_most_sessions():
    people = (a_senior(), a_person("ben", max_sessions=1), a_person("cat"))
    problem = a_problem(people=people, sessions=(a_session(), a_mentoring()))

    assert not Held(problem).attend("lunch", "ben").attend("mentoring", "ben").feasible
    assert Held(problem).attend("lunch", "ben").attend("mentoring", "cat").feasible


def test_nobody_is_in_two_offices_on_one_date():
    both = frozenset({"london", "leeds"})
    people = (a_senior(offices=both), a_person("ben", offices=both), a_person("cat", offices=both))
    far = a_mentoring("far", juniors=("cat",), office="leeds", room_use=None)
    problem = a_problem(offices=(an_office(), an_office("leeds")), people=people, sessions=(a_session(), far))

    assert not Held(problem).start("lunch", NOON).start("far", at(MONDAY, "15:00")).feasible
    assert Held(problem).start("lunch", NOON).start("far", at(TUESDAY, "15:00")).feasible


def two_mentorings(room, **second):
    """Ada with Ben and Eve with Cat, both in need of a room."""
    people = (a_senior(), a_senior("eve"), a_person("ben"), a_person("cat"))
    first = a_mentoring("first", juniors=("ben",))
    other = a_mentoring("other", senior="eve", juniors=("cat",), **second)
    return a_problem(rooms=(room,), people=people, sessions=(first, other))


def test_a_room_holds_one_session_at_a_time():
    problem = two_mentorings(a_room())

    assert not Held(problem).start("first", NOON).start("other", at(MONDAY, "12:45")).feasible
    assert Held(problem).start("first", NOON).start("other", at(MONDAY, "13:00")).feasible


@pytest.mark.parametrize(("capacity", "open_seats", "fits"), [(4, 0, True), (3, 0, False), (4, 1, False)])
def test_a_shared_room_holds_as_many_as_find_seats(capacity, open_seats, fits):
    problem = two_mentorings(a_room(capacity=capacity, shared=True), open_seats=open_seats)

    assert Held(problem).start("first", NOON).start("other", NOON).feasible is fits


def test_a_shared_room_counts_those_agreed_before():
    agreed = a_mentoring("agreed", senior="eve", juniors=("cat",), fixed=an_agreement(NOON, ("cat",), "oak"))
    people = (a_senior(), a_senior("eve"), a_person("ben"), a_person("cat"), a_person("dan"))
    mine = a_mentoring("mine", juniors=("ben", "dan"))
    room = a_room(capacity=4, shared=True)
    problem = a_problem(rooms=(room,), people=people, sessions=(agreed, mine))

    assert Held(problem).start("mine", NOON).attend("mine", "ben").feasible
    assert not Held(problem).start("mine", NOON).attend("mine", "ben", "dan").feasible


def test_a_room_is_large_enough():
    problem = a_problem(rooms=(a_room(capacity=2), a_room("hall")), sessions=(a_mentoring(),))

    assert not Held(problem).room("mentoring", "oak").attend("mentoring", "ben", "cat").feasible
    assert Held(problem).room("mentoring", "hall").attend("mentoring", "ben", "cat").feasible


def test_a_room_has_what_its_people_need():
    people = (a_senior(), a_person("ben", room_needs=frozenset({"step-free"})), a_person("cat"))
    rooms = (a_room(), a_room("hall", features=frozenset({"step-free"})))
    problem = a_problem(rooms=rooms, people=people, sessions=(a_mentoring(),))

    assert not Held(problem).room("mentoring", "oak").attend("mentoring", "ben").feasible
    assert Held(problem).room("mentoring", "hall").attend("mentoring", "ben").feasible


def test_a_senior_has_one_lunch_a_date():
    early = a_session("early", between=hours("11:30", "12:30"), juniors=("cat",))
    problem = a_problem(sessions=(a_session(between=hours("13:00", "14:00")), early))

    assert not Held(problem).start("lunch", at(MONDAY, "13:00")).start("early", at(MONDAY, "11:30")).feasible
    assert Held(problem).start("lunch", at(MONDAY, "13:00")).start("early", at(TUESDAY, "11:30")).feasible


def test_a_junior_has_one_lunch_a_date():
    people = (a_senior(), a_senior("eve"), a_person("ben"))
    other = a_session("other", senior="eve")
    problem = a_problem(people=people, sessions=(a_session(), other))

    assert not Held(problem).start("lunch", at(MONDAY, "11:30")).start("other", at(MONDAY, "13:00")).feasible
    assert Held(problem).start("lunch", at(MONDAY, "11:30")).start("other", at(TUESDAY, "13:00")).feasible


@pytest.mark.parametrize("limited", ["ada", "ben"])
def test_a_week_has_no_more_office_days_than_a_person_gives(limited):
    people = (a_senior(), a_person("ben"))
    people = tuple(
        type(each)(**{**fields(each), "max_office_days_per_week": 1}) if each.id == limited else each
        for each in people
    )
    again = a_mentoring("again", juniors=("ben",))
    problem = a_problem(people=people, sessions=(a_session(), again))

    assert not Held(problem).start("lunch", NOON).start("again", at(TUESDAY, "12:00")).feasible
    assert Held(problem).start("lunch", NOON).start("again", at(MONDAY, "14:00")).feasible


def fields(each):
    return {name: getattr(each, name) for name in type(each).__dataclass_fields__}


def test_a_date_they_come_in_anyway_counts_in_its_week():
    senior = a_senior(max_office_days_per_week=1, in_office=frozenset({MONDAY}))
    problem = a_problem(people=(senior, a_person(), a_person("cat")), sessions=(a_session(), a_mentoring()))

    assert not Held(problem).start("lunch", NOON).start("mentoring", at(TUESDAY, "12:00")).feasible


def test_a_trip_is_worth_it_only_with_enough_sessions():
    senior = a_senior(min_sessions_per_office_day=2)
    problem = a_problem(people=(senior, a_person(), a_person("cat")), sessions=(a_session(), a_mentoring()))

    assert not Held(problem).start("lunch", NOON).start("mentoring", at(TUESDAY, "12:00")).feasible
    assert Held(problem).start("lunch", NOON).start("mentoring", at(MONDAY, "14:00")).feasible


def test_a_date_they_come_in_anyway_is_worth_any_session():
    senior = a_senior(min_sessions_per_office_day=2, in_office=frozenset({MONDAY}))
    problem = a_problem(people=(senior, a_person()))

    assert Held(problem).start("lunch", NOON).feasible
    assert not Held(problem).start("lunch", at(TUESDAY, "12:00")).feasible


def test_an_agreed_session_makes_its_date_worth_the_trip():
    senior = a_senior(min_sessions_per_office_day=3)
    agreed = a_mentoring(fixed=an_agreement(at(MONDAY, "15:00"), (), "oak"))
    problem = a_problem(people=(senior, a_person(), a_person("cat")), sessions=(a_session(), agreed))

    assert Held(problem).start("lunch", NOON).feasible


def travelling(**senior):
    """A lunch in the office and a coffee by video, both on Monday."""
    senior = a_senior(travel_minutes=60, **senior)
    sessions = (a_session(last_day=MONDAY), a_coffee(juniors=("cat",), last_day=MONDAY))
    return a_problem(people=(senior, a_person("ben"), a_person("cat")), sessions=sessions)


@pytest.mark.parametrize("coffee", ["11:00", "11:30", "13:00", "13:45"])
def test_no_session_lies_on_the_way(coffee):
    assert not Held(travelling()).start("lunch", NOON).start("coffee", at(MONDAY, coffee)).feasible


@pytest.mark.parametrize("coffee", ["10:30", "14:00"])
def test_a_session_beside_the_way_is_fine(coffee):
    assert Held(travelling()).start("lunch", NOON).start("coffee", at(MONDAY, coffee)).feasible


def test_nothing_busy_lies_on_the_way():
    problem = travelling(busy=(an_interval(MONDAY, "10:00", "11:15"),))

    assert not Held(problem).start("lunch", NOON).feasible
    assert Held(problem).start("lunch", at(MONDAY, "12:15")).feasible


def test_only_the_first_and_the_last_session_of_a_date_need_a_way():
    """The mentoring at nine is first, so the busy hour before lunch is no way."""
    senior = a_senior(
        travel_minutes=60,
        busy=(an_interval(MONDAY, "11:00", "12:00"),),
    )
    problem = a_problem(people=(senior, a_person(), a_person("cat")), sessions=(a_session(), a_mentoring()))

    assert not Held(problem).start("lunch", NOON).start("mentoring", at(MONDAY, "13:00")).feasible
    assert Held(problem).start("lunch", NOON).start("mentoring", at(MONDAY, "09:00")).feasible


def test_no_way_is_needed_on_a_date_they_come_in_anyway():
    problem = travelling(busy=(an_interval(MONDAY, "10:00", "11:15"),), in_office=frozenset({MONDAY}))

    assert Held(problem).start("lunch", NOON).start("coffee", at(MONDAY, "13:00")).feasible


def test_an_end_that_was_agreed_needs_no_way():
    agreed = a_mentoring(fixed=an_agreement(at(MONDAY, "11:00"), (), "oak"))
    senior = a_senior(travel_minutes=60, busy=(an_interval(MONDAY, "10:00", "11:00"),))
    problem = a_problem(people=(senior, a_person(), a_person("cat")), sessions=(a_session(), agreed))

    assert Held(problem).start("lunch", NOON).feasible


def test_a_junior_travels_too():
    ben = a_person(travel_minutes=60, busy=(an_interval(MONDAY, "10:00", "11:15"),))
    problem = a_problem(people=(a_senior(), ben))

    assert not Held(problem).start("lunch", NOON).feasible


def test_a_person_may_be_senior_of_one_session_and_junior_of_another():
    hers = a_coffee("hers", senior="eve", juniors=("ada",))
    people = (a_senior(), a_senior("eve"), a_person("ben"))
    problem = a_problem(people=people, sessions=(a_coffee(), hers))

    assert not Held(problem).start("coffee", NOON).start("hers", at(MONDAY, "12:15")).feasible
    assert Held(problem).start("coffee", NOON).start("hers", at(MONDAY, "12:30")).feasible


def test_goals_count_what_a_scope_adds():
    agreed = a_mentoring(fixed=an_agreement(at(MONDAY, "15:00"), ("cat",), "oak"))
    problem = a_problem(sessions=(a_session(weight=3), agreed))

    assert Held(problem).most(Level.REACHED) == 1  # Ben; Cat is reached already
    assert Held(problem).most(Level.PLACED) == 3
    assert Held(problem).start("lunch", NOON).most(Level.SENIOR_DAYS) == 0  # Monday is agreed
    assert Held(problem).start("lunch", at(TUESDAY, "12:00")).most(Level.SENIOR_DAYS) == 1


def test_days_count_where_a_person_s_role_is():
    people = (a_person("ada"), a_senior("ben"))  # the junior of the session is of role senior
    problem = a_problem(people=people)

    assert Held(problem).place("lunch").most(Level.SENIOR_DAYS) == 1
    assert Held(problem).place("lunch").most(Level.JUNIOR_DAYS) == 1


def test_a_turn_for_one_more_beats_one_more_turn():
    """Sixty for a first turn, thirty for a second; a need of two doubles both."""
    people = (a_senior(), a_person("ben", need=2), a_person("cat"))
    coffee, mentoring = a_coffee(), a_mentoring()
    problem = a_problem(people=people, sessions=(coffee, mentoring))

    assert Held(problem).most(Level.SHARE) == 2 * (60 + 30) + 60


def test_idle_counts_the_minutes_between_in_person_sessions():
    problem = a_problem(sessions=(a_session(), a_mentoring(between=hours("15:00", "17:00"))))
    held = Held(problem).start("lunch", at(MONDAY, "13:00")).start("mentoring", at(MONDAY, "15:00"))
    solver = cp_model.CpSolver()
    solver.solve(held.plan.model)
    chosen = held.plan.arrangement(solver.boolean_value)

    idle = held.plan.idle(chosen)
    held.plan.model.minimize(idle)

    assert solver.solve(held.plan.model) == cp_model.OPTIMAL
    assert solver.value(idle) == 60


def test_a_scope_amid_a_plan_keeps_off_what_stands():
    problem = two_coffees()
    slots = CandidateSlots(problem)
    session = problem.session_by_id["with_ben"]
    slots.diaries.enter(
        slots.engagements(
            session, slots.axis.floor(NOON), slots.axis.floor(NOON + timedelta(minutes=30)), None, ("ben",)
        )
    )

    scope = make_scope(slots, ["with_cat"], slots.diaries)

    starts = {slots.axis.instant(minute) for minute in scope.sessions[0].starts}
    assert at(MONDAY, "12:15") not in starts
    assert {at(MONDAY, "11:30"), at(MONDAY, "12:30"), at(WEDNESDAY, "12:00"), at(THURSDAY, "12:00")} <= starts

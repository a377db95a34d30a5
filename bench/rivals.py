"""One planner on one problem, in a process of its own: `python -m bench.rivals NAME PROBLEM ANSWER SECONDS`.

Writes an answer as JSON: the placements; seconds, value and bound of the seniors' office days whenever
they changed; when everything above them and they themselves were proved. Timefold has a module to itself.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.check import score_of
from planner.documents import read_problem
from planner.domain import Level, Placement, PlanningProblem

#: Kept back from the time, to account for a plan and write it.
SECONDS_TO_WRITE = 0.5


@dataclass
class Answer:
    """What a planner found, and when. Seconds since the process began to read the problem."""

    placements: tuple[Placement, ...] = ()
    first: float | None = None  #: seconds to the first plan
    proved: float | None = None  #: seconds to the proof that no plan needs fewer senior days
    bound: int | None = None  #: of senior_days
    trace: list[tuple[float, int, int | None]] = field(default_factory=list)


Rival = Callable[[PlanningProblem, float, float], Answer]


def officeday(problem: PlanningProblem, began: float, seconds: float) -> Answer:
    """This planner, as `officeday solve` runs it."""
    from planner.solve import Limits, Progress, propose
    from web.executors import helpers

    answer, levels = Answer(), dict[Level, Progress]()

    def hear(progress: Progress) -> None:
        now = time.monotonic() - began
        levels[progress.level] = progress
        if progress.level is Level.SENIOR_DAYS:
            answer.first = answer.first or now
            answer.trace.append((now, progress.value, progress.bound))
        main = [levels.get(level) for level in (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS)]
        if all(each is not None and each.value == each.bound for each in main):
            answer.proved = answer.proved or now
        else:
            answer.proved = None

    left = seconds - (time.monotonic() - began) - SECONDS_TO_WRITE
    with helpers("processes", os.cpu_count() or 1, left, print) as help_:
        limits = Limits(left, help_.workers, time.monotonic)
        plan = propose(problem, limits, progress=hear, executor=help_.executor)
    answer.placements = plan.placements
    answer.bound = next((each.bound for each in plan.proof if each.level is Level.SENIOR_DAYS), None)
    return answer


def first_free(problem: PlanningProblem, began: float, seconds: float) -> Answer:
    """Each session at its first free slot, as with a booking link."""
    from planner.first_free import first_free

    placements = first_free(problem)
    return Answer(placements, first=time.monotonic() - began)


def greedy(problem: PlanningProblem, began: float, seconds: float) -> Answer:
    """One office day packed after the other."""
    from planner.greedy import greedy_packer

    placements = greedy_packer(problem)
    return Answer(placements, first=time.monotonic() - began)


def cp_sat(problem: PlanningProblem, began: float, seconds: float) -> Answer:
    """The whole problem as one CP-SAT model, its goals weighed so that no lower one outweighs a higher."""
    from ortools.sat.python import cp_model

    from planner.greedy import placements
    from planner.model import PlanModel
    from planner.scope import make_scope
    from planner.slots import CandidateSlots

    slots = CandidateSlots(problem)
    whole = PlanModel(make_scope(slots, list(slots.of), slots.diaries))
    reached, placed, days = (whole.goal(level) for level in (Level.REACHED, Level.PLACED, Level.SENIOR_DAYS))
    a_session = whole.most(Level.SENIOR_DAYS) + 1
    a_person = a_session * (whole.most(Level.PLACED) + 1)
    whole.model.maximize(a_person * reached + a_session * placed - days)
    answer = Answer()

    class Watch(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            now = time.monotonic() - began
            answer.first = answer.first or now
            answer.trace.append((now, self.value(days), None))

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = os.cpu_count() or 1
    solver.parameters.max_time_in_seconds = max(0.1, seconds - (time.monotonic() - began))
    status = solver.solve(whole.model, Watch())
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        above = a_person * solver.value(reached) + a_session * solver.value(placed)
        agreed = score_of(problem, placements(slots, _agreed(slots))).senior_days
        answer.bound = agreed + max(0, round(above - solver.best_objective_bound))
        answer.placements = placements(slots, whole.arrangement(solver.boolean_value))
        answer.proved = time.monotonic() - began if status == cp_model.OPTIMAL else None
    return answer


def _agreed(slots: Any) -> Any:
    from planner.greedy import agreed_arrangement

    return agreed_arrangement(slots)


RIVALS: dict[str, Rival] = {
    "officeday": officeday,
    "first_free": first_free,
    "greedy": greedy,
    "cp_sat": cp_sat,
}


def written(answer: Answer) -> dict[str, Any]:
    return {
        "sessions": [
            {
                "id": each.session,
                "start": each.start.isoformat().replace("+00:00", "Z"),
                "room": each.room,
                "juniors": each.juniors,
            }
            for each in answer.placements
        ],
        "first": answer.first,
        "proved": answer.proved,
        "bound": answer.bound,
        "trace": answer.trace,
    }


def main() -> None:
    name, problem_file, answer_file, seconds = sys.argv[1:]
    began = time.monotonic()
    problem = read_problem(Path(problem_file).read_bytes(), problem_file)
    answer = RIVALS[name](problem, began, float(seconds))
    Path(answer_file).write_text(json.dumps(written(answer)), encoding="utf-8")


if __name__ == "__main__":
    main()

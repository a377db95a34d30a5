"""The referee that lives beside the repository, where it is there: an independent judge of plans."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from planner.documents import plan_to_json, problem_to_json
from planner.domain import Plan, PlanningProblem

TOOLS = Path(__file__).parents[2].parent / "shared" / "tools"

needs_tools = pytest.mark.skipif(
    not TOOLS.exists(),
    reason="the referee and the problem maker live beside the repository, and are not there",
)


def tool(name: str) -> ModuleType:
    """Load one of the tools as a module, leaving nothing behind in its folder."""
    kept = sys.dont_write_bytecode, list(sys.path)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(TOOLS))
    try:
        return importlib.import_module(name)
    finally:
        sys.dont_write_bytecode, sys.path[:] = kept


def judge(problem: PlanningProblem, plan: Plan) -> tuple[list[str], dict[str, int]]:
    """The referee's broken rules, and its score."""
    documents = (json.loads(problem_to_json(problem)), json.loads(plan_to_json(plan)))
    wrong, score = tool("check_plan").check(*documents)
    return wrong, score

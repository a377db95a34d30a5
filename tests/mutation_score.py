"""What `make mutation` came to: of the deliberate mistakes in each file, how many the tests found.

Mutmut keeps the exit code of the tests for every mutant beside each file it changed (`*.meta`).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

MUTANTS = Path("mutants")

#: Exit codes of pytest and of mutmut (its `status_by_exit_code`) that say the mistake was not found.
PASSED, NO_TESTS, NOT_RUN = 0, 33, None


def main() -> None:
    whole: Counter[str] = Counter()
    for file in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
        found = Counter(_became(code) for code in codes.values())
        if codes:
            print(_line(str(file.relative_to(MUTANTS)).removesuffix(".meta"), found))
            whole += found
    print(_line("all of them", whole))


def _became(code: int | None) -> str:
    return {PASSED: "missed", NO_TESTS: "missed", NOT_RUN: "not run"}.get(code, "found")


def _line(name: str, found: Counter[str]) -> str:
    run = found["found"] + found["missed"]
    share = f"{found['found'] / run:.0%}" if run else "–"
    left = f", {found['not run']} not run" if found["not run"] else ""
    return f"{name}: {share} ({found['found']} of {run} found{left})"


if __name__ == "__main__":
    main()

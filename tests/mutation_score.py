"""What `make mutation` came to: of the deliberate mistakes in each file, how many the tests found.

Mutmut keeps the exit code of the tests for every mutant beside each file it changed (`*.meta`), and in that
file every function as it was and as each mutant has it. Mutants that differ in nothing but the case of
letters in a text are counted apart: a sentence in capitals is no other decision.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

MUTANTS = Path("mutants")

#: Exit codes of pytest and of mutmut (its `status_by_exit_code`) that say the mistake was not found.
PASSED, NO_TESTS, NOT_RUN = 0, 33, None


def main() -> None:
    whole: Counter[str] = Counter()
    for meta in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            functions = _functions(meta.with_suffix(""))
            found = Counter(_became(code, name, functions) for name, code in codes.items())
            print(_line(str(meta.with_suffix("").relative_to(MUTANTS)), found))
            whole += found
    print(_line("all of them", whole))


def _functions(file: Path) -> dict[str, str]:
    """Every function of a file, by its name, without the name and in small letters."""
    found = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            name, node.name = node.name, "_"
            found[name] = ast.unparse(node).casefold()
    return found


def _became(code: int | None, mutant: str, functions: dict[str, str]) -> str:
    if code is NOT_RUN:
        return "not run"
    name = mutant.rpartition(".")[2]
    if functions[name] == functions[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"]:
        return "letters"
    return "missed" if code in (PASSED, NO_TESTS) else "found"


def _line(name: str, found: Counter[str]) -> str:
    run = found["found"] + found["missed"]
    share = f"{found['found'] / run:.0%}" if run else "–"
    left = "".join(f", {found[each]} {each}" for each in ("letters", "not run") if found[each])
    return f"{name}: {share} ({found['found']} of {run} found{left})"


if __name__ == "__main__":
    main()

"""What can go wrong while planning. An infeasible plan is an answer, not an error."""


class PlannerError(Exception):
    """Something the caller has to put right; the text says what and how."""


class InvalidInterval(PlannerError, ValueError):
    """An interval that is empty, runs backwards or is not in UTC."""


class InvalidProblem(PlannerError, ValueError):
    """A problem that breaks the format.

    Attributes:
        mistakes: every one found, each with the place it stands at
            (`people[3].hours.mon: ends before it starts`).
    """

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(mistakes))


class InvalidPlan(PlannerError, ValueError):
    """A plan that breaks a rule of its problem, or cannot be read; `broken` names each rule and place."""

    def __init__(self, broken: list[str]) -> None:
        self.broken = tuple(broken)
        super().__init__("; ".join(broken))


class IllegalMove(PlannerError):
    """A step that the life of a proposal, seat or room does not allow now; the text is for who tried it."""

"""The measurement of calendars runs, and counts what it should."""

from __future__ import annotations

import pytest

from bench.calendars import main


@pytest.mark.parametrize(("kind", "requests"), [("google", 3), ("microsoft", 2)])
def test_sixty_calendars_take_as_few_requests_as_the_limits_force(capsys, kind, requests):
    ended = main(["--calendars", "60", kind])

    name, calendars, counted, _, unknown = capsys.readouterr().out.splitlines()[1].split()
    assert (ended, name, calendars, unknown) == (0, kind, "60", "0")
    assert int(counted) == requests  # free/busy by 50, or by 20 times 20, and a token

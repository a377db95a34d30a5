"""What SECURITY.md and docs/privacy.md name exists, and says what the configuration says."""

from __future__ import annotations

import re
from pathlib import Path

from web.config import PrivacyConfig

ROOT = Path(__file__).parents[1]
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PRIVACY = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(tests/[^`\s]+)`", SECURITY))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_promise_has_a_line() -> None:
    told = {int(number) for number in re.findall(r"^\| P(\d+) ", SECURITY, re.MULTILINE)}
    assert told == set(range(1, 15))


def test_the_days_are_those_of_the_configuration() -> None:
    said = dict(re.findall(r"`(keep_\w+)` \((\d+)\)", PRIVACY))
    kept = {
        name: str(field.default)
        for name, field in PrivacyConfig.model_fields.items()
        if name.startswith("keep_")
    }
    assert said == {name: days for name, days in kept.items() if name != "keep_job_days"}

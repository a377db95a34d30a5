"""Addresses that nobody's page links to are no fault of ours: there is nothing there, and it is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.web.company import a_company
from tests.web.pages.persons import Person
from web.pages import create_app

ODD_NUMBERS = (2**31 - 1, 2**31, 10**20)
ODD_TEXTS = ("a%00b", "x" * 3000)


@pytest.mark.parametrize("name", ["ada", "priya", "aisha"])
def test_numbers_and_texts_that_no_row_has_are_not_found(tmp_path: Path, name: str) -> None:
    site = a_company(tmp_path)
    app = create_app(site)
    person = Person(app, site, name)
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.methods and "GET" in rule.methods]

    broken = [
        address
        for rule in rules
        for address in _odd(rule)
        if rule != "/static/<path:filename>" and person.open(address).status_code >= 500
    ]

    assert len(rules) > 50
    assert broken == []


def test_a_character_that_is_none_is_refused_or_kept(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    aisha = Person(create_app(site), site, "aisha")

    said = aisha.press("/goals", "/goals", statement="ask\0more", why="", target="")

    assert said.status_code < 500


def _odd(rule: str) -> set[str]:
    if "<" not in rule:
        return {f"{rule}?person=4294967296&page=%00&from=%00"}
    numbers = {re.sub(r"<int:[^>]+>", str(odd), rule) for odd in ODD_NUMBERS}
    return {re.sub(r"<[^>]+>", odd, number) for number in numbers for odd in ODD_TEXTS}

"""What comes with officeday to read is whole, fits a phone, and is a guide of its own for each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.domain import SessionKind
from web import guides
from web.guides import Guide, InvalidGuides, Reading, Section, agenda_for, guide, load, readings

#: As product.md has them.
USUAL_MINUTES = {
    SessionKind.INDIVIDUAL_LUNCH: 60,
    SessionKind.COFFEE_ROULETTE: 30,
    SessionKind.GROUP_LUNCH: 60,
    SessionKind.GROUP_MENTORING: 60,
    SessionKind.COWORKING: 120,
    SessionKind.VIRTUAL_COWORKING: 90,
}
ONLINE = {SessionKind.COFFEE_ROULETTE, SessionKind.GROUP_MENTORING, SessionKind.VIRTUAL_COWORKING}
#: What is read well at a glance on a phone's page: about five lines of it, and two for a question.
MOST_OF_A_LINE = 225
MOST_OF_A_PROMPT = 110
MOST_OF_A_PARAGRAPH = 480


def lines(one: Guide) -> Iterator[str]:
    for part in (one.expect, one.before, one.during, one.after, one.silence, one.online):
        yield from part
    yield from (step.what for step in one.agenda)
    yield one.summary
    yield one.purpose


@pytest.mark.parametrize("kind", SessionKind)
def test_each_kind_has_a_guide_with_every_part(kind: SessionKind) -> None:
    one = guide(kind)

    assert all(3 <= len(part) <= 6 for part in (one.expect, one.before, one.during, one.after, one.silence))
    assert 8 <= len(one.senior_prompts) <= 10
    assert 5 <= len(one.junior_prompts) <= 6
    assert bool(one.online) is (kind in ONLINE)


@pytest.mark.parametrize("kind", SessionKind)
def test_texts_of_a_guide_fit_a_phone(kind: SessionKind) -> None:
    one = guide(kind)

    assert max(map(len, lines(one))) <= MOST_OF_A_LINE
    assert max(map(len, (*one.senior_prompts, *one.junior_prompts))) <= MOST_OF_A_PROMPT


@pytest.mark.parametrize("kind", SessionKind)
def test_an_agenda_is_of_the_usual_length_of_its_kind(kind: SessionKind) -> None:
    assert sum(step.minutes for step in guide(kind).agenda) == USUAL_MINUTES[kind]
    assert agenda_for(kind, USUAL_MINUTES[kind]) == guide(kind).agenda


@pytest.mark.parametrize("kind", SessionKind)
def test_an_agenda_fills_a_session_of_any_length(kind: SessionKind) -> None:
    for minutes in range(15, 241):
        steps = agenda_for(kind, minutes)

        assert sum(step.minutes for step in steps) == minutes
        assert [step.what for step in steps] == [step.what for step in guide(kind).agenda]


def test_steps_for_which_there_is_no_minute_are_left_out() -> None:
    steps = agenda_for(SessionKind.COWORKING, 4)

    assert sum(step.minutes for step in steps) == 4
    assert all(step.minutes >= 1 for step in steps)


def test_no_text_is_said_twice() -> None:
    said = Counter(
        text
        for kind in SessionKind
        for text in (*lines(guide(kind)), *guide(kind).senior_prompts, *guide(kind).junior_prompts)
    )

    assert [text for text, times in said.items() if times > 1] == []


def test_prompts_of_one_kind_are_not_another_kinds_in_other_words() -> None:
    told = [
        (kind, frozenset(re.findall(r"\w{4,}", prompt.casefold())))
        for kind in SessionKind
        for prompt in (*guide(kind).senior_prompts, *guide(kind).junior_prompts)
    ]
    alike = [
        (sorted(one), sorted(other))
        for number, (_, one) in enumerate(told)
        for _, other in told[number + 1 :]
        if len(one & other) > 0.5 * len(one | other)
    ]

    assert alike == []


@pytest.mark.parametrize("kind", [SessionKind.COWORKING, SessionKind.VIRTUAL_COWORKING])
def test_coworking_tells_of_the_half_hourly_rounds(kind: SessionKind) -> None:
    one = guide(kind)

    assert any("half hour" in step.what for step in one.agenda)
    assert any("half hour" in line for line in one.expect)


def test_the_usual_path_is_read_in_a_sitting_and_asks_little_before_a_first_session() -> None:
    path = readings()

    assert [one.position for one in path.values()] == list(range(1, len(path) + 1))
    assert 4 <= len(path) <= 6
    assert 1 <= sum(one.required for one in path.values()) <= 3
    assert sum(one.minutes for one in path.values()) <= 30
    assert "support contact" in "".join(path["boundaries"].sections[2].paragraphs)


@pytest.mark.parametrize("name", readings())
def test_a_reading_is_as_long_as_it_says_and_in_paragraphs_for_a_phone(name: str) -> None:
    one = readings()[name]
    paragraphs = [paragraph for section in one.sections for paragraph in section.paragraphs]
    words = sum(len(paragraph.split()) for paragraph in paragraphs)

    assert 200 <= words <= 350
    assert words / 130 <= one.minutes <= words / 65  # read at leisure, by somebody in a second language
    assert max(map(len, paragraphs)) <= MOST_OF_A_PARAGRAPH


def test_every_mistake_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('title = "A"\nsummary = " "\nminutes = "5"\nhue = 3\n')
    (tmp_path / "two.toml").write_text("title = \n")

    with pytest.raises(InvalidGuides) as raised:
        load(tmp_path, Reading)

    told = raised.value.mistakes
    for place in ("summary", "minutes", "hue", "sections", "position", "due_days", "required"):
        assert any(each.startswith(f"one.toml: {place}: ") for each in told)
    assert any(each.startswith("two.toml: is not TOML") for each in told)


def test_a_step_of_no_minutes_is_a_mistake_that_says_where(tmp_path: Path) -> None:
    (tmp_path / "lunch.toml").write_text('[[agenda]]\nminutes = 0\nwhat = "Sit down"\n')

    with pytest.raises(InvalidGuides, match=r"lunch\.toml: agenda\.0\.minutes: "):
        load(tmp_path, Guide)


def test_a_guide_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        guide(SessionKind.COWORKING).agenda[0].minutes = 7  # type: ignore[misc]


def test_a_file_that_is_no_text_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no guide")
    (tmp_path / "a.toml").write_text(
        'position = 1\ntitle = "A"\nsummary = "B"\nminutes = 2\ndue_days = 7\nrequired = false\n'
        '[[sections]]\nheading = "C"\nparagraphs = ["D"]\n'
    )

    assert load(tmp_path, Reading) == {
        "a": Reading(1, "A", "B", 2, 7, False, (Section("C", ("D",)),)),
    }


def test_the_texts_are_beside_the_code_that_reads_them() -> None:
    folder = Path(guides.__file__).parent

    assert {file.stem for file in (folder / "sessions").glob("*.toml")} == {*SessionKind}
    assert {file.stem for file in (folder / "readings").glob("*.toml")} == {*readings()}

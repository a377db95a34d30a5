from __future__ import annotations

import unicodedata

import pytest

from tests.web.mails import HOSTILE, PROPOSAL, hostile_proposal
from web.clean_text import KEPT_FORMATS, LONGEST_NAME, cleaned, one_line, prose, within_a_sentence


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_becomes_one_short_line_without_controls(text):
    line = one_line(text)

    assert len(line) <= LONGEST_NAME
    assert len(line.splitlines()) <= 1
    assert {c for c in line if unicodedata.category(c) == "Cf"} <= KEPT_FORMATS
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    line.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["Priya Rao", "Nguyễn Thị Hương", "👩🏽‍💻 Ada", "İpek", "กิ่งแก้ว", "=1+1", "{{7*7}}"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert one_line(text) == text
    assert within_a_sentence(text) == text


def test_accents_beyond_any_script_are_dropped():
    assert one_line("e" + "\u0301" * 1_000 + "nd") == "e" + "\u0301" * 4 + "nd"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One\r\ntwo\rthree", "One\ntwo\nthree"),
        ("\n \nOne\n\n \n\t\ntwo\n\n", "One\n\ntwo"),
        ("left\u202eright\u2028and\x00 on", "leftright\nand on"),
        ("x" * 700, "x" * 700),
        (" \n\u202e\n", ""),
    ],
)
def test_prose_keeps_its_line_breaks_and_no_sign_that_reorders(text, kept):
    assert prose(text) == kept


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_each_line_of_prose_is_as_safe_as_one_by_itself(text):
    assert all(line == one_line(line, len(line)) for line in prose(text).split("\n"))


def test_a_name_from_right_to_left_is_isolated_in_a_sentence():
    assert within_a_sentence("עמית") == "\u2068עמית\u2069"


def test_a_record_is_cleaned_however_deep_and_a_clean_one_stays_equal():
    dirty = cleaned(hostile_proposal("Eve\r\nBcc: x"))

    assert dirty.sessions[0].juniors[0].name == "Eve Bcc: x"
    assert dirty.why == ("Eve Bcc: x",)
    assert cleaned(PROPOSAL) == PROPOSAL


def test_a_record_with_an_unforeseen_type_is_refused_rather_than_passed_through():
    with pytest.raises(TypeError, match="dict"):
        cleaned({"name": "Eve\r\n"})

"""Secrets in files: sealed with the site's secret, opened with it or an older one, and with no other."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from connectors.base import Refused
from connectors.sealed import PREFIX, Seal, WrongKey, is_sealed, read_secret

CANARY = "canary-1//0refresh"


def test_what_is_sealed_is_opened_by_the_same_secret_in_either_form():
    sealed = Seal(["site secret"]).seal(CANARY)

    assert is_sealed(sealed) and sealed.startswith(PREFIX)
    assert CANARY not in sealed
    assert Seal([b"site secret"]).open(f"  {sealed}\n") == CANARY
    assert Seal(["site secret"]).seal(CANARY) != sealed


@pytest.mark.parametrize("text", ["", "ü - 雪", "x" * 100_000, "two\nlines"])
def test_any_text_can_be_sealed(text: str):
    seal = Seal(["site secret"])
    assert seal.open(seal.seal(text)) == text


def test_another_secret_opens_nothing():
    sealed = Seal(["site secret"]).seal(CANARY)
    with pytest.raises(WrongKey, match="another secret key") as caught:
        Seal(["site secreT"]).open(sealed)

    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("at", [len(PREFIX), len(PREFIX) + 30, -3])
def test_what_somebody_changed_is_not_opened(at: int):
    sealed = list(Seal(["site secret"]).seal(CANARY))
    sealed[at] = "A" if sealed[at] != "A" else "B"
    with pytest.raises(WrongKey):
        Seal(["site secret"]).open("".join(sealed))


def test_a_secret_is_changed_by_putting_a_new_one_in_front():
    before, during, after = Seal(["old"]), Seal(["new", "old"]), Seal(["new"])

    assert during.open(before.seal(CANARY)) == CANARY
    assert after.open(during.seal(CANARY)) == CANARY
    with pytest.raises(WrongKey):
        before.open(during.seal(CANARY))


def test_what_is_not_sealed_with_the_newest_secret_is_known():
    seal = Seal(["new", "old"])

    assert seal.is_newest(f" {seal.seal(CANARY)}\n")
    assert not seal.is_newest(Seal(["old"]).seal(CANARY))
    assert not seal.is_newest(CANARY)


@pytest.mark.parametrize("keys", [[], [""], ["good", ""], [b""]])
def test_a_seal_needs_secrets(keys: list[str | bytes]):
    with pytest.raises(ValueError):
        Seal(keys)


def test_a_file_may_hold_a_secret_plain_or_sealed(tmp_path: Path):
    seal = Seal(["site secret"])
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_text(f"{CANARY}\n")
    sealed.write_text(f"{seal.seal(CANARY)}\n")

    assert read_secret(plain) == read_secret(plain, seal) == read_secret(sealed, seal) == CANARY


def test_a_secret_that_cannot_be_read_names_its_file_and_not_itself(tmp_path: Path):
    sealed, empty, bytes_ = tmp_path / "sealed", tmp_path / "empty", tmp_path / "bytes"
    sealed.write_text(Seal(["site secret"]).seal(CANARY))
    empty.write_text(" \n")
    bytes_.write_bytes(b"canary\xff")

    for path, seal, error, why in (
        (sealed, None, WrongKey, "secret key"),
        (sealed, Seal(["other"]), WrongKey, "another secret key"),
        (empty, None, Refused, "no secret"),
        (bytes_, None, Refused, ": it is no text."),
        (tmp_path / "missing", None, Refused, "No such file"),
        (tmp_path, None, Refused, "Is a directory"),
    ):
        with pytest.raises(error) as caught:
            read_secret(path, seal)
        assert str(path) in str(caught.value)
        assert why in str(caught.value)
        assert "canary" not in "".join(traceback.format_exception(caught.value))

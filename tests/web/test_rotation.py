"""The secret key changes while everything it protects stays: also where the change is killed half-way."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.grants import seal_anew
from connectors.sealed import Seal, WrongKey, is_sealed
from tests.web.company import a_company, member
from tests.web.made_up import NOW
from tests.web.pages.persons import Person, mailed_path, propose_a_day
from web.cli import main
from web.config import key_file, old_secret_keys, secret_key
from web.operations import erasure, keys
from web.pages import create_app
from web.site import open_site

OLD, NEW = "o" * 40, "n" * 40


def sealed_in(folder: Path, many: int) -> list[Path]:
    """Files with a secret each, sealed with the old key."""
    seal, files = Seal([OLD]), []
    for n in range(many):
        file = folder / f"{n:05}.token"
        file.write_text(seal.seal(f"canary-{n}") + "\n")
        files.append(file)
    return files


@pytest.mark.parametrize(
    ("many", "kills"), [(60, 2), pytest.param(10_000, 25, marks=pytest.mark.slow)], ids=["few", "10000"]
)
def test_killed_anywhere_a_change_loses_nothing_and_goes_on(tmp_path: Path, many: int, kills: int) -> None:
    files = sealed_in(tmp_path, many)
    chance = random.Random(5)
    command = [sys.executable, "-m", "tests.web.rotating", str(tmp_path), NEW, OLD]
    both, killed = Seal([NEW, OLD]), 0
    for _ in range(kills):
        running = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        _after_it_began(running, files, both, chance)
        killed += running.poll() is None
        running.kill()
        running.communicate()
        assert [both.open(file.read_text()) for file in files] == [f"canary-{n}" for n in range(many)]
    done = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], check=True)

    assert killed >= kills / 2
    new = Seal([NEW])
    assert [new.open(file.read_text()) for file in files] == [f"canary-{n}" for n in range(many)]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files if new.is_newest(file.read_text()))
    again = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], check=True)
    assert again.stdout == b"0\n"
    assert done.stdout != b""


def _after_it_began(
    running: subprocess.Popen[bytes], files: list[Path], both: Seal, chance: random.Random
) -> None:
    """Wait until it has sealed a few more, and then a random moment."""
    before = sum(both.is_newest(file.read_text()) for file in files)
    wanted = before + chance.randint(1, max(1, len(files) // 30))
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        if wanted > len(files) or both.is_newest(files[wanted - 1].read_text()):
            break
        time.sleep(0.001)
    time.sleep(chance.random() * 0.005)


def test_what_is_not_sealed_stays_as_it_is_and_what_nobody_opens_is_said(tmp_path: Path) -> None:
    plain, foreign = tmp_path / "plain", tmp_path / "foreign"
    plain.write_text("1//0refresh\n")
    foreign.write_text(Seal(["x" * 40]).seal("canary") + "\n")

    assert seal_anew(plain, Seal([NEW, OLD])) is False
    before = foreign.read_text()
    with pytest.raises(WrongKey, match="foreign"):
        seal_anew(foreign, Seal([NEW, OLD]))

    assert plain.read_text() == "1//0refresh\n"
    assert foreign.read_text() == before


def test_a_new_key_keeps_sign_ins_mailed_links_and_the_erased(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    day = propose_a_day(site)
    link = mailed_path(site, day)
    priya = Person(create_app(site), site, "priya")
    cookie = priya.browser.get_cookie("officeday")
    assert cookie is not None
    erasure.erase_by_address(site, "hal@example.org", NOW)
    first = secret_key(site.config)

    done = keys.rotate(site)

    assert (done.made, done.sealed, done.older) == (True, 1, 1)
    assert secret_key(site.config) != first
    assert old_secret_keys(site.config) == (first,)
    assert key_file(site.config).stat().st_mode & 0o777 == 0o600
    again = open_site(site.config, clock=lambda: NOW)
    browser = create_app(again).test_client()
    browser.set_cookie("officeday", cookie.value)
    assert browser.get("/days").status_code == 200
    assert Person(create_app(again), again).open(link).status_code == 200
    assert erasure.tombstones(again.config).has("hal@example.org")


def test_a_change_that_was_killed_is_ended_before_another_begins(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    erasure.erase_by_address(site, "hal@example.org", NOW)
    file = key_file(site.config)
    file.write_text(f"{NEW}\n{file.read_text()}")  # killed right after the new key was written

    assert keys.rotate(site).made is False
    assert secret_key(site.config) == NEW
    assert keys.rotate(site).made is True


def test_forgetting_old_keys_ends_what_they_signed_and_nothing_else(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    link = mailed_path(site, propose_a_day(site))
    erasure.erase_by_address(site, "hal@example.org", NOW)
    site.store.close()
    file = tmp_path / "config.toml"
    file.write_text('[database]\nurl = "sqlite:///officeday.db"\nqueue = "queue.db"\n')

    said = CliRunner().invoke(main, ["rotate-keys", "--forget-old", "--config", str(file)])

    assert said.exit_code == 0, said.output
    assert "A new key was made." in said.output
    assert old_secret_keys(site.config) == ()
    again = open_site(site.config, clock=lambda: NOW)
    assert Person(create_app(again), again).open(link).status_code == 404
    assert erasure.tombstones(again.config).has("hal@example.org")
    assert is_sealed((tmp_path / "erased.txt").read_text())
    assert member(again, "priya").person.name == "Priya"

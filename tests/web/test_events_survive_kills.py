"""Promise P2: an agreed day converges to exactly one event a calendar, wherever a worker is killed.

A company with changes of every sort to write – holds to confirm, to withdraw, a new session, an event
that a person removed, an invitation that was declined – is worked on by a process that is killed at one
boundary (`tests.web.kills`), and then by another that finishes. That is done once for each boundary.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.web.company import a_company, agree_coworking, member
from tests.web.kills import Worker, a_site
from tests.web.made_up import NOW
from tests.web.organizers import EVER, differences_between
from tests.web.pages.persons import propose_a_day
from tests.web.vendors import Caldav, Google, Microsoft, Vendor, vendor
from web.config import load_config
from web.operations import agreements, events, seats
from web.site import Site
from web.store import events as kept
from web.store import proposals as kept_proposals
from web.store import tables as t

KINDS = ("google", "microsoft", "caldav")
SOON, RESTARTED = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)

#: At each of the three, so at least 150 in all; fewer would mean that boundaries are no longer seen.
FEWEST_POINTS = 50


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a day proposed, before an organizer was configured."""
    folder = tmp_path_factory.mktemp("template")
    site = a_company(folder)
    propose_a_day(site)
    agree_coworking(site, 3)
    seats.book(site, "open-3", member(site, "gita"), NOW)
    site.store.close()
    return folder


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as running:
        yield running


@dataclass
class Case:
    """One company at one vendor's, with work to do."""

    site: Site
    config: Path
    vendor: Google | Microsoft | Caldav
    address: str

    @property
    def folder(self) -> Path:
        return self.config.parent


def a_case(template: Path, folder: Path, of: Google | Microsoft | Caldav, number: int) -> Case:
    """Holds and a session are written; then a yes without the lunch, a new session, a removal, a no."""
    address = of.calendar(number)
    shutil.copytree(template, folder)
    config = folder / "config.toml"
    config.write_text(organizer_toml(of, address), encoding="utf-8")
    site = a_site(load_config(config), NOW)
    with site.store.writing() as connection:
        events.want(connection, site, None, NOW)
    events.deliver(site)
    case = Case(site, config, of, address)
    keys = {session: event.key for session, event in wanted(case).items()}
    of.remove(address, keys["cohort"])
    of.decline(address, keys["open-3"], "gita@example.org")
    _say_yes_without_lunch(site)
    agree_coworking(site, 2, NOW + timedelta(days=6))
    seats.book(site, "open-2", member(site, "hal"), NOW)
    return case


def _say_yes_without_lunch(site: Site) -> None:
    """As settling a yes does it, calendars apart."""
    with site.store.writing() as connection:
        (proposal_id,) = connection.execute(select(t.proposal.c.id)).scalars()
        standing = kept_proposals.standing(connection, proposal_id)
        assert standing is not None
        kept_proposals.change(connection, proposal_id, state="approved", left_out=["lunch"], decided_at=NOW)
        chosen = [p for p in standing.placements if p.session != "lunch"]
        agreements.agree(connection, site, proposal_id, chosen, NOW)
        events.want(connection, site, {p.session for p in standing.placements}, NOW)


def organizer_toml(of: Vendor, address: str) -> str:
    """A configuration file that names the organizer's calendar."""
    section = of.settings.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    lines = [f'{key} = "{value}"' for key, value in section.items()]
    return "\n".join(
        [
            '[database]\nurl = "sqlite:///officeday.db"\nqueue = "queue.db"',
            '[mail]\noutbox_folder = "outbox"',
            f'[connectors]\nread_every_minutes = 0\norganizer = "{of.kind}:{address}"',
            f"[connectors.{of.kind}]",
            *lines,
            "",
        ]
    )


def wanted(case: Case) -> dict[str, kept.Event]:
    organizer = case.site.config.connectors.organizer or ""
    with case.site.store.reading() as connection:
        return dict(kept.wanted(connection, organizer))


def wrong_with(case: Case) -> list[str]:
    """What is lost, double or not settled, in the calendar and among the mails."""
    organizer = case.site.config.connectors.organizer or ""
    there = list(case.site.writer(case.site.config).written(EVER))
    expected = wanted(case)
    with case.site.store.reading() as connection:
        standing = events.standing_of(connection, None, NOW)
        unsettled = [each for each in kept.of_organizer(connection, organizer) if not each.settled]
        mails = list(connection.execute(select(t.outbox.c.message_id, t.outbox.c.state, t.outbox.c.kind)))
    asked = {session for session, event in expected.items() if event.question is not None}
    found = differences_between(there, {s: e for s, e in expected.items() if s not in asked}, standing, asked)
    if (many := case.vendor.count(case.address)) != len(expected) - len(asked):
        found.append(f"{many} events for {len(expected) - len(asked)}")
    found += [f"{event.session_id}: not settled" for event in unsettled if event.session_id not in asked]
    if asked != {"cohort"}:
        found.append(f"asked about {asked}")
    found += _wrong_with_mails(case, [row.message_id for row in mails])
    found += [f"a {row.kind} is {row.state}" for row in mails if row.state != "sent"]
    kinds = Counter(row.kind for row in mails)
    if (kinds["question"], kinds["cancellation"]) != (1, 1):
        found.append(f"{kinds['question']} questions, {kinds['cancellation']} cancellations")
    return found


def _wrong_with_mails(case: Case, owed: list[str]) -> list[str]:
    """Promise P3: each mail is sent at least once, and its copies are known as the same."""
    texts: dict[str, set[str]] = {}
    for file in (case.folder / "outbox").glob("*.eml"):
        text = file.read_bytes()
        texts.setdefault(str(message_from_bytes(text)["Message-ID"]).strip(), set()).add(text.decode())
    lost = [f"{each} was never sent" for each in owed if each not in texts]
    return lost + [f"{each} was sent in two versions" for each, copies in texts.items() if len(copies) > 1]


def killed_at(case: Case, worker: Worker, point: int) -> list[str]:
    """What is wrong once a worker was killed at a point and another one has taken over."""
    assert worker.work(case.config, SOON, die_at=point).killed
    assert not worker.work(case.config, RESTARTED).killed
    return wrong_with(case)


def points_of(case: Case, worker: Worker) -> int:
    """How many boundaries there are when nobody is killed, and that all is well then."""
    whole = worker.work(case.config, SOON)
    assert wrong_with(case) == []
    return whole.boundaries


@pytest.mark.parametrize(
    "kind", [KINDS[0], *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS[1:])]
)
def test_a_few_kills_leave_one_event_each(kind: str, template: Path, tmp_path: Path, worker: Worker) -> None:
    with vendor(kind, tmp_path / "vendor") as of:
        points = points_of(a_case(template, tmp_path / "0", of, 0), worker)
        for point in range(5, points, points // 3):
            case = a_case(template, tmp_path / str(point), of, point)
            assert (point, killed_at(case, worker, point)) == (point, [])


@pytest.mark.parametrize("kind", KINDS)
def test_workers_that_write_at_the_same_moment_leave_one_event_each(
    kind: str, template: Path, tmp_path: Path, worker: Worker
) -> None:
    """As when one was thought dead: its lease ran out while it slept."""
    with vendor(kind, tmp_path / "vendor") as of:
        case = a_case(template, tmp_path / "company", of, 0)
        ready = threading.Barrier(4)

        def write() -> None:
            ready.wait()
            events.deliver(case.site)

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(write) for _ in range(4)]:
                done.result()
        worker.work(case.config, RESTARTED)
        assert wrong_with(case) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_kills_at_every_boundary_lose_nothing_and_double_nothing(
    kind: str, template: Path, tmp_path: Path, worker: Worker
) -> None:
    wrong = []
    with vendor(kind, tmp_path / "vendor") as of:
        points = points_of(a_case(template, tmp_path / "0", of, 0), worker)
        for point in range(1, points + 1):
            case = a_case(template, tmp_path / str(point), of, point)
            wrong += [f"point {point}: {each}" for each in killed_at(case, worker, point)]
            case.site.store.close()
            shutil.rmtree(case.folder)
    print(f"{kind}: killed at {points} points, {len(wrong)} wrong")
    assert wrong == []
    assert points >= FEWEST_POINTS


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_keys_made_while_writing_leave_doubles(
    kind: str, template: Path, tmp_path: Path, worker: Worker
) -> None:
    """The negative control: were keys not made beforehand, the same kills would leave events twice."""
    with vendor(kind, tmp_path / "vendor") as of:
        whole = a_case(template, tmp_path / "whole", of, 0)
        points = worker.work(whole.config, SOON, new_keys=True).boundaries
        once, doubles = of.count(whole.address), 0
        for point in range(1, points + 1):
            case = a_case(template, tmp_path / str(point), of, point)
            worker.work(case.config, SOON, die_at=point, new_keys=True)
            worker.work(case.config, RESTARTED, new_keys=True)
            doubles += max(0, of.count(case.address) - once)
        print(f"{kind}: {doubles} doubles at {points} points")
        assert doubles > 0

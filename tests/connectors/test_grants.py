"""Tokens: renewed once however many ask, kept so that nobody else reads them, and never shown."""

from __future__ import annotations

import fcntl
import json
import logging
import multiprocessing
import os
import signal
import stat
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import pytest

from connectors import grants
from connectors.base import ConnectorError, Refused, Unreachable
from connectors.calls import Calls
from connectors.grants import (
    FreshToken,
    RefreshTokenFile,
    Renewal,
    SingleFlight,
    TokenSource,
    margin,
    seal_anew,
)
from connectors.sealed import PREFIX, Seal, WrongKey
from connectors.transport import Transport
from tests.connectors.clock import Clock
from tests.connectors.faults import DONE_BY_LOOPBACK, SLOW, Fault
from tests.connectors.loopback import Loopback
from tests.connectors.token_endpoint import TokenEndpoint, renewing

REMEDY = "Run `officeday connect google` again."
SEAL = Seal(["site secret"])
WORKERS = 16


def a_source(path: Path, url: str, seal: Seal | None = SEAL, **options: object) -> RefreshTokenFile:
    return RefreshTokenFile(path, renewing(url), seal=seal, remedy=REMEDY, **options)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as an administrator writes it."""
    path = tmp_path / "refresh-token"
    path.write_text("canary-refresh-0\n")
    return path


@pytest.fixture
def endpoint() -> TokenEndpoint:
    return TokenEndpoint()


@pytest.fixture
def server(endpoint: TokenEndpoint) -> Iterator[Loopback]:
    with Loopback(endpoint) as server:
        yield server


# --- one renewal, however many ask -----------------------------------------------------------------


class Fetches:
    """Gives "1", "2", … and fails as it is told."""

    def __init__(self, expires_in: float = 3600) -> None:
        self.number = 0
        self.expires_in = expires_in
        self.failure: ConnectorError | None = None

    def __call__(self) -> FreshToken:
        self.number += 1
        if self.failure is not None:
            raise self.failure
        return FreshToken(str(self.number), self.expires_in)


def test_a_token_is_kept_until_a_minute_before_its_end():
    clock, fetches = Clock(), Fetches()
    source = SingleFlight(fetches, clock=clock)

    assert source.token() == source.token() == "1"
    clock.sleep(3600 - 61)
    assert source.token() == "1"
    clock.sleep(1)
    assert source.token() == "2"


def test_a_token_that_was_turned_down_is_replaced_once():
    source = SingleFlight(Fetches())
    first = source.token()

    assert source.token(refused=first) == "2"
    assert source.token(refused=first) == "2"
    assert source.token() == "2"


@pytest.mark.parametrize("expires_in, expected", [(3600, 60), (600, 60), (100, 10), (1, 0.1), (0, 0)])
def test_a_short_lived_token_is_not_renewed_all_the_time(expires_in: float, expected: float):
    assert margin(expires_in) == pytest.approx(expected)


def test_who_waited_for_a_fetch_that_failed_does_not_repeat_it():
    fetches = Fetches()
    fetches.failure = Unreachable("The server cannot be reached.")
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> FreshToken:
        begun.set()
        go_on.wait(60)
        return fetches()

    source = SingleFlight(slowly)
    together = threading.Barrier(WORKERS, timeout=30)
    with ThreadPoolExecutor(WORKERS) as pool:
        first = pool.submit(source.token)
        assert begun.wait(5)
        others = [pool.submit(lambda: (together.wait(), source.token())) for _ in range(WORKERS - 1)]
        together.wait()
        time.sleep(0.3)  # until all stand at the lock
        go_on.set()
        failures = [ended.exception() for ended in (first, *others)]

    assert all(isinstance(failure, Unreachable) for failure in failures)
    assert fetches.number == 1
    fetches.failure = None
    assert source.token() == "2"


def test_a_no_is_good_for_a_minute_and_a_failure_is_not():
    clock, fetches = Clock(), Fetches()
    source = SingleFlight(fetches, clock=clock)
    fetches.failure = Unreachable("The server cannot be reached.")
    for _ in range(2):
        with pytest.raises(Unreachable):
            source.token()
    fetches.failure = Refused("The consent has ended.")
    for _ in range(5):
        with pytest.raises(Refused):
            source.token()
    assert fetches.number == 3
    fetches.failure = None
    clock.sleep(grants.REFUSED_FOR)
    assert source.token() == "4"


def expire_often(sources: Sequence[TokenSource], times: int) -> list[list[str]]:
    """All threads find their token turned down at once, time after time: what each of them got."""
    together = threading.Barrier(len(sources), timeout=60)

    def work(source: TokenSource) -> list[str]:
        got: list[str] = []
        try:
            for _ in range(times):
                together.wait()
                got.append(source.token(refused=got[-1] if got else None))
        except BaseException:
            together.abort()
            raise
        return got

    with ThreadPoolExecutor(len(sources)) as pool:
        return list(pool.map(work, sources))


def test_sixteen_threads_renew_each_of_200_expiries_once(
    path: Path, server: Loopback, endpoint: TokenEndpoint
):
    """P11, in one process. Rotation: a second renewal would end the consent."""
    got = expire_often([a_source(path, server.url)] * WORKERS, 200)

    assert endpoint.renewals == 200 and not endpoint.is_over
    assert got == [[f"canary-access-{number}" for number in range(1, 201)]] * WORKERS


def test_sixteen_sources_of_one_file_renew_each_expiry_once(
    path: Path, server: Loopback, endpoint: TokenEndpoint
):
    got = expire_often([a_source(path, server.url) for _ in range(WORKERS)], 20)

    assert endpoint.renewals == 20 and not endpoint.is_over
    assert got == [[f"canary-access-{number}" for number in range(1, 21)]] * WORKERS


def test_without_the_lock_sixteen_threads_end_the_consent(path: Path, monkeypatch: pytest.MonkeyPatch):
    """The control: it is the lock that the test above tests."""
    monkeypatch.setattr(grants.fcntl, "flock", lambda *_: None)
    endpoint = TokenEndpoint(takes=0.02)
    with Loopback(endpoint) as server, pytest.raises((ConnectorError, threading.BrokenBarrierError)):
        expire_often([a_source(path, server.url) for _ in range(WORKERS)], 200)

    assert endpoint.is_over


def work_in_process(
    path: Path, url: str, times: int, locked: bool, together: Barrier, ended: multiprocessing.Queue[str]
) -> None:
    """What `expire_often` has a thread do; reports its last token, or what went wrong."""
    if not locked:
        grants.fcntl.flock = lambda *_: None  # type: ignore[assignment]
    source, token = a_source(path, url), None
    try:
        for _ in range(times):
            together.wait(120)
            token = source.token(refused=token)
        ended.put(str(token))
    except (ConnectorError, threading.BrokenBarrierError) as error:
        together.abort()
        ended.put(type(error).__name__)


def expire_often_in_processes(path: Path, url: str, times: int, *, locked: bool = True) -> list[str]:
    """What became of each process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    together, ended = context.Barrier(WORKERS), context.Queue()
    processes = [
        context.Process(target=work_in_process, args=(path, url, times, locked, together, ended))
        for _ in range(WORKERS)
    ]
    for process in processes:
        process.start()
    try:
        return [ended.get(timeout=240) for _ in processes]
    finally:
        for process in processes:
            process.join()


def test_sixteen_processes_renew_each_of_200_expiries_once(
    path: Path, server: Loopback, endpoint: TokenEndpoint
):
    """P11."""
    ended = expire_often_in_processes(path, server.url, 200)

    assert endpoint.renewals == 200 and not endpoint.is_over
    assert ended == ["canary-access-200"] * WORKERS


def test_without_the_lock_sixteen_processes_end_the_consent(path: Path):
    """The control."""
    endpoint = TokenEndpoint(takes=0.02)
    with Loopback(endpoint) as server:
        ended = expire_often_in_processes(path, server.url, 200, locked=False)

    assert endpoint.is_over
    assert "Refused" in ended


def hold_the_lock(path: Path, holds: Event) -> None:
    def renew(refresh_token: str) -> Renewal:
        holds.set()
        threading.Event().wait()
        raise AssertionError

    RefreshTokenFile(path, renew, seal=SEAL).token()


def test_a_process_killed_at_a_renewal_leaves_the_way_free(
    path: Path, server: Loopback, endpoint: TokenEndpoint
):
    context = multiprocessing.get_context("forkserver")
    holds = context.Event()
    process = context.Process(target=hold_the_lock, args=(path, holds))
    process.start()
    assert holds.wait(120)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    left = path.with_name("refresh-token.new")
    left.write_text("half of a file" * 100)
    left.chmod(0o644)

    assert a_source(path, server.url).token() == a_source(path, server.url).token() == "canary-access-1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(path.read_text().split()) == 1
    assert [found.name for found in path.parent.iterdir()] == ["refresh-token"]


# --- the file --------------------------------------------------------------------------------------


def test_a_plain_file_is_sealed_at_the_first_renewal_and_read_by_its_owner_only(
    path: Path, server: Loopback, endpoint: TokenEndpoint
):
    path.chmod(0o644)

    assert a_source(path, server.url).token() == "canary-access-1"

    text = path.read_text()
    assert text.startswith(PREFIX) and "canary" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = json.loads(SEAL.open(text))
    assert (kept["refresh_token"], kept["access_token"]) == ("canary-refresh-1", "canary-access-1")


def test_another_process_uses_the_token_that_one_has_got(path: Path, server: Loopback):
    clock = Clock()
    first = a_source(path, server.url, clock=clock)
    second = a_source(path, server.url, clock=clock)

    assert first.token() == second.token() == "canary-access-1"
    clock.sleep(3600 - 60)
    assert second.token() == first.token() == "canary-access-2"
    assert len(server.requests) == 2


def test_without_a_seal_no_access_token_is_written(path: Path, server: Loopback):
    assert a_source(path, server.url, seal=None).token() == "canary-access-1"
    assert path.read_text() == "canary-refresh-1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    assert a_source(path, server.url, seal=None).token() == "canary-access-2"


def test_a_plain_file_that_need_not_change_is_not_written(path: Path):
    before = path.stat()
    source = RefreshTokenFile(path, lambda refresh: Renewal(FreshToken("canary-access", 3600)))

    assert source.token() == "canary-access"
    assert path.stat() == before


def test_another_secret_key_opens_no_token_and_asks_for_none(path: Path, server: Loopback):
    a_source(path, server.url).token()
    for seal in (Seal(["other"]), None):
        with pytest.raises(WrongKey, match="refresh-token"):
            a_source(path, server.url, seal=seal).token()

    assert len(server.requests) == 1


def test_a_renewal_seals_with_the_newest_secret(path: Path, server: Loopback):
    first = a_source(path, server.url).token()
    a_source(path, server.url, seal=Seal(["new", "site secret"])).token()
    rotating = a_source(path, server.url, seal=Seal(["new", "site secret"]))
    rotating.token(refused=rotating.token())

    assert a_source(path, server.url, seal=Seal(["new"])).token() != first


@pytest.mark.parametrize(
    "text", ["", "\n", "two canaries", "canary\nbird", '{"refresh_token":"canary"}', "canary\u00e9"]
)
def test_a_file_without_one_token_says_what_to_do(path: Path, server: Loopback, text: str):
    path.write_text(text)
    with pytest.raises(Refused, match="does not hold one refresh token") as caught:
        a_source(path, server.url).token()

    assert REMEDY in str(caught.value) and "canar" not in str(caught.value)
    assert server.requests == []


def test_a_missing_file_says_what_to_do(tmp_path: Path, server: Loopback):
    with pytest.raises(Refused, match="No such file") as caught:
        a_source(tmp_path / "nothing", server.url).token()
    assert REMEDY in str(caught.value)


def test_a_consent_is_stored_whether_the_file_is_there_or_not(tmp_path: Path, server: Loopback):
    path = tmp_path / "new"
    for _ in range(2):
        a_source(path, server.url).store("canary-refresh-0")
        assert path.read_text().startswith(PREFIX)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    assert a_source(path, server.url).token() == "canary-access-1"


def test_a_consent_that_cannot_be_stored_says_why(tmp_path: Path, server: Loopback):
    with pytest.raises(Refused, match="cannot be written: No such file"):
        a_source(tmp_path / "no" / "folder", server.url).store("canary-refresh-0")


def test_a_link_to_a_file_stays_one(tmp_path: Path, path: Path, server: Loopback):
    link = tmp_path / "link"
    link.symlink_to(path)
    a_source(link, server.url).token()

    assert link.is_symlink() and path.read_text().startswith(PREFIX)


def blocked(path: Path) -> None:
    """Make it impossible to write beside a file, for root too."""
    path.with_name(f"{path.name}.new").mkdir()


def test_a_file_that_cannot_be_written_matters_only_if_its_token_was_replaced(
    path: Path, server: Loopback, caplog: pytest.LogCaptureFixture
):
    blocked(path)
    same = RefreshTokenFile(path, lambda refresh: Renewal(FreshToken("canary-access", 3600)), seal=SEAL)

    assert same.token() == "canary-access"
    assert "cannot be written" in caplog.text
    with pytest.raises(Refused, match="Let officeday write to its folder"):
        a_source(path, server.url).token()


# --- what the token endpoint says ------------------------------------------------------------------


def test_a_consent_that_has_ended_is_not_tried_again_for_a_minute(
    path: Path, server: Loopback, endpoint: TokenEndpoint
):
    clock = Clock()
    endpoint.is_over = True
    source = a_source(path, server.url, clock=clock)
    for _ in range(5):
        with pytest.raises(Refused, match="invalid_grant") as caught:
            source.token()
        clock.sleep(10)

    assert not caught.value.retry
    assert len(server.requests) == 1
    assert path.read_text() == "canary-refresh-0\n"


def test_a_new_consent_is_found_without_a_restart(path: Path, server: Loopback, endpoint: TokenEndpoint):
    clock = Clock()
    path.write_text("canary-refresh-of-old")
    source = a_source(path, server.url, clock=clock)
    with pytest.raises(Refused):
        source.token()
    endpoint.is_over = False
    a_source(path, server.url).store("canary-refresh-0")
    clock.sleep(grants.REFUSED_FOR)

    assert source.token() == "canary-access-1"


def test_a_token_endpoint_that_cannot_be_reached_ends_nothing(path: Path, server: Loopback):
    source = a_source(path, server.url)
    server.fault = Fault.STATUS_503
    with pytest.raises(Unreachable):
        source.token()
    server.fault = None

    assert source.token() == "canary-access-1"


# --- tokens are never shown ------------------------------------------------------------------------


STOLEN = "canary-refresh-stolen"
FORGED = {"Authorization": "Bearer canary\r\nX-Other: canary"}


@pytest.mark.parametrize(
    "fault", [None, *sorted(DONE_BY_LOOPBACK - SLOW - {Fault.THROTTLED_WITH_RETRY_AFTER})]
)
def test_no_token_is_in_a_log_a_repr_or_an_error(
    path: Path,
    endpoint: TokenEndpoint,
    server: Loopback,
    caplog: pytest.LogCaptureFixture,
    fault: Fault | None,
):
    """P7: canaries for refresh token, access token and client secret."""
    caplog.set_level(logging.DEBUG)
    calls = Calls(Transport(endpoints=[server.url]), at_once=1, attempts=1)
    source, renew = a_source(path, server.url), renewing(server.url)
    stranger = a_source(path, server.url, seal=Seal(["other"]))
    shown = [source.token()[:0]]
    server.fault = fault
    for doing in (
        lambda: calls.call("GET", server.url, tokens=source),
        lambda: renew(endpoint.refresh_token),
        lambda: source.token(refused=endpoint.access_token)[:0],
        lambda: renew(STOLEN),
        lambda: source.token(refused=endpoint.access_token)[:0],
        stranger.token,
        lambda: calls.call("GET", server.url, headers=FORGED),
    ):
        try:
            shown.append(repr(doing()))
        except ConnectorError as error:
            shown += [*traceback.format_exception(error), *traceback.format_exception(error.__context__)]
    shown += [repr(one) for one in (source, calls, SEAL)]

    assert any("Traceback" in text for text in shown)
    assert "canary" not in "".join(shown)
    assert caplog.text and "canary" not in caplog.text


# --- another secret key ---------------------------------------------------------------------------


def test_what_an_older_secret_sealed_is_sealed_with_the_newest_once(path: Path):
    path.write_text(Seal(["old"]).seal("canary-refresh-0") + "\n")
    both, newest = Seal(["new", "old"]), Seal(["new"])

    assert seal_anew(path, both)
    assert newest.open(path.read_text()) == "canary-refresh-0"
    assert path.read_text().endswith("\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    assert not seal_anew(path, both)
    assert path.read_text() == before


def test_what_is_not_sealed_is_left_as_an_administrator_wrote_it(path: Path):
    assert not seal_anew(path, Seal(["new"]))
    assert path.read_text() == "canary-refresh-0\n"


def test_a_secret_that_no_key_opens_stays_as_it_is(path: Path):
    sealed = Seal(["lost"]).seal("canary-refresh-0")
    path.write_text(sealed)

    with pytest.raises(WrongKey) as caught:
        seal_anew(path, Seal(["new", "old"]))

    assert path.read_text() == sealed
    assert str(path) in str(caught.value) and "canary" not in str(caught.value)


def test_a_file_of_secrets_that_is_gone_is_told(tmp_path: Path):
    with pytest.raises(OSError):
        seal_anew(tmp_path / "gone", SEAL)


def test_who_changes_a_file_that_another_put_in_its_place_changes_the_new_one(path: Path):
    """Between opening and locking, somebody else may have put another file there under the same name."""
    path.write_text(Seal(["old"]).seal("canary-refresh-0"))
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(seal_anew, path, Seal(["new", "old"]))
        beside = path.with_name("other")
        beside.write_text(Seal(["old"]).seal("canary-refresh-1"))
        beside.replace(path)
        os.close(descriptor)
        assert waiting.result(timeout=30)

    assert Seal(["new"]).open(path.read_text()) == "canary-refresh-1"


def test_a_file_that_vanishes_while_it_is_waited_for_is_told(path: Path):
    path.write_text(Seal(["old"]).seal("canary-refresh-0"))
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(seal_anew, path, Seal(["new", "old"]))
        while not waiting.running():
            time.sleep(0.01)
        time.sleep(0.1)  # long enough to stand at the lock; were it not, it would not find the file either
        path.unlink()
        os.close(descriptor)
        with pytest.raises(FileNotFoundError):
            waiting.result(timeout=30)

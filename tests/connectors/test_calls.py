"""How often a vendor is called, against real servers on the loopback interface.

Waiting is done by `Clock`, where the vendor's own clock does not matter.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.base import Refused, Unreachable, Unreadable
from connectors.calls import FIRST_PAUSE, MAX_RETRY_AFTER, OPENS_AFTER, STAYS_OPEN, Calls
from connectors.transport import Transport
from tests.connectors.clock import Clock
from tests.connectors.faults import SLOW, Fault
from tests.connectors.loopback import App, Loopback, Request, Response

GOOD = Response.of_json({"busy": []})


def saying(*responses: Response) -> App:
    """One response after the other; the last one for ever."""
    left = list(responses)
    lock = threading.Lock()

    def app(request: Request) -> Response:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return app


def failing(status: int = 503, **headers: str) -> Response:
    return Response.of_json({}, status, **headers)


def calls_to(server: Loopback, clock: Clock, *, at_once: int = 4, **options: object) -> Calls:
    transport = Transport(endpoints=[server.url])
    return Calls(transport, at_once=at_once, clock=clock, sleep=clock.sleep, **options)  # type: ignore[arg-type]


class Tokens:
    """Gives "1", then, when that is turned down, "2", and so on."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def token(self, refused: str | None = None) -> str:
        self.asked.append(refused)
        return "1" if refused is None else str(int(refused) + 1)


# --- again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int):
    clock = Clock()
    with Loopback(saying(failing(status), failing(status), GOOD)) as server:
        answer = calls_to(server, clock).call("POST", server.url, body=b"{}")

    assert answer.json() == {"busy": []}
    assert len(server.requests) == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 409, 410, 412])
def test_any_other_answer_is_handed_back_at_once(status: int):
    clock = Clock()
    with Loopback(saying(failing(status))) as server:
        assert calls_to(server, clock).call("GET", server.url).status == status

    assert len(server.requests) == 1
    assert clock.slept == []


def test_an_answer_that_never_comes_is_unreachable_after_four_attempts():
    clock = Clock()
    with (
        Loopback(saying(failing(503))) as server,
        pytest.raises(Unreachable, match="cannot answer now") as caught,
    ):
        calls_to(server, clock).call("GET", server.url)

    assert len(server.requests) == 4
    assert caught.value.retry and caught.value.after is None


def test_a_connection_that_is_reset_is_tried_again():
    clock = Clock()
    with Loopback(saying(GOOD)) as server:
        server.fault = Fault.RESET
        server.spared = lambda request: len(server.requests) == 3
        assert calls_to(server, clock).call("GET", server.url).status == 200

    assert len(server.requests) == 4


def test_an_answer_that_breaks_a_limit_is_not_tried_again():
    with Loopback(saying(GOOD)) as server:
        server.fault = Fault.GZIP_BOMB
        with pytest.raises(Unreadable):
            calls_to(server, Clock()).call("GET", server.url)

    assert len(server.requests) == 1


def test_what_the_guard_refuses_is_not_tried_again():
    clock = Clock()
    with pytest.raises(Refused):
        Calls(Transport(), at_once=1, clock=clock, sleep=clock.sleep).call("GET", "https://127.0.0.1/")
    assert clock.slept == []


def test_a_vendor_may_throttle_in_words_of_its_own():
    def is_rate_limit(answer: object) -> bool:
        return getattr(answer, "status", 0) == 403

    with Loopback(saying(failing(403), GOOD)) as server:
        answer = calls_to(server, Clock()).call("GET", server.url, again=is_rate_limit)

    assert answer.status == 200


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_pauses_are_anything_up_to_twice_the_one_before(jitter: float):
    clock = Clock()
    with Loopback(saying(failing())) as server, pytest.raises(Unreachable):
        calls_to(server, clock, jitter=lambda: jitter, seconds=60).call("GET", server.url)

    assert clock.slept == pytest.approx([FIRST_PAUSE * factor * jitter for factor in (1, 2, 4)])


def test_jitter_spreads_pauses_over_all_of_their_range():
    pauses = []
    with Loopback(saying(failing())) as server:
        for _ in range(100):
            clock = Clock()
            with pytest.raises(Unreachable):
                calls_to(server, clock, attempts=2).call("GET", server.url)
            pauses += clock.slept

    assert len(pauses) == 100
    assert all(0 <= pause < FIRST_PAUSE for pause in pauses)
    assert min(pauses) < FIRST_PAUSE / 4 and max(pauses) > FIRST_PAUSE * 3 / 4


# --- a time for all of it --------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [*sorted(SLOW), Fault.RESET, Fault.STATUS_503, Fault.DNS])
def test_a_call_ends_in_time_whatever_the_server_does(fault: Fault):
    """By the real clock; the slow ones go on for ever, so this test ends only if the call does."""
    with Loopback(saying(GOOD)) as server:
        server.fault = fault
        calls = Calls(Transport(endpoints=[server.url]), at_once=1, seconds=0.7)
        with pytest.raises(Unreachable):
            calls.call("GET", server.url)


def test_no_attempt_is_begun_that_would_come_too_late():
    clock = Clock()
    with Loopback(saying(failing())) as server, pytest.raises(Unreachable):
        calls_to(server, clock, seconds=1.2, jitter=lambda: 0.99).call("GET", server.url)

    assert len(server.requests) == 2
    assert sum(clock.slept) < 1.2


# --- Retry-After -----------------------------------------------------------------------------------


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
def test_no_call_is_made_before_retry_after(status: int):
    clock = Clock()
    came: list[float] = []

    def app(request: Request) -> Response:
        came.append(clock())
        return failing(status, Retry_After="7") if len(came) == 1 else GOOD

    with Loopback(app) as server:
        calls_to(server, clock).call("GET", server.url)

    assert came[1] - came[0] >= 7


def test_what_one_call_is_told_every_call_obeys():
    """Sixteen threads, real seconds: the server counts who comes before the second it asked for is over."""
    lock = threading.Lock()
    told_at: list[float] = []
    too_early: list[float] = []

    def app(request: Request) -> Response:
        with lock:
            now = time.monotonic()
            if not told_at:
                told_at.append(now)
                return failing(429, Retry_After="1")
            if now < told_at[0] + 1:
                too_early.append(now)
            return GOOD

    with Loopback(app) as server, ThreadPoolExecutor(16) as pool:
        calls = Calls(Transport(endpoints=[server.url]), at_once=1)
        answers = list(pool.map(lambda _: calls.call("GET", server.url), range(64)))

    assert len(answers) == 64
    assert too_early == []


def test_retry_after_beyond_the_deadline_is_not_slept_and_no_call_is_made_before_it():
    clock = Clock()
    with Loopback(saying(failing(429, Retry_After="300"), GOOD)) as server:
        calls = calls_to(server, clock)
        with pytest.raises(Unreachable) as first:
            calls.call("GET", server.url)
        for _ in range(3):
            clock.sleep(90)
            with pytest.raises(Unreachable, match=r"not to be called before \d\d:\d\d:\d\d UTC") as later:
                calls.call("GET", server.url)

        assert first.value.after == pytest.approx(300)
        assert later.value.after == pytest.approx(30)
        assert clock.slept == [90, 90, 90]
        assert len(server.requests) == 1
        clock.sleep(30)
        assert calls.call("GET", server.url).status == 200


def test_retry_after_may_be_a_date():
    clock = Clock()
    told = failing(503, Retry_After=in_seconds(120))
    with Loopback(saying(told)) as server, pytest.raises(Unreachable) as caught:
        calls_to(server, clock).call("GET", server.url)

    assert caught.value.after == pytest.approx(120, abs=5)


def test_a_date_is_read_by_the_clock_of_who_wrote_it():
    """Theirs is a day behind; the date lies in our past."""
    yesterday = -24 * 3600
    told = failing(503, Retry_After=in_seconds(yesterday + 60), Date=in_seconds(yesterday))
    with Loopback(saying(told)) as server, pytest.raises(Unreachable) as caught:
        calls_to(server, Clock()).call("GET", server.url)

    assert caught.value.after == pytest.approx(60, abs=2)


@pytest.mark.parametrize("text", ["99999999", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_absurd_retry_after_is_obeyed_for_an_hour(text: str):
    clock = Clock()
    with Loopback(saying(failing(429, Retry_After=text), GOOD)) as server:
        calls = calls_to(server, clock)
        with pytest.raises(Unreachable) as caught:
            calls.call("GET", server.url)
        assert caught.value.after == MAX_RETRY_AFTER
        clock.sleep(MAX_RETRY_AFTER)
        assert calls.call("GET", server.url).status == 200


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "0", "nan", "inf", "1e9", "Mon, 01 Jan 2001 00:00:00 GMT"]
)
def test_a_retry_after_that_says_nothing_is_as_good_as_none(text: str):
    clock = Clock()
    with Loopback(saying(failing(429, Retry_After=text), GOOD)) as server:
        assert calls_to(server, clock).call("GET", server.url).status == 200

    assert len(clock.slept) == 1 and clock.slept[0] < FIRST_PAUSE


def test_a_caller_may_hold_everybody_off():
    clock = Clock()
    with Loopback(saying(GOOD)) as server:
        calls = calls_to(server, clock)
        calls.hold_off(5)
        calls.hold_off(2)
        assert calls.call("GET", server.url).status == 200
        calls.hold_off(60)
        with pytest.raises(Unreachable):
            calls.call("GET", server.url)

    assert sum(clock.slept) == pytest.approx(5)
    assert len(server.requests) == 1


# --- at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 4, 9])
def test_a_vendor_never_serves_more_calls_at_once_than_it_may(at_once: int):
    number = itertools.count()

    def app(request: Request) -> Response:
        time.sleep(0.005)
        return GOOD if next(number) % 3 else failing(503)

    with Loopback(app) as server, ThreadPoolExecutor(16) as pool:
        transport = Transport(endpoints=[server.url])
        calls = Calls(transport, at_once=at_once, attempts=30, jitter=lambda: 0, opens_after=1000)
        answers = list(pool.map(lambda _: calls.call("GET", server.url), range(100)))

    assert len(answers) == 100
    assert server.most_at_once == at_once


def test_waiting_for_a_turn_is_not_the_vendors_time():
    clock = Clock()

    def app(request: Request) -> Response:
        clock.sleep(4)
        return GOOD if len(server.requests) % 2 else failing(503)

    with Loopback(app) as server, ThreadPoolExecutor(12) as pool:
        calls = calls_to(server, clock, at_once=1, seconds=10)
        answers = list(pool.map(lambda _: calls.call("GET", server.url), range(12)))

    assert len(answers) == 12


# --- the breaker -----------------------------------------------------------------------------------


def use_up(calls: Calls, url: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unreachable):
            calls.call("GET", url)


def test_a_service_that_does_not_answer_is_left_alone_and_then_asked_once():
    clock = Clock()
    with Loopback(saying(GOOD)) as server:
        server.fault = Fault.RESET
        calls = calls_to(server, clock)
        use_up(calls, server.url, OPENS_AFTER)
        before = len(server.requests)
        with pytest.raises(Unreachable, match="left alone until") as caught:
            calls.call("GET", server.url)
        assert caught.value.after == pytest.approx(STAYS_OPEN)
        assert len(server.requests) == before == OPENS_AFTER * 4

        clock.sleep(STAYS_OPEN)
        use_up(calls, server.url, 3)
        assert len(server.requests) == before + 1  # the probe, in one attempt

        server.fault = None
        clock.sleep(STAYS_OPEN)
        assert calls.call("GET", server.url).status == 200
        server.fault = Fault.RESET
        use_up(calls, server.url, 1)
        assert len(server.requests) == before + 2 + 4  # closed again, so all attempts are made


def test_of_many_threads_one_sees_whether_the_service_is_back():
    clock = Clock()
    at_the_server, go_on = threading.Event(), threading.Event()

    def app(request: Request) -> Response:
        at_the_server.set()
        go_on.wait(5)
        return GOOD

    with Loopback(app) as server, ThreadPoolExecutor(1) as pool:
        server.fault = Fault.RESET
        go_on.set()
        calls = calls_to(server, clock, attempts=1)
        use_up(calls, server.url, OPENS_AFTER)
        server.fault = None
        clock.sleep(STAYS_OPEN)
        go_on.clear()
        at_the_server.clear()
        probe = pool.submit(calls.call, "GET", server.url)
        assert at_the_server.wait(5)
        use_up(calls, server.url, 3)
        go_on.set()
        assert probe.result().status == 200
        assert calls.call("GET", server.url).status == 200

    assert len(server.requests) == OPENS_AFTER + 2


def test_a_call_from_before_does_not_end_the_probing():
    clock = Clock()
    came = {path: threading.Event() for path in ("/before", "/probe")}
    go_on = {path: threading.Event() for path in came}

    def app(request: Request) -> Response:
        came[request.path].set()
        go_on[request.path].wait(5)
        return failing(503) if request.path == "/before" else GOOD

    with Loopback(app) as server, ThreadPoolExecutor(2) as pool:
        calls = calls_to(server, clock, attempts=1)
        before = pool.submit(calls.call, "GET", f"{server.url}/before")
        assert came["/before"].wait(5)
        server.fault = Fault.STATUS_503
        use_up(calls, f"{server.url}/probe", OPENS_AFTER)
        server.fault = None
        clock.sleep(STAYS_OPEN)
        probe = pool.submit(calls.call, "GET", f"{server.url}/probe")
        assert came["/probe"].wait(5)
        go_on["/before"].set()
        assert isinstance(before.exception(), Unreachable)
        clock.sleep(STAYS_OPEN)
        use_up(calls, f"{server.url}/probe", 3)
        go_on["/probe"].set()
        assert probe.result().status == 200

    assert len(server.requests) == OPENS_AFTER + 2


def test_one_answer_among_failures_keeps_the_breaker_closed():
    clock = Clock()
    with Loopback(saying(GOOD)) as server:
        server.fault = Fault.STATUS_503
        calls = calls_to(server, clock, attempts=1)
        for _ in range(3):
            use_up(calls, server.url, OPENS_AFTER - 1)
            server.spared = lambda request: True
            calls.call("GET", server.url)
            server.spared = lambda request: False

    assert len(server.requests) == 3 * OPENS_AFTER  # every one was let through


def test_a_calendar_that_breaks_its_server_does_not_close_the_way_to_others():
    """500 speaks of one request, 503 of the service."""
    clock = Clock()

    def app(request: Request) -> Response:
        return failing(500) if request.path == "/broken" else GOOD

    with Loopback(app) as server:
        calls = calls_to(server, clock)
        use_up(calls, f"{server.url}/broken", OPENS_AFTER * 2)
        assert calls.call("GET", f"{server.url}/maria").status == 200


def test_a_throttled_service_is_held_off_and_not_taken_for_dead():
    clock = Clock()
    with Loopback(saying(failing(429, Retry_After="20"), GOOD)) as server:
        calls = calls_to(server, clock)
        use_up(calls, server.url, OPENS_AFTER * 2)
        clock.sleep(20)
        assert calls.call("GET", server.url).status == 200


# --- tokens ----------------------------------------------------------------------------------------


def asking_for(good: str) -> Callable[[Request], Response]:
    def app(request: Request) -> Response:
        return GOOD if request.headers.get("authorization") == f"Bearer {good}" else failing(401)

    return app


def test_a_token_that_is_turned_down_is_renewed_once():
    tokens = Tokens()
    with Loopback(asking_for("2")) as server:
        assert calls_to(server, Clock()).call("GET", server.url, tokens=tokens).status == 200

    assert tokens.asked == [None, "1"]
    assert len(server.requests) == 2


def test_a_second_401_is_the_answer():
    tokens = Tokens()
    with Loopback(asking_for("3")) as server:
        assert calls_to(server, Clock()).call("GET", server.url, tokens=tokens).status == 401

    assert tokens.asked == [None, "1"]
    assert len(server.requests) == 2


def test_a_call_without_tokens_says_so_when_one_is_wanted():
    with Loopback(asking_for("1")) as server:
        assert calls_to(server, Clock()).call("GET", server.url).status == 401

    assert len(server.requests) == 1


def test_the_answer_after_a_renewal_has_what_is_left_of_the_time():
    clock = Clock()

    def app(request: Request) -> Response:
        clock.sleep(4)
        return failing(401) if request.headers["authorization"] == "Bearer 1" else failing(503)

    with Loopback(app) as server, pytest.raises(Unreachable):
        calls_to(server, clock, seconds=10, jitter=lambda: 0.99).call("GET", server.url, tokens=Tokens())

    assert len(server.requests) == 3  # 4 + 4 + 4 seconds; a fourth would begin too late


def test_a_token_source_may_call_by_the_same_calls_while_all_turns_are_taken():
    """It asks before it takes a turn, so nobody waits for himself."""
    with Loopback(saying(GOOD)) as server:
        calls = calls_to(server, Clock(), at_once=1)

        class Asking:
            def token(self, refused: str | None = None) -> str:
                return str(calls.call("GET", f"{server.url}/token").status)

        assert calls.call("GET", server.url, tokens=Asking()).status == 200

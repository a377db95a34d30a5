"""Many calendars at once, some of them hostile, through the process that reads them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.base import CalendarRequest, Reading
from connectors.ics import Fetched, IcsConnector, IcsSettings
from planner.domain import Interval
from tests.connectors.ics.ical_text import CALENDARS, MARCH, a_calendar, an_event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = an_event("DTSTART:20260303T090000Z", "DURATION:PT1H", uid="good")
NINE_O_CLOCK = Interval(datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 10, tzinfo=UTC))
#: every hour from the year 1 on: far beyond any limit of time
ENDLESS = a_calendar(an_event("DTSTART:00010101T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY"), GOOD)
needs_ps = pytest.mark.skipif(shutil.which("ps") is None, reason="it looks at processes with `ps`")


def read(*addresses: object, settings: IcsSettings | None = None) -> dict[str, Reading]:
    requests = [CalendarRequest(str(address), "Europe/Berlin") for address in addresses]
    readings = list(IcsConnector(settings).read(requests, MARCH, NOW, {}))
    assert len(readings) == len(requests)
    return {reading.address: reading for reading in readings}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.ics"
    path.write_bytes(a_calendar(GOOD))
    return path


def a_file(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def assert_all_unknown(reading: Reading, reason: str) -> None:
    assert reading.busy == ()
    assert reading.unknown == (MARCH,)
    assert reading.reason is not None and reason in reading.reason


def test_a_file_is_read(good: Path):
    reading = read(good)[str(good)]

    assert [b.interval for b in reading.busy] == [NINE_O_CLOCK]
    assert reading.unknown == () and reading.reason is None
    assert reading.read_at == NOW


def test_nothing_to_read_is_no_work():
    assert list(IcsConnector().read([], MARCH, NOW, {})) == []


def test_one_bad_calendar_never_stops_the_others(good: Path, tmp_path: Path):
    bad = [
        CALENDARS / "10-secondly.ics",
        CALENDARS / "10-interval-0.ics",
        CALENDARS / "11-empty.ics",
        CALENDARS / "11-login-page.ics",
        CALENDARS / "11-cut-off.ics",
        a_file(tmp_path, "nested.ics", b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 100_000),
        a_file(tmp_path, "noise.ics", bytes(range(256)) * 1000),
        a_file(tmp_path, "zip.ics", b"PK\x03\x04" + bytes(1000)),
    ]

    readings = read(*bad[:4], good, *bad[4:])

    assert [b.interval for b in readings[str(good)].busy] == [NINE_O_CLOCK]
    for path in bad:
        assert_all_unknown(readings[str(path)], "")


def test_what_is_no_file_is_unknown(tmp_path: Path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    readings = read(
        tmp_path / "missing.ics", tmp_path, fifo, "/dev/zero", "file:///etc/passwd", "nul\0.ics", ""
    )

    assert_all_unknown(readings[str(tmp_path / "missing.ics")], "does not exist")
    assert_all_unknown(readings[str(fifo)], "not a file")
    assert_all_unknown(readings["/dev/zero"], "not a file")
    assert_all_unknown(readings["file:///etc/passwd"], "Only https and webcal")
    assert all(reading.unknown == (MARCH,) for reading in readings.values())


def test_an_address_or_zone_that_makes_no_sense_stops_no_other(good: Path):
    zone = str(a_file(good.parent, "zone.ics", a_calendar(GOOD)))
    requests = [
        CalendarRequest("x" * 100_000),
        CalendarRequest(zone, "Mars/Phobos"),
        CalendarRequest(str(good)),
    ]

    readings = {r.address: r for r in IcsConnector().read(requests, MARCH, NOW, {})}

    assert_all_unknown(readings["x" * 100_000], "too long")
    assert_all_unknown(readings[zone], "Mars/Phobos")
    assert [b.interval for b in readings[str(good)].busy] == [NINE_O_CLOCK]


def test_a_hundred_megabytes_are_not_read(tmp_path: Path):
    path = a_file(tmp_path, "large.ics", a_calendar(GOOD))
    os.truncate(path, 100 * 1024 * 1024)

    assert_all_unknown(read(path)[str(path)], "larger than 10 MB")


def test_a_calendar_that_takes_too_long_costs_only_itself(good: Path, tmp_path: Path):
    endless = [a_file(tmp_path, f"endless-{number}.ics", ENDLESS) for number in range(2)]

    readings = read(*endless, good, settings=IcsSettings(seconds=1))

    assert [b.interval for b in readings[str(good)].busy] == [NINE_O_CLOCK]
    for path in endless:
        assert_all_unknown(readings[str(path)], "takes longer than 1 second")


def test_a_calendar_that_fills_memory_costs_only_itself(good: Path, tmp_path: Path):
    # ten million characters in lines of one each: objects of some fifty bytes for every byte
    many = a_file(tmp_path, "many.ics", a_calendar("\n".join(["BEGIN:VEVENT\nEND:VEVENT"] * 400_000)))

    readings = read(many, good, settings=IcsSettings(seconds=20, memory=100 * 1024 * 1024))

    assert_all_unknown(readings[str(many)], "memory")


def test_titles_stay_in_the_process_that_reads(tmp_path: Path):
    path = a_file(
        tmp_path,
        "a.ics",
        a_calendar(
            GOOD,
            an_event("DTSTART:tomorrow"),
            an_event("DTSTART:20260305T090000Z", "RRULE:FREQ=Canary", uid="Canary"),
        ),
    )

    assert "Canary" not in repr(read(path))


def test_the_zone_of_the_request_rules_days(tmp_path: Path):
    path = str(a_file(tmp_path, "day.ics", a_calendar(an_event("DTSTART:20260303"))))
    requests = [CalendarRequest(path, "Asia/Tokyo"), CalendarRequest(path, "America/New_York")]

    starts = {reading.busy[0].start.hour for reading in IcsConnector().read(requests, MARCH, NOW, {})}

    assert starts == {15, 5}


def test_several_threads_may_read_at_once(good: Path):
    found: list[Reading] = []
    threads = [
        threading.Thread(target=lambda: found.extend(read(good, CALENDARS / "11-empty.ics").values()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert sum(reading.busy != () for reading in found) == 3


@needs_ps
def test_a_reading_that_is_given_up_leaves_no_process(good: Path, tmp_path: Path):
    endless = a_file(tmp_path, "endless.ics", ENDLESS)
    requests = [CalendarRequest(str(path)) for path in (good, endless)]
    others = children_of(os.getpid())  # a browser of other tests, say
    readings = IcsConnector().read(requests, MARCH, NOW, {})

    next(readings)
    workers = [pid for pid in children_of(os.getpid()) if pid not in others]
    assert workers
    below = [pid for worker in workers for pid in children_of(worker)]
    readings.close()

    assert_gone(workers + below)


def children_of(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in found.splitlines())
    return [int(row[0]) for row in rows if int(row[1]) == pid and not row[2].startswith("Z")]


def assert_gone(pids: list[int]) -> None:
    """Wait for processes to end; on a machine under load they may take a while."""
    for _ in range(400):
        alive = subprocess.run(
            ["ps", "-o", "stat=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
        )
        if all(state.startswith("Z") for state in alive.stdout.split()):
            return
        time.sleep(0.05)
    raise AssertionError(f"still there: {pids}")


@pytest.fixture
def reading_script(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program in the middle of reading a calendar that never ends."""
    endless = a_file(tmp_path, "endless.ics", ENDLESS)
    script = (
        "from datetime import UTC, datetime\n"
        "from connectors.base import CalendarRequest\n"
        "from connectors.ics import IcsConnector\n"
        "from planner.domain import Interval\n"
        "window = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))\n"
        f"requests = [CalendarRequest({str(endless)!r})]\n"
        "for reading in IcsConnector().read(requests, window, window.start, {}):\n"
        "    print(reading.reason, flush=True)\n"
    )
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def below(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """The worker, and the child in which it reads."""
    for _ in range(200):
        for worker in children_of(process.pid):
            for child in children_of(worker):
                return worker, child
        time.sleep(0.05)
    raise AssertionError("it did not begin to read")


@needs_ps
def test_the_processes_end_when_their_parent_is_killed(reading_script: subprocess.Popen[bytes]):
    pids = list(below(reading_script))

    reading_script.kill()

    assert_gone(pids)


@needs_ps
def test_a_child_that_is_killed_makes_its_calendar_unknown(reading_script: subprocess.Popen[bytes]):
    os.kill(below(reading_script)[1], signal.SIGKILL)

    assert b"could not be read" in reading_script.communicate(timeout=20)[0]


@needs_ps
def test_a_worker_that_is_killed_makes_what_it_had_unknown(reading_script: subprocess.Popen[bytes]):
    worker, child = below(reading_script)

    os.kill(worker, signal.SIGKILL)

    assert b"ended before its time" in reading_script.communicate(timeout=20)[0]
    os.kill(child, signal.SIGKILL)


@pytest.fixture
def feed() -> Iterator[str]:
    """Calendars at http://127.0.0.1:…"""

    class Feed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/good.ics": a_calendar(GOOD), "/login": b"<html>Sign in</html>"}.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_feed_is_read_from_an_allowed_host_only(feed: str):
    allowed = read(f"{feed}/good.ics", f"{feed}/login", f"{feed}/gone", settings=IcsSettings(("127.0.0.1",)))

    assert [b.interval for b in allowed[f"{feed}/good.ics"].busy] == [NINE_O_CLOCK]
    assert_all_unknown(allowed[f"{feed}/login"], "not a calendar")
    assert_all_unknown(allowed[f"{feed}/gone"], "404")
    assert_all_unknown(read(f"{feed}/good.ics")[f"{feed}/good.ics"], "private network")


def test_webcal_is_https():
    assert_all_unknown(read("webcal://127.0.0.1/a.ics")["webcal://127.0.0.1/a.ics"], "private network")
    assert_all_unknown(read("WEBCAL://user@example.org/")["WEBCAL://user@example.org/"], "user name")


def test_texts_that_were_fetched_elsewhere_are_read_as_carefully():
    texts = {
        "good": a_calendar(GOOD),
        "endless": ENDLESS,
        "large": a_calendar(GOOD).replace(b"VERSION:2.0", b"VERSION:2.0\n" + b"X-FILL:x\n" * 1_200_000),
        "empty": b"",
        "also good": a_calendar(GOOD),
    }
    connector = IcsConnector(IcsSettings(seconds=2))
    fetched = [Fetched(name, "Europe/Berlin", raw) for name, raw in texts.items()]

    readings = {reading.address: reading for reading in connector.read_fetched(fetched, MARCH, NOW)}

    assert set(readings) == set(texts)
    for name in ("good", "also good"):
        assert [b.interval for b in readings[name].busy] == [NINE_O_CLOCK]
    assert_all_unknown(readings["endless"], "2 seconds")
    assert_all_unknown(readings["large"], "larger than 10 MB")
    assert_all_unknown(readings["empty"], "no BEGIN:VCALENDAR")


def test_many_texts_are_read_at_once():
    fetched = [Fetched(str(number), "UTC", a_calendar(GOOD)) for number in range(60)]

    readings = list(IcsConnector().read_fetched(fetched, MARCH, NOW))

    assert sorted(int(reading.address) for reading in readings) == list(range(60))
    assert all(len(reading.busy) == 1 for reading in readings)

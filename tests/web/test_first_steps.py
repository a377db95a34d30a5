"""docs/first-steps.md in a real browser: from an empty database to the first senior's mail.

Presses the buttons that the document names, in its order, and no others, with the configuration that is
shipped, unchanged; people's calendars are published on this machine. What happens in the background is done
between two pages, as a worker would.
"""

from __future__ import annotations

import email
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import policy
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import Browser, Page, expect

import web.site
from tests.web.conftest import serving
from tests.web.made_up import NOW
from web import jobs
from web.cli import main
from web.config import load_config
from web.pages import create_app
from web.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DOCUMENT = Path(__file__).parents[2] / "docs" / "first-steps.md"
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
PATIENCE = 60_000  # milliseconds for a page

SENIORS = ("ana", "marek", "priya")
JUNIORS = ("aisha", "ben", "chidi", "dana", "emil", "farid", "gita", "hal")


# --- calendars that people have published --------------------------------------------------------


def calendar_of(number: int) -> str:
    """Busy from nine to ten every weekday, and one more hour that differs by person."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//made up//EN"]
    for day in range(60):
        for hour in (9, 14 + number % 3):
            start = NOW.replace(hour=hour, minute=0) + timedelta(days=day)
            lines += [
                "BEGIN:VEVENT",
                f"UID:{number}-{day}-{hour}@example.org",
                f"DTSTAMP:{start:%Y%m%dT%H%M%SZ}",
                f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
                f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
                "SUMMARY:Never to be kept",
                "END:VEVENT",
            ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


class Published(BaseHTTPRequestHandler):
    """/<name>.ics, for everybody there is."""

    def do_GET(self) -> None:
        name = self.path.strip("/").removesuffix(".ics")
        everybody = SENIORS + JUNIORS
        found = name in everybody
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/calendar; charset=utf-8")
        self.end_headers()
        if found:
            self.wfile.write(calendar_of(everybody.index(name)).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence."""


@contextmanager
def published() -> Iterator[str]:
    """The address at which calendars are, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Published)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def people_csv(calendars: str) -> str:
    lines = ["email,name,role,offices,calendar,cohort"]
    for role, names, cohort in (("senior", SENIORS, ""), ("junior", JUNIORS, "spring")):
        for name in names:
            lines.append(
                f"{name}@example.org,{name.title()},{role},london,ics:{calendars}/{name}.ics,{cohort}"
            )
    return "\n".join(lines) + "\n"


# --- a new admin, with the document in hand ------------------------------------------------------


class Walk:
    """Reads the document, presses and types, and counts what that takes."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site = page, site
        self.pressed: list[str] = []
        self.typed: list[str] = []
        self.said: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", lambda line: self.said.append(line.text) if line.type == "error" else None)

    def press(self, label: str) -> None:
        """A button or link by what the document calls it; "…" stands for what differs."""
        said = re.compile("^" + re.escape(label).replace("…", ".*") + "$")
        main_part = self.page.locator("main")
        main_part.get_by_role("button", name=said).or_(main_part.get_by_role("link", name=said)).first.click()
        self.pressed.append(label)

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)
        self.typed.append(label)

    def work_is_done(self) -> None:
        """All that a worker does while somebody reads a page: it looks round every few seconds."""
        while True:
            jobs.look_round(self.site)
            if not jobs.run_due(self.site):
                return

    def step(self) -> str:
        return self.page.locator("[aria-current=step] h2").inner_text()


def labels_of_document() -> list[str]:
    """What stands in bold in it, in its order; the names of the steps at the head of a line are none."""
    text = re.sub(r"^\d\. \*\*[^*]+\.\*\*", "", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    bold = [" ".join(found.split()) for found in re.findall(r"\*\*([^*]+)\*\*", text)]
    return [each for each in bold if each not in ("bold", "Download a sample")]


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration as it is shipped, beside what this machine needs: calendars on it, and short
    searches. The clock stands still."""
    opened = partial(web.site.open_site, clock=lambda: NOW)
    monkeypatch.setattr(web.site, "open_site", opened)
    file = tmp_path / "config.toml"
    shutil.copy(EXAMPLE, file)
    monkeypatch.setenv("OFFICEDAY_CONNECTORS__ALLOW_PRIVATE", '["127.0.0.1"]')
    monkeypatch.setenv("OFFICEDAY_PLANNER__EXECUTOR", "threads")
    monkeypatch.setenv("OFFICEDAY_PLANNER__SECONDS", "20")
    return file


def test_a_new_admin_gets_from_an_empty_database_to_the_first_proposals(
    config_file: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    said = CliRunner().invoke(main, ["new-admin", "ada@example.org", "--config", str(config_file)])
    assert said.exit_code == 0, said.output
    link = re.search(r"^    http://[^/]+(/\S+)$", said.output, re.MULTILINE)
    assert link is not None, said.output
    site = web.site.open_site(load_config(config_file))
    app: Flask = create_app(site)
    with published() as calendars, serving(app) as address:
        context = browser.new_context(viewport={"width": 1100, "height": 800}, base_url=address)
        walk = Walk(context.new_page(), site)
        walk.page.goto(link[1])
        _follow(walk, calendars)
        context.close()
    assert site.config.privacy.notice_hours == 24
    site.store.close()

    assert walk.pressed == labels_of_document()
    assert walk.said == []
    with capsys.disabled():  # for the log
        print(
            f"\nfirst steps: {len(walk.pressed)} clicks, {len(walk.typed)} fields typed, "
            f"{time.monotonic() - began:.0f} s from new-admin to the first senior's mail"
        )


def _follow(walk: Walk, calendars: str) -> None:
    page = walk.page
    walk.press("Sign in as …")
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    walk.type("Name", "Spring programme")
    walk.type("Time zone", "Europe/London")
    walk.press("Save")
    assert "Offices" in walk.step()
    walk.press("Add this office")
    assert "Rooms" in walk.step()
    walk.type("Name", "Park")
    walk.press("Add this room")
    assert "Mail" in walk.step()
    walk.press("Send a test mail to …")
    walk.work_is_done()
    page.goto("/admin/start")
    assert "People" in walk.step()
    walk.press("Bring in a sheet")
    walk.type("Or its lines, pasted", people_csv(calendars))
    walk.press("Try it")
    expect(page.get_by_role("heading", name="11 lines would change something")).to_be_visible()
    walk.press("Take it")
    walk.work_is_done()
    page.goto("/admin/start")
    assert "What is promised" in walk.step()
    walk.press("Promise the usual")
    assert "Calendars" in walk.step()
    expect(page.get_by_text("Mails reach nobody yet, so nobody could be told").first).to_be_visible()
    walk.press("Everybody knows already: read now")
    walk.press("Yes, everybody knows: read now")
    walk.work_is_done()
    expect(page.locator("[aria-current=step] h2")).to_contain_text("The first plan")  # without reloading it
    walk.press("Plan these weeks")
    walk.work_is_done()
    expect(page.get_by_text("Nobody has heard of it yet")).to_be_visible()
    walk.press("Release: …")
    expect(page.get_by_role("status")).to_contain_text("Released")
    walk.work_is_done()
    _read_the_first_mail(walk.site.config.mail.outbox_folder)
    page.goto("/admin/start")
    expect(page.get_by_role("heading", name="That was all of it")).to_be_visible()


def _read_the_first_mail(outbox: Path) -> None:
    """A senior has a proposed day, with a link for each answer."""
    mails = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default) for file in outbox.glob("*.eml")
    ]
    to_seniors = [
        mail.get_body(("plain",)).get_content()
        for mail in mails
        if any(name in mail["To"] for name in SENIORS) and "/a/" in mail.as_string()
    ]
    assert to_seniors
    assert all("Approve" in text for text in to_seniors)

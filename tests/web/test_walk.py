"""The whole errand in a real browser with a real mail server: each persona, in order.

preview → release → mail → approve from the mail → invitation → book → capacity.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from playwright.sync_api import Browser, Page, expect
from waitress.server import create_server

from tests.web.company import a_company
from tests.web.made_up import NOW
from web.jobs import Worker
from web.pages import create_app
from web.site import Site

pytestmark = pytest.mark.browser

PATIENCE = 60.0  # seconds for what happens in the background


class Mailbox:
    """A mail server's message store: everything that arrived, in order."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        self.messages.append(message)  # type: ignore[arg-type]
        return "250 Message accepted"

    def wait_for(self, wanted: Callable[[EmailMessage], bool]) -> EmailMessage:
        """The newest message of a kind, as soon as there is one."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            for message in reversed(self.messages):
                if wanted(message):
                    return message
            time.sleep(0.1)
        pytest.fail(f"no such mail among {[m['Subject'] for m in self.messages]}")


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@contextmanager
def at_work(site: Site) -> Iterator[str]:
    """The site serving pages and working in the background, as `officeday serve` does."""
    server = create_server(create_app(site), host="127.0.0.1", port=0, threads=8, asyncore_use_poll=True)
    address = f"http://127.0.0.1:{server.effective_port}"
    config = site.config.model_copy(update={"site": site.config.site.model_copy(update={"url": address})})
    working = Worker(replace(site, config=config))
    threading.Thread(target=server.run, daemon=True).start()
    working.start()
    try:
        yield address
    finally:
        working.stop()
        server.close()


def with_smtp(site: Site, port: int) -> Site:
    mail = site.config.mail.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port})
    return replace(site, config=site.config.model_copy(update={"mail": mail}))


def to(name: str, subject: str = "") -> Callable[[EmailMessage], bool]:
    return lambda message: name in message["To"] and subject in message["Subject"]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage, path: str) -> str:
    found = re.search(rf"https?://\S+{path}\S+", text_of(message))
    assert found is not None, text_of(message)
    return found[0]


def calendar_in(message: Message) -> icalendar.Calendar:
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    calendar = icalendar.Calendar.from_ical(payload)
    assert isinstance(calendar, icalendar.Calendar)
    return calendar


def test_from_preview_to_a_booked_seat_each_persona_in_turn(
    tmp_path: Path, browser: Browser, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    moments = [NOW]
    site = replace(with_smtp(a_company(tmp_path), port), clock=lambda: moments[-1])
    with at_work(site) as address:
        said: list[str] = []

        def fresh_page() -> Page:
            page = browser.new_context().new_page()
            page.set_default_timeout(PATIENCE * 1000)
            page.on(
                "console",
                lambda line: said.append(f"{page.url}: {line.text}") if line.type == "error" else None,
            )
            page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
            return page

        def signed_in(name: str) -> Page:
            page = fresh_page()
            page.goto(f"{address}/sign-in")
            page.get_by_label("mail address").fill(f"{name}@example.org")
            page.get_by_role("button", name="Send me the link").click()
            page.goto(link_in(box.wait_for(to(name, "sign in")), "/sign-in/"))
            page.get_by_role("button", name=f"Sign in as {name.title()}").click()
            return page

        admin = signed_in("ada")
        _preview_and_release(admin, address)
        _approve_from_the_mail(fresh_page(), box)
        _accept_the_invitation(box)
        emil = signed_in("emil")
        _ask_for_a_seat(emil, address)
        moments.append(NOW + timedelta(hours=25))  # seats go by need for a day, then to whoever is first
        _have_the_seat(emil, address, box)
        _refuse_a_smaller_room(admin, address)

        assert [line for line in said if "409 (CONFLICT)" not in line] == []


def _preview_and_release(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/plan")
    page.get_by_label("First day").fill("2027-03-08")
    page.get_by_label("Last day").fill("2027-03-19")
    page.get_by_role("button", name="Start planning").click()
    expect(page.get_by_text("Nobody has heard of it yet")).to_be_visible(timeout=PATIENCE * 1000)
    expect(page.get_by_role("heading", name="Priya")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Release")).click()
    expect(page.get_by_role("status")).to_contain_text("Released")


def _approve_from_the_mail(page: Page, box: Mailbox) -> None:
    mail = box.wait_for(to("priya", "three sessions, one trip"))
    assert "Skipping costs nothing" in text_of(mail)
    page.goto(link_in(mail, "/a/"))
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_text("The day is agreed")).to_be_visible(timeout=PATIENCE * 1000)
    page.goto(link_in(mail, "/a/"))
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)


def _accept_the_invitation(box: Mailbox) -> None:
    calendar = calendar_in(box.wait_for(to("farid", "Lunch")))
    (event,) = calendar.events
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"].endswith("@officeday")
    assert str(event["ATTENDEE"]).lower() == "mailto:farid@example.org"
    assert calendar.timezones


def _ask_for_a_seat(page: Page, address: str) -> None:
    page.goto(f"{address}/sessions")
    page.get_by_role("button", name=re.compile("^I would like a seat")).click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_role("heading", name="Seats you would like")).to_be_visible()


def _have_the_seat(page: Page, address: str, box: Mailbox) -> None:
    calendar = calendar_in(box.wait_for(to("emil", "Co-working")))
    page.goto(f"{address}/sessions")
    expect(page.get_by_role("button", name=re.compile("^Give my seat back"))).to_be_visible()
    assert calendar.events[0]["SUMMARY"] == "Co-working with Priya"


def _refuse_a_smaller_room(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/rooms")
    for room in ("Hall", "Yard"):
        page.goto(f"{address}/admin/rooms")
        page.get_by_role("link", name=room).first.click()
        if page.get_by_text("Nothing from now on").count() == 0:
            break
    page.get_by_label("Most people at once").fill("2")
    page.get_by_role("button", name="Save the room").click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("Not changed")
    expect(refusal).to_contain_text("Co-working")

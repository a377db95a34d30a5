"""A mail server that takes everything, so that mails of a company reach whom they are for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from web.site import Site


class _IntoFolder:
    """What it took, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._folder.mkdir(exist_ok=True)
        assert isinstance(envelope.content, bytes)
        (self._folder / f"{next(self._numbers):06}.eml").write_bytes(envelope.content)
        return "250 taken"


@contextmanager
def with_post(site: Site, folder: Path) -> Iterator[Site]:
    """The site with a mail server that puts mails into a folder, for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(_IntoFolder(folder), hostname="127.0.0.1", port=port)
    controller.start()
    mail = site.config.mail.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port})
    try:
        yield replace(site, config=site.config.model_copy(update={"mail": mail}))
    finally:
        controller.stop()

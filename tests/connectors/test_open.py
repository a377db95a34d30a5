"""Opening a calendar system by its name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connectors import KINDS, Settings, open_connector, open_writer
from connectors.base import Refused
from connectors.ics import IcsConnector


def test_a_connector_is_opened_by_its_kind():
    assert isinstance(open_connector("ics", Settings()), IcsConnector)
    with pytest.raises(Refused, match="allow_private"):
        open_connector("ics", Settings(allow_private=("10.0.0.1/8",)))


def test_an_unknown_kind_is_refused_with_those_there_are():
    for opened in (
        lambda: open_connector("lotus", Settings()),
        lambda: open_writer("lotus", "a", Settings()),
    ):
        with pytest.raises(Refused, match=rf"lotus.*{', '.join(KINDS)}"):
            opened()


def test_files_and_feeds_cannot_be_written_to():
    with pytest.raises(Refused, match="ics"):
        open_writer("ics", "team.ics", Settings())


def test_no_calendar_system_is_loaded_before_it_is_opened():
    loaded = subprocess.run(
        [sys.executable, "-c", "import connectors, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"connectors.ics", "icalendar", "googleapiclient", "msal"} & set(loaded)

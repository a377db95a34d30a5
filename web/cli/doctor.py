"""`officeday doctor`: what works, what does not, what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from web.cli.site import config_option
from web.config import InvalidConfig, find_config, load_config
from web.operations.findings import Finding, Level
from web.operations.health import examine
from web.site import utc_now

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command()
@config_option
def doctor(config_file: Path | None) -> None:
    """Look at everything this installation depends on, and say what to do.

    Looks only: nothing is changed, no mail is sent, no event is written. Calendar systems are asked what
    they have granted. Exits 1 if something fails.

    \b
    officeday doctor
    officeday doctor --config /etc/officeday/config.toml
    """
    failed = False
    for finding in _findings(config_file):
        failed |= finding.level is Level.FAIL
        say(finding)
    sys.exit(1 if failed else 0)


def _findings(config_file: Path | None) -> list[Finding]:
    try:
        config = load_config(config_file)
    except InvalidConfig as error:
        return [Finding(Level.FAIL, "configuration", key, text) for key, text in error.mistakes.items()]
    return list(examine(config, find_config(config_file), utc_now()))


def say(finding: Finding) -> None:
    level = click.style(f"{finding.level:<4}", fg=COLOURS[finding.level])
    click.echo(f"{level}  {finding.what}: {finding.says}")
    if finding.do:
        click.echo(f"      → {finding.do}")

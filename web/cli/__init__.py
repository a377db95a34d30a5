"""The `officeday` commands, one module each. Nothing is imported before it is called for."""

from __future__ import annotations

import importlib

import click

#: command -> the module that holds it, under the same name (`import` holds `import_`)
COMMANDS = {
    "demo": "web.cli.demo:demo",
    "new-admin": "web.cli.new_admin:new_admin",
    "serve": "web.cli.serve:serve",
    "worker": "web.cli.serve:worker",
    "busy": "web.cli.busy:busy",
    "solve": "web.cli.solve:solve",
    "explain": "web.cli.explain:explain",
    "simulate": "web.cli.simulate:simulate",
    "import": "web.cli.imports:import_",
    "export": "web.cli.exports:export",
    "sync": "web.cli.runs:sync",
    "plan": "web.cli.runs:plan",
    "connect": "web.cli.connect:connect",
    "doctor": "web.cli.doctor:doctor",
    "rotate-keys": "web.cli.keys:rotate_keys",
    "export-person": "web.cli.person:export_person",
    "erase-person": "web.cli.person:erase_person",
}


class LazyGroup(click.Group):
    """Imports a command's module when that command (or the list with all their help) is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Invite seniors to the office only when a day of mentoring is worth the trip.

    \b
    See it work:            officeday demo
    Begin for real:         officeday new-admin you@example.org
    Plan a problem:         officeday solve problem.json -o plan.json
    Ask it why:             officeday explain problem.json plan.json --session lunch-7
    What would it do?       officeday simulate --quick
    Read one calendar:      officeday busy ics team.ics --from 2026-03-01 --to 2026-04-01
    """

"""The command `petition`: thin callers of the functions that the pages call too."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

import click

from petition_app.config_sources import ConfigurationError

# Where each command is defined: only the one that is called is loaded, for a command should start at once.
COMMANDS = {
    "serve": "site:serve",
    "worker": "site:worker",
    "make-files": "site:make_files",
    "upgrade": "site:upgrade",
    "demo": "site:demo",
    "import": "petitions:import_",
    "list": "petitions:list_",
    "open": "petitions:open_",
    "close": "petitions:close",
    "set": "petitions:set_",
    "texts": "texts:texts",
    "export": "signers:export",
    "signatures": "signers:signatures",
    "comments": "signers:comments",
    "member": "members:member",
    "privacy": "privacy:privacy",
    "backup": "care:backup",
    "restore": "care:restore",
    "move": "move:move",
    "sealing": "sealing:sealing",
    "doctor": "care:doctor",
    "config": "care:config",
    "translations": "translations:translations",
}


class LazyGroup(click.Group):
    """Commands by name, each loaded when it is asked for, listed in the order of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        path = module if "." in module else f"{__name__}.{module}"
        command: click.Command = getattr(importlib.import_module(path), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean “petition {near[0]}”?" if near else ""
            ctx.fail(f"There is no command “{args[0]}”.{hint}")
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from petition_app.operations.version import version

        click.echo(f"petition_app {version()}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Print the version."
)
def petition() -> None:
    """Run a petition site: put petitions online, look after signatures, keep the site well.

    Settings come from the environment and from the file .env of the folder that you are in; each begins with
    PETITION_, and “petition config” prints them all. “petition COMMAND --help” says more about each command.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run a command. Exits 0 when it is done, 1 when it cannot be, 2 when it was asked for wrongly."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        return petition.main(arguments, prog_name="petition")
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(2)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)

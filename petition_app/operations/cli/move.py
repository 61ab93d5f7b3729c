"""The command that takes a site to another database."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from petition_app.config import Settings
    from petition_app.operations.move import Moved

VERBS = {
    "copy": "Copying",
    "copy again": "Copying again, for it has changed:",
    "check": "Checking",
    "compare": "Comparing with the site once more:",
}


@click.command(short_help="Copy the site to another database, PostgreSQL or SQLite.")
@click.option("--to", "to", metavar="URL", required=True, help="Where to: postgresql://… or sqlite:////folder/file.")
def move(to: str) -> None:
    """Copy the site to another database: from SQLite to PostgreSQL, or back.

    Stop the site first, the server and every worker. Reading goes on meanwhile if it must, but what is signed after
    the command has begun is not in the copy, and the command does not say that it is done then: it tells you to stop
    the site and to run it again.

    The target must be an empty database, or the same move interrupted: run the same command again after Ctrl-C, a
    crash or a lost connection, and it compares what is there and goes on. Where the source has changed in between,
    what differs is copied again. It says that it is done when every table has the source's number of rows and the
    source's checksum. The source is only read; keep it until you are sure.

    A password on the command line can be seen by who else uses this machine: PGPASSWORD or ~/.pgpass hide it.

    \b
      petition move --to postgresql://petition@db.example/petition
      petition move --to sqlite:////var/lib/petition/petition.sqlite3
    """
    from petition_app.operations import move as moving

    began = time.monotonic()
    try:
        settings = _settings()
        done = moving.move(settings, to, _shown)
    except moving.MoveError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise click.ClickException("Interrupted. Run the same command again: it goes on from there.") from None
    _tell(settings, done, time.monotonic() - began)


def _settings() -> Settings:
    """The site's settings, with the secret that its mails were signed with, or an error."""
    from petition_app.config import NETWORK_KEY, read_settings
    from petition_app.operations.move import MoveError

    # A first look with a secret of no use, for reading the settings would make one where there is none.
    folder = read_settings({**os.environ, "PETITION_SECRET_KEY": "-" * 32}).data_dir
    kept, made_by_the_way = folder / "secret_key", folder / NETWORK_KEY
    had_secret = kept.exists()
    settings = read_settings()
    if not settings.values["secret_key"]:
        if not had_secret:
            kept.unlink()
            made_by_the_way.unlink(missing_ok=True)
            raise MoveError(
                f"There is no secret_key in {folder}, so this is not the data folder of a site whose mails went out: "
                "their links would open nothing. Run the command with the settings of the site (PETITION_DATA_DIR)."
            )
    elif settings.on_sqlite and had_secret and kept.read_text("utf-8").strip() != settings.secret_key:
        raise MoveError(
            f"PETITION_SECRET_KEY is not the secret in {kept}: the links in the mails sent so far open with one of "
            f"the two only. If the site ran without the setting, remove it here; if it ran with it, rename {kept}. "
            "Then run the command again."
        )
    return settings


@contextlib.contextmanager
def _shown(verb: str, table: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; elsewhere one line when it is done."""
    label = f"{VERBS[verb]} {table}"
    if sys.stderr.isatty():
        with click.progressbar(length=total, label=f"{label:<28}", show_pos=True, file=sys.stderr) as bar:
            yield bar.update
        return
    yield lambda rows: None
    click.echo(f"{label}: {total} rows", err=True)


def _tell(settings: Settings, done: Moved, seconds: float) -> None:
    total = sum(each.rows for each in done.tables.values())
    click.echo(
        f"Done: {len(done.tables)} tables, {total} rows, in {seconds:.0f} s. Every table is equal to the source's."
    )
    click.echo("\nThe site still runs on the source. To let it run on the copy, before you start it again:")
    click.echo(f"\n  1. Set PETITION_DATABASE_URL={done.target.shown}")
    if "********" in done.target.shown:
        click.echo("     (with the password in place of the asterisks).")
    click.echo("  2. " + "\n     ".join(_about_the_secret(settings, done)))
    for line in _about_the_names(settings, done):
        click.echo(f"     {line}")
    click.echo("  3. Run “petition doctor”, then start the site and open a personal link of an old mail.")
    click.echo(f"\nKeep {done.source.shown} until you are sure.")


def _about_the_secret(settings: Settings, done: Moved) -> list[str]:
    """How the links in the mails sent so far go on opening, without printing what they are signed with."""
    if settings.values["secret_key"]:
        return ["Keep PETITION_SECRET_KEY as it is: without it the links in the mails sent so far open nothing."]
    kept = settings.data_dir / "secret_key"
    if done.target.file:
        return [f"Keep {kept} and PETITION_DATA_DIR: without it the links in the mails sent so far open nothing."]
    return [
        "Set PETITION_SECRET_KEY, on every machine of the site, to the secret that it had so far. Another one would",
        "leave the links in the mails sent so far opening nothing. This adds it to a file of settings:",
        f"""printf 'PETITION_SECRET_KEY=%s\\n' "$(cat {shlex.quote(str(kept))})" >> .env && chmod 600 .env""",
    ]


def _about_the_names(settings: Settings, done: Moved) -> list[str]:
    """Where addresses are sealed: the key that tells mailboxes apart goes along, and is in no database."""
    kept = settings.data_dir / "mailbox.key"
    if settings.mailbox_key:
        return ["Keep PETITION_MAILBOX_KEY as it is, too: without it nobody can sign."]
    if not kept.exists():
        return []
    if done.target.file:
        return [f"Keep {kept}, too: without it nobody can sign."]
    return [
        "And PETITION_MAILBOX_KEY, on every machine, to what tells its sealed mailboxes apart:",
        f"""printf 'PETITION_MAILBOX_KEY=%s\\n' "$(cat {shlex.quote(str(kept))})" >> .env""",
    ]

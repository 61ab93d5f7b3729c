"""Commands that look after the site: backup, restore, doctor, config."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from petition_app.operations.cli.context import in_app

if TYPE_CHECKING:
    from petition_app.config import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole site into one FILE, while it runs.

    It holds the database as of one moment and the generated secret, without which the links in the signers' mails
    would open nothing: keep it as safe as the site itself. Only its owner can read it.

    Where addresses are sealed, it does not hold mailbox.key, on purpose: keep a copy of that somewhere else. Nor does
    it hold network.key, of which no copy is needed.
    """
    from petition_app.config import read_settings
    from petition_app.operations import backup as archive

    try:
        manifest = archive.backup(read_settings(), file)
    except archive.BackupError as error:
        raise click.ClickException(str(error)) from error
    size = file.stat().st_size / 1_000_000
    click.echo(f"{manifest['confirmed_signatures']} confirmed signatures in {file} ({size:.1f} MB)")


@click.command(short_help="Bring the site back out of FILE, while it runs.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Bring the site back as FILE holds it, while it runs.

    What the site holds now is put aside first, as a backup in the data folder. Whoever signed after the backup was
    made is in that one only.
    """
    from petition_app.config import read_settings
    from petition_app.operations import backup as archive
    from petition_app.operations.schema import known_revisions

    settings = read_settings()
    if not yes and sys.stdin.isatty():
        click.confirm(f"Replace everything in {settings.data_dir} by {file}?", abort=True)
    try:
        done = archive.restore(settings, file, known_revisions())
    except archive.BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Restored the site as of {done.made_at}: {done.signatures} confirmed signatures.")
    if done.safety_copy.exists():
        click.echo(f"What was there before is in {done.safety_copy}")
    if done.secret_changed:
        click.echo("Restart the site: the links in its mails are signed with the backup's secret from now on.")
    _upgrade()


@in_app
def _upgrade() -> None:
    from petition_app.operations import schema

    if schema.upgrade():
        click.echo("Upgraded the database to this version's schema.")
    _tell_key()


def _tell_key() -> None:
    """Sealed addresses are told apart by a key that is in no backup."""
    from petition_app.sealing import names, state
    from petition_app.site import effective

    effective.look(at_once=True)
    sealing = state.current()
    if sealing is not None and not names.is_key_right(sealing):
        click.echo(
            f"This site seals addresses, and the key for that ({names.FILE}, or PETITION_MAILBOX_KEY) is not here: no "
            "backup holds it. Nobody can sign until you put back the copy that was kept apart. If there is none, run "
            "“petition sealing rename”, which asks for the passphrase."
        )


@click.command(short_help="Say what is wrong with the site and how to mend it.")
@click.option("--send-test", metavar="ADDRESS", help="Also send a test mail there, and wait for what comes of it.")
def doctor(send_test: str | None) -> None:
    """Examine the site: configuration, database, mail, disk, clock.

    Says what is wrong and how to mend it. Exits 1 when something is wrong, 0 when all is well or only worth a look.
    """
    from petition_app import create_app
    from petition_app.operations import doctor as examination
    from petition_app.site import effective

    marks = {"ok": click.style("ok     ", fg="green"), "look": click.style("look   ", fg="yellow")}
    marks["wrong"] = click.style("WRONG  ", fg="red", bold=True)
    wrong = False
    with create_app().app_context():
        effective.look()
        for finding in examination.examine(send_test):
            click.echo(f"{marks[finding.verdict]}{finding.subject}: {finding.sentence}")
            wrong = wrong or finding.verdict == "wrong"
    if wrong:
        sys.exit(1)


def _settings_that_hold() -> Settings:
    """Those made in the browser among them, where there is a database that can be read."""
    from petition_app import create_app
    from petition_app.config import read_settings
    from petition_app.extensions import db
    from petition_app.site import effective

    base = read_settings()
    if base.on_sqlite and not Path(base.database_url.removeprefix("sqlite:///")).exists():
        return base
    with create_app().app_context():
        effective.look()
        found = effective.settings()
        db.session.remove()
        db.engine.dispose()
    return found


@click.command(short_help="Print every setting, its value and what it is for.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def config(as_json: bool) -> None:
    """Print every setting: its value, its default, where the value comes from, and what it is for.

    Secrets, and passwords inside addresses, are masked.
    """
    from petition_app.config import SETTINGS, masked

    settings = _settings_that_hold()
    rows = [
        {
            "variable": setting.variable,
            "value": masked(setting, settings.values[setting.name]),
            "default": setting.default,
            "source": settings.sources[setting.name],
            "sentence": setting.sentence,
        }
        for setting in SETTINGS
    ]
    if as_json:
        click.echo(json_format.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(click.style(f"{row['variable']}={row['value']}", bold=True))
        click.echo(f"    {row['sentence']}")
        click.echo(f"    from: {row['source']}; default: {row['default'] or '(none)'}\n")

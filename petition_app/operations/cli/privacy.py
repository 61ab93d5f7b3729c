"""Commands about what is kept of people: erase what has been kept long enough."""

from __future__ import annotations

import click

from petition_app.operations.cli.context import in_app, unhurried


@click.group()
def privacy() -> None:
    """Keep what the privacy policy says: erase what has been kept long enough."""


@privacy.command()
@in_app
@unhurried
def run() -> None:
    """Erase all whose time is over, and overwrite it in the files; tells of each rule how much that was.

    The worker does the same every day, and most of it every hour. It may be broken off and called again at any time.
    """
    from petition_app.i18n.locales import use_locale
    from petition_app.models.base import now
    from petition_app.operations.forgetting import DUTIES, nothing
    from petition_app.operations.overwriting import overwrite
    from petition_app.privacy.retention import RULES

    with use_locale("en"):
        for rule in RULES:
            erased = DUTIES[rule.name].run(now(), nothing)
            click.echo(f"{erased:>8}  {rule.what}: {rule.sentence()}")
    if overwrite():
        click.echo("What was erased is overwritten in the database’s files.")
    else:
        raise click.ClickException(
            "Erased; but somebody reads just now, so the files could not be written anew. Call it again in a minute."
        )

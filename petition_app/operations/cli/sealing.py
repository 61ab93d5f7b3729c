"""Commands about sealed addresses: mending what only the passphrase can mend."""

from __future__ import annotations

import click

from petition_app.operations.cli.context import in_app, unhurried


@click.group()
def sealing() -> None:
    """Look after sealed addresses (docs/sealing.md)."""


@sealing.command(short_help="Name all mailboxes anew, where mailbox.key is lost.")
@in_app
@unhurried
def rename() -> None:
    """Name all mailboxes anew, where the key of their names (mailbox.key, PETITION_MAILBOX_KEY) is lost.

    It asks for the passphrase or the recovery key, and opens each address once. Stop the site before. Broken off, it
    is run again; nothing is lost.
    """
    from petition_app.sealing import boxes, names, renaming

    private_key = ask_for_key()
    try:
        with click.progressbar(length=renaming.count(), label="Naming") as bar:
            done = renaming.rename_all(private_key, bar.update)
    except names.KeyMissing as error:
        raise click.ClickException(f"{error}: set it to a new value first, the same on every node.") from error
    except boxes.CannotOpen as error:
        raise click.ClickException("An address cannot be opened by this key. Nothing is lost.") from error
    click.echo(f"{done} signatures have a new name for their mailbox. Keep a copy of the key apart from the backups.")


def ask_for_key() -> bytes:
    """The private key, by the passphrase or the recovery key, typed without being shown."""
    from petition_app.sealing import boxes, state

    sealing = state.current()
    if sealing is None:
        raise click.ClickException("This site does not seal addresses.")
    if not boxes.is_installed():
        raise click.ClickException("The packages for sealing are not installed: make install EXTRAS=sealing")
    typed = click.prompt("Passphrase of the sealed addresses", hide_input=True, err=True)
    try:
        return sealing.unlock(typed)
    except boxes.CannotOpen as error:
        raise click.ClickException("This is neither the passphrase nor the recovery key.") from error

"""`petition translations …`: what keeps the catalogues and the code together."""

from __future__ import annotations

import sys

import click


@click.group(short_help="Keep the catalogues in step with the code.")
def translations() -> None:
    """Take the words out of the code, bring the catalogues up to date, check them.

    The catalogues are translations/<locale>/LC_MESSAGES/messages.po; any editor for gettext files will do.
    """


@translations.command()
def update() -> None:
    """Write messages.pot from the code and merge it into every catalogue. Nothing translated is lost."""
    from petition_app.i18n import catalogues

    catalogues.write_all()
    for po in catalogues.po_files():
        click.echo(f"{catalogues.locale_of(po)}: {po}")


@translations.command()
def check() -> None:
    """Say what is missing or wrong in the catalogues; exits 1 when anything is."""
    from petition_app.i18n import catalogues

    findings = catalogues.check()
    for finding in findings:
        click.echo(finding, err=True)
    if findings:
        sys.exit(1)
    click.echo("The catalogues are complete and in step with the code.")

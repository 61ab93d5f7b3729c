"""`petition translations …`: what keeps the catalogues and the code together."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from petition_app.operations.cli.context import in_app


@click.group(short_help="Keep the catalogues in step with the code.")
def translations() -> None:
    """Take the words out of the code, bring the catalogues up to date, check them, begin a new one.

    The catalogues are translations/<locale>/LC_MESSAGES/messages.po; any editor for gettext files will do.
    """


@translations.command()
def extract() -> None:
    """Write messages.pot from the code, and leave the catalogues as they are."""
    from petition_app.i18n import shipped
    from petition_app.i18n.extraction import write_template

    click.echo(f"{len(write_template())} messages: {shipped.template_file()}")


@translations.command()
def update() -> None:
    """Write messages.pot from the code and merge it into every catalogue. Nothing translated is lost."""
    from petition_app.i18n import shipped
    from petition_app.i18n.extraction import write_all

    write_all()
    for po in shipped.po_files():
        click.echo(f"{shipped.locale_of(po)}: {po}")


@translations.command()
def check() -> None:
    """Say what is missing or wrong in the catalogues; exits 1 when anything is."""
    from petition_app.i18n import consistency

    findings = consistency.check()
    _refuse(findings)
    click.echo("The catalogues are in step with the code, and those that call themselves complete are.")


@translations.command()
def status() -> None:
    """Say how far each catalogue has come, and whether a person has reviewed it."""
    from petition_app.i18n import shipped
    from petition_app.i18n.po import UNREADABLE

    for po in shipped.po_files():
        locale = shipped.locale_of(po)
        try:
            found = shipped.progress(locale)
        except UNREADABLE as error:
            click.echo(f"{locale:8} cannot be read: {error}")
            continue
        share = 100 * found.translated // max(found.total, 1)
        said = [f"{found.missing} missing"] * bool(found.missing) + [f"{found.fuzzy} fuzzy"] * bool(found.fuzzy)
        said += ["complete"] * found.is_complete + ["machine-drafted, not reviewed yet"] * found.is_machine_drafted
        click.echo(f"{locale:8} {share:3} % of {found.total}: {', '.join(said) or 'not called complete yet'}")


@translations.command()
@click.argument("locale")
def add(locale: str) -> None:
    """Begin a new language: an empty catalogue with the right plural forms, and a glossary to fill in.

    LOCALE is a language's code, with a region where that is another one in writing: sv, pt-BR.
    """
    from petition_app.i18n import adding

    try:
        made = adding.add(locale)
    except adding.CannotAdd as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made.english_name}, {made.num_plurals} plural forms: {made.examples}")
    click.echo(f"  1. Settle its words: {made.glossary}")
    click.echo(f"  2. Translate: {made.po}")
    click.echo("  3. “petition translations check” says what is wrong. When nothing is missing, write")
    click.echo("     “X-Completeness: complete” into the catalogue's header: from then on the check keeps it so.")


@translations.command("compile")
def compile_() -> None:
    """Make what the site reads from the catalogues, beside each of them. “make install” does it."""
    from petition_app.i18n import compiling

    try:
        problems = compiling.compile_beside()
    except OSError as error:
        raise click.ClickException(f"{error}. Each start makes them in the data folder, too.") from error
    for problem in problems:  # no reason not to install: the sources' words stand in
        click.echo(problem, err=True)


@translations.command()
@in_app
def reload() -> None:
    """Have the running site, all its processes on all nodes, take in edited catalogues. Nothing is restarted.

    A catalogue that cannot be read is told, and so is a text that could hurt: what the site has of it goes on being
    used, and the command exits 1.
    """
    from flask import current_app

    from petition_app.i18n import catalogues, compiling
    from petition_app.transactions import writing

    compiling.compile_all(current_app.config["SETTINGS"].catalogues_dir)
    with writing() as session:
        catalogues.tell_everybody(session)
    _refuse(compiling.all_problems())  # a process of the site may have been quicker with compiling
    click.echo("Every process of the site has the catalogues anew with its next request.")


@translations.command()
@click.argument("locale")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@in_app
def export(locale: str, output: Path | None) -> None:
    """Write a catalogue with all that was worded on the site: ready to take the place of the shipped one.

    Without --output it goes to standard output.
    """
    from petition_app.i18n import exchange
    from petition_app.i18n.po import UNREADABLE

    try:
        content = exchange.export(_known(locale))
        if output is None:
            click.echo(content, nl=False)
        else:
            output.write_bytes(content)
    except UNREADABLE as error:
        raise click.ClickException(str(error)) from error


@translations.command("import")
@click.argument("locale")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over what was worded on the site since the file was made.")
@in_app
def import_(locale: str, file: Path, force: bool) -> None:
    """Take in a catalogue from Poedit, Weblate or another program: what was changed in it holds on the site.

    A text that was worded anew on the site since the file was made stays as it is there. Each goes through the check;
    what could hurt is left out. Both are told, and the command exits 1.
    """
    from petition_app.i18n import exchange
    from petition_app.i18n.po import UNREADABLE
    from petition_app.i18n.site_words import By
    from petition_app.models.base import now

    try:
        sent = exchange.read(_known(locale), file.read_bytes())
        outcome = exchange.import_(sent, By("", None, now()), overwrites=force)
    except UNREADABLE as error:
        raise click.ClickException(f"{file} cannot be read as a catalogue: {error}") from error
    except exchange.WrongLanguage as error:
        raise click.ClickException(f"{file} says that it is in another language: {error}") from error
    counts = outcome.counts
    click.echo(f"{counts['taken']} taken in, {counts['same']} as before, {counts['unknown']} not in the program.")
    _refuse(map(str, [*outcome.conflicts, *outcome.refused]))


def _known(locale: str) -> str:
    from petition_app.config_values import available_locales

    if locale not in available_locales():
        raise click.ClickException(
            f"There is no catalogue for {locale}: “petition translations add {locale}” begins it."
        )
    return locale


def _refuse(findings: Iterable[str]) -> None:
    """Print what is wrong, if anything is, and end so."""
    found = list(findings)
    for finding in found:
        click.echo(finding, err=True)
    if found:
        sys.exit(1)

"""`petition texts …`: a petition's own texts, out to a translator's program and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from petition_app.operations.cli.context import address_of, in_app, no_petition

if TYPE_CHECKING:
    from petition_app.models import Petition
    from petition_app.texts.exchange import Imported

BY = "petition texts"


@click.group(short_help="Translate the petitions' own texts.")
def texts() -> None:
    """Take a petition's texts along as a file (.po or XLIFF 2), translate it in any editor, and bring it back.

    \b
      petition texts status SLUG
      petition texts export SLUG de --out clean-water.de.po
      petition texts import SLUG clean-water.de.po --publish
    """


@texts.command(short_help="Say how far each language is.")
@click.argument("slug")
@in_app
def status(slug: str) -> None:
    """Say how much of the petition SLUG is translated into each language, and what has changed since."""
    from petition_app.texts.reading import parts_of
    from petition_app.web.site import settings

    petition = _loaded(slug)
    click.echo(f"{petition.default_locale}: the main language")
    others = dict.fromkeys([*petition.locales, *settings().locales])
    for locale in (code for code in others if code != petition.default_locale):
        states = [part.state for part in parts_of(petition, locale)]
        changed, missing = states.count("changed"), states.count("missing")
        click.echo(
            f"{locale}: {states.count('done')} of {len(states)} translated, {changed} changed, {missing} missing"
        )


@texts.command(short_help="Write the texts of SLUG into a file for translators.")
@click.argument("slug")
@click.argument("locale")
@click.option("--format", "form", type=click.Choice(["po", "xliff"]), help="What kind of file; po when left out.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; its ending tells the format.")
@in_app
def export(slug: str, locale: str, form: str | None, out: Path | None) -> None:
    """Write all parts of the petition SLUG, with what there is of them in LOCALE, as a file for translators.

    A translation whose source has changed since is marked as fuzzy in a .po, as “initial” in XLIFF. Without --out
    the file goes to standard output.
    """
    from petition_app.texts.exchange import FORMATS, bundle_of

    petition, code = _loaded(slug), _language(locale)
    if code == petition.default_locale:
        raise click.ClickException(f"“{code}” is the language that “{slug}” is translated from.")
    ending = out.suffix.lower() if out else ""
    chosen = form or ("xliff" if ending in (".xlf", ".xliff") else "po")
    data = FORMATS[chosen].write(bundle_of(petition, code))
    if out is None:
        click.echo(data, nl=False)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(f"{out}: translate it, then: petition texts import {slug} {out}")


@texts.command("import", short_help="Take a translated file in.")
@click.argument("slug")
@click.argument("file", type=click.File("rb"))
@click.option("--locale", help="The language of the file, where it does not tell.")
@click.option(
    "--publish", is_flag=True, help="Put the language online at once; else it waits on the sheet of the site."
)
@click.option("--reason", default="", help="Why the text changes, for those who have signed it in this language.")
@click.option(
    "--force",
    is_flag=True,
    help="Write over what was written on the site since the file was made; take another petition's.",
)
@in_app
def import_(slug: str, file: Any, locale: str | None, publish: bool, reason: str, force: bool) -> None:
    """Keep what FILE says of the petition SLUG. Exits 1 where something of it could not be kept."""
    from petition_app.models.base import now
    from petition_app.texts.entries import UnreadableFile
    from petition_app.texts.exchange import LARGEST_FILE, OtherPetition, import_bundle, read_file

    petition = _loaded(slug)
    try:
        bundle = read_file(file.read(LARGEST_FILE + 1))
    except UnreadableFile as error:
        raise click.ClickException(f"{file.name} could not be read: {error}") from error
    if not locale and not bundle.locale:
        raise click.ClickException(f"{file.name} does not tell its language. Say it with --locale.")
    code = _language(locale) if locale else _language_of(petition, bundle.locale)
    if code == petition.default_locale:
        raise click.ClickException(f"“{code}” is the language that “{slug}” is translated from: nothing was taken in.")
    try:
        came = import_bundle(petition, code, bundle, BY, now(), overwrites=force, takes_any=force)
    except OtherPetition as error:
        raise click.ClickException(
            f"{file.name} was made for another petition, “{error}”: nothing was taken in. With --force it is."
        ) from error
    _tell(came)
    if publish:
        _publish(petition.id, slug, code, reason)
    if came.kept.theirs or came.kept.unknown or came.problems:
        sys.exit(1)


def _tell(came: Imported) -> None:
    click.echo(f"{len(came.kept.changed)} parts were kept.")
    for key in came.kept.theirs:
        click.echo(f"{key}: was written anew on the site since the file was made, and stays as it is there.", err=True)
    for key in came.kept.unknown:
        click.echo(f"{key}: belongs to no text of this petition.", err=True)
    for key, problem in came.problems.items():
        click.echo(f"{key}: {problem}", err=True)


def _publish(petition_id: int, slug: str, locale: str, reason: str) -> None:
    from petition_app.models.base import now
    from petition_app.petitions.versions import LONGEST_REASON, ReasonMissing
    from petition_app.texts.publishing import NotEnough, put_online

    try:
        came = put_online(petition_id, locale, "spelling", reason[:LONGEST_REASON], BY, now())
    except NotEnough as error:
        raise click.ClickException(
            "It is not online: the title and one paragraph at least must be translated."
        ) from error
    except ReasonMissing as error:
        raise click.ClickException(
            f"It is not online: people have signed “{slug}” in this language as it was. Tell them why it changes, with "
            "--reason."
        ) from error
    if came.text is None and not came.others:
        click.echo("Readers have all of it already.")
    else:
        click.echo(f"Online: {address_of(slug, locale)}")


def _loaded(slug: str) -> Petition:
    from petition_app.models import Petition

    petition = Petition.by_slug(slug)
    if petition is None:
        raise no_petition(slug)
    return petition


def _language_of(petition: Petition, told: str) -> str:
    """The language that a file tells: a region of it, as some programs add, is the language where only that is here."""
    from petition_app.web.site import settings

    code = _language(told)
    here, language = {*petition.locales, *settings().locales}, code.replace("_", "-").partition("-")[0]
    return language if code not in here and language in here else code


def _language(named: str) -> str:
    from petition_app.operations.cli.petitions import checked_locale

    return str(checked_locale(named))

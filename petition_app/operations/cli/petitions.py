"""Commands about petitions: import, list, open, close, set."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from petition_app.operations.cli.context import address_of, in_app, no_petition

if TYPE_CHECKING:
    from petition_app.models import Petition
    from petition_app.petitions.importer import ImportedText


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--locale", help="The text's language, such as fr or en; guessed when it is left out.")
@click.option("--slug", help="The petition's name in its address; made of the title when it is left out.")
@click.option("--into", metavar="SLUG", help="Add the text to this petition: another language, or a new version.")
@click.option("--reason", default="", help="Why the text changes, for those who have signed it as it was.")
@click.option("--open", "and_open", is_flag=True, help="Open the petition for signing at once.")
@in_app
def import_(
    file: BinaryIO, locale: str | None, slug: str | None, into: str | None, reason: str, and_open: bool
) -> None:
    """Make a petition of a text.

    FILE is the text as people have it: pasted from a page or a word processor and saved as plain text, or Markdown
    (“-” reads standard input). The first line is the title. Lines such as “To: …” or “Destinataires : …” name the
    recipients, “Author: …” or “Auteur : …” the author, and what follows the author is left out. What was understood
    and what was left out is told line by line; the petition is a draft until it is opened.

    \b
      petition import text.txt --locale fr --open
      petition import text.en.md --into SLUG --locale en
    """
    from petition_app.petitions.decoding import LARGEST_BYTES, UnreadableText
    from petition_app.petitions.importer import read_petition_text, report

    if into and slug:
        raise click.UsageError("--into names the petition already: leave --slug out.")
    language = checked_locale(locale)
    try:
        text = read_petition_text(file.read(LARGEST_BYTES + 1), language)
    except UnreadableText as error:
        raise click.ClickException(str(error)) from error
    except IsADirectoryError as error:
        raise click.ClickException(f"{file.name} is a folder, not a text.") from error
    click.echo(report(text))
    petition = _kept(text, language or _guessed(text), slug, into, reason)
    if and_open:
        petition = _opened(petition.slug)
    _tell(petition)


def checked_locale(locale: str | None) -> str | None:
    """A language that there is, in the way that the site writes it."""
    from babel import Locale, UnknownLocaleError

    if locale is None:
        return None
    try:
        return str(Locale.parse(locale.strip().replace("-", "_")))
    except (UnknownLocaleError, ValueError) as error:
        raise click.ClickException(f"“{locale}” is not a language's code, such as fr, en or pt_BR.") from error


def _guessed(text: ImportedText) -> str:
    from petition_app.web.site import settings

    if text.locale_guess:
        click.echo(f"Language: {text.locale_guess}, by its words. --locale says otherwise.")
        return text.locale_guess
    click.echo(
        f"Language: {settings().default_locale}, the site's own, for it cannot be told. --locale says otherwise."
    )
    return settings().default_locale


def _kept(text: ImportedText, locale: str, slug: str | None, into: str | None, reason: str) -> Petition:
    from petition_app.models.base import now
    from petition_app.petitions.creation import NotASlug, SlugTaken, TextThere, add_text, create_petition
    from petition_app.petitions.versions import LONGEST_REASON, ReasonMissing

    try:
        if into:
            return add_text(into, text, locale, now(), reason[:LONGEST_REASON])
        return create_petition(text, slug=slug, locale=locale, at=now())
    except SlugTaken as error:
        raise click.ClickException(
            f"There is a petition “{error}” already, so nothing was imported. Give another name with --slug, or add "
            f"this text to it with --into {error}."
        ) from error
    except NotASlug as error:
        raise click.ClickException(
            f"“{error}” cannot stand in an address: use small letters, digits and single hyphens, at most 80."
        ) from error
    except TextThere as error:
        raise click.ClickException(f"“{into}” has this very text in “{error}” already.") from error
    except ReasonMissing as error:
        raise click.ClickException(
            f"People have signed “{into}” as it was, so nothing was imported. Tell them why it changes, with --reason."
        ) from error
    except LookupError as error:
        raise no_petition(str(into)) from error


def _opened(slug: str) -> Petition:
    from petition_app.models.base import now
    from petition_app.petitions.life import MissingIdentity, open_petition
    from petition_app.web.urls import absolute

    try:
        return open_petition(slug, now())
    except LookupError as error:
        raise no_petition(slug) from error
    except MissingIdentity as error:
        missing = ", ".join(error.variables)
        raise click.ClickException(
            f"“{slug}” was not opened: the site must say first who runs it. Fill that in at "
            f"{absolute('admin.settings.association')}, or set {missing} (the legal pages, the mails and the consents "
            "need them)."
        ) from error


def _tell(petition: Petition) -> None:
    if petition.status == "draft":
        click.echo(f"The draft “{petition.slug}” was made. Put it online with: petition open {petition.slug}")
        return
    for locale in petition.locales:
        click.echo(f"“{petition.slug}” is {petition.status}: {address_of(petition.slug, locale)}")


@click.command("list", short_help="List the petitions.")
@in_app
def list_() -> None:
    """List the petitions: status, number of signatures, name and title."""
    from sqlalchemy import select

    from petition_app.extensions import db
    from petition_app.models import Petition
    from petition_app.models.counter import confirmed_count
    from petition_app.web.site import settings

    found = db.session.scalars(select(Petition).order_by(Petition.id)).all()
    for petition in found:
        title = petition.text_for(settings().default_locale).title
        click.echo(f"{petition.status:<9} {confirmed_count(petition.id):>9}  {petition.slug}  {title}")
    if not found:
        click.echo("There is no petition yet: “petition import FILE” makes one.")


@click.command("open", short_help="Open the petition SLUG for signing.")
@click.argument("slug")
@in_app
def open_(slug: str) -> None:
    """Open the petition SLUG for signing, for the first time or again."""
    _tell(_opened(slug))


@click.command(short_help="Close the petition SLUG.")
@click.argument("slug")
@in_app
def close(slug: str) -> None:
    """Close the petition SLUG: its page stays, nobody can sign any more.

    Who has signed before can still confirm for 24 hours.
    """
    from petition_app.models.base import now
    from petition_app.petitions.life import close_petition

    try:
        petition = close_petition(slug, now())
    except LookupError as error:
        raise no_petition(slug) from error
    _tell(petition)


def _goal(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value == "auto":
        return value
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
        raise click.BadParameter("give a number of signatures, or auto.")
    return int(value)


def _closing(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | str | None:
    """A day ends with itself: the petition is open until midnight."""
    if value is None or value == "never":
        return value
    for shape in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
        try:
            moment = datetime.strptime(value, shape)  # noqa: DTZ007  # the site's own zone is set where it is known
        except ValueError:
            continue
        return datetime.combine(moment, time(23, 59, 59)) if shape == "%Y-%m-%d" else moment
    raise click.BadParameter("give a day (2027-03-31), a moment (“2027-03-31 18:00”), or never.")


@click.command("set", short_help="Show or change the settings of the petition SLUG.")
@click.argument("slug")
@click.option("--goal", callback=_goal, metavar="N|auto", help="A fixed goal, or the next step by itself (auto).")
@click.option("--closes", callback=_closing, metavar="DATE|never", help="When it closes, in the site's time zone.")
@click.option("--postal-code", type=click.Choice(["required", "optional", "hidden"]), help="What the form asks for.")
@click.option("--country", type=click.Choice(["required", "optional", "hidden"]), help="The same for the country.")
@click.option(
    "--comments",
    type=click.Choice(["off", "before", "after"]),
    help="No comments; or looked at before they are published; or published at once and looked at after.",
)
@click.option(
    "--signers-per-mailbox", type=click.IntRange(1, 20), metavar="N", help="How many people may share one mailbox."
)
@click.option("--author", help="Who wrote the petition, as the page shows it.")
@click.option("--default-locale", help="The language that readers get whose own has no text.")
@click.option("--archive", is_flag=True, help="Close it and take it out of the list; its page stays.")
@in_app
def set_(slug: str, archive: bool, **wanted: Any) -> None:
    """Change the settings of the petition SLUG, or show them when nothing is to be changed."""
    from petition_app.models import Petition
    from petition_app.models.base import now
    from petition_app.petitions.life import archive_petition, change_settings

    petition = Petition.by_slug(slug)
    if petition is None:
        raise no_petition(slug)
    changes = _changes(petition, {name: value for name, value in wanted.items() if value is not None})
    if changes:
        petition = change_settings(slug, **changes)
    if archive:
        petition = archive_petition(slug, now())
    _show(petition)


def _changes(petition: Petition, wanted: dict[str, Any]) -> dict[str, Any]:
    """The columns to change, checked against the petition and the clock."""
    from petition_app.models.base import now
    from petition_app.web.site import settings

    changes = dict(wanted)
    if "goal" in changes:
        changes["goal"] = None if changes["goal"] == "auto" else changes["goal"]
    if "closes" in changes:
        closes = changes.pop("closes")
        changes["closes_at"] = None if closes == "never" else closes.replace(tzinfo=settings().timezone)
        if closes != "never" and changes["closes_at"] <= now():
            raise click.ClickException("That moment has passed. To close it now: petition close " + petition.slug)
    if "default_locale" in changes:
        changes["default_locale"] = checked_locale(changes["default_locale"])
        if changes["default_locale"] not in petition.locales:
            raise click.ClickException(
                f"It has no text in “{changes['default_locale']}”, only in {', '.join(petition.locales)}."
            )
    if "author" in changes:
        changes["author"] = " ".join(changes["author"].split())
    if len(changes.get("author", "")) > 200:
        raise click.ClickException("The author's name is longer than 200 characters.")
    return changes


def _show(petition: Petition) -> None:
    from petition_app.web.site import settings

    closes = petition.closes_at.astimezone(settings().timezone) if petition.closes_at else None
    for name, value in (
        ("status", petition.status),
        ("goal", petition.goal or "auto"),
        ("closes", f"{closes:%Y-%m-%d %H:%M} {settings().timezone.key}" if closes else "never"),
        ("postal-code", petition.postal_code),
        ("country", petition.country),
        ("comments", petition.comments),
        ("signers-per-mailbox", petition.signers_per_mailbox),
        ("author", petition.author or "(none)"),
        ("default-locale", petition.default_locale),
        ("texts", ", ".join(petition.locales)),
    ):
        click.echo(f"{name:<20} {value}")

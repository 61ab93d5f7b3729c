"""Commands about signatures and comments: export, search, invalidate, hide, show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from petition_app.operations.cli.context import in_app, no_petition, unhurried

if TYPE_CHECKING:
    from petition_app.exports.making import Export
    from petition_app.exports.rows import Opener
    from petition_app.models import Petition

# As large as both databases' integers are.
ID = click.IntRange(1, 2**31 - 1)


@click.command(short_help="Write the signatures of SLUG into a file, for one use.")
@click.argument("slug")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file, in place of the screen.")
@click.option(
    "--for",
    "use",
    type=click.Choice(["check", "recipients", "answers", "petition_news", "association_news"]),
    default="check",
    show_default=True,
    help="What the file is for: it holds what that use needs and the signers agreed to, and says so.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "csv-bom", "xlsx", "ods", "jsonl"]),
    default="csv",
    show_default=True,
    help="CSV (with a mark for Excel: csv-bom), Excel, LibreOffice, or JSON Lines.",
)
@click.option("--columns", default="", help="Only these, separated by commas; all that the use may have when left out.")
@click.option("--all", "with_left", is_flag=True, help="With --for check: withdrawn and invalidated signatures too.")
@in_app
@unhurried
def export(slug: str, output: Path | None, use: str, form: str, columns: str, with_left: bool) -> None:
    """Write the signatures of the petition SLUG, in the order in which they were confirmed.

    Addresses stand only in files for writing (--for petition_news, --for association_news), which hold nobody else
    than those who agreed to that. In CSV, cells that a spreadsheet would run as a formula begin with an apostrophe.
    """
    from petition_app.exports.making import Export
    from petition_app.models import Petition

    petition = Petition.by_slug(slug)
    if petition is None:
        raise no_petition(slug)
    wanted = Export(use, form, tuple(name.strip() for name in columns.split(",") if name.strip()), with_left)
    opener = _opener(petition, wanted)
    if output is None:
        _write_to_screen(petition, wanted, opener)
        return
    try:
        output.touch(mode=0o600)
        with output.open("wb") as file:
            count = _write(petition, wanted, file, opener)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(f"{count} signatures in {output}")


def _opener(petition: Petition, wanted: Export) -> Opener | None:
    """What opens sealed addresses, where the file is to hold any: the passphrase is asked for."""
    from petition_app.exports.making import needs_passphrase, opener_by
    from petition_app.exports.uses import NotAColumn
    from petition_app.operations.cli.sealing import ask_for_key

    try:
        return opener_by(ask_for_key()) if needs_passphrase(petition, wanted) else None
    except NotAColumn:
        return None  # writing says which one, and what there is


def _write_to_screen(petition: Petition, wanted: Export, opener: Opener | None) -> None:
    if wanted.format in ("xlsx", "ods") and sys.stdout.isatty():
        raise click.UsageError("A spreadsheet is nothing to read on a screen: give a file with --output.")
    _write(petition, wanted, sys.stdout.buffer, opener)


def _write(petition: Petition, wanted: Export, target: BinaryIO, opener: Opener | None) -> int:
    from petition_app.exports.making import write_export
    from petition_app.exports.uses import USES, NotAColumn
    from petition_app.i18n.locales import use_locale
    from petition_app.models.base import now

    try:
        with use_locale(petition.default_locale):
            return write_export(petition, wanted, target, lambda _done: None, now(), opener)
    except NotAColumn as error:
        columns = ", ".join(column.name for column in USES[wanted.use].columns_of(petition))
        raise click.ClickException(
            f"A file for “{wanted.use}” cannot have the column “{error}”. It may have: {columns}."
        ) from error


@click.group()
def signatures() -> None:
    """Find signatures, and take out what is none."""


@signatures.command()
@click.argument("query")
@click.option("--petition", "slug", help="Only this petition's.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@in_app
def search(query: str, slug: str | None, limit: int) -> None:
    """Find signatures by a part of the name or of the e-mail address, the newest first.

    Where addresses are sealed, one is found when all of it is given.

    Each line has the id that “petition signatures invalidate” wants.
    """
    from petition_app.signing.search import find_signatures

    found = find_signatures(query, slug=slug, limit=limit)
    for signature in found:
        name = f"{signature.given_name} {signature.surname}"
        given = f"{signature.created_at:%Y-%m-%d %H:%M}Z"
        email = "(sealed)" if signature.is_sealed else signature.email
        click.echo(f"{signature.id:>8}  {signature.status:<11} {given}  {signature.petition.slug}  {name}  {email}")
    if not found:
        click.echo("No signature has that in its name or address.", err=True)
        sys.exit(1)


@signatures.command()
@click.argument("ids", nargs=-1, required=True, type=ID, metavar="ID...")
@click.option("--reason", required=True, help="Why: it is kept, and the signer sees it on the personal page.")
@in_app
def invalidate(ids: tuple[int, ...], reason: str) -> None:
    """Take out signatures that are none: they count no more, and the row and the reason stay."""
    from sqlalchemy.exc import NoResultFound

    from petition_app.models.base import now
    from petition_app.models.signature import WrongState
    from petition_app.signing.lifecycle import invalidate_signature

    failed = False
    for number in ids:
        try:
            invalidate_signature(number, _reason(reason), now())
            click.echo(f"{number}: invalidated")
        except NoResultFound:
            failed = True
            click.echo(f"{number}: there is no such signature", err=True)
        except WrongState as error:
            failed = True
            click.echo(f"{number}: it is {error} already", err=True)
    if failed:
        sys.exit(1)


@click.group()
def comments() -> None:
    """List comments, take them off the page, put them on it."""


@comments.command("list")
@click.option("--petition", "slug", help="Only this petition's.")
@click.option(
    "--status",
    type=click.Choice(["waiting", "published", "hidden"]),
    default="waiting",
    show_default=True,
    help="Those that wait for a look, are on the page, or were taken off it.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@in_app
def list_comments(slug: str | None, status: str, limit: int) -> None:
    """List comments with the id that “hide” and “show” want, the newest first."""
    from petition_app.comments.moderation import comments_by_status

    for comment in comments_by_status(status, slug=slug, limit=limit):
        signer = f"{comment.signature.given_name} {comment.signature.surname}"
        click.echo(f"{comment.id:>8}  {comment.signature.petition.slug}  {signer}: {' '.join(comment.text.split())}")


@comments.command()
@click.argument("number", type=ID, metavar="ID")
@click.option("--reason", required=True, help="Why: it is kept, and the signer sees it on the personal page.")
@in_app
def hide(number: int, reason: str) -> None:
    """Take the comment ID off the page; its signature goes on counting."""
    from petition_app.comments.moderation import hide_comment
    from petition_app.models.base import now

    _moderated(number, hide_comment(number, _reason(reason), now()), "hidden")


@comments.command()
@click.argument("number", type=ID, metavar="ID")
@in_app
def show(number: int) -> None:
    """Put the comment ID on the page: one that waits, or one that was hidden."""
    from petition_app.comments.moderation import show_comment
    from petition_app.models.base import now

    _moderated(number, show_comment(number, now()), "shown")


def _moderated(number: int, done: bool, word: str) -> None:
    if not done:
        raise click.ClickException(f"There is no comment {number}, or it went with its signature.")
    click.echo(f"{number}: {word}")


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason or len(reason) > 300:
        raise click.ClickException("Give a reason of at most 300 characters.")
    return reason

"""Commands about signatures and comments: export, search, invalidate, hide, show."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from petition_app.operations.cli.context import in_app, no_petition, unhurried

# As large as both databases' integers are.
ID = click.IntRange(1, 2**31 - 1)


@click.command(short_help="Write the signatures of SLUG as CSV.")
@click.argument("slug")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file, in place of the screen.")
@click.option("--all", "with_all", is_flag=True, help="Withdrawn and invalidated signatures too; never pending ones.")
@in_app
@unhurried
def export(slug: str, output: Path | None, with_all: bool) -> None:
    """Write the signatures of the petition SLUG as CSV (UTF-8), the oldest first.

    Cells that a spreadsheet would run as a formula begin with an apostrophe. The e-mail address stands only where the
    signer has agreed to be written to: the columns “petition_news” and “association_news” say for what.
    """
    from petition_app.models import Petition
    from petition_app.signing.export import csv_lines

    petition = Petition.by_slug(slug)
    if petition is None:
        raise no_petition(slug)
    lines = csv_lines(petition.id, with_all=with_all)
    if output is None:
        for line in lines:
            sys.stdout.write(line)
        return
    try:
        output.touch(mode=0o600)
        with output.open("w", encoding="utf-8", newline="") as file:
            count = sum(1 for line in lines if file.write(line)) - 1
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(f"{count} signatures in {output}")


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

    Each line has the id that “petition signatures invalidate” wants.
    """
    from petition_app.signing.search import find_signatures

    found = find_signatures(query, slug=slug, limit=limit)
    for signature in found:
        name = f"{signature.given_name} {signature.surname}"
        given = f"{signature.created_at:%Y-%m-%d %H:%M}Z"
        click.echo(
            f"{signature.id:>8}  {signature.status:<11} {given}  {signature.petition.slug}  {name}  {signature.email}"
        )
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

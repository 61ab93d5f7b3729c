"""Commands about the team: add, list, disable, reset. What they do is in the audit log, as a command's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from petition_app.models.member import LONGEST_NAME, ROLES
from petition_app.operations.cli.context import in_app

if TYPE_CHECKING:
    from petition_app.models import Member


@click.group(short_help="Look after the team: add, list, disable, reset.")
def member() -> None:
    """Look after the team that may enter the admin.

    Once the site has an administrator, all of this can be done in the browser: /admin/team.
    """


@member.command(short_help="Add a member, and print the link by which they come in.")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do.")
@click.option("--name", help="Their name; the address's first part when it is left out.")
@click.option("--locale", help="The language of the site that they read; the default one when it is left out.")
@in_app
def add(email: str, role: str, name: str | None, locale: str | None) -> None:
    """Add a member with the address EMAIL, and print a link that is good once, for 7 days: no mail is sent.

    \b
      petition member add ada@example.org --role administrator --name "Ada Example"
    """
    from petition_app.admin import membership
    from petition_app.models.base import now
    from petition_app.web.site import settings

    address = _address(email)
    known = settings().locales
    if locale is not None and locale not in known:
        raise click.ClickException(f"The site has no “{locale}”, only {', '.join(known)}.")
    called = " ".join((name or address.partition("@")[0]).split())
    if not called or len(called) > LONGEST_NAME or not called.isprintable():
        raise click.ClickException(f"Give a name of at most {LONGEST_NAME} characters.")
    try:
        _member, link = membership.invite(
            address, name=called, role=role, locale=locale or settings().default_locale, at=now(), by_mail=False
        )
    except membership.AlreadyThere as error:
        raise click.ClickException(
            f"“{address}” is a member already. A new link for them: petition member reset {address}"
        ) from error
    click.echo(f"{called} comes in as {role} by this link, once, within 7 days:\n\n  {membership.address_of(link)}\n")


@member.command("list", short_help="List the members.")
@in_app
def list_() -> None:
    """List the members: status, role, second factor, address and name."""
    from sqlalchemy import select

    from petition_app.extensions import db
    from petition_app.models import Member

    found = db.session.scalars(select(Member).order_by(Member.id)).all()
    for each in found:
        factor = "2 factors" if each.has_second_factor else "password"
        click.echo(f"{each.status:<9} {each.role:<14} {factor:<10} {each.email}  {each.name}")
    if not found:
        click.echo("There is no member yet: “petition member add EMAIL --role administrator” makes one.")


@member.command(short_help="Shut EMAIL out, at once.")
@click.argument("email")
@in_app
def disable(email: str) -> None:
    """Shut the member with the address EMAIL out, at once and on every device."""
    from petition_app.admin import membership
    from petition_app.models.base import now

    found = _member(email)
    try:
        membership.disable(found.id, now())
    except membership.LastAdministrator as error:
        raise click.ClickException(
            "Nobody would be left who looks after the team: add an administrator first."
        ) from error
    click.echo(f"{found.email} is shut out. To let them in again: petition member enable {found.email}")


@member.command(short_help="Let EMAIL in again.")
@click.argument("email")
@in_app
def enable(email: str) -> None:
    """Let the member with the address EMAIL in again, with the password that they had."""
    from petition_app.admin import membership

    found = _member(email)
    membership.enable(found.id)
    click.echo(f"{found.email} may sign in again.")


@member.command(short_help="Print a link to a new password for EMAIL.")
@click.argument("email")
@click.option("--second-factor", is_flag=True, help="Take the second factor away too: the device is lost.")
@in_app
def reset(email: str, second_factor: bool) -> None:
    """Print a link to a new password for the member with the address EMAIL: no mail is sent.

    Make sure who asks before you give it on.
    """
    from petition_app.admin import membership
    from petition_app.models.base import now

    found = _member(email)
    if found.status == "disabled":
        raise click.ClickException(
            f"{found.email} is shut out. To let them in again: petition member enable {found.email}"
        )
    if second_factor:
        membership.drop_second_factor(found.id)
        click.echo(f"{found.email} has no second factor any more.")
    link = membership.send_password_link(found, now(), by_mail=False)
    click.echo(f"A new password by this link, once, within an hour:\n\n  {membership.address_of(link)}\n")


def _address(email: str) -> str:
    from petition_app.antiabuse.mailboxes import NotAnAddress, normal_address

    try:
        return normal_address(email)
    except NotAnAddress as error:
        raise click.ClickException(f"“{email}” is no e-mail address.") from error


def _member(email: str) -> Member:
    from petition_app.antiabuse.mailboxes import canonical_mailbox
    from petition_app.models import Member

    found = Member.by_mailbox(canonical_mailbox(_address(email)))
    if found is None:
        raise click.ClickException(f"There is no member “{email}”. “petition member list” lists them.")
    return found

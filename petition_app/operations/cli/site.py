"""Commands that run the site: serve, worker, upgrade, demo."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from petition_app.operations.cli.context import in_app, unhurried

if TYPE_CHECKING:
    from petition_app.config import Settings


@click.command(short_help="Serve the site, with the mail worker, until Ctrl-C.")
@click.option("--host", help="The address to listen on, in place of PETITION_HOST.")
@click.option("--port", type=int, help="The port to listen on, in place of PETITION_PORT.")
@click.option(
    "--prepare",
    is_flag=True,
    help="First upgrade the database. On a loopback site: load the demo where there is no petition, "
    "and show edited catalogues at once.",
)
@click.option("--no-worker", is_flag=True, help="Start no mail worker: another “petition worker” runs.")
@click.option("--prepared", is_flag=True, hidden=True, help="The database has been looked at already.")
def serve(host: str | None, port: int | None, prepare: bool, no_worker: bool, prepared: bool) -> None:
    """Serve the site, with the mail worker, until Ctrl-C or SIGTERM.

    The server's processes (PETITION_WORKERS of them) and the mail worker run under this one process, which ends them
    all when it ends, and starts anew what dies. Logs are JSON lines on standard error.
    """
    from petition_app.config import read_settings
    from petition_app.config_sources import DEFAULT
    from petition_app.operations.serve import PortTaken
    from petition_app.operations.serve import serve as run_server

    # The processes that this one starts read their settings from the environment.
    for variable, value in (("PETITION_HOST", host), ("PETITION_PORT", port)):
        if value is not None:
            os.environ[variable] = str(value)
    settings = read_settings()
    if prepare and settings.is_local and settings.sources["development"] == DEFAULT:
        # Whoever tries the site out on this machine may translate it, too.
        os.environ["PETITION_DEVELOPMENT"] = "on"
    if not prepared:
        _check_schema(prepare)
        if "alembic" in sys.modules:
            _become("serve", "--prepared", *(["--no-worker"] if no_worker else []))
    try:
        run_server(settings, with_worker=not no_worker, announce=lambda: _announce(settings, no_worker))
    except PortTaken as error:
        raise click.ClickException(str(error)) from error


def _become(*arguments: str) -> NoReturn:
    """Go on as a new program in this very process, without what making the database has loaded."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "petition_app", *arguments])  # noqa: S606  # this program itself


@in_app
def _check_schema(prepare: bool) -> None:
    """The database is ready: made or found so by `in_app`."""
    from petition_app.operations import demo as demo_data
    from petition_app.web.site import settings

    if prepare and settings().is_local and not demo_data.has_petitions():
        demo_data.load()
        click.echo("Loaded the demo petition; “petition demo --remove” takes it away.")
    _tell_mails(settings())
    _tell_set_up()


def _tell_mails(settings: Settings) -> None:
    """Where mails go, by what was set in the browser, too."""
    server = settings.mail_server
    if server is not None:
        click.echo(f"  Mails go out by {server.host}, port {server.port}, from {settings.mail_from}")
    elif settings.shows_mailbox:
        click.echo(f"  Mails are kept here, none goes out: {settings.site_url}/mailbox")
    else:
        click.echo(
            "  No mail goes out: name a server in the settings (/admin/settings/mail), or set PETITION_MAIL_URL. "
            f"Mails are kept in {settings.mailbox_dir}"
        )


def _tell_set_up() -> None:
    """Where the site has no team yet: the address of the set-up, and a new code for it.

    A database that takes nothing in is no reason not to serve: readers read on.
    """
    from petition_app.admin import set_up
    from petition_app.transactions import StorageUnavailable
    from petition_app.web.urls import absolute

    try:
        code = set_up.new_code()
    except StorageUnavailable as error:
        click.echo(f"\n  The site has no team yet, and no code could be made for its set-up: {error}.", err=True)
        return
    if code is not None:
        click.echo(f"\n  The site has no team yet. Open {absolute('admin.set_up.code_form')}")
        click.echo(f"  and enter this code, which is good for 7 days: {click.style(code, bold=True)}")


def _announce(settings: Settings, no_worker: bool) -> None:
    click.echo(f"\n  The petition site: {settings.site_url}")
    if no_worker:
        click.echo("  No mail worker was started: run “petition worker” as well.")
    click.echo("  Ctrl-C stops it.\n")


@click.command(short_help="Send mails and do the regular jobs, until Ctrl-C.")
@click.option("--once", is_flag=True, help="Send what is due, run every job once, and end.")
@in_app
def worker(once: bool) -> None:
    """Send mails and do the site's regular jobs, until Ctrl-C or SIGTERM.

    “petition serve” starts one by itself. Several may run, on several machines: a mail is claimed by one of them.
    """
    from flask import current_app

    from petition_app.operations import logs
    from petition_app.operations.worker import run, stop_on_signals

    logs.configure()
    run(current_app._get_current_object(), stop_on_signals(), once=once)  # type: ignore[attr-defined]  # Flask's proxy


@click.command("make-files", hidden=True)
@click.option("--parent", type=int, hidden=True, help="End when the process of this id, which started it, has ended.")
@in_app
@unhurried
def make_files(parent: int | None) -> None:
    """Make the files that were ordered (exports, deliveries), then end. The worker starts it by itself."""
    from petition_app.files.making import make_due
    from petition_app.operations import logs
    from petition_app.operations.processes import end_with
    from petition_app.operations.worker import stop_on_signals
    from petition_app.operations.workshop import Workshop

    logs.configure()
    if parent is not None:
        end_with(parent)
        Workshop.take_keys(sys.stdin.buffer)
    make_due(stop_on_signals().is_set)


@click.command(short_help="Bring the database to this version’s schema.")
def upgrade() -> None:
    """Bring the database to the schema that this version of the program needs.

    Safe to run at every start: it does nothing where nothing is to be done, and two at once wait for each other.
    """
    from petition_app import create_app
    from petition_app.operations import schema

    with create_app().app_context():
        done = schema.upgrade()
        click.echo(
            f"The database is now at schema {schema.newest_revision()}." if done else "The database is up to date."
        )


@click.command(short_help="Load a made-up petition to look around.")
@click.option("--remove", is_flag=True, help="Take the demo away, with its signatures and comments.")
@click.option(
    "--signatures",
    type=click.IntRange(min=1),
    metavar="N",
    help="Add N more made-up signatures, to see what a large petition is like.",
)
@in_app
@unhurried
def demo(remove: bool, signatures: int | None) -> None:
    """Load a demo petition with made-up signatures and comments, to look around.

    With --signatures N, so many more are added to it, spread over its days, its countries and some thousands of names:
    a million takes about a quarter of a minute, and half a gigabyte.

    Only where PETITION_SITE_URL is this very machine: nobody signs a demo by mistake. The page says what it is.
    """
    from petition_app.operations import demo as demo_data
    from petition_app.operations.cli.context import address_of
    from petition_app.web.site import settings

    if remove:
        removed = demo_data.remove()
        click.echo("The demo is gone." if removed else "There is no demo here.")
        return
    try:
        if signatures is None or not demo_data.is_there():
            demo_data.load()
    except (demo_data.NotHere, demo_data.AlreadyThere) as error:
        raise click.ClickException(str(error)) from error
    if signatures is not None:
        with click.progressbar(length=signatures, label="Signing") as bar:
            demo_data.add_signatures(signatures, bar.update)
    click.echo(f"Loaded: {address_of(demo_data.SLUG, settings().default_locale)}")

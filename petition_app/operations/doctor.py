"""What is wrong with the site, and how to mend it: each finding is a sentence for the operator."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from petition_app.antiabuse import redis_counts
from petition_app.config import NETWORK_KEY, Settings
from petition_app.config_values import is_loopback
from petition_app.engine import without_time_limits
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import ServerUnavailable, SmtpTransport, TemporaryFailure, transport_for
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.operations import jobs, schema
from petition_app.operations.health import LONGEST_WAIT
from petition_app.sealing import boxes, names, state
from petition_app.web.site import settings

LEAST_FREE_BYTES = 500 * 2**20
LITTLE_FREE_BYTES = 2 * 2**30
CLOCK_TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True)
class Finding:
    """`wrong` has to be mended, `look` is worth a look."""

    subject: str
    verdict: Literal["ok", "look", "wrong"]
    sentence: str


def examine(send_test_to: str | None = None) -> Iterator[Finding]:
    """Every examination in turn; one that fails does not keep the others from being made."""
    site = settings()
    yield from _configuration(site)
    yield from _files(site)
    is_ready = False
    for finding in _database(site):
        is_ready = is_ready or (finding.subject == "migrations" and finding.verdict == "ok")
        yield finding
    if is_ready:
        yield from _sealing(site)
        yield from _count()
        yield _jobs()
        yield from _outbox()
    yield from _redis(site)
    yield from _mail(site)
    if is_ready and send_test_to:
        yield _test_mail(site, send_test_to)
    yield from _disk(site)
    yield from _clock(is_ready)


def _configuration(site: Settings) -> Iterator[Finding]:
    if site.missing_identity:
        missing = ", ".join(site.missing_identity)
        yield Finding("configuration", "wrong", f"No petition can be opened while these are not set: {missing}.")
    elif site.is_local and not site.association_name:
        yield Finding("configuration", "look", "This is a trial on this machine: the association has no name yet.")
    else:
        yield Finding("configuration", "ok", f"The site is {site.site_url}, run by {site.association_name}.")
    if not site.is_local and not site.site_url.startswith("https://"):
        yield Finding(
            "configuration",
            "wrong",
            f"PETITION_SITE_URL is {site.site_url}: names and addresses would cross the network in the clear. Serve "
            "the site by https and write it so.",
        )
    if not site.is_local and site.trusted_proxies == 0 and is_loopback(site.host):
        yield Finding(
            "configuration",
            "wrong",
            "PETITION_TRUSTED_PROXIES is 0, but only a reverse proxy can reach a server on loopback: all signers look "
            "like one, and are refused as one. Set it to the number of proxies in front, usually 1.",
        )
    if not site.abuse_controls:
        yield Finding("configuration", "look", "PETITION_ABUSE_CONTROLS is off: for tests only.")


def _files(site: Settings) -> Iterator[Finding]:
    secrets = [site.data_dir / name for name in ("secret_key", NETWORK_KEY)]
    if shown := [file for file in secrets if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]:
        yield Finding("files", "wrong", f"Others can read the secret: chmod 600 {' '.join(map(str, shown))}")
    elif site.data_dir.exists() and stat.S_IMODE(site.data_dir.stat().st_mode) & 0o007:
        yield Finding(
            "files", "look", f"Every user of this machine can look into the data folder: chmod o= {site.data_dir}"
        )
    else:
        yield Finding("files", "ok", f"The data folder is {site.data_dir}.")


def _sealing(site: Settings) -> Iterator[Finding]:
    """Whether sealed addresses can go on being told apart; and that the key for that is kept where no backup is."""
    sealing, file = state.current(), site.data_dir / names.FILE
    if sealing is None:
        yield Finding("addresses", "ok", "They rest as they are. The settings in the browser can have them sealed.")
        return
    where = str(file) if not site.mailbox_key and (site.on_sqlite or file.exists()) else "PETITION_MAILBOX_KEY"
    if not boxes.is_installed():
        yield Finding(
            "addresses",
            "wrong",
            "They are sealed, and the packages for that are not installed: nobody can confirm a signature. Run: make "
            "install EXTRAS=sealing",
        )
    if not names.is_key_right(sealing):
        yield Finding(
            "addresses",
            "wrong",
            f"They are sealed, and {where} is not there or is another one: nobody can sign. No backup holds it. Put "
            "back the copy that was kept apart; if there is none, run petition sealing rename, which asks for the "
            "passphrase.",
        )
    elif not site.mailbox_key and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("addresses", "wrong", f"Others can read the key of the mailboxes' names: chmod 600 {file}")
    else:
        yield Finding(
            "addresses",
            "ok",
            f"They are sealed. {where} is in no backup on purpose: keep a copy of it, apart from them.",
        )


def _database(site: Settings) -> Iterator[Finding]:
    try:
        if site.on_sqlite:
            answer = str(db.session.execute(text("PRAGMA quick_check(1)")).scalar())
        else:
            answer = "ok" if db.session.execute(text("SELECT 1")).scalar() == 1 else "no answer"
        db.session.rollback()
        found = schema.revision()
    except SQLAlchemyError as error:
        db.session.rollback()
        yield Finding(
            "database",
            "wrong",
            f"It cannot be used ({type(error).__name__}). Check that it runs, that PETITION_DATABASE_URL is right and "
            "that this user may write there.",
        )
        return
    if answer != "ok":
        yield Finding("database", "wrong", "The file is damaged. Stop the site and restore the last backup.")
        return
    yield Finding("database", "ok", f"{'SQLite' if site.on_sqlite else 'PostgreSQL'} answers.")
    if found == schema.newest_revision():
        yield Finding("migrations", "ok", f"The schema is this version's ({found}).")
    else:
        yield Finding("migrations", "wrong", "The schema is not this version's: run petition upgrade.")


def _count() -> Iterator[Finding]:
    """The counters against the rows that they count."""
    counted = select(Signature.petition_id, func.count()).where(Signature.status == "confirmed")
    with without_time_limits():
        rows = dict(db.session.execute(counted.group_by(Signature.petition_id)).all())
    total = 0
    for number, slug in db.session.execute(select(Petition.id, Petition.slug)):
        total += rows.get(number, 0)
        shown = confirmed_count(number)
        if shown != rows.get(number, 0):
            yield Finding(
                "count",
                "wrong",
                f"“{slug}” shows {shown} signatures and has {rows.get(number, 0)}. Something other than this program "
                "has written into the database; restore a backup from before.",
            )
    db.session.rollback()
    yield Finding("count", "ok", f"{total} confirmed signatures, counted one by one.")


def _outbox() -> Iterator[Finding]:
    at = now()
    oldest, failed = outbox.oldest_due(at), outbox.failed_count()
    if oldest is not None and at - oldest > LONGEST_WAIT:
        minutes = int((at - oldest).total_seconds() // 60)
        yield Finding(
            "outbox",
            "wrong",
            f"A mail has waited for {minutes} minutes. Is “petition serve” or “petition worker” running, and does the "
            "mail server answer?",
        )
    if failed:
        reasons = dict.fromkeys(mail.last_error for mail in outbox.failures())
        said = "; ".join(list(reasons)[:3])
        yield Finding("outbox", "look", f"{failed} mails were given up in the last days. The server said: {said}")
    if not failed and (oldest is None or at - oldest <= LONGEST_WAIT):
        yield Finding("outbox", "ok", "No mail waits longer than it should, none has failed.")


def _redis(site: Settings) -> Iterator[Finding]:
    """Rate limits are counted there only where it is set."""
    if not site.redis_url:
        return
    trouble = redis_counts.trouble()
    if trouble:
        yield Finding(
            "redis",
            "wrong",
            f"It cannot be used ({trouble}), so the database counts in its place. Check that it runs, and that "
            "PETITION_REDIS_URL is right.",
        )
    else:
        yield Finding("redis", "ok", "It answers, and counts the rate limits of all nodes.")


def _jobs() -> Finding:
    """Whether a worker does what is to be done every so often."""
    at = now()
    late = list(jobs.overdue(at))
    db.session.rollback()
    if not late:
        return Finding("jobs", "ok", "Each regular job has run when it should.")
    ends = [end for _name, end in late if end is not None]
    names = ", ".join(name for name, _end in late)
    if not ends:
        return Finding(
            "jobs",
            "look",
            f"Not done yet: {names}. “petition serve” and “petition worker” do that; is one of them running?",
        )
    return Finding(
        "jobs",
        "wrong",
        f"Overdue since {min(ends):%Y-%m-%d %H:%M} UTC: {names}. Is “petition serve” or “petition worker” running, and "
        "does its log tell of a job that failed?",
    )


def _mail(site: Settings) -> Iterator[Finding]:
    server = site.mail_server
    if server is None:
        if site.is_local:
            yield Finding("mail", "ok", f"Mails are kept in {site.mailbox_dir}; none goes out.")
        else:
            yield Finding(
                "mail",
                "wrong",
                "There is no mail server: nobody can confirm a signature. Set one in the settings or by "
                "PETITION_MAIL_URL.",
            )
        return
    transport = SmtpTransport(server)
    try:
        protection = transport.check()
    except ServerUnavailable as failure:
        yield Finding(
            "mail",
            "wrong",
            f"{server.host}, port {server.port} cannot be used: {failure} Check the settings of the mail, and that "
            "this machine may connect there.",
        )
    else:
        yield Finding("mail", "ok", f"{server.host}, port {server.port} takes mails ({protection}).")
    finally:
        transport.close()


def _test_mail(site: Settings, recipient: str) -> Finding:
    """Queue a mail and send what is due, as the worker would."""
    from email_validator import EmailNotValidError, validate_email

    try:
        address = validate_email(recipient, check_deliverability=False).normalized
    except EmailNotValidError as error:
        return Finding("test mail", "wrong", f"“{recipient}” is not an address: {error}")
    mail = outbox.enqueue_test(address, site.default_locale)
    transport = transport_for(site)
    try:
        while outbox.send_due(now(), transport):
            pass
    except TemporaryFailure as failure:
        return Finding("test mail", "wrong", f"It was not sent: {failure}")
    finally:
        transport.close()
    db.session.expire_all()
    sent = db.session.get_one(OutboxMessage, mail.id)
    db.session.rollback()
    if sent.status == "sent":
        return Finding("test mail", "ok", f"It was handed over for {address}. If it does not come, look into the spam.")
    if sent.status == "queued" and not sent.last_error:
        return Finding("test mail", "look", "A running worker has it in hand.")
    return Finding("test mail", "wrong", f"It was not sent: {sent.last_error}")


def _disk(site: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(site.data_dir).free
    said = f"{free / 2**30:.1f} GB are free where the data folder lies"
    if free < LEAST_FREE_BYTES:
        yield Finding("disk", "wrong", f"{said}: signatures will soon be refused. Make room, or move the folder.")
    elif free < LITTLE_FREE_BYTES:
        yield Finding("disk", "look", f"{said}: keep an eye on it.")
    else:
        yield Finding("disk", "ok", f"{said}.")


def _clock(has_database: bool) -> Iterator[Finding]:
    """A clock that is wrong dates signatures wrongly, and lets links expire too soon or too late."""
    newest = None
    if has_database:
        moments = (db.session.scalar(select(func.max(model.created_at))) for model in (Signature, OutboxMessage))
        newest = max((moment for moment in moments if moment is not None), default=None)
        db.session.rollback()
    if newest is not None and newest - now() > CLOCK_TOLERANCE:
        yield Finding(
            "clock",
            "wrong",
            f"It says {now():%Y-%m-%d %H:%M} UTC, but there are records from {newest:%Y-%m-%d %H:%M}. "
            "Set the clock, for example with timedatectl set-ntp true.",
        )
    elif _keeps_time() is False:
        yield Finding(
            "clock", "look", f"It says {now():%Y-%m-%d %H:%M} UTC, and nothing keeps it right: timedatectl set-ntp true"
        )
    else:
        yield Finding("clock", "ok", f"It says {now():%Y-%m-%d %H:%M} UTC.")


def _keeps_time() -> bool | None:
    """Whether the system's clock is kept by a time server; None where that cannot be told."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        shown = subprocess.run(  # noqa: S603  # the system's own tool, by its full path
            [program, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(shown.stdout.strip())

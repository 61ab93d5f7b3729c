"""A petition to look around with: its texts, its signers and their comments are all made up, and it says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.extensions import db
from petition_app.i18n.locales import use_locale
from petition_app.models import Comment, Petition, Signature
from petition_app.models.base import now
from petition_app.operations.demo import crowd
from petition_app.operations.demo.people import COMMENTS, Person, people
from petition_app.petitions.creation import add_text, create_petition
from petition_app.petitions.importer import ImportedText, read_petition_text
from petition_app.privacy import consent
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

SLUG = "demo"
SIGNATURES = 428
OPENED_BEFORE = timedelta(days=12)
# How one who signs has the name shown, in a hundred.
DISPLAYS, DISPLAY_SHARES = ("full", "initial", "hidden"), (70, 20, 10)


class NotHere(Exception):
    """A site that strangers reach gets no demo."""


class AlreadyThere(Exception):
    """There is a demo already."""


def has_petitions() -> bool:
    return db.session.scalar(select(Petition.id).limit(1)) is not None


def load() -> None:
    """Put the demo online. Raises NotHere, AlreadyThere."""
    if not settings().is_local:
        raise NotHere(
            "The demo is for trying the program out: it is loaded only where PETITION_SITE_URL is this very machine."
        )
    if is_there():
        raise AlreadyThere("The demo is there already; “petition demo --remove” takes it away.")
    at = now()
    create_petition(_text("fr"), slug=SLUG, locale="fr", at=at - OPENED_BEFORE)
    petition = add_text(SLUG, _text("en"), "en", at - OPENED_BEFORE)
    with writing() as session:
        _open(session.get_one(Petition, petition.id), at)
        _sign(session, session.get_one(Petition, petition.id), at)
    petition_changed.send(petition_id=petition.id)


def is_there() -> bool:
    return Petition.by_slug(SLUG) is not None


def add_signatures(count: int, progress: Callable[[int], object]) -> None:
    """Add so many more to the demo, which is there; `progress` is told how many were added, as they are."""
    if not settings().is_local:
        raise NotHere("The demo is for trying the program out, on this very machine only.")
    petition = Petition.by_slug(SLUG)
    if petition is None or not petition.is_demo:
        raise NotHere("There is no demo petition here to add signatures to.")
    crowd.add_signatures(petition, count, progress)


def remove() -> bool:
    """Take the demo away, with all that hangs on it; False where there is none."""
    with writing() as session:
        ids = list(session.scalars(select(Petition.id).where(Petition.is_demo)))
        session.execute(delete(Petition).where(Petition.id.in_(ids)), execution_options={"synchronize_session": False})
    for petition_id in ids:
        petition_changed.send(petition_id=petition_id)
    return bool(ids)


def _text(locale: str) -> ImportedText:
    return read_petition_text((Path(__file__).parent / f"petition.{locale}.md").read_bytes(), locale)


def _open(petition: Petition, at: datetime) -> None:
    petition.is_demo = True
    petition.open(at - OPENED_BEFORE)


def _sign(session: Session, petition: Petition, at: datetime) -> None:
    """Signatures over the days since the opening, many at first, fewer later, some in the last hour."""
    random = Random(1971)  # noqa: S311  # the same demo everywhere
    moments = sorted(at - OPENED_BEFORE * (1 - random.random() ** 1.7) for _ in range(SIGNATURES - 6))
    moments += [at - timedelta(minutes=minutes) for minutes in (52, 31, 17, 9, 4, 1)]
    comments = {language: list(texts) for language, texts in COMMENTS.items()}
    for number, (person, moment) in enumerate(zip(people(SIGNATURES, random), moments, strict=True)):
        signature = _signature(petition, person, number, moment, random)
        session.add(signature)
        session.flush()
        with use_locale(person.locale):
            consent.record(
                session.connection(),
                signature.id,
                {"processing": "yes", "name_display": signature.name_display},
                moment,
            )
        is_recent = at - moment < timedelta(hours=1)
        if text := _comment(person, comments, random, chance=0.8 if is_recent else 0.14):
            signature.comment = Comment(petition_id=petition.id, text=text, created_at=moment)
        session.flush()
        signature.confirm(moment, 1, settings().timezone)


def _signature(petition: Petition, person: Person, number: int, moment: datetime, random: Random) -> Signature:
    email = f"signer-{number + 1}@example.org"
    signature = Signature(
        petition_id=petition.id,
        text_id=petition.text_for(person.locale).id,
        locale=person.locale,
        email=email,
        mailbox=canonical_mailbox(email),
        postal_code=person.postal_code,
        country=person.country,
        name_display=random.choices(DISPLAYS, DISPLAY_SHARES)[0],
        created_at=moment - timedelta(minutes=3),
    )
    signature.rename(person.given_name, person.surname)
    signature.petition = petition
    return signature


def _comment(person: Person, left: dict[str, list[str]], random: Random, chance: float) -> str:
    """A comment now and then, in the signer's language, each text once."""
    texts = left.get(person.country) or left[person.locale]
    return texts.pop(random.randrange(len(texts))) if texts and random.random() < chance else ""

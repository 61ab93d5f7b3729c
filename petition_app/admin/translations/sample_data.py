"""What there is to see on the site that translators look at: made up, and of every kind once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from petition_app.admin.translations import sample_desk
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.i18n.locales import use_locale
from petition_app.mail.outbox import new_message_id
from petition_app.models import (
    Comment,
    Demand,
    FieldWording,
    Member,
    MemberLink,
    OutboxMessage,
    Petition,
    PetitionField,
    PetitionText,
    Recipient,
    RecipientAnswer,
    Signature,
    TextPart,
    Update,
    UpdateText,
)
from petition_app.models.mail_words import Part
from petition_app.models.outbox_message import PRIORITIES
from petition_app.models.petition_field import KINDS
from petition_app.models.recipient_answer import GOOD_FOR
from petition_app.petitions.mail_words import add_version
from petition_app.privacy import consent
from petition_app.web.site import settings

OPEN, OTHER, CLOSED = "sample", "sample-two", "sample-closed"
ARCHIVED, DRAFT = "sample-archived", "sample-draft"
BODY = "Dear fellow citizens,\n\nour water should be clean.\n\n## What we ask\n\n1. Water\n2. Clean\n"
SIGNERS = (("Ada", "Example"), ("Bob", "Sample"), ("Charlie", "Specimen"), ("Dora", "Instance"))
# More than fit on a page of the list.
MANY = 60
# A signature in each of its states, by the key that its links name.
STATES = ("pending", "confirmed", "withdrawn", "invalidated")


def fill(session: Session, locales: Sequence[str], at: datetime) -> None:
    """Put all of it into an empty database."""
    petition = _petition(session, OPEN, "Clean water for Exampletown", locales, at)
    other = _petition(session, OTHER, "More trees for Exampletown", locales[:1], at)
    other.closes_at, other.is_demo = at + timedelta(days=30), True
    other.carriers = [{"name": "Example Collective", "url": "", "logo": None}]
    closed = _petition(session, CLOSED, "A bridge for Exampletown", locales, at)
    words: dict[Part, str] = {"why": "With you, the mayor will listen.", "thanks": "We thank you from the heart."}
    add_version(petition, petition.default_locale, words, at)
    session.flush()
    # Kept of a translation, and not online yet.
    kept = {"source": other.texts[0].title, "target": other.texts[0].title, "online": ""}
    session.add(TextPart(petition_id=other.id, locale="fr", key="title", **kept))
    update = _update(session, petition, at)
    _fields(session, petition, at)
    answer = _demands(session, petition, at)
    signatures = {state: _signature(session, petition, number, state, at) for number, state in enumerate(STATES)}
    signers = [_signature(session, petition, number + len(STATES), "confirmed", at) for number in range(MANY)]
    sample_desk.fill(session, petition, [*signatures.values(), *signers], at)
    _signature(session, closed, 0, "pending", at, key="late")
    closed.close(at - timedelta(days=3))
    archived = _petition(session, ARCHIVED, "A tree for Exampletown", locales[:1], at)
    archived.close(at - timedelta(days=5))
    archived.archive()
    _petition(session, DRAFT, "A road for Exampletown", locales[:1], at).take_offline()
    _mails(session, signatures, update, answer, at)


def _petition(session: Session, slug: str, title: str, locales: Sequence[str], at: datetime) -> Petition:
    petition = Petition(slug=slug, default_locale=locales[0], author="Example Collective", postal_code="optional")
    for locale in locales:
        first = PetitionText(locale=locale, title=title, summary="We ask for what everybody needs.", body=BODY)
        second = PetitionText(
            locale=locale,
            version=2,
            title=title,
            summary=first.summary,
            body=BODY + "3. Soon\n",
            kind="change",
            reason="The third demand was missing.",
            created_at=at - timedelta(days=1),
        )
        petition.texts += [first, second]
        petition.recipients.append(
            Recipient(locale=locale, position=0, name="Ada Example", office="mayor of Exampletown")
        )
    session.add(petition)
    petition.open(at - timedelta(days=12))
    return petition


def _update(session: Session, petition: Petition, at: datetime) -> Update:
    words = UpdateText(locale=petition.default_locale, title="The mayor has answered", body="She will see us.")
    update = Update(petition_id=petition.id, state="sent", member_name="Ada Example", texts=[words])
    session.add(update)
    session.flush()
    update.publish(session, at - timedelta(days=2))
    return update


def _fields(session: Session, petition: Petition, at: datetime) -> None:
    petition.form_revision = 1
    for position, kind in enumerate(KINDS):
        field = PetitionField(petition_id=petition.id, kind=kind, position=position, version=0)
        question = "Do you drink the water?" if kind.startswith("question") else ""
        choices = [["a", "Yes"], ["b", "No"]] if kind == "question_choice" else []
        wording = FieldWording(
            locale=petition.default_locale, label=question, purpose="to know who asks", choices=choices
        )
        session.add(field)
        session.flush()
        field.word({petition.default_locale: wording}, 1, at)


def _demands(session: Session, petition: Petition, at: datetime) -> RecipientAnswer:
    """A demand with each verdict, and an answer that is on the page, beside one that is asked for."""
    petition.has_demands = petition.has_answers = True
    locale = petition.default_locale
    for position, verdict in enumerate(("accepted", "partly", "refused", "unanswered")):
        demand = Demand(
            petition_id=petition.id, position=position, texts={locale: "Clean water"}, outcomes=[], revision=0
        )
        if verdict != "unanswered":
            demand.decide("unanswered", at.date(), {}, "", None)
            demand.decide(verdict, at.date(), {locale: "As far as it goes."}, "https://example.org/", None)
        session.add(demand)
    office = {"name": "Ada Example", "office": "mayor of Exampletown", "locale": locale, "verdicts": {}}
    given = RecipientAnswer(petition_id=petition.id, key="published", expires_at=at + GOOD_FOR, **office)
    given.give(given.name, given.office, "We shall see.", {}, at - timedelta(days=1))
    given.approve(at - timedelta(days=1))
    asked = RecipientAnswer(
        petition_id=petition.id, key="asked", email="mayor@example.org", expires_at=at + GOOD_FOR, **office
    )
    returned = RecipientAnswer(petition_id=petition.id, key="returned", expires_at=at + GOOD_FOR, **office)
    returned.status, returned.note = "returned", "Which day do you mean?"
    waiting = RecipientAnswer(petition_id=petition.id, key="given", expires_at=at + GOOD_FOR, **office)
    waiting.give(waiting.name, waiting.office, "We shall see.", {}, at)
    session.add_all([given, asked, returned, waiting])
    session.flush()
    return asked


def _signature(session: Session, petition: Petition, number: int, state: str, at: datetime, key: str = "") -> Signature:
    given_name, surname = SIGNERS[number % len(SIGNERS)]
    email = f"signer-{number}@example.org"
    moment = at - timedelta(minutes=7 * number + 5)
    signature = Signature(
        key=key or (state if number < len(STATES) else f"key-{number}"),
        petition_id=petition.id,
        text_id=petition.texts[0].id,
        locale=petition.default_locale,
        email=email,
        mailbox=canonical_mailbox(email),
        # Some of them in a département that there is.
        postal_code="69001" if number % 5 == 4 else "00100",
        country="FR",
        name_display=("full", "initial", "hidden")[number % 3],
        created_at=moment,
    )
    signature.rename(given_name, surname)
    signature.petition = petition
    session.add(signature)
    session.flush()
    with use_locale(petition.default_locale):
        given = {"processing": "yes", "petition_news": "yes", "name_display": signature.name_display}
        consent.record(session.connection(), signature.id, given, moment)
    if state == "pending":
        return signature
    if number < 8:
        signature.comment = Comment(petition_id=petition.id, text="I drink it every day.", created_at=moment)
        session.flush()
    zone = settings().timezone
    signature.confirm(moment, 1, zone)
    if state == "confirmed" and number < len(STATES) and signature.comment is not None:
        signature.comment.hide(at, point="insult", reason="It names a person.")
    if state == "withdrawn":
        signature.withdraw(at, zone)
    elif state == "invalidated":
        signature.invalidate(at, "It was given twice.", zone)
    return signature


def _mails(
    session: Session, signatures: dict[str, Signature], update: Update, answer: RecipientAnswer, at: datetime
) -> None:
    """One of each kind that the program can send."""
    member = Member(email="bob@example.org", mailbox="bob@example.org", name="Bob", role="editor", locale="en")
    session.add(member)
    signed = {"confirmation": "pending", "comment_hidden": "confirmed"}
    for kind, priority in PRIORITIES.items():
        mail = OutboxMessage(
            kind=kind,
            priority=priority,
            locale=update.petition.default_locale,
            recipient="ada@example.org",
            mailbox="ada@example.org",
            message_id=new_message_id(),
            created_at=at,
        )
        if kind in ("invitation", "password_reset"):
            mail.member_link = MemberLink.make(kind, at, member=member)
        elif kind == "answer_request":
            mail.answer_id = answer.id
        elif kind == "update_test":
            mail.update = update
        elif kind == "lost_links":
            mail.mailbox = signatures["confirmed"].mailbox or ""
        elif kind != "test":
            signature = signatures[signed.get(kind, "confirmed")]
            mail.signature, mail.mailbox = signature, signature.mailbox or ""
            mail.update = update if kind.startswith("update") else None
        session.add(mail)

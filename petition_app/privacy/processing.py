"""What the site does with data about people, as data: each activity with its purpose, its ground and what it keeps.

The register of processing activities (GDPR, article 30) is printed from it; times are those of the rules of retention,
names and addresses those of the settings, so that it says what this very site does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.privacy.retention import RULES
from petition_app.sealing import state as sealing
from petition_app.web.site import association_name, settings

Lines = Sequence[str]
# A heading, and under it pairs of a label and what stands beside it.
Section = tuple[str, Sequence[tuple[str, Lines]]]


@dataclass(frozen=True)
class Activity:
    """One line of the register; `rules` name what says how long its data are kept."""

    name: Any
    purpose: Any
    ground: Any
    persons: Any
    data: Any
    recipients: Any
    rules: tuple[str, ...]


_SIGNERS, _MEMBERS = _l("Those who sign"), _l("The association’s members")

ACTIVITIES = (
    Activity(
        _l("Signatures under petitions"),
        _l("To count each signature once, to show it as its signer chose, and to deliver it to the recipients."),
        _l("Explicit consent (GDPR, articles 6(1)(a) and 9(2)(a)): a signature shows an opinion."),
        _SIGNERS,
        _l(
            "Name, surname, e-mail address, country, postal code, answers to what the form asks beside, a comment, "
            "the text and the language signed, each consent with its words and its moments."
        ),
        _l("The association’s members; the recipients of the petition; the site’s readers, as each signer chose"),
        ("unconfirmed", "signers", "files"),
    ),
    Activity(
        _l("News to those who asked for it"),
        _l("To write to signers about a petition, or about other actions: for each, a consent of its own."),
        _l("Consent (GDPR, article 6(1)(a))"),
        _SIGNERS,
        _l("E-mail address, name, language, the consent; that a mail was sent, or came back"),
        _l("The association’s members; the mail servers on the way"),
        ("mails", "signers"),
    ),
    Activity(
        _l("Keeping false signatures out"),
        _l("To hold back floods of requests, and to find signatures that are none."),
        _l("Legitimate interest in a count that is true (GDPR, article 6(1)(f))"),
        _l("Those who sign, flag a comment or ask for a lost link"),
        _l(
            "Keyed fingerprints of network addresses, which are not stored themselves, of mail domains and of names; "
            "how the form was filled in; which signatures have such things in common, and which are held for it"
        ),
        _MEMBERS,
        ("signers", "addresses", "networks"),
    ),
    Activity(
        _l("Answers of those whom petitions are addressed to"),
        _l("To ask them for an answer, and to publish it."),
        _l("Legitimate interest in a public debate (GDPR, article 6(1)(f))"),
        _l("The recipients of petitions"),
        _l("Name, office, e-mail address, what they answered"),
        _l("The association’s members; the site’s readers, but for the address"),
        ("mails",),
    ),
    Activity(
        _l("Requests about data"),
        _l("To answer in time what people ask about their data, and to be able to show it."),
        _l("Legal obligation (GDPR, articles 6(1)(c) and 12)"),
        _l("Those who ask"),
        _l("Name, where the answer goes, what was asked and when, what was done"),
        _MEMBERS,
        ("requests",),
    ),
    Activity(
        _l("The association’s team"),
        _l("To let members in, each with the rights of a role, and to know who has done what."),
        _l("Legitimate interest in a site that is safe (GDPR, article 6(1)(f))"),
        _l("The association’s members who have an account"),
        _l("Name, e-mail address, role, language, devices signed in, what they have done"),
        _MEMBERS,
        ("log", "members"),
    ),
)


def sealing_told() -> str:
    """What a site that seals says of it, in the policy and in the register."""
    said = _(
        "Once it is confirmed, an e-mail address rests sealed: it can be read with the association’s passphrase only."
    )
    return str(said)


def register(petitions: Sequence[str], at: datetime) -> tuple[str, Sequence[Section]]:
    """The register as it is now, in the current language: its title, and its sections. `petitions` are titles."""
    title = _("Register of processing activities")
    return title, [_controller(at), *(_section(activity, petitions) for activity in ACTIVITIES), _security()]


def _controller(at: datetime) -> Section:
    site = settings()
    told = (
        (_("Name of the association"), association_name()),
        (_("Postal address"), site.association_address),
        (_("E-mail address"), site.association_contact),
        (_("Responsible for the content"), site.association_publisher),
        (_("Data-protection contact"), site.data_protection_contact),
        (_("Host of the site"), site.association_hosting),
        (_("Mail server"), site.mail_server.host if site.mail_server else ""),
        (_("Site"), site.site_url),
        # Translators: in front of the day on which the text was made
        (_("As of"), format_date(at.astimezone(site.timezone), "long")),
    )
    return _("Who answers for your data"), [(label, [text]) for label, text in told if text]


def _section(activity: Activity, petitions: Sequence[str]) -> Section:
    rows: list[tuple[str, Lines]] = [
        (_("Purpose"), [str(activity.purpose)]),
        (_("Ground"), [str(activity.ground)]),
        (_("Persons"), [str(activity.persons)]),
        (_("Data"), [str(activity.data)]),
        (_("Who sees it"), [str(activity.recipients)]),
        (_("For how long"), list(_times(activity))),
    ]
    if activity is ACTIVITIES[0] and petitions:
        rows.append((_("Petitions"), list(petitions)))
    return str(activity.name), rows


def _times(activity: Activity) -> Iterator[str]:
    for rule in RULES:
        if rule.name in activity.rules:
            # Translators: what is kept, and for how long: two sentences that stand elsewhere, too
            yield _("%(what)s: %(sentence)s", what=rule.what, sentence=rule.sentence())


def _security() -> Section:
    measures = [
        _("Each member sees what the role includes; passwords, second factors and sign-ins are checked by the site."),
        _("Every act of the association that changes something stands in a log."),
        _("Links in mails are signed and long enough that nobody guesses one; pages behind them are kept by nobody."),
        _("No cookie, tracker, script or picture of another company; no name, address or link in the server’s logs."),
        _("What was erased is overwritten in the database."),
    ]
    if sealing.current() is not None:
        measures.append(sealing_told())
    transfers = _(
        "The program asks no other company for anything. Where the machine and the mail server stand, the association "
        "has chosen."
    )
    return _("Security"), [(_("Measures"), measures), (_("Transfers out of the European Union"), [transfers])]

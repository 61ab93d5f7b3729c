"""Which places a message may be seen at, by where it stands in the program: to look there first.

A screen's words stand in its module and its templates, both named after its blueprint; what several screens share has
a line in the table below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from flask import Flask
from werkzeug.exceptions import HTTPException

from petition_app.admin.translations.places import Place

# The beginnings of files, the longest first that fits, and the beginnings of the names of places.
_BEGINNINGS: dict[str, str | tuple[str, ...]] = {
    "petition_app/admin/access.py": "desk-team",
    "petition_app/admin/cluster_words.py": ("desk-fraud", "desk-cluster"),
    "petition_app/admin/devices.py": "desk-account",
    "petition_app/admin/field_entry.py": "desk-field",
    "petition_app/admin/forms.py": "desk-team-invitation-wrong",
    "petition_app/admin/made_files.py": "desk-exports",
    "petition_app/admin/membership.py": "desk-team",
    "petition_app/admin/passphrase.py": ("desk-export-passphrase", "desk-settings-sealing", "desk-exports"),
    "petition_app/admin/passwords.py": ("desk-account-password", "desk-new-password"),
    "petition_app/admin/request_signatures.py": "desk-request-signature",
    "petition_app/admin/": "desk-dashboard",
    "petition_app/comments/": "comments",
    "petition_app/comments/charter.py": ("charter", "flag"),
    "petition_app/delivery/": ("desk-delivery", "paper-delivery"),
    "petition_app/exports/": ("desk-exports", "paper-export"),
    "petition_app/files/": "desk-exports",
    "petition_app/fraud/": ("held", "personal-group", "desk-rule"),
    "petition_app/i18n/damage.py": ("desk-translations-file", "desk-text-translation"),
    "petition_app/i18n/form_words.py": (
        "desk-arrangement-",
        "desk-demand-",
        "sign-wrong",
        "desk-signatures",
        "desk-request-new",
        "desk-log-wrong",
    ),
    "petition_app/i18n/lapses.py": "signers-lapses",
    "petition_app/mail/": "mail-",
    "petition_app/mail/trial.py": "desk-settings-mail",
    "petition_app/outcomes/": "answer",
    "petition_app/paper/": "desk-paper-batch",
    "petition_app/pictures/": "desk-pictures",
    "petition_app/privacy/": "privacy",
    "petition_app/privacy/processing.py": ("paper-register", "privacy"),
    "petition_app/signing/": "sign-",
    "petition_app/signing/extra_fields.py": ("sign-", "desk-field-new"),
    "petition_app/signing/lost_links.py": ("lost-link", "mail-lost_links"),
    "petition_app/signing/personal_views.py": ("late", "expired", "damaged-link", "erased-link", "personal-taken"),
    "petition_app/signing/stored_data.py": "personal",
    "petition_app/texts/": "desk-text-translation",
    "petition_app/updates/": "unsubscribing",
    "petition_app/updates/mails.py": "mail-update",
    "petition_app/web/errors.py": ("not-", "foreign-form", "too-", "unavailable", "failed"),
    "petition_app/web/filters.py": ("petition", "borrowing", "receipt"),
    "petition_app/web/site.py": "privacy-unnamed",
    "petition_app/": "petition",
    "templates/admin/_files.html": "desk-exports",
    "templates/admin/_parts.html": ("desk-dashboard", "desk-rules"),
    "templates/admin/_passphrase.html": ("desk-export-passphrase", "desk-update-waits-for-key"),
    "templates/admin/_password_help.html": "desk-account-password",
    "templates/admin/petitions/_checks.html": "desk-opening",
    "templates/admin/refused.html": "desk-refused",
    "templates/admin/sent_too_late.html": "desk-sign-in",
    "templates/admin/sign_in/": "desk-sign-in",
    "templates/admin/text_translation/publication.html": "desk-text-translation-publication",
    "templates/admin/": "desk-dashboard",
    "templates/comments/": "comments",
    "templates/components/_difference.html": ("changes", "desk-text"),
    "templates/components/_languages.html": ("petition", "foreign"),
    "templates/emails/": "mail-",
    "templates/errors/": ("not-found", "unavailable"),
    "templates/mailbox/": "paper-mailbox",
    "templates/outcomes/": ("petition", "document"),
    "templates/public/_contact.html": "privacy-unnamed",
    "templates/public/_signers.html": ("signers", "closed"),
    "templates/public/_updates.html": ("petition", "many-news"),
    "templates/public/petition.html": ("petition", "foreign", "behind", "borrowing", "closed"),
    "templates/signing/": "personal",
    "templates/signing/_check_inbox.html": ("check-inbox", "sign-sent"),
    "templates/signing/_signer_fields.html": "sign",
    "templates/signing/links_on_their_way.html": "lost-link",
    "templates/signing/personal.html": ("personal", "answer-erased", "consent-ended"),
    "templates/signing/unconfirmable.html": ("unconfirmable", "mailbox-full", "late"),
    "templates/updates/": "unsubscribing",
    "templates/": "petition",
}
_LISTS = tuple(
    f"petition_app/admin/translations/{name}.py" for name in ("places", "rare_places", "desk_places", "petition_places")
)
_TEMPLATE = re.compile(r"^templates/(?P<folder>[a-z]+)/_?(?P<name>\w+)\.\w+$")
_SCREEN = re.compile(r"^(?:petition_app|templates)/admin/(\w+)(?:\.py$|/(\w+)\.\w+$)")


def places_near(files: Iterable[str], places: Sequence[Place], endpoints: Mapping[str, str]) -> list[Place]:
    """The places that these files are about, each once; those of the first file first. `endpoints` are the places’."""
    found: dict[str, Place] = {}
    # What is called like a screen stands on that screen: the list of places says so only.
    for file in sorted(files, key=lambda file: file in _LISTS):
        for place in (*_of_screen(file, places, endpoints), *_of_table(file, places)):
            found.setdefault(place.name, place)
    return list(found.values())


def endpoints_of(places: Iterable[Place], app: Flask) -> dict[str, str]:
    """What answers at each place of the admin, by the place's name."""
    adapter, found = app.url_map.bind("localhost"), {}
    with app.app_context():
        for place in places:
            if place.is_of_team and place.path is not None:
                with suppress(HTTPException):  # the page that says that there is none
                    found[place.name] = str(adapter.match(place.path().partition("?")[0], method=place.method)[0])
    return found


def _of_screen(file: str, places: Sequence[Place], endpoints: Mapping[str, str]) -> list[Place]:
    screen = _SCREEN.match(file)
    if screen is None:
        return []
    mine = [place for place in places if endpoints.get(place.name, "").startswith(f"admin.{screen[1]}.")]
    # The very page of the template, or of the settings' section, first.
    return sorted(mine, key=lambda place: endpoints[place.name].rpartition(".")[2] != screen[2])


def _of_table(file: str, places: Sequence[Place]) -> Iterator[Place]:
    """A mail's template is called as the mail is, a page's mostly as its place."""
    beginning = next((_BEGINNINGS[start] for start in _LONGEST_FIRST if file.startswith(start)), "")
    called = _TEMPLATE.match(file)
    if called and called["folder"] == "emails":
        yield from (place for place in places if place.is_mail and place.kind == called["name"])
    elif called:
        yield from (place for place in places if place.name.startswith(called["name"].partition("_")[0]))
    yield from (place for place in places if beginning and place.name.startswith(beginning))


_LONGEST_FIRST = sorted(_BEGINNINGS, key=len, reverse=True)

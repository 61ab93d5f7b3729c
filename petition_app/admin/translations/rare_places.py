"""What signers and readers seldom meet: forms that are refused, what has run out, failures; and mails of odd cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from petition_app.admin.translations import papers, rare_signers, rare_states
from petition_app.admin.translations.places import DESK, MAILS, PAGES, PERSONAL, Place, signer
from petition_app.admin.translations.sample_data import CLOSED, OPEN
from petition_app.admin.translations.sample_desk import TEAM
from petition_app.admin.translations.visits import File
from petition_app.i18n import lapses
from petition_app.models.base import now
from petition_app.web.keyset import cursor_of
from petition_app.web.tokens import answer_token, confirmation_token

_PETITION = f"/petitions/{OPEN}"
_FORM, _WRONG = _l("The form to sign"), _l("The form to sign, with mistakes")
_OWN, _OWN_WRONG = _l("A signer’s own page"), _l("A signer’s own page, with mistakes")
_NO_PAGE, _REQUEST = _l("A page that is not there"), {"email": "ada@example.org"}
# Whoever has filled it in well, and is refused for another reason.
_GOOD = {
    "given_name": "Ada",
    "surname": "Example",
    "email": "ada@example.org",
    "postal_code": "00100",
    "country": "FR",
    "name_display": "full",
    "consent_processing": "y",
}
_LONG = _GOOD | {"given_name": "x" * 100, "surname": "Ada\x07", "field_1": "x" * 300, "field_5": "x" * 300}
_OUTDATED = _GOOD | {"form_revision": "0", "field_1": "Exampletown", "field_7": "yes"}
_REASONS = {"name": "Ada Example", "verdict-1": "accepted", "sentence-1": "x" * 1_000}
_CONTROLLED = {"abuse_controls": True}
_UNNAMED = {"association_name": "", "association_contact": ""}


def _page(name: str, label: Any, path: str, data: dict[str, str] | None = None, **more: Any) -> Place:
    return Place(name, label, PAGES, lambda: path, data, **more)


def _beyond_all() -> str:
    """The place in a list behind which there is nothing."""
    return cursor_of(_days_ago(9_999), 1)


def _days_ago(days: int) -> datetime:
    return now() - timedelta(days=days)


PLACES: tuple[Place, ...] = (
    _page("sign-long", _WRONG, f"{_PETITION}/signatures", _LONG),
    _page(
        "sign-code-wrong",
        _WRONG,
        f"{_PETITION}/signatures",
        _GOOD | {"postal_code": "?" * 50},
        before=rare_signers.no_country,
    ),
    _page(
        "sign-code-required",
        _WRONG,
        f"{_PETITION}/signatures",
        _GOOD | {"postal_code": "?"},
        before=rare_signers.code_required,
    ),
    _page("sign-all-required", _FORM, f"{_PETITION}/sign", before=rare_signers.all_required),
    _page("sign-unanswered", _WRONG, f"{_PETITION}/signatures", _GOOD, before=rare_signers.all_required),
    _page("sign-outdated", _WRONG, f"{_PETITION}/signatures", _OUTDATED),
    _page(
        "sign-too-many",
        _WRONG,
        f"{_PETITION}/signatures",
        _GOOD,
        before=rare_signers.many_signed,
        settings=_CONTROLLED,
    ),
    _page("sign-not-now", _WRONG, f"{_PETITION}/signatures", _GOOD, meanwhile=rare_signers.read_only),
    _page("sign-sent", _l("After signing"), f"{_PETITION}/signatures", _GOOD, into="sign", around=lambda: _PETITION),
    _page(
        "lost-link-too-many",
        _l("I lost my link"),
        "/lost-link",
        _REQUEST,
        before=rare_signers.many_signed,
        settings=_CONTROLLED,
    ),
    _page("lost-link-not-now", _l("I lost my link"), "/lost-link", _REQUEST, meanwhile=rare_signers.read_only),
    _page("behind", _l("A petition"), _PETITION, before=rare_states.behind),
    _page("borrowing", _l("A petition"), _PETITION, before=rare_signers.borrowing),
    _page("many-news", _l("A petition"), _PETITION, before=rare_signers.many_news),
    _page("document", _l("A petition"), _PETITION, before=rare_signers.with_document),
    _page("closed-forgotten", _l("A petition that is closed"), f"/petitions/{CLOSED}", before=rare_signers.forgotten),
    _page(
        "signers-lapses",
        _l("All signers"),
        f"{_PETITION}/signatures",
        before=rare_signers.long_ago,
        meanwhile=lapses.by_catalogue,
    ),
    Place("signers-last", _l("All signers"), PAGES, lambda: f"{_PETITION}/signatures?before={_beyond_all()}"),
    Place("comments-older", _l("Comments"), PAGES, lambda: f"{_PETITION}/comments?before={_beyond_all()}"),
    _page("changes-small", _l("How a text was changed"), f"{_PETITION}/changes", before=rare_signers.only_spelling),
    _page("privacy-sealed", _l("Privacy policy"), "/privacy", before=rare_states.sealed),
    _page("privacy-removed", _l("Privacy policy"), "/privacy", before=rare_signers.field_removed),
    _page("privacy-unnamed", _l("Privacy policy"), "/privacy", settings=_UNNAMED),
    _page("privacy-contact", _l("Privacy policy"), "/privacy", settings={"data_protection_contact": "dpo@example.org"}),
    _page("charter-flags", _l("Content charter"), "/charter", before=rare_signers.flags_hide),
    _page("foreign-form", _NO_PAGE, f"{_PETITION}/sign", {}, view=rare_signers.foreign),
    _page("too-large", _NO_PAGE, f"{_PETITION}/sign", {}, view=rare_signers.too_large),
    _page("too-many", _NO_PAGE, f"{_PETITION}/sign", {}, view=rare_signers.too_many),
    _page("not-understood", _NO_PAGE, f"{_PETITION}/sign", {}, view=rare_signers.not_understood),
    _page("unavailable", _NO_PAGE, f"{_PETITION}/signatures", _GOOD, view=rare_signers.unavailable),
    _page("failed", _NO_PAGE, _PETITION, view=rare_signers.failed),
    Place(
        "expired",
        _l("Confirming too late"),
        PERSONAL,
        lambda: f"/signatures/{confirmation_token('pending', _days_ago(31))}/confirmation",
    ),
    Place(
        "confirmation-again",
        _l("Confirming a signature"),
        PERSONAL,
        lambda: f"/signatures/{confirmation_token('pending')}/confirmation",
        {"shown": "another"},
    ),
    Place("personal-taken", _OWN_WRONG, PERSONAL, signer("confirmed"), _GOOD, before=rare_signers.name_taken),
    Place("personal-answers", _OWN, PERSONAL, signer("confirmed"), before=rare_signers.field_removed),
    Place("personal-bounced", _OWN, PERSONAL, signer("confirmed"), before=rare_signers.mails_refused),
    Place("personal-closed", _OWN, PERSONAL, signer("confirmed"), before=rare_signers.just_closed),
    Place(
        "personal-group",
        _l("The own page of a signature that does not count"),
        PERSONAL,
        signer("key-4"),
        before=rare_signers.group_taken_out,
    ),
    Place(
        "answer-long",
        _l("A recipient’s answer, with mistakes"),
        PERSONAL,
        lambda: f"/answers/{answer_token('asked')}",
        _REASONS,
    ),
    Place("mail-personal_link-held", _l("You have signed already"), MAILS, before=rare_signers.held_counted),
    Place(
        "desk-pictures-empty",
        _l("Pictures"),
        DESK,
        lambda: f"/admin{_PETITION}/pictures",
        {"picture": File("a.png", b"")},
        TEAM,
    ),
    Place(
        "paper-export-removed",
        _l("About this file"),
        DESK,
        paper=papers.about_export,
        before=rare_signers.field_removed,
    ),
)

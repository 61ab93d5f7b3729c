"""Where texts are seen: each page, form and mail that signers and recipients meet, by a name for its address here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from petition_app.admin.translations.rare_states import (
    bounced,
    ended,
    held,
    mailbox_full,
    nothing,
    sealed_signature,
)
from petition_app.admin.translations.sample_data import CLOSED, OPEN, OTHER
from petition_app.web.row_numbers import COMMENT, in_address
from petition_app.web.tokens import answer_token, confirmation_token, personal_token, unsubscribing_token

Before = Callable[[Session], object]
PAGES, PERSONAL, MAILS, DESK = "pages", "personal", "mails", "desk"
GROUPS = {
    PAGES: _l("Pages for everybody"),
    # Translators: pages that one signer, or one recipient, opens by a private link
    PERSONAL: _l("Behind a private link"),
    MAILS: _l("Mails"),
    DESK: _l("The team’s own pages"),
}


@dataclass(frozen=True)
class Place:
    """A page of the sample site (sample.py), or a mail of the kind that it is named after.

    `path` is made there: it may hold a token. What is sent makes a form say what is wrong with it. `who` of the team
    looks at it, "" for nobody of it. `before` changes the sample for this one look: a state that is rare.
    """

    name: str
    label: Any
    group: str
    path: Callable[[], str] | None = None
    # What is sent; made for the occasion, where it holds what is good for a moment.
    data: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = field(default=None, hash=False)
    who: str = ""
    # What a document says, where it is no page but a file.
    paper: Callable[[], Iterable[str]] | None = None
    before: Before | None = None
    # What else is typed and sent before it, by the same person: addresses with what is sent to them.
    first: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), hash=False)
    # Settings that are others for this one look.
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    # What the page's template is told otherwise than by its view: what no made-up data and no setting lead to.
    told: Mapping[str, Any] = field(default_factory=dict, hash=False)
    # What answers in the place of the address's own view: a failure that no request of the sample leads to.
    view: Callable[[], Any] | None = None
    # What is otherwise while it is looked at, and is no row and no setting.
    meanwhile: Callable[[], AbstractContextManager[object]] | None = None
    # The id of an element of the page at `around` that what answers is a part for, as htmx asks for it.
    into: str = ""
    around: Callable[[], str] | None = None
    # One of many that a form leads to (deeds/): it is looked at where no other place has a text.
    is_deed: bool = False

    @property
    def method(self) -> str:
        return "GET" if self.data is None else "POST"

    @property
    def leaves_traces(self) -> bool:
        """Whether the sample is another one when it has been looked at."""
        return self.data is not None or self.before is not None or bool(self.first)

    @property
    def kind(self) -> str:
        """Of a mail, which one it is: `mail-test`, and `mail-test-…` for the same in another case."""
        return self.name.split("-")[1]

    @property
    def is_usual(self) -> bool:
        """Whether it is as the sample is, for everybody who comes by: a link or a form of another page leads there."""
        return not (self.before or self.first or self.settings or self.told or self.view or self.meanwhile or self.into)

    @property
    def is_mail(self) -> bool:
        return self.group == MAILS

    @property
    def is_of_team(self) -> bool:
        return self.group == DESK


def _page(name: str, label: Any, path: str, data: dict[str, str] | None = None, before: Before | None = None) -> Place:
    return Place(name, label, PAGES, lambda: path, data, before=before)


def _own(
    name: str, label: Any, path: Callable[[], str], data: dict[str, str] | None = None, before: Before | None = None
) -> Place:
    return Place(name, label, PERSONAL, path, data, before=before)


def signer(key: str, more: str = "") -> Callable[[], str]:
    """Where the signature with this key is its signer's own."""
    return lambda: f"/signatures/{personal_token(key)}{more}"


# What a person types who means well: two fields empty, an address and a code that are none.
WRONG = {"given_name": "", "surname": "", "email": "ada", "postal_code": "?" * 40, "country": "", "comment": "x" * 1200}
WRONG_ANSWERS = {f"field_{n}": "?" for n in range(1, 8)} | {f"field_{n}_seen": "0" for n in range(1, 8)}
WRONG_NAMES = {"given_name": "www.example.org", "surname": "1", "email": "ada@example.org", "postal_code": "?"}
_PETITION = f"/petitions/{OPEN}"

PLACES: tuple[Place, ...] = (
    _page("petition", _l("A petition"), _PETITION),
    _page("home", _l("The list of petitions"), "/"),
    _page("foreign", _l("A petition that has no text in this language"), f"/petitions/{OTHER}"),
    _page("closed", _l("A petition that is closed"), f"/petitions/{CLOSED}"),
    _page("sign", _l("The form to sign"), f"{_PETITION}/sign"),
    _page("sign-wrong", _l("The form to sign, with mistakes"), f"{_PETITION}/signatures", WRONG),
    _page("sign-closed", _l("The form of a petition that is closed"), f"/petitions/{CLOSED}/sign"),
    _page("check-inbox", _l("After signing"), f"{_PETITION}/check-your-inbox"),
    _page("signers", _l("All signers"), f"{_PETITION}/signatures"),
    _page("comments", _l("Comments"), f"{_PETITION}/comments"),
    Place("flag", _l("Reporting a comment"), PAGES, lambda: f"{_PETITION}/comments/{in_address(4, COMMENT)}/flag"),
    _page("flagged", _l("After reporting a comment"), f"{_PETITION}/comments/flagged"),
    _page("changes", _l("How a text was changed"), f"{_PETITION}/changes?since=1"),
    _page("update", _l("News of a petition"), f"{_PETITION}/updates/1"),
    _page("privacy", _l("Privacy policy"), "/privacy"),
    _page("charter", _l("Content charter"), "/charter"),
    _page("legal", _l("Legal notice"), "/legal"),
    _page("home-empty", _l("The list of petitions"), "/", before=nothing),
    _page("comments-last", _l("Comments"), f"{_PETITION}/comments?before=1"),
    _page("changes-all", _l("How a text was changed"), f"{_PETITION}/changes"),
    _page("sign-wrong-answers", _l("The form to sign, with mistakes"), f"{_PETITION}/signatures", WRONG_ANSWERS),
    _page("sign-wrong-names", _l("The form to sign, with mistakes"), f"{_PETITION}/signatures", WRONG_NAMES),
    _page("sign-again", _l("After signing"), f"{_PETITION}/signatures", WRONG_NAMES | {"postal_code": "00100"}),
    _page("forgotten", _l("A petition that is closed"), f"/petitions/{CLOSED}", before=ended),
    _page("forgotten-signers", _l("All signers"), f"/petitions/{CLOSED}/signatures", before=ended),
    _page("lost-link", _l("I lost my link"), "/lost-link"),
    _page("lost-link-wrong", _l("I lost my link"), "/lost-link", {"email": "ada"}),
    _page("lost-link-sent", _l("Check your inbox"), "/lost-link/sent"),
    _page("not-in-this-way", _l("A page that is not there"), "/privacy", {}),
    _page("not-found", _l("A page that is not there"), "/petitions/no-such-petition"),
    _own(
        "confirmation",
        _l("Confirming a signature"),
        lambda: f"/signatures/{confirmation_token('pending')}/confirmation",
    ),
    _own("late", _l("Confirming too late"), lambda: f"/signatures/{confirmation_token('late')}/confirmation"),
    _own("held", _l("After confirming"), signer("pending", "/receipt"), before=held),
    _own("personal-held", _l("The own page of a signature that waits"), signer("pending"), before=held),
    _own("personal-refused", _l("A signer’s own page"), signer("confirmed"), before=bounced),
    _own("personal-sealed", _l("A signer’s own page"), signer("confirmed"), before=sealed_signature),
    _own("answer-erased", _l("A signer’s own page, after saving"), signer("confirmed", "?done=answer_erased")),
    _own("consent-ended", _l("A signer’s own page, after saving"), signer("confirmed", "?done=consent_withdrawn")),
    _own("withdrawal-late", _l("Withdrawing a signature"), signer("withdrawn", "/withdrawal")),
    _own(
        "unconfirmable",
        _l("This signature cannot be confirmed"),
        lambda: f"/signatures/{confirmation_token('withdrawn')}/confirmation",
    ),
    _own(
        "mailbox-full",
        _l("This signature cannot be confirmed"),
        lambda: f"/signatures/{confirmation_token('pending')}/confirmation",
        {},
        before=mailbox_full,
    ),
    _own("receipt", _l("After confirming"), signer("confirmed", "/receipt")),
    _own("personal", _l("A signer’s own page"), signer("confirmed")),
    _own("personal-pending", _l("The own page of a signature that waits"), signer("pending")),
    _own("personal-saved", _l("A signer’s own page, after saving"), signer("confirmed", "?done=saved")),
    _own("personal-wrong", _l("A signer’s own page, with mistakes"), signer("confirmed"), WRONG),
    _own(
        "personal-withdrawn",
        _l("The own page of a signature that was withdrawn"),
        signer("withdrawn", "?done=withdrawn"),
    ),
    _own("personal-invalidated", _l("The own page of a signature that does not count"), signer("invalidated")),
    _own("withdrawal", _l("Withdrawing a signature"), signer("confirmed", "/withdrawal")),
    _own("erasure", _l("Erasing a signature"), signer("confirmed", "/erasure")),
    _own("erased", _l("After erasing"), signer("withdrawn", "/erasure"), {}),
    _own("erased-link", _l("A link to what was erased"), signer("gone")),
    _own("damaged-link", _l("A link that is not complete"), lambda: "/signatures/damaged"),
    _own("answer", _l("A recipient’s answer"), lambda: f"/answers/{answer_token('asked')}"),
    _own("answer-wrong", _l("A recipient’s answer, with mistakes"), lambda: f"/answers/{answer_token('asked')}", {}),
    _own("answer-given", _l("A recipient’s answer that waits"), lambda: f"/answers/{answer_token('given')}"),
    _own(
        "answer-returned", _l("A recipient’s answer that was sent back"), lambda: f"/answers/{answer_token('returned')}"
    ),
    _own("unsubscribing", _l("Ending the news"), lambda: f"/news/{unsubscribing_token('confirmed', 1)}"),
    _own("unsubscribing-test", _l("Ending the news"), lambda: f"/news/{unsubscribing_token('test', 1)}"),
    _own("unsubscribed-test", _l("After ending the news"), lambda: f"/news/{unsubscribing_token('test', 1)}", {}),
    _own("unsubscribing-none", _l("Ending the news"), lambda: f"/news/{unsubscribing_token('withdrawn', 1)}"),
    _own("unsubscribing-damaged", _l("A link that is not complete"), lambda: "/news/damaged"),
    _own("answer-damaged", _l("A link that is not complete"), lambda: "/answers/damaged"),
    _own("answer-published", _l("A recipient’s answer"), lambda: f"/answers/{answer_token('published')}"),
    _own("unsubscribed", _l("After ending the news"), lambda: f"/news/{unsubscribing_token('confirmed', 1)}", {}),
    Place("mail-confirmation", _l("Please confirm"), MAILS),
    Place("mail-lost_links", _l("All signatures of a mailbox"), MAILS),
    Place("mail-update_test", _l("A test"), MAILS),
    Place("mail-personal_link", _l("You have signed already"), MAILS),
    Place("mail-personal_links", _l("All signatures of a mailbox"), MAILS),
    Place("mail-comment_hidden", _l("A comment was hidden"), MAILS),
    Place("mail-update", _l("News of a petition"), MAILS),
    Place("mail-answer_request", _l("To a recipient"), MAILS),
    Place("mail-invitation", _l("Invitation to the team"), MAILS),
    Place("mail-password_reset", _l("A new password"), MAILS),
    Place("mail-test", _l("A test"), MAILS),
)

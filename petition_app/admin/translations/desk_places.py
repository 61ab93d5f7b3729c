"""Where the team's own words are seen: each screen of the admin in its states, and its forms with mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from petition_app.admin.translations import papers, places
from petition_app.admin.translations.places import DESK, Place
from petition_app.admin.translations.rare_states import held, no_team, nothing, sealed, sealed_signature
from petition_app.admin.translations.sample_data import ARCHIVED, CLOSED, DRAFT, OPEN, OTHER
from petition_app.admin.translations.sample_desk import EARLIER, FORGETFUL, HALFWAY, INVITED, READER, TEAM
from petition_app.models.translation import key_of
from petition_app.web.tokens import member_token


def _desk(
    name: str,
    label: Any,
    path: str | Callable[[], str],
    data: dict[str, str] | None = None,
    *,
    who: str = TEAM,
    before: Callable[[Session], object] | None = None,
) -> Place:
    made = path if callable(path) else lambda: path
    return Place(f"desk-{name}", label, DESK, made, data, who, before=before)


KEY = key_of(None, "Sign this petition")

PLACES: tuple[Place, ...] = (
    *places.PLACES,
    _desk("dashboard", _l("Overview"), "/admin/"),
    _desk("dashboard-empty", _l("Overview"), "/admin/", before=nothing),
    _desk("account", _l("My account"), "/admin/account"),
    _desk("account-second-factor", _l("My account"), "/admin/account", who=EARLIER),
    _desk("account-wrong", _l("My account"), "/admin/account", {}),
    _desk("account-password", _l("A new password"), "/admin/account/password"),
    _desk(
        "account-password-wrong", _l("A new password"), "/admin/account/password", {"new": "short", "present": "wrong"}
    ),
    _desk("second-factor", _l("Second factor"), "/admin/account/second-factor"),
    _desk("second-factor-wrong", _l("Second factor"), "/admin/account/second-factor", {"code": "1"}),
    _desk("recovery-codes", _l("Second factor"), "/admin/account/second-factor/recovery-codes", {}, who=EARLIER),
    _desk("second-factor-removal", _l("Take the second factor away"), "/admin/account/second-factor/removal"),
    _desk("passkey", _l("A new passkey"), "/admin/account/passkeys/new"),
    _desk("passkey-wrong", _l("A new passkey"), "/admin/account/passkeys/new", {}),
    _desk("nowhere", _l("There is no such page"), "/admin/nowhere"),
    _desk("sign-in", _l("Sign in"), "/admin/sign-in", who=""),
    _desk("sign-in-wrong", _l("Sign in"), "/admin/sign-in", {"email": "ada", "password": ""}, who=""),
    _desk(
        "sign-in-refused", _l("Sign in"), "/admin/sign-in", {"email": "team@example.org", "password": "wrong"}, who=""
    ),
    _desk("sign-in-code", _l("Your code"), "/admin/sign-in/code", who=HALFWAY),
    _desk("sign-in-code-wrong", _l("Your code"), "/admin/sign-in/code", {"code": "1"}, who=HALFWAY),
    _desk("sign-in-passkey", _l("Sign in with a passkey"), "/admin/sign-in/passkey", who=""),
    _desk("new-password-ask", _l("A new password"), "/admin/new-password", who=""),
    _desk("new-password-ask-wrong", _l("A new password"), "/admin/new-password", {}, who=""),
    _desk("new-password-sent", _l("Look into your inbox"), "/admin/new-password/sent", who=""),
    _desk(
        "new-password",
        _l("A new password"),
        lambda: f"/admin/new-password/{member_token('password_reset', FORGETFUL)}",
        who="",
    ),
    _desk(
        "new-password-wrong",
        _l("A new password"),
        lambda: f"/admin/new-password/{member_token('password_reset', FORGETFUL)}",
        {"password": "short"},
        who="",
    ),
    _desk("new-password-gone", _l("This link is not good any more"), "/admin/new-password/gone", who=""),
    _desk(
        "invitation", _l("Join the team"), lambda: f"/admin/invitation/{member_token('invitation', INVITED)}", who=""
    ),
    _desk(
        "invitation-wrong",
        _l("Join the team"),
        lambda: f"/admin/invitation/{member_token('invitation', INVITED)}",
        {},
        who="",
    ),
    _desk("invitation-gone", _l("This invitation is not good any more"), "/admin/invitation/gone", who=""),
    _desk("set-up", _l("Set the site up"), "/admin/set-up", who="", before=no_team),
    _desk("set-up-wrong", _l("Set the site up"), "/admin/set-up", {"code": "wrong"}, who="", before=no_team),
    _desk("team", _l("Team"), "/admin/team"),
    _desk("team-invitation", _l("Invite somebody"), "/admin/team/invitation"),
    _desk("team-invitation-wrong", _l("Invite somebody"), "/admin/team/invitation", {}),
    _desk("team-member", _l("Team"), "/admin/team/2"),
    _desk("team-member-invited", _l("Team"), "/admin/team/5"),
    _desk("team-member-left", _l("Team"), "/admin/team/6"),
    _desk("team-member-self", _l("Team"), "/admin/team/1"),
    _desk("team-member-wrong", _l("Team"), "/admin/team/2", {}),
    _desk("team-second-factor", _l("Take the second factor away"), "/admin/team/2/second-factor"),
    _desk("new-petition", _l("New petition"), "/admin/petitions/new"),
    _desk("new-petition-wrong", _l("New petition"), "/admin/petitions/new", {}),
    _desk(
        "new-petition-preview",
        _l("New petition"),
        "/admin/petitions/new",
        {"act": "preview", "text": "A road\n\nWe ask for a road.\n\n1. A road\n", "locale": "en"},
    ),
    _desk("new-petition-ready", _l("The draft is saved"), f"/admin/petitions/new/{DRAFT}"),
    _desk("petition", _l("At a glance"), f"/admin/petitions/{OPEN}"),
    _desk("petition-draft", _l("At a glance"), f"/admin/petitions/{DRAFT}"),
    _desk("petition-closed", _l("At a glance"), f"/admin/petitions/{CLOSED}"),
    _desk("petition-archived", _l("At a glance"), f"/admin/petitions/{ARCHIVED}"),
    _desk("opening", _l("Put it online"), f"/admin/petitions/{DRAFT}/opening"),
    _desk("opening-again", _l("Put it online"), f"/admin/petitions/{CLOSED}/opening"),
    _desk("closing", _l("Close it"), f"/admin/petitions/{OPEN}/closing"),
    _desk("closing-wrong", _l("Close it"), f"/admin/petitions/{OPEN}/closing", {"when": "later"}),
    _desk("archiving", _l("Archive it"), f"/admin/petitions/{CLOSED}/archiving"),
    _desk("unarchiving", _l("Take it out of the archive"), f"/admin/petitions/{ARCHIVED}/unarchiving"),
    _desk("deletion", _l("Delete this draft"), f"/admin/petitions/{DRAFT}/deletion"),
    _desk("text", _l("Text"), f"/admin/petitions/{OPEN}/text"),
    _desk("text-draft", _l("Text"), f"/admin/petitions/{DRAFT}/text"),
    _desk("text-beside", _l("Text"), f"/admin/petitions/{OPEN}/text?text=fr&beside=en"),
    _desk("text-kept", _l("Text"), f"/admin/petitions/{OTHER}/text?text=fr"),
    _desk(
        "text-wrong", _l("Two have written at once"), f"/admin/petitions/{OPEN}/text", {"act": "save", "revision": "3"}
    ),
    _desk(
        "text-conflict",
        _l("Two have written at once"),
        f"/admin/petitions/{OPEN}/text",
        {"act": "save", "revision": "1", "title": "Water", "body": "Water"},
    ),
    _desk("text-publication", _l("What has changed"), f"/admin/petitions/{OPEN}/text/publication"),
    _desk("text-publication-wrong", _l("What has changed"), f"/admin/petitions/{OPEN}/text/publication", {}),
    _desk("text-translation", _l("Translation"), f"/admin/petitions/{OTHER}/translation?text=fr"),
    _desk("text-translation-full", _l("Translation"), f"/admin/petitions/{OPEN}/translation?text=fr"),
    _desk(
        "text-translation-wrong", _l("Translation"), f"/admin/petitions/{OTHER}/translation?text=fr", {"act": "save"}
    ),
    _desk(
        "text-translation-publication", _l("Translation"), f"/admin/petitions/{OTHER}/translation/publication?text=fr"
    ),
    _desk("mail-words", _l("Mails"), f"/admin/petitions/{OPEN}/mails"),
    _desk("mail-words-wrong", _l("Mails"), f"/admin/petitions/{OPEN}/mails", {"why": "www.example.org"}),
    _desk("arrangement", _l("Settings"), f"/admin/petitions/{OPEN}/settings"),
    _desk(
        "arrangement-wrong",
        _l("Settings"),
        f"/admin/petitions/{OPEN}/settings",
        {"revision": "0", "slug": "?", "goal": "x", "closes_on": "x"},
    ),
    _desk("arrangement-draft", _l("Settings"), f"/admin/petitions/{DRAFT}/settings"),
    _desk("pictures", _l("Pictures"), f"/admin/petitions/{OPEN}/pictures"),
    _desk("pictures-wrong", _l("Pictures"), f"/admin/petitions/{OPEN}/pictures", {"revision": "0"}),
    _desk("outcome", _l("Outcome"), f"/admin/petitions/{OPEN}/outcome"),
    _desk("outcome-empty", _l("Outcome"), f"/admin/petitions/{DRAFT}/outcome"),
    _desk("demands", _l("Demands"), f"/admin/petitions/{OPEN}/demands"),
    _desk(
        "demands-wrong",
        _l("Outcome"),
        f"/admin/petitions/{OPEN}/demands",
        {"act": "save", "revision": "0", "demand": "0"},
    ),
    _desk("demand", _l("What became of it"), f"/admin/petitions/{OPEN}/demands/1"),
    _desk(
        "demand-wrong",
        _l("What became of it"),
        f"/admin/petitions/{OPEN}/demands/1",
        {"revision": "1", "verdict": "partly", "on": "x", "link": "x"},
    ),
    _desk("answer-new", _l("Ask a recipient"), f"/admin/petitions/{OPEN}/answers/new"),
    _desk("answer-new-wrong", _l("Ask a recipient"), f"/admin/petitions/{OPEN}/answers/new", {"email": "x"}),
    _desk("answer-waiting", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/4"),
    _desk("answer-asked", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/2"),
    _desk("answer-given", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/1"),
    _desk("answer-returned", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/3"),
    _desk("updates", _l("Updates"), f"/admin/updates/{OPEN}"),
    _desk("updates-empty", _l("Updates"), f"/admin/updates/{CLOSED}"),
    _desk("update-new", _l("Write an update"), f"/admin/updates/{OPEN}/new"),
    _desk("update-new-wrong", _l("Write an update"), f"/admin/updates/{OPEN}/new", {}),
    _desk("update-sent", _l("Updates"), f"/admin/updates/{OPEN}/1"),
    _desk("update-draft", _l("Updates"), f"/admin/updates/{OPEN}/2"),
    _desk("update-scheduled", _l("Updates"), f"/admin/updates/{OPEN}/3"),
    _desk("update-sending", _l("Updates"), f"/admin/updates/{OPEN}/4"),
    _desk("update-stopped", _l("Updates"), f"/admin/updates/{OPEN}/5"),
    _desk("update-text", _l("Change the draft"), f"/admin/updates/{OPEN}/2/text"),
    _desk("update-test", _l("Updates"), f"/admin/updates/{OPEN}/2/test"),
    _desk("update-sending-form", _l("Before it goes out"), f"/admin/updates/{OPEN}/2/sending"),
    _desk("update-sending-wrong", _l("Before it goes out"), f"/admin/updates/{OPEN}/2/sending", {"when": "later"}),
    _desk("update-sending-sealed", _l("Before it goes out"), f"/admin/updates/{OPEN}/2/sending", before=sealed),
    _desk("update-waits-for-key", _l("Updates"), f"/admin/updates/{OPEN}/4", before=sealed),
    _desk("update-removal", _l("Discard the draft"), f"/admin/updates/{OPEN}/2/removal"),
    _desk("fields", _l("Form"), f"/admin/form/{OPEN}"),
    _desk("fields-empty", _l("Form"), f"/admin/form/{CLOSED}"),
    _desk(
        "field-new", _l("A question with answers to choose from"), f"/admin/form/{OPEN}/fields/new?kind=question_choice"
    ),
    _desk("field-new-text", _l("A question, answered in a line"), f"/admin/form/{OPEN}/fields/new?kind=question_text"),
    _desk("field-new-phone", _l("Phone"), f"/admin/form/{OPEN}/fields/new?kind=phone"),
    _desk(
        "field-new-wrong",
        _l("A question with answers to choose from"),
        f"/admin/form/{OPEN}/fields/new?kind=question_choice",
        {"revision": "1", "kind": "question_choice"},
    ),
    _desk("field", _l("Municipality"), f"/admin/form/{OPEN}/fields/1"),
    _desk("field-removal", _l("Ask for it no longer"), f"/admin/form/{OPEN}/fields/1/removal"),
    _desk("field-erasure", _l("Form"), f"/admin/form/{OPEN}/fields/1/answers/erasure"),
    _desk("comments", _l("Comments"), "/admin/comments"),
    _desk("comments-published", _l("Comments"), "/admin/comments/published"),
    _desk("comments-hidden", _l("Comments"), "/admin/comments/hidden"),
    _desk("comments-empty", _l("Comments"), "/admin/comments", before=nothing),
    _desk("comments-wrong", _l("Comments"), "/admin/comments/decision", {"hide": "1"}),
    _desk("comments-rules", _l("What holds comments back"), "/admin/comments/rules"),
    _desk("comments-rules-wrong", _l("What holds comments back"), "/admin/comments/rules", {"words": "\x01"}),
    _desk("signatures", _l("Signatures"), "/admin/signatures"),
    _desk("signatures-found", _l("Signatures"), "/admin/signatures?name=Ex"),
    _desk("signatures-nothing", _l("Signatures"), "/admin/signatures?name=Nobody"),
    _desk("signatures-wrong", _l("Signatures"), "/admin/signatures?email=x&network=x&since=x"),
    _desk("signature", _l("Signatures"), "/admin/signatures/2"),
    _desk("signature-pending", _l("Signatures"), "/admin/signatures/1"),
    _desk("signature-held", _l("Signatures"), "/admin/signatures/1", before=held),
    _desk("signature-withdrawn", _l("Signatures"), "/admin/signatures/3"),
    _desk("signature-invalidated", _l("Signatures"), "/admin/signatures/4"),
    _desk("signature-sealed", _l("Signatures"), "/admin/signatures/2", before=sealed_signature),
    _desk("signature-withdrawal", _l("Withdraw a signature"), "/admin/signatures/2/withdrawal"),
    _desk("rules", _l("What was taken out"), "/admin/signatures/rules"),
    _desk("rules-empty", _l("What was taken out"), "/admin/signatures/rules", before=nothing),
    _desk(
        "rule-preview", _l("Take signatures out"), "/admin/signatures/rules/preview", {"name": "Ex", "petition": "1"}
    ),
    _desk("rule-preview-wrong", _l("Signatures"), "/admin/signatures/rules/preview", {}),
    _desk(
        "rule-wrong",
        _l("Take signatures out"),
        "/admin/signatures/rules",
        {"name": "Ex", "petition": "1", "foreseen": "1"},
    ),
    _desk("rule", _l("What was taken out"), "/admin/signatures/rules/1"),
    _desk("rule-taking", _l("What was taken out"), "/admin/signatures/rules/2"),
    _desk("rule-undone", _l("What was taken out"), "/admin/signatures/rules/3"),
    _desk("rule-undoing", _l("What was taken out"), "/admin/signatures/rules/4"),
    _desk("rule-picked", _l("What was taken out"), "/admin/signatures/rules/5"),
    _desk("fraud", _l("Fraud"), "/admin/fraud"),
    _desk("fraud-empty", _l("Fraud"), "/admin/fraud", before=nothing),
    _desk("fraud-petition", _l("Fraud"), f"/admin/fraud/{OPEN}"),
    _desk("fraud-quarantined", _l("Fraud"), f"/admin/fraud/{OPEN}?state=quarantined"),
    _desk("fraud-released", _l("Fraud"), f"/admin/fraud/{OPEN}?state=released"),
    _desk("fraud-nothing", _l("Fraud"), f"/admin/fraud/{CLOSED}"),
    _desk("cluster", _l("Fraud"), f"/admin/fraud/{OPEN}/1"),
    _desk("cluster-quarantined", _l("Fraud"), f"/admin/fraud/{OPEN}/2"),
    _desk("cluster-released", _l("Fraud"), f"/admin/fraud/{OPEN}/3"),
    _desk("numbers", _l("Numbers"), f"/admin/numbers/{OPEN}"),
    _desk("numbers-empty", _l("Numbers"), f"/admin/numbers/{DRAFT}"),
    _desk("exports", _l("Files of signatures"), f"/admin/exports/{OPEN}"),
    _desk("exports-recipients", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=recipients"),
    _desk("exports-news", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=petition_news"),
    _desk("exports-fields", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=answers"),
    _desk("exports-association", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=association_news"),
    _desk("exports-wrong", _l("Files of signatures"), f"/admin/exports/{OPEN}", {}),
    _desk("exports-sealed", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=petition_news", before=sealed),
    _desk("export-passphrase", _l("Enter the passphrase"), "/admin/exports/file/2/passphrase", before=sealed),
    _desk("export-passphrase-wrong", _l("Enter the passphrase"), "/admin/exports/file/2/passphrase", {}, before=sealed),
    _desk("paper", _l("On paper"), f"/admin/paper/{OPEN}"),
    _desk("paper-empty", _l("On paper"), f"/admin/paper/{CLOSED}"),
    _desk("paper-sheet", _l("On paper"), f"/admin/paper/{OPEN}/sheet"),
    _desk("paper-batch-new", _l("Enter a sheet"), f"/admin/paper/{OPEN}/batches/new"),
    _desk(
        "paper-batch-wrong",
        _l("Enter a sheet"),
        f"/admin/paper/{OPEN}/batches/new",
        {"given_name-1": "1", "surname-1": "", "postal_code-1": "?"},
    ),
    _desk("paper-batch", _l("On paper"), "/admin/paper/batches/1"),
    _desk("paper-batch-removal", _l("Remove this sheet"), "/admin/paper/batches/1/removal"),
    _desk("delivery", _l("Delivery"), f"/admin/delivery/{OPEN}"),
    _desk("delivery-wrong", _l("Delivery"), f"/admin/delivery/{OPEN}", {}),
    _desk("requests", _l("Requests about data"), "/admin/requests"),
    _desk("requests-empty", _l("Requests about data"), "/admin/requests", before=nothing),
    _desk("request-new", _l("Record a request"), "/admin/requests/new"),
    _desk("request-new-wrong", _l("Record a request"), "/admin/requests/new", {"received": "x"}),
    _desk("request", _l("Requests about data"), "/admin/requests/1"),
    _desk("request-wrong", _l("Requests about data"), "/admin/requests/1/answer", {}),
    _desk("request-answered", _l("Requests about data"), "/admin/requests/6"),
    _desk("request-signature", _l("Requests about data"), "/admin/requests/1/signatures/2"),
    _desk("request-signature-erasure", _l("Erase a signer’s data"), "/admin/requests/1/signatures/2/erasure"),
    _desk("privacy", _l("Privacy"), "/admin/privacy"),
    _desk("log", _l("Log"), "/admin/log"),
    _desk("log-wrong", _l("Log"), "/admin/log?since=x"),
    _desk("translations", _l("Translations"), "/admin/translations/"),
    _desk("translations-language", _l("Translations"), "/admin/translations/fr"),
    _desk("translations-nothing", _l("Translations"), "/admin/translations/fr?words=nothing-like-that"),
    _desk("translations-message", _l("Translations"), f"/admin/translations/fr/messages/{KEY}"),
    _desk(
        "translations-message-wrong",
        _l("Translations"),
        f"/admin/translations/fr/messages/{KEY}",
        {"text-0": "<b>%", "version": "0"},
    ),
    _desk("translations-file", _l("Files"), "/admin/translations/fr/file"),
    _desk("translations-file-wrong", _l("Files"), "/admin/translations/fr/file", {}),
    _desk("settings", _l("Settings"), "/admin/settings"),
    _desk("settings-association", _l("Association"), "/admin/settings/association"),
    _desk(
        "settings-association-wrong",
        _l("Association"),
        "/admin/settings/association",
        {"name": "", "email": "x", "hosting": ""},
    ),
    _desk("settings-appearance", _l("Appearance"), "/admin/settings/appearance"),
    _desk("settings-appearance-wrong", _l("Appearance"), "/admin/settings/appearance", {"accent": "x"}),
    _desk("settings-languages", _l("Languages"), "/admin/settings/languages"),
    _desk("settings-languages-wrong", _l("Languages"), "/admin/settings/languages", {}),
    _desk("settings-mail", _l("Mail"), "/admin/settings/mail"),
    _desk("settings-mail-wrong", _l("Mail"), "/admin/settings/mail", {"host": "?", "port": "x"}),
    _desk("settings-sealing", _l("Sealed addresses"), "/admin/settings/sealing"),
    _desk("settings-sealing-wrong", _l("Sealed addresses"), "/admin/settings/sealing", {"new": "short"}),
    _desk("settings-sealed", _l("Sealed addresses"), "/admin/settings/sealing", before=sealed),
    _desk("refused", _l("Not part of your role"), "/admin/team", who=READER),
    _desk(
        "step-up-wrong",
        _l("Your password, please"),
        "/admin/step-up",
        {"step_up_password": "wrong", "next": "/admin/team"},
        who=EARLIER,
    ),
    _desk("step-up", _l("Your password, please"), "/admin/team", who=EARLIER),
    Place("paper-mailbox", _l("Preview mailbox"), DESK, paper=papers.mailbox),
    Place("paper-delivery", _l("Delivery"), DESK, paper=papers.delivery),
    Place("paper-register", _l("Register of processing activities"), DESK, paper=papers.processing_register),
    Place("paper-export", _l("About this file"), DESK, paper=papers.about_export),
)
BY_NAME = {place.name: place for place in PLACES}


def titles() -> dict[str, str]:
    """What each place is called, by its name; of several that are called the same, which one it is."""
    found: dict[str, str] = {}
    met: Counter[tuple[str, str]] = Counter()
    for place in PLACES:
        label = str(place.label)
        met[place.group, label] += 1
        number = met[place.group, label]
        found[place.name] = label if number == 1 else f"{label} ({number})"
    return found

"""Where the team's own words are seen: each screen of the admin in its states, and its forms with mistakes."""

from __future__ import annotations

from collections import Counter

from flask_babel import lazy_gettext as _l

from petition_app.admin.translations import deeds, papers, petition_places, places, rare_places
from petition_app.admin.translations.deeds.states import in_one_language
from petition_app.admin.translations.petition_places import desk
from petition_app.admin.translations.places import DESK, Place
from petition_app.admin.translations.rare_states import held, no_team, nothing, sealed, sealed_signature
from petition_app.admin.translations.sample_data import CLOSED, OPEN
from petition_app.admin.translations.sample_desk import EARLIER, FORGETFUL, HALFWAY, INVITED, READER
from petition_app.models.translation import key_of
from petition_app.web.tokens import member_token

KEY = key_of(None, "Sign this petition")

_SCREENS: tuple[Place, ...] = (
    desk("dashboard", _l("Overview"), "/admin/"),
    desk("dashboard-empty", _l("Overview"), "/admin/", before=nothing),
    desk("account", _l("My account"), "/admin/account"),
    desk("account-second-factor", _l("My account"), "/admin/account", who=EARLIER),
    desk("account-wrong", _l("My account"), "/admin/account", {}),
    desk("account-password", _l("A new password"), "/admin/account/password"),
    desk(
        "account-password-wrong", _l("A new password"), "/admin/account/password", {"new": "short", "present": "wrong"}
    ),
    desk("second-factor", _l("Second factor"), "/admin/account/second-factor"),
    desk("second-factor-wrong", _l("Second factor"), "/admin/account/second-factor", {"code": "1"}),
    desk("recovery-codes", _l("Second factor"), "/admin/account/second-factor/recovery-codes", {}, who=EARLIER),
    desk("second-factor-removal", _l("Take the second factor away"), "/admin/account/second-factor/removal"),
    desk("passkey", _l("A new passkey"), "/admin/account/passkeys/new"),
    desk("passkey-wrong", _l("A new passkey"), "/admin/account/passkeys/new", {}),
    desk("nowhere", _l("There is no such page"), "/admin/nowhere"),
    desk("sign-in", _l("Sign in"), "/admin/sign-in", who=""),
    desk("sign-in-wrong", _l("Sign in"), "/admin/sign-in", {"email": "ada", "password": ""}, who=""),
    desk(
        "sign-in-refused", _l("Sign in"), "/admin/sign-in", {"email": "team@example.org", "password": "wrong"}, who=""
    ),
    desk("sign-in-code", _l("Your code"), "/admin/sign-in/code", who=HALFWAY),
    desk("sign-in-code-wrong", _l("Your code"), "/admin/sign-in/code", {"code": "1"}, who=HALFWAY),
    desk("sign-in-passkey", _l("Sign in with a passkey"), "/admin/sign-in/passkey", who=""),
    desk("new-password-ask", _l("A new password"), "/admin/new-password", who=""),
    desk("new-password-ask-wrong", _l("A new password"), "/admin/new-password", {}, who=""),
    desk("new-password-sent", _l("Look into your inbox"), "/admin/new-password/sent", who=""),
    desk(
        "new-password",
        _l("A new password"),
        lambda: f"/admin/new-password/{member_token('password_reset', FORGETFUL)}",
        who="",
    ),
    desk(
        "new-password-wrong",
        _l("A new password"),
        lambda: f"/admin/new-password/{member_token('password_reset', FORGETFUL)}",
        {"password": "short"},
        who="",
    ),
    desk("new-password-gone", _l("This link is not good any more"), "/admin/new-password/gone", who=""),
    desk("invitation", _l("Join the team"), lambda: f"/admin/invitation/{member_token('invitation', INVITED)}", who=""),
    desk(
        "invitation-wrong",
        _l("Join the team"),
        lambda: f"/admin/invitation/{member_token('invitation', INVITED)}",
        {},
        who="",
    ),
    desk("invitation-gone", _l("This invitation is not good any more"), "/admin/invitation/gone", who=""),
    desk("set-up", _l("Set the site up"), "/admin/set-up", who="", before=no_team),
    desk("set-up-wrong", _l("Set the site up"), "/admin/set-up", {"code": "wrong"}, who="", before=no_team),
    desk("team", _l("Team"), "/admin/team"),
    desk("team-invitation", _l("Invite somebody"), "/admin/team/invitation"),
    desk("team-invitation-wrong", _l("Invite somebody"), "/admin/team/invitation", {}),
    desk("team-member", _l("Team"), "/admin/team/2"),
    desk("team-member-invited", _l("Team"), "/admin/team/5"),
    desk("team-member-left", _l("Team"), "/admin/team/6"),
    desk("team-member-self", _l("Team"), "/admin/team/1"),
    desk("team-member-wrong", _l("Team"), "/admin/team/2", {}),
    desk("team-second-factor", _l("Take the second factor away"), "/admin/team/2/second-factor"),
    *petition_places.PLACES,
    desk("comments", _l("Comments"), "/admin/comments"),
    desk("comments-published", _l("Comments"), "/admin/comments/published"),
    desk("comments-hidden", _l("Comments"), "/admin/comments/hidden"),
    desk("comments-empty", _l("Comments"), "/admin/comments", before=nothing),
    desk("comments-wrong", _l("Comments"), "/admin/comments/decision", {"hide": "1"}),
    desk("comments-rules", _l("What holds comments back"), "/admin/comments/rules"),
    desk("comments-rules-wrong", _l("What holds comments back"), "/admin/comments/rules", {"words": "\x01"}),
    desk("signatures", _l("Signatures"), "/admin/signatures"),
    desk("signatures-found", _l("Signatures"), "/admin/signatures?name=Ex"),
    desk("signatures-nothing", _l("Signatures"), "/admin/signatures?name=Nobody"),
    desk("signatures-wrong", _l("Signatures"), "/admin/signatures?email=x&network=x&since=x"),
    desk("signature", _l("Signatures"), "/admin/signatures/2"),
    desk("signature-pending", _l("Signatures"), "/admin/signatures/1"),
    desk("signature-held", _l("Signatures"), "/admin/signatures/1", before=held),
    desk("signature-withdrawn", _l("Signatures"), "/admin/signatures/3"),
    desk("signature-invalidated", _l("Signatures"), "/admin/signatures/4"),
    desk("signature-sealed", _l("Signatures"), "/admin/signatures/2", before=sealed_signature),
    desk("signature-withdrawal", _l("Withdraw a signature"), "/admin/signatures/2/withdrawal"),
    desk("rules", _l("What was taken out"), "/admin/signatures/rules"),
    desk("rules-empty", _l("What was taken out"), "/admin/signatures/rules", before=nothing),
    desk("rule-preview", _l("Take signatures out"), "/admin/signatures/rules/preview", {"name": "Ex", "petition": "1"}),
    desk("rule-preview-wrong", _l("Signatures"), "/admin/signatures/rules/preview", {}),
    desk(
        "rule-wrong",
        _l("Take signatures out"),
        "/admin/signatures/rules",
        {"name": "Ex", "petition": "1", "foreseen": "1"},
    ),
    desk("rule", _l("What was taken out"), "/admin/signatures/rules/1"),
    desk("rule-taking", _l("What was taken out"), "/admin/signatures/rules/2"),
    desk("rule-undone", _l("What was taken out"), "/admin/signatures/rules/3"),
    desk("rule-undoing", _l("What was taken out"), "/admin/signatures/rules/4"),
    desk("rule-picked", _l("What was taken out"), "/admin/signatures/rules/5"),
    desk("fraud", _l("Fraud"), "/admin/fraud"),
    desk("fraud-empty", _l("Fraud"), "/admin/fraud", before=nothing),
    desk("fraud-petition", _l("Fraud"), f"/admin/fraud/{OPEN}"),
    desk("fraud-quarantined", _l("Fraud"), f"/admin/fraud/{OPEN}?state=quarantined"),
    desk("fraud-released", _l("Fraud"), f"/admin/fraud/{OPEN}?state=released"),
    desk("fraud-nothing", _l("Fraud"), f"/admin/fraud/{CLOSED}"),
    desk("cluster", _l("Fraud"), f"/admin/fraud/{OPEN}/1"),
    desk("cluster-quarantined", _l("Fraud"), f"/admin/fraud/{OPEN}/2"),
    desk("cluster-released", _l("Fraud"), f"/admin/fraud/{OPEN}/3"),
    desk("requests", _l("Requests about data"), "/admin/requests"),
    desk("requests-empty", _l("Requests about data"), "/admin/requests", before=nothing),
    desk("request-new", _l("Record a request"), "/admin/requests/new"),
    desk("request-new-wrong", _l("Record a request"), "/admin/requests/new", {"received": "x"}),
    desk("request", _l("Requests about data"), "/admin/requests/1"),
    desk("request-wrong", _l("Requests about data"), "/admin/requests/1/answer", {}),
    desk("request-answered", _l("Requests about data"), "/admin/requests/6"),
    desk("request-signature", _l("Requests about data"), "/admin/requests/1/signatures/2"),
    desk("request-signature-erasure", _l("Erase a signer’s data"), "/admin/requests/1/signatures/2/erasure"),
    desk("privacy", _l("Privacy"), "/admin/privacy"),
    desk("log", _l("Log"), "/admin/log"),
    desk("log-wrong", _l("Log"), "/admin/log?since=x"),
    desk("translations", _l("Translations"), "/admin/translations/"),
    desk("translations-language", _l("Translations"), "/admin/translations/fr"),
    desk("translations-nothing", _l("Translations"), "/admin/translations/fr?words=nothing-like-that"),
    desk("translations-message", _l("Translations"), f"/admin/translations/fr/messages/{KEY}"),
    desk(
        "translations-message-wrong",
        _l("Translations"),
        f"/admin/translations/fr/messages/{KEY}",
        {"text-0": "<b>%", "version": "0"},
    ),
    desk("translations-file", _l("Files"), "/admin/translations/fr/file"),
    desk("translations-file-wrong", _l("Files"), "/admin/translations/fr/file", {}),
    desk("settings", _l("Settings"), "/admin/settings"),
    desk("settings-association", _l("Association"), "/admin/settings/association"),
    desk(
        "settings-association-wrong",
        _l("Association"),
        "/admin/settings/association",
        {"name": "", "email": "x", "hosting": ""},
    ),
    desk("settings-appearance", _l("Appearance"), "/admin/settings/appearance"),
    desk("settings-appearance-wrong", _l("Appearance"), "/admin/settings/appearance", {"accent": "x"}),
    desk("settings-languages", _l("Languages"), "/admin/settings/languages"),
    desk("settings-languages-wrong", _l("Languages"), "/admin/settings/languages", {}),
    desk("settings-mail", _l("Mail"), "/admin/settings/mail"),
    desk("settings-mail-wrong", _l("Mail"), "/admin/settings/mail", {"host": "?", "port": "x"}),
    desk("settings-sealing", _l("Sealed addresses"), "/admin/settings/sealing"),
    desk("settings-sealing-wrong", _l("Sealed addresses"), "/admin/settings/sealing", {"new": "short"}),
    desk("settings-sealed", _l("Sealed addresses"), "/admin/settings/sealing", before=sealed),
    desk("refused", _l("Not part of your role"), "/admin/team", who=READER),
    desk(
        "step-up-wrong",
        _l("Your password, please"),
        "/admin/step-up",
        {"step_up_password": "wrong", "next": "/admin/team"},
        who=EARLIER,
    ),
    desk("step-up", _l("Your password, please"), "/admin/team", who=EARLIER),
    Place("paper-mailbox", _l("Preview mailbox"), DESK, paper=papers.mailbox),
    Place("paper-delivery", _l("Delivery"), DESK, paper=papers.delivery),
    Place("paper-delivery-alone", _l("Delivery"), DESK, paper=papers.delivery, before=in_one_language),
    Place(
        "paper-register-sealed",
        _l("Register of processing activities"),
        DESK,
        paper=papers.processing_register,
        before=sealed,
    ),
    Place("paper-register", _l("Register of processing activities"), DESK, paper=papers.processing_register),
    Place("paper-export", _l("About this file"), DESK, paper=papers.about_export),
)
PLACES: tuple[Place, ...] = (*places.PLACES, *rare_places.PLACES, *_SCREENS, *deeds.places(_SCREENS))
# Those to choose from; what a form answers is met where a text of it is shown.
LISTED = tuple(place for place in PLACES if not place.is_deed)
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

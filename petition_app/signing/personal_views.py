"""What the links in the mails open: confirm, receipt, see, correct, withdraw, take away, erase."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Signature
from petition_app.models.base import now
from petition_app.privacy.retention import signers_kept_until
from petition_app.signing import confirming, lifecycle
from petition_app.signing.forms import CorrectionForm
from petition_app.signing.lifecycle import Correction, Gone, NameTaken
from petition_app.signing.stored_data import mails_to, network_kept_until, stored_data
from petition_app.signing.views import blueprint
from petition_app.web.errors import error_page
from petition_app.web.origin import require_same_origin
from petition_app.web.security_headers import private
from petition_app.web.site import association_name
from petition_app.web.tokens import (
    TokenDamaged,
    TokenExpired,
    personal_token,
    read_confirmation_token,
    read_personal_token,
)


class NoSuchSignature(Exception):
    """The link opens nothing; `response` is the page that says why and what to do."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__()


@blueprint.errorhandler(NoSuchSignature)
def no_such_signature(error: NoSuchSignature) -> Response:
    return error.response


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Pages behind a token are one person's: never kept by anyone, never indexed, never told of in a Referer."""
    return private(response) if "token" in (request.view_args or {}) else response


@blueprint.get("/<locale:locale>/signatures/<token>/confirmation")
def confirmation(token: str) -> ResponseReturnValue:
    """One button. Opening the link confirms nothing: mail scanners open links too."""
    signature = _by_key(_key_to_confirm(token))
    if signature.status == "confirmed" or signature.is_held:
        return _to_receipt(signature.key)
    if signature.status != "pending":
        return _unconfirmable("withdrawn", signature)
    if not signature.petition.takes_confirmations(now()):
        return _unconfirmable("closed", signature)
    return _confirmation_page(signature, token)


def _confirmation_page(signature: Signature, token: str, *, entered_anew: bool = False) -> str:
    return render_template("signing/confirmation.html", **_shown(signature), token=token, entered_anew=entered_anew)


@blueprint.post("/<locale:locale>/signatures/<token>/confirmation")
@require_same_origin
def confirm(token: str) -> ResponseReturnValue:
    """Make it count, as it was shown: what was entered anew since then is shown first."""
    shown = request.form.get("shown")
    key = _key_to_confirm(token)
    outcome, signature = confirming.confirm_signature(key, now(), shown)
    if outcome in ("confirmed", "held"):
        return _to_receipt(key)
    if signature is None:
        return _erased_page()
    if outcome == "entered_anew":
        return make_response(_confirmation_page(signature, token, entered_anew=True), 409)
    if outcome == "already":
        return _to_receipt(signature.key)
    return _unconfirmable(outcome, signature)


@blueprint.get("/<locale:locale>/signatures/<token>/receipt")
def receipt(token: str) -> ResponseReturnValue:
    """Your signature is the Nth; or that it is looked at before it gets a number."""
    signature = _own(token)
    if signature.is_held:
        return render_template("signing/held.html", **_shown(signature), token=token)
    if signature.status != "confirmed":
        return redirect(url_for("signing.personal", token=token), 303)
    thanks = signature.petition.own_words("thanks", selected_locale())
    return render_template(
        "signing/receipt.html", **_shown(signature), token=token, own=thanks, association=association_name()
    )


@blueprint.get("/<locale:locale>/signatures/<token>")
def personal(token: str) -> ResponseReturnValue:
    """All that is stored, and all that can be done about it."""
    signature = _own(token)
    return _personal_page(signature, token, CorrectionForm(signature, formdata=None))


@blueprint.post("/<locale:locale>/signatures/<token>")
@require_same_origin
def correct(token: str) -> ResponseReturnValue:
    signature = _own(token)
    form = CorrectionForm(signature)
    if signature.status not in ("pending", "confirmed"):
        return redirect(url_for("signing.personal", token=token), 303)
    if form.validate():
        try:
            lifecycle.correct_signature(signature.id, _correction(form), now())
            return redirect(url_for("signing.personal", token=token, done="saved"), 303)
        except Gone:
            return redirect(url_for("signing.personal", token=token), 303)
        except NameTaken:
            form.given_name.errors = [_("Another signature confirmed from your mailbox has this name already.")]
    return make_response(_personal_page(signature, token, form), 422)


@blueprint.post("/<locale:locale>/signatures/<token>/form")
@require_same_origin
def personal_again(token: str) -> ResponseReturnValue:
    """The personal page in this language, with what was typed into it in another one. Nothing is changed."""
    signature = _own(token)
    form = CorrectionForm(signature)
    if request.form.get("again") == "errors":
        form.validate()
    return _personal_page(signature, token, form)


@blueprint.post("/<locale:locale>/signatures/<token>/answers/<int:field_id>/erasure")
@require_same_origin
def erase_answer(token: str, field_id: int) -> ResponseReturnValue:
    """Take one answer back, of a question that is no longer asked, too; the signature stays as it is."""
    lifecycle.erase_answer(_own(token).id, field_id)
    return redirect(url_for("signing.personal", token=token, done="answer_erased"), 303)


@blueprint.post("/<locale:locale>/signatures/<token>/consents/<purpose>/withdrawal")
@require_same_origin
def withdraw_consent(token: str, purpose: str) -> ResponseReturnValue:
    """Take one consent to news back by one press; the signature stays as it is."""
    lifecycle.withdraw_consent(_own(token).id, purpose, now())
    return redirect(url_for("signing.personal", token=token, done="consent_withdrawn"), 303)


@blueprint.get("/<locale:locale>/signatures/<token>/withdrawal")
def withdrawal(token: str) -> ResponseReturnValue:
    signature = _own(token)
    return render_template("signing/withdrawal.html", **_shown(signature), token=token)


@blueprint.post("/<locale:locale>/signatures/<token>/withdrawal")
@require_same_origin
def withdraw(token: str) -> ResponseReturnValue:
    lifecycle.withdraw_signature(_own(token).id, now())
    return redirect(url_for("signing.personal", token=token, done="withdrawn"), 303)


@blueprint.get("/<locale:locale>/signatures/<token>/erasure")
def erasure(token: str) -> ResponseReturnValue:
    signature = _own(token)
    return render_template("signing/erasure.html", **_shown(signature), token=token)


@blueprint.post("/<locale:locale>/signatures/<token>/erasure")
@require_same_origin
def erase(token: str) -> ResponseReturnValue:
    signature = _own(token)
    petition, shown = signature.petition, _shown(signature)
    lifecycle.erase_signature(signature.id, now())
    return render_template("signing/erased.html", petition=petition, text=shown["text"])


@blueprint.get("/<locale:locale>/signatures/<token>/data.json")
def data(token: str) -> ResponseReturnValue:
    """A copy of one's data, for oneself or for another service (GDPR art. 15 and 20)."""
    signature = _own(token)
    copy = json.dumps(stored_data(signature), ensure_ascii=False, indent=2)
    response = make_response(copy)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="signature.json"'
    return response


def _key_to_confirm(token: str) -> str:
    """The key of the signature that a confirmation's link names, or a page that helps."""
    try:
        return read_confirmation_token(token)
    except TokenExpired:
        raise NoSuchSignature(
            error_page(
                410,
                _("This link has expired"),
                _("A confirmation link is good for 30 days. Sign the petition again, and a new one is sent to you."),
            )
        ) from None
    except TokenDamaged:
        raise NoSuchSignature(_damaged_page()) from None


def _own(token: str) -> Signature:
    """The signature that a personal link opens, or a page that helps."""
    try:
        key = read_personal_token(token)
    except TokenDamaged:
        raise NoSuchSignature(_damaged_page()) from None
    return _by_key(key)


_BY_KEY = select(Signature).where(Signature.key == bindparam("key"))


def _by_key(key: str) -> Signature:
    signature: Signature | None = db.session.scalar(_BY_KEY, {"key": key})
    if signature is None:
        raise NoSuchSignature(_erased_page())
    return signature


def _damaged_page() -> Response:
    return error_page(
        404,
        _("This link is not complete"),
        _(
            "Something of it is missing or was changed on the way. "
            "Copy the whole link from the mail into the address bar. "
            "If you cannot find the mail, have your links sent again: see “I lost my link” at the foot of the page."
        ),
    )


def _erased_page() -> Response:
    return error_page(
        410,
        _("This signature is no longer there"),
        _(
            "Everything that was stored about its signer was erased: by the signer, or because its time was over, "
            "as the privacy policy says."
        ),
    )


def _unconfirmable(reason: str, signature: Signature) -> ResponseReturnValue:
    page = render_template("signing/unconfirmable.html", **_shown(signature), reason=reason)
    return make_response(page, 410 if reason != "mailbox_full" else 409)


def _to_receipt(key: str | None) -> ResponseReturnValue:
    return redirect(url_for("signing.receipt", token=personal_token(key or "")), 303)


def _shown(signature: Signature) -> dict[str, Any]:
    """What every page about a signature shows; the text is the version that was signed."""
    return {"signature": signature, "petition": signature.petition, "text": signature.text}


def _personal_page(signature: Signature, token: str, form: CorrectionForm) -> str:
    done = request.args.get("done", "")
    stored = {
        "mails": mails_to(signature),
        "network_kept_until": network_kept_until(signature),
        "kept_until": signers_kept_until(signature.petition),
    }
    return render_template("signing/personal.html", **_shown(signature), **stored, token=token, form=form, done=done)


def _correction(form: CorrectionForm) -> Correction:
    return Correction(
        given_name=form.text_of("given_name"),
        surname=form.text_of("surname"),
        postal_code=form.text_of("postal_code") if form.postal_code else None,
        country=form.text_of("country") if form.country else None,
        comment=form.text_of("comment") if form.comment else None,
        name_display=form.text_of("name_display"),
        consents=form.chosen_consents(),
        answers=form.answers(),
    )

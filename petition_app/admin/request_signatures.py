"""What a request about data leads to: its signatures, seen, copied, corrected, erased for who has asked for it.

Each act is done for a request, and so is none without one; the log says which.
"""

from __future__ import annotations

import json
from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.data_requests import blueprint, load, to
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.typed import keys_of
from petition_app.extensions import db
from petition_app.models import DataRequest, Signature
from petition_app.models.base import now
from petition_app.privacy.consent import OPTIONAL_BOXES
from petition_app.signing import lifecycle
from petition_app.signing.forms import CorrectionForm
from petition_app.signing.lifecycle import Correction, Gone, NameTaken
from petition_app.signing.stored_data import stored_data
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

audit.name_acts(
    {
        "signature.copied": _l("downloaded what is kept of a signer"),
        "signature.corrected": _l("corrected a signature for its signer"),
        "signature.consent_withdrawn": _l("withdrew a consent for a signer"),
        "signature.erased": _l("erased a signer’s data"),
    }
)


@blueprint.post("/<int:request_id>/signatures")
@allowed("privacy.manage")
def attach(request_id: int) -> ResponseReturnValue:
    """These are the person's signatures."""
    ticked = keys_of(request.form.getlist("id")[:100])
    with writing() as session:
        wanted = load(request_id)
        wanted.signature_ids = sorted({*wanted.signature_ids, *ticked})
        session.add(wanted)
    return to(wanted)


@blueprint.post("/<int:request_id>/signatures/<int:signature_id>/removal")
@allowed("privacy.manage")
def detach(request_id: int, signature_id: int) -> ResponseReturnValue:
    """It is somebody else's."""
    with writing() as session:
        wanted = load(request_id)
        wanted.signature_ids = [number for number in wanted.signature_ids if number != signature_id]
        session.add(wanted)
    return to(wanted)


@blueprint.get("/<int:request_id>/signatures/<int:signature_id>/data.json")
@allowed("privacy.manage")
def copy(request_id: int, signature_id: int) -> ResponseReturnValue:
    """All that is kept about it, as the signer's own link gives it."""
    wanted, signature = _found(request_id, signature_id)
    content = json.dumps(stored_data(signature), ensure_ascii=False, indent=2)
    _record("signature.copied", signature_id, wanted)
    response = make_response(content)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="signature-{signature_id}.json"'
    return response


@blueprint.post("/<int:request_id>/signatures/<int:signature_id>/consents/<purpose>/withdrawal")
@allowed("privacy.manage")
def withdraw_consent(request_id: int, signature_id: int, purpose: str) -> ResponseReturnValue:
    wanted, _signature = _found(request_id, signature_id)
    if lifecycle.withdraw_consent(signature_id, purpose, now()):
        _record("signature.consent_withdrawn", signature_id, wanted, purpose=purpose)
        notice(_("The consent is withdrawn."))
    return _back(wanted, signature_id)


@blueprint.get("/<int:request_id>/signatures/<int:signature_id>")
@allowed("privacy.manage")
def signature(request_id: int, signature_id: int) -> ResponseReturnValue:
    """All that is kept about it, and what can be done for its signer."""
    wanted, found = _found(request_id, signature_id)
    return _page(wanted, found, RequestedCorrection(found, formdata=None))


class RequestedCorrection(CorrectionForm):
    """What the association corrects for a signer: all but the consents, which nobody gives for another."""

    def __init__(self, signature: Signature, *args: Any, **kwargs: Any) -> None:
        super().__init__(signature, *args, **kwargs)
        for purpose in OPTIONAL_BOXES:
            del self._fields[f"consent_{purpose}"]

    def chosen_consents(self) -> dict[str, str]:
        return {"name_display": str(self.name_display.data)}


@blueprint.post("/<int:request_id>/signatures/<int:signature_id>")
@allowed("privacy.manage")
def correct(request_id: int, signature_id: int) -> ResponseReturnValue:
    """Correct it as the letter says."""
    wanted, found = _found(request_id, signature_id)
    form = RequestedCorrection(found)
    if not form.validate():
        return make_response(_page(wanted, found, form), 422)
    given = {purpose: found.consent_to(purpose) for purpose in OPTIONAL_BOXES}
    standing = {purpose: "yes" for purpose, consent in given.items() if consent is not None and consent.stands}
    try:
        lifecycle.correct_signature(signature_id, _correction(form, standing), now())
    except Gone:
        notice(_("This signature neither counts nor waits: nothing of it can be corrected."), kind=WARNING)
    except NameTaken:
        form.given_name.errors = [_("Another signature confirmed from your mailbox has this name already.")]
        return make_response(_page(wanted, found, form), 422)
    else:
        _record("signature.corrected", signature_id, wanted)
        notice(_("The changes are saved. The public page shows them within seconds."))
    return _back(wanted, signature_id)


@blueprint.get("/<int:request_id>/signatures/<int:signature_id>/erasure")
@allowed("privacy.manage")
def erasure(request_id: int, signature_id: int) -> ResponseReturnValue:
    wanted, found = _found(request_id, signature_id)
    return render_template("admin/data_requests/erasure.html", wanted=wanted, found=found)


@blueprint.post("/<int:request_id>/signatures/<int:signature_id>/erasure")
@allowed("privacy.manage")
def erase(request_id: int, signature_id: int) -> ResponseReturnValue:
    """Forget the signer, as the personal link does."""
    wanted, found = _found(request_id, signature_id)
    petition_id = found.petition_id
    with writing() as session:
        erased = lifecycle.erase(session, signature_id, now())
        audit.record(session, "signature.erased", erased, request=wanted.id)
    petition_changed.send(petition_id=petition_id)
    notice(_("Everything about this signer is erased."))
    return to(wanted)


def _found(request_id: int, signature_id: int) -> tuple[DataRequest, Signature]:
    """The request, and a signature that was found to be of who has sent it; else 404."""
    wanted = load(request_id)
    found = db.session.get(Signature, signature_id) if signature_id in wanted.signature_ids else None
    return (wanted, found) if found is not None and not found.is_erased else abort(404)


def _record(action: str, signature_id: int, wanted: DataRequest, **details: Any) -> None:
    number = wanted.id
    with writing() as session:
        audit.record(session, action, session.get_one(Signature, signature_id), request=number, **details)


def _page(wanted: DataRequest, found: Signature, form: RequestedCorrection) -> str:
    return render_template(
        "admin/data_requests/signature.html",
        wanted=wanted,
        found=found,
        text=found.text,
        form=form,
        boxes=OPTIONAL_BOXES,
    )


def _correction(form: RequestedCorrection, standing: dict[str, str]) -> Correction:
    return Correction(
        given_name=form.text_of("given_name"),
        surname=form.text_of("surname"),
        postal_code=form.text_of("postal_code") if form.postal_code else None,
        country=form.text_of("country") if form.country else None,
        comment=form.text_of("comment") if form.comment else None,
        name_display=form.text_of("name_display"),
        consents={**standing, **form.chosen_consents()},
        answers=form.answers(),
    )


def _back(wanted: DataRequest, signature_id: int) -> ResponseReturnValue:
    return redirect(url_for(".signature", request_id=wanted.id, signature_id=signature_id), 303)

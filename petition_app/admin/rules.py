"""Take out what is no signature, by a rule: seen beforehand, counted, written down, and undone where it was wrong."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext
from sqlalchemy import select
from wtforms.validators import InputRequired

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.forms import LineField, a_line
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.signatures import SearchForm
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import InvalidationRule, Member, Petition
from petition_app.models.base import now
from petition_app.signing import rules as taking
from petition_app.signing.criteria import Criteria
from petition_app.transactions import writing

blueprint = Blueprint("rules", __name__, url_prefix="/signatures/rules")

PAGE = 50
# How long the page itself works on a rule before it leaves the rest to the worker.
SECONDS = 1.5

audit.name_acts(
    {
        "rule.made": _l("took signatures out by a rule"),
        "rule.undone": _l("gave back what a rule took out"),
    }
)


class RuleForm(SearchForm):
    """What was looked for, and why it is no signature."""

    reason = LineField(_l("Reason"), [InputRequired(_l("Please fill this in.")), a_line(300)])


@blueprint.get("")
@allowed("signatures.read")
def index() -> ResponseReturnValue:
    """Every rule there was, the newest first."""
    before = request.args.get("before", "")
    found = select(InvalidationRule).order_by(InvalidationRule.id.desc()).limit(PAGE + 1)
    if before.isdecimal() and len(before) < 10:
        found = found.where(InvalidationRule.id < int(before))
    rules = db.session.scalars(found).all()
    return render_template(
        "admin/rules/index.html",
        rules=rules[:PAGE],
        first=url_for("admin.rules.index") if before else "",
        older=url_for("admin.rules.index", before=rules[PAGE - 1].id) if len(rules) > PAGE else "",
        describe=describe,
    )


@blueprint.post("/preview")
@allowed("signatures.moderate")
def preview() -> ResponseReturnValue:
    """How many signatures it would take out, and some of them; nothing is changed."""
    form = RuleForm()
    if not _says_enough(form):
        return _to_search()
    form.reason.errors = ()
    return _preview_page(form)


@blueprint.post("")
@allowed("signatures.moderate")
def make() -> ResponseReturnValue:
    """Take them out: at once what can be done in a moment, the rest by the worker."""
    form = RuleForm()
    if not _says_enough(form):
        return _to_search()
    if not form.validate():
        return make_response(_preview_page(form), 422)
    seen = taking.preview(form.criteria)
    if seen.is_too_many or str(len(seen.ids)) != request.form.get("foreseen"):
        form.form_errors.append(_("The number has changed since you looked. Please look again, then press the button."))
        return make_response(_preview_page(form), 409)
    member = current.member()
    with writing() as session:
        rule = taking.make_rule(
            session, form.criteria, seen.ids, form.reason.data or "", session.get_one(Member, member.id)
        )
        audit.record(session, "rule.made", rule, reason=rule.reason, foreseen=rule.foreseen)
        rule_id = rule.id
    taking.advance(rule_id, now(), seconds=SECONDS)
    notice(
        ngettext("%(num)s signature is taken out.", "%(num)s signatures are taken out.", len(seen.ids)),
        undo=url_for("admin.rules.undo", rule_id=rule_id),
    )
    return redirect(url_for("admin.rules.rule", rule_id=rule_id), 303)


@blueprint.get("/<int:rule_id>")
@allowed("signatures.read")
def rule(rule_id: int) -> ResponseReturnValue:
    """A rule: what it looks for, why, what it took, how far it is."""
    return render_template("admin/rules/rule.html", rule=_found(rule_id), describe=describe)


@blueprint.post("/<int:rule_id>/undo")
@allowed("signatures.moderate")
def undo(rule_id: int) -> ResponseReturnValue:
    """Give back everything that it took."""
    _found(rule_id)
    with writing() as session:
        undone = taking.undo(session, rule_id, now())
        if undone is not None:
            audit.record(session, "rule.undone", undone, taken=undone.taken)
    if undone is None:
        notice(_("This rule is undone already."), kind=WARNING)
    else:
        taking.advance(rule_id, now(), seconds=SECONDS)
        notice(_("What the rule took out is given back."))
    return redirect(url_for("admin.rules.rule", rule_id=rule_id), 303)


def describe(rule: InvalidationRule) -> Sequence[tuple[str, object]]:
    """What a rule looks for, as pairs of a name and what was said."""
    criteria = Criteria.from_json(rule.criteria, rule.petition_id)
    petition = db.session.get(Petition, rule.petition_id) if rule.petition_id else None
    said = [
        (_("Petition"), petition.text_for(selected_locale()).title if petition else _("All petitions")),
        (pgettext("whole name", "Name"), criteria.name),
        (_("E-mail"), criteria.email or (pgettext("address", "sealed") if criteria.mailbox else "")),
        (_("Postal Code"), criteria.postal_code),
        (_("Network"), criteria.network),
        (_("Entered from"), criteria.since),
        (_("Entered before"), criteria.until),
        (_("Ticked one by one"), len(criteria.ids)),
        (_("Cluster no."), criteria.cluster),
    ]
    return [(name, value) for name, value in said if value]


def _says_enough(form: RuleForm) -> bool:
    """Whether what is looked for can be looked for, and is less than everything."""
    form.validate()
    return set(form.errors) <= {"reason"} and form.criteria.is_narrow


def _to_search() -> ResponseReturnValue:
    notice(
        _("A rule needs more than a petition: a name, an address, a postal code, a network or a span of time."),
        kind=WARNING,
    )
    return redirect(url_for("admin.signatures.index"), 303)


def _preview_page(form: RuleForm) -> str:
    seen = taking.preview(form.criteria)
    return render_template("admin/rules/preview.html", form=form, seen=seen, most=taking.MOST, ids=form.criteria.ids)


def _found(rule_id: int) -> InvalidationRule:
    found = db.session.get(InvalidationRule, rule_id) if rule_id < 2**31 else None
    return found if found is not None else abort(404)

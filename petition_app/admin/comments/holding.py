"""What makes a comment wait for a look, and what readers' flags do."""

from __future__ import annotations

from flask import make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import SelectField, TextAreaField
from wtforms.validators import Optional

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.comments.screen import blueprint
from petition_app.admin.forms import AdminForm
from petition_app.admin.notices import notice
from petition_app.models import ModerationSettings
from petition_app.signing.cleaning import clean_text, has_controls
from petition_app.transactions import writing

LONGEST_WORD, MOST_WORDS = 100, 500
FLAG_NUMBERS = (1, 2, 3, 5, 10, 20)


class HoldingForm(AdminForm):
    """What makes a comment wait, and what readers’ flags do."""

    words = TextAreaField(_l("Words that hold a comment back"), [Optional()], filters=[clean_text])
    flags_to_queue = SelectField(_l("Flags that bring a comment into the queue"))
    flags_to_hide = SelectField(_l("Flags that take it off the page until somebody has looked"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        numbers = [(str(n), ngettext("%(num)s reader", "%(num)s different readers", n)) for n in FLAG_NUMBERS]
        self.flags_to_queue.choices = numbers
        # Translators: how many readers may take a comment off the page
        self.flags_to_hide.choices = [("", _("None: flags alone never do")), *numbers]

    def validate_words(self, field: TextAreaField) -> None:
        lines = [" ".join(line.split()) for line in (field.data or "").splitlines()]
        words = list(dict.fromkeys(line for line in lines if line))
        field.data = "\n".join(words)
        if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
            field.errors = [
                *field.errors,
                # Translators: the numbers are always 500 and 100
                _("At most %(most)s lines of %(long)s characters fit.", most=MOST_WORDS, long=LONGEST_WORD),
            ]
        if has_controls(field.data):
            field.errors = [
                *field.errors,
                _("There is a character here that cannot be shown. Please type the text again."),
            ]


@blueprint.get("/rules")
@allowed("comments.moderate")
def rules() -> ResponseReturnValue:
    """What holds comments back."""
    stored = ModerationSettings.current()
    hide = str(stored.flags_to_hide) if stored.flags_to_hide else ""
    form = HoldingForm(formdata=None, words=stored.words, flags_to_queue=str(stored.flags_to_queue), flags_to_hide=hide)
    return _rules_page(form)


@blueprint.post("/rules")
@allowed("comments.moderate")
def save_rules() -> ResponseReturnValue:
    form = HoldingForm()
    if not form.validate() or form.words.errors:
        return make_response(_rules_page(form), 422)
    with writing() as session:
        stored = session.merge(ModerationSettings.current())
        stored.words = form.words.data or ""
        stored.flags_to_queue = int(form.flags_to_queue.data)
        stored.flags_to_hide = int(form.flags_to_hide.data) if form.flags_to_hide.data else None
        audit.record(
            session,
            "comment.rules_changed",
            words=len(stored.listed_words),
            flags_to_queue=stored.flags_to_queue,
            flags_to_hide=stored.flags_to_hide,
        )
    notice(_("What holds comments back is saved. It holds for those that are written from now on."))
    return redirect(url_for("admin.comments.rules"), 303)


def _rules_page(form: HoldingForm) -> str:
    return render_template("admin/comments/rules.html", form=form)

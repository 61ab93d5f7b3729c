"""How mails leave: the server, the sender, and a trial of both before anything is relied on."""

from __future__ import annotations

from urllib.parse import quote

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, PasswordField, SelectField
from wtforms.validators import ValidationError

from petition_app import config_values
from petition_app.admin import current
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField
from petition_app.admin.settings.association import short
from petition_app.admin.settings.pages import add_section, blueprint, fixed, page, save, saved
from petition_app.config_values import MailServer
from petition_app.i18n.locales import selected_locale
from petition_app.mail import trial
from petition_app.mail.trial import Outcome
from petition_app.site import effective
from petition_app.site.sealing import sealed, unsealed
from petition_app.web.site import settings

PORTS = {"smtp": 587, "smtps": 465}
LONGEST_PASSWORD = 500

add_section(
    "admin.settings.mail",
    _l("Mail"),
    _l("The server that mails go out by, and their sender. Without one, nobody can confirm a signature."),
    position=40,
)


def a_host(_form: AdminForm, field: Field) -> None:
    if field.data:
        try:
            config_values.host(field.data)
        except ValueError:
            raise ValidationError(_("This is no name of a server. It should be like mail.example.org.")) from None


def a_port(_form: AdminForm, field: Field) -> None:
    if field.data and not (field.data.isascii() and field.data.isdecimal() and 0 < int(field.data[:6]) < 65536):
        raise ValidationError(_("This is no port. It should be a number such as 587 or 465."))


def a_sender(form: MailForm, field: Field) -> None:
    try:
        config_values.mail_from(field.data or "")
    except ValueError:
        raise ValidationError(_("This does not look like a sender. It should be like petition@example.org.")) from None
    if form.host.data and not field.data:
        raise ValidationError(_("Please say which address the mails come from."))


class MailForm(AdminForm):
    host = LineField(_l("Mail server"), [short, a_host])
    port = LineField(_l("Port"), [a_port])
    protection = SelectField(
        _l("Protection"),
        choices=[
            ("smtp", _l("STARTTLS (usual, port 587)")),
            # Translators: of a connection to a mail server
            ("smtps", _l("TLS from the first byte (port 465)")),
        ],
        default="smtp",
        validate_choice=True,
    )
    user = LineField(_l("User"), [short])
    password = PasswordField(_l("Password"))
    # A password that was typed comes back to be saved, and nobody can read it on the way.
    sealed_password = HiddenField()
    sender = LineField(_l("Sender"), [short, a_sender])

    def validate_password(self, field: Field) -> None:
        if len(field.data or "") > LONGEST_PASSWORD:
            raise ValidationError(
                _("This is longer than %(most)s characters. Please shorten it.", most=LONGEST_PASSWORD)
            )

    def server(self) -> MailServer | None:
        """The server that the form names, with the password that was typed, or else the one that is kept."""
        if not self.host.data:
            return None
        return MailServer(
            host=self.host.data,
            port=int(self.port.data or PORTS[self.protection.data]),
            tls=self.protection.data == "smtps",
            user=self.user.data or None,
            password=self.current_password() if self.user.data else None,
        )

    def current_password(self) -> str | None:
        secret = settings().secret_key
        if self.password.data:
            return str(self.password.data)
        if (typed_before := unsealed(self.sealed_password.data or "", secret)) is not None:
            return typed_before
        kept = settings().mail_server
        is_same = kept is not None and (kept.host, kept.user) == (self.host.data, self.user.data)
        return kept.password if kept is not None and is_same else None


@blueprint.get("/mail")
@allowed("settings.manage")
def mail() -> ResponseReturnValue:
    """The server and the sender, to be changed."""
    return _page(_stored_form())


@blueprint.post("/mail")
@allowed("settings.manage")
def save_mail() -> ResponseReturnValue:
    """Save them once the server has let us in, or told to save them all the same; or only send a test mail."""
    form = _sent_form()
    if not form.validate():
        return _page(form, status=422)
    server, act = form.server(), request.form.get("act", "")
    if act == "test":
        return _page(form, _sent_test(form, server), status=200)
    if server is not None and server != settings().mail_server and act != "anyway":
        outcome = trial.try_server(server)
        if not outcome.is_good:
            return _page(form, outcome, may_save_anyway=True, status=422)
    save(_values(form, server))
    return saved("mail")


def _values(form: MailForm, server: MailServer | None) -> dict[str, str]:
    """What is stored: the address without its password, and that sealed."""
    if server is None:
        return {"mail_url": "", "mail_from": form.sender.data or "", effective.MAIL_PASSWORD: ""}
    user = f"{quote(server.user, safe='')}@" if server.user else ""
    scheme = "smtps" if server.tls else "smtp"
    values = {"mail_url": f"{scheme}://{user}{server.host}:{server.port}", "mail_from": form.sender.data or ""}
    kept = settings().mail_server
    if server.password is None:
        values[effective.MAIL_PASSWORD] = ""
    elif kept is None or server.password != kept.password:  # sealed anew, it would look changed
        values[effective.MAIL_PASSWORD] = sealed(server.password, settings().secret_key)
    return values


def _sent_test(form: MailForm, server: MailServer | None) -> Outcome:
    if server is None:
        return Outcome(
            False,
            _("There is no mail server yet, so nothing goes out: mails are kept on the machine that runs this site."),
        )
    return trial.send_test(server, form.sender.data or "", current.member().email, selected_locale())


def _stored_form() -> MailForm:
    return MailForm(formdata=None, data=_stored())


def _stored() -> dict[str, str]:
    site, server = settings(), settings().mail_server
    known = {"sender": site.values["mail_from"] if server or "mail_from" in site.sources else ""}
    if site.sources["mail_from"] == "default":
        known["sender"] = ""
    if server is not None:
        known |= {
            "host": server.host,
            "port": str(server.port),
            "protection": "smtps" if server.tls else "smtp",
            "user": server.user or "",
        }
    return known


def _sent_form() -> MailForm:
    """What was sent; in place of what the operator has set, that."""
    form, stored = MailForm(), _stored()
    parts = {"mail_url": ("host", "port", "protection", "user"), "mail_from": ("sender",)}
    for name in parts.keys() & fixed().keys():
        for part in parts[name]:
            form[part].data = stored.get(part, form[part].data)
            form[part].validators = []
    return form


def _page(
    form: MailForm, outcome: Outcome | None = None, *, may_save_anyway: bool = False, status: int = 200
) -> ResponseReturnValue:
    if form.password.data and not form.password.errors:
        form.sealed_password.data = sealed(form.password.data, settings().secret_key)
    server = settings().mail_server
    return page(
        "mail",
        status,
        form=form,
        outcome=outcome,
        may_save_anyway=may_save_anyway,
        has_password=server is not None and bool(server.password),
        has_typed_password=bool(form.sealed_password.data),
        has_lost_password=effective.known().has_lost_password,
    )

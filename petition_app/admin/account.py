"""One's own account."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from petition_app.admin.access import allowed
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen

blueprint = Blueprint("account", __name__, url_prefix="/account")

add_screen(Screen("admin.account.index", _l("My account"), "account.manage", ASSOCIATION, position=90))


@blueprint.get("")
@allowed("account.manage")
def index() -> ResponseReturnValue:
    return render_template("admin/account/index.html")

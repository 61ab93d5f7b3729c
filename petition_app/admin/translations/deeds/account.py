"""At the door, on one's own account, in the team."""

from __future__ import annotations

from typing import Any

from petition_app.admin.translations.deeds import states
from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.deeds.states import CONTROLLED, PASSWORD
from petition_app.admin.translations.rare_states import no_team

_TRIED: dict[str, Any] = {"before": states.many_tries, "settings": CONTROLLED}
_NEW = {"current": PASSWORD, "password": "other words that nobody would think of"}
_NAMED = {"email": "team@example.org", "password": "wrong"}
_WEAK = [{"current": "x", "password": word} for word in ("x" * 201, "password1234", "team@example.org")]
_KEPT = '["/admin/team", "name=Ada"]'

DEEDS: list[Deed] = [
    *sent("account", {"name": "Ada Example", "locale": "fr"}),
    *sent("account", {}, to="/admin/account/sessions/end"),
    *sent("account-password", *_WEAK),
    *sent("account-password", _NEW, before=states.with_password),
    *sent("account-password", _NEW, **_TRIED),
    seen("second-factor", before=states.with_second_factor),
    Deed("second-factor", lambda: {"code": states.code()}, before=states.half_set_up),
    *sent("second-factor-removal", {}, before=states.with_second_factor),
    *sent("passkey", {"name": "Telephone", "credential": "{}"}),
    seen("account", before=states.with_used_passkey),
    *sent("account", {}, to="/admin/account/passkeys/2/removal", before=states.with_used_passkey),
    *sent("sign-in-passkey", {"credential": "{}"}),
    *sent("sign-in-passkey", {"credential": "{}"}, **_TRIED),
    *sent("sign-in", _NAMED, **_TRIED),
    *sent("sign-in", _NAMED | {"password": PASSWORD, "kept": _KEPT}, before=states.with_password),
    *sent("sign-in", {"name": "Ada"}, to="/admin/team/2/role"),
    *sent(
        "sign-in",
        _NAMED | {"password": PASSWORD, "kept": _KEPT},
        before=states.with_password,
        told={"has_ended": False},
    ),
    *sent("new-password-ask", {"email": "team@example.org"}, **_TRIED),
    *sent("new-password", {"password": _NEW["password"]}),
    *sent("invitation", {"name": "Emil Example", "password": _NEW["password"]}),
    *sent("set-up", {"code": "wrong"}, before=states.many_tries_before_the_team, settings=CONTROLLED),
    Deed("set-up", states.set_up_code, before=no_team),
    seen("team", before=states.alone),
    *sent("team-invitation", {"email": "gina@example.org", "name": "Gina", "role": "editor", "locale": "en"}),
    *sent("team-invitation", {"email": "left@example.org", "name": "Frida", "role": "editor", "locale": "en"}),
    *sent("team-member", {"role": "moderator"}, to="/admin/team/3/role"),
    *sent("team-member-self", {"role": "reader"}, to="/admin/team/1/role", before=states.alone),
    *sent("team-member", {}, to="/admin/team/2/password-link"),
    *sent("team-member", {}, to="/admin/team/2/second-factor"),
    *sent("team-member", {}, to="/admin/team/2/departure"),
    *sent("team-member-left", {}, to="/admin/team/6/return"),
    *sent("team-member-invited", {}, to="/admin/team/5/invitation/withdrawal"),
]

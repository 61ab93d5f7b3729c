"""How often one may try at a door: by network and by account, counted where all nodes see it, equal for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.rate_limit import Limit
from petition_app.models.base import now
from petition_app.transactions import writing
from petition_app.web.site import settings

# An association may sit behind one address; a person types a password wrongly three times, not thirty.
SIGN_IN_NETWORK = (Limit("sign-in-network", 60, 900),)
SIGN_IN_ACCOUNT = (Limit("sign-in-account", 15, 900),)
# Apart from the door's, so that nobody who tries there keeps a member who is signed in from working.
AGAIN_ACCOUNT = (Limit("password-again", 15, 900),)
CODE_ACCOUNT = (Limit("sign-in-code", 8, 900),)
RESET_NETWORK = (Limit("reset-network", 20, 3_600),)
RESET_ACCOUNT = (Limit("reset-account", 4, 3_600),)
SET_UP_NETWORK = (Limit("set-up-network", 10, 900),)
SET_UP_ALL = (Limit("set-up-all", 60, 900),)


def try_once(by_network: Sequence[Limit], by_account: Sequence[Limit] = (), account: str = "") -> None:
    """Count a try before anything is looked at. Raises TooMany, whether there is such an account or not."""
    site = settings()
    if not site.abuse_controls:
        return
    at, network = now(), rate_limit.network_of(request.remote_addr or "")
    # Read first: a flood that is refused already writes nothing.
    for limits, whom in ((by_network, network), (by_account, account)):
        if limits:
            rate_limit.refuse_beyond(limits, whom, at, site.network_key)
    with writing() as session:
        for limits, whom in ((by_network, network), (by_account, account)):
            if limits:
                rate_limit.count_once(session.connection(), limits, whom, at, site.network_key)

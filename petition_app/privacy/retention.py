"""How long anything about a person is kept, as data: each rule has its time and the sentence that the site says of it.

The public page, the summary beside the form and the register of processing activities print these sentences;
operations/forgetting.py does what they say. A rule without the one or the other fails a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from petition_app.antiabuse import networks, work
from petition_app.models import Petition
from petition_app.models.base import months_after
from petition_app.web.site import settings

UNCONFIRMED = timedelta(days=30)
COUNTED = timedelta(hours=24)
MAILS = timedelta(days=7)
FILES = timedelta(days=30)
LOG = timedelta(days=365)
REQUESTS = timedelta(days=365)
# A member who has left can be let in again until then, when the log has forgotten their acts. Who never came, sooner.
LEFT, INVITED = LOG, timedelta(days=30)
# Where nobody closes a petition: so long after its last signature.
UNCLOSED_MONTHS = 24


@dataclass(frozen=True)
class Rule:
    """`what` is kept, and for how long, as the site tells it; its words are made when they are shown."""

    name: str
    what: Any
    sentence: Callable[[], str]


def _unconfirmed() -> str:
    days = UNCONFIRMED.days
    return str(
        ngettext(
            "It is erased %(num)s day after it was entered.", "It is erased %(num)s days after it was entered.", days
        )
    )


def _signers() -> str:
    held = _(
        "One that is held until the association has looked at it waits for that; if it never counts, it is erased with "
        "the others."
    )
    return " ".join((signers_kept(), _where_nobody_closes(), _("Numbers, countries and what was counted stay."), held))


def signers_kept() -> str:
    """How long a signer's data are kept, as the association has chosen."""
    return str(
        ngettext(
            "All that says who you are is erased %(num)s month after the petition was closed.",
            "All that says who you are is erased %(num)s months after the petition was closed.",
            settings().signers_kept_months,
        )
    )


def _where_nobody_closes() -> str:
    return str(
        ngettext(
            "Where nobody closes it, that is done %(num)s month after its last signature.",
            "Where nobody closes it, that is done %(num)s months after its last signature.",
            UNCLOSED_MONTHS,
        )
    )


def _addresses() -> str:
    hours, worked = COUNTED // timedelta(hours=1), work.WORK_GOOD_FOR // timedelta(hours=1)
    counted = ngettext(
        "Your network address itself is never stored. A keyed fingerprint of it is counted for %(num)s hour.",
        "Your network address itself is never stored. A keyed fingerprint of it is counted for %(num)s hours.",
        hours,
    )
    used = ngettext(
        "Where your browser was given a sum to work out, that it was used is known for %(num)s hour.",
        "Where your browser was given a sum to work out, that it was used is known for %(num)s hours.",
        worked,
    )
    return f"{counted} {used}"


def _networks() -> str:
    days = networks.KEPT_FOR.days
    mark = ngettext(
        "A keyed fingerprint of it, too coarse to tell your connection from its neighbours’, is kept for "
        "%(num)s day beside your signature, or where you flag a comment.",
        "A keyed fingerprint of it, too coarse to tell your connection from its neighbours’, is kept for "
        "%(num)s days beside your signature, or where you flag a comment.",
        days,
    )
    # Translators: a mail domain is what follows the @ of an address
    noted = ngettext(
        "What was noted of how you filled in the form, and a keyed fingerprint of your mail domain unless it is a "
        "large provider’s, are kept for %(num)s day, too; what many signatures have in common, as long after the "
        "last.",
        "What was noted of how you filled in the form, and a keyed fingerprint of your mail domain unless it is a "
        "large provider’s, are kept for %(num)s days, too; what many signatures have in common, as long after the "
        "last.",
        days,
    )
    return f"{mark} {noted}"


def _mails() -> str:
    return str(
        ngettext(
            "It is erased %(num)s day after the mail was sent or given up.",
            "It is erased %(num)s days after the mail was sent or given up.",
            MAILS.days,
        )
    )


def _files() -> str:
    return str(
        ngettext(
            "It is removed %(num)s day after it was made, at the latest.",
            "It is removed %(num)s days after it was made, at the latest.",
            FILES.days,
        )
    )


def _log() -> str:
    return str(ngettext("It is erased after %(num)s year.", "It is erased after %(num)s years.", LOG.days // 365))


def _requests() -> str:
    return str(
        ngettext(
            "It is erased %(num)s year after it was answered.",
            "It is erased %(num)s years after it was answered.",
            REQUESTS.days // 365,
        )
    )


def _members() -> str:
    return str(
        # Translators: %(num)s is 1, %(days)s is 30
        ngettext(
            "It is erased %(num)s year after they have left; where an invitation was not accepted, %(days)s days "
            "after it was sent.",
            "It is erased %(num)s years after they have left; where an invitation was not accepted, %(days)s days "
            "after it was sent.",
            LEFT.days // 365,
            days=INVITED.days,
        )
    )


RULES = (
    Rule("unconfirmed", _l("A signature that is not confirmed"), _unconfirmed),
    Rule("signers", _l("A signature that is confirmed"), _signers),
    Rule("addresses", _l("Your connection, to hold back floods of false signatures"), _addresses),
    Rule("networks", _l("Your network, to find signatures that come from one source"), _networks),
    Rule("mails", _l("The record of a mail"), _mails),
    Rule("files", _l("A list of signers that was made for the association or the recipients"), _files),
    Rule("log", _l("The log of what the association’s members have done"), _log),
    Rule("members", _l("The account of somebody in the association’s team"), _members),
    Rule("requests", _l("A request about your data that you have sent to the association"), _requests),
)


def signers_kept_until(petition: Petition) -> datetime | None:
    """When the signers of a petition are forgotten; None while it is not known, for it is open."""
    if petition.status not in ("closed", "archived") or petition.closed_at is None:
        return None
    return months_after(petition.closed_at, settings().signers_kept_months)


def closed_before(at: datetime) -> datetime:
    """Of petitions that were closed by then, the signers' time is over."""
    return months_after(at, -settings().signers_kept_months)


def quiet_since(at: datetime) -> datetime:
    """Of petitions that nobody closes: whose last signature is of then, or older."""
    return months_after(at, -UNCLOSED_MONTHS)

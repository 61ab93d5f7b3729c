"""What a cluster is called, and why it was found, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from petition_app.antiabuse import signs
from petition_app.models import Cluster
from petition_app.web import filters

SIGN_WORDS = {
    signs.DISPOSABLE: _l("Throw-away mailboxes"),
    signs.TRAPPED: _l("A field that nobody sees was filled in"),
    signs.FORGED: _l("The page’s task was forged, or handed in twice"),
    signs.LOOKALIKE: _l("Mail domains that imitate others"),
    signs.RESPELT: _l("One mailbox under several spellings"),
    signs.IMPOSSIBLE: _l("Impossible names"),
    signs.FAST: _l("Sent within three seconds"),
}


def title_of(cluster: Cluster) -> str:
    """What its signatures have in common."""
    if cluster.kind == "network":
        return str(_("From one network"))
    if cluster.kind == "domain":
        return str(
            _("Mailboxes at %(domain)s", domain=cluster.label) if cluster.label else _("Mailboxes of one domain")
        )
    if cluster.kind == "names":
        return str(_("One name, again and again"))
    if cluster.kind == "moment":
        began = filters.moment(datetime.fromisoformat(cluster.label)) if cluster.label else "–"
        return str(_("Ten minutes from %(moment)s", moment=began))
    return str(SIGN_WORDS.get(cluster.mark or "", "")) or _("A sign that has been forgotten")


def reasons_of(cluster: Cluster) -> list[str]:
    """Why it was found, a short phrase each."""
    return [str(REASONS[name](number)) for name, number in cluster.reasons.items() if name in REASONS]


def _evidence(n: int) -> object:
    return ngettext("%(num)s bears signs of a machine", "%(num)s bear signs of a machine", n)


def _networks(n: int) -> object:
    return ngettext("from %(num)s network", "from %(num)s networks", n)


def _guilty(n: int) -> object:
    return ngettext(
        "%(num)s network that other signatures made suspect", "%(num)s networks that other signatures made suspect", n
    )


def _no_script(n: int) -> object:
    return ngettext("%(num)s without the page’s script", "%(num)s without the page’s script", n)


def _evenly(n: int) -> object:
    return ngettext("one every second, as by a clock", "one every %(num)s seconds, as by a clock", n)


def _same_name(n: int) -> object:
    return ngettext("the same name %(num)s time", "the same name %(num)s times", n)


def _in_ten_minutes(n: int) -> object:
    return ngettext("%(num)s signature in ten minutes", "%(num)s signatures in ten minutes", n)


REASONS: dict[str, Callable[[int], object]] = {
    "evidence": _evidence,
    "networks": _networks,
    "guilty_networks": _guilty,
    "no_script": _no_script,
    "evenly": _evenly,
    "same_name": _same_name,
    "in_ten_minutes": _in_ten_minutes,
}

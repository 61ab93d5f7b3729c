"""Signatures are looked for, taken out, given back; what looks machine-made; what somebody asks about their data."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from petition_app.admin import signatures as desk
from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.deeds.states import petition
from petition_app.admin.translations.rare_states import held, sealed, sealed_signature
from petition_app.admin.translations.sample_data import CLOSED, OPEN
from petition_app.fraud.listing import MOST_LISTED
from petition_app.models import (
    AuditEntry,
    Cluster,
    InvalidationRule,
    OutboxMessage,
    Petition,
    Signature,
    TakenSignature,
)
from petition_app.models.base import now
from petition_app.signing import rules
from petition_app.signing.criteria import Criteria
from petition_app.signing.rules import Preview
from petition_app.web.site import settings


def _from_one_network(session: Session) -> None:
    """Many of the newest petition's, which is the only one."""
    session.execute(delete(Petition).where(Petition.slug != OPEN))
    session.execute(update(Signature).where(Signature.id > 1, Signature.status == "confirmed").values(network="sample"))


def _lived(session: Session) -> None:
    """A signature that has gone through everything: mails of all fates, taken out and given back, then erased."""
    for kind, status in (("confirmation", "sent"), ("personal_link", "failed"), ("update", "dropped")):
        mail = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)).first()
        if mail is not None:
            mail.signature_id, mail.status = 2, status
    session.add(TakenSignature(rule_id=3, signature_id=2, taken_at=now(), given_back_at=now()))
    session.flush()
    session.get_one(Signature, 2).erased_at = now()


def _many_clusters(session: Session) -> None:
    """More than are shown."""
    number, at = petition(session, OPEN).id, now()
    seen_then = {"first_at": at, "last_at": at, "level": 2, "reasons": {}}
    session.add_all(
        Cluster(petition_id=number, kind="network", mark=f"many-{n}", counting=2, **seen_then)
        for n in range(MOST_LISTED)
    )


def _of_cluster(session: Session) -> None:
    session.get_one(InvalidationRule, 1).criteria = '{"cluster": 1}'


def _no_log(session: Session) -> None:
    session.execute(delete(AuditEntry))


def _fitting() -> int:
    """How many the rule takes out."""
    return len(rules.preview(Criteria(petition_id=1, name="Example")).ids)


def _withdrawn(session: Session) -> None:
    session.get_one(Signature, 2).withdraw(now(), settings().timezone)


def _at(number: int, *way: str) -> str:
    return "/".join(("/admin/signatures", str(number), *way))


def _person(*way: str) -> str:
    return "/".join(("/admin/requests/1", *way))


_SPAN = {"since": "2026-01-02T10:00", "until": "2026-01-01T10:00"}
_RULE = {"name": "Example", "petition": "1", "reason": "By a machine"}
_CLUSTERS = f"/admin/fraud/{OPEN}/decisions"
_ASKED = {"kind": "access", "person": "Ada Example"}
_CORRECTED = {"given_name": "Ada", "surname": "Example", "country": "FR", "name_display": "full"}
_MINE = _person("signatures", "2")

DEEDS: list[Deed] = [
    *sent("signatures", {"petition": "1", "name": "Ex"}, {"petition": "1", "network": "x"} | _SPAN),
    *sent("signatures", {"petition": "1", "since": "x"}),
    seen("signatures", before=_from_one_network),
    seen("signatures", before=sealed),
    *sent("signature", {}, to=_at(2, "mail")),
    *sent("signature", {}, to=_at(3, "mail")),
    *sent("signature", {}, to=_at(5, "mail")),
    *sent("signature", {}, to=_at(2, "mail"), before=sealed_signature),
    *sent("signature-withdrawal", {"note": "By letter"}, to=_at(2, "withdrawal")),
    *sent("signature-withdrawal", {"note": "By letter"}, to=_at(3, "withdrawal")),
    *sent("signature-held", {}, to="/admin/fraud/signatures/1/release", before=held),
    *sent("signature", {}, to="/admin/fraud/signatures/2/release"),
    seen("signature", before=_lived),
    seen("signature", before=_from_one_network),
    seen("signature", told={"alike": desk.MOST_SIGNERS_TOLD}),
    seen("rules", before=lambda session: session.execute(delete(InvalidationRule))),
    seen("rules", before=_of_cluster),
    seen("rules", "/admin/signatures/rules?before=3"),
    *sent("rule-preview", {"petition": "1", "name": "Nobody"}),
    *sent(
        "rule-preview", {"petition": "1", "name": "Example"}, told={"seen": Preview([1], is_too_many=True, sample=[])}
    ),
    *sent("rule-wrong", _RULE | {"foreseen": "1"}),
    Deed("rule-wrong", lambda: _RULE | {"foreseen": str(_fitting())}),
    *sent("rule", {}, to="/admin/signatures/rules/1/undo"),
    *sent("rule-undone", {}, to="/admin/signatures/rules/3/undo"),
    *sent("fraud-petition", {}, to=_CLUSTERS),
    *sent(
        "fraud-petition", *({"id": "1", "decision": decision} for decision in ("quarantine", "release")), to=_CLUSTERS
    ),
    *sent("cluster", {}, to="/admin/fraud/clusters/1/quarantine"),
    *sent("cluster-quarantined", {}, to="/admin/fraud/clusters/2/release"),
    seen("fraud-petition", before=_many_clusters),
    seen("fraud-nothing", f"/admin/fraud/{CLOSED}?state=released"),
    *sent("request-new", _ASKED | {"received": ""}),
    Deed("request-new", lambda: _ASKED | {"received": (now() + timedelta(days=40)).date().isoformat()}),
    *sent("request", {"answer": "All of it was sent."}, to=_person("answer")),
    *sent("request", {"name": "Ex"}, to=_person("search")),
    seen("request", before=_lived),
    *sent("request-signature", {}, to=f"{_MINE}/consents/petition_news/withdrawal"),
    *sent("request-signature", _CORRECTED, to=_MINE),
    *sent("request-signature", _CORRECTED, to=_MINE, before=_withdrawn),
    *sent("request-signature-erasure", {}),
    seen("log", "/admin/log?action=site.set_up&since=2000-01-01&until=2000-01-02"),
    seen("log", before=_no_log),
]

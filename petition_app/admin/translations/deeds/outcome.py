"""What became of the demands, and what their recipients answer."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from petition_app.admin.demands.outcome import LARGEST_FILE
from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.deeds.states import petition
from petition_app.admin.translations.sample_data import BODY, DRAFT, OPEN
from petition_app.admin.translations.visits import File
from petition_app.models import Demand, RecipientAnswer


def _address(*way: str, slug: str = OPEN) -> str:
    return "/".join(("/admin/petitions", slug, *way))


def _ended(session: Session) -> None:
    """A link that leads nowhere any more."""
    session.get_one(RecipientAnswer, 2).status = "withdrawn"


def _nothing_to_list(session: Session) -> None:
    session.execute(delete(Demand))
    for text in petition(session, OPEN).texts:
        text.body = BODY.partition("##")[0]


_DECIDED = {"revision": "2", "verdict": "partly", "on": "2026-01-02"}
_LONG = {"sentence-en": "x" * 5_000}
_ROW = {"act": "save", "revision": "0", "demand": "0"}
_ASKED = {"name": "Ada Example", "office": "mayor", "locale": "en"}
_NEW = _address("answers", "new")

DEEDS: list[Deed] = [
    *sent("demand", {"revision": "2", "on": "2100-01-01"}, _DECIDED | _LONG),
    *sent("demand", *(_DECIDED | {"file": File("a.pdf", b"a", times)} for times in (1, LARGEST_FILE + 1))),
    *sent("demand", _DECIDED | {"revision": "7"}),
    *sent("demand", _DECIDED),
    *sent("demand", {}, to=_address("demands", "1", "return?revision=2")),
    *sent("demand", {}, to=_address("demands", "1", "return?revision=7")),
    *sent("demands", {}, to=_address("demands", "return?ids=1")),
    *sent("demands", _ROW | {"text-en": "x" * 5_000}, _ROW | {"text-fr": "Eau"}),
    *sent("demands", _ROW | {"demand": ["0"] * 51, "text-en": ["Water"] * 51}),
    seen("outcome", before=_ended),
    seen("outcome", before=_nothing_to_list),
    *sent("answer-new", _ASKED, _ASKED | {"email": "mayor@example.org"}),
    *sent("answer-new", _ASKED, to=_address("answers", "new", slug=DRAFT)),
    *sent("answer-waiting", {"act": "return"}, {"act": "return", "note": "Which day?"}, {"act": "approve"}),
    *sent("answer-waiting", {"act": "take_off"}),
    *sent("answer-given", {"act": "take_off"}),
    *sent("answer-asked", {"act": "withdraw"}),
]

"""What signatures are looked for by, and how they are found: each kind by an index, page by page, however many.

A name is looked for by its beginning, an address whole or by its beginning, a postal code, a network or a span of time
as it is. What is asked for beside that only narrows what was found so.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.orm import joinedload

from petition_app.antiabuse.mailboxes import NotAnAddress, canonical_mailbox, normal_address
from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.sealing.names import mailbox_name, mailbox_names
from petition_app.sealing.state import current

# Behind every text that begins so.
_LAST = "\U0010ffff"
MOST_WORDS = 5
# Nothing was signed before the program was.
_FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Criteria:
    """All that is said holds. `petition_id` None: in every petition. `ids` are signatures that were ticked."""

    petition_id: int | None = None
    name: str = ""
    email: str = ""
    postal_code: str = ""
    network: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[int, ...] = ()
    # The name of a mailbox whose address was not to be kept, of a rule on a site that seals.
    mailbox: str = ""
    # The cluster whose quarantine it was (fraud/decisions.py): nothing is looked for by it.
    cluster: int = 0

    @property
    def kind(self) -> str:
        """What they are found by; the first of these that is said."""
        for kind in ("ids", "network", "email", "name", "postal_code"):
            if getattr(self, kind):
                return kind
        return "time"

    @property
    def is_narrow(self) -> bool:
        """Whether it says enough to take signatures out by it: more than “all of them”."""
        return self.kind != "time" or (self.since is not None and self.until is not None)

    @property
    def has_pages(self) -> bool:
        return self.kind not in ("ids", "email")

    def to_json(self) -> str:
        said = {name: value for name, value in asdict(self).items() if value and name != "petition_id"}
        if self.email and current() is not None:
            said["mailbox"] = _kept_name(said.pop("email"))
        return json.dumps(said, ensure_ascii=False, default=lambda moment: moment.astimezone(UTC).isoformat())

    @classmethod
    def from_json(cls, text: str, petition_id: int | None) -> Criteria:
        said = json.loads(text)
        for moment in ("since", "until"):
            if moment in said:
                said[moment] = datetime.fromisoformat(said[moment])
        return cls(petition_id=petition_id, **said | {"ids": tuple(said.get("ids", ()))})


@dataclass(frozen=True)
class Found:
    """A page of signatures; `next` is the last one's key, from which the next page goes on, 0 on the last page."""

    items: Sequence[Signature]
    next: int


def find(criteria: Criteria, after: int, limit: int) -> Found:
    """The signatures that fit, from the one with the key `after` on (0: from the first)."""
    place = db.session.get(Signature, after) if after else None
    if after and place is None:
        return Found([], 0)
    order = _order(criteria)
    found = [
        signature
        for one in _selects(criteria)
        for signature in db.session.scalars(
            _from(one, order, place).limit(limit + 1).options(joinedload(Signature.petition))
        )
    ]
    items = sorted({item.id: item for item in found}.values(), key=order.key, reverse=order.newest_first)
    more = criteria.has_pages and len(items) > limit
    return Found(items[:limit], items[limit - 1].id if more else 0)


def matching(criteria: Criteria, limit: int) -> list[int]:
    """The keys of those that count or wait and fit, at most so many: what a rule would take out."""
    found: dict[int, None] = {}
    for one in _selects(criteria):
        taken = one.with_only_columns(Signature.id).where(Signature.status.in_(("pending", "confirmed")))
        for key in db.session.scalars(_from(taken, _order(criteria), None).limit(limit)):
            found[key] = None
    return sorted(found)[:limit]


def busy_networks(petition_id: int | None, *, latest: int, fewest: int) -> list[tuple[str, int]]:
    """The networks that so many of the latest signatures came from, those with the most first."""
    counted: Counter[str] = Counter()
    for number in _petitions(petition_id):
        newest = select(Signature.network).where(Signature.petition_id == number)
        newest = newest.order_by(Signature.created_at.desc(), Signature.id.desc()).limit(latest)
        counted.update(network for network in db.session.scalars(newest) if network)
    return [(network, count) for network, count in counted.most_common(12) if count >= fewest]


def count_of_network(signature: Signature, most: int) -> int:
    """How many signatures of its petition came from its network, itself included, counted up to so many."""
    if not signature.network:
        return 0
    alike = select(Signature.id).where(
        Signature.petition_id == signature.petition_id, Signature.network == signature.network
    )
    return len(db.session.scalars(alike.limit(most)).all())


@dataclass(frozen=True)
class _Order:
    columns: tuple[Any, ...]
    newest_first: bool

    def key(self, signature: Signature) -> tuple[Any, ...]:
        return tuple(getattr(signature, column.key) for column in self.columns)


def _order(criteria: Criteria) -> _Order:
    """The order of the index that they are found by."""
    if criteria.kind == "name":
        return _Order((Signature.surname, Signature.name_key, Signature.id), newest_first=False)
    if criteria.kind == "email":
        return _Order((Signature.mailbox,), newest_first=False)
    if criteria.kind == "ids":
        return _Order((Signature.id,), newest_first=True)
    return _Order((Signature.created_at, Signature.id), newest_first=True)


def _from(found: Select[Any], order: _Order, place: Signature | None) -> Select[Any]:
    if place is not None:
        here = tuple_(*order.key(place))
        found = found.where(tuple_(*order.columns) < here if order.newest_first else tuple_(*order.columns) > here)
    return found.order_by(*(column.desc() if order.newest_first else column for column in order.columns))


def _selects(criteria: Criteria) -> Iterator[Select[Signature]]:
    """A question for each petition and each way to read what was typed; each is answered by one index."""
    narrowed = list(_narrowing(criteria))
    if criteria.kind == "ids":
        yield select(Signature).where(Signature.id.in_(criteria.ids), *narrowed)
        return
    for petition_id in _petitions(criteria.petition_id):
        of_petition = Signature.petition_id == petition_id
        for way in _ways(criteria):
            yield select(Signature).where(of_petition, way, *narrowed)


def _petitions(petition_id: int | None) -> Sequence[int]:
    if petition_id is not None:
        return [petition_id]
    return db.session.scalars(select(Petition.id).order_by(Petition.id)).all()


def _ways(criteria: Criteria) -> Iterator[ColumnElement[bool]]:
    if criteria.kind == "network":
        yield Signature.network == criteria.network
    elif criteria.kind == "email":
        yield _of_address(criteria.email)
    elif criteria.kind == "name":
        yield from _of_name(criteria.name)
    elif criteria.kind == "postal_code":
        yield Signature.postal_code == criteria.postal_code
    else:
        yield Signature.created_at >= (criteria.since or _FIRST_DAY)


def _narrowing(criteria: Criteria) -> Iterator[ColumnElement[bool]]:
    """What is said beside what they are found by."""
    if criteria.petition_id is not None and criteria.kind == "ids":
        yield Signature.petition_id == criteria.petition_id
    if criteria.since is not None:
        yield Signature.created_at >= criteria.since
    if criteria.until is not None:
        yield Signature.created_at < criteria.until
    if criteria.postal_code and criteria.kind != "postal_code":
        yield Signature.postal_code == criteria.postal_code
    if criteria.email and criteria.kind != "email":
        yield _of_address(criteria.email)
    if criteria.name and criteria.kind != "name":
        for word in folded(criteria.name).split()[:MOST_WORDS]:
            yield Signature.name_key.contains(word, autoescape=True)


def _of_address(text: str) -> ColumnElement[bool]:
    """A whole address in any of its mailbox's spellings, or the beginning of one."""
    try:
        return Signature.mailbox.in_(mailbox_names(canonical_mailbox(normal_address(text))))
    except NotAnAddress:
        return _begins(Signature.mailbox, text.casefold())


def _kept_name(text: str) -> str:
    """What a rule remembers of an address that rests sealed."""
    try:
        return mailbox_name(canonical_mailbox(normal_address(text)))
    except NotAnAddress:
        return mailbox_name(text.casefold())


def _of_name(text: str) -> Iterator[ColumnElement[bool]]:
    """The beginning of a surname; or surname and name in either order, of which the name may be its beginning."""
    for surname in _spellings(text):
        yield _begins(Signature.surname, surname)
    words = text.split()[:MOST_WORDS]
    for place in range(1, len(words)):
        first, last = " ".join(words[:place]), " ".join(words[place:])
        for given, family in ((first, last), (last, first)):
            for surname in _spellings(family):
                yield and_(Signature.surname == surname, _begins(Signature.name_key, folded(given)))


def _spellings(text: str) -> list[str]:
    """A surname as people write it: as it was typed, in small letters, in capitals, with capitals in front."""
    text = unicodedata.normalize("NFC", text)
    return list(dict.fromkeys((text, text.lower(), text.upper(), text.title(), text.capitalize())))


def folded(text: str) -> str:
    """A name in the form of Signature.name_key."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _LAST)


def ticked(ids: Sequence[int], petition_id: int | None) -> Criteria:
    """Those that somebody has ticked in a list."""
    return replace(Criteria(petition_id), ids=tuple(sorted(set(ids))))

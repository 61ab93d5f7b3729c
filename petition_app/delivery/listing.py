"""Those who signed, as lines of the document, kept in a file until they are typeset; and what they add up to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from petition_app.exports.rows import batches
from petition_app.exports.uses import USES
from petition_app.extensions import db
from petition_app.files.making import Progress
from petition_app.models import Petition
from petition_app.models.names import first_character
from petition_app.paper.entry import lines_between
from petition_app.statistics.departements import departement_of
from petition_app.web.site import settings

COLUMNS = ["number", "confirmed_at", "given_name", "surname", "postal_code", "country", "name_display"]
PAPER_BATCH = 2_000
# Lines on a page of the list; the template's rows are as high as that needs.
LINES_A_PAGE = 54
# A name of up to so many characters fits on its line in letters of this size (points).
SIZES = ((52, 8.0), (66, 6.5), (95, 4.6), (400, 3.0))

Line = tuple[str, str, str, str, float]


@dataclass
class Listing:
    """How many signed, where they are, and the check sum of the list: of its lines as they are printed."""

    online: int = 0
    paper: int = 0
    countries: Counter[str] = field(default_factory=Counter)
    departements: Counter[str] = field(default_factory=Counter)
    sum: str = ""

    @property
    def pages(self) -> int:
        """How many pages the list takes: the lines on paper begin a page of their own."""
        return -(-self.online // LINES_A_PAGE) + -(-self.paper // LINES_A_PAGE)


def write_listing(petition: Petition, target: Path, at: datetime, progress: Progress) -> Listing:
    """Write all lines, one a line of JSON: online first, then paper. Moments stand as days."""
    listing, digest = Listing(), hashlib.sha256()
    with target.open("w", encoding="utf-8") as file:
        for line in _online(petition, listing, at, progress):
            _write(file, digest, line)
        for line in _on_paper(petition, listing):
            _write(file, digest, line)
    listing.sum = digest.hexdigest()
    return listing


def read_pages(source: Path, online: int) -> Iterator[tuple[bool, list[Line]]]:
    """The lines a page at a time, each with whether it is one of those on paper."""
    with source.open(encoding="utf-8") as file:
        lines = (json.loads(text) for text in file)
        for is_paper, some in ((False, islice(lines, online)), (True, lines)):
            while page := list(islice(some, LINES_A_PAGE)):
                yield is_paper, page


def _write(file: Any, digest: Any, line: Line) -> None:
    """The check sum is of number, name, place and day, with a tab between two and a line feed behind."""
    digest.update(("\t".join(line[:4]) + "\n").encode("utf-8", "replace"))
    file.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")


def _online(petition: Petition, listing: Listing, at: datetime, progress: Progress) -> Iterator[Line]:
    use, zone = USES["check"], settings().timezone
    days: dict[str, str] = {}
    hidden = _("Name hidden")
    for done, rows in batches(petition.id, use, use.chosen(petition, COLUMNS), at):
        for number, confirmed_at, given_name, surname, code, country, display in rows:
            listing.online += 1
            listing.countries[str(country)] += 1
            if departement := departement_of(str(code), str(country)):
                listing.departements[departement] += 1
            date = confirmed_at.astimezone(zone).date()  # type: ignore[union-attr]  # what is confirmed has a moment
            name = _shown(str(given_name), str(surname), str(display), hidden)
            place = f"{code} {country}".strip() if display != "hidden" else ""
            key = date.isoformat()
            yield str(number), name, place, days.setdefault(key, key), _size(name)
        progress(done)


def _shown(given_name: str, surname: str, display: str, hidden: str) -> str:
    """The name in the form that its signer chose."""
    if display == "hidden":
        return hidden
    return f"{given_name} {surname}" if display == "full" else f"{given_name} {first_character(surname)}."


def _on_paper(petition: Petition, listing: Listing) -> Iterator[Line]:
    last, petition_id = 0, petition.id
    while lines := lines_between(petition_id, last, PAPER_BATCH):
        for line in lines:
            listing.paper += 1
            name = f"{line.given_name} {line.surname}"
            yield f"P {listing.paper}", name, line.postal_code, "", _size(name)
            last = line.id
        db.session.rollback()


def _size(name: str) -> float:
    return next(size for most, size in SIZES if len(name) <= most)

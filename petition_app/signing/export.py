"""The signatures of a petition as CSV, line by line, whatever their number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from petition_app.extensions import db
from petition_app.models import Signature
from petition_app.web.filters import iso

COLUMNS = (
    "number",
    "status",
    "confirmed_at",
    "given_name",
    "surname",
    "postal_code",
    "country",
    "language",
    "text_version",
    "name_display",
    "comment",
    "petition_news",
    "association_news",
    "email",
)
BATCH = 1000
# What a spreadsheet may run as a formula when a cell begins with it, and what hides such a beginning from the eye.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(petition_id: int, *, with_all: bool = False) -> Iterator[str]:
    """A header, then a line for each confirmed signature, the oldest first; moments in UTC, ISO 8601.

    With `with_all`, withdrawn and invalidated ones too. The address stands only where one kind of news is agreed to.
    """
    yield _line(COLUMNS)
    statuses = ("confirmed", "withdrawn", "invalidated") if with_all else ("confirmed",)
    last = 0
    while True:
        found = select(Signature).where(
            Signature.petition_id == petition_id, Signature.status.in_(statuses), Signature.id > last
        )
        page = found.order_by(Signature.id).limit(BATCH)
        rows = db.session.scalars(
            page.options(joinedload(Signature.text), joinedload(Signature.comment), selectinload(Signature.consents))
        ).all()
        for signature in rows:
            yield _line(_cells(signature))
            last = signature.id
        # No transaction stays open between the pages, however slowly they are read.
        db.session.rollback()
        db.session.expunge_all()
        if len(rows) < BATCH:
            return


def harmless(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet might take it for a formula."""
    return f"'{cell}" if cell.lstrip(" \u00a0\u200b\ufeff").startswith(FORMULA_STARTS) else cell


def _cells(signature: Signature) -> Sequence[str]:
    news = {purpose: signature.agrees_to(purpose) for purpose in ("petition_news", "association_news")}
    may_write = any(news.values()) and signature.status == "confirmed"
    return (
        str(signature.number or ""),
        signature.status,
        iso(signature.confirmed_at) if signature.confirmed_at else "",
        signature.given_name,
        signature.surname,
        signature.postal_code,
        signature.country,
        signature.locale,
        f"{signature.text.locale} {signature.text.version}",
        signature.name_display,
        signature.comment.text if signature.comment else "",
        "yes" if news["petition_news"] else "no",
        "yes" if news["association_news"] else "no",
        (signature.email or "") if may_write else "",
    )


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()

"""A delivery from its order to its file: lines, letters, text, numbers and list, and all of them in one document."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from sqlalchemy import select

from petition_app.delivery import listing
from petition_app.delivery.blocks import blocks_of
from petition_app.delivery.listing import Listing
from petition_app.extensions import db
from petition_app.files.making import CannotBeMade, Progress
from petition_app.files.orders import Order
from petition_app.i18n.locales import babel_locale, page_locale, use_locale
from petition_app.models import Petition, PetitionText, StoredFile
from petition_app.models.counter import confirmed_count
from petition_app.models.paper import paper_count
from petition_app.statistics.departements import NAMES
from petition_app.statistics.numbers import ranked
from petition_app.web.filters import borrowing_words, country_name, date, moment, number, percent
from petition_app.web.site import association_name, settings

TEMPLATE = Path(__file__).parent / "pages.typ"
# Pages of the list that are typeset at once: what is held in memory is theirs.
PAGES_AT_ONCE = 20
LONGEST_NOTE = 3_000


def is_installed() -> bool:
    """Whether the extra `pdf` is there."""
    try:
        import pypdf  # noqa: F401  # only whether it can be loaded
        import typst  # noqa: F401  # the same
    except ImportError:
        return False
    return True


def order_of(petition: Petition, locale: str, note: str, ordered_by: str, at: datetime) -> Order:
    """The order to place: the document in one of the petition's languages, with a member's own words in its letters."""
    day = at.astimezone(settings().timezone).date()
    return Order(
        petition_id=petition.id,
        kind="delivery",
        name=f"{petition.slug}-delivery-{locale}-{day.isoformat()}.pdf",
        content_type="application/pdf",
        options={"text": locale, "note": note, "use": "recipients"},
        locale=locale,
        # Each line is read once and typeset once.
        total=2 * (confirmed_count(petition.id) + paper_count(petition.id)),
        ordered_by=ordered_by,
    )


def make_delivery(file: StoredFile, target: BinaryIO, progress: Progress) -> None:
    """What makes the files of the kind “delivery”. Raises CannotBeMade."""
    if not is_installed():
        raise CannotBeMade('The extra “pdf” is not installed: make install EXTRAS="pdf"')
    petition = db.session.get_one(Petition, file.petition_id)
    text = petition.text_for(file.options["text"])
    with (
        use_locale(page_locale(text.locale)),
        tempfile.TemporaryDirectory(dir=settings().data_dir, prefix="delivery-") as folder,
    ):
        _Document(Path(folder), petition, text, file, progress).write(target)


def words_of(file: StoredFile, folder: Path) -> Iterator[str]:
    """Every text that the document of this order would hold, before it is typeset."""
    petition = db.session.get_one(Petition, file.petition_id)
    text = petition.text_for(file.options["text"])
    document = _Document(folder, petition, text, file, lambda _done: None)
    for data in (document._front(pages=5), document._list_words(False), document._list_words(True)):
        yield from _texts(data)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list | tuple):
        for part in data.values() if isinstance(data, dict) else data:
            yield from _texts(part)


class _Document:
    def __init__(
        self, folder: Path, petition: Petition, text: PetitionText, file: StoredFile, progress: Progress
    ) -> None:
        self._folder, self._progress = folder, progress
        self._at = file.ordered_at
        self._lines = folder / "lines.jsonl"
        self._note = str(file.options.get("note", ""))
        recipients = [(recipient.name, recipient.office) for recipient in petition.recipients_for(text.locale)]
        self._recipients = recipients
        self._text = text
        self._author = petition.author
        self._listing: Listing = listing.write_listing(petition, self._lines, self._at, progress)
        self._versions = _versions_signed(petition.id, text)

    def write(self, target: BinaryIO) -> None:
        """Typeset the front to learn how many pages it has, then again with their number, then the list."""
        import typst
        from pypdf import PdfReader, PdfWriter

        (self._folder / "pages.typ").write_bytes(TEMPLATE.read_bytes())
        front = len(PdfReader(self._typeset(typst, self._front(pages=0))).pages)
        pages = front + self._listing.pages
        writer = PdfWriter()
        writer.append(self._typeset(typst, self._front(pages)))
        for part in self._list_parts(front + 1, pages):
            made = PdfReader(self._typeset(typst, part))
            if len(made.pages) != len(part["list"]):
                raise RuntimeError("a page of the list does not fit on its page")
            writer.append(made)
        writer.add_metadata({"/Title": self._text.title, "/Author": association_name()})
        writer.write(target)

    def _typeset(self, typst: Any, data: dict[str, Any]) -> Path:
        (self._folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        made = self._folder / f"{data['first_page']}.pdf"
        # Tags for screen readers where people read; a list of a hundred thousand lines would be ten times as large.
        typst.compile(self._folder / "pages.typ", output=made, root=self._folder, pdf_tags=not data["list"])
        return made

    def _list_parts(self, first_page: int, pages: int) -> Iterator[dict[str, Any]]:
        found = listing.read_pages(self._lines, self._listing.online)
        whole, done = self._listing.online + self._listing.paper, 0
        while some := list(islice(found, PAGES_AT_ONCE)):
            for is_paper in (False, True):
                part = [lines for on_paper, lines in some if on_paper == is_paper]
                if part:
                    yield {**self._common(first_page, pages), **self._list_words(is_paper), "list": part}
                    first_page += len(part)
                    done += sum(len(lines) for lines in part)
                    self._progress(whole + done)

    def _list_words(self, is_paper: bool) -> dict[str, Any]:
        return {
            "list_head": _("Signatures on paper") if is_paper else _("Signatures, in the order of their confirmation"),
            "list_heads": [_("No."), pgettext("whole name", "Name"), _("Postal Code"), "" if is_paper else _("Date")],
        }

    def _common(self, first_page: int, pages: int) -> dict[str, Any]:
        site, text = settings(), self._text
        contact = [line for line in (site.association_address, site.association_contact) if line]
        return {
            "lang": babel_locale(text.locale).language,
            "dir": babel_locale(text.locale).text_direction,
            "title": text.title,
            "title_short": text.title if len(text.title) <= 80 else f"{text.title[:79]}…",
            "association": association_name(),
            "association_lines": contact,
            "date": date(self._at),
            # Translators: at the foot of each page of the delivery: the list's check sum, shortened, follows
            "foot": _("List of signatures, check sum %(sum)s…", sum=self._listing.sum[:16]),
            # Translators: at the foot of each page of the delivery; {page} and {pages} are filled in later
            "page_of": _("page {page} of {pages}"),
            "first_page": first_page,
            "pages": pages,
            "letters": [],
            "text": None,
            "numbers": None,
            "list": [],
            "list_head": "",
            "list_heads": [],
        }

    def _front(self, pages: int) -> dict[str, Any]:
        recipients = self._recipients or [("", "")]
        return {
            **self._common(1, pages),
            "letters": [self._letter(name, office) for name, office in recipients],
            "sum": self._listing.sum,
            "sum_words": _(
                "The list of signatures in this document has this check sum (SHA-256 of its lines: number, name, "
                "place and day, with a tab between two, and a line feed at the end of each)."
            ),
            "text": self._petition_text(),
            "numbers": self._numbers(),
        }

    def _letter(self, name: str, office: str) -> dict[str, Any]:
        online = ngettext(
            "%(number)s person has signed the petition “%(title)s”, which is addressed to you.",
            "%(number)s people have signed the petition “%(title)s”, which is addressed to you.",
            self._listing.online,
            number=number(self._listing.online),
            title=self._text.title,
        )
        paper = ngettext(
            "%(number)s more has signed on paper.",
            "%(number)s more have signed on paper.",
            self._listing.paper,
            number=number(self._listing.paper),
        )
        closing = _(
            "Behind this letter you find the text as it was signed, the numbers by country and département, and those "
            "who signed, each in the form that he or she chose. Everybody who signed online has confirmed the "
            "signature by e-mail."
        )
        own = [part.strip() for part in self._note.replace("\r\n", "\n").split("\n\n") if part.strip()]
        return {
            "name": name,
            "office": office,
            "subject": _("Petition: %(title)s", title=self._text.title),
            "paragraphs": [online, *([paper] if self._listing.paper else []), *own, closing],
        }

    def _petition_text(self) -> dict[str, Any]:
        text = self._text
        return {
            "head": _(
                "The text as it was signed: version %(version)s of %(date)s.",
                version=text.version,
                date=date(text.created_at),
            )
            if not self._versions
            else _(
                "The text as it was signed: version %(version)s of %(date)s. It was also signed in: %(versions)s.",
                version=text.version,
                date=date(text.created_at),
                versions=", ".join(self._versions),
            ),
            "recipients": [", ".join(part for part in recipient if part) for recipient in self._recipients],
            "borrowing": borrowing_words(text.borrowed_from) if text.borrowed_paragraphs else "",
            "body": blocks_of(text.body, text.borrowed_paragraphs, text.borrowed_from),
            "author": self._author,
        }

    def _numbers(self) -> dict[str, Any]:
        found = self._listing
        countries = [
            [country_name(line.key), f"{number(line.count)} ({percent(line.share)})"]
            for line in ranked(found.countries)
        ]
        departements = [[f"{line.key} {NAMES[line.key]}", number(line.count)] for line in ranked(found.departements)]
        tables = [[_("Countries"), countries], [_("French départements"), departements]]
        return {
            "head": _("Numbers"),
            "sums": [
                [_("Signed online, and confirmed"), number(found.online)],
                [_("Signed on paper"), number(found.paper)],
            ],
            "as_of": _("As of %(moment)s.", moment=moment(self._at)),
            "tables": [table for table in tables if table[1]],
        }


def _versions_signed(petition_id: int, shown: PetitionText) -> list[str]:
    """The other texts of the petition, by language and version, for whoever wants to compare them."""
    found = select(PetitionText.locale, PetitionText.version).where(
        PetitionText.petition_id == petition_id, PetitionText.id != shown.id
    )
    rows = db.session.execute(found.order_by(PetitionText.locale, PetitionText.version)).all()
    db.session.rollback()
    names = [(babel_locale(row.locale).get_display_name(babel_locale(shown.locale)), row.version) for row in rows]
    return [_("%(language)s, version %(version)s", language=name, version=version) for name, version in names]

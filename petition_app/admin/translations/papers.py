"""What the site's files say that are no pages: the delivery, the register, the sheet about an export."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import render_template
from markupsafe import Markup

from petition_app.admin.translations.sample_data import OPEN
from petition_app.delivery import making
from petition_app.exports.making import about
from petition_app.exports.uses import USES
from petition_app.models import Petition, StoredFile
from petition_app.models.base import now
from petition_app.privacy.processing import register


def delivery() -> Iterator[str]:
    """The letter to the recipient, the text, the numbers, the list."""
    order = StoredFile(petition_id=_petition().id, ordered_at=now(), options={"text": "en", "note": ""})
    with tempfile.TemporaryDirectory(prefix="petition-sample-") as folder:
        yield from making.words_of(order, Path(folder))


def processing_register() -> Iterator[str]:
    title, sections = register([_petition().text_for("en").title], now())
    yield title
    for heading, lines in sections:
        yield heading
        for label, said in lines:
            yield label
            yield from said if not isinstance(said, str) else [said]


def about_export() -> Iterator[str]:
    """The first sheet of a workbook, for each use."""
    petition = _petition()
    for use in USES.values():
        for pair in about(petition, use, use.chosen(petition, []), now()):
            yield from map(str, pair)


def mailbox() -> Iterator[str]:
    """Where mails lie on a site without a mail server. It is shown empty: nobody's mails are read for it."""
    mail = {"name": "1", "subject": "–", "sender": "–", "to": "–", "date": None}
    for name, values in (("index", {"mails": []}), ("message", {"mail": mail, "text": "–"})):
        page = render_template(f"mailbox/{name}.html", **values)
        part = _TITLE.sub(r"<\1h2", _MAIN.sub("", page))
        yield Markup(part)  # noqa: S704  # our own template, which escapes


# All but what stands in the page's main part.
_MAIN = re.compile(r"^.*<main\b[^>]*>|</main>.*$", re.S)
# The title of the part: the page that it is shown on has its own.
_TITLE = re.compile(r"<(/?)h1\b")


def _petition() -> Petition:
    found = Petition.by_slug(OPEN)
    if found is None:
        raise LookupError("the sample has no petition")
    return found

"""What translators have worded on this site, over what is shipped: read, checked, saved with its history.

Nothing of it can hurt: each text goes through the catalogues' own check and is cleaned, when it is saved and again when
it is loaded, whatever has happened to the database in between.
"""

from __future__ import annotations

import logging
import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.i18n import catalogues, plurals
from petition_app.i18n.checking import TAG, UNSEEN, Finding, check_message, is_dangerous
from petition_app.i18n.po import Forms, Key
from petition_app.models import Translation
from petition_app.models.translation import key_of

log = logging.getLogger(__name__)

# A database that is away when a language is loaded is asked again after so long.
AGAIN_AFTER_SECONDS = 5.0
# In characters.
LONGEST_COMMENT = 1_000
# What could begin a tag, a comment or an instruction.
_BEGINS_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")


@dataclass(frozen=True)
class Source:
    """A message of the catalogue, and what it is shipped with in a locale: one text, or one for each plural form."""

    locale: str
    context: str | None
    sources: tuple[str, ...]
    shipped: tuple[str, ...]
    num_plurals: int
    numbers: tuple[tuple[float, ...], ...] = ()

    @property
    def key(self) -> str:
        return key_of(self.context, self.sources[0])

    @property
    def wanted(self) -> int:
        """How many texts it takes."""
        return self.num_plurals if len(self.sources) > 1 else 1


@dataclass(frozen=True)
class Wording:
    """What a translator has written. No text at all is the shipped one again."""

    strings: tuple[str, ...]
    is_unsure: bool = False
    comment: str = ""
    # What the source said before, where that is why it is unsure.
    previous: tuple[str, ...] = ()


@dataclass(frozen=True)
class By:
    """Who writes, and when; a command has no member."""

    name: str
    member_id: int | None
    at: datetime


class Overtaken(Exception):
    """Somebody has saved the message since it was read; `theirs` is that."""

    def __init__(self, theirs: Translation) -> None:
        self.theirs = theirs
        super().__init__()


class Refused(Exception):
    """It could hurt, or is not whole; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__(" ".join(finding.sentence for finding in findings))


def findings_of(source: Source, strings: Sequence[str]) -> list[Finding]:
    """What is wrong with a wording as it was typed."""
    texts = [_tidied(text, source.sources) for text in strings]
    return check_message(source.sources, texts, source.num_plurals, source.numbers)


def save(session: Session, source: Source, wording: Wording, version: int | None, by: By) -> Translation | None:
    """Say it so on this site, in the caller's write transaction; None where it says so already.

    `version` is the one that was read, 0 for none; None writes over whatever is there. What is unsure may be
    incomplete, for nobody is shown it. Raises Overtaken, Refused.
    """
    strings = tuple(cleaned(text, source.sources) for text in wording.strings) if any(wording.strings) else ()
    findings = findings_of(source, wording.strings) if strings else ()
    kept = checked(replace(wording, strings=strings), findings)
    row = _locked(session, source, version)
    if version is not None and row.version != version:
        raise Overtaken(row)
    now = (row.strings, row.is_unsure, row.comment, row.shipped, row.previous)
    if now == (list(strings), kept.is_unsure, kept.comment, list(source.shipped), list(kept.previous)):
        return None
    catalogues.tell_everybody(session)
    say(row, source, kept, by)
    return row


def checked(wording: Wording, findings: Sequence[Finding]) -> Wording:
    """A wording as it is kept, of cleaned texts with these findings. Raises Refused."""
    comment = UNSEEN.sub("", wording.comment)
    findings = [*findings, *_findings_of_note(comment)]
    # A form too many, or too few, could not even be shown in its fields.
    is_whole = all(finding.kind != "plural count" for finding in findings)
    if is_dangerous(findings) or (findings and not (wording.is_unsure and is_whole)):
        raise Refused(findings)
    previous = tuple(UNSEEN.sub("", text) for text in wording.previous) if wording.is_unsure else ()
    return replace(wording, comment=comment, previous=previous)


def say(row: Translation, source: Source, kept: Wording, by: By) -> None:
    """Word the row so, in the caller's write transaction, which has told everybody already."""
    row.word(
        kept.strings,
        shipped=source.shipped,
        at=by.at,
        by=by.name,
        member_id=by.member_id,
        is_unsure=kept.is_unsure,
        comment=kept.comment,
        previous=kept.previous,
    )


def _findings_of_note(comment: str) -> list[Finding]:
    if len(comment) <= LONGEST_COMMENT:
        return []
    sentence = f"its note is longer than {LONGEST_COMMENT} characters: shorten it."
    return [Finding("note too long", sentence, values={"most": str(LONGEST_COMMENT)})]


def _locked(session: Session, source: Source, version: int | None) -> Translation:
    """The message's row, which nobody else writes meanwhile; a new one where there is none. Raises Overtaken."""
    wanted = select(Translation).where(Translation.locale == source.locale, Translation.key == source.key)
    # It may have been read before in this transaction, and written by somebody else since.
    found = session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is not None:
        return found
    row = new_row(source)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # somebody else has begun with it at this very moment
        theirs = session.scalars(wanted.with_for_update()).one()
        if version is not None:
            raise Overtaken(theirs) from None
        return theirs
    return row


def new_row(source: Source) -> Translation:
    """The row of a message that nobody has worded yet."""
    return Translation(
        locale=source.locale,
        key=source.key,
        context=source.context or "",
        msgid=source.sources[0],
        msgid_plural=source.sources[1] if len(source.sources) > 1 else "",
        strings=[],
        shipped=[],
        is_unsure=False,
        previous=[],
        comment="",
        version=0,
    )


def cleaned(text: str, sources: Sequence[str]) -> str:
    """The text without what has no business in it: only the source's own tags are markup, and all can be seen."""
    allowed = {tag for source in sources for tag in TAG.findall(source)}
    unseen = {character for source in sources for character in UNSEEN.findall(source)}
    text = UNSEEN.sub(lambda found: found[0] if found[0] in unseen else "", _tidied(text, sources))
    pieces, end = [], 0
    for tag in TAG.finditer(text):
        pieces += [_BEGINS_MARKUP.sub("", text[end : tag.start()]), tag[0] if tag[0] in allowed else ""]
        end = tag.end()
    return _tidied("".join([*pieces, _BEGINS_MARKUP.sub("", text[end:])]), sources)


def _tidied(text: str, sources: Sequence[str]) -> str:
    """Composed, and with the space of the source around it, which nobody sees in a form's field."""
    bare = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    source = sources[0]
    before, after = len(source) - len(source.lstrip()), len(source.rstrip())
    return source[:before] + bare + source[after:] if bare else ""


def init_app(app: Flask) -> None:
    """Lay what is saved over the catalogues of this process."""
    supplier = _Supplier(app)
    app.extensions["catalogues"].supply_overrides(supplier)


class _Supplier:
    """Says what is laid over a language; where the database is away, what it said last."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._last: dict[str, dict[Key, Forms]] = {}

    def __call__(self, locale: str) -> dict[Key, Forms]:
        with self._app.app_context():
            engine = db.engine
        try:
            # A connection of its own: this may be asked for in the middle of anybody's transaction.
            with engine.connect() as connection:
                rows = connection.execute(select(*_COLUMNS).where(Translation.locale == locale)).all()
        except SQLAlchemyError as error:
            log.warning("the site's own words could not be read", extra={"fields": {"reason": type(error).__name__}})
            again = threading.Timer(AGAIN_AFTER_SECONDS, self._app.extensions["catalogues"].forget)
            again.daemon = True
            again.start()
            return self._last.get(locale, {})
        found: dict[Key, Forms] = {}
        for row in rows:
            if row.strings and all(row.strings) and not row.is_unsure:
                _take(found, row.context or None, (row.msgid, row.msgid_plural), row.strings)
        self._last[locale] = found
        return found


_COLUMNS = (
    Translation.context,
    Translation.msgid,
    Translation.msgid_plural,
    Translation.strings,
    Translation.is_unsure,
)


def _take(found: dict[Key, Forms], context: str | None, source: tuple[str, str], strings: Sequence[str]) -> None:
    """Cleaned once more; the catalogues check it (catalogues.py)."""
    sources = source if source[1] else source[:1]
    texts = tuple(cleaned(str(text), sources) for text in strings)
    found[context, source if source[1] else source[0]] = texts if source[1] else texts[0]


def num_plurals_of(locale: str) -> tuple[int, tuple[tuple[float, ...], ...]]:
    """How many plural forms a language has, and numbers that each stands for."""
    count, rule = plurals.rule_for(locale)
    return count, plurals.examples(count, rule)

"""All that a petition says in its association's own words, part by part: text, demands, form, mails, updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from petition_app.extensions import db
from petition_app.models import MailWords, Petition, PetitionField, PetitionText, TextPart, Update
from petition_app.models.mail_words import PARTS
from petition_app.models.mail_words import Part as MailPart
from petition_app.petitions.borrowing import source_of
from petition_app.petitions.demands import LONGEST_DEMAND, demands_of
from petition_app.petitions.fields import known_label, live_fields
from petition_app.petitions.importer import LONGEST_TITLE
from petition_app.petitions.mail_words import LONGEST as LONGEST_OF_MAIL
from petition_app.petitions.paragraphs import Split, key_of, paragraphs_of, plain_paragraphs_of, side_by_side
from petition_app.petitions.words import LONGEST_BODY, LONGEST_CALL, LONGEST_NAME, LONGEST_OFFICE, LONGEST_SUMMARY
from petition_app.texts.parts import Former, Found, Part, beside_each_other
from petition_app.updates import writing as updates

LONGEST_LABEL, LONGEST_PURPOSE, LONGEST_CHOICE = 200, 300, 100

_ROWS = select(TextPart).where(TextPart.petition_id == bindparam("petition"), TextPart.locale == bindparam("locale"))


def parts_of(petition: Petition, locale: str) -> list[Part]:
    """Every part in order, beside its translation into this language, as it is being written."""
    rows = rows_of(petition.id, locale)
    found, former = _Reader(petition, locale, rows).read()
    return beside_each_other(found, former, rows)


def rows_of(petition_id: int, locale: str) -> dict[str, TextPart]:
    """What was written for this language, by the names of the parts; of those that have gone, too."""
    rows: Sequence[TextPart] = db.session.scalars(_ROWS, {"petition": petition_id, "locale": locale}).all()
    return {row.key: row for row in rows}


def updates_of(petition: Petition) -> list[Update]:
    """Those that have a text in the main language, the newest first; drafts, too."""
    found = select(Update).where(Update.petition_id == petition.id).order_by(Update.id.desc())
    return list(db.session.scalars(found.options(selectinload(Update.texts))))


def former_source(petition: Petition, key: str) -> str:
    """What a paragraph said that is in no newest version any more; "" where there was none of this name."""
    for text in reversed(petition.texts):
        if text.locale == petition.default_locale:
            for unit in paragraphs_of(text.body):
                if f"body.{unit.key}" == key:
                    return unit.text
    return ""


class _Reader:
    def __init__(self, petition: Petition, locale: str, rows: Mapping[str, TextPart]) -> None:
        self._petition, self._main, self._locale, self._rows = petition, petition.default_locale, locale, rows
        self._former: list[Former] = []

    def read(self) -> tuple[list[Found], list[Former]]:
        parts = [*self._text(), *self._demands(), *self._fields(), *self._mails(), *self._updates()]
        return [part for part in parts if part.source], self._former

    def _text(self) -> Iterator[Found]:
        petition = self._petition
        source, text = petition.text_for(self._main), petition.newest_text(self._locale)
        base = (source_of(petition, text) if text is not None else None) or source
        said = text or PetitionText(title="", summary="", body="", call_to_action="")
        yield self._line("title", _("Title"), source.title, said.title, base.title, LONGEST_TITLE)
        yield from self._recipients(text)
        yield self._line("summary", _("Summary"), source.summary, said.summary, base.summary, LONGEST_SUMMARY, False)
        borrowed = {key for place, key in enumerate(_keys(said.body)) if place in said.borrowed_paragraphs}
        yield from self._paragraphs("body.", _("Text"), (source.body, base.body, said.body), borrowed, LONGEST_BODY)
        yield self._line(
            "call",
            _("Heading of the form"),
            source.call_to_action,
            said.call_to_action,
            base.call_to_action,
            LONGEST_CALL,
        )

    def _recipients(self, text: PetitionText | None) -> Iterator[Found]:
        theirs = {r.position: r for r in self._petition.recipients if r.locale == self._locale}
        for own in (r for r in self._petition.recipients if r.locale == self._main):
            said = theirs.get(own.position)
            is_translated = said is not None and text is not None and text.office_locale(own.position) == self._locale
            group = _("Recipient(s)")
            # Translators: whom a petition is addressed to: a person or a body
            called = pgettext("recipient", "Name")
            # A name is the same in most languages: it waits for nobody.
            name, office = (said.name if said else own.name, said.office if said and is_translated else "")
            yield Found(f"name.{own.position}", group, called, own.name, name, own.name, LONGEST_NAME, "", True)
            yield Found(
                f"office.{own.position}", group, _("Office"), own.office, office, own.office, LONGEST_OFFICE, "", True
            )

    def _line(
        self, key: str, label: str, source: str, online: str, base: str, most: int, is_line: bool = True
    ) -> Found:
        return Found(key, label, label, source, online, base, most, "", is_line)

    def _paragraphs(
        self,
        family: str,
        group: str,
        texts: tuple[str, str, str],
        borrowed: set[str],
        most: int,
        split: Split = paragraphs_of,
    ) -> Iterator[Found]:
        """Those of the source; what stood there before, and how readers have it, is remembered among the former."""
        now, before, said = (split(text) for text in texts)
        online = dict(zip((unit.key for unit in before), side_by_side(before, said), strict=True))
        online = {key: "" if key_of(text) in borrowed else text for key, text in online.items()}
        # What was written for a paragraph and is there needs no guess by its place.
        there = {unit.key for unit in said}
        online |= {
            unit.key: row.target
            for unit in (*before, *now)
            if (row := self._rows.get(family + unit.key)) and row.target and _is_in(row.target, there)
        }
        self._former += [
            Former(family + unit.key, unit.text, online[unit.key], online[unit.key])
            for unit in before
            if unit.is_words and online[unit.key]
        ]
        seen = set()
        for number, unit in enumerate((unit for unit in now if unit.is_words), 1):
            if unit.key not in seen:
                seen.add(unit.key)
                # Translators: a part of a text that is translated
                label = _("Paragraph %(number)s", number=number)
                yield Found(
                    family + unit.key, group, label, unit.text, online.get(unit.key, ""), unit.text, most, family
                )

    def _demands(self) -> Iterator[Found]:
        for number, demand in enumerate(demands_of(self._petition), 1):
            own, said = demand.texts.get(self._main, ""), demand.texts.get(self._locale, "")
            yield Found(f"demand.{demand.id}", _("Demands"), str(number), own, said, own, LONGEST_DEMAND, "", True)

    def _fields(self) -> Iterator[Found]:
        if not self._petition.form_revision:
            return
        for field in live_fields(db.session(), self._petition.id):
            yield from self._field(field)

    def _field(self, field: PetitionField) -> Iterator[Found]:
        words = field.current_wordings
        own, said = words.get(self._main), words.get(self._locale)
        if own is None:
            return
        group = _("Form: %(field)s", field=known_label(field.kind) or own.label)
        chosen = dict(said.choices) if said is not None else {}
        for key, label, source, online, most in (
            ("label", _("The question"), own.label, said.label if said else "", LONGEST_LABEL),
            *((f"choice.{key}", _("Answer"), text, chosen.get(key, ""), LONGEST_CHOICE) for key, text in own.choices),
            ("purpose", _("What you ask it for"), own.purpose, said.purpose if said else "", LONGEST_PURPOSE),
        ):
            yield Found(f"field.{field.id}.{key}", group, label, source, online, source, most, "", True)

    def _mails(self) -> Iterator[Found]:
        petition = self._petition
        own, said = petition.newest_mail_words(self._main), petition.newest_mail_words(self._locale)
        if own is None:
            return
        base = (self._source_of(said) if said is not None else None) or own
        groups: Mapping[MailPart, str] = {"why": _("Mail with the confirmation link"), "thanks": _("After confirming")}
        for part in PARTS:
            texts = (own.words(part), base.words(part), said.words(part) if said is not None else "")
            family, split = f"mail.{part}.", plain_paragraphs_of
            for found in self._paragraphs(family, groups[part], texts, set(), LONGEST_OF_MAIL, split):
                # Many short paragraphs are a short mail in each language.
                most = min(LONGEST_OF_MAIL, 100 + 3 * len(found.source))
                yield replace(found, names_no_page=part == "why", most=most)

    def _source_of(self, said: MailWords) -> MailWords | None:
        """What a translation was made of: the version that it names, else the newest one that was there before it."""
        versions = [words for words in self._petition.mail_words if words.locale == self._main]
        named = next((words for words in versions if words.id == said.source_id), None)
        older = [words for words in versions if words.created_at <= said.created_at]
        return named or (older[-1] if older else None)

    def _updates(self) -> Iterator[Found]:
        for update in updates_of(self._petition):
            texts = {text.locale: text for text in update.texts}
            own, said = texts.get(self._main), texts.get(self._locale)
            if own is None:
                continue
            family, group = f"update.{update.id}.", _("Update: %(title)s", title=own.title)
            title, body = (said.title, said.body) if said is not None else ("", "")
            yield Found(
                f"{family}title", group, _("Title"), own.title, title, own.title, updates.LONGEST_TITLE, "", True
            )
            yield from self._paragraphs(family, group, (own.body, own.body, body), set(), updates.LONGEST_BODY)


def _is_in(text: str, keys: set[str]) -> bool:
    """Whether each paragraph of this stands there; a translator may have made two of one."""
    return key_of(text) in keys or all(key_of(part) in keys for part in text.split("\n\n"))


def _keys(body: str) -> list[str]:
    return [unit.key for unit in paragraphs_of(body)]

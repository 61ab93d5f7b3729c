"""What was typed to describe a field, checked; what is wrong is told beside it, and everything stays as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from petition_app.i18n.locales import own_name, page_locale, use_locale
from petition_app.models import PetitionField
from petition_app.models.petition_field import QUESTION_KINDS
from petition_app.petitions.fields import AskedField, Wanted, Words
from petition_app.signing.cleaning import clean_line, has_controls

LONGEST_LABEL, LONGEST_PURPOSE, LONGEST_CHOICE = 200, 300, 100
FEWEST_CHOICES, MOST_CHOICES, ROWS_AT_FIRST, ROWS_MORE = 2, 12, 4, 4
# What is never handed over, whoever asks: a number to be called by is for those who said that they would call.
NEVER_FOR_RECIPIENTS = ("phone",)


@dataclass
class ChoiceRow:
    """A line of the answers to choose from. `key` is "" for one that is new."""

    key: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(self.words.values())


@dataclass
class FieldEntry:
    """A field as the form of the admin holds it; `errors` has a sentence by the name of what is wrong."""

    kind: str
    locales: Sequence[str]
    is_required: bool = False
    for_recipients: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    purposes: dict[str, str] = field(default_factory=dict)
    choices: list[ChoiceRow] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_question(self) -> bool:
        return self.kind in QUESTION_KINDS

    @property
    def can_go_to_recipients(self) -> bool:
        return self.kind not in NEVER_FOR_RECIPIENTS

    def name_of(self, wrong: str) -> str:
        """How the page calls what an error is about, with its language."""
        # A language's code may hold a dash itself (pt-BR), and one may end with another.
        code = max((code for code in self.locales if wrong.endswith(f"-{code}")), key=len)
        part, _dash, number = wrong.removesuffix(f"-{code}").partition("-")
        language = own_name(code)
        if part == "choice":
            return str(_("Answer %(number)s, %(language)s", number=number, language=language))
        if part == "label":
            return str(_("The question, %(language)s", language=language))
        return str(_("What you ask it for, %(language)s", language=language))

    def wanted(self, used_keys: Sequence[str]) -> Wanted:
        """What it says, once it has no errors. A new choice gets a key that none has had."""
        last = max((int(key) for key in used_keys), default=0)
        choices = []
        for row in self.choices:
            if not row.is_empty:
                last, key = (last, row.key) if row.key else (last + 1, str(last + 1))
                choices.append((key, dict(row.words)))
        return Wanted(self.kind, self.is_required, self.for_recipients, dict(self.labels), dict(self.purposes), choices)

    def as_asked(self, field_id: int) -> AskedField:
        """How a form would show it, as far as it is written."""
        rows = [row for row in self.choices if not row.is_empty]
        words = {locale: self._words_in(locale, rows) for locale in self.locales}
        return AskedField(field_id, self.kind, self.is_required, self.for_recipients, 0, words)

    def _words_in(self, locale: str, rows: Sequence[ChoiceRow]) -> Words:
        with use_locale(page_locale(locale)):
            label = self.labels.get(locale) or _("Your question")
            purpose = self.purposes.get(locale) or _("What it is asked for stands here.")
        choices = tuple((str(number), row.words.get(locale) or "…") for number, row in enumerate(rows))
        return Words(0, locale, label, purpose, choices)


def blank_entry(kind: str, locales: Sequence[str]) -> FieldEntry:
    """A new field: optional, for the association alone, with nothing written."""
    rows = [ChoiceRow() for _row in range(ROWS_AT_FIRST)] if kind == "question_choice" else []
    return FieldEntry(kind, locales, choices=rows)


def entry_of(row: PetitionField, locales: Sequence[str]) -> FieldEntry:
    """A field as it is asked now."""
    words = row.current_wordings
    first = next(iter(words.values()))
    keys = [key for key, _words in first.choices]
    known = {locale: {pair[0]: pair[1] for pair in wording.choices} for locale, wording in words.items()}
    choices = [ChoiceRow(key, {code: known.get(code, {}).get(key, "") for code in locales}) for key in keys]
    return FieldEntry(
        row.kind,
        locales,
        row.is_required,
        first.for_recipients,
        {code: words[code].label for code in locales if code in words},
        {code: words[code].purpose for code in locales if code in words},
        _with_room(choices) if row.kind == "question_choice" else [],
    )


def read_entry(form: Mapping[str, str], kind: str, locales: Sequence[str], known_keys: Sequence[str]) -> FieldEntry:
    """What was sent, checked. `known_keys` are those of the choices that the field has now."""
    entry = FieldEntry(
        kind,
        locales,
        is_required=form.get("required") == "yes",
        for_recipients="for_recipients" in form and kind not in NEVER_FOR_RECIPIENTS,
        purposes={code: clean_line(form.get(f"purpose-{code}")) for code in locales},
    )
    for code in locales:
        _check(entry, f"purpose-{code}", entry.purposes[code], LONGEST_PURPOSE)
    if entry.is_question:
        entry.labels = {code: clean_line(form.get(f"label-{code}")) for code in locales}
        for code in locales:
            _check(entry, f"label-{code}", entry.labels[code], LONGEST_LABEL)
    if kind == "question_choice":
        _read_choices(form, entry, known_keys)
    return entry


def _read_choices(form: Mapping[str, str], entry: FieldEntry, known_keys: Sequence[str]) -> None:
    left = list(known_keys)
    for number in range(1, MOST_CHOICES + 1):
        if f"choice-key-{number}" not in form:
            break
        key = form[f"choice-key-{number}"]
        if key in left:
            left.remove(key)  # a key sent twice is a new choice the second time
        else:
            key = ""
        words = {code: clean_line(form.get(f"choice-{number}-{code}")) for code in entry.locales}
        entry.choices.append(ChoiceRow(key, words))
    for number, row in enumerate(entry.choices, 1):
        for code in entry.locales if not row.is_empty else ():
            _check(entry, f"choice-{number}-{code}", row.words[code], LONGEST_CHOICE)
            _check_once(entry, number, code)
    if sum(not row.is_empty for row in entry.choices) < FEWEST_CHOICES:
        entry.errors["choice-1-" + entry.locales[0]] = _("Give at least two answers to choose from.")
    if len(entry.choices) < FEWEST_CHOICES:
        entry.choices = _with_room(entry.choices)


def _check(entry: FieldEntry, name: str, text: str, most: int) -> None:
    if not text:
        entry.errors[name] = _("Please fill this in.")
    elif len(text) > most:
        entry.errors[name] = _("This is longer than %(most)s characters. Please shorten it.", most=most)
    elif "\n" in text or has_controls(text):
        entry.errors[name] = _("There is a character here that cannot be shown. Please type the text again.")


def _check_once(entry: FieldEntry, number: int, code: str) -> None:
    text = entry.choices[number - 1].words[code].casefold()
    if text and any(row.words[code].casefold() == text for row in entry.choices[: number - 1]):
        entry.errors[f"choice-{number}-{code}"] = _("This answer is there already.")


def with_more_rows(entry: FieldEntry) -> FieldEntry:
    """The same with a few empty lines more for answers to choose from, and without a word about what is missing."""
    room = MOST_CHOICES - len(entry.choices)
    entry.choices += [ChoiceRow() for _row in range(min(ROWS_MORE, room))]
    entry.errors.clear()
    return entry


def _with_room(choices: list[ChoiceRow]) -> list[ChoiceRow]:
    rows = max(ROWS_AT_FIRST, min(len(choices) + 1, MOST_CHOICES))
    return choices + [ChoiceRow() for _row in range(rows - len(choices))]


def hidden_fields(entry: FieldEntry) -> dict[str, str]:
    """All of it, to be sent once more by the button of a page that asks whether it is meant so."""
    sent = {"required": "yes" if entry.is_required else "no"}
    sent |= {"for_recipients": "yes"} if entry.for_recipients else {}
    sent |= {f"purpose-{code}": text for code, text in entry.purposes.items()}
    sent |= {f"label-{code}": text for code, text in entry.labels.items()}
    for number, row in enumerate(entry.choices, 1):
        sent[f"choice-key-{number}"] = row.key
        sent |= {f"choice-{number}-{code}": text for code, text in row.words.items()}
    return sent

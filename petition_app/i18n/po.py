"""One `.po` file, read and written whole.

Babel's own catalogue forgets what it has no field for: headers that translators' tools write (X-Generator,
X-Poedit-…), and ours; and what the source said before, which stands behind “#|”. Here they stay.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser, denormalize

from petition_app.i18n.damage import DamagedFile, Kind
from petition_app.i18n.po_writing import written

UNREADABLE = (OSError, ValueError, LookupError)

# Whether a catalogue calls itself complete, and whether a person has read what a machine drafted.
COMPLETENESS, COMPLETE = "X-Completeness", "complete"
REVIEW_STATE, MACHINE_DRAFTED = "X-Review-State", "machine-drafted"
# When a site gave the file away (exported.py). None of the program's own has it.
MARK = "X-Exported"

# A message's context (None for none) and its source: the sentence, or singular and plural.
Key = tuple[str | None, str | tuple[str, str]]
# Its translation: one text, or one for each plural form.
Forms = str | tuple[str, ...]

_KNOWN_HEADERS = frozenset(
    {
        "project-id-version",
        "report-msgid-bugs-to",
        "pot-creation-date",
        "po-revision-date",
        "last-translator",
        "language",
        "language-team",
        "plural-forms",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "generated-by",
    }
)
# No language has more; each message of a file is given room for as many as its head says.
MOST_PLURALS = 6
# What the library writes into a header that nobody has filled in.
_UNTOLD = re.compile(r"EMAIL@ADDRESS|FULL NAME|LL@li\.org|YEAR-MO-DA")
# A date as gettext writes it; its zone may be missing.
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?:[+-]\d{4})?")
# Dates of making say nothing that the history does not, and would change every file each time.
_NEVER_WRITTEN = frozenset({"POT-Creation-Date", "Generated-By"})


def _num_plurals(rule: str) -> int:
    found = re.search(r"nplurals\s*=\s*(\d{1,18})", rule)
    return int(found[1]) if found else 0


def _is_readable(name: str, value: str) -> bool:
    """Babel takes a file for damaged whose date, or number of plural forms, nobody has filled in, or not as it does."""
    if name.lower() == "plural-forms":
        return _num_plurals(value) > 0
    if not name.lower().endswith("-date") or _UNTOLD.search(value):
        return True
    with suppress(ValueError):
        return _DATE.fullmatch(value) is not None and datetime.fromisoformat(value[:16]) is not None
    return False


class PoCatalogue(Catalog):
    """A catalogue with every header that its file has."""

    def __init__(self, locale: str | None = None) -> None:
        self.other_headers: dict[str, str] = {}
        self.has_head = False
        super().__init__(
            locale=locale.replace("-", "_") if locale else None,
            header_comment="",
            project="petition_app",
            version="1",
            fuzzy=False,
        )

    def _get_headers(self) -> list[tuple[str, str]]:
        headers = [
            (name, value.strip())
            for name, value in super()._get_mime_headers()
            if name not in _NEVER_WRITTEN and value.strip() and not _UNTOLD.search(value)
        ]
        *before, (name, value) = [*headers, *self.other_headers.items()]
        return [*before, (name, value + "\n")]  # each line of the header ends, the last one too

    def _set_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        told = [(MARK if name.lower() == MARK.lower() else name, value.strip()) for name, value in headers]
        self.has_head = bool(told)
        for name, value in told:
            if name.lower() == "plural-forms" and _num_plurals(value) > MOST_PLURALS:
                raise DamagedFile("plurals", f"it has more than {MOST_PLURALS} plural forms")
        known = [(name, value) for name, value in told if name.lower() in _KNOWN_HEADERS and _is_readable(name, value)]
        super()._set_mime_headers(known)
        self.other_headers = {name: value for name, value in told if (name, value) not in known}
        self.other_headers.pop("Plural-Forms", None)

    mime_headers = property(_get_headers, _set_headers)

    @property
    def is_complete(self) -> bool:
        """Whether it says of itself that nothing is missing in it."""
        return self.other_headers.get(COMPLETENESS, "").lower() == COMPLETE

    @property
    def is_machine_drafted(self) -> bool:
        """Whether no person has reviewed it yet."""
        return self.other_headers.get(REVIEW_STATE, "").lower() == MACHINE_DRAFTED


class _Parser(PoFileParser):
    """Reads what a source said before, too: `#| msgid "…"`, over as many lines as it takes.

    And it takes no line for a text that is not in quotation marks, of which Babel would lose the first and last letter.
    """

    def _reset_message_state(self) -> None:
        super()._reset_message_state()
        self.previous: list[list[str]] = []
        self._is_context = False

    def _process_message_line(self, lineno: int, line: str, obsolete: bool = False) -> None:
        if obsolete and line.startswith("|"):  # what the source of an obsolete message said before
            self._process_comment(f"#{line}")
            return
        text = line if line.startswith('"') else line.partition(" ")[2].strip()
        if line and not re.fullmatch(r'"(?:[^"\\]|\\.)*"', text):
            self._invalid_pofile(line, lineno, "a text must stand between quotation marks")
        super()._process_message_line(lineno, line, obsolete)

    def _process_comment(self, line: str) -> None:
        if line.startswith(_MISREAD):
            return
        if line[:2] != "#|":
            super()._process_comment(line)
            return
        self._finish_current_message()
        text = line[2:].strip()
        keyword, _, rest = text.partition(" ")
        if keyword in ("msgid", "msgid_plural"):
            self._is_context = False
            self.previous.append([rest.strip()])
        elif keyword == "msgctxt":
            self._is_context = True
        elif text.startswith('"') and self.previous and not self._is_context:
            self.previous[-1].append(text)

    def _add_message(self) -> None:
        previous, messages = self.previous, self.catalog.obsolete if self.obsolete else self.catalog._messages
        count, offset = len(messages), self.offset
        is_head = not self.obsolete and self.messages[0].denormalize() == ""
        super()._add_message()
        if len(messages) > count:
            next(reversed(messages.values())).previous_id = [denormalize("\n".join(lines)) for lines in previous]
        elif messages is self.catalog._messages and not is_head:
            self._invalid_pofile("", offset, "this message stands here for the second time")


def parsed(data: bytes, locale: str | None = None) -> PoCatalogue:
    """The catalogue in a file's bytes. Raises DamagedFile, whose text says where it is wrong."""
    catalogue = PoCatalogue(locale)
    try:
        # Some editors begin a file with a mark of its encoding; old ones end a line in their own way.
        lines = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        _Parser(catalogue, abort_invalid=True).parse(io.BytesIO(lines))
    except PoFileError as error:
        line, told = error.lineno + 1, str(error).removesuffix(f" on {error.lineno}")
        kind: Kind = "plurals" if "num_plurals" in told else "line"
        raise DamagedFile(kind, f"{told} (line {line})", line=line) from error
    except UnicodeDecodeError as error:
        raise DamagedFile("encoding", str(error)) from error
    except DamagedFile:
        raise
    except LookupError as error:
        raise DamagedFile("charset", str(error), charset=catalogue.charset) from error
    except (ValueError, UnknownLocaleError) as error:
        raise DamagedFile("other", str(error)) from error
    return catalogue


def rendered(catalogue: Catalog) -> bytes:
    """The file of a catalogue: its messages in their order, then what is obsolete."""
    return written(catalogue).encode(catalogue.charset)


# What Babel by itself makes of “#|” lines: comments that no translator has written.
_MISREAD = ("# | msg", '# | "')


def key(message: Message) -> Key:
    """By what a message is known: a sentence may stand twice, in two contexts."""
    return message.context, message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def forms(message: Message) -> tuple[str, ...]:
    """Its translation as one text for each form; one that is empty where there is none."""
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


def previous(message: Message) -> tuple[str, ...]:
    """What the source said when this was translated; empty where it said the same."""
    told = message.previous_id
    return (told,) if isinstance(told, str) else tuple(told)


def sources(message: Message) -> tuple[str, ...]:
    """The sentence, or singular and plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def short(message: Message) -> str:
    """Enough of the source to find the message by."""
    text = sources(message)[0]
    return text if len(text) <= 60 else text[:57] + "…"

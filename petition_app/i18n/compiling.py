"""What gettext reads, made from the edited `.po` files: on install, on start and when one of them has changed.

No `.mo` file is kept with the sources. `petition translations compile`, which `make install` runs, puts each beside its
`.po`; a start makes what is missing there or older in the data folder, for a site need not be allowed to write into its
program. A file is as new as its `.po` when it bears the same time.
"""

from __future__ import annotations

import logging
import os
import tempfile
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.support import Translations

from petition_app.i18n import plurals, shipped
from petition_app.i18n.checking import check_message, is_dangerous
from petition_app.i18n.po import UNREADABLE, PoCatalogue, forms, short, sources

log = logging.getLogger(__name__)


def compile_all(into: Path) -> list[str]:
    """Compile each catalogue that is newer than what was made of it. Safe in several processes at once.

    Answers with a sentence for what cannot be used. A file that cannot be read keeps the site from nothing, and
    neither does a text that could hurt: what was compiled before goes on being used.
    """
    problems = []
    for po in shipped.po_files():
        mo = _in_data(po, into)
        if not is_fresh(_beside(po), po) and not is_fresh(mo, po):
            problems += compile_one(po, mo, compiled(shipped.locale_of(po), into))
    for problem in problems:
        log.error("a catalogue cannot be used as it is", extra={"fields": {"problem": problem}})
    return problems


def compile_beside() -> list[str]:
    """Compile each catalogue to the place beside it, where every site on this machine finds it. Raises OSError."""
    return [
        problem
        for po in shipped.po_files()
        if not is_fresh(_beside(po), po)
        for problem in compile_one(po, _beside(po), _beside(po))
    ]


def all_problems() -> list[str]:
    """A sentence for each thing in the catalogues that cannot be used, whoever has compiled them already."""
    return [problem for po in shipped.po_files() for problem in _made(po, None)[1]]


def compiled(locale: str, into: Path) -> Path | None:
    """The compiled catalogue to use: the one that is as new as its `.po`, else the last that could be made."""
    po = shipped.po_of(locale)
    made = [mo for mo in (_beside(po), _in_data(po, into)) if mo.exists()]
    fresh = [mo for mo in made if is_fresh(mo, po)]
    return next(iter(fresh or made[::-1]), None)


def is_fresh(mo: Path, po: Path) -> bool:
    try:
        return mo.stat().st_mtime_ns == po.stat().st_mtime_ns
    except OSError:
        return False


def _beside(po: Path) -> Path:
    return po.with_suffix(".mo")


def _in_data(po: Path, into: Path) -> Path:
    return into / shipped.locale_of(po) / "LC_MESSAGES" / "messages.mo"


def compile_one(po: Path, mo: Path, before: Path | None) -> list[str]:
    """Make the file, unless the catalogue cannot be read; answers with a sentence for each thing that is left out.

    `before` is what was compiled so far, whose texts stand in for those that are left out.
    """
    try:
        stamp = po.stat().st_mtime_ns
    except OSError as error:
        return [_unreadable(po, error)]
    content, problems = _made(po, before)
    if content is not None:
        _put(content, mo, stamp)
    return problems


def _made(po: Path, before: Path | None) -> tuple[bytes | None, list[str]]:
    """What gettext reads, None where the catalogue cannot be read; and a sentence for all that is wrong."""
    try:
        catalogue = shipped.read(po)
        left_out = _leave_out(catalogue, _words_of(before))
        content = BytesIO()
        write_mo(content, catalogue, use_fuzzy=False)
        Translations(BytesIO(content.getvalue()))  # reads the rule for plural forms as the site will
    except UNREADABLE as error:
        return None, [_unreadable(po, error)]
    return content.getvalue(), [f"{_name(po)}: “{short(message)}” is left out: {why}" for message, why in left_out]


def _unreadable(po: Path, error: Exception) -> str:
    return f"{_name(po)} cannot be read: {error}. The catalogue of before goes on being used."


def _name(po: Path) -> str:
    return f"{shipped.locale_of(po)}/messages.po"


def _words_of(mo: Path | None) -> Translations | None:
    try:
        return Translations(BytesIO(mo.read_bytes())) if mo is not None else None
    except UNREADABLE:
        return None


def _leave_out(catalogue: PoCatalogue, before: Translations | None) -> list[tuple[Message, str]]:
    """Take out what could break a page, and what says the same as the source, which is there anyway."""
    numbers = plurals.examples(catalogue.num_plurals, catalogue.plural_expr)
    left_out = []
    # What is fuzzy is not compiled at all.
    for message in [message for message in catalogue if message.id and any(forms(message)) and not message.fuzzy]:
        findings = check_message(sources(message), forms(message), catalogue.num_plurals, numbers)
        if is_dangerous(findings):
            left_out.append((message, next(found.sentence for found in findings if found.is_dangerous)))
            message.string = _said_before(message, before, catalogue.num_plurals)
        elif catalogue.locale_identifier == shipped.SOURCE_LOCALE and message.string == message.id:
            message.string = ""
    return left_out


def _said_before(message: Message, before: Translations | None, num_plurals: int) -> str | tuple[str, ...]:
    """What readers had of it until now; "" where that was nothing that holds."""
    known = before._catalog if before is not None else {}
    msgid = sources(message)[0]
    name = f"{message.context}\x04{msgid}" if message.context else msgid
    names = [name] if isinstance(message.id, str) else [(name, number) for number in range(num_plurals)]
    texts = tuple(known.get(name, "") for name in names)
    if not all(texts) or is_dangerous(check_message(sources(message), texts, num_plurals)):
        return ""
    return texts[0] if isinstance(message.id, str) else texts


def _put(content: bytes, mo: Path, stamp: int) -> None:
    mo.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=mo.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(draft, 0o644)
    os.utime(draft, ns=(stamp, stamp))
    Path(draft).replace(mo)

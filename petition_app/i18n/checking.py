"""One translation beside its source: what a translator has to put right, in sentences that say how.

A translation is markup that the site trusts. What is `is_dangerous` could break a page or mislead its reader, and is
used nowhere: neither from a catalogue nor from the site's own changes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "missing",
    "too long",
    "note too long",
    "plural count",
    "placeholders",
    "percent",
    "tags",
    "nesting",
    "markup",
    "entities",
    "space",
    "line breaks",
    "unseen",
    "links",
]
# In characters: much longer than any sentence of ours in any language.
LONGEST_TEXT = 5_000
# What is merely not finished, or not beautiful: the site can show it all the same.
_HARMLESS: frozenset[Kind] = frozenset({"missing", "plural count", "space", "line breaks"})


@dataclass(frozen=True)
class Finding:
    """What is wrong with a translation, and what to do. `form` is the plural form's number, None for a plain sentence.

    `values` are what the sentence names, for whoever words it in another language.
    """

    kind: Kind
    sentence: str
    form: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_dangerous(self) -> bool:
        return self.kind not in _HARMLESS


PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
LINK = re.compile(r"""(?:https?://|\bwww\.|\bmailto:|@)(?P<host>[^\s<>"'/()]*[\w/])""", re.I)
SCHEME = re.compile(r"\b(?:javascript|data|vbscript):", re.I)
# Characters that turn the order of what is read, or are read as nothing: embeddings, overrides, isolates, tags, and
# the sign of a broken file. Marks of direction (U+200E, U+200F, U+061C) and joiners are letters' own business.
UNSEEN = re.compile(
    "[\u180e\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffd\U000e0000-\U000e007f]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
# An element that stands alone.
_VOID = frozenset({"br", "wbr", "hr", "img", "input"})


def check_message(
    sources: Sequence[str],
    targets: Sequence[str],
    num_plurals: int,
    numbers: Sequence[Sequence[float]] = (),
) -> list[Finding]:
    """What is wrong with the translation of a sentence (one source), or of singular and plural (two).

    `numbers` are examples of what each plural form stands for (plurals.examples): a form for one number alone may say
    it in words; without them, any form may.
    """
    is_counted = len(sources) > 1
    if not any(targets):
        return [Finding("missing", "it is not translated: write its translation.")]
    findings = []
    wanted = num_plurals if is_counted else 1
    if len(targets) != wanted:
        values = {"wanted": str(wanted), "found": str(len(targets))}
        sentence = f"it needs {wanted} plural forms and has {len(targets)}: write one for each."
        findings.append(Finding("plural count", sentence, values=values))
    for index, target in enumerate(targets):
        form = index if is_counted else None
        if not target:
            findings.append(Finding("missing", f"{_of(form)}it is not translated: write its translation.", form))
            continue
        if len(target) > LONGEST_TEXT:
            sentence = f"{_of(form)}it is longer than {LONGEST_TEXT} characters: shorten it."
            findings.append(Finding("too long", sentence, form, {"most": str(LONGEST_TEXT)}))
            continue
        may_omit = is_counted and _says_number_itself(index, sources, numbers)
        findings += _check_form(sources, target, form, may_omit)
    return findings


def is_dangerous(findings: Sequence[Finding]) -> bool:
    return any(finding.is_dangerous for finding in findings)


def _says_number_itself(index: int, sources: Sequence[str], numbers: Sequence[Sequence[float]]) -> bool:
    """Whether the form may leave its number out: “one signature”. So may the first one where the source does."""
    if index >= len(numbers):
        return True
    omits = set(PLACEHOLDER.findall(sources[0])) < set(PLACEHOLDER.findall(sources[-1]))
    return len(numbers[index]) == 1 or (omits and index == 0)


def _check_form(sources: Sequence[str], target: str, form: int | None, may_omit: bool) -> Iterator[Finding]:
    # A plural form is held to the plural source; tags to the source that is nearest.
    source = sources[min(form or 0, len(sources) - 1)]
    of = _of(form)
    allowed, names = set(PLACEHOLDER.findall(sources[-1])), set(PLACEHOLDER.findall(target))
    if names - allowed or (allowed - names and not (may_omit and len(allowed - names) == 1)):
        expected = ", ".join(sorted(allowed)) or "none"
        sentence = f"{of}the placeholders must be the source's: {expected}. Write each as it stands there."
        yield Finding("placeholders", sentence, form, {"expected": expected})
    if "%" in PLACEHOLDER.sub("", target).replace("%%", ""):
        yield Finding("percent", f"{of}a percent sign of the text is written twice: %%.", form)
    yield from _check_markup(source, target, form)
    yield from _check_spaces(source, target, form)
    if unseen := sorted(set(UNSEEN.findall(target)) - set(UNSEEN.findall(source))):
        named = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'control character').lower()}" for c in unseen)
        sentence = f"{of}contains a character that cannot be seen ({named}): type the sentence again."
        yield Finding("unseen", sentence, form, {"characters": named})
    if hosts := sorted(_hosts(target) - {host for text in sources for host in _hosts(text)}):
        sentence = f"{of}a link leads elsewhere than the source's ({', '.join(hosts)}): write the source's address."
        yield Finding("links", sentence, form, {"hosts": ", ".join(hosts)})


def _check_markup(source: str, target: str, form: int | None) -> Iterator[Finding]:
    of, tags = _of(form), TAG.findall(target)
    expected = TAG.findall(source)
    if Counter(tags) != Counter(expected):
        sentence = f"{of}the tags must be the source's, with the same attributes: {' '.join(expected) or 'none'}."
        yield Finding("tags", sentence, form, {"expected": " ".join(expected)})
    elif not _is_nested(tags) and _is_nested(expected):
        yield Finding("nesting", f"{of}a tag is closed before what it holds, or before it is opened.", form)
    if re.search("[<>]", TAG.sub("", target)) and not re.search("[<>]", TAG.sub("", source)):
        yield Finding("markup", f"{of}contains “<” or “>”, which the source has not: take it out.", form)
    if foreign := sorted(set(ENTITY.findall(target)) - set(ENTITY.findall(source))):
        sentence = f"{of}write the character itself in place of {', '.join(foreign)}."
        yield Finding("entities", sentence, form, {"entities": ", ".join(foreign)})
    if SCHEME.search(target) and not SCHEME.search(source):
        yield Finding("links", f"{of}contains an address that runs a script: take it out.", form, {"hosts": ""})


def _check_spaces(source: str, target: str, form: int | None) -> Iterator[Finding]:
    of = _of(form)
    if (source[:1].isspace(), source[-1:].isspace()) != (target[:1].isspace(), target[-1:].isspace()):
        sentence = f"{of}leading or trailing space differs from the source's: begin and end as the source does."
        yield Finding("space", sentence, form)
    if "\n" in target.strip() and "\n" not in source.strip():
        yield Finding(
            "line breaks", f"{of}contains a line break, which the source has not: write it in one line.", form
        )


def _is_nested(tags: Sequence[str]) -> bool:
    """Whether every tag that is opened is closed, the innermost first."""
    open_tags: list[str] = []
    for tag in tags:
        name = tag.strip("</>").split()[0].lower()
        if name in _VOID or tag.endswith("/>"):
            continue
        if not tag.startswith("</"):
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags


def _hosts(text: str) -> set[str]:
    """The hosts of links and of addresses, as they are compared: a placeholder stands for itself."""
    return {found["host"].lower().removeprefix("www.").rstrip(".") for found in LINK.finditer(text)}


def _of(form: int | None) -> str:
    return "" if form is None else f"form {form}: "

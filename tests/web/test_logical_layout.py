"""The style sheets turn round with the language: nothing in them says left or right."""

from __future__ import annotations

import re

from petition_app.paths import resource_folder

PHYSICAL = re.compile(
    r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b"
    r"|(?<![\w-])(?:left|right)\s*:"
    r"|(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right)\b"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
)
# Four values go round clockwise: the second stands on the right in every language.
FOUR_VALUES = re.compile(
    r"(?<![\w-])(?:margin|padding|inset|border-width|scroll-margin)\s*:\s*"
    + r"([^\s;{}]+) " * 3
    + r"([^\s;{}]+)\s*[;}]"
)


def test_no_style_sheet_says_left_or_right() -> None:
    found = []
    for path in sorted(resource_folder("static").rglob("*.css")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            four = FOUR_VALUES.search(line)
            if "[dir=" not in line and (PHYSICAL.search(line) or (four and four[2] != four[4])):
                found.append(f"{path.name}:{number}: {line.strip()}")
    assert found == []


def test_scripts_have_no_words_of_their_own() -> None:
    """What a script says stands in an attribute of the template, where the catalogues find it."""
    said = re.compile(
        r"""(?:alert|confirm|prompt)\(\s*["'`]|(?:textContent|innerText|title|ariaLabel)\s*=\s*["'`]\s*\w"""
    )
    found = [
        f"{path.name}: {match[0]}"
        for path in sorted(resource_folder("static").rglob("*.js"))
        for match in said.finditer(path.read_text("utf-8"))
    ]
    assert found == []

"""The words that a language keeps to, as `translations/<locale>/glossary.md` has them.

People read it as a page, the program as a table of three columns, the first of which is called “English”:
`| English | term | note |`. Several words are separated by commas, and what is in brackets is a remark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Term:
    """A word of the sources, what it is in this language, and what a translator should know of it."""

    english: str
    term: str
    note: str

    @property
    def words(self) -> tuple[str, ...]:
        """What to look for in a source: “withdraw” for “to withdraw (a signature)”."""
        bare = re.sub(r"\([^)]*\)", "", self.english)
        return tuple(word.strip().removeprefix("to ") for word in bare.lower().split(",") if word.strip())


def read(path: Path) -> list[Term]:
    """Every row of the file's tables; nothing where there is no such file. Raises OSError, ValueError."""
    if not path.exists():
        return []
    terms: list[Term] = []
    is_table = False
    for line in path.read_text("utf-8").splitlines():
        cells = _cells(line)
        if cells is None:
            is_table = False
        elif len(cells) == 3 and cells[0].lower() == "english":
            is_table = True
        elif is_table and not re.fullmatch(r"[:| -]+", line.strip()):
            terms.append(Term(*[*cells, "", ""][:3]))
    return terms


def skeleton(language: str, terms: list[Term]) -> str:
    """A glossary to fill in: the words of another one, without what they are in this language."""
    rows = "\n".join(f"| {term.english} |  | {term.note} |" for term in terms)
    return (
        f"# {language}: the words we keep to\n\n"
        "Say here how people are addressed, formally unless the language's civic use differs, and what else holds\n"
        "everywhere: quotation marks, spaces, gender. Then give each word one translation, and keep to it.\n\n"
        f"| English | term | note |\n| --- | --- | --- |\n{rows}\n"
    )


def _cells(line: str) -> list[str] | None:
    text = line.strip()
    if not text.startswith("|"):
        return None
    return [
        cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text.removeprefix("|").removesuffix("|"))
    ]

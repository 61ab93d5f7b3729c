"""What a file of signatures may be made for: whose signatures it holds then, and which columns it may have.

The signer agreed to be counted and handed over to the recipients, and perhaps to be written to. An address stands only
in a file that is made for writing, and there only those who agreed to that very kind of news stand at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from petition_app.exports.columns import COLUMNS, Column
from petition_app.exports.fields import field_columns
from petition_app.models import Petition


@dataclass(frozen=True)
class Use:
    """`news` names the consent that a signer must have given; None where the signature itself is what is needed.

    `as_shown` says that names stand as each signer chose to show them. `with_left` is for a use that may look at
    signatures that were withdrawn or taken out.
    """

    name: str
    label: LazyString
    sentence: LazyString
    columns: tuple[str, ...]
    news: str | None = None
    as_shown: bool = False
    may_have_left: bool = False

    def columns_of(self, petition: Petition) -> list[Column]:
        """All that a file of this petition's signatures may have: what every file has, then the form's own fields."""
        return [column for column in COLUMNS if column.name in self.columns] + field_columns(petition, self.name)

    def chosen(self, petition: Petition, names: list[str] | None) -> list[Column]:
        """The columns with these names, in the order of the table; all that it may have where none is named.

        Raises NotAColumn for one that this use has no right to, or that is none.
        """
        columns = self.columns_of(petition)
        wanted = {column.name for column in columns} if not names else set(names)
        if foreign := wanted - {column.name for column in columns}:
            raise NotAColumn(sorted(foreign)[0])
        return [column for column in columns if column.name in wanted]


class NotAColumn(ValueError):
    """A file for this use cannot have the column of this name."""


# Translators: what a file of signatures is made for
_CHECKING = _l("The association’s own look")
_RECIPIENTS = _l("Handing over to the recipients")
_ANSWERS = _l("What the form’s own fields were asked for")
_PETITION_NEWS = _l("News about this petition")
_ASSOCIATION_NEWS = _l("News of the association’s other actions")

USES = {
    use.name: use
    for use in (
        Use(
            "check",
            _CHECKING,
            _l(
                "For counting and checking inside the association only. Nobody in this file may be written to on its "
                "ground: it holds no address."
            ),
            (
                "number",
                "status",
                "confirmed_at",
                "given_name",
                "surname",
                "postal_code",
                "country",
                "language",
                "text_version",
                "name_display",
                "comment",
                "petition_news",
                "association_news",
            ),
            may_have_left=True,
        ),
        Use(
            "recipients",
            _RECIPIENTS,
            _l(
                "For the recipients of the petition: all signatures that count, each in the form that its signer "
                "chose. It holds no address, and comments only as they were published."
            ),
            ("number", "confirmed_at", "given_name", "surname", "postal_code", "country", "comment"),
            as_shown=True,
        ),
        Use(
            "answers",
            _ANSWERS,
            _l(
                "Only for what each field of the form said that it is asked for: the file tells it. It holds no "
                "address, and a phone number stands in no other file."
            ),
            ("number", "confirmed_at", "given_name", "surname", "postal_code", "country"),
        ),
        Use(
            "petition_news",
            _PETITION_NEWS,
            _l(
                "Only for e-mails with news about this petition: it holds those, and only those, who agreed to them "
                "and have not taken that back. Whoever takes it back later must not be written to any more."
            ),
            ("email", "given_name", "surname", "language", "postal_code", "country", "confirmed_at"),
            news="petition_news",
        ),
        Use(
            "association_news",
            _ASSOCIATION_NEWS,
            _l(
                "Only for e-mails about the association’s other actions: it holds those, and only those, who agreed "
                "to them and have not taken that back. Whoever takes it back later must not be written to any more."
            ),
            ("email", "given_name", "surname", "language", "postal_code", "country", "confirmed_at"),
            news="association_news",
        ),
    )
}

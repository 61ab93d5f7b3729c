"""The messages of the code and the templates as they are now, and the catalogues brought up to date with them.

Scripts hold no words of their own: what they say stands in an attribute of the template that they work on
(`data-copied`), and is taken from there.
"""

from __future__ import annotations

import copy

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from petition_app.i18n import plurals, shipped
from petition_app.i18n.po import MARK, PoCatalogue, forms
from petition_app.paths import PACKAGE, resource_folder

KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    "lazy_npgettext": ((1, "c"), 2, 3),
}
COMMENT_TAGS = ("Translators:",)
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]


def extract() -> PoCatalogue:
    """Every message with its places, its context and what is said to translators about it, by the first place."""
    found = PoCatalogue()
    for source, prefix in ((PACKAGE, "petition_app"), (resource_folder("templates"), "templates")):
        messages = extract_from_dir(
            source,
            method_map=METHODS,
            options_map={"**.html": {"trimmed": "true", "silent": "false"}, "**.txt": {"silent": "false"}},
            keywords=KEYWORDS,
            comment_tags=COMMENT_TAGS,
            strip_comment_tags=True,
        )
        for filename, line, message, comments, context in messages:
            place = (f"{prefix}/{filename}", line)
            found.add(message, None, [place], auto_comments=comments, context=context)
    return _in_order(found)


def _in_order(found: PoCatalogue) -> PoCatalogue:
    ordered = PoCatalogue()
    for message in sorted((message for message in found if message.id), key=lambda message: message.locations):
        ordered[message.id] = message
    return ordered


def write_template() -> PoCatalogue:
    """Bring `messages.pot` up to date with the code."""
    template = extract()
    shipped.write(template, shipped.template_file())
    return template


def write_all() -> None:
    """Bring `messages.pot` and every `.po` file up to date with the code; nothing that was translated is lost."""
    template = write_template()
    for po in shipped.po_files():
        catalogue = shipped.read(po)
        bring_up_to_date(catalogue, template, shipped.locale_of(po))
        shipped.write(catalogue, po)


def bring_up_to_date(catalogue: PoCatalogue, template: Catalog, locale: str) -> None:
    """Take new messages in, near ones as a proposal marked fuzzy, and set aside what is no longer used."""
    catalogue.other_headers.pop(MARK, None)
    is_source = locale == shipped.SOURCE_LOCALE
    # A copy, for new messages go over into the catalogue as they are, and are translated there.
    catalogue.update(copy.deepcopy(template), no_fuzzy_matching=is_source)
    for name in [name for name, message in catalogue.obsolete.items() if not any(forms(message))]:
        del catalogue.obsolete[name]
    if is_source:
        catalogue.obsolete.clear()
        _complete_from_source(catalogue)
    for message in catalogue:
        if not isinstance(message.id, str) and not any(forms(message)):
            message.string = ("",) * catalogue.num_plurals


def _complete_from_source(catalogue: Catalog) -> None:
    """The sources are in this language: what nobody has worded otherwise is said in their words."""
    for message in catalogue:
        if message.id and not any(forms(message)):
            message.string = message.id


def new_catalogue(locale: str) -> PoCatalogue:
    """An empty catalogue for a language, with the plural forms that it needs."""
    catalogue = PoCatalogue(locale)
    count, expression = plurals.rule_for(locale)
    catalogue.mime_headers = [("Plural-Forms", f"nplurals={count}; plural={expression};")]
    bring_up_to_date(catalogue, extract(), locale)
    return catalogue

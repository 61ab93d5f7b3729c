"""The team's screens of one petition: its life, its text, its form, its news, what becomes of it, its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from petition_app.admin.translations.places import DESK, Place
from petition_app.admin.translations.rare_states import sealed
from petition_app.admin.translations.sample_data import ARCHIVED, CLOSED, DRAFT, OPEN, OTHER
from petition_app.admin.translations.sample_desk import TEAM


def desk(
    name: str,
    label: Any,
    path: str | Callable[[], str],
    data: dict[str, str] | None = None,
    *,
    who: str = TEAM,
    before: Callable[[Session], object] | None = None,
) -> Place:
    """A page of the team's, which one who may do everything looks at unless it says who."""
    made = path if callable(path) else lambda: path
    return Place(f"desk-{name}", label, DESK, made, data, who, before=before)


PLACES: tuple[Place, ...] = (
    desk("new-petition", _l("New petition"), "/admin/petitions/new"),
    desk("new-petition-wrong", _l("New petition"), "/admin/petitions/new", {}),
    desk(
        "new-petition-preview",
        _l("New petition"),
        "/admin/petitions/new",
        {"source": "A road\n\nWe ask for a road.\n\n1. A road\n", "language": "en"},
    ),
    desk("new-petition-ready", _l("The draft is saved"), f"/admin/petitions/new/{DRAFT}"),
    desk("petition", _l("At a glance"), f"/admin/petitions/{OPEN}"),
    desk("petition-draft", _l("At a glance"), f"/admin/petitions/{DRAFT}"),
    desk("petition-closed", _l("At a glance"), f"/admin/petitions/{CLOSED}"),
    desk("petition-archived", _l("At a glance"), f"/admin/petitions/{ARCHIVED}"),
    desk("opening", _l("Put it online"), f"/admin/petitions/{DRAFT}/opening"),
    desk("opening-again", _l("Put it online"), f"/admin/petitions/{CLOSED}/opening"),
    desk("closing", _l("Close it"), f"/admin/petitions/{OPEN}/closing"),
    desk("closing-wrong", _l("Close it"), f"/admin/petitions/{OPEN}/closing", {"when": "later"}),
    desk("archiving", _l("Archive it"), f"/admin/petitions/{CLOSED}/archiving"),
    desk("unarchiving", _l("Take it out of the archive"), f"/admin/petitions/{ARCHIVED}/unarchiving"),
    desk("deletion", _l("Delete this draft"), f"/admin/petitions/{DRAFT}/deletion"),
    desk("text", _l("Text"), f"/admin/petitions/{OPEN}/text"),
    desk("text-draft", _l("Text"), f"/admin/petitions/{DRAFT}/text"),
    desk("text-beside", _l("Text"), f"/admin/petitions/{OPEN}/text?text=fr&beside=en"),
    desk("text-kept", _l("Text"), f"/admin/petitions/{OTHER}/text?text=fr"),
    desk(
        "text-wrong", _l("Two have written at once"), f"/admin/petitions/{OPEN}/text", {"act": "save", "revision": "3"}
    ),
    desk(
        "text-conflict",
        _l("Two have written at once"),
        f"/admin/petitions/{OPEN}/text",
        {"act": "save", "revision": "1", "title": "Water", "body": "Water"},
    ),
    desk("text-publication", _l("What has changed"), f"/admin/petitions/{OPEN}/text/publication"),
    desk("text-publication-wrong", _l("What has changed"), f"/admin/petitions/{OPEN}/text/publication", {}),
    desk("text-translation", _l("Translation"), f"/admin/petitions/{OTHER}/translation?text=fr"),
    desk("text-translation-full", _l("Translation"), f"/admin/petitions/{OPEN}/translation?text=fr"),
    desk("text-translation-wrong", _l("Translation"), f"/admin/petitions/{OTHER}/translation?text=fr", {"act": "save"}),
    desk(
        "text-translation-publication", _l("Translation"), f"/admin/petitions/{OTHER}/translation/publication?text=fr"
    ),
    desk("mail-words", _l("Mails"), f"/admin/petitions/{OPEN}/mails"),
    desk("mail-words-wrong", _l("Mails"), f"/admin/petitions/{OPEN}/mails", {"why": "www.example.org"}),
    desk("arrangement", _l("Settings"), f"/admin/petitions/{OPEN}/settings"),
    desk(
        "arrangement-wrong",
        _l("Settings"),
        f"/admin/petitions/{OPEN}/settings",
        {"revision": "0", "slug": "?", "goal": "x", "closes_on": "x"},
    ),
    desk("arrangement-draft", _l("Settings"), f"/admin/petitions/{DRAFT}/settings"),
    desk("pictures", _l("Pictures"), f"/admin/petitions/{OPEN}/pictures"),
    desk("pictures-wrong", _l("Pictures"), f"/admin/petitions/{OPEN}/pictures", {"revision": "0"}),
    desk("outcome", _l("Outcome"), f"/admin/petitions/{OPEN}/outcome"),
    desk("outcome-empty", _l("Outcome"), f"/admin/petitions/{DRAFT}/outcome"),
    desk("demands", _l("Demands"), f"/admin/petitions/{OPEN}/demands"),
    desk(
        "demands-wrong",
        _l("Outcome"),
        f"/admin/petitions/{OPEN}/demands",
        {"act": "save", "revision": "0", "demand": "0"},
    ),
    desk("demand", _l("What became of it"), f"/admin/petitions/{OPEN}/demands/1"),
    desk(
        "demand-wrong",
        _l("What became of it"),
        f"/admin/petitions/{OPEN}/demands/1",
        {"revision": "1", "verdict": "partly", "on": "x", "link": "x"},
    ),
    desk("answer-new", _l("Ask a recipient"), f"/admin/petitions/{OPEN}/answers/new"),
    desk("answer-new-wrong", _l("Ask a recipient"), f"/admin/petitions/{OPEN}/answers/new", {"email": "x"}),
    desk("answer-waiting", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/4"),
    desk("answer-asked", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/2"),
    desk("answer-given", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/1"),
    desk("answer-returned", _l("A recipient’s answer"), f"/admin/petitions/{OPEN}/answers/3"),
    desk("updates", _l("Updates"), f"/admin/updates/{OPEN}"),
    desk("updates-empty", _l("Updates"), f"/admin/updates/{CLOSED}"),
    desk("update-new", _l("Write an update"), f"/admin/updates/{OPEN}/new"),
    desk("update-new-wrong", _l("Write an update"), f"/admin/updates/{OPEN}/new", {}),
    desk("update-sent", _l("Updates"), f"/admin/updates/{OPEN}/1"),
    desk("update-draft", _l("Updates"), f"/admin/updates/{OPEN}/2"),
    desk("update-scheduled", _l("Updates"), f"/admin/updates/{OPEN}/3"),
    desk("update-sending", _l("Updates"), f"/admin/updates/{OPEN}/4"),
    desk("update-stopped", _l("Updates"), f"/admin/updates/{OPEN}/5"),
    desk("update-text", _l("Change the draft"), f"/admin/updates/{OPEN}/2/text"),
    desk("update-test", _l("Updates"), f"/admin/updates/{OPEN}/2/test"),
    desk("update-sending-form", _l("Before it goes out"), f"/admin/updates/{OPEN}/2/sending"),
    desk("update-sending-wrong", _l("Before it goes out"), f"/admin/updates/{OPEN}/2/sending", {"when": "later"}),
    desk("update-sending-sealed", _l("Before it goes out"), f"/admin/updates/{OPEN}/2/sending", before=sealed),
    desk("update-waits-for-key", _l("Updates"), f"/admin/updates/{OPEN}/4", before=sealed),
    desk("update-removal", _l("Discard the draft"), f"/admin/updates/{OPEN}/2/removal"),
    desk("fields", _l("Form"), f"/admin/form/{OPEN}"),
    desk("fields-empty", _l("Form"), f"/admin/form/{CLOSED}"),
    desk(
        "field-new", _l("A question with answers to choose from"), f"/admin/form/{OPEN}/fields/new?kind=question_choice"
    ),
    desk("field-new-text", _l("A question, answered in a line"), f"/admin/form/{OPEN}/fields/new?kind=question_text"),
    desk("field-new-phone", _l("Phone"), f"/admin/form/{OPEN}/fields/new?kind=phone"),
    desk(
        "field-new-wrong",
        _l("A question with answers to choose from"),
        f"/admin/form/{OPEN}/fields/new?kind=question_choice",
        {"revision": "1", "kind": "question_choice"},
    ),
    desk("field", _l("Municipality"), f"/admin/form/{OPEN}/fields/1"),
    desk("field-removal", _l("Ask for it no longer"), f"/admin/form/{OPEN}/fields/1/removal"),
    desk("field-erasure", _l("Form"), f"/admin/form/{OPEN}/fields/1/answers/erasure"),
    desk("numbers", _l("Numbers"), f"/admin/numbers/{OPEN}"),
    desk("numbers-empty", _l("Numbers"), f"/admin/numbers/{DRAFT}"),
    desk("exports", _l("Files of signatures"), f"/admin/exports/{OPEN}"),
    desk("exports-recipients", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=recipients"),
    desk("exports-news", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=petition_news"),
    desk("exports-fields", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=answers"),
    desk("exports-association", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=association_news"),
    desk("exports-wrong", _l("Files of signatures"), f"/admin/exports/{OPEN}", {}),
    desk("exports-sealed", _l("Files of signatures"), f"/admin/exports/{OPEN}?use=petition_news", before=sealed),
    desk("export-passphrase", _l("Enter the passphrase"), "/admin/exports/file/2/passphrase", before=sealed),
    desk("export-passphrase-wrong", _l("Enter the passphrase"), "/admin/exports/file/2/passphrase", {}, before=sealed),
    desk("paper", _l("On paper"), f"/admin/paper/{OPEN}"),
    desk("paper-empty", _l("On paper"), f"/admin/paper/{CLOSED}"),
    desk("paper-sheet", _l("On paper"), f"/admin/paper/{OPEN}/sheet"),
    desk("paper-batch-new", _l("Enter a sheet"), f"/admin/paper/{OPEN}/batches/new"),
    desk(
        "paper-batch-wrong",
        _l("Enter a sheet"),
        f"/admin/paper/{OPEN}/batches/new",
        {"given_name-1": "1", "surname-1": "", "postal_code-1": "?"},
    ),
    desk("paper-batch", _l("On paper"), "/admin/paper/batches/1"),
    desk("paper-batch-removal", _l("Remove this sheet"), "/admin/paper/batches/1/removal"),
    desk("delivery", _l("Delivery"), f"/admin/delivery/{OPEN}"),
    desk("delivery-wrong", _l("Delivery"), f"/admin/delivery/{OPEN}", {}),
)

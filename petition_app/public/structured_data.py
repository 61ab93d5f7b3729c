"""A petition as schema.org describes a page, for search engines and for whoever reads pages by program."""

from __future__ import annotations

from typing import Any

from petition_app.models import Petition, PetitionText
from petition_app.web.filters import iso


def structured_data(petition: Petition, text: PetitionText, confirmed: int | str, canonical: str) -> dict[str, Any]:
    """JSON-LD of the page; the number of signatures (or the place for it) is the number of endorsements."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "name": text.title,
        "headline": text.title,
        "description": text.summary,
        "inLanguage": text.locale,
        "url": canonical,
        "dateModified": iso(text.created_at),
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/EndorseAction",
            "userInteractionCount": confirmed,
        },
    }
    if petition.author:
        data["author"] = {"@type": "Organization", "name": petition.author}
    if petition.opened_at:
        data["datePublished"] = iso(petition.opened_at)
    return data

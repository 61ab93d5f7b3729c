"""What the team's forms answer: each with what somebody types into it, right or wrong, and where that leads.

A table for each part of the admin. A line of it is a form, by the name of the place that it stands at
(desk_places.py), and what is sent with it, once for each of its answers.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable

from petition_app.admin.translations.deeds import (
    account,
    forms,
    life,
    outcome,
    sent_files,
    settings,
    signatures,
    texts,
    updates,
    workshop,
)
from petition_app.admin.translations.deeds.deed import Deed
from petition_app.admin.translations.places import Place

_AREAS = (account, life, texts, outcome, updates, forms, signatures, sent_files, settings, workshop)


def places(screens: Iterable[Place]) -> tuple[Place, ...]:
    """Each deed as a place that is called as the one that it begins at."""
    known, met = {place.name: place for place in screens}, Counter[str]()
    found = []
    for deed in (deed for area in _AREAS for deed in area.DEEDS):
        met[deed.at] += 1
        found.append(_place(deed, known[f"desk-{deed.at}"], met[deed.at]))
    return tuple(found)


def _place(deed: Deed, at: Place, number: int) -> Place:
    return dataclasses.replace(
        at,
        name=f"{at.name}-then-{number}",
        path=deed.path or at.path,
        data=deed.data,
        who=at.who if deed.who is None else deed.who,
        before=deed.before or at.before,
        first=deed.first,
        settings=deed.settings,
        told=deed.told,
        into=deed.into,
        around=at.path,
        is_deed=True,
    )

"""The pages that are otherwise, or there alone, on a site whose addresses rest sealed."""

from __future__ import annotations

from datetime import timedelta

from petition_app.models import StoredFile
from petition_app.models.base import now
from petition_app.sealing import converting, turning_on
from petition_app.sealing.turning_on import NewKeys
from petition_app.site import effective
from petition_app.transactions import writing
from tests.browser.everything import Shown, Site

PASSPHRASE = "four green herons dance"  # noqa: S105  # made up


def sealed_pages(site: Site) -> list[Shown]:
    """What a site asks and tells whose addresses rest sealed: the last thing that is done to this one."""
    with writing() as session:
        turning_on.turn_on(session, NewKeys.make(PASSPHRASE), now())
        file = session.query(StoredFile).filter_by(kind="export").first()
        file.sealed_key = "x"  # type: ignore[union-attr]
        number = file.id  # type: ignore[union-attr]
    effective.look(at_once=True)
    while not converting.advance(now() + timedelta(minutes=5), seconds=30):
        pass
    desk, prompt = "/admin/updates/clean-water", f"/admin/exports/file/{number}/passphrase"
    paths = [prompt, f"{desk}/1/sending", f"{desk}/2", "/admin/exports/clean-water?use=petition_news"]
    paths += ["/admin/settings/sealing", "/admin/signatures/1", "/admin/signatures/rules", "/admin/"]
    found = [(path, site.alice.get(path), "alice") for path in paths]
    found.append((prompt, site.alice.send(prompt), "alice"))
    found.append((site.tokens[0], site.reader.get(site.tokens[0].removesuffix("/receipt")), "reader"))
    shown = [
        Shown(f"{path} sealed", path, answer.get_data(as_text=True), who)
        for path, answer, who in found
        if answer.status_code in (200, 422)
    ]
    assert {path for path, answer, _who in found if answer.status_code not in (200, 422, 303)} == set()
    return shown

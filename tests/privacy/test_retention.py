"""What the rules of retention say is what becomes of the data: in every table, and in the bytes of the files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.files.orders import KEPT_FOR
from petition_app.i18n.locales import use_locale
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.operations import jobs
from petition_app.operations.forgetting import DUTIES
from petition_app.privacy import retention
from petition_app.privacy.retention import RULES
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.privacy.filled import GOES, MEMBERS_NAME, STAYS, Filled
from tests.privacy.later import DAY, HOUR, START, run
from tests.story import ALICE, sign
from tests.visitor import Visitor


@both_engines
def test_everything_goes_when_its_time_is_over_and_not_before(app: Flask, settings: Settings) -> None:
    filled = Filled()
    assert len(filled.words) > 100
    db.session.remove()
    assert filled.found(settings) == set(filled.words)
    for end in sorted(set(GOES.values())):
        going = {name for name in GOES if GOES[name] == end}
        run(end - HOUR)
        assert going <= filled.found(settings), end
        run(end + HOUR)
        assert not going & filled.found(settings), end
    run(START + 800 * DAY)
    found = filled.found(settings)
    left = {name for name in found if name not in STAYS and name.partition(".")[0] not in STAYS}
    assert left == set()
    assert MEMBERS_NAME not in {filled.words[name] for name in found}
    signature = db.session.query(Signature).one()
    assert (signature.status, signature.number, signature.country) == ("confirmed", 1, "fr")


def test_each_rule_has_its_sentence_and_its_job(app: Flask, client: Visitor) -> None:
    names = [rule.name for rule in RULES]
    assert names == list(dict.fromkeys(names))
    assert set(names) == set(DUTIES)
    assert all(duty.every <= DAY for duty in DUTIES.values())
    assert {duty.job for duty in DUTIES.values()} <= {job.name for job in jobs.JOBS}
    assert all(duty.job.startswith(("erase", "forget", "remove")) for duty in DUTIES.values())
    assert max(KEPT_FOR.values()) <= retention.FILES
    for locale in app.config["SETTINGS"].locales:
        page = client.get(f"/{locale}/privacy").get_data(as_text=True)
        with use_locale(locale):
            for rule in RULES:
                assert str(rule.what) in page
                assert rule.sentence() in page


@pytest.mark.parametrize("variables", [{"PETITION_SIGNERS_KEPT_MONTHS": "9"}], indirect=False)
def test_the_page_says_the_time_that_the_association_has_chosen(
    client: Visitor, petition: Petition, variables: dict[str, str]
) -> None:
    for path in ("/en/privacy", "/en/petitions/clean-water"):
        assert "erased 9 months after the petition was closed" in client.get(path).get_data(as_text=True), path


def test_the_command_does_it_all_and_says_so(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from petition_app.operations.cli import petition as command

    sign(client, **ALICE)
    with writing() as session:
        session.execute(update(Signature).values(created_at=now() - 31 * DAY))
    for name, value in app.config["SETTINGS"].values.items():
        monkeypatch.setenv(f"PETITION_{name.upper()}", value)
    done: Callable[..., Any] = CliRunner().invoke
    told = done(command, ["privacy", "run"])
    assert told.exit_code == 0, told.output
    assert re.search(r"^ +1  A signature that is not confirmed: It is erased 30 days", told.output, re.M)
    assert "overwritten" in told.output
    db.session.rollback()
    assert db.session.query(Signature).count() == 0


def test_the_time_is_the_association_s_within_bounds(app: Flask) -> None:
    from petition_app.config import read_settings
    from petition_app.config_sources import ConfigurationError

    for months in ("0", "37", "x"):
        with pytest.raises(ConfigurationError, match="SIGNERS_KEPT_MONTHS"):
            read_settings({"PETITION_SIGNERS_KEPT_MONTHS": months}, Path("/nowhere"))
    assert app.config["SETTINGS"].signers_kept_months == 6

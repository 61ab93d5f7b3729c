"""What a form on another site and a flood of signatures meet."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.rate_limit import Limit
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition
from tests.databases import both_engines
from tests.story import ALICE, link_in, mails, number_shown, sign
from tests.visitor import Visitor


class TestFromElsewhere:
    """The form is taken from our own pages only."""

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 303),
            ({"Sec-Fetch-Site": "same-origin"}, 303),
            ({"Sec-Fetch-Site": "none"}, 303),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 303),
            ({"Origin": "http://localhost:8000"}, 303),
            ({"Origin": "http://localhost"}, 303),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "not an origin \u00e9"}, 403),
        ],
    )
    def test_the_origin_decides(
        self, client: Visitor, petition: Petition, headers: dict[str, str], status: int
    ) -> None:
        response = client.post("/fr/petitions/clean-water/signatures", data=ALICE, headers=headers)
        assert response.status_code == status
        assert response.status_code != 403 or "<h1" in response.get_data(as_text=True)

    def test_a_personal_page_hides_its_origin_and_may(self, app: Flask, client: Visitor, petition: Petition) -> None:
        sign(client)
        link = link_in(mails(app)[0])
        assert client.post(link, headers={"Origin": "null"}).status_code == 303
        assert number_shown(client) == 1


class TestFloods:
    """Those who sign together are slowed, and only a flood is refused."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_ABUSE_CONTROLS": "on"}

    @pytest.fixture
    def low(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A flood begins with the thirty-first."""
        monkeypatch.setattr(rate_limit, "SIGNING", (Limit("signing-burst", 30, 600),))

    @both_engines
    def test_a_class_that_signs_together_is_slowed_and_not_refused(
        self, app: Flask, client: Visitor, petition: Petition
    ) -> None:
        for number in range(35):
            assert sign(client, email=f"a{number}@example.org").status_code == 303
        waits = [(mail.due_at - mail.created_at).total_seconds() for mail in db.session.query(OutboxMessage)]
        assert sorted(waits) == [0] * 30 + [4, 8, 12, 16, 20]

    def test_a_neighbourhood_is_counted_beside_its_addresses(
        self, app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rate_limit, "SIGNING_NETWORK", (Limit("signing-network-burst", 5, 600),))
        answers = [
            client.post(
                "/fr/petitions/clean-water/signatures",
                data={**ALICE, "email": f"a{number}@example.org"},
                environ_overrides={"REMOTE_ADDR": address},
            ).status_code
            for number, address in enumerate([*(f"192.0.2.{host}" for host in range(6)), "192.0.3.1"])
        ]
        assert answers == [303] * 5 + [429, 303]

    @both_engines
    def test_a_flood_waits(self, app: Flask, client: Visitor, petition: Petition, low: None) -> None:
        for number in range(30):
            assert sign(client, email=f"a{number}@example.org").status_code == 303
        response = sign(client, email="late@example.org")
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 601
        assert 'value="late@example.org"' in response.get_data(as_text=True)
        other = client.post(
            "/fr/petitions/clean-water/signatures", data=ALICE, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
        )
        assert other.status_code == 303

    def test_a_forwarded_address_is_not_believed(
        self, app: Flask, client: Visitor, petition: Petition, low: None
    ) -> None:
        answers = {
            client.post(
                "/fr/petitions/clean-water/signatures",
                data={**ALICE, "email": f"a{number}@example.org"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            ).status_code
            for number in range(31)
        }
        assert answers == {303, 429}

    def test_an_ipv6_household_is_one(self, app: Flask, client: Visitor, petition: Petition, low: None) -> None:
        answers = [
            client.post(
                "/fr/petitions/clean-water/signatures",
                data={**ALICE, "email": f"a{number}@example.org"},
                environ_overrides={"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"},
            ).status_code
            for number in range(31)
        ]
        assert answers[-1] == 429
        assert set(answers[:-1]) == {303}

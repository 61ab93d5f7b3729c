"""A person confirms, once or twice, in time or late, with a whole link or half of one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.transactions import writing
from petition_app.web.tokens import confirmation_token, personal_token
from tests.databases import both_engines
from tests.story import BOB, CHARLIE, confirmed, count_is_exact, link_in, mails, mails_to, number_shown, sign
from tests.visitor import Visitor


@both_engines
def test_opening_the_link_confirms_nothing_and_pressing_the_button_does(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    sign(client)
    link = link_in(mails(app)[0])

    page = client.get(link)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert client.head(link).status_code == 200
    assert count_is_exact(petition.id) == 0

    receipt = client.get(client.post(link).location)
    assert "Votre signature est la 1re" in receipt.get_data(as_text=True)
    assert number_shown(client) == 1


@both_engines
def test_confirming_twice_is_harmless(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    link = link_in(mails(app)[0])
    first, second = client.post(link), client.post(link)
    assert client.get(first.location).status_code == client.get(second.location).status_code == 200
    assert client.get(link).status_code == 303
    assert count_is_exact(petition.id) == 1


def test_each_signer_is_told_a_number(app: Flask, client: Visitor, petition: Petition) -> None:
    for person in ({}, BOB, CHARLIE):
        confirmed(app, client, **person)
    numbers = [s.number for s in db.session.query(Signature).order_by(Signature.id)]
    assert numbers == [1, 2, 3]


def test_a_damaged_link_is_explained(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    link = link_in(mails(app)[0])
    token = link.split("/")[3]
    for damaged in (token[:-1], token[1:], token.swapcase(), "x", "%00", "%ff%fe", "a" * 4000, token.replace(".", "")):
        for path in (f"/fr/signatures/{damaged}/confirmation", f"/fr/signatures/{damaged}"):
            for response in (client.get(path), client.post(path)):
                assert response.status_code == 404
                assert "<h1" in response.get_data(as_text=True)
    assert number_shown(client) == 0


def test_one_token_does_not_do_the_others_work(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    key = db.session.query(Signature).one().key
    assert client.post(f"/fr/signatures/{personal_token(key)}/confirmation").status_code == 404
    assert client.get(f"/fr/signatures/{confirmation_token(key)}").status_code == 404


def test_a_link_is_good_for_thirty_days(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    link = link_in(mails(app)[0])
    with time_machine.travel(now() + timedelta(days=29, hours=23)):
        assert client.get(link).status_code == 200
    with time_machine.travel(now() + timedelta(days=30, minutes=1)):
        expired = client.get(link)
        assert expired.status_code == 410
        assert "30" in expired.get_data(as_text=True)


@both_engines
def test_a_signature_given_in_time_counts_until_a_day_after_the_closing(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    sign(client)
    sign(client, **BOB)
    alice, bob = link_in(mails_to(app, "alice@example.org")[0]), link_in(mails_to(app, "bob@example.org")[0])
    with writing():
        db.session.get(Petition, petition.id).close(now())
    with time_machine.travel(now() + timedelta(hours=23, minutes=59)):
        assert client.post(alice).status_code == 303
    with time_machine.travel(now() + timedelta(hours=24, minutes=1)):
        assert client.get(bob).status_code == 410
        assert client.post(bob).status_code == 410
    assert count_is_exact(petition.id) == 1


@both_engines
def test_a_comment_appears_with_its_signature_and_never_before(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client, comment="Il est temps.")
    assert "Il est temps." not in client.get("/fr/petitions/clean-water").get_data(as_text=True)
    client.post(link_in(mails(app)[0]))
    assert "Il est temps." in client.get("/fr/petitions/clean-water").get_data(as_text=True)


def test_a_checked_comment_waits_for_the_association(app: Flask, client: Visitor, make_petition) -> None:  # type: ignore[no-untyped-def]
    make_petition("checked", comments="before")
    sign(client, "checked", comment="À relire d’abord.")
    client.post(link_in(mails(app)[0]))
    assert "À relire" not in client.get("/fr/petitions/checked").get_data(as_text=True)
    comment = db.session.query(Signature).one().comment
    with writing():
        db.session.get(type(comment), comment.id).show(now())
    app.wsgi_app.drop()  # type: ignore[attr-defined]  # what the command's signal does
    assert "À relire" in client.get("/fr/petitions/checked").get_data(as_text=True)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(app: Flask, client: Visitor, petition: Petition, method: str) -> None:
    sign(client)
    response = getattr(client, method)(link_in(mails(app)[0]))
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


@both_engines
def test_what_was_entered_anew_is_shown_before_it_is_confirmed(app: Flask, client: Visitor, petition: Petition) -> None:
    """Whoever knows name and address could otherwise change the words between the look and the press."""
    sign(client, comment="As I saw it.")
    link = link_in(mails(app)[0])
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', client.get(link).get_data(as_text=True))
    assert found
    sign(client, comment="Somebody else’s words.", consent_association_news="y")
    again = client.post(link, data={"shown": found[1]})
    page = again.get_data(as_text=True)
    assert again.status_code == 409
    assert "Somebody else’s words." in page
    assert "saisi à nouveau" in page
    assert count_is_exact(petition.id) == 0
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', page)
    assert found
    assert client.post(link, data={"shown": found[1]}).status_code == 303
    assert client.post(link, data={"shown": "stale"}).status_code == 303  # it counts already: to the receipt
    assert count_is_exact(petition.id) == 1


@pytest.mark.parametrize(("locale", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_what_was_agreed_to_stands_in_its_language_and_direction(
    app: Flask, client: Visitor, petition: Petition, locale: str, direction: str
) -> None:
    sign(client, locale=locale)
    page = client.get(link_in(mails(app)[-1]), follow_redirects=True).get_data(as_text=True)
    assert re.search(rf'<li lang="{locale}"\s+dir="{direction}">', page)

"""What public addresses call a row tells nothing of how many others there are."""

from __future__ import annotations

import base64
import itertools
import re
import struct

from flask import Flask
from sqlalchemy import select

from petition_app.extensions import db
from petition_app.models import Comment, Petition, Signature
from petition_app.web.row_numbers import COMMENT, LARGEST, from_address, in_address
from tests.story import confirmed, sign
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"


def test_each_row_has_one_number_and_each_number_one_row(app: Flask) -> None:
    rows = [*range(2_000), 2**31 - 1, LARGEST]
    numbers = [in_address(row, COMMENT) for row in rows]
    assert [from_address(number, COMMENT) for number in numbers] == rows
    assert len(set(numbers)) == len(rows)
    assert all(0 <= number <= LARGEST for number in numbers)
    assert numbers != [in_address(row, b"another use") for row in rows]
    near = sum(abs(second - first) < 10_000 for first, second in itertools.pairwise(numbers))
    assert near < 5, "neighbours are no neighbours in addresses"


def test_who_signs_before_and_after_a_strangers_address_learns_nothing_of_it(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    """An entry that is undone takes no number: the number of one's own next row would tell."""
    for name in ("before", "after"):
        confirmed(app, client, email=f"{name}@example.org", surname=name.title(), comment=f"Nous voulons {name}.")
        sign(client, email="stranger@example.org")
    page = client.get(PAGE).get_data(as_text=True)
    cursors = re.findall(r'data-row="([^"]+)"', page)
    ids = list(db.session.scalars(select(Signature.id).where(Signature.status == "confirmed")))
    told = [struct.unpack(">QI", base64.urlsafe_b64decode(cursor))[1] for cursor in cursors]
    assert len(told) == len(ids) == 2
    assert not set(told) & set(range(100))
    flags = re.findall(r"/comments/(\d+)/flag", page)
    assert not {int(number) for number in flags} & set(range(100))
    comments = set(db.session.scalars(select(Comment.id)))
    assert {from_address(int(number), COMMENT) for number in flags} == comments
    assert client.get(f"{PAGE}/comments/{flags[0]}/flag").status_code == 200
    assert client.get(f"{PAGE}/comments/{min(comments)}/flag").status_code == 404
    older = client.get(f"{PAGE}/signatures?before={cursors[0]}").get_data(as_text=True)
    assert re.findall(r'data-row="([^"]+)"', older) == cursors[1:]
    for path in ("4294967296", "99999999999", "\u0663"):
        assert client.get(f"{PAGE}/comments/{path}/flag").status_code == 404

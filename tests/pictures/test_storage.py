"""Pictures that are kept, and how they reach a reader."""

from __future__ import annotations

import io

from flask import Flask, render_template_string
from PIL import Image

from petition_app.extensions import db
from petition_app.models import PictureFile, StoredPicture
from petition_app.pictures.reading import read_picture
from petition_app.pictures.storage import sizes_of, store_sizes
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.pictures.test_reading import photograph, saved
from tests.visitor import Visitor, check_page

WIDTHS = (160, 320, 5000)


def kept(data: bytes) -> int:
    sizes = sizes_of(read_picture(data), WIDTHS)
    with writing() as session:
        return store_sizes(session, sizes).id


@both_engines
def test_a_photograph_is_served_in_each_width_and_never_asked_for_again(app: Flask, client: Visitor) -> None:
    stored = db.session.get_one(StoredPicture, kept(saved(photograph(600, 300), "WEBP")))
    assert [(file["width"], file["height"]) for file in stored.files] == [(160, 80), (320, 160), (600, 300)]
    for file in stored.files:
        response = client.get(f"/media/{file['name']}")
        assert response.status_code == 200
        assert response.content_type == "image/jpeg"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "X-Page-Cache" not in response.headers
        shown = Image.open(io.BytesIO(response.data))
        assert shown.size == (file["width"], file["height"])
        assert not shown.getexif()
        again = client.get(f"/media/{file['name']}", headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304


def test_a_drawing_keeps_what_can_be_seen_through(app: Flask, client: Visitor) -> None:
    stored = db.session.get_one(StoredPicture, kept(saved(Image.new("RGBA", (400, 90), (9, 9, 9, 0)), "PNG")))
    response = client.get(f"/media/{stored.files[0]['name']}")
    assert response.content_type == "image/png"
    assert Image.open(io.BytesIO(response.data)).mode == "RGBA"


def test_the_second_reader_does_not_reach_the_database(app: Flask, client: Visitor) -> None:
    stored = db.session.get_one(StoredPicture, kept(saved(photograph(), "PNG")))
    address = f"/media/{stored.files[0]['name']}"
    client.get(address)
    before = app.extensions["page_layer"].hits
    client.get(address)
    assert app.extensions["page_layer"].hits == before + 1


def test_what_is_not_there_is_not_found(app: Flask, client: Visitor) -> None:
    for name in ("0" * 32 + ".png", "x.png", "0" * 32 + ".svg", "0" * 32, "%00", "..%2f..", "a" * 3000 + ".jpg"):
        assert client.get(f"/media/{name}").status_code == 404


def test_a_picture_that_goes_takes_its_bytes_along(app: Flask) -> None:
    picture_id = kept(saved(photograph(), "PNG"))
    with writing() as session:
        session.delete(session.get_one(StoredPicture, picture_id))
    assert db.session.query(PictureFile).count() == 0


def test_a_page_shows_it_by_one_line(app: Flask) -> None:
    stored = db.session.get_one(StoredPicture, kept(saved(photograph(600, 300), "PNG")))
    with app.test_request_context("/en/"):
        html = render_template_string(
            '{% from "components/_picture.html" import picture %}{{ picture(stored, "<A river>", sizes="50vw") }}',
            stored=stored,
        )
    check_page(html, whole=False)
    assert 'alt="&lt;A river&gt;"' in html
    assert 'sizes="50vw"' in html
    for file in stored.files:
        assert f"/media/{file['name']} {file['width']}w" in html

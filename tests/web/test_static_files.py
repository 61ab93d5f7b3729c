"""Style, script and icon: from this site alone, under a name that changes with the content, kept for a year."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from petition_app.models import Petition
from petition_app.paths import resource_folder
from petition_app.web.static_files import StaticFiles
from tests.visitor import Visitor


def static_paths(client: Visitor) -> list[str]:
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(found) >= 4
    return found


def test_each_is_kept_for_a_year_and_never_asked_for_again(client: Visitor, petition: Petition) -> None:
    for path in static_paths(client):
        response = client.get(path)
        assert response.status_code == 200, path
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", path)
        etag = response.headers["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        packed = client.get(path, headers={"Accept-Encoding": "br, gzip"})
        if packed.headers.get("Content-Encoding") == "gzip":
            assert gzip.decompress(packed.data) == response.data
            assert packed.headers["ETag"] != etag


def test_the_types_are_told(client: Visitor, petition: Petition) -> None:
    kinds = {path.rsplit(".", 1)[1]: client.get(path).headers["Content-Type"] for path in static_paths(client)}
    assert kinds == {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml; charset=utf-8",
    }


def test_htmx_comes_from_its_package(app: Flask, client: Visitor, petition: Petition) -> None:
    path = next(path for path in static_paths(client) if "htmx" in path)
    assert b"htmx" in client.get(path).data
    assert not any("htmx" in file.name for file in resource_folder("static").rglob("*"))


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/site.css",
        "/static/site.000000000000.css",
        "/static/../petition_app/config.py",
        "/static/..%2f..%2fREADME.md",
        "/static/%00",
        "//static/site.css",
    ],
)
def test_nothing_else_is_served(client: Visitor, path: str) -> None:
    assert client.get(path).status_code in (404, 308)


def test_a_change_of_the_content_changes_the_name(tmp_path: Path) -> None:
    for folder in ("css", "js", "img"):
        (tmp_path / folder).mkdir()
    style = tmp_path / "css" / "10-a.css"
    style.write_text("a { color: red; } /* why */\n\n\nb::after { content: '/* kept */'; }\n", "utf-8")
    first = StaticFiles(tmp_path, "http://localhost:8000")
    style.write_text("a { color: blue; }", "utf-8")
    second = StaticFiles(tmp_path, "http://localhost:8000")
    assert first.url("site.css") != second.url("site.css")
    body = first.by_path[first.url("site.css")].plain.body
    assert b"/* kept */" in body
    assert b"why" not in body

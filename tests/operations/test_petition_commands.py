"""Petitions by command: import, open, close, set, list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from petition_app.models import Petition
from petition_app.models.base import now
from tests.databases import both_engines
from tests.operations.conftest import TEXT, Run
from tests.visitor import Visitor

SEED = Path(__file__).parents[3] / "shared" / "seed" / "petition-page.fr.txt"
SLUG = "clean-water-for-exampletown"


@both_engines
def test_a_text_goes_online_with_one_command(app: Flask, client: Visitor, run: Run, text_file: Path) -> None:
    done = run("import", str(text_file), "--open")
    assert done.exit_code == 0, done.output
    for words in ("Clean water for Exampletown", "Ada Example", "Collectif Exemple", "Language: en"):
        assert words in done.output
    assert f"http://localhost:8000/en/petitions/{SLUG}" in done.output
    page = client.get(f"/en/petitions/{SLUG}").get_data(as_text=True)
    assert "Mayor of Exampletown" in page
    assert ">clean pipes</li>" in page


def test_the_same_text_twice_is_refused_unless_named_otherwise(run: Run, text_file: Path) -> None:
    assert run("import", str(text_file)).exit_code == 0
    again = run("import", str(text_file))
    assert again.exit_code == 1
    assert f"There is a petition “{SLUG}” already, so nothing was imported" in again.output
    assert run("import", str(text_file), "--slug", "another").exit_code == 0
    assert run("list").output.count("draft") == 2


def test_it_is_known_by_its_text_whatever_it_was_called(run: Run, text_file: Path) -> None:
    assert run("import", str(text_file), "--slug", "water").exit_code == 0
    again = run("import", str(text_file))
    assert again.exit_code == 1
    assert "There is a petition “water” already" in again.output


def test_another_languages_text_joins_the_petition(app: Flask, client: Visitor, run: Run, text_file: Path) -> None:
    run("import", str(text_file), "--open")
    french = text_file.with_name("french.txt")
    french.write_text(TEXT.replace("Clean water for Exampletown", "De l’eau propre"), "utf-8")
    done = run("import", str(french), "--into", SLUG, "--locale", "fr")
    assert done.exit_code == 0, done.output
    assert "De l’eau propre" in client.get(f"/fr/petitions/{SLUG}").get_data(as_text=True)
    twice = run("import", str(french), "--into", SLUG, "--locale", "fr")
    assert twice.exit_code == 1
    assert "has this very text" in twice.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not plain text"),
        (b"\x00\x01\x02" * 100, "not plain text"),
        (b"Only a title", "no text under it"),
        (b"a" * 2_000_000, "larger than"),
        (b"<!doctype html><title>x</title>", "web page"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(run: Run, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    done = run("import", str(path))
    assert done.exit_code == 1
    assert said in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "no petition yet" in run("list").output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--locale", "klingon"), "is not a language's code"),
        (("--slug", "Not A Slug"), "cannot stand in an address"),
        (("--slug", "../etc"), "cannot stand in an address"),
        (("--into", "nothing", "--locale", "en"), "There is no petition “nothing”"),
        (("--into", "a", "--slug", "b"), "leave --slug out"),
    ],
)
def test_wrong_options_are_explained(run: Run, text_file: Path, options: tuple[str, ...], said: str) -> None:
    done = run("import", str(text_file), *options)
    assert done.exit_code in (1, 2)
    assert said in done.output


def test_a_file_that_is_not_there_and_a_folder(run: Run, tmp_path: Path) -> None:
    for path in ("missing.txt", str(tmp_path)):
        done = run("import", path)
        assert done.exit_code != 0
        assert "Error" in done.output
        assert "Traceback" not in done.output


def test_windows_text_is_read_with_a_notice(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(TEXT.replace("brown", "brûnâtre “œ”").encode("windows-1252"))
    done = run("import", str(path))
    assert done.exit_code == 0
    assert "Windows-1252" in done.output


@pytest.mark.skipif(not SEED.exists(), reason="the text that this program started from is not part of it")
def test_the_page_that_it_all_began_with(app: Flask, client: Visitor, run: Run) -> None:
    done = run("import", str(SEED), "--locale", "fr", "--open", "--slug", "sante")
    assert done.exit_code == 0, done.output
    assert "Left out:" in done.output
    page = client.get("/fr/petitions/sante").get_data(as_text=True)
    assert page.count("<h2 ") >= 3
    for name in ("Catherine Vautrin", "Bruno Le Maire", "Philippe Rivière"):
        assert name in page


@both_engines
def test_open_close_and_open_again(app: Flask, client: Visitor, run: Run, text_file: Path) -> None:
    run("import", str(text_file))
    address = f"/en/petitions/{SLUG}"
    assert client.get(address).status_code == 404
    assert run("open", SLUG).exit_code == 0
    assert "<form" in client.get(address).get_data(as_text=True)
    assert "is closed" in run("close", SLUG).output
    app.extensions["page_layer"].drop()  # the command is another process: this one finds out within a second
    assert "<form" not in client.get(address).get_data(as_text=True)
    assert run("open", SLUG).exit_code == 0


def test_a_petition_that_is_not_there_is_named_with_those_that_are(run: Run, text_file: Path) -> None:
    run("import", str(text_file), "--slug", "water")
    for command in (("open", "wat"), ("close", "wat"), ("set", "wat"), ("export", "wat")):
        done = run(*command)
        assert done.exit_code == 1
        assert "There is no petition “wat”. There are: water." in done.output


def test_settings_are_changed_and_shown(app: Flask, run: Run, text_file: Path) -> None:
    run("import", str(text_file), "--slug", "water", "--open")
    day = (now() + timedelta(days=40)).strftime("%Y-%m-%d")
    done = run(
        "set", "water", "--goal", "5000", "--closes", day, "--postal-code", "required", "--comments", "before",
        "--signers-per-mailbox", "3", "--author", "Ada Example", "--country", "optional",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    petition = Petition.by_slug("water")
    assert petition is not None
    assert (petition.goal, petition.postal_code, petition.comments) == (5000, "required", "before")
    assert petition.country == "optional"
    assert (petition.signers_per_mailbox, petition.author) == (3, "Ada Example")
    assert f"closes               {day} 23:59 Europe/Paris" in done.output
    assert "auto" in run("set", "water", "--goal", "auto", "--closes", "never").output
    assert run("set", "water", "--archive").output.startswith("status               archived")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--goal", "many"), "a number of signatures"),
        (("--goal", "0"), "a number of signatures"),
        (("--closes", "tomorrow"), "give a day"),
        (("--closes", "2020-01-01"), "That moment has passed"),
        (("--signers-per-mailbox", "0"), "0"),
        (("--comments", "maybe"), "maybe"),
        (("--default-locale", "de"), "no text in “de”"),
        (("--author", "x" * 300), "longer than 200"),
        (("--default-locale", "x y"), "is not a language's code"),
    ],
)
def test_wrong_settings_are_refused(run: Run, text_file: Path, options: tuple[str, ...], said: str) -> None:
    run("import", str(text_file), "--slug", "water")
    done = run("set", "water", *options)
    assert done.exit_code != 0
    assert said in done.output


class TestOnAPublicSite:
    """Strangers reach it, so it says who runs it before anything opens."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {
            "PETITION_SITE_URL": "https://petitions.example",
            "PETITION_ABUSE_CONTROLS": "on",
            "PETITION_ASSOCIATION_PUBLISHER": "",
        }

    def test_nothing_opens_while_the_association_is_unknown(self, run: Run, text_file: Path) -> None:
        done = run("import", str(text_file), "--slug", "water", "--open")
        assert done.exit_code == 1
        assert "PETITION_ASSOCIATION_PUBLISHER" in done.output
        assert "draft" in run("list").output

    def test_no_demo_is_loaded(self, run: Run) -> None:
        done = run("demo")
        assert done.exit_code == 1
        assert "this very machine" in done.output


def test_the_demo_comes_alive_and_goes_without_a_trace(app: Flask, client: Visitor, run: Run) -> None:
    assert run("demo").exit_code == 0
    page = client.get("/fr/petitions/demo").get_data(as_text=True)
    assert "Ceci est une démonstration" in page
    assert 'data-count="428"' in page
    assert "already" in run("demo").output
    assert run("demo", "--remove").output == "The demo is gone.\n"
    assert "no petition yet" in run("list").output
    assert run("demo", "--remove").output == "There is no demo here.\n"

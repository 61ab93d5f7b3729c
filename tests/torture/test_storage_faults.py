"""No room, no right to write, no folder, the wrong time: signers are told, readers read on, nothing is half done."""

from __future__ import annotations

import random
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.databases import both_engines
from tests.server import Site, wait_until
from tests.story import ALICE
from tests.torture import faults
from tests.torture.audit import audit, check_file, database
from tests.torture.conftest import Make, open_petition
from tests.torture.load import FORM, PAGE, SLUG, Answer, Crowd, ask
from tests.torture.scale import Scale
from tests.torture.sink import Sink

ENGLISH_PAGE = f"/en/petitions/{SLUG}"
ENGLISH_FORM = f"{ENGLISH_PAGE}/signatures"
TOLD_WITHIN = 60.0  # seconds, for the fault to be met
TYPED = {**ALICE, "given_name": "Zoé-Chloé", "comment": "Ce que j’ai écrit longuement.", "postal_code": "31999"}


@pytest.mark.long
def test_disk_full_while_people_sign(make_site: Make, sink: Sink, tmp_path: Path) -> None:
    with faults.small_disk(tmp_path / "site" / "var", megabytes=24):
        site = make_site(PETITION_MAIL_URL=sink.url)
        site.start()
        with Crowd(sink, site.port) as crowd:
            crowd.wait_for(signed=20, confirmed=2)
            filler = faults.fill(site.data_dir)
            signers_are_told(site, crowd)
            readers_read_on(site)
            filler.unlink()
            crowd.wait_for(signed=20)  # without a restart
        site.stop()
        audit(site, crowd.book, sink)


@pytest.mark.long
def test_no_file_may_grow_while_people_sign(make_site: Make, sink: Sink) -> None:
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20, confirmed=2)
        faults.limit_file_size(site, (site.data_dir / "petition.sqlite3").stat().st_size + 16_384)
        signers_are_told(site, crowd)
        readers_read_on(site)
        faults.limit_file_size(site, resource.RLIM_INFINITY)
        crowd.wait_for(signed=20)
    site.stop()
    audit(site, crowd.book, sink)


@pytest.mark.long
def test_the_database_is_locked_by_another_process(make_site: Make, sink: Sink, scale: Scale) -> None:
    """Signers wait, or are told; readers do not notice, however many signers wait."""
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Crowd(sink, site.port, signers=24) as crowd:
        crowd.wait_for(signed=20)
        with faults.held_by_another(site.data_dir / "petition.sqlite3"):
            end = time.monotonic() + scale.lock
            time.sleep(1)  # until as many wait as can
            while time.monotonic() < end:
                readers_read_on(site)
                time.sleep(0.2)
        crowd.wait_for(signed=20)
    site.stop()
    audit(site, crowd.book, sink)


@pytest.mark.long
def test_the_database_file_is_read_only(make_site: Make, sink: Sink) -> None:
    site = make_site(PETITION_MAIL_URL=sink.url)
    faults.heed_file_modes(site)
    site.start()
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20, confirmed=2)
    site.stop()
    file = site.data_dir / "petition.sqlite3"
    file.chmod(0o444)
    site.start("--no-worker")
    readers_read_on(site)
    assert_told(ask(site.port, FORM, TYPED), "fr")
    assert_told(ask(site.port, ENGLISH_FORM, TYPED), "en")
    site.stop()
    for path in site.data_dir.glob("petition.sqlite3*"):  # SQLite gives its other files the same mode
        path.chmod(0o600)
    site.start()
    with Crowd(sink, site.port, name="b", book=crowd.book) as crowd:
        crowd.wait_for(signed=5)
    site.stop()
    audit(site, crowd.book, sink)


@pytest.mark.long
def test_the_data_folder_goes_away_and_comes_back(make_site: Make, sink: Sink, scale: Scale) -> None:
    """A disk that was not mounted for a while: what is open goes on, what is not says 503, nobody sees an error."""
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    elsewhere = site.data_dir.with_name("elsewhere")
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20, confirmed=1)  # the worker has started, too
        site.data_dir.rename(elsewhere)
        time.sleep(scale.load)
        assert ask(site.port, "/healthz").status == 200
        assert ask(site.port, PAGE).status in (200, 503)
        elsewhere.rename(site.data_dir)
        crowd.wait_for(signed=20)
    site.stop()
    audit(site, crowd.book, sink)


def test_a_data_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    site = Site(tmp_path / "file" / "var", 8000)
    done = site_command_outside(site, tmp_path)
    assert done.returncode == 2
    assert "PETITION_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    site = Site(tmp_path / "var", 8000)
    site.data_dir.mkdir()
    (site.data_dir / "petition.sqlite3").write_bytes(b"not a database at all " * 100)
    done = site_command_outside(site, tmp_path)
    assert done.returncode == 1
    assert "database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def site_command_outside(site: Site, folder: Path) -> subprocess.CompletedProcess[str]:
    """`petition serve` on a site whose folder may not be there, from a folder that is."""
    return subprocess.run(
        [sys.executable, "-m", "petition_app", "serve"],
        env=site.environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.long
def test_the_clock_is_set_back_and_forth_by_an_hour(make_site: Make, sink: Sink, scale: Scale, tmp_path: Path) -> None:
    site = make_site(PETITION_MAIL_URL=sink.url)
    clock = tmp_path / "clock"
    faults.fake_clock(site, clock)
    site.start()
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20, confirmed=2)
        for seconds in (3600, 0, -3600, 0):
            faults.set_clock(clock, seconds)
            crowd.wait_for(signed=20)
            assert ask(site.port, "/healthz").status == 200
            assert ask(site.port, PAGE).status == 200
            time.sleep(scale.load / 4)
        crowd.wait_for(signed=20, confirmed=1)
    site.kill()  # to stop would take Python's sleep, which libfaketime 0.9.10 breaks (clock_nanosleep, TIMER_ABSTIME)
    audit(site, crowd.book, sink, crashes=1)


@pytest.mark.long
@both_engines
def test_a_migration_is_killed_half_way_and_run_again(
    make_site: Make, scale: Scale, dice: random.Random, tmp_path: Path, engine: str
) -> None:
    """Killed at any moment, it is run again as if nothing had been; the last time it runs to its end."""
    site = make_site()
    empty(site)
    began = time.monotonic()
    assert site.command("upgrade").returncode == 0
    whole = time.monotonic() - began
    for _ in range(scale.migrations_killed):
        empty(site)
        migration = site.launch("upgrade")
        time.sleep(whole * dice.uniform(0.3, 1.0))
        migration.kill()
        migration.wait(10)
        done = site.command("upgrade")
        assert done.returncode == 0, done.stderr
        assert site.command("upgrade").stdout == "The database is up to date.\n"
    if engine == "sqlite":
        check_file(site)
    open_petition(site, tmp_path)
    site.start()
    with Crowd(None, site.port) as crowd:
        crowd.wait_for(signed=5)
    site.stop()
    audit(site, crowd.book)


def empty(site: Site) -> None:
    """A database with nothing in it, as on a site's first day."""
    if not site.settings().on_sqlite:
        from petition_app.extensions import db

        with database(site), db.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        return
    for path in site.data_dir.glob("petition.sqlite3*"):
        path.unlink()


def signers_are_told(site: Site, crowd: Crowd) -> None:
    """Sooner or later nothing more can be written: whoever signs then gets the page, in either language."""
    wait_until(lambda: 503 in crowd.book.statuses("sign") or crowd.book.strange, TOLD_WITHIN, crowd.state)
    for path, locale in ((FORM, "fr"), (ENGLISH_FORM, "en")):
        assert_told(refusal(site, path), locale)


def refusal(site: Site, path: str) -> Answer:
    """The first answer that is no acknowledgement: what little room there is may do for one more."""
    end = time.monotonic() + TOLD_WITHIN
    while (answer := ask(site.port, path, TYPED)).status == 303 and time.monotonic() < end:
        pass
    return answer


def assert_told(answer: Answer, locale: str) -> None:
    """A page in the signer's language, with what they typed still in the form."""
    assert answer.status == 503, answer
    assert re.search(rf'<html[^>]* lang="{locale}"', answer.text)
    assert int(answer.headers["retry-after"]) > 0
    for typed in ("Zoé-Chloé", "Ce que j’ai écrit longuement.", "31999", "alice@example.org"):
        assert typed in answer.text, f"{typed} was not kept"
    assert "Traceback" not in answer.text


def readers_read_on(site: Site) -> None:
    """Pages that are not in any cache, too."""
    for path in ("/healthz", PAGE, f"{PAGE}/live", f"{PAGE}?{time.monotonic_ns()}", ENGLISH_PAGE):
        answer = ask(site.port, path, seconds=10)
        assert answer.status == 200, (path, answer)

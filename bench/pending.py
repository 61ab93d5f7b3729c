"""Signatures that wait for their confirmation, in bulk, and the addresses that confirm them."""

from __future__ import annotations

from pathlib import Path

from bench import servers
from petition_app import create_app
from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.operations import demo
from petition_app.transactions import writing
from petition_app.web.tokens import confirmation_token
from tests.server import Site


def make_pending(site: Site, count: int) -> int:
    """So many more signatures of the demo petition, unconfirmed again; answers with the petition's id."""
    from sqlalchemy import text

    app = create_app(site.settings())
    with app.app_context():
        demo.add_signatures(count, lambda _done: None)
        petition = Petition.by_slug(servers.SLUG)
        assert petition is not None  # noqa: S101  # the demo is there
        petition_id = petition.id
        with writing() as session:
            session.execute(
                text(
                    "UPDATE signatures SET status = 'pending', seat = NULL, number = NULL, confirmed_at = NULL "
                    "WHERE id > (SELECT max(id) FROM signatures) - :count"
                ),
                {"count": count},
            )
            waiting = "SELECT id FROM signatures WHERE status = 'pending'"
            session.execute(text(f"DELETE FROM comments WHERE signature_id IN ({waiting})"))  # noqa: S608  # our own words
            for table in ("petition_counters", "day_counters"):
                session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # our own names
            session.execute(
                text(
                    "INSERT INTO petition_counters (petition_id, slot, confirmed) "
                    "SELECT petition_id, 0, count(*) FROM signatures WHERE status = 'confirmed' GROUP BY petition_id"
                )
            )
        db.session.remove()
        db.engine.dispose()
    return petition_id


def pending(site: Site, first: int, count: int) -> tuple[list[int], list[str]]:
    """So many of those that wait, from the `first` on: their ids, and the paths that confirm them."""
    from sqlalchemy import text

    app = create_app(site.settings())
    with app.app_context():
        rows = db.session.execute(
            text("SELECT id, key FROM signatures WHERE status = 'pending' ORDER BY id LIMIT :count OFFSET :first"),
            {"count": count, "first": first},
        ).all()
        paths = [f"/fr/signatures/{confirmation_token(row.key)}/confirmation" for row in rows]
        db.session.remove()
        db.engine.dispose()
    return [row.id for row in rows], paths


def write_paths(folder: Path, paths: list[str]) -> Path:
    """The paths in a file for wrk."""
    file = folder / f"paths-{len(list(folder.glob('paths-*')))}.txt"
    file.write_text("\n".join(paths) + "\n", "ascii")
    return file

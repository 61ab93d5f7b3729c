"""What commands share: the application with a database that is ready, and errors as sentences."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


def in_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the application, on a database with the newest schema; a new site's is made."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from sqlalchemy.exc import SQLAlchemyError

        from petition_app import create_app
        from petition_app.extensions import db
        from petition_app.site import effective
        from petition_app.transactions import StorageUnavailable

        with create_app().app_context():
            try:
                _prepare_schema()
                effective.look()
                return command(*args, **kwargs)
            except (SQLAlchemyError, StorageUnavailable) as error:
                logging.getLogger(__name__).debug("the database failed", exc_info=True)
                raise click.ClickException(
                    f"The database cannot be used ({type(error).__name__}). “petition doctor” says more."
                ) from error
            finally:
                db.session.remove()
                db.engine.dispose()

    return run


def unhurried(command: Callable[P, R]) -> Callable[P, R]:
    """Let what a command asks of PostgreSQL take as long as it needs: whoever has called it waits for it."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from petition_app.engine import without_time_limits

        with without_time_limits():
            return command(*args, **kwargs)

    return run


def _prepare_schema() -> None:
    from petition_app.operations import schema

    found = schema.revision()
    if found is None:
        schema.upgrade()
    elif found != schema.newest_revision():
        raise click.ClickException(
            "The database has another version's schema. Run “petition upgrade” first (and “petition backup” before it)."
        )


def no_petition(slug: str) -> click.ClickException:
    """What to say when there is no petition of this name."""
    from sqlalchemy import select

    from petition_app.extensions import db
    from petition_app.models import Petition

    slugs = list(db.session.scalars(select(Petition.slug).order_by(Petition.id).limit(20)))
    there = f"There are: {', '.join(slugs)}." if slugs else "There is none yet: “petition import FILE” makes one."
    return click.ClickException(f"There is no petition “{slug}”. {there}")


def address_of(slug: str, locale: str) -> str:
    """The public address of a petition's text in a language."""
    from petition_app.i18n.locales import page_locale
    from petition_app.web.urls import absolute

    return absolute("public.petition", locale=page_locale(locale), slug=slug)

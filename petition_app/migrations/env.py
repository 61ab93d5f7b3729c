"""How Alembic reaches the site's database and models."""

from __future__ import annotations

from alembic import context
from flask import current_app

from petition_app.extensions import Base, db


def run() -> None:
    """Migrate in one transaction. Batch mode copies tables where SQLite cannot alter them."""
    import petition_app.models  # noqa: F401  # fills the metadata

    with db.engine.connect().execution_options(writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            user_module_prefix="models.",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


if context.is_offline_mode():
    raise SystemExit("Migrations run against the database itself: petition upgrade")
if current_app:
    run()

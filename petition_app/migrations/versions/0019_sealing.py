"""Addresses in sealed boxes, and how a key comes to the workers.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, for both engines take a column at the end, and neither has to make the table anew.
    op.execute("ALTER TABLE signatures ADD COLUMN sealed_email TEXT")
    op.execute("ALTER TABLE signatures ADD COLUMN mail_domain VARCHAR(80)")
    op.execute("ALTER TABLE stored_files ADD COLUMN sealed_key TEXT")
    op.create_table(
        "worker_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("alive_until", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_keys")),
    )
    op.create_table(
        "handed_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker_key_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("handed_at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('update','file')", name=op.f("ck_handed_keys_kind")),
        sa.ForeignKeyConstraint(
            ["worker_key_id"], ["worker_keys.id"], name=op.f("fk_handed_keys_worker_key_id_worker_keys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_keys")),
        sa.UniqueConstraint(
            "kind", "object_id", "worker_key_id", name=op.f("uq_handed_keys_kind_object_id_worker_key_id")
        ),
    )
    op.create_index("ix_handed_keys_worker_key_id", "handed_keys", ["worker_key_id"])
    op.create_table(
        "sealing_progress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=False),
        sa.Column("begun_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_progress")),
    )


def downgrade() -> None:
    for table in ("sealing_progress", "handed_keys", "worker_keys"):
        op.drop_table(table)
    op.execute("ALTER TABLE stored_files DROP COLUMN sealed_key")
    op.execute("ALTER TABLE signatures DROP COLUMN mail_domain")
    op.execute("ALTER TABLE signatures DROP COLUMN sealed_email")

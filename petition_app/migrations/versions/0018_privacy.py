"""Requests about data, the signers that are forgotten, and how many agreed to each wording.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = ("access", "correction", "erasure", "withdrawal", "portability", "objection")


def upgrade() -> None:
    op.add_column("petitions", sa.Column("signers_forgotten_at", UTCDateTime(timezone=True), nullable=True))
    op.execute("ALTER TABLE consent_wordings ADD COLUMN given INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE consent_wordings ADD COLUMN withdrawn INTEGER DEFAULT 0 NOT NULL")
    op.add_column("consent_wordings", sa.Column("counted_at", UTCDateTime(timezone=True), nullable=True))
    op.create_table(
        "data_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("person", sa.String(length=160), nullable=False),
        sa.Column("contact", sa.String(length=320), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signature_ids", sa.JSON(), nullable=False),
        sa.Column("entered_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("member_name", sa.String(length=120), nullable=False),
        sa.Column("answered_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint(f"kind IN ({','.join(repr(kind) for kind in KINDS)})", name=op.f("ck_data_requests_kind")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_data_requests_member_id_members"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_requests")),
    )
    is_open = sa.text("answered_at IS NULL")
    op.create_index(
        "ix_data_requests_due", "data_requests", ["due", "id"], sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("ix_data_requests_answered", "data_requests", ["answered_at", "id"])


def downgrade() -> None:
    op.drop_table("data_requests")
    for column in ("counted_at", "withdrawn", "given"):
        op.execute(f"ALTER TABLE consent_wordings DROP COLUMN {column}")
    op.execute("ALTER TABLE petitions DROP COLUMN signers_forgotten_at")

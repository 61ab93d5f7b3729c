"""What translators have written, part by part; and of a text, what it was translated from and what is not translated.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("petition_texts", sa.Column("source_text_id", sa.Integer(), server_default="0", nullable=False))
    op.add_column("petition_texts", sa.Column("borrowed", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "text_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("online", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.Column("saved_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_text_parts_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_parts")),
        sa.UniqueConstraint("petition_id", "locale", "key", name=op.f("uq_text_parts_petition_id_locale_key")),
    )


def downgrade() -> None:
    op.drop_table("text_parts")
    for column in ("borrowed", "source_text_id"):
        op.execute(f"ALTER TABLE petition_texts DROP COLUMN {column}")

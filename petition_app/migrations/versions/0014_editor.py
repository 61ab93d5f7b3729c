"""The editor: texts that are being written, what a version changed and why, former names; demands, and answers to them.

Revision ID: 0014
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("petition_texts", sa.Column("kind", sa.String(length=10), server_default="initial", nullable=False))
    op.add_column("petition_texts", sa.Column("reason", sa.String(length=500), server_default=sa.text("''"), nullable=False))
    op.add_column("petitions", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("petitions", sa.Column("picture", sa.JSON(), nullable=True))
    op.add_column("petitions", sa.Column("carriers", sa.JSON(), nullable=True))
    op.add_column("petitions", sa.Column("has_demands", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("petitions", sa.Column("has_answers", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("outbox_messages", sa.Column("answer_id", sa.Integer(), nullable=True))
    # What was changed until now was changed by a command, which asked for no reason: readers are told that it was.
    op.execute("UPDATE petition_texts SET kind = 'change' WHERE version > 1")
    op.create_table(
        "text_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("call_to_action", sa.String(length=300), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("base_text_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.Column("saved_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_text_drafts_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_drafts")),
        sa.UniqueConstraint("petition_id", "locale", name=op.f("uq_text_drafts_petition_id_locale")),
    )
    op.create_table(
        "former_slugs",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("until", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_former_slugs_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_former_slugs")),
    )
    op.create_table(
        "demands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("removed_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_demands_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demands")),
    )
    op.create_index("ix_demands_petition_id_position", "demands", ["petition_id", "position"])
    op.create_table(
        "recipient_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("office", sa.String(length=300), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("asked_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("given_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("approved_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('asked','given','returned','approved','withdrawn')", name=op.f("ck_recipient_answers_status")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_recipient_answers_petition_id_petitions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient_answers")),
        sa.UniqueConstraint("key", name=op.f("uq_recipient_answers_key")),
    )
    op.create_index("ix_recipient_answers_petition_id_status", "recipient_answers", ["petition_id", "status"])


def downgrade() -> None:
    for table in ("recipient_answers", "demands", "former_slugs", "text_drafts"):
        op.drop_table(table)
    op.drop_column("outbox_messages", "answer_id")
    for column in ("has_answers", "has_demands", "carriers", "picture", "revision"):
        op.drop_column("petitions", column)
    op.drop_column("petition_texts", "reason")
    op.drop_column("petition_texts", "kind")

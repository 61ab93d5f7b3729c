"""Updates of a petition, and what the outbox keeps of their mails.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OF_UPDATE, UPDATE = sa.text("update_id IS NOT NULL"), sa.text("kind = 'update'")


def upgrade() -> None:
    op.add_column("petitions", sa.Column("last_update_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("consents", sa.Column("undeliverable_at", UTCDateTime(timezone=True), nullable=True))
    _create_updates()
    op.create_table(
        "update_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("update_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["update_id"], ["updates.id"], name=op.f("fk_update_texts_update_id_updates"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_update_texts")),
        sa.UniqueConstraint("update_id", "locale", name=op.f("uq_update_texts_update_id_locale")),
    )
    with op.batch_alter_table("outbox_messages") as batch:
        batch.add_column(sa.Column("update_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_outbox_messages_update_id_updates"), "updates", ["update_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index(
        "ix_outbox_update",
        "outbox_messages",
        ["update_id", "status", "due_at"],
        sqlite_where=OF_UPDATE,
        postgresql_where=OF_UPDATE,
    )
    op.create_index(
        "uq_outbox_update_mailbox",
        "outbox_messages",
        ["update_id", "mailbox"],
        unique=True,
        sqlite_where=UPDATE,
        postgresql_where=UPDATE,
    )


def _create_updates() -> None:
    moments = ("scheduled_at", "published_at", "taken_off_at", "started_at", "finished_at", "mailed_until")
    op.create_table(
        "updates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("member_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("edited_by", sa.String(length=120), nullable=False),
        *(sa.Column(name, UTCDateTime(timezone=True), nullable=True) for name in moments),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("walked_to", UTCDateTime(timezone=True), nullable=True),
        sa.Column("walked_to_id", sa.Integer(), nullable=False),
        sa.Column("is_walked", sa.Boolean(), nullable=False),
        sa.Column("paced_until", UTCDateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.CheckConstraint(
            "state IN ('draft','scheduled','sending','stopped','sent')", name=op.f("ck_updates_state")
        ),
        sa.CheckConstraint("per_minute >= 1", name=op.f("ck_updates_per_minute")),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_updates_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_updates_member_id_members"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_updates")),
        sa.UniqueConstraint("petition_id", "number", name=op.f("uq_updates_petition_id_number")),
    )


COUNTS = ("foreseen", "queued", "sent", "bounced", "unsubscribed")


def downgrade() -> None:
    op.execute("DELETE FROM outbox_messages WHERE update_id IS NOT NULL OR kind = 'update_test'")
    op.drop_index("uq_outbox_update_mailbox", "outbox_messages")
    op.drop_index("ix_outbox_update", "outbox_messages")
    with op.batch_alter_table("outbox_messages") as batch:
        batch.drop_constraint("fk_outbox_messages_update_id_updates", type_="foreignkey")
        batch.drop_column("update_id")
    op.drop_table("update_texts")
    op.drop_table("updates")
    op.drop_column("consents", "undeliverable_at")
    op.drop_column("petitions", "last_update_at")

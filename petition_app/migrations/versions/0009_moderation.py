"""Moderation: the queue of comments with flags and decisions, what signatures are found by, and rules that take them out.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

QUEUED, NETWORK_KEPT, AT_WORK = (
    sa.text(words)
    for words in ("queued_at IS NOT NULL", "network IS NOT NULL", "status IN ('taking','undoing')")
)
# What is searched by its beginning is ordered by bytes. PostgreSQL makes the indexes anew, and leaves the table.
BY_BYTES = (("surname", 80), ("name_key", 400), ("mailbox", 320))


def upgrade() -> None:
    _order_by_bytes("C")
    op.add_column("signatures", sa.Column("network", sa.String(length=16), nullable=True))
    op.create_index("ix_signatures_entered", "signatures", ["petition_id", "created_at", "id"])
    op.create_index("ix_signatures_surname", "signatures", ["petition_id", "surname", "name_key", "id"])
    op.create_index("ix_signatures_postal_code", "signatures", ["petition_id", "postal_code", "created_at", "id"])
    op.create_index(
        "ix_signatures_network",
        "signatures",
        ["petition_id", "network", "created_at", "id"],
        sqlite_where=NETWORK_KEPT,
        postgresql_where=NETWORK_KEPT,
    )
    op.create_index(
        "ix_signatures_network_kept",
        "signatures",
        ["created_at", "id"],
        sqlite_where=NETWORK_KEPT,
        postgresql_where=NETWORK_KEPT,
    )

    op.add_column("comments", sa.Column("hidden_point", sa.String(length=20), nullable=True))
    op.add_column("comments", sa.Column("queued_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("comments", sa.Column("reviewed_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("comments", sa.Column("held_for", sa.Text(), nullable=True))
    op.add_column("comments", sa.Column("fingerprint", sa.String(length=32), nullable=True))
    op.drop_index("ix_comments_status", "comments")
    op.create_index("ix_comments_status", "comments", ["petition_id", "status", "id"])
    op.create_index(
        "ix_comments_queue", "comments", ["queued_at", "id"], sqlite_where=QUEUED, postgresql_where=QUEUED
    )
    op.create_index("ix_comments_same", "comments", ["petition_id", "fingerprint"])
    # Those that wait for a look already are in the queue from now on.
    op.execute(
        "UPDATE comments SET queued_at = created_at WHERE status = 'waiting' AND needs_review AND text <> '' "
        "AND signature_id IN (SELECT id FROM signatures WHERE status = 'confirmed')"
    )

    op.create_table(
        "comment_flags",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("point", sa.String(length=20), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_flags_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "reader", name=op.f("pk_comment_flags")),
    )
    op.create_index(op.f("ix_comment_flags_created_at"), "comment_flags", ["created_at"])
    op.create_table(
        "comment_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("undone_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verdict IN ('shown','hidden')", name=op.f("ck_comment_decisions_verdict")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_decisions_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_comment_decisions_member_id_members"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_decisions")),
    )
    op.create_index(op.f("ix_comment_decisions_act"), "comment_decisions", ["act"])
    op.create_index(op.f("ix_comment_decisions_comment_id"), "comment_decisions", ["comment_id"])
    op.create_index("ix_comment_decisions_last", "comment_decisions", ["member_id", "id"])
    op.create_table(
        "moderation_settings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("flags_to_queue", sa.Integer(), nullable=False),
        sa.Column("flags_to_hide", sa.Integer(), nullable=True),
        sa.CheckConstraint("flags_to_queue >= 1", name=op.f("ck_moderation_settings_flags_to_queue")),
        sa.CheckConstraint(
            "flags_to_hide IS NULL OR flags_to_hide >= 1", name=op.f("ck_moderation_settings_flags_to_hide")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_settings")),
    )

    op.create_table(
        "invalidation_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=True),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("member_name", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("foreseen", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("given_back", sa.Integer(), nullable=False),
        sa.Column("not_given_back", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('taking','taken','undoing','undone')", name=op.f("ck_invalidation_rules_status")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_invalidation_rules_petition_id_petitions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_invalidation_rules_member_id_members"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invalidation_rules")),
    )
    op.create_index(
        "ix_invalidation_rules_at_work", "invalidation_rules", ["id"], sqlite_where=AT_WORK, postgresql_where=AT_WORK
    )
    op.create_table(
        "taken_signatures",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("given_back_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("refused_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["invalidation_rules.id"],
            name=op.f("fk_taken_signatures_rule_id_invalidation_rules"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_taken_signatures_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rule_id", "signature_id", name=op.f("pk_taken_signatures")),
    )
    op.create_index(op.f("ix_taken_signatures_signature_id"), "taken_signatures", ["signature_id"])
    op.create_index("ix_audit_entries_object", "audit_entries", ["object_kind", "object_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_audit_entries_object", "audit_entries")
    for table in (
        "taken_signatures",
        "invalidation_rules",
        "moderation_settings",
        "comment_decisions",
        "comment_flags",
    ):
        op.drop_table(table)
    for name in ("ix_comments_same", "ix_comments_queue", "ix_comments_status"):
        op.drop_index(name, "comments")
    op.create_index("ix_comments_status", "comments", ["petition_id", "status"])
    for name in ("fingerprint", "held_for", "reviewed_at", "queued_at", "hidden_point"):
        op.drop_column("comments", name)
    for name in ("network_kept", "network", "postal_code", "surname", "entered"):
        op.drop_index(f"ix_signatures_{name}", "signatures")
    op.drop_column("signatures", "network")
    _order_by_bytes("default")


def _order_by_bytes(collation: str) -> None:
    """SQLite orders by bytes anyway."""
    if op.get_bind().dialect.name == "postgresql":
        changes = (
            f'ALTER COLUMN {name} TYPE VARCHAR({length}) COLLATE pg_catalog."{collation}"' for name, length in BY_BYTES
        )
        op.execute(f"ALTER TABLE signatures {', '.join(changes)}")

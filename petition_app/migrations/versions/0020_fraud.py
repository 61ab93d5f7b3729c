"""Signatures that are held before they count, the clusters that are found among them, and work that was handed in.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HELD = sa.text("status = 'pending' AND held_at IS NOT NULL")
RELEASING = sa.text("status = 'releasing'")


def upgrade() -> None:
    op.add_column("signatures", sa.Column("domain_mark", sa.String(length=16), nullable=True))
    op.add_column("signatures", sa.Column("signs", sa.String(length=16), server_default=sa.text("''"), nullable=False))
    op.add_column("signatures", sa.Column("held_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("signatures", sa.Column("held_for", sa.String(length=40), server_default=sa.text("''"), nullable=False))
    op.create_index(
        "ix_signatures_held", "signatures", ["petition_id", "held_at", "id"], sqlite_where=HELD, postgresql_where=HELD
    )
    # The marks so far are of single addresses, which are kept for a day only; from now on they are of networks.
    op.execute("UPDATE signatures SET network = NULL WHERE network IS NOT NULL")
    op.create_table(
        "clusters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=True),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("found_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("first_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("counting", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("unconfirmed", sa.Integer(), nullable=False),
        sa.Column("out", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "kind IN ('network','domain','names','moment','sign')", name=op.f("ck_clusters_kind")
        ),
        sa.CheckConstraint(
            "status IN ('found','quarantined','releasing','released')", name=op.f("ck_clusters_status")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_clusters_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["invalidation_rules.id"],
            name=op.f("fk_clusters_rule_id_invalidation_rules"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clusters")),
        sa.UniqueConstraint("petition_id", "kind", "mark", name=op.f("uq_clusters_petition_id_kind_mark")),
    )
    op.create_index("ix_clusters_listed", "clusters", ["petition_id", "status", "last_at", "id"])
    op.create_index("ix_clusters_releasing", "clusters", ["id"], sqlite_where=RELEASING, postgresql_where=RELEASING)
    op.create_table(
        "cluster_signatures",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"],
            ["clusters.id"],
            name=op.f("fk_cluster_signatures_cluster_id_clusters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_cluster_signatures_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("cluster_id", "signature_id", name=op.f("pk_cluster_signatures")),
    )
    op.create_index(op.f("ix_cluster_signatures_signature_id"), "cluster_signatures", ["signature_id"])
    op.create_table(
        "fraud_watches",
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("asks_work_until", UTCDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_fraud_watches_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("petition_id", name=op.f("pk_fraud_watches")),
    )
    op.create_table(
        "used_challenges",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_used_challenges")),
    )
    op.create_index(op.f("ix_used_challenges_expires_at"), "used_challenges", ["expires_at"])


def downgrade() -> None:
    for table in ("used_challenges", "fraud_watches", "cluster_signatures", "clusters"):
        op.drop_table(table)
    op.drop_index("ix_signatures_held", "signatures")
    for column in ("held_for", "held_at", "signs", "domain_mark"):
        op.drop_column("signatures", column)

"""Files in the database; tallies and visits; signatures on paper.

Revision ID: 0008
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

LEFT, WAITING, EXPIRES = (
    sa.text(words)
    for words in ("status IN ('withdrawn', 'invalidated')", "status IN ('ordered', 'making')", "expires_at IS NOT NULL")
)


CONFIRMED, COUNTED = sa.text("status = 'confirmed'"), sa.text("is_counted")


def upgrade() -> None:
    op.create_index(
        "ix_signatures_name",
        "signatures",
        ["petition_id", "name_key"],
        sqlite_where=CONFIRMED,
        postgresql_where=CONFIRMED,
    )
    op.create_index("ix_signatures_left", "signatures", ["petition_id", "id"], sqlite_where=LEFT, postgresql_where=LEFT)
    _create_files()
    _create_tallies()
    _create_paper()


def _create_files() -> None:
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("ordered_by", sa.String(length=320), nullable=False),
        sa.Column("ordered_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("claimed_until", UTCDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("finished_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("expires_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "status IN ('ordered','making','ready','failed','removed')", name=op.f("ck_stored_files_status")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_stored_files_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
    )
    op.create_index(
        "ix_stored_files_waiting", "stored_files", ["ordered_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_index(
        "ix_stored_files_expires", "stored_files", ["expires_at"], sqlite_where=EXPIRES, postgresql_where=EXPIRES
    )
    op.create_index("ix_stored_files_petition", "stored_files", ["petition_id", "kind", "id"])
    op.create_table(
        "file_parts",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_packed", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_file_parts_file_id_stored_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_file_parts")),
    )


def _create_tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_tallies_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("petition_id", "generation", "kind", "key", name=op.f("pk_tallies")),
    )
    op.create_table(
        "tally_states",
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begun_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("counted_until", UTCDateTime(timezone=True), nullable=True),
        sa.Column("place_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_tally_states_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("petition_id", "generation", name=op.f("pk_tally_states")),
    )
    op.create_table(
        "visit_counts",
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("signed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_visit_counts_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("petition_id", "day", "source", name=op.f("pk_visit_counts")),
    )


def _create_paper() -> None:
    op.create_table(
        "paper_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("entered_by", sa.String(length=320), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_paper_batches_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["stored_files.id"], name=op.f("fk_paper_batches_scan_id_stored_files"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_batches")),
    )
    op.create_index("ix_paper_batches_petition_id_id", "paper_batches", ["petition_id", "id"])
    op.create_table(
        "paper_signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("surname", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("found", sa.String(length=12), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "found IN ('','online','online_name','paper')", name=op.f("ck_paper_signatures_found")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_paper_signatures_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["paper_batches.id"], name=op.f("fk_paper_signatures_batch_id_paper_batches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_signatures")),
    )
    op.create_index("ix_paper_signatures_name", "paper_signatures", ["petition_id", "name_key"])
    op.create_index("ix_paper_signatures_batch", "paper_signatures", ["batch_id", "line"])
    op.create_index(
        "ix_paper_signatures_counted",
        "paper_signatures",
        ["petition_id", "id"],
        sqlite_where=COUNTED,
        postgresql_where=COUNTED,
    )


def downgrade() -> None:
    op.drop_index("ix_signatures_name", "signatures")
    for table in ("paper_signatures", "paper_batches", "visit_counts", "tally_states", "tallies"):
        op.drop_table(table)
    op.drop_table("file_parts")
    op.drop_table("stored_files")
    op.drop_index("ix_signatures_left", "signatures")

"""The fields of a petition's form, their words in versions, and what signers answer.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = (
    "municipality",
    "phone",
    "birth_year",
    "profession",
    "question_text",
    "question_choice",
    "question_yes_no",
)


def upgrade() -> None:
    # Written out, for both engines take a column with its check, and neither has to make the table anew.
    op.execute(
        "ALTER TABLE petitions ADD COLUMN country VARCHAR(10) DEFAULT 'required' NOT NULL "
        "CONSTRAINT ck_petitions_country CHECK (country IN ('required','optional','hidden'))"
    )
    op.execute("ALTER TABLE petitions ADD COLUMN form_revision INTEGER DEFAULT 0 NOT NULL")
    op.create_table(
        "petition_fields",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("petition_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("forgets_answers", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            f"kind IN ({','.join(repr(kind) for kind in KINDS)})", name=op.f("ck_petition_fields_kind")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_petition_fields_petition_id_petitions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition_fields")),
    )
    op.create_index("ix_petition_fields_position", "petition_fields", ["petition_id", "position", "id"])
    op.create_table(
        "field_wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("for_recipients", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["field_id"],
            ["petition_fields.id"],
            name=op.f("fk_field_wordings_field_id_petition_fields"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_wordings")),
        sa.UniqueConstraint("field_id", "version", "locale", name=op.f("uq_field_wordings_field_id_version_locale")),
    )
    op.create_table(
        "signature_answers",
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("wording_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("given_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["field_id"],
            ["petition_fields.id"],
            name=op.f("fk_signature_answers_field_id_petition_fields"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_signature_answers_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wording_id"],
            ["field_wordings.id"],
            name=op.f("fk_signature_answers_wording_id_field_wordings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("signature_id", "field_id", name=op.f("pk_signature_answers")),
    )
    op.create_index("ix_signature_answers_field", "signature_answers", ["field_id", "signature_id"])


def downgrade() -> None:
    for table in ("signature_answers", "field_wordings", "petition_fields"):
        op.drop_table(table)
    # Its check stands at the column, and goes with it on both engines.
    for column in ("form_revision", "country"):
        op.execute(f"ALTER TABLE petitions DROP COLUMN {column}")

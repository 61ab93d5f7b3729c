"""Regular jobs with a lease, and indexes for what is asked often.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models.base import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUED, PENDING, FINISHED = (sa.text(words) for words in ("status = 'queued'", "status = 'pending'", "finished_at IS NOT NULL"))


def upgrade() -> None:
    op.create_table(
        "scheduled_jobs",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("started_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", UTCDateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scheduled_jobs")),
    )
    # The unique (petition_id, mailbox, seat) begins with the same columns.
    op.drop_index("ix_signatures_mailbox", "signatures")
    op.create_index(
        "ix_signatures_pending", "signatures", ["created_at"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.drop_index("ix_outbox_due", "outbox_messages")
    op.create_index("ix_outbox_due", "outbox_messages", ["status", "priority", "due_at", "id"])
    op.create_index("ix_outbox_waiting", "outbox_messages", ["due_at"], sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.create_index(
        "ix_outbox_finished", "outbox_messages", ["finished_at"], sqlite_where=FINISHED, postgresql_where=FINISHED
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_finished", "outbox_messages")
    op.drop_index("ix_outbox_waiting", "outbox_messages")
    op.drop_index("ix_outbox_due", "outbox_messages")
    op.create_index("ix_outbox_due", "outbox_messages", ["status", "priority", "due_at"])
    op.drop_index("ix_signatures_pending", "signatures")
    op.create_index("ix_signatures_mailbox", "signatures", ["petition_id", "mailbox"])
    op.drop_table("scheduled_jobs")

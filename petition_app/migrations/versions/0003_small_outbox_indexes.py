"""Indexes of what waits in the outbox, without the many mails that were sent.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Name, columns and condition.
PARTIAL = (
    ("ix_outbox_queued", ["priority", "due_at", "id"], "status = 'queued'"),
    ("ix_outbox_oldest_due", ["due_at"], "status = 'queued'"),
    ("ix_outbox_claimed", ["mailbox", "claimed_until"], "status = 'queued' AND claimed_until IS NOT NULL"),
    ("ix_outbox_failed", ["id"], "status = 'failed'"),
)


def upgrade() -> None:
    for name, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, "outbox_messages", columns, sqlite_where=where, postgresql_where=where)
    op.drop_index("ix_outbox_waiting", "outbox_messages")
    op.drop_index("ix_outbox_due", "outbox_messages")


def downgrade() -> None:
    where = sa.text("status = 'queued'")
    op.create_index("ix_outbox_due", "outbox_messages", ["status", "priority", "due_at", "id"])
    op.create_index("ix_outbox_waiting", "outbox_messages", ["due_at"], sqlite_where=where, postgresql_where=where)
    for name, _columns, _condition in reversed(PARTIAL):
        op.drop_index(name, "outbox_messages")

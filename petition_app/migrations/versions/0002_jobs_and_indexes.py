"""one runner for each scheduled job; indexes for what is asked regularly

Dropped: an index of signatures that is the beginning of a unique one, and one of mails that held the sent ones, too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from petition_app.models import base as models

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# Name, table, columns and condition.
PARTIAL = (
    ('ix_signatures_unconfirmed', 'signatures', ['created_at'], "status = 'pending'"),
    ('ix_outbox_queued', 'outbox_messages', ['priority', 'due_at', 'id'], "status = 'queued'"),
    ('ix_outbox_oldest_due', 'outbox_messages', ['due_at'], "status = 'queued'"),
    (
        'ix_outbox_claimed',
        'outbox_messages',
        ['mailbox', 'claimed_until'],
        "status = 'queued' AND claimed_until IS NOT NULL",
    ),
    ('ix_outbox_failed', 'outbox_messages', ['id'], "status = 'failed'"),
    ('ix_outbox_finished', 'outbox_messages', ['finished_at'], 'finished_at IS NOT NULL'),
)


def upgrade() -> None:
    op.create_table(
        'scheduled_jobs',
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('started_at', models.UTCDateTime(timezone=True), nullable=True),
        sa.Column('finished_at', models.UTCDateTime(timezone=True), nullable=True),
        sa.Column('claimed_until', models.UTCDateTime(timezone=True), nullable=True),
        sa.Column('holder', sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_scheduled_jobs')),
    )
    for name, table, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.drop_index('ix_outbox_due', 'outbox_messages')
    op.drop_index('ix_signatures_mailbox', 'signatures')


def downgrade() -> None:
    op.create_index('ix_signatures_mailbox', 'signatures', ['petition_id', 'mailbox'])
    op.create_index('ix_outbox_due', 'outbox_messages', ['status', 'priority', 'due_at'])
    for name, table, _columns, _condition in reversed(PARTIAL):
        op.drop_index(name, table)
    op.drop_table('scheduled_jobs')

"""The outbox: a mail is a row, written in the transaction of what caused it, then claimed and sent by a worker.

A worker claims rows by a conditional update with a short lease, sends outside any transaction, and marks each row in
one of its own. Killed in between, it loses nothing: the lease runs out and the row is sent by the next one, under the
same Message-ID. One mail at most is sent again for each crash, the one that the server has taken and whose row does not
say so yet: the server is given nothing of a mail's text before the mark of the one before is durable (marks.py).

This is the front door: whoever has mails sent, or sends them, comes in here.
"""

from __future__ import annotations

from petition_app.mail.enqueueing import (
    Addressee,
    Planned,
    enqueue,
    enqueue_for_mailbox,
    enqueue_for_member,
    enqueue_for_recipient,
    enqueue_test,
    enqueue_test_of_update,
    forget,
    plan,
)
from petition_app.mail.mailings import count_days_from, enqueue_bulk, hold, is_behind, let_go, waiting_count
from petition_app.mail.marks import Unmarked
from petition_app.mail.overview import failed_count, failures, oldest_due
from petition_app.mail.rows import Queued, new_message_id
from petition_app.mail.sending import send_due

__all__ = [
    "Addressee",
    "Planned",
    "Queued",
    "Unmarked",
    "count_days_from",
    "enqueue",
    "enqueue_bulk",
    "enqueue_for_mailbox",
    "enqueue_for_member",
    "enqueue_for_recipient",
    "enqueue_test",
    "enqueue_test_of_update",
    "failed_count",
    "failures",
    "forget",
    "hold",
    "is_behind",
    "let_go",
    "new_message_id",
    "oldest_due",
    "plan",
    "send_due",
    "waiting_count",
]

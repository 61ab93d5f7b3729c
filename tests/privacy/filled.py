"""A site with a word of its own in every column that holds words, and when each of them must be gone."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, Date, LargeBinary, String, Table, func, insert, select
from sqlalchemy.types import JSON, Boolean, Float, Integer, Text

from petition_app.config import Settings
from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, months_after
from petition_app.privacy.former_members import names_of_members
from petition_app.transactions import writing
from tests import rows
from tests.privacy.later import DAY, START, everything

# What has no end, and why. Whatever else a column holds must be gone when its time is over: who adds one decides here.
STAYS = {
    "petitions": "the association's own words",
    "petition_texts": "the association's own words",
    "mail_words": "the association's own words",
    "text_drafts": "the association's own words",
    "text_parts": "the association's own words",
    "translations": "the site's own words",
    "translation_revisions": "the site's own words",
    "translation_files": "the site's own words",
    "former_slugs": "addresses of petitions",
    "recipients": "whom a petition is addressed to in public",
    "recipient_answers": "what a recipient has answered in public",
    "demands": "the association's own words",
    "updates": "the association's own words",
    "update_texts": "the association's own words",
    "petition_fields": "what a form asks",
    "field_wordings": "what a form asks",
    "moderation_settings": "the association's own words",
    "consent_wordings": "every wording that was ever shown",
    "site_settings": "the association's own words",
    "stored_pictures": "the association's pictures",
    "picture_files": "the association's pictures",
    "tallies": "sums",
    "visit_counts": "sums",
    "scheduled_jobs": "what the worker has done",
    "worker_keys": "keys of workers, which end with them",
    "handed_keys": "keys of workers, which end with them",
    "sealing_progress": "a number",
    "clusters.reasons": "numbers by which a cluster was found",
    "paper_batches": "a sheet's label",
    "invalidation_rules.reason": "why signatures were taken out, without a name",
    "signatures.locale": "a language",
}
# When something of each rule goes; it is there until then.
GOES = {
    "rate_counts.key": START + DAY,
    "used_challenges.mark": START + DAY,
    "outbox_messages.recipient": START + 7 * DAY,
    "signatures.network": START + 30 * DAY,
    "signatures.domain_mark": START + 30 * DAY,
    "signatures.signs": START + 30 * DAY,
    "clusters.mark": START + 30 * DAY,
    "clusters.label": START + 30 * DAY,
    "comment_flags.reader": START + 30 * DAY,
    "signatures.email": months_after(START, 6),
    "signatures.sealed_email": months_after(START, 6),
    "signatures.mail_domain": months_after(START, 6),
    "signatures.mailbox": months_after(START, 6),
    "signatures.held_for": months_after(START, 6),
    "invalidation_rules.criteria": months_after(START, 6),
    "signatures.surname": months_after(START, 6),
    "comments.text": months_after(START, 6),
    "signature_answers.value": months_after(START, 6),
    "paper_signatures.surname": months_after(START, 6),
    "audit_entries.object_label": START + 365 * DAY,
    "data_requests.person": START + 365 * DAY,
    "members.email": START + 365 * DAY,
    "members.mailbox": START + 365 * DAY,
    "members.password_hash": START + 365 * DAY,
    "members.totp_secret": START + 365 * DAY,
    "passkeys.name": START + 365 * DAY,
    "passkeys.public_key": START + 365 * DAY,
    "recovery_codes.hash": START + 365 * DAY,
    "members.name": START + 365 * DAY,  # wherever it stands: see MEMBERS_NAME
}
# The name of the one member: in the account, in the log, and beside each thing that the member did.
MEMBERS_NAME = "zqmembersname"
SHAPES: dict[str, Any] = {
    "petitions.status": "closed",
    "petitions.signers_forgotten_at": None,
    "signatures.status": "confirmed",
    "signatures.erased_at": None,
    "signatures.held_at": None,
    "comments.status": "published",
    "outbox_messages.status": "sent",
    "outbox_messages.claimed_until": None,
    "outbox_messages.member_link_id": None,  # that is over sooner, and would take the mail with it
    "stored_files.kind": "export",
    "stored_files.status": "ready",
    "stored_files.claimed_until": None,
    "petition_fields.forgets_answers": False,
    "rate_counts.expires_at": START + DAY - timedelta(minutes=2),
    "used_challenges.expires_at": START + DAY - timedelta(minutes=2),
    "invalidation_rules.status": "taken",
}
# What stands in columns that hold no words.
KINDS = ((Boolean, True), (Integer, 1), (Date, date(2026, 3, 1)), (UTCDateTime, START), (Float, 0.1))


class Filled:
    """A row in every table, and a word of its own in every column that holds words: by `table.column`."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        with writing() as session:
            for table in Base.metadata.sorted_tables:
                if session.scalar(select(func.count()).select_from(table)) == 0:
                    row = {column.name: self._value(session, table, column) for column in table.columns}
                    session.execute(insert(table), row)

    def _value(self, session: Any, table: Table, column: Column[Any]) -> Any:
        name = f"{table.name}.{column.name}"
        if name in SHAPES:
            return SHAPES[name]
        return rows.a_value(session, table, column, KINDS, lambda: self._word(name, column.type))

    def _word(self, name: str, kind: Any) -> Any:
        length = getattr(kind, "length", None)
        if isinstance(kind, String) and length is not None and length < 12:
            return "fr"[:length]  # too short to be anybody's
        is_members = name == "members.name" or name in {str(column) for column in names_of_members()}
        word = self.words[name] = MEMBERS_NAME if is_members else f"zq{len(self.words):03d}marked"
        if isinstance(kind, LargeBinary):
            return word.encode()
        if isinstance(kind, JSON):
            return [word] if name.endswith("_ids") else {"said": word}
        if name == "invalidation_rules.criteria":
            return json.dumps({"name": word, "email": word, "mailbox": word, "network": word})
        return word * 50 if isinstance(kind, Text) else word  # over several pages, too

    def found(self, settings: Settings) -> set[str]:
        """What can be read still: in the database's files as they lie on the disk, or in PostgreSQL's rows."""
        kept = everything(settings)
        return {name for name, word in self.words.items() if word.encode() in kept}

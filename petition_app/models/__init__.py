"""The nouns of the program, one a file. Models never send mail, read the request or render."""

from petition_app.models.audit_entry import AuditEntry
from petition_app.models.cluster import Cluster, ClusterSignature, FraudWatch, UsedChallenge
from petition_app.models.comment import Comment
from petition_app.models.comment_decision import CommentDecision
from petition_app.models.comment_flag import CommentFlag
from petition_app.models.consent import Consent, ConsentWording
from petition_app.models.counter import DayCounter, PetitionCounter
from petition_app.models.data_request import DataRequest
from petition_app.models.demand import Demand
from petition_app.models.former_slug import FormerSlug
from petition_app.models.invalidation_rule import InvalidationRule, TakenSignature
from petition_app.models.mail_words import MailWords
from petition_app.models.member import Member
from petition_app.models.member_link import MemberLink
from petition_app.models.member_session import MemberSession
from petition_app.models.moderation_settings import ModerationSettings
from petition_app.models.outbox_message import OutboxMessage
from petition_app.models.paper import PaperBatch, PaperSignature
from petition_app.models.passkey import Passkey
from petition_app.models.petition import Petition
from petition_app.models.petition_field import FieldWording, PetitionField, SignatureAnswer
from petition_app.models.rate_count import RateCount
from petition_app.models.recipient import Recipient
from petition_app.models.recipient_answer import RecipientAnswer
from petition_app.models.recovery_code import RecoveryCode
from petition_app.models.scheduled_job import ScheduledJob
from petition_app.models.sealing_progress import SealingProgress
from petition_app.models.signature import Signature
from petition_app.models.site_setting import SiteSetting
from petition_app.models.stored_file import FilePart, StoredFile
from petition_app.models.stored_picture import PictureFile, StoredPicture
from petition_app.models.tally import Tally, TallyState, VisitCount
from petition_app.models.text import PetitionText
from petition_app.models.text_draft import TextDraft
from petition_app.models.text_part import TextPart
from petition_app.models.translation import Translation, TranslationFile, TranslationRevision
from petition_app.models.update import Update, UpdateText
from petition_app.models.worker_key import HandedKey, WorkerKey

__all__ = [
    "AuditEntry",
    "Cluster",
    "ClusterSignature",
    "Comment",
    "CommentDecision",
    "CommentFlag",
    "Consent",
    "ConsentWording",
    "DataRequest",
    "DayCounter",
    "Demand",
    "FieldWording",
    "FilePart",
    "FormerSlug",
    "FraudWatch",
    "HandedKey",
    "InvalidationRule",
    "MailWords",
    "Member",
    "MemberLink",
    "MemberSession",
    "ModerationSettings",
    "OutboxMessage",
    "PaperBatch",
    "PaperSignature",
    "Passkey",
    "Petition",
    "PetitionCounter",
    "PetitionField",
    "PetitionText",
    "PictureFile",
    "RateCount",
    "Recipient",
    "RecipientAnswer",
    "RecoveryCode",
    "ScheduledJob",
    "SealingProgress",
    "Signature",
    "SignatureAnswer",
    "SiteSetting",
    "StoredFile",
    "StoredPicture",
    "TakenSignature",
    "Tally",
    "TallyState",
    "TextDraft",
    "TextPart",
    "Translation",
    "TranslationFile",
    "TranslationRevision",
    "Update",
    "UpdateText",
    "UsedChallenge",
    "VisitCount",
    "WorkerKey",
]

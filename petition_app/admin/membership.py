"""How the team comes to be and changes: invite, join, another role, leave, return. Pages and commands call the same."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from petition_app.admin import audit, passwords
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import Member, MemberLink
from petition_app.transactions import is_unique_violation, writing
from petition_app.web.tokens import TokenDamaged, member_token, read_member_token
from petition_app.web.urls import absolute

audit.name_acts(
    {
        "member.invited": _l("invited somebody into the team"),
        "member.invited_again": _l("sent an invitation again"),
        "member.invitation_withdrawn": _l("withdrew an invitation"),
        "member.joined": _l("joined the team"),
        "member.role_changed": _l("changed a member’s role"),
        "member.disabled": _l("shut a member out"),
        "member.enabled": _l("let a member in again"),
        "member.reset_sent": _l("had a new password’s link made for a member"),
        "member.password_changed": _l("changed the own password"),
        "member.second_factor_removed": _l("took a member’s second factor away"),
    }
)

# Where each kind of link leads.
_PAGES = {"invitation": "admin.invitation.form", "password_reset": "admin.new_password.form"}


class AlreadyThere(ValueError):
    """There is a member of this mailbox."""


class LastAdministrator(ValueError):
    """Nobody would be left who looks after the team."""


def has_members() -> bool:
    """Whether the site has a team, be it one invited member."""
    return db.session.scalar(select(Member.id).limit(1)) is not None


def invite(
    email: str, *, name: str, role: str, locale: str, at: datetime, by_mail: bool = True
) -> tuple[Member, MemberLink]:
    """Ask somebody into the team; the address is normal. Raises AlreadyThere."""
    try:
        with writing() as session:
            member = Member(
                email=email, mailbox=canonical_mailbox(email), name=name, role=role, locale=locale, created_at=at
            )
            session.add(member)
            session.flush()
            audit.record(session, "member.invited", member, role=role)
            link = _give_link(session, member, "invitation", at, by_mail=by_mail)
    except Exception as error:
        if is_unique_violation(error):
            raise AlreadyThere(email) from error
        raise
    return member, link


def invite_again(member_id: int, at: datetime) -> Member:
    """Send a new invitation; the one before is no longer good."""
    with writing() as session:
        member = _held(session, member_id)
        if member.status == "invited":
            audit.record(session, "member.invited_again", member)
            member.created_at = at  # an invitation that nobody accepts is forgotten, counted from its mail
            _give_link(session, member, "invitation", at)
    return member


def withdraw_invitation(member_id: int) -> Member:
    """Forget somebody who has not joined."""
    with writing() as session:
        member = _held(session, member_id)
        if member.joined_at is None:
            audit.record(session, "member.invitation_withdrawn", member)
            session.delete(member)
    return member


def join(link: MemberLink, *, name: str, password: str, at: datetime) -> Member | None:
    """Accept an invitation; None where it has been used in the meantime."""
    password_hash = passwords.hash_of(password)
    with writing() as session:
        member = _use(session, link, password_hash, at)
        if member is not None:
            member.name = name
            audit.record(session, "member.joined", member, by=member, role=member.role)
    return member


def set_password(link: MemberLink, password: str, at: datetime) -> Member | None:
    """Take a new password by a link; None where it has been used in the meantime. All sessions end."""
    password_hash = passwords.hash_of(password)
    with writing() as session:
        member = _use(session, link, password_hash, at)
        if member is not None:
            audit.record(session, "member.password_changed", member, by=member)
    return member


def _use(session: Session, link: MemberLink, password_hash: str, at: datetime) -> Member | None:
    """Its member, with this password from now on; None where it has been used in the meantime."""
    held = _held_link(session, link.id)
    if held.member is None or not held.is_good(at):
        return None
    held.use(at)
    held.member.join(password_hash, at)
    return held.member


def send_password_link(member: Member, at: datetime, *, by_member: bool = False, by_mail: bool = True) -> MemberLink:
    """Make a link to a new password, and mail it. `by_member`: the member has asked, at the door."""
    with writing() as session:
        held = _held(session, member.id)
        if not by_member:
            audit.record(session, "member.reset_sent", held)
        return _give_link(session, held, "password_reset", at, by_mail=by_mail)


def change_role(member_id: int, role: str) -> Member:
    """Raises LastAdministrator."""
    with writing() as session:
        member = _held(session, member_id) if role == "administrator" else _held_to_leave(session, member_id)
        if role != member.role:
            audit.record(session, "member.role_changed", member, before=member.role, after=role)
            member.role = role
    return member


def disable(member_id: int, at: datetime) -> Member:
    """Shut somebody out, at once and on every device. Raises LastAdministrator."""
    with writing() as session:
        member = _held_to_leave(session, member_id)
        if member.disabled_at is None:
            member.disable(at)
            audit.record(session, "member.disabled", member)
    return member


def enable(member_id: int) -> Member:
    with writing() as session:
        member = _held(session, member_id)
        if member.disabled_at is not None:
            member.enable()
            audit.record(session, "member.enabled", member)
    return member


def drop_second_factor(member_id: int) -> Member:
    """For a member who has lost the device and the recovery codes; whoever does it has made sure who asks."""
    with writing() as session:
        member = _held(session, member_id)
        if member.has_second_factor:
            member.drop_second_factor()
            audit.record(session, "member.second_factor_removed", member)
    return member


def link_by_token(purpose: str, token: str) -> MemberLink | None:
    """The link that a token names; None for what names none."""
    try:
        key = read_member_token(purpose, token)
    except TokenDamaged:
        return None
    found: MemberLink | None = db.session.scalar(
        select(MemberLink).where(MemberLink.key == key, MemberLink.purpose == purpose)
    )
    return found


def address_of(link: MemberLink) -> str:
    """The link as somebody opens it."""
    return absolute(_PAGES[link.purpose], token=member_token(link.purpose, link.key))


def _give_link(session: Session, member: Member, purpose: str, at: datetime, *, by_mail: bool = True) -> MemberLink:
    """A new link in place of earlier ones."""
    session.execute(
        update(MemberLink)
        .where(MemberLink.member_id == member.id, MemberLink.purpose == purpose, MemberLink.used_at.is_(None))
        .values(used_at=at),
        execution_options={"synchronize_session": False},
    )
    link = MemberLink.make(purpose, at, member=member)
    session.add(link)
    session.flush()
    if by_mail:
        outbox.enqueue_for_member(session, link, member.email, member.locale, at)
    return link


def _held_to_leave(session: Session, member_id: int) -> Member:
    """A member who may leave the administrators, as it is now. Raises LastAdministrator.

    All their rows are held, in one order and before any other: two who leave at once neither see the other stay, nor
    wait for each other.
    """
    found = select(Member).where(Member.role == "administrator").order_by(Member.id)
    administrators = session.scalars(found.with_for_update().execution_options(populate_existing=True)).all()
    leaving = _held(session, member_id)
    others = [member for member in administrators if member.is_active and member.id != leaving.id]
    if leaving.role == "administrator" and leaving.is_active and not others:
        raise LastAdministrator
    return leaving


def _held(session: Session, member_id: int) -> Member:
    """A member as it is now, held until the transaction ends. Raises NoResultFound."""
    member: Member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
    return member


def _held_link(session: Session, link_id: int) -> MemberLink:
    link: MemberLink = session.get_one(MemberLink, link_id, with_for_update=True, populate_existing=True)
    return link

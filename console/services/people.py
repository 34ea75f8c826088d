"""Members of a workspace: add, change the role, remove. A workspace always keeps an owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from console.errors import UserError
from console.models import Membership, Role, User, Workspace
from console.services import audit


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the link for a person who has no password yet is made of. Works once, for PASSWORD_RESET_TIMEOUT."""

    membership: Membership
    uid: str
    token: str


@transaction.atomic
def add(
    workspace: Workspace,
    email: str,
    role: str,
    *,
    actor: User,
    now: datetime,
    name: str = "",
) -> tuple[Membership, Invitation | None]:
    """Make `email` a member. Somebody new gets an account without password and an Invitation; somebody who
    signs in already gets None. UserError ("member_exists") when the person is a member."""
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(
            email,
            None,
            name=name,
            language=actor.language,
            time_zone=workspace.time_zone,
        )
    if Membership.objects.filter(workspace=workspace, user=user).exists():
        raise UserError(_("This person is a member already."), field="email", code="member_exists")
    membership = Membership.objects.create(workspace=workspace, user=user, role=role)
    audit.record(
        "member.add",
        workspace=workspace,
        actor=actor,
        target=membership,
        now=now,
        role=role,
    )
    return membership, _invitation(membership) if not user.has_usable_password() else None


@transaction.atomic
def invite_again(membership: Membership, *, actor: User, now: datetime) -> Invitation:
    """A new link for a member who cannot sign in. Older links stop working with the next password.

    Only for somebody who has no password, or who belongs to this workspace alone: an owner here must not
    take over an account that also opens another workspace, or the administration.
    """
    user = membership.user
    elsewhere = user.is_staff or user.memberships.exclude(pk=membership.pk).exists()
    if user.has_usable_password() and elsewhere:
        message = _("This person also belongs to other workspaces. An administrator has to make the link.")
        raise UserError(message, code="not_ours")
    audit.record(
        "member.invite",
        workspace=membership.workspace,
        actor=actor,
        target=membership,
        now=now,
    )
    return _invitation(membership)


def _invitation(membership: Membership) -> Invitation:
    uid = urlsafe_base64_encode(force_bytes(membership.user_id))
    return Invitation(membership, uid, default_token_generator.make_token(membership.user))


@transaction.atomic
def change_role(membership: Membership, role: str, *, actor: User, now: datetime) -> bool:
    """Give the member another role; False when it is the same. UserError ("last_owner") keeps one owner."""
    before = membership.role
    if before == role:
        return False
    if before == Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(
        "member.role",
        workspace=membership.workspace,
        actor=actor,
        target=membership,
        now=now,
        before=before,
        after=role,
    )
    return True


@transaction.atomic
def remove(membership: Membership, *, actor: User, now: datetime) -> None:
    """Take the person out of the workspace; the account and what the person did stay."""
    if membership.role == Role.OWNER:
        _keep_an_owner(membership)
    workspace, role = membership.workspace, membership.role
    audit.record(
        "member.remove",
        workspace=workspace,
        actor=actor,
        target=membership,
        now=now,
        role=role,
    )
    membership.delete()


def _keep_an_owner(leaving: Membership) -> None:
    """Refuse when `leaving` is the last owner. Locks the workspace, so that two owners cannot leave at once."""
    Workspace.objects.select_for_update().get(pk=leaving.workspace_id)
    others = Membership.objects.filter(workspace_id=leaving.workspace_id, role=Role.OWNER).exclude(pk=leaving.pk)
    if not others.exists():
        message = _("A workspace needs an owner. Make somebody else an owner first.")
        raise UserError(message, code="last_owner")

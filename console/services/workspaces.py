"""The first owner, and changes of a workspace's own settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from console.errors import UserError
from console.models import Membership, Role, User, Workspace
from console.services import audit

EDITABLE = (
    "name",
    "default_country",
    "time_zone",
    "language",
    "currency",
    "quiet_from",
    "quiet_to",
    "failure_share",
    "failure_window",
    "failure_least",
    "strange_answers",
    "grace_minutes",
)


def is_set_up() -> bool:
    """True once anybody exists: the set-up page is gone from then on."""
    return User.objects.exists()


@transaction.atomic
def set_up(*, person: dict[str, Any], password: str, workspace: dict[str, Any], now: datetime) -> User:
    """Make the first owner (`person`: email, name, language, time_zone) and the first `workspace` (its fields).

    Of two people who set up at the same moment one wins; the other gets a UserError ("set_up_done").
    """
    _wait_for_turn()
    if is_set_up():
        raise UserError(
            _("Somebody has set up this console already. Sign in instead."),
            code="set_up_done",
        )
    owner = User.objects.create_user(person.pop("email"), password, is_staff=True, is_superuser=True, **person)
    made = create(owner=owner, now=now, **workspace)
    audit.record("workspace.set_up", workspace=made, actor=owner, target=made, now=now)
    return owner


def _wait_for_turn() -> None:
    """Serialise set-ups: a row that exists in every database is locked until the transaction ends.

    SQLite has no row locks and needs none: its transactions are IMMEDIATE, one writer at a time.
    """
    label, model = User._meta.app_label, User._meta.model_name
    ContentType.objects.select_for_update().get(app_label=label, model=model)


def create(*, owner: User, now: datetime, name: str, **fields: Any) -> Workspace:
    """A workspace with its owner. The slug comes from the name and gets a number when it is taken."""
    workspace = Workspace.objects.create(name=name, slug=free_slug(name), **fields)
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    return workspace


def free_slug(name: str) -> str:
    """A slug of at most 40 letters that no workspace has."""
    stem = slugify(name)[:34].strip("-") or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{stem}-{n}") not in taken)


@transaction.atomic
def edit(workspace: Workspace, changes: dict[str, Any], *, actor: User, now: datetime) -> list[str]:
    """Save `changes` (names of EDITABLE) and write down what changed. Returns the changed names."""
    stored = Workspace.objects.select_for_update().get(pk=workspace.pk)
    changed = [name for name in EDITABLE if name in changes and getattr(stored, name) != changes[name]]
    if not changed:
        return []
    before = {name: _plain(getattr(stored, name)) for name in changed}
    for name in changed:
        setattr(stored, name, changes[name])
    stored.save(update_fields=changed)
    after = {name: _plain(getattr(stored, name)) for name in changed}
    audit.record(
        "workspace.edit",
        workspace=stored,
        actor=actor,
        target=stored,
        now=now,
        before=before,
        after=after,
    )
    return changed


def _plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value if value is None or isinstance(value, (str, int, list)) else str(value)

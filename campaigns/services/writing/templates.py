"""Templates and their versions. A version never changes: saving makes a new one, and only when something changed."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from campaigns.models import Template, TemplateVersion
from campaigns.services.writing.compose import Built, same_content
from console.errors import UserError
from console.models import User, Workspace
from console.services import audit

NAME_LENGTH = 120


def create(workspace: Workspace, name: str, built: Built, actor: User | None, now: datetime) -> Template:
    """A template with its first version. UserError (field "name") when the name is taken."""
    with transaction.atomic():
        template = _insert(workspace, name, built.source.channel, now)
        _add_version(template, built, actor, now)
        audit.record("template.create", workspace=workspace, actor=actor, target=template, now=now)
    return template


def save(template: Template, name: str, built: Built, actor: User | None, now: datetime) -> bool:
    """Name and content; True when a new version was made, False when the content is what it was."""
    with transaction.atomic():
        rows = Template.objects.select_for_update(of=("self",)).select_related("current", "workspace")
        locked = rows.get(pk=template.pk)
        if locked.name != name:
            _rename(locked, name, now)
        changed = locked.current is None or not same_content(locked.current, built.version(locked.workspace))
        if changed:
            number = _add_version(locked, built, actor, now)
            audit.record(
                "template.update", workspace=locked.workspace, actor=actor, target=locked, now=now, version=number
            )
    template.refresh_from_db()
    return changed


def restore(template: Template, version: TemplateVersion, built: Built, actor: User | None, now: datetime) -> bool:
    """The content of an old `version`, built anew, as the newest one; False when it is what it was."""
    with transaction.atomic():
        changed = save(template, template.name, built, actor, now)
        if changed:
            audit.record(
                "template.restore", workspace=template.workspace, actor=actor, target=template, now=now,
                version=version.number,
            )  # fmt: skip
    return changed


def duplicate(template: Template, actor: User | None, now: datetime) -> Template:
    """A new template with the content of the current version."""
    version = template.current
    assert version is not None
    with transaction.atomic():
        copy = _insert(template.workspace, _free_name(template), template.channel, now)
        _store(copy, _copied(version), actor, now)
        audit.record(
            "template.create", workspace=copy.workspace, actor=actor, target=copy, now=now, copy_of=template.pk
        )
    return copy


def archive(template: Template, actor: User | None, now: datetime) -> None:
    """Out of the lists; campaigns that use it keep their version. Twice is once."""
    _set_archived(template, now, "template.archive", actor, now)


def unarchive(template: Template, actor: User | None, now: datetime) -> None:
    _set_archived(template, None, "template.unarchive", actor, now)


def _set_archived(template: Template, at: datetime | None, action: str, actor: User | None, now: datetime) -> None:
    with transaction.atomic():
        waiting = Template.objects.filter(pk=template.pk, archived_at__isnull=at is not None)
        if waiting.update(archived_at=at, updated_at=now):
            audit.record(action, workspace=template.workspace, actor=actor, target=template, now=now)
    template.archived_at = at


def _insert(workspace: Workspace, name: str, channel: str, now: datetime) -> Template:
    try:
        with transaction.atomic():
            return Template.objects.create(
                workspace=workspace, name=name, channel=channel, created_at=now, updated_at=now
            )
    except IntegrityError as error:
        raise _taken() from error


def _rename(template: Template, name: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            Template.objects.filter(pk=template.pk).update(name=name, updated_at=now)
    except IntegrityError as error:
        raise _taken() from error
    template.name = name


def _taken() -> UserError:
    return UserError(_("There is a template of this name already. Choose another."), field="name", code="name_taken")


def _free_name(template: Template) -> str:
    """ "Welcome, copy", "Welcome, copy 2" …: the first that is not taken."""
    taken = set(Template.objects.for_workspace(template.workspace).values_list("name", flat=True))
    number = 1
    while True:
        ending = _(", copy") if number == 1 else _(", copy %(n)s") % {"n": number}
        name = template.name[: NAME_LENGTH - len(ending)] + ending
        if name not in taken:
            return name
        number += 1


# -- versions --------------------------------------------------------------------------------------


def _add_version(template: Template, built: Built, actor: User | None, now: datetime) -> int:
    return _store(template, built.version(template.workspace), actor, now)


def _store(template: Template, version: TemplateVersion, actor: User | None, now: datetime) -> int:
    """Save `version` as the newest of `template`; gives its number."""
    last = template.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version.template, version.number = template, last + 1
    version.created_by, version.created_at = actor, now
    version.save()
    Template.objects.filter(pk=template.pk).update(current=version, updated_at=now)
    template.current = version
    return version.number


def _copied(version: TemplateVersion) -> TemplateVersion:
    copy = TemplateVersion(
        workspace_id=version.workspace_id,
        channel=version.channel,
        subject=version.subject,
        preheader=version.preheader,
        html_source=version.html_source,
        text_source=version.text_source,
        html=version.html,
        text=version.text,
        names=version.names,
    )
    copy.planned_files = version.file_ids
    return copy

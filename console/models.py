"""People, workspaces, what they may do, and what they did."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, TypeVar

from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.choices import language_choices

M = TypeVar("M", bound=models.Model)


class WorkspaceQuerySet(models.QuerySet[M]):
    """Base of every queryset whose rows belong to a workspace."""

    def for_workspace(self, workspace: Workspace | int) -> WorkspaceQuerySet[M]:
        return self.filter(workspace=workspace)


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    SENDER = "sender", pgettext_lazy("role", "Sender")
    EDITOR = "editor", _("Editor")
    ANALYST = "analyst", _("Analyst")


class Theme(models.TextChoices):
    AUTO = "auto", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """A person who logs in with `email` (stored lower-case); no password = cannot log in yet."""
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **extra})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractUser):
    """Logs in by email. Language, zone and theme belong to the person, not to the browser."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=8, blank=True, choices=language_choices, help_text=_("Empty: that of the browser.")
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", help_text=_("Such as Europe/Madrid."))
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.AUTO)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split("@")[0].split(" ")[0]


class Workspace(models.Model):
    """Everything a user sees belongs to one."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name in addresses"), max_length=40, unique=True)
    default_country = models.CharField(
        _("default country"), max_length=2, default="ES", help_text=_("Two letters, such as ES.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Madrid", help_text=_("Such as Europe/Madrid.")
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        default="en",
        choices=language_choices,
        help_text=_("For contacts whose own language is not known."),
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR", help_text=_("Three letters, such as EUR."))
    quiet_from = models.TimeField(_("quiet hours from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet hours to"), null=True, blank=True)
    failure_share = models.PositiveSmallIntegerField(
        _("pause a dispatch when so many per cent fail"), default=20, help_text=_("0: never.")
    )
    failure_window = models.PositiveIntegerField(_("of the last messages"), default=200)
    failure_least = models.PositiveIntegerField(_("but of so many at least"), default=50)
    strange_answers = models.PositiveSmallIntegerField(
        _("pause a dispatch after so many unreadable answers"), default=3, help_text=_("0: never.")
    )
    grace_minutes = models.PositiveSmallIntegerField(
        _("minutes that a start may be late"),
        null=True,
        blank=True,
        help_text=_("Empty: as the installation says."),
    )
    stop_words = models.JSONField(
        _("opt-out words"), default=list, blank=True, help_text=_("A reply that is one of these opts out.")
    )
    is_demo = models.BooleanField(
        _("demonstration"), default=False, help_text=_("Its people are fictional and its messages stay here.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("workspace")
        verbose_name_plural = _("workspaces")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("workspace")
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(_("member since"), auto_now_add=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_role_per_workspace")]

    def __str__(self) -> str:
        return f"{self.user} · {self.workspace}"


class AuditEvent(models.Model):
    """Append-only. `actor` is empty when the machine did it; `target` is "model:id"."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("workspace")
    )
    actor = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    action = models.CharField(_("action"), max_length=48)
    target = models.CharField(_("row"), max_length=64, blank=True)
    label = models.CharField(_("name at that time"), max_length=200, blank=True)
    detail = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("time"))

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["workspace", "-id"], name="audit_newest"),
            models.Index(fields=["target", "-id"], name="audit_target"),
        ]

    def __str__(self) -> str:
        return self.label or self.target


class JobStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


# What a job is for, by its kind.
JOBS: dict[str, Any] = {
    "contacts.import": _("Import of contacts"),
    "contacts.export": _("Export of contacts"),
    "groups.apply": _("Change of many contacts"),
    "campaigns.export": _("Export of recipients"),
}


class Job(models.Model):
    """A piece of background work that a person waits for: an import, an export.

    The row is the queue: `console.run_jobs` claims waiting jobs, a lease brings back one whose worker died.
    `progress`/`total` are rows; `result` holds counts and file names (inside the data folder).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="jobs", verbose_name=_("workspace"))
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("who"))
    kind = models.CharField(_("kind"), max_length=32)
    params = models.JSONField(_("asked for"), default=dict)
    status = models.CharField(_("status"), max_length=8, choices=JobStatus.choices, default=JobStatus.WAITING)
    progress = models.PositiveIntegerField(_("rows done"), default=0)
    total = models.PositiveIntegerField(_("rows in all"), default=0)
    result = models.JSONField(_("result"), default=dict)
    error = models.TextField(_("error"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("reserved until"), null=True)
    token = models.CharField(_("token"), max_length=32, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        indexes = [
            models.Index(fields=["status", "created_at"], name="job_queue"),
            models.Index(fields=["workspace", "kind", "-created_at"], name="job_newest"),
        ]

    def __str__(self) -> str:
        return f"{JOBS.get(self.kind, self.kind)} {str(self.id)[:8]}"


# The parts that give signs of life.
SIGNS: dict[str, Any] = {"beat": _("Clock"), "worker": _("Worker"), "host": _("Host")}


class Heartbeat(models.Model):
    """Last sign of life of a part, read by /healthz: "beat"; "worker", of all hosts the latest that ran a tick;
    "host:<name>" of each host that carries lanes."""

    name = models.CharField(_("part"), max_length=80, primary_key=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        part, _colon, host = self.name.partition(":")
        return f"{SIGNS.get(part, part)} {host}".rstrip()


class FailedSignIn(AccessAttempt):
    """Attempts that failed, counted per person and address by django-axes, under a name of ours."""

    class Meta:
        proxy = True
        verbose_name = _("failed sign-in")
        verbose_name_plural = _("failed sign-ins")

    def __str__(self) -> str:
        return f"{self.username} · {self.ip_address}"


class SignIn(AccessLog):
    """Attempts that succeeded."""

    class Meta:
        proxy = True
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.username} · {self.ip_address}"

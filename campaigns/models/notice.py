"""What people are told about dispatches and provider accounts, how much of it they want, and alarms about counters
that are not true."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.account import ProviderAccount
from campaigns.models.dispatch import Dispatch
from campaigns.wording import hold_choices
from console.models import Membership, User, Workspace, WorkspaceQuerySet


class NoticeKind(models.TextChoices):
    START = "start", _("A dispatch starts")
    END = "end", _("A dispatch ends")
    HOLD = "hold", _("A dispatch pauses itself because of a problem")
    APPROVAL = "approval", _("A campaign on a list waits for approval")
    ALARM = "alarm", _("The figures of a dispatch do not add up")
    OUTAGE = "outage", _("A provider account does not answer")
    ANSWERS = "answers", _("A provider account answers again")


class NoticeLevel(models.TextChoices):
    """How somebody hears of a kind of notice."""

    OFF = "off", _("Not at all")
    CONSOLE = "console", _("In the console")
    EMAIL = "email", _("In the console and by email")


class MailStatus(models.TextChoices):
    """`sending` is written before the mail server is asked, so it also means "perhaps sent"; such an email never
    goes out a second time."""

    NONE = "none", _("No email")
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent, or perhaps sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class Notice(models.Model):
    """One thing that one person is told about one dispatch, or one provider account. `at` is the time of the move it
    tells of, which makes it one of its kind. `detail` holds the figures of that moment."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="notices", verbose_name=_("workspace")
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", verbose_name=_("person"))
    dispatch = models.ForeignKey(
        Dispatch, on_delete=models.CASCADE, null=True, blank=True, related_name="notices", verbose_name=_("dispatch")
    )
    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("provider account"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=NoticeKind.choices)
    reason = models.CharField(_("reason"), max_length=40, choices=hold_choices, blank=True, default="")
    detail = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("time"))
    read_at = models.DateTimeField(_("read at"), null=True)
    mail = models.CharField(_("email"), max_length=8, choices=MailStatus.choices, default=MailStatus.NONE)
    mail_at = models.DateTimeField(_("next try of the email"), null=True)
    mail_tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    mail_error = models.CharField(_("error of the email"), max_length=200, blank=True, default="")

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(dispatch__isnull=False, account__isnull=True)
                | Q(dispatch__isnull=True, account__isnull=False),
                name="notice_of_one_thing",
            ),
            models.UniqueConstraint(fields=["dispatch", "kind", "user", "at"], name="notice_once"),
            models.UniqueConstraint(
                fields=["account", "kind", "user", "at"],
                condition=Q(account__isnull=False),
                name="notice_of_account_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "workspace", "-id"], name="notice_newest"),
            models.Index(fields=["user", "workspace"], condition=Q(read_at__isnull=True), name="notice_unread"),
            models.Index(fields=["mail_at"], condition=Q(mail="waiting"), name="notice_to_mail"),
            models.Index(fields=["at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.dispatch or self.account}"


class NoticePreference(models.Model):
    """How a member wants to hear of a kind of notice; without a row, as `campaigns.services.showing.notices` says."""

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="notice_preferences", verbose_name=_("member")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=NoticeKind.choices)
    level = models.CharField(_("how"), max_length=8, choices=NoticeLevel.choices)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [models.UniqueConstraint(fields=["membership", "kind"], name="notice_preference_once")]

    def __str__(self) -> str:
        return f"{self.membership}: {self.get_kind_display()}, {self.get_level_display()}"


class Alarm(models.Model):
    """The counters of a dispatch were found to differ from its rows, or not to sum to its people. Open while
    `cleared_at` is empty; the check that finds them right again clears it."""

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="alarms", verbose_name=_("workspace")
    )
    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="alarms", verbose_name=_("dispatch"))
    people = models.BigIntegerField(_("people"))
    tallied = models.JSONField(_("people by the counters"), default=dict)
    counted = models.JSONField(_("people by the rows"), default=dict)
    raised_at = models.DateTimeField(_("raised at"))
    checked_at = models.DateTimeField(_("last seen at"))
    cleared_at = models.DateTimeField(_("cleared at"), null=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(fields=["dispatch"], condition=Q(cleared_at__isnull=True), name="alarm_once")
        ]
        indexes = [models.Index(fields=["workspace"], condition=Q(cleared_at__isnull=True), name="alarm_open")]

    def __str__(self) -> str:
        return str(self.dispatch)

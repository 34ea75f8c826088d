"""Who is told what about a dispatch or an account: written in the transaction of the move it tells of, read in the
console.

Owners and managers hear of every campaign of their workspace and of its provider accounts, which they may mend;
everybody else of the campaigns they scheduled. How (not at all, in the console, by email too) is each member's choice
per kind; what calls a person goes out by email unless somebody chose otherwise, and so does its end. Whoever made the
move is not told about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import (
    Alarm,
    Dispatch,
    DispatchKind,
    MailStatus,
    Notice,
    NoticeKind,
    NoticeLevel,
    NoticePreference,
    ProviderAccount,
    Tally,
)
from campaigns.states import HANDED_OVER, RecipientStatus
from campaigns.wording import hold_sentence
from console import formats
from console.models import Membership, Role, User, Workspace

HEARS_EVERYTHING = (Role.OWNER, Role.MANAGER)
DEFAULT_LEVELS: dict[str, str] = {
    NoticeKind.START: NoticeLevel.CONSOLE,
    NoticeKind.END: NoticeLevel.CONSOLE,
    NoticeKind.HOLD: NoticeLevel.EMAIL,
    NoticeKind.APPROVAL: NoticeLevel.EMAIL,
    NoticeKind.ALARM: NoticeLevel.EMAIL,
    NoticeKind.OUTAGE: NoticeLevel.EMAIL,
    NoticeKind.ANSWERS: NoticeLevel.EMAIL,
}
OF_ACCOUNTS = (NoticeKind.OUTAGE, NoticeKind.ANSWERS)
# The moves of a dispatch that people are told of.
KIND_OF_MOVE: dict[str, str] = {
    "begin": NoticeKind.START,
    "hold": NoticeKind.HOLD,
    "finish": NoticeKind.END,
    "stop": NoticeKind.END,
}


# -- writing ----------------------------------------------------------------------------------------


def tell_of_move(dispatch: Dispatch, action: str, actor: User | None, reason: str, now: datetime) -> None:
    """Write the notices of a move that has just been made, in its transaction. A test send tells nobody: its tester
    is looking at it."""
    kind = KIND_OF_MOVE.get(action)
    if kind is None or dispatch.kind != DispatchKind.CAMPAIGN:
        return
    detail = _figures(dispatch, stopped=action == "stop") if kind == NoticeKind.END else {}
    tell(dispatch, kind, now, actor=actor, reason=reason, detail=detail)


def tell(
    dispatch: Dispatch,
    kind: str,
    now: datetime,
    *,
    actor: User | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One notice of a dispatch for everybody who is to hear of it. What is there already stays as it is."""
    concerned = Q(role__in=HEARS_EVERYTHING) | Q(user=dispatch.created_by_id)
    levels = _levels(concerned, dispatch.workspace_id, kind)
    if actor is not None:
        levels.pop(actor.pk, None)
    about = {"workspace_id": dispatch.workspace_id, "dispatch": dispatch, "kind": kind, "at": now}
    _write(levels, now, **about, reason=reason, detail=dict(detail or {}))


def tell_of_account(
    account: ProviderAccount, kind: str, at: datetime, now: datetime, detail: Mapping[str, Any]
) -> None:
    """One notice of an account, of something that happened `at` and is told `now`."""
    levels = _levels(Q(role__in=HEARS_EVERYTHING), account.workspace_id, kind)
    _write(levels, now, workspace_id=account.workspace_id, account=account, kind=kind, at=at, detail=dict(detail))


def _write(levels: Mapping[int, str], now: datetime, **fields: Any) -> None:
    """A notice with these `fields` for each person, to be mailed from `now` where the person wants that."""
    mailed = {"mail": MailStatus.WAITING, "mail_at": now}
    Notice.objects.bulk_create(
        [
            Notice(user_id=user, **fields, **(mailed if level == NoticeLevel.EMAIL else {}))
            for user, level in levels.items()
            if level != NoticeLevel.OFF
        ],
        ignore_conflicts=True,
    )


def _levels(concerned: Q, workspace_id: int, kind: str) -> dict[int, str]:
    """Person → how they hear of `kind`, of the members who are concerned."""
    members = Membership.objects.filter(concerned, workspace=workspace_id, user__is_active=True)
    people = dict(members.values_list("pk", "user_id"))
    chosen = dict(NoticePreference.objects.filter(membership__in=people, kind=kind).values_list("membership", "level"))
    return {user: chosen.get(membership, DEFAULT_LEVELS[kind]) for membership, user in people.items()}


def _figures(dispatch: Dispatch, *, stopped: bool) -> dict[str, Any]:
    """People of a dispatch that ended, as they were at that moment."""
    sums = Tally.objects.filter(dispatch=dispatch, n__gt=0).values_list("status").annotate(n=Sum("n"))
    by_status: dict[str, int] = dict(sums)
    failed = by_status.get(RecipientStatus.FAILED, 0) + by_status.get(RecipientStatus.UNDELIVERED, 0)
    return {
        "stopped": stopped,
        "handed_over": sum(by_status.get(status, 0) for status in HANDED_OVER),
        "failed": failed,
        "unknown": by_status.get(RecipientStatus.UNKNOWN, 0),
    }


# -- choices ----------------------------------------------------------------------------------------


def kinds_of(membership: Membership) -> list[NoticeKind]:
    """What a member may come to hear of, by role."""
    return [kind for kind in NoticeKind if membership.role in HEARS_EVERYTHING or kind not in OF_ACCOUNTS]


def choices_of(user: User) -> list[tuple[Membership, dict[str, str]]]:
    """Every workspace of a person with its level per kind."""
    members = list(Membership.objects.filter(user=user).select_related("workspace").order_by("workspace__name"))
    levels = {member.pk: dict(DEFAULT_LEVELS) for member in members}
    for preference in NoticePreference.objects.filter(membership__in=members):
        levels[preference.membership_id][preference.kind] = preference.level
    return [(member, levels[member.pk]) for member in members]


def choose(membership: Membership, levels: Mapping[str, str]) -> None:
    """Keep what a member wants to hear, by kind."""
    NoticePreference.objects.bulk_create(
        [NoticePreference(membership=membership, kind=kind, level=level) for kind, level in levels.items()],
        update_conflicts=True,
        unique_fields=["membership", "kind"],
        update_fields=["level"],
    )


# -- reading ----------------------------------------------------------------------------------------


def of_person(user: User, workspace: Workspace, *, unread: bool = False) -> QuerySet[Notice]:
    """A person's notices in a workspace, for a page by key."""
    found: QuerySet[Notice] = Notice.objects.for_workspace(workspace).filter(user=user)
    found = found.filter(read_at=None) if unread else found
    return found.select_related("dispatch__campaign", "dispatch__account", "account")


def unread(user: User, workspace: Workspace) -> int:
    """How many a person has not read."""
    return standing(user, workspace)[0]


def standing(user: User, workspace: Workspace) -> tuple[int, bool]:
    """(notices that the person has not read, whether an alarm is open): what every page shows, in one query."""
    mine = Notice.objects.filter(workspace=OuterRef("pk"), user=user, read_at=None).order_by()
    count = Subquery(mine.values("workspace").annotate(n=Count("pk")).values("n"))
    alarm = Exists(Alarm.objects.filter(workspace=OuterRef("pk"), cleared_at=None))
    found = Workspace.objects.filter(pk=workspace.pk).annotate(unread=count, alarm=alarm)
    n, is_open = found.values_list("unread", "alarm").get()
    return n or 0, is_open


def read(user: User, workspace: Workspace, pks: list[int] | None, now: datetime) -> int:
    """Mark these (None = all) as read; gives how many were not yet."""
    found = Notice.objects.filter(user=user, workspace=workspace, read_at=None)
    return (found if pks is None else found.filter(pk__in=pks)).update(read_at=now)


def address(notice: Notice, workspace: Workspace) -> str:
    """The page of what it is about: a path."""
    if notice.account_id:
        return reverse("account", args=[workspace.slug, notice.account_id])
    return reverse("dispatch", args=[workspace.slug, notice.dispatch_id])


def forget(now: datetime, days: int) -> None:
    """Throw away what is older than `days`."""
    Notice.objects.filter(at__lt=now - timedelta(days=days)).delete()


def open_alarms(workspace: Workspace) -> list[Alarm]:
    """Dispatches of a workspace whose figures cannot be trusted now, oldest first."""
    found: QuerySet[Alarm] = Alarm.objects.for_workspace(workspace).filter(cleared_at=None)
    return list(found.select_related("dispatch__campaign").order_by("raised_at")[:20])


# -- words ------------------------------------------------------------------------------------------


def title(notice: Notice) -> str:
    """What happened, in the active language."""
    asked = notice.detail.get("asked", False)
    sentences = {
        NoticeKind.START: _("“%(name)s” is being sent"),
        NoticeKind.END: _("“%(name)s” was stopped") if notice.detail.get("stopped") else _("“%(name)s” is finished"),
        NoticeKind.HOLD: _("“%(name)s” paused itself"),
        NoticeKind.APPROVAL: _("“%(name)s” waits for approval"),
        NoticeKind.ALARM: _("The figures of “%(name)s” do not add up"),
        NoticeKind.OUTAGE: _("“%(name)s” takes no messages") if asked else _("“%(name)s” does not answer"),
        NoticeKind.ANSWERS: _("“%(name)s” answers again"),
    }
    return sentences[NoticeKind(notice.kind)] % {"name": notice.account or _dispatch(notice).campaign}


def text(notice: Notice) -> str:
    """What it means and what to do, in the active language."""
    match notice.kind:
        case NoticeKind.START:
            return _("The first messages are on their way to %(account)s.") % {"account": _dispatch(notice).account}
        case NoticeKind.HOLD:
            return f"{hold_sentence(notice.reason)} {_nothing_is_lost()}"
        case NoticeKind.APPROVAL:
            return _(
                "The provider has counted the people and named the price. Nothing leaves until somebody approves it "
                "on the page of the dispatch."
            )
        case NoticeKind.ALARM:
            return alarm_text()
        case NoticeKind.OUTAGE:
            return f"{_outage(notice)} {_nothing_is_lost()}"
        case NoticeKind.ANSWERS:
            silent = formats.duration(notice.detail.get("silent_seconds", 0))
            return _("It took no messages for %(time)s. What waited for it goes on by itself.") % {"time": silent}
    return _end(notice.detail)


def _dispatch(notice: Notice) -> Dispatch:
    """Of a notice that is not about an account."""
    assert notice.dispatch is not None
    return notice.dispatch


def _nothing_is_lost() -> str:
    return _("Nothing is lost: whoever has no message yet keeps their place.")


def _outage(notice: Notice) -> str:
    waiting = notice.detail.get("dispatches", 0)
    if notice.detail.get("asked"):
        silence = _("Since %(time)s it has only asked to wait.")
    else:
        silence = _("It has not answered since %(time)s.")
    waits = ngettext(
        "%(n)s dispatch waits for it, and goes on by itself.",
        "%(n)s dispatches wait for it, and go on by themselves.",
        waiting,
    )
    values = {"time": formats.clock(notice.at), "n": formats.number(waiting)}
    return f"{silence} {waits}" % values


def alarm_text() -> str:
    """What an alarm means and who can mend it."""
    return _(
        "The numbers on its pages may be wrong; what was sent and to whom is not touched. An administrator can count "
        "again from the rows with “manage.py doctor --recount”. This alarm goes away by itself when they agree."
    )


def _end(figures: Mapping[str, int]) -> str:
    handed, failed, unknown = (figures.get(name, 0) for name in ("handed_over", "failed", "unknown"))
    said = ngettext("%(n)s message was handed over.", "%(n)s messages were handed over.", handed)
    sentences = [said % {"n": formats.number(handed)}]
    if failed:
        said = ngettext("%(n)s failed so far.", "%(n)s failed so far.", failed)
        sentences.append(said % {"n": formats.number(failed)})
    if unknown:
        said = ngettext("%(n)s is to be verified.", "%(n)s are to be verified.", unknown)
        sentences.append(said % {"n": formats.number(unknown)})
    return " ".join(sentences)

"""Messages that the vendor keeps until a time: what it keeps, another time for them, and calling them off.

A dispatch is many requests at the vendor, and each is asked or changed by itself, so changes are a job.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.providers.base import Channel, Event, EventKind, NotSent, Provider, ProviderError, Refused
from campaigns.providers.remote import Kept
from campaigns.services.connecting import accounts
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import receipts
from campaigns.states import BatchStatus, Reason, RecipientStatus
from campaigns.wording import reason_sentence
from console.errors import UserError
from console.models import Job, User
from console.services import audit, crypto, jobs

JOB = "campaigns.kept"
FIELD = "send_at"  # the message field that says until when (`Capabilities.keeps_for`)
MOVE, CALL_OFF = "move", "call_off"
SHOWN = 10  # requests that a page asks about
_PAUSE = 1.3  # seconds between requests: two calls each, and a vendor may take 100 a minute
_TRIES = 5
_LONGEST_WAIT = 60.0

Sleep = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a dispatch and what the vendor keeps of it; nothing = delivered already, or called off."""

    batch: Batch
    parts: Sequence[Kept]


def until(dispatch: Dispatch) -> datetime | None:
    """Until when the vendor keeps the messages of a dispatch, as its campaign asked for; None: not at all."""
    asked = str(dispatch.options.get(FIELD) or "")
    if not asked or not accounts.capabilities(dispatch.account, dispatch.channel).keeps_for:
        return None
    try:
        at = datetime.fromisoformat(asked)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def open_until(dispatch: Dispatch, now: datetime) -> datetime | None:
    """The same, while it lies ahead."""
    at = until(dispatch)
    return at if at and at > now else None


def lines(dispatch: Dispatch) -> list[Line]:
    """The first requests with what the vendor keeps of them. UserError when it cannot be asked."""
    batches, account = list(_handed_over(dispatch)[:SHOWN]), dispatch.account

    async def ask() -> list[Line]:
        async with accounts.open_provider(account, connections=2) as provider:
            channel = Channel(dispatch.channel)
            return [Line(batch, await provider.kept(str(batch.key), channel)) for batch in batches]

    try:
        return asyncio.run(ask())
    except ProviderError as error:
        text = _("The provider could not be asked: %(why)s.")
        raise UserError(text % {"why": reason_sentence(error.reason)}) from error
    except crypto.WrongKey as error:
        raise UserError(str(error)) from error


def order(dispatch: Dispatch, action: str, at: datetime | None, actor: User, now: datetime) -> Job:
    """Queue the change: MOVE to `at`, or CALL_OFF. UserError when the time has passed, or is too far away."""
    if open_until(dispatch, now) is None:
        raise UserError(_("The provider has sent these messages already."))
    if at is not None:
        furthest = accounts.capabilities(dispatch.account, dispatch.channel).keeps_for
        if at <= now:
            raise UserError(_("This time has passed. Choose a later one."), field="time")
        if (at - now).total_seconds() > furthest:
            days = int(furthest // 86_400)
            raise UserError(_("The provider keeps messages for %(days)s days at most.") % {"days": days}, field="day")
    params = {"dispatch": dispatch.pk, "action": action, "at": at.isoformat() if at else ""}
    return jobs.create(JOB, dispatch.workspace, actor, params)


def run(job: Job, now: datetime, sleep: Sleep = time.sleep) -> None:
    """Change request after request. One for which it is too late is left as it is and counted."""
    dispatch = Dispatch.objects.select_related("account", "workspace", "campaign").get(pk=job.params["dispatch"])
    at = datetime.fromisoformat(job.params["at"]) if job.params["at"] else None
    batches = list(_handed_over(dispatch))
    changed = late = 0
    for done, batch in enumerate(batches, 1):
        if _change(dispatch, batch, at, sleep):
            changed += batch.size
            if at is None:
                _give_up(dispatch, batch, timezone.now())
        else:
            late += batch.size
        if not jobs.advance(job, done, len(batches), timezone.now()):
            return
        if done < len(batches):
            sleep(_PAUSE)
    if at is not None and changed:
        _keep_time(dispatch, at)
    about: dict[str, Any] = {"workspace": dispatch.workspace, "actor": job.actor, "target": dispatch}
    figures: dict[str, Any] = {"people": changed, "too_late": late}
    if at is None:
        audit.record("dispatch.call_off", now=timezone.now(), **about, **figures)
    else:
        audit.record("dispatch.move", now=timezone.now(), **about, **figures, until=job.params["at"])
    jobs.finish(job, {"changed": changed, "late": late}, timezone.now())


def _handed_over(dispatch: Dispatch) -> Any:
    return Batch.objects.filter(dispatch=dispatch, status=BatchStatus.DONE).order_by("number")


def _change(dispatch: Dispatch, batch: Batch, at: datetime | None, sleep: Sleep) -> bool:
    """False when it is too late for this request. UserError when the vendor cannot be asked."""

    async def call() -> None:
        async with accounts.open_provider(dispatch.account, connections=1) as provider:
            await _ask_for(provider, dispatch, batch, at)

    for _try in range(_TRIES):
        try:
            asyncio.run(call())
        except Refused:
            return False
        except NotSent as error:
            sleep(min(error.retry_after or _PAUSE * 10, _LONGEST_WAIT))
        except ProviderError as error:
            raise UserError(f"{reason_sentence(error.reason)} {error.text}".strip()) from error
        else:
            return True
    raise UserError(_("The provider could not be reached. What was not changed yet stays as it is."))


async def _ask_for(provider: Provider, dispatch: Dispatch, batch: Batch, at: datetime | None) -> None:
    channel = Channel(dispatch.channel)
    if at is None:
        await provider.call_off(str(batch.key), channel)
    else:
        await provider.move(str(batch.key), channel, at)


def _give_up(dispatch: Dispatch, batch: Batch, now: datetime) -> None:
    """The rows of a request that was called off: nobody got it."""
    sent = (RecipientStatus.ACCEPTED, RecipientStatus.SENT)
    rows = Recipient.objects.filter(dispatch=dispatch, batch_no=batch.number, status__in=sent)
    events = [
        Event(EventKind.FAILED, "", reference=reference_of(dispatch.key, pk, attempt), at=now, reason=Reason.STOPPED)
        for pk, attempt in rows.values_list("pk", "attempt")
    ]
    receipts.apply(dispatch.account, events, now)


def _keep_time(dispatch: Dispatch, at: datetime) -> None:
    """The dispatch's own answer moves along, so that its page says what holds."""
    options = {**dispatch.options, FIELD: at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")}
    Dispatch.objects.filter(pk=dispatch.pk).update(options=options)

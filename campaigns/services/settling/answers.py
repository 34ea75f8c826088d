"""Messages to one person in answer to a reply: written by hand, or the confirmation of an opt-out.

They go the way of a test send: a dispatch of its own on the ledger, outside the statistics, through the account that
the reply came in by. One archived campaign per account carries them.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns.models import Campaign, Dispatch, DispatchKind, Purpose, Recipient, Reply, ReplySettings, TemplateVersion
from campaigns.services.sending import dispatching
from campaigns.states import CampaignStatus
from console.errors import UserError
from console.models import User
from console.services import audit, crypto
from contacts.services import consent

log = logging.getLogger(__name__)

LONGEST = 480


def answer(reply: Reply, text: str, actor: User, now: datetime) -> Dispatch:
    """Write back to somebody. UserError when the person has opted out, or the text cannot go."""
    if consent.suppressed_among(reply.workspace, reply.channel, [reply.address]):
        raise UserError(_("This person has opted out, so nothing is written to them any more."))
    with transaction.atomic():
        dispatch = _send(reply, text, DispatchKind.ANSWER, actor, now)
        Reply.objects.filter(pk=reply.pk, read_at=None).update(read_at=now)
        audit.record("reply.answer", workspace=reply.workspace, actor=actor, target=reply, now=now)
    return dispatch


def confirm_opt_out(reply: Reply, text: str, now: datetime) -> Dispatch | None:
    """The one message that still goes to somebody who said STOP. What keeps it from going must not keep the opt-out
    from being obeyed, so it is logged and left."""
    try:
        with transaction.atomic():
            return _send(reply, text, DispatchKind.CONFIRMATION, None, now)
    except (UserError, crypto.WrongKey) as error:
        log.warning("opt-out not confirmed", extra={"reply": reply.pk, "error": str(error)})
        return None


def can_answer(reply: Reply) -> bool:
    """Only an SMS, and only through an account that is still in use."""
    return reply.channel == "sms" and bool(reply.address) and reply.account.is_active


def _send(reply: Reply, text: str, kind: DispatchKind, actor: User | None, now: datetime) -> Dispatch:
    campaign = _carrier(reply, now)
    if campaign.version is None or campaign.version.text != text:
        version = TemplateVersion.objects.create(
            workspace=reply.workspace, channel=reply.channel, text=text, created_at=now, created_by=actor
        )
        Campaign.objects.filter(pk=campaign.pk).update(version=version, updated_at=now)
        campaign.version = version
    dispatch = dispatching.send_test(campaign, [reply.address], reply.contact, actor, now, kind)
    Recipient.objects.filter(dispatch=dispatch).update(contact=reply.contact)
    return dispatch


def _carrier(reply: Reply, now: datetime) -> Campaign:
    """The campaign that carries an account's answers. The settings' row is the lock: numbers of dispatches count up."""
    settings, _made = ReplySettings.objects.select_for_update().get_or_create(workspace=reply.workspace)
    known = settings.carriers.get(str(reply.account_id))
    campaign = Campaign.objects.filter(pk=known, workspace=reply.workspace).select_related("version", "account").first()
    if campaign is not None:
        return campaign
    with override(reply.workspace.language):
        name = _("Answers through %(account)s") % {"account": reply.account}
    campaign = Campaign.objects.create(
        workspace=reply.workspace, name=name[:120], channel=reply.channel, purpose=Purpose.SERVICE,
        status=CampaignStatus.ARCHIVED, account=reply.account, created_at=now, updated_at=now,
    )  # fmt: skip
    settings.carriers[str(reply.account_id)] = campaign.pk
    settings.save(update_fields=["carriers"])
    return campaign

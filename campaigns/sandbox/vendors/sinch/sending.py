"""Accepting messages: campaign, credit, ids, log entry, and the events to come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from campaigns.sandbox.ids import uuid, uuids
from campaigns.sandbox.vendors.sinch.errors import BadRequest
from campaigns.sandbox.vendors.sinch.messages import Batch, Sms
from campaigns.sandbox.vendors.sinch.outcomes import NO_CREDIT, SENT, sent_code
from campaigns.sandbox.vendors.sinch.pushes import Pushes
from campaigns.sandbox.vendors.sinch.reading import Item, SendRequest
from campaigns.sandbox.vendors.sinch.registry import CampaignRegistry
from campaigns.sandbox.vendors.sinch.settings import SinchSettings
from campaigns.sandbox.vendors.sinch.timing import plan, resolve_zone
from campaigns.sandbox.wire import Call
from campaigns.sandbox.world import World

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Sending:
    """Turns a read request into logged messages with a future."""

    def __init__(self, world: World, settings: SinchSettings, registry: CampaignRegistry, pushes: Pushes) -> None:
        self._world, self._settings, self._registry, self._pushes = world, settings, registry, pushes
        self._spent: dict[str, int] = {}

    def clear(self) -> None:
        self._spent = {}

    def accept(self, call: Call, request: SendRequest, user: Mapping[str, Any]) -> Batch:
        """Accept all messages of a request, or none with BadRequest."""
        batch = self._batch(call, request.root, user)
        ids = uuids(len(request.items))
        batch.messages = [
            Sms(batch, id_, item.correlation_id, item.destination, self._text(batch, item), item.extra_info,
                sent_code(item.destination))
            for id_, item in zip(ids, request.items, strict=True)
        ]  # fmt: skip
        self._charge(batch, user)
        self._world.log.accept(batch.messages)
        call.arrival.accepted = len(batch.messages)
        self._pushes.schedule(batch)
        for rule, count in request.misplaced.items():
            self._world.violations.add(Sms.vendor, "misplaced_field", f"{rule} is ignored", batch.number, count)
        return batch

    def _batch(self, call: Call, root: Mapping[str, Any], user: Mapping[str, Any]) -> Batch:
        zone = resolve_zone(root.get("timeZone"), user)
        schedule = plan(root, call.now, zone, self._settings.short_schedule_allowed)
        batch = Batch(call.arrival.number, call.now, uuid(), call.principal)
        batch.campaign_alias, batch.campaign_id = self._campaign(root.get("campaignAlias"))
        batch.flow_id, batch.sub_account = root.get("flowId"), self._sub_account(root, batch, user)
        batch.flash = _flash(root)
        batch.send_at = schedule.send_at
        batch.expired = schedule.expired_at is not None
        out_at = schedule.send_at if schedule.expired_at is None else schedule.expired_at
        batch.sent_at = out_at + self._settings.callback_delay_s
        batch.delivered_at = out_at + self._settings.dlr_delay_s
        return batch

    def _text(self, batch: Batch, item: Item) -> str:
        """What the phone shows. A wrong parameter flags the message and does not stop it, and an unknown flow is
        nowhere said to be refused; both are noted."""
        if batch.flow_id is None:
            return item.text
        text = self._settings.flows.get(batch.flow_id)
        if text is None:
            self._world.violations.add(Sms.vendor, "unknown_flow", f"no flow {batch.flow_id}", batch.number)
            return item.text
        wanted = set(PLACEHOLDER.findall(text))
        if wanted != item.params.keys():
            wrong = ", ".join(sorted(wanted ^ item.params.keys()))
            self._world.violations.add(Sms.vendor, "flow_params", f"wrong parameters: {wrong}", batch.number)
        return PLACEHOLDER.sub(lambda gap: str(item.params.get(gap[1], "")), text)

    def _sub_account(self, root: Mapping[str, Any], batch: Batch, user: Mapping[str, Any]) -> str | None:
        reference = root.get("subAccount")
        if reference is None:
            return None
        if not isinstance(reference, str):
            raise BadRequest("subAccount must be a string.")
        if not user.get("administrator"):
            self._world.violations.add(Sms.vendor, "sub_account", "only for administrators", batch.number)
        return reference

    def _campaign(self, alias: Any) -> tuple[str | None, int | None]:
        if alias is None:
            return None, None
        if not isinstance(alias, str):
            raise BadRequest("campaignAlias must be a string.")
        campaign_id = self._registry.id_of(alias)
        if campaign_id is None and self._settings.campaign_alias_strict:
            raise BadRequest(f"Campaign {alias} does not exist.")
        return alias, campaign_id

    def _charge(self, batch: Batch, user: Mapping[str, Any]) -> None:
        """Take one credit for every message that would go out; those beyond the credit end in NO_CREDIT."""
        credit = user.get("credit", self._settings.credit)
        if credit is None:
            return
        left = credit - self._spent.get(batch.user, 0)
        for message in batch.messages:
            if message.sent_code != SENT:
                continue
            if left > 0:
                left -= 1
            else:
                message.sent_code = NO_CREDIT
        self._spent[batch.user] = credit - left


def _flash(root: Mapping[str, Any]) -> bool:
    """Whether the messages pop up: the flag stands in `defaultValues` of a bulk and at the root of a single one."""
    defaults = root.get("defaultValues")
    return str((defaults or root).get("flashSMS", "")).lower() == "true"

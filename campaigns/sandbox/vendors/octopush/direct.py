"""Direct campaigns: recipients in the request (contract §4)."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.clock import iso_utc
from campaigns.sandbox.vendors.octopush.accounts import Account
from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.reading import as_text, read_contacts, read_content, read_object
from campaigns.sandbox.vendors.octopush.records import DIRECT, Campaign
from campaigns.sandbox.vendors.octopush.sending import Sending
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings
from campaigns.sandbox.wire import Answer, Call

MOST_RECIPIENTS = 500
LARGEST_CANCELLED = 2  # recipients
CANCEL_BEFORE = 600.0  # seconds
CANCELLATIONS_A_MONTH = 1000


class DirectCampaigns:
    """Send, cancel, draft."""

    def __init__(self, settings: OctopushSettings, sending: Sending, errors: Errors) -> None:
        self._settings, self._sending, self._errors = settings, sending, errors

    def send(self, call: Call, account: Account) -> Answer:
        body = read_object(call.body, self._errors)
        if account.has_used(as_text(body.get("request_id")), call.now):
            raise self._errors.refuse("request_id_used")
        rows = body.get("recipients")
        if not isinstance(rows, list) or not rows:
            raise self._errors.refuse("no_recipients")
        if len(rows) > MOST_RECIPIENTS:
            raise self._errors.refuse("too_many_contacts")
        content = read_content(body, self._settings, self._errors)
        contacts = read_contacts(rows)
        if not contacts:
            raise self._errors.refuse("no_valid_number")
        call.arrival.refused = len(rows) - len(contacts)
        campaign = self._sending.make(call, account, DIRECT, content, contacts)
        if not content.simulation:
            self._sending.charge(campaign, account)
            self._sending.keep(campaign, account)
            self._sending.launch(campaign, account, call.now, call.arrival)
        return Answer(
            {
                "sms_ticket": campaign.ticket,
                "number_of_contacts": len(campaign.contacts),
                "total_cost": campaign.cost,
                "number_of_sms_needed": campaign.parts,
                "residual_credit": account.balance,
            },
            201,
        )

    def cancel(self, call: Call, account: Account) -> Answer:
        """Few recipients, well ahead, and not too often; else 400 (§3.8)."""
        ticket = as_text(read_object(call.body, self._errors).get("ticket_number"))
        campaign = account.find(ticket)
        if campaign is None or campaign.kind != DIRECT or campaign.cancelled_at is not None:
            raise self._errors.refuse("not_found")
        month = iso_utc(call.now)[:7]
        ahead = (campaign.sent_at or 0.0) - call.now
        too_many = len(campaign.contacts) > LARGEST_CANCELLED
        if too_many or ahead <= CANCEL_BEFORE or account.cancellations[month] >= CANCELLATIONS_A_MONTH:
            raise self._errors.refuse("not_possible")
        account.cancellations[month] += 1
        campaign.cancelled_at = call.now
        account.balance = round(account.balance + campaign.cost, 6)
        return Answer(status=204)

    def draft(self, call: Call, account: Account) -> Answer:
        """The campaign that waits, else the one that came last."""
        waiting = [campaign for campaign in account.campaigns if campaign.is_waiting()]
        known = waiting or account.campaigns
        if not known:
            raise self._errors.refuse("not_found")
        return Answer(_draft(known[-1], account))


def _draft(campaign: Campaign, account: Account) -> dict[str, Any]:
    return {
        "ticket_number": campaign.ticket,
        **campaign.figures(),
        "residual_credit": account.balance,
        "total_cost": campaign.cost,
        "status": "draft" if campaign.is_waiting() else "validated",
        "message": "",
        "code": 0,
    }

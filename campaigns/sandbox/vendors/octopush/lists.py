"""Campaigns on a list or a tag: created, computed, validated or cancelled (contract §3)."""

from __future__ import annotations

from campaigns.sandbox.vendors.octopush.accounts import Account
from campaigns.sandbox.vendors.octopush.contacts import LONGEST_LIST_NAME, LONGEST_TAG_NAME
from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.reading import as_text, read_content, read_object
from campaigns.sandbox.vendors.octopush.records import DIRECT, ON_LIST, ON_TAG, Campaign, iso_time
from campaigns.sandbox.vendors.octopush.sending import Sending
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings
from campaigns.sandbox.wire import Answer, Call

FAILING = "fail-"  # how the name of a list begins whose campaign fails


class ListCampaigns:
    """Create, status, send, cancel."""

    def __init__(self, settings: OctopushSettings, sending: Sending, errors: Errors) -> None:
        self._settings, self._sending, self._errors = settings, sending, errors

    def create_on_list(self, call: Call, account: Account) -> Answer:
        return self._create(call, account, ON_LIST)

    def create_on_tag(self, call: Call, account: Account) -> Answer:
        return self._create(call, account, ON_TAG)

    def status(self, call: Call, account: Account) -> Answer:
        """One URL for lists and tags (§2)."""
        campaign = self._find(account, call.query.get("ticket_number", ""))
        if campaign.sent_at is not None:
            raise self._errors.refuse("already_sent")
        if self._is_computing(campaign, call.now):
            if self._settings.refuse_while_computing:
                raise self._errors.refuse("not_ready")
            return Answer({"number_of_contacts": 0, "cost": 0, "status": "under_computation"})
        word = "failed" if campaign.failed else self._settings.ready_word
        return Answer({"number_of_contacts": len(campaign.contacts), "cost": campaign.cost, "status": word})

    def send_on_list(self, call: Call, account: Account) -> Answer:
        return self._send(call, account, ON_LIST)

    def send_on_tag(self, call: Call, account: Account) -> Answer:
        return self._send(call, account, ON_TAG)

    def cancel(self, call: Call, account: Account) -> Answer:
        campaign = self._find(account, as_text(read_object(call.body, self._errors).get("ticket_number")))
        if campaign.sent_at is not None:
            raise self._errors.refuse("already_sent")
        campaign.cancelled_at = call.now
        return Answer(status=204)

    def _create(self, call: Call, account: Account, kind: str) -> Answer:
        body = read_object(call.body, self._errors)
        if account.has_used(as_text(body.get("request_id")), call.now):
            raise self._errors.refuse("request_id_used")
        content = read_content(body, self._settings, self._errors)
        name = as_text(body.get("list_name" if kind == ON_LIST else "tag_name"))
        if len(name) > (LONGEST_LIST_NAME if kind == ON_LIST else LONGEST_TAG_NAME):
            raise self._errors.refuse("not_possible")
        members = (account.lists if kind == ON_LIST else account.tags).get(name)
        if members is None:
            raise self._errors.refuse("no_such_list")
        self._check_alone(account, call.now)
        campaign = self._sending.make(call, account, kind, content, account.members(members))
        campaign.list_name, campaign.tag_name = (name, "") if kind == ON_LIST else ("", name)
        campaign.failed = not campaign.contacts or name.startswith(FAILING)
        campaign.ready_at = call.now + self._settings.compute_s
        if not content.simulation:
            self._sending.keep(campaign, account)
        return Answer({"ticket_number": campaign.ticket}, 201)

    def _send(self, call: Call, account: Account, kind: str) -> Answer:
        campaign = self._find(account, as_text(read_object(call.body, self._errors).get("ticket_number")))
        if campaign.kind != kind:
            raise self._errors.refuse("not_found")
        if campaign.sent_at is not None:
            raise self._errors.refuse("already_sent")
        if self._is_computing(campaign, call.now):
            raise self._errors.refuse("not_ready")
        if campaign.failed:
            raise self._errors.refuse("start_anew")
        self._sending.charge(campaign, account)
        self._sending.launch(campaign, account, call.now, call.arrival)
        return Answer({"sending_date": iso_time(campaign.sent_at or call.now)})

    def _find(self, account: Account, ticket: str) -> Campaign:
        campaign = account.find(ticket)
        if campaign is None or campaign.kind == DIRECT or campaign.cancelled_at is not None:
            raise self._errors.refuse("not_found")
        return campaign

    def _check_alone(self, account: Account, now: float) -> None:
        """Refuses while another campaign is being computed (127) or waits to be validated (126)."""
        if not self._settings.one_at_a_time:
            return
        waiting = [campaign for campaign in account.campaigns if campaign.is_waiting()]
        if any(self._is_computing(campaign, now) for campaign in waiting):
            raise self._errors.refuse("being_processed")
        if waiting:
            raise self._errors.refuse("waits_for_approval")

    def _is_computing(self, campaign: Campaign, now: float) -> bool:
        return now < campaign.ready_at

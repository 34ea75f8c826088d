"""What happens when messages leave, whichever kind of campaign they belong to: money, log, callbacks."""

from __future__ import annotations

from campaigns.sandbox.ids import uuid
from campaigns.sandbox.log import Arrival
from campaigns.sandbox.vendors.octopush.accounts import Account
from campaigns.sandbox.vendors.octopush.errors import Errors
from campaigns.sandbox.vendors.octopush.pushes import Pushes
from campaigns.sandbox.vendors.octopush.reading import Contact, Content
from campaigns.sandbox.vendors.octopush.records import SLUG, Campaign, Sms
from campaigns.sandbox.wire import Call
from campaigns.sandbox.world import World


class Sending:
    """Makes campaigns, and lets them go."""

    def __init__(self, world: World, pushes: Pushes, errors: Errors) -> None:
        self._world, self._pushes, self._errors = world, pushes, errors

    def make(self, call: Call, account: Account, kind: str, content: Content, contacts: list[Contact]) -> Campaign:
        """A campaign with its price, kept by the account but not sent."""
        campaign = Campaign(
            call.arrival.number, call.now, f"sms_{uuid().replace('-', '')[:13]}", account.login, kind, content
        )
        if content.keep_off_blacklist:
            contacts = [contact for contact in contacts if contact.number not in account.blacklist]
        campaign.contacts = contacts
        campaign.cost, campaign.parts = account.cost_of(contacts, content.text, content.product)
        return campaign

    def keep(self, campaign: Campaign, account: Account) -> None:
        account.campaigns.append(campaign)
        account.remember(campaign.content.request_id, campaign.at)

    def charge(self, campaign: Campaign, account: Account) -> None:
        """Take the price from the balance. Raises the refusal when it is not enough."""
        if account.balance < campaign.cost:
            raise self._errors.refuse("no_credit")
        account.balance = round(account.balance - campaign.cost, 6)

    def launch(self, campaign: Campaign, account: Account, now: float, arrival: Arrival) -> None:
        """Let the messages go, now or at the hour that the campaign says."""
        campaign.sent_at = max(now, campaign.content.send_at or now)
        campaign.messages = [Sms(campaign, contact) for contact in campaign.contacts]
        self._world.log.accept(campaign.messages)
        arrival.accepted = len(campaign.messages)
        doubled = len(campaign.contacts) - len({contact.number for contact in campaign.contacts})
        if doubled:
            self._world.violations.add(SLUG, "number_twice", campaign.ticket, arrival.number, doubled)
        self._pushes.schedule(campaign, account)

"""Callbacks at their time: deliveries, replies, STOPs, one URL each; and what the sandbox thinks of our answers."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson

from campaigns.sandbox.callbacks import Manners
from campaigns.sandbox.vendors.octopush.accounts import Account, country_of
from campaigns.sandbox.vendors.octopush.outcomes import fate_of
from campaigns.sandbox.vendors.octopush.records import ON_LIST, SLUG, Campaign, Sms, local_time
from campaigns.sandbox.vendors.octopush.settings import OctopushSettings
from campaigns.sandbox.world import World

WRITES_BACK_AFTER = 1.0  # virtual seconds from the delivery to the person's answer
RETRY_AFTER = 30.0
SLOWEST_ANSWER = 1.0  # real seconds
BAD_ANSWERS_ALLOWED = 20
STOP_TEXT, REPLY_TEXT = "stop", "OK merci"
SHORT_CODE = "38015"
SHORT_FIELDS = ("message_id", "number", "status", "delivery_date")


class Pushes:
    """Schedules what happens to the messages of a campaign that was sent."""

    def __init__(self, world: World, settings: OctopushSettings) -> None:
        self._world, self._settings = world, settings
        self.clear()

    def clear(self) -> None:
        self._bad_answers: Counter[str] = Counter()  # by URL

    def schedule(self, campaign: Campaign, account: Account) -> None:
        """The messages leave at `campaign.sent_at`: one event for all acknowledgements, one for all deliveries."""
        start = campaign.sent_at or campaign.at
        ack, delivery = start + self._settings.ack_delay_s, start + self._settings.delivery_delay_s
        self._world.agenda.at(ack, self._report, campaign, account, True, ack)
        self._world.agenda.at(delivery, self._report, campaign, account, False, delivery)

    def reply(self, number: str, text: str, ticket: str, at: float) -> None:
        """A person writes back."""
        row = {"message_id": ticket, "number": number, "text": text, "sim_card_number": SHORT_CODE,
               "reception_date": local_time(at)}  # fmt: skip
        self._post("inbound", self._settings.inbounds_url, [row], at)

    def stop(self, account: Account, number: str, text: str, ticket: str, at: float) -> None:
        """A person opts out: on the account's blacklist from now on."""
        account.blacklist.add(number)
        row = {"message_id": ticket, "number": number, "text": text, "stop_date": local_time(at)}
        self._post("blacklist", self._settings.blacklist_url, [row], at)

    def _report(self, campaign: Campaign, account: Account, acknowledging: bool, at: float) -> None:
        if campaign.cancelled_at is not None:
            return
        reported = campaign.content.product != "sms_low_cost" or self._settings.low_cost_reports
        rows: list[dict[str, Any]] = []
        for message in campaign.messages:
            fate = fate_of(message.ending, message.destination in account.blacklist)
            statuses = [status for status in fate.statuses if (status == "ACK") is acknowledging]
            if reported:
                rows += [self._delivery(message, account, status, at) for status in statuses]
            if acknowledging:
                continue
            later = at + WRITES_BACK_AFTER
            if fate.stops:
                self._world.agenda.at(later, self.stop, account, message.destination, STOP_TEXT, campaign.ticket, later)
            if fate.replies and campaign.content.with_replies:
                self._world.agenda.at(later, self.reply, message.destination, REPLY_TEXT, campaign.ticket, later)
        self._post("delivery", self._settings.deliveries_url, rows, at)

    def _delivery(self, message: Sms, account: Account, status: str, at: float) -> dict[str, Any]:
        campaign = message.submission
        row: dict[str, Any] = {"channel": "sms", "message_id": campaign.ticket}
        if campaign.kind == ON_LIST:
            row["list_name"] = campaign.list_name
        price = account.price(country_of(message.destination), campaign.content.product)
        row |= {"number": message.destination, "status": status, "unit_price": price,
                "delivery_date": local_time(at), "meta_data": {}}  # fmt: skip
        if self._settings.short_callbacks:
            return {name: row[name] for name in SHORT_FIELDS}
        return row

    def _post(self, kind: str, url: str, rows: list[dict[str, Any]], due: float) -> None:
        if not url or not rows or self._is_disabled(url):
            return
        form = self._settings.form_callbacks
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        manners = Manners(
            accepts=lambda status: 200 <= status < 300, headers=headers, inspect=partial(self._judge, kind, url)
        )
        renders = [partial(_render, row, form) for row in rows]
        self._world.courier.send(SLUG, kind, url, renders, lambda n: RETRY_AFTER if n == 1 else None, due, manners)

    def _judge(self, kind: str, url: str, status: int, body: bytes, seconds: float) -> None:
        """Note an answer that is slower than a second, or not empty."""
        if seconds > SLOWEST_ANSWER:
            self._world.violations.add(SLUG, "slow_answer", f"{kind}: {seconds:.1f} s")
        elif body:
            self._world.violations.add(SLUG, "answer_body", f"{kind}: {len(body)} bytes")
        else:
            return
        self._bad_answers[url] += 1

    def _is_disabled(self, url: str) -> bool:
        return self._settings.disable_urls and self._bad_answers[url] >= BAD_ANSWERS_ALLOWED


def _render(row: dict[str, Any], form: bool) -> bytes:
    if not form:
        return orjson.dumps(row)
    return urlencode({name: value for name, value in row.items() if value != {}}).encode()

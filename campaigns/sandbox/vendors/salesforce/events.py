"""The JSON of event notifications (contract §6.3, §10.7)."""

from __future__ import annotations

from typing import Any, NamedTuple

from campaigns.sandbox.vendors.salesforce.messages import REASONS, Sms
from campaigns.sandbox.vendors.salesforce.outcomes import CARRIER_TEXTS
from campaigns.sandbox.vendors.salesforce.settings import SalesforceSettings

PREFIX = "TransactionalSendEvents."
SENT_EVENT, NOT_SENT_EVENT = "SmsSent", "SmsNotSent"


class Happening(NamedTuple):
    """One thing to tell. `code`: a not-sent reason or a carrier status, 0 = none; `misspelt`: the object is `Info`."""

    message: Sms
    kind: str
    at: float
    code: int = 0
    ordinal: int = 0
    misspelt: bool = False

    def shown(self, settings: SalesforceSettings) -> dict[str, Any]:
        message = self.message
        info: dict[str, Any] = {
            "to": message.destination,
            "subscriberKey": message.contact_key,
            "messageKey": message.key,
        }
        if self.kind == NOT_SENT_EVENT:
            info |= {"reason": REASONS[self.code], "statusCode": str(self.code)}
        elif self.kind != SENT_EVENT:
            info |= {"ordinal": str(self.ordinal), "statusCode": str(self.code)}
            info |= {"statusMessage": CARRIER_TEXTS[self.code], "fromAddress": "40404", "countryCode": "ES"}
        return {
            "eventCategoryType": PREFIX + self.kind,
            "timestampUTC": int(self.at * 1000),
            "compositeId": message.composite_id,
            "composite": {"jobId": f"j-{message.submission.number}", "batchId": "1"},
            "definitionKey": message.submission.definition_key,
            "definitionId": message.submission.definition_id,
            "mid": settings.mid,
            "eid": settings.eid,
            "Info" if self.misspelt else "info": info,
        }

from campaigns.models.account import ProviderAccount
from campaigns.models.campaign import Campaign, Purpose
from campaigns.models.dispatch import Dispatch, DispatchKind, Lane, Pace, Pulse, Tally
from campaigns.models.ledger import Batch, Recipient
from campaigns.models.receipt import ProviderEvent, Reply
from campaigns.models.template import Template, TemplateVersion

__all__ = [
    "Batch", "Campaign", "Dispatch", "DispatchKind", "Lane", "Pace", "ProviderAccount", "ProviderEvent", "Pulse",
    "Purpose", "Recipient", "Reply", "Tally", "Template", "TemplateVersion",
]  # fmt: skip

from campaigns.models.account import AccessToken, ProviderAccount
from campaigns.models.campaign import Campaign, Purpose
from campaigns.models.dispatch import Dispatch, DispatchKind, Evidence, EvidenceSource, Lane, Pace, Pulse, Tally
from campaigns.models.engagement import Engagement, EngagementTally
from campaigns.models.ledger import Batch, Recipient
from campaigns.models.notice import Alarm, MailStatus, Notice, NoticeKind, NoticeLevel, NoticePreference
from campaigns.models.receipt import ProviderEvent, Reconciliation, Reply, ReplySettings
from campaigns.models.remote import ListRun, Ticket
from campaigns.models.template import Attachment, Template, TemplateVersion

__all__ = [
    "AccessToken", "Alarm", "Attachment", "Batch", "Campaign", "Dispatch", "DispatchKind", "Engagement",
    "EngagementTally", "Evidence", "EvidenceSource", "Lane", "ListRun", "MailStatus", "Notice", "NoticeKind",
    "NoticeLevel", "NoticePreference", "Pace", "ProviderAccount", "ProviderEvent", "Pulse", "Purpose", "Recipient",
    "Reconciliation", "Reply", "ReplySettings", "Tally", "Template", "TemplateVersion", "Ticket",
]  # fmt: skip

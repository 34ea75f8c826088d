"""CRM Messaging (`/api/SendMessages`, as documented by Mercury)."""

from campaigns.providers.crm_messaging.adapter import CrmMessaging

__all__ = ["CrmMessaging"]

"""Sinch Messaging (formerly Wavy / Movile)."""

from campaigns.providers.sinch_messaging.adapter import SinchMessaging

__all__ = ["SinchMessaging"]

"""messaging-service.com ("Mercadeo Masivo"), an Infobip-style API."""

from campaigns.providers.messaging_service.adapter import MessagingService

__all__ = ["MessagingService"]

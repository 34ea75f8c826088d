"""messaging-service.com ("Mercadeo Masivo", Infobip-shaped): email v4, SMS v3, bulks, reports, logs, webhooks."""

from aiohttp import web

from campaigns.sandbox.gateway import add_route
from campaigns.sandbox.vendors.messaging_service.vendor import MessagingService
from campaigns.sandbox.world import World


def register(app: web.Application, world: World) -> None:
    """Add this vendor to `world` and its routes to `app`."""
    vendor = MessagingService(world)
    world.vendors[vendor.slug] = vendor
    for method, path, handler in vendor.routes():
        add_route(app, world, vendor, method, path, handler)

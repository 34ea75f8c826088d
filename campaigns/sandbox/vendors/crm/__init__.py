"""CRM Messaging: stored SMS and email templates sent to lists of recipients, and the dispatches that come of it."""

from aiohttp import web

from campaigns.sandbox.gateway import add_route
from campaigns.sandbox.vendors.crm.vendor import Crm
from campaigns.sandbox.world import World


def register(app: web.Application, world: World) -> None:
    """Add this vendor to `world` and its routes to `app`."""
    vendor = Crm(world)
    world.vendors[vendor.slug] = vendor
    for method, path, handler in vendor.routes():
        add_route(app, world, vendor, method, path, handler)

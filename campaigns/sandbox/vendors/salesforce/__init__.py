"""Marketing Cloud's transactional SMS: tokens, send definitions, sends, statuses, signed event notifications."""

from aiohttp import web

from campaigns.sandbox.gateway import add_route
from campaigns.sandbox.vendors.salesforce.vendor import Salesforce
from campaigns.sandbox.world import World


def register(app: web.Application, world: World) -> None:
    """Add this vendor to `world` and its routes to `app`."""
    vendor = Salesforce(world)
    world.vendors[vendor.slug] = vendor
    for method, path, handler in vendor.routes():
        add_route(app, world, vendor, method, path, handler)

"""Octopush: SMS in direct campaigns and on lists and tags, contacts, wallet, callbacks."""

from aiohttp import web

from campaigns.sandbox.gateway import add_route
from campaigns.sandbox.vendors.octopush.vendor import Octopush
from campaigns.sandbox.world import World


def register(app: web.Application, world: World) -> None:
    """Add this vendor to `world` and its routes to `app`."""
    vendor = Octopush(world)
    world.vendors[vendor.slug] = vendor
    for method, path, handler in vendor.routes():
        add_route(app, world, vendor, method, path, handler)

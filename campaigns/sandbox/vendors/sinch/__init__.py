"""Sinch Messaging (formerly Wavy): SMS one by one and in bulk, callbacks, DLRs, replies, campaign registry, lookup."""

from aiohttp import web

from campaigns.sandbox.gateway import add_route
from campaigns.sandbox.vendors.sinch.vendor import Sinch
from campaigns.sandbox.world import World


def register(app: web.Application, world: World) -> None:
    """Add this vendor to `world` and its routes to `app`."""
    vendor = Sinch(world)
    world.vendors[vendor.slug] = vendor
    for method, path, handler in vendor.routes():
        add_route(app, world, vendor, method, path, handler)

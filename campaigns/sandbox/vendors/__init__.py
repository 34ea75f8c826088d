"""The vendors that the sandbox plays. A new one is a package with `register(app, world)` and a line here."""

from campaigns.sandbox.vendors import crm, messaging_service, sinch

REGISTRATIONS = (sinch.register, messaging_service.register, crm.register)

"""The vendors that the sandbox plays. A new one is a package with `register(app, world)` and a line here. The vendor
with the longer path prefix comes first: an unknown path is answered by the first that it fits."""

from campaigns.sandbox.vendors import crm, messaging_service, octopush, salesforce, sinch

REGISTRATIONS = (octopush.register, sinch.register, messaging_service.register, crm.register, salesforce.register)

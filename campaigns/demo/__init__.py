"""The demo workspace and the rehearsal: the product's own services, driven without a person."""

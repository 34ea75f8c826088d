"""What the harness needs inside a service process and production must not have: points at which a process stops, a
clock that can be stepped, and waits that a test can afford.

An application of its own, which only `tests.faults.service_settings` installs: nothing of it is in the product.
"""

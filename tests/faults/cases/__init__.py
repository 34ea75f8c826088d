"""Every case; importing this package registers them in the order of the issue."""

from tests.faults.cases import clocks, guards, people, processes, providers, receipts, stores, workers

__all__ = ["clocks", "guards", "people", "processes", "providers", "receipts", "stores", "workers"]

"""From a due campaign to requests that left: dispatches, ledger, lanes, limits, holds."""

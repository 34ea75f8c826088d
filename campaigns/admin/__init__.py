"""The Django admin of campaigns: everything to look at, nothing to edit. What may be done to a dispatch or an account
is done by the same services as in the console, with the same audit line. Lists stay quick at ten million rows."""

from campaigns.admin import ledger, notices, planning, traffic

__all__ = ["ledger", "notices", "planning", "traffic"]

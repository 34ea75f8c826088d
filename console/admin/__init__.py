"""The Django admin of the console: people, workspaces, and what was done. Every change here is audited as well."""

from console.admin import people, records, sign_ins, site
from console.admin.base import AuditedAdmin, ReadOnlyAdmin

__all__ = ["AuditedAdmin", "ReadOnlyAdmin", "people", "records", "sign_ins", "site"]

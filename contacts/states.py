"""Consent and group words. Pure: no Django."""

from __future__ import annotations

from enum import StrEnum


class Consent(StrEnum):
    """May this person be written to on a channel? UNKNOWN = never asked, which is not a yes for marketing."""

    UNKNOWN = "unknown"
    GRANTED = "granted"
    PENDING = "pending"  # asked to confirm, has not yet
    WITHDRAWN = "withdrawn"


class GroupKind(StrEnum):
    LIST = "list"
    TAG = "tag"


class ConsentSource(StrEnum):
    IMPORT = "import"
    CONSOLE = "console"
    REPLY = "reply"
    PROVIDER = "provider"
    UNSUBSCRIBE_LINK = "unsubscribe_link"
    ADMIN = "admin"


class SuppressionReason(StrEnum):
    OPT_OUT = "opt_out"
    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard_bounce"
    INVALID = "invalid"
    MANUAL = "manual"
    PROVIDER = "provider"
